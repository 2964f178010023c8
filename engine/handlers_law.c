/*
 * assess.obligation: what the rule tables say of one object.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/match/match.h"
#include "engine/match/obligation.h"

/* "thresholds@2026-08-22": the tables that an answer used. */
static enum err stamps(struct call *call, const struct reference *ref,
                       const enum rule_table *tables, size_t n,
                       struct slices *out)
{
    struct slice *list = arena_array(call->arena, n, sizeof *list);

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        list[i] = reference_rule_stamp(ref, tables[i]);
    *out = (struct slices){list, n};
    return ERR_NONE;
}

enum err handle_assess_obligation(struct store_view *view, struct call *call,
                                  const struct ask_assess_obligation *ask,
                                  struct answer_assess_obligation *answer)
{
    static const enum rule_table used[] = {RULES_THRESHOLDS};
    const struct reference *ref = store_view_reference(view);
    const void *market;
    enum err e =
        entity_get(view, call, ENTITY_MARKET, ask->market, &market, NULL);

    if (e == ERR_NOT_FOUND)
        call_refuse(call, e, "market", "no market has this id");
    if (e)
        return e;
    answer->market = ask->market;
    answer->on = ask->on == ABSENT ? call->today : ask->on;
    answer->rules = MATCH_RULES;
    answer->obligation = shape_array(call->arena, &shape_obligation, 1);
    if (!answer->obligation)
        return ERR_NOMEM;
    if ((e = stamps(call, ref, used, 1, &answer->reference)))
        return e;
    return obligation_assess(ref, market, answer->on, call->arena,
                             answer->obligation);
}
