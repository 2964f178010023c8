/*
 * Two databases, one a slot, filled in the order of their keys: appending
 * writes each page once and leaves it full.
 */
#include <assert.h>

#include "store/private.h"
#include "store/results.h"

enum { TAG_MARKET = 1, TAG_LOT = 2 };
#define MARKET_KEY 5
#define MARKET_VALUE 6
#define LOT_KEY 6

static enum store_db slot_db(unsigned slot)
{
    assert(slot < RESULTS_SLOTS);
    return slot ? DB_RESULTS_1 : DB_RESULTS_0;
}

static struct slice note_key(unsigned slot)
{
    assert(slot < RESULTS_SLOTS);
    return slot ? SLICE("results-1") : SLICE("results-0");
}

static struct slice market_key(unsigned char key[MARKET_KEY], uint32_t market)
{
    key[0] = TAG_MARKET;
    return store_bytes(key, store_put32(key + 1, market));
}

static struct slice lot_key(unsigned char key[LOT_KEY], uint32_t position,
                            unsigned part)
{
    unsigned char *at = key;

    *at++ = TAG_LOT;
    at = store_put32(at, position);
    *at++ = (unsigned char)part;
    return store_bytes(key, at);
}

enum err results_note_get(struct store_view *view, unsigned slot,
                          struct slice *note)
{
    return store_read(view, DB_META, note_key(slot), note);
}

enum err results_note_put(struct store_batch *batch, unsigned slot,
                          struct slice note)
{
    enum err e;

    if (note.len)
        return store_write(batch, DB_META, note_key(slot), &note, 1, 0);
    e = store_remove(batch, DB_META, note_key(slot));
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err results_clear(struct store_batch *batch, unsigned slot)
{
    return store_empty(batch, slot_db(slot));
}

enum err results_place(struct store_batch *batch, unsigned slot,
                       uint32_t market, uint32_t first, unsigned lots)
{
    unsigned char key[MARKET_KEY], value[MARKET_VALUE];
    struct slice part = store_bytes(value, value + MARKET_VALUE);

    store_put32(value, first);
    value[4] = (unsigned char)(lots >> 8);
    value[5] = (unsigned char)lots;
    return store_write(batch, slot_db(slot), market_key(key, market), &part, 1,
                       MDB_APPEND);
}

enum err results_find(struct store_view *view, unsigned slot, uint32_t market,
                      uint32_t *first, unsigned *lots)
{
    unsigned char key[MARKET_KEY];
    struct slice value;
    enum err e =
        store_read(view, slot_db(slot), market_key(key, market), &value);

    if (e)
        return e;
    if (value.len != MARKET_VALUE)
        return ERR_STORE_CORRUPT;
    *first = store_get32(value.data);
    *lots = (unsigned)((unsigned char)value.data[4] << 8 |
                       (unsigned char)value.data[5]);
    return ERR_NONE;
}

static enum err write_parts(struct store_batch *batch, unsigned slot,
                            uint32_t position, struct slice bytes, int flags)
{
    unsigned char key[LOT_KEY];
    size_t from = 0;
    enum err e;

    if (bytes.len >= (size_t)RESULTS_PARTS_MAX * RESULTS_PART)
        return ERR_TOO_LARGE;
    /* A last part that were full would not be known for the last. */
    for (unsigned part = 0; from <= bytes.len; part++, from += RESULTS_PART) {
        struct slice piece = {bytes.data + from, bytes.len - from};

        if (piece.len > RESULTS_PART)
            piece.len = RESULTS_PART;
        e = store_write(batch, slot_db(slot), lot_key(key, position, part),
                        &piece, 1, flags);
        if (e)
            return e;
    }
    return ERR_NONE;
}

enum err results_append(struct store_batch *batch, unsigned slot,
                        uint32_t position, struct slice bytes)
{
    return write_parts(batch, slot, position, bytes, MDB_APPEND);
}

enum err results_replace(struct store_batch *batch, unsigned slot,
                         uint32_t position, struct slice bytes)
{
    return write_parts(batch, slot, position, bytes, 0);
}

enum err results_walk(struct store_view *view, unsigned slot, results_see *see,
                      void *context)
{
    unsigned char first = TAG_LOT;
    MDB_val key = {1, &first}, value;
    MDB_cursor *cursor;
    enum err e = store_cursor(view, slot_db(slot), &cursor);
    int rc;

    if (e)
        return e;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; !rc && !e; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        const unsigned char *at = key.mv_data;

        if (key.mv_size != LOT_KEY || at[0] != TAG_LOT)
            e = ERR_STORE_CORRUPT;
        else if (!at[LOT_KEY - 1])
            e = see(context, store_get32(at + 1),
                    (struct slice){value.mv_data, value.mv_size});
    }
    mdb_cursor_close(cursor);
    if (e || rc == MDB_NOTFOUND)
        return e;
    return store_error(view->store, rc, "reading results");
}

enum err results_part(struct store_view *view, unsigned slot, uint32_t position,
                      unsigned part, struct slice *bytes)
{
    unsigned char key[LOT_KEY];

    if (part >= RESULTS_PARTS_MAX)
        return ERR_NOT_FOUND;
    return store_read(view, slot_db(slot), lot_key(key, position, part), bytes);
}

/* Every part of one lot, which may have none yet. */
static enum err forget_lot(struct store_batch *batch, unsigned slot,
                           uint32_t position)
{
    unsigned char key[LOT_KEY];
    enum err e = ERR_NONE;

    for (unsigned part = 0; !e && part < RESULTS_PARTS_MAX; part++)
        e = store_remove(batch, slot_db(slot), lot_key(key, position, part));
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static enum err forget_in(struct store_batch *batch, unsigned slot,
                          uint32_t market)
{
    unsigned char key[MARKET_KEY];
    uint32_t first;
    unsigned lots;
    enum err e = results_find(&batch->view, slot, market, &first, &lots);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_NONE : e;
    for (unsigned i = 0; i < lots; i++)
        if ((e = forget_lot(batch, slot, first + i)))
            return e;
    return store_remove(batch, slot_db(slot), market_key(key, market));
}

enum err results_forget(struct store_batch *batch, uint32_t market)
{
    for (unsigned slot = 0; slot < RESULTS_SLOTS; slot++) {
        enum err e = forget_in(batch, slot, market);

        if (e)
            return store_spoil(batch, e);
    }
    return ERR_NONE;
}
