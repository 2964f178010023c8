/*
 * Single values of a stranger's body, and the faults that are found.
 */
#include "protocol/decoder.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void decoder_fault(struct decoder *d, const struct path *path, enum err name,
                   const char *format, ...)
{
    char where[PATH_MAX_BYTES + 1], hint[HINT_MAX_BYTES + 1];
    va_list args;
    size_t len;

    if (!d->first)
        d->first = name;
    va_start(args, format);
    vsnprintf(hint, sizeof hint, format, args);
    va_end(args);
    len = path_write(path, where);
    faults_add(d->faults, d->arena, name, (struct slice){where, len}, "%s",
               hint);
    /* Enough is known: a hostile body has thousands of faults, and each costs
     * its words. */
    if (d->faults->n == FAULTS_MAX && !d->fatal)
        d->fatal = d->first;
}

void *decoder_memory(struct decoder *d, size_t n, size_t size)
{
    void *out = arena_array(d->arena, n, size);

    if (!out)
        d->fatal = ERR_NOMEM;
    return out;
}

void decoder_wrong_type(struct decoder *d, const struct path *path,
                        enum field_type expected, const struct item *item)
{
    /* NaN where a date belongs is told as what it is, too. */
    if (item->kind == ITEM_FLOAT && !isfinite(item->real))
        decoder_fault(d, path, ERR_NOT_FINITE, "%s", value_expected(expected));
    else
        decoder_fault(d, path, ERR_WRONG_TYPE, "%s", value_expected(expected));
    if (!wire_skip(&d->in, item))
        d->fatal = ERR_MALFORMED;
}

/* ---- Scalars ------------------------------------------------------------ */

/* A client whose language writes 48.0 as 48 sends an integer. */
static void decode_degrees(struct decoder *d, const struct path *path,
                           const struct field *field, const struct item *item,
                           int64_t *out)
{
    double degrees =
        item->kind == ITEM_FLOAT ? item->real : (double)item->number;
    int64_t value;

    if (!isfinite(degrees)) {
        decoder_fault(d, path, ERR_NOT_FINITE, "%s", value_expected(TYPE_DEG));
        return;
    }
    /* What is far outside must not overflow the rounding. */
    value = fabs(degrees) > 1000 ? INT64_MAX : llround(degrees * 1e6);
    if (value_check_bounds(field, value, &d->hint))
        decoder_fault(d, path, ERR_RANGE, "%s", d->hint.text);
    else
        *out = value;
}

void decoder_number(struct decoder *d, const struct path *path,
                    const struct field *field, const struct item *item,
                    int64_t *out)
{
    if (field->type == TYPE_DEG &&
        (item->kind == ITEM_FLOAT || item->kind == ITEM_INT ||
         item->kind == ITEM_HUGE))
        decode_degrees(d, path, field, item, out);
    else if (field->type == TYPE_BOOL && item->kind == ITEM_BOOL)
        *out = item->number;
    else if (field->type != TYPE_INT ||
             (item->kind != ITEM_INT && item->kind != ITEM_HUGE))
        decoder_wrong_type(d, path, field->type, item);
    else if (value_check_bounds(field, item->number, &d->hint))
        decoder_fault(d, path, ERR_RANGE, "%s", d->hint.text);
    else if (item->kind == ITEM_HUGE)
        decoder_fault(d, path, ERR_RANGE, "at most 9223372036854775807");
    else
        *out = item->number;
}

/* Words, dates and times: texts on the wire, numbers in the struct. */
void decoder_word(struct decoder *d, const struct path *path,
                  const struct field *field, const struct item *item,
                  int64_t *out)
{
    int dated = field->type == TYPE_DATE || field->type == TYPE_TIME;
    enum err e;

    if (item->kind != ITEM_STR) {
        decoder_wrong_type(d, path, value_element(field->type), item);
        return;
    }
    e = dated ? value_parse_date(field, item->text, out, &d->hint)
              : value_parse_word(field, item->text, out, &d->hint);
    if (e)
        decoder_fault(d, path, e, "%s", d->hint.text);
}

int decoder_text(struct decoder *d, const struct path *path,
                 const struct field *field, const struct item *item,
                 struct slice *out)
{
    enum err e;

    if (item->kind != ITEM_STR) {
        decoder_wrong_type(d, path, value_element(field->type), item);
        return 0;
    }
    /* Before the syntax: a phone number is also a bad id, and the caller
     * should learn the worse of the two.  A market's id, in a statement of
     * hours, is nobody's. */
    if (d->personal && !field_is(field, SLICE("market")) &&
        pii_text(item->text)) {
        decoder_fault(
            d, path, ERR_PII_FORBIDDEN,
            "looks like an e-mail, a phone number, a birth date, a NIR or a "
            "street: use a pseudonym");
        return 0;
    }
    if ((e = value_check_text(field, item->text, &d->hint))) {
        decoder_fault(d, path, e, "%s", d->hint.text);
        return 0;
    }
    *out = item->text;
    return 1;
}
