/*
 * What stands for a person in records that outlive the profile, and for what
 * a client wrote in the tables that remember requests: keyed hashes.  The key
 * lies outside the store (engine/secrets.h), so that whoever has the store and
 * guesses a pseudonym cannot see whether it was there.
 */
#ifndef ENGINE_TOKEN_H
#define ENGINE_TOKEN_H

#include "engine/secrets.h"
#include "protocol/types.h"

#define TOKEN_BYTES 16
/* The secret's name. */
#define TOKEN_KEY "person-token"

/* The key of all tokens of this process: before the first request. */
void token_use(const unsigned char key[SECRET_BYTES]);

/* Write the token of PSEUDONYM, 16 hexadecimal digits, terminated: the same
 * as long as the key is. */
void token_of(struct slice pseudonym, char out[TOKEN_BYTES + 1]);

/* Write a token that is made of nothing: it leads back to nobody. */
void token_of_nobody(char out[TOKEN_BYTES + 1]);

/* Write what stands for PSEUDONYM as long as KEY is kept: likewise. */
void token_of_year(const unsigned char key[SECRET_BYTES],
                   struct slice pseudonym, char out[TOKEN_BYTES + 1]);

/* A keyed hash of the parts; where one ends counts. */
void token_hash(const struct slice *parts, size_t n, unsigned char out[16]);

/* The same under KEY, any hash of SIZE (16 to 64) bytes. */
void token_hash_keyed(const unsigned char key[SECRET_BYTES],
                      const struct slice *parts, size_t n, unsigned char *out,
                      size_t size);

#endif
