/*
 * Stores that hold an invented country, kept between runs: filling one takes
 * minutes at full size, and its records never change.
 */
#ifndef BENCHMARKS_FILLED_H
#define BENCHMARKS_FILLED_H

#include "benchmarks/world.h"
#include "store/store.h"

/* What filling took; zeros when the store was there already. */
struct filled_times {
    double records; /* seconds: drawn, encoded and put */
    double gather;  /* read again, decoded and derived */
    double sort;
    double write; /* blocks, heads and side rows, on disk */
};

struct filled {
    char dir[256];
    struct store *store;
    const struct world *world;
    struct filled_times times;
};

/* The bundled tables with those of the world, as its stores read them.  The
 * caller owns them. */
struct reference *filled_reference(void);

/* Open the store of WORLD under DIR, made before or made now.  REF holds the
 * tables of the world, and the ranks that its index is clustered by.  NAME
 * (may be empty) tells stores of one world apart.  Ends the program when it
 * cannot. */
void filled_open(struct filled *filled, const char *dir, const char *name,
                 const struct world *world, const struct reference *ref);
/* Close the store; its files stay. */
void filled_close(struct filled *filled);

/* A copy of FROM's store beside it, to be changed and removed. */
void filled_copy(struct filled *copy, const struct filled *from,
                 const char *name);
/* Close the store and remove its files. */
void filled_remove(struct filled *copy);
/* Close it and open it again. */
void filled_reopen(struct filled *filled);

/* Build the index of an open store anew from its records; no view is open on
 * this thread.  TIMES gets all but the records. */
void filled_build(struct store *store, const struct reference *ref,
                  struct filled_times *times);

#endif
