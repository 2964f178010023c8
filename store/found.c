/*
 * Pages of heads and records that a view was asked for before, so that one way
 * through the tree is enough for all questions of a snapshot.  A view keeps
 * them while it is idle, and nobody else looks at them: they need no lock.
 *
 * What is found depends on the snapshot, so each entry names its own and is
 * nothing to any other; an entry gives way to whatever falls on its slot.
 */
#include <sys/mman.h>
#include <xxhash.h>

#include "store/index_parts.h"

/* A country has some 2,000 pages and lists. */
#define SLOTS_BITS 12

/* One line of the cache. */
struct found_slot {
    _Alignas(64) uint64_t snapshot;
    struct found_key from;
    struct found_page page;
};

_Static_assert(sizeof(struct found_slot) == 64, "and not two");

/* And some 12,000 structures, whose numbers follow each other. */
#define RECORDS ((size_t)1 << 14)
struct found_record {
    uint64_t snapshot;
    uint32_t entity;
    uint32_t number;
    struct slice body;
};

/* Records by id, which the value repeats.  A country has some 60,000 markets
 * and structures. */
#define NAMES_BITS 17
struct found_name {
    uint64_t snapshot;
    uint32_t entity;
    uint32_t number;
    struct slice value;
};

/* What was never asked for takes no memory: zeros of the system. */
struct found {
    struct found_slot slots[(size_t)1 << SLOTS_BITS];
    struct found_record records[RECORDS];
    struct found_name names[(size_t)1 << NAMES_BITS];
};

static struct found *found_new(void)
{
    void *at = mmap(NULL, sizeof(struct found), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

void found_free(struct found *found)
{
    if (found)
        munmap(found, sizeof *found);
}

/* The view's own, made when it is not there; NULL without memory, and of a
 * batch, which sees what nobody else does. */
static struct found *found_of(struct store_view *view)
{
    if (view->snapshot && !view->found)
        view->found = found_new();
    return view->snapshot ? view->found : NULL;
}

static struct found_slot *slot_of(struct found *found,
                                  const struct found_key *key)
{
    uint64_t hash = (key->order ^ (uint64_t)key->code << 8 ^ key->kind) *
                    UINT64_C(0x9e3779b97f4a7c15);

    return &found->slots[hash >> (64 - SLOTS_BITS)];
}

int found_get(const struct store_view *view, const struct found_key *from,
              struct found_page *out)
{
    const struct found_slot *slot;

    if (!view->found || !view->snapshot)
        return 0;
    slot = slot_of(view->found, from);
    if (slot->snapshot != view->snapshot || slot->from.order != from->order ||
        slot->from.code != from->code || slot->from.kind != from->kind)
        return 0;
    *out = slot->page;
    return 1;
}

void found_keep(struct store_view *view, const struct found_key *from,
                const struct found_page *page)
{
    struct found *found = found_of(view);

    if (found)
        *slot_of(found, from) =
            (struct found_slot){view->snapshot, *from, *page};
}

/* ---- Records by number --------------------------------------------------- */

void store_body_soon(const struct store_view *view, uint32_t number)
{
    if (view->found)
        __builtin_prefetch(&view->found->records[number % RECORDS]);
}

enum err store_get_body(struct store_view *view, unsigned entity,
                        uint32_t number, struct slice *body)
{
    struct found *found = found_of(view);
    struct found_record *slot =
        found ? &found->records[number % RECORDS] : NULL;
    struct record record;
    enum err e;

    if (slot && slot->snapshot == view->snapshot && slot->number == number &&
        slot->entity == entity && !view->spoiled) {
        *body = slot->body;
        return ERR_NONE;
    }
    if ((e = store_get_numbered(view, entity, number, &record)))
        return e;
    *body = record.body;
    if (slot)
        *slot = (struct found_record){view->snapshot, entity, number, *body};
    return ERR_NONE;
}

/* ---- Records by id ------------------------------------------------------- */

static struct found_name *name_of(struct found *found, struct slice id)
{
    uint64_t hash = XXH3_64bits(id.data, id.len);

    return &found->names[hash >> (64 - NAMES_BITS)];
}

int found_named(const struct store_view *view, unsigned entity, struct slice id,
                uint32_t *number, struct slice *value)
{
    const struct found_name *name;

    if (!view->found || !view->snapshot || view->spoiled)
        return 0;
    name = name_of(view->found, id);
    if (name->snapshot != view->snapshot || name->entity != entity ||
        !slice_equal(store_record_id(name->value), id))
        return 0;
    *number = name->number;
    *value = name->value;
    return 1;
}

void found_name(struct store_view *view, unsigned entity, struct slice id,
                uint32_t number, struct slice value)
{
    struct found *found = found_of(view);

    if (found)
        *name_of(found, id) =
            (struct found_name){view->snapshot, entity, number, value};
}
