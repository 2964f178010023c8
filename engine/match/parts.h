/*
 * A set of communes cut into short parts that lie together, to be measured
 * against many points and circles.
 *
 * Communes stand in Hilbert order within their department: each part is cut
 * from one span of the tables and has the box of its centres.  The corner of
 * the box that is nearest to a point, and the one farthest from it, bound the
 * distance of every commune inside; only what a circle cuts is looked at
 * commune by commune.
 *
 * Differences are taken of integers and squared as floats, several at once: a
 * square is off by less than one part in 2^21.  What lies closer than twice
 * that to what it is compared with is asked again in integers, so that every
 * answer is that of store/reference_km.c.
 */
#ifndef ENGINE_MATCH_PARTS_H
#define ENGINE_MATCH_PARTS_H

#include "engine/match/territory.h"

/* Only parts in which some commune has a centre: no other is within anything.
 * Invariant: a part lies in one span, so it has at most REFERENCE_SPAN. */
struct parts {
    size_t n;
    struct range *range;
    int32_t *low[3]; /* as commune's `at` */
    int32_t *high[3];
    uint32_t *people;
    uint8_t *known; /* all communes of the part have a centre */
    int32_t *from;  /* rooms of a measurement: where from, squares to the */
    float *near;    /* nearest and the farthest corner, what a zone holds, */
    float *far;     /* and which parts these are */
    uint8_t *held;
    uint32_t *some;
};

/* Cut the ranges of SET, in ARENA.  ERR_NOMEM. */
enum err parts_cut(const struct reference *ref, struct arena *arena,
                   const struct territory *set, struct parts *out);

/* Measure the parts against the circles of ZONE, for parts_held. */
void parts_measure(const struct parts *parts, const struct territory *zone);

/* Does ZONE, the last that was measured, hold every commune of SET, which has
 * no circles and lies in the set that was cut? */
int parts_held(const struct reference *ref, const struct parts *parts,
               const struct territory *zone, const struct territory *set);

/* How much the circles of ZONE hold of the parts, without what its ranges
 * hold; if that is fewer people than LEAST, any extent of fewer. */
struct extent parts_within(const struct reference *ref,
                           const struct parts *parts,
                           const struct territory *zone, uint64_t least);

/* Kilometres from AT to the nearest centre; ABSENT without parts. */
int64_t parts_km(const struct reference *ref, const struct parts *parts,
                 const int32_t at[3]);

#endif
