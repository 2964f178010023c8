/*
 * The publics of a clause as a territory knows them: a row of the table
 * `publics` for the narrowest territory that has one.  MATCHING.md section 16.
 */
#ifndef ENGINE_MATCH_PUBLICS_H
#define ENGINE_MATCH_PUBLICS_H

#include "engine/match/iae.h"

/* Whether each of PUBLICS (bits of enum public_word; 0: all) holds on the day
 * of Q in TERRITORY, a code that exists.  ERR_NOMEM. */
enum err publics_show(const struct iae_question *q, struct slice territory,
                      uint32_t publics, struct public_standing_list *out);

#endif
