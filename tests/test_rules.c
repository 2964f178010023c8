/*
 * Rules with dates: what makes rows a table, which row holds on a day, and
 * which territories lie round a territory.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "engine/match/places.h"
#include "engine/match/rules.h"
#include "protocol/civil.h"
#include "tests/support/tables.h"

TestSuite(rules, .init = tables_setup, .fini = tables_teardown, .timeout = 60);

static int64_t day(const char *text)
{
    int64_t days = ABSENT;

    cr_assert(!*text || civil_parse_date(slice_of(text), &days));
    return days;
}

/* ---- Flaws --------------------------------------------------------------- */

#define ROWS_MAX 4
struct flaw_row {
    char spans[ROWS_MAX][3][12]; /* rule, from, until */
    enum rule_flaw_kind kind;
    size_t row;
    size_t other;
    char why[48];
};

ParameterizedTestParameters(rules, rows_have_every_day_once)
{
    static struct flaw_row rows[] = {
        {{{"a", "2026-01-01", ""}}, RULE_SOUND, 0, 0, "one row"},
        {{{"a", "2026-01-01", "2026-01-01"}}, RULE_SOUND, 0, 0, "one day"},
        {{{"a", "2026-01-02", "2026-01-01"}},
         RULE_BACKWARDS,
         0,
         0,
         "backwards"},
        {{{"a", "2026-01-01", "2026-12-31"}, {"a", "2027-01-01", ""}},
         RULE_SOUND,
         0,
         0,
         "the day after"},
        {{{"a", "2027-01-01", ""}, {"a", "2026-01-01", "2026-12-31"}},
         RULE_SOUND,
         0,
         0,
         "in any order"},
        {{{"a", "2026-01-01", "2026-12-31"}, {"a", "2027-01-02", ""}},
         RULE_GAP,
         1,
         0,
         "a day is left out"},
        {{{"a", "2027-01-02", ""}, {"a", "2026-01-01", "2026-12-31"}},
         RULE_GAP,
         0,
         1,
         "the later row is to blame"},
        {{{"a", "2026-01-01", "2026-12-31"}, {"a", "2026-12-31", ""}},
         RULE_OVERLAP,
         1,
         0,
         "a day stands twice"},
        {{{"a", "2026-01-01", ""}, {"a", "2027-01-01", ""}},
         RULE_OVERLAP,
         1,
         0,
         "no end, and yet another"},
        {{{"a", "2026-01-01", ""}, {"a", "2026-01-01", ""}},
         RULE_OVERLAP,
         1,
         0,
         "twice the same"},
        {{{"a", "2026-01-01", "2026-12-31"},
          {"b", "2026-06-01", ""},
          {"a", "2027-01-01", ""},
          {"ab", "2025-01-01", "2025-12-31"}},
         RULE_SOUND,
         0,
         0,
         "another rule has its own days"},
    };

    return cr_make_param_array(struct flaw_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct flaw_row *want, rules, rows_have_every_day_once,
                  .timeout = 60)
{
    struct rule at[ROWS_MAX];
    struct rule_flaw flaw;
    size_t n = 0;

    for (; n < ROWS_MAX && want->spans[n][0][0]; n++)
        at[n] =
            (struct rule){slice_of(want->spans[n][0]), SLICE("1"), SLICE("s"),
                          day(want->spans[n][1]), day(want->spans[n][2])};
    cr_assert_eq(reference_rules_check(at, n, &flaw), ERR_NONE);
    cr_expect_eq(flaw.kind, want->kind, "%s", want->why);
    if (flaw.kind != RULE_SOUND) {
        cr_expect_eq(flaw.row, want->row, "%s", want->why);
        cr_expect_eq(flaw.other, want->other, "%s", want->why);
    }
}

Test(rules, no_rows_have_no_flaw)
{
    struct rule_flaw flaw;

    cr_assert_eq(reference_rules_check(NULL, 0, &flaw), ERR_NONE);
    cr_assert_eq(flaw.kind, RULE_SOUND);
}

/* ---- Lines --------------------------------------------------------------- */

struct line_row {
    char lines[120];
    char why[40];
};

ParameterizedTestParameters(rules, a_table_with_a_bad_line_is_refused)
{
    static struct line_row rows[] = {
        {"", "empty"},
        {"a/b\t1\t2026-01-01\t\n", "four cells"},
        {"a/b\t1\t2026-01-01\t\ts\tx\n", "six cells"},
        {"\t1\t2026-01-01\t\ts\n", "no rule"},
        {"a/b\t\t2026-01-01\t\ts\n", "no value"},
        {"a/b\t1\t2026-01-01\t\t\n", "no source"},
        {"a/b\t1\t\t\ts\n", "no first day"},
        {"a/b\t1\t2026-02-29\t\ts\n", "no such day"},
        {"a/b\t1\t2026-13-01\t\ts\n", "no such month"},
        {"a/b\t1\t2026-00-01\t\ts\n", "month 0"},
        {"a/b\t1\t2026-01-00\t\ts\n", "day 0"},
        {"a/b\t1\t2026-04-31\t\ts\n", "a short month"},
        {"a/b\t1\t26-01-01\t\ts\n", "two digits"},
        {"a/b\t1\t2026-1-01\t\ts\n", "one digit"},
        {"a/b\t1\t1899-12-31\t\ts\n", "too early"},
        {"a/b\t1\t2026-01-01\tnever\ts\n", "no last day"},
        {"a/b\t1\t2026-01-02\t2026-01-01\ts\n", "backwards"},
        {"a/b\t1\t2026-01-01\t\ts\na/b\t1\t2027-01-01\t\ts\n", "overlapping"},
    };

    return cr_make_param_array(struct line_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct line_row *bad, rules,
                  a_table_with_a_bad_line_is_refused, .timeout = 60)
{
    struct reference_import one = {"thresholds", "v", "s",
                                   slice_of(bad->lines)};
    struct reference *built = NULL;

    cr_expect_eq(reference_new(&one, 1, &built), ERR_BAD_TABLE, "%s", bad->why);
    reference_free(built);
}

/* ---- Look-up ------------------------------------------------------------- */

static int64_t number(const char *rule, const char *on)
{
    return rules_number(
        reference_rule(ref, RULES_THRESHOLDS, slice_of(rule), day(on)));
}

Test(rules, a_row_holds_from_its_first_day_to_its_last)
{
    cr_assert_eq(tables_import("thresholds",
                               "b/x\t2\t2028-02-29\t\ts\n"
                               "a/x\t9\t2020-01-01\t\ts\n"
                               "b/x\t1\t2026-01-01\t2028-02-28\ts\n"
                               "c/x\t3\t2026-01-01\t2026-12-31\ts\n"),
                 ERR_NONE);
    cr_expect_eq(number("b/x", "2025-12-31"), ABSENT);
    cr_expect_eq(number("b/x", "2026-01-01"), 1);
    cr_expect_eq(number("b/x", "2028-02-28"), 1);
    cr_expect_eq(number("b/x", "2028-02-29"), 2);
    cr_expect_eq(number("b/x", "2199-12-31"), 2);
    cr_expect_eq(number("c/x", "2026-12-31"), 3);
    cr_expect_eq(number("c/x", "2027-01-01"), ABSENT);
    cr_expect_eq(number("a/x", "2019-12-31"), ABSENT);
    cr_expect_eq(number("a/", "2026-01-01"), ABSENT);
    cr_expect_eq(number("d/x", "2026-01-01"), ABSENT);
    cr_expect_eq(number("", "2026-01-01"), ABSENT);
}

Test(rules, an_imported_table_takes_the_place_of_the_bundled_one)
{
    size_t n = reference_rules_bundled(ref, RULES_THRESHOLDS).n;

    cr_assert_neq(number("WORKS/STATE", "2026-11-23"), ABSENT);
    cr_assert_eq(tables_import("thresholds", "b/x\t2\t2020-01-01\t\ts\n"),
                 ERR_NONE);
    cr_assert_eq(number("WORKS/STATE", "2026-11-23"), ABSENT);
    cr_assert_eq(reference_rules(ref, RULES_THRESHOLDS).n, 1);
    cr_assert_eq(reference_rules_bundled(ref, RULES_THRESHOLDS).n, n);
    cr_assert(slice_equal(reference_rule_stamp(ref, RULES_THRESHOLDS),
                          SLICE("thresholds@v1")));
}

Test(rules, a_value_is_a_number_or_a_list_of_words)
{
    struct rule rule = {.value = SLICE("123456789012345")};

    cr_expect_eq(rules_number(&rule), INT64_C(123456789012345));
    rule.value = SLICE("1234567890123456");
    cr_expect_eq(rules_number(&rule), ABSENT);
    rule.value = SLICE("-1");
    cr_expect_eq(rules_number(&rule), ABSENT);
    cr_expect_eq(rules_number(NULL), ABSENT);
    rule.value = SLICE("WORKS|SERVICES");
    cr_expect(rules_hold(&rule, SLICE("WORKS")));
    cr_expect(rules_hold(&rule, SLICE("SERVICES")));
    cr_expect_not(rules_hold(&rule, SLICE("WORK")));
    cr_expect_not(rules_hold(NULL, SLICE("WORKS")));
}

/* ---- Places -------------------------------------------------------------- */

struct place_row {
    char code[16];
    char above[80];
};

ParameterizedTestParameters(rules, territories_lie_round_territories)
{
    static struct place_row rows[] = {
        {"FR", "FR"},
        {"REG:53", "REG:53 FR"},
        {"DEP:29", "DEP:29 REG:53 FR"},
        {"DEP:2A", "DEP:2A REG:94 FR"},
        {"DEP:978", "DEP:978 REG:978 FR"},
        {"COM:29232", "COM:29232 EPCI:200068120 DEP:29 REG:53 FR"},
        {"COM:75112", "COM:75056 EPCI:200054781 DEP:75 REG:11 FR"},
        {"EPCI:200068120", "EPCI:200068120 DEP:29 REG:53 FR"},
        {"COM:29155", "COM:29155 DEP:29 REG:53 FR"},
        {"DEP:20", ""},
        {"REG:99", ""},
        {"COM:00000", ""},
        {"COM:55273", ""},
        {"EPCI:1", ""},
        {"NEAR:29232:10", ""},
        {"29", ""},
        {"DEP:", ""},
        {"", ""},
    };

    return cr_make_param_array(struct place_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct place_row *row, rules,
                  territories_lie_round_territories, .timeout = 60)
{
    struct places places;
    char got[200] = "";

    places_above(ref, slice_of(row->code), &places);
    for (size_t i = 0; i < places.n; i++) {
        strncat(got, i ? " " : "", sizeof got - strlen(got) - 1);
        strncat(got, places.at[i], sizeof got - strlen(got) - 1);
    }
    cr_expect_str_eq(got, row->above, "%s: %s", row->code, got);
}
