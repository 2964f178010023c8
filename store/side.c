/*
 * The side array: one row of bytes a number, 63 rows a value, so that a value
 * fills one page.  A value begins with one bit for each row that is there.
 *
 *   generation (4), kind (1), number / 63 (4) -> bits (8), rows
 */
#include <assert.h>

#include "store/private.h"

#define CHUNK_ROWS INDEX_CHUNK
#define CHUNK_BYTES (8 + CHUNK_ROWS * INDEX_SIDE)
#define KEY_BYTES 9

static struct slice chunk_key(unsigned char key[KEY_BYTES], uint32_t generation,
                              unsigned kind, uint32_t number)
{
    assert(kind <= UINT8_MAX);
    store_put32(key, generation);
    key[4] = (unsigned char)kind;
    return store_bytes(key, store_put32(key + 5, number / CHUNK_ROWS));
}

static uint64_t bit_of(uint32_t number)
{
    return (uint64_t)1 << (number % CHUNK_ROWS);
}

static size_t row_at(uint32_t number)
{
    return 8 + (size_t)(number % CHUNK_ROWS) * INDEX_SIDE;
}

static enum err chunk_read(struct store_view *view, struct slice key,
                           struct slice *value)
{
    enum err e = store_read(view, DB_SIDE, key, value);

    return !e && value->len != CHUNK_BYTES ? ERR_STORE_CORRUPT : e;
}

static enum err chunk_write(struct store_batch *batch, struct slice key,
                            const unsigned char bytes[CHUNK_BYTES])
{
    struct slice value = store_bytes(bytes, bytes + CHUNK_BYTES);

    return store_write(batch, DB_SIDE, key, &value, 1, 0);
}

static enum err put_in(struct store_batch *batch, uint32_t generation,
                       unsigned kind, uint32_t number,
                       const unsigned char row[INDEX_SIDE])
{
    unsigned char k[KEY_BYTES], bytes[CHUNK_BYTES] = {0};
    struct slice key = chunk_key(k, generation, kind, number), value;
    enum err e = chunk_read(&batch->view, key, &value);

    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e)
        memcpy(bytes, value.data, CHUNK_BYTES);
    store_put64(bytes, store_get64(bytes) | bit_of(number));
    memcpy(bytes + row_at(number), row, INDEX_SIDE);
    return chunk_write(batch, key, bytes);
}

static enum err delete_in(struct store_batch *batch, uint32_t generation,
                          unsigned kind, uint32_t number)
{
    unsigned char k[KEY_BYTES], bytes[CHUNK_BYTES];
    struct slice key = chunk_key(k, generation, kind, number), value;
    uint64_t bits;
    enum err e = chunk_read(&batch->view, key, &value);

    if (e)
        return e;
    bits = store_get64(value.data);
    if (!(bits & bit_of(number)))
        return ERR_NOT_FOUND;
    bits &= ~bit_of(number);
    if (bits == 0)
        return store_remove(batch, DB_SIDE, key);
    memcpy(bytes, value.data, CHUNK_BYTES);
    store_put64(bytes, bits);
    memset(bytes + row_at(number), 0, INDEX_SIDE);
    return chunk_write(batch, key, bytes);
}

enum err index_side_put(struct store_batch *batch, unsigned kind,
                        uint32_t number, const unsigned char row[INDEX_SIDE])
{
    const struct store_state *state = &batch->view.state;
    enum err e = ERR_NONE;

    if (!batch->deriving)
        e = put_in(batch, state->live, kind, number, row);
    if (!e && state->building)
        e = put_in(batch, state->building, kind, number, row);
    return store_spoil(batch, e);
}

enum err index_side_delete(struct store_batch *batch, unsigned kind,
                           uint32_t number)
{
    const struct store_state *state = &batch->view.state;
    enum err live = ERR_NOT_FOUND, built = ERR_NOT_FOUND;

    if (!batch->deriving)
        live = delete_in(batch, state->live, kind, number);
    if (state->building)
        built = delete_in(batch, state->building, kind, number);
    return index_both(batch, live, built);
}

enum err index_side_get(struct store_view *view, unsigned kind, uint32_t number,
                        unsigned char row[INDEX_SIDE])
{
    unsigned char k[KEY_BYTES];
    struct slice value;
    enum err e =
        chunk_read(view, chunk_key(k, view->state.live, kind, number), &value);

    if (e)
        return e;
    if (!(store_get64(value.data) & bit_of(number)))
        return ERR_NOT_FOUND;
    memcpy(row, value.data + row_at(number), INDEX_SIDE);
    return ERR_NONE;
}

enum err index_side_chunk(struct store_view *view, unsigned kind, uint32_t from,
                          struct index_chunk *chunk)
{
    unsigned char k[KEY_BYTES];
    struct slice wanted = chunk_key(k, view->state.live, kind, from), key,
                 value;
    enum err e = store_seek(view, DB_SIDE, wanted, &key, &value);

    if (e)
        return e;
    if (key.len != KEY_BYTES || memcmp(key.data, k, KEY_BYTES - 4) != 0)
        return ERR_NOT_FOUND;
    if (value.len != CHUNK_BYTES)
        return ERR_STORE_CORRUPT;
    chunk->first = store_get32(key.data + KEY_BYTES - 4) * CHUNK_ROWS;
    chunk->present = store_get64(value.data);
    chunk->rows = (const unsigned char *)value.data + 8;
    return ERR_NONE;
}
