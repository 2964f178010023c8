/*
 * Removing generations that nobody reads: notes, blocks under their pages of
 * heads, side rows, keys.  A page loses the heads of the blocks that went, so a
 * sweep may stop anywhere and no block is left without a head.
 */
#include "store/index_parts.h"

/* The first key of DB that belongs to no generation in use. */
static enum err dead_find(struct store_batch *batch, enum store_db db,
                          struct slice *key, struct slice *value)
{
    const struct store_state *state = &batch->view.state;
    unsigned char from[4];
    uint32_t generation = 0;

    for (;;) {
        struct slice wanted = store_bytes(from, store_put32(from, generation));
        enum err e = store_seek(&batch->view, db, wanted, key, value);

        if (e)
            return e;
        if (key->len < 4 || key->len > STORE_KEY_MAX)
            return ERR_STORE_CORRUPT;
        generation = store_get32(key->data);
        if (generation != state->live && generation != state->building)
            return ERR_NONE;
        if (generation == UINT32_MAX)
            return ERR_NOT_FOUND;
        generation++;
    }
}

static enum err sweep_key(struct store_batch *batch, enum store_db db,
                          unsigned *max)
{
    unsigned char dead[STORE_KEY_MAX];
    struct slice key, value;
    enum err e = dead_find(batch, db, &key, &value);

    if (e)
        return e;
    memcpy(dead, key.data, key.len);
    --*max;
    return store_remove(batch, db, store_bytes(dead, dead + key.len));
}

/* Blocks from the end of a dead page, at most MAX, and their heads. */
static enum err sweep_page(struct store_batch *batch, unsigned *max)
{
    const struct page_value *found;
    unsigned char id[BLOCK_KEY];
    struct slice key, value;
    struct page page;
    enum err e = dead_find(batch, DB_HEADS, &key, &value);

    if (e)
        return e;
    if (key.len != PAGE_KEY || page_parse(value, &found))
        return ERR_STORE_CORRUPT;
    memcpy(page.key, key.data, PAGE_KEY);
    page.value = *found;
    for (; page.value.n > 0 && *max > 0; --*max) {
        struct index_head *last = &page.value.heads[page.value.n - 1];

        e = store_remove(batch, DB_INDEX, block_key(id, last->block));
        if (e)
            return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
        memset(last, 0, sizeof *last);
        page.value.n--;
    }
    if (page.value.n > 0)
        return page_write(batch, &page);
    return store_remove(batch, DB_HEADS,
                        store_bytes(page.key, page.key + PAGE_KEY));
}

enum err index_build_sweep(struct store_batch *batch, unsigned max, int *done)
{
    enum err e = ERR_NONE;

    while (max > 0 && !e) {
        e = sweep_key(batch, DB_NOTES, &max);
        if (e == ERR_NOT_FOUND)
            e = sweep_page(batch, &max);
        if (e == ERR_NOT_FOUND)
            e = sweep_key(batch, DB_SIDE, &max);
        if (e == ERR_NOT_FOUND)
            e = sweep_key(batch, DB_KEYS, &max);
    }
    if (e && e != ERR_NOT_FOUND)
        return store_spoil(batch, e);
    *done = e == ERR_NOT_FOUND;
    return ERR_NONE;
}
