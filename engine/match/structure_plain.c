/*
 * Structures by their records: the plain way, and what the index hides.
 */
#include "engine/match/order.h"
#include "engine/match/structure_search.h"

enum err structure_read(const struct lot_case *c, uint32_t number,
                        struct structure *out)
{
    struct record record;
    enum err e;

    arena_reset(c->scratch);
    e = store_get_numbered(c->m->view, ENTITY_STRUCTURE, number, &record);
    return e ? e
             : protocol_decode_trusted(&shape_structure, record.body,
                                       c->scratch, out);
}

static enum err rank_record(const struct lot_case *c, uint32_t number,
                            struct slice body, struct ranking *ranking)
{
    struct structure_result result;
    struct structure structure;
    struct slice id;
    enum err e;

    arena_reset(c->scratch);
    if ((e = protocol_decode_trusted(&shape_structure, body, c->scratch,
                                     &structure)) ||
        (e = structure_judge(c, &structure, &result)))
        return e;
    c->m->scanned++;
    if (result.reason != ABSENT)
        return ERR_NONE;
    c->m->scored++;
    id = structure_id(c->scratch, &structure);
    if (!id.len)
        return ERR_NOMEM;
    ranking_offer(ranking, result.score, order_tie(c->key, order_hash(id)),
                  number, id);
    return ERR_NONE;
}

static enum err rank_records(const struct lot_case *c, struct ranking *ranking)
{
    struct record record = {.number = 0};
    enum err e;

    while (!(e = store_next_numbered(c->m->view, ENTITY_STRUCTURE,
                                     record.number, &record)))
        if ((e = rank_record(c, record.number, record.body, ranking)))
            return e;
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err structure_search_plainly(const struct lot_case *c,
                                  struct structure_winners *out)
{
    struct ranking ranking;
    enum err e = ranking_init(&ranking, (size_t)c->m->limit);

    if (e)
        return e;
    if (!(e = rank_records(c, &ranking))) {
        ranking_sort(&ranking);
        out->n = ranking.n;
        out->at = arena_array(c->arena, ranking.n + 1, sizeof *out->at);
        e = out->at ? ERR_NONE : ERR_NOMEM;
    }
    for (size_t i = 0; i < ranking.n && !e; i++)
        out->at[i] =
            (struct structure_winner){.number = ranking.at[i].number,
                                      .score = (int32_t)ranking.at[i].score,
                                      .judged = 1};
    ranking_fini(&ranking);
    return e;
}
