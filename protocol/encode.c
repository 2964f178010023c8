/*
 * Values to bytes: fields in the table's order, absent ones and those that
 * the reader may not see left out, the smallest msgpack forms.  The same
 * value gives the same bytes.
 *
 * fields.def grows a function for each shape here, a few instructions for
 * each field: answers hold thousands of them.
 */
#include "protocol/codec.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/civil.h"
#include "protocol/pack.h"

/* ---- Buffer ------------------------------------------------------------- */

static enum err grow(struct buffer *buffer, size_t n)
{
    size_t cap = buffer->cap ? buffer->cap : 256;
    char *grown;

    if (n > SIZE_MAX / 4 - buffer->len)
        return ERR_NOMEM;
    while (cap < buffer->len + n)
        cap *= 2;
    if (!(grown = realloc(buffer->data, cap)))
        return ERR_NOMEM;
    buffer->data = grown;
    buffer->cap = cap;
    return ERR_NONE;
}

enum err buffer_add(struct buffer *buffer, const void *data, size_t len)
{
    enum err e = ERR_NONE;

    if (buffer->max && len > buffer->max - buffer->len)
        return ERR_REPLY_TOO_LARGE;
    if (!len || (len > buffer->cap - buffer->len && (e = grow(buffer, len))))
        return e;
    buffer->len = (size_t)(pack_bytes(buffer->data + buffer->len, data, len) -
                           buffer->data);
    return ERR_NONE;
}

char *pack_room(struct buffer *buffer, char *at, size_t n, enum err *why)
{
    size_t len = at ? (size_t)(at - buffer->data) : 0;

    if (buffer->cap - len >= n)
        return at;
    *why = ERR_REPLY_TOO_LARGE;
    if (buffer->max && len + n > buffer->max + PACK_SLACK)
        return NULL;
    buffer->len = len;
    *why = grow(buffer, n);
    return *why ? NULL : buffer->data + len;
}

enum err buffer_reserve(struct buffer *buffer, size_t n)
{
    return n > buffer->cap ? grow(buffer, n - buffer->len) : ERR_NONE;
}

void buffer_shrink(struct buffer *buffer, size_t n)
{
    char *less = buffer->cap > n ? realloc(buffer->data, n) : NULL;

    buffer->len = 0;
    if (!less)
        return;
    buffer->data = less;
    buffer->cap = n;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

/* ---- Values ------------------------------------------------------------- */

static char *make_room(struct packer *p, char *at, size_t n)
{
    at = pack_room(p->out, at, n, &p->failed);
    p->end = p->out->data + p->out->cap;
    return at;
}

static inline char *has_room(struct packer *p, char *at, size_t n)
{
    return (size_t)(p->end - at) >= n ? at : make_room(p, at, n);
}

static char *put_date(char *at, int64_t days)
{
    char text[24];

    civil_format_date(days, text);
    return pack_str(at, (struct slice){text, 10});
}

/* The longest of what needs no room but that of its key. */
#define TIME_BYTES 20
static char *put_time(char *at, int64_t seconds)
{
    char text[24];

    civil_format_time(seconds, text);
    return pack_str(at, (struct slice){text, TIME_BYTES});
}

static char *put_text(struct packer *p, char *at, struct slice text)
{
    if (!(at = has_room(p, at, PACK_ITEM + text.len)))
        return NULL;
    return pack_str(at, text);
}

/* A number that is no word is our own mistake: it must not reach the disk. */
static char *put_word(struct packer *p, char *at, int64_t word,
                      const struct vocabulary *words)
{
    if (word >= 0 && (uint64_t)word < words->n)
        return put_text(p, at, slice_of(words->words[word]));
    p->failed = ERR_INTERNAL;
    return NULL;
}

static char *put_texts(struct packer *p, char *at, struct slices list)
{
    at = pack_array(at, list.n);
    for (size_t i = 0; i < list.n && at; i++)
        at = put_text(p, at, list.at[i]);
    return at;
}

static char *put_words(struct packer *p, char *at, struct ints list,
                       const struct vocabulary *words)
{
    at = pack_array(at, list.n);
    for (size_t i = 0; i < list.n && at; i++)
        at = put_word(p, at, list.at[i], words);
    return at;
}

/* What was packed before. */
static char *put_packed(struct packer *p, char *at, struct slice bytes)
{
    if (!(at = has_room(p, at, bytes.len)))
        return NULL;
    return pack_bytes(at, bytes.data, bytes.len);
}

static char *put_rows(struct packer *p, char *at, struct slices list)
{
    at = pack_array(at, list.n);
    for (size_t i = 0; i < list.n && at; i++)
        at = put_packed(p, at, list.at[i]);
    return at;
}

static char *put_structs(struct packer *p, char *at, const void *first,
                         size_t n, const struct shape *shape)
{
    const char *each = first;

    at = pack_array(at, n);
    for (; n && at; n--, each += shape->size)
        at = shape->pack(p, at, each);
    return at;
}

static char *put_one(struct packer *p, char *at, const void *value,
                     const struct shape *shape)
{
    if (value == p->known.value)
        return put_packed(p, at, p->known.bytes);
    return shape->pack(p, at, value);
}

/* ---- Fields ------------------------------------------------------------- */

#define PUT_INT(member, of) pack_int(at, member)
#define PUT_BOOL(member, of) pack_bool(at, member)
#define PUT_DATE(member, of) put_date(at, member)
#define PUT_TIME(member, of) put_time(at, member)
#define PUT_DEG(member, of) pack_real(at, (double)(member) / 1e6)
#define PUT_WORD(member, of) put_word(p, at, member, &words_##of)
#define PUT_TEXT(member, of) put_text(p, at, member)
#define PUT_TEXTS(member, of) put_texts(p, at, member)
#define PUT_WORDS(member, of) put_words(p, at, member, &words_##of)
#define PUT_STRUCTS(list, of)                                                  \
    put_structs(p, at, (list).at, (list).n, &shape_##of)
#define PUT_ONE(member, of) put_one(p, at, member, &shape_##of)
#define PUT_ROWS(member, of) put_rows(p, at, member)

/* How each TYPE tells that it is there, what packs it, and what it is of. */
#define AS_INT number, PUT_INT, 0
#define AS_BOOL number, PUT_BOOL, 0
#define AS_DATE number, PUT_DATE, 0
#define AS_TIME number, PUT_TIME, 0
#define AS_DEG number, PUT_DEG, 0
#define AS_ENUM_OF(w) number, PUT_WORD, w
#define AS_STR text, PUT_TEXT, 0
#define AS_ID text, PUT_TEXT, 0
#define AS_SIRET text, PUT_TEXT, 0
#define AS_COMMUNE text, PUT_TEXT, 0
#define AS_CPV text, PUT_TEXT, 0
#define AS_ROME text, PUT_TEXT, 0
#define AS_ZONE text, PUT_TEXT, 0
#define AS_STRS list, PUT_TEXTS, 0
#define AS_CPVS list, PUT_TEXTS, 0
#define AS_ROMES list, PUT_TEXTS, 0
#define AS_ZONES list, PUT_TEXTS, 0
#define AS_ENUMS_OF(w) list, PUT_WORDS, w
#define AS_LIST_OF(s) list, PUT_STRUCTS, s
#define AS_ONE_OF(s) one, PUT_ONE, s
#define AS_ROWS list, PUT_ROWS, 0

#define HAS_number(member) ((member) != ABSENT)
#define HAS_text(member) ((member).data != NULL)
#define HAS_list(member) ((member).n != 0)
#define HAS_one(member) ((member) != NULL)

/* Is it there, and may the reader see it? */
#define SHOWN(member, who, ...) SHOWN_AS(member, who, __VA_ARGS__)
#define SHOWN_AS(member, who, kind, put, of)                                   \
    ((p->readers & (who)) && HAS_##kind(member))
#define PUT(member, ...) PUT_AS(member, __VA_ARGS__)
#define PUT_AS(member, kind, put, of) put(member, of)

/* A field's name, with room for what needs none of its own. */
static inline __attribute__((always_inline)) char *pack_name(struct packer *p,
                                                             char *at,
                                                             struct slice name)
{
    if (!(at = has_room(p, at, 1 + name.len + 1 + TIME_BYTES)))
        return NULL;
    return pack_str(at, name);
}

#define COUNT_FIELD(name, type, min, max, absent, who)                         \
    n += SHOWN(v->name, who, AS_##type);
#define PACK_FIELD(name, type, min, max, absent, who)                          \
    if (at && SHOWN(v->name, who, AS_##type) &&                                \
        (at = pack_name(p, at, SLICE(#name))))                                 \
        at = PUT(v->name, AS_##type);

/* A map's count comes before its pairs. */
/* clang-format off */
#define PACKER(s, table)                                                       \
    char *pack_##s(struct packer *p, char *at, const void *value)              \
    {                                                                          \
        const struct s *v = value;                                             \
        size_t n = 0;                                                          \
                                                                               \
        table(COUNT_FIELD)                                                     \
        if ((at = has_room(p, at, PACK_ITEM)))                                 \
            at = pack_map(at, n);                                              \
        table(PACK_FIELD)                                                      \
        return at;                                                             \
    }
/* clang-format on */
#define SHAPE_PACKER(s) PACKER(s, SHAPE_##s)
SHAPES(SHAPE_PACKER)

#define READ(name, wire, roles)                                                \
    PACKER(ask_##name, ASK_##name)                                             \
    PACKER(answer_##name, ANSWER_##name)
#define SLOW READ
#define WRITE READ
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE

enum err protocol_encode_known(const struct shape *shape, const void *value,
                               unsigned readers, const struct packed *known,
                               struct buffer *out)
{
    struct packer p = {.out = out, .readers = readers, .known = *known};
    size_t start = out->len;
    char *at = make_room(&p, out->data ? out->data + start : NULL, PACK_ITEM);

    if (at && (at = shape->pack(&p, at, value)))
        p.failed = pack_end(out, at);
    /* Half an answer must not follow what stood there. */
    if (p.failed)
        out->len = start;
    return p.failed;
}

enum err protocol_encode(const struct shape *shape, const void *value,
                         unsigned readers, struct buffer *out)
{
    const struct packed none = {NULL, {NULL, 0}};

    return protocol_encode_known(shape, value, readers, &none, out);
}
