/*
 * Reading msgpack one item at a time.  See wire.h.
 */
#include "protocol/wire.h"

#include <string.h>

static size_t left(const struct wire *in)
{
    return (size_t)(in->end - in->at);
}

/* An unsigned big-endian number of SIZE bytes. */
static int take(struct wire *in, unsigned size, uint64_t *out)
{
    uint64_t value = 0;

    if (left(in) < size)
        return 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | in->at[i];
    in->at += size;
    *out = value;
    return 1;
}

static int take_bytes(struct wire *in, struct item *out, enum item_kind kind,
                      uint64_t size)
{
    if (size > left(in))
        return 0;
    out->kind = kind;
    out->text = (struct slice){(const char *)in->at, (size_t)size};
    in->at += size;
    return 1;
}

/* Every element takes a byte at least, a pair two. */
static int take_count(struct wire *in, struct item *out, enum item_kind kind,
                      uint64_t n)
{
    if ((kind == ITEM_MAP ? 2 * n : n) > left(in))
        return 0;
    out->kind = kind;
    out->n = (uint32_t)n;
    return 1;
}

static int take_uint(struct wire *in, struct item *out, unsigned size)
{
    uint64_t value;

    if (!take(in, size, &value))
        return 0;
    out->kind = value > INT64_MAX ? ITEM_HUGE : ITEM_INT;
    out->number = value > INT64_MAX ? INT64_MAX : (int64_t)value;
    return 1;
}

static int take_int(struct wire *in, struct item *out, unsigned size)
{
    unsigned unused = 64 - 8 * size;
    uint64_t value;

    if (!take(in, size, &value))
        return 0;
    /* Shifting left and back spreads the sign. */
    out->kind = ITEM_INT;
    out->number = (int64_t)(value << unused) >> unused;
    return 1;
}

static int take_float(struct wire *in, struct item *out, unsigned size)
{
    uint64_t bits;
    uint32_t half;
    float narrow;

    if (!take(in, size, &bits))
        return 0;
    out->kind = ITEM_FLOAT;
    if (size == 8) {
        memcpy(&out->real, &bits, 8);
    } else {
        half = (uint32_t)bits;
        memcpy(&narrow, &half, 4);
        out->real = (double)narrow;
    }
    return 1;
}

/* Texts, arrays and maps whose length follows in SIZE bytes. */
static int take_sized(struct wire *in, struct item *out, enum item_kind kind,
                      unsigned size)
{
    uint64_t n;

    if (!take(in, size, &n))
        return 0;
    if (kind == ITEM_STR || kind == ITEM_BIN)
        return take_bytes(in, out, kind, n);
    return take_count(in, out, kind, n);
}

static int take_small(struct item *out, enum item_kind kind, int64_t number)
{
    out->kind = kind;
    out->number = number;
    return 1;
}

/* The heads from 0xc0 to 0xdf. */
static int take_headed(struct wire *in, struct item *out, unsigned head)
{
    switch (head) {
    case 0xc0:
        return take_small(out, ITEM_NIL, 0);
    case 0xc2:
    case 0xc3:
        return take_small(out, ITEM_BOOL, head & 1);
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return take_sized(in, out, ITEM_BIN, 1u << (head - 0xc4));
    case 0xca:
    case 0xcb:
        return take_float(in, out, head == 0xca ? 4 : 8);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        return take_uint(in, out, 1u << (head - 0xcc));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return take_int(in, out, 1u << (head - 0xd0));
    case 0xd9:
    case 0xda:
    case 0xdb:
        return take_sized(in, out, ITEM_STR, 1u << (head - 0xd9));
    case 0xdc:
    case 0xdd:
        return take_sized(in, out, ITEM_ARRAY, head == 0xdc ? 2 : 4);
    case 0xde:
    case 0xdf:
        return take_sized(in, out, ITEM_MAP, head == 0xde ? 2 : 4);
    default: /* ext, and 0xc1 that was never given a meaning */
        return 0;
    }
}

int wire_take(struct wire *in, struct item *out)
{
    unsigned head;

    if (in->at == in->end)
        return 0;
    head = *in->at++;
    if (head < 0x80)
        return take_small(out, ITEM_INT, head);
    if (head < 0x90)
        return take_count(in, out, ITEM_MAP, head & 0x0f);
    if (head < 0xa0)
        return take_count(in, out, ITEM_ARRAY, head & 0x0f);
    if (head < 0xc0)
        return take_bytes(in, out, ITEM_STR, head & 0x1f);
    if (head >= 0xe0)
        return take_small(out, ITEM_INT, (int64_t)head - 0x100);
    return take_headed(in, out, head);
}

static uint64_t children(const struct item *item)
{
    if (item->kind == ITEM_ARRAY)
        return item->n;
    return item->kind == ITEM_MAP ? 2 * (uint64_t)item->n : 0;
}

int wire_skip(struct wire *in, const struct item *item)
{
    struct item each;

    /* Counting what is still open needs no stack, however deep it is. */
    for (uint64_t open = children(item); open; open--) {
        if (!wire_next(in, &each))
            return 0;
        open += children(&each);
    }
    return 1;
}

/* Bytes of the UTF-8 character at AT, of which N are there; 0 when it is
 * cut, overlong, a surrogate or beyond U+10FFFF. */
static size_t utf8_char(const unsigned char *at, size_t n)
{
    size_t size = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    unsigned low = 0x80, high = 0xbf;

    if (at[0] < 0xc2 || at[0] > 0xf4 || n < size)
        return 0;
    if (at[0] == 0xe0)
        low = 0xa0;
    else if (at[0] == 0xed)
        high = 0x9f;
    else if (at[0] == 0xf0)
        low = 0x90;
    else if (at[0] == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

size_t utf8_span(struct slice text)
{
    const unsigned char *at = (const unsigned char *)text.data;
    size_t i = 0, size;
    uint64_t eight;

    while (i < text.len) {
        /* Most text is ASCII: eight bytes at a time. */
        if (text.len - i >= 8) {
            memcpy(&eight, at + i, 8);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                i += 8;
                continue;
            }
        }
        size = at[i] < 0x80 ? 1 : utf8_char(at + i, text.len - i);
        if (!size)
            return i;
        i += size;
    }
    return i;
}
