/*
 * hours.summary: every clause that is asked about, one market after the
 * other, in the order of ids.
 *
 * A question for a worker: of a country with 50,000 markets each is decoded
 * and its hours are read, at some ten microseconds and one for each entry.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/people_shown.h"
#include "engine/match/hours_groups.h"
#include "engine/match/match.h"
#include "engine/match/territory.h"
#include "engine/question.h"
#include "store/index.h"

/* A market of 512 KiB at most, and its hours: some 200 bytes each. */
#define MARKET_BYTES_MAX (256u << 20)

struct summary {
    struct store_view *view;
    struct call *call;
    const struct ask_hours_summary *ask;
    const struct reference *ref;
    int64_t on;
    struct index_reader *reader;
    struct arena *scratch; /* of one market */
    struct territory within;
    struct hours_groups groups;
    struct hours_sum total;
    struct answer_hours_summary *answer;
    const struct market *market;
    struct hours_list entries; /* of the market */
    size_t next;               /* of them */
};

/* ---- Rows -----------------------------------------------------------------
 */

static void tell_persons(const struct summary *s, struct hours_sum *sum,
                         struct hours_row *row)
{
    int64_t n = hours_sum_persons(sum);

    row->persons = n ? people_count(s->call, n) : 0;
}

static enum err tell_alerts(const struct summary *s, uint32_t alerts,
                            struct ints *out)
{
    int64_t *at = arena_array(s->call->arena, hours_alert_words, sizeof *at);

    if (!at)
        return ERR_NOMEM;
    *out = (struct ints){at, 0};
    for (int64_t i = 0; i < hours_alert_words; i++)
        if (alerts >> i & 1)
            at[out->n++] = i;
    return ERR_NONE;
}

static enum err tell(const struct summary *s, struct hours_sum *sum,
                     struct hours_row *row)
{
    const struct hours_figures *f = &sum->figures;

    row->clauses = sum->clauses;
    row->late = sum->late;
    row->from = f->from;
    row->until = f->until;
    row->due = f->due;
    row->planned = f->planned;
    row->committed = f->committed;
    row->done = f->done;
    row->counted = f->counted;
    row->expected = f->expected;
    row->remaining = f->remaining;
    row->surplus = f->surplus;
    row->progress = hours_progress(f->counted, f->due);
    tell_persons(s, sum, row);
    return tell_alerts(s, f->alerts, &row->alerts);
}

/* The row that comes next, or NULL: it is not wanted, or one too many. */
static struct hours_row *next_row(struct summary *s,
                                  const struct hours_sum *sum)
{
    struct hours_row_list *rows = &s->answer->rows;

    if (s->ask->alerts == 1 && !sum->figures.alerts)
        return NULL;
    if (rows->n == (size_t)s->ask->limit) {
        s->answer->more++;
        return NULL;
    }
    return &rows->at[rows->n++];
}

static struct slice copy(const struct summary *s, struct slice text)
{
    return text.data ? arena_copy(s->call->arena, text) : text;
}

static void name_market(const struct summary *s, const struct lot *lot,
                        struct hours_row *row)
{
    const struct market *m = s->market;

    row->market = copy(s, m->id);
    row->object = copy(s, lot && lot->object.data ? lot->object : m->object);
    if (m->buyer) {
        row->buyer = copy(s, m->buyer->siret);
        row->name = copy(s, m->buyer->name);
    }
}

/* ---- Clauses --------------------------------------------------------------
 */

static enum err tell_clause(struct summary *s, const struct hours_clause *c,
                            int64_t lot, int64_t clause, struct hours_sum *sum)
{
    struct hours_row *row = next_row(s, sum);

    if (!row)
        return ERR_NONE;
    name_market(s, c->lot, row);
    row->lot = lot;
    row->clause = clause;
    row->counting = copy(s, c->method.names[0]);
    return tell(s, sum, row);
}

static enum err group_of(struct summary *s, const struct lot *lot,
                         struct hours_sum **out)
{
    const struct buyer *b = s->market->buyer;
    struct slice key = {"", 0}, name = {NULL, 0};
    enum err e = ERR_NONE;

    if (s->ask->by == BY_MARKET)
        key = s->market->id;
    else if (s->ask->by != BY_BUYER)
        e = hours_territory(s->ref, s->scratch, lot,
                            (enum hours_by_word)s->ask->by, &key);
    else if (b) {
        key = b->siret;
        name = b->name;
    }
    if (!key.data)
        key = (struct slice){"", 0};
    return e ? e : hours_group(&s->groups, s->call->arena, key, name, out);
}

static enum err add_clause(struct summary *s, const struct hours_clause *c,
                           int64_t lot, int64_t clause,
                           const struct hours *entries, size_t n)
{
    struct hours_sum one = {.persons = NULL};
    struct hours_sum *group;
    struct hours_figures f;
    enum err e;

    hours_count(c, entries, n, &f);
    if ((e = hours_sum_add(&s->total, &f, entries, n, s->on)))
        return e;
    if (s->ask->by != BY_CLAUSE)
        return (e = group_of(s, c->lot, &group))
                   ? e
                   : hours_sum_add(group, &f, entries, n, s->on);
    if (!(e = hours_sum_add(&one, &f, entries, n, s->on)))
        e = tell_clause(s, c, lot, clause, &one);
    hours_sum_fini(&one);
    return e;
}

/* The entries of this clause, which come in the order of clauses. */
static const struct hours *entries_of(struct summary *s, int64_t lot,
                                      int64_t clause, size_t *n)
{
    const struct hours_list *all = &s->entries;
    size_t first;

    while (s->next < all->n &&
           (all->at[s->next].lot < lot ||
            (all->at[s->next].lot == lot && all->at[s->next].clause < clause)))
        s->next++;
    first = s->next;
    while (s->next < all->n && all->at[s->next].lot == lot &&
           all->at[s->next].clause == clause)
        s->next++;
    *n = s->next - first;
    return *n ? all->at + first : NULL;
}

static enum err add_lot(struct summary *s, int64_t number)
{
    const struct lot *lot = &s->market->lots.at[number - 1];
    struct slice named = s->ask->counting;
    int touches = rights_lot(s->call, s->view, lot);
    enum err e = ERR_NONE;

    if (touches && s->ask->territory.data)
        e = hours_touches(s->ref, s->scratch, lot, &s->within, &touches);
    for (size_t i = 0; i < lot->clauses.n && !e && touches; i++) {
        const struct clause *clause = &lot->clauses.at[i];
        struct hours_clause c = {
            hours_method(s->ref, named.data ? named : clause->counting,
                         s->market->buyer, s->on),
            s->market, lot, clause, s->on};
        size_t n;
        const struct hours *at = entries_of(s, number, (int64_t)i + 1, &n);

        if (n || clause->hours != ABSENT)
            e = add_clause(s, &c, number, (int64_t)i + 1, at, n);
    }
    return e;
}

static enum err add_market(struct summary *s, const struct market *m)
{
    enum err e;

    if (s->ask->buyer.data &&
        (!m->buyer || !slice_equal(m->buyer->siret, s->ask->buyer)))
        return ERR_NONE;
    s->market = m;
    s->next = 0;
    e = hours_of_market(s->view, s->reader, m->id, s->scratch, &s->entries);
    for (size_t i = 0; i < m->lots.n && !e; i++)
        if (s->ask->lot == ABSENT || (size_t)s->ask->lot == i + 1)
            e = add_lot(s, (int64_t)i + 1);
    return e;
}

/* ---- Markets --------------------------------------------------------------
 */

static enum err add_all(struct summary *s)
{
    struct slice id = {NULL, 0};
    struct record record;
    enum err e;

    while (!(e = store_next(s->view, ENTITY_MARKET, id, &id, &record))) {
        void *market;

        arena_reset(s->scratch);
        if ((e = entity_decode(ENTITY_MARKET, &record, s->scratch, &market)))
            return e;
        if (rights_read(s->call, s->view, ENTITY_MARKET, market) &&
            (e = add_market(s, market)))
            return e;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static enum err add_one(struct summary *s)
{
    const struct ask_hours_summary *ask = s->ask;
    const struct market *market;
    enum err e = question_market(s->view, s->call, ask->market, &market);

    if (!e && ask->lot != ABSENT)
        e = question_lot(s->call, market, ask->lot, ABSENT);
    return e ? e : add_market(s, market);
}

static enum err tell_groups(struct summary *s)
{
    enum err e = ERR_NONE;

    for (size_t i = 0; i < s->groups.n && !e; i++) {
        struct hours_sum *sum = s->groups.at[i];
        struct hours_row *row = next_row(s, sum);

        if (!row)
            continue;
        if (s->ask->by == BY_MARKET)
            row->market = sum->key;
        else if (s->ask->by == BY_BUYER && sum->key.len)
            row->buyer = sum->key;
        else if (sum->key.len)
            row->territory = sum->key;
        if (sum->name.len)
            row->name = sum->name;
        e = tell(s, sum, row);
    }
    return e;
}

/* ---- The verb -------------------------------------------------------------
 */

static enum err check_ask(struct summary *s)
{
    const struct ask_hours_summary *ask = s->ask;

    if (ask->lot != ABSENT && !ask->market.data)
        return call_refuse(s->call, ERR_MISSING_FIELD, "market",
                           "a lot is one of a market: name it");
    if (ask->counting.data && !hours_method_known(s->ref, ask->counting, s->on))
        return call_refuse(s->call, ERR_NOT_FOUND, "counting",
                           "the table `hours' has no such counting method");
    if (!ask->territory.data)
        return ERR_NONE;
    return question_territory(s->view, s->call, ask->territory, &s->within);
}

static enum err summarise(struct summary *s)
{
    struct hours_row *at = shape_array(s->call->arena, &shape_hours_row,
                                       (size_t)s->ask->limit + 1);
    struct slice *stamp = arena_array(s->call->arena, 1, sizeof *stamp);
    struct answer_hours_summary *answer = s->answer;
    enum err e;

    if (!at || !stamp)
        return ERR_NOMEM;
    answer->total = at++;
    answer->rows = (struct hours_row_list){at, 0};
    answer->more = 0;
    answer->on = s->on;
    answer->by = s->ask->by;
    answer->rules = MATCH_RULES;
    *stamp = reference_rule_stamp(s->ref, RULES_HOURS);
    answer->reference = (struct slices){stamp, 1};
    if ((e = check_ask(s)) ||
        (e = index_reader_begin(s->view, INDEX_HOURS, &s->reader)))
        return e;
    e = s->ask->market.data ? add_one(s) : add_all(s);
    index_reader_end(s->reader);
    if (e || (e = tell_groups(s)))
        return e;
    return tell(s, &s->total, answer->total);
}

enum err handle_hours_summary(struct store_view *view, struct call *call,
                              const struct ask_hours_summary *ask,
                              struct answer_hours_summary *answer)
{
    struct summary s = {.view = view,
                        .call = call,
                        .ask = ask,
                        .ref = store_view_reference(view),
                        .on = ask->on == ABSENT ? call->today : ask->on,
                        .answer = answer,
                        .total.figures = {.from = ABSENT, .until = ABSENT}};
    enum err e = ERR_NOMEM;

    if ((s.scratch = arena_new(MARKET_BYTES_MAX)))
        e = summarise(&s);
    arena_free(s.scratch);
    hours_groups_fini(&s.groups);
    hours_sum_fini(&s.total);
    return e;
}
