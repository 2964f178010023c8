/*
 * The people of a job: how long, what is touched, and what a larger country
 * costs.
 */
#include <stdio.h>

#include "benchmarks/national.h"
#include "benchmarks/sides.h"
#include "benchmarks/stream.h"

#define LIMIT 50

/* Sides: the same asked another way, or of another store. */
enum { WHOLE, TOP, UNBOUND, FEW, SIDES };

/* Answers that must be equal and are not leave nothing to compare. */
static void check_same(const struct side *a, const struct side *b)
{
    if (a->last.sum != b->last.sum)
        die("%s and %s answer differently", a->name, b->name);
}

/* The time of a question over the time that reading its bytes would take. */
static double over_stream(const struct side *side, double bandwidth)
{
    return side_median(side, SIDE_MEAN) * 1e3 / (side_bytes(side) / bandwidth);
}

static void report_people(struct national *n, const struct side *sides,
                          double bandwidth)
{
    const struct side *all = &sides[WHOLE], *top = &sides[TOP];
    const struct side *unbound = &sides[UNBOUND];

    printf("people\tbytes a question\t%.6g\n", side_bytes(all));
    printf("people\tGB/s of one core\t%.6g\n", bandwidth);
    printf("people\ttop: mean over bytes at that rate\t%.4g\n",
           over_stream(top, bandwidth));
    check_same(all, unbound);
    national_target(n, "T7",
                    (double)all->last.scanned / (double)unbound->last.scanned,
                    1.0 / 6, 1);
    national_target(n, "T8", over_stream(all, bandwidth), 6, 1);
    national_target(n, "T10.p50", sides_ratio(all, &sides[FEW], SIDE_P50), 1.5,
                    1);
    national_target(n, "T10.p99", sides_ratio(all, &sides[FEW], SIDE_P99), 1.5,
                    1);
}

static void measure_people(struct national *n, struct country *country,
                           struct country *smaller, const struct sample *sample)
{
    struct store *store = country->filled.store;
    struct sample_way way = {NULL, LIMIT, 0}, unbound = way;
    struct figures rates = {NULL, 0, 0};

    unbound.without = MATCH_BOUNDS;
    {
        struct side sides[SIDES] = {
            [WHOLE] = {"people", store, SAMPLE_PEOPLE, way},
            [TOP] = {"people.top", store, SAMPLE_TOP_PEOPLE, way},
            [UNBOUND] = {"people.unbound", store, SAMPLE_PEOPLE, unbound},
            [FEW] = {"people.few", smaller->filled.store, SAMPLE_PEOPLE, way}};

        sides_run(sides, SIDES, sample, n->passes);
        for (size_t i = 0; i < n->passes; i++)
            figures_add(&rates, stream_bandwidth());
        figures_head();
        sides_print(sides, SIDES);
        report_people(n, sides, figures_at(&rates, 0.5));
        sides_fini(sides, SIDES);
    }
    figures_free(&rates);
}

void national_people(struct national *n)
{
    struct world_size few = n->size;
    struct country country, smaller;
    struct sample sample;

    few.profiles = n->few;
    country_open(&country, n->dir, n->ref, n->size);
    country_open(&smaller, n->dir, n->ref, few);
    sample_init(&sample, country.world, n->questions);
    printf("\npeople: the first job of %zu lots, the best %d, %zu passes\n",
           sample.n, LIMIT, n->passes);
    measure_people(n, &country, &smaller, &sample);
    sample_fini(&sample);
    country_close(&smaller);
    country_close(&country);
}

void national_ask(struct national *n)
{
    struct country country;
    struct sample sample;

    country_open(&country, n->dir, n->ref, n->size);
    sample_init(&sample, country.world, n->questions);
    {
        struct side side = {.name = "ask",
                            .store = country.filled.store,
                            .verb = SAMPLE_PEOPLE,
                            .way = {NULL, LIMIT, 0}};

        sides_run(&side, 1, &sample, n->passes);
        figures_head();
        sides_print(&side, 1);
        sides_fini(&side, 1);
    }
    sample_fini(&sample);
    country_close(&country);
}
