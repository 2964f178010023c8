/*
 * What is found of lots and jobs before any market is read: by code, by place
 * and by deadline, and never too little.
 */
#include <criterion/criterion.h>

#include "engine/match/postings.h"
#include "engine/match/reverse_search.h"
#include "tests/support/world.h"

static struct reference *ref;
static struct arena *arena;
static struct world world;
static struct match m;
static struct structure s; /* of one activity, */
static struct activity act;
static struct zone zone; /* which has this zone */
static struct profile p;
static struct lot lots[3];
static struct job job;
static struct market market;

#define SECTORS "peinture\tbatiment\nvoirie\tbatiment\nrepas\talimentation\n"
#define LINKS "A1203\tN1105\tProche\n"

static void setup(void)
{
    struct reference_import imports[] = {
        {"sectors", "1", "test", SLICE(SECTORS)},
        {"rome-links", "1", "test", SLICE(LINKS)},
    };

    cr_assert_eq(reference_new(imports, 2, &ref), ERR_NONE);
    arena = arena_new(64u << 20);
    world_open(&world);
    m = a_match(ref, arena);
    zone = a_zone();
    act = an_activity();
    act.zone = &zone;
    s = a_structure("73282932000074", KIND_EI, "76540");
    s.activities = (struct activity_list){&act, 1};
    p = a_profile("p-7", "76540", 10);
    job = a_job("A1203");
    for (int i = 0; i < 3; i++)
        lots[i] = a_lot();
    market = a_market("M-1", lots, 1);
}

static void teardown(void)
{
    world_close(&world);
    arena_free(arena);
    reference_free(ref);
    arena = NULL;
    ref = NULL;
}

TestSuite(reverse_search, .init = setup, .fini = teardown, .timeout = 60);

/* How many places a search finds, once the market is stored as it is now. */
static size_t found(int people)
{
    struct spot_list list = {NULL, 0, 0};
    size_t n;

    world_begin(&world);
    world_put(&world, ref, ENTITY_MARKET, &market);
    world_commit(&world);
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    world_check(m.view, ref);
    cr_assert_eq(people ? reverse_search_jobs(&m, &p, &list)
                        : reverse_search_lots(&m, &s, &list),
                 ERR_NONE);
    store_view_end(m.view);
    for (size_t i = 1; i < list.n; i++)
        cr_assert(list.at[i].lot > list.at[i - 1].lot ||
                  (list.at[i].lot == list.at[i - 1].lot &&
                   list.at[i].job > list.at[i - 1].job));
    n = list.n;
    spots_free(&list);
    return n;
}

static size_t lots_found(void)
{
    return found(0);
}

static size_t jobs_found(void)
{
    return found(1);
}

/* ---- Codes -------------------------------------------------------------- */

Test(reverse_search, a_lot_is_found_by_what_its_level_rests_on)
{
    struct job other = a_job("K2204");

    cr_assert_eq(lots_found(), 1, "it asks for nothing");
    lots[0].cpv = TEXTS(SLICE("45233200-1"));
    act.cpv = TEXTS(SLICE("77310000"));
    cr_assert_eq(lots_found(), 0);
    act.cpv = TEXTS(SLICE("77310000"), SLICE("45000000"));
    cr_assert_eq(lots_found(), 1, "a division in common");
    lots[0].cpv = (struct slices){NULL, 0};
    lots[0].jobs = (struct job_list){&other, 1};
    cr_assert_eq(lots_found(), 0);
    act.rome = TEXTS(SLICE("K2204"));
    cr_assert_eq(lots_found(), 1, "a trade in common");
    act.rome = TEXTS(SLICE("K2205"));
    cr_assert_eq(lots_found(), 0, "a structure has no family of trades");
}

Test(reverse_search, a_sector_is_found_by_its_group)
{
    lots[0].sectors = TEXTS(SLICE("peinture"));
    act.sectors = TEXTS(SLICE("repas"), SLICE("inconnu"));
    cr_assert_eq(lots_found(), 0);
    act.sectors = TEXTS(SLICE("voirie"));
    cr_assert_eq(lots_found(), 1);
    lots[0].sectors = TEXTS(SLICE("inconnu"));
    cr_assert_eq(lots_found(), 0);
    act.sectors = TEXTS(SLICE("inconnu"));
    cr_assert_eq(lots_found(), 1, "the table lacks it on both sides");
}

Test(reverse_search, a_lot_under_several_codes_is_found_once)
{
    market.lots.n = 3;
    lots[0].cpv = act.cpv = TEXTS(SLICE("45000000"), SLICE("77310000"));
    lots[0].sectors = act.sectors = TEXTS(SLICE("voirie"), SLICE("peinture"));
    lots[2].cpv = TEXTS(SLICE("90910000"));
    cr_assert_eq(lots_found(), 2);
}

/* More than the list holds at first, each six times. */
Test(reverse_search, many_lots_are_found_once_each)
{
    static struct activity two[2];
    static struct lot many[200];
    struct lot one = a_lot();

    one.cpv = TEXTS(SLICE("45000000"), SLICE("77310000"));
    one.sectors = TEXTS(SLICE("voirie"));
    for (int i = 0; i < 200; i++)
        many[i] = one;
    market = a_market("M-1", many, 200);
    two[0] = two[1] = act;
    two[0].cpv = two[1].cpv = one.cpv;
    two[0].sectors = two[1].sectors = one.sectors;
    s.activities = (struct activity_list){two, 2};
    cr_assert_eq(lots_found(), 200);
    cr_assert_eq(m.scanned, 1200);
}

Test(reverse_search, a_job_is_found_by_wishes_families_and_links)
{
    lots[0].jobs = (struct job_list){&job, 1};
    cr_assert_eq(jobs_found(), 0, "no wish");
    p.rome = TEXTS(SLICE("A1203"), SLICE("A1204"), SLICE("A1205"));
    cr_assert_eq(jobs_found(), 1);
    p.rome = TEXTS(SLICE("A1299"));
    cr_assert_eq(jobs_found(), 1, "the same family");
    p.rome = TEXTS(SLICE("A1303"));
    cr_assert_eq(jobs_found(), 0);
    job.rome = SLICE("N1105");
    p.rome = TEXTS(SLICE("A1203"));
    cr_assert_eq(jobs_found(), 1, "a link from the wish");
    job.rome = SLICE("A1203");
    p.rome = TEXTS(SLICE("N1105"));
    cr_assert_eq(jobs_found(), 0, "links go one way");
}

Test(reverse_search, jobs_keep_their_numbers)
{
    static struct job jobs[SPOT_JOBS];
    struct spot_list list = {NULL, 0, 0};

    for (int i = 0; i < SPOT_JOBS; i++)
        jobs[i] = a_job(i % 2 ? "A1203" : "K2204");
    market.lots.n = 3;
    lots[2].jobs = (struct job_list){jobs, SPOT_JOBS};
    p.rome = TEXTS(SLICE("A1203"));
    cr_assert_eq(jobs_found(), SPOT_JOBS / 2);
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    cr_assert_eq(reverse_search_jobs(&m, &p, &list), ERR_NONE);
    for (size_t i = 0; i < list.n; i++) {
        cr_assert_eq(list.at[i].lot, 3);
        cr_assert_eq(list.at[i].job, 2 * i + 2);
    }
    spots_free(&list);
    store_view_end(m.view);
}

/* ---- Places ------------------------------------------------------------- */

/* Rouen, Le Petit-Quevilly beside it, Dieppe 55 km away, Lyon. */
Test(reverse_search, a_lot_elsewhere_is_not_found)
{
    static const struct {
        const char *place;
        int here;   /* for a zone of 10 km round Rouen */
        int nearby; /* of 70 km */
    } rows[] = {
        {"COM:76540", 1, 1},      {"COM:76498", 1, 1},   {"COM:76217", 0, 1},
        {"COM:69123", 0, 0},      {"DEP:76", 1, 1},      {"DEP:2A", 0, 0},
        {"REG:28", 1, 1},         {"REG:84", 0, 0},      {"FR", 1, 1},
        {"EPCI:200023414", 1, 1}, {"NEAR:69123:5", 1, 1}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lots[0].places = TEXTS(slice_of(rows[i].place));
        zone.within_km = 10;
        cr_assert_eq(lots_found(), (size_t)rows[i].here, "%s", rows[i].place);
        zone.within_km = 70;
        cr_assert_eq(lots_found(), (size_t)rows[i].nearby, "%s", rows[i].place);
    }
}

Test(reverse_search, every_activity_has_its_zone)
{
    struct activity two[2] = {an_activity(), an_activity()};
    struct zone lyon = a_zone();

    lots[0].places = TEXTS(SLICE("COM:69123"));
    s.activities = (struct activity_list){two, 2};
    cr_assert_eq(lots_found(), 0);
    lyon.codes = TEXTS(SLICE("DEP:69"));
    two[1].zone = &lyon;
    cr_assert_eq(lots_found(), 1);
    lots[0].places = TEXTS(SLICE("COM:76540"));
    cr_assert_eq(lots_found(), 1, "the home belongs to every zone");
}

Test(reverse_search, a_job_out_of_reach_is_not_found)
{
    p.rome = TEXTS(SLICE("A1203"));
    lots[0].jobs = (struct job_list){&job, 1};
    lots[0].places = TEXTS(SLICE("COM:69123"));
    cr_assert_eq(jobs_found(), 0, "it is where the lot is");
    job.commune = SLICE("76498");
    cr_assert_eq(jobs_found(), 1, "no: it has a commune");
    job.commune = SLICE("76217");
    cr_assert_eq(jobs_found(), 0);
    p.mobility_km = 70;
    cr_assert_eq(jobs_found(), 1);
    p.mobility_km = 0;
    job.commune = SLICE("76540");
    cr_assert_eq(jobs_found(), 1, "the home itself");
    job.commune = (struct slice){NULL, 0};
    lots[0].places = (struct slices){NULL, 0};
    cr_assert_eq(jobs_found(), 1, "nobody knows where");
}

/* Sein has no centre in the bundled table, nor an EPCI to take one from. */
Test(reverse_search, an_unknown_distance_is_not_too_far)
{
    p.rome = TEXTS(SLICE("A1203"));
    p.mobility_km = 0;
    lots[0].jobs = (struct job_list){&job, 1};
    job.commune = SLICE("29083");
    cr_assert_not(ref->communes[reference_commune(ref, job.commune)].centred);
    cr_assert_eq(jobs_found(), 1);
    p.commune = SLICE("29083");
    job.commune = SLICE("69123");
    cr_assert_eq(jobs_found(), 1);
}

/* ---- What the law asks -------------------------------------------------- */

Test(reverse_search, a_lot_for_others_is_not_found)
{
    struct clause clause = a_clause(CLAUSE_RES_HAND);

    lots[0].clauses = (struct clause_list){&clause, 1};
    cr_assert_eq(lots_found(), 0);
    clause.kind = CLAUSE_RES_IAE;
    cr_assert_eq(lots_found(), 1);
    m.kinds = INTS(KIND_ACI);
    cr_assert_eq(lots_found(), 0);
    m.kinds = INTS(KIND_ACI, KIND_EI);
    cr_assert_eq(lots_found(), 1);
    lots[0].modes = INTS(MODE_DISP);
    cr_assert_eq(lots_found(), 0, "an EI does not lend people");
    clause.modes = INTS(CLAUSE_MODE_PREST, CLAUSE_MODE_HIRE);
    cr_assert_eq(lots_found(), 1);
    act.modes = INTS(MODE_BUILD);
    cr_assert_eq(lots_found(), 0);
    s.status = STRUCTURE_SUSPENDED;
    act.modes = (struct ints){NULL, 0};
    cr_assert_eq(lots_found(), 0);
}

Test(reverse_search, a_job_for_others_is_not_found)
{
    struct clause clause = a_clause(CLAUSE_EXEC);
    struct criterion th;

    shape_clear(&shape_criterion, &th);
    th.code = CRITERION_TH;
    p.rome = TEXTS(SLICE("A1203"));
    lots[0].jobs = (struct job_list){&job, 1};
    lots[0].clauses = (struct clause_list){&clause, 1};
    cr_assert_eq(jobs_found(), 1, "no clause lists publics");
    clause.publics = INTS(PUBLIC_BOETH, PUBLIC_IAE);
    cr_assert_eq(jobs_found(), 0);
    p.pass_until = 0;
    cr_assert_eq(jobs_found(), 1, "dates are for the judge");
    p.pass_until = ABSENT;
    p.criteria = (struct criterion_list){&th, 1};
    cr_assert_eq(jobs_found(), 1);
    clause.publics = INTS(PUBLIC_DELD);
    cr_assert_eq(jobs_found(), 0);
}

/* ---- Deadlines ---------------------------------------------------------- */

Test(reverse_search, a_lot_that_has_closed_is_not_found)
{
    cr_assert_eq(lots_found(), 1);
    market.deadline = (m.on - 1) * 86400;
    cr_assert_eq(lots_found(), 0);
    market.deadline = m.on * 86400;
    cr_assert_eq(lots_found(), 1);
    market.status = MARKET_AWARDED;
    cr_assert_eq(lots_found(), 0);
    cr_assert_eq(m.scanned, 3, "and has no row");
}
