/*
 * Reading lists in place: nothing is copied, and the cursors serve one list
 * after another.  Within a batch, a reader and what it gave end with the next
 * write.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/index_parts.h"

/* A line of the cache. */
#define LINE 64
/* What is read of a block of people first; of others it is all of it. */
#define WHERE_AT (INDEX_BLOCK_HEAD + INDEX_PEOPLE_ROWS * sizeof(uint32_t))
#define WHERE_BYTES (INDEX_PEOPLE_ROWS * sizeof(uint16_t))

struct index_reader {
    struct store_view *view;
    enum index_kind kind;
    uint32_t code; /* of the page given last, */
    uint64_t order;
    MDB_cursor *cursors[DB_COUNT]; /* those that were needed */
};

enum err index_reader_begin(struct store_view *view, enum index_kind kind,
                            struct index_reader **out)
{
    struct index_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return ERR_NOMEM;
    reader->view = view;
    reader->kind = kind;
    *out = reader;
    return ERR_NONE;
}

void index_reader_end(struct index_reader *reader)
{
    if (!reader)
        return;
    for (int db = 0; db < DB_COUNT; db++)
        if (reader->cursors[db])
            mdb_cursor_close(reader->cursors[db]);
    free(reader);
}

/* Find WANTED, or with MDB_SET_RANGE the first key from there on. */
static enum err look_up(struct index_reader *reader, enum store_db db,
                        struct slice wanted, MDB_cursor_op op, MDB_val *key,
                        MDB_val *value)
{
    MDB_cursor **cursor = &reader->cursors[db];
    enum err e = *cursor ? ERR_NONE : store_cursor(reader->view, db, cursor);

    if (e)
        return e;
    *key = store_val(wanted);
    return store_error(reader->view->store,
                       mdb_cursor_get(*cursor, key, value, op), "the index");
}

/* ---- Lists -------------------------------------------------------------- */

/* The first page from FROM on, of any list of the kind, in the tree. */
static enum err page_seek(struct index_reader *reader,
                          const struct found_key *from, struct found_page *out)
{
    const struct page_value *page;
    unsigned char first[PAGE_KEY];
    MDB_val key, value;
    enum err e = look_up(reader, DB_HEADS,
                         page_key(first, reader->view->state.live, reader->kind,
                                  from->code, from->order),
                         MDB_SET_RANGE, &key, &value);

    memset(out, 0, sizeof *out);
    if (e == ERR_NOT_FOUND)
        return ERR_NONE;
    if (e)
        return e;
    if (key.mv_size != PAGE_KEY ||
        memcmp(key.mv_data, first, PAGE_LIST - 4) != 0)
        return ERR_NONE;
    out->code = store_get32((const char *)key.mv_data + PAGE_LIST - 4);
    out->order = store_get64((const char *)key.mv_data + PAGE_LIST);
    e = page_parse((struct slice){value.mv_data, value.mv_size}, &page);
    if (!e)
        out->page = (struct index_page){.n = page->n,
                                        .heads = page->heads,
                                        .where = page->where,
                                        .last = page->last,
                                        .when = page->when,
                                        .reach = page->reach};
    return e;
}

/* The same where it was found before, if it was. */
static enum err page_from(struct index_reader *reader, uint32_t code,
                          uint64_t order, struct index_page *out)
{
    struct found_key from = {order, code, reader->kind};
    struct found_page page;
    enum err e = reader->view->spoiled;

    if (e)
        return e;
    if (!found_get(reader->view, &from, &page)) {
        if ((e = page_seek(reader, &from, &page)))
            return e;
        found_keep(reader->view, &from, &page);
    }
    if (!page.page.heads)
        return ERR_NOT_FOUND;
    reader->code = page.code;
    reader->order = page.order;
    *out = page.page;
    return ERR_NONE;
}

enum err index_reader_seek(struct index_reader *reader, uint32_t from,
                           uint32_t *code, struct index_page *page)
{
    enum err e = page_from(reader, from, 0, page);

    if (!e)
        *code = reader->code;
    return e;
}

enum err index_reader_step(struct index_reader *reader, uint32_t *code,
                           struct index_page *page)
{
    uint64_t order = reader->order + 1;
    enum err e = page_from(reader, reader->code + !order, order, page);

    if (!e)
        *code = reader->code;
    return e;
}

enum err index_reader_first(struct index_reader *reader, uint32_t code,
                            struct index_page *page)
{
    uint32_t found;
    enum err e = index_reader_seek(reader, code, &found, page);

    return !e && found != code ? ERR_NOT_FOUND : e;
}

enum err index_reader_next(struct index_reader *reader, struct index_page *page)
{
    uint32_t code = reader->code, found;
    enum err e = index_reader_step(reader, &found, page);

    return !e && found != code ? ERR_NOT_FOUND : e;
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
    MDB_val key, value;
    enum err e =
        look_up(reader, DB_INDEX, block_key(at, id), MDB_SET, &key, &value);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
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
    size_t from = WHERE_AT, end = WHERE_AT + WHERE_BYTES;

    if (!value)
        return;
    if (reader->kind != INDEX_PEOPLE) {
        from = 0;
        end = INDEX_BLOCK_BYTES;
    }
    __builtin_prefetch(value);
    for (size_t i = from; i < end; i += LINE)
        __builtin_prefetch(value + i);
}

/* ---- What stands beside a number ---------------------------------------- */

/* The chunk of NUMBER where the tree says it is. */
static enum err chunk_find(struct index_reader *reader, uint32_t number,
                           const unsigned char **out)
{
    unsigned char at[ARRAY_KEY];
    MDB_val key, value;
    enum err e = look_up(reader, DB_SIDE,
                         array_key(at, reader->view->state.live, reader->kind,
                                   number / INDEX_CHUNK),
                         MDB_SET, &key, &value);

    if (e)
        return e;
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

    assert(reader->kind == INDEX_PEOPLE);
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

void index_reader_key_ahead(const struct index_reader *reader, uint32_t number)
{
    index_keys_ahead(reader->view->store->keys, number);
}
