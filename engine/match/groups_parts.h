/*
 * What the files of groups share: a lot's candidates, and what has been handed
 * out.
 */
#ifndef ENGINE_MATCH_GROUPS_PARTS_H
#define ENGINE_MATCH_GROUPS_PARTS_H

#include "engine/match/group.h"
#include "engine/match/groups.h"
#include "engine/match/structure_search.h"

#define GROUPS_SIREN 9    /* characters of a SIRET that name the operator */
#define GROUPS_ID_ROOM 24 /* `siret-kind`, terminated */

struct candidate {
    uint32_t number;
    char id[GROUPS_ID_ROOM];
    int64_t score;
    uint64_t tie;
    int64_t activity; /* index */
    uint32_t unknown; /* bits of enum component_word */
    int alone;
    int approximate;
    struct territory covered; /* of the place */
    struct extent extent;
    uint64_t jobs; /* bit i: staffs job i + 1, or nobody knows */
    int64_t hours; /* over the lot; ABSENT: unknown */
};

/* A legal person, in all lots of the question. */
struct firm {
    char siren[GROUPS_SIREN];
    int mandataire;
    int64_t lots; /* in which it is in a group */
    int64_t last; /* the last of them */
};

struct firms {
    struct firm *at;
    size_t n;
    size_t room;
};

struct scored {
    uint64_t set;
    int64_t score;
    uint64_t tie;
    int size;
};

/* One lot. */
struct composing {
    struct match *m;
    struct firms *firms;
    struct lot_case c;
    struct territory place;  /* without circles */
    struct territory *codes; /* of the place, likewise */
    struct candidate *all;
    size_t n;
    int rough; /* who is told rests on a guessed centre */
    int cut;   /* there may be more than GROUPS_CANDIDATES */
    uint32_t picks[GROUP_CANDIDATES_MAX];
    size_t n_picks;
    uint32_t owners[GROUP_CANDIDATES_MAX]; /* of picks: in firms */
    struct group_ask ask;
};

/* groups_candidates.c: read the place and the candidates TOP names.
 * ERR_NOMEM, store errors. */
enum err groups_read(struct composing *g, const struct match_top *top);

/* Pick all who do not cover the lot alone; of too many, layer by layer those
 * who add most, so that a far corner of the place is not left out for others'
 * scores: CHOSEN gets whether that was so.  ERR_NOMEM. */
enum err groups_pick(struct composing *g, int *chosen);

/* groups_answer.c: one group, its members widest first; MANDATAIRE is the
 * place of one.  ERR_NOMEM, store errors. */
enum err groups_write(struct composing *g, const struct scored *s,
                      const uint32_t *members, int n, int mandataire,
                      struct grouped *out);

/* Those who need nobody. */
enum err groups_write_alone(struct composing *g, struct group_single_list *out);

/* What no group could cover. */
enum err groups_write_missing(const struct composing *g, struct group_lot *out);

/* The candidate of a bit of a set. */
static inline const struct candidate *groups_member(const struct composing *g,
                                                    uint32_t bit)
{
    return &g->all[g->picks[bit]];
}

#endif
