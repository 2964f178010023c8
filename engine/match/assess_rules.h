/*
 * The figures of the assessments: rows of the table `assess`
 * (store/reference/README.md), each a whole number.
 */
#ifndef ENGINE_MATCH_ASSESS_RULES_H
#define ENGINE_MATCH_ASSESS_RULES_H

#include "protocol/types.h"
#include "store/reference.h"

enum assess_rule {
    ASSESS_ADVICE_CLAUSE,
    ASSESS_ADVICE_LOT,
    ASSESS_ADVICE_RESERVE,
    ASSESS_ADVICE_SHARE,
    ASSESS_LABOUR_SHARE,
    ASSESS_MONTHS,
    ASSESS_PUBLIC_FACTOR,
    ASSESS_REACHABLE_PEOPLE,
    ASSESS_REACHABLE_SHARE,
    ASSESS_STRUCTURES,
    ASSESS_RESERVED_ANSWERS,
    ASSESS_RESERVED_CAPACITY,
    ASSESS_RESERVED_DEPENDENCE,
    ASSESS_RESERVED_INDEPENDENT,
    ASSESS_RESERVED_NO_OFFER,
    ASSESS_RESERVED_PARTS,
    ASSESS_RESERVED_PAST_MONTHS,
    ASSESS_RESERVED_SOLICITATIONS,
    ASSESS_RESERVED_STRUCTURES,
    ASSESS_RESERVED_WORKING_DAYS,
    ASSESS_RULES
};

struct assess_rules {
    int64_t value[ASSESS_RULES];
    const char *lacks; /* the rule of which there is no row; NULL: none */
};

/* The figures of a day.  The bundled table has all of them on every day that
 * a date can be, and an import with fewer days is refused (rule_rows.h); but
 * what an older daemon took may lack a rule: ERR_NO_RULE, and `lacks`. */
enum err assess_rules_read(const struct reference *ref, int64_t on,
                           struct assess_rules *out);

/* What is wrong with a row of the table, and in *FIELD where; NULL when nothing
 * is.  NUMBER is its value, ABSENT when that is no number. */
const char *assess_rule_refuse(struct slice rule, int64_t number,
                               const char **field);

#endif
