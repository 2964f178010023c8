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

/* ---- Shares ------------------------------------------------------------- */

/* Count commune C in EPCI among the shares OF its department, which end the
 * list; those of its neighbours stand last. */
static void add_share(struct reference_share *at, struct range *of,
                      uint32_t epci, const struct commune *c)
{
    uint32_t i = of->to;

    if (epci == REFERENCE_NONE)
        return;
    while (i > of->from && at[i - 1].epci != epci)
        i--;
    if (i == of->from) {
        at[of->to] = (struct reference_share){epci, 0, 0};
        i = ++of->to;
    }
    at[i - 1].communes++;
    at[i - 1].people += c->population;
}

/* At most two of each commune; a department's communes follow each other. */
static enum err share_out(struct reference *ref)
{
    struct reference_private *own = ref->private;
    struct range *all = reference_own(own, ref->departments.n, sizeof *all);
    struct reference_share *at =
        reference_own(own, 2 * (size_t)ref->n, sizeof *at);
    uint32_t n = 0;

    if (!all || !at)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < ref->n; i++) {
        const struct commune *c = &ref->communes[i];
        struct range *of = &all[c->department];

        if (!of->to)
            *of = (struct range){n, n};
        add_share(at, of, c->epci, c);
        add_share(at, of, c->ept, c);
        n = of->to;
    }
    ref->columns.shares = at;
    ref->columns.shares_of = all;
    return ERR_NONE;
}

/* ---- All ---------------------------------------------------------------- */

enum err reference_columns(struct reference *ref)
{
    struct reference_private *own = ref->private;
    size_t n_spans = (ref->n + REFERENCE_SPAN - 1) / REFERENCE_SPAN;
    struct reference_span *spans = reference_own(own, n_spans, sizeof *spans);
    uint32_t *people = reference_own(own, ref->n, sizeof *people);
    uint32_t *unsure = reference_own(own, ref->n + 1u, sizeof *unsure);
    uint16_t *rank = reference_own(own, ref->n, sizeof *rank);
    int32_t *at[3];

    for (int k = 0; k < 3; k++) {
        at[k] = reference_own(own, ref->n, sizeof **at);
        if (!at[k])
            return ERR_NOMEM;
        ref->columns.at[k] = at[k];
    }
    if (!spans || !people || !unsure || !rank)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < ref->n; i++) {
        const struct commune *c = &ref->communes[i];

        for (int k = 0; k < 3; k++)
            at[k][i] = c->centred ? c->at[k] : 0;
        people[i] = c->population;
        rank[i] = c->rank;
        unsure[i + 1] = unsure[i] + (!c->centred || c->approximate);
        add_to_span(&spans[i / REFERENCE_SPAN], c);
    }
    ref->columns.people = people;
    ref->columns.rank = rank;
    ref->columns.unsure = unsure;
    ref->columns.spans = spans;
    return share_out(ref);
}
