/*
 * Generations of the store of opened.h, whose records say in their bodies
 * under which codes they are found: written by chance, built step by step,
 * and compared with what the records say.
 */
#ifndef TESTS_SUPPORT_BUILT_H
#define TESTS_SUPPORT_BUILT_H

#include "tests/support/opened.h"

/* Of all that is done by chance. */
extern uint64_t seed;

/* A body of some codes. */
struct slice body_at_random(void);

/* Put, replace or delete N records with their postings, in one batch. */
void write_records(unsigned n);
/* Records that no index is made of. */
void write_others(void);

/* The live generation holds what all records say, and nothing else. */
void check_derived(void);

/* A build that has begun; the steps of one, each in a batch of its own: done?
 */
struct index_build *build_begin(void);
int gather(struct index_build *build, unsigned max);
int write_step(struct index_build *build, size_t max_bytes);
/* Apply what is noted, switch in the batch in which nothing was left. */
int switch_step(unsigned max, uint64_t stamp);
/* All that is left to do; BUILD is closed. */
void build_rest(struct index_build *build);

/* Sweep, MAX keys a batch: how many batches it took. */
unsigned sweep(unsigned max);
/* Nothing is left but the live generation. */
void check_swept(void);

#endif
