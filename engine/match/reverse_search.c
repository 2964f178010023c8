/*
 * Every lot and every job of the markets that are open: the plain search.
 */
#include <stdlib.h>

#include "engine/match/reverse_search.h"
#include "protocol/codec.h"

/* One decoded market, of 512 KiB at most as it is stored. */
#define MARKET_BYTES_MAX (64u << 20)

void spots_free(struct spot_list *list)
{
    free(list->at);
    *list = (struct spot_list){NULL, 0, 0};
}

/* Grows by doubling. */
static enum err spots_add(struct spot_list *list, struct spot spot)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        struct spot *at = realloc(list->at, room * sizeof *at);

        if (!at)
            return ERR_NOMEM;
        list->at = at;
        list->room = room;
    }
    list->at[list->n++] = spot;
    return ERR_NONE;
}

static enum err add_lots(uint32_t number, const struct market *market,
                         struct spot_list *out)
{
    enum err e = ERR_NONE;

    for (size_t i = 0; i < market->lots.n && !e; i++)
        e = spots_add(out, (struct spot){number, (uint16_t)(i + 1), 0});
    return e;
}

static enum err add_jobs(uint32_t number, const struct market *market,
                         struct spot_list *out)
{
    enum err e = ERR_NONE;

    for (size_t i = 0; i < market->lots.n; i++)
        for (size_t k = 0; k < market->lots.at[i].jobs.n && !e; k++)
            e = spots_add(out, (struct spot){number, (uint16_t)(i + 1),
                                             (uint16_t)(k + 1)});
    return e;
}

static enum err each_market(struct match *m,
                            enum err (*add)(uint32_t, const struct market *,
                                            struct spot_list *),
                            struct spot_list *out)
{
    struct arena *arena = arena_new(MARKET_BYTES_MAX);
    struct record record = {.number = 0};
    struct market market;
    enum err e = arena ? ERR_NONE : ERR_NOMEM;

    while (!e && !(e = store_next_numbered(m->view, ENTITY_MARKET,
                                           record.number, &record))) {
        arena_reset(arena);
        m->scanned++;
        e = protocol_decode_trusted(&shape_market, record.body, arena, &market);
        if (!e && match_market_open(&market, m->on))
            e = add(record.number, &market, out);
    }
    arena_free(arena);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err reverse_search_lots(struct match *m, const struct structure *s,
                             struct spot_list *out)
{
    (void)s;
    return each_market(m, add_lots, out);
}

enum err reverse_search_jobs(struct match *m, const struct profile *p,
                             struct spot_list *out)
{
    (void)p;
    return each_market(m, add_jobs, out);
}
