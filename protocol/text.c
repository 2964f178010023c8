/*
 * Single values as people write them: cells of files, arguments of commands.
 * No locale: a decimal comma is taken like a point.
 */
#include "protocol/codec.h"

#include <string.h>

#include "protocol/civil.h"
#include "protocol/value.h"

/* Digits to a number; 0 when there is something else, or too many. */
static int parse_whole(struct slice text, int64_t *out)
{
    int negative = text.len && text.data[0] == '-';
    int64_t value = 0;

    if (text.len <= (size_t)negative || text.len > 18)
        return 0;
    for (size_t i = (size_t)negative; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        value = value * 10 + (text.data[i] - '0');
    }
    *out = negative ? -value : value;
    return 1;
}

/* "-48.8566125" to 1e-6 degrees, half away from zero. */
static int parse_degrees(struct slice text, int64_t *out)
{
    int negative = text.len && text.data[0] == '-';
    size_t i = (size_t)negative, digits = 0;
    int64_t value = 0;
    int decimals = -1;

    for (; i < text.len; i++) {
        char c = text.data[i];

        if ((c == '.' || c == ',') && decimals < 0 && digits) {
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 30)
            return 0;
        /* The seventh decimal rounds, later ones are dropped. */
        if (decimals == 6) {
            value += c >= '5';
            decimals = 7;
        } else if (decimals < 6) {
            if (value > 1000000000)
                return 0;
            value = value * 10 + (c - '0');
            decimals += decimals >= 0;
        }
    }
    if (!digits || decimals == 0)
        return 0;
    for (decimals = decimals < 0 ? 0 : decimals; decimals < 6; decimals++)
        value *= 10;
    *out = negative ? -value : value;
    return 1;
}

/* What spreadsheets of both languages hold. */
static int parse_bool(struct slice text, int64_t *out)
{
    static const char *const yes[] = {"1", "true", "oui", "yes"};
    static const char *const no[] = {"0", "false", "non", "no"};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        int is_yes = slice_equal(text, slice_of(yes[i]));

        if (!is_yes && !slice_equal(text, slice_of(no[i])))
            continue;
        *out = is_yes;
        return 1;
    }
    return 0;
}

/* As the wire's numbers, but out of a text. */
static enum err parse_number(const struct field *field, struct slice text,
                             int64_t *out, struct hint *hint)
{
    int64_t value = 0;
    enum err e;
    int good;

    switch (field->type) {
    case TYPE_DATE:
    case TYPE_TIME:
        return value_parse_date(field, text, out, hint);
    case TYPE_ENUM:
        return value_parse_word(field, text, out, hint);
    case TYPE_BOOL:
        hint_set(hint, "1, true, oui, or 0, false, non");
        return parse_bool(text, out) ? ERR_NONE : ERR_WRONG_TYPE;
    case TYPE_DEG:
        good = parse_degrees(text, &value);
        break;
    default:
        good = parse_whole(text, &value);
    }
    if (!good) {
        hint_set(hint, "%s", value_expected(field->type));
        return ERR_WRONG_TYPE;
    }
    if (!(e = value_check_bounds(field, value, hint)))
        *out = value;
    return e;
}

static enum err parse_member(const struct field *field, struct slice text,
                             struct arena *arena, void *value,
                             struct hint *hint)
{
    struct slice copy;
    enum err e;

    if (field->type <= TYPE_ENUM)
        return parse_number(field, text, value, hint);
    if (!value_is_text(field->type)) {
        hint_set(hint, "lists are not taken here");
        return ERR_WRONG_TYPE;
    }
    if ((e = value_check_text(field, text, hint)))
        return e;
    /* A cell's bytes go when the next row is read. */
    copy = arena_copy(arena, text);
    if (!copy.data) {
        hint_set(hint, "out of memory");
        return ERR_NOMEM;
    }
    *(struct slice *)value = copy;
    return ERR_NONE;
}

enum err protocol_parse_text(const struct field *field, struct slice text,
                             struct arena *arena, void *value,
                             struct slice *hint)
{
    struct hint why = {""};
    enum err e;

    if (!text.data)
        text = SLICE("");
    e = parse_member(field, text, arena, value, &why);
    if (e && hint)
        *hint = arena_copy(arena, slice_of(why.text));
    return e;
}

static struct slice format_number(const struct field *field, int64_t number,
                                  struct arena *arena)
{
    char text[24];

    if (number == ABSENT)
        return SLICE("");
    switch (field->type) {
    case TYPE_BOOL:
        return number ? SLICE("1") : SLICE("0");
    case TYPE_DATE:
        civil_format_date(number, text);
        break;
    case TYPE_TIME:
        civil_format_time(number, text);
        break;
    case TYPE_DEG:
        value_format_degrees(number, text);
        break;
    case TYPE_ENUM:
        if (number < 0 || (uint64_t)number >= field->words->n)
            return SLICE("");
        return slice_of(field->words->words[number]);
    default:
        return arena_format(arena, "%lld", (long long)number);
    }
    return arena_format(arena, "%s", text);
}

struct slice protocol_format_text(const struct field *field, const void *value,
                                  struct arena *arena)
{
    struct slice text;

    if (field->type <= TYPE_ENUM)
        return format_number(field, *(const int64_t *)value, arena);
    if (!value_is_text(field->type))
        return SLICE("");
    text = *(const struct slice *)value;
    return text.data ? text : SLICE("");
}
