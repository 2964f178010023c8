/*
 * Values to bytes: fields in the table's order, absent ones and those that
 * the reader may not see left out, the smallest msgpack forms.  The same
 * value gives the same bytes.
 */
#include "protocol/codec.h"

#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/civil.h"
#include "protocol/value.h"

/* What the packer writes into; it tells no reason, so the reason stays here. */
struct writer {
    msgpack_packer pack;
    struct buffer *out;
    unsigned readers;
    enum err failed;
};

struct any_list {
    const char *at;
    size_t n;
};

/* ---- Buffer ------------------------------------------------------------- */

enum err buffer_add(struct buffer *buffer, const void *data, size_t len)
{
    size_t cap = buffer->cap ? buffer->cap : 256;
    char *grown;

    if (buffer->max && len > buffer->max - buffer->len)
        return ERR_REPLY_TOO_LARGE;
    if (len > buffer->cap - buffer->len) {
        if (len > SIZE_MAX / 4 - buffer->len)
            return ERR_NOMEM;
        while (cap < buffer->len + len)
            cap *= 2;
        if (!(grown = realloc(buffer->data, cap)))
            return ERR_NOMEM;
        buffer->data = grown;
        buffer->cap = cap;
    }
    if (len)
        memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
    return ERR_NONE;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

/* msgpack's side of the buffer. */
static int on_write(void *data, const char *bytes, size_t len)
{
    struct writer *w = data;

    if (!w->failed)
        w->failed = buffer_add(w->out, bytes, len);
    return w->failed ? -1 : 0;
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

static void pack_text(struct writer *w, struct slice text)
{
    msgpack_pack_str(&w->pack, text.len);
    msgpack_pack_str_body(&w->pack, text.data, text.len);
}

/* A number that is no word is our own mistake: it must not reach the disk. */
static void pack_word(struct writer *w, const struct field *field, int64_t word)
{
    if (word < 0 || (uint64_t)word >= field->words->n)
        w->failed = ERR_INTERNAL;
    else
        pack_text(w, slice_of(field->words->words[word]));
}

static void pack_number(struct writer *w, const struct field *field,
                        int64_t number)
{
    char text[24];

    switch (field->type) {
    case TYPE_BOOL:
        (number ? msgpack_pack_true : msgpack_pack_false)(&w->pack);
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
        msgpack_pack_double(&w->pack, (double)number / 1e6);
        break;
    case TYPE_ENUM:
        pack_word(w, field, number);
        break;
    default:
        msgpack_pack_int64(&w->pack, number);
    }
}

static void pack_map(struct writer *w, const struct shape *shape,
                     const void *value);

static void pack_list(struct writer *w, const struct field *field,
                      struct any_list list)
{
    const struct slice *texts = (const void *)list.at;
    const int64_t *words = (const void *)list.at;

    msgpack_pack_array(&w->pack, list.n);
    for (size_t i = 0; i < list.n && !w->failed; i++) {
        if (field->type == TYPE_LIST)
            pack_map(w, field->shape, list.at + i * field->shape->size);
        else if (field->type == TYPE_ENUMS)
            pack_word(w, field, words[i]);
        else if (field->type == TYPE_ROWS)
            on_write(w, texts[i].data, texts[i].len);
        else
            pack_text(w, texts[i]);
    }
}

static void pack_field(struct writer *w, const struct field *field,
                       const void *member)
{
    if (field->type <= TYPE_ENUM)
        pack_number(w, field, number_at(member));
    else if (field->type == TYPE_ONE)
        pack_map(w, field->shape, pointer_at(member));
    else if (value_is_text(field->type))
        pack_text(w, *(const struct slice *)member);
    else
        pack_list(w, field, list_at(member));
}

static void pack_map(struct writer *w, const struct shape *shape,
                     const void *value)
{
    const char *base = value;
    size_t n = 0;

    /* A map's count comes before its pairs. */
    for (size_t i = 0; i < shape->n; i++)
        n += (size_t)is_shown(w, &shape->fields[i],
                              base + shape->fields[i].offset);
    msgpack_pack_map(&w->pack, n);
    for (size_t i = 0; i < shape->n && !w->failed; i++) {
        const struct field *field = &shape->fields[i];

        if (!is_shown(w, field, base + field->offset))
            continue;
        pack_text(w, (struct slice){field->name, field->name_len});
        pack_field(w, field, base + field->offset);
    }
}

enum err protocol_encode(const struct shape *shape, const void *value,
                         unsigned readers, struct buffer *out)
{
    struct writer w = {.out = out, .readers = readers};
    size_t start = out->len;

    msgpack_packer_init(&w.pack, &w, on_write);
    pack_map(&w, shape, value);
    /* Half an answer must not follow what stood there. */
    if (w.failed)
        out->len = start;
    return w.failed;
}
