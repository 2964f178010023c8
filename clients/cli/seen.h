/*
 * The ids a file has named so far, as 64-bit hashes: eight bytes each, so
 * that five million profiles still fit.
 */
#ifndef CLIENTS_CLI_SEEN_H
#define CLIENTS_CLI_SEEN_H

#include "protocol/types.h"

/* Zeroed is empty. */
struct seen {
    uint64_t *slots;
    size_t size; /* a power of two, or 0 */
    size_t n;
};
/* Free it; it is empty again. */
void seen_fini(struct seen *seen);

/* Remember an id: 0 when it is new, 1 when it was there, -1 without memory. */
int seen_add(struct seen *seen, struct slice id);

#endif
