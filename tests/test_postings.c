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
#include "protocol/civil.h"
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

/* The index holds what deriving all records anew would give, by sums over all
 * rows; how many rows there are is returned. */
static uint64_t assert_derived(struct world *w)
{
    struct store_view *view;
    uint64_t rows;

    cr_assert_eq(store_view_begin(w->store, &view), ERR_NONE);
    rows = world_check(view, ref);
    store_view_end(view);
    return rows;
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

Test(postings, after_a_history_the_index_is_what_today_derives)
{
    for (int round = 0; round < 4; round++) {
        live(&world, 400);
        cr_assert_gt(assert_derived(&world), 0);
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
    cr_assert_eq(assert_derived(&world), 0);
}

/* As the engine does it when a generation is built. */
static enum err derive(void *context, struct index_build *build,
                       unsigned entity, const struct record *record)
{
    const struct shape *shape = entity_shape(entity);
    struct arena *scratch = context;
    void *value;

    arena_reset(scratch);
    value = shape_array(scratch, shape, 1);
    cr_assert_eq(protocol_decode_trusted(shape, record->body, scratch, value),
                 ERR_NONE);
    return postings_build(build, ref, scratch, entity, record->number, value);
}

static void gather(struct world *w, struct index_build *build)
{
    struct arena *scratch = arena_new(16u << 20);
    int done = 0;

    while (!done) {
        cr_assert_eq(index_build_gather(build, derive, scratch, 30, &done),
                     ERR_NONE);
        live(w, 5); /* writes go on meanwhile */
    }
    cr_assert_eq(index_build_sort(build), ERR_NONE);
    arena_free(scratch);
}

static void catch_up(struct world *w)
{
    int done = 0;

    while (!done) {
        world_begin(w);
        cr_assert_eq(index_build_catch_up(w->batch, 20, &done), ERR_NONE);
        if (done)
            cr_assert_eq(index_build_switch(w->batch, 7), ERR_NONE);
        world_commit(w);
        if (!done)
            live(w, 1);
    }
}

static void rebuild(struct world *w)
{
    struct index_build *build;
    int done = 0;

    world_begin(w);
    cr_assert_eq(index_build_begin(w->batch), ERR_NONE);
    world_commit(w);
    cr_assert_eq(index_build_open(w->store, &build), ERR_NONE);
    gather(w, build);
    while (!done) {
        world_begin(w);
        cr_assert_eq(index_build_write(build, w->batch, 20000, &done),
                     ERR_NONE);
        world_commit(w);
        live(w, 5);
    }
    catch_up(w);
    index_build_close(build);
}

Test(postings, a_generation_built_under_writes_is_what_today_derives)
{
    live(&world, 400);
    rebuild(&world);
    cr_assert_gt(assert_derived(&world), 0);
    live(&world, 200);
    cr_assert_gt(assert_derived(&world), 0);
}

/* ---- Facts and codes ---------------------------------------------------- */

Test(postings, a_side_row_says_what_the_profile_says)
{
    for (unsigned i = 0; i < 500; i++) {
        struct profile *profile = chance_profile(&chance, i);
        struct person person = person_of(ref, profile), back;
        unsigned char row[INDEX_SIDE];

        postings_pack_person(ref, profile, row);
        postings_unpack_person(ref, row, &back);
        cr_assert_null(back.dated);
        cr_assert(slice_equal(postings_unpack_id(row), profile->id));
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
    struct person back;
    unsigned char row[INDEX_SIDE];

    profile.consent_on = DATE_MIN;
    profile.registered_on = DATE_MAX;
    profile.available_from = 0;
    postings_pack_person(ref, &profile, row);
    postings_unpack_person(ref, row, &back);
    cr_assert_eq(back.consent_on, DATE_MIN);
    cr_assert_eq(back.registered_on, DATE_MAX);
    cr_assert_eq(back.available_from, 0);
    cr_assert_eq(back.pass_until, ABSENT);
    cr_assert_eq(back.mobility_km, 500);
}

/* A side row that is told the ends decides as the profile does, on any day. */
static void assert_ends(const struct profile *profile, int told)
{
    struct person person = person_of(ref, profile), back;
    unsigned char row[INDEX_SIDE];

    postings_pack_person(ref, profile, row);
    postings_unpack_person(ref, row, &back);
    cr_assert_eq(back.n_ends >= 0, told);
    for (int64_t start = day("2026-01-01"); told && start < day("2029-01-01");
         start += 5)
        cr_assert_eq(person_facts_on(&back, start),
                     person_facts_on(&person, start));
}

Test(postings, a_side_row_tells_when_criteria_end)
{
    struct profile profile = a_profile("p", "76540", 10);
    struct criterion many[] = {{CRITERION_RSA, day("2026-12-31"), ABSENT},
                               {CRITERION_TH, ABSENT, ABSENT},
                               {CRITERION_QPV, day("2027-03-01"), ABSENT},
                               {CRITERION_QPV, day("2027-06-01"), ABSENT},
                               {CRITERION_ASS, day("2027-01-01"), ABSENT},
                               {CRITERION_ASS, ABSENT, ABSENT},
                               {CRITERION_AAH, day("2026-06-01"), ABSENT},
                               {CRITERION_PM, day("2028-01-01"), ABSENT},
                               {CRITERION_FLE, day("2028-02-01"), ABSENT},
                               {CRITERION_ZRR, day("2028-03-01"), ABSENT}};

    for (size_t n = 0; n <= sizeof many / sizeof *many; n++) {
        profile.criteria = (struct criterion_list){many, n};
        assert_ends(&profile, n < 10); /* the sixth end has no room */
    }
    profile.id = SLICE("12345678901234567");
    profile.criteria.n = 1;
    assert_ends(&profile, 1);
    profile.criteria.n = 3;
    assert_ends(&profile, 0);
    profile.id = SLICE("123456789012345678901234");
    profile.criteria.n = 0;
    assert_ends(&profile, 0);
}

Test(postings, a_side_row_without_room_is_silent_once_a_criterion_has_ended)
{
    struct profile profile = a_profile("1234567890123456789012", "76540", 10);
    struct criterion two[2] = {{CRITERION_RSA, day("2026-12-31"), ABSENT},
                               {CRITERION_TH, ABSENT, ABSENT}};
    struct person person, back;
    unsigned char row[INDEX_SIDE];

    profile.criteria = (struct criterion_list){two, 2};
    person = person_of(ref, &profile);
    postings_pack_person(ref, &profile, row);
    postings_unpack_person(ref, row, &back);
    cr_assert(person_is_dated(&back, day("2026-12-31")));
    cr_assert_not(person_is_dated(&back, day("2027-01-01")));
    cr_assert(person_is_dated(&person, day("2027-01-01")));
}

Test(postings, an_id_too_long_for_the_side_row_is_not_there)
{
    struct profile profile =
        a_profile("d3b07384-d9a0-4c9b-8e3a-1f2e3d4c5b6a", "76540", 10);
    unsigned char row[INDEX_SIDE];

    postings_pack_person(ref, &profile, row);
    cr_assert_null(postings_unpack_id(row).data);
    profile.id = SLICE("123456789012345678901234");
    postings_pack_person(ref, &profile, row);
    cr_assert(slice_equal(postings_unpack_id(row), profile.id));
}

/* Months by subtraction and shift are those of the calendar. */
Test(postings, keys_of_registrations_tell_whole_months)
{
    for (unsigned i = 0; i < 20000; i++) {
        int64_t a = (int64_t)chance_below(&chance, 40000);
        int64_t b = (int64_t)chance_below(&chance, 40000);

        cr_assert_eq((postings_registered(b) - postings_registered(a)) >> 5,
                     civil_months(a, b));
    }
    cr_assert_eq(postings_registered(ABSENT), REGISTERED_UNKNOWN);
    cr_assert_eq(postings_registered(-1), REGISTERED_OLD);
    cr_assert_gt(postings_registered(0), REGISTERED_UNKNOWN);
    cr_assert_lt(postings_registered(day("2140-05-31")), UINT16_MAX);
    cr_assert_leq(postings_registered(day("2190-05-31")),
                  postings_registered(day("2140-07-31")));
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
