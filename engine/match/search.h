/*
 * Candidates through the index.
 */
#ifndef ENGINE_MATCH_SEARCH_H
#define ENGINE_MATCH_SEARCH_H

#include "engine/match/match.h"

/* Records that may match, by number; fit: of people, their job fit. */
struct found {
    uint32_t number;
    uint32_t fit;
};
struct found_list {
    struct found *at;
    size_t n;
    size_t room;
};

/* Give a list's memory back; it is empty then. */
void found_free(struct found_list *list);

/* Every structure with an activity whose level for LOT is not 0, by number.
 * *ALL is set instead when the codes of the lot select none. */
enum err search_structures(struct match *m, const struct lot *lot,
                           struct found_list *out, int *all);

#endif
