/*
 * A lot that is reserved, or could be: the risk of no offer, and the smallest
 * change that lowers it (MATCHING.md, section Assessments).
 */
#ifndef ENGINE_MATCH_RESERVED_H
#define ENGINE_MATCH_RESERVED_H

#include "engine/match/assess.h"
#include "engine/match/risk.h"

struct reserved {
    int64_t amount; /* ABSENT: unknown */
    int64_t hours;  /* ABSENT: unknown */
    struct risk risk;
    int64_t smallest; /* enum assess_change_word; ABSENT: none lowers it */
    struct assess_changed_list changes;
    struct assess_split_list splits;
    struct assess_unit_list units; /* of the lot as it is */
    int rough;                     /* a guessed centre had a say */
};

/* Can a lot be reserved to structures of this kind of clause? */
int reserved_is_kind(int64_t kind);

/* Judge lot NUMBER of MARKET as if it were reserved by a clause of KIND.  A
 * needs no assess_begin.  At most the question's limit of units, the surest
 * first.  ERR_NOT_FOUND no such lot, ERR_NOMEM, store errors. */
enum err reserved_judge(struct assess *a, const struct market *market,
                        int64_t number, int64_t kind,
                        const struct assess_history_list *history,
                        struct reserved *out);

#endif
