/*
 * The best of many candidates whose numbers alone are known: score
 * descending, then tie.  Each number is kept once, with its best fit.
 */
#ifndef ENGINE_MATCH_BEST_H
#define ENGINE_MATCH_BEST_H

#include "engine/match/workspace.h"

struct best_entry {
    uint64_t tie;
    int32_t score;
    uint32_t number;
    uint32_t fit;
};

/* Most numbers are offered once: whose bit is not set need not be searched. */
#define BEST_SEEN 4096

/* The worst of the entries stands in front. */
struct best {
    struct best_entry *at;
    uint32_t *numbers; /* of the entries, to be searched */
    size_t n;
    size_t room;
    uint64_t seen[BEST_SEEN / 64]; /* bits of numbers that ever entered */
};

/* An empty list of at most ROOM entries in the workspace.  ERR_NOMEM. */
enum err best_init(struct best *b, struct workspace *workspace, size_t room);

/* The least score that can still enter; -1: any. */
int64_t best_least(const struct best *b);

/* Offer a candidate. */
void best_offer(struct best *b, const struct best_entry *entry);

/* Put the entries in order, best first; no offers after it. */
void best_sort(struct best *b);

/* Negative when A comes before B.  Ties of two numbers are as good as never
 * equal: who minds compares ids. */
int best_compare(const struct best_entry *a, const struct best_entry *b);

#endif
