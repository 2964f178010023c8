/*
 * The codec: golden bytes, and the promise that encoding and decoding lose
 * nothing.  Refusals are in test_refused.c, hostile bytes in test_scan.c.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

#include "protocol/codec.h"
#include "tests/support/body.h"
#include "tests/support/decoding.h"

TestSuite(codec, .timeout = 60);

/* ---- Golden bytes -------------------------------------------------------- */

struct golden_row {
    char name[16];
    int64_t entity;
};

ParameterizedTestParameters(codec, golden_bytes_are_kept)
{
    static struct golden_row rows[] = {
        {"structure", ENTITY_STRUCTURE}, {"market", ENTITY_MARKET},
        {"profile", ENTITY_PROFILE},     {"facilitator", ENTITY_FACILITATOR},
        {"hours", ENTITY_HOURS},
    };

    return cr_make_param_array(struct golden_row, rows,
                               sizeof rows / sizeof *rows);
}

/* The bytes were packed by another implementation. */
ParameterizedTest(struct golden_row *row, codec, golden_bytes_are_kept,
                  .timeout = 20, .init = decoding_begin, .fini = decoding_end)
{
    const struct shape *shape = entity_shape(row->entity);
    struct slice bytes = body_golden(arena, row->name);
    union any strict, trusted;
    char path[64];
    enum err e;

    cr_assert_gt(bytes.len, 200);
    snprintf(path, sizeof path, "tests/golden/%s.json", row->name);
    e = decode_json(shape, body_from_file(arena, path).data, &strict);
    cr_assert_eq(e, ERR_NONE, "%s at %.*s: %.*s", err_name(e),
                 (int)faults.at[0].field.len, faults.at[0].field.data,
                 (int)faults.at[0].hint.len, faults.at[0].hint.data);
    cr_assert(slice_equal(body_encoded(arena, shape, &strict), bytes));
    e = protocol_decode_trusted(shape, bytes, arena, &trusted);
    cr_assert_eq(e, ERR_NONE);
    cr_assert(slice_equal(body_encoded(arena, shape, &trusted), bytes));
}

Test(codec, values_arrive_as_they_were_meant, .init = decoding_begin,
     .fini = decoding_end)
{
    struct market m;
    struct structure s;

    cr_assert_eq(
        decode_json(&shape_market,
                    body_from_file(arena, "tests/golden/market.json").data, &m),
        ERR_NONE);
    cr_assert(slice_equal(m.id, SLICE("DECP-2026.001")));
    cr_assert_eq(m.buyer->category, BUYER_OTHER_PA);
    cr_assert_eq(m.deadline, 1796122800);
    cr_assert_eq(m.lots.n, 2);
    cr_assert_eq(m.lots.at[0].clauses.at[0].modes.at[0], CLAUSE_MODE_HIRE);
    cr_assert_eq(m.lots.at[0].jobs.at[0].vehicle, 0);
    cr_assert_eq(m.lots.at[1].amount, ABSENT);
    cr_assert_eq(m.lots.at[1].object.data, NULL);
    cr_assert_eq(decode_json(&shape_structure,
                             "{\"siret\":\"73282932000074\",\"kind\":\"EA\","
                             "\"name\":\"x\",\"commune\":\"01004\","
                             "\"lat\":-0.0,\"lon\":-1.0000005,"
                             "\"turnover\":null,\"activities\":[]}",
                             &s),
                 ERR_NONE);
    cr_assert_eq(s.lat, 0);
    cr_assert_eq(s.lon, -1000001, "half goes away from zero");
    cr_assert_eq(s.status, STRUCTURE_ACTIVE, "the default");
    cr_assert_eq(s.turnover, ABSENT, "nil is absent");
    cr_assert_eq(s.activities.at, NULL, "so is an empty list");
}

Test(codec, repeats_in_a_list_are_dropped_and_order_kept,
     .init = decoding_begin, .fini = decoding_end)
{
    struct profile p;
    struct market m;

    cr_assert_eq(decode_json(&shape_profile,
                             "{\"id\":\"a\",\"commune\":\"59350\","
                             "\"mobility_km\":0,\"rome\":[\"K2204\",\"A1203\","
                             "\"K2204\"],\"licences\":[\"C\",\"B\",\"C\"]}",
                             &p),
                 ERR_NONE);
    cr_assert_eq(p.rome.n, 2);
    cr_assert(slice_equal(p.rome.at[1], SLICE("A1203")));
    cr_assert_eq(p.licences.n, 2);
    cr_assert_eq(p.licences.at[0], LICENCE_C);
    cr_assert_eq(decode_json(&shape_market,
                             "{\"id\":\"a\",\"lots\":[{\"places\":[\"FR\","
                             "\"DEP:59\",\"FR\",\"DEP:62\",\"DEP:59\"]}]}",
                             &m),
                 ERR_NONE);
    cr_assert_eq(m.lots.at[0].places.n, 3);
    cr_assert(slice_equal(m.lots.at[0].places.at[2], SLICE("DEP:62")));
}

Test(codec, a_reader_sees_only_its_fields, .init = decoding_begin,
     .fini = decoding_end)
{
    struct buffer out = {0};
    struct profile p;

    cr_assert_eq(protocol_decode_trusted(
                     &shape_profile, body_golden(arena, "profile"), arena, &p),
                 ERR_NONE);
    cr_assert_eq(protocol_encode(&shape_profile, &p, PORTAL, &out), ERR_NONE);
    cr_assert_eq(out.len, 1);
    cr_assert_eq(out.data[0], (char)0x80);
    buffer_free(&out);
}

Test(codec, a_reply_past_its_ceiling_leaves_the_buffer_as_it_was,
     .init = decoding_begin, .fini = decoding_end)
{
    struct buffer out = {.max = 64};
    struct profile p;

    cr_assert_eq(protocol_decode_trusted(
                     &shape_profile, body_golden(arena, "profile"), arena, &p),
                 ERR_NONE);
    cr_assert_eq(buffer_add(&out, "x", 1), ERR_NONE);
    cr_assert_eq(protocol_encode(&shape_profile, &p, EVERYONE, &out),
                 ERR_REPLY_TOO_LARGE);
    cr_assert_eq(out.len, 1);
    buffer_free(&out);
}

/* ---- Random values ------------------------------------------------------- */

/* xorshift: the same run every time. */
static uint64_t random_state = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return below ? random_state % below : 0;
}

static struct slice random_text(const struct field *field, uint64_t salt)
{
    static const char *const sirets[] = {"73282932000074", "35600000049837"};
    static const char *const communes[] = {"01004", "2A004", "97411", "75112"};
    static const char *const cpvs[] = {"45000000", "77310000-6"};
    static const char *const units[] = {"a", "\xc3\xa9", "\xf0\x9f\x8c\xb1",
                                        " "};

    switch (field->type) {
    case TYPE_SIRET:
        return slice_of(sirets[rnd(2)]);
    case TYPE_COMMUNE:
        return slice_of(communes[rnd(4)]);
    case TYPE_CPV:
    case TYPE_CPVS:
        return salt < 2 ? slice_of(cpvs[salt])
                        : arena_format(arena, "45%06u", (unsigned)salt);
    case TYPE_ROME:
    case TYPE_ROMES:
        return arena_format(arena, "%c%04u", (int)('A' + rnd(14)),
                            (unsigned)salt);
    case TYPE_ZONE:
    case TYPE_ZONES:
        return arena_format(arena, "NEAR:2B033:%u", (unsigned)salt);
    case TYPE_STR:
        if (field->max < 8) /* too short for whole words */
            return arena_format(arena, "%0*u", (int)field->min,
                                (unsigned)salt % 10);
        if (field->min > 4)
            return arena_format(arena, "%0*u", (int)field->min, (unsigned)salt);
        return arena_format(arena, "%s%s%u", units[rnd(4)], units[rnd(4)],
                            (unsigned)salt);
    default:
        return arena_format(arena, "%c%u", (int)('a' + rnd(26)),
                            (unsigned)salt);
    }
}

static int64_t random_number(const struct field *field)
{
    uint64_t span = (uint64_t)field->max - (uint64_t)field->min;

    switch (rnd(4)) {
    case 0:
        return field->min;
    case 1:
        return field->max;
    default:
        return (int64_t)((uint64_t)field->min + rnd(span + 1));
    }
}

static void fill(const struct shape *shape, void *value);

static void fill_list(const struct field *field, void *member)
{
    struct {
        void *at;
        size_t n;
    } list;
    size_t most = (size_t)(field->max < 5 ? field->max : 5);

    if (field->type == TYPE_ENUMS && field->words->n < most)
        most = field->words->n;
    list.n = (size_t)field->min + rnd(most - (size_t)field->min + 1);
    if (!list.n)
        return;
    if (field->type == TYPE_LIST)
        list.at = shape_array(arena, field->shape, list.n);
    else
        list.at = arena_array(arena, list.n, sizeof(struct slice));
    for (size_t i = 0; i < list.n; i++) {
        if (field->type == TYPE_LIST)
            fill(field->shape, (char *)list.at + i * field->shape->size);
        else if (field->type == TYPE_ENUMS)
            ((int64_t *)list.at)[i] = (int64_t)i;
        else if (field->type == TYPE_ROWS)
            ((struct slice *)list.at)[i] = SLICE("\x81\xa1x\x92\xc0\xc3");
        else
            ((struct slice *)list.at)[i] = random_text(field, i);
    }
    memcpy(member, &list, sizeof list);
}

static void fill_field(const struct field *field, void *member)
{
    void *nested;

    switch (field->type) {
    case TYPE_ENUM:
        *(int64_t *)member = (int64_t)rnd(field->words->n);
        break;
    case TYPE_ONE:
        nested = shape_array(arena, field->shape, 1);
        fill(field->shape, nested);
        memcpy(member, &nested, sizeof nested);
        break;
    default:
        if (field->type < TYPE_ENUM)
            *(int64_t *)member = random_number(field);
        else if (field->type <= TYPE_ZONE)
            *(struct slice *)member = random_text(field, rnd(100));
        else
            fill_list(field, member);
    }
}

static void fill(const struct shape *shape, void *value)
{
    shape_clear(shape, value);
    for (size_t i = 0; i < shape->n; i++)
        if (shape->fields[i].fallback == REQUIRED || rnd(3))
            fill_field(&shape->fields[i],
                       (char *)value + shape->fields[i].offset);
}

static void round_trip(const struct shape *shape)
{
    void *value = arena_alloc(arena, shape->size);
    struct slice bytes;
    enum err e;

    fill(shape, value);
    bytes = body_encoded(arena, shape, value);
    faults.n = 0;
    e = protocol_decode(shape, bytes, &limits_batch, arena, value, &faults);
    cr_assert_eq(e, ERR_NONE, "%s: %s at %.*s", shape->name, err_name(e),
                 (int)faults.at[0].field.len, faults.at[0].field.data);
    cr_assert(slice_equal(body_encoded(arena, shape, value), bytes), "%s",
              shape->name);
    e = protocol_decode_trusted(shape, bytes, arena, value);
    cr_assert_eq(e, ERR_NONE, "%s trusted", shape->name);
    cr_assert(slice_equal(body_encoded(arena, shape, value), bytes),
              "%s trusted", shape->name);
    arena_reset(arena);
}

Test(codec, whatever_is_valid_survives_the_wire, .init = decoding_begin,
     .fini = decoding_end)
{
    for (int i = 0; i < 300; i++) {
        for (enum verb verb = 0; verb < VERBS; verb++) {
            round_trip(verb_rows[verb].ask);
            round_trip(verb_rows[verb].answer);
        }
        for (int64_t entity = 0; entity < entity_words; entity++)
            round_trip(entity_shape(entity));
    }
}

/* Room is made for more than is packed; the ceiling is exact all the same. */
static void encode_below(const struct shape *shape, const void *value,
                         struct slice bytes, size_t max)
{
    struct buffer out = {.max = max};
    enum err e = protocol_encode(shape, value, ~0u, &out);

    cr_assert_eq(e, bytes.len <= max ? ERR_NONE : ERR_REPLY_TOO_LARGE,
                 "%s: %zu bytes, ceiling %zu: %s", shape->name, bytes.len, max,
                 err_name(e));
    cr_assert(
        slice_equal((struct slice){out.data, out.len}, e ? SLICE("") : bytes));
    buffer_free(&out);
}

Test(codec, a_ceiling_is_exact, .init = decoding_begin, .fini = decoding_end)
{
    for (int i = 0; i < 100; i++)
        for (int64_t entity = 0; entity < entity_words; entity++) {
            const struct shape *shape = entity_shape(entity);
            void *value = arena_alloc(arena, shape->size);
            struct slice bytes;

            fill(shape, value);
            bytes = body_encoded(arena, shape, value);
            for (size_t max = bytes.len - 12; max < bytes.len + 12; max++)
                encode_below(shape, value, bytes, max);
            encode_below(shape, value, bytes, 1 + rnd(bytes.len));
            arena_reset(arena);
        }
}

/* The decoder keeps track of keys in one word. */
Test(codec, no_shape_has_more_fields_than_the_decoder_can_count)
{
    for (enum verb verb = 0; verb < VERBS; verb++) {
        cr_assert_leq(verb_rows[verb].ask->n, 64);
        cr_assert_leq(verb_rows[verb].answer->n, 64);
    }
#define COUNT(s) cr_assert_leq(shape_##s.n, 64);
    SHAPES(COUNT)
#undef COUNT
}

/* ---- Headers and refusals ------------------------------------------------ */

struct header_row {
    char json[120];
    enum err name;
    char field[8];
    int64_t id;
};

ParameterizedTestParameters(codec, headers_are_read_or_refused)
{
    static struct header_row rows[] = {
        {"{\"i\":7,\"m\":\"ping\"}", ERR_NONE, "", 7},
        {"{\"m\":\"ping\"}", ERR_NONE, "", 0},
        {"{\"m\":\"ping\",\"i\":-3,\"zz\":[1,{\"a\":2}]}", ERR_NONE, "", -3},
        {"{\"i\":1,\"m\":\"ping\",\"k\":null,\"d\":0,\"r\":5}", ERR_NONE, "",
         1},
        {"{\"i\":1}", ERR_BAD_HEADER, "m", 1},
        {"{\"m\":7,\"i\":9}", ERR_BAD_HEADER, "m", 9},
        {"{\"m\":\"\",\"i\":9}", ERR_BAD_HEADER, "m", 9},
        {"{\"m\":\"a\\x0ab\",\"i\":9}", ERR_BAD_HEADER, "m", 9},
        {"{\"m\":\"ping\",\"d\":-1,\"i\":9}", ERR_BAD_HEADER, "d", 9},
        {"{\"m\":\"ping\",\"d\":1.5,\"i\":9}", ERR_BAD_HEADER, "d", 9},
        {"{\"m\":\"ping\",\"k\":\"\",\"i\":9}", ERR_BAD_HEADER, "k", 9},
        {"{\"m\":\"ping\",\"k\":8,\"i\":9}", ERR_BAD_HEADER, "k", 9},
        {"{\"m\":\"ping\",\"k\":\"a b\",\"i\":9}", ERR_BAD_HEADER, "k", 9},
        {"{\"m\":\"ping\",\"r\":\"x\",\"i\":9}", ERR_BAD_HEADER, "r", 9},
        {"{\"m\":\"ping\",\"i\":\"x\"}", ERR_BAD_HEADER, "i", 0},
        {"{\"m\":\"ping\",\"i\":1,\"i\":2}", ERR_BAD_HEADER, "i", 1},
        {"[\"ping\"]", ERR_BAD_HEADER, "", 0},
        {"{\"m\":\"ping\",\"z\":[[[[[1]]]]]}", ERR_BAD_HEADER, "", 0},
        {"{\"m\":\"ping\",\"i\":5,\"d\":-1,\"z\":[[[[[1]]]]]}", ERR_BAD_HEADER,
         "", 5},
    };

    return cr_make_param_array(struct header_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct header_row *row, codec, headers_are_read_or_refused,
                  .timeout = 20, .init = decoding_begin, .fini = decoding_end)
{
    struct ask_header header;
    enum err e = protocol_decode_header(body_from_json(arena, row->json), arena,
                                        &header, &faults);

    cr_assert_eq(e, row->name, "%s: %s", row->json, err_name(e));
    cr_assert_eq(header.id, row->id, "%s", row->json);
    if (e) {
        cr_assert_eq(faults.n, 1);
        cr_assert(slice_equal(faults.at[0].field, slice_of(row->field)));
    } else {
        cr_assert(slice_equal(header.method, SLICE("ping")));
        cr_assert_eq(header.key.data, NULL);
    }
}

/* Whatever else a header lacks, an id that could be read is answered to. */
Test(codec, a_header_that_is_no_map_alone_keeps_its_id, .init = decoding_begin,
     .fini = decoding_end)
{
    static const struct slice bad[] = {
        {"\x82\xa1i\x05\xa1m\xa4ping\xc0", 12}, /* and something after it */
        {"\x83\xa1i\x05\xa1m\xa4ping", 11},     /* a pair is missing */
        {"\x82\xa1i\x05\xa1m\xc1", 8},          /* of no type */
    };
    struct ask_header header;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        faults.n = 0;
        cr_expect_eq(protocol_decode_header(bad[i], arena, &header, &faults),
                     ERR_BAD_HEADER);
        cr_expect_eq(header.id, 5);
        cr_expect_eq(faults.n, 1);
        cr_expect_eq(faults.at[0].field.len, 0);
    }
}

/* The bound on items counts a map of scalars without a scan. */
Test(codec, a_header_has_at_most_sixty_four_items, .init = decoding_begin,
     .fini = decoding_end)
{
    for (unsigned pairs = 31; pairs <= 32; pairs++) {
        struct buffer bytes = {0};
        unsigned char head[3] = {0xde, 0, (unsigned char)pairs};
        struct ask_header header;

        cr_assert_eq(buffer_add(&bytes, head, 3), ERR_NONE);
        cr_assert_eq(buffer_add(&bytes, "\xa1m\xa4ping", 7), ERR_NONE);
        for (unsigned i = 1; i < pairs; i++)
            cr_assert_eq(buffer_add(&bytes, "\xa1z\x01", 3), ERR_NONE);
        cr_expect_eq(
            protocol_decode_header((struct slice){bytes.data, bytes.len}, arena,
                                   &header, &faults),
            pairs == 31 ? ERR_NONE : ERR_BAD_HEADER);
        buffer_free(&bytes);
    }
}

Test(codec, a_bad_header_is_told_key_and_form, .init = decoding_begin,
     .fini = decoding_end)
{
    static const char *const rows[][3] = {
        {"{\"i\":1}", "it is missing", "1 to 64 printable ASCII"},
        {"{\"m\":\"ping\",\"k\":\"a b\"}", "`k`", "without blanks"},
        {"{\"m\":\"ping\",\"d\":-1}", "`d`", "from 0 to"},
        {"{\"m\":\"ping\",\"r\":\"1\"}", "`r`", "from 0 to"},
        {"{\"m\":\"ping\",\"i\":18446744073709551615}", "`i`",
         "from -9223372036854775808 to 9223372036854775807"},
        {"{\"m\":\"ping\",\"i\":1,\"i\":2}", "twice", "`i`"},
        {"[]", "one msgpack map", "4096 bytes, 64 items and 4 levels"},
    };
    struct ask_header header;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *hint;

        faults.n = 0;
        cr_assert_eq(protocol_decode_header(body_from_json(arena, rows[i][0]),
                                            arena, &header, &faults),
                     ERR_BAD_HEADER);
        cr_assert_eq(faults.n, 1);
        hint = arena_format(arena, "%.*s", (int)faults.at[0].hint.len,
                            faults.at[0].hint.data)
                   .data;
        cr_expect(strstr(hint, rows[i][1]) && strstr(hint, rows[i][2]),
                  "%s: %s", rows[i][0], hint);
    }
}

Test(codec, headers_survive_the_wire, .init = decoding_begin,
     .fini = decoding_end)
{
    struct ask_header ask = {.id = 1 << 20,
                             .method = SLICE("market.put"),
                             .deadline_ms = 1500,
                             .key = SLICE("k-1"),
                             .min_revision = 42,
                             .purpose = SLICE("follow-up")};
    struct reply_header reply = {-5, STATUS_NOT_FOUND, 77, 1234}, back;
    struct buffer out = {0};
    struct ask_header read;

    cr_assert_eq(protocol_encode_ask_header(&ask, &out), ERR_NONE);
    cr_assert_eq(protocol_decode_header((struct slice){out.data, out.len},
                                        arena, &read, &faults),
                 ERR_NONE);
    cr_assert_eq(read.id, ask.id);
    cr_assert(slice_equal(read.method, ask.method));
    cr_assert(slice_equal(read.key, ask.key));
    cr_assert_eq(read.deadline_ms, 1500);
    cr_assert_eq(read.min_revision, 42);
    cr_assert(slice_equal(read.purpose, ask.purpose));
    out.len = 0;
    cr_assert_eq(protocol_encode_header(&reply, &out), ERR_NONE);
    cr_assert_eq(protocol_decode_reply_header((struct slice){out.data, out.len},
                                              arena, &back),
                 ERR_NONE);
    cr_assert_eq(memcmp(&back, &reply, sizeof back), 0);
    buffer_free(&out);
}

/* Numbers of every length; each header in memory of its own, so that one byte
 * too many shows. */
Test(codec, headers_of_every_length_survive_the_wire, .init = decoding_begin,
     .fini = decoding_end)
{
    static const int64_t numbers[] = {
        0,     127,         128,         255,       256,       65535,
        65536, 0xffffffffu, 0x100000000, INT64_MAX, INT64_MIN, -1,
        -32,   -33,         -128,        -129,      -32769,    -2147483649};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t number = numbers[i], high = number < 0 ? INT64_MAX : number;
        struct reply_header reply = {number, high, high, high}, back;
        struct buffer out = {0};

        cr_assert_eq(protocol_encode_header(&reply, &out), ERR_NONE);
        cr_assert_eq(protocol_decode_reply_header(
                         (struct slice){out.data, out.len}, arena, &back),
                     ERR_NONE);
        cr_assert_eq(memcmp(&back, &reply, sizeof back), 0);
        buffer_free(&out);
    }
}

Test(codec, a_refusal_says_what_and_whether_to_retry, .init = decoding_begin,
     .fini = decoding_end)
{
    struct buffer out = {0};
    struct refusal refusal;

    faults_add(&faults, arena, ERR_BAD_CPV, SLICE("lots[1].cpv[2]"), "like %d",
               45000000);
    cr_assert_eq(protocol_encode_refusal(ERR_BAD_CPV, &faults, &out), ERR_NONE);
    cr_assert_eq(protocol_decode(&shape_refusal,
                                 (struct slice){out.data, out.len},
                                 &limits_portal, arena, &refusal, &faults),
                 ERR_NONE);
    cr_assert(slice_equal(refusal.name, SLICE("BAD_CPV")));
    cr_assert_eq(refusal.retry, 0);
    cr_assert_eq(refusal.data.n, 1);
    cr_assert(slice_equal(refusal.data.at[0].field, SLICE("lots[1].cpv[2]")));
    cr_assert(slice_equal(refusal.data.at[0].hint, SLICE("like 45000000")));
    out.len = 0;
    cr_assert_eq(protocol_encode_refusal(ERR_BUSY, NULL, &out), ERR_NONE);
    cr_assert_eq(protocol_decode_trusted(&shape_refusal,
                                         (struct slice){out.data, out.len},
                                         arena, &refusal),
                 ERR_NONE);
    cr_assert_eq(refusal.retry, 1);
    buffer_free(&out);
}

/* ---- Arena --------------------------------------------------------------- */

Test(codec, an_arena_gives_zeroed_memory_up_to_its_limit)
{
    struct arena *a = arena_new(100000);
    unsigned char *first = arena_alloc(a, 33), *big;

    cr_assert_eq((uintptr_t)first % 16, 0);
    memset(first, 0xff, 33);
    cr_assert_eq(arena_used(a), 48);
    big = arena_alloc(a, 60000);
    cr_assert(big);
    cr_assert_eq(big[59999], 0);
    cr_assert_eq(arena_alloc(a, 60000), NULL);
    cr_assert_eq(arena_array(a, SIZE_MAX / 2, 3), NULL);
    arena_reset(a);
    cr_assert_eq(arena_used(a), 0);
    first = arena_alloc(a, 33);
    for (int i = 0; i < 33; i++)
        cr_assert_eq(first[i], 0);
    cr_assert(slice_equal(arena_format(a, "%s-%d", "x", 7), SLICE("x-7")));
    cr_assert_eq(arena_copy(a, (struct slice){NULL, 0}).data, NULL);
    cr_assert(arena_copy(a, SLICE("")).data);
    arena_free(a);
    arena_free(NULL);
}
