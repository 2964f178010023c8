/*
 * Tokens: the first eight bytes of an HMAC-SHA-256 keyed with the store's
 * uuid.
 */
#include "engine/token.h"
#include "engine/sha256.h"

#include <stdio.h>

void token_of(const struct store_view *view, struct slice pseudonym,
              char out[TOKEN_BYTES + 1])
{
    unsigned char digest[SHA256_BYTES];

    sha256_keyed(slice_of(store_view_uuid(view)), pseudonym, digest);
    for (size_t i = 0; i < TOKEN_BYTES / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
