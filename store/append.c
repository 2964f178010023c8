/*
 * Appending a generation: sorted rows become blocks under pages of heads, a
 * page and its blocks in one transaction; the side array and the keys follow.
 *
 * A step may be aborted (the map is full: it grows) and is then taken again:
 * how far the build has come stands in the state, and commits with it.
 */
#include <assert.h>

#include "store/build_parts.h"

/* ---- How much it will be ------------------------------------------------ */

/* How a list is cut: rows spread evenly over as few blocks as INDEX_FILL
 * allows, blocks over pages. */
static size_t list_blocks(enum index_kind kind, const struct list *list)
{
    size_t rows = block_rows(kind) * INDEX_FILL / 100;

    return (list->n + rows - 1) / rows;
}

static size_t block_pages(size_t blocks)
{
    size_t heads = INDEX_PAGE_HEADS * INDEX_FILL / 100;

    return (blocks + heads - 1) / heads;
}

/* What writing will come to. */
static uint64_t pile_bytes(const struct pile *pile, enum index_kind kind)
{
    uint64_t values = 0;

    for (size_t i = 0; i < pile->lists.n; i++) {
        size_t blocks = list_blocks(kind, &pile->ordered[i]);

        values += blocks + block_pages(blocks);
    }
    return values * INDEX_BLOCK_BYTES;
}

uint64_t append_bytes(const struct index_build *build)
{
    uint64_t bytes =
        build->side.rows.n * SIDE_BYTES + build->keys.rows.n * KEYS_BYTES;

    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++)
        bytes += pile_bytes(&build->piles[kind], kind);
    return bytes;
}

/* ---- Writing ------------------------------------------------------------ */

/* STEP has nothing to write where it stands: on to where it has.  0: there is
 * nothing more. */
static int step_find(const struct index_build *build, struct step *step)
{
    for (; step->kind < INDEX_KINDS_END; step->kind++) {
        const struct pile *pile = &build->piles[step->kind];

        for (; step->list < pile->lists.n; step->list++) {
            const struct list *list = &pile->ordered[step->list];

            if (step->page < block_pages(list_blocks(step->kind, list)))
                return 1;
            step->page = 0;
        }
        step->list = 0;
    }
    if (step->kind == STEP_SIDE && step->page == build->side.rows.n) {
        step->kind = STEP_KEYS;
        step->page = 0;
    }
    return step->kind == STEP_SIDE || step->page < build->keys.rows.n;
}

/* Block AT of COUNT that the list is cut into. */
static enum err write_block(struct store_batch *batch, enum index_kind kind,
                            const struct rows *rows, const struct list *list,
                            size_t at, size_t count, struct index_head *head)
{
    size_t first = list->n * at / count, end = list->n * (at + 1) / count;
    const unsigned char *from = rows->map + (list->begin + first) * rows->size;
    unsigned char key[BLOCK_KEY];
    struct index_block look;
    void *value;
    uint32_t id;
    enum err e;

    if ((e = block_id(batch, &id)) ||
        (e = store_reserve(batch, DB_INDEX, block_key(key, id),
                           INDEX_BLOCK_BYTES, MDB_APPEND, &value)))
        return e;
    block_fill(kind, value, from, rows->size, end - first);
    block_look(kind, value, &look);
    *head = block_head(&look, id);
    return ERR_NONE;
}

static enum err write_page(struct index_build *build, struct store_batch *batch,
                           struct step *step)
{
    const struct pile *pile = &build->piles[step->kind];
    const struct list *list = &pile->ordered[step->list];
    size_t blocks = list_blocks(step->kind, list);
    size_t pages = block_pages(blocks);
    size_t at = blocks * step->page / pages;
    size_t end = blocks * (step->page + 1) / pages;
    struct page page = {.value = {.n = 0}};

    for (; at < end; at++) {
        enum err e = write_block(batch, step->kind, &pile->rows, list, at,
                                 blocks, &page.value.heads[page.value.n++]);

        if (e)
            return e;
    }
    page_key(page.key, build->generation, step->kind, list->code,
             step->page ? head_order(page.value.heads) : 0);
    step->bytes += (page.value.n + 1u) * (uint64_t)INDEX_BLOCK_BYTES;
    return page_write(batch, &page);
}

/* A value of an array by number, as it was gathered. */
static enum err write_value(struct index_build *build,
                            struct store_batch *batch, struct step *step)
{
    int keys = step->kind == STEP_KEYS;
    const struct rows *rows = keys ? &build->keys.rows : &build->side.rows;
    const struct value_row *row =
        (const void *)(rows->map + step->page * rows->size);
    unsigned char key[ARRAY_KEY];
    struct slice value =
        store_bytes(row->bytes, row->bytes + (keys ? KEYS_BYTES : SIDE_BYTES));
    enum err e = ERR_NONE;

    if (keys)
        e = index_keys_set_all(build->store->keys, row->at * KEYS_CHUNK,
                               row->bytes);
    if (e)
        return e;
    step->bytes += value.len;
    return store_write(batch, keys ? DB_KEYS : DB_SIDE,
                       array_key(key, build->generation, INDEX_PEOPLE, row->at),
                       &value, 1, MDB_APPEND);
}

static enum err step_take(struct index_build *build, struct store_batch *batch,
                          struct step *step)
{
    enum err e = step->kind < INDEX_KINDS_END ? write_page(build, batch, step)
                                              : write_value(build, batch, step);

    step->page++;
    step->done++;
    return e;
}

/* Where the last step that was committed ended. */
static enum err step_resume(struct index_build *build,
                            struct store_batch *batch)
{
    const struct store_state *state = &batch->view.state;

    if (state->building != build->generation || state->built == INDEX_BUILT)
        return ERR_NOT_FOUND;
    if (state->built == build->to.done)
        build->from = build->to;
    assert(state->built == build->from.done);
    return ERR_NONE;
}

enum err index_build_write(struct index_build *build, struct store_batch *batch,
                           size_t max_bytes, int *done)
{
    struct step step;
    enum err e = step_resume(build, batch);
    int more;

    if (e)
        return e;
    step = build->from;
    batch->changes++;
    while ((more = step_find(build, &step)) &&
           step.bytes - build->from.bytes < max_bytes)
        if ((e = step_take(build, batch, &step)))
            return store_spoil(batch, e);
    build->to = step;
    build->bytes = step.bytes;
    batch->view.state.built = more ? step.done : INDEX_BUILT;
    *done = !more;
    return ERR_NONE;
}
