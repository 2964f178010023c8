/*
 * Changes by chance to the profiles and structures of a filled store, as the
 * daemon would write them: record and postings in one batch.
 */
#ifndef BENCHMARKS_CHANGES_H
#define BENCHMARKS_CHANGES_H

#include "benchmarks/brute.h"
#include "benchmarks/world.h"
#include "store/store.h"

/* Change N profiles drawn by chance: 8 of 10 get facts of another, 1 goes, 1
 * is new.  PEOPLE (may be NULL) is told of each.  Ends the program on an
 * error. */
void changes_make(struct store *store, const struct reference *ref,
                  const struct world *world, uint32_t n,
                  struct brute_people *people);

/* The same of structures. */
void changes_make_structures(struct store *store, const struct reference *ref,
                             const struct world *world, uint32_t n);

#endif
