/*
 * Recorded hours in the index: one posting each, under the market, in the
 * order of lots and clauses, so that those of a market are read in one go.
 */
#include "engine/match/order.h"
#include "engine/match/postings.h"

uint32_t postings_market_code(struct slice market)
{
    return (uint32_t)order_hash(market);
}

enum err derive_hours(struct arena *arena, uint32_t number,
                      const struct hours *value, struct derived *out)
{
    if (!(out->at = arena_array(arena, 1, sizeof *out->at)))
        return ERR_NOMEM;
    out->n = 1;
    out->at->kind = INDEX_HOURS;
    out->at->posting.code = postings_market_code(value->market);
    out->at->posting.where = (uint16_t)value->lot;
    out->at->posting.when = (uint16_t)value->clause;
    out->at->posting.number = number;
    return ERR_NONE;
}
