/*
 * hours.record: all entries of a statement, or none.
 *
 * The same hour of a person is written once: under one key (person, clause,
 * what it was, first day), in days that no other entry of the same kind holds,
 * and never more in a stretch of days than somebody may work.  So an hour that
 * is told for two clauses is refused, unless its shares are told together.
 *
 * Ids begin with the person's token (of hours that are nobody's yet, with a
 * hash of the clause), the state and the first day: what must be compared
 * stands side by side.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/match/hours_count.h"
#include "engine/token.h"
#include "protocol/civil.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hours done are told by the month at most, so that few entries need a look. */
#define DONE_DAYS_MAX 31

/* One entry, or the share of it that one clause has. */
struct line {
    struct hours hours;
    struct slice owner; /* what its id begins with */
    const char *path;   /* "entries[2]" */
    int replace;
};
struct recording {
    struct store_view *view;
    struct call *call;
    struct hours_method method;  /* the national one */
    const struct market *market; /* looked at last */
    struct line *lines;
    size_t n;
    const struct line **order; /* by id, as the store has them */
    struct arena *scratch;     /* of one stored entry */
};

static enum err refuse(struct recording *r, const char *path, const char *field,
                       enum err e, const char *hint)
{
    return call_refuse(r->call, e,
                       arena_format(r->call->arena, "%s.%s", path, field).data,
                       "%s", hint);
}

/* ---- What is told ---------------------------------------------------------
 */

static enum err check_clause(struct recording *r, const char *path,
                             struct slice market, int64_t lot, int64_t clause)
{
    const void *found;
    enum err e;

    if (!r->market || !slice_equal(r->market->id, market)) {
        e = entity_get(r->view, r->call, ENTITY_MARKET, market, &found, NULL);
        if (e == ERR_NOT_FOUND)
            return refuse(r, path, "market", e, "no market has this id");
        if (e)
            return e;
        r->market = found;
    }
    if ((size_t)lot > r->market->lots.n)
        return refuse(r, path, "lot", ERR_NOT_FOUND,
                      "this market has fewer lots");
    if ((size_t)clause > r->market->lots.at[lot - 1].clauses.n)
        return refuse(r, path, "clause", ERR_NOT_FOUND,
                      "this lot has fewer clauses");
    return ERR_NONE;
}

static enum err check_shares(struct recording *r, const char *path,
                             const struct hours_entry *e)
{
    int64_t sum = 0;

    if (!e->parts.n == !e->market.data)
        return refuse(r, path, "market", ERR_MISSING_FIELD,
                      "name one market, or parts of several clauses");
    if (!e->parts.n)
        return ERR_NONE;
    if (!e->pooling.data)
        return refuse(r, path, "pooling", ERR_MISSING_FIELD,
                      "an hour is shared under an agreement: name it");
    for (size_t i = 0; i < e->parts.n; i++)
        sum += e->parts.at[i].share;
    if (sum != BASIS)
        return refuse(r, path, "parts", ERR_SHARES_SUM,
                      "basis points, 10000 together");
    return ERR_NONE;
}

static enum err check_days(struct recording *r, const char *path,
                           const struct hours_entry *e, int64_t until)
{
    if (until < e->from)
        return refuse(r, path, "from", ERR_BAD_ORDER, "from is after until");
    if (e->state != HOURS_DONE)
        return ERR_NONE;
    if (until > r->call->today)
        return refuse(r, path, "until", ERR_RANGE,
                      "hours that are done lie in the past");
    if (until - e->from >= DONE_DAYS_MAX)
        return refuse(r, path, "until", ERR_RANGE,
                      "hours that are done are told by the month at most: 31 "
                      "days");
    return ERR_NONE;
}

static enum err check_person(struct recording *r, const char *path,
                             const struct hours_entry *e)
{
    if (!e->person.data && e->state == HOURS_DONE)
        return refuse(r, path, "person", ERR_MISSING_FIELD,
                      "whose hours? give the pseudonym");
    return ERR_NONE;
}

/* ---- Lines ----------------------------------------------------------------
 */

static uint64_t clause_hash(const struct hours *h, int64_t item)
{
    char tail[48];
    int n = snprintf(tail, sizeof tail, "/%" PRId64 "/%" PRId64 "/%" PRId64,
                     h->lot, h->clause, item);
    struct slice parts[2] = {h->market, {tail, (size_t)n}};
    unsigned char hash[16];
    uint64_t out;

    store_hash(parts, 2, hash);
    memcpy(&out, hash, sizeof out);
    return out;
}

/* The beginning of ids of this owner and state, from a day on. */
static struct slice id_from(struct recording *r, const struct line *l,
                            int64_t day)
{
    struct civil at = civil_date(day < DATE_MIN ? DATE_MIN : day);

    return arena_format(r->call->arena, "%.*s-%c-%04d%02d%02d",
                        (int)l->owner.len, l->owner.data,
                        *words_hours_state.words[l->hours.state], at.year,
                        at.month, at.day);
}

static enum err name_line(struct recording *r, struct line *l)
{
    struct arena *arena = r->call->arena;
    struct slice from;

    l->owner = l->hours.person.data
                   ? l->hours.person
                   : arena_format(arena, "%016" PRIx64,
                                  clause_hash(&l->hours, ABSENT));
    from = id_from(r, l, l->hours.from);
    l->hours.id =
        arena_format(arena, "%.*s-%016" PRIx64, (int)from.len, from.data,
                     clause_hash(&l->hours, l->hours.item));
    return l->hours.id.len ? ERR_NONE : ERR_NOMEM;
}

/* The hundredths of part I: the floor of its share, and what that leaves goes
 * to the first. */
static int64_t part_of(const struct hours_entry *e, size_t i)
{
    int64_t rest = e->hundredths;

    if (i)
        return e->hundredths * e->parts.at[i].share / BASIS;
    for (size_t k = 1; k < e->parts.n; k++)
        rest -= part_of(e, k);
    return rest;
}

static enum err add_line(struct recording *r, const char *path,
                         const struct hours_entry *e,
                         const struct hours_part *at, struct slice token,
                         int64_t hundredths)
{
    struct line *l = &r->lines[r->n++];

    shape_clear(&shape_hours, &l->hours);
    l->path = path;
    l->replace = e->replace == 1;
    l->hours.person = token;
    l->hours.market = at->market;
    l->hours.lot = at->lot;
    l->hours.clause = at->clause;
    l->hours.state = e->state;
    l->hours.from = e->from;
    l->hours.until = e->until == ABSENT ? e->from : e->until;
    l->hours.hundredths = hundredths;
    l->hours.item = e->item;
    l->hours.contract = e->contract;
    l->hours.pooling = e->pooling;
    l->hours.eligible_until = e->eligible_until;
    return name_line(r, l);
}

/* Check an entry by itself and make its lines. */
static enum err take_entry(struct recording *r, size_t number,
                           const struct hours_entry *e)
{
    struct hours_part whole = {e->market, e->lot, e->clause, BASIS};
    size_t n = e->parts.n ? e->parts.n : 1;
    const struct hours_part *parts = e->parts.n ? e->parts.at : &whole;
    struct arena *arena = r->call->arena;
    const char *path = arena_format(arena, "entries[%zu]", number).data;
    char *token = NULL;
    enum err err;

    if ((err = check_person(r, path, e)) || (err = check_shares(r, path, e)) ||
        (err = check_days(r, path, e, e->until == ABSENT ? e->from : e->until)))
        return err;
    if (e->person.data) {
        if (!(token = arena_alloc(arena, TOKEN_BYTES + 1)))
            return ERR_NOMEM;
        token_of(e->person, token);
        call_saw(r->call, e->person);
    }
    for (size_t i = 0; i < n && !err; i++) {
        const char *at =
            e->parts.n ? arena_format(arena, "%s.parts[%zu]", path, i + 1).data
                       : path;

        err =
            check_clause(r, at, parts[i].market, parts[i].lot, parts[i].clause);
        if (!err)
            err = add_line(r, at, e, &parts[i], slice_of(token),
                           e->parts.n ? part_of(e, i) : e->hundredths);
    }
    return err;
}

/* ---- What is there already ------------------------------------------------
 */

/* Entries of a person that share days with a line. */
struct overlap {
    int64_t from;
    int64_t until;
    int64_t hundredths;
};

static int same_clause(const struct hours *a, const struct hours *b)
{
    return a->lot == b->lot && a->clause == b->clause && a->item == b->item &&
           slice_equal(a->market, b->market);
}

static int compare_lines(const void *left, const void *right)
{
    const struct line *a = *(const struct line *const *)left;
    const struct line *b = *(const struct line *const *)right;
    int order = slice_compare(a->hours.id, b->hours.id);

    return order ? order : (a > b) - (a < b);
}

static enum err sort_lines(struct recording *r)
{
    r->order = arena_array(r->call->arena, r->n, sizeof(struct line *));
    if (!r->order)
        return ERR_NOMEM;
    for (size_t i = 0; i < r->n; i++)
        r->order[i] = &r->lines[i];
    qsort(r->order, r->n, sizeof(struct line *), compare_lines);
    return ERR_NONE;
}

/* The first in `order` whose id is ID or comes after it. */
static size_t find_line(const struct recording *r, struct slice id)
{
    size_t low = 0, high = r->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (slice_compare(r->order[middle]->hours.id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Will the statement put another entry in the place of this one? */
static int is_replaced(const struct recording *r, struct slice id)
{
    size_t i = find_line(r, id);

    return i < r->n && r->order[i]->replace &&
           slice_equal(r->order[i]->hours.id, id);
}

static int begins_with(struct slice id, struct slice prefix)
{
    return id.len > prefix.len && !memcmp(id.data, prefix.data, prefix.len);
}

/* Compare a line with hours that are there, or come before it in the
 * statement. */
static enum err meet(struct recording *r, const struct line *l,
                     const struct hours *other, struct overlap *all)
{
    char from[11];

    if (other->from > l->hours.until || other->until < l->hours.from)
        return ERR_NONE;
    if (same_clause(&l->hours, other)) {
        civil_format_date(other->from, from);
        return refuse(
            r, l->path, "from", ERR_HOURS_TWICE,
            arena_format(r->call->arena,
                         "an entry from %s on holds %" PRId64 ".%02" PRId64
                         " hours of these days; `replace' "
                         "corrects one that begins on the same day",
                         from, other->hundredths / 100, other->hundredths % 100)
                .data);
    }
    if (other->from < all->from)
        all->from = other->from;
    if (other->until > all->until)
        all->until = other->until;
    all->hundredths += other->hundredths;
    return ERR_NONE;
}

static enum err meet_stored(struct recording *r, const struct line *l,
                            struct slice id, struct slice prefix,
                            struct overlap *all)
{
    struct record record;
    enum err e;

    while (!(e = store_next(r->view, ENTITY_HOURS, id, &id, &record)) &&
           begins_with(id, prefix)) {
        void *other;

        if (is_replaced(r, id))
            continue;
        arena_reset(r->scratch);
        if ((e = entity_decode(ENTITY_HOURS, &record, r->scratch, &other)) ||
            (e = meet(r, l, other, all)))
            return e;
        if (((struct hours *)other)->from > l->hours.until)
            break;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* With those before it in the statement. */
static enum err meet_told(struct recording *r, const struct line *l,
                          struct slice id, struct slice prefix,
                          struct overlap *all)
{
    enum err e = ERR_NONE;

    for (size_t i = find_line(r, id); i < r->n && !e; i++) {
        const struct line *other = r->order[i];

        if (!begins_with(other->hours.id, prefix) ||
            other->hours.from > l->hours.until)
            break;
        if (other < l)
            e = meet(r, l, &other->hours, all);
    }
    return e;
}

static enum err check_line(struct recording *r, const struct line *l)
{
    struct overlap all = {l->hours.from, l->hours.until, l->hours.hundredths};
    int done = l->hours.state == HOURS_DONE;
    struct slice prefix = {l->hours.id.data, l->owner.len + 3};
    struct slice id =
        id_from(r, l, done ? l->hours.from - DONE_DAYS_MAX : DATE_MIN);
    enum err e = id.data ? ERR_NONE : ERR_NOMEM;

    if (e || (e = meet_stored(r, l, id, prefix, &all)) ||
        (e = meet_told(r, l, id, prefix, &all)) || !done)
        return e;
    if (all.hundredths >
        hours_most(&r->method, all.until - all.from + 1, l->hours.from))
        return refuse(r, l->path, "hundredths", ERR_HOURS_TOO_MANY,
                      "with what is recorded of these days it is more than "
                      "the law lets one person work; hours of two clauses "
                      "are shared by `parts'");
    return ERR_NONE;
}

/* ---- The verb -------------------------------------------------------------
 */

static enum err begin(struct recording *r, const struct hours_entry_list *list)
{
    size_t n = 0;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < list->n; i++)
        n += list->at[i].parts.n ? list->at[i].parts.n : 1;
    r->lines = arena_array(r->call->arena, n, sizeof *r->lines);
    r->method = hours_method(store_view_reference(r->view),
                             (struct slice){NULL, 0}, NULL, r->call->today);
    if (!r->lines)
        return ERR_NOMEM;
    for (size_t i = 0; i < list->n && !e; i++)
        e = take_entry(r, i + 1, &list->at[i]);
    if (e || (e = sort_lines(r)))
        return e;
    for (size_t i = 0; i < r->n && !e; i++)
        e = check_line(r, &r->lines[i]);
    return e;
}

enum err handle_hours_record(struct store_batch *batch, struct call *call,
                             const struct ask_hours_record *ask,
                             struct answer_hours_record *answer)
{
    struct recording r = {.view = store_batch_view(batch), .call = call};
    struct put_result result = {.revision = 0};
    enum err e = ERR_NOMEM;

    if ((r.scratch = arena_new(OBJECT_BYTES_MAX)))
        e = begin(&r, &ask->entries);
    arena_free(r.scratch);
    answer->recorded = (int64_t)r.n;
    answer->replaced = 0;
    for (size_t i = 0; i < r.n && !e; i++) {
        e = entity_put(batch, call, ENTITY_HOURS, &r.lines[i].hours,
                       r.lines[i].path, ABSENT, 0, &result);
        answer->replaced += !e && !result.created;
    }
    answer->rev = (int64_t)result.revision;
    return e;
}
