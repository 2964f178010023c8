/*
 * assess.market, assess.reserved and assess.scan: what a facilitator says to a
 * buyer.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/match/assess.h"
#include "engine/match/programme.h"
#include "engine/match/reserved.h"
#include "engine/question.h"

#include <stdlib.h>
#include <string.h>

/* Copy what the three questions have in common. */
#define TAKE_HOURS(a, ask)                                                     \
    ((a)->labour_share = (ask)->labour_share, (a)->rate = (ask)->rate,         \
     (a)->hourly_cost = (ask)->hourly_cost)

/* Say which rule it is that an imported table lacks. */
static enum err tell_lack(struct call *call, const struct assess *a, enum err e)
{
    if (e != ERR_NO_RULE)
        return e;
    return call_refuse(call, e, "on",
                       "the table assess in use has no %s that day: import one "
                       "that has",
                       a->rules.lacks);
}

/* ---- assess.market ------------------------------------------------------ */

/* Hours of labour are of one lot. */
static enum err check_lot(struct call *call, const struct market *market,
                          const struct ask_assess_market *ask)
{
    if (ask->lot != ABSENT)
        return question_lot(call, market, ask->lot, ABSENT);
    if (ask->labour_hours != ABSENT && market->lots.n > 1)
        return call_refuse(call, ERR_MISSING_FIELD, "lot",
                           "say which of the %zu lots has these hours",
                           market->lots.n);
    return ERR_NONE;
}

static enum err write_market(const struct assessment *found,
                             struct arena *arena,
                             struct answer_assess_market *answer)
{
    answer->obligation = shape_array(arena, &shape_obligation, 1);
    if (!answer->obligation)
        return ERR_NOMEM;
    *answer->obligation = found->obligation;
    answer->worth = found->worth;
    answer->hours = found->hours;
    answer->lots = found->lots;
    return ERR_NONE;
}

enum err handle_assess_market(struct store_view *view, struct call *call,
                              const struct ask_assess_market *ask,
                              struct answer_assess_market *answer)
{
    struct question q = {
        .market = ask->market, .on = ask->on, .grace = ask->grace};
    struct assessment found;
    const struct market *market;
    struct match m;
    struct assess a = {.m = &m,
                       .adjacent_km = ask->adjacent_km,
                       .labour_hours = ask->labour_hours};
    enum err e;

    TAKE_HOURS(&a, ask);
    if ((e = question_begin(view, call, &q, &m, &market)) ||
        (e = check_lot(call, market, ask)))
        return e;
    if (!(e = assess_begin(&a)))
        e = assess_market(&a, market, ask->lot, &found);
    assess_fini(&a);
    if ((e = tell_lack(call, &a, e)) ||
        (e = write_market(&found, call->arena, answer)))
        return e;
    return QUESTION_FINISH(answer, call, &q, &m, found.rough);
}

/* ---- assess.reserved ---------------------------------------------------- */

/* The reservation asked about: as said, else the lot's own. */
static enum err find_kind(struct call *call, const struct lot *lot,
                          int64_t said, int64_t *kind)
{
    *kind = said;
    for (size_t i = 0; i < lot->clauses.n && *kind == ABSENT; i++)
        if (reserved_is_kind(lot->clauses.at[i].kind))
            *kind = lot->clauses.at[i].kind;
    if (*kind == ABSENT)
        return call_refuse(call, ERR_MISSING_FIELD, "kind",
                           "the lot is not reserved: say RES_IAE, RES_HAND or "
                           "RES_MIX");
    if (!reserved_is_kind(*kind))
        return call_refuse(call, ERR_BAD_CODE, "kind",
                           "RES_IAE, RES_HAND or RES_MIX");
    return ERR_NONE;
}

static enum err check_reserved(struct call *call, const struct market *market,
                               const struct ask_assess_reserved *ask,
                               int64_t *kind)
{
    enum err e = question_lot(call, market, ask->lot, ABSENT);

    if (e ||
        (e = find_kind(call, &market->lots.at[ask->lot - 1], ask->kind, kind)))
        return e;
    if (*kind == CLAUSE_RES_MIX && market->contract_type == CONTRACT_CONCESSION)
        return call_refuse(call, ERR_CONCESSION_MIX_FORBIDDEN, "kind",
                           "say RES_IAE or RES_HAND");
    for (size_t i = 0; i < ask->history.n; i++)
        if (ask->history.at[i].positive > ask->history.at[i].asked)
            e = call_refuse(
                call, ERR_BAD_ORDER,
                arena_format(call->arena, "history[%zu].positive", i + 1).data,
                "at most as many as were asked for");
    return e;
}

static enum err write_reserved(const struct reserved *found,
                               struct arena *arena,
                               struct answer_assess_reserved *answer)
{
    struct assess_finding *points =
        shape_array(arena, &shape_assess_finding, RISK_POINTS);

    if (!points)
        return ERR_NOMEM;
    memcpy(points, found->risk.points, sizeof found->risk.points);
    answer->findings = (struct assess_finding_list){points, RISK_POINTS};
    answer->amount = found->amount;
    answer->hours = found->hours;
    answer->risk = found->risk.level;
    answer->no_offer = found->risk.no_offer;
    answer->smallest = found->smallest;
    answer->changes = found->changes;
    answer->splits = found->splits;
    answer->units = found->units;
    return ERR_NONE;
}

enum err handle_assess_reserved(struct store_view *view, struct call *call,
                                const struct ask_assess_reserved *ask,
                                struct answer_assess_reserved *answer)
{
    struct question q = {
        .market = ask->market, .on = ask->on, .limit = ask->limit};
    const struct market *market;
    struct reserved found;
    struct match m;
    struct assess a = {.m = &m, .labour_hours = ABSENT};
    int64_t kind;
    enum err e;

    TAKE_HOURS(&a, ask);
    if ((e = question_begin(view, call, &q, &m, &market)) ||
        (e = check_reserved(call, market, ask, &kind)) ||
        (e = tell_lack(call, &a,
                       reserved_judge(&a, market, ask->lot, kind, &ask->history,
                                      &found))) ||
        (e = write_reserved(&found, call->arena, answer)))
        return e;
    answer->lot = ask->lot;
    answer->kind = kind;
    return QUESTION_FINISH(answer, call, &q, &m, found.rough);
}

/* ---- assess.scan -------------------------------------------------------- */

static enum err read_named(struct store_view *view, struct call *call,
                           struct assess *a, struct slices ids,
                           struct programme *p)
{
    for (size_t i = 0; i < ids.n; i++) {
        const void *market;
        enum err e =
            entity_get(view, call, ENTITY_MARKET, ids.at[i], &market, NULL);

        if (e == ERR_NOT_FOUND)
            return call_refuse(
                call, e, arena_format(call->arena, "markets[%zu]", i + 1).data,
                "no market has this id");
        if (e || (e = programme_add(p, a, call->arena, market)))
            return e;
    }
    return ERR_NONE;
}

/* All reasons of what is POOR in the market, each once. */
static enum err list_reasons(struct match *m, const struct assessment *found,
                             struct ints *out)
{
    int64_t *at = arena_array(m->arena, assess_reason_words, sizeof *at);
    int told[assess_reason_words] = {0};
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < found->lots.n; i++) {
        const struct assess_finding_list *f = &found->lots.at[i].findings;

        for (size_t k = 0; k < f->n; k++)
            if (f->at[k].verdict == ASSESS_POOR)
                told[f->at[k].reason] = 1;
    }
    for (int64_t r = 0; r < assess_reason_words; r++)
        if (told[r])
            at[n++] = r;
    *out = (struct ints){at, n};
    return ERR_NONE;
}

static enum err write_row(struct match *m, const struct market *market,
                          const struct assessment *found,
                          struct assess_row *out)
{
    out->market = market->id;
    out->object = market->object;
    if (market->buyer)
        out->buyer = market->buyer->name;
    out->obligation = found->obligation.state;
    out->amount = found->obligation.amount;
    out->worth = found->worth;
    out->hours = found->hours;
    out->lots = (int64_t)found->lots.n;
    out->worth_lots = 0;
    for (size_t i = 0; i < found->lots.n; i++)
        out->worth_lots += found->lots.at[i].worth == WORTH_YES;
    return list_reasons(m, found, &out->reasons);
}

static enum err write_rows(struct store_view *view, struct call *call,
                           struct assess *a, const struct programme *p,
                           size_t from, size_t n,
                           struct answer_assess_scan *answer)
{
    struct assess_row *rows =
        shape_array(call->arena, &shape_assess_row, n + 1);
    struct assessment found;
    const void *market;
    enum err e;

    if (!rows)
        return ERR_NOMEM;
    answer->approximate = 0;
    for (size_t i = 0; i < n; i++) {
        struct slice id = slice_of(p->at[from + i].id);

        rows[i].rank = (int64_t)(from + i) + 1;
        if ((e = entity_get(view, call, ENTITY_MARKET, id, &market, NULL)) ||
            (e = assess_market(a, market, ABSENT, &found)) ||
            (e = write_row(a->m, market, &found, &rows[i])))
            return e;
        answer->approximate |= found.rough;
    }
    answer->rows = (struct assess_row_list){rows, n};
    return ERR_NONE;
}

/* A token is how many were told. */
static int read_token(struct slice token, size_t *from)
{
    *from = 0;
    for (size_t i = 0; i < token.len; i++) {
        if (token.data[i] < '0' || token.data[i] > '9' || i > 8)
            return 0;
        *from = *from * 10 + (size_t)(token.data[i] - '0');
    }
    return !token.data || token.len;
}

static enum err tell(struct store_view *view, struct call *call,
                     struct assess *a, const struct ask_assess_scan *ask,
                     struct programme *p, struct answer_assess_scan *answer)
{
    size_t from, n = (size_t)ask->page_size;

    if (!read_token(ask->page_token, &from))
        return call_refuse(call, ERR_BAD_TOKEN, "page_token",
                           "leave it out to begin again");
    programme_rank(p);
    answer->markets = (int64_t)p->n;
    if (from > p->n)
        from = p->n;
    if (n > p->n - from)
        n = p->n - from;
    if (from + n < p->n)
        answer->next = arena_format(call->arena, "%zu", from + n);
    return write_rows(view, call, a, p, from, n, answer);
}

enum err handle_assess_scan(struct store_view *view, struct call *call,
                            const struct ask_assess_scan *ask,
                            struct answer_assess_scan *answer)
{
    struct question q = {.on = ask->on, .grace = ask->grace};
    struct programme programme = {NULL, 0, 0};
    struct match m;
    struct assess a = {
        .m = &m, .adjacent_km = ask->adjacent_km, .labour_hours = ABSENT};
    enum err e;

    TAKE_HOURS(&a, ask);
    if ((e = question_prepare(view, call, &q, &m)))
        return e;
    if (!(e = assess_begin(&a)))
        e = ask->markets.n
                ? read_named(view, call, &a, ask->markets, &programme)
                : programme_read(&programme, &a);
    if (!e)
        e = tell(view, call, &a, ask, &programme, answer);
    programme_fini(&programme);
    assess_fini(&a);
    if ((e = tell_lack(call, &a, e)))
        return e;
    return QUESTION_SIGN(answer, call, &m, answer->approximate);
}
