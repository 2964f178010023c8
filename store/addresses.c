/*
 * Where values of a page each stand in the map, so that whoever asks for one
 * need not find its way through a tree again.
 *
 * A value stands still from the transaction that wrote it (SINCE) until one
 * writes it again, and readers of any snapshot ask at the same time, without a
 * lock:
 *
 *   AT     its address, or, with the lowest bit set, the SINCE from which on
 *          it may be learned
 *   SINCE  the transaction that wrote it last, before that has committed
 *
 * The writer sets SINCE, then marks AT.  Who finds an address looks at SINCE
 * after it: were it newer than the snapshot, it might be another address.  Who
 * learns one exchanges the very mark that its snapshot is not older than, so
 * nothing is learned of a value that was written since.  A transaction that
 * was aborted has only made something forgotten.
 *
 * Sixteen bytes a number, in chunks that stay until the map moves or another
 * environment takes its place: ids of blocks ascend, so a generation of the
 * whole country leaves a mebibyte behind it, and a compaction none.
 */
#include <stdlib.h>

#include "store/index_parts.h"

#define CHUNK_BITS 14
#define CHUNK ((uint32_t)1 << CHUNK_BITS)
#define CHUNKS ((size_t)1 << (32 - CHUNK_BITS))

struct address {
    _Atomic uint64_t at;
    _Atomic uint64_t since;
};

struct chunk {
    struct address addresses[CHUNK];
};

struct addresses {
    _Atomic(struct chunk *) chunks[CHUNKS];
};

static uint64_t mark(uint64_t since)
{
    return since << 1 | 1;
}

struct addresses *addresses_new(void)
{
    return calloc(1, sizeof(struct addresses));
}

void addresses_free(struct addresses *p)
{
    if (!p)
        return;
    addresses_clear(p);
    free(p);
}

void addresses_clear(struct addresses *p)
{
    for (size_t i = 0; i < CHUNKS; i++) {
        free(p->chunks[i]);
        p->chunks[i] = NULL;
    }
}

static struct address *address_look(const struct addresses *p, uint32_t number)
{
    struct chunk *chunk = atomic_load_explicit(&p->chunks[number >> CHUNK_BITS],
                                               memory_order_acquire);

    return chunk ? &chunk->addresses[number % CHUNK] : NULL;
}

/* Nobody has looked yet: nothing is known since before the first. */
static struct chunk *chunk_new(void)
{
    struct chunk *chunk = calloc(1, sizeof *chunk);

    for (size_t i = 0; chunk && i < CHUNK; i++)
        chunk->addresses[i].at = mark(0);
    return chunk;
}

/* The same, made when it is not there; NULL without memory. */
static struct address *address_make(struct addresses *p, uint32_t number)
{
    struct address *address = address_look(p, number);
    struct chunk *fresh, *there = NULL;

    if (address || !(fresh = chunk_new()))
        return address;
    if (!atomic_compare_exchange_strong(&p->chunks[number >> CHUNK_BITS],
                                        &there, fresh))
        free(fresh);
    return address_look(p, number);
}

const void *addresses_get(const struct addresses *p, uint32_t number,
                          uint64_t snapshot)
{
    struct address *address = address_look(p, number);
    uint64_t at, since;

    if (!address)
        return NULL;
    at = atomic_load_explicit(&address->at, memory_order_acquire);
    since = atomic_load_explicit(&address->since, memory_order_relaxed);
    return at & 1 || since > snapshot ? NULL : (const void *)(uintptr_t)at;
}

void addresses_ahead(const struct addresses *p, uint32_t number)
{
    __builtin_prefetch(address_look(p, number));
}

void addresses_learn(struct addresses *p, uint32_t number, uint64_t snapshot,
                     const void *value)
{
    struct address *address = address_make(p, number);
    uint64_t at, since;

    if (!address)
        return;
    at = atomic_load_explicit(&address->at, memory_order_acquire);
    since = at >> 1;
    if (at & 1 && since <= snapshot)
        atomic_compare_exchange_strong(&address->at, &at,
                                       (uint64_t)(uintptr_t)value);
}

enum err addresses_forget(struct addresses *p, uint32_t number, uint64_t since)
{
    struct address *address = address_make(p, number);

    if (!address)
        return ERR_NOMEM;
    atomic_store_explicit(&address->since, since, memory_order_relaxed);
    atomic_store_explicit(&address->at, mark(since), memory_order_release);
    return ERR_NONE;
}
