/*
 * How likely a reserved procedure ends without an offer (MATCHING.md, section
 * Assessments).  Plain numbers in, plain numbers out: every change that could
 * lower the risk is tried by calling this once more.
 */
#ifndef ENGINE_MATCH_RISK_H
#define ENGINE_MATCH_RISK_H

#include "engine/match/assess_rules.h"
#include "protocol/entities.h"

#define RISK_POINTS 7
#define RISK_SIREN 9 /* characters of a SIRET that name the legal unit */

/* A legal unit, all its structures together. */
struct risk_unit {
    char siren[RISK_SIREN];
    int64_t structures;
    int whole;          /* one of them covers every place */
    int64_t free_hours; /* a month, where it is known */
    int free_unknown;   /* of one it is not */
    int64_t turnover;   /* cents a year; ABSENT: unknown */
    int64_t asked;      /* for offers, so far */
    int64_t positive;   /* of these, answered with one */
};

struct risk_facts {
    const struct risk_unit *units;
    size_t n;
    int64_t groups;   /* of units that together cover what none does alone */
    int64_t amount;   /* cents; ABSENT: unknown */
    int64_t months;   /* ABSENT: unknown */
    int64_t hours;    /* asked by the whole lot; ABSENT: unknown */
    int64_t days;     /* working days to the deadline; ABSENT: unknown */
    int64_t failures; /* earlier ones of the same kind */
};

struct risk {
    int64_t level;    /* enum assess_risk_word */
    int64_t no_offer; /* per mille */
    int64_t offers;   /* units that cover all, and groups */
    struct assess_finding points[RISK_POINTS];
};

/* Judge FACTS by RULES. */
void risk_judge(const struct risk_facts *facts,
                const struct assess_rules *rules, struct risk *out);

/* The chance of no offer at all in per mille, half up: the product of 1 - q
 * over the units that cover all, then over the groups.  Parts of 10^15, each
 * step floored. */
int64_t risk_no_offer(const struct risk_facts *facts,
                      const struct assess_rules *rules);

/* What a unit's offer is worth: q in per mille, floored. */
int64_t risk_interest(const struct risk_unit *unit, int64_t failures,
                      const struct assess_rules *rules);

/* The yearly amount in percent of the turnover, floored; ABSENT when one of
 * them is unknown.  A lot shorter than a year is of one year. */
int64_t risk_dependence(int64_t amount, int64_t months, int64_t turnover);

/* Does the unit depend on such a lot?  What is unknown depends not. */
int risk_depends(const struct risk_unit *unit, int64_t amount, int64_t months,
                 const struct assess_rules *rules);

/* Mondays to Fridays after FROM up to UNTIL, civil dates; public holidays are
 * not taken off. */
int64_t risk_working_days(int64_t from, int64_t until);

#endif
