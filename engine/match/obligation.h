/*
 * Must a contract have a clause of insertion (CCP L2112-2-1 for markets,
 * L3114-2-1 for concessions)?  MATCHING.md section 12.
 */
#ifndef ENGINE_MATCH_OBLIGATION_H
#define ENGINE_MATCH_OBLIGATION_H

#include "protocol/arena.h"
#include "protocol/entities.h"
#include "store/reference.h"

/* Fill OUT for MARKET from the table `thresholds`; ON stands for the launch of
 * a market that is still planned.  Texts borrow from the reference, reasons
 * live in ARENA.  ERR_NOMEM. */
enum err obligation_assess(const struct reference *ref,
                           const struct market *market, int64_t on,
                           struct arena *arena, struct obligation *out);

#endif
