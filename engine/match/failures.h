/*
 * Reserved procedures that ended without an offer (CCP R2122-2), near a lot in
 * work, place and kind.
 */
#ifndef ENGINE_MATCH_FAILURES_H
#define ENGINE_MATCH_FAILURES_H

#include "engine/match/match.h"

/* A failure weighs as a solicitation without an answer; more are not counted.
 */
#define FAILURES_MAX 1000

/* How many stored lots of markets UNSUCCESSFUL, with a deadline (else a
 * launch) in the MONTHS before the question's date, had a clause of KIND, a
 * CPV division of LOT's and a commune of its place.  ERR_NOMEM, store errors.
 */
enum err failures_count(struct match *m, const struct lot *lot, int64_t kind,
                        int64_t months, int64_t *out);

#endif
