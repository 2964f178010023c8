/*
 * Which rows of a block of people may be among the best?  Everything that a
 * posting knows is tested at once, in floats that never say less than the
 * integers of person.c; who is left is counted out exactly.
 */
#ifndef ENGINE_MATCH_ROWS_H
#define ENGINE_MATCH_ROWS_H

#include "engine/match/near.h"
#include "engine/match/postings.h"

/* Rows are tested in steps of this many: up to one step too far. */
#define ROWS_STEP 16
#define ROWS_ROOM ((INDEX_PEOPLE_ROWS / ROWS_STEP + 2) * ROWS_STEP)

/* A job, as rows see it. */
struct row_test {
    const struct job_case *job;
    /* What a row must be. */
    unsigned last_day;  /* available by then */
    unsigned hours;     /* a week: least <= hours <= most ... */
    unsigned hours_top; /* ... or 63 and 0 when the job does not say */
    unsigned needs;     /* ABILITY_ bits */
    unsigned publics;   /* one of these, */
    unsigned level;     /* or criteria of level 2 (3: no way) */
    /* What it scores, in thousandths of a point. */
    float distance;  /* weights */
    float month;     /* of a month of waiting */
    float available; /* weight, */
    float late;      /* less for each day late */
    unsigned first_day;
    int on_key;      /* `when` of the day of the question */
    int month_least; /* 24 where keys cannot tell months */
    struct near near;
};

/* Make the test of a job.  ERR_NOMEM. */
enum err row_test_init(struct row_test *t, const struct job_case *j);

/* The rows of BLOCK, of which none reaches farther than REACH, that pass and
 * may score LEAST or more under a code of FIT: their positions in OUT, how
 * many is returned. */
size_t rows_test(struct row_test *t, const struct index_block *block,
                 int64_t fit, int64_t least, unsigned reach,
                 uint16_t out[ROWS_ROOM]);

/* The most that a row can score: from near.h's bound of the kilometres, `when`
 * and reach, or from the least, least and greatest of many.  -1: all are out
 * of reach. */
int64_t rows_bound(const struct row_test *t, int64_t fit, unsigned near,
                   unsigned when, unsigned reach);

/* The score of a row that passed, by the rules of person.c: exact but for
 * what a posting cannot tell (it is then the most it can be). */
int64_t rows_score(const struct row_test *t, const struct index_block *block,
                   size_t row, int64_t fit);

#endif
