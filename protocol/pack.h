/*
 * Writing msgpack into a buffer: first room, then msgpack's own packers, which
 * then compile to a few stores each.  Private to protocol/.
 */
#ifndef PROTOCOL_PACK_H
#define PROTOCOL_PACK_H

#include <msgpack.h>
#include <string.h>

#include "protocol/codec.h"

/* The longest head, and the longest number. */
#define PACK_ITEM 9

/* Make room for N bytes behind what stands in OUT: at most PACK_SLACK more
 * than will be packed, for so much past the ceiling is room still made.
 * pack_end then sees whether it was passed. */
#define PACK_SLACK 64
enum err pack_grow(struct buffer *out, size_t n);
/* The same without a call, mostly. */
static inline enum err pack_room(struct buffer *out, size_t n)
{
    return n <= out->cap - out->len ? ERR_NONE : pack_grow(out, n);
}

/* ERR_REPLY_TOO_LARGE when what was packed has passed the ceiling. */
static inline enum err pack_end(const struct buffer *out)
{
    return out->max && out->len > out->max ? ERR_REPLY_TOO_LARGE : ERR_NONE;
}

/* msgpack's side: it knows every length, so nothing is called. */
static inline int pack_store(void *end, const char *bytes, size_t len)
{
    char **at = end;

    memcpy(*at, bytes, len);
    *at += len;
    return 0;
}

/* PACKER(ARGUMENT) behind what stands in OUT, which has room for PACK_ITEM. */
#define PACK(out, packer, ...)                                                 \
    do {                                                                       \
        char *at_ = (out)->data + (out)->len;                                  \
        msgpack_packer pack_ = {&at_, pack_store};                             \
        packer(&pack_, ##__VA_ARGS__);                                         \
        (out)->len = (size_t)(at_ - (out)->data);                              \
    } while (0)

/* A number: there is room for PACK_ITEM. */
static inline void pack_int(struct buffer *out, int64_t number)
{
    PACK(out, msgpack_pack_int64, number);
}

/* The bytes of a text whose head is packed: there is room for them. */
static inline void pack_bytes(struct buffer *out, const char *bytes, size_t len)
{
    if (len)
        memcpy(out->data + out->len, bytes, len);
    out->len += len;
}

#endif
