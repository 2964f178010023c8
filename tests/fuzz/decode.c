/*
 * Bodies: the name of a shape, a zero byte, a body.  What the strict decoder
 * takes must encode to bytes that decode to the same again, strictly and
 * trusted; what it refuses must be refused in a body that a strict client can
 * read.  Names: a verb for its question, "=" and a verb for its answer, an
 * entity, "refusal".
 */
#include "protocol/codec.h"
#include "tests/fuzz/fuzz.h"

static const struct shape *shape_named(struct slice name)
{
    int entity = vocabulary_find(&words_entity, name);
    enum verb verb = verb_find(name);

    if (verb < VERBS)
        return verb_rows[verb].ask;
    if (entity >= 0)
        return entity_shape(entity);
    if (!name.len || name.data[0] != '=')
        return &shape_refusal;
    verb = verb_find((struct slice){name.data + 1, name.len - 1});
    return verb < VERBS ? verb_rows[verb].answer : &shape_refusal;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = {(const char *)data, size};
    const struct shape *shape = shape_named(fuzz_part(&bytes));
    struct faults faults = {.n = 0};
    static struct arena *arena;
    void *value;
    enum err e;

    if (!arena)
        arena = arena_new(32 << 20);
    arena_reset(arena);
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
    return 0;
}
