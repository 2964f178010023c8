/*
 * claused --check: whether a store keeps all that its files promise.
 */
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

#include <stdio.h>

#include "store/store.h"

/* Walk records, ids and journal, decode every record, walk the index, derive
 * it anew and compare.  One line a part goes to OUT (NULL: nowhere), what is
 * wrong to the store's log.  ERR_STORE_CORRUPT, ERR_STORE_IO, ERR_NOMEM. */
enum err check_store(struct store *store, FILE *out);

/* The same of the store in DIR, which nobody else may have open, in a process
 * of its own: a damaged map may kill it. */
enum err check_dir(const char *dir, FILE *out);

/* What a process that checks a damaged store ends with (sysexits.h). */
#define CHECK_DAMAGED 66

/* The same in this process, of the store in DIR that another has open: without
 * its lock, at the lowest priority, and not longer than that other lives.
 * ERR_STORE_IO it went on in another environment meanwhile. */
enum err check_beside(const char *dir);

#endif
