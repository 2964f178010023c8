/*
 * A reference whose ranks are shuffled: an index clustered by it has no order
 * on the map, which shows what the order is worth.
 */
#ifndef BENCHMARKS_PERMUTED_H
#define BENCHMARKS_PERMUTED_H

#include "store/reference.h"

struct permuted;

/* A copy of REF with other ranks, which borrows all else from it.  Ends the
 * program without memory. */
struct permuted *permuted_new(const struct reference *ref);
/* Borrowed. */
const struct reference *permuted_reference(const struct permuted *permuted);
/* NULL is fine. */
void permuted_free(struct permuted *permuted);

#endif
