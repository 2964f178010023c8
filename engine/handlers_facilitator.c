/*
 * facilitator.route: who accompanies a market.  Putting, getting, listing and
 * deleting facilitators is handlers_entity.c.
 */
#include "engine/dispatch.h"
#include "engine/match/route.h"
#include "engine/question.h"

enum err handle_facilitator_route(struct store_view *view, struct call *call,
                                  const struct ask_facilitator_route *ask,
                                  struct answer_facilitator_route *answer)
{
    struct question q = {.market = ask->market, .on = ask->on};
    const struct market *market;
    struct routing found;
    struct match m;
    enum err e;

    if ((e = question_begin(view, call, &q, &m, &market)) ||
        (ask->lot != ABSENT &&
         (e = question_lot(call, market, ask->lot, ABSENT))) ||
        (e = route_market(&m, market, ask->lot, ask->adjacent_km, &found)))
        return e;
    answer->warnings = found.warnings;
    answer->facilitators = found.facilitators;
    answer->zones = found.zones;
    if (found.facilitators.n)
        answer->lead = found.facilitators.at[0].id;
    return QUESTION_FINISH(answer, call, &q, &m, found.approximate);
}
