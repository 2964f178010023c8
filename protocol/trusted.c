/*
 * Records of our own: the canonical bytes that encode.c wrote.  Matching
 * decodes thousands for one answer, so nothing is checked but what keeps
 * memory safe on damaged bytes and every number what its type says.
 */
#include "protocol/codec.h"

#include <math.h>
#include <string.h>

#include "protocol/civil.h"
#include "protocol/value.h"
#include "protocol/wire.h"

struct reader {
    struct wire in;
    struct arena *arena;
};

/* ---- Absence ------------------------------------------------------------ */

void shape_clear(const struct shape *shape, void *value)
{
    memcpy(value, shape->blank, shape->size);
}

void *shape_array(struct arena *arena, const struct shape *shape, size_t n)
{
    char *out = arena_array(arena, n, shape->size);

    for (size_t i = 0; out && i < n; i++)
        shape_clear(shape, out + i * shape->size);
    return out;
}

/* ---- Values ------------------------------------------------------------- */

static int read_word(const struct field *field, const struct item *item,
                     int64_t *out)
{
    int at =
        item->kind == ITEM_STR ? vocabulary_find(field->words, item->text) : -1;

    *out = at;
    return at >= 0;
}

/* Each number by the one form that encode.c gives it. */
static int read_number(const struct field *field, const struct item *item,
                       int64_t *out)
{
    switch (field->type) {
    case TYPE_DATE:
        return item->kind == ITEM_STR && civil_parse_date(item->text, out);
    case TYPE_TIME:
        return item->kind == ITEM_STR && civil_parse_time(item->text, out);
    case TYPE_ENUM:
        return read_word(field, item, out);
    case TYPE_DEG:
        if (item->kind != ITEM_FLOAT || !(fabs(item->real) <= 1000))
            return 0;
        *out = llround(item->real * 1e6);
        return 1;
    default:
        if (item->kind != (field->type == TYPE_BOOL ? ITEM_BOOL : ITEM_INT))
            return 0;
        *out = item->number;
        return 1;
    }
}

static enum err read_map(struct reader *r, const struct shape *shape,
                         size_t pairs, void *value);

static enum err read_structs(struct reader *r, const struct shape *shape,
                             size_t n, char *at)
{
    struct item item;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < n && !e; i++) {
        if (!wire_next(&r->in, &item) || item.kind != ITEM_MAP)
            return ERR_STORE_CORRUPT;
        e = read_map(r, shape, item.n, at + i * shape->size);
    }
    return e;
}

static int read_rows(struct reader *r, size_t n, struct slice *at)
{
    struct item item;

    for (size_t i = 0; i < n; i++) {
        const unsigned char *from = r->in.at;

        if (!wire_next(&r->in, &item) || !wire_skip(&r->in, &item))
            return 0;
        at[i] = (struct slice){(const char *)from, (size_t)(r->in.at - from)};
    }
    return 1;
}

static int read_texts(struct reader *r, size_t n, struct slice *at)
{
    struct item item;

    for (size_t i = 0; i < n; i++) {
        if (!wire_next(&r->in, &item) || item.kind != ITEM_STR)
            return 0;
        at[i] = item.text;
    }
    return 1;
}

static int read_words(struct reader *r, const struct field *field, size_t n,
                      int64_t *at)
{
    struct item item;

    for (size_t i = 0; i < n; i++)
        if (!wire_next(&r->in, &item) || !read_word(field, &item, &at[i]))
            return 0;
    return 1;
}

/* Lists of every type are a pointer and a count. */
struct any_list {
    void *at;
    size_t n;
};

static enum err read_list(struct reader *r, const struct field *field,
                          const struct item *item, void *member)
{
    struct any_list list = {NULL, item->n};
    enum err e = ERR_NONE;
    size_t size = sizeof(struct slice);

    /* The bound keeps a flipped bit from asking for gigabytes. */
    if (item->kind != ITEM_ARRAY || item->n > field->max)
        return ERR_STORE_CORRUPT;
    if (!item->n)
        return ERR_NONE;
    if (field->type == TYPE_ENUMS)
        size = sizeof(int64_t);
    if (field->type == TYPE_LIST)
        list.at = shape_array(r->arena, field->shape, item->n);
    else
        list.at = arena_array(r->arena, item->n, size);
    if (!list.at)
        return ERR_NOMEM;
    if (field->type == TYPE_LIST)
        e = read_structs(r, field->shape, item->n, list.at);
    else if (field->type == TYPE_ENUMS)
        e = read_words(r, field, item->n, list.at) ? e : ERR_STORE_CORRUPT;
    else if (field->type == TYPE_ROWS)
        e = read_rows(r, item->n, list.at) ? e : ERR_STORE_CORRUPT;
    else
        e = read_texts(r, item->n, list.at) ? e : ERR_STORE_CORRUPT;
    memcpy(member, &list, sizeof list);
    return e;
}

static enum err read_one(struct reader *r, const struct field *field,
                         const struct item *item, void *member)
{
    void *value;

    if (item->kind != ITEM_MAP)
        return ERR_STORE_CORRUPT;
    if (!(value = shape_array(r->arena, field->shape, 1)))
        return ERR_NOMEM;
    memcpy(member, &value, sizeof value);
    return read_map(r, field->shape, item->n, value);
}

static enum err read_field(struct reader *r, const struct field *field,
                           const struct item *item, void *member)
{
    if (field->type <= TYPE_ENUM)
        return read_number(field, item, member) ? ERR_NONE : ERR_STORE_CORRUPT;
    if (field->type == TYPE_ONE)
        return read_one(r, field, item, member);
    if (!value_is_text(field->type))
        return read_list(r, field, item, member);
    if (item->kind != ITEM_STR)
        return ERR_STORE_CORRUPT;
    *(struct slice *)member = item->text;
    return ERR_NONE;
}

/* Canonical fields stand in the table's order, so each is found by going on
 * from the last; this also refuses one that stands twice.  Fields from END on
 * are not read. */
static enum err read_fields(struct reader *r, const struct shape *shape,
                            const struct field *end, size_t pairs, void *value)
{
    const struct field *field = shape->fields;
    struct item key, item;
    enum err e = ERR_NONE;

    for (; pairs && !e; pairs--, field++) {
        if (!wire_next(&r->in, &key) || key.kind != ITEM_STR ||
            !wire_next(&r->in, &item))
            return ERR_STORE_CORRUPT;
        while (field < end && !field_is(field, key.text))
            field++;
        if (field == end)
            return end < shape->fields + shape->n ? ERR_NONE
                                                  : ERR_STORE_CORRUPT;
        e = read_field(r, field, &item, (char *)value + field->offset);
    }
    return e;
}

static enum err read_map(struct reader *r, const struct shape *shape,
                         size_t pairs, void *value)
{
    return read_fields(r, shape, shape->fields + shape->n, pairs, value);
}

enum err protocol_decode_trusted(const struct shape *shape, struct slice bytes,
                                 struct arena *arena, void *value)
{
    struct reader r = {wire_over(bytes), arena};
    struct item item;
    enum err e;

    shape_clear(shape, value);
    if (!wire_next(&r.in, &item) || item.kind != ITEM_MAP)
        return ERR_STORE_CORRUPT;
    e = read_map(&r, shape, item.n, value);
    return e || r.in.at == r.in.end ? e : ERR_STORE_CORRUPT;
}

enum err protocol_decode_first(const struct shape *shape, size_t fields,
                               struct slice bytes, struct arena *arena,
                               void *value)
{
    struct reader r = {wire_over(bytes), arena};
    struct item item;

    shape_clear(shape, value);
    if (!wire_next(&r.in, &item) || item.kind != ITEM_MAP)
        return ERR_STORE_CORRUPT;
    return read_fields(&r, shape, shape->fields + fields, item.n, value);
}
