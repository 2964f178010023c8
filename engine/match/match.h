/*
 * The matching core: a view, the tables and a question in; ranked candidates
 * with their reasons out.  No clock, no I/O, no globals.  The rules are
 * engine/MATCHING.md; this directory follows its sections.
 */
#ifndef ENGINE_MATCH_MATCH_H
#define ENGINE_MATCH_MATCH_H

#include "protocol/arena.h"
#include "protocol/entities.h"
#include "store/index.h"
#include "store/reference.h"

#define MATCH_RULES 1

/* What every question shares.  Weights are complete and add up to 1000. */
struct match {
    struct store_view *view;
    const struct reference *reference;
    struct arena *arena; /* answers live here */
    int64_t on;          /* civil date */
    int64_t limit;       /* of each list, 1 to 1000 */
    struct structure_weights structure_weights;
    struct person_weights person_weights;
    struct ints kinds;  /* enum kind_word; none: all */
    int64_t nationwide; /* enum nationwide_word */
    int64_t grace;      /* days */
    /* What was touched, for the log and for benchmarks; never in answers. */
    uint64_t scanned;
    uint64_t scored;
};

/* The weights of matching.md. */
extern const struct structure_weights match_structure_weights;
extern const struct person_weights match_person_weights;

/* The best structures for LOT (from 1) of MARKET: fills lot, start, warnings
 * and structures of OUT.  ERR_NOT_FOUND no such lot, ERR_NOMEM, store
 * errors. */
enum err match_structures(struct match *m, const struct market *market,
                          int64_t lot, struct lot_answer *out);

/* The best people for JOB (from 1; ABSENT: every job) of LOT: fills lot,
 * start, warnings and jobs of OUT. */
enum err match_people(struct match *m, const struct market *market, int64_t lot,
                      int64_t job, struct lot_answer *out);

/* All candidates counted by reason, in the order of the filters; reasons that
 * nobody had are left out. */
enum err match_count_structures(struct match *m, const struct market *market,
                                int64_t lot, struct tally *out);

/* The same of people, for every job of the lot.  It reads every profile: a
 * question for a worker, not for the loop. */
enum err match_count_people(struct match *m, const struct market *market,
                            int64_t lot, struct job_tally_list *out);

/* One candidate: its hit, or its one reason. */
enum err match_explain_structure(struct match *m, const struct market *market,
                                 int64_t lot, const struct structure *candidate,
                                 struct structure_verdict *out);

/* A person for JOB, or for every job of the lot when ABSENT. */
enum err match_explain_person(struct match *m, const struct market *market,
                              int64_t lot, int64_t job,
                              const struct profile *candidate,
                              struct person_verdict_list *out);

/* The warnings of a lot (matching.md section 3) in the arena. */
enum err match_warnings(struct match *m, const struct market *market,
                        int64_t lot, struct ints *out);

/* ---- postings.c: what the index holds of an entity ---------------------- */

/* Kinds of the index. */
enum index_kind { INDEX_PEOPLE = 1, INDEX_STRUCTURES = 2 };

/* Write what the index holds of a new or changed record, and remove what it
 * held of the old one (NULL: there was none). */
enum err postings_change(struct store_batch *batch,
                         const struct reference *reference, struct arena *arena,
                         unsigned entity, uint32_t number, const void *before,
                         const void *after);

/* Is the lot of an open market on that date (matching.md section 1)? */
int match_market_open(const struct market *market, int64_t on);

#endif
