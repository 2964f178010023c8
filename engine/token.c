/*
 * Tokens: the first eight bytes of an HMAC-SHA-256 keyed with the store's
 * uuid, or of chance.  libsodium, which libzmq brings along, stays in here.
 */
#include "engine/token.h"

#include <sodium.h>

static void write_token(const unsigned char *bytes, char out[TOKEN_BYTES + 1])
{
    sodium_bin2hex(out, TOKEN_BYTES + 1, bytes, TOKEN_BYTES / 2);
}

void token_of(const struct store_view *view, struct slice pseudonym,
              char out[TOKEN_BYTES + 1])
{
    struct slice key = slice_of(store_view_uuid(view));
    unsigned char digest[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.data,
                                key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)pseudonym.data,
                                  pseudonym.len);
    crypto_auth_hmacsha256_final(&state, digest);
    write_token(digest, out);
}

void token_of_nobody(char out[TOKEN_BYTES + 1])
{
    unsigned char chance[TOKEN_BYTES / 2];

    randombytes_buf(chance, sizeof chance);
    write_token(chance, out);
}
