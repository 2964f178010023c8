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
/* So long after the last contact a consent no longer counts, and what is
 * known of the person is not kept: two years (CNIL, guide on recruitment). */
#define MATCH_CONSENT_DAYS 730

/* What every question shares.  Weights are complete and add up to 1000. */
struct workspace;
struct territory;
typedef int match_sees(const void *seer, unsigned entity, const void *object);
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
    /* Whom and what the answer may name; NULL: all there is. */
    const struct territory *people_in; /* homes; without circles */
    match_sees *sees;                  /* objects as stored */
    const void *seer;
    struct workspace *workspace; /* memory used again; NULL: of this call */
    /* For benchmarks: bits of enum match_part that are not to be used. */
    unsigned without;
    uint32_t rules; /* bits of enum rule_table: which of them were asked */
    /* What was touched, for the log and for benchmarks; never in answers. */
    uint64_t scanned; /* rows of the index */
    uint64_t scored;
    uint64_t heads;
    uint64_t blocks;
    uint64_t sides;
};

/* Parts of the search that only save time: the answer is the same without. */
enum match_part {
    MATCH_BOUNDS = 1,     /* blocks that cannot hold a winner are left out */
    MATCH_BEST_FIRST = 2, /* those that promise most come first */
    MATCH_VECTORS = 4,    /* rows are tested eight at a time */
    MATCH_INDEX = 8       /* structures are found by it, not by their records */
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

/* Numbers and scores alone, for the batch. */
struct match_ranked {
    uint32_t number; /* of the record */
    int32_t score;
};
struct match_top {
    struct match_ranked *at; /* best first, in the answer's arena */
    size_t n;
};

/* The same structures as match_structures gives, in the same order. */
enum err match_top_structures(struct match *m, const struct market *market,
                              int64_t lot, struct match_top *out);

/* The same people as match_people gives for JOB. */
enum err match_top_people(struct match *m, const struct market *market,
                          int64_t lot, int64_t job, struct match_top *out);

/* All candidates counted by reason, in the order of the filters; reasons that
 * nobody had are left out.  Whoever may not be seen and does not match is no
 * candidate. */
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

/* Is the lot of an open market on that date (matching.md section 1)? */
int match_market_open(const struct market *market, int64_t on);

#endif
