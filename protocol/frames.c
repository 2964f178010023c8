/*
 * The header frames of CLAUSE01, and the body of a refusal.
 *
 * Unknown header keys are skipped, so that a newer client can talk to an
 * older daemon; a known key with a bad value is refused.
 */
#include "protocol/codec.h"

#include <inttypes.h>
#include <msgpack.h>

#include "protocol/scan.h"
#include "protocol/wire.h"

/* A header of five short values; the rest is room for keys to come. */
static const struct limits limits_header = {4096, 64, 4};

#define METHOD_MAX 64

/* One known key: a whole number or a text. */
struct key {
    const char *name;
    int64_t *number; /* NULL: a text */
    struct slice *text;
    int64_t min;
    size_t max; /* bytes of a text */
};

/* Headers are logged, so nothing in them may play tricks on a terminal. */
static int is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x21 || text.data[i] > 0x7e)
            return 0;
    return 1;
}

static int read_key(const struct key *key, const struct item *item)
{
    if (key->number) {
        if (item->kind != ITEM_INT || item->number < key->min)
            return 0;
        *key->number = item->number;
        return 1;
    }
    if (item->kind != ITEM_STR || !item->text.len ||
        item->text.len > key->max || !is_plain(item->text))
        return 0;
    *key->text = item->text;
    return 1;
}

/* WHAT: the complaint, when the form alone does not say it. */
static void bad_key(const struct key *key, const char *what,
                    struct arena *arena, struct faults *faults)
{
    if (!faults)
        return;
    if (key->number)
        faults_add(faults, arena, ERR_BAD_HEADER, slice_of(key->name),
                   "%s`%s` is a whole number from %" PRId64 " to %" PRId64,
                   what, key->name, key->min, INT64_MAX);
    else
        faults_add(faults, arena, ERR_BAD_HEADER, slice_of(key->name),
                   "%s`%s` is a text of 1 to %zu printable ASCII characters "
                   "without blanks",
                   what, key->name, key->max);
}

/* Read what KEYS name from a header map.  A bad one does not end the walk:
 * the id behind it is still wanted for the refusal. */
static enum err read_header(struct slice bytes, const struct key *keys,
                            size_t n, struct arena *arena,
                            struct faults *faults)
{
    struct wire in = wire_over(bytes);
    struct item head, name, item;
    enum err e = ERR_NONE;
    unsigned seen = 0;

    if (scan_value(bytes, &limits_header, 0) || !wire_next(&in, &head) ||
        head.kind != ITEM_MAP) {
        if (faults)
            faults_add(faults, arena, ERR_BAD_HEADER, SLICE(""),
                       "one msgpack map of at most %zu bytes, %zu items and "
                       "%u levels",
                       limits_header.bytes, limits_header.items,
                       limits_header.depth);
        return ERR_BAD_HEADER;
    }
    for (; head.n; head.n--) {
        size_t at = 0;

        if (!wire_next(&in, &name) || !wire_skip(&in, &name) ||
            !wire_next(&in, &item) || !wire_skip(&in, &item))
            return ERR_BAD_HEADER;
        while (at < n && (name.kind != ITEM_STR ||
                          !slice_equal(name.text, slice_of(keys[at].name))))
            at++;
        /* Not known, or nil, which is absent. */
        if (at == n || (item.kind == ITEM_NIL && !(seen >> at & 1)))
            continue;
        if (seen >> at & 1 || !read_key(&keys[at], &item)) {
            bad_key(&keys[at], seen >> at & 1 ? "it stands twice: " : "", arena,
                    faults);
            e = ERR_BAD_HEADER;
        }
        seen |= 1u << at;
    }
    return e;
}

enum err protocol_decode_header(struct slice bytes, struct arena *arena,
                                struct ask_header *header,
                                struct faults *faults)
{
    const struct key keys[] = {
        {"i", &header->id, NULL, INT64_MIN, 0},
        {"m", NULL, &header->method, 0, METHOD_MAX},
        {"d", &header->deadline_ms, NULL, 0, 0},
        {"k", NULL, &header->key, 0, PROTOCOL_KEY_MAX},
        {"r", &header->min_revision, NULL, 0, 0},
    };
    enum err e;

    *header =
        (struct ask_header){.deadline_ms = ABSENT, .min_revision = ABSENT};
    e = read_header(bytes, keys, sizeof keys / sizeof *keys, arena, faults);
    if (!e && !header->method.data) {
        bad_key(&keys[1], "it is missing: ", arena, faults);
        e = ERR_BAD_HEADER;
    }
    return e;
}

enum err protocol_decode_reply_header(struct slice bytes, struct arena *arena,
                                      struct reply_header *header)
{
    struct reply_header read = {0, -1, 0, 0};
    const struct key keys[] = {
        {"i", &read.id, NULL, INT64_MIN, 0},
        {"s", &read.status, NULL, 0, 0},
        {"rev", &read.revision, NULL, 0, 0},
        {"us", &read.us, NULL, 0, 0},
    };
    enum err e =
        read_header(bytes, keys, sizeof keys / sizeof *keys, arena, NULL);

    if (e || read.status < 0)
        return ERR_BAD_HEADER;
    *header = read;
    return ERR_NONE;
}

/* ---- Writing ------------------------------------------------------------ */

/* Headers are packed apart, so that one that fails leaves OUT alone. */
static enum err append(struct buffer *out, const msgpack_sbuffer *packed,
                       int failed)
{
    return failed ? ERR_NOMEM : buffer_add(out, packed->data, packed->size);
}

static int pack_text(msgpack_packer *pack, struct slice text)
{
    return msgpack_pack_str(pack, text.len) |
           msgpack_pack_str_body(pack, text.data, text.len);
}

static int pack_pair(msgpack_packer *pack, const char *name, int64_t number)
{
    return pack_text(pack, slice_of(name)) | msgpack_pack_int64(pack, number);
}

enum err protocol_encode_header(const struct reply_header *header,
                                struct buffer *out)
{
    msgpack_sbuffer packed;
    msgpack_packer pack;
    enum err e;
    int failed;

    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&pack, &packed, msgpack_sbuffer_write);
    failed = msgpack_pack_map(&pack, 4);
    failed |= pack_pair(&pack, "i", header->id);
    failed |= pack_pair(&pack, "s", header->status);
    failed |= pack_pair(&pack, "rev", header->revision);
    failed |= pack_pair(&pack, "us", header->us);
    e = append(out, &packed, failed);
    msgpack_sbuffer_destroy(&packed);
    return e;
}

enum err protocol_encode_ask_header(const struct ask_header *header,
                                    struct buffer *out)
{
    int dated = header->deadline_ms != ABSENT;
    int keyed = header->key.data != NULL;
    int fresh = header->min_revision != ABSENT;
    size_t pairs = 2u + (unsigned)(dated + keyed + fresh);
    msgpack_sbuffer packed;
    msgpack_packer pack;
    enum err e;
    int failed;

    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&pack, &packed, msgpack_sbuffer_write);
    failed = msgpack_pack_map(&pack, pairs);
    failed |= pack_pair(&pack, "i", header->id);
    failed |= pack_text(&pack, SLICE("m")) | pack_text(&pack, header->method);
    if (dated)
        failed |= pack_pair(&pack, "d", header->deadline_ms);
    if (keyed)
        failed |= pack_text(&pack, SLICE("k")) | pack_text(&pack, header->key);
    if (fresh)
        failed |= pack_pair(&pack, "r", header->min_revision);
    e = append(out, &packed, failed);
    msgpack_sbuffer_destroy(&packed);
    return e;
}

enum err protocol_encode_refusal(enum err name, const struct faults *faults,
                                 struct buffer *out)
{
    struct problem problems[FAULTS_MAX];
    struct refusal refusal = {
        .name = slice_of(err_name(name)),
        .message = slice_of(err_text(name)),
        .retry = status_retry(err_status(name)),
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
