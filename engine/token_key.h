/*
 * The key of person tokens, as the daemon takes it at its start.  Recorded
 * hours lead to their people through it alone: with another one nobody's could
 * be corrected or erased any more, and nothing would say so.  So the store
 * knows it again, by a keyed hash that tells nothing of it.
 */
#ifndef ENGINE_TOKEN_KEY_H
#define ENGINE_TOKEN_KEY_H

#include "store/store.h"

/* Read the key from the directory SECRETS and use it (engine/token.h).  It is
 * made only for a store that knows none and has no hours, or when ANEW, which
 * also takes another than the store knows.  What is wrong is logged, with what
 * to do: ERR_NOT_FOUND it is missing, ERR_KEY_TAKEN it is another,
 * ERR_FORBIDDEN others may read it, ERR_STORE_CORRUPT, ERR_STORE_IO; what
 * reading the store says. */
enum err token_key_take(struct store *store, const char *secrets, int anew);

#endif
