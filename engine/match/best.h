/*
 * The best of many candidates whose numbers alone are known: score
 * descending, then tie.  Each number is kept once, with its best fit.
 *
 * Scores are counted, so that the least which can still enter is known at any
 * time; who has it is asked at the end, for ties are far away in memory: all
 * that might be among the best are kept until then, up to some times as many
 * as there is room for.
 */
#ifndef ENGINE_MATCH_BEST_H
#define ENGINE_MATCH_BEST_H

#include "engine/match/workspace.h"

#define BEST_SCORE_MAX 1000
#define BEST_ROOM_MAX 16000

struct best_entry {
    uint64_t tie; /* once sorted */
    int32_t score;
    uint32_t number;
    uint32_t fit;
};

/* Set what breaks the ties of N entries. */
typedef void best_ties(const void *context, struct best_entry *entries,
                       size_t n);

struct best {
    struct best_entry *at;
    struct best_entry *sorted; /* room to sort them */
    size_t n;
    size_t room;
    size_t most;    /* entries at which those that lost are dropped */
    size_t counted; /* whose score is LOW or more, */
    int32_t low;    /* which is as many as there is room for, or all: no
                       greater than any, then */
    uint64_t bar;   /* who scores LOW must have a lesser tie */
    uint32_t count[BEST_SCORE_MAX + 1];
    uint16_t *slots; /* by number: entries from 1 */
    uint32_t mask;
    best_ties *ties;
    const void *context;
};

/* An empty list of the best ROOM entries, up to BEST_ROOM_MAX, in the
 * workspace.  ERR_NOMEM. */
enum err best_init(struct best *b, struct workspace *workspace, size_t room,
                   best_ties *ties, const void *context);

/* The least score that can still enter; -1: any. */
static inline int64_t best_least(const struct best *b)
{
    return b->counted < b->room ? -1 : b->low;
}

/* Will the ties of those that score LOW be asked for when they are offered? */
static inline int best_asks_ties(const struct best *b)
{
    return b->bar != UINT64_MAX;
}

/* Offer a candidate; SCORE from 0 to BEST_SCORE_MAX. */
void best_offer(struct best *b, int64_t score, uint32_t number, uint32_t fit);

/* Keep the best ROOM in order, best first; no offers after it. */
void best_sort(struct best *b);

/* Negative when A comes before B.  Ties of two numbers are as good as never
 * equal: who minds compares ids. */
int best_compare(const struct best_entry *a, const struct best_entry *b);

#endif
