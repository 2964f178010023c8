/*
 * Writing msgpack: room is made first, then each value is a few stores.  What
 * packs takes the place to write at and returns the one behind it.  The short
 * forms, which are most, stand here; the others are msgpack-c's, in pack.c.
 * Private to protocol/.
 */
#ifndef PROTOCOL_PACK_H
#define PROTOCOL_PACK_H

#include <string.h>

#include "protocol/codec.h"

/* The longest head, and the longest number. */
#define PACK_ITEM 9

/* Make room for N bytes behind AT, up to where OUT is filled.  Returns AT,
 * which may have moved, or NULL: *WHY then says ERR_NOMEM, or
 * ERR_REPLY_TOO_LARGE when the ceiling is passed by far.  So N may be more
 * than will be written, by PACK_SLACK at most; pack_end is exact. */
#define PACK_SLACK 64
/* Until pack_end nothing of it belongs to OUT. */
char *pack_room(struct buffer *out, char *at, size_t n, enum err *why);

/* What was written up to AT belongs to OUT now.  ERR_REPLY_TOO_LARGE: it is
 * more than OUT's ceiling, and left out. */
static inline enum err pack_end(struct buffer *out, const char *at)
{
    size_t len = (size_t)(at - out->data);

    if (out->max && len > out->max)
        return ERR_REPLY_TOO_LARGE;
    out->len = len;
    return ERR_NONE;
}

/* Any whole number, in its shortest form. */
char *pack_long_int(char *at, int64_t number);
/* The head of a text of LEN bytes. */
char *pack_long_str(char *at, size_t len);
/* The head of N elements. */
char *pack_long_array(char *at, size_t n);
/* The head of N pairs. */
char *pack_long_map(char *at, size_t n);

/* A whole number.  Scores and their parts are at most 1,000. */
static inline char *pack_int(char *at, int64_t number)
{
    if (number >= 0 && number < 128) {
        *at = (char)number;
        return at + 1;
    }
    if (number < 256 || number > 65535)
        return pack_long_int(at, number);
    at[0] = (char)0xcd;
    at[1] = (char)(number >> 8);
    at[2] = (char)number;
    return at + 3;
}

/* True or false. */
char *pack_bool(char *at, int64_t number);

/* A fraction, in eight bytes. */
char *pack_real(char *at, double real);

/* The head of N elements, mostly few. */
static inline char *pack_array(char *at, size_t n)
{
    if (n > 15)
        return pack_long_array(at, n);
    *at = (char)(0x90 | n);
    return at + 1;
}

/* The head of N pairs, mostly few. */
static inline char *pack_map(char *at, size_t n)
{
    if (n > 15)
        return pack_long_map(at, n);
    *at = (char)(0x80 | n);
    return at + 1;
}

/* Bytes that are packed already. */
static inline char *pack_bytes(char *at, const char *bytes, size_t len)
{
    if (len)
        memcpy(at, bytes, len);
    return at + len;
}

/* A text; a short literal is one store or two. */
static inline __attribute__((always_inline)) char *pack_str(char *at,
                                                            struct slice text)
{
    if (text.len > 31)
        at = pack_long_str(at, text.len);
    else
        *at++ = (char)(0xa0 | text.len);
    return pack_bytes(at, text.data, text.len);
}

/* ---- Structs ------------------------------------------------------------ */

/* One encoding.  Why it FAILED is said here: what packs returns NULL then. */
struct packer {
    struct buffer *out;
    char *end; /* of its memory */
    unsigned readers;
    struct packed known;
    enum err failed;
};

/* For each shape and each half of a verb: a map of those fields of the struct
 * at VALUE that are there and that the readers may see. */
#define DECLARE(s)                                                             \
    char *pack_##s(struct packer *p, char *at, const void *value);
SHAPES(DECLARE)
#define READ(name, wire, roles) DECLARE(ask_##name) DECLARE(answer_##name)
#define SLOW READ
#define WRITE READ
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE
#undef DECLARE

#endif
