/*
 * Checks of single values, and the hints that say what to do about them.
 * Shared by the decoder and by text fields; private to protocol/.
 *
 * Hints of this file repeat a value only for territory codes, which no
 * profile holds.
 */
#ifndef PROTOCOL_VALUE_H
#define PROTOCOL_VALUE_H

#include <string.h>

#include "protocol/arena.h"
#include "protocol/entities.h"

/* Room for any hint, and its zero byte: what `hint` of fields.def holds. */
#define HINT_SIZE 301
struct hint {
    char text[HINT_SIZE];
};

/* Write a hint, cut where it is full. */
void hint_set(struct hint *hint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Write a list of names after LEAD: what has no room is "...". */
void hint_names(struct hint *hint, const char *lead, const char *const *names,
                size_t n);

/* The type of a list's elements; TYPE itself when it is no list. */
enum field_type value_element(enum field_type type);

/* Does a value of TYPE stand in a slice? */
static inline int value_is_text(enum field_type type)
{
    return type >= TYPE_STR && type <= TYPE_ZONE;
}

/* Does UTF-8 hold C0, DEL, C1, a line or paragraph separator, or a control of
 * the direction of writing?  None belongs to a line of text, and each can play
 * tricks on a terminal. */
int text_has_control(struct slice text);

/* Check TEXT as FIELD's value, or as an element of it when it is a list: of
 * TYPE_STR to TYPE_ZONE.  ERR_NONE, or the error and its HINT. */
enum err value_check_text(const struct field *field, struct slice text,
                          struct hint *hint);

/* Check a number, date, time or position against FIELD's bounds. */
enum err value_check_bounds(const struct field *field, int64_t number,
                            struct hint *hint);

/* Turn a word, date or time of the wire into FIELD's number. */
enum err value_parse_word(const struct field *field, struct slice text,
                          int64_t *out, struct hint *hint);
/* Of TYPE_DATE and TYPE_TIME. */
enum err value_parse_date(const struct field *field, struct slice text,
                          int64_t *out, struct hint *hint);

/* What a value of TYPE is: "a date", "a whole number". */
const char *value_expected(enum field_type type);

/* Write what FIELD would take, with its words, form or bounds. */
void value_describe(const struct field *field, struct hint *hint);

/* Write 1e-6 degrees in as few decimals as they need, terminated. */
void value_format_degrees(int64_t degrees, char out[16]);

/* Is TEXT exactly the terminated NAME?  Byte by byte, for TEXT may hold zero
 * bytes, at which string functions would stop too early. */
static inline int name_is(const char *name, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (name[i] != text.data[i] || !name[i])
            return 0;
    return !name[text.len];
}

/* FIELD's name. */
static inline struct slice field_slice(const struct field *field)
{
    return (struct slice){field->name, field->name_len};
}

/* Is FIELD called KEY? */
static inline int field_is(const struct field *field, struct slice key)
{
    return field->name_len == key.len &&
           memcmp(field->name, key.data, key.len) == 0;
}

/* Edits between two texts, each read to at most 40 bytes. */
unsigned value_distance(struct slice a, struct slice b);

/* The one of N names that reads most like TEXT; NULL when more than half of
 * TEXT would have to change: a wrong guess misleads. */
const char *value_nearest(const char *const *names, size_t n,
                          struct slice text);

/* Does this text hold a person's e-mail, phone number, NIR, birth date or
 * street?  The first 256 bytes are looked at. */
int pii_text(struct slice text);

#endif
