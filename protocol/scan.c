/*
 * The walk before decoding: is this exactly one msgpack value, within its
 * limits?  No recursion, no allocation, one pass.
 */
#include "protocol/codec.h"

#include "protocol/scan.h"
#include "protocol/wire.h"

/* Deeper than any limit; the walk keeps what each level still owes. */
#define LEVELS 32

const struct limits limits_portal = {64 * 1024, 4096, 12};
const struct limits limits_batch = {1024 * 1024, 65536, 12};

enum err scan_value(struct slice bytes, const struct limits *limits,
                    int with_text)
{
    struct wire in = wire_over(bytes);
    uint64_t owed[LEVELS]; /* up to LEVEL */
    uint64_t items = 0;
    unsigned level = 0;
    struct item item;

    if (bytes.len > limits->bytes)
        return ERR_TOO_LARGE;
    owed[0] = 1;
    for (;;) {
        if (!owed[level]) {
            if (level-- == 0)
                break;
            continue;
        }
        owed[level]--;
        if (!wire_next(&in, &item))
            return ERR_MALFORMED;
        if (++items > limits->items)
            return ERR_TOO_LARGE;
        if (with_text && item.kind == ITEM_STR &&
            utf8_span(item.text) < item.text.len)
            return ERR_NOT_UTF8;
        if (item.kind == ITEM_ARRAY || item.kind == ITEM_MAP) {
            if (level == limits->depth || level == LEVELS - 1)
                return ERR_TOO_DEEP;
            owed[++level] = (uint64_t)item.n << (item.kind == ITEM_MAP);
        }
    }
    return in.at == in.end ? ERR_NONE : ERR_TRAILING;
}

enum err protocol_scan(struct slice bytes, const struct limits *limits)
{
    return scan_value(bytes, limits, 1);
}
