/*
 * Insertion hours: how many a clause asks, by how many people they can be
 * worked, what counts (MATCHING.md section 18).  Whole numbers throughout:
 * money in cents, shares in basis points, parts of an hour in hundredths.
 *
 * What varies by year or by buyer stands in the rule table `hours`
 * (store/reference/hours.tsv).
 */
#ifndef ENGINE_MATCH_HOURS_H
#define ENGINE_MATCH_HOURS_H

#include "protocol/arena.h"
#include "protocol/entities.h"
#include "store/reference.h"

#define BASIS 10000 /* basis points of a whole */

/* ---- Formulas (domain: mefsud77.fr p. 28, grafie.org) -------------------- */

/* F1: floor(amount x share x rate / (cost x 10^8)); COST is above 0. */
int64_t hours_of_amount(int64_t amount, int64_t share, int64_t rate,
                        int64_t cost);
/* The hours of labour that F1 takes its part of: floor(amount x share / (cost
 * x 10^4)). */
int64_t hours_labour_of_amount(int64_t amount, int64_t share, int64_t cost);
/* F2: floor(labour x rate / 10^4). */
int64_t hours_of_labour(int64_t labour, int64_t rate);
/* F3: full-time equivalents in hundredths, to the nearest; YEAR hours make
 * one. */
int64_t hours_fte(int64_t hours, int64_t year);
/* How many people it takes: ceil(hours / (week x weeks)). */
int64_t hours_persons(int64_t hours, int64_t week, int64_t weeks);
/* Hundredths of an hour for each of N. */
int64_t hours_each(int64_t hours, int64_t n);

/* ---- Rules ----------------------------------------------------------------
 */

#define METHOD_NATIONAL "NATIONAL"
/* Whose rules count, the first first: the method that is named, the buyer's
 * (by SIRET, by SIREN), the national one. */
#define METHOD_NAMES 4
struct hours_method {
    const struct reference *reference;
    struct slice names[METHOD_NAMES];
    size_t n;
};

/* The method of a clause: NAMED ({NULL, 0}: none) and BUYER (may be NULL).  A
 * name that the table lacks counts as none. */
struct hours_method hours_method(const struct reference *ref,
                                 struct slice named, const struct buyer *buyer,
                                 int64_t on);

/* Has the table a rule of this method that day? */
int hours_method_known(const struct reference *ref, struct slice name,
                       int64_t on);

/* The value of a rule ("TRAINING", "TRAINING_CAP") on a day, from the first
 * of the method's names that has one; ABSENT when none has, or when it is no
 * whole number. */
int64_t hours_rule(const struct hours_method *method, const char *rule,
                   int64_t on);

/* What is wrong with a row of the table, and in *FIELD where; NULL when nothing
 * is.  NUMBER is its value, ABSENT when that is no number. */
const char *hours_rule_refuse(struct slice rule, int64_t number,
                              const char **field);

/* A rule without which nothing could be reckoned. */
int hours_rule_required(struct slice rule);

/* ---- A plan ---------------------------------------------------------------
 */

/* What is known of a worker, whoever said it; ABSENT: nothing. */
struct hours_worker {
    int64_t week_min;
    int64_t week_max;
    int64_t weeks;
    int64_t cap;
    int64_t kind; /* enum kind_word */
    int64_t ai_hours;
    int64_t available_from;
};

/* Why there is no plan: the field of the question that is missing. */
struct hours_gap {
    const char *field;
    const char *hint;
};

/* Answer ASK about LOT and CLAUSE of MARKET (each may be NULL) as of ON, with
 * WORKERS in the place of ask->persons: fills all of ANSWER but market, lot,
 * clause, rules and reference.  ERR_MISSING_FIELD with GAP, ERR_NOMEM. */
struct hours_question {
    const struct ask_hours_plan *ask;
    const struct market *market;
    const struct lot *lot;
    const struct clause *clause;
    const struct hours_worker *workers;
    int64_t on;
};
/* Everything that ANSWER points to lives in ARENA. */
enum err hours_plan(const struct hours_question *q, const struct reference *ref,
                    struct arena *arena, struct answer_hours_plan *answer,
                    struct hours_gap *gap);

/* The sets of workers who together can do NEED hours, none of them to spare,
 * the smallest first, then those with the fewest hours over, then by number:
 * at most LIMIT of them.  ERR_NOMEM. */
enum err hours_sets(struct arena *arena, const struct plan_part_list *workers,
                    int64_t need, int64_t limit, struct plan_set_list *out);

#endif
