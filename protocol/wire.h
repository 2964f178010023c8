/*
 * Reading msgpack one item at a time: what the scan and both decoders walk
 * with.  Private to protocol/.
 *
 * No length is believed before it was compared with the bytes left, so a walk
 * never leaves its bytes, whatever they are.
 */
#ifndef PROTOCOL_WIRE_H
#define PROTOCOL_WIRE_H

#include "protocol/types.h"

struct wire {
    const unsigned char *at;
    const unsigned char *end;
};

enum item_kind {
    ITEM_NIL,
    ITEM_BOOL,
    ITEM_INT,
    ITEM_HUGE, /* an integer above INT64_MAX */
    ITEM_FLOAT,
    ITEM_STR,
    ITEM_BIN,
    ITEM_ARRAY,
    ITEM_MAP
};
struct item {
    enum item_kind kind;
    uint32_t n;        /* elements of an array, pairs of a map */
    int64_t number;    /* of ITEM_BOOL and ITEM_INT */
    double real;       /* of ITEM_FLOAT */
    struct slice text; /* of ITEM_STR and ITEM_BIN; borrowed */
};

/* A walk over BYTES. */
static inline struct wire wire_over(struct slice bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.data;

    return (struct wire){at, at + bytes.len};
}

/* All heads; wire_next without the shortcut. */
int wire_take(struct wire *in, struct item *out);

/* Read one item: a scalar whole, of an array or a map the head.  0 when the
 * bytes end first, promise more than they hold, or are of a type that is not
 * taken (ext, 0xc1); the walk is then over.  Most are short texts and small
 * numbers. */
static inline int wire_next(struct wire *in, struct item *out)
{
    size_t left = (size_t)(in->end - in->at);
    unsigned head = left ? in->at[0] : 0xc1;
    size_t size = head ^ 0xa0u;

    if (head < 0x80) {
        out->kind = ITEM_INT;
        out->number = head;
        in->at++;
        return 1;
    }
    if (size >= 0x20 || size >= left)
        return wire_take(in, out);
    out->kind = ITEM_STR;
    out->text = (struct slice){(const char *)in->at + 1, size};
    in->at += 1 + size;
    return 1;
}

/* Step over what ITEM's head has promised.  0 as above. */
int wire_skip(struct wire *in, const struct item *item);

/* How many bytes of TEXT, from its start, are whole UTF-8 characters. */
size_t utf8_span(struct slice text);

#endif
