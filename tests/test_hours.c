/*
 * Insertion hours: what holds of the formulas, the sets, the rules and the
 * counting whatever the numbers are.  Worked examples are those of MATCHING.md,
 * which tests/brute/vectors.py puts to a daemon.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "engine/match/hours_count.h"
#include "engine/match/rules.h"
#include "protocol/civil.h"
#include "protocol/codec.h"

static struct arena *arena;
static struct reference *ref;
static uint64_t seed = 88172645463325252u;

/* A number under N: the same run after run. */
static uint64_t rnd(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

static void setup(void)
{
    arena = arena_new(64 << 20);
    cr_assert_eq(reference_new(NULL, 0, &ref), ERR_NONE);
}

static void teardown(void)
{
    reference_free(ref);
    arena_free(arena);
    ref = NULL;
    arena = NULL;
}

TestSuite(hours, .init = setup, .fini = teardown, .timeout = 60);

/* ---- Formulas -------------------------------------------------------------
 */

Test(hours, the_largest_figures_do_not_wrap)
{
    int64_t most = 10000000000000;

    cr_assert_eq(hours_of_amount(most, BASIS, BASIS, 1), most);
    cr_assert_eq(hours_labour_of_amount(most, BASIS, 1), most);
    cr_assert_eq(hours_of_amount(most, BASIS, BASIS, most), 1);
    cr_assert_eq(hours_fte(most, 1), most * 100);
}

Test(hours, more_money_labour_or_insertion_is_never_fewer_hours)
{
    for (int i = 0; i < 20000; i++) {
        int64_t amount = (int64_t)rnd(1000000000);
        int64_t share = (int64_t)rnd(BASIS), rate = (int64_t)rnd(BASIS);
        int64_t cost = 1 + (int64_t)rnd(5000);
        int64_t hours = hours_of_amount(amount, share, rate, cost);

        cr_assert_leq(hours, hours_of_amount(amount + 1, share, rate, cost));
        cr_assert_leq(hours, hours_of_amount(amount, share + 1, rate, cost));
        cr_assert_leq(hours, hours_of_amount(amount, share, rate + 1, cost));
        cr_assert_geq(hours, hours_of_amount(amount, share, rate, cost + 1));
    }
}

Test(hours, so_many_people_are_enough_and_one_fewer_is_not)
{
    for (int i = 0; i < 20000; i++) {
        int64_t hours = (int64_t)rnd(100000);
        int64_t week = 1 + (int64_t)rnd(48), weeks = 1 + (int64_t)rnd(200);
        int64_t n = hours_persons(hours, week, weeks);

        cr_assert_geq(n * week * weeks, hours);
        cr_assert(n == 0 || (n - 1) * week * weeks < hours);
    }
}

/* ---- Sets -----------------------------------------------------------------
 */

static struct plan_part_list workers_of(const int64_t *hours, size_t n)
{
    struct plan_part *at = shape_array(arena, &shape_plan_part, n);

    for (size_t i = 0; i < n; i++) {
        at[i].person = (int64_t)i + 1;
        at[i].hours = hours[i];
    }
    return (struct plan_part_list){at, n};
}

Test(hours, every_set_does_it_and_nobody_in_it_is_to_spare)
{
    for (int i = 0; i < 300; i++) {
        int64_t hours[12], need = 1 + (int64_t)rnd(3000);
        size_t n = 1 + rnd(12);
        struct plan_part_list workers;
        struct plan_set_list sets;

        arena_reset(arena);
        for (size_t k = 0; k < n; k++)
            hours[k] = (int64_t)rnd(1000);
        workers = workers_of(hours, n);
        cr_assert_eq(hours_sets(arena, &workers, need, 100, &sets), ERR_NONE);
        for (size_t s = 0; s < sets.n; s++) {
            const struct plan_set *set = &sets.at[s];
            int64_t sum = 0;

            for (size_t k = 0; k < set->persons.n; k++)
                sum += set->persons.at[k].hours;
            cr_assert_eq(sum, set->hours);
            cr_assert_geq(sum, need);
            cr_assert_eq(set->spare, sum - need);
            for (size_t k = 0; k < set->persons.n; k++)
                cr_assert_lt(sum - set->persons.at[k].hours, need);
            cr_assert(!s || sets.at[s - 1].persons.n <= set->persons.n);
        }
    }
}

Test(hours, there_is_a_set_just_when_all_together_can_do_it)
{
    for (int i = 0; i < 300; i++) {
        int64_t hours[6], need = 1 + (int64_t)rnd(2000), sum = 0;
        struct plan_part_list workers;
        struct plan_set_list sets;

        arena_reset(arena);
        for (size_t k = 0; k < 6; k++)
            sum += hours[k] = (int64_t)rnd(500);
        workers = workers_of(hours, 6);
        cr_assert_eq(hours_sets(arena, &workers, need, 1, &sets), ERR_NONE);
        cr_assert_eq(sets.n, sum >= need);
    }
}

/* ---- Rules ----------------------------------------------------------------
 */

struct rule_row_case {
    char rule[40];
    int64_t value;
    char field[8]; /* "": accepted */
};
ParameterizedTestParameters(hours, rules_have_forms)
{
    static struct rule_row_case rows[] = {
        {"NATIONAL/WORK", 10000, ""},
        {"73282932000074/TRAINING_CAP", 2000, ""},
        {"732829320/WEEK_MIN/ACI", 10, ""},
        {"NATIONAL/LABOUR_SHARE/45", 3000, ""},
        {"NATIONAL/CONTRACT/CDI", 15000, ""},
        {"NATIONAL", 1, "rule"},
        {"/WORK", 1, "rule"},
        {"NATIONAL/HOLIDAY", 1, "rule"},
        {"NATIONAL/WORK/ACI", 1, "rule"},
        {"NATIONAL/WEEK_MIN/XYZ", 1, "rule"},
        {"NATIONAL/LABOUR_SHARE", 1, "rule"},
        {"NATIONAL/LABOUR_SHARE/4", 1, "rule"},
        {"NATIONAL/LABOUR_SHARE/45x", 1, "rule"},
        {"NATIONAL/CONTRACT/FREELANCE", 1, "rule"},
        {"NATIONAL/WORK", ABSENT, "value"},
        {"NATIONAL/WEEK", 0, "value"},
        {"NATIONAL/WEEK", 49, "value"},
        {"NATIONAL/YEAR", 0, "value"},
        {"NATIONAL/HOURLY_COST", 0, "value"},
        {"NATIONAL/TRAINING_CAP", 10001, "value"},
    };

    return cr_make_param_array(struct rule_row_case, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct rule_row_case *row, hours, rules_have_forms)
{
    const char *field = NULL;
    const char *why =
        hours_rule_refuse(slice_of(row->rule), row->value, &field);

    cr_assert_eq(!why, !*row->field, "%s: %s", row->rule, why ? why : "taken");
    if (why)
        cr_assert_str_eq(field, row->field);
}

Test(hours, the_bundled_rules_are_of_their_form)
{
    struct rule_rows rows = reference_rules(ref, RULES_HOURS);
    const char *field;

    cr_assert_gt(rows.n, 20);
    for (size_t i = 0; i < rows.n; i++)
        cr_assert_null(rules_refuse(ref, RULES_HOURS, rows.at[i].rule,
                                    rows.at[i].value, &field),
                       "%.*s", (int)rows.at[i].rule.len, rows.at[i].rule.data);
}

Test(hours, the_nearest_method_says_what_counts_and_the_national_one_the_rest)
{
    static const char lines[] =
        "NATIONAL/WORK\t10000\t2020-01-01\t\tx\n"
        "NATIONAL/TUTOR\t0\t2020-01-01\t\tx\n"
        "732829320/TUTOR\t5000\t2020-01-01\t\tx\n"
        "73282932000074/TUTOR\t6000\t2026-01-01\t2026-12-31\tx\n"
        "strict/WORK\t9000\t2020-01-01\t\tx\n";
    struct reference_import import = {
        "hours", "1", "x", {lines, sizeof lines - 1}};
    struct buyer buyer = {.siret = SLICE("73282932000074")};
    struct slice none = {NULL, 0};
    struct reference *own;
    struct hours_method m;
    int64_t in_2026, in_2027;

    cr_assert(civil_parse_date(SLICE("2026-05-01"), &in_2026));
    cr_assert(civil_parse_date(SLICE("2027-05-01"), &in_2027));
    cr_assert_eq(reference_new(&import, 1, &own), ERR_NONE);
    m = hours_method(own, none, NULL, in_2026);
    cr_assert_eq(hours_rule(&m, "TUTOR", in_2026), 0);
    cr_assert_eq(hours_rule(&m, "NONE", in_2026), ABSENT);
    m = hours_method(own, none, &buyer, in_2026);
    cr_assert_eq(hours_rule(&m, "TUTOR", in_2026), 6000);
    m = hours_method(own, none, &buyer, in_2027);
    cr_assert_eq(hours_rule(&m, "TUTOR", in_2027), 5000);
    m = hours_method(own, SLICE("strict"), &buyer, in_2026);
    cr_assert_eq(m.n, 4);
    cr_assert_eq(hours_rule(&m, "WORK", in_2026), 9000);
    cr_assert_eq(hours_rule(&m, "TUTOR", in_2026), 6000);
    m = hours_method(own, SLICE("as agreed"), NULL, in_2026);
    cr_assert_eq(m.n, 1);
    reference_free(own);
}

/* ---- Counting -------------------------------------------------------------
 */

static struct market market = {.status = MARKET_AWARDED};
static struct lot lot;
static struct clause clause;

static struct hours_clause case_of(int64_t due, int64_t on)
{
    struct slice none = {NULL, 0};

    shape_clear(&shape_lot, &lot);
    shape_clear(&shape_clause, &clause);
    clause.hours = due;
    return (struct hours_clause){hours_method(ref, none, NULL, on), &market,
                                 &lot, &clause, on};
}

static struct hours random_hours(int64_t day)
{
    struct hours h;

    shape_clear(&shape_hours, &h);
    h.state = (int64_t)rnd(hours_state_words);
    h.item = (int64_t)rnd(hours_item_words);
    h.from = day + (int64_t)rnd(60);
    h.until = h.from + (int64_t)rnd(31);
    h.hundredths = (int64_t)rnd(20000);
    if (rnd(4) == 0)
        h.eligible_until = h.from + (int64_t)rnd(40) - 5;
    if (rnd(4) == 0)
        h.contract = (int64_t)rnd(contract_words);
    if (rnd(4) == 0)
        h.pooling = SLICE("A-1");
    return h;
}

Test(hours, nothing_is_lost_between_what_remains_and_what_is_over)
{
    for (int i = 0; i < 2000; i++) {
        struct hours at[20];
        size_t n = rnd(21);
        struct hours_clause c = case_of((int64_t)rnd(500), 20700);
        struct hours_figures f;

        for (size_t k = 0; k < n; k++)
            at[k] = random_hours(20640);
        hours_count(&c, at, n, &f);
        cr_assert_eq(f.due + f.surplus, f.counted + f.remaining);
        cr_assert(!f.surplus || !f.remaining);
        cr_assert_leq(f.counted, f.done);
        cr_assert(f.expected == ABSENT || f.expected <= f.due);
    }
}

Test(hours, another_entry_and_another_day_never_take_hours_away)
{
    for (int i = 0; i < 2000; i++) {
        struct hours at[10];
        size_t n = 1 + rnd(10);
        struct hours_clause c = case_of(100, 20660 + (int64_t)rnd(60));
        struct hours_figures all, fewer, later;

        for (size_t k = 0; k < n; k++)
            at[k] = random_hours(20640);
        hours_count(&c, at, n, &all);
        hours_count(&c, at, n - 1, &fewer);
        c.on++;
        hours_count(&c, at, n, &later);
        cr_assert_leq(fewer.counted, all.counted);
        cr_assert_leq(fewer.done, all.done);
        cr_assert_leq(all.done, later.done);
        cr_assert_leq(all.counted, later.counted);
    }
}

Test(hours, an_entry_is_shared_out_over_its_days_without_loss)
{
    for (int64_t days = 1; days <= 31; days++) {
        cr_assert_eq(hours_part(15167, days, days), 15167);
        cr_assert_eq(hours_part(15167, 0, days), 0);
        for (int64_t k = 1; k <= days; k++)
            cr_assert_geq(hours_part(15167, k, days),
                          hours_part(15167, k - 1, days));
    }
}

Test(hours, nobody_works_more_than_the_law_lets_them)
{
    struct slice none = {NULL, 0};
    struct hours_method m = hours_method(ref, none, NULL, 20700);

    cr_assert_eq(hours_most(&m, 1, 20700), 1000);
    cr_assert_eq(hours_most(&m, 5, 20700), 4800);
    cr_assert_eq(hours_most(&m, 7, 20700), 4800);
    cr_assert_eq(hours_most(&m, 8, 20700), 8000);
    cr_assert_eq(hours_most(&m, 31, 20700), 24000);
}
