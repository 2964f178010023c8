/*
 * From parameters to a question, and back to what its answer says of itself.
 */
#include "engine/question.h"

#include <string.h>

#include "engine/entity.h"
#include "engine/match/law.h"
#include "engine/match/territory.h"
#include "engine/workspaces.h"

static const struct territory nowhere = {NULL, 0, NULL, 0};

static int sees(const void *seer, unsigned entity, const void *object)
{
    const struct call *call = seer;

    return rights_read(call, call->view, entity, object);
}

enum err question_prepare(struct store_view *view, struct call *call,
                          const struct question *q, struct match *m)
{
    memset(m, 0, sizeof *m);
    m->view = view;
    m->reference = store_view_reference(view);
    m->arena = call->arena;
    m->workspace = workspace_of_thread();
    m->on = q->on == ABSENT ? call->today : q->on;
    m->limit = q->limit;
    m->kinds = q->kinds;
    m->nationwide = q->nationwide;
    m->grace = q->grace;
    if (!rights_everywhere(call)) {
        m->people_in = call->territory ? call->territory : &nowhere;
        m->sees = sees;
        m->seer = call;
    }
    call->view = view;
    return call_weights(call, q->structure_weights, q->person_weights,
                        &m->structure_weights, &m->person_weights);
}

enum err question_begin(struct store_view *view, struct call *call,
                        const struct question *q, struct match *m,
                        const struct market **market)
{
    enum err e = question_prepare(view, call, q, m);

    return e ? e : question_market(view, call, q->market, market);
}

enum err question_market(struct store_view *view, struct call *call,
                         struct slice id, const struct market **market)
{
    const void *found;
    enum err e = entity_get(view, call, ENTITY_MARKET, id, &found, NULL);

    if (e == ERR_NOT_FOUND)
        call_refuse(call, e, "market", "no market has this id");
    if (e)
        return e;
    *market = found;
    return ERR_NONE;
}

enum err question_territory(struct store_view *view, struct call *call,
                            struct slice code, struct territory *out)
{
    const struct reference *ref = store_view_reference(view);
    struct territory set;
    enum err e;

    if ((e = territory_read(ref, call->arena, (struct slices){&code, 1},
                            &set)) ||
        (e = territory_flatten(ref, call->arena, &set, out)))
        return e;
    if (!out->n)
        return call_refuse(call, ERR_UNKNOWN_TERRITORY, "territory",
                           "a code such as DEP:76, REG:28, EPCI:200023414 or "
                           "COM:76540 that exists today");
    return ERR_NONE;
}

enum err question_lot(struct call *call, const struct market *market,
                      int64_t lot, int64_t job)
{
    size_t lots = market->lots.n;

    if ((size_t)lot > lots)
        return call_refuse(call, ERR_NOT_FOUND, "lot",
                           "this market has lots 1 to %zu", lots);
    if (job != ABSENT && (size_t)job > market->lots.at[lot - 1].jobs.n)
        return call_refuse(call, ERR_NOT_FOUND, "job", "this lot has %zu jobs",
                           market->lots.at[lot - 1].jobs.n);
    return ERR_NONE;
}

size_t question_tables(const struct reference *ref, uint32_t rules,
                       struct slice *out)
{
    size_t n = 0;

    for (size_t i = 0; i < ref->n_tables; i++)
        if (!reference_is_rules(&ref->tables[i]))
            out[n++] = ref->tables[i].stamp;
    for (int i = 0; i < RULE_TABLES; i++)
        if (rules & BIT(i))
            out[n++] = reference_rule_stamp(ref, (enum rule_table)i);
    return n;
}

enum err question_end(struct call *call, const struct match *m,
                      struct slices *reference)
{
    const struct reference *r = m->reference;
    struct slice *list =
        arena_array(m->arena, r->n_tables + RULE_TABLES, sizeof *list);

    if (!list)
        return ERR_NOMEM;
    *reference = (struct slices){list, question_tables(r, m->rules, list)};
    call->scanned = m->scanned;
    call->scored = m->scored;
    return ERR_NONE;
}
