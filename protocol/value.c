/*
 * Checks of single values by their syntax.  Whether a code exists is for the
 * reference tables to say; whether two fields agree, for the handlers.
 */
#include "protocol/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/civil.h"
#include "protocol/codes.h"
#include "protocol/wire.h"

/* Bytes of an element of STRS, which has no bounds of its own. */
#define ELEMENT_MAX 200

#define MICRO 1000000

void hint_set(struct hint *hint, const char *format, ...)
{
    va_list args;
    size_t len;
    int n;

    va_start(args, format);
    n = vsnprintf(hint->text, sizeof hint->text, format, args);
    va_end(args);
    if (n < (int)sizeof hint->text)
        return;
    /* It was cut: not within a character. */
    len = utf8_span((struct slice){hint->text, sizeof hint->text - 1});
    hint->text[len] = '\0';
}

void hint_names(struct hint *hint, const char *lead, const char *const *names,
                size_t n)
{
    size_t used;

    hint_set(hint, "%s", lead);
    used = strlen(hint->text);
    for (size_t i = 0; i < n; i++) {
        size_t room = HINT_SIZE - used;
        int fits = strlen(names[i]) + sizeof ", , ..." <= room;

        used += (size_t)snprintf(hint->text + used, room, "%s%s", i ? ", " : "",
                                 fits ? names[i] : "...");
        if (!fits)
            return;
    }
}

enum field_type value_element(enum field_type type)
{
    switch (type) {
    case TYPE_STRS:
        return TYPE_STR;
    case TYPE_CPVS:
        return TYPE_CPV;
    case TYPE_ROMES:
        return TYPE_ROME;
    case TYPE_ZONES:
        return TYPE_ZONE;
    case TYPE_ENUMS:
        return TYPE_ENUM;
    default:
        return type;
    }
}

int text_has_control(struct slice text)
{
    const unsigned char *at = (const unsigned char *)text.data;

    for (size_t i = 0; i < text.len; i++) {
        size_t left = text.len - i;

        if (at[i] < 0x20 || at[i] == 0x7f ||
            (at[i] == 0xc2 && left > 1 && at[i + 1] < 0xa0))
            return 1;
        /* U+2028 to U+202E, U+2066 to U+2069. */
        if (at[i] == 0xe2 && left > 2 &&
            ((at[i + 1] == 0x80 && at[i + 2] >= 0xa8 && at[i + 2] <= 0xae) ||
             (at[i + 1] == 0x81 && at[i + 2] >= 0xa6 && at[i + 2] <= 0xa9)))
            return 1;
    }
    return 0;
}

/* Latin-1 and Windows-1252 are what files hold that are not UTF-8. */
static enum err check_plain(struct slice text, struct hint *hint)
{
    size_t good = utf8_span(text);

    if (good < text.len) {
        hint_set(hint,
                 "byte %zu is not UTF-8: convert the text (Windows-1252, "
                 "Latin-1?) before sending it",
                 good + 1);
        return ERR_NOT_UTF8;
    }
    if (text_has_control(text)) {
        hint_set(hint, "remove control characters: tabs, line ends, zero "
                       "bytes, changes of the direction of writing");
        return ERR_NOT_UTF8;
    }
    return ERR_NONE;
}

/* "1 to 300", "5" when there is no choice. */
struct range_text {
    char text[48];
};
static struct range_text range_of(int64_t min, int64_t max)
{
    struct range_text out;

    if (min == max)
        snprintf(out.text, sizeof out.text, "%lld", (long long)min);
    else
        snprintf(out.text, sizeof out.text, "%lld to %lld", (long long)min,
                 (long long)max);
    return out;
}

static enum err check_length(int64_t min, int64_t max, size_t len,
                             struct hint *hint)
{
    if ((int64_t)len >= min && (int64_t)len <= max)
        return ERR_NONE;
    hint_set(hint, "%s bytes of UTF-8, these are %zu", range_of(min, max).text,
             len);
    return ERR_RANGE;
}

/* Letters, digits, and . _ : - */
static int is_id(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i], letter = (char)(c | 0x20);

        if (!((letter >= 'a' && letter <= 'z') || c == '_' ||
              (c >= '-' && c <= ':' && c != '/')))
            return 0;
    }
    return 1;
}

enum err value_check_text(const struct field *field, struct slice text,
                          struct hint *hint)
{
    enum field_type type = value_element(field->type);
    int listed = type != field->type;
    int id = type == TYPE_ID && is_id(text);
    enum err e = id ? ERR_NONE : check_plain(text, hint);

    if (e)
        return e;
    switch (type) {
    case TYPE_SIRET:
        return code_check_siret(text, hint);
    case TYPE_COMMUNE:
        return code_check_commune(text, hint);
    case TYPE_CPV:
        return code_check_cpv(text, hint);
    case TYPE_ROME:
        return code_check_rome(text, hint);
    case TYPE_ZONE:
        return code_check_zone(text, hint);
    default:
        e = check_length(listed ? 1 : field->min,
                         listed ? ELEMENT_MAX : field->max, text.len, hint);
        if (e || id || type != TYPE_ID)
            return e;
        hint_set(hint, "letters A-Z a-z, digits, and . _ : - only");
        return ERR_BAD_ID;
    }
}

void value_format_degrees(int64_t degrees, char out[16])
{
    uint64_t size = degrees < 0 ? 0 - (uint64_t)degrees : (uint64_t)degrees;
    int n = snprintf(out, 16, "%s%u.%06u", degrees < 0 ? "-" : "",
                     (unsigned)(size / MICRO % 1000), (unsigned)(size % MICRO));

    while (n > 1 && out[n - 1] == '0')
        n--;
    out[out[n - 1] == '.' ? n - 1 : n] = '\0';
}

/* A bound as the caller would write it. */
static void format_bound(enum field_type type, int64_t bound, char out[24])
{
    if (type == TYPE_DATE)
        civil_format_date(bound, out);
    else if (type == TYPE_TIME)
        civil_format_time(bound, out);
    else if (type == TYPE_DEG)
        value_format_degrees(bound, out);
    else
        snprintf(out, 24, "%lld", (long long)bound);
}

enum err value_check_bounds(const struct field *field, int64_t number,
                            struct hint *hint)
{
    char low[24], high[24];

    if (number >= field->min && number <= field->max)
        return ERR_NONE;
    format_bound(field->type, field->min, low);
    format_bound(field->type, field->max, high);
    hint_set(hint, "from %s to %s", low, high);
    return ERR_RANGE;
}

enum err value_parse_word(const struct field *field, struct slice text,
                          int64_t *out, struct hint *hint)
{
    int at = vocabulary_find(field->words, text);

    if (at >= 0) {
        *out = at;
        return ERR_NONE;
    }
    /* All words, never the nearest: it would tell of a profile's value. */
    hint_names(hint, "one of ", field->words->words, field->words->n);
    return ERR_BAD_CODE;
}

enum err value_parse_date(const struct field *field, struct slice text,
                          int64_t *out, struct hint *hint)
{
    int64_t value = 0;
    enum err e;

    if (field->type == TYPE_DATE && !civil_parse_date(text, &value)) {
        hint_set(hint, "a date of the calendar, written like 2026-11-23");
        return ERR_BAD_DATE;
    }
    if (field->type == TYPE_TIME && !civil_parse_time(text, &value)) {
        hint_set(hint, "written like 2026-11-23T12:00:00+01:00, or "
                       "2026-11-23 for the end of that day in Paris");
        return ERR_BAD_TIME;
    }
    e = value_check_bounds(field, value, hint);
    if (!e)
        *out = value;
    return e;
}

const char *value_expected(enum field_type type)
{
    switch (type) {
    case TYPE_INT:
        return "a whole number";
    case TYPE_BOOL:
        return "true or false";
    case TYPE_DATE:
        return "a date as text, like \"2026-11-23\"";
    case TYPE_TIME:
        return "a time as text, like \"2026-11-23T12:00:00+01:00\"";
    case TYPE_DEG:
        return "decimal degrees, a number";
    case TYPE_ONE:
        return "a map";
    case TYPE_LIST:
        return "a list of maps";
    case TYPE_ROWS:
        return "a list";
    default:
        return value_element(type) == type ? "a text" : "a list of texts";
    }
}

void value_describe(const struct field *field, struct hint *hint)
{
    const char *expected = value_expected(field->type);
    struct range_text range = range_of(field->min, field->max);
    int64_t none;

    switch (field->type) {
    case TYPE_ENUM:
        value_parse_word(field, SLICE(""), &none, hint);
        break;
    case TYPE_SIRET:
    case TYPE_COMMUNE:
    case TYPE_CPV:
    case TYPE_ROME:
    case TYPE_ZONE:
        /* An empty text is refused with the form. */
        value_check_text(field, SLICE(""), hint);
        break;
    case TYPE_INT:
        hint_set(hint, "%s, %s", expected, range.text);
        break;
    case TYPE_STR:
        hint_set(hint, "%s of %s bytes", expected, range.text);
        break;
    case TYPE_ID:
        hint_set(hint, "%s of %s letters, digits, and . _ : -", expected,
                 range.text);
        break;
    case TYPE_BOOL:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_DEG:
    case TYPE_ONE:
        hint_set(hint, "%s", expected);
        break;
    default:
        hint_set(hint, "%s, %s elements", expected, range.text);
    }
}

/* Levenshtein, one row at a time. */
unsigned value_distance(struct slice a, struct slice b)
{
    unsigned row[41];
    size_t m = a.len < 40 ? a.len : 40;
    size_t n = b.len < 40 ? b.len : 40;

    for (size_t j = 0; j <= n; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= m; i++) {
        unsigned corner = row[0]++;

        for (size_t j = 1; j <= n; j++) {
            unsigned best = corner + (a.data[i - 1] != b.data[j - 1]);

            corner = row[j];
            if (corner + 1 < best)
                best = corner + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

const char *value_nearest(const char *const *names, size_t n, struct slice text)
{
    unsigned best = (unsigned)(text.len < 40 ? text.len : 40) / 2 + 1;
    const char *nearest = NULL;

    for (size_t i = 0; i < n; i++) {
        unsigned far = value_distance(text, slice_of(names[i]));

        if (far < best) {
            best = far;
            nearest = names[i];
        }
    }
    return nearest;
}
