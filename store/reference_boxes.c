/*
 * The order of communes along the Hilbert curve, and boxes round runs of them.
 */
#include "store/reference_parts.h"

#include <stdlib.h>
#include <string.h>

static int order_places(const void *a, const void *b, void *context)
{
    const struct commune *communes = context;
    const struct commune *x = &communes[*(const uint32_t *)a];
    const struct commune *y = &communes[*(const uint32_t *)b];

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return strcmp(x->insee, y->insee);
}

static uint64_t stamp_more(uint64_t stamp, uint32_t number)
{
    return (stamp ^ number) * UINT64_C(0x100000001b3);
}

/* What postings and side rows hold of a commune is its rank or its number, the
 * number of a territory, or kilometres from its bundled centre. */
static uint64_t stamp_of(const struct reference *ref)
{
    uint64_t stamp = UINT64_C(0xcbf29ce484222325);

    for (uint32_t i = 0; i < ref->n; i++) {
        const struct commune *c = &ref->communes[ref->by_rank[i]];

        for (size_t k = 0; k < sizeof c->insee; k++)
            stamp = stamp_more(stamp, (unsigned char)c->insee[k]);
        stamp = stamp_more(stamp, ref->by_rank[i]);
        for (int k = 0; k < 3; k++)
            stamp = stamp_more(stamp, (uint32_t)c->origin[k]);
        stamp = stamp_more(stamp, c->department);
        stamp = stamp_more(stamp, c->epci);
        stamp = stamp_more(stamp, c->ept);
    }
    return stamp;
}

/* Grow a box; floats are nearest to the number: by more than that may be off.
 */
static void box_add(float *low[3], float *high[3], size_t run,
                    const int32_t at[3])
{
    for (int k = 0; k < 3; k++) {
        float v = (float)at[k] * 0x1p-30f;

        if (v - 0x1p-23f < low[k][run])
            low[k][run] = v - 0x1p-23f;
        if (v + 0x1p-23f > high[k][run])
            high[k][run] = v + 0x1p-23f;
    }
}

/* The box of the communes whose ranks begin at FROM. */
static void box_run(const struct reference *ref, uint32_t from, float *low[3],
                    float *high[3], float (*at)[REFERENCE_AT])
{
    uint32_t to = from + REFERENCE_RUN < ref->n ? from + REFERENCE_RUN : ref->n;
    size_t run = from / REFERENCE_RUN;

    for (int k = 0; k < 3; k++) {
        low[k][run] = 4;
        high[k][run] = -4;
    }
    for (uint32_t r = from; r < to; r++) {
        const struct commune *c = &ref->communes[ref->by_rank[r]];

        if (!c->centred)
            continue;
        box_add(low, high, run, c->at);
        for (int k = 0; k < 3; k++)
            at[r][k] = (float)c->at[k] * 0x1p-30f;
    }
}

/* Without imported centres the wide boxes are the boxes. */
enum err reference_widen(struct reference *ref, int imported)
{
    float *low[3], *high[3];

    ref->wide = ref->boxes;
    for (int k = 0; imported && k < 3; k++) {
        size_t bytes = ref->boxes.n * sizeof **low;

        low[k] = reference_own(ref->private, ref->boxes.n, sizeof **low);
        high[k] = reference_own(ref->private, ref->boxes.n, sizeof **high);
        if (!low[k] || !high[k])
            return ERR_NOMEM;
        memcpy(low[k], ref->boxes.low[k], bytes);
        memcpy(high[k], ref->boxes.high[k], bytes);
        ref->wide.low[k] = low[k];
        ref->wide.high[k] = high[k];
    }
    for (uint32_t r = 0; imported && r < ref->n; r++) {
        const struct commune *c = &ref->communes[ref->by_rank[r]];

        if (c->placed)
            box_add(low, high, r / REFERENCE_RUN, c->origin);
    }
    return ERR_NONE;
}

/* How many communes without a centre stand before each run. */
static enum err count_vague(struct reference *ref)
{
    size_t runs = ref->boxes.n;
    uint32_t *before = reference_own(ref->private, runs + 1, sizeof *before);

    if (!before)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < ref->n_vague; i++)
        before[ref->communes[ref->vague[i]].rank / REFERENCE_RUN + 1]++;
    for (size_t i = 0; i < runs; i++)
        before[i + 1] += before[i];
    ref->vague_before = before;
    return ERR_NONE;
}

enum err reference_rank(struct reference *ref)
{
    struct reference_private *own = ref->private;
    /* Const for those who read the reference; until then it is ours. */
    struct commune *communes = (struct commune *)ref->communes;
    size_t runs = (ref->n + REFERENCE_RUN - 1) / REFERENCE_RUN;
    size_t ranks = (runs + 1) * REFERENCE_RUN;
    uint32_t *by_rank = reference_own(own, ref->n, sizeof *by_rank);
    uint32_t *vague = reference_own(own, ref->uncentred + 1, sizeof *vague);
    float(*at)[REFERENCE_AT] = reference_own(own, ranks, sizeof *at);
    float *low[3], *high[3];

    if (ref->n > REFERENCE_COMMUNES_MAX)
        return ERR_BAD_TABLE;
    for (int k = 0; k < 3; k++) {
        low[k] = reference_own(own, runs, sizeof **low);
        high[k] = reference_own(own, runs, sizeof **high);
        if (!low[k] || !high[k])
            return ERR_NOMEM;
        ref->boxes.low[k] = low[k];
        ref->boxes.high[k] = high[k];
    }
    if (!by_rank || !vague || !at)
        return ERR_NOMEM;
    for (size_t r = 0; r < ranks; r++)
        at[r][0] = at[r][1] = at[r][2] = 8;
    ref->boxes.at = (const float(*)[REFERENCE_AT])at;
    ref->vague = vague;
    for (uint32_t i = 0; i < ref->n; i++) {
        by_rank[i] = i;
        if (!communes[i].centred)
            vague[ref->n_vague++] = i;
    }
    qsort_r(by_rank, ref->n, sizeof *by_rank, order_places, communes);
    for (uint32_t i = 0; i < ref->n; i++)
        communes[by_rank[i]].rank = (uint16_t)i;
    ref->by_rank = by_rank;
    ref->boxes.n = runs;
    for (uint32_t i = 0; i < ref->n; i += REFERENCE_RUN)
        box_run(ref, i, low, high, at);
    ref->stamp = stamp_of(ref);
    return count_vague(ref);
}
