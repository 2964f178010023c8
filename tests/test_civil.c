/*
 * Dates and Paris time, against vectors made with another implementation
 * (Python's datetime and zoneinfo).
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "protocol/civil.h"

TestSuite(civil, .timeout = 20);

Test(civil, every_day_of_four_centuries_is_its_own_inverse)
{
    struct civil before = civil_date(-25568);

    for (int64_t day = -25567; day <= 130000; day++) {
        struct civil date = civil_date(day);
        int64_t parsed = 0;
        char text[11];

        cr_assert_eq(civil_days(date), day);
        cr_assert(date.day == before.day + 1 ||
                  (date.day == 1 && before.day >= 28));
        civil_format_date(day, text);
        cr_assert(civil_parse_date(slice_of(text), &parsed), "%s", text);
        cr_assert_eq(parsed, day);
        before = date;
    }
}

struct date_row {
    char text[16];
    int good;
    int64_t days;
};

ParameterizedTestParameters(civil, dates_exist_or_are_refused)
{
    static struct date_row rows[] = {
        {"1970-01-01", 1, 0},       {"1900-01-01", 1, -25567},
        {"2199-12-31", 1, 84005},   {"2000-02-29", 1, 11016},
        {"2026-11-23", 1, 20780},   {"0001-01-01", 1, -719162},
        {"9999-12-31", 1, 2932896}, {"1900-02-29", 0, 0},
        {"2026-02-29", 0, 0},       {"2026-04-31", 0, 0},
        {"2026-00-10", 0, 0},       {"2026-13-10", 0, 0},
        {"2026-01-00", 0, 0},       {"2026-01-32", 0, 0},
        {"0000-01-01", 0, 0},       {"2026-1-01", 0, 0},
        {"20260101", 0, 0},         {"2026/01/01", 0, 0},
        {"2026-01-01 ", 0, 0},      {"+026-01-01", 0, 0},
        {" 026-01-01", 0, 0},       {"", 0, 0},
    };

    return cr_make_param_array(struct date_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct date_row *row, civil, dates_exist_or_are_refused,
                  .timeout = 20)
{
    int64_t days = 4711;

    cr_assert_eq(civil_parse_date(slice_of(row->text), &days), row->good);
    cr_assert_eq(days, row->good ? row->days : 4711, "%s", row->text);
}

struct time_row {
    char text[40];
    int good;
    int64_t seconds;
};

ParameterizedTestParameters(civil, times_have_an_offset_or_end_a_day_in_paris)
{
    static struct time_row rows[] = {
        {"1970-01-01T00:00:00Z", 1, 0},
        {"2026-11-23T12:00:00+01:00", 1, 1795431600},
        {"2026-11-23t12:00:00z", 1, 1795435200},
        {"2026-11-23 12:00:00.999999Z", 1, 1795435200},
        {"2026-11-23T12:00:00-00:30", 1, 1795437000},
        {"2016-12-31T23:59:60Z", 1, 1483228800},
        {"2026-11-23", 1, 1795474799},
        {"2026-03-28", 1, 1774738799},
        {"2026-03-29", 1, 1774821599},
        {"2026-10-24", 1, 1792879199},
        {"2026-10-25", 1, 1792969199},
        {"1979-07-01", 1, 299717999},
        {"2026-11-23T12:00:00", 0, 0},
        {"2026-11-23T12:00Z", 0, 0},
        {"2026-11-23T24:00:00Z", 0, 0},
        {"2026-11-23T12:60:00Z", 0, 0},
        {"2026-11-23T12:00:61Z", 0, 0},
        {"2026-11-23T12:00:00.Z", 0, 0},
        {"2026-11-23T12:00:00+0100", 0, 0},
        {"2026-11-23T12:00:00+24:00", 0, 0},
        {"2026-11-23T12:00:00Zx", 0, 0},
        {"2026-02-30T12:00:00Z", 0, 0},
        {"2026-11-23X12:00:00Z", 0, 0},
        {"2026-11-23T12:00:00.123", 0, 0},
    };

    return cr_make_param_array(struct time_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct time_row *row, civil,
                  times_have_an_offset_or_end_a_day_in_paris, .timeout = 20)
{
    int64_t seconds = 4711;

    cr_assert_eq(civil_parse_time(slice_of(row->text), &seconds), row->good,
                 "%s", row->text);
    cr_assert_eq(seconds, row->good ? row->seconds : 4711, "%s: %lld",
                 row->text, (long long)seconds);
}

Test(civil, times_are_written_in_utc)
{
    char text[21];

    civil_format_time(1795431600, text);
    cr_assert_str_eq(text, "2026-11-23T11:00:00Z");
    civil_format_time(-1, text);
    cr_assert_str_eq(text, "1969-12-31T23:59:59Z");
}

static int64_t paris(const char *utc)
{
    int64_t seconds = 0;

    cr_assert(civil_parse_time(slice_of(utc), &seconds));
    return civil_paris_date(seconds);
}

Test(civil, the_date_in_paris_follows_summer_time)
{
    cr_assert_eq(paris("2026-11-22T22:59:59Z"), 20779);
    cr_assert_eq(paris("2026-11-22T23:00:00Z"), 20780);
    cr_assert_eq(paris("2026-07-01T21:59:59Z"), 20635);
    cr_assert_eq(paris("2026-07-01T22:00:00Z"), 20636);
    /* The nights around the changes of 2026: March 29 and October 25. */
    cr_assert_eq(paris("2026-03-28T22:59:59Z"), 20540);
    cr_assert_eq(paris("2026-03-28T23:00:00Z"), 20541);
    cr_assert_eq(paris("2026-03-29T22:00:00Z"), 20542);
    cr_assert_eq(paris("2026-10-24T22:00:00Z"), 20751);
    cr_assert_eq(paris("2026-10-25T22:59:59Z"), 20751);
    cr_assert_eq(paris("2026-10-25T23:00:00Z"), 20752);
    cr_assert_eq(paris("1979-07-01T22:30:00Z"), 3468);
    /* Past what 32 bits of seconds can say. */
    cr_assert_eq(paris("2038-01-19T03:14:08Z"), 24855);
    cr_assert_eq(paris("2106-02-07T22:59:59Z"), 49710);
    cr_assert_eq(paris("2106-02-07T23:00:00Z"), 49711);
}

static int64_t days_of(const char *text)
{
    int64_t days = 0;

    cr_assert(civil_parse_date(slice_of(text), &days));
    return days;
}

Test(civil, months_are_whole_months)
{
    cr_assert_eq(civil_months(days_of("2024-05-17"), days_of("2026-11-17")),
                 30);
    cr_assert_eq(civil_months(days_of("2024-05-17"), days_of("2026-11-16")),
                 29);
    cr_assert_eq(civil_months(days_of("2026-01-31"), days_of("2026-02-28")), 0);
    cr_assert_eq(civil_months(days_of("2026-03-01"), days_of("2026-02-01")),
                 -1);
}

Test(civil, months_later_is_the_same_day_or_the_last)
{
    static const struct {
        const char *from;
        int64_t months;
        const char *to;
    } rows[] = {
        {"2026-11-23", 0, "2026-11-23"},  {"2026-11-23", 1, "2026-12-23"},
        {"2026-11-30", 3, "2027-02-28"},  {"2027-11-30", 3, "2028-02-29"},
        {"2026-12-31", 1, "2027-01-31"},  {"2026-12-31", 2, "2027-02-28"},
        {"2026-08-31", 24, "2028-08-31"}, {"2028-02-29", 12, "2029-02-28"},
        {"2026-12-01", 12, "2027-12-01"}, {"2026-03-31", -1, "2026-02-28"},
        {"2026-01-15", -1, "2025-12-15"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t from = 0;
        int64_t to = 0;

        cr_assert(civil_parse_date(slice_of(rows[i].from), &from));
        cr_assert(civil_parse_date(slice_of(rows[i].to), &to));
        cr_expect_eq(civil_add_months(from, rows[i].months), to, "%s + %d",
                     rows[i].from, (int)rows[i].months);
    }
}
