/*
 * Which facilitators a market concerns, who leads them, and who takes over
 * where nobody is (MATCHING.md section 11.2).
 */
#ifndef ENGINE_MATCH_ROUTE_H
#define ENGINE_MATCH_ROUTE_H

#include "engine/match/cover.h"
#include "engine/match/match.h"

/* What is found, in M's arena; texts of facilitators are copied there. */
struct routing {
    struct route_facilitator_list facilitators; /* the lead first */
    struct route_zone_list zones;               /* by lot and department */
    struct ints warnings;
    int approximate; /* a guessed centre has decided about a zone */
};

/* Route MARKET, or its lot LOT (ABSENT: all).  ADJACENT_KM: how far a covered
 * commune may be to be adjacent.  ERR_NOT_FOUND no such lot, ERR_NOMEM, store
 * errors. */
enum err route_market(struct match *m, const struct market *market, int64_t lot,
                      int64_t adjacent_km, struct routing *out);

/* Does some of lot LOT of MARKET fall to nobody?  As route_market finds it, by
 * a COVER that was read for M; memory is of M's arena.  APPROXIMATE is set if
 * a guessed centre has decided.  ERR_NOT_FOUND no such lot, ERR_NOMEM. */
enum err route_white(struct match *m, const struct cover *cover,
                     const struct market *market, int64_t lot,
                     int64_t adjacent_km, int *white, int *approximate);

#endif
