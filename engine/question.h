/*
 * What questions about markets have in common: their parameters made ready
 * for engine/match, and what every answer says of how it was made.
 */
#ifndef ENGINE_QUESTION_H
#define ENGINE_QUESTION_H

#include "engine/call.h"
#include "engine/match/match.h"

/* What every match question has in common, whatever its struct. */
struct question {
    struct slice market;
    int64_t on; /* ABSENT: today */
    int64_t limit;
    struct ints kinds;
    int64_t nationwide;
    const struct structure_weights *structure_weights;
    int64_t grace;
    const struct person_weights *person_weights;
};

/* What of it an ASK has that is about structures, about people. */
#define QUESTION_STRUCTURES(ask)                                               \
    .kinds = (ask)->kinds, .nationwide = (ask)->nationwide,                    \
    .structure_weights = (ask)->structure_weights
#define QUESTION_PEOPLE(ask)                                                   \
    .grace = (ask)->grace, .person_weights = (ask)->person_weights

/* Fill M with what every question needs, whatever it is about.
 * ERR_WEIGHTS_SUM, refused. */
enum err question_prepare(struct store_view *view, struct call *call,
                          const struct question *q, struct match *m);

/* The same, and the market that is asked about, which lives in the call's
 * arena.  ERR_NOT_FOUND, refused. */
enum err question_begin(struct store_view *view, struct call *call,
                        const struct question *q, struct match *m,
                        const struct market **market);

/* A market alone; it lives in the call's arena.  ERR_NOT_FOUND, refused. */
enum err question_market(struct store_view *view, struct call *call,
                         struct slice id, const struct market **market);

/* The communes of the code in the field `territory', as runs in the call's
 * arena.  ERR_UNKNOWN_TERRITORY, refused. */
struct territory;
/* One without a commune of today is refused too. */
enum err question_territory(struct store_view *view, struct call *call,
                            struct slice code, struct territory *out);

/* Refuse a LOT that MARKET has not, or a JOB (ABSENT: any) that the lot has
 * not: ERR_NOT_FOUND. */
enum err question_lot(struct call *call, const struct market *market,
                      int64_t lot, int64_t job);

/* "communes@6.0.0", ... of the tables of facts and of those of RULES (bits of
 * enum rule_table), each in their order; there is room in OUT for all tables
 * and RULE_TABLES more.  Returns how many; borrowed from REF. */
size_t question_tables(const struct reference *ref, uint32_t rules,
                       struct slice *out);

/* The same of the rules that were asked, in M's arena; the call gets what was
 * touched, for the log.  ERR_NOMEM. */
enum err question_end(struct call *call, const struct match *m,
                      struct slices *reference);

/* What every answer says of how it was made. */
#define QUESTION_SIGN(answer, call, m, rough)                                  \
    ((answer)->on = (m)->on, (answer)->rules = MATCH_RULES,                    \
     (answer)->approximate = (rough),                                          \
     question_end(call, m, &(answer)->reference))

/* The members of MATCH_ANSWER. */
#define QUESTION_FINISH(answer, call, q, m, rough)                             \
    ((answer)->market = (q)->market, QUESTION_SIGN(answer, call, m, rough))

#endif
