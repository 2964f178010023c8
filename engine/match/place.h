/*
 * A lot's place made ready to be measured against many zones.
 */
#ifndef ENGINE_MATCH_PLACE_H
#define ENGINE_MATCH_PLACE_H

#include "engine/match/parts.h"

struct box;
struct place {
    struct slices codes; /* as stored */
    struct territory set;
    struct territory *each; /* of codes */
    struct parts parts;     /* of the set, in order */
    struct box *boxes;      /* round all of them */
    size_t n_boxes;
    struct extent extent;
    int approximate; /* a centre in it is a guess or unknown */
    int near;        /* a code is NEAR */
};

/* Make the place that CODES name; none: an empty one.  It borrows from CODES
 * and ARENA.  ERR_NOMEM. */
enum err place_read(const struct reference *ref, struct arena *arena,
                    struct slices codes, struct place *out);

/* Boxes that together hold all centres of the place: 1 and the I-th from 0;
 * negative past the last. */
int place_box(const struct place *place, size_t i, int32_t low[3],
              int32_t high[3]);

/* What ZONE and the place have in common; if that is fewer people than LEAST,
 * any extent of fewer. */
struct extent place_overlap(const struct reference *ref,
                            const struct place *place,
                            const struct territory *zone, uint64_t least);

/* Kilometres from a point to the nearest commune with a centre; ABSENT when
 * nothing is known. */
int64_t place_km(const struct reference *ref, const struct place *place,
                 const struct point *from);

/* The codes whose own set is not wholly inside ZONE, in order.  ERR_NOMEM. */
enum err place_missing(const struct reference *ref, struct arena *arena,
                       const struct place *place, const struct territory *zone,
                       struct slices *out);

#endif
