/*
 * Keys of the side array in memory, for every thread to read without a lock:
 * chunks of keys whose addresses are published once and stay until the store
 * closes.  A number is given once and its key never changes while it lives,
 * so a key that a view has seen is not written any more.  (The number of a
 * batch that was aborted is given again: nobody has seen that one.)
 */
#include <stdlib.h>

#include "store/index_parts.h"

#define CHUNK_BITS 12
#define CHUNK ((uint32_t)1 << CHUNK_BITS)
#define CHUNKS ((size_t)1 << (32 - CHUNK_BITS))

struct chunk {
    _Atomic uint64_t keys[CHUNK];
};

/* 8 MiB of addresses, of which the system gives us those that are used. */
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

enum err index_keys_set(struct index_keys *keys, uint32_t number, uint64_t key)
{
    size_t at = number >> CHUNK_BITS;
    struct chunk *chunk =
        atomic_load_explicit(&keys->chunks[at], memory_order_relaxed);

    if (!chunk) {
        if (!(chunk = calloc(1, sizeof *chunk)))
            return ERR_NOMEM;
        atomic_store_explicit(&keys->chunks[at], chunk, memory_order_release);
        if (at >= keys->end)
            keys->end = at + 1;
    }
    atomic_store_explicit(&chunk->keys[number % CHUNK], key,
                          memory_order_relaxed);
    return ERR_NONE;
}

uint64_t index_keys_get(const struct index_keys *keys, uint32_t number)
{
    const struct chunk *chunk = atomic_load_explicit(
        &keys->chunks[number >> CHUNK_BITS], memory_order_acquire);

    return chunk ? atomic_load_explicit(&chunk->keys[number % CHUNK],
                                        memory_order_relaxed)
                 : 0;
}
