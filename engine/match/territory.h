/*
 * Territories: sets of communes (MATCHING.md section 2), as sorted, disjoint,
 * non-touching ranges of dense commune numbers, and circles that are tested
 * commune by commune until somebody needs them as ranges.
 */
#ifndef ENGINE_MATCH_TERRITORY_H
#define ENGINE_MATCH_TERRITORY_H

#include "protocol/arena.h"
#include "protocol/entities.h"
#include "store/reference.h"

/* Nothing is farther: MATCHING.md section 2.2. */
#define TERRITORY_KM_MAX 20016

/* Where something is.  approximate: also when it is not known at all. */
struct point {
    int32_t at[3];
    int known;
    int approximate;
};

/* All communes whose centre lies within km of the middle. */
struct circle {
    int32_t at[3];
    unsigned km;
};

struct territory {
    const struct range *ranges;
    size_t n;
    const struct circle *circles;
    size_t n_circles;
};

/* How much a set holds. */
struct extent {
    uint64_t communes;
    uint64_t people;
};

/* The centre of a commune (REFERENCE_NONE: unknown). */
struct point territory_point(const struct reference *ref, uint32_t commune);

/* The set that CODES name together.  Codes the tables lack are empty sets.
 * ERR_NOMEM. */
enum err territory_read(const struct reference *ref, struct arena *arena,
                        struct slices codes, struct territory *out);

/* The zone of an activity: codes, or a circle round HOME's point FROM; the
 * home commune always belongs.  ZONE may be NULL.  ERR_NOMEM. */
enum err territory_zone(const struct reference *ref, struct arena *arena,
                        const struct zone *zone, uint32_t home,
                        const struct point *from, struct territory *out);

/* SET with its circles turned into ranges.  ERR_NOMEM. */
enum err territory_flatten(const struct reference *ref, struct arena *arena,
                           const struct territory *set, struct territory *out);

/* The union of sets without circles.  ERR_NOMEM. */
enum err territory_union(struct arena *arena, const struct territory *sets,
                         size_t n_sets, struct territory *out);

/* What two sets without circles have in common.  ERR_NOMEM. */
enum err territory_common(struct arena *arena, const struct territory *a,
                          const struct territory *b, struct territory *out);

/* Have two sets without circles a commune in common? */
int territory_meets(const struct territory *a, const struct territory *b);

/* Does the set hold this commune? */
int territory_holds(const struct reference *ref, const struct territory *set,
                    uint32_t commune);

/* Do its circles alone? */
int territory_circles_hold(const struct reference *ref,
                           const struct territory *set, uint32_t commune);

/* Has the territory that CODE names a commune in SET, which has no circles;
 * or are all of its communes in it?  One that the tables lack has none.
 * Nothing is allocated. */
int territory_meets_code(const struct reference *ref,
                         const struct territory *set, struct slice code);
/* All of them. */
int territory_holds_code(const struct reference *ref,
                         const struct territory *set, struct slice code);

/* Has a circle of KM round a commune one in SET, which has no circles? */
int territory_meets_circle(const struct reference *ref,
                           const struct territory *set, uint32_t middle,
                           unsigned km);

/* Does OUTER hold every commune of INNER, which has no circles? */
int territory_covers(const struct reference *ref, const struct territory *outer,
                     const struct territory *inner);

/* What the ranges alone of SET hold within PART. */
struct extent territory_extent(const struct reference *ref,
                               const struct territory *set, struct range part);

/* Is one of the codes FR? */
int territory_is_nationwide(struct slices codes);

/* Is one of the codes NEAR:...? */
int territory_has_near(struct slices codes);

#endif
