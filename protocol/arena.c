/*
 * Memory of one request.  Blocks in a chain, each twice the last; a reset
 * keeps the first.  Under AddressSanitizer what is not handed out is
 * poisoned, with a gap between neighbours, so overruns inside a block show.
 *
 * Invariant: used <= limit; `used` counts rounded sizes.
 */
#include "protocol/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#endif

#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define GAP 16
#else
#define GAP 0
#define ASAN_POISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#endif

#define ALIGNMENT ((size_t)16)
#define FIRST_BLOCK ((size_t)16 * 1024)
#define LARGEST_BLOCK ((size_t)1024 * 1024)

struct block {
    struct block *next; /* older */
    size_t size;        /* of bytes */
    _Alignas(16) unsigned char bytes[];
};

struct arena {
    struct block *blocks; /* newest first, the oldest is kept by a reset */
    size_t at;            /* first free byte of the newest */
    size_t used;
    size_t limit;
};

struct arena *arena_new(size_t limit)
{
    struct arena *arena = calloc(1, sizeof *arena);

    if (arena)
        arena->limit = limit;
    return arena;
}

static void block_free(struct block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    free(block);
}

void arena_free(struct arena *arena)
{
    struct block *block, *next;

    if (!arena)
        return;
    for (block = arena->blocks; block; block = next) {
        next = block->next;
        block_free(block);
    }
    free(arena);
}

void arena_reset(struct arena *arena)
{
    struct block *next;

    for (; arena->blocks && arena->blocks->next; arena->blocks = next) {
        next = arena->blocks->next;
        block_free(arena->blocks);
    }
    if (arena->blocks)
        ASAN_POISON_MEMORY_REGION(arena->blocks->bytes, arena->blocks->size);
    arena->at = 0;
    arena->used = 0;
}

static int block_add(struct arena *arena, size_t need)
{
    size_t size = arena->blocks ? 2 * arena->blocks->size : FIRST_BLOCK;
    struct block *block;

    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    if (size < need)
        size = need;
    if (!(block = malloc(sizeof *block + size)))
        return 0;
    block->next = arena->blocks;
    block->size = size;
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    arena->blocks = block;
    arena->at = 0;
    return 1;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t need;
    void *out;

    /* Before it is rounded up: that could wrap. */
    if (size > arena->limit)
        return NULL;
    need = ((size ? size : 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (need > arena->limit - arena->used)
        return NULL;
    if ((!arena->blocks || need + GAP > arena->blocks->size - arena->at) &&
        !block_add(arena, need + GAP))
        return NULL;
    out = arena->blocks->bytes + arena->at;
    arena->at += need + GAP;
    arena->used += need;
    ASAN_UNPOISON_MEMORY_REGION(out, size);
    return memset(out, 0, size);
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return arena_alloc(arena, bytes);
}

struct slice arena_copy(struct arena *arena, struct slice text)
{
    char *out;

    if (!text.data || !(out = arena_alloc(arena, text.len)))
        return (struct slice){NULL, 0};
    if (text.len)
        memcpy(out, text.data, text.len);
    return (struct slice){out, text.len};
}

struct slice arena_format(struct arena *arena, const char *format, ...)
{
    struct slice none = {"", 0};
    va_list args;
    char *out;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !(out = arena_alloc(arena, (size_t)n + 1)))
        return none;
    va_start(args, format);
    vsnprintf(out, (size_t)n + 1, format, args);
    va_end(args);
    return (struct slice){out, (size_t)n};
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
