/*
 * Bodies for tests.  See body.h.
 */
#include "tests/support/body.h"

#include <criterion/criterion.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int to_buffer(void *data, const char *bytes, size_t len)
{
    return buffer_add(data, bytes, len) ? -1 : 0;
}

static const char *blank(const char *at)
{
    return at + strspn(at, " \n");
}

static const char *pack_json(const char *at, msgpack_packer *pack);

static const char *pack_json_text(const char *at, msgpack_packer *pack)
{
    char text[8192];
    size_t n = 0;

    for (at++; *at != '"'; at++) {
        unsigned byte = (unsigned char)*at;

        cr_assert_lt(n, sizeof text);
        if (*at == '\\' && at[1] == 'x') {
            sscanf(at + 2, "%2x", &byte);
            at += 3;
        } else if (*at == '\\') {
            byte = (unsigned char)*++at;
        }
        text[n++] = (char)byte;
    }
    msgpack_pack_str(pack, n);
    msgpack_pack_str_body(pack, text, n);
    return at + 1;
}

/* An array or a map: packed apart, for the count comes first. */
static const char *pack_json_many(const char *at, msgpack_packer *pack)
{
    struct buffer inner = {0};
    msgpack_packer each;
    char close = *at == '{' ? '}' : ']';
    size_t n = 0;

    msgpack_packer_init(&each, &inner, to_buffer);
    for (at = blank(at + 1); *at != close; n++) {
        cr_assert(*at, "the JSON of a test ends early");
        at = blank(pack_json(at, &each));
        if (close == '}') {
            cr_assert_eq(*at, ':');
            at = blank(pack_json(blank(at + 1), &each));
        }
        if (*at == ',')
            at = blank(at + 1);
    }
    if (close == '}')
        msgpack_pack_map(pack, n);
    else
        msgpack_pack_array(pack, n);
    pack->callback(pack->data, inner.data ? inner.data : "", inner.len);
    buffer_free(&inner);
    return at + 1;
}

static const char *pack_json_number(const char *at, msgpack_packer *pack)
{
    size_t n = strspn(at, "+-0123456789.eE");
    char *end;

    cr_assert(n, "not the JSON of a test: %s", at);
    if (strcspn(at, ".eE") < n)
        msgpack_pack_double(pack, strtod(at, &end));
    else if (*at == '-')
        msgpack_pack_int64(pack, strtoll(at, &end, 10));
    else
        msgpack_pack_uint64(pack, strtoull(at, &end, 10));
    return end;
}

static const char *pack_json(const char *at, msgpack_packer *pack)
{
    static const struct {
        const char *text;
        const char *bytes;
        size_t n;
    } words[] = {
        {"null", "\xc0", 1},
        {"false", "\xc2", 1},
        {"true", "\xc3", 1},
        {"NaN", "\xcb\x7f\xf8\0\0\0\0\0\0", 9},
        {"Inf", "\xcb\x7f\xf0\0\0\0\0\0\0", 9},
    };

    if (*at == '"')
        return pack_json_text(at, pack);
    if (*at == '{' || *at == '[')
        return pack_json_many(at, pack);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(at, words[i].text, strlen(words[i].text))) {
            pack->callback(pack->data, words[i].bytes, words[i].n);
            return at + strlen(words[i].text);
        }
    return pack_json_number(at, pack);
}

struct slice body_from_json(struct arena *arena, const char *json)
{
    struct buffer buffer = {0};
    struct slice body;
    msgpack_packer pack;

    msgpack_packer_init(&pack, &buffer, to_buffer);
    pack_json(blank(json), &pack);
    body = arena_copy(arena, (struct slice){buffer.data, buffer.len});
    buffer_free(&buffer);
    return body;
}

struct slice body_from_file(struct arena *arena, const char *path)
{
    char *text = arena_alloc(arena, BODY_FILE_MAX + 1);
    FILE *file = fopen(path, "r");
    size_t n;

    cr_assert(file, "%s: run the tests from the root", path);
    n = fread(text, 1, BODY_FILE_MAX, file);
    fclose(file);
    return (struct slice){text, n};
}

struct slice body_golden(struct arena *arena, const char *name)
{
    char path[200];
    unsigned char *out;
    struct slice hex;
    unsigned byte;
    size_t n = 0;

    snprintf(path, sizeof path, "tests/golden/%s.hex", name);
    hex = body_from_file(arena, path);
    out = arena_alloc(arena, hex.len);
    for (size_t i = 0; i + 1 < hex.len; i += hex.data[i] == '\n' ? 1 : 2)
        if (sscanf(hex.data + i, "%2x", &byte) == 1 && hex.data[i] != '\n')
            out[n++] = (unsigned char)byte;
    return (struct slice){(const char *)out, n};
}

struct slice body_encoded(struct arena *arena, const struct shape *shape,
                          const void *value)
{
    struct buffer out = {0};
    struct slice copy;

    cr_assert_eq(protocol_encode(shape, value, EVERYONE, &out), ERR_NONE);
    copy = arena_copy(arena, (struct slice){out.data, out.len});
    buffer_free(&out);
    return copy;
}

const struct field *body_field(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->n; i++)
        if (!strcmp(shape->fields[i].name, name))
            return &shape->fields[i];
    cr_assert(0, "no field %s", name);
    return NULL;
}
