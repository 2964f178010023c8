/*
 * The stored markets one after the other, for questions that are about many:
 * a market's head says whether the rest need be read.
 */
#ifndef ENGINE_MATCH_MARKETS_H
#define ENGINE_MATCH_MARKETS_H

#include "engine/match/match.h"

/* Is a market wanted on a date?  HEAD has the fields up to its status. */
typedef int markets_filter(const struct market *head, int64_t on);

/* A wanted one, whole; it lives for the call, as does what is taken from
 * SCRATCH.  An error ends the walk. */
typedef enum err markets_visit(void *context, const struct market *market,
                               struct arena *scratch);

/* Call VISIT with every market of M's view that is WANTED on its date and may
 * be seen, by number.  ERR_NOMEM, store errors, those of VISIT. */
enum err markets_each(struct match *m, markets_filter *wanted,
                      markets_visit *visit, void *context);

#endif
