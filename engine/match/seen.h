/*
 * What a search has seen, by key: a hash table in a workspace.
 */
#ifndef ENGINE_MATCH_SEEN_H
#define ENGINE_MATCH_SEEN_H

#include "engine/match/workspace.h"

/* One row that stands for its key. */
struct seen {
    uint64_t key;
    uint64_t seats;
    uint32_t block;
    uint16_t row;
    int16_t score;
    int16_t level;
    int16_t coverage; /* as struct row_place */
    int16_t km;
    uint8_t activity;
    uint8_t judged : 1; /* by its record */
    uint8_t is_whole : 1;
};

struct seen_table {
    struct workspace *workspace;
    struct seen *at; /* in the order of their coming */
    uint32_t n;
    uint32_t room;
    uint32_t *slots; /* a power of two of them, 0: free, else index + 1 */
    uint32_t mask;
};

/* An empty table in rooms of the workspace.  ERR_NOMEM. */
enum err seen_begin(struct seen_table *t, struct workspace *workspace);

/* What stands under the key; NULL when nothing does. */
struct seen *seen_find(const struct seen_table *t, uint64_t key);

/* Add a key that is not there, zeroed; pointers of before are no longer good.
 * NULL without memory. */
struct seen *seen_add(struct seen_table *t, uint64_t key);

#endif
