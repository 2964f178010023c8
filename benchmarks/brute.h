/*
 * Answers without an index: everybody is read into memory from the records,
 * and every one of them is judged by the rules for every question.
 */
#ifndef BENCHMARKS_BRUTE_H
#define BENCHMARKS_BRUTE_H

#include "engine/match/match.h"
#include "store/store.h"

/* A candidate of an answer. */
struct brute_hit {
    int64_t score;
    uint64_t tie;
    uint32_t number; /* of the record */
};
struct brute_hits {
    struct brute_hit *at; /* best first */
    size_t n;
    size_t limit;
};

/* ---- People ------------------------------------------------------------- */

struct brute_people;

/* Read all profiles of the store.  Ends the program without memory. */
struct brute_people *brute_people_new(struct store *store);
/* NULL is fine. */
void brute_people_free(struct brute_people *people);

/* One profile was put, or erased (NULL).  NUMBER may be new. */
void brute_people_put(struct brute_people *people, const struct reference *ref,
                      uint32_t number, const struct profile *profile);

/* The best M->limit people for a job; OUT has room for them. */
void brute_people_match(const struct brute_people *people, struct match *m,
                        const struct market *market, int64_t lot, int64_t job,
                        struct brute_hits *out);

/* ---- Structures --------------------------------------------------------- */

struct brute_structures;

/* Read all structures of the store. */
struct brute_structures *brute_structures_new(struct store *store);
/* NULL is fine. */
void brute_structures_free(struct brute_structures *structures);

/* The best M->limit structures for a lot; OUT has room for them. */
void brute_structures_match(const struct brute_structures *structures,
                            struct match *m, const struct market *market,
                            int64_t lot, struct brute_hits *out);

/* ---- Shared ------------------------------------------------------------- */

/* Keep a candidate if it is among the best so far. */
void brute_offer(struct brute_hits *hits, const struct brute_hit *hit);

#endif
