/*
 * The side array: a key and a row of bytes a number, 63 numbers a value, so
 * that a value fills one page.  A value begins with one bit for each number
 * that is there; what is not there is zero.
 *
 *   generation (4), kind (1), number / 63 (4) -> bits (8), keys, rows
 *
 * Only people have one.
 */
#include <assert.h>

#include "store/index_parts.h"

struct slice side_key(unsigned char key[SIDE_KEY], uint32_t generation,
                      enum index_kind kind, uint32_t number)
{
    assert(kind == INDEX_PEOPLE);
    store_put32(key, generation);
    key[4] = (unsigned char)kind;
    return store_bytes(key, store_put32(key + 5, number / INDEX_CHUNK));
}

static uint64_t bit_of(uint32_t number)
{
    return (uint64_t)1 << (number % INDEX_CHUNK);
}

/* ---- One value ---------------------------------------------------------- */

uint64_t side_bits(const unsigned char *bytes)
{
    uint64_t bits;

    memcpy(&bits, bytes, sizeof bits);
    return bits;
}

void side_set(unsigned char *bytes, uint32_t number, uint64_t key,
              const unsigned char row[INDEX_SIDE])
{
    size_t at = number % INDEX_CHUNK;
    uint64_t bits = side_bits(bytes) | bit_of(number);

    memcpy(bytes, &bits, sizeof bits);
    memcpy(bytes + SIDE_KEYS + 8 * at, &key, sizeof key);
    memcpy(bytes + SIDE_ROWS + INDEX_SIDE * at, row, INDEX_SIDE);
}

static void number_clear(unsigned char *bytes, uint32_t number)
{
    static const unsigned char none[INDEX_SIDE];
    uint64_t bits;

    side_set(bytes, number, 0, none);
    bits = side_bits(bytes) & ~bit_of(number);
    memcpy(bytes, &bits, sizeof bits);
}

static enum err chunk_read(struct store_view *view, struct slice key,
                           struct slice *value)
{
    enum err e = store_read(view, DB_SIDE, key, value);

    return !e && value->len != SIDE_BYTES ? ERR_STORE_CORRUPT : e;
}

static enum err chunk_write(struct store_batch *batch, struct slice key,
                            const unsigned char bytes[SIDE_BYTES])
{
    struct slice value = store_bytes(bytes, bytes + SIDE_BYTES);

    return store_write(batch, DB_SIDE, key, &value, 1, 0);
}

/* ---- One generation ----------------------------------------------------- */

enum err side_put(struct store_batch *batch, uint32_t generation,
                  enum index_kind kind, uint32_t number, uint64_t key,
                  const unsigned char row[INDEX_SIDE])
{
    unsigned char k[SIDE_KEY], bytes[SIDE_BYTES] = {0};
    struct slice at = side_key(k, generation, kind, number), value;
    enum err e = chunk_read(&batch->view, at, &value);

    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e)
        memcpy(bytes, value.data, SIDE_BYTES);
    side_set(bytes, number, key, row);
    /* Before the commit: whoever sees the number finds its key. */
    if ((e = index_keys_set(batch->view.store->keys, number, key)))
        return e;
    return chunk_write(batch, at, bytes);
}

enum err side_delete(struct store_batch *batch, uint32_t generation,
                     enum index_kind kind, uint32_t number)
{
    unsigned char k[SIDE_KEY], bytes[SIDE_BYTES];
    struct slice at = side_key(k, generation, kind, number), value;
    enum err e = chunk_read(&batch->view, at, &value);

    if (e)
        return e;
    memcpy(bytes, value.data, SIDE_BYTES);
    if (!(side_bits(bytes) & bit_of(number)))
        return ERR_NOT_FOUND;
    number_clear(bytes, number);
    if (side_bits(bytes) == 0)
        return store_remove(batch, DB_SIDE, at);
    return chunk_write(batch, at, bytes);
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
    unsigned char k[SIDE_KEY];
    struct slice wanted, key, value;
    enum err e;

    if (kind != INDEX_PEOPLE)
        return ERR_NOT_FOUND;
    wanted = side_key(k, view->state.live, kind, from);
    if ((e = store_seek(view, DB_SIDE, wanted, &key, &value)))
        return e;
    if (key.len != SIDE_KEY || memcmp(key.data, k, SIDE_KEY - 4) != 0)
        return ERR_NOT_FOUND;
    if (value.len != SIDE_BYTES)
        return ERR_STORE_CORRUPT;
    chunk->first = store_get32(key.data + SIDE_KEY - 4) * INDEX_CHUNK;
    memcpy(&chunk->present, value.data, sizeof chunk->present);
    chunk->keys = (const unsigned char *)value.data + SIDE_KEYS;
    chunk->rows = (const unsigned char *)value.data + SIDE_ROWS;
    return ERR_NONE;
}

enum err side_keys_set(struct index_keys *keys, uint32_t first,
                       const unsigned char *bytes)
{
    enum err e = ERR_NONE;

    for (uint64_t bits = side_bits(bytes); bits && !e; bits &= bits - 1) {
        unsigned at = (unsigned)__builtin_ctzll(bits);

        e = index_keys_set(keys, first + at,
                           side_key_at(bytes + SIDE_KEYS, at));
    }
    return e;
}

/* A chunk's keys lie together, so this reads an eighth of the array. */
static enum err chunk_keys(struct store *store, const MDB_val *key,
                           const MDB_val *value)
{
    uint32_t chunk;

    if (key->mv_size != SIDE_KEY || value->mv_size != SIDE_BYTES)
        return ERR_STORE_CORRUPT;
    chunk = store_get32((const char *)key->mv_data + SIDE_KEY - 4);
    return side_keys_set(store->keys, chunk * INDEX_CHUNK, value->mv_data);
}

enum err index_keys_load(struct store_view *view)
{
    unsigned char from[SIDE_KEY], prefix[SIDE_KEY];
    struct slice first = side_key(from, view->state.live, INDEX_PEOPLE, 0);
    MDB_val key = store_val(first), value;
    MDB_cursor *cursor;
    enum err e = store_cursor(view, DB_SIDE, &cursor);
    int rc;

    if (e)
        return e;
    memcpy(prefix, from, SIDE_KEY);
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (!rc && !e && key.mv_size >= SIDE_KEY - 4 &&
           memcmp(key.mv_data, prefix, SIDE_KEY - 4) == 0) {
        e = chunk_keys(view->store, &key, &value);
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (!e && rc && rc != MDB_NOTFOUND)
        e = store_error(view->store, rc, "the side array");
    return e;
}
