/*
 * Groups of structures for the lots of a market (MATCHING.md, section Groups):
 * who could answer together what nobody of them can alone.
 */
#ifndef ENGINE_MATCH_GROUPS_H
#define ENGINE_MATCH_GROUPS_H

#include "engine/match/match.h"

/* As many of match_structures' first are looked at; of those who do not cover
 * the lot alone, group.h says how many make groups. */
#define GROUPS_CANDIDATES 1000

/* The groups of every lot of MARKET, or of LOT alone (ABSENT: all), at most
 * M's limit of each; no operator is mandataire of two.  ROUGH gets whether a
 * guessed centre had a say.  In M's arena.  ERR_NOT_FOUND no such lot,
 * ERR_NOMEM, store errors. */
enum err groups_market(struct match *m, const struct market *market,
                       int64_t lot, struct group_lot_list *out, int *rough);

/* Is there a group of lot LOT among the candidates that MAY, asked with
 * CONTEXT and a structure's id, lets in?  Whoever else there is and whatever
 * they are in already is left aside, so that more candidates never lose one;
 * beyond group.h's bound it is those who add most that are tried.  ROUGH is
 * set if a guessed centre has a say.  ERR_NOT_FOUND no such lot, ERR_NOMEM,
 * store errors. */
typedef int groups_filter(const void *context, struct slice id);
/* ANY gets the answer. */
enum err groups_exist(struct match *m, const struct market *market, int64_t lot,
                      groups_filter *may, const void *context, int *any,
                      int *rough);

#endif
