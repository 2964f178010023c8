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

/* Whether a posting with these facts is worth a look. */
typedef int posting_filter(void *context, const unsigned char *facts);

/* Everyone with a wish that fits the job ROME, each once, by number, with the
 * best fit of the wishes.  ERR_NOMEM, store errors. */
enum err search_people(struct match *m, struct slice rome,
                       posting_filter *filter, void *context,
                       struct found_list *out);

/* Every structure with an activity whose level for LOT is not 0, by number.
 * *ALL is set instead when the codes of the lot select none. */
enum err search_structures(struct match *m, const struct lot *lot,
                           struct found_list *out, int *all);

#endif
