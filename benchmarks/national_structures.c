/*
 * The structures of a lot, as many as there are and as many as there might
 * be.
 */
#include <stdio.h>

#include "benchmarks/national.h"
#include "benchmarks/sides.h"

#define LIMIT 50

enum { WHOLE, TOP, STRESS, STRESS_TOP, SIDES };

static void measure(struct national *n, struct store *store,
                    struct store *stress, const struct sample *sample)
{
    struct sample_way way = {NULL, LIMIT, 0};
    struct side sides[SIDES] = {
        [WHOLE] = {"structures", store, SAMPLE_STRUCTURES, way},
        [TOP] = {"structures.top", store, SAMPLE_TOP_STRUCTURES, way},
        [STRESS] = {"structures.stress", stress, SAMPLE_STRUCTURES, way},
        [STRESS_TOP] = {"structures.stress.top", stress, SAMPLE_TOP_STRUCTURES,
                        way}};

    sides_run(sides, SIDES, sample, n->passes);
    figures_head();
    sides_print(sides, SIDES);
    sides_fini(sides, SIDES);
}

void national_structures(struct national *n)
{
    struct world_size some = {0, n->size.structures, n->size.lots};
    struct world_size stress = {0, n->stress, n->size.lots};
    struct country country, larger;
    struct sample sample;

    country_open(&country, n->dir, n->ref, some);
    country_open(&larger, n->dir, n->ref, stress);
    sample_init(&sample, country.world, n->questions);
    printf("\nstructures: of %zu lots, the best %d, of %u and %u structures\n",
           sample.n, LIMIT, some.structures, stress.structures);
    measure(n, country.filled.store, larger.filled.store, &sample);
    sample_fini(&sample);
    country_close(&larger);
    country_close(&country);
}
