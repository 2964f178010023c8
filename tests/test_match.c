/*
 * What MATCHING.md says of those that passed the filters: a structure's score
 * at its boundaries, marks and warnings, the order of a list.  The filters are
 * in test_match_structures.c and test_match_people.c, lists in test_search.c.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/law.h"
#include "engine/match/order.h"
#include "tests/support/rouen.h"

TestSuite(match, .init = rouen_setup, .fini = rouen_teardown, .timeout = 120);

Test(match, the_world_of_these_tests_matches)
{
    expect(ABSENT);
    expect_person(ABSENT);
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

Test(match, guessed_centres_mark_what_they_may_have_changed)
{
    const char *vague = first_commune(1);
    struct slice code = arena_format(m.arena, "COM:%s", vague);
    struct slice near = arena_format(m.arena, "NEAR:%s:3", vague);

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
        struct slice id = arena_format(m.arena, "p%03u", i);
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
