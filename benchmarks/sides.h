/*
 * Sides of a comparison: asked in turn in every pass, so that what slows the
 * machine for some seconds slows all of them.
 */
#ifndef BENCHMARKS_SIDES_H
#define BENCHMARKS_SIDES_H

#include "benchmarks/sample.h"

struct side {
    const char *name; /* of its figures */
    struct store *store;
    enum sample_verb verb;
    struct sample_way way;
    /* A value a pass. */
    struct figures p50, p99, mean;
    struct figures cpu_p50, cpu_p99, cpu_mean;
    struct sample_pass last; /* counts of the last pass */
};

/* Ask SAMPLE of each side in turn, PASSES times, after one that does not
 * count. */
void sides_run(struct side *sides, size_t n, const struct sample *sample,
               size_t passes);

/* Microseconds on the wall and of the processor, and what a question
 * touched. */
void sides_print(struct side *sides, size_t n);

enum side_figure { SIDE_P50, SIDE_P99, SIDE_MEAN };
/* The median over the passes. */
double side_median(const struct side *side, enum side_figure which);
/* The median over the passes of A / B. */
double sides_ratio(const struct side *a, const struct side *b,
                   enum side_figure which);

/* Give the figures back. */
void sides_fini(struct side *sides, size_t n);

/* Bytes of the index that a question touched: heads, rows and side rows. */
double side_bytes(const struct side *side);

#endif
