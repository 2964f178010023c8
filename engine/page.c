/*
 * A token is a keyed hash of entity and id, then the id under a stream that is
 * made of that hash, in hexadecimal: hash and stream are of the key of tokens.
 */
#include "engine/page.h"

#include <string.h>

#include "engine/token.h"

#define TAG_BYTES 16
#define ID_MAX 64

static void make_tag(unsigned entity, struct slice id,
                     unsigned char tag[TAG_BYTES])
{
    unsigned char list = (unsigned char)entity;
    struct slice parts[] = {
        SLICE("page"), {(const char *)&list, sizeof list}, id};

    token_hash(parts, 3, tag);
}

/* The stream of a tag over BYTES: once hides, twice shows. */
static void cross(const unsigned char tag[TAG_BYTES], unsigned char *bytes,
                  size_t len)
{
    unsigned char stream[TAG_BYTES];

    for (size_t i = 0; i < len; i++) {
        if (i % TAG_BYTES == 0) {
            unsigned char block = (unsigned char)(i / TAG_BYTES);
            struct slice parts[] = {SLICE("page stream"),
                                    {(const char *)tag, TAG_BYTES},
                                    {(const char *)&block, sizeof block}};

            token_hash(parts, 3, stream);
        }
        bytes[i] ^= stream[i % TAG_BYTES];
    }
}

struct slice page_token_of(unsigned entity, struct slice id,
                           struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[TAG_BYTES + ID_MAX];
    size_t len = id.len < ID_MAX ? id.len : ID_MAX;
    char hex[2 * sizeof bytes];

    make_tag(entity, id, bytes);
    memcpy(bytes + TAG_BYTES, id.data, len);
    cross(bytes, bytes + TAG_BYTES, len);
    len += TAG_BYTES;
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    return arena_copy(arena, (struct slice){hex, 2 * len});
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int page_token_read(unsigned entity, struct slice token, struct arena *arena,
                    struct slice *id)
{
    unsigned char bytes[TAG_BYTES + ID_MAX], tag[TAG_BYTES];
    size_t len = token.len / 2;

    if (token.len % 2 || len <= TAG_BYTES || len > sizeof bytes)
        return 0;
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(token.data[2 * i]);
        int low = hex_value(token.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return 0;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    cross(bytes, bytes + TAG_BYTES, len - TAG_BYTES);
    *id = arena_copy(
        arena, (struct slice){(char *)bytes + TAG_BYTES, len - TAG_BYTES});
    if (!id->data)
        return 0;
    make_tag(entity, *id, tag);
    return memcmp(tag, bytes, TAG_BYTES) == 0;
}
