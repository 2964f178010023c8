/*
 * Bodies for tests of the protocol, written as JSON for the reader's sake;
 * beyond JSON there are NaN, Inf, \xHH for a raw byte, and keys that are no
 * texts.
 */
#ifndef TESTS_SUPPORT_BODY_H
#define TESTS_SUPPORT_BODY_H

#include "protocol/codec.h"

#define BODY_FILE_MAX ((size_t)512 * 1024)

/* Room for any ask, answer or entity that tests decode. */
union any {
    struct structure structure;
    struct market market;
    struct profile profile;
    struct answer_stats stats;
    int64_t room[64];
};

/* JSON as msgpack, in the arena. */
struct slice body_from_json(struct arena *arena, const char *json);

/* A file's text, terminated; PATH from the root. */
struct slice body_from_file(struct arena *arena, const char *path);

/* The bytes of tests/golden/NAME.hex. */
struct slice body_golden(struct arena *arena, const char *name);

/* VALUE encoded for EVERYONE, in the arena. */
struct slice body_encoded(struct arena *arena, const struct shape *shape,
                          const void *value);

/* A field of SHAPE by name. */
const struct field *body_field(const struct shape *shape, const char *name);

#endif
