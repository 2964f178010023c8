/*
 * The plain functions of the assessments: their vectors, and that more supply
 * never makes things worse.  What they say of stored objects is tested end to
 * end.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "engine/match/assess.h"
#include "engine/match/risk.h"
#include "engine/match/rules.h"
#include "protocol/civil.h"
#include "tests/support/tables.h"

#define UNITS 12

TestSuite(assess, .timeout = 60);

static const struct assess_rules rules = {
    .value = {
        [ASSESS_ADVICE_CLAUSE] = 1,
        [ASSESS_ADVICE_LOT] = 10,
        [ASSESS_ADVICE_RESERVE] = 30,
        [ASSESS_ADVICE_SHARE] = 30,
        [ASSESS_RESERVED_ANSWERS] = 1,
        [ASSESS_RESERVED_CAPACITY] = 150,
        [ASSESS_RESERVED_DEPENDENCE] = 30,
        [ASSESS_RESERVED_INDEPENDENT] = 1,
        [ASSESS_RESERVED_NO_OFFER] = 200,
        [ASSESS_RESERVED_PARTS] = 10,
        [ASSESS_RESERVED_SOLICITATIONS] = 4,
        [ASSESS_RESERVED_STRUCTURES] = 3,
        [ASSESS_RESERVED_WORKING_DAYS] = 15,
    }};

static struct risk_unit unit(int64_t asked, int64_t positive)
{
    return (struct risk_unit){.structures = 1,
                              .whole = 1,
                              .free_hours = 100,
                              .turnover = ABSENT,
                              .asked = asked,
                              .positive = positive};
}

static struct risk_facts facts(const struct risk_unit *units, size_t n)
{
    return (struct risk_facts){.units = units,
                               .n = n,
                               .amount = ABSENT,
                               .months = 12,
                               .hours = 800,
                               .days = 15};
}

/* ---- le-marche's own vectors, and the bounds ---------------------------- */

struct advice_row {
    int64_t n;
    int64_t euros;
    int64_t mean;
    int64_t advice;
    int64_t dependence;
};

ParameterizedTestParameters(assess, the_supply_advises)
{
    static struct advice_row rows[] = {
        {3, 100000, 600000, ADVICE_CLAUSE, 17},
        {31, 50000, 1000000, ADVICE_RESERVE_ALL, 5},
        {31, 500000, 1000000, ADVICE_RESERVE_LOT, 50},
        {31, 300000, 1000000, ADVICE_RESERVE_LOT, 30},
        {31, 294999, 1000000, ADVICE_RESERVE_ALL, 29},
        {31, 295000, 1000000, ADVICE_RESERVE_LOT, 30},
        {31, 50000, 0, ADVICE_RESERVE_LOT, ABSENT},
        {30, 50000, 1000000, ADVICE_RESERVE_LOT, 5},
        {11, 50000, 1000000, ADVICE_RESERVE_LOT, 5},
        {10, 50000, 1000000, ADVICE_CLAUSE, 5},
        {2, 50000, 1000000, ADVICE_CLAUSE, 5},
        {1, 50000, 1000000, ADVICE_NONE, 5},
        {0, 50000, 0, ADVICE_NONE, ABSENT},
        {31, ABSENT, 1000000, ABSENT, ABSENT},
    };

    return cr_make_param_array(struct advice_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct advice_row *row, assess, the_supply_advises)
{
    int64_t cents = row->euros == ABSENT ? ABSENT : row->euros * 100;
    int64_t dependence;

    cr_assert_eq(assess_advice(&rules, row->n, cents, row->mean * 100 * row->n,
                               row->n, &dependence),
                 row->advice);
    cr_assert_eq(dependence, row->dependence);
}

/* ---- Risk --------------------------------------------------------------- */

struct chance_row {
    size_t n;
    int64_t asked;
    int64_t positive;
    int64_t failures;
    int64_t no_offer;
    int64_t level;
};

ParameterizedTestParameters(assess, nobody_may_offer)
{
    static struct chance_row rows[] = {
        {4, 0, 0, 0, 316, RISK_HIGH},     {10, 0, 0, 0, 56, RISK_LOW},
        {3, 4, 3, 0, 125, RISK_LOW},      {0, 0, 0, 0, 1000, RISK_HIGH},
        {8, 0, 0, 1, 168, RISK_LOW},      {1, 1000, 1000, 0, 3, RISK_MEDIUM},
        {12, 0, 0, 1000, 988, RISK_HIGH},
    };

    return cr_make_param_array(struct chance_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct chance_row *row, assess, nobody_may_offer)
{
    struct risk_unit units[UNITS];
    struct risk_facts f = facts(units, row->n);
    struct risk risk;

    for (size_t i = 0; i < row->n; i++) {
        units[i] = unit(row->asked, row->positive);
        units[i].free_hours = 1000;
    }
    f.failures = row->failures;
    risk_judge(&f, &rules, &risk);
    cr_assert_eq(risk.no_offer, row->no_offer, "%d", (int)risk.no_offer);
    cr_assert_eq(risk.level, row->level, "%d", (int)risk.level);
}

Test(assess, answers_never_weigh_more_than_all)
{
    struct assess_rules mine = rules;
    struct risk_unit one = unit(1, 1);
    struct risk_facts f = facts(&one, 1);

    mine.value[ASSESS_RESERVED_ANSWERS] = 100;
    cr_assert_eq(risk_interest(&one, 0, &mine), 1000);
    cr_assert_eq(risk_no_offer(&f, &mine), 0);
}

/* As many as a thousand rows of a history can say of one legal unit. */
Test(assess, a_million_solicitations_are_counted_out)
{
    struct risk_unit units[2] = {unit(1000000, 500000), unit(1000000, 750000)};
    struct risk_facts f = facts(units, 2);

    cr_assert_eq(risk_interest(&units[0], 0, &rules), 499);
    cr_assert_eq(risk_no_offer(&f, &rules), 125);
}

static uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

static struct risk_unit random_unit(uint64_t *state)
{
    struct risk_unit u = unit((int64_t)(random_next(state) % 9), 0);

    u.positive = (int64_t)random_next(state) % (u.asked + 1);
    u.whole = random_next(state) % 4 != 0;
    u.free_hours = (int64_t)(random_next(state) % 90);
    u.free_unknown = random_next(state) % 8 == 0;
    if (random_next(state) % 2)
        u.turnover = (int64_t)(random_next(state) % 1000000);
    return u;
}

/* One unit after the other, each with more and more free hours. */
Test(assess, more_units_or_free_hours_never_raise_the_risk)
{
    uint64_t state = 42;

    for (int round = 0; round < 500; round++) {
        struct risk_unit units[UNITS];
        struct risk_facts f = facts(units, 0);
        struct risk before, now;

        f.hours = (int64_t)(random_next(&state) % 5000) + 1;
        f.amount = (int64_t)(random_next(&state) % 900000);
        f.failures = (int64_t)(random_next(&state) % 3);
        risk_judge(&f, &rules, &before);
        while (f.n < UNITS) {
            struct risk_unit *u = &units[f.n];

            *u = random_unit(&state);
            f.n++;
            for (int more = 0; more < 3; more++) {
                risk_judge(&f, &rules, &now);
                cr_assert_leq(now.level, before.level, "round %d", round);
                cr_assert_leq(now.no_offer, before.no_offer);
                before = now;
                u->free_hours += (int64_t)(random_next(&state) % 50);
            }
        }
    }
}

/* ---- Figures ------------------------------------------------------------ */

struct days_row {
    char from[11];
    char until[11];
    int64_t days;
};

ParameterizedTestParameters(assess, working_days_leave_weekends_out)
{
    static struct days_row rows[] = {
        {"2026-11-23", "2026-11-23", 0}, {"2026-11-23", "2026-11-24", 1},
        {"2026-11-23", "2026-11-28", 4}, {"2026-11-23", "2026-11-29", 4},
        {"2026-11-23", "2026-11-30", 5}, {"2026-11-23", "2026-12-14", 15},
        {"2026-11-27", "2026-11-29", 0}, {"2026-11-28", "2026-11-30", 1},
        {"2026-11-24", "2026-11-23", 0}, {"1969-12-26", "1970-01-02", 5},
        {"1969-12-27", "1969-12-28", 0},
    };

    return cr_make_param_array(struct days_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct days_row *row, assess, working_days_leave_weekends_out)
{
    int64_t from, until;

    cr_assert(civil_parse_date(slice_of(row->from), &from));
    cr_assert(civil_parse_date(slice_of(row->until), &until));
    cr_assert_eq(risk_working_days(from, until), row->days, "%s %s", row->from,
                 row->until);
}

Test(assess, dependence_is_of_a_year)
{
    cr_assert_eq(risk_dependence(3000, 12, 10000), 30);
    cr_assert_eq(risk_dependence(2999, 12, 10000), 29);
    cr_assert_eq(risk_dependence(3000, 24, 10000), 15);
    cr_assert_eq(risk_dependence(3000, 3, 10000), 30);
    cr_assert_eq(risk_dependence(3000, ABSENT, 10000), 30);
    cr_assert_eq(risk_dependence(0, 12, 0), 0);
    cr_assert_gt(risk_dependence(1, 12, 0), 1000);
    cr_assert_eq(risk_dependence(ABSENT, 12, 10000), ABSENT);
    cr_assert_eq(risk_dependence(3000, 12, ABSENT), ABSENT);
}

/* ---- The table ---------------------------------------------------------- */

Test(assess, a_table_of_an_older_daemon_is_told_to_lack_a_rule)
{
    static const char lines[] =
        "ADVICE/clause\t1\t1900-01-01\t\ta test\n"
        "ADVICE/lot\t10\t1900-01-01\t2026-12-31\ta test\n";
    struct assess_rules read;

    tables_setup();
    cr_assert_eq(assess_rules_read(ref, DATE_MIN, &read), ERR_NONE);
    cr_assert_null(read.lacks);
    cr_assert_eq(tables_import("assess", lines), ERR_NONE);
    cr_assert_eq(assess_rules_read(ref, 0, &read), ERR_NO_RULE);
    cr_assert_str_eq(read.lacks, "ADVICE/reserve");
    cr_assert_eq(assess_rules_read(ref, DATE_MAX, &read), ERR_NO_RULE);
    cr_assert_str_eq(read.lacks, "ADVICE/lot");
    tables_teardown();
}

struct refused_row {
    char rule[32];
    int64_t number;
    char field[8]; /* empty: it is fine */
};

ParameterizedTestParameters(assess, a_rule_has_its_name_and_its_bounds)
{
    static struct refused_row rows[] = {
        {"MARKET/months", 3, ""},
        {"MARKET/months", ABSENT, "value"},
        {"MARKET/months", 1201, "value"},
        {"RESERVED/parts", 0, "value"},
        {"RESERVED/parts", 21, "value"},
        {"RESERVED/solicitations", 0, "value"},
        {"RESERVED", 1, "rule"},
        {"MARKET/month", 1, "rule"},
    };

    return cr_make_param_array(struct refused_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct refused_row *row, assess,
                  a_rule_has_its_name_and_its_bounds)
{
    const char *field = NULL;
    const char *why =
        assess_rule_refuse(slice_of(row->rule), row->number, &field);

    cr_assert_eq(why != NULL, row->field[0] != '\0', "%s", row->rule);
    if (why)
        cr_assert_str_eq(field, row->field);
}
