/*
 * A person's token is the first eight bytes of an HMAC-SHA-256, that of a year
 * a SipHash-2-4; other hashes are BLAKE2b.  libsodium, which libzmq brings
 * along, stays in here.
 */
#include "engine/token.h"

#include <sodium.h>
#include <string.h>

static unsigned char secret[SECRET_BYTES];

void token_use(const unsigned char key[SECRET_BYTES])
{
    memcpy(secret, key, sizeof secret);
}

static void write_token(const unsigned char *bytes, char out[TOKEN_BYTES + 1])
{
    sodium_bin2hex(out, TOKEN_BYTES + 1, bytes, TOKEN_BYTES / 2);
}

void token_of(struct slice pseudonym, char out[TOKEN_BYTES + 1])
{
    unsigned char digest[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, secret, sizeof secret);
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

/* SipHash-2-4: an answer may name a thousand people, and the loop waits. */
void token_of_year(const unsigned char key[SECRET_BYTES],
                   struct slice pseudonym, char out[TOKEN_BYTES + 1])
{
    unsigned char hash[crypto_shorthash_BYTES];

    _Static_assert(crypto_shorthash_KEYBYTES <= SECRET_BYTES &&
                       crypto_shorthash_BYTES == TOKEN_BYTES / 2,
                   "a token is one hash");
    crypto_shorthash(hash, (const unsigned char *)pseudonym.data, pseudonym.len,
                     key);
    write_token(hash, out);
}

void token_hash_keyed(const unsigned char key[SECRET_BYTES],
                      const struct slice *parts, size_t n, unsigned char *out,
                      size_t size)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, key, SECRET_BYTES, size);
    for (size_t i = 0; i < n; i++) {
        uint64_t len = parts[i].len;

        crypto_generichash_update(&state, (const unsigned char *)&len,
                                  sizeof len);
        crypto_generichash_update(&state, (const unsigned char *)parts[i].data,
                                  parts[i].len);
    }
    crypto_generichash_final(&state, out, size);
}

void token_hash(const struct slice *parts, size_t n, unsigned char out[16])
{
    token_hash_keyed(secret, parts, n, out, 16);
}
