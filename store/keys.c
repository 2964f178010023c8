/*
 * Keys of the side array, in the store and in memory.
 *
 * In memory they are for every thread to read without a lock: chunks of keys
 * whose addresses are published once and stay until the store closes.  A
 * number is given once and its key never changes while it lives, so a key that
 * a view has seen is not written any more.  (The number of a batch that was
 * aborted is given again: nobody has seen that one.)
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "store/index_parts.h"

/* ---- In memory ---------------------------------------------------------- */

/* 2 MiB, which the system may give as one page: keys are read all over. */
#define CHUNK_BITS 18
#define CHUNK ((uint32_t)1 << CHUNK_BITS)
#define CHUNKS ((size_t)1 << (32 - CHUNK_BITS))

struct chunk {
    _Atomic uint64_t keys[CHUNK];
};

struct index_keys {
    size_t end; /* chunks from here on were never used; the writer's own */
    _Atomic(struct chunk *) chunks[CHUNKS];
};

struct index_keys *index_keys_new(void)
{
    return calloc(1, sizeof(struct index_keys));
}

void index_keys_free(struct index_keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->end; i++)
        free(keys->chunks[i]);
    free(keys);
}

static struct chunk *chunk_new(void)
{
    struct chunk *chunk = aligned_alloc(sizeof *chunk, sizeof *chunk);

    if (!chunk)
        return NULL;
    madvise(chunk, sizeof *chunk, MADV_HUGEPAGE);
    memset(chunk, 0, sizeof *chunk);
    return chunk;
}

enum err index_keys_set(struct index_keys *keys, uint32_t number, uint64_t key)
{
    size_t at = number >> CHUNK_BITS;
    struct chunk *chunk =
        atomic_load_explicit(&keys->chunks[at], memory_order_relaxed);

    if (!chunk) {
        if (!(chunk = chunk_new()))
            return ERR_NOMEM;
        atomic_store_explicit(&keys->chunks[at], chunk, memory_order_release);
        if (at >= keys->end)
            keys->end = at + 1;
    }
    atomic_store_explicit(&chunk->keys[number % CHUNK], key,
                          memory_order_relaxed);
    return ERR_NONE;
}

void index_keys_ahead(const struct index_keys *keys, uint32_t number)
{
    const struct chunk *chunk = atomic_load_explicit(
        &keys->chunks[number >> CHUNK_BITS], memory_order_acquire);

    if (chunk)
        __builtin_prefetch((const void *)&chunk->keys[number % CHUNK]);
}

uint64_t index_keys_get(const struct index_keys *keys, uint32_t number)
{
    const struct chunk *chunk = atomic_load_explicit(
        &keys->chunks[number >> CHUNK_BITS], memory_order_acquire);

    return chunk ? atomic_load_explicit(&chunk->keys[number % CHUNK],
                                        memory_order_relaxed)
                 : 0;
}

enum err index_keys_set_all(struct index_keys *keys, uint32_t first,
                            const unsigned char bytes[KEYS_BYTES])
{
    enum err e = ERR_NONE;

    for (uint32_t i = 0; i < KEYS_CHUNK && !e; i++) {
        uint64_t key;

        memcpy(&key, bytes + 8 * (size_t)i, sizeof key);
        if (key)
            e = index_keys_set(keys, first + i, key);
    }
    return e;
}

/* ---- In the store ------------------------------------------------------- */

void keys_set(unsigned char *bytes, uint32_t number, uint64_t key)
{
    memcpy(bytes + 8 * (size_t)(number % KEYS_CHUNK), &key, sizeof key);
}

/* The value that NUMBER's key belongs in. */
static enum err chunk_read(struct store_view *view, struct slice at,
                           const unsigned char **bytes)
{
    struct slice value;
    enum err e = store_read(view, DB_KEYS, at, &value);

    if (e)
        return e;
    if (value.len != KEYS_BYTES)
        return ERR_STORE_CORRUPT;
    *bytes = (const unsigned char *)value.data;
    return ERR_NONE;
}

static enum err chunk_write(struct store_batch *batch, struct slice at,
                            const unsigned char bytes[KEYS_BYTES])
{
    static const unsigned char none[KEYS_BYTES];
    struct slice value = store_bytes(bytes, bytes + KEYS_BYTES);

    if (memcmp(bytes, none, KEYS_BYTES) == 0)
        return store_remove(batch, DB_KEYS, at);
    return store_write(batch, DB_KEYS, at, &value, 1, 0);
}

enum err keys_get(struct store_view *view, uint32_t generation,
                  enum index_kind kind, uint32_t number, uint64_t *out)
{
    unsigned char k[ARRAY_KEY];
    const unsigned char *bytes;
    enum err e = chunk_read(
        view, array_key(k, generation, kind, number / KEYS_CHUNK), &bytes);

    if (e && e != ERR_NOT_FOUND)
        return e;
    *out = 0;
    if (!e)
        memcpy(out, bytes + 8 * (size_t)(number % KEYS_CHUNK), sizeof *out);
    return ERR_NONE;
}

/* Write KEY in the place of what is there. */
static enum err keys_replace(struct store_batch *batch, uint32_t generation,
                             enum index_kind kind, uint32_t number,
                             uint64_t key)
{
    unsigned char k[ARRAY_KEY], bytes[KEYS_BYTES] = {0};
    struct slice at = array_key(k, generation, kind, number / KEYS_CHUNK);
    const unsigned char *before;
    enum err e = chunk_read(&batch->view, at, &before);

    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e)
        memcpy(bytes, before, KEYS_BYTES);
    keys_set(bytes, number, key);
    return chunk_write(batch, at, bytes);
}

enum err keys_put(struct store_batch *batch, uint32_t generation,
                  enum index_kind kind, uint32_t number, uint64_t key)
{
    uint64_t before;
    enum err e = keys_get(&batch->view, generation, kind, number, &before);

    /* Before the commit: whoever sees the number finds its key. */
    if (!e)
        e = index_keys_set(batch->view.store->keys, number, key);
    if (e || before == key)
        return e;
    return keys_replace(batch, generation, kind, number, key);
}

enum err keys_delete(struct store_batch *batch, uint32_t generation,
                     enum index_kind kind, uint32_t number)
{
    uint64_t before;
    enum err e = keys_get(&batch->view, generation, kind, number, &before);

    if (e || before == 0)
        return e;
    return keys_replace(batch, generation, kind, number, 0);
}

/* ---- At the opening ----------------------------------------------------- */

static enum err chunk_load(struct store *store, const MDB_val *key,
                           const MDB_val *value)
{
    uint32_t at;

    if (key->mv_size != ARRAY_KEY || value->mv_size != KEYS_BYTES)
        return ERR_STORE_CORRUPT;
    at = store_get32((const char *)key->mv_data + ARRAY_KEY - 4);
    return index_keys_set_all(store->keys, at * KEYS_CHUNK, value->mv_data);
}

enum err index_keys_load(struct store_view *view)
{
    unsigned char from[ARRAY_KEY];
    struct slice first = array_key(from, view->state.live, INDEX_PEOPLE, 0);
    MDB_val key = store_val(first), value;
    MDB_cursor *cursor;
    enum err e = store_cursor(view, DB_KEYS, &cursor);
    int rc;

    if (e)
        return e;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (!rc && !e && key.mv_size >= ARRAY_KEY - 4 &&
           memcmp(key.mv_data, from, ARRAY_KEY - 4) == 0) {
        e = chunk_load(view->store, &key, &value);
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (!e && rc && rc != MDB_NOTFOUND)
        e = store_error(view->store, rc, "the keys");
    return e;
}
