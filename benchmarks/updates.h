/*
 * Durable updates: some changed rows, one commit, again and again.  Profiles
 * get another day from which they are available, as a portal reports every
 * day; the other side is LMDB alone with rows of 32 bytes (performance.md,
 * section 5).
 */
#ifndef BENCHMARKS_UPDATES_H
#define BENCHMARKS_UPDATES_H

#include "benchmarks/world.h"
#include "protocol/codec.h"
#include "store/store.h"

#define UPDATES_ROWS 100 /* of a commit */

struct updates {
    struct store *store;
    const struct reference *ref;
    uint32_t profiles; /* numbers drawn are up to this */
    struct draw draw;
    struct arena *arena;
    struct buffer body;
};

/* PROFILES: how many the store holds, numbered from 1. */
void updates_init(struct updates *updates, struct store *store,
                  const struct reference *ref, uint32_t profiles);
/* Give the memory back. */
void updates_fini(struct updates *updates);

/* One commit of UPDATES_ROWS profiles drawn by chance, as the daemon writes
 * them: record, event, postings and side row. */
void updates_commit(struct updates *updates);

/* An environment of N rows with keys of 8 bytes and values of 24, in a fresh
 * directory under DIR. */
struct raw_rows;
struct raw_rows *raw_rows_new(const char *dir, uint32_t n);
/* Its files go too. */
void raw_rows_free(struct raw_rows *raw);
/* One commit of UPDATES_ROWS rows drawn by chance. */
void raw_rows_commit(struct raw_rows *raw);

/* Bytes that this process has given to the kernel to write, so far. */
uint64_t bytes_written(void);

#endif
