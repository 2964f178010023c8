/*
 * facilitator.route and territory.blank: who accompanies a market, and where
 * nobody does.  Facilitators themselves are handlers_entity.c's.
 */
#include "engine/dispatch.h"
#include "engine/match/blank.h"
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

/* The communes that CODES name, all of them when there are none; of these the
 * caller's own. */
static enum err read_territories(struct call *call, struct match *m,
                                 struct slices codes, struct territory *out)
{
    struct slice everywhere = SLICE("FR");
    struct territory set, flat;
    enum err e;

    for (size_t i = 0; i < codes.n; i++) {
        struct slices one = {&codes.at[i], 1};
        struct slice field =
            arena_format(call->arena, "territories[%zu]", i + 1);

        if ((e = territory_read(m->reference, m->arena, one, &set)))
            return e;
        if (!set.n)
            return call_refuse(call, ERR_UNKNOWN_TERRITORY, field.data,
                               "a territory of today, such as DEP:59");
    }
    if (!codes.n)
        codes = (struct slices){&everywhere, 1};
    if ((e = territory_read(m->reference, m->arena, codes, &set)) ||
        (e = territory_flatten(m->reference, m->arena, &set, &flat)))
        return e;
    *out = flat;
    return m->people_in ? territory_common(m->arena, &flat, m->people_in, out)
                        : ERR_NONE;
}

/* A token is the last commune that was told. */
enum err handle_territory_blank(struct store_view *view, struct call *call,
                                const struct ask_territory_blank *ask,
                                struct answer_territory_blank *answer)
{
    struct question q = {.on = ask->on, .limit = ask->page_size};
    struct territory where;
    struct blanks found = {.more = 0};
    struct match m;
    enum err e;

    if ((e = question_prepare(view, call, &q, &m)) ||
        (e = read_territories(call, &m, ask->territories, &where)))
        return e;
    if (ask->page_token.data &&
        reference_commune(m.reference, ask->page_token) == REFERENCE_NONE)
        return call_refuse(call, ERR_BAD_TOKEN, "page_token",
                           "leave it out to begin again");
    if ((e = blank_list(&m, &where, ask->page_token, &found)))
        return e;
    answer->on = m.on;
    answer->rules = MATCH_RULES;
    answer->communes = (int64_t)found.extent.communes;
    answer->population = (int64_t)found.extent.people;
    answer->markets = found.markets;
    answer->departments = found.departments;
    answer->regions = found.regions;
    answer->rows = found.rows;
    if (found.more)
        answer->next = found.rows.at[found.rows.n - 1].commune;
    return question_end(call, &m, &answer->reference);
}
