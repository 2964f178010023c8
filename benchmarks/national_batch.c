/*
 * Every open lot against everything: the best structures of the lot and the
 * best people of each of its jobs, as numbers and scores, by two threads over
 * one snapshot each.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "benchmarks/national.h"
#include "engine/match/workspace.h"

#define LIMIT 50
#define THREADS 2
#define CHUNK 64 /* lots that a thread takes at a time */
#define ANSWER_BYTES ((size_t)16 << 20)

struct batch {
    const struct national *n;
    struct store *store;
    const struct sample *sample;
    const uint32_t *order;
    atomic_size_t next;
    atomic_ullong found;
    int structures; /* also */
};

static void must(enum err e)
{
    if (e)
        die("%s", err_text(e));
}

static uint64_t match_lot(struct batch *b, struct match *m,
                          const struct sample_lot *q)
{
    const struct lot *lot = &q->market->lots.at[q->lot - 1];
    struct match_top top;
    uint64_t found = 0;

    if (b->structures) {
        must(match_top_structures(m, q->market, q->lot, &top));
        found += top.n;
    }
    for (size_t job = 1; job <= lot->jobs.n; job++) {
        must(match_top_people(m, q->market, q->lot, (int64_t)job, &top));
        found += top.n;
    }
    return found;
}

static void *work(void *context)
{
    struct batch *b = context;
    struct arena *arena = arena_new(ANSWER_BYTES);
    struct workspace *workspace = workspace_new();
    struct store_view *view;
    struct match m;
    size_t at;

    if (!arena || !workspace)
        die("out of memory");
    must(store_view_begin(b->store, &view));
    m = sample_match(view, NULL, arena, LIMIT);
    m.workspace = workspace;
    while ((at = atomic_fetch_add(&b->next, CHUNK)) < b->sample->n)
        for (size_t i = at; i < at + CHUNK && i < b->sample->n; i++) {
            arena_reset(arena);
            atomic_fetch_add(&b->found,
                             match_lot(b, &m, &b->sample->at[b->order[i]]));
        }
    store_view_end(view);
    workspace_free(workspace);
    arena_free(arena);
    return NULL;
}

static double run(struct batch *b)
{
    pthread_t threads[THREADS];
    uint64_t begin = now_ns();

    atomic_store(&b->next, 0);
    atomic_store(&b->found, 0);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, b))
            die("no thread");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return (double)(now_ns() - begin) / 1e9;
}

/* ---- Order -------------------------------------------------------------- */

struct placed {
    uint32_t rome;
    uint32_t rank;
    uint32_t lot;
};

static int by_work(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    if (x->rome != y->rome)
        return x->rome < y->rome ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->lot > y->lot) - (x->lot < y->lot);
}

/* Lots of the same work and the same place follow each other: they read the
 * same blocks. */
static void sort_lots(const struct world *w, const struct sample *sample,
                      uint32_t *order)
{
    struct placed *at = calloc(sample->n, sizeof *at);

    if (!at)
        die("out of memory");
    for (uint32_t i = 0; i < sample->n; i++) {
        const struct sample_lot *q = &sample->at[i];
        const struct job *job = q->market->lots.at[q->lot - 1].jobs.at;
        uint32_t commune = reference_commune(w->ref, job->commune);

        at[i] = (struct placed){world_rome_of(w, job->rome),
                                w->ref->communes[commune].rank, i};
    }
    qsort(at, sample->n, sizeof *at, by_work);
    for (uint32_t i = 0; i < sample->n; i++)
        order[i] = at[i].lot;
    free(at);
}

/* ---- Passes ------------------------------------------------------------- */

/* How much work a batch is, for those who measure a part of it. */
static void print_size(const struct sample *sample)
{
    struct figures lots = {NULL, 0, 0}, jobs = lots;
    size_t n = 0;

    for (size_t i = 0; i < sample->n; i++)
        n += sample->at[i].market->lots.at[sample->at[i].lot - 1].jobs.n;
    figures_add(&lots, (double)sample->n);
    figures_add(&jobs, (double)n);
    figures_print(&lots, "batch.lots", "lots");
    figures_print(&jobs, "batch.jobs", "jobs");
    figures_free(&lots);
    figures_free(&jobs);
}

static void measure(struct national *n, struct country *c,
                    const struct sample *sample, uint32_t *sorted,
                    uint32_t *unsorted)
{
    struct figures both = {NULL, 0, 0}, people = both, as_they_are = both;
    struct batch b = {.n = n, .store = c->filled.store, .sample = sample};

    for (uint32_t i = 0; i < sample->n; i++)
        unsorted[i] = i;
    sort_lots(c->world, sample, sorted);
    for (size_t pass = 0; pass <= n->passes; pass++) {
        double seconds[3];

        b.order = sorted;
        b.structures = 1;
        seconds[0] = run(&b);
        b.order = unsorted;
        seconds[1] = run(&b);
        b.order = sorted;
        b.structures = 0;
        seconds[2] = run(&b);
        if (!pass)
            continue;
        figures_add(&both, seconds[0]);
        figures_add(&as_they_are, seconds[1]);
        figures_add(&people, seconds[2]);
    }
    figures_head();
    figures_print(&both, "batch", "s");
    figures_print(&as_they_are, "batch.unsorted", "s");
    figures_print(&people, "batch.people", "s");
    print_size(sample);
    figures_free(&both);
    figures_free(&as_they_are);
    figures_free(&people);
}

void national_batch(struct national *n)
{
    struct country country;
    struct sample sample;
    uint32_t *order;

    country_open(&country, n->dir, n->ref, n->size);
    sample_init(&sample, country.world, n->size.lots);
    if (!(order = calloc(2 * sample.n, sizeof *order)))
        die("out of memory");
    printf("\nbatch: %zu lots, both lists of %d, %d threads, %zu passes\n",
           sample.n, LIMIT, THREADS, n->passes);
    measure(n, &country, &sample, order, order + sample.n);
    free(order);
    sample_fini(&sample);
    country_close(&country);
}
