/*
 * Figures of clauses added up by something that they share: a market, a
 * buyer, a territory.
 */
#ifndef ENGINE_MATCH_HOURS_GROUPS_H
#define ENGINE_MATCH_HOURS_GROUPS_H

#include "engine/match/hours_count.h"

/* Sums, and the tokens of everybody who worked in them. */
struct hours_sum {
    struct slice key;
    struct slice name; /* {NULL, 0}: none */
    int64_t clauses;
    int64_t late; /* clauses with an alert */
    struct hours_figures figures;
    uint64_t *persons; /* tokens as numbers, some of them twice */
    size_t n_persons;
    size_t room;
};
/* In the order of keys. */
struct hours_groups {
    struct hours_sum **at;
    size_t n;
    size_t room;
};

/* Free what the sum, the groups hold; zeroed ones hold nothing. */
void hours_sum_fini(struct hours_sum *sum);
/* Their sums too. */
void hours_groups_fini(struct hours_groups *groups);

/* The group of KEY, made when there is none; its key and name are copied to
 * ARENA.  ERR_NOMEM. */
enum err hours_group(struct hours_groups *groups, struct arena *arena,
                     struct slice key, struct slice name,
                     struct hours_sum **out);

/* Add a clause: its figures, and who of ENTRIES had worked by the day ON.
 * ERR_NOMEM. */
enum err hours_sum_add(struct hours_sum *sum,
                       const struct hours_figures *figures,
                       const struct hours *entries, size_t n, int64_t on);

/* How many people worked in it. */
int64_t hours_sum_persons(struct hours_sum *sum);

/* The code of the territory of this level in which all of a lot's work lies,
 * or {NULL, 0}: its places, else the communes of its jobs.  ERR_NOMEM. */
enum err hours_territory(const struct reference *ref, struct arena *arena,
                         const struct lot *lot, enum hours_by_word level,
                         struct slice *out);

/* Does the lot have work in the territory?  ERR_NOMEM. */
struct territory;
/* *OUT is 1 or 0. */
enum err hours_touches(const struct reference *ref, struct arena *arena,
                       const struct lot *lot, const struct territory *in,
                       int *out);

#endif
