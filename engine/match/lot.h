/*
 * A lot made ready for its candidates: everything that depends on the
 * question and not on who answers it.
 */
#ifndef ENGINE_MATCH_LOT_H
#define ENGINE_MATCH_LOT_H

#include "engine/match/match.h"
#include "protocol/codec.h"
#include "engine/match/place.h"

/* What one lot may need: a place of 1,024 codes at a few hundred ranges each
 * and 64 memos of distances stay under half of it. */
#define LOT_BYTES_MAX (64u << 20)
/* One decoded record (1 MiB of bytes at most) and its zones. */
#define CANDIDATE_BYTES_MAX (64u << 20)

struct lot_case {
    struct match *m;
    const struct market *market;
    const struct lot *lot;
    int64_t number; /* from 1 */
    int64_t start;
    uint32_t kinds; /* that the law and the question allow */
    uint32_t modes; /* wanted; 0: any */
    int asks_share;
    int64_t asked_hours; /* ABSENT: unknown */
    uint64_t key;        /* hash of `market/lot` */
    struct place place;
    struct arena *arena;   /* lives as long as the case */
    struct arena *scratch; /* of one candidate: reset between them */
    struct workspace *workspace;
    int owns; /* bits: the workspace, the arenas are this case's own */
};

/* Prepare lot NUMBER of MARKET; end it with lot_case_fini.  ERR_NOT_FOUND no
 * such lot, ERR_NOMEM. */
enum err lot_case_init(struct lot_case *c, struct match *m,
                       const struct market *market, int64_t number);

/* The same for the people of JOB (ABSENT: of all jobs): the place is read only
 * if a job says not where it is; who has a commune to go to needs none. */
enum err lot_case_init_job(struct lot_case *c, struct match *m,
                           const struct market *market, int64_t number,
                           int64_t job);

/* Give its memory back; what was written to the answer's arena stays. */
void lot_case_fini(struct lot_case *c);

/* Fill what every answer about the lot says: lot, object, start, warnings. */
enum err lot_case_describe(const struct lot_case *c, struct lot_answer *out);

/* The numbers whose bits are set, ascending, in the answer's arena. */
enum err lot_list_bits(struct match *m, uint32_t bits, struct ints *out);

/* A tally with the reasons counted in COUNTS, by enum reason_word. */
enum err lot_tally(struct match *m, int64_t candidates,
                   const int64_t counts[reason_words], struct tally *out);

#endif
