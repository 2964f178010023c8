/*
 * SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104), for short texts.
 */
#ifndef ENGINE_SHA256_H
#define ENGINE_SHA256_H

#include "protocol/types.h"

#define SHA256_BYTES 32

/* The digest of TEXT. */
void sha256(struct slice text, unsigned char out[SHA256_BYTES]);

/* The keyed digest of TEXT; KEY has at most 64 bytes, TEXT at most 192. */
void sha256_keyed(struct slice key, struct slice text,
                  unsigned char out[SHA256_BYTES]);

#endif
