/*
 * How many different people a key is shown in a day.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "engine/budget.h"

TestSuite(budget, .timeout = 20);

static struct budget *budget;
static const struct quota ten = {.people = 10, .people_alert = 5};

static void begin(void)
{
    cr_assert(budget = budget_new());
}

static void end(void)
{
    budget_free(budget);
    budget = NULL;
}

/* KEY is shown the people FROM to UNTIL, each of them twice. */
static enum err show(const struct quota *quota, const char *key, int64_t today,
                     int from, int until)
{
    static char names[4096][16];
    struct slice at[4096];
    struct saw saw = {at, 0, 4096};

    for (int i = from; i < until; i++) {
        snprintf(names[i], sizeof names[i], "p-%d", i);
        at[saw.n++] = slice_of(names[i]);
        at[saw.n++] = slice_of(names[i]);
    }
    return budget_take(budget, quota, slice_of(key), today, &saw);
}

#define TEST(name) Test(budget, name, .init = begin, .fini = end)

TEST(as_many_as_the_quota_says_and_no_one_more)
{
    cr_expect_eq(show(&ten, "a", 1, 0, 10), ERR_NONE);
    cr_expect_eq(budget_shown(budget, SLICE("a"), 1), 10);
    cr_expect_eq(show(&ten, "a", 1, 10, 11), ERR_PEOPLE_QUOTA);
    cr_expect_eq(budget_shown(budget, SLICE("a"), 1), 10);
    cr_expect_eq(budget_stat(budget, 1).refused, 1);
}

TEST(whom_it_has_seen_it_may_see_again)
{
    for (int i = 0; i < 3; i++)
        cr_expect_eq(show(&ten, "a", 1, 0, 10), ERR_NONE);
    cr_expect_eq(show(&ten, "a", 1, 3, 7), ERR_NONE);
}

TEST(an_answer_that_is_refused_counts_nobody)
{
    cr_expect_eq(show(&ten, "a", 1, 0, 8), ERR_NONE);
    cr_expect_eq(show(&ten, "a", 1, 6, 2000), ERR_PEOPLE_QUOTA);
    cr_expect_eq(budget_shown(budget, SLICE("a"), 1), 8);
    cr_expect_eq(show(&ten, "a", 1, 0, 8), ERR_NONE);
    cr_expect_eq(show(&ten, "a", 1, 8, 10), ERR_NONE);
}

TEST(each_key_has_a_budget_of_its_own_and_each_day)
{
    char key[16];

    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "k-%d", i);
        cr_expect_eq(show(&ten, key, 1, 0, 10), ERR_NONE);
    }
    cr_expect_eq(show(&ten, "k-7", 1, 10, 20), ERR_PEOPLE_QUOTA);
    cr_expect_eq(show(&ten, "k-7", 2, 10, 20), ERR_NONE);
    cr_expect_eq(budget_shown(budget, SLICE("k-8"), 2), 0);
}

TEST(what_came_before_midnight_belongs_to_the_day_that_has_begun)
{
    cr_expect_eq(show(&ten, "a", 2, 0, 6), ERR_NONE);
    cr_expect_eq(show(&ten, "a", 1, 6, 12), ERR_PEOPLE_QUOTA);
    cr_expect_eq(budget_shown(budget, SLICE("a"), 2), 6);
}

TEST(past_the_alert_it_is_told_once)
{
    cr_expect_eq(show(&ten, "a", 1, 0, 5), ERR_NONE);
    cr_expect_eq(budget_stat(budget, 1).alerts, 0);
    cr_expect_eq(show(&ten, "a", 1, 0, 6), ERR_NONE);
    cr_expect_eq(show(&ten, "a", 1, 0, 7), ERR_NONE);
    cr_expect_eq(budget_stat(budget, 1).alerts, 1);
    cr_expect_eq(budget_stat(budget, 2).alerts, 0);
}

TEST(a_quota_of_nothing_counts_nobody)
{
    const struct quota none = {.people = 0}, alert = {.people_alert = 5};

    cr_expect_eq(show(&none, "a", 1, 0, 2000), ERR_NONE);
    cr_expect_eq(budget_shown(budget, SLICE("a"), 1), 0);
    cr_expect_eq(show(&alert, "a", 1, 0, 2000), ERR_NONE);
    cr_expect_eq(budget_shown(budget, SLICE("a"), 1), 2000);
}

TEST(many_are_each_counted_once)
{
    const struct quota many = {.people = 4000};

    for (int from = 0; from < 4000; from += 100)
        cr_expect_eq(show(&many, "a", 1, from ? from - 50 : 0, from + 100),
                     ERR_NONE);
    cr_expect_eq(budget_shown(budget, SLICE("a"), 1), 4000);
}

TEST(the_keys_that_were_shown_the_most_come_first)
{
    const struct quota many = {.people = 4000};
    struct budget_key first[3];

    cr_expect_eq(budget_first(budget, 1, first, 3), 0);
    show(&many, "c", 1, 0, 3);
    show(&many, "a", 1, 0, 9);
    show(&many, "e", 1, 0, 1);
    show(&many, "b", 1, 0, 5);
    show(&many, "d", 1, 0, 7);
    cr_assert_eq(budget_first(budget, 1, first, 3), 3);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(first[i].people, 9 - 2 * (size_t)i);
        cr_expect_eq(first[i].key.data[0], "adb"[i]);
    }
    cr_expect_eq(budget_first(budget, 2, first, 3), 0);
}
