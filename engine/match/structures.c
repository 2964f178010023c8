/*
 * The structures of a lot: the best of them, all of them counted, or one
 * explained.  Who is looked at is decided in structure_search.c; who matches,
 * in structure.c.
 */
#include "engine/match/structure_search.h"

/* siret, kind, name and commune: the first of the table. */
#define FIELDS_SHOWN 4

static enum err search(const struct lot_case *c, struct structure_ask *ask,
                       struct structure_winners *out)
{
    enum err e;

    if (c->m->without & MATCH_INDEX || !structure_ask_fits(c))
        return structure_search_plainly(c, out);
    e = structure_ask_read(c, ask);
    return e ? e : structure_search(ask, out);
}

/* ---- Answers ------------------------------------------------------------ */

static enum err hit_of_record(const struct lot_case *c, uint32_t number,
                              struct structure_hit *out)
{
    struct structure_result result;
    struct structure s;
    enum err e;

    if ((e = structure_read(c, number, &s)) ||
        (e = structure_judge(c, &s, &result)))
        return e;
    return structure_hit(c, &s, &result, out);
}

/* The row knows all but the words, which are the first of the record and need
 * no memory. */
static enum err hit_of_row(const struct structure_ask *ask,
                           const struct structure_winner *w, struct slice body,
                           struct structure_hit *out)
{
    const struct lot_case *c = ask->c;
    struct structure_result result;
    struct structure s;
    enum err e;

    if ((e = structure_row_result(ask, &w->block, w->row, w->level, w->seats,
                                  &w->place, &result)) ||
        (e = protocol_decode_first(&shape_structure, FIELDS_SHOWN, body,
                                   c->scratch, &s)))
        return e;
    return structure_hit(c, &s, &result, out);
}

/* The bodies of all winners, in the arena of the case: each is on its way
 * while the next ones are found, and while other hits are written. */
static enum err read_bodies(const struct lot_case *c,
                            const struct structure_winners *winners,
                            struct slice **out)
{
    struct slice *at = arena_array(c->arena, winners->n + 1, sizeof *at);
    enum err e = at ? ERR_NONE : ERR_NOMEM;

    for (size_t i = 0; i < winners->n; i++)
        store_body_soon(c->m->view, winners->at[i].number);
    for (size_t i = 0; i < winners->n && !e; i++) {
        e = store_get_body(c->m->view, ENTITY_STRUCTURE, winners->at[i].number,
                           &at[i]);
        __builtin_prefetch(at[i].data);
        __builtin_prefetch(at[i].data + 64);
    }
    *out = at;
    return e;
}

static enum err write_hits(const struct lot_case *c,
                           const struct structure_ask *ask,
                           const struct structure_winners *winners,
                           struct structure_hit_list *out)
{
    struct structure_hit *at;
    struct slice *bodies;
    enum err e;

    at = shape_array(c->m->arena, &shape_structure_hit, winners->n + 1);
    if (!at)
        return ERR_NOMEM;
    e = read_bodies(c, winners, &bodies);
    for (size_t i = 0; i < winners->n && !e; i++)
        e = winners->at[i].judged
                ? hit_of_record(c, winners->at[i].number, &at[i])
                : hit_of_row(ask, &winners->at[i], bodies[i], &at[i]);
    *out = (struct structure_hit_list){at, winners->n};
    return e;
}

enum err match_structures(struct match *m, const struct market *market,
                          int64_t lot, struct lot_answer *out)
{
    struct structure_winners winners;
    struct structure_ask ask;
    struct lot_case c;
    enum err e;

    if ((e = lot_case_init(&c, m, market, lot)))
        return e;
    if (!(e = search(&c, &ask, &winners)) &&
        !(e = write_hits(&c, &ask, &winners, &out->structures)))
        e = lot_case_describe(&c, out);
    lot_case_fini(&c);
    return e;
}

static enum err write_top(struct match *m,
                          const struct structure_winners *winners,
                          struct match_top *out)
{
    struct match_ranked *at = arena_array(m->arena, winners->n + 1, sizeof *at);

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < winners->n; i++)
        at[i] =
            (struct match_ranked){winners->at[i].number, winners->at[i].score};
    *out = (struct match_top){at, winners->n};
    return ERR_NONE;
}

enum err match_top_structures(struct match *m, const struct market *market,
                              int64_t lot, struct match_top *out)
{
    struct structure_winners winners;
    struct structure_ask ask;
    struct lot_case c;
    enum err e;

    if ((e = lot_case_init(&c, m, market, lot)))
        return e;
    if (!(e = search(&c, &ask, &winners)))
        e = write_top(m, &winners, out);
    lot_case_fini(&c);
    return e;
}

/* ---- Counts ------------------------------------------------------------- */

static enum err count_all(const struct lot_case *c, int64_t *candidates,
                          int64_t counts[reason_words])
{
    struct record record = {.number = 0};
    enum err e;

    while (!(e = store_next_numbered(c->m->view, ENTITY_STRUCTURE,
                                     record.number, &record))) {
        struct structure_result result;
        struct structure s;

        arena_reset(c->scratch);
        if ((e = protocol_decode_trusted(&shape_structure, record.body,
                                         c->scratch, &s)) ||
            (e = structure_judge(c, &s, &result)))
            return e;
        c->m->scanned++;
        if (result.reason != ABSENT && c->m->sees &&
            !c->m->sees(c->m->seer, ENTITY_STRUCTURE, &s))
            continue;
        ++*candidates;
        if (result.reason != ABSENT)
            counts[result.reason]++;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err match_count_structures(struct match *m, const struct market *market,
                                int64_t lot, struct tally *out)
{
    int64_t counts[reason_words] = {0}, candidates = 0;
    struct lot_case c;
    enum err e;

    if ((e = lot_case_init(&c, m, market, lot)))
        return e;
    if (!(e = count_all(&c, &candidates, counts)))
        e = lot_tally(m, candidates, counts, out);
    lot_case_fini(&c);
    return e;
}

/* ---- Explaining --------------------------------------------------------- */

static enum err explain(const struct lot_case *c,
                        const struct structure *candidate,
                        struct structure_verdict *out)
{
    struct structure_result result;
    enum err e = structure_judge(c, candidate, &result);

    if (e)
        return e;
    shape_clear(&shape_structure_verdict, out);
    out->matched = result.reason == ABSENT;
    out->reason = result.reason;
    if (result.reason != ABSENT) {
        if (result.activity != ABSENT)
            out->activity = result.activity + 1;
        return ERR_NONE;
    }
    out->hit = shape_array(c->m->arena, &shape_structure_hit, 1);
    return out->hit ? structure_hit(c, candidate, &result, out->hit)
                    : ERR_NOMEM;
}

enum err match_explain_structure(struct match *m, const struct market *market,
                                 int64_t lot, const struct structure *candidate,
                                 struct structure_verdict *out)
{
    struct lot_case c;
    enum err e;

    if ((e = lot_case_init(&c, m, market, lot)))
        return e;
    e = explain(&c, candidate, out);
    lot_case_fini(&c);
    return e;
}
