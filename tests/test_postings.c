/*
 * The index after any history is what the entities of today would have put
 * into a fresh one; side rows say what profiles say.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/order.h"
#include "engine/match/postings.h"
#include "tests/support/chance.h"

enum { STRUCTURES = 40, PROFILES = 120 };

static struct reference *ref;
static struct arena *arena;
static struct world world;
static struct chance chance;
static struct structure *structures[STRUCTURES];
static struct profile *profiles[PROFILES];

static void setup(void)
{
    cr_assert_eq(reference_new(chance_imports, 2, &ref), ERR_NONE);
    arena = arena_new(256u << 20);
    chance = (struct chance){31337, arena, ref};
    world_open(&world);
}

static void teardown(void)
{
    world_close(&world);
    arena_free(arena);
    reference_free(ref);
    arena = NULL;
    ref = NULL;
}

TestSuite(postings, .init = setup, .fini = teardown, .timeout = 120);

/* ---- What an index holds, as sorted lines -------------------------------- */

struct lines {
    struct slice at[8192];
    size_t n;
};

static int compare_lines(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static struct slice hex(const unsigned char *bytes, size_t n)
{
    char *text = arena_alloc(arena, 2 * n + 1);

    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return (struct slice){text, 2 * n};
}

/* Numbers differ between two stores: a record is known by its hash. */
static uint64_t record_hash(struct store_view *view, unsigned entity,
                            uint32_t number)
{
    struct record record;

    cr_assert_eq(store_get_numbered(view, entity, number, &record), ERR_NONE,
                 "a posting of no record");
    return order_hash(record.body);
}

static void add_posting(struct lines *lines, struct store_view *view,
                        unsigned kind, uint32_t code,
                        const struct index_block *block, size_t i)
{
    unsigned entity = kind == INDEX_PEOPLE ? ENTITY_PROFILE : ENTITY_STRUCTURE;
    uint32_t number = index_load(block->number + 4 * i);
    struct slice facts = hex(block->facts + i * INDEX_FACTS, INDEX_FACTS);
    struct slice line = arena_format(
        arena, "%u %08x %08x %016llx %s", kind, code,
        index_load(block->place + 4 * i),
        (unsigned long long)record_hash(view, entity, number), facts.data);

    cr_assert_lt(lines->n, sizeof lines->at / sizeof *lines->at);
    lines->at[lines->n++] = line;
}

static void add_code(struct lines *lines, struct store_view *view,
                     unsigned kind, uint32_t code)
{
    struct index_block block;
    struct index_scan *scan;
    enum err e;

    cr_assert_eq(index_scan_begin(view, kind, code, &scan), ERR_NONE);
    while (!(e = index_scan_next(scan, &block)))
        for (size_t i = 0; i < block.n; i++)
            add_posting(lines, view, kind, code, &block, i);
    cr_assert_eq(e, ERR_NOT_FOUND);
    index_scan_end(scan);
}

static void add_side_rows(struct lines *lines, struct store_view *view)
{
    struct record record = {.number = 0};

    while (!store_next_numbered(view, ENTITY_PROFILE, record.number, &record)) {
        unsigned char row[INDEX_SIDE];

        cr_assert_eq(index_side_get(view, INDEX_PEOPLE, record.number, row),
                     ERR_NONE);
        lines->at[lines->n++] = hex(row, INDEX_SIDE);
    }
}

static struct lines *dump(struct world *w)
{
    struct lines *lines = arena_alloc(arena, sizeof *lines);
    struct store_view *view;

    cr_assert_eq(store_view_begin(w->store, &view), ERR_NONE);
    for (size_t i = 0; i < chance_n_romes; i++) {
        uint32_t code = postings_rome_code(slice_of(chance_romes[i]));

        add_code(lines, view, INDEX_PEOPLE, code);
        add_code(lines, view, INDEX_STRUCTURES, code);
    }
    for (size_t i = 0; i < chance_n_cpvs; i++)
        add_code(lines, view, INDEX_STRUCTURES,
                 postings_cpv_code(slice_of(chance_cpvs[i])));
    for (size_t i = 0; i < chance_n_sectors; i++)
        add_code(lines, view, INDEX_STRUCTURES,
                 postings_sector_code(slice_of(chance_sectors[i])));
    add_side_rows(lines, view);
    store_view_end(view);
    qsort(lines->at, lines->n, sizeof *lines->at, compare_lines);
    return lines;
}

static void assert_same_index(struct world *a, struct world *b)
{
    struct lines *x = dump(a), *y = dump(b);

    cr_assert_gt(x->n, 0);
    for (size_t i = 0; i < x->n && i < y->n; i++)
        cr_assert(slice_equal(x->at[i], y->at[i]), "%s\n%s", x->at[i].data,
                  y->at[i].data);
    cr_assert_eq(x->n, y->n);
}

/* ---- A history ---------------------------------------------------------- */

static void put_structure(struct world *w, unsigned i)
{
    int64_t kind = structures[i] ? structures[i]->kind : ABSENT;

    structures[i] = chance_structure(&chance, i);
    if (kind != ABSENT)
        structures[i]->kind = kind; /* the same id */
    world_put(w, ref, ENTITY_STRUCTURE, structures[i]);
}

static void put_profile(struct world *w, unsigned i)
{
    profiles[i] = chance_profile(&chance, i);
    world_put(w, ref, ENTITY_PROFILE, profiles[i]);
}

static void step(struct world *w)
{
    unsigned i = chance_below(&chance, STRUCTURES);
    unsigned k = chance_below(&chance, PROFILES);

    if (structures[i] && chance_of(&chance, 40)) {
        world_delete(w, ref, ENTITY_STRUCTURE, structures[i]);
        structures[i] = NULL;
    } else {
        put_structure(w, i);
    }
    if (profiles[k] && chance_of(&chance, 40)) {
        world_delete(w, ref, ENTITY_PROFILE, profiles[k]);
        profiles[k] = NULL;
    } else {
        put_profile(w, k);
    }
}

static void live(struct world *w, unsigned steps)
{
    while (steps) {
        world_begin(w);
        for (unsigned i = 0; i < 50 && steps; i++, steps--)
            step(w);
        world_commit(w);
    }
}

static void put_what_is_left(struct world *w)
{
    world_begin(w);
    for (unsigned i = 0; i < STRUCTURES; i++)
        if (structures[i])
            world_put(w, ref, ENTITY_STRUCTURE, structures[i]);
    for (unsigned i = 0; i < PROFILES; i++)
        if (profiles[i])
            world_put(w, ref, ENTITY_PROFILE, profiles[i]);
    world_commit(w);
}

Test(postings, after_a_history_the_index_is_what_today_derives)
{
    struct world fresh;

    for (int round = 0; round < 4; round++) {
        live(&world, 400);
        world_open(&fresh);
        put_what_is_left(&fresh);
        assert_same_index(&world, &fresh);
        world_close(&fresh);
    }
}

Test(postings, after_everybody_left_nothing_is_there)
{
    live(&world, 300);
    world_begin(&world);
    for (unsigned i = 0; i < STRUCTURES; i++)
        if (structures[i])
            world_delete(&world, ref, ENTITY_STRUCTURE, structures[i]);
    for (unsigned i = 0; i < PROFILES; i++)
        if (profiles[i])
            world_delete(&world, ref, ENTITY_PROFILE, profiles[i]);
    world_commit(&world);
    cr_assert_eq(dump(&world)->n, 0);
}

/* As the engine does it when a generation is built. */
static enum err derive(void *context, struct store_batch *batch,
                       unsigned entity, const struct record *record)
{
    const struct shape *shape = entity_shape(entity);
    struct arena *scratch = context;
    void *value;

    arena_reset(scratch);
    value = shape_array(scratch, shape, 1);
    cr_assert_eq(protocol_decode_trusted(shape, record->body, scratch, value),
                 ERR_NONE);
    return postings_change(batch, ref, scratch, entity, record->number, NULL,
                           value);
}

static void rebuild(struct world *w)
{
    struct arena *scratch = arena_new(16u << 20);
    int done = 0;

    world_begin(w);
    cr_assert_eq(index_build_begin(w->batch), ERR_NONE);
    world_commit(w);
    while (!done) {
        world_begin(w);
        cr_assert_eq(index_build_step(w->batch, derive, scratch, 30, &done),
                     ERR_NONE);
        world_commit(w);
        live(w, 5); /* writes go on meanwhile, into both */
    }
    world_begin(w);
    cr_assert_eq(index_build_switch(w->batch), ERR_NONE);
    world_commit(w);
    arena_free(scratch);
}

Test(postings, a_generation_built_under_writes_is_what_today_derives)
{
    struct world fresh;

    live(&world, 400);
    rebuild(&world);
    live(&world, 20);
    world_open(&fresh);
    put_what_is_left(&fresh);
    assert_same_index(&world, &fresh);
    world_close(&fresh);
}

/* ---- Facts and codes ---------------------------------------------------- */

Test(postings, a_side_row_says_what_the_profile_says)
{
    for (unsigned i = 0; i < 500; i++) {
        struct profile *profile = chance_profile(&chance, i);
        struct person person = person_of(ref, profile), back;
        unsigned char row[INDEX_SIDE];

        postings_pack_person(&person, row);
        postings_unpack_person(row, &back);
        cr_assert_null(back.dated);
        back.dated = person.dated;
        cr_assert_eq(back.id, person.id);
        cr_assert_eq(back.commune, person.commune);
        cr_assert_eq(back.licences, person.licences);
        cr_assert_eq(back.criteria, person.criteria);
        cr_assert_eq(back.vehicle, person.vehicle);
        cr_assert_eq(back.first_until, person.first_until);
        cr_assert_eq(back.mobility_km, person.mobility_km);
        cr_assert_eq(back.pass_until, person.pass_until);
        cr_assert_eq(back.pass_suspended_until, person.pass_suspended_until);
        cr_assert_eq(back.hours_min, person.hours_min);
        cr_assert_eq(back.hours_max, person.hours_max);
        cr_assert_eq(back.available_from, person.available_from);
        cr_assert_eq(back.registered_on, person.registered_on);
        cr_assert_eq(back.consent_on, person.consent_on);
        cr_assert_eq(back.last_contact_on, person.last_contact_on);
    }
}

Test(postings, dates_at_their_bounds_survive_the_side_row)
{
    struct profile profile = a_profile("p", "76540", 500);
    struct person person, back;
    unsigned char row[INDEX_SIDE];

    profile.consent_on = DATE_MIN;
    profile.registered_on = DATE_MAX;
    profile.available_from = 0;
    person = person_of(ref, &profile);
    postings_pack_person(&person, row);
    postings_unpack_person(row, &back);
    cr_assert_eq(back.consent_on, DATE_MIN);
    cr_assert_eq(back.registered_on, DATE_MAX);
    cr_assert_eq(back.available_from, 0);
    cr_assert_eq(back.pass_until, ABSENT);
    cr_assert_eq(back.mobility_km, 500);
}

Test(postings, a_side_row_is_silent_once_a_criterion_has_ended)
{
    struct profile profile = a_profile("p", "76540", 10);
    struct criterion two[2] = {{CRITERION_RSA, day("2026-12-31")},
                               {CRITERION_TH, ABSENT}};
    struct person person, back;
    unsigned char row[INDEX_SIDE];

    profile.criteria = (struct criterion_list){two, 2};
    person = person_of(ref, &profile);
    postings_pack_person(&person, row);
    postings_unpack_person(row, &back);
    cr_assert(person_is_dated(&back, day("2026-12-31")));
    cr_assert_not(person_is_dated(&back, day("2027-01-01")));
    cr_assert(person_is_dated(&person, day("2027-01-01")));
}

Test(postings, codes_of_different_kinds_never_meet)
{
    uint32_t rome = postings_rome_code(SLICE("A1203"));

    cr_assert_neq(rome, postings_rome_code(SLICE("A1204")));
    cr_assert_neq(rome, postings_rome_code(SLICE("B1203")));
    cr_assert_eq(postings_cpv_code(SLICE("45211341-1")),
                 postings_cpv_code(SLICE("45000000")));
    cr_assert_neq(postings_cpv_code(SLICE("45000000")),
                  postings_cpv_code(SLICE("44000000")));
    cr_assert_neq(postings_cpv_code(SLICE("45000000")) >> 28, rome >> 28);
    cr_assert_neq(postings_sector_code(SLICE("A1203")) >> 28, rome >> 28);
}

Test(postings, a_market_has_none)
{
    struct lot lot = a_lot();
    struct market market = a_market("M-1", &lot, 1);

    world_begin(&world);
    cr_assert_eq(postings_change(world.batch, ref, arena, ENTITY_MARKET, 1,
                                 NULL, &market),
                 ERR_NONE);
    cr_assert_eq(store_batch_changes(world.batch), 0);
    world_commit(&world);
}

Test(postings, what_does_not_change_is_not_written)
{
    struct profile profile = a_profile("p", "76540", 10);
    struct structure s = a_structure("73282932000074", KIND_EI, "76540");
    struct activity act = an_activity();
    uint64_t changes;

    profile.rome = TEXTS(SLICE("A1203"), SLICE("K2204"));
    act.rome = profile.rome;
    s.activities = (struct activity_list){&act, 1};
    world_begin(&world);
    world_put(&world, ref, ENTITY_STRUCTURE, &s);
    changes = store_batch_changes(world.batch);
    cr_assert_eq(
        postings_change(world.batch, ref, arena, ENTITY_STRUCTURE, 1, &s, &s),
        ERR_NONE);
    cr_assert_eq(store_batch_changes(world.batch), changes);
    world_commit(&world);
}
