/*
 * What every benchmark needs to say: the machine, the time, repeated figures
 * with their median and spread, and one line a target.
 */
#ifndef BENCHMARKS_FIGURES_H
#define BENCHMARKS_FIGURES_H

#include <stddef.h>
#include <stdint.h>

/* Measurements of one thing, in any unit. */
struct figures {
    double *at;
    size_t n;
    size_t room;
};

/* Nanoseconds of a clock that only goes forward. */
uint64_t now_ns(void);

/* Say why and exit with 2: a benchmark that failed has measured nothing. */
void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* A whole number as an option gives it, to 4,294,967,295; else it ends the
 * program. */
uint32_t number_of(const char *text);

/* Append; memory that is not there ends the program. */
void figures_add(struct figures *figures, double value);
/* Forget them, and keep the room. */
void figures_clear(struct figures *figures);
/* Give the room back. */
void figures_free(struct figures *figures);

/* The value under which a SHARE (0 to 1) of them lies; sorts them.  0 when
 * there are none. */
double figures_at(struct figures *figures, double share);

/* One line: NAME, UNIT, median, least, greatest, number, tab-separated. */
void figures_print(struct figures *figures, const char *name, const char *unit);
/* The head of such lines. */
void figures_head(void);

/* One line: how they are spread, 0 %, 2.5 % ... 100 %; sorts them. */
void figures_print_quantiles(struct figures *figures, const char *name);

/* One line about processor, cores, memory, kernel, compiler, load. */
void machine_print(void);

/* "T4 got 1234 must 1000": does GOT reach MUST?  It is a floor, or, with
 * CEILING, the most that is allowed. */
int target_print(const char *target, double got, double must, int ceiling);

#endif
