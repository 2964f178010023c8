/*
 * One record after the other, decoded as far as it takes.
 */
#include "engine/match/markets.h"

#include <stddef.h>

#include "protocol/codec.h"

/* One decoded market, and what is made of it. */
#define MARKET_BYTES_MAX ((size_t)64 << 20)

/* How many fields say whether a market is open. */
static size_t fields_of_head(void)
{
    size_t n = 0;

    while (shape_market.fields[n].offset != offsetof(struct market, status))
        n++;
    return n + 1;
}

enum err markets_each(struct match *m, markets_filter *wanted,
                      markets_visit *visit, void *context)
{
    struct arena *scratch = arena_new(MARKET_BYTES_MAX);
    struct record record = {.number = 0};
    size_t fields = fields_of_head();
    struct market market;
    enum err e = scratch ? ERR_NONE : ERR_NOMEM;

    while (!e && !(e = store_next_numbered(m->view, ENTITY_MARKET,
                                           record.number, &record))) {
        arena_reset(scratch);
        m->scanned++;
        if ((e = protocol_decode_first(&shape_market, fields, record.body,
                                       scratch, &market)) ||
            !wanted(&market, m->on))
            continue;
        arena_reset(scratch);
        if (!(e = protocol_decode_trusted(&shape_market, record.body, scratch,
                                          &market)) &&
            (!m->sees || m->sees(m->seer, ENTITY_MARKET, &market)))
            e = visit(context, &market, scratch);
    }
    arena_free(scratch);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}
