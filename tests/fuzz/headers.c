/*
 * Headers of requests and replies: what is taken encodes to a header that is
 * read the same; a refused one keeps its id.
 */
#include "protocol/codec.h"
#include "tests/fuzz/fuzz.h"

static void check_same(const struct ask_header *a, struct arena *arena)
{
    struct faults faults = {.n = 0};
    struct buffer out = {0};
    struct ask_header b;

    must(!protocol_encode_ask_header(a, &out));
    must(!protocol_decode_header((struct slice){out.data, out.len}, arena, &b,
                                 &faults));
    must(a->id == b.id && a->deadline_ms == b.deadline_ms);
    must(a->min_revision == b.min_revision);
    must(slice_equal(a->method, b.method) && slice_equal(a->key, b.key));
    must(slice_equal(a->purpose, b.purpose));
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = {(const char *)data, size};
    struct faults faults = {.n = 0};
    static struct arena *arena;
    struct reply_header reply;
    struct ask_header ask;

    if (!arena)
        arena = arena_new(1 << 20);
    arena_reset(arena);
    if (!protocol_decode_header(bytes, arena, &ask, &faults))
        check_same(&ask, arena);
    else
        must(faults.n > 0);
    if (!protocol_decode_reply_header(bytes, arena, &reply))
        must(reply.status >= 0);
    return 0;
}
