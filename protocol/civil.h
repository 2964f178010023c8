/*
 * Civil dates and Paris time.  Pure: no clock, no time-zone files; Paris
 * follows the European rule (directive 2000/84/EC: last Sundays of March and
 * October at 01:00 UTC), and CET all year before 1980.
 */
#ifndef PROTOCOL_CIVIL_H
#define PROTOCOL_CIVIL_H

#include "protocol/types.h"

struct civil {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

/* Days since 1970-01-01 and back (proleptic Gregorian). */
int64_t civil_days(struct civil date);
/* The date of a number of days. */
struct civil civil_date(int64_t days);

/* Parse "YYYY-MM-DD"; 0 when it is not one or does not exist. */
int civil_parse_date(struct slice text, int64_t *days);

/* Parse RFC 3339 with an offset, or a bare date: the last second of that day
 * in Paris.  Fractions of a second are dropped.  0 when it is neither. */
int civil_parse_time(struct slice text, int64_t *seconds);

/* Write "YYYY-MM-DD" and "YYYY-MM-DDThh:mm:ssZ", terminated. */
void civil_format_date(int64_t days, char out[11]);
/* In UTC. */
void civil_format_time(int64_t seconds, char out[21]);

/* The civil date in Paris of a moment. */
int64_t civil_paris_date(int64_t seconds);

/* The same day MONTHS later, or the last of that month where it is shorter. */
int64_t civil_add_months(int64_t days, int64_t months);

/* Whole months from A to B, less one when B's day is the smaller. */
int64_t civil_months(int64_t a, int64_t b);

#endif
