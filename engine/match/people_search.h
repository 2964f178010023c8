/*
 * The people who may be best for a job, through the index.
 */
#ifndef ENGINE_MATCH_PEOPLE_SEARCH_H
#define ENGINE_MATCH_PEOPLE_SEARCH_H

#include "engine/match/best.h"
#include "engine/match/person.h"

/* What somebody truly scores under a fit; -1: there is no match. */
typedef enum err people_true(const struct job_case *j,
                             struct index_reader *reader, uint32_t number,
                             uint32_t fit, int64_t *score);

/* Fill OUT with the best by what their postings say, which may be more than
 * is true of them, never less: whoever is not in a full OUT comes after all
 * that are.  With IS_TRUE, by what that says of everybody who might be among
 * them.  ERR_NOMEM, store errors. */
enum err people_search(const struct job_case *j, struct index_reader *reader,
                       people_true *is_true, struct best *out);

/* Who wishes what fits the job: the first code of the wish's bands, and its
 * fit. */
struct wish {
    uint32_t code;
    uint32_t fit;
};
/* Links, the same code and codes of the same family that somebody wishes, in
 * ARENA, distinct; *N of them. */
enum err people_wishes(const struct reference *ref, struct arena *arena,
                       struct index_reader *reader, struct slice rome,
                       struct wish **out, size_t *n);

#endif
