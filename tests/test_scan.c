/*
 * Hostile bytes: what the scan refuses, and what damaged bytes may do.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec.h"
#include "tests/support/body.h"
#include "tests/support/decoding.h"

TestSuite(scan, .timeout = 60);

struct scan_row {
    char why[40];
    char bytes[24];
    size_t len;
    enum err name;
};

ParameterizedTestParameters(scan, the_scan_believes_no_one)
{
#define B(text) text, sizeof(text) - 1
    static struct scan_row rows[] = {
        {"a map", B("\x81\xa1x\x01"), ERR_NONE},
        {"nothing", B(""), ERR_MALFORMED},
        {"array32 of 2^28", B("\xdd\x10\x00\x00\x00"), ERR_MALFORMED},
        {"map32 of 2^32-1", B("\xdf\xff\xff\xff\xff"), ERR_MALFORMED},
        {"str32 of 2^32-1", B("\xdb\xff\xff\xff\xffx"), ERR_MALFORMED},
        {"bin8 cut", B("\xc4\x05xx"), ERR_MALFORMED},
        {"a head cut", B("\xdd\x00\x00"), ERR_MALFORMED},
        {"a float cut", B("\xcb\x00\x00"), ERR_MALFORMED},
        {"a pair cut", B("\x82\xa1x\x01\xa1y"), ERR_MALFORMED},
        {"trailing nil", B("\x80\xc0"), ERR_TRAILING},
        {"two maps", B("\x80\x80"), ERR_TRAILING},
        {"0xc1", B("\x81\xa1x\xc1"), ERR_MALFORMED},
        {"fixext1", B("\xd4\x01\x00"), ERR_MALFORMED},
        {"ext8", B("\xc7\x01\x01\x00"), ERR_MALFORMED},
        {"timestamp", B("\xd6\xff\x00\x00\x00\x00"), ERR_MALFORMED},
        {"a bad byte", B("\x81\xa1x\xa1\xe9"), ERR_NOT_UTF8},
        {"a surrogate", B("\xa3\xed\xa0\x80"), ERR_NOT_UTF8},
        {"deep arrays",
         B("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
           "\xc0"),
         ERR_TOO_DEEP},
        {"as deep as may be",
         B("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\xc0"), ERR_NONE},
    };
#undef B

    return cr_make_param_array(struct scan_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct scan_row *row, scan, the_scan_believes_no_one,
                  .timeout = 20)
{
    /* A copy of exactly its size, so that a sanitizer sees one byte more. */
    char *exact = malloc(row->len ? row->len : 1);
    struct slice bytes = {exact, row->len};
    enum err e;

    memcpy(exact, row->bytes, row->len);
    e = protocol_scan(bytes, &limits_portal);
    free(exact);
    cr_assert_eq(e, row->name, "%s: %s", row->why, err_name(e));
}

static enum err scan_filled(unsigned char byte, size_t n,
                            const struct limits *limits)
{
    char *bytes = malloc(n);
    enum err e;

    memset(bytes, byte, n);
    if (byte == 0xc0) {
        bytes[0] = (char)0xdd;
        for (int i = 1; i <= 4; i++)
            bytes[i] = (char)((n - 5) >> (32 - 8 * i));
    }
    e = protocol_scan((struct slice){bytes, n}, limits);
    free(bytes);
    return e;
}

Test(scan, size_depth_and_density_have_limits)
{
    cr_assert_eq(scan_filled(0x91, 1000000, &limits_batch), ERR_TOO_DEEP);
    cr_assert_eq(scan_filled(0xc0, 1 << 20, &limits_batch), ERR_TOO_LARGE);
    cr_assert_eq(scan_filled(0xc0, 4096 + 5, &limits_portal), ERR_TOO_LARGE);
    cr_assert_eq(scan_filled(0xc0, 4095 + 5, &limits_portal), ERR_NONE);
    cr_assert_eq(scan_filled(0xc0, 65537, &limits_portal), ERR_TOO_LARGE);
    cr_assert_eq(scan_filled(0xc0, (1 << 20) + 1, &limits_batch),
                 ERR_TOO_LARGE);
}

Test(scan, a_body_is_one_map, .init = decoding_begin, .fini = decoding_end)
{
    struct market m;

    cr_assert_eq(decode_json(&shape_market, "[1]", &m), ERR_WRONG_TYPE);
    cr_assert_eq(faults.at[0].field.len, 0);
    cr_assert_eq(
        decode_json(&shape_market, "{1:2,\"id\":\"a\",\"lots\":[{}]}", &m),
        ERR_WRONG_TYPE);
    faults.n = 0;
    cr_assert_eq(protocol_decode(&shape_market, SLICE("\x80\x80"),
                                 &limits_batch, arena, &m, &faults),
                 ERR_TRAILING);
    cr_assert_eq(faults.n, 1);
}

Test(scan, memory_has_a_limit, .init = decoding_begin, .fini = decoding_end)
{
    struct arena *small = arena_new(600);
    struct slice bytes = body_golden(arena, "market");
    struct market m;

    cr_assert_eq(protocol_decode(&shape_market, bytes, &limits_batch, small, &m,
                                 &faults),
                 ERR_NOMEM);
    arena_reset(small);
    cr_assert_eq(protocol_decode_trusted(&shape_market, bytes, small, &m),
                 ERR_NOMEM);
    arena_free(small);
}

/* xorshift: the same run every time. */
static uint64_t random_state = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return below ? random_state % below : 0;
}

/* What was decoded must encode to bytes that mean the same. */
static void check_stable(const struct shape *shape, const void *value)
{
    struct slice once = body_encoded(arena, shape, value);
    union any again;
    enum err e =
        protocol_decode(shape, once, &limits_batch, arena, &again, &faults);

    cr_assert_eq(e, ERR_NONE, "%s", err_name(e));
    cr_assert(slice_equal(body_encoded(arena, shape, &again), once));
}

Test(scan, damaged_bytes_are_refused_or_mean_something, .init = decoding_begin,
     .fini = decoding_end)
{
    static const char *const names[] = {"structure", "market", "profile",
                                        "facilitator", "hours"};
    int refusals = 0, stable = 0;

    for (int i = 0; i < 30000; i++) {
        int64_t entity = (int64_t)rnd(5);
        const struct shape *shape = entity_shape(entity);
        struct slice bytes = body_golden(arena, names[entity]);
        char *exact = malloc(bytes.len);
        union any value;

        memcpy(exact, bytes.data, bytes.len);
        bytes.data = exact;
        for (uint64_t n = 1 + rnd(3); n; n--)
            exact[rnd(bytes.len)] = (char)rnd(256);
        bytes.len -= rnd(4) ? 0 : rnd(bytes.len);
        faults.n = 0;
        protocol_decode_trusted(shape, bytes, arena, &value);
        if (protocol_decode(shape, bytes, &limits_portal, arena, &value,
                            &faults)) {
            refusals++;
        } else {
            check_stable(shape, &value);
            stable++;
        }
        free(exact);
        arena_reset(arena);
    }
    cr_assert_gt(refusals, 10000);
    cr_assert_gt(stable, 500);
}
