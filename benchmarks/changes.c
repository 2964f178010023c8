#include "benchmarks/changes.h"

#include "benchmarks/figures.h"
#include "engine/entity.h"
#include "engine/match/postings.h"
#include "protocol/codec.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define BATCH 1000
/* Beyond the numbers of the world: whoever is new is drawn there. */
#define NEW_FROM 6000000u

struct changes {
    struct store *store;
    struct store_batch *batch;
    const struct reference *ref;
    const struct world *world;
    struct arena *arena;
    struct buffer body;
    struct brute_people *people;
    unsigned entity;
};

static void must(enum err e)
{
    if (e)
        die("%s", err_text(e));
}

/* What stands under an id; NULL when nothing does. */
static const void *stored(struct changes *c, struct slice id,
                          struct record *record)
{
    enum err e = store_get(store_batch_view(c->batch), c->entity, id, record);
    void *value;

    if (e == ERR_NOT_FOUND)
        return NULL;
    must(e);
    /* The next put moves what the record borrows. */
    record->body = arena_copy(c->arena, record->body);
    must(entity_decode(c->entity, record, c->arena, &value));
    return value;
}

static void tell(struct changes *c, uint32_t number, const void *after)
{
    if (c->people)
        brute_people_put(c->people, c->ref, number, after);
}

static void put(struct changes *c, struct slice id, const void *after)
{
    struct record record = {.number = 0};
    const void *before = stored(c, id, &record);

    c->body.len = 0;
    must(protocol_encode(entity_shape(c->entity), after, EVERYONE, &c->body));
    must(store_put(c->batch, c->entity, id, (struct slice){NULL, 0},
                   RECORD_VERSION, (struct slice){c->body.data, c->body.len},
                   &record));
    must(postings_change(c->batch, c->ref, c->arena, c->entity, record.number,
                         before, after));
    tell(c, record.number, after);
}

static void erase(struct changes *c, struct slice id)
{
    struct record record;
    const void *before = stored(c, id, &record);

    if (!before)
        return;
    must(postings_change(c->batch, c->ref, c->arena, c->entity, record.number,
                         before, NULL));
    must(store_delete(c->batch, c->entity, id, (struct slice){NULL, 0}, NULL));
    tell(c, record.number, NULL);
}

/* Facts of another under the id of VALUE. */
static void take_facts(struct changes *c, uint32_t from,
                       union world_object *value)
{
    union world_object other;

    must(world_object(c->world, c->entity, from, c->arena, &other));
    if (c->entity == ENTITY_PROFILE) {
        other.profile.id = value->profile.id;
    } else {
        other.structure.siret = value->structure.siret;
        other.structure.kind = value->structure.kind;
    }
    *value = other;
}

static void change_one(struct changes *c, struct draw *d)
{
    uint32_t all = world_count(c->world, c->entity), x = draw_below(d, 10);
    uint32_t which = draw_below(d, all);
    union world_object value;
    struct slice id;

    if (x == 9)
        which += NEW_FROM;
    must(world_object(c->world, c->entity, which, c->arena, &value));
    id = entity_id(c->entity, &value, c->arena);
    must(id.data ? ERR_NONE : ERR_NOMEM);
    if (x == 8) {
        erase(c, id);
        return;
    }
    if (x < 8)
        take_facts(c, draw_below(d, NEW_FROM), &value);
    put(c, id, &value);
}

static void make(struct changes *c, uint32_t n)
{
    struct draw d = draw_of(c->world->seed, 0xff, c->entity);

    if (!(c->arena = arena_new(ARENA_BYTES)))
        die("out of memory");
    for (uint32_t i = 0; i < n; i++) {
        if (!c->batch)
            must(store_batch_begin(c->store, &c->batch));
        arena_reset(c->arena);
        change_one(c, &d);
        if ((i + 1) % BATCH == 0 || i + 1 == n) {
            must(store_batch_commit(c->batch));
            c->batch = NULL;
        }
    }
    buffer_free(&c->body);
    arena_free(c->arena);
}

void changes_make(struct store *store, const struct reference *ref,
                  const struct world *world, uint32_t n,
                  struct brute_people *people)
{
    struct changes c = {.store = store,
                        .ref = ref,
                        .world = world,
                        .people = people,
                        .entity = ENTITY_PROFILE};

    make(&c, n);
}

void changes_make_structures(struct store *store, const struct reference *ref,
                             const struct world *world, uint32_t n)
{
    struct changes c = {
        .store = store, .ref = ref, .world = world, .entity = ENTITY_STRUCTURE};

    make(&c, n);
}
