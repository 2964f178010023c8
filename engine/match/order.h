/*
 * The order of candidates (MATCHING.md section 5): score descending, then a
 * hash of (lot, candidate), then id bytes; and the exact best of many.
 */
#ifndef ENGINE_MATCH_ORDER_H
#define ENGINE_MATCH_ORDER_H

#include "protocol/arena.h"
#include "protocol/types.h"

/* An id has 64 bytes at most; a lot key, `market/lot/job`, a few more. */
#define ORDER_ID_MAX 80

/* FNV-1a, 64 bits, of a text. */
uint64_t order_hash(struct slice text);

/* The hash goes on: of what was hashed before and TEXT after it. */
uint64_t order_hash_more(uint64_t hash, struct slice text);

/* The hash goes on with "/NUMBER": a lot of a market, a job of a lot. */
uint64_t order_hash_number(uint64_t hash, int64_t number);

/* The tie number of a lot's key and a candidate's id, both hashed. */
uint64_t order_tie(uint64_t key, uint64_t id);

/* 16 lower-case hexadecimal digits in the arena. */
struct slice order_tie_text(struct arena *arena, uint64_t tie);

struct ranked {
    int64_t score;
    uint64_t tie;
    uint32_t number; /* of the record */
    uint32_t id_len;
    char id[ORDER_ID_MAX];
};

/* The best LIMIT of those that were offered, the worst of them on top. */
struct ranking {
    struct ranked *at;
    size_t n;
    size_t limit;
};

/* An empty ranking of at most LIMIT (from 1).  ERR_NOMEM. */
enum err ranking_init(struct ranking *r, size_t limit);

/* Give its memory back. */
void ranking_fini(struct ranking *r);

/* Could a candidate of this score and tie still enter? */
int ranking_is_open(const struct ranking *r, int64_t score, uint64_t tie);

/* Offer a candidate; at most ORDER_ID_MAX bytes of ID. */
void ranking_offer(struct ranking *r, int64_t score, uint64_t tie,
                   uint32_t number, struct slice id);

/* Put what is there in order, best first; no offers after it. */
void ranking_sort(struct ranking *r);

#endif
