/*
 * Sets of candidates against all subsets there are, of small random cases; and
 * what must hold of any.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/group.h"

TestSuite(group, .timeout = 60);

#define CASES 4000
#define N_MAX 10

struct made {
    struct group_ask ask;
    uint32_t operators[GROUP_CANDIDATES_MAX];
    int64_t hours[GROUP_CANDIDATES_MAX];
    uint64_t needs[24];
};

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(seed >> 33) % n;
}

/* Few candidates, each of which meets some needs. */
static void make(struct made *m, size_t n)
{
    uint32_t each = 1 + below(5);

    memset(m, 0, sizeof *m);
    m->ask = (struct group_ask){n,        m->operators,
                                m->hours, below(3) ? 10 + below(60) : ABSENT,
                                m->needs, below(24)};
    for (size_t i = 0; i < n; i++) {
        m->operators[i] = below(4) ? (uint32_t)i : below((uint32_t)n);
        m->hours[i] = below(12) ? below(40) : ABSENT;
        for (size_t k = 0; k < m->ask.n_needs; k++)
            if (below(6) < each)
                m->needs[k] |= UINT64_C(1) << i;
    }
}

/* ---- The same, plainly -------------------------------------------------- */

static int plainly_covers(const struct group_ask *ask, uint64_t set)
{
    int64_t sum = 0;
    int unknown = 0;

    for (size_t k = 0; k < ask->n_needs; k++) {
        int met = 0;

        for (size_t i = 0; i < ask->n; i++)
            met |= set >> i & ask->needs[k] >> i & 1;
        if (!met)
            return 0;
    }
    for (size_t i = 0; i < ask->n; i++) {
        unknown |= (set >> i & 1) && ask->hours[i] == ABSENT;
        if ((set >> i & 1) && ask->hours[i] != ABSENT)
            sum += ask->hours[i];
    }
    return ask->asked == ABSENT || unknown || sum >= ask->asked;
}

static int operators_differ(const struct group_ask *ask, uint64_t set)
{
    for (size_t i = 0; i < ask->n; i++)
        for (size_t k = 0; k < i; k++)
            if ((set >> i & 1) && (set >> k & 1) &&
                ask->operators[i] == ask->operators[k])
                return 0;
    return 1;
}

/* No subset of it, whatever its size, covers. */
static int plainly_belongs(const struct group_ask *ask, uint64_t set)
{
    int n = __builtin_popcountll(set);

    if (n < GROUP_MEMBERS_MIN || n > GROUP_MEMBERS_MAX ||
        !operators_differ(ask, set) || !plainly_covers(ask, set))
        return 0;
    for (uint64_t sub = (set - 1) & set; sub; sub = (sub - 1) & set)
        if (plainly_covers(ask, sub))
            return 0;
    return 1;
}

static int has(const struct group_sets *sets, uint64_t set)
{
    int n = 0;

    for (size_t i = 0; i < sets->n; i++)
        n += sets->at[i] == set;
    cr_assert_leq(n, 1, "a set is told once");
    return n;
}

Test(group, sets_are_those_of_a_search_through_all_subsets)
{
    size_t found = 0, sizes[GROUP_MEMBERS_MAX + 1] = {0};

    seed = 1;
    for (int i = 0; i < CASES; i++) {
        struct group_sets sets;
        struct made m;

        make(&m, 1 + below(N_MAX));
        cr_assert_eq(group_find(&m.ask, &sets), ERR_NONE);
        for (uint64_t set = 1; set < UINT64_C(1) << m.ask.n; set++) {
            int belongs = plainly_belongs(&m.ask, set);

            cr_assert_eq(has(&sets, set), belongs, "case %d, set %llx", i,
                         (unsigned long long)set);
            found += (size_t)belongs;
            if (belongs)
                sizes[__builtin_popcountll(set)]++;
        }
        group_sets_free(&sets);
    }
    cr_assert_gt(found, 1000);
    for (int n = GROUP_MEMBERS_MIN; n <= GROUP_MEMBERS_MAX; n++)
        cr_assert_gt(sizes[n], 50, "sets of %d: %zu", n, sizes[n]);
}

Test(group, needs_that_are_dropped_change_nothing)
{
    size_t dropped = 0;

    seed = 2;
    for (int i = 0; i < CASES; i++) {
        struct made all, m;

        make(&all, 1 + below(N_MAX));
        m = all;
        m.ask.needs = m.needs;
        m.ask.operators = m.operators;
        m.ask.hours = m.hours;
        m.ask.n_needs = group_reduce(m.needs, all.ask.n_needs);
        all.ask.needs = all.needs;
        dropped += all.ask.n_needs - m.ask.n_needs;
        for (uint64_t set = 0; set < UINT64_C(1) << m.ask.n; set++)
            cr_assert_eq(group_covers(&m.ask, set),
                         group_covers(&all.ask, set));
    }
    cr_assert_gt(dropped, CASES);
}

Test(group, more_candidates_lose_no_set)
{
    seed = 3;
    for (int i = 0; i < 500; i++) {
        struct group_sets few, many;
        struct made m;

        make(&m, 2 + below(N_MAX));
        cr_assert_eq(group_find(&m.ask, &many), ERR_NONE);
        m.ask.n--;
        cr_assert_eq(group_find(&m.ask, &few), ERR_NONE);
        for (size_t k = 0; k < few.n; k++)
            cr_assert(has(&many, few.at[k]));
        group_sets_free(&few);
        group_sets_free(&many);
    }
}

/* Each of four kinds of candidates meets one of four needs. */
Test(group, the_most_candidates_there_may_be)
{
    struct group_sets sets;
    struct made m;

    seed = 4;
    make(&m, GROUP_CANDIDATES_MAX);
    memset(m.needs, 0, sizeof m.needs);
    for (size_t i = 0; i < GROUP_CANDIDATES_MAX; i++) {
        m.operators[i] = (uint32_t)i;
        m.needs[i % 4] |= UINT64_C(1) << i;
    }
    m.ask.n_needs = 4;
    m.ask.asked = ABSENT;
    cr_assert_eq(group_find(&m.ask, &sets), ERR_NONE);
    cr_assert_eq(sets.n, 16 * 16 * 16 * 16);
    group_sets_free(&sets);
}

Test(group, what_nobody_meets_nobody_covers)
{
    struct group_sets sets;
    struct made m;

    seed = 5;
    make(&m, N_MAX);
    m.needs[0] = 0;
    m.ask.n_needs = 1;
    cr_assert_eq(group_find(&m.ask, &sets), ERR_NONE);
    cr_assert_eq(sets.n, 0);
    group_sets_free(&sets);
}
