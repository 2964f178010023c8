/*
 * What every area has in common with one place: zones that are an area, and
 * most are, need no measuring of their own.
 */
#ifndef ENGINE_MATCH_AREA_SUMS_H
#define ENGINE_MATCH_AREA_SUMS_H

#include "engine/match/areas.h"
#include "engine/match/place.h"

struct area_sums {
    const struct place *place;
    const struct extent *epcis; /* by their index in the tables */
    const struct extent *departments;
    const struct extent *regions;
    const struct range *meeting; /* areas that meet the place: sorted,
                                    disjoint, neither COUNTRY nor NONE */
    size_t n_meeting;
};

/* Sum up for PLACE, which holds a commune.  Lives in ARENA.  ERR_NOMEM. */
enum err area_sums_read(const struct reference *ref, struct arena *arena,
                        const struct place *place, struct area_sums *out);

/* What AREA has in common with the place. */
struct extent area_sums_of(const struct reference *ref,
                           const struct area_sums *sums, uint16_t area);

#endif
