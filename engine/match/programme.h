/*
 * Markets that have no clause yet, those first that a clause is worth most in
 * (MATCHING.md, section Assessments).
 */
#ifndef ENGINE_MATCH_PROGRAMME_H
#define ENGINE_MATCH_PROGRAMME_H

#include "engine/match/assess.h"

#define PROGRAMME_ID_MAX 65 /* bytes of an id and its end */

/* What ranks a market: the law, the hours of its lots, its amount, its id. */
struct programme_row {
    int mandatory;
    int64_t hours;
    int64_t amount;
    char id[PROGRAMME_ID_MAX];
};
struct programme {
    struct programme_row *at; /* best first, once ranked */
    size_t n;
    size_t room;
};

/* Add MARKET.  What is used of the question's arena comes from SCRATCH.
 * ERR_NOMEM. */
enum err programme_add(struct programme *p, struct assess *a,
                       struct arena *scratch, const struct market *market);

/* Add every stored market of which no lot has a clause and that may still get
 * one on the question's date: DRAFT, PLANNED or open.  ERR_NOMEM, store
 * errors. */
enum err programme_read(struct programme *p, struct assess *a);

/* Put them in order. */
void programme_rank(struct programme *p);
/* Give its memory back. */
void programme_fini(struct programme *p);

#endif
