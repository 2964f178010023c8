/*
 * See chain.h.
 */
#include "protocol/chain.h"

#include <sodium.h>
#include <string.h>

static unsigned char *put(unsigned char *at, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        *at++ = (unsigned char)(value >> 8 * bytes);
    return at;
}

void chain_event_head(unsigned char out[CHAIN_EVENT_HEAD], int64_t time_ms,
                      unsigned kind, unsigned entity, uint32_t number)
{
    unsigned char *at = put(out, (uint64_t)time_ms, 8);

    at = put(at, kind, 1);
    at = put(at, entity, 1);
    put(at, number, 4);
}

void chain_next(unsigned char hash[CHAIN_BYTES], uint64_t seq,
                const unsigned char head[CHAIN_EVENT_HEAD], struct slice label)
{
    crypto_generichash_state state;
    unsigned char place[12];

    put(put(place, seq, 8), CHAIN_EVENT_HEAD + label.len, 4);
    crypto_generichash_init(&state, NULL, 0, CHAIN_BYTES);
    crypto_generichash_update(&state, hash, CHAIN_BYTES);
    crypto_generichash_update(&state, place, sizeof place);
    crypto_generichash_update(&state, head, CHAIN_EVENT_HEAD);
    if (label.len)
        crypto_generichash_update(&state, (const unsigned char *)label.data,
                                  label.len);
    crypto_generichash_final(&state, hash, CHAIN_BYTES);
}

void chain_write_hex(const unsigned char hash[CHAIN_BYTES],
                     char out[CHAIN_HEX + 1])
{
    sodium_bin2hex(out, CHAIN_HEX + 1, hash, CHAIN_BYTES);
}

int chain_read_hex(struct slice text, unsigned char hash[CHAIN_BYTES])
{
    char again[CHAIN_HEX + 1];
    size_t n;

    if (text.len != CHAIN_HEX ||
        sodium_hex2bin(hash, CHAIN_BYTES, text.data, text.len, NULL, &n, NULL))
        return 0;
    chain_write_hex(hash, again);
    return n == CHAIN_BYTES && memcmp(again, text.data, CHAIN_HEX) == 0;
}
