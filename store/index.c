/*
 * Postings in blocks of columns: where a posting lies, how a block is split
 * and how blocks are read in order.
 *
 * The first block of a (kind, code) begins at (place 0, number 0), so there
 * is always a block at or before a posting once there is any but that one;
 * a block that empties goes, and its range falls to the one before it.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/private.h"

#define KEY_BYTES 17
#define KEY_LIST 9 /* generation, kind, code: the blocks of one list */
#define ROW_BYTES (8 + INDEX_FACTS)
#define HEAD_BYTES 8

/* A block's columns while it is being written. */
struct columns {
    unsigned char *place;
    unsigned char *number;
    unsigned char *facts;
};

/* A copy of a block, with the key it stands under. */
struct found {
    unsigned char key[KEY_BYTES];
    unsigned char bytes[INDEX_BLOCK_BYTES];
    struct index_block block;
};

/* ---- Blocks ------------------------------------------------------------- */

static struct slice block_key(unsigned char key[KEY_BYTES], uint32_t generation,
                              unsigned kind, uint32_t code, uint32_t place,
                              uint32_t number)
{
    assert(kind <= UINT8_MAX);
    store_put32(key, generation);
    key[4] = (unsigned char)kind;
    store_put32(key + 5, code);
    store_put32(key + 9, place);
    return store_bytes(key, store_put32(key + 13, number));
}

static enum err block_parse(struct slice value, struct index_block *out)
{
    const unsigned char *at = (const unsigned char *)value.data;
    size_t n;

    if (value.len < HEAD_BYTES)
        return ERR_STORE_CORRUPT;
    n = (size_t)at[0] | (size_t)at[1] << 8;
    if (n == 0 || n > INDEX_BLOCK_ROWS ||
        value.len != HEAD_BYTES + n * ROW_BYTES)
        return ERR_STORE_CORRUPT;
    out->n = n;
    out->place = at + HEAD_BYTES;
    out->number = out->place + 4 * n;
    out->facts = out->number + 4 * n;
    return ERR_NONE;
}

/* Lay a block of N rows out in BYTES. */
static struct slice block_lay(unsigned char bytes[INDEX_BLOCK_BYTES], size_t n,
                              struct columns *out)
{
    memset(bytes, 0, HEAD_BYTES);
    bytes[0] = (unsigned char)n;
    bytes[1] = (unsigned char)(n >> 8);
    out->place = bytes + HEAD_BYTES;
    out->number = out->place + 4 * n;
    out->facts = out->number + 4 * n;
    return store_bytes(bytes, out->facts + INDEX_FACTS * n);
}

static void rows_copy(struct columns *to, size_t at,
                      const struct index_block *from, size_t first, size_t n)
{
    assert(from->place || !n); /* a block that was found has columns */
    if (!n)
        return;
    memcpy(to->place + 4 * at, from->place + 4 * first, 4 * n);
    memcpy(to->number + 4 * at, from->number + 4 * first, 4 * n);
    memcpy(to->facts + INDEX_FACTS * at, from->facts + INDEX_FACTS * first,
           INDEX_FACTS * n);
}

static void put_little(unsigned char *at, uint32_t value)
{
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
    at[2] = (unsigned char)(value >> 16);
    at[3] = (unsigned char)(value >> 24);
}

static void row_set(struct columns *to, size_t at,
                    const struct posting *posting)
{
    put_little(to->place + 4 * at, posting->place);
    put_little(to->number + 4 * at, posting->number);
    memcpy(to->facts + INDEX_FACTS * at, posting->facts, INDEX_FACTS);
}

static uint64_t row_order(const struct index_block *block, size_t at)
{
    return (uint64_t)index_load(block->place + 4 * at) << 32 |
           index_load(block->number + 4 * at);
}

/* The first row that is not before the posting; *SAME when it is its own. */
static size_t row_find(const struct index_block *block,
                       const struct posting *posting, int *same)
{
    uint64_t wanted = (uint64_t)posting->place << 32 | posting->number;
    size_t low = 0, high = block->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (row_order(block, middle) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    *same = low < block->n && row_order(block, low) == wanted;
    return low;
}

/* ---- Finding ------------------------------------------------------------ */

/* The last block whose key is not after KEY, in KEY's list. */
static int cursor_at_or_before(MDB_cursor *cursor, struct slice wanted,
                               MDB_val *key, MDB_val *value)
{
    int rc;

    *key = store_val(wanted);
    rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(cursor, key, value, MDB_LAST);
    else if (!rc && (key->mv_size != wanted.len ||
                     memcmp(key->mv_data, wanted.data, wanted.len) != 0))
        rc = mdb_cursor_get(cursor, key, value, MDB_PREV);
    if (!rc && (key->mv_size != KEY_BYTES ||
                memcmp(key->mv_data, wanted.data, KEY_LIST) != 0))
        rc = MDB_NOTFOUND;
    return rc;
}

/* A copy, because the next write may move what a cursor points to. */
static enum err block_find(struct store_view *view, struct slice wanted,
                           struct found *out)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    struct slice bytes;
    enum err e = store_cursor(view, DB_INDEX, &cursor);
    int rc;

    out->block = (struct index_block){0};
    if (e)
        return e;
    rc = cursor_at_or_before(cursor, wanted, &key, &value);
    mdb_cursor_close(cursor);
    if (rc)
        return store_error(view->store, rc, "the index");
    if (value.mv_size > sizeof out->bytes)
        return ERR_STORE_CORRUPT;
    memcpy(out->key, key.mv_data, KEY_BYTES);
    memcpy(out->bytes, value.mv_data, value.mv_size);
    bytes = (struct slice){(const char *)out->bytes, value.mv_size};
    return block_parse(bytes, &out->block);
}

/* ---- Writing ------------------------------------------------------------ */

static enum err block_write(struct store_batch *batch,
                            const unsigned char key[KEY_BYTES],
                            struct slice bytes)
{
    return store_write(batch, DB_INDEX, store_bytes(key, key + KEY_BYTES),
                       &bytes, 1, 0);
}

/* A block of the rows [FIRST, END) of FROM. */
static enum err block_write_part(struct store_batch *batch,
                                 const unsigned char key[KEY_BYTES],
                                 const struct index_block *from, size_t first,
                                 size_t end)
{
    unsigned char bytes[INDEX_BLOCK_BYTES];
    struct columns to;
    struct slice value = block_lay(bytes, end - first, &to);

    rows_copy(&to, 0, from, first, end - first);
    return block_write(batch, key, value);
}

static enum err block_write_one(struct store_batch *batch,
                                const unsigned char key[KEY_BYTES],
                                const struct posting *posting)
{
    unsigned char bytes[INDEX_BLOCK_BYTES];
    struct columns to;
    struct slice value = block_lay(bytes, 1, &to);

    row_set(&to, 0, posting);
    return block_write(batch, key, value);
}

/* The posting at row AT, in the place of the row there when SAME. */
static enum err block_insert(struct store_batch *batch,
                             const struct found *found, size_t at, int same,
                             const struct posting *posting)
{
    const struct index_block *from = &found->block;
    unsigned char bytes[INDEX_BLOCK_BYTES];
    struct columns to;
    struct slice value = block_lay(bytes, from->n + !same, &to);
    size_t rest = at + (size_t)same;

    rows_copy(&to, 0, from, 0, at);
    row_set(&to, at, posting);
    rows_copy(&to, at + 1, from, rest, from->n - rest);
    return block_write(batch, found->key, value);
}

/* The upper half of a full block moves to one of its own. */
static enum err block_split(struct store_batch *batch,
                            const struct found *found)
{
    const struct index_block *from = &found->block;
    unsigned char upper[KEY_BYTES];
    size_t half = from->n / 2;
    enum err e;

    memcpy(upper, found->key, KEY_LIST);
    store_put64(upper + KEY_LIST, row_order(from, half));
    if ((e = block_write_part(batch, found->key, from, 0, half)))
        return e;
    return block_write_part(batch, upper, from, half, from->n);
}

static enum err put_in(struct store_batch *batch, uint32_t generation,
                       unsigned kind, const struct posting *posting)
{
    unsigned char key[KEY_BYTES], first[KEY_BYTES];
    struct slice wanted = block_key(key, generation, kind, posting->code,
                                    posting->place, posting->number);
    struct found found;
    size_t at;
    enum err e;
    int same;

    e = block_find(&batch->view, wanted, &found);
    if (e == ERR_NOT_FOUND) {
        block_key(first, generation, kind, posting->code, 0, 0);
        return block_write_one(batch, first, posting);
    }
    if (e)
        return e;
    at = row_find(&found.block, posting, &same);
    if (same || found.block.n < INDEX_BLOCK_ROWS)
        return block_insert(batch, &found, at, same, posting);
    /* An ascending run leaves full blocks behind it, not halves. */
    if (at == found.block.n)
        return block_write_one(batch, key, posting);
    if ((e = block_split(batch, &found)))
        return e;
    return put_in(batch, generation, kind, posting);
}

static enum err delete_in(struct store_batch *batch, uint32_t generation,
                          unsigned kind, const struct posting *posting)
{
    unsigned char key[KEY_BYTES], bytes[INDEX_BLOCK_BYTES];
    struct slice wanted = block_key(key, generation, kind, posting->code,
                                    posting->place, posting->number);
    struct found found;
    struct columns to;
    struct slice value;
    size_t at;
    enum err e = block_find(&batch->view, wanted, &found);
    int same;

    if (e)
        return e;
    at = row_find(&found.block, posting, &same);
    if (!same)
        return ERR_NOT_FOUND;
    if (found.block.n == 1)
        return store_remove(batch, DB_INDEX,
                            store_bytes(found.key, found.key + KEY_BYTES));
    value = block_lay(bytes, found.block.n - 1, &to);
    rows_copy(&to, 0, &found.block, 0, at);
    rows_copy(&to, at, &found.block, at + 1, found.block.n - at - 1);
    return block_write(batch, found.key, value);
}

enum err index_put(struct store_batch *batch, unsigned kind,
                   const struct posting *posting)
{
    const struct store_state *state = &batch->view.state;
    enum err e = ERR_NONE;

    if (!batch->deriving)
        e = put_in(batch, state->live, kind, posting);
    if (!e && state->building)
        e = put_in(batch, state->building, kind, posting);
    return store_spoil(batch, e);
}

enum err index_delete(struct store_batch *batch, unsigned kind,
                      const struct posting *posting)
{
    const struct store_state *state = &batch->view.state;
    enum err live = ERR_NOT_FOUND, built = ERR_NOT_FOUND;

    if (!batch->deriving)
        live = delete_in(batch, state->live, kind, posting);
    if (state->building)
        built = delete_in(batch, state->building, kind, posting);
    return index_both(batch, live, built);
}

enum err index_both(struct store_batch *batch, enum err live, enum err built)
{
    if (live && live != ERR_NOT_FOUND)
        return store_spoil(batch, live);
    if (built && built != ERR_NOT_FOUND)
        return store_spoil(batch, built);
    return batch->deriving ? built : live;
}

/* ---- Scans -------------------------------------------------------------- */

struct index_scan {
    struct store_view *view;
    MDB_cursor *cursor;
    MDB_cursor_op step;
    unsigned char key[KEY_BYTES]; /* where it begins */
};

enum err index_scan_begin(struct store_view *view, unsigned kind, uint32_t code,
                          struct index_scan **out)
{
    struct index_scan *scan = malloc(sizeof *scan);
    enum err e;

    if (!scan)
        return ERR_NOMEM;
    if ((e = store_cursor(view, DB_INDEX, &scan->cursor))) {
        free(scan);
        return e;
    }
    scan->view = view;
    scan->step = MDB_SET_RANGE;
    block_key(scan->key, view->state.live, kind, code, 0, 0);
    *out = scan;
    return ERR_NONE;
}

enum err index_scan_next(struct index_scan *scan, struct index_block *block)
{
    MDB_val key = {KEY_BYTES, scan->key}, value;
    int rc = mdb_cursor_get(scan->cursor, &key, &value, scan->step);

    if (rc)
        return store_error(scan->view->store, rc, "the index");
    if (key.mv_size != KEY_BYTES ||
        memcmp(key.mv_data, scan->key, KEY_LIST) != 0)
        return ERR_NOT_FOUND;
    scan->step = MDB_NEXT;
    return block_parse((struct slice){value.mv_data, value.mv_size}, block);
}

void index_scan_end(struct index_scan *scan)
{
    if (!scan)
        return;
    mdb_cursor_close(scan->cursor);
    free(scan);
}

/* ---- Check -------------------------------------------------------------- */

/* KEY and VALUE keep the promises, given the key of the block before and its
 * last row. */
static enum err block_check(const MDB_val *key, const MDB_val *value,
                            unsigned char before[KEY_BYTES], uint64_t *last)
{
    const unsigned char *at = key->mv_data;
    struct index_block block;
    uint64_t start;

    if (key->mv_size != KEY_BYTES || value->mv_size > INDEX_BLOCK_BYTES ||
        block_parse((struct slice){value->mv_data, value->mv_size}, &block))
        return ERR_STORE_CORRUPT;
    start = store_get64(at + KEY_LIST);
    if (row_order(&block, 0) < start ||
        (memcmp(before, at, KEY_LIST) == 0 && *last >= start))
        return ERR_STORE_CORRUPT;
    for (size_t i = 1; i < block.n; i++)
        if (row_order(&block, i - 1) >= row_order(&block, i))
            return ERR_STORE_CORRUPT;
    memcpy(before, at, KEY_BYTES);
    *last = row_order(&block, block.n - 1);
    return ERR_NONE;
}

enum err index_check(struct store_view *view)
{
    unsigned char before[KEY_BYTES] = {0}, from[KEY_BYTES];
    struct slice first = block_key(from, view->state.live, 0, 0, 0, 0);
    MDB_val key = store_val(first), value;
    MDB_cursor *cursor;
    uint64_t last = 0;
    enum err e = store_cursor(view, DB_INDEX, &cursor);
    int rc;

    if (e)
        return e;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (!rc && !e && key.mv_size >= 4 &&
           store_get32(key.mv_data) == view->state.live) {
        e = block_check(&key, &value, before, &last);
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (!e && rc && rc != MDB_NOTFOUND)
        e = store_error(view->store, rc, "the index");
    return e;
}
