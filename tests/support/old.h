/*
 * Stores of schema 2, as the release before the journal's chain wrote them.
 */
#ifndef TESTS_SUPPORT_OLD_H
#define TESTS_SUPPORT_OLD_H

#include "tests/support/fresh.h"

/* Turn the closed store in DIR back into one of schema 2: events without
 * hashes, the state without the last of them. */
void old_make(const char *dir);

#endif
