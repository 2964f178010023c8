/*
 * Reading lists in place: nothing is copied, and the cursors serve one list
 * after another.  Within a batch, a reader and what it gave end with the next
 * write.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/index_parts.h"

/* A line of the cache. */
#define AHEAD_STEP 512

struct index_reader {
    struct store_view *view;
    enum index_kind kind;
    unsigned char list[PAGE_LIST]; /* whose pages are read */
    MDB_cursor *heads;
    MDB_cursor *blocks;
    MDB_cursor *side; /* NULL: this kind has none */
};

enum err index_reader_begin(struct store_view *view, enum index_kind kind,
                            struct index_reader **out)
{
    struct index_reader *reader = calloc(1, sizeof *reader);
    enum err e;

    if (!reader)
        return ERR_NOMEM;
    reader->view = view;
    reader->kind = kind;
    if ((e = store_cursor(view, DB_HEADS, &reader->heads)) ||
        (e = store_cursor(view, DB_INDEX, &reader->blocks)) ||
        (kind == INDEX_PEOPLE &&
         (e = store_cursor(view, DB_SIDE, &reader->side)))) {
        index_reader_end(reader);
        return e;
    }
    *out = reader;
    return ERR_NONE;
}

void index_reader_end(struct index_reader *reader)
{
    if (!reader)
        return;
    if (reader->heads)
        mdb_cursor_close(reader->heads);
    if (reader->blocks)
        mdb_cursor_close(reader->blocks);
    if (reader->side)
        mdb_cursor_close(reader->side);
    free(reader);
}

/* ---- Lists -------------------------------------------------------------- */

static enum err page_read(struct index_reader *reader, int rc,
                          const MDB_val *key, const MDB_val *value,
                          struct index_page *out)
{
    const struct page_value *page;
    enum err e;

    if (rc)
        return store_error(reader->view->store, rc, "the index");
    if (key->mv_size != PAGE_KEY ||
        memcmp(key->mv_data, reader->list, PAGE_LIST) != 0)
        return ERR_NOT_FOUND;
    e = page_parse((struct slice){value->mv_data, value->mv_size}, &page);
    if (e)
        return e;
    out->n = page->n;
    out->heads = page->heads;
    out->where = page->where;
    out->last = page->last;
    out->when = page->when;
    out->reach = page->reach;
    return ERR_NONE;
}

enum err index_reader_first(struct index_reader *reader, uint32_t code,
                            struct index_page *page)
{
    unsigned char from[PAGE_KEY];
    MDB_val key, value;
    int rc;

    key = store_val(
        page_key(from, reader->view->state.live, reader->kind, code, 0));
    memcpy(reader->list, from, PAGE_LIST);
    rc = mdb_cursor_get(reader->heads, &key, &value, MDB_SET_RANGE);
    return page_read(reader, rc, &key, &value, page);
}

/* Go on with whatever list of the kind the cursor has come to. */
static enum err list_read(struct index_reader *reader, int rc,
                          const MDB_val *key, const MDB_val *value,
                          uint32_t *code, struct index_page *page)
{
    unsigned char first[PAGE_KEY];

    page_key(first, reader->view->state.live, reader->kind, 0, 0);
    if (!rc && (key->mv_size != PAGE_KEY ||
                memcmp(key->mv_data, first, PAGE_LIST - 4) != 0))
        return ERR_NOT_FOUND;
    if (!rc) {
        memcpy(reader->list, key->mv_data, PAGE_LIST);
        *code = store_get32(reader->list + PAGE_LIST - 4);
    }
    return page_read(reader, rc, key, value, page);
}

enum err index_reader_seek(struct index_reader *reader, uint32_t from,
                           uint32_t *code, struct index_page *page)
{
    unsigned char first[PAGE_KEY];
    MDB_val key, value;
    int rc;

    key = store_val(
        page_key(first, reader->view->state.live, reader->kind, from, 0));
    rc = mdb_cursor_get(reader->heads, &key, &value, MDB_SET_RANGE);
    return list_read(reader, rc, &key, &value, code, page);
}

enum err index_reader_step(struct index_reader *reader, uint32_t *code,
                           struct index_page *page)
{
    MDB_val key, value;
    int rc = mdb_cursor_get(reader->heads, &key, &value, MDB_NEXT);

    return list_read(reader, rc, &key, &value, code, page);
}

enum err index_reader_next(struct index_reader *reader, struct index_page *page)
{
    MDB_val key, value;
    int rc = mdb_cursor_get(reader->heads, &key, &value, MDB_NEXT);

    return page_read(reader, rc, &key, &value, page);
}

/* A batch sees what nobody else does. */
static int knows_addresses(const struct index_reader *reader)
{
    return reader->view->snapshot != 0;
}

/* The value of a block, where the tree says it is. */
static enum err block_find_value(struct index_reader *reader, uint32_t id,
                                 struct slice *out)
{
    unsigned char at[BLOCK_KEY];
    MDB_val key = store_val(block_key(at, id)), value;
    int rc = mdb_cursor_get(reader->blocks, &key, &value, MDB_SET);

    if (rc == MDB_NOTFOUND)
        return ERR_STORE_CORRUPT;
    if (rc)
        return store_error(reader->view->store, rc, "the index");
    *out = (struct slice){value.mv_data, value.mv_size};
    return ERR_NONE;
}

enum err index_reader_block(struct index_reader *reader,
                            const struct index_head *head,
                            struct index_block *block)
{
    struct addresses *blocks = reader->view->store->blocks;
    uint64_t snapshot = reader->view->snapshot;
    struct slice value = {addresses_get(blocks, head->block, snapshot),
                          INDEX_BLOCK_BYTES};
    enum err e;

    if (value.data && knows_addresses(reader))
        return block_parse(reader->kind, value, block);
    if ((e = block_find_value(reader, head->block, &value)) ||
        (e = block_parse(reader->kind, value, block)))
        return e;
    if (knows_addresses(reader))
        addresses_learn(blocks, head->block, snapshot, value.data);
    return ERR_NONE;
}

void index_reader_block_ahead(const struct index_reader *reader,
                              const struct index_head *head)
{
    const char *value = addresses_get(reader->view->store->blocks, head->block,
                                      reader->view->snapshot);

    for (size_t i = 0; value && i < INDEX_BLOCK_BYTES; i += AHEAD_STEP)
        __builtin_prefetch(value + i);
}

/* ---- What stands beside a number ---------------------------------------- */

/* The chunk of NUMBER where the tree says it is. */
static enum err chunk_find(struct index_reader *reader, uint32_t number,
                           const unsigned char **out)
{
    unsigned char at[ARRAY_KEY];
    MDB_val key = store_val(array_key(at, reader->view->state.live,
                                      reader->kind, number / INDEX_CHUNK)),
            value;
    int rc = mdb_cursor_get(reader->side, &key, &value, MDB_SET);

    if (rc)
        return store_error(reader->view->store, rc, "the side array");
    if (value.mv_size != SIDE_BYTES)
        return ERR_STORE_CORRUPT;
    *out = value.mv_data;
    return ERR_NONE;
}

static enum err chunk_read(struct index_reader *reader, uint32_t number,
                           const unsigned char **out)
{
    struct addresses *sides = reader->view->store->sides;
    uint64_t snapshot = reader->view->snapshot;
    enum err e;

    assert(reader->side);
    *out = addresses_get(sides, number / INDEX_CHUNK, snapshot);
    if (*out && knows_addresses(reader))
        return ERR_NONE;
    if (!(e = chunk_find(reader, number, out)) && knows_addresses(reader))
        addresses_learn(sides, number / INDEX_CHUNK, snapshot, *out);
    return e;
}

static const unsigned char *chunk_row(const unsigned char *chunk,
                                      uint32_t number)
{
    return chunk + SIDE_ROWS + (size_t)INDEX_SIDE * (number % INDEX_CHUNK);
}

void index_reader_side_soon(const struct index_reader *reader, uint32_t number)
{
    addresses_ahead(reader->view->store->sides, number / INDEX_CHUNK);
}

enum err index_reader_side_ahead(struct index_reader *reader, uint32_t number,
                                 const unsigned char **row)
{
    const unsigned char *chunk;
    enum err e = chunk_read(reader, number, &chunk);

    if (e)
        return e;
    *row = chunk_row(chunk, number);
    __builtin_prefetch(*row);
    __builtin_prefetch(*row + INDEX_SIDE - 1);
    return ERR_NONE;
}

enum err index_reader_side(struct index_reader *reader, uint32_t number,
                           const unsigned char **row)
{
    const unsigned char *chunk;
    enum err e = chunk_read(reader, number, &chunk);

    if (e)
        return e;
    *row = chunk_row(chunk, number);
    return side_has(chunk, number) ? ERR_NONE : ERR_NOT_FOUND;
}

uint64_t index_reader_key(const struct index_reader *reader, uint32_t number)
{
    return index_keys_get(reader->view->store->keys, number);
}
