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
    if (len > buffer->cap - buffer->len && (e = grow(buffer, len)))
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

static inline char *put_int(struct packer *p, char *at, int64_t number)
{
    (void)p;
    return pack_int(at, number);
}

static inline char *put_bool(struct packer *p, char *at, int64_t number)
{
    (void)p;
    return pack_bool(at, number);
}

static inline char *put_degrees(struct packer *p, char *at, int64_t number)
{
    (void)p;
    return pack_real(at, (double)number / 1e6);
}

static char *put_date(struct packer *p, char *at, int64_t days)
{
    char text[24];

    (void)p;
    civil_format_date(days, text);
    return pack_str(at, (struct slice){text, 10});
}

/* The longest of what needs no room but that of its key. */
#define TIME_BYTES 20
static char *put_time(struct packer *p, char *at, int64_t seconds)
{
    char text[24];

    (void)p;
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

/* Rows were encoded before. */
static char *put_rows(struct packer *p, char *at, struct slices list)
{
    at = pack_array(at, list.n);
    for (size_t i = 0; i < list.n && at; i++)
        if ((at = has_room(p, at, list.at[i].len)))
            at = pack_bytes(at, list.at[i].data, list.at[i].len);
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

/* Lists of structs are of many types. */
#define put_structs_of(p, at, list, s)                                         \
    put_structs(p, at, (list).at, (list).n, &shape_##s)

/* ---- Fields ------------------------------------------------------------- */

/* How each TYPE tells that it is there, and what packs it. */
#define AS_INT number, put_int
#define AS_BOOL number, put_bool
#define AS_DATE number, put_date
#define AS_TIME number, put_time
#define AS_DEG number, put_degrees
#define AS_ENUM_OF(w) number, put_word, &words_##w
#define AS_STR text, put_text
#define AS_ID text, put_text
#define AS_SIRET text, put_text
#define AS_COMMUNE text, put_text
#define AS_CPV text, put_text
#define AS_ROME text, put_text
#define AS_ZONE text, put_text
#define AS_STRS list, put_texts
#define AS_CPVS list, put_texts
#define AS_ROMES list, put_texts
#define AS_ZONES list, put_texts
#define AS_ENUMS_OF(w) list, put_words, &words_##w
#define AS_LIST_OF(s) list, put_structs_of, s
#define AS_ONE_OF(s) one, pack_##s
#define AS_ROWS list, put_rows

#define HAS_number(member) ((member) != ABSENT)
#define HAS_text(member) ((member).data != NULL)
#define HAS_list(member) ((member).n != 0)
#define HAS_one(member) ((member) != NULL)

/* Is it there, and may the reader see it? */
#define SHOWN(member, who, ...) SHOWN_AS(member, who, __VA_ARGS__)
#define SHOWN_AS(member, who, kind, ...)                                       \
    ((p->readers & (who)) && HAS_##kind(member))
#define PUT(member, ...) PUT_AS(member, __VA_ARGS__)
#define PUT_AS(member, kind, put, ...) put(p, at, member, ##__VA_ARGS__)

/* A field's name, with room for what needs none of its own. */
static inline __attribute__((always_inline)) char *pack_key(struct packer *p,
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
        (at = pack_key(p, at, SLICE(#name))))                                  \
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

enum err protocol_encode(const struct shape *shape, const void *value,
                         unsigned readers, struct buffer *out)
{
    struct packer p = {.out = out, .readers = readers};
    size_t start = out->len;
    char *at = make_room(&p, out->data ? out->data + start : NULL, PACK_ITEM);

    if (at && (at = shape->pack(&p, at, value)))
        p.failed = pack_end(out, at);
    /* Half an answer must not follow what stood there. */
    if (p.failed)
        out->len = start;
    return p.failed;
}
