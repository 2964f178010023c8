/*
 * Windows-1252 to UTF-8, in a table of 32: iconv's modules are not on every
 * machine.
 */
#include "clients/cli/encoding.h"
#include "protocol/wire.h"

/* 0x80 to 0x9f; 0: not a character. */
static const uint16_t upper[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

void encoding_fini(struct encoding *encoding)
{
    buffer_free(&encoding->converted);
}

static int is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] & 0x80)
            return 0;
    return 1;
}

/* Write a byte's character, 0 when the byte is none. */
static size_t character(unsigned char byte, char out[3])
{
    unsigned code = byte >= 0x80 && byte < 0xa0 ? upper[byte - 0x80] : byte;

    if (byte < 0x80) {
        out[0] = (char)byte;
        return 1;
    }
    if (code < 0x80)
        return 0;
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

/* ENDS change only when all of TEXT could be converted. */
static int convert(struct encoding *encoding, struct slice *text, size_t *ends,
                   size_t n)
{
    struct buffer *out = &encoding->converted;
    size_t cell = 0, size;
    char bytes[3];

    for (size_t i = 0; i < text->len; i++)
        if (!character((unsigned char)text->data[i], bytes))
            return -1;
    out->len = 0;
    for (size_t i = 0; i <= text->len; i++) {
        for (; cell < n && ends[cell] == i; cell++)
            ends[cell] = out->len;
        if (i == text->len)
            break;
        size = character((unsigned char)text->data[i], bytes);
        if (buffer_add(out, bytes, size))
            return -1;
    }
    *text = (struct slice){out->data, out->len};
    return 0;
}

/* A character does not lie across two cells, though their bytes follow one
 * another here. */
static int is_utf8(struct slice text, const size_t *ends, size_t n)
{
    size_t begin = 0;

    for (size_t i = 0; i <= n; i++) {
        size_t end = i < n ? ends[i] : text.len;
        struct slice cell = {text.data + begin, end - begin};

        if (utf8_span(cell) < cell.len)
            return 0;
        begin = end;
    }
    return 1;
}

/* The first row past ASCII decides for the file. */
int encoding_take(struct encoding *encoding, struct slice *text, size_t *ends,
                  size_t n)
{
    int valid;

    if (is_ascii(*text))
        return 0;
    valid = is_utf8(*text, ends, n);
    if (encoding->is == ENCODING_UNKNOWN && valid)
        encoding->is = ENCODING_UTF8;
    if (encoding->is == ENCODING_UTF8)
        return valid ? 0 : -1;
    if (convert(encoding, text, ends, n))
        return -1;
    encoding->is = ENCODING_WINDOWS;
    return 0;
}
