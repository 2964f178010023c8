/*
 * The header frames of CLAUSE01, and the body of a refusal.
 *
 * Unknown header keys are skipped, so that a newer client can talk to an
 * older daemon; a known key with a bad value is refused.
 */
#include "protocol/codec.h"

#include <inttypes.h>

#include "protocol/pack.h"
#include "protocol/scan.h"
#include "protocol/wire.h"

/* A header of five short values; the rest is room for keys to come. */
static const struct limits limits_header = {4096, 64, 4};

#define METHOD_MAX 64

/* One known key of a header: a whole number from MIN, or a text of at most
 * TEXT_MAX bytes. */
struct header_key {
    struct slice name;
    size_t offset; /* of the member in the header's struct */
    int64_t min;
    size_t text_max; /* 0: a number */
};

/* Headers are logged, so nothing in them may play tricks on a terminal. */
static int is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x21 || text.data[i] > 0x7e)
            return 0;
    return 1;
}

static int read_key(const struct header_key *key, const struct item *item,
                    void *header)
{
    void *member = (char *)header + key->offset;

    if (!key->text_max) {
        if (item->kind != ITEM_INT || item->number < key->min)
            return 0;
        *(int64_t *)member = item->number;
        return 1;
    }
    if (item->kind != ITEM_STR || !item->text.len ||
        item->text.len > key->text_max || !is_plain(item->text))
        return 0;
    *(struct slice *)member = item->text;
    return 1;
}

/* Names differ in their first letters. */
static int is_name(struct slice name, struct slice text)
{
    return text.len == name.len && text.data[0] == name.data[0] &&
           slice_equal(text, name);
}

/* WHAT: the complaint, when the form alone does not say it. */
static void bad_key(const struct header_key *key, const char *what,
                    struct arena *arena, struct faults *faults)
{
    if (!faults)
        return;
    if (key->text_max)
        faults_add(faults, arena, ERR_BAD_HEADER, key->name,
                   "%s`%s` is a text of 1 to %zu printable ASCII characters "
                   "without blanks",
                   what, key->name.data, key->text_max);
    else
        faults_add(faults, arena, ERR_BAD_HEADER, key->name,
                   "%s`%s` is a whole number from %" PRId64 " to %" PRId64,
                   what, key->name.data, key->min, INT64_MAX);
}

/* Step over one pair; a bad value does not hide what follows it. */
static int next_pair(struct wire *in, struct item *name, struct item *item)
{
    return wire_next(in, name) && wire_skip(in, name) && wire_next(in, item) &&
           wire_skip(in, item);
}

/* Take ITEM as the value of the key called NAME, if there is one; SEEN: those
 * that stood there. */
static enum err take_key(const struct header_key *keys, size_t n,
                         unsigned *seen, const struct item *name,
                         const struct item *item, void *header,
                         struct arena *arena, struct faults *faults)
{
    unsigned bit;
    size_t at = 0;

    while (at < n &&
           (name->kind != ITEM_STR || !is_name(keys[at].name, name->text)))
        at++;
    bit = 1u << at;
    /* Not known, or nil, which is absent. */
    if (at == n || (item->kind == ITEM_NIL && !(*seen & bit)))
        return ERR_NONE;
    if (!(*seen & bit) && read_key(&keys[at], item, header)) {
        *seen |= bit;
        return ERR_NONE;
    }
    bad_key(&keys[at], *seen & bit ? "it stands twice: " : "", arena, faults);
    *seen |= bit;
    return ERR_BAD_HEADER;
}

/* No header at all: whatever else was found wrong with it is of no use. */
static enum err no_header(struct arena *arena, struct faults *faults)
{
    if (!faults)
        return ERR_BAD_HEADER;
    faults->n = 0;
    faults_add(faults, arena, ERR_BAD_HEADER, SLICE(""),
               "one msgpack map of at most %zu bytes, %zu items and %u levels",
               limits_header.bytes, limits_header.items, limits_header.depth);
    return ERR_BAD_HEADER;
}

/* Read what KEYS name from a header map.  A bad one does not end the walk:
 * the id behind it is still wanted for the refusal.  Most headers hold
 * scalars alone, and the walk counts those; the others are scanned. */
static enum err read_header(struct slice bytes, const struct header_key *keys,
                            size_t n, void *header, struct arena *arena,
                            struct faults *faults)
{
    struct wire in = wire_over(bytes);
    struct item head, name, item;
    enum err e = ERR_NONE;
    unsigned seen = 0;
    int nested = 0;

    if (bytes.len > limits_header.bytes || !wire_next(&in, &head) ||
        head.kind != ITEM_MAP || 1 + 2 * (size_t)head.n > limits_header.items)
        return no_header(arena, faults);
    for (; head.n; head.n--) {
        enum err bad;

        if (!next_pair(&in, &name, &item))
            return no_header(arena, faults);
        nested |= name.kind >= ITEM_ARRAY || item.kind >= ITEM_ARRAY;
        bad = take_key(keys, n, &seen, &name, &item, header, arena, faults);
        if (bad)
            e = bad;
    }
    if (in.at != in.end || (nested && scan_value(bytes, &limits_header, 0)))
        return no_header(arena, faults);
    return e;
}

#define NUMBER(of, name, member, min)                                          \
    {                                                                          \
        {name, sizeof name - 1}, offsetof(struct of, member), min, 0           \
    }
#define TEXT(of, name, member, max)                                            \
    {                                                                          \
        {name, sizeof name - 1}, offsetof(struct of, member), 0, max           \
    }
#define COUNT(keys) (sizeof(keys) / sizeof *(keys))

enum err protocol_decode_header(struct slice bytes, struct arena *arena,
                                struct ask_header *header,
                                struct faults *faults)
{
    static const struct header_key keys[] = {
        NUMBER(ask_header, "i", id, INT64_MIN),
        TEXT(ask_header, "m", method, METHOD_MAX),
        NUMBER(ask_header, "d", deadline_ms, 0),
        TEXT(ask_header, "k", key, PROTOCOL_KEY_MAX),
        NUMBER(ask_header, "r", min_revision, 0),
        TEXT(ask_header, "p", purpose, PURPOSE_MAX),
    };
    enum err e;

    *header =
        (struct ask_header){.deadline_ms = ABSENT, .min_revision = ABSENT};
    e = read_header(bytes, keys, COUNT(keys), header, arena, faults);
    if (!e && !header->method.data) {
        bad_key(&keys[1], "it is missing: ", arena, faults);
        e = ERR_BAD_HEADER;
    }
    return e;
}

enum err protocol_decode_reply_header(struct slice bytes, struct arena *arena,
                                      struct reply_header *header)
{
    static const struct header_key keys[] = {
        NUMBER(reply_header, "i", id, INT64_MIN),
        NUMBER(reply_header, "s", status, 0),
        NUMBER(reply_header, "rev", revision, 0),
        NUMBER(reply_header, "us", us, 0),
    };
    struct reply_header read = {0, -1, 0, 0};
    enum err e = read_header(bytes, keys, COUNT(keys), &read, arena, NULL);

    if (e || read.status < 0)
        return ERR_BAD_HEADER;
    *header = read;
    return ERR_NONE;
}

/* ---- Writing ------------------------------------------------------------ */

/* A name of at most three letters and a number. */
#define PAIR_BYTES (1 + 3 + PACK_ITEM)

static char *begin(struct buffer *out, size_t bytes, enum err *e)
{
    return pack_room(out, out->data ? out->data + out->len : NULL, bytes, e);
}

/* NAME is a literal, so this becomes a store. */
static inline char *pack_pair(char *at, struct slice name, int64_t number)
{
    return pack_int(pack_str(at, name), number);
}

enum err protocol_encode_header(const struct reply_header *header,
                                struct buffer *out)
{
    enum err e;
    char *at = begin(out, PACK_ITEM + 4 * PAIR_BYTES, &e);

    if (!at)
        return e;
    at = pack_map(at, 4);
    at = pack_pair(at, SLICE("i"), header->id);
    at = pack_pair(at, SLICE("s"), header->status);
    at = pack_pair(at, SLICE("rev"), header->revision);
    at = pack_pair(at, SLICE("us"), header->us);
    return pack_end(out, at);
}

enum err protocol_encode_ask_header(const struct ask_header *header,
                                    struct buffer *out)
{
    int dated = header->deadline_ms != ABSENT;
    int keyed = header->key.data != NULL;
    int fresh = header->min_revision != ABSENT;
    int reasoned = header->purpose.data != NULL;
    enum err e;
    char *at = begin(out,
                     PACK_ITEM + 9 * PAIR_BYTES + header->method.len +
                         header->key.len + header->purpose.len,
                     &e);

    if (!at)
        return e;
    at = pack_map(at, 2u + (unsigned)(dated + keyed + fresh + reasoned));
    at = pack_pair(at, SLICE("i"), header->id);
    at = pack_str(pack_str(at, SLICE("m")), header->method);
    if (dated)
        at = pack_pair(at, SLICE("d"), header->deadline_ms);
    if (keyed)
        at = pack_str(pack_str(at, SLICE("k")), header->key);
    if (fresh)
        at = pack_pair(at, SLICE("r"), header->min_revision);
    if (reasoned)
        at = pack_str(pack_str(at, SLICE("p")), header->purpose);
    return pack_end(out, at);
}

enum err protocol_encode_refusal(enum err name, const struct faults *faults,
                                 struct buffer *out)
{
    struct problem problems[FAULTS_MAX];
    struct refusal refusal = {
        .name = slice_of(err_name(name)),
        .message = slice_of(err_text(name)),
        .retry = err_retry(name),
        .data = {problems, faults ? faults->n : 0},
    };

    for (size_t i = 0; i < refusal.data.n; i++)
        problems[i] = (struct problem){
            .field = faults->at[i].field,
            .name = slice_of(err_name(faults->at[i].name)),
            .hint = faults->at[i].hint,
        };
    return protocol_encode(&shape_refusal, &refusal, EVERYONE, out);
}
