#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/postings.h"
#include "protocol/civil.h"

struct structure a_structure(const char *siret, int64_t kind,
                             const char *commune)
{
    struct structure s;

    shape_clear(&shape_structure, &s);
    s.siret = slice_of(siret);
    s.kind = kind;
    s.name = SLICE("Les Ateliers");
    s.commune = slice_of(commune);
    return s;
}

struct activity an_activity(void)
{
    struct activity a;

    shape_clear(&shape_activity, &a);
    return a;
}

struct zone a_zone(void)
{
    struct zone z;

    shape_clear(&shape_zone, &z);
    return z;
}

struct clause a_clause(int64_t kind)
{
    struct clause c;

    shape_clear(&shape_clause, &c);
    c.kind = kind;
    return c;
}

struct job a_job(const char *rome)
{
    struct job j;

    shape_clear(&shape_job, &j);
    j.rome = slice_of(rome);
    return j;
}

struct lot a_lot(void)
{
    struct lot l;

    shape_clear(&shape_lot, &l);
    return l;
}

struct market a_market(const char *id, struct lot *lots, size_t n)
{
    struct market m;

    shape_clear(&shape_market, &m);
    m.id = slice_of(id);
    m.lots.at = lots;
    m.lots.n = n;
    return m;
}

struct profile a_profile(const char *id, const char *commune, int64_t km)
{
    struct profile p;

    shape_clear(&shape_profile, &p);
    p.id = slice_of(id);
    p.commune = slice_of(commune);
    p.mobility_km = km;
    return p;
}

int64_t day(const char *iso)
{
    int64_t days;

    cr_assert(civil_parse_date(slice_of(iso), &days), "%s", iso);
    return days;
}

int hit_order(int64_t a_score, struct slice a_tie, struct slice a_key,
              int64_t b_score, struct slice b_tie, struct slice b_key)
{
    if (a_score != b_score)
        return a_score > b_score ? -1 : 1;
    if (!slice_equal(a_tie, b_tie))
        return slice_compare(a_tie, b_tie);
    return slice_compare(a_key, b_key);
}

struct match a_match(const struct reference *ref, struct arena *arena)
{
    struct match m = {.reference = ref, .arena = arena, .limit = 20};

    m.on = day("2026-11-23");
    m.structure_weights = match_structure_weights;
    m.person_weights = match_person_weights;
    m.nationwide = NATIONWIDE_INCLUDE;
    m.grace = 14;
    return m;
}

/* ---- The store ---------------------------------------------------------- */

void world_open(struct world *w)
{
    struct store_options options = {.init = 1};

    snprintf(w->dir, sizeof w->dir, "/tmp/claused-world-XXXXXX");
    cr_assert(mkdtemp(w->dir));
    cr_assert_eq(store_open(w->dir, &options, &w->store), ERR_NONE);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void world_close(struct world *w)
{
    store_close(w->store);
    w->store = NULL;
    nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct slice id_of(struct arena *arena, unsigned entity,
                          const void *value)
{
    const struct structure *s = value;

    /* Every other begins with its id. */
    if (entity != ENTITY_STRUCTURE)
        return *(const struct slice *)value;
    return arena_format(arena, "%.*s-%s", (int)s->siret.len, s->siret.data,
                        words_kind.words[s->kind]);
}

/* What is stored under the id; NULL when nothing is. */
static const void *stored(struct store_batch *batch, struct arena *arena,
                          unsigned entity, struct slice id,
                          struct record *record)
{
    const struct shape *shape = entity_shape(entity);
    enum err e = store_get(store_batch_view(batch), entity, id, record);
    void *value;

    if (e == ERR_NOT_FOUND)
        return NULL;
    cr_assert_eq(e, ERR_NONE);
    value = shape_array(arena, shape, 1);
    /* The next put moves what the record borrows. */
    record->body = arena_copy(arena, record->body);
    cr_assert_eq(protocol_decode_trusted(shape, record->body, arena, value),
                 ERR_NONE);
    return value;
}

void world_begin(struct world *w)
{
    cr_assert_eq(store_batch_begin(w->store, &w->batch), ERR_NONE);
}

void world_commit(struct world *w)
{
    cr_assert_eq(store_batch_commit(w->batch), ERR_NONE);
    w->batch = NULL;
}

uint32_t world_put(struct world *w, const struct reference *ref,
                   unsigned entity, const void *value)
{
    struct arena *arena = arena_new(16u << 20);
    struct buffer body = {NULL, 0, 0, 0};
    struct slice id = id_of(arena, entity, value);
    struct record record;
    const void *before;

    cr_assert_eq(protocol_encode(entity_shape(entity), value, EVERYONE, &body),
                 ERR_NONE);
    before = stored(w->batch, arena, entity, id, &record);
    cr_assert_eq(store_put(w->batch, entity, id, (struct slice){NULL, 0}, 1,
                           (struct slice){body.data, body.len}, &record),
                 ERR_NONE);
    cr_assert_eq(postings_change(w->batch, ref, arena, entity, record.number,
                                 before, value),
                 ERR_NONE);
    buffer_free(&body);
    arena_free(arena);
    return record.number;
}

void world_delete(struct world *w, const struct reference *ref, unsigned entity,
                  const void *value)
{
    struct arena *arena = arena_new(16u << 20);
    struct slice id = id_of(arena, entity, value);
    struct record record;
    const void *before;
    uint64_t revision;

    before = stored(w->batch, arena, entity, id, &record);
    cr_assert_not_null(before);
    cr_assert_eq(postings_change(w->batch, ref, arena, entity, record.number,
                                 before, NULL),
                 ERR_NONE);
    cr_assert_eq(
        store_delete(w->batch, entity, id, (struct slice){NULL, 0}, &revision),
        ERR_NONE);
    arena_free(arena);
}

static void sum_entity(struct store_view *view, const struct reference *ref,
                       unsigned entity, struct arena *arena,
                       struct postings_sums *sums)
{
    const struct shape *shape = entity_shape(entity);
    struct record record = {.number = 0};

    while (!store_next_numbered(view, entity, record.number, &record)) {
        void *value;

        arena_reset(arena);
        value = shape_array(arena, shape, 1);
        cr_assert_eq(protocol_decode_trusted(shape, record.body, arena, value),
                     ERR_NONE);
        cr_assert_eq(
            postings_sum(ref, arena, entity, record.number, value, sums),
            ERR_NONE);
    }
}

uint64_t world_check(struct store_view *view, const struct reference *ref)
{
    struct arena *arena = arena_new(64u << 20);
    struct postings_sums sums = {.side = 0};
    struct index_counts counts;
    uint64_t rows = 0;

    for (unsigned entity = 0; entity < entity_words; entity++)
        sum_entity(view, ref, entity, arena, &sums);
    cr_assert_eq(index_check(view, &counts), ERR_NONE);
    for (unsigned kind = 1; kind < INDEX_KINDS_END; kind++) {
        cr_assert_eq(counts.sums[kind], sums.postings[kind], "kind %u", kind);
        rows += counts.postings[kind];
    }
    cr_assert_eq(counts.side_sum, sums.side);
    arena_free(arena);
    return rows;
}
