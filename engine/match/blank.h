/*
 * Where nobody accompanies clauses: communes without a facilitator, regions
 * without a coordinator (MATCHING.md section 11.3).
 */
#ifndef ENGINE_MATCH_BLANK_H
#define ENGINE_MATCH_BLANK_H

#include "engine/match/match.h"
#include "engine/match/territory.h"

struct blanks {
    struct extent extent; /* of all such communes */
    int64_t markets;      /* open ones with a place that holds one */
    struct blank_area_list departments;
    struct blank_area_list regions; /* without a coordinator */
    struct blank_commune_list rows; /* a page */
    int more;                       /* there is another page */
};

/* What is blank within WHERE, a set without circles, on M's date; rows in the
 * order of INSEE codes, at most M's limit of those after AFTER ({NULL, 0}:
 * from the first).  In M's arena.  ERR_NOMEM, store errors. */
enum err blank_list(struct match *m, const struct territory *where,
                    struct slice after, struct blanks *out);

#endif
