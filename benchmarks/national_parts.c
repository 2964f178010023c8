/*
 * What each part of the search is worth: the same questions with one of them
 * switched off at a time.
 */
#include <stdio.h>

#include "benchmarks/national.h"
#include "benchmarks/permuted.h"
#include "benchmarks/sides.h"

#define LIMIT 50

enum { ALL, BOUNDS, BEST_FIRST, VECTORS, HILBERT, SIDES };

/* How much longer it takes without; less than 10 % of p50 is not worth
 * having. */
static void report(const struct side *sides)
{
    for (int i = BOUNDS; i < SIDES; i++) {
        if (sides[i].last.sum != sides[ALL].last.sum)
            die("%s answers differently", sides[i].name);
        printf("%s\ttimes p50\t%.4g\ttimes p99\t%.4g\n", sides[i].name,
               sides_ratio(&sides[i], &sides[ALL], SIDE_P50),
               sides_ratio(&sides[i], &sides[ALL], SIDE_P99));
    }
}

static void measure(struct national *n, struct store *store,
                    struct store *shuffled, const struct reference *ranks,
                    const struct sample *sample)
{
    struct sample_way all = {NULL, LIMIT, 0};
    struct side sides[SIDES] = {
        [ALL] = {"parts.all", store, SAMPLE_PEOPLE, all},
        [BOUNDS] = {"parts.bounds", store, SAMPLE_PEOPLE, all},
        [BEST_FIRST] = {"parts.best-first", store, SAMPLE_PEOPLE, all},
        [VECTORS] = {"parts.vectors", store, SAMPLE_PEOPLE, all},
        [HILBERT] = {"parts.hilbert", shuffled, SAMPLE_PEOPLE, all}};

    sides[BOUNDS].way.without = MATCH_BOUNDS;
    sides[BEST_FIRST].way.without = MATCH_BEST_FIRST;
    sides[VECTORS].way.without = MATCH_VECTORS;
    sides[HILBERT].way.ref = ranks;
    sides_run(sides, SIDES, sample, n->passes);
    figures_head();
    sides_print(sides, SIDES);
    report(sides);
    sides_fini(sides, SIDES);
}

void national_parts(struct national *n)
{
    struct permuted *permuted = permuted_new(n->ref);
    const struct reference *ranks = permuted_reference(permuted);
    struct filled shuffled;
    struct country country;
    struct sample sample;

    country_open(&country, n->dir, n->ref, n->size);
    filled_open(&shuffled, n->dir, "shuffled", country.world, ranks);
    sample_init(&sample, country.world, n->questions);
    printf("\nparts: people, each part of the search switched off in turn\n");
    measure(n, country.filled.store, shuffled.store, ranks, &sample);
    sample_fini(&sample);
    filled_close(&shuffled);
    country_close(&country);
    permuted_free(permuted);
}
