/*
 * Which rows of a block of people may be among the best?  What a job asks, and
 * what the score of a full list asks of dates and mobility, are comparisons of
 * 16-bit columns, done for many rows at a time; only who passes is measured
 * and counted out.
 */
#ifndef ENGINE_MATCH_ROWS_H
#define ENGINE_MATCH_ROWS_H

#include "engine/match/near.h"
#include "engine/match/postings.h"

/* So many rows are compared at once: up to one vector too far. */
#define ROWS_VECTOR 16
/* And so many are passed over at once, where all of them live too far. */
#define ROWS_STEP 32
#define MONTHS_MOST 24 /* of waiting that count */
#define ROWS_ROOM ((INDEX_PEOPLE_ROWS / ROWS_VECTOR + 2) * ROWS_VECTOR)

/* A job, as rows see it. */
struct row_test {
    const struct job_case *job;
    /* What a row must be. */
    uint16_t last_day;  /* available by then */
    uint16_t hours;     /* a week: least <= hours <= most ... */
    uint16_t hours_top; /* ... or 63 and 0 when the job does not say */
    uint16_t needs;     /* ABILITY_ bits */
    uint16_t facts;     /* one of these, */
    uint16_t several;   /* or this ability */
    /* What it scores by. */
    int64_t first_day;
    int64_t on_key;                     /* `when` of the day of the question */
    int64_t month_least;                /* 24 where keys cannot tell months */
    int32_t by_months[MONTHS_MOST + 1]; /* millionths for waiting */
    int64_t by_km;                      /* for each, over the reach */
    struct near near;
};

/* Make the test of a job.  ERR_NOMEM. */
enum err row_test_init(struct row_test *t, const struct job_case *j);

/* What a row must have, beside what the job asks, to score as much as the
 * worst of a full list. */
struct row_bar {
    uint16_t when_last; /* registered by then, */
    uint16_t when_free; /* or this key */
    uint16_t reach;     /* at least */
    uint16_t km;        /* at most */
};

/* What a head says of its block. */
struct row_block {
    unsigned near;  /* near.h's bound of the kilometres */
    unsigned when;  /* least */
    unsigned reach; /* greatest */
};

/* The most kilometres at which anybody under a code of FIT can score LEAST
 * (-1: at all), who was registered at WHEN and goes as far as REACH. */
unsigned rows_farthest(const struct row_test *t, int64_t fit, unsigned when,
                       unsigned reach, int64_t least);

/* The bar for rows of a block: to score LEAST under a code of FIT. */
struct row_bar rows_bar(const struct row_test *t, const struct row_block *b,
                        int64_t fit, int64_t least);

/* One that passes, and how far it lives from the work: within its reach, or
 * NEAR_VAGUE. */
struct row_found {
    uint16_t row;
    uint16_t km;
};

/* The rows of BLOCK that pass the job and the bar, in OUT; how many is
 * returned.  Rows are passed over, and not counted as scanned, where ROWS_STEP
 * of them live too far. */
size_t rows_test(const struct row_test *t, const struct index_block *block,
                 const struct row_bar *bar, struct row_found out[ROWS_ROOM]);

/* Kilometres of a packed reach: the most that they may be. */
#define REACH_MOST 500 /* what mobility is bounded by */
static inline unsigned rows_reach(unsigned packed)
{
    return packed == REACH_MORE ? REACH_MOST : packed;
}

/* The most that a row can score: from near.h's bound of the kilometres, `when`
 * and reach, or from the least, least and greatest of many.  -1: all are out
 * of reach. */
int64_t rows_bound(const struct row_test *t, int64_t fit, unsigned near,
                   unsigned when, unsigned reach);

/* The score of a row by the rules of person.c: exact but for what a posting
 * cannot tell (it is then the most it can be). */
int64_t rows_score(const struct row_test *t, const struct index_block *block,
                   const struct row_found *found, int64_t fit);

#endif
