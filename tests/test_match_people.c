/*
 * MATCHING.md's eight filters of people and their score, one candidate at a
 * time: every reason and every component at its boundaries.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "tests/support/rouen.h"

TestSuite(match_people, .init = rouen_setup, .fini = rouen_teardown,
          .timeout = 120);

/* ---- People: filters 1 to 3 --------------------------------------------- */

Test(match_people, consent_lasts_730_days_from_the_last_contact)
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

Test(match_people, a_suspended_pass_is_refused_through_its_last_day)
{
    job.start = day("2027-01-04");
    p.pass_suspended_until = job.start - 1;
    expect_person(ABSENT);
    p.pass_suspended_until = job.start;
    expect_person(REASON_SUSPENDED);
}

Test(match_people, a_pass_ends_with_its_last_day)
{
    p.criteria.n = 0;
    p.pass_until = job.start = day("2028-08-30");
    expect_person(ABSENT);
    job.start = day("2028-08-31");
    expect_person(REASON_EXPIRED);
    p.pass_until = ABSENT;
    expect_person(REASON_NOT_ELIGIBLE);
}

Test(match_people, a_job_starts_with_its_lot_unless_it_says_otherwise)
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

ParameterizedTestParameters(match_people,
                            a_listed_public_is_proved_by_its_criteria)
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

ParameterizedTest(struct public_row *row, match_people,
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

Test(match_people, a_lot_reserved_for_disabled_workers_lists_them)
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

Test(match_people, the_publics_of_all_clauses_are_one_list)
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
Test(match_people, level_two_criteria_are_counted)
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

Test(match_people, a_code_that_stands_twice_holds_when_either_does)
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

ParameterizedTestParameters(match_people, a_wish_fits_by_code_link_or_family)
{
    static struct fit_row rows[] = {
        {"A1203", 1000}, {"A1201", 700}, {"A1202", 500}, {"A1204", 300},
        {"K2204", 700},  {"K2303", 500}, {"N1105", 0}, /* not that way */
        {"A1301", 0},    {"B1203", 0},
    };

    return cr_make_param_array(struct fit_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct fit_row *row, match_people,
                  a_wish_fits_by_code_link_or_family)
{
    p.rome = TEXTS(slice_of(row->wish));
    if (row->fit)
        cr_assert_eq(person_hit_now()->components->job, row->fit);
    else
        expect_person(REASON_JOB);
}

Test(match_people, the_best_wish_counts_and_none_is_none)
{
    p.rome = TEXTS(SLICE("A1204"), SLICE("K2303"), SLICE("B1101"));
    cr_assert_eq(person_hit_now()->components->job, 500);
    p.rome.n = 0;
    expect_person(REASON_JOB);
}

Test(match_people, people_go_as_far_as_they_say)
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

Test(match_people, a_job_without_commune_is_at_the_nearest_place)
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

Test(match_people, a_job_may_ask_for_vehicle_and_licence)
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

Test(match_people, availability_has_days_of_grace)
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

Test(match_people, hours_a_week_lie_between_the_persons_bounds)
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

Test(match_people, of_a_persons_filters_the_first_speaks)
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

ParameterizedTestParameters(match_people, waiting_counts_whole_months_up_to_24)
{
    static struct waiting_row rows[] = {
        {"2026-11-23", 0},   {"2026-10-24", 0},    {"2026-10-23", 41},
        {"2025-11-23", 500}, {"2025-11-24", 458},  {"2024-11-23", 1000},
        {"2024-11-24", 958}, {"1990-01-01", 1000}, {"2027-02-01", 0},
    };

    return cr_make_param_array(struct waiting_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct waiting_row *row, match_people,
                  waiting_counts_whole_months_up_to_24)
{
    p.registered_on = day(row->since);
    cr_assert_eq(person_hit_now()->components->waiting, row->part, "%s",
                 row->since);
}

Test(match_people, a_persons_four_components_are_weighed)
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

Test(match_people, a_persons_tie_is_of_market_lot_and_job)
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

Test(match_people, guessed_centres_mark_people_whose_distance_they_made)
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
