/*
 * One walk over the markets, then one sort.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/batch_order.h"
#include "engine/match/match.h"
#include "protocol/codec.h"

/* One market at a time: a record is at most 1 MiB of bytes. */
#define MARKET_BYTES_MAX (64u << 20)

/* What sorts markets; one sort key after the other in one number. */
struct turn {
    uint64_t key; /* code, rank */
    uint32_t index;
};

struct listing {
    const struct reference *reference;
    struct batch_order *order;
    struct turn *turns;
    size_t room;
};

/* A letter and four digits; work without a job comes last. */
static uint32_t job_code(const struct lot *lot)
{
    uint32_t code = 0;
    struct slice rome;

    if (!lot->jobs.n)
        return UINT32_MAX;
    rome = lot->jobs.at[0].rome;
    for (size_t i = 1; i < rome.len; i++)
        code = code * 10 + (unsigned char)rome.data[i] - '0';
    return (uint32_t)(unsigned char)rome.data[0] << 16 | (code & 0xffff);
}

static int has_prefix(struct slice text, const char *prefix)
{
    size_t n = strlen(prefix);

    return text.len > n && memcmp(text.data, prefix, n) == 0;
}

/* Some commune of a territory will do: this only says who is near whom. */
static uint32_t commune_of_zone(const struct reference *r, struct slice zone)
{
    const struct territory_row *row = NULL;
    const char *colon = zone.len ? memchr(zone.data, ':', zone.len) : NULL;
    struct slice code;

    if (!colon)
        return REFERENCE_NONE;
    code.data = colon + 1;
    code.len = (size_t)(zone.data + zone.len - code.data);
    if (has_prefix(zone, "COM:"))
        return reference_commune(r, code);
    if (has_prefix(zone, "NEAR:"))
        return reference_commune(r, (struct slice){code.data, 5});
    if (has_prefix(zone, "DEP:"))
        row = reference_row(&r->departments, code);
    else if (has_prefix(zone, "REG:"))
        row = reference_row(&r->regions, code);
    else if (has_prefix(zone, "EPCI:"))
        row = reference_row(&r->epcis, code);
    return row && row->n ? row->ranges[0].from : REFERENCE_NONE;
}

static uint16_t work_rank(const struct reference *r, const struct lot *lot)
{
    uint32_t commune = REFERENCE_NONE;

    if (lot->jobs.n && lot->jobs.at[0].commune.len)
        commune = reference_commune(r, lot->jobs.at[0].commune);
    else if (lot->places.n)
        commune = commune_of_zone(r, lot->places.at[0]);
    return commune == REFERENCE_NONE ? REFERENCE_NO_RANK
                                     : r->communes[commune].rank;
}

static enum err grow(struct listing *l)
{
    size_t room = l->room ? 2 * l->room : 1024;
    struct batch_market *at;
    struct turn *turns;

    if (!(at = realloc(l->order->at, room * sizeof *at)))
        return ERR_NOMEM;
    l->order->at = at;
    if (!(turns = realloc(l->turns, room * sizeof *turns)))
        return ERR_NOMEM;
    l->turns = turns;
    l->room = room;
    return ERR_NONE;
}

static enum err list(struct listing *l, uint32_t number,
                     const struct market *market)
{
    struct batch_order *order = l->order;
    const struct lot *lot = market->lots.at;
    enum err e;

    if (order->n == l->room && (e = grow(l)))
        return e;
    l->turns[order->n] = (struct turn){(uint64_t)job_code(lot) << 16 |
                                           work_rank(l->reference, lot),
                                       (uint32_t)order->n};
    order->at[order->n++] =
        (struct batch_market){number, 0, (unsigned)market->lots.n};
    return ERR_NONE;
}

static enum err list_open(struct listing *l, struct store_view *view,
                          int64_t on, struct arena *arena)
{
    struct record record = {.number = 0};
    struct market market;
    enum err e;

    while (!(
        e = store_next_numbered(view, ENTITY_MARKET, record.number, &record))) {
        arena_reset(arena);
        e = protocol_decode_trusted(&shape_market, record.body, arena, &market);
        if (e == ERR_STORE_CORRUPT) {
            l->order->damaged++;
            continue;
        }
        if (e)
            return e;
        if (market.lots.n && match_market_open(&market, on) &&
            (e = list(l, record.number, &market)))
            return e;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static int compare_turns(const void *left, const void *right)
{
    const struct turn *a = left, *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Each market gets the positions that follow those of the one before. */
static enum err number_lots(struct listing *l)
{
    struct batch_order *order = l->order;

    if (!(order->turns = malloc((order->n + 1) * sizeof *order->turns)))
        return ERR_NOMEM;
    if (order->n)
        qsort(l->turns, order->n, sizeof *l->turns, compare_turns);
    for (size_t i = 0; i < order->n; i++) {
        struct batch_market *market = &order->at[l->turns[i].index];

        order->turns[i] = l->turns[i].index;
        market->first = order->lots;
        order->lots += market->lots;
    }
    return ERR_NONE;
}

enum err batch_order_read(struct store_view *view, int64_t on,
                          struct batch_order *out)
{
    struct batch_order order = {NULL, 0, NULL, 0, 0};
    struct listing l = {store_view_reference(view), &order, NULL, 0};
    struct arena *arena = arena_new(MARKET_BYTES_MAX);
    enum err e = arena ? list_open(&l, view, on, arena) : ERR_NOMEM;

    arena_free(arena);
    if (!e)
        e = number_lots(&l);
    free(l.turns);
    if (e)
        batch_order_free(&order);
    else
        *out = order;
    return e;
}

void batch_order_free(struct batch_order *order)
{
    free(order->at);
    free(order->turns);
    *order = (struct batch_order){NULL, 0, NULL, 0, 0};
}

const struct batch_market *batch_order_find(const struct batch_order *order,
                                            uint32_t position)
{
    size_t low = 0, high = order->n; /* it is in [low, high) of the turns */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (order->at[order->turns[middle]].first <= position)
            low = middle;
        else
            high = middle;
    }
    return &order->at[order->turns[low]];
}
