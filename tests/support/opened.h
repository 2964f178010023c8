/*
 * The one store of a test, open in a fresh directory from before it to after
 * it, and short ways to say what tests of the store say all the time.
 */
#ifndef TESTS_SUPPORT_OPENED_H
#define TESTS_SUPPORT_OPENED_H

#include "tests/support/fresh.h"

#define THING 3 /* an entity */

extern char dir[PATH_MAX];
extern struct store *store;

/* Before and after every test; and the same directory opened anew. */
void open_fresh(void);
void close_fresh(void);
void reopen(void);

/* A batch, a view; the test fails when there is none. */
struct store_batch *begin(void);
struct store_view *look(void);

/* Put a THING under ID, which is its key too; in a batch of its own. */
struct record put(struct store_batch *batch, const char *id, const char *body);
void put_alone(const char *id, const char *body);

/* What ID holds, "" when it is not there; good until the next call. */
const char *held(const char *id);

/* The figures of the store, now. */
struct store_facts facts(void);

#endif
