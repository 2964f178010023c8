/*
 * Open addressing, at most three quarters full: five million ids take 64 MiB.
 * Two ids of one hash would reject a
 * good row by mistake: for five million, once in a million files.
 */
#include "clients/cli/seen.h"

#include <stdlib.h>

void seen_fini(struct seen *seen)
{
    free(seen->slots);
    *seen = (struct seen){0};
}

/* FNV-1a, mixed so that the low bits serve as a place; 0 means empty. */
static uint64_t hash_of(struct slice id)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < id.len; i++)
        h = (h ^ (unsigned char)id.data[i]) * UINT64_C(1099511628211);
    h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    h ^= h >> 27;
    return h ? h : 1;
}

/* 1 when it was there already. */
static int place(uint64_t *slots, size_t size, uint64_t hash)
{
    size_t at = hash & (size - 1);

    while (slots[at] && slots[at] != hash)
        at = (at + 1) & (size - 1);
    if (slots[at])
        return 1;
    slots[at] = hash;
    return 0;
}

/* Twice the room, so that growing costs little per id. */
static int grow(struct seen *seen)
{
    size_t size = seen->size ? 2 * seen->size : 1024;
    uint64_t *slots = calloc(size, sizeof *slots);

    if (!slots)
        return -1;
    for (size_t i = 0; i < seen->size; i++)
        if (seen->slots[i])
            place(slots, size, seen->slots[i]);
    free(seen->slots);
    seen->slots = slots;
    seen->size = size;
    return 0;
}

int seen_add(struct seen *seen, struct slice id)
{
    int there;

    if (4 * (seen->n + 1) > 3 * seen->size && grow(seen))
        return -1;
    there = place(seen->slots, seen->size, hash_of(id));
    seen->n += !there;
    return there;
}
