/*
 * Memory of one request: handed out by bumping a pointer, given back whole.
 */
#ifndef PROTOCOL_ARENA_H
#define PROTOCOL_ARENA_H

#include "protocol/types.h"

struct arena;

/* A new arena that will hand out at most LIMIT bytes; NULL without memory. */
struct arena *arena_new(size_t limit);
/* Give back the arena and all it handed out; NULL is fine. */
void arena_free(struct arena *arena);

/* Give everything back at once; keeps the first block for the next use. */
void arena_reset(struct arena *arena);

/* SIZE zeroed bytes, aligned for any object; NULL past the limit or without
 * memory.  They live until reset or free. */
void *arena_alloc(struct arena *arena, size_t size);

/* N zeroed elements of SIZE bytes each; NULL also when the product wraps. */
void *arena_array(struct arena *arena, size_t n, size_t size);

/* A copy of TEXT; data is NULL without memory (and TEXT.data was not). */
struct slice arena_copy(struct arena *arena, struct slice text);

/* A formatted text, terminated; {"" , 0} without memory. */
struct slice arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

#endif
