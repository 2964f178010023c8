/*
 * Works of several lots that could be one contract of one person (MATCHING.md
 * section 18.5): near each other, for the same or a neighbouring occupation,
 * one after the other or side by side.
 */
#ifndef ENGINE_MATCH_POOL_H
#define ENGINE_MATCH_POOL_H

#include "engine/match/match.h"

/* A job with a clause, all of it known. */
struct pool_work {
    struct slice market; /* lives as long as the answer */
    struct slice buyer;
    struct slice title;
    char rome[6];
    int64_t lot;
    int64_t job;
    int64_t clause;
    uint32_t commune;
    int64_t from; /* first and last day */
    int64_t until;
    int64_t week; /* hours */
    int64_t hours;
    int seed; /* what was asked about */
};

/* Works of one question at most: each is compared with each. */
#define POOL_WORKS_MAX 4096

struct pool_limits {
    int64_t km;
    int64_t gap_days;
    int64_t week;
    int64_t months; /* long enough */
    int64_t paths;
};

/* The work that JOB of LOT is: 1, or 0 when something of it is not known. */
int pool_work_of(const struct reference *ref, const struct lot *lot, size_t job,
                 int64_t week, struct pool_work *out);

/* The best paths through WORKS (by market, lot, job) with a seed in each, no
 * work in two, in ARENA.  ERR_NOMEM. */
enum err pool_search(const struct reference *ref, struct arena *arena,
                     const struct pool_work *works, size_t n,
                     const struct pool_limits *limits,
                     struct pool_path_list *out);

#endif
