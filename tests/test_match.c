/*
 * The rules of MATCHING.md, one candidate at a time: every filter's reason
 * and every component at its boundaries.  Lists are test_search.c's.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/activity.h"
#include "engine/match/law.h"
#include "engine/match/order.h"
#include "tests/support/world.h"

#define SECTORS "peinture\tbatiment\nvoirie\tbatiment\nrepas\talimentation\n"
#define LINKS                                                                  \
    "A1201\tA1203\tProche\nA1202\tA1203\tEvolution\n"                          \
    "K2204\tA1203\tProche\nK2303\tA1203\tEvolution\n"                          \
    "A1203\tN1105\tProche\n"

static struct reference *ref;
static struct arena *arena;
static struct match m;
static struct market market;
static struct lot lot;
static struct job job;
static struct clause clause;
static struct structure s;
static struct activity act;
static struct zone zone;
static struct profile p;
static struct criterion criteria[3];

/* A structure and a person in Rouen for a lot and a job there: both match. */
static void setup(void)
{
    struct reference_import imports[] = {
        {"sectors", "1", "test", SLICE(SECTORS)},
        {"rome-links", "1", "test", SLICE(LINKS)},
    };
    static struct slice places[1], wishes[1];

    cr_assert_eq(reference_new(imports, 2, &ref), ERR_NONE);
    arena = arena_new(64u << 20);
    m = a_match(ref, arena);
    clause = a_clause(CLAUSE_EXEC);
    job = a_job("A1203");
    job.commune = SLICE("76540");
    lot = a_lot();
    places[0] = SLICE("COM:76540");
    lot.places = (struct slices){places, 1};
    lot.clauses = (struct clause_list){&clause, 1};
    lot.jobs = (struct job_list){&job, 1};
    market = a_market("M-2026-17", &lot, 1);
    zone = a_zone();
    act = an_activity();
    wishes[0] = SLICE("A1203");
    act.rome = (struct slices){wishes, 1};
    s = a_structure("73282932000074", KIND_EI, "76540");
    s.activities = (struct activity_list){&act, 1};
    p = a_profile("p-7", "76540", 10);
    p.rome = (struct slices){wishes, 1};
    p.consent_on = day("2026-09-01");
    for (int i = 0; i < 3; i++)
        shape_clear(&shape_criterion, &criteria[i]);
    criteria[0].code = CRITERION_RSA;
    p.criteria = (struct criterion_list){criteria, 1};
}

static void teardown(void)
{
    arena_free(arena);
    reference_free(ref);
    arena = NULL;
    ref = NULL;
}

TestSuite(match, .init = setup, .fini = teardown, .timeout = 120);

static struct structure_verdict explain(void)
{
    struct structure_verdict v;

    cr_assert_eq(match_explain_structure(&m, &market, 1, &s, &v), ERR_NONE);
    cr_assert_eq(v.matched, v.reason == ABSENT);
    cr_assert_eq(v.matched, v.hit != NULL);
    return v;
}

static struct person_verdict explain_person(void)
{
    struct person_verdict_list list;

    cr_assert_eq(match_explain_person(&m, &market, 1, 1, &p, &list), ERR_NONE);
    cr_assert_eq(list.n, 1);
    cr_assert_eq(list.at[0].job, 1);
    cr_assert_eq(list.at[0].matched, list.at[0].hit != NULL);
    return list.at[0];
}

static const char *word(int64_t reason)
{
    return reason == ABSENT ? "(matched)" : words_reason.words[reason];
}

static void expect(int64_t reason)
{
    int64_t got = explain().reason;

    cr_assert_eq(got, reason, "%s for %s", word(got), word(reason));
}

static void expect_person(int64_t reason)
{
    int64_t got = explain_person().reason;

    cr_assert_eq(got, reason, "%s for %s", word(got), word(reason));
}

static struct structure_hit *hit(void)
{
    struct structure_verdict v = explain();

    cr_assert(v.hit, "%s", word(v.reason));
    return v.hit;
}

static struct person_hit *person_hit_now(void)
{
    struct person_verdict v = explain_person();

    cr_assert(v.hit, "%s", word(v.reason));
    return v.hit;
}

static int has(struct ints list, int64_t value)
{
    for (size_t i = 0; i < list.n; i++)
        if (list.at[i] == value)
            return 1;
    return 0;
}

static uint32_t commune(const char *insee)
{
    return reference_commune(ref, slice_of(insee));
}

static int64_t people_of(const char *insee)
{
    return ref->communes[commune(insee)].population;
}

static int64_t km_between(const char *a, const char *b)
{
    return reference_km(ref->communes[commune(a)].at,
                        ref->communes[commune(b)].at);
}

/* ---- Structures: filters 1 to 4 ----------------------------------------- */

Test(match, the_world_of_these_tests_matches)
{
    expect(ABSENT);
    expect_person(ABSENT);
}

Test(match, a_structure_that_is_not_active_is_refused)
{
    for (s.status = STRUCTURE_INACTIVE; s.status < structure_status_words;
         s.status++)
        expect(REASON_INACTIVE);
}

Test(match, the_agreement_holds_on_both_its_days)
{
    lot.start = day("2026-12-01");
    s.agreement_from = s.agreement_until = lot.start;
    expect(ABSENT);
    s.agreement_from++;
    expect(REASON_AGREEMENT_EXPIRED);
    s.agreement_from = ABSENT;
    s.agreement_until--;
    expect(REASON_AGREEMENT_EXPIRED);
}

Test(match, a_lot_never_starts_before_the_question)
{
    lot.start = day("2026-01-01");
    s.agreement_from = day("2026-02-01");
    s.agreement_until = m.on;
    expect(ABSENT);
    s.agreement_until = m.on - 1;
    expect(REASON_AGREEMENT_EXPIRED);
}

struct kinds_row {
    int64_t clause;
    char kinds[64];
};

ParameterizedTestParameters(match, a_clause_allows_its_kinds)
{
    static struct kinds_row rows[] = {
        {CLAUSE_RES_IAE, "EI ACI AI ETTI "},
        {CLAUSE_RES_HAND, "EA EATT ESAT "},
        {CLAUSE_RES_MIX, "EI ACI AI ETTI EA EATT ESAT "},
        {CLAUSE_RES_UNKNOWN, "EI ACI AI ETTI EA EATT ESAT "},
        {CLAUSE_RES_PRISON, "SEP "},
        {CLAUSE_OBJ, "EI ACI AI ETTI EITI "},
        {CLAUSE_EXEC, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
        {CLAUSE_EXEC_MANDATORY, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
        {CLAUSE_CRIT, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
        {CLAUSE_RES_ESS, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
        {CLAUSE_PRIVATE, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
    };

    return cr_make_param_array(struct kinds_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct kinds_row *row, match, a_clause_allows_its_kinds)
{
    clause.kind = row->clause;
    for (s.kind = 0; s.kind < kind_words; s.kind++) {
        const char *name = words_kind.words[s.kind];
        const char *at = strstr(row->kinds, name);
        int allowed;

        /* EA is also the beginning of EATT. */
        while (at &&
               (at[strlen(name)] != ' ' || (at > row->kinds && at[-1] != ' ')))
            at = strstr(at + 1, name);
        allowed = at != NULL;
        cr_assert_eq(explain().reason,
                     allowed ? ABSENT : REASON_KIND_NOT_ALLOWED, "%s", name);
    }
}

Test(match, every_clause_must_allow_the_kind)
{
    struct clause both[2] = {a_clause(CLAUSE_RES_IAE), a_clause(CLAUSE_OBJ)};

    lot.clauses = (struct clause_list){both, 2};
    expect(ABSENT);
    s.kind = KIND_EITI;
    expect(REASON_KIND_NOT_ALLOWED);
    both[1] = a_clause(CLAUSE_RES_PRISON);
    for (s.kind = 0; s.kind < kind_words; s.kind++)
        expect(REASON_KIND_NOT_ALLOWED);
}

Test(match, a_question_may_name_kinds)
{
    m.kinds = INTS(KIND_EA, KIND_EI);
    expect(ABSENT);
    s.kind = KIND_ACI;
    expect(REASON_KIND_NOT_ALLOWED);
    lot.clauses.n = 0;
    expect(REASON_KIND_NOT_ALLOWED);
}

Test(match, a_reserved_lot_asks_for_half)
{
    static const int64_t reserved[] = {CLAUSE_RES_HAND, CLAUSE_RES_IAE,
                                       CLAUSE_RES_MIX, CLAUSE_RES_UNKNOWN};

    for (size_t i = 0; i < 4; i++) {
        clause.kind = reserved[i];
        s.kind = i ? KIND_EI : KIND_EA;
        s.public_share = 49;
        expect(REASON_SHARE_LT_50);
        s.public_share = 50;
        cr_assert_eq(hit()->marks.n, 0);
        s.public_share = ABSENT;
        cr_assert(has(hit()->marks, MARK_SHARE_UNKNOWN));
    }
    clause.kind = CLAUSE_OBJ;
    cr_assert_eq(hit()->marks.n, 0);
    s.public_share = 0;
    expect(ABSENT);
}

Test(match, the_first_failing_filter_speaks)
{
    clause.kind = CLAUSE_RES_HAND;
    s.status = STRUCTURE_CLOSED;
    s.agreement_until = m.on - 1;
    s.public_share = 0;
    expect(REASON_INACTIVE);
    s.status = STRUCTURE_ACTIVE;
    expect(REASON_AGREEMENT_EXPIRED);
    s.agreement_until = ABSENT;
    expect(REASON_KIND_NOT_ALLOWED);
    s.kind = KIND_EA;
    cr_assert_eq(explain().activity, ABSENT);
    expect(REASON_SHARE_LT_50);
}

/* ---- Structures: filters 5 to 9 ----------------------------------------- */

Test(match, temp_work_kinds_do_not_produce)
{
    clause.kind = CLAUSE_RES_IAE;
    lot.modes = INTS(MODE_PREST);
    s.kind = KIND_EI;
    expect(ABSENT);
    s.kind = KIND_ACI;
    expect(ABSENT);
    s.kind = KIND_ETTI;
    expect(REASON_MODE_NOT_ALLOWED);
    s.kind = KIND_AI;
    expect(REASON_MODE_NOT_ALLOWED);
    clause.kind = CLAUSE_EXEC;
    clause.modes = INTS(CLAUSE_MODE_DISP, CLAUSE_MODE_HIRE);
    expect(ABSENT);
    s.kind = KIND_GEIQ;
    expect(ABSENT);
}

Test(match, hiring_wants_nothing_of_structures)
{
    clause.modes = INTS(CLAUSE_MODE_HIRE);
    expect(ABSENT);
    s.kind = KIND_AI;
    expect(ABSENT);
}

Test(match, a_mode_its_kind_cannot_is_not_an_activitys_own)
{
    act.modes = INTS(MODE_DISP);
    expect(ABSENT);
    lot.modes = INTS(MODE_DISP);
    expect(REASON_MODE_NOT_ALLOWED);
    act.modes = INTS(MODE_BUILD);
    lot.modes = INTS(MODE_PREST);
    expect(REASON_MODE_NOT_ALLOWED);
    lot.modes = INTS(MODE_PREST, MODE_BUILD);
    expect(ABSENT);
}

Test(match, without_activities_the_first_filter_of_them_speaks)
{
    s.activities.n = 0;
    expect(REASON_ACTIVITY);
    lot.modes = INTS(MODE_DISP);
    expect(REASON_MODE_NOT_ALLOWED);
    lot.modes.n = lot.jobs.n = 0;
    expect(REASON_ACTIVITY);
    cr_assert_eq(explain().activity, ABSENT);
}

struct cpv_row {
    char a[12];
    char b[12];
    int64_t level;
};

ParameterizedTestParameters(match, cpv_codes_agree_by_prefix)
{
    static struct cpv_row rows[] = {
        {"45211341", "45211341-1", 1000}, {"45211341", "45211100-0", 1000},
        {"45211341", "45211000", 1000},   {"45211341", "45212000", 850},
        {"45211341", "45210000", 850},    {"45211341", "45233200", 700},
        {"45211341", "45200000", 700},    {"45211341", "45300000", 500},
        {"45211341", "45000000-7", 500},  {"45000000", "45000000-7", 1000},
        {"45210000", "45210000", 1000},   {"45211341", "44211341", 0},
        {"45211341", "77310000", 0},      {"30000000", "30200000", 500},
        {"30000000", "30000000", 1000},   {"30000000", "31000000", 0},
    };

    return cr_make_param_array(struct cpv_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct cpv_row *row, match, cpv_codes_agree_by_prefix)
{
    struct slice a = slice_of(row->a), b = slice_of(row->b);

    cr_assert_eq(activity_cpv_level(a, b), row->level, "%s %s", row->a, row->b);
    cr_assert_eq(activity_cpv_level(b, a), row->level);
}

Test(match, sectors_agree_or_share_a_group)
{
    lot.jobs.n = 0;
    lot.sectors = TEXTS(SLICE("voirie"));
    act.sectors = TEXTS(SLICE("voirie"));
    cr_assert_eq(hit()->components->activity, 1000);
    act.sectors = TEXTS(SLICE("peinture"));
    cr_assert_eq(hit()->components->activity, 400);
    act.sectors = TEXTS(SLICE("repas"));
    expect(REASON_ACTIVITY);
    act.sectors = TEXTS(SLICE("inconnu"));
    expect(REASON_ACTIVITY);
    lot.sectors = TEXTS(SLICE("repas"), SLICE("inconnu"));
    cr_assert_eq(hit()->components->activity, 1000);
}

Test(match, the_best_of_sector_cpv_and_rome_counts)
{
    lot.sectors = TEXTS(SLICE("voirie"));
    lot.cpv = TEXTS(SLICE("45000000"));
    act.sectors = TEXTS(SLICE("peinture"));
    cr_assert_eq(hit()->components->activity, 600);
    act.rome = TEXTS(SLICE("A1204"));
    cr_assert_eq(hit()->components->activity, 400);
    act.cpv = TEXTS(SLICE("45233200"), SLICE("77310000"));
    cr_assert_eq(hit()->components->activity, 500);
}

Test(match, a_lot_that_asks_for_nothing_knows_no_activity)
{
    lot.jobs.n = 0;
    act.rome.n = 0;
    cr_assert_eq(hit()->components->activity, 500);
    cr_assert(has(hit()->unknown, COMPONENT_ACTIVITY));
    lot.cpv = TEXTS(SLICE("45000000"));
    expect(REASON_ACTIVITY);
}

Test(match, nationwide_activities_may_be_excluded_or_asked_for)
{
    struct slices fr = TEXTS(SLICE("DEP:76"), SLICE("FR"));
    struct slices parts = TEXTS(SLICE("REG:28"));

    act.zone = &zone;
    zone.codes = fr;
    m.nationwide = NATIONWIDE_ONLY;
    expect(ABSENT);
    m.nationwide = NATIONWIDE_EXCLUDE;
    expect(ABSENT); /* at home in the place */
    lot.places = TEXTS(SLICE("COM:76217"));
    expect(REASON_NATIONWIDE_EXCLUDED);
    m.nationwide = NATIONWIDE_INCLUDE;
    expect(ABSENT);
    zone.codes = parts;
    m.nationwide = NATIONWIDE_EXCLUDE;
    expect(ABSENT);
    m.nationwide = NATIONWIDE_ONLY;
    expect(REASON_NATIONWIDE_EXCLUDED);
}

Test(match, a_zone_must_meet_the_place)
{
    lot.places = TEXTS(SLICE("COM:76217"));
    expect(REASON_ZONE);
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("DEP:76"));
    expect(ABSENT);
    cr_assert_eq(hit()->cover, COVER_FULL);
    zone.codes.n = 0;
    zone.within_km = km_between("76540", "76217") - 1;
    expect(REASON_ZONE);
    zone.within_km++;
    expect(ABSENT);
}

Test(match, corsica_is_two_departments_and_one_region)
{
    s.commune = SLICE("2A004");
    lot.places = TEXTS(SLICE("COM:2B033"));
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("DEP:2A"));
    expect(REASON_ZONE);
    zone.codes = TEXTS(SLICE("DEP:2B"));
    expect(ABSENT);
    zone.codes = TEXTS(SLICE("REG:94"));
    expect(ABSENT);
    zone.codes = TEXTS(SLICE("REG:93"));
    expect(REASON_ZONE);
}

Test(match, a_region_is_not_the_department_of_the_same_digits)
{
    s.commune = SLICE("33063");
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("REG:75"));
    lot.places = TEXTS(SLICE("COM:75056"));
    expect(REASON_ZONE);
    lot.places = TEXTS(SLICE("COM:33063"));
    expect(ABSENT);
}

Test(match, the_sea_between_reunion_and_mayotte_is_too_wide)
{
    s.commune = SLICE("97411");
    act.zone = &zone;
    zone.within_km = 100;
    lot.places = TEXTS(SLICE("COM:97611"));
    expect(REASON_ZONE);
    zone.within_km = 1000;
    expect(REASON_ZONE);
    lot.places = TEXTS(SLICE("COM:97801"));
    zone = a_zone();
    zone.codes = TEXTS(SLICE("DEP:971"));
    expect(REASON_ZONE);
    zone.codes = TEXTS(SLICE("DEP:978"));
    expect(ABSENT);
}

Test(match, three_departments_are_covered_in_whole_or_in_part)
{
    struct structure_hit *h;

    s.commune = SLICE("59350");
    lot.places = TEXTS(SLICE("DEP:59"), SLICE("DEP:62"), SLICE("DEP:80"));
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("REG:32"));
    h = hit();
    cr_assert_eq(h->cover, COVER_FULL);
    cr_assert_eq(h->missing.n, 0);
    cr_assert_eq(h->components->coverage, 1000);
    zone.codes = TEXTS(SLICE("DEP:59"), SLICE("DEP:62"));
    h = hit();
    cr_assert_eq(h->cover, COVER_PARTIAL);
    cr_assert_eq(h->missing.n, 1);
    cr_assert(slice_equal(h->missing.at[0], SLICE("DEP:80")));
    s.commune = SLICE("80021");
    zone.codes = TEXTS(SLICE("DEP:80"));
    h = hit();
    cr_assert_eq(h->missing.n, 2);
    cr_assert(slice_equal(h->missing.at[0], SLICE("DEP:59")));
    cr_assert(slice_equal(h->missing.at[1], SLICE("DEP:62")));
}

Test(match, no_free_hours_are_no_capacity_and_unknown_ones_pass)
{
    act.free_hours = 0;
    expect(REASON_NO_CAPACITY);
    act.free_hours = 1;
    expect(ABSENT);
    act.free_hours = ABSENT;
    expect(ABSENT);
}

Test(match, amounts_are_inclusive)
{
    lot.amount = 100000;
    act.lot_min = act.lot_max = 100000;
    expect(ABSENT);
    act.lot_min = 100001;
    act.lot_max = ABSENT;
    expect(REASON_AMOUNT);
    act.lot_min = ABSENT;
    act.lot_max = 99999;
    expect(REASON_AMOUNT);
    lot.amount = ABSENT;
    expect(ABSENT);
    lot.amount = 0;
    expect(ABSENT);
}

Test(match, of_the_activities_that_fail_the_furthest_speaks)
{
    struct activity acts[4] = {act, act, act, act};
    struct structure_verdict v;

    lot.amount = 1;
    acts[0].rome = TEXTS(SLICE("N1105"));
    acts[1].free_hours = 0;
    acts[2].free_hours = 0;
    acts[3].rome = TEXTS(SLICE("N1105"));
    s.activities = (struct activity_list){acts, 4};
    v = explain();
    cr_assert_eq(v.reason, REASON_NO_CAPACITY);
    cr_assert_eq(v.activity, 2);
    acts[3] = act;
    acts[3].lot_min = 2;
    v = explain();
    cr_assert_eq(v.reason, REASON_AMOUNT);
    cr_assert_eq(v.activity, 4);
}

Test(match, one_activity_must_pass_all_filters)
{
    struct activity acts[2] = {act, act};

    s.commune = SLICE("76217");
    acts[0].rome = TEXTS(SLICE("N1105"));
    acts[0].zone = &zone;
    zone.codes = TEXTS(SLICE("DEP:76"));
    s.activities = (struct activity_list){acts, 2};
    expect(REASON_ZONE);
    cr_assert_eq(explain().activity, 2);
}

/* ---- Structures: score -------------------------------------------------- */

Test(match, all_five_components_are_weighed)
{
    struct structure_hit *h;

    clause.hours = 1000;
    lot.months = 2;
    act.free_hours = 250;
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("FR"));
    h = hit();
    cr_assert_eq(h->components->activity, 600);
    cr_assert_eq(h->components->coverage, 1000);
    cr_assert_eq(h->components->proximity, 1000);
    cr_assert_eq(h->components->capacity, 500);
    cr_assert_eq(h->components->jobs, 1000);
    cr_assert_eq(h->unknown.n, 0);
    cr_assert_eq(h->score, 180 + 250 + 150 + 100 + 100);
    m.structure_weights = (struct structure_weights){0, 0, 0, 999, 1};
    cr_assert_eq(hit()->score, 500); /* floor of 500.5 */
}

Test(match, a_hit_says_who_and_why)
{
    struct structure_hit *h = hit();

    cr_assert(slice_equal(h->id, SLICE("73282932000074-EI")));
    cr_assert(slice_equal(h->name, SLICE("Les Ateliers")));
    cr_assert(slice_equal(h->commune, SLICE("76540")));
    cr_assert_eq(h->kind, KIND_EI);
    cr_assert_eq(h->activity, 1);
    cr_assert_eq(h->km, 0);
    cr_assert_eq(h->cover, COVER_FULL);
    cr_assert(slice_equal(h->tie, SLICE("8e7ff4062f45795c")));
}

Test(match, coverage_weighs_communes_by_their_people)
{
    int64_t here = people_of("76540"), there = people_of("76217");

    lot.places = TEXTS(SLICE("COM:76217"), SLICE("COM:76540"));
    cr_assert_eq(hit()->components->coverage, 1000 * here / (here + there));
    cr_assert_eq(hit()->cover, COVER_PARTIAL);
    cr_assert_eq(hit()->missing.n, 1);
}

Test(match, a_place_nobody_lives_in_counts_communes)
{
    s.commune = SLICE("55050");
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("COM:55139"));
    lot.places =
        TEXTS(SLICE("COM:55039"), SLICE("COM:55050"), SLICE("COM:55139"));
    cr_assert_eq(people_of("55039") + people_of("55050") + people_of("55139"),
                 0);
    cr_assert_eq(hit()->components->coverage, 666);
}

Test(match, proximity_falls_ten_a_kilometre_to_a_hundred)
{
    int64_t km = km_between("76540", "76217");

    act.zone = &zone;
    zone.codes = TEXTS(SLICE("FR"));
    lot.places = TEXTS(SLICE("COM:76217"), SLICE("COM:13055"));
    cr_assert_eq(hit()->km, km);
    cr_assert_eq(hit()->components->proximity, 1000 - 10 * km);
    lot.places = TEXTS(SLICE("COM:13055"));
    cr_assert_gt(hit()->km, 100);
    cr_assert_eq(hit()->components->proximity, 0);
    lot.places = TEXTS(SLICE("COM:13055"), SLICE("COM:76540"));
    cr_assert_eq(hit()->km, 0);
}

Test(match, proximity_is_from_the_structures_own_point)
{
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("FR"));
    s.lat = ref->communes[commune("13055")].lat;
    s.lon = ref->communes[commune("13055")].lon;
    lot.places = TEXTS(SLICE("COM:13055"));
    cr_assert_eq(hit()->km, 0);
    /* The home commune is inside: no distance, wherever it stands. */
    lot.places = TEXTS(SLICE("COM:76540"));
    cr_assert_eq(hit()->km, 0);
}

Test(match, without_places_coverage_and_proximity_are_unknown)
{
    struct structure_hit *h;
    struct ints warnings;

    lot.places.n = 0;
    s.commune = SLICE("97411");
    h = hit();
    cr_assert_eq(h->cover, ABSENT);
    cr_assert_eq(h->km, ABSENT);
    cr_assert_eq(h->components->coverage, 500);
    cr_assert_eq(h->components->proximity, 500);
    cr_assert_eq(h->unknown.at[0], COMPONENT_COVERAGE);
    cr_assert_eq(h->unknown.at[1], COMPONENT_PROXIMITY);
    cr_assert_eq(h->unknown.at[2], COMPONENT_CAPACITY);
    cr_assert_eq(match_warnings(&m, &market, 1, &warnings), ERR_NONE);
    cr_assert(has(warnings, WARNING_NO_PLACE));
}

Test(match, capacity_is_free_hours_over_hours_asked)
{
    clause.hours = 780;
    lot.months = 1;
    act.free_hours = 200;
    cr_assert_eq(hit()->components->capacity, 256);
    act.free_hours = 780;
    cr_assert_eq(hit()->components->capacity, 1000);
    act.free_hours = 10000000;
    lot.months = 1200;
    cr_assert_eq(hit()->components->capacity, 1000);
    lot.months = 0;
    cr_assert(has(hit()->unknown, COMPONENT_CAPACITY));
    lot.months = ABSENT;
    cr_assert(has(hit()->unknown, COMPONENT_CAPACITY));
    lot.months = 1;
    act.free_hours = ABSENT;
    cr_assert(has(hit()->unknown, COMPONENT_CAPACITY));
}

Test(match, hours_are_asked_by_clauses_else_by_jobs)
{
    struct clause two[2] = {a_clause(CLAUSE_EXEC), a_clause(CLAUSE_CRIT)};
    struct job jobs[2] = {job, job};

    lot.clauses = (struct clause_list){two, 2};
    lot.jobs = (struct job_list){jobs, 2};
    cr_assert_eq(law_asked_hours(&lot), ABSENT);
    jobs[0].hours_week = 35;
    cr_assert_eq(law_asked_hours(&lot), ABSENT);
    jobs[0].weeks = 10;
    cr_assert_eq(law_asked_hours(&lot), 350);
    jobs[0].seats = 3;
    cr_assert_eq(law_asked_hours(&lot), 1050);
    two[0].hours = 0;
    cr_assert_eq(law_asked_hours(&lot), 1050);
    two[1].hours = 7;
    cr_assert_eq(law_asked_hours(&lot), 7);
    two[0].hours = 5;
    cr_assert_eq(law_asked_hours(&lot), 12);
    shape_clear(&shape_lot, &lot); /* it borrowed from here */
}

Test(match, jobs_are_staffed_by_seats)
{
    struct job jobs[2] = {a_job("A1203"), a_job("N1105")};

    lot.jobs = (struct job_list){jobs, 2};
    cr_assert_eq(hit()->components->jobs, 500);
    jobs[1].seats = 2;
    cr_assert_eq(hit()->components->jobs, 333);
    lot.cpv = act.cpv = TEXTS(SLICE("45000000"));
    act.rome.n = 0;
    cr_assert(has(hit()->unknown, COMPONENT_JOBS));
    lot.jobs.n = 0;
    act.rome.n = 1;
    cr_assert(has(hit()->unknown, COMPONENT_JOBS));
}

Test(match, the_best_activity_counts_and_the_first_of_equals)
{
    struct activity acts[3] = {act, act, act};

    act.cpv = TEXTS(SLICE("45000000"));
    lot.cpv = TEXTS(SLICE("45000000"));
    s.activities = (struct activity_list){acts, 3};
    cr_assert_eq(hit()->activity, 1);
    acts[1].cpv = acts[2].cpv = act.cpv;
    cr_assert_eq(hit()->activity, 2);
    cr_assert_eq(hit()->components->activity, 1000);
    acts[1].free_hours = 0;
    cr_assert_eq(hit()->activity, 3);
    acts[2].derived = 1;
    cr_assert(has(hit()->marks, MARK_DERIVED));
}

Test(match, more_free_hours_never_lower_a_score)
{
    int64_t before = 0;

    clause.hours = 5000;
    lot.months = 7;
    for (act.free_hours = 1; act.free_hours < 1000; act.free_hours += 13) {
        int64_t score = hit()->score;

        cr_assert_geq(score, before);
        before = score;
    }
}

Test(match, more_kilometres_never_lose_a_lot)
{
    int found = 0;

    act.zone = &zone;
    lot.places = TEXTS(SLICE("DEP:27"), SLICE("COM:14118"));
    for (zone.within_km = 0; zone.within_km <= 200; zone.within_km += 10) {
        int now = explain().matched == 1;

        cr_assert_geq(now, found);
        found = now;
    }
    cr_assert(found);
}

Test(match, more_codes_never_lose_a_lot)
{
    struct slice codes[] = {SLICE("COM:14118"), SLICE("DEP:80"),
                            SLICE("COM:76217"), SLICE("NEAR:27229:30"),
                            SLICE("REG:28"),    SLICE("FR")};
    int64_t before = 0;

    act.zone = &zone;
    s.commune = SLICE("97411");
    lot.places = TEXTS(SLICE("DEP:27"), SLICE("COM:76217"));
    for (size_t n = 0; n <= sizeof codes / sizeof *codes; n++) {
        struct structure_verdict v;

        zone.codes = (struct slices){codes, n};
        v = explain();
        cr_assert(v.matched || !before);
        if (v.matched) {
            cr_assert_geq(v.hit->components->coverage, before);
            before = v.hit->components->coverage;
        }
    }
    cr_assert_eq(before, 1000);
}

/* ---- Marks and warnings ------------------------------------------------- */

static const char *first_commune(int approximate)
{
    const struct range *seine =
        reference_row(&ref->departments, SLICE("76"))->ranges;

    for (uint32_t c = seine->from; c < seine->to; c++)
        if (ref->communes[c].centred &&
            ref->communes[c].approximate == approximate)
            return ref->communes[c].insee;
    cr_assert_fail("no commune");
    return NULL;
}

Test(match, guessed_centres_mark_what_they_may_have_changed)
{
    const char *vague = first_commune(1);
    struct slice code = arena_format(arena, "COM:%s", vague);
    struct slice near = arena_format(arena, "NEAR:%s:3", vague);

    cr_assert_not(ref->communes[commune("76540")].approximate);
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("FR"));
    lot.places = TEXTS(code);
    cr_assert(has(hit()->marks, MARK_APPROXIMATE));
    /* At home in the place: nothing was measured. */
    s.commune = slice_of(vague);
    cr_assert_not(has(hit()->marks, MARK_APPROXIMATE));
    zone.codes = TEXTS(near);
    cr_assert(has(hit()->marks, MARK_APPROXIMATE));
    zone = a_zone();
    zone.within_km = 3;
    cr_assert(has(hit()->marks, MARK_APPROXIMATE));
    act.zone = NULL;
    lot.places = TEXTS(near);
    cr_assert(has(hit()->marks, MARK_APPROXIMATE));
    lot.places.n = 0;
    cr_assert_not(has(hit()->marks, MARK_APPROXIMATE));
}

Test(match, an_own_position_is_never_a_guess)
{
    act.zone = &zone;
    zone.within_km = 50;
    s.commune = slice_of(first_commune(1));
    cr_assert(has(hit()->marks, MARK_APPROXIMATE));
    s.lat = 49443000;
    s.lon = 1099000;
    cr_assert_not(has(hit()->marks, MARK_APPROXIMATE));
}

static void expect_warning(int64_t kind, int64_t warning)
{
    struct ints list;

    clause.kind = kind;
    cr_assert_eq(match_warnings(&m, &market, 1, &list), ERR_NONE);
    cr_assert_eq(list.n, warning != ABSENT);
    cr_assert(warning == ABSENT || list.at[0] == warning);
}

Test(match, doubtful_law_is_warned_of)
{
    expect_warning(CLAUSE_EXEC, ABSENT);
    expect_warning(CLAUSE_OBJ, WARNING_KIND_EITI);
    expect_warning(CLAUSE_RES_PRISON, WARNING_KIND_SEP);
    expect_warning(CLAUSE_RES_ESS, WARNING_RES_ESS);
    expect_warning(CLAUSE_RES_UNKNOWN, WARNING_RES_UNKNOWN);
    market.status = MARKET_AWARDED;
    expect_warning(CLAUSE_RES_IAE, WARNING_NOT_OPEN);
}

Test(match, a_market_is_open_through_the_day_of_its_deadline)
{
    /* 23:30 in Paris on 2026-11-23, which is 22:30 UTC. */
    market.deadline = day("2026-11-23") * 86400 + 22 * 3600 + 1800;
    cr_assert(match_market_open(&market, m.on));
    cr_assert_not(match_market_open(&market, m.on + 1));
    market.deadline += 3600;
    cr_assert(match_market_open(&market, m.on + 1));
    market.status = MARKET_PLANNED;
    cr_assert_not(match_market_open(&market, m.on));
    market.status = MARKET_OPEN;
    market.deadline = ABSENT;
    cr_assert(match_market_open(&market, m.on + 100000));
}

Test(match, lots_and_jobs_that_are_not_there_are_not_found)
{
    struct structure_verdict v;
    struct person_verdict_list list;

    cr_assert_eq(match_explain_structure(&m, &market, 2, &s, &v),
                 ERR_NOT_FOUND);
    cr_assert_eq(match_explain_structure(&m, &market, 0, &s, &v),
                 ERR_NOT_FOUND);
    cr_assert_eq(match_explain_person(&m, &market, 1, 2, &p, &list),
                 ERR_NOT_FOUND);
}

/* ---- People: filters 1 to 3 --------------------------------------------- */

Test(match, consent_lasts_730_days_from_the_last_contact)
{
    p.consent_on = ABSENT;
    expect_person(REASON_NO_CONSENT);
    p.consent_on = m.on;
    expect_person(ABSENT);
    p.consent_on = m.on + 1;
    expect_person(REASON_NO_CONSENT);
    p.consent_on = m.on - 729;
    expect_person(ABSENT);
    p.consent_on = m.on - 730;
    expect_person(REASON_NO_CONSENT);
    p.last_contact_on = m.on - 729;
    expect_person(ABSENT);
    p.last_contact_on = m.on - 730;
    p.consent_on = m.on - 1;
    expect_person(REASON_NO_CONSENT);
}

Test(match, a_suspended_pass_is_refused_through_its_last_day)
{
    job.start = day("2027-01-04");
    p.pass_suspended_until = job.start - 1;
    expect_person(ABSENT);
    p.pass_suspended_until = job.start;
    expect_person(REASON_SUSPENDED);
}

Test(match, a_pass_ends_with_its_last_day)
{
    p.criteria.n = 0;
    p.pass_until = job.start = day("2028-08-30");
    expect_person(ABSENT);
    job.start = day("2028-08-31");
    expect_person(REASON_EXPIRED);
    p.pass_until = ABSENT;
    expect_person(REASON_NOT_ELIGIBLE);
}

Test(match, a_job_starts_with_its_lot_unless_it_says_otherwise)
{
    p.criteria.n = 0;
    p.pass_until = day("2027-03-01");
    lot.start = day("2027-03-01");
    expect_person(ABSENT);
    job.start = day("2027-03-02");
    expect_person(REASON_EXPIRED);
    job.start = day("2020-01-01"); /* never before the question */
    expect_person(ABSENT);
    p.pass_until = m.on - 1;
    expect_person(REASON_EXPIRED);
}

struct public_row {
    int64_t public;
    int64_t criteria[3];
};

ParameterizedTestParameters(match, a_listed_public_is_proved_by_its_criteria)
{
    static struct public_row rows[] = {
        {PUBLIC_DELD, {CRITERION_DELD, CRITERION_DETLD, -1}},
        {PUBLIC_BRSA, {CRITERION_RSA, -1, -1}},
        {PUBLIC_BOETH, {CRITERION_TH, CRITERION_AAH, -1}},
        {PUBLIC_JEUNE, {CRITERION_JEUNE, -1, -1}},
        {PUBLIC_SENIOR50, {CRITERION_SENIOR, -1, -1}},
        {PUBLIC_QPV, {CRITERION_QPV, -1, -1}},
        {PUBLIC_REFUGIE, {CRITERION_REF_DA, -1, -1}},
        {PUBLIC_PPSMJ, {CRITERION_DETENTION_MJ, -1, -1}},
        {PUBLIC_IAE, {-1, -1, -1}},
        {PUBLIC_ASS, {CRITERION_ASS, -1, -1}},
        {PUBLIC_AAH, {CRITERION_AAH, -1, -1}},
        {PUBLIC_INVALIDITE, {CRITERION_INVALIDITE, -1, -1}},
        {PUBLIC_GEIQ, {CRITERION_GEIQ, -1, -1}},
        {PUBLIC_EPIDE, {CRITERION_EPIDE, -1, -1}},
        {PUBLIC_E2C, {CRITERION_E2C, -1, -1}},
        {PUBLIC_OTHER, {CRITERION_OTHER, -1, -1}},
    };

    return cr_make_param_array(struct public_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct public_row *row, match,
                  a_listed_public_is_proved_by_its_criteria)
{
    clause.publics = INTS(row->public);
    for (int64_t c = 0; c < criterion_code_words; c++) {
        int proves = c == row->criteria[0] || c == row->criteria[1];

        criteria[0].code = c;
        criteria[0].until = m.on;
        expect_person(proves ? ABSENT : REASON_NOT_ELIGIBLE);
        criteria[0].until = m.on - 1;
        expect_person(proves ? REASON_EXPIRED : REASON_NOT_ELIGIBLE);
    }
    p.criteria.n = 0;
    p.pass_until = m.on;
    expect_person(row->public == PUBLIC_IAE ? ABSENT : REASON_NOT_ELIGIBLE);
}

Test(match, a_lot_reserved_for_disabled_workers_lists_them)
{
    clause.kind = CLAUSE_RES_HAND;
    expect_person(REASON_NOT_ELIGIBLE);
    criteria[0].code = CRITERION_TH;
    expect_person(ABSENT);
    clause.publics = INTS(PUBLIC_BRSA);
    expect_person(REASON_NOT_ELIGIBLE);
    criteria[0].code = CRITERION_RSA;
    expect_person(ABSENT);
}

Test(match, the_publics_of_all_clauses_are_one_list)
{
    struct clause two[2] = {a_clause(CLAUSE_EXEC), a_clause(CLAUSE_RES_HAND)};

    two[0].publics = INTS(PUBLIC_QPV);
    lot.clauses = (struct clause_list){two, 2};
    criteria[0].code = CRITERION_QPV;
    expect_person(ABSENT);
    criteria[0].code = CRITERION_AAH;
    expect_person(ABSENT);
    criteria[0].code = CRITERION_RSA;
    expect_person(REASON_NOT_ELIGIBLE);
}

/* Those of level 2 that prove no public. */
Test(match, level_two_criteria_are_counted)
{
    criteria[0].code = CRITERION_CAP_BEP;
    criteria[1].code = CRITERION_CAP_BEP;
    criteria[2].code = CRITERION_PM;
    p.criteria.n = 1;
    expect_person(REASON_NOT_ELIGIBLE);
    p.criteria.n = 2; /* the same twice is one */
    expect_person(REASON_NOT_ELIGIBLE);
    p.criteria.n = 3;
    expect_person(ABSENT);
    lot.modes = INTS(MODE_PREST);
    expect_person(REASON_NOT_ELIGIBLE);
    criteria[1].code = CRITERION_FLE;
    expect_person(ABSENT);
    criteria[1].until = m.on - 1;
    expect_person(REASON_EXPIRED);
    lot.modes = INTS(MODE_PREST, MODE_DISP);
    expect_person(ABSENT);
}

Test(match, a_code_that_stands_twice_holds_when_either_does)
{
    criteria[1].code = CRITERION_RSA;
    criteria[0].until = m.on - 1;
    criteria[1].until = m.on + 1;
    p.criteria.n = 2;
    expect_person(ABSENT);
    criteria[1].until = m.on - 1;
    expect_person(REASON_EXPIRED);
    criteria[1].until = ABSENT;
    expect_person(ABSENT);
}

/* ---- People: filters 4 to 8 --------------------------------------------- */

struct fit_row {
    char wish[6];
    int64_t fit;
};

ParameterizedTestParameters(match, a_wish_fits_by_code_link_or_family)
{
    static struct fit_row rows[] = {
        {"A1203", 1000}, {"A1201", 700}, {"A1202", 500}, {"A1204", 300},
        {"K2204", 700},  {"K2303", 500}, {"N1105", 0}, /* not that way */
        {"A1301", 0},    {"B1203", 0},
    };

    return cr_make_param_array(struct fit_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct fit_row *row, match,
                  a_wish_fits_by_code_link_or_family)
{
    p.rome = TEXTS(slice_of(row->wish));
    if (row->fit)
        cr_assert_eq(person_hit_now()->components->job, row->fit);
    else
        expect_person(REASON_JOB);
}

Test(match, the_best_wish_counts_and_none_is_none)
{
    p.rome = TEXTS(SLICE("A1204"), SLICE("K2303"), SLICE("B1101"));
    cr_assert_eq(person_hit_now()->components->job, 500);
    p.rome.n = 0;
    expect_person(REASON_JOB);
}

Test(match, people_go_as_far_as_they_say)
{
    int64_t km = km_between("76540", "76217");

    job.commune = SLICE("76217");
    p.mobility_km = km;
    cr_assert_eq(person_hit_now()->km, km);
    cr_assert_eq(person_hit_now()->components->distance, 0);
    p.mobility_km = km - 1;
    expect_person(REASON_DISTANCE);
    p.mobility_km = 2 * km;
    cr_assert_eq(person_hit_now()->components->distance,
                 1000 - 1000 * km / (2 * km));
    job.commune = SLICE("76540");
    p.mobility_km = 0;
    cr_assert_eq(person_hit_now()->km, 0);
    cr_assert_eq(person_hit_now()->components->distance, 1000);
}

Test(match, a_job_without_commune_is_at_the_nearest_place)
{
    job.commune = (struct slice){NULL, 0};
    lot.places = TEXTS(SLICE("COM:13055"), SLICE("COM:76217"));
    expect_person(REASON_DISTANCE);
    p.mobility_km = 500;
    cr_assert_eq(person_hit_now()->km, km_between("76540", "76217"));
    lot.places = TEXTS(SLICE("COM:13055"), SLICE("REG:28"));
    cr_assert_eq(person_hit_now()->km, 0);
    lot.places.n = 0;
    cr_assert_eq(person_hit_now()->km, ABSENT);
    cr_assert_eq(person_hit_now()->components->distance, 500);
    cr_assert(has(person_hit_now()->unknown, COMPONENT_DISTANCE));
}

Test(match, a_job_may_ask_for_vehicle_and_licence)
{
    job.vehicle = 1;
    expect_person(REASON_MOBILITY);
    p.vehicle = 0;
    expect_person(REASON_MOBILITY);
    p.vehicle = 1;
    expect_person(ABSENT);
    job.vehicle = 0;
    job.licence = LICENCE_B;
    expect_person(REASON_MOBILITY);
    p.licences = INTS(LICENCE_BE, LICENCE_C); /* no category implies another */
    expect_person(REASON_MOBILITY);
    p.licences = INTS(LICENCE_AM, LICENCE_B);
    expect_person(ABSENT);
}

Test(match, availability_has_days_of_grace)
{
    job.start = day("2027-01-04");
    p.available_from = job.start + 14;
    cr_assert_eq(person_hit_now()->components->availability, 0);
    p.available_from = job.start + 15;
    expect_person(REASON_NOT_AVAILABLE);
    p.available_from = job.start + 5;
    cr_assert_eq(person_hit_now()->components->availability, 643);
    p.available_from = job.start;
    cr_assert_eq(person_hit_now()->components->availability, 1000);
    m.grace = 0;
    cr_assert_eq(person_hit_now()->components->availability, 1000);
    p.available_from++;
    expect_person(REASON_NOT_AVAILABLE);
    p.available_from = ABSENT;
    cr_assert_eq(person_hit_now()->components->availability, 1000);
}

Test(match, hours_a_week_lie_between_the_persons_bounds)
{
    p.hours_min = 20;
    p.hours_max = 24;
    expect_person(ABSENT);
    job.hours_week = 20;
    expect_person(ABSENT);
    job.hours_week = 24;
    expect_person(ABSENT);
    job.hours_week = 25;
    expect_person(REASON_HOURS);
    job.hours_week = 19;
    expect_person(REASON_HOURS);
    p.hours_min = ABSENT;
    expect_person(ABSENT);
}

Test(match, of_a_persons_filters_the_first_speaks)
{
    p.consent_on = ABSENT;
    p.pass_suspended_until = m.on;
    p.criteria.n = 0;
    p.rome.n = 0;
    p.mobility_km = 0;
    job.commune = SLICE("13055");
    job.vehicle = 1;
    p.available_from = m.on + 100;
    job.hours_week = 35;
    p.hours_max = 20;
    expect_person(REASON_NO_CONSENT);
    p.consent_on = m.on;
    expect_person(REASON_SUSPENDED);
    p.pass_suspended_until = ABSENT;
    expect_person(REASON_NOT_ELIGIBLE);
    p.criteria.n = 1;
    expect_person(REASON_JOB);
    p.rome.n = 1;
    expect_person(REASON_DISTANCE);
    job.commune = SLICE("76540");
    expect_person(REASON_MOBILITY);
    p.vehicle = 1;
    expect_person(REASON_NOT_AVAILABLE);
    p.available_from = ABSENT;
    expect_person(REASON_HOURS);
    p.hours_max = 35;
    expect_person(ABSENT);
}

/* ---- People: score ------------------------------------------------------ */

struct waiting_row {
    char since[12];
    int64_t part;
};

ParameterizedTestParameters(match, waiting_counts_whole_months_up_to_24)
{
    static struct waiting_row rows[] = {
        {"2026-11-23", 0},   {"2026-10-24", 0},    {"2026-10-23", 41},
        {"2025-11-23", 500}, {"2025-11-24", 458},  {"2024-11-23", 1000},
        {"2024-11-24", 958}, {"1990-01-01", 1000}, {"2027-02-01", 0},
    };

    return cr_make_param_array(struct waiting_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct waiting_row *row, match,
                  waiting_counts_whole_months_up_to_24)
{
    p.registered_on = day(row->since);
    cr_assert_eq(person_hit_now()->components->waiting, row->part, "%s",
                 row->since);
}

Test(match, a_persons_four_components_are_weighed)
{
    struct person_hit *h = person_hit_now();

    cr_assert(slice_equal(h->id, SLICE("p-7")));
    cr_assert_eq(h->components->waiting, 500);
    cr_assert_eq(h->unknown.n, 1);
    cr_assert_eq(h->unknown.at[0], COMPONENT_WAITING);
    cr_assert_eq(h->score, 450 + 250 + 100 + 100);
    p.registered_on = day("2025-11-24");
    cr_assert_eq(person_hit_now()->score, 891); /* floor of 891.6 */
    m.person_weights = (struct person_weights){0, 0, 1000, 0};
    cr_assert_eq(person_hit_now()->score, 458);
}

Test(match, a_persons_tie_is_of_market_lot_and_job)
{
    struct job jobs[2] = {job, job};
    struct person_verdict_list list;

    lot.jobs = (struct job_list){jobs, 2};
    cr_assert_eq(match_explain_person(&m, &market, 1, ABSENT, &p, &list),
                 ERR_NONE);
    cr_assert_eq(list.n, 2);
    cr_assert_eq(list.at[1].job, 2);
    cr_assert(slice_equal(list.at[1].hit->tie, SLICE("f89ada283ee99eb2")));
    cr_assert_not(slice_equal(list.at[0].hit->tie, list.at[1].hit->tie));
}

Test(match, guessed_centres_mark_people_whose_distance_they_made)
{
    p.mobility_km = 500;
    p.commune = slice_of(first_commune(1));
    cr_assert(has(person_hit_now()->marks, MARK_APPROXIMATE));
    job.commune = p.commune;
    cr_assert_eq(person_hit_now()->marks.n, 0);
    p.commune = SLICE("76540");
    cr_assert(has(person_hit_now()->marks, MARK_APPROXIMATE));
    job.commune = (struct slice){NULL, 0};
    lot.places = TEXTS(SLICE("DEP:76"));
    cr_assert_eq(person_hit_now()->marks.n, 0);
    p.commune = SLICE("27229");
    cr_assert(has(person_hit_now()->marks, MARK_APPROXIMATE));
    lot.places.n = 0;
    cr_assert_eq(person_hit_now()->marks.n, 0);
    job.derived = 1;
    cr_assert(has(person_hit_now()->marks, MARK_DERIVED));
}

/* ---- Order -------------------------------------------------------------- */

Test(match, a_ranking_is_the_sorted_best_whatever_the_order)
{
    enum { ALL = 500, BEST = 37 };
    struct ranking all, best;
    unsigned seed = 7;

    cr_assert_eq(ranking_init(&all, ALL), ERR_NONE);
    cr_assert_eq(ranking_init(&best, BEST), ERR_NONE);
    for (uint32_t k = 0; k < ALL; k++) {
        uint32_t i = k * 77 % ALL; /* equal ties come in any order of ids */
        struct slice id = arena_format(arena, "p%03u", i);
        int64_t score = rand_r(&seed) % 9;
        uint64_t tie = (uint64_t)rand_r(&seed) % 5; /* many are equal */

        ranking_offer(&all, score, tie, i, id);
        if (ranking_is_open(&best, score, tie))
            ranking_offer(&best, score, tie, i, id);
    }
    ranking_sort(&all);
    ranking_sort(&best);
    cr_assert_eq(best.n, BEST);
    for (size_t i = 0; i < BEST; i++)
        cr_assert_eq(best.at[i].number, all.at[i].number, "at %zu", i);
    for (size_t i = 1; i < ALL; i++) {
        const struct ranked *a = &all.at[i - 1], *b = &all.at[i];

        cr_assert(a->score > b->score ||
                  (a->score == b->score &&
                   (a->tie < b->tie ||
                    (a->tie == b->tie && memcmp(a->id, b->id, 4) < 0))));
    }
    ranking_fini(&all);
    ranking_fini(&best);
}

Test(match, the_bytes_of_ids_decide_last_and_the_shorter_comes_first)
{
    struct ranking r;

    cr_assert_eq(ranking_init(&r, 2), ERR_NONE);
    ranking_offer(&r, 1, 1, 1, SLICE("ab"));
    ranking_offer(&r, 1, 1, 2, SLICE("b"));
    ranking_offer(&r, 1, 1, 3, SLICE("a"));
    ranking_sort(&r);
    cr_assert_eq(r.at[0].number, 3);
    cr_assert_eq(r.at[1].number, 1);
    ranking_fini(&r);
}
