/*
 * A small world for tests of matching: entities made in one line each, and a
 * real store in a fresh directory that holds them with their postings.
 */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include "engine/match/match.h"
#include "protocol/codec.h"

/* Lists of literals, for the block they stand in. */
#define TEXTS(...)                                                             \
    ((struct slices){(struct slice[]){__VA_ARGS__},                            \
                     sizeof((struct slice[]){__VA_ARGS__}) /                   \
                         sizeof(struct slice)})
#define INTS(...)                                                              \
    ((struct ints){(int64_t[]){__VA_ARGS__},                                   \
                   sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)})

/* Cleared entities with what is required. */
struct structure a_structure(const char *siret, int64_t kind,
                             const char *commune);
struct activity an_activity(void);
struct zone a_zone(void);
struct clause a_clause(int64_t kind);
struct job a_job(const char *rome);
struct lot a_lot(void);
struct market a_market(const char *id, struct lot *lots, size_t n);
struct profile a_profile(const char *id, const char *commune, int64_t km);

/* Days since 1970 of "YYYY-MM-DD". */
int64_t day(const char *iso);

/* Hits by score, tie and key, the best first, as qsort wants it. */
int hit_order(int64_t a_score, struct slice a_tie, struct slice a_key,
              int64_t b_score, struct slice b_tie, struct slice b_key);

/* A question of today (2026-11-23), with the page's defaults. */
struct match a_match(const struct reference *ref, struct arena *arena);

struct world {
    char dir[64];
    struct store *store;
    struct store_batch *batch;
};
void world_open(struct world *w);
void world_close(struct world *w);

/* Put or delete entities with their postings between begin and commit. */
void world_begin(struct world *w);
void world_commit(struct world *w);
uint32_t world_put(struct world *w, const struct reference *ref,
                   unsigned entity, const void *value);
/* The index keeps its promises and holds what deriving every record anew
 * gives; the number of its rows. */
uint64_t world_check(struct store_view *view, const struct reference *ref);

void world_delete(struct world *w, const struct reference *ref, unsigned entity,
                  const void *value);

#endif
