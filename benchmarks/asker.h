/*
 * A client for measuring: one DEALER, questions made beforehand, asked one by
 * one or with a window of them on their way.  Every reply is looked at: one
 * that refuses, or has another number of frames, ends the program.
 */
#ifndef BENCHMARKS_ASKER_H
#define BENCHMARKS_ASKER_H

#include "benchmarks/figures.h"
#include "protocol/types.h"

#define QUESTION_FRAMES 3

/* A message as it is sent; the bytes are borrowed. */
struct question {
    struct slice frames[QUESTION_FRAMES];
    size_t n;
};
/* Questions to be asked in turn; *NEXT goes on from one run to the next. */
struct questions {
    struct question *at;
    size_t n;
    size_t next;
};

struct asker;

/* Connect to ENDPOINT; ends the program when that cannot be. */
struct asker *asker_open(const char *endpoint);
/* Close at once. */
void asker_close(struct asker *asker);

/* Keep WINDOW questions on their way for about NS nanoseconds, then take what
 * is still owed.  Returns the seconds that this took. */
double asker_flood(struct asker *asker, struct questions *questions,
                   size_t window, uint64_t ns);

/* Ask one after the other for NS nanoseconds, the microseconds of each into
 * TIMES. */
void asker_walk(struct asker *asker, struct questions *questions, uint64_t ns,
                struct figures *times);

/* Ask each of the questions once; the mean bytes of a reply's last frame. */
double asker_sweep(struct asker *asker, struct questions *questions);

/* How many replies came since it was opened. */
uint64_t asker_replies(const struct asker *asker);

#endif
