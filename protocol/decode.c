/*
 * Bodies from strangers: every field against its row of fields.def.
 *
 * The bytes were scanned, so the walk cannot leave them; still each read is
 * checked.  A bad field does not end the walk: a caller learns of all that is
 * wrong at once.  Within a profile, no value reaches a hint.
 */
#include "protocol/codec.h"

#include <assert.h>
#include <string.h>

#include "protocol/decoder.h"
#include "protocol/scan.h"

/* Any LIST_OF: struct NAME_list without its element type. */
struct any_list {
    void *at;
    size_t n;
};

/* ---- Lists -------------------------------------------------------------- */

static uint32_t text_hash(struct slice text)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
    return hash;
}

/* Keep the first of equal texts, in order.  A table of positions, because a
 * thousand codes in each of many lists must not cost their square. */
static size_t drop_repeats(struct decoder *d, struct slice *at, size_t n)
{
    size_t kept = 0, slots = 4;
    uint32_t *table;

    while (slots < 2 * n)
        slots *= 2;
    if (n < 2 || !(table = decoder_memory(d, slots, sizeof *table)))
        return n;
    for (size_t i = 0; i < n; i++) {
        size_t slot = text_hash(at[i]) & (slots - 1);

        while (table[slot] && !slice_equal(at[table[slot] - 1], at[i]))
            slot = (slot + 1) & (slots - 1);
        if (!table[slot]) {
            at[kept] = at[i];
            table[slot] = (uint32_t)++kept;
        }
    }
    return kept;
}

/* Bad elements are told and left out; the result is thrown away anyway. */
static void decode_texts(struct decoder *d, const struct path *path,
                         const struct field *field, size_t n,
                         struct slices *out)
{
    struct slice *at = decoder_memory(d, n, sizeof *at);
    struct path step = {path, {NULL, 0}, 0};
    struct item item;
    size_t kept = 0;

    for (step.index = 1; step.index <= n && !d->fatal; step.index++) {
        if (!wire_next(&d->in, &item))
            d->fatal = ERR_MALFORMED;
        else
            kept += (size_t)decoder_text(d, &step, field, &item, &at[kept]);
    }
    if (!d->fatal)
        *out = (struct slices){at, drop_repeats(d, at, kept)};
}

static void decode_words(struct decoder *d, const struct path *path,
                         const struct field *field, size_t n, struct ints *out)
{
    int64_t *at = decoder_memory(d, n, sizeof *at);
    struct path step = {path, {NULL, 0}, 0};
    struct item item;
    uint64_t seen = 0;
    size_t kept = 0;

    assert(field->words->n <= 64);
    for (step.index = 1; step.index <= n && !d->fatal; step.index++) {
        int64_t word = -1;

        if (!wire_next(&d->in, &item)) {
            d->fatal = ERR_MALFORMED;
            break;
        }
        decoder_word(d, &step, field, &item, &word);
        if (word < 0 || (seen >> word & 1))
            continue;
        seen |= UINT64_C(1) << word;
        at[kept++] = word;
    }
    if (!d->fatal)
        *out = (struct ints){at, kept};
}

/* Rows are kept as they are encoded: each is decoded by itself later, so that
 * a bad one spares the others. */
static void decode_rows(struct decoder *d, size_t n, struct slices *out)
{
    struct slice *at = decoder_memory(d, n, sizeof *at);
    struct item item;

    for (size_t i = 0; i < n && !d->fatal; i++) {
        const unsigned char *from = d->in.at;

        if (!wire_next(&d->in, &item) || !wire_skip(&d->in, &item))
            d->fatal = ERR_MALFORMED;
        else
            at[i] =
                (struct slice){(const char *)from, (size_t)(d->in.at - from)};
    }
    if (!d->fatal)
        *out = (struct slices){at, n};
}

static void decode_map(struct decoder *d, const struct path *path,
                       const struct shape *shape, size_t pairs, void *value);

static void decode_structs(struct decoder *d, const struct path *path,
                           const struct field *field, size_t n, void *member)
{
    char *at = shape_array(d->arena, field->shape, n);
    struct path step = {path, {NULL, 0}, 0};
    struct any_list list = {at, n};
    struct item item;

    if (!at)
        d->fatal = ERR_NOMEM;
    for (step.index = 1; step.index <= n && !d->fatal; step.index++) {
        void *each = at + (step.index - 1) * field->shape->size;

        if (!wire_next(&d->in, &item))
            d->fatal = ERR_MALFORMED;
        else if (item.kind != ITEM_MAP)
            decoder_wrong_type(d, &step, TYPE_ONE, &item);
        else
            decode_map(d, &step, field->shape, item.n, each);
    }
    if (!d->fatal)
        memcpy(member, &list, sizeof list);
}

static void decode_list(struct decoder *d, const struct path *path,
                        const struct field *field, const struct item *item,
                        void *member)
{
    if (item->kind != ITEM_ARRAY) {
        decoder_wrong_type(d, path, field->type, item);
        return;
    }
    if (item->n < field->min || item->n > field->max) {
        decoder_fault(d, path, ERR_RANGE,
                      "%lld to %lld elements, these are %lu",
                      (long long)field->min, (long long)field->max,
                      (unsigned long)item->n);
        if (!wire_skip(&d->in, item))
            d->fatal = ERR_MALFORMED;
        return;
    }
    if (!item->n)
        return;
    if (field->type == TYPE_LIST)
        decode_structs(d, path, field, item->n, member);
    else if (field->type == TYPE_ROWS)
        decode_rows(d, item->n, member);
    else if (field->type == TYPE_ENUMS)
        decode_words(d, path, field, item->n, member);
    else
        decode_texts(d, path, field, item->n, member);
}

/* ---- Maps --------------------------------------------------------------- */

/* A nested map: its struct is made only for a map. */
static void decode_one(struct decoder *d, const struct path *path,
                       const struct field *field, const struct item *item,
                       void *member)
{
    void *value;

    if (item->kind != ITEM_MAP) {
        decoder_wrong_type(d, path, TYPE_ONE, item);
        return;
    }
    if (!(value = shape_array(d->arena, field->shape, 1))) {
        d->fatal = ERR_NOMEM;
        return;
    }
    decode_map(d, path, field->shape, item->n, value);
    memcpy(member, &value, sizeof value);
}

static void decode_field(struct decoder *d, const struct path *path,
                         const struct field *field, const struct item *item,
                         void *member)
{
    switch (field->type) {
    case TYPE_INT:
    case TYPE_BOOL:
    case TYPE_DEG:
        decoder_number(d, path, field, item, member);
        break;
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_ENUM:
        decoder_word(d, path, field, item, member);
        break;
    case TYPE_ONE:
        decode_one(d, path, field, item, member);
        break;
    default:
        if (value_is_text(field->type))
            decoder_text(d, path, field, item, member);
        else
            decode_list(d, path, field, item, member);
    }
}

/* Shown in a path: other keys could carry anything, and a person's name. */
static int key_is_plain(struct slice key)
{
    if (!key.len || key.len > 64 || utf8_span(key) < key.len ||
        text_has_control(key))
        return 0;
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              c == '-' || c >= 0x80 || (i && c >= '0' && c <= '9')))
            return 0;
    }
    return 1;
}

/* Refuse a key that the table does not have, and name the one meant, or all
 * there are. */
static void unknown_field(struct decoder *d, const struct path *path,
                          const struct shape *shape, struct slice key)
{
    struct path step = {path, key_is_plain(key) ? key : SLICE("?"), 0};
    const char *names[64], *nearest;

    if (d->personal && pii_key(key)) {
        decoder_fault(d, &step, ERR_PII_FORBIDDEN,
                      "leave it out: nobody is named here");
        return;
    }
    for (size_t i = 0; i < shape->n; i++)
        names[i] = shape->fields[i].name;
    nearest = value_nearest(names, shape->n, key);
    if (nearest)
        hint_set(&d->hint, "the nearest known field is `%s`", nearest);
    else
        hint_names(&d->hint, "known here: ", names, shape->n);
    decoder_fault(d, &step, ERR_UNKNOWN_FIELD, "%s", d->hint.text);
}

/* Clients mostly keep the table's order: look from FROM on first. */
static size_t find_field(const struct shape *shape, struct slice key,
                         size_t from)
{
    for (size_t i = 0; i < shape->n; i++) {
        size_t at = from + i < shape->n ? from + i : from + i - shape->n;

        if (field_is(&shape->fields[at], key))
            return at;
    }
    return shape->n;
}

/* One pair of a map.  SEEN: keys that stood there, GIVEN: with a value. */
static void decode_pair(struct decoder *d, const struct path *path,
                        const struct shape *shape, void *value, uint64_t *seen,
                        uint64_t *given)
{
    struct path step = {path, {NULL, 0}, 0};
    struct item key, item;
    size_t at;

    if (!wire_next(&d->in, &key) ||
        (key.kind != ITEM_STR && !wire_skip(&d->in, &key)) ||
        !wire_next(&d->in, &item)) {
        d->fatal = ERR_MALFORMED;
        return;
    }
    at = shape->n;
    if (key.kind != ITEM_STR)
        decoder_fault(d, path, ERR_WRONG_TYPE, "keys are texts");
    else if ((at = find_field(shape, key.text,
                              *seen ? 64 - (size_t)__builtin_clzll(*seen)
                                    : 0)) == shape->n)
        unknown_field(d, path, shape, key.text);
    if (at < shape->n) {
        step.name = field_slice(&shape->fields[at]);
        if (*seen >> at & 1) {
            decoder_fault(d, &step, ERR_DUPLICATE_KEY, "write it once");
            at = shape->n;
        }
    }
    if (at == shape->n) {
        if (!wire_skip(&d->in, &item))
            d->fatal = ERR_MALFORMED;
        return;
    }
    /* nil is absent, yet the key has been used. */
    *seen |= UINT64_C(1) << at;
    if (item.kind == ITEM_NIL)
        return;
    *given |= UINT64_C(1) << at;
    decode_field(d, &step, &shape->fields[at], &item,
                 (char *)value + shape->fields[at].offset);
}

static void decode_map(struct decoder *d, const struct path *path,
                       const struct shape *shape, size_t pairs, void *value)
{
    int personal = d->personal;
    uint64_t seen = 0, given = 0;

    assert(shape->n <= 64);
    d->personal |= shape == &shape_profile || shape == &shape_hours_entry;
    for (size_t i = 0; i < pairs && !d->fatal; i++)
        decode_pair(d, path, shape, value, &seen, &given);
    for (size_t i = 0; i < shape->n && !d->fatal; i++) {
        struct path step = {path, field_slice(&shape->fields[i]), 0};

        if (shape->fields[i].fallback != REQUIRED || (given >> i & 1))
            continue;
        value_describe(&shape->fields[i], &d->hint);
        decoder_fault(d, &step, ERR_MISSING_FIELD, "%s", d->hint.text);
    }
    d->personal = personal;
}

enum err protocol_decode(const struct shape *shape, struct slice bytes,
                         const struct limits *limits, struct arena *arena,
                         void *value, struct faults *faults)
{
    enum err e = scan_value(bytes, limits, 0);
    struct decoder d;
    struct item item;

    d.in = wire_over(bytes);
    d.arena = arena;
    d.faults = faults;
    d.first = d.fatal = ERR_NONE;
    d.personal = 0;
    d.hint.text[0] = '\0';
    if (e == ERR_TOO_LARGE)
        decoder_fault(&d, NULL, e, "at most %zu bytes and %zu items",
                      limits->bytes, limits->items);
    else if (e == ERR_TOO_DEEP)
        decoder_fault(&d, NULL, e, "at most %u levels", limits->depth);
    else if (e)
        decoder_fault(&d, NULL, e, "one map, whole, and nothing after it");
    if (e)
        return e;
    shape_clear(shape, value);
    if (!wire_next(&d.in, &item))
        return ERR_MALFORMED;
    if (item.kind != ITEM_MAP)
        decoder_wrong_type(&d, NULL, TYPE_ONE, &item);
    else
        decode_map(&d, NULL, shape, item.n, value);
    return d.fatal ? d.fatal : d.first;
}
