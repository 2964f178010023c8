/*
 * A scan ranks by what markets say themselves, which costs a look at each;
 * supply and people are asked for the page that is told alone.
 */
#include "engine/match/programme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/obligation.h"
#include "protocol/codec.h"

#define MARKET_BYTES_MAX ((size_t)64 << 20)

int programme_is_open(const struct market *market, int64_t on)
{
    for (size_t i = 0; i < market->lots.n; i++)
        if (market->lots.at[i].clauses.n)
            return 0;
    return market->status == MARKET_DRAFT || market->status == MARKET_PLANNED ||
           match_market_open(market, on);
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

enum err programme_read(struct programme *p, struct assess *a)
{
    struct arena *scratch = arena_new(MARKET_BYTES_MAX);
    struct record record = {.number = 0};
    struct market market;
    enum err e = scratch ? ERR_NONE : ERR_NOMEM;

    while (!e && !(e = store_next_numbered(a->m->view, ENTITY_MARKET,
                                           record.number, &record))) {
        arena_reset(scratch);
        a->m->scanned++;
        if (!(e = protocol_decode_trusted(&shape_market, record.body, scratch,
                                          &market)) &&
            programme_is_open(&market, a->m->on))
            e = programme_add(p, a, scratch, &market);
    }
    arena_free(scratch);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
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
