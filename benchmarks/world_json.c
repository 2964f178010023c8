/*
 * Objects as lines of JSON, by their field tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/world.h"
#include "protocol/civil.h"
#include "protocol/codec.h"
#include "protocol/value.h"

#define OBJECT_BYTES (1u << 20)

static void write_object(FILE *f, const struct shape *shape, const void *value);

static void write_text(FILE *f, struct slice text)
{
    /* Codes, ids and ASCII names alone: nothing to escape. */
    putc_unlocked('"', f);
    fwrite_unlocked(text.data, 1, text.len, f);
    putc_unlocked('"', f);
}

static void write_number(FILE *f, const struct field *field, int64_t number)
{
    char text[24] = "";

    switch (field->type) {
    case TYPE_BOOL:
        fputs_unlocked(number ? "true" : "false", f);
        return;
    case TYPE_ENUM:
    case TYPE_ENUMS:
        write_text(f, slice_of(field->words->words[number]));
        return;
    case TYPE_DATE:
        civil_format_date(number, text);
        write_text(f, slice_of(text));
        return;
    case TYPE_TIME:
        civil_format_time(number, text);
        write_text(f, slice_of(text));
        return;
    case TYPE_DEG:
        value_format_degrees(number, text);
        break;
    default:
        snprintf(text, sizeof text, "%lld", (long long)number);
    }
    fputs_unlocked(text, f);
}

static void write_element(FILE *f, const struct field *field, const void *list,
                          size_t i)
{
    const struct criterion_list *any = list;

    if (i)
        putc_unlocked(',', f);
    if (field->type == TYPE_LIST)
        write_object(f, field->shape,
                     (const char *)any->at + i * field->shape->size);
    else if (field->type == TYPE_ENUMS)
        write_number(f, field, ((const struct ints *)list)->at[i]);
    else
        write_text(f, ((const struct slices *)list)->at[i]);
}

/* Lists of all types: {pointer, n}. */
static size_t list_length(const void *list)
{
    return ((const struct slices *)list)->n;
}

static int is_list(enum field_type type)
{
    return type == TYPE_LIST || type == TYPE_ENUMS ||
           (type >= TYPE_STRS && type <= TYPE_ZONES);
}

static int is_absent(const struct field *field, const void *member)
{
    if (is_list(field->type))
        return !list_length(member);
    if (field->type == TYPE_ONE)
        return !*(void *const *)member;
    if (value_is_text(field->type))
        return !((const struct slice *)member)->data;
    return *(const int64_t *)member == ABSENT;
}

static void write_member(FILE *f, const struct field *field, const void *member)
{
    if (is_list(field->type)) {
        putc_unlocked('[', f);
        for (size_t i = 0; i < list_length(member); i++)
            write_element(f, field, member, i);
        putc_unlocked(']', f);
    } else if (field->type == TYPE_ONE) {
        write_object(f, field->shape, *(void *const *)member);
    } else if (value_is_text(field->type)) {
        write_text(f, *(const struct slice *)member);
    } else {
        write_number(f, field, *(const int64_t *)member);
    }
}

static void write_object(FILE *f, const struct shape *shape, const void *value)
{
    char before = '{';

    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &shape->fields[i];
        const void *member = (const char *)value + field->offset;

        if (is_absent(field, member))
            continue;
        putc_unlocked(before, f);
        before = ',';
        write_text(f, (struct slice){field->name, field->name_len});
        putc_unlocked(':', f);
        write_member(f, field, member);
    }
    putc_unlocked('}', f);
}

int world_write_json(const struct world *w, unsigned entity, const char *path)
{
    struct arena *arena = arena_new(OBJECT_BYTES);
    FILE *f = arena ? fopen(path, "w") : NULL;
    union world_object value;
    int failed = !f;

    for (uint32_t i = 0; i < world_count(w, entity) && !failed; i++) {
        arena_reset(arena);
        failed = world_object(w, entity, i, arena, &value) != ERR_NONE;
        if (failed)
            break;
        write_object(f, entity_shape(entity), &value);
        putc_unlocked('\n', f);
        failed = ferror_unlocked(f);
    }
    if (f && fclose(f))
        failed = 1;
    arena_free(arena);
    return failed ? -1 : 0;
}
