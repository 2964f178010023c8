/*
 * The side array: a row of bytes a number, as many numbers a value as fit one
 * page.  A value begins with one bit for each number that is there; what is
 * not there is zero.  Only people have one.
 */
#include <assert.h>

#include "store/index_parts.h"

_Static_assert(INDEX_CHUNK <= 8 * SIDE_ROWS, "a bit for each row");

struct slice array_key(unsigned char key[ARRAY_KEY], uint32_t generation,
                       enum index_kind kind, uint32_t at)
{
    assert(kind == INDEX_PEOPLE);
    store_put32(key, generation);
    key[4] = (unsigned char)kind;
    return store_bytes(key, store_put32(key + 5, at));
}

/* ---- One value ---------------------------------------------------------- */

void side_set(unsigned char *bytes, uint32_t number,
              const unsigned char row[INDEX_SIDE])
{
    size_t at = number % INDEX_CHUNK;

    bytes[at / 8] |= (unsigned char)(1 << at % 8);
    memcpy(bytes + SIDE_ROWS + INDEX_SIDE * at, row, INDEX_SIDE);
}

static void side_clear(unsigned char *bytes, uint32_t number)
{
    size_t at = number % INDEX_CHUNK;

    bytes[at / 8] &= (unsigned char)~(1 << at % 8);
    memset(bytes + SIDE_ROWS + INDEX_SIDE * at, 0, INDEX_SIDE);
}

static int side_empty(const unsigned char *bytes)
{
    static const unsigned char none[SIDE_ROWS];

    return memcmp(bytes, none, SIDE_ROWS) == 0;
}

static enum err chunk_read(struct store_view *view, struct slice key,
                           unsigned char bytes[SIDE_BYTES])
{
    struct slice value;
    enum err e = store_read(view, DB_SIDE, key, &value);

    if (e)
        return e;
    if (value.len != SIDE_BYTES)
        return ERR_STORE_CORRUPT;
    memcpy(bytes, value.data, SIDE_BYTES);
    return ERR_NONE;
}

/* Write the chunk of NUMBER, or take it away when it is empty. */
static enum err chunk_write(struct store_batch *batch, struct slice key,
                            uint32_t number,
                            const unsigned char bytes[SIDE_BYTES])
{
    struct slice value = store_bytes(bytes, bytes + SIDE_BYTES);
    enum err e =
        addresses_forget(batch->view.store->sides, number / INDEX_CHUNK,
                         mdb_txn_id(batch->view.txn));

    if (e)
        return store_spoil(batch, e);
    return side_empty(bytes) ? store_remove(batch, DB_SIDE, key)
                             : store_write(batch, DB_SIDE, key, &value, 1, 0);
}

/* ---- One generation ----------------------------------------------------- */

enum err side_put(struct store_batch *batch, uint32_t generation,
                  enum index_kind kind, uint32_t number, uint64_t key,
                  const unsigned char row[INDEX_SIDE])
{
    unsigned char k[ARRAY_KEY], bytes[SIDE_BYTES] = {0};
    struct slice at = array_key(k, generation, kind, number / INDEX_CHUNK);
    enum err e = chunk_read(&batch->view, at, bytes);

    if (e && e != ERR_NOT_FOUND)
        return e;
    side_set(bytes, number, row);
    if ((e = keys_put(batch, generation, kind, number, key)))
        return e;
    return chunk_write(batch, at, number, bytes);
}

enum err side_delete(struct store_batch *batch, uint32_t generation,
                     enum index_kind kind, uint32_t number)
{
    unsigned char k[ARRAY_KEY], bytes[SIDE_BYTES];
    struct slice at = array_key(k, generation, kind, number / INDEX_CHUNK);
    enum err e = chunk_read(&batch->view, at, bytes);

    if (e)
        return e;
    if (!side_has(bytes, number))
        return ERR_NOT_FOUND;
    side_clear(bytes, number);
    e = chunk_write(batch, at, number, bytes);
    if (!e)
        e = keys_delete(batch, generation, kind, number);
    return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
}

/* ---- The live one ------------------------------------------------------- */

enum err index_side_put(struct store_batch *batch, enum index_kind kind,
                        uint32_t number, uint64_t key,
                        const unsigned char row[INDEX_SIDE])
{
    enum err e =
        side_put(batch, batch->view.state.live, kind, number, key, row);

    if (!e)
        e = note_side(batch, NOTE_SIDE_PUT, kind, number, key, row);
    return store_spoil(batch, e);
}

enum err index_side_delete(struct store_batch *batch, enum index_kind kind,
                           uint32_t number)
{
    static const unsigned char none[INDEX_SIDE];
    enum err e = side_delete(batch, batch->view.state.live, kind, number);
    enum err noted;

    if (e && e != ERR_NOT_FOUND)
        return store_spoil(batch, e);
    if ((noted = note_side(batch, NOTE_SIDE_DELETE, kind, number, 0, none)))
        return store_spoil(batch, noted);
    return e;
}

/* ---- Reading in order --------------------------------------------------- */

enum err index_side_chunk(struct store_view *view, enum index_kind kind,
                          uint32_t from, struct index_chunk *chunk)
{
    unsigned char k[ARRAY_KEY];
    struct slice wanted, key, value;
    enum err e;

    if (kind != INDEX_PEOPLE)
        return ERR_NOT_FOUND;
    wanted = array_key(k, view->state.live, kind, from / INDEX_CHUNK);
    if ((e = store_seek(view, DB_SIDE, wanted, &key, &value)))
        return e;
    if (key.len != ARRAY_KEY || memcmp(key.data, k, ARRAY_KEY - 4) != 0)
        return ERR_NOT_FOUND;
    if (value.len != SIDE_BYTES)
        return ERR_STORE_CORRUPT;
    chunk->first = store_get32(key.data + ARRAY_KEY - 4) * INDEX_CHUNK;
    chunk->present = (const unsigned char *)value.data;
    chunk->rows = chunk->present + SIDE_ROWS;
    return ERR_NONE;
}
