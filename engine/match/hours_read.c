/*
 * The recorded hours of a market, through the index.
 */
#include "engine/match/hours_count.h"
#include "engine/match/postings.h"
#include "protocol/codec.h"

#include <string.h>

struct reading {
    struct store_view *view;
    struct index_reader *reader;
    struct slice market;
    struct arena *arena;
    struct hours_list *out;
    size_t room;
};

static enum err grow(struct reading *r)
{
    size_t room = r->room ? 2 * r->room : 64;
    struct hours *at = arena_array(r->arena, room, sizeof *at);

    if (!at)
        return ERR_NOMEM;
    if (r->out->n)
        memcpy(at, r->out->at, r->out->n * sizeof *at);
    r->out->at = at;
    r->room = room;
    return ERR_NONE;
}

/* Another market may share the code. */
static enum err take(struct reading *r, uint32_t number)
{
    struct record record;
    struct hours *to;
    enum err e;

    if (r->out->n == r->room && (e = grow(r)))
        return e;
    to = &r->out->at[r->out->n];
    e = store_get_numbered(r->view, ENTITY_HOURS, number, &record);
    if (e == ERR_NOT_FOUND)
        return ERR_STORE_CORRUPT;
    if (e ||
        (e = protocol_decode_trusted(&shape_hours, record.body, r->arena, to)))
        return e;
    r->out->n += (size_t)slice_equal(to->market, r->market);
    return ERR_NONE;
}

static enum err take_page(struct reading *r, const struct index_page *page)
{
    struct index_block block;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < page->n && !e; i++) {
        e = index_reader_block(r->reader, &page->heads[i], &block);
        for (size_t k = 0; !e && k < block.n; k++)
            e = take(r, block.number[k]);
    }
    return e;
}

enum err hours_of_market(struct store_view *view, struct index_reader *reader,
                         struct slice market, struct arena *arena,
                         struct hours_list *out)
{
    struct reading r = {view, reader, market, arena, out, 0};
    struct index_page page;
    enum err e;

    *out = (struct hours_list){NULL, 0};
    e = index_reader_first(reader, postings_market_code(market), &page);
    while (!e && !(e = take_page(&r, &page)))
        e = index_reader_next(reader, &page);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}
