/*
 * Cells of the files that COPY reads, and the writers of objects; for
 * world_dump.c alone.
 */
#ifndef BENCHMARKS_WORLD_DUMP_H
#define BENCHMARKS_WORLD_DUMP_H

#include <stdio.h>

#include "benchmarks/world.h"

/* The files that are written side by side for one kind of object. */
#define DUMP_FILES 8
struct dump {
    const struct world *world;
    struct arena *arena;
    FILE *at[DUMP_FILES];
};

/* A cell with the tab or newline that ends it; absent: \\N. */
void dump_text(FILE *f, struct slice text, int end);
/* ABSENT: \\N. */
void dump_int(FILE *f, int64_t value, int end);
/* The same 64 bits, with a sign. */
void dump_hash(FILE *f, uint64_t hash, int end);
/* {1,2,NULL}; a list's words as a number of bits. */
void dump_ints(FILE *f, const int64_t *at, size_t n, int end);
/* 1 << each. */
int64_t dump_bits(struct ints list);

/* Write all objects into d->at, in the order of the list in world_dump.c.
 * ERR_NOMEM. */
enum err dump_profiles(struct dump *d);
/* Five files. */
enum err dump_structures(struct dump *d);
/* Five files. */
enum err dump_markets(struct dump *d);

#endif
