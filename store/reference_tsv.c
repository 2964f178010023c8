/*
 * Lines, cells and numbers of a table.  Strict: what does not fit is refused,
 * never guessed; what a cell means is reference_read.c's business.
 */
#include "store/reference_parts.h"

#include <string.h>

struct slice text_take(struct slice *text, char mark)
{
    const char *end = text->len ? memchr(text->data, mark, text->len) : NULL;
    struct slice taken = *text;

    if (!end) {
        text->data += text->len;
        text->len = 0;
        return taken;
    }
    taken.len = (size_t)(end - text->data);
    text->data += taken.len + 1;
    text->len -= taken.len + 1;
    return taken;
}

int tsv_next(struct slice *text, struct slice *cells, size_t n)
{
    struct slice rest = *text;
    struct slice line = text_take(&rest, '\n');
    const char *end = line.data + line.len;

    if (!text->len)
        return 0;
    for (size_t i = 0; i < n; i++) {
        /* All but the last cell end at a tab, the last at none. */
        cells[i] = text_take(&line, '\t');
        if ((cells[i].data + cells[i].len == end) != (i + 1 == n))
            return 0;
    }
    *text = rest;
    return 1;
}

size_t tsv_lines(struct slice text)
{
    size_t n = 0;

    for (; text.len; n++)
        text_take(&text, '\n');
    return n;
}

struct slice tsv_after_head(struct slice text)
{
    text_take(&text, '\n');
    return text;
}

int text_number(struct slice text, uint32_t *value)
{
    uint32_t sum = 0;

    if (!text.len || text.len > 9)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        sum = sum * 10 + (uint32_t)(text.data[i] - '0');
    }
    *value = sum;
    return 1;
}

/* Days before the first of MONTH (1 to 12) of YEAR, since 1970-01-01; years
 * begin in March, so that the leap day is their last. */
static int64_t days_before(int64_t year, int64_t month)
{
    int64_t y = month < 3 ? year - 1 : year;
    int64_t m = month < 3 ? month + 9 : month - 3;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719468;
}

int text_date(struct slice text, int64_t *days)
{
    struct slice part[3] = {text_take(&text, '-'), text_take(&text, '-'), text};
    uint32_t n[3];

    for (int i = 0; i < 3; i++)
        if (part[i].len != (i ? 2 : 4) || !text_number(part[i], &n[i]))
            return 0;
    if (n[0] < 1900 || n[0] > 2199 || n[1] < 1 || n[1] > 12 || n[2] < 1 ||
        n[2] > days_before(n[0] + n[1] / 12, n[1] % 12 + 1) -
                   days_before(n[0], n[1]))
        return 0;
    *days = days_before(n[0], n[1]) + n[2] - 1;
    return 1;
}

/* Up to 18 decimals as 1e-6, the seventh rounding up. */
static int decimals(struct slice text, uint32_t *micro)
{
    char digits[7] = "000000";
    struct slice six = {digits, 6};

    if (!text.len || text.len > 18)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        if (i < 6)
            digits[i] = text.data[i];
    }
    if (!text_number(six, micro))
        return 0;
    *micro += text.len > 6 && text.data[6] >= '5';
    return 1;
}

int text_degrees(struct slice text, int limit, int32_t *micro)
{
    int negative = text.len && text.data[0] == '-';
    int pointed = text.len && memchr(text.data, '.', text.len) != NULL;
    uint32_t whole;
    uint32_t part = 0;
    struct slice head;

    if (negative) {
        text.data++;
        text.len--;
    }
    head = text_take(&text, '.');
    if (!text_number(head, &whole) || (pointed && !decimals(text, &part)))
        return 0;
    if (whole > (uint32_t)limit || (whole == (uint32_t)limit && part))
        return 0;
    *micro = (int32_t)(whole * 1000000 + part);
    if (negative)
        *micro = -*micro;
    return 1;
}
