/*
 * What stands for a person in records that outlive the profile: 16
 * hexadecimal digits made of the pseudonym, the same each time in one store,
 * another in every other, and leading back to no pseudonym that nobody can
 * guess.
 */
#ifndef ENGINE_TOKEN_H
#define ENGINE_TOKEN_H

#include "store/store.h"

#define TOKEN_BYTES 16

/* Write the token of PSEUDONYM (at most 64 bytes) in the store of VIEW,
 * terminated. */
void token_of(const struct store_view *view, struct slice pseudonym,
              char out[TOKEN_BYTES + 1]);

#endif
