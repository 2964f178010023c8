/*
 * hours.pool: gather the works of open lots that carry a clause, let
 * engine/match find who goes with whom.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/match/hours.h"
#include "engine/match/pool.h"
#include "engine/match/territory.h"
#include "engine/question.h"

/* One market of 512 KiB at most as it is stored. */
#define MARKET_BYTES_MAX (64u << 20)

struct pool {
    struct store_view *view;
    struct call *call;
    const struct ask_hours_pool *ask;
    const struct reference *ref;
    struct answer_hours_pool *answer;
    struct pool_limits limits;
    struct arena *scratch;
    struct territory within;
    struct pool_work *works;
    size_t n;
    size_t n_seeds; /* of a market: they come first */
};

static struct slice copy(const struct pool *p, struct slice text)
{
    return text.data ? arena_copy(p->call->arena, text) : text;
}

/* Is a work of a question about a market near enough to one of its works? */
static int is_near(const struct pool *p, const struct pool_work *w)
{
    const struct commune *here = &p->ref->communes[w->commune];

    for (size_t i = 0; i < p->n_seeds; i++) {
        const struct commune *there = &p->ref->communes[p->works[i].commune];

        if (here == there ||
            (here->centred && there->centred &&
             reference_within(here->at, there->at, (unsigned)p->limits.km)))
            return 1;
    }
    return 0;
}

static int is_wanted(const struct pool *p, const struct pool_work *w)
{
    if (w->seed && p->ask->market.data)
        return 1;
    if (p->ask->market.data)
        return is_near(p, w);
    return territory_holds(p->ref, &p->within, w->commune);
}

static enum err add_work(struct pool *p, const struct market *m, int64_t lot,
                         struct pool_work *w)
{
    if (p->n == POOL_WORKS_MAX)
        return call_refuse(p->call, ERR_REPLY_TOO_LARGE,
                           p->ask->market.data ? "km" : "territory",
                           "more than %d jobs: ask for less", POOL_WORKS_MAX);
    w->market = copy(p, m->id);
    w->buyer = copy(p, m->buyer ? m->buyer->name : (struct slice){NULL, 0});
    w->title = copy(p, w->title);
    w->lot = lot;
    p->works[p->n++] = *w;
    return w->market.data ? ERR_NONE : ERR_NOMEM;
}

static enum err add_lot(struct pool *p, const struct market *m, int64_t number,
                        int seed)
{
    const struct lot *lot = &m->lots.at[number - 1];
    enum err e = ERR_NONE;

    for (size_t i = 0; i < lot->jobs.n && !e; i++) {
        struct pool_work w;
        int whole = pool_work_of(p->ref, lot, i, p->limits.week, &w);

        w.seed = seed;
        if (!whole)
            p->answer->incomplete += w.clause != 0;
        else if (w.until >= p->answer->on && is_wanted(p, &w))
            e = add_work(p, m, number, &w);
    }
    return e;
}

/* The lots that were asked about: all of the market, or one. */
static enum err add_seeds(struct pool *p)
{
    const struct ask_hours_pool *ask = p->ask;
    const struct market *m;
    enum err e = question_market(p->view, p->call, ask->market, &m);

    if (e || (ask->lot != ABSENT &&
              (e = question_lot(p->call, m, ask->lot, ABSENT))))
        return e;
    for (size_t i = 0; i < m->lots.n && !e; i++)
        if (ask->lot == ABSENT || (size_t)ask->lot == i + 1)
            e = add_lot(p, m, (int64_t)i + 1, 1);
    p->n_seeds = p->n;
    return e;
}

static enum err add_market(struct pool *p, const struct market *m)
{
    int is_asked = p->ask->market.data && slice_equal(m->id, p->ask->market);
    enum err e = ERR_NONE;

    for (size_t i = 0; i < m->lots.n && !e; i++)
        if (!is_asked ||
            (p->ask->lot != ABSENT && (size_t)p->ask->lot != i + 1))
            e = add_lot(p, m, (int64_t)i + 1, !p->ask->market.data);
    return e;
}

static enum err add_all(struct pool *p)
{
    struct slice id = {NULL, 0};
    struct record record;
    enum err e;

    while (!(e = store_next(p->view, ENTITY_MARKET, id, &id, &record))) {
        void *market;

        arena_reset(p->scratch);
        if ((e = entity_decode(ENTITY_MARKET, &record, p->scratch, &market)))
            return e;
        if (rights_read(p->call, p->view, ENTITY_MARKET, market) &&
            match_market_open(market, p->answer->on) &&
            (e = add_market(p, market)))
            return e;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* ---- The verb -------------------------------------------------------------
 */

static int64_t said_or(int64_t said, const struct hours_method *m,
                       const char *rule, int64_t on)
{
    return said != ABSENT ? said : hours_rule(m, rule, on);
}

static enum err check_ask(struct pool *p)
{
    const struct ask_hours_pool *ask = p->ask;

    if (!ask->market.data == !ask->territory.data)
        return call_refuse(p->call, ERR_MISSING_FIELD, "market",
                           "name one market or one territory");
    if (ask->lot != ABSENT && !ask->market.data)
        return call_refuse(p->call, ERR_MISSING_FIELD, "market",
                           "a lot is one of a market: name it");
    if (!ask->territory.data)
        return ERR_NONE;
    return question_territory(p->view, p->call, ask->territory, &p->within);
}

static enum err sign(struct pool *p)
{
    static const char *const named[] = {"centres", "communes", "rome-links"};
    const struct reference *ref = p->ref;
    struct slice *list =
        arena_array(p->call->arena, ref->n_tables + 1, sizeof *list);
    size_t n = 0;

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < ref->n_tables; i++)
        for (size_t k = 0; k < sizeof named / sizeof *named; k++)
            if (slice_equal(slice_of(ref->tables[i].name), slice_of(named[k])))
                list[n++] = ref->tables[i].stamp;
    list[n++] = reference_rule_stamp(ref, RULES_HOURS);
    p->answer->reference = (struct slices){list, n};
    p->answer->rules = MATCH_RULES;
    return ERR_NONE;
}

static void find_limits(struct pool *p)
{
    const struct ask_hours_pool *ask = p->ask;
    struct slice none = {NULL, 0};
    int64_t on = p->answer->on;
    struct hours_method m = hours_method(p->ref, none, NULL, on);

    p->limits =
        (struct pool_limits){said_or(ask->km, &m, "POOL_KM", on),
                             said_or(ask->gap_days, &m, "POOL_GAP_DAYS", on),
                             said_or(ask->hours_week, &m, "WEEK", on),
                             hours_rule(&m, "POOL_MONTHS", on), ask->limit};
    p->answer->km = p->limits.km;
    p->answer->gap_days = p->limits.gap_days;
    p->answer->hours_week = p->limits.week;
}

static enum err answer_pool(struct pool *p)
{
    enum err e;

    p->answer->incomplete = 0;
    find_limits(p);
    p->works = arena_array(p->call->arena, POOL_WORKS_MAX, sizeof *p->works);
    if (!p->works)
        return ERR_NOMEM;
    if ((e = check_ask(p)) || (e = sign(p)) ||
        (p->ask->market.data && (e = add_seeds(p))) || (e = add_all(p)))
        return e;
    p->answer->jobs = (int64_t)p->n;
    return pool_search(p->ref, p->call->arena, p->works, p->n, &p->limits,
                       &p->answer->paths);
}

enum err handle_hours_pool(struct store_view *view, struct call *call,
                           const struct ask_hours_pool *ask,
                           struct answer_hours_pool *answer)
{
    struct pool p = {.view = view,
                     .call = call,
                     .ask = ask,
                     .ref = store_view_reference(view),
                     .answer = answer};
    enum err e = ERR_NOMEM;

    answer->on = ask->on == ABSENT ? call->today : ask->on;
    if ((p.scratch = arena_new(MARKET_BYTES_MAX)))
        e = answer_pool(&p);
    arena_free(p.scratch);
    return e;
}
