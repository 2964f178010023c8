/*
 * The journal's chain: each event's hash covers the one before it, its place
 * and its bytes, so that whoever kept one hash finds any change of what led to
 * it.  The store writes it, clients recompute it.
 *
 *   h(0) = 32 zero bytes
 *   h(n) = BLAKE2b-256(h(n-1), n (8), length of the bytes (4), the bytes)
 *   the bytes: time in ms (8), kind (1), entity (1), number (4), label
 *
 * Numbers are big-endian.  libsodium's BLAKE2b, which libzmq brings along.
 */
#ifndef PROTOCOL_CHAIN_H
#define PROTOCOL_CHAIN_H

#include "protocol/types.h"

#define CHAIN_BYTES 32
#define CHAIN_HEX (2 * CHAIN_BYTES)
#define CHAIN_EVENT_HEAD 14 /* of an event's bytes, before its label */

/* Write what stands before the label. */
void chain_event_head(unsigned char out[CHAIN_EVENT_HEAD], int64_t time_ms,
                      unsigned kind, unsigned entity, uint32_t number);

/* HASH is that of event SEQ - 1, and becomes that of event SEQ, whose bytes
 * are HEAD and LABEL. */
void chain_next(unsigned char hash[CHAIN_BYTES], uint64_t seq,
                const unsigned char head[CHAIN_EVENT_HEAD], struct slice label);

/* As 64 lower-case hexadecimal digits, terminated; and back: 0 when TEXT is
 * not such. */
void chain_write_hex(const unsigned char hash[CHAIN_BYTES],
                     char out[CHAIN_HEX + 1]);
/* HASH is of no use then. */
int chain_read_hex(struct slice text, unsigned char hash[CHAIN_BYTES]);

#endif
