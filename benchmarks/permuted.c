/*
 * Only what ranks decide is made anew: who follows whom, and the boxes of
 * runs, which then are as large as the country.
 */
#include "benchmarks/permuted.h"

#include <stdlib.h>
#include <string.h>

#include "benchmarks/draw.h"
#include "benchmarks/figures.h"

#define SEED 20261123
#define AXES 3

struct permuted {
    struct reference ref;
    struct commune *communes;
    uint32_t *by_rank;
    float *low[AXES], *high[AXES], (*at)[REFERENCE_AT];
};

static void *room(size_t n, size_t size)
{
    void *at = calloc(n, size);

    if (!at)
        die("out of memory");
    return at;
}

static void shuffle(struct permuted *p)
{
    struct draw d = draw_of(SEED, 0, 0);

    for (uint32_t i = p->ref.n - 1; i; i--) {
        uint32_t j = draw_below(&d, i + 1), kept = p->by_rank[i];

        p->by_rank[i] = p->by_rank[j];
        p->by_rank[j] = kept;
    }
    for (uint32_t i = 0; i < p->ref.n; i++)
        p->communes[p->by_rank[i]].rank = (uint16_t)i;
}

/* Rounded outwards, as the boxes of the store are. */
static void box(struct permuted *p, uint32_t rank)
{
    const struct commune *c = &p->communes[p->by_rank[rank]];
    size_t run = rank / REFERENCE_RUN;

    for (int k = 0; c->centred && k < AXES; k++) {
        float v = (float)c->at[k] * 0x1p-30f;

        p->at[rank][k] = v;
        if (v - 0x1p-23f < p->low[k][run])
            p->low[k][run] = v - 0x1p-23f;
        if (v + 0x1p-23f > p->high[k][run])
            p->high[k][run] = v + 0x1p-23f;
    }
}

static void make_boxes(struct permuted *p)
{
    size_t runs = p->ref.boxes.n;

    p->at = room(runs * REFERENCE_RUN, sizeof *p->at);
    p->ref.boxes.at = (const float(*)[REFERENCE_AT])p->at;
    for (int k = 0; k < AXES; k++) {
        p->low[k] = room(runs, sizeof **p->low);
        p->high[k] = room(runs, sizeof **p->high);
        for (size_t run = 0; run < runs; run++) {
            p->low[k][run] = 4;
            p->high[k][run] = -4;
        }
        p->ref.boxes.low[k] = p->low[k];
        p->ref.boxes.high[k] = p->high[k];
    }
    for (uint32_t i = 0; i < p->ref.n; i++)
        box(p, i);
    p->ref.wide = p->ref.boxes;
}

struct permuted *permuted_new(const struct reference *ref)
{
    struct permuted *p = room(1, sizeof *p);

    p->ref = *ref;
    p->communes = room(ref->n, sizeof *p->communes);
    p->by_rank = room(ref->n, sizeof *p->by_rank);
    memcpy(p->communes, ref->communes, ref->n * sizeof *p->communes);
    memcpy(p->by_rank, ref->by_rank, ref->n * sizeof *p->by_rank);
    p->ref.communes = p->communes;
    p->ref.by_rank = p->by_rank;
    p->ref.stamp = draw_mix(ref->stamp);
    shuffle(p);
    make_boxes(p);
    return p;
}

const struct reference *permuted_reference(const struct permuted *p)
{
    return &p->ref;
}

void permuted_free(struct permuted *p)
{
    if (!p)
        return;
    for (int k = 0; k < AXES; k++) {
        free(p->low[k]);
        free(p->high[k]);
    }
    free(p->at);
    free(p->communes);
    free(p->by_rank);
    free(p);
}
