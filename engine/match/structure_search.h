/*
 * The best structures of a lot, through the index or by judging every record.
 */
#ifndef ENGINE_MATCH_STRUCTURE_SEARCH_H
#define ENGINE_MATCH_STRUCTURE_SEARCH_H

#include "engine/match/structure_rows.h"

/* One of the best, and where its answer comes from. */
struct structure_winner {
    uint32_t number; /* of the record */
    int32_t score;
    int judged; /* by its record; else by row ROW of BLOCK: */
    struct index_block block;
    size_t row;
    int32_t level;
    uint64_t seats;
    struct row_place place;
};
struct structure_winners {
    struct structure_winner *at; /* best first, in the arena of the case */
    size_t n;
};

/* Read the record of a number; it lives until the scratch is reset. */
enum err structure_read(const struct lot_case *c, uint32_t number,
                        struct structure *out);

/* The best for ASK, at most the question's limit.  ERR_NOMEM, store errors. */
enum err structure_search(const struct structure_ask *ask,
                          struct structure_winners *out);

/* The same by judging every record: the plain way, for questions that rows
 * cannot answer, and for tests. */
enum err structure_search_plainly(const struct lot_case *c,
                                  struct structure_winners *out);

#endif
