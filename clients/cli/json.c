/*
 * The generic conversion between JSON and shapes: a new field or verb needs
 * no line here.  Values are checked by protocol_parse_text, so a file's
 * mistake is told in the daemon's own words, before it is asked.
 */
#include "clients/cli/json.h"
#include "clients/cli/names.h"
#include "protocol/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Six decimals of a degree need nine digits; more would show the binary
 * fraction. */
#define REAL_DIGITS 9

/* ---- To JSON ---------------------------------------------------------- */

static json_t *text_json(struct slice text)
{
    return json_stringn_nocheck(text.data, text.len);
}

static json_t *texts_json(const struct slices *texts)
{
    json_t *array = json_array();

    for (size_t i = 0; i < texts->n; i++)
        json_array_append_new(array, text_json(texts->at[i]));
    return array;
}

static json_t *words_json(const struct vocabulary *words,
                          const struct ints *codes)
{
    json_t *array = json_array();

    for (size_t i = 0; i < codes->n; i++)
        json_array_append_new(array, json_string(words->words[codes->at[i]]));
    return array;
}

/* Rows travel as they were encoded; only their shape tells what they say. */
static json_t *rows_json(const struct slices *rows, const struct shape *shape,
                         struct arena *arena)
{
    json_t *array = json_array();
    void *value;

    for (size_t i = 0; shape && i < rows->n; i++) {
        if (!(value = shape_array(arena, shape, 1)) ||
            protocol_decode_trusted(shape, rows->at[i], arena, value))
            break;
        json_array_append_new(array, json_of_shape(shape, value, NULL, arena));
    }
    return array;
}

static json_t *list_json(const struct field *field, const void *member,
                         struct arena *arena)
{
    /* Every LIST_OF is a pointer and a count, whatever it points to. */
    const struct slice *list = member;
    json_t *array = json_array();

    for (size_t i = 0; i < list->len; i++)
        json_array_append_new(array,
                              json_of_shape(field->shape,
                                            list->data + i * field->shape->size,
                                            NULL, arena));
    return array;
}

static json_t *integer_json(const struct field *field, int64_t number,
                            const void *member, struct arena *arena)
{
    if (number == ABSENT)
        return NULL;
    switch (field->type) {
    case TYPE_INT:
        return json_integer(number);
    case TYPE_BOOL:
        return json_boolean(number);
    case TYPE_DEG:
        return json_real((double)number / 1e6);
    case TYPE_ENUM:
        return json_string(field->words->words[number]);
    default:
        return text_json(protocol_format_text(field, member, arena));
    }
}

/* Absent members give NULL, which an object leaves out. */
static json_t *member_json(const struct field *field, const void *member,
                           const struct shape *rows, struct arena *arena)
{
    const struct slices *slices = member;
    const void *one;

    switch (field->type) {
    case TYPE_INT:
    case TYPE_BOOL:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_DEG:
    case TYPE_ENUM:
        return integer_json(field, *(const int64_t *)member, member, arena);
    case TYPE_STRS:
    case TYPE_CPVS:
    case TYPE_ROMES:
    case TYPE_ZONES:
        return slices->n ? texts_json(slices) : NULL;
    case TYPE_ENUMS:
        return slices->n ? words_json(field->words, member) : NULL;
    case TYPE_ROWS:
        return slices->n ? rows_json(slices, rows, arena) : NULL;
    case TYPE_LIST:
        return slices->n ? list_json(field, member, arena) : NULL;
    case TYPE_ONE:
        one = *(void *const *)member;
        return one ? json_of_shape(field->shape, one, rows, arena) : NULL;
    default:
        return ((const struct slice *)member)->data
                   ? text_json(*(const struct slice *)member)
                   : NULL;
    }
}

json_t *json_of_shape(const struct shape *shape, const void *value,
                      const struct shape *rows, struct arena *arena)
{
    json_t *object = json_object();

    for (size_t i = 0; i < shape->n; i++) {
        const struct field *f = &shape->fields[i];
        json_t *member =
            member_json(f, (const char *)value + f->offset, rows, arena);

        if (member)
            json_object_set_new(object, f->name, member);
    }
    return object;
}

/* ---- From JSON -------------------------------------------------------- */

/* What one conversion carries along. */
struct reading {
    struct arena *arena;
    struct faults *faults;
};

static void fill(struct reading *r, const struct shape *shape,
                 const json_t *object, const struct path *at, void *value);

static void complain(struct reading *r, const struct path *at, enum err name,
                     const char *hint)
{
    faults_add(r->faults, r->arena, name, path_text(at, r->arena), "%s", hint);
}

/* A scalar as a person would type it; absent when it is none. */
static struct slice scalar_text(struct arena *arena, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_STRING:
        return (struct slice){json_string_value(json),
                              json_string_length(json)};
    case JSON_INTEGER:
        return arena_format(arena, "%" PRId64,
                            (int64_t)json_integer_value(json));
    case JSON_REAL:
        return arena_format(arena, "%.15g", json_real_value(json));
    case JSON_TRUE:
        return SLICE("true");
    case JSON_FALSE:
        return SLICE("false");
    default:
        return (struct slice){0};
    }
}

static void fill_scalar(struct reading *r, const struct field *field,
                        const json_t *json, const struct path *at, void *member)
{
    struct slice text = scalar_text(r->arena, json), hint = {0};
    enum err e = text.data
                     ? protocol_parse_text(field, text, r->arena, member, &hint)
                     : ERR_WRONG_TYPE;

    if (e)
        faults_add(r->faults, r->arena, e, path_text(at, r->arena), "%.*s",
                   (int)hint.len, hint.data ? hint.data : "");
}

struct field json_element(const struct field *list)
{
    struct field f = *list;

    switch (list->type) {
    case TYPE_CPVS:
        f.type = TYPE_CPV;
        break;
    case TYPE_ROMES:
        f.type = TYPE_ROME;
        break;
    case TYPE_ZONES:
        f.type = TYPE_ZONE;
        break;
    case TYPE_ENUMS:
        f.type = TYPE_ENUM;
        break;
    default:
        f.type = TYPE_STR;
        break;
    }
    f.min = 1;
    f.max = 1000;
    f.fallback = REQUIRED;
    return f;
}

/* The elements of an array, 0 with a fault when it is not one or too long. */
static int array_length(struct reading *r, const struct field *field,
                        const json_t *json, const struct path *at, size_t *n)
{
    if (!json_is_array(json)) {
        complain(r, at, ERR_WRONG_TYPE, "write a list: [...]");
        return 0;
    }
    *n = json_array_size(json);
    if (field->max && *n > (size_t)field->max) {
        faults_add(r->faults, r->arena, ERR_RANGE, path_text(at, r->arena),
                   "at most %" PRId64 " elements", field->max);
        return 0;
    }
    return *n > 0;
}

/* Elements are checked one by one, so that each fault has its number. */
static void fill_codes(struct reading *r, const struct field *field,
                       const json_t *json, const struct path *path,
                       void *member)
{
    struct field element = json_element(field);
    size_t n, size = field->type == TYPE_ENUMS ? sizeof(int64_t)
                                               : sizeof(struct slice);
    struct path step = {path, {NULL, 0}, 0};
    struct slices *list = member;
    char *at;

    if (!array_length(r, field, json, path, &n))
        return;
    if (!(at = arena_array(r->arena, n, size))) {
        complain(r, path, ERR_NOMEM, "");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        step.index = i + 1;
        fill_scalar(r, &element, json_array_get(json, i), &step, at + i * size);
    }
    list->at = (const void *)at;
    list->n = n;
}

static void fill_list(struct reading *r, const struct field *field,
                      const json_t *json, const struct path *path, void *member)
{
    struct path step = {path, {NULL, 0}, 0};
    struct slice *list = member;
    size_t n;
    char *at;

    if (!array_length(r, field, json, path, &n))
        return;
    if (!(at = shape_array(r->arena, field->shape, n))) {
        complain(r, path, ERR_NOMEM, "");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        step.index = i + 1;
        fill(r, field->shape, json_array_get(json, i), &step,
             at + i * field->shape->size);
    }
    list->data = at;
    list->len = n;
}

static void fill_one(struct reading *r, const struct field *field,
                     const json_t *json, const struct path *at, void *member)
{
    void *one = shape_array(r->arena, field->shape, 1);

    if (!one) {
        complain(r, at, ERR_NOMEM, "");
        return;
    }
    fill(r, field->shape, json, at, one);
    *(void **)member = one;
}

static void fill_member(struct reading *r, const struct field *field,
                        const json_t *json, const struct path *at, void *member)
{
    switch (field->type) {
    case TYPE_STRS:
    case TYPE_CPVS:
    case TYPE_ROMES:
    case TYPE_ZONES:
    case TYPE_ENUMS:
        fill_codes(r, field, json, at, member);
        break;
    case TYPE_LIST:
        fill_list(r, field, json, at, member);
        break;
    case TYPE_ONE:
        fill_one(r, field, json, at, member);
        break;
    case TYPE_ROWS:
        complain(r, at, ERR_WRONG_TYPE, "");
        break;
    default:
        fill_scalar(r, field, json, at, member);
        break;
    }
}

static int has_field(const struct shape *shape, const char *key)
{
    for (size_t i = 0; i < shape->n; i++)
        if (!strcmp(shape->fields[i].name, key))
            return 1;
    return 0;
}

/* Members the shape does not know; a near one is named. */
static void refuse_strangers(struct reading *r, const struct shape *shape,
                             const json_t *object, const struct path *at)
{
    const char *key, *near;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        struct path step = {at, slice_of(key), 0};

        if (has_field(shape, key))
            continue;
        if (shape == &shape_profile && pii_key(slice_of(key))) {
            complain(r, &step, ERR_PII_FORBIDDEN, "leave it out");
            continue;
        }
        near = shape_nearest_name(shape, key);
        if (near)
            faults_add(r->faults, r->arena, ERR_UNKNOWN_FIELD,
                       path_text(&step, r->arena), "did you mean %s?", near);
        else
            complain(r, &step, ERR_UNKNOWN_FIELD, "");
    }
}

/* Faults are gathered, not just the first: a file is corrected once. */
static void fill(struct reading *r, const struct shape *shape,
                 const json_t *object, const struct path *at, void *value)
{
    size_t known = 0;

    if (!json_is_object(object)) {
        complain(r, at, ERR_WRONG_TYPE, "write an object: {...}");
        return;
    }
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *f = &shape->fields[i];
        const json_t *json = json_object_get(object, f->name);
        struct path step = {at, slice_of(f->name), 0};

        known += json != NULL;
        if (json && !json_is_null(json))
            fill_member(r, f, json, &step, (char *)value + f->offset);
        else if (f->fallback == REQUIRED)
            complain(r, &step, ERR_MISSING_FIELD, "");
    }
    if (known < json_object_size(object))
        refuse_strangers(r, shape, object, at);
}

enum err json_to_shape(const struct shape *shape, const json_t *object,
                       struct arena *arena, void *value, struct faults *faults)
{
    struct reading r = {arena, faults};

    shape_clear(shape, value);
    fill(&r, shape, object, NULL, value);
    return faults->n ? faults->at[0].name : ERR_NONE;
}

/* ---- Reading and printing --------------------------------------------- */

json_t *json_at(const json_t *object, const char *path)
{
    const char *dot;

    while (object && (dot = strchr(path, '.'))) {
        object = json_object_getn(object, path, (size_t)(dot - path));
        path = dot + 1;
    }
    return object ? json_object_get(object, path) : NULL;
}

const char *json_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

int64_t json_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

int json_print(const json_t *document, int compact)
{
    size_t flags = compact ? JSON_COMPACT : JSON_INDENT(2);

    if (json_dumpf(document, stdout, flags | JSON_REAL_PRECISION(REAL_DIGITS)))
        return -1;
    return putchar('\n') == EOF ? -1 : 0;
}
