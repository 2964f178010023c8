/*
 * Values to bytes: fields in the table's order, absent ones and those that
 * the reader may not see left out, the smallest msgpack forms.  The same
 * value gives the same bytes.
 */
#include "protocol/codec.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/civil.h"
#include "protocol/pack.h"
#include "protocol/value.h"

struct writer {
    struct buffer *out;
    unsigned readers;
    enum err failed;
};

struct any_list {
    const char *at;
    size_t n;
};

/* ---- Buffer ------------------------------------------------------------- */

static enum err grow(struct buffer *buffer, size_t n)
{
    size_t cap = buffer->cap ? buffer->cap : 256;
    char *grown;

    if (n > SIZE_MAX / 4 - buffer->len)
        return ERR_NOMEM;
    while (cap < buffer->len + n)
        cap *= 2;
    if (!(grown = realloc(buffer->data, cap)))
        return ERR_NOMEM;
    buffer->data = grown;
    buffer->cap = cap;
    return ERR_NONE;
}

enum err buffer_add(struct buffer *buffer, const void *data, size_t len)
{
    enum err e = ERR_NONE;

    if (buffer->max && len > buffer->max - buffer->len)
        return ERR_REPLY_TOO_LARGE;
    if (len > buffer->cap - buffer->len && (e = grow(buffer, len)))
        return e;
    pack_bytes(buffer, data, len);
    return ERR_NONE;
}

enum err pack_grow(struct buffer *buffer, size_t n)
{
    if (buffer->max && buffer->len + n > buffer->max + PACK_SLACK)
        return ERR_REPLY_TOO_LARGE;
    return grow(buffer, n);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

/* ---- Fields ------------------------------------------------------------- */

/* Members are of many types; those that are pointers are copied out, so that
 * none is read through the type of another. */
static int64_t number_at(const void *member)
{
    return *(const int64_t *)member;
}

static struct any_list list_at(const void *member)
{
    struct any_list list;

    memcpy(&list, member, sizeof list);
    return list;
}

static const void *pointer_at(const void *member)
{
    const void *pointer;

    memcpy(&pointer, member, sizeof pointer);
    return pointer;
}

/* Is it there, and may the reader see it? */
static int is_shown(const struct writer *w, const struct field *field,
                    const void *member)
{
    if (!(field->readers & w->readers))
        return 0;
    if (field->type <= TYPE_ENUM)
        return number_at(member) != ABSENT;
    if (field->type == TYPE_ONE)
        return pointer_at(member) != NULL;
    if (value_is_text(field->type))
        return ((const struct slice *)member)->data != NULL;
    return list_at(member).n != 0;
}

/* Room for N bytes and a head, or the end of the encoding. */
static int has_room(struct writer *w, size_t n)
{
    enum err e = pack_room(w->out, n + PACK_ITEM);

    if (e)
        w->failed = e;
    return !e;
}

static void pack_text(struct writer *w, struct slice text)
{
    if (!has_room(w, text.len))
        return;
    PACK(w->out, msgpack_pack_str, text.len);
    pack_bytes(w->out, text.data, text.len);
}

/* A number that is no word is our own mistake: it must not reach the disk. */
static void pack_word(struct writer *w, const struct field *field, int64_t word)
{
    if (word < 0 || (uint64_t)word >= field->words->n)
        w->failed = ERR_INTERNAL;
    else
        pack_text(w, slice_of(field->words->words[word]));
}

/* There is room for PACK_ITEM. */
static void pack_number(struct writer *w, const struct field *field,
                        int64_t number)
{
    char text[24];

    switch (field->type) {
    case TYPE_BOOL:
        if (number)
            PACK(w->out, msgpack_pack_true);
        else
            PACK(w->out, msgpack_pack_false);
        break;
    case TYPE_DATE:
        civil_format_date(number, text);
        pack_text(w, (struct slice){text, 10});
        break;
    case TYPE_TIME:
        civil_format_time(number, text);
        pack_text(w, (struct slice){text, 20});
        break;
    case TYPE_DEG:
        PACK(w->out, msgpack_pack_double, (double)number / 1e6);
        break;
    case TYPE_ENUM:
        pack_word(w, field, number);
        break;
    default:
        pack_int(w->out, number);
    }
}

static void pack_map(struct writer *w, const struct shape *shape,
                     const void *value);

/* A row was encoded before. */
static void pack_row(struct writer *w, struct slice row)
{
    if (has_room(w, row.len))
        pack_bytes(w->out, row.data, row.len);
}

/* There is room for PACK_ITEM. */
static void pack_list(struct writer *w, const struct field *field,
                      struct any_list list)
{
    const struct slice *texts = (const void *)list.at;
    const int64_t *words = (const void *)list.at;

    PACK(w->out, msgpack_pack_array, list.n);
    for (size_t i = 0; i < list.n && !w->failed; i++) {
        if (field->type == TYPE_LIST)
            pack_map(w, field->shape, list.at + i * field->shape->size);
        else if (field->type == TYPE_ENUMS)
            pack_word(w, field, words[i]);
        else if (field->type == TYPE_ROWS)
            pack_row(w, texts[i]);
        else
            pack_text(w, texts[i]);
    }
}

/* A name, and its value. */
static void pack_field(struct writer *w, const struct field *field,
                       const void *member)
{
    struct buffer *out = w->out;

    if (!has_room(w, 1 + sizeof field->key))
        return;
    /* Names are short: all of KEY is copied, and what is none of the name is
     * written over. */
    out->data[out->len] = (char)(0xa0 | field->name_len);
    memcpy(out->data + out->len + 1, field->key, sizeof field->key);
    out->len += 1 + field->name_len;
    if (field->type <= TYPE_ENUM)
        pack_number(w, field, number_at(member));
    else if (field->type == TYPE_ONE)
        pack_map(w, field->shape, pointer_at(member));
    else if (value_is_text(field->type))
        pack_text(w, *(const struct slice *)member);
    else
        pack_list(w, field, list_at(member));
}

static size_t count_shown(const struct writer *w, const struct shape *shape,
                          const char *base)
{
    size_t n = 0;

    for (size_t i = 0; i < shape->n; i++)
        n += (size_t)is_shown(w, &shape->fields[i],
                              base + shape->fields[i].offset);
    return n;
}

/* A map's count comes before its pairs; up to 15 it is one byte, which is
 * written again when they have been counted. */
static void pack_map(struct writer *w, const struct shape *shape,
                     const void *value)
{
    const char *base = value;
    size_t at = w->out->len;
    size_t n = shape->n <= 15 ? 0 : count_shown(w, shape, base);
    size_t shown = 0;

    if (!has_room(w, 0))
        return;
    PACK(w->out, msgpack_pack_map, n);
    for (size_t i = 0; i < shape->n && !w->failed; i++) {
        const struct field *field = &shape->fields[i];

        if (!is_shown(w, field, base + field->offset))
            continue;
        shown++;
        pack_field(w, field, base + field->offset);
    }
    if (!n)
        w->out->data[at] = (char)(0x80 | shown);
}

enum err protocol_encode(const struct shape *shape, const void *value,
                         unsigned readers, struct buffer *out)
{
    struct writer w = {.out = out, .readers = readers};
    size_t start = out->len;

    pack_map(&w, shape, value);
    if (!w.failed)
        w.failed = pack_end(out);
    /* Half an answer must not follow what stood there. */
    if (w.failed)
        out->len = start;
    return w.failed;
}
