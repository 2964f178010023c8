/*
 * The territories that hold a territory, the narrowest first: whose rule
 * counts where a table has one for some places and one for all (FR).
 */
#ifndef ENGINE_MATCH_PLACES_H
#define ENGINE_MATCH_PLACES_H

#include "store/reference.h"

/* COM, EPCI, EPT, DEP, REG, FR. */
#define PLACES_MAX 6
#define PLACE_CODE_MAX 16

struct places {
    char at[PLACES_MAX][PLACE_CODE_MAX]; /* "DEP:29" */
    size_t n;
};

/* Fill OUT for a code (COM: EPCI: DEP: REG: FR), itself first, a commune made
 * current; n is 0 when there is no such territory. */
void places_above(const struct reference *ref, struct slice code,
                  struct places *out);

#endif
