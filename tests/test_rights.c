/*
 * The gate: which verbs a role may use, and which objects a key sees and
 * writes.  Real records in a real store; the territory is DEP:76 throughout.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "engine/call.h"
#include "engine/match/territory.h"
#include "tests/support/world.h"

static struct world world;
static struct arena *arena;
static struct reference *ref;
static struct territory own;
static struct store_view *view;

static void begin(void)
{
    cr_assert(arena = arena_new(64 << 20));
    cr_assert_eq(reference_new(NULL, 0, &ref), ERR_NONE);
    cr_assert_eq(territory_read(ref, arena, TEXTS(SLICE("DEP:76")), &own),
                 ERR_NONE);
    world_open(&world);
    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
}

static void end(void)
{
    store_view_end(view);
    world_close(&world);
    reference_free(ref);
    arena_free(arena);
}

TestSuite(rights, .init = begin, .fini = end, .timeout = 60);

static struct call of_key(enum verb verb, unsigned role)
{
    return (struct call){.verb = verb,
                         .role = role,
                         .arena = arena,
                         .caller = SLICE("K-1"),
                         .territory = &own};
}

static int reads(unsigned entity, const void *object)
{
    struct call call = of_key(VERB_market_get, FACILITATOR);

    return rights_read(&call, view, entity, object);
}

static int writes(unsigned entity, const void *object)
{
    struct call call = of_key(VERB_market_put, FACILITATOR);

    return rights_write(&call, view, entity, object);
}

Test(rights, a_role_may_use_the_verbs_of_its_column_and_no_other)
{
    static const unsigned roles[] = {PORTAL, FACILITATOR, BATCH, ADMIN};

    for (enum verb verb = 0; verb < VERBS; verb++)
        for (size_t i = 0; i < 4; i++) {
            struct call call = of_key(verb, roles[i]);

            cr_expect_eq(rights_verb(&call),
                         (verb_rows[verb].roles & roles[i]) != 0, "%s, role %u",
                         verb_rows[verb].name, roles[i]);
        }
}

Test(rights, whoever_may_not_use_a_verb_sees_nothing_through_it)
{
    struct profile p = a_profile("P-1", "76540", 30);
    struct call call = of_key(VERB_profile_get, PORTAL);

    cr_expect(reads(ENTITY_PROFILE, &p));
    cr_expect_not(rights_read(&call, view, ENTITY_PROFILE, &p));
    call.everywhere = 1;
    cr_expect_not(rights_read(&call, view, ENTITY_PROFILE, &p));
}

Test(rights, a_key_without_territory_sees_nothing)
{
    struct profile p = a_profile("P-1", "76540", 30);
    struct call call = of_key(VERB_profile_get, FACILITATOR);
    struct territory none = {NULL, 0, NULL, 0};

    call.territory = &none;
    cr_expect_not(rights_read(&call, view, ENTITY_PROFILE, &p));
    call.territory = NULL;
    cr_expect_not(rights_read(&call, view, ENTITY_PROFILE, &p));
}

Test(rights, a_person_belongs_to_the_home_commune)
{
    struct profile here = a_profile("P-1", "76540", 30);
    struct profile there = a_profile("P-2", "59350", 500);
    struct profile nowhere = a_profile("P-3", "99999", 30);

    cr_expect(reads(ENTITY_PROFILE, &here) && writes(ENTITY_PROFILE, &here));
    cr_expect_not(reads(ENTITY_PROFILE, &there));
    cr_expect_not(writes(ENTITY_PROFILE, &there));
    cr_expect_not(reads(ENTITY_PROFILE, &nowhere));
    cr_expect_not(writes(ENTITY_PROFILE, &nowhere));
}

/* ---- Zones: what is seen, what is written -------------------------------- */

struct zoned {
    char codes[3][24];
    int read;
    int write;
};

ParameterizedTestParameters(rights, places)
{
    static struct zoned rows[] = {
        {{"COM:76540"}, 1, 1},
        {{"COM:59350"}, 0, 0},
        {{"DEP:76"}, 1, 1},
        {{"DEP:27"}, 0, 0},
        {{"REG:28"}, 1, 0},
        {{"FR"}, 1, 0},
        {{"EPCI:200023414"}, 1, 1}, /* Metropole Rouen Normandie */
        {{"COM:76540", "COM:59350"}, 1, 0},
        {{"COM:59350", "COM:76540"}, 1, 0},
        {{"DEP:27", "DEP:59"}, 0, 0},
        {{"NEAR:76540:5"}, 1, 1},
        {{"NEAR:76540:100"}, 1, 0},
        {{"NEAR:27229:5"}, 0, 0},
        {{"NEAR:27229:80"}, 1, 0},
        {{"DEP:00"}, 0, 0},
        {{""}, 0, 0},
    };

    return cr_make_param_array(struct zoned, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct zoned *row, rights, places)
{
    struct slice codes[3];
    struct lot lot = a_lot();
    struct market market;
    struct facilitator f = {.organisation = SLICE("x")};

    for (; lot.places.n < 3 && row->codes[lot.places.n][0]; lot.places.n++)
        codes[lot.places.n] = slice_of(row->codes[lot.places.n]);
    lot.places.at = codes;
    market = a_market("M-1", &lot, 1);
    f.territories = lot.places;
    cr_expect_eq(reads(ENTITY_MARKET, &market), row->read, "%s", row->codes[0]);
    cr_expect_eq(writes(ENTITY_MARKET, &market), row->write, "%s",
                 row->codes[0]);
    cr_expect_eq(reads(ENTITY_FACILITATOR, &f), row->read, "%s", row->codes[0]);
    cr_expect_eq(writes(ENTITY_FACILITATOR, &f), row->write, "%s",
                 row->codes[0]);
}

Test(rights, each_lot_and_each_job_is_a_place_of_the_market)
{
    struct job away = a_job("A1203"), here = a_job("A1203");
    struct lot lots[2] = {a_lot(), a_lot()};
    struct market market = a_market("M-1", lots, 2);

    away.commune = SLICE("59350");
    here.commune = SLICE("76540");
    cr_expect_not(reads(ENTITY_MARKET, &market), "it lies nowhere");
    lots[1].jobs = (struct job_list){&here, 1};
    cr_expect(reads(ENTITY_MARKET, &market) && writes(ENTITY_MARKET, &market));
    lots[0].jobs = (struct job_list){&away, 1};
    cr_expect(reads(ENTITY_MARKET, &market));
    cr_expect_not(writes(ENTITY_MARKET, &market), "a job of it is elsewhere");
}

Test(rights, a_structure_is_written_at_home_and_seen_wherever_it_works)
{
    struct structure s = a_structure("73282932000074", KIND_EI, "27229");
    struct activity act = an_activity();
    struct zone zone = a_zone();
    struct slice code = SLICE("DEP:76");

    s.activities = (struct activity_list){&act, 1};
    cr_expect_not(reads(ENTITY_STRUCTURE, &s));
    act.zone = &zone;
    cr_expect_not(reads(ENTITY_STRUCTURE, &s));
    zone.within_km = 80;
    cr_expect(reads(ENTITY_STRUCTURE, &s), "Rouen is near Evreux");
    zone.within_km = 3;
    cr_expect_not(reads(ENTITY_STRUCTURE, &s));
    zone = a_zone();
    zone.codes = (struct slices){&code, 1};
    cr_expect(reads(ENTITY_STRUCTURE, &s));
    cr_expect_not(writes(ENTITY_STRUCTURE, &s));
    s.commune = SLICE("76540");
    code = SLICE("DEP:59");
    cr_expect(reads(ENTITY_STRUCTURE, &s) && writes(ENTITY_STRUCTURE, &s));
}

/* ---- Hours follow the lot ------------------------------------------------ */

Test(rights, hours_belong_to_their_lot)
{
    struct slice here = SLICE("DEP:76"), there = SLICE("DEP:59");
    struct lot lots[2] = {a_lot(), a_lot()};
    struct market market = a_market("M-1", lots, 2);
    struct hours hours = {.market = SLICE("M-1"), .lot = 1, .clause = 1};

    lots[0].places = (struct slices){&here, 1};
    lots[1].places = (struct slices){&there, 1};
    store_view_end(view);
    world_begin(&world);
    world_put(&world, ref, ENTITY_MARKET, &market);
    world_commit(&world);
    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
    cr_expect(reads(ENTITY_HOURS, &hours) && writes(ENTITY_HOURS, &hours));
    for (int i = 0; i < 2; i++) {
        struct call call = of_key(VERB_hours_summary, FACILITATOR);

        cr_expect_eq(rights_lot(&call, view, &lots[i]), !i);
        call.territory = NULL;
        cr_expect_not(rights_lot(&call, view, &lots[i]));
        call.everywhere = 1;
        cr_expect(rights_lot(&call, view, &lots[i]));
        call.verb = VERB_profile_get;
        call.role = PORTAL;
        cr_expect_not(rights_lot(&call, view, &lots[i]));
    }
    hours.lot = 2;
    cr_expect_not(reads(ENTITY_HOURS, &hours));
    hours.lot = 3;
    cr_expect_not(reads(ENTITY_HOURS, &hours));
    hours.lot = 1;
    hours.market = SLICE("M-2");
    cr_expect_not(reads(ENTITY_HOURS, &hours), "of a market that is gone");
}

Test(rights, a_grant_reads_people_and_opens_no_verb_of_another_role)
{
    struct call call = of_key(VERB_profile_put, PORTAL);

    call.grants = PSEUDONYMS;
    cr_expect_not(rights_verb(&call));
    cr_expect_eq(rights_readers(&call), PORTAL | PSEUDONYMS);
    cr_expect(rights_readers(&call) & PEOPLE);
}
