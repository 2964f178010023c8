/*
 * libFuzzer on the decoder: `make fuzz`.  The first byte chooses a shape, the
 * rest is a body.  What the strict decoder takes must encode to bytes that
 * decode to the same again, strictly and trusted; anything else aborts.
 */
#include <stdlib.h>

#include "protocol/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct shape *shape_of(unsigned byte)
{
    unsigned shapes = VERBS + entity_words + 1;

    byte %= shapes;
    if (byte < VERBS)
        return verb_rows[byte].ask;
    byte -= VERBS;
    return byte < entity_words ? entity_shape(byte) : &shape_refusal;
}

static void must(int holds)
{
    if (!holds)
        abort();
}

/* VALUE to bytes to value to bytes: the same bytes. */
static void check_stable(const struct shape *shape, struct arena *arena,
                         void *value)
{
    struct buffer once = {0}, again = {0};
    struct faults faults = {.n = 0};
    struct slice bytes;

    must(!protocol_encode(shape, value, EVERYONE, &once));
    bytes = (struct slice){once.data, once.len};
    must(!protocol_decode(shape, bytes, &limits_batch, arena, value, &faults));
    must(!protocol_encode(shape, value, EVERYONE, &again));
    must(slice_equal(bytes, (struct slice){again.data, again.len}));
    again.len = 0;
    must(!protocol_decode_trusted(shape, bytes, arena, value));
    must(!protocol_encode(shape, value, EVERYONE, &again));
    must(slice_equal(bytes, (struct slice){again.data, again.len}));
    buffer_free(&once);
    buffer_free(&again);
}

/* A refusal must itself be a body that a strict client can read. */
static void check_refusal(struct arena *arena, enum err name,
                          const struct faults *faults)
{
    struct buffer out = {0};
    struct faults none = {.n = 0};
    struct refusal refusal;

    must(faults->n > 0);
    must(!protocol_encode_refusal(name, faults, &out));
    must(!protocol_decode(&shape_refusal, (struct slice){out.data, out.len},
                          &limits_portal, arena, &refusal, &none));
    buffer_free(&out);
}

static void try_header(struct slice bytes, struct arena *arena)
{
    struct faults faults = {.n = 0};
    struct reply_header reply;
    struct ask_header ask;

    protocol_decode_header(bytes, arena, &ask, &faults);
    protocol_decode_reply_header(bytes, arena, &reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct faults faults = {.n = 0};
    const struct shape *shape;
    struct arena *arena;
    struct slice bytes;
    void *value;
    enum err e;

    if (!size)
        return 0;
    shape = shape_of(data[0]);
    bytes = (struct slice){(const char *)data + 1, size - 1};
    arena = arena_new(32 << 20);
    value = arena_alloc(arena, shape->size);
    e = protocol_decode(shape, bytes, &limits_portal, arena, value, &faults);
    if (e && e != ERR_NOMEM)
        check_refusal(arena, e, &faults);
    else if (!e)
        check_stable(shape, arena, value);
    must(protocol_scan(bytes, &limits_portal) == ERR_NONE || e ||
         shape == verb_rows[VERB_import_check].ask ||
         shape == verb_rows[VERB_import_apply].ask);
    protocol_decode_trusted(shape, bytes, arena, value);
    try_header(bytes, arena);
    arena_free(arena);
    return 0;
}
