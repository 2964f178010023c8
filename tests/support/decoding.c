#include "tests/support/decoding.h"

#include "tests/support/body.h"

struct arena *arena;
struct faults faults;

void decoding_begin(void)
{
    arena = arena_new(8 << 20);
    faults.n = 0;
}

void decoding_end(void)
{
    arena_free(arena);
    arena = NULL;
}

enum err decode_json(const struct shape *shape, const char *json, void *value)
{
    return protocol_decode(shape, body_from_json(arena, json), &limits_batch,
                           arena, value, &faults);
}
