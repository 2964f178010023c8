/*
 * From a candidate to the open lots (MATCHING.md section 5.1): the pairs,
 * scores and tie numbers that the lots' own lists have.
 *
 * Questions for a worker: a local structure is judged for some 300 of 50,000
 * open lots, one that works all over France for 4,000 and more, each lot at
 * about ten microseconds; SPOTS_MAX (reverse_search.c) bounds them.
 */
#ifndef ENGINE_MATCH_REVERSE_H
#define ENGINE_MATCH_REVERSE_H

#include "engine/match/match.h"

/* The open lots that S fits, best first, at most m->limit of them, in the
 * answer's arena.  ERR_NOMEM, store errors. */
enum err reverse_structure(struct match *m, const struct structure *s,
                           struct lot_hit_list *out);

/* The jobs of open lots that P fits, likewise. */
enum err reverse_person(struct match *m, const struct profile *p,
                        struct job_hit_list *out);

#endif
