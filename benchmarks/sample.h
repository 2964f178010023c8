/*
 * Questions of a country, spread over all its lots, and a pass over them:
 * each asked once in this thread, timed, counted and summed up.
 */
#ifndef BENCHMARKS_SAMPLE_H
#define BENCHMARKS_SAMPLE_H

#include "benchmarks/figures.h"
#include "benchmarks/world.h"
#include "engine/match/match.h"
#include "store/store.h"

struct sample_lot {
    const struct market *market;
    int64_t lot; /* from 1 */
};
struct sample {
    struct arena *arena; /* holds all of it */
    struct sample_lot *at;
    size_t n;
};

/* Lots i * lots / N of the world, decoded: N distinct ones, or all.  Ends the
 * program without memory. */
void sample_init(struct sample *sample, const struct world *world, size_t n);
/* Give all of it back. */
void sample_fini(struct sample *sample);

/* What is asked. */
enum sample_verb {
    SAMPLE_PEOPLE,         /* the people of the lot's first job */
    SAMPLE_TOP_PEOPLE,     /* the same, as numbers and scores */
    SAMPLE_STRUCTURES,     /* the structures of the lot */
    SAMPLE_TOP_STRUCTURES, /* the same, as numbers and scores */
    SAMPLE_VERBS
};

/* How. */
struct sample_way {
    const struct reference *ref; /* NULL: the store's own */
    int64_t limit;
    unsigned without; /* enum match_part */
};

/* What one pass saw. */
struct sample_pass {
    struct figures us;  /* of each question, on the wall */
    struct figures cpu; /* of this thread's processor */
    double mean_us, mean_cpu;
    uint64_t scanned, scored, heads, blocks, sides;
    uint64_t found; /* candidates in the answers */
    uint64_t sum;   /* of what the answers say: numbers, scores, order */
};

/* Ask all of SAMPLE; PASS is cleared first.  Every question begins and ends a
 * view of its own.  Ends the program on an error. */
void sample_ask(const struct sample *sample, struct store *store,
                enum sample_verb verb, const struct sample_way *way,
                struct sample_pass *pass);

/* Give the figures back. */
void sample_pass_fini(struct sample_pass *pass);

/* A question of the world's day with the default weights. */
struct match sample_match(struct store_view *view, const struct reference *ref,
                          struct arena *arena, int64_t limit);

#endif
