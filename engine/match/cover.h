/*
 * Who covers what on a date (MATCHING.md section 11.1): every facilitator that
 * answers that day, with the communes that are its own, and those that are
 * nobody's.
 */
#ifndef ENGINE_MATCH_COVER_H
#define ENGINE_MATCH_COVER_H

#include "engine/match/match.h"
#include "engine/match/territory.h"

#define COVER_NOBODY UINT32_MAX

/* Of codes: STEP_COMMUNE, STEP_EPCI, STEP_DEPARTMENT. */
#define COVER_LEVELS 3

struct cover {
    const struct reference *reference;
    struct arena *arena;    /* of all below */
    struct facilitator *at; /* in byte order of ids */
    size_t n;
    uint32_t *answers; /* who answers for at[i]: itself, its backup, nobody */
    uint8_t *step;     /* by commune: the narrowest level that any code has
                          there; STEP_WHITE_ZONE: nobody's */
    struct territory (*sets)[COVER_LEVELS]; /* what at[i] covers, by level */
    struct territory blank;                 /* what nobody covers */
};

/* All facilitators of the question's view, as of its date; end it with
 * cover_fini, also after an error.  ERR_NOMEM, store errors. */
enum err cover_read(struct match *m, struct cover *out);
/* Give its memory back. */
void cover_fini(struct cover *cover);

/* Who coordinates the region of COMMUNE by at[i]'s word: whoever answers for
 * that one; COVER_NOBODY: not it. */
uint32_t cover_coordinator(const struct cover *cover, uint32_t i,
                           uint32_t commune);

/* Where a lot is, without circles: its places, else where its jobs are; an
 * empty set when nobody says.  ERR_NOMEM. */
enum err cover_place(const struct reference *ref, struct arena *arena,
                     const struct lot *lot, struct territory *out);

/* Call ON with where the lots of every open market are together, a market
 * after the other; PLACE lives for that call.  ERR_NOMEM, store errors. */
typedef void cover_on_market(void *context, const struct territory *place);
/* Open is as of M's day. */
enum err cover_each_open(struct match *m, cover_on_market *on, void *context);

#endif
