/*
 * Is a market worth a clause, which one, of how many hours?  MATCHING.md,
 * section Assessments.
 */
#ifndef ENGINE_MATCH_ASSESS_H
#define ENGINE_MATCH_ASSESS_H

#include "engine/match/assess_rules.h"
#include "engine/match/cover.h"
#include "engine/match/hours.h"
#include "engine/match/match.h"

/* What markets of one question share. */
struct assess {
    struct match *m;
    struct assess_rules rules;
    struct cover cover;
    struct arena *scratch; /* of one lot: a page of markets may have many */
    int64_t adjacent_km;
    /* Of the hours; ABSENT: by the rules. */
    int64_t labour_hours;
    int64_t labour_share;
    int64_t rate;
    int64_t hourly_cost;
};

struct assessment {
    struct obligation obligation;
    int64_t worth; /* enum assess_worth_word */
    int64_t hours; /* ABSENT: of no lot known */
    struct assess_lot_list lots;
    int rough; /* a guessed centre had a say */
};

/* Read the figures into A, whose M the caller has set, and note which tables
 * an assessment asks.  ERR_NO_RULE: see assess_rules.h. */
enum err assess_figures(struct assess *a);

/* Read what is shared into A, whose M, distance and hours the caller has set;
 * end it with assess_fini, also after an error.  ERR_NO_RULE, ERR_NOMEM, store
 * errors. */
enum err assess_begin(struct assess *a);
/* Give its memory back. */
void assess_fini(struct assess *a);

/* Assess MARKET, or its lot LOT (ABSENT: all).  Texts borrow from MARKET and
 * the reference, lists live in the question's arena.  ERR_NOMEM, store
 * errors. */
enum err assess_market(struct assess *a, const struct market *market,
                       int64_t lot, struct assessment *out);

/* The plan of a lot's hours: those of its first clause, else by labour hours
 * or amount, else those of its jobs.  Of PLAN all figures are ABSENT that
 * nobody can know.  ERR_NOMEM. */
enum err assess_hours(const struct assess *a, const struct market *market,
                      const struct lot *lot, struct answer_hours_plan *plan);

/* What the supply allows, by the rule of le-marche: N structures, their
 * turnovers' sum and number, and the amount (ABSENT: ABSENT, no advice).
 * DEPENDENCE gets the amount in percent of the mean turnover, half up. */
int64_t assess_advice(const struct assess_rules *rules, int64_t n,
                      int64_t amount, int64_t turnover, int64_t turnovers,
                      int64_t *dependence);

#endif
