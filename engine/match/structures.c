/*
 * The structures of a lot: the best of them, all of them counted, or one
 * explained.  Who is looked at is decided here; who matches, in structure.c.
 */
#include <string.h>

#include "engine/match/order.h"
#include "engine/match/search.h"
#include "engine/match/structure.h"

static enum err decode(const struct lot_case *c, const struct record *record,
                       struct structure *out)
{
    return protocol_decode_trusted(&shape_structure, record->body, c->scratch,
                                   out);
}

/* Judge one record and offer it to the ranking. */
static enum err offer(const struct lot_case *c, const struct record *record,
                      struct ranking *ranking)
{
    struct structure_result result;
    struct structure s;
    struct slice id;
    enum err e;

    arena_reset(c->scratch);
    if ((e = decode(c, record, &s)) || (e = structure_judge(c, &s, &result)))
        return e;
    if (result.reason != ABSENT)
        return ERR_NONE;
    c->m->scored++;
    id = structure_id(c->scratch, &s);
    if (!id.len)
        return ERR_NOMEM;
    ranking_offer(ranking, result.score, order_tie(c->key, order_hash(id)),
                  record->number, id);
    return ERR_NONE;
}

static enum err offer_found(const struct lot_case *c,
                            const struct found_list *found,
                            struct ranking *ranking)
{
    struct record record;
    enum err e;

    for (size_t i = 0; i < found->n; i++) {
        e = store_get_numbered(c->m->view, ENTITY_STRUCTURE,
                               found->at[i].number, &record);
        if (e || (e = offer(c, &record, ranking)))
            return e;
    }
    return ERR_NONE;
}

static enum err offer_all(const struct lot_case *c, struct ranking *ranking)
{
    struct record record = {.number = 0};
    enum err e;

    while (!(e = store_next_numbered(c->m->view, ENTITY_STRUCTURE,
                                     record.number, &record))) {
        c->m->scanned++;
        if ((e = offer(c, &record, ranking)))
            return e;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static enum err rank(const struct lot_case *c, struct ranking *ranking)
{
    struct found_list found = {NULL, 0, 0};
    enum err e;
    int all;

    e = search_structures(c->m, c->lot, &found, &all);
    if (!e)
        e = all ? offer_all(c, ranking) : offer_found(c, &found, ranking);
    found_free(&found);
    return e;
}

/* The winners are read and judged again: only they need words. */
static enum err write_hits(const struct lot_case *c,
                           const struct ranking *ranking,
                           struct structure_hit_list *out)
{
    struct structure_hit *at;
    enum err e;

    at = shape_array(c->m->arena, &shape_structure_hit,
                     ranking->n ? ranking->n : 1);
    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < ranking->n; i++) {
        struct structure_result result;
        struct structure s;
        struct record record;

        arena_reset(c->scratch);
        e = store_get_numbered(c->m->view, ENTITY_STRUCTURE,
                               ranking->at[i].number, &record);
        if (e || (e = decode(c, &record, &s)) ||
            (e = structure_judge(c, &s, &result)) ||
            (e = structure_hit(c, &s, &result, &at[i])))
            return e;
    }
    *out = (struct structure_hit_list){at, ranking->n};
    return ERR_NONE;
}

enum err match_structures(struct match *m, const struct market *market,
                          int64_t lot, struct lot_answer *out)
{
    struct ranking ranking;
    struct lot_case c;
    enum err e;

    if ((e = lot_case_init(&c, m, market, lot)))
        return e;
    if ((e = ranking_init(&ranking, (size_t)m->limit)))
        goto fini_case;
    if (!(e = rank(&c, &ranking))) {
        ranking_sort(&ranking);
        if (!(e = write_hits(&c, &ranking, &out->structures)))
            e = lot_case_describe(&c, out);
    }
    ranking_fini(&ranking);
fini_case:
    lot_case_fini(&c);
    return e;
}

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
        if ((e = decode(c, &record, &s)) ||
            (e = structure_judge(c, &s, &result)))
            return e;
        c->m->scanned++;
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
