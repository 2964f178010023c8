/* The best of many by score and tie, against all of them sorted. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "engine/match/best.h"
#include "tests/support/chance.h"

TestSuite(best, .timeout = 60);

#define NUMBERS 5000

static unsigned asked;

/* Ties as hashes are: all different, in no order. */
static uint64_t tie_of(const void *context, const struct best_entry *entry)
{
    uint64_t x = entry->number + *(const uint64_t *)context;

    asked++;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static int compare(const void *a, const void *b)
{
    return best_compare(a, b);
}

static void set_ties(const void *context, struct best_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++)
        entries[i].tie = tie_of(context, &entries[i]);
}

/* What was offered of each number: a better fit never scores less. */
static struct best_entry offered[NUMBERS];

static void offer(struct best *b, uint32_t number, uint32_t fit, int32_t score)
{
    struct best_entry *e = &offered[number];

    if (score > e->score || (score == e->score && fit > e->fit)) {
        e->score = score;
        e->fit = fit;
    }
    best_offer(b, score, number, fit);
}

static void offer_all(struct best *b, struct chance *c, int32_t scores)
{
    for (uint32_t i = 0; i < NUMBERS; i++)
        offered[i] = (struct best_entry){.score = -1, .number = i};
    for (unsigned n = chance_below(c, 3 * NUMBERS); n; n--) {
        uint32_t number = chance_below(c, NUMBERS);
        uint32_t fit = chance_below(c, 3);
        /* Of one number, a score that grows with its fit, or stays. */
        int32_t score = (int32_t)(number * 7919u % (unsigned)scores);

        if (number % 2)
            score = score + (int32_t)fit * (1000 - score) / 4;
        offer(b, number, fit, score);
    }
}

static size_t sort_offered(const uint64_t *salt)
{
    size_t n = 0;

    for (uint32_t i = 0; i < NUMBERS; i++)
        if (offered[i].score >= 0) {
            offered[n] = offered[i];
            offered[n].tie = tie_of(salt, &offered[n]);
            n++;
        }
    qsort(offered, n, sizeof *offered, compare);
    return n;
}

static void check_one(struct chance *c, struct workspace *workspace)
{
    size_t room = 1 + chance_below(c, chance_of(c, 50) ? 20 : 600);
    /* Hardly any ties, some, or nothing else. */
    int32_t scores = (int32_t)(1 + chance_below(c, chance_of(c, 50) ? 3 : 900));
    uint64_t salt = chance_below(c, 1000);
    struct best b;
    size_t n;

    cr_assert_eq(best_init(&b, workspace, room, set_ties, &salt), ERR_NONE);
    offer_all(&b, c, scores);
    best_sort(&b);
    n = sort_offered(&salt);
    cr_assert_eq(b.n, n < room ? n : room);
    for (size_t i = 0; i < b.n; i++) {
        cr_assert_eq(b.at[i].number, offered[i].number, "place %zu", i);
        cr_assert_eq(b.at[i].score, offered[i].score);
        cr_assert_eq(b.at[i].fit, offered[i].fit);
        cr_assert_eq(b.at[i].tie, offered[i].tie);
    }
}

Test(best, the_first_of_all_that_were_offered_are_kept)
{
    struct workspace *workspace = workspace_new();
    struct chance c = {.seed = 1};

    for (int i = 0; i < 300; i++)
        check_one(&c, workspace);
    workspace_free(workspace);
}

Test(best, where_all_are_equal_each_is_asked_for_its_tie_about_once)
{
    struct workspace *workspace = workspace_new();
    uint64_t salt = 1;
    struct best b;

    cr_assert_eq(best_init(&b, workspace, 50, set_ties, &salt), ERR_NONE);
    asked = 0;
    for (uint32_t i = 0; i < NUMBERS; i++)
        best_offer(&b, 1000, i, 1);
    cr_assert_lt(asked, NUMBERS + NUMBERS / 5);
    workspace_free(workspace);
}
