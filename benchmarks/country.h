/*
 * A world and its store, opened together.
 */
#ifndef BENCHMARKS_COUNTRY_H
#define BENCHMARKS_COUNTRY_H

#include "benchmarks/filled.h"

struct country {
    struct world *world;
    struct filled filled;
};

/* The world of SIZE over the tables of REF, and its store under DIR.  Ends
 * the program when it cannot. */
void country_open(struct country *country, const char *dir,
                  const struct reference *ref, struct world_size size);
/* The files stay. */
void country_close(struct country *country);

#endif
