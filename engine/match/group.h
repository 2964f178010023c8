/*
 * Which sets of candidates together meet every need, and need every member
 * (MATCHING.md, section Groups).  Plain numbers: what the candidates are, and
 * what the needs, is groups.c's affair.
 */
#ifndef ENGINE_MATCH_GROUP_H
#define ENGINE_MATCH_GROUP_H

#include "protocol/types.h"

#define GROUP_MEMBERS_MIN 2
#define GROUP_MEMBERS_MAX 4
#define GROUP_CANDIDATES_MAX 64 /* bits of a set */

struct group_ask {
    size_t n;                  /* candidates: bit i of a set is candidate i */
    const uint32_t *operators; /* whose each is: a set has each once */
    const int64_t *hours;      /* that each has for the lot; ABSENT: unknown */
    int64_t asked;             /* by the lot; ABSENT: unknown */
    const uint64_t *needs;     /* each: the candidates that meet it */
    size_t n_needs;
};

struct group_sets {
    uint64_t *at;
    size_t n;
    size_t room;
};

/* Do these candidates meet every need, and have the hours?  Hours that nobody
 * knows suffice.  Who joins a set that covers leaves it covering. */
int group_covers(const struct group_ask *ask, uint64_t set);

/* Every set of GROUP_MEMBERS_MIN to GROUP_MEMBERS_MAX candidates of different
 * operators that covers while none of its subsets does, each once.  End it
 * with group_sets_free, also after an error.  ERR_NOMEM. */
enum err group_find(const struct group_ask *ask, struct group_sets *out);
/* Give its memory back. */
void group_sets_free(struct group_sets *sets);

/* Sort needs, fewest candidates first, and drop those that are met whenever
 * another one is; how many are left. */
size_t group_reduce(uint64_t *needs, size_t n);

#endif
