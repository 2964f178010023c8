/*
 * What stands for a person in records that outlive the profile: 16
 * hexadecimal digits made of the pseudonym, the same each time in one store,
 * another in every other.
 *
 * The key is the store's uuid, which `hello' tells: whoever knows a pseudonym,
 * or can guess it, can make its token.  So a token is a pseudonym too, and an
 * erasure puts another in its place.
 */
#ifndef ENGINE_TOKEN_H
#define ENGINE_TOKEN_H

#include "store/store.h"

#define TOKEN_BYTES 16

/* Write the token of PSEUDONYM in the store of VIEW, terminated. */
void token_of(const struct store_view *view, struct slice pseudonym,
              char out[TOKEN_BYTES + 1]);

/* Write a token that is made of nothing: it leads back to nobody. */
void token_of_nobody(char out[TOKEN_BYTES + 1]);

#endif
