/*
 * Civil dates and Paris time.  The calendar is the proleptic Gregorian one;
 * day and month are counted in a year that begins in March, so that the
 * leap day comes last.  Format functions take years 0 to 9999.
 */
#include "protocol/civil.h"

#define DAY 86400
#define DAYS_OF_ERA 146097 /* 400 years */
#define EPOCH 719468       /* 1970-01-01 counted from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t civil_days(struct civil date)
{
    int64_t year = (int64_t)date.year - (date.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t of_era = year - era * 400;
    int64_t month = date.month + (date.month > 2 ? -3 : 9);
    int64_t of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day = of_era * 365 + of_era / 4 - of_era / 100 + of_year;

    return era * DAYS_OF_ERA + day - EPOCH;
}

struct civil civil_date(int64_t days)
{
    int64_t shifted = days + EPOCH;
    int64_t era = floor_div(shifted, DAYS_OF_ERA);
    int64_t day = shifted - era * DAYS_OF_ERA;
    int64_t of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t month = (5 * of_year + 2) / 153;
    struct civil date;

    date.day = (int)(of_year - (153 * month + 2) / 5 + 1);
    date.month = (int)(month < 10 ? month + 3 : month - 9);
    date.year = (int)(of_era + era * 400 + (date.month <= 2));
    return date;
}

static int days_of_month(int year, int month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        return 29;
    return days[month - 1];
}

/* N digits at TEXT as a number; -1 when one of them is none. */
static int digits(const char *text, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

int civil_parse_date(struct slice text, int64_t *days)
{
    struct civil date;

    if (text.len != 10 || text.data[4] != '-' || text.data[7] != '-')
        return 0;
    date.year = digits(text.data, 4);
    date.month = digits(text.data + 5, 2);
    date.day = digits(text.data + 8, 2);
    if (date.year < 1 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_of_month(date.year, date.month))
        return 0;
    *days = civil_days(date);
    return 1;
}

/* The last Sunday of a month of 31 days: 1970-01-04 was one. */
static int64_t last_sunday(int year, int month)
{
    int64_t last = civil_days((struct civil){year, month, 31});

    return last - (last - 3 - 7 * floor_div(last - 3, 7));
}

/* Seconds that Paris is ahead of UTC at a moment. */
static int64_t paris_offset(int64_t seconds)
{
    int year = civil_date(floor_div(seconds, DAY)).year;

    if (year < 1980 || seconds < last_sunday(year, 3) * DAY + 3600 ||
        seconds >= last_sunday(year, 10) * DAY + 3600)
        return 3600;
    return 7200;
}

/* Both changes lie hours before midnight, so the offset an hour before the
 * end of the day is that of its last second. */
static int64_t paris_end_of_day(int64_t days)
{
    int64_t local = days * DAY + DAY - 1;

    return local - paris_offset(local - 7200);
}

/* "hh:mm:ss" as seconds; -1 when it is none.  60 is a leap second. */
static int64_t parse_clock(const char *text)
{
    int hour = digits(text, 2);
    int minute = digits(text + 3, 2);
    int second = digits(text + 6, 2);

    if (text[2] != ':' || text[5] != ':' || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    return hour * 3600 + minute * 60 + second;
}

/* "Z" or "+hh:mm" as seconds ahead of UTC; 0 when it is neither. */
static int parse_offset(struct slice text, int64_t *offset)
{
    int hour, minute;

    if (text.len == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
        *offset = 0;
        return 1;
    }
    if (text.len != 6 || text.data[3] != ':' ||
        (text.data[0] != '+' && text.data[0] != '-'))
        return 0;
    hour = digits(text.data + 1, 2);
    minute = digits(text.data + 4, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return 0;
    *offset = (text.data[0] == '-' ? -1 : 1) * (hour * 3600 + minute * 60);
    return 1;
}

int civil_parse_time(struct slice text, int64_t *seconds)
{
    int64_t days, clock, offset;
    size_t at = 19;

    if (civil_parse_date(text, &days)) {
        *seconds = paris_end_of_day(days);
        return 1;
    }
    if (text.len < 20 ||
        !civil_parse_date((struct slice){text.data, 10}, &days) ||
        (text.data[10] != 'T' && text.data[10] != 't' && text.data[10] != ' '))
        return 0;
    if ((clock = parse_clock(text.data + 11)) < 0)
        return 0;
    if (text.data[at] == '.') {
        for (at++; at < text.len && digits(text.data + at, 1) >= 0; at++)
            ;
        if (at == 20)
            return 0;
    }
    if (!parse_offset((struct slice){text.data + at, text.len - at}, &offset))
        return 0;
    *seconds = days * DAY + clock - offset;
    return 1;
}

/* By hand: a record holds several dates, and printf costs more than all the
 * rest of its encoding. */
static void put_digits(char *out, int value, int n)
{
    while (n--) {
        out[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

void civil_format_date(int64_t days, char out[11])
{
    struct civil date = civil_date(days);

    put_digits(out, date.year, 4);
    out[4] = '-';
    put_digits(out + 5, date.month, 2);
    out[7] = '-';
    put_digits(out + 8, date.day, 2);
    out[10] = '\0';
}

void civil_format_time(int64_t seconds, char out[21])
{
    int64_t days = floor_div(seconds, DAY);
    int clock = (int)(seconds - days * DAY);

    civil_format_date(days, out);
    out[10] = 'T';
    put_digits(out + 11, clock / 3600, 2);
    out[13] = ':';
    put_digits(out + 14, clock / 60 % 60, 2);
    out[16] = ':';
    put_digits(out + 17, clock % 60, 2);
    out[19] = 'Z';
    out[20] = '\0';
}

int64_t civil_paris_date(int64_t seconds)
{
    return floor_div(seconds + paris_offset(seconds), DAY);
}

int64_t civil_months(int64_t a, int64_t b)
{
    struct civil from = civil_date(a);
    struct civil to = civil_date(b);

    return ((int64_t)to.year - from.year) * 12 + to.month - from.month -
           (to.day < from.day);
}

int64_t civil_add_months(int64_t days, int64_t months)
{
    struct civil date = civil_date(days);
    int64_t count = (int64_t)date.year * 12 + date.month - 1 + months;
    struct civil first = {(int)floor_div(count, 12), 0, 1};
    struct civil next = {(int)floor_div(count + 1, 12), 0, 1};
    int64_t begin;
    int64_t length;

    first.month = (int)(count - (int64_t)first.year * 12) + 1;
    next.month = (int)(count + 1 - (int64_t)next.year * 12) + 1;
    begin = civil_days(first);
    length = civil_days(next) - begin;
    return begin + (date.day <= length ? date.day : length) - 1;
}
