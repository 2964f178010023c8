/*
 * hours.*: find the market, its clause and the people, let engine/match
 * reckon.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/people_shown.h"
#include "engine/match/hours.h"
#include "engine/match/match.h"
#include "engine/question.h"

#include <string.h>

/* The versions of the rules that decided; those of an AI stand with what the
 * law says of eligibility. */
static enum err stamp(struct call *call, const struct reference *ref,
                      const struct plan_worker_list *persons,
                      struct slices *out)
{
    struct slice *at = arena_array(call->arena, 2, sizeof *at);
    int lends = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < persons->n; i++)
        lends |= persons->at[i].kind == KIND_AI;
    at[0] = reference_rule_stamp(ref, RULES_HOURS);
    at[1] = reference_rule_stamp(ref, RULES_ELIGIBILITY);
    *out = (struct slices){at, lends ? 2 : 1};
    return ERR_NONE;
}

/* ---- hours.plan -----------------------------------------------------------
 */

/* One source of hours: two would contradict each other. */
static enum err check_sources(struct call *call,
                              const struct ask_hours_plan *ask)
{
    int n = (ask->hours != ABSENT) + (ask->labour_hours != ABSENT) +
            (ask->amount != ABSENT);

    if (n > 1)
        return call_refuse(call, ERR_MISSING_FIELD, "hours",
                           "say one of hours, labour_hours and amount");
    if (n == 0 && !ask->market.data)
        return call_refuse(call, ERR_MISSING_FIELD, "hours",
                           "say hours, labour_hours, amount or market");
    return ERR_NONE;
}

/* A lot without clauses can be planned for: clause 1 is the one to come. */
static enum err find_question(struct store_view *view, struct call *call,
                              struct hours_question *q)
{
    const struct ask_hours_plan *ask = q->ask;
    enum err e;

    if (!ask->market.data)
        return ERR_NONE;
    if ((e = question_market(view, call, ask->market, &q->market)) ||
        (e = question_lot(call, q->market, ask->lot, ABSENT)))
        return e;
    q->lot = &q->market->lots.at[ask->lot - 1];
    if (ask->clause == 1 && !q->lot->clauses.n)
        return ERR_NONE;
    if ((size_t)ask->clause > q->lot->clauses.n)
        return call_refuse(call, ERR_NOT_FOUND, "clause",
                           "this lot has %zu clauses", q->lot->clauses.n);
    q->clause = &q->lot->clauses.at[ask->clause - 1];
    return ERR_NONE;
}

/* What the question says of a worker goes before what a profile says. */
static enum err find_worker(struct store_view *view, struct call *call,
                            size_t i, const struct plan_worker *said,
                            struct hours_worker *out)
{
    const struct profile *p;
    const void *found;
    enum err e;

    *out = (struct hours_worker){.week_min = ABSENT,
                                 .week_max = said->hours_week,
                                 .weeks = said->weeks,
                                 .cap = said->cap,
                                 .kind = said->kind,
                                 .ai_hours = said->ai_hours,
                                 .available_from = ABSENT};
    if (!said->profile.data)
        return ERR_NONE;
    if (!people_named(call))
        return call_refuse(
            call, ERR_FORBIDDEN,
            arena_format(call->arena, "persons[%zu].profile", i + 1).data,
            "this role sees no people");
    e = entity_get(view, call, ENTITY_PROFILE, said->profile, &found, NULL);
    if (e == ERR_NOT_FOUND)
        return call_refuse(
            call, e,
            arena_format(call->arena, "persons[%zu].profile", i + 1).data,
            "no profile has this id");
    if (e)
        return e;
    p = found;
    out->week_min = p->hours_min;
    if (out->week_max == ABSENT ||
        (p->hours_max != ABSENT && p->hours_max < out->week_max))
        out->week_max = p->hours_max;
    out->available_from = p->available_from;
    return ERR_NONE;
}

static enum err find_workers(struct store_view *view, struct call *call,
                             struct hours_question *q)
{
    const struct plan_worker_list *persons = &q->ask->persons;
    struct hours_worker *at =
        arena_array(call->arena, persons->n + 1, sizeof *at);
    enum err e = at ? ERR_NONE : ERR_NOMEM;

    for (size_t i = 0; i < persons->n && !e; i++)
        e = find_worker(view, call, i, &persons->at[i], &at[i]);
    q->workers = at;
    return e;
}

enum err handle_hours_plan(struct store_view *view, struct call *call,
                           const struct ask_hours_plan *ask,
                           struct answer_hours_plan *answer)
{
    const struct reference *ref = store_view_reference(view);
    struct hours_question q = {.ask = ask,
                               .on = ask->on == ABSENT ? call->today : ask->on};
    struct hours_gap gap;
    enum err e;

    if ((e = check_sources(call, ask)) || (e = find_question(view, call, &q)) ||
        (e = find_workers(view, call, &q)))
        return e;
    if (ask->counting.data && !hours_method_known(ref, ask->counting, q.on))
        return call_refuse(call, ERR_NOT_FOUND, "counting",
                           "the table `hours' has no such counting method");
    e = hours_plan(&q, ref, call->arena, answer, &gap);
    if (e == ERR_MISSING_FIELD)
        return call_refuse(call, e, gap.field, "%s", gap.hint);
    if (e)
        return e;
    answer->market = ask->market;
    if (q.lot)
        answer->lot = ask->lot;
    if (q.clause)
        answer->clause = ask->clause;
    answer->rules = MATCH_RULES;
    return stamp(call, ref, &ask->persons, &answer->reference);
}
