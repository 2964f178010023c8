/*
 * What postings promise is never less than what is true: whoever matches a
 * job is among the rows that pass, within every bound, with vectors and
 * without.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/near.h"
#include "engine/match/order.h"
#include "engine/match/rows.h"
#include "engine/match/workspace.h"
#include "tests/support/chance.h"

enum { CROWD = INDEX_PEOPLE_ROWS };

static struct reference *ref;
static struct arena *arena;
static struct chance chance;
static struct match m;

/* A block in memory. */
static uint32_t number[CROWD];
static uint16_t where[ROWS_ROOM], when[ROWS_ROOM], facts[4 * ROWS_ROOM];
static uint8_t reach[ROWS_ROOM];
static struct index_block block;
static struct profile *people[CROWD];

static void setup(void)
{
    cr_assert_eq(reference_new(chance_imports, 2, &ref), ERR_NONE);
    arena = arena_new(512u << 20);
    chance = (struct chance){4711, arena, ref};
    m = a_match(ref, arena);
    m.workspace = workspace_new();
}

static void teardown(void)
{
    workspace_free(m.workspace);
    arena_free(arena);
    reference_free(ref);
    arena = NULL;
    ref = NULL;
}

TestSuite(rows, .init = setup, .fini = teardown, .timeout = 120);

/* Ends of years, unknown dates, the largest reach: what a posting packs at
 * its bounds. */
static struct profile *a_person(unsigned i)
{
    struct profile *p = chance_profile(&chance, i);

    if (chance_of(&chance, 5))
        p->mobility_km = 250 + chance_below(&chance, 251);
    if (chance_of(&chance, 5))
        p->registered_on = chance_of(&chance, 50) ? DATE_MIN : DATE_MAX;
    if (chance_of(&chance, 5))
        p->available_from = chance_of(&chance, 50) ? DATE_MIN : DATE_MAX;
    return p;
}

/* As rows of a block stand: by where people live. */
static int compare_homes(const void *a, const void *b)
{
    const struct profile *const *p = a, *const *q = b;

    return postings_rank(ref, reference_commune(ref, (*p)->commune)) -
           postings_rank(ref, reference_commune(ref, (*q)->commune));
}

static void fill(unsigned n)
{
    block =
        (struct index_block){n, number, where, when, facts, ROWS_ROOM, reach};
    for (unsigned i = 0; i < n; i++)
        people[i] = a_person(i);
    qsort(people, n, sizeof *people, compare_homes);
    for (unsigned i = 0; i < n; i++) {
        struct derived d = {.n = 0};
        const struct posting *p;

        people[i]->rome = TEXTS(SLICE("A1203"));
        cr_assert_eq(derive_profile(ref, arena, i, people[i], &d), ERR_NONE);
        p = &d.at[0].posting;
        number[i] = i;
        where[i] = p->where;
        when[i] = p->when;
        reach[i] = p->reach;
        for (int k = 0; k < 3; k++)
            facts[k * ROWS_ROOM + i] = p->facts[k];
    }
}

/* ROW among those that were found; NULL: it is not. */
static const struct row_found *find(const struct row_found *rows, size_t n,
                                    unsigned row)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].row == row)
            return &rows[i];
    return NULL;
}

/* Is a posting's score exactly what the person scores? */
static int is_told(const struct profile *p)
{
    return p->mobility_km < REACH_MORE &&
           (p->registered_on == ABSENT ||
            (p->registered_on >= 0 && p->registered_on < 60000)) &&
           (p->available_from == ABSENT || p->available_from < 60000);
}

static void check_person(struct row_test *t, const struct job_case *j,
                         int64_t fit, unsigned i)
{
    struct person person = person_of(ref, people[i]);
    struct person_result r;
    struct row_found rows[ROWS_ROOM];
    const struct row_found *found;
    unsigned km = near_between(&t->near, where[i], where[i]);
    struct row_bar bar;
    int64_t score, bound;

    person_judge(j, &person, fit, &r);
    if (r.reason != ABSENT)
        return;
    bar = rows_bar(t, &(struct row_block){km, when[i], reach[i]}, fit, r.score);
    found = find(rows, rows_test(t, &block, &bar, rows), i);
    cr_assert(found, "person %u scores %d", i, (int)r.score);
    cr_assert_eq(found->km, r.km == ABSENT ? NEAR_VAGUE : r.km);
    score = rows_score(t, &block, found, fit);
    bound = rows_bound(t, fit, km, when[i], reach[i]);
    cr_assert_geq(score, r.score);
    cr_assert_geq(bound, r.score);
    if (is_told(people[i]))
        cr_assert_eq(score, r.score);
}

static void check_job(const struct lot_case *c, int64_t job)
{
    static const int64_t fits[] = {FIT_SAME, FIT_PROCHE, FIT_FAMILY};
    struct job_case j;
    struct row_test t;

    cr_assert_eq(job_case_init(&j, c, job), ERR_NONE);
    for (m.without = 0; m.without <= MATCH_VECTORS;
         m.without += MATCH_VECTORS) {
        cr_assert_eq(row_test_init(&t, &j), ERR_NONE);
        for (unsigned i = 0; i < block.n; i++)
            check_person(&t, &j, fits[i % 3], i);
    }
    m.without = 0;
}

static void random_question(void)
{
    static const struct person_weights odd[] = {
        {450, 250, 200, 100}, {1000, 0, 0, 0}, {0, 1000, 0, 0},
        {0, 0, 1000, 0},      {0, 0, 0, 1000}, {0, 0, 500, 500}};

    m.person_weights = odd[chance_below(&chance, 6)];
    m.grace = chance_of(&chance, 20) ? 0 : chance_below(&chance, 60);
    m.on = day("2026-11-23");
    if (chance_of(&chance, 5))
        m.on = chance_of(&chance, 50) ? DATE_MIN : DATE_MAX;
}

Test(rows, whoever_matches_passes_within_every_bound)
{
    for (unsigned round = 0; round < 60; round++) {
        struct market *market = chance_market(&chance, round);
        struct lot_case c;

        random_question();
        fill(1 + chance_below(&chance, CROWD));
        for (size_t lot = 1; lot <= market->lots.n; lot++) {
            cr_assert_eq(lot_case_init(&c, &m, market, (int64_t)lot), ERR_NONE);
            for (size_t job = 1; job <= c.lot->jobs.n; job++)
                check_job(&c, (int64_t)job);
            lot_case_fini(&c);
        }
    }
}

Test(rows, bounds_of_runs_are_never_above_a_distance)
{
    struct job job = a_job("A1203");
    struct lot lot = a_lot();
    struct market one = a_market("M-1", &lot, 1), *market = &one;
    struct lot_case c;
    struct job_case j;
    struct near near;

    job.commune = SLICE("76540");
    lot.jobs = (struct job_list){&job, 1};
    cr_assert_eq(lot_case_init(&c, &m, market, 1), ERR_NONE);
    cr_assert_eq(job_case_init(&j, &c, 1), ERR_NONE);
    cr_assert_eq(near_init(&near, &j), ERR_NONE);
    for (uint32_t i = 0; i < ref->n; i++) {
        int64_t km = job_case_km(&j, i);
        unsigned rank = ref->communes[i].rank;
        unsigned bound = near_between(&near, rank, rank);

        if (km == ABSENT)
            cr_assert(bound & NEAR_VAGUE);
        else
            cr_assert_leq(bound & NEAR_KM, km);
        cr_assert_leq(near_between(&near, 0, rank) & NEAR_KM, bound & NEAR_KM);
        if (km != ABSENT && km <= 500)
            cr_assert_eq(
                near_exactly(&near, rank, 500, near_chord(&near, rank)), km);
        else if (km != ABSENT)
            cr_assert_gt(
                near_exactly(&near, rank, 500, near_chord(&near, rank)), 500);
        else
            cr_assert_eq(
                near_exactly(&near, rank, 500, near_chord(&near, rank)),
                NEAR_VAGUE);
    }
    lot_case_fini(&c);
}
