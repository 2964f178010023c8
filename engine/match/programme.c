/*
 * A scan ranks by what markets say themselves, which costs a look at each;
 * supply and people are asked for the page that is told alone.
 */
#include "engine/match/programme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/markets.h"
#include "engine/match/obligation.h"
#include "protocol/codec.h"

static int is_to_come(const struct market *head, int64_t on)
{
    return head->status == MARKET_DRAFT || head->status == MARKET_PLANNED ||
           match_market_open(head, on);
}

static int has_clause(const struct market *market)
{
    for (size_t i = 0; i < market->lots.n; i++)
        if (market->lots.at[i].clauses.n)
            return 1;
    return 0;
}

static enum err make_room(struct programme *p)
{
    size_t room = p->room ? 2 * p->room : 256;
    struct programme_row *at;

    if (p->n < p->room)
        return ERR_NONE;
    if (!(at = realloc(p->at, room * sizeof *at)))
        return ERR_NOMEM;
    p->at = at;
    p->room = room;
    return ERR_NONE;
}

static enum err measure(const struct assess *a, const struct market *market,
                        struct programme_row *row)
{
    struct obligation law;
    struct answer_hours_plan plan;
    enum err e;

    shape_clear(&shape_obligation, &law);
    if ((e = obligation_assess(a->m->reference, market, a->m->on, a->m->arena,
                               &law)))
        return e;
    row->mandatory = law.state == OBLIGATION_MANDATORY;
    row->amount = law.amount == ABSENT ? 0 : law.amount;
    for (size_t i = 0; i < market->lots.n; i++) {
        if ((e = assess_hours(a, market, &market->lots.at[i], &plan)))
            return e;
        row->hours += plan.hours == ABSENT ? 0 : plan.hours;
    }
    return ERR_NONE;
}

enum err programme_add(struct programme *p, struct assess *a,
                       struct arena *scratch, const struct market *market)
{
    struct arena *arena = a->m->arena;
    struct programme_row row = {0};
    enum err e;

    if ((e = make_room(p)))
        return e;
    a->m->arena = scratch;
    e = measure(a, market, &row);
    a->m->arena = arena;
    if (e)
        return e;
    snprintf(row.id, sizeof row.id, "%.*s", (int)market->id.len,
             market->id.data);
    p->at[p->n++] = row;
    return ERR_NONE;
}

struct reading {
    struct programme *programme;
    struct assess *a;
};

static enum err add_unclaused(void *context, const struct market *market,
                              struct arena *scratch)
{
    struct reading *r = context;

    return has_clause(market)
               ? ERR_NONE
               : programme_add(r->programme, r->a, scratch, market);
}

enum err programme_read(struct programme *p, struct assess *a)
{
    struct reading reading = {p, a};

    return markets_each(a->m, is_to_come, add_unclaused, &reading);
}

static int compare_rows(const void *a, const void *b)
{
    const struct programme_row *x = a, *y = b;

    if (x->mandatory != y->mandatory)
        return x->mandatory > y->mandatory ? -1 : 1;
    if (x->hours != y->hours)
        return x->hours > y->hours ? -1 : 1;
    if (x->amount != y->amount)
        return x->amount > y->amount ? -1 : 1;
    return strcmp(x->id, y->id);
}

void programme_rank(struct programme *p)
{
    if (p->n)
        qsort(p->at, p->n, sizeof *p->at, compare_rows);
}

void programme_fini(struct programme *p)
{
    free(p->at);
    p->at = NULL;
}
