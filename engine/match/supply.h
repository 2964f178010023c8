/*
 * Who could answer a lot, by legal unit: the structures that match it, with
 * what they have free and what they live on.
 */
#ifndef ENGINE_MATCH_SUPPLY_H
#define ENGINE_MATCH_SUPPLY_H

#include "engine/match/match.h"
#include "engine/match/risk.h"

/* Of a lot's structures the best so many are looked at. */
#define SUPPLY_MAX 1000

struct supply {
    struct risk_unit *units; /* in the order of SIREN */
    size_t n;
    int64_t structures;        /* of all units */
    int64_t whole[kind_words]; /* structures that cover every place, by kind */
    int64_t turnover;          /* sum of those that are known, in cents */
    int64_t turnovers;         /* how many are known */
    int rough;                 /* a guessed centre had a say */
};

/* The supply of lot NUMBER of MARKET.  HISTORY: earlier solicitations, by
 * structure.  End it with supply_fini, also after an error.  ERR_NOT_FOUND no
 * such lot, ERR_NOMEM, store errors. */
enum err supply_read(struct match *m, const struct market *market,
                     int64_t number, const struct assess_history_list *history,
                     struct supply *out);
/* Give its memory back. */
void supply_fini(struct supply *supply);

/* Free hours a month of all units, where they are known. */
int64_t supply_free_hours(const struct supply *supply, int *unknown);

#endif
