/*
 * One structure for one lot (MATCHING.md section 3): its one reason, or its
 * score.  The same function decides for lists, counts and explanations.
 */
#ifndef ENGINE_MATCH_STRUCTURE_H
#define ENGINE_MATCH_STRUCTURE_H

#include "engine/match/lot.h"

struct structure_result {
    int64_t reason;   /* enum reason_word; ABSENT: it matches */
    int64_t activity; /* index of the one that matches best, else got
                         furthest; ABSENT: none decided */
    int64_t score;
    struct structure_score parts; /* unknown ones at 500 */
    uint32_t unknown;             /* bits of enum component_word */
    int64_t cover;                /* enum cover_word, ABSENT without place */
    int64_t km;                   /* ABSENT: unknown */
    uint32_t marks;               /* bits of enum mark_word */
    struct territory zone;        /* of that activity, in the scratch arena */
};

/* Must one know the zone to tell what it leaves out of the place? */
static inline int structure_asks_zone(const struct lot_case *c,
                                      const struct structure_result *r)
{
    return r->cover == COVER_PARTIAL && c->place.codes.n > 1;
}

#define STRUCTURE_SHARE_MIN 50     /* whole percent: CCP R2113-7 */
#define STRUCTURE_PART_UNKNOWN 500 /* what a part counts that nobody knows */

/* Where it is measured from. */
struct point structure_point(const struct reference *ref,
                             const struct structure *s);

/* Judge S.  ERR_NOMEM. */
enum err structure_judge(const struct lot_case *c, const struct structure *s,
                         struct structure_result *out);

/* The steps of that judgement, for who knows the rest from postings: what of
 * the place a zone covers, how near its home is (neither ABSENT), and the
 * weighed sum, where what is not known counts half and is told. */
int64_t structure_coverage(const struct extent *common,
                           const struct extent *all);
/* KM from 0, of 1000. */
int64_t structure_proximity(int64_t km);
/* Of 1000; a bit of UNKNOWN for each part that is ABSENT in PARTS. */
int64_t structure_score(const struct structure_weights *weights,
                        struct structure_score *parts, uint32_t *unknown);

/* `siret-kind`, in the arena, with a zero behind it. */
struct slice structure_id(struct arena *arena, const struct structure *s);

/* What an answer says of a structure that matches, in the answer's arena.
 * ERR_NOMEM. */
enum err structure_hit(const struct lot_case *c, const struct structure *s,
                       const struct structure_result *r,
                       struct structure_hit *out);

#endif
