/*
 * Communes in columns by number, with sums and boxes of runs: what a place or
 * a circle asks of hundreds of them at once.
 */
#include "store/reference_parts.h"

static void add_to_span(struct reference_span *span, const struct commune *c)
{
    if (!c->centred)
        return;
    for (int k = 0; k < 3; k++) {
        if (!span->centred || c->at[k] < span->low[k])
            span->low[k] = c->at[k];
        if (!span->centred || c->at[k] > span->high[k])
            span->high[k] = c->at[k];
    }
    span->centred++;
}

enum err reference_columns(struct reference *ref)
{
    struct reference_private *own = ref->private;
    size_t n_spans = (ref->n + REFERENCE_SPAN - 1) / REFERENCE_SPAN;
    struct reference_span *spans = reference_own(own, n_spans, sizeof *spans);
    uint32_t *people = reference_own(own, ref->n, sizeof *people);
    uint32_t *unsure = reference_own(own, ref->n + 1u, sizeof *unsure);
    int32_t *at[3];

    for (int k = 0; k < 3; k++) {
        at[k] = reference_own(own, ref->n, sizeof **at);
        if (!at[k])
            return ERR_NOMEM;
        ref->columns.at[k] = at[k];
    }
    if (!spans || !people || !unsure)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < ref->n; i++) {
        const struct commune *c = &ref->communes[i];

        for (int k = 0; k < 3; k++)
            at[k][i] = c->at[k];
        people[i] = c->population;
        unsure[i + 1] = unsure[i] + (!c->centred || c->approximate);
        add_to_span(&spans[i / REFERENCE_SPAN], c);
    }
    ref->columns.people = people;
    ref->columns.unsure = unsure;
    ref->columns.spans = spans;
    return ERR_NONE;
}
