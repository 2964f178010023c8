/*
 * The codec: golden bytes, refusals as rows of a table, hostile bytes, and
 * the promise that encoding and decoding lose nothing.
 *
 * Bodies are written as JSON here, for the reader's sake; beyond JSON there
 * are NaN, Inf and \xHH for a raw byte.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec.h"

TestSuite(codec, .timeout = 60);

/* ---- JSON to msgpack ---------------------------------------------------- */

static int to_buffer(void *data, const char *bytes, size_t len)
{
    return buffer_add(data, bytes, len) ? -1 : 0;
}

static const char *blank(const char *at)
{
    return at + strspn(at, " \n");
}

static const char *pack_json(const char *at, msgpack_packer *pack);

static const char *pack_json_text(const char *at, msgpack_packer *pack)
{
    char text[8192];
    size_t n = 0;

    for (at++; *at != '"'; at++) {
        unsigned byte = (unsigned char)*at;

        cr_assert_lt(n, sizeof text);
        if (*at == '\\' && at[1] == 'x') {
            sscanf(at + 2, "%2x", &byte);
            at += 3;
        } else if (*at == '\\') {
            byte = (unsigned char)*++at;
        }
        text[n++] = (char)byte;
    }
    msgpack_pack_str(pack, n);
    msgpack_pack_str_body(pack, text, n);
    return at + 1;
}

/* An array or a map: packed apart, for the count comes first. */
static const char *pack_json_many(const char *at, msgpack_packer *pack)
{
    struct buffer inner = {0};
    msgpack_packer each;
    char close = *at == '{' ? '}' : ']';
    size_t n = 0;

    msgpack_packer_init(&each, &inner, to_buffer);
    for (at = blank(at + 1); *at != close; n++) {
        cr_assert(*at, "the JSON of a test ends early");
        at = blank(pack_json(at, &each));
        if (close == '}') {
            cr_assert_eq(*at, ':');
            at = blank(pack_json(blank(at + 1), &each));
        }
        if (*at == ',')
            at = blank(at + 1);
    }
    if (close == '}')
        msgpack_pack_map(pack, n);
    else
        msgpack_pack_array(pack, n);
    pack->callback(pack->data, inner.data ? inner.data : "", inner.len);
    buffer_free(&inner);
    return at + 1;
}

static const char *pack_json_number(const char *at, msgpack_packer *pack)
{
    size_t n = strspn(at, "+-0123456789.eE");
    char *end;

    cr_assert(n, "not the JSON of a test: %s", at);
    if (strcspn(at, ".eE") < n)
        msgpack_pack_double(pack, strtod(at, &end));
    else if (*at == '-')
        msgpack_pack_int64(pack, strtoll(at, &end, 10));
    else
        msgpack_pack_uint64(pack, strtoull(at, &end, 10));
    return end;
}

static const char *pack_json(const char *at, msgpack_packer *pack)
{
    static const struct {
        const char *text;
        const char *bytes;
        size_t n;
    } words[] = {
        {"null", "\xc0", 1},
        {"false", "\xc2", 1},
        {"true", "\xc3", 1},
        {"NaN", "\xcb\x7f\xf8\0\0\0\0\0\0", 9},
        {"Inf", "\xcb\x7f\xf0\0\0\0\0\0\0", 9},
    };

    if (*at == '"')
        return pack_json_text(at, pack);
    if (*at == '{' || *at == '[')
        return pack_json_many(at, pack);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(at, words[i].text, strlen(words[i].text))) {
            pack->callback(pack->data, words[i].bytes, words[i].n);
            return at + strlen(words[i].text);
        }
    return pack_json_number(at, pack);
}

static struct slice body_of(const char *json, struct buffer *out)
{
    msgpack_packer pack;

    msgpack_packer_init(&pack, out, to_buffer);
    pack_json(blank(json), &pack);
    return (struct slice){out->data, out->len};
}

/* ---- What most tests need ----------------------------------------------- */

static struct arena *arena;
static struct faults faults;

static void begin(void)
{
    arena = arena_new(8 << 20);
    faults.n = 0;
}

static void end(void)
{
    arena_free(arena);
    arena = NULL;
}

/* Room for any shape. */
union any {
    struct structure structure;
    struct market market;
    struct profile profile;
    struct ask_match_explain explain;
    struct ask_import_apply import;
    struct ask_reference_import reference;
    int64_t room[64];
};

static enum err decode_json(const struct shape *shape, const char *json,
                            void *value)
{
    struct buffer buffer = {0};
    struct slice body = arena_copy(arena, body_of(json, &buffer));

    buffer_free(&buffer);
    return protocol_decode(shape, body, &limits_batch, arena, value, &faults);
}

static struct slice read_file(const char *dir, const char *name,
                              const char *suffix)
{
    char path[200];
    char *text = arena_alloc(arena, 65536);
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix);
    file = fopen(path, "r");
    cr_assert(file, "%s: run the tests from the root", path);
    n = fread(text, 1, 65535, file);
    fclose(file);
    return (struct slice){text, n};
}

static struct slice unhex(struct slice hex)
{
    unsigned char *out = arena_alloc(arena, hex.len);
    unsigned byte;
    size_t n = 0;

    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        while (hex.data[i] == '\n' && i + 1 < hex.len)
            i++;
        if (sscanf(hex.data + i, "%2x", &byte) == 1 && i + 1 < hex.len)
            out[n++] = (unsigned char)byte;
    }
    return (struct slice){(const char *)out, n};
}

static struct slice golden(const char *name)
{
    return unhex(read_file("tests/golden", name, ".hex"));
}

static struct slice encoded(const struct shape *shape, const void *value)
{
    struct buffer out = {0};
    struct slice copy;

    cr_assert_eq(protocol_encode(shape, value, EVERYONE, &out), ERR_NONE);
    copy = arena_copy(arena, (struct slice){out.data, out.len});
    buffer_free(&out);
    return copy;
}

/* ---- Golden bytes ------------------------------------------------------- */

struct golden_row {
    char name[16];
    int64_t entity;
};

ParameterizedTestParameters(codec, golden_bytes_are_kept)
{
    static struct golden_row rows[] = {
        {"structure", ENTITY_STRUCTURE},
        {"market", ENTITY_MARKET},
        {"profile", ENTITY_PROFILE},
    };

    return cr_make_param_array(struct golden_row, rows,
                               sizeof rows / sizeof *rows);
}

/* The bytes were packed by another implementation. */
ParameterizedTest(struct golden_row *row, codec, golden_bytes_are_kept,
                  .timeout = 20, .init = begin, .fini = end)
{
    const struct shape *shape = entity_shape(row->entity);
    struct slice bytes = golden(row->name);
    union any strict, trusted;
    enum err e;

    cr_assert_gt(bytes.len, 200);
    e = decode_json(shape, read_file("tests/golden", row->name, ".json").data,
                    &strict);
    cr_assert_eq(e, ERR_NONE, "%s at %.*s: %.*s", err_name(e),
                 (int)faults.at[0].field.len, faults.at[0].field.data,
                 (int)faults.at[0].hint.len, faults.at[0].hint.data);
    cr_assert(slice_equal(encoded(shape, &strict), bytes));
    e = protocol_decode_trusted(shape, bytes, arena, &trusted);
    cr_assert_eq(e, ERR_NONE);
    cr_assert(slice_equal(encoded(shape, &trusted), bytes));
}

Test(codec, values_arrive_as_they_were_meant, .init = begin, .fini = end)
{
    struct market m;
    struct structure s;

    cr_assert_eq(decode_json(&shape_market,
                             read_file("tests/golden", "market", ".json").data,
                             &m),
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

Test(codec, repeats_in_a_list_are_dropped_and_order_kept, .init = begin,
     .fini = end)
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

Test(codec, a_reader_sees_only_its_fields, .init = begin, .fini = end)
{
    struct buffer out = {0};
    struct profile p;

    cr_assert_eq(
        protocol_decode_trusted(&shape_profile, golden("profile"), arena, &p),
        ERR_NONE);
    cr_assert_eq(protocol_encode(&shape_profile, &p, PORTAL, &out), ERR_NONE);
    cr_assert_eq(out.len, 1);
    cr_assert_eq(out.data[0], (char)0x80);
    buffer_free(&out);
}

Test(codec, a_reply_past_its_ceiling_leaves_the_buffer_as_it_was, .init = begin,
     .fini = end)
{
    struct buffer out = {.max = 64};
    struct profile p;

    cr_assert_eq(
        protocol_decode_trusted(&shape_profile, golden("profile"), arena, &p),
        ERR_NONE);
    cr_assert_eq(buffer_add(&out, "x", 1), ERR_NONE);
    cr_assert_eq(protocol_encode(&shape_profile, &p, EVERYONE, &out),
                 ERR_REPLY_TOO_LARGE);
    cr_assert_eq(out.len, 1);
    buffer_free(&out);
}

/* ---- Refused fields ----------------------------------------------------- */

/* The base object of SHAPE with KEY set to VALUE ("" leaves it out). */
struct refused_row {
    char shape[12];
    char key[40];
    char value[400];
    enum err name;
    char field[80];
};

struct pair {
    const char *key;
    const char *value;
};
static const struct pair structure_base[] = {
    {"siret", "\"73282932000074\""}, {"kind", "\"EI\""}, {"name", "\"Nom\""},
    {"commune", "\"59350\""},        {NULL, NULL},
};
static const struct pair market_base[] = {
    {"id", "\"m1\""},
    {"lots", "[{}]"},
    {NULL, NULL},
};
static const struct pair profile_base[] = {
    {"id", "\"p1\""},
    {"commune", "\"59350\""},
    {"mobility_km", "10"},
    {NULL, NULL},
};

static void write_pair(char *out, size_t size, const char *key,
                       const char *value)
{
    size_t used = strlen(out);

    if (*value)
        snprintf(out + used, size - used, "%s\"%s\":%s", used > 1 ? "," : "",
                 key, value);
}

static void write_object(char *out, size_t size, const struct pair *base,
                         const char *key, const char *value)
{
    int replaced = 0;

    snprintf(out, size, "{");
    for (; base->key; base++) {
        int same = !strcmp(base->key, key);

        write_pair(out, size, base->key, same ? value : base->value);
        replaced |= same;
    }
    if (!replaced)
        write_pair(out, size, key, value);
    strncat(out, "}", size - strlen(out) - 1);
}

#define S "structure"
#define M "market"
#define P "profile"
#define LOT(inner) "[{}, {" inner "}]"
#define ZONE_IS(code) "[{\"zone\":{\"codes\":[\"" code "\"]}}]"
#define ZONE_AT "activities[1].zone.codes[1]"
#define TEXT(text) "\"" text "\""

static struct refused_row refused[] = {
    /* SIRET: domain vectors. */
    {S, "siret", TEXT("73282932000079"), ERR_BAD_SIRET, "siret"},
    {S, "siret", TEXT("7328293200007"), ERR_BAD_SIRET, "siret"},
    {S, "siret", TEXT("732 829 320 00074"), ERR_BAD_SIRET, "siret"},
    {S, "siret", TEXT("00000000000000"), ERR_BAD_SIRET, "siret"},
    {S, "siret", TEXT("35600000009076"), ERR_BAD_SIRET, "siret"},
    {S, "siret", TEXT("7328293200007A"), ERR_BAD_SIRET, "siret"},
    {S, "siret", "73282932000074", ERR_WRONG_TYPE, "siret"},
    {S, "siret", "null", ERR_MISSING_FIELD, "siret"},
    {S, "siret", "", ERR_MISSING_FIELD, "siret"},
    {M, "buyer", "{\"siret\":\"1\"}", ERR_BAD_SIRET, "buyer.siret"},
    /* Communes by their syntax. */
    {S, "commune", TEXT("20004"), ERR_UNKNOWN_COMMUNE, "commune"},
    {S, "commune", TEXT("2a004"), ERR_UNKNOWN_COMMUNE, "commune"},
    {S, "commune", TEXT("2a4"), ERR_UNKNOWN_COMMUNE, "commune"},
    {S, "commune", TEXT("1004"), ERR_UNKNOWN_COMMUNE, "commune"},
    {S, "commune", TEXT("96001"), ERR_UNKNOWN_COMMUNE, "commune"},
    {S, "commune", TEXT("99100"), ERR_UNKNOWN_COMMUNE, "commune"},
    {S, "commune", TEXT("97901"), ERR_UNKNOWN_COMMUNE, "commune"},
    {S, "commune", TEXT(""), ERR_UNKNOWN_COMMUNE, "commune"},
    {S, "commune", "59350", ERR_WRONG_TYPE, "commune"},
    /* Zones: typed, or refused with the typed forms. */
    {S, "activities", ZONE_IS("75"), ERR_CODE_UNTYPED, ZONE_AT},
    {S, "activities", ZONE_IS("2A"), ERR_CODE_UNTYPED, ZONE_AT},
    {S, "activities", ZONE_IS("28"), ERR_CODE_UNTYPED, ZONE_AT},
    {S, "activities", ZONE_IS("75056"), ERR_CODE_UNTYPED, ZONE_AT},
    {S, "activities", ZONE_IS("200093201"), ERR_CODE_UNTYPED, ZONE_AT},
    {S, "activities", ZONE_IS("France"), ERR_CODE_UNTYPED, ZONE_AT},
    {S, "activities", ZONE_IS(""), ERR_CODE_UNTYPED, ZONE_AT},
    {S, "activities", ZONE_IS("20"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("DEP:20"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("DEP:96"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("DEP:99"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("DEP:2C"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("DEP:979"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("DEP:97"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("DEP:985"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("DEP:1"), ERR_BAD_DEPT, ZONE_AT},
    {S, "activities", ZONE_IS("REG:20"), ERR_UNKNOWN_TERRITORY, ZONE_AT},
    {S, "activities", ZONE_IS("REG:974"), ERR_UNKNOWN_TERRITORY, ZONE_AT},
    {S, "activities", ZONE_IS("EPCI:59"), ERR_UNKNOWN_TERRITORY, ZONE_AT},
    {S, "activities", ZONE_IS("CP:20167"), ERR_UNKNOWN_TERRITORY, ZONE_AT},
    {S, "activities", ZONE_IS("com:59350"), ERR_UNKNOWN_TERRITORY, ZONE_AT},
    {S, "activities", ZONE_IS("COM:2a004"), ERR_UNKNOWN_COMMUNE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350"), ERR_UNKNOWN_TERRITORY, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350:"), ERR_UNKNOWN_TERRITORY, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350:-1"), ERR_UNKNOWN_TERRITORY, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:20004:5"), ERR_UNKNOWN_COMMUNE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350:1001"), ERR_RANGE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350:05"), ERR_RANGE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350:99999999999999999999"), ERR_RANGE,
     ZONE_AT},
    {M, "lots", LOT("\"places\":[\"FR\",\"59\"]"), ERR_CODE_UNTYPED,
     "lots[2].places[2]"},
    {S, "activities", "[{\"zone\":{\"within_km\":1001}}]", ERR_RANGE,
     "activities[1].zone.within_km"},
    {S, "activities", "[{\"zone\":{\"within_km\":-1}}]", ERR_RANGE,
     "activities[1].zone.within_km"},
    /* CPV and ROME. */
    {S, "activities", "[{}, {\"cpv\":[\"45000000\",\"4521\"]}]", ERR_BAD_CPV,
     "activities[2].cpv[2]"},
    {S, "activities", "[{\"cpv\":[\"9091000\"]}]", ERR_BAD_CPV,
     "activities[1].cpv[1]"},
    {S, "activities", "[{\"cpv\":[\"45000000-\"]}]", ERR_BAD_CPV,
     "activities[1].cpv[1]"},
    {S, "activities", "[{\"cpv\":[45000000]}]", ERR_WRONG_TYPE,
     "activities[1].cpv[1]"},
    {M, "lots", LOT("\"jobs\":[{\"rome\":\"O1203\"}]"), ERR_BAD_ROME,
     "lots[2].jobs[1].rome"},
    {M, "lots", LOT("\"jobs\":[{\"rome\":\"f1703\"}]"), ERR_BAD_ROME,
     "lots[2].jobs[1].rome"},
    {M, "lots", LOT("\"jobs\":[{\"rome\":\"F17\"}]"), ERR_BAD_ROME,
     "lots[2].jobs[1].rome"},
    {M, "lots", LOT("\"jobs\":[{\"rome\":\"F17040\"}]"), ERR_BAD_ROME,
     "lots[2].jobs[1].rome"},
    {M, "lots", LOT("\"jobs\":[{}]"), ERR_MISSING_FIELD,
     "lots[2].jobs[1].rome"},
    {P, "rome", "[\"A1203\",null]", ERR_WRONG_TYPE, "rome[2]"},
    /* Dates and times. */
    {S, "agreement_until", TEXT("2026-02-29"), ERR_BAD_DATE, "agreement_until"},
    {S, "agreement_until", TEXT("2026-13-01"), ERR_BAD_DATE, "agreement_until"},
    {S, "agreement_until", TEXT("31/12/2026"), ERR_BAD_DATE, "agreement_until"},
    {S, "agreement_until", TEXT("2026-1-1"), ERR_BAD_DATE, "agreement_until"},
    {S, "agreement_until", TEXT("5021-01-01"), ERR_RANGE, "agreement_until"},
    {S, "agreement_until", TEXT("0002-01-01"), ERR_RANGE, "agreement_until"},
    {S, "agreement_until", "20261231", ERR_WRONG_TYPE, "agreement_until"},
    {M, "deadline", TEXT("2026-12-01T12:00:00"), ERR_BAD_TIME, "deadline"},
    {M, "deadline", TEXT("2026-12-01T24:00:00Z"), ERR_BAD_TIME, "deadline"},
    {M, "deadline", TEXT("2026-02-30T12:00:00Z"), ERR_BAD_TIME, "deadline"},
    {M, "deadline", TEXT("demain"), ERR_BAD_TIME, "deadline"},
    {M, "deadline", "1796122800", ERR_WRONG_TYPE, "deadline"},
    /* Numbers. */
    {M, "amount", "100000000000000000", ERR_RANGE, "amount"},
    {M, "amount", "1e17", ERR_WRONG_TYPE, "amount"},
    {M, "amount", "-1", ERR_RANGE, "amount"},
    {M, "amount", "18446744073709551615", ERR_RANGE, "amount"},
    {M, "amount", "NaN", ERR_NOT_FINITE, "amount"},
    {M, "amount", TEXT("12000"), ERR_WRONG_TYPE, "amount"},
    {S, "public_share", "101", ERR_RANGE, "public_share"},
    {S, "public_share", "49.5", ERR_WRONG_TYPE, "public_share"},
    {S, "lat", "NaN", ERR_NOT_FINITE, "lat"},
    {S, "lat", "Inf", ERR_NOT_FINITE, "lat"},
    {S, "lat", "91", ERR_RANGE, "lat"},
    {S, "lat", "90.0000006", ERR_RANGE, "lat"},
    {S, "lon", "181.0", ERR_RANGE, "lon"},
    {S, "lon", "-1e308", ERR_RANGE, "lon"},
    {S, "lon", TEXT("2.35"), ERR_WRONG_TYPE, "lon"},
    {P, "hours_min", "0", ERR_RANGE, "hours_min"},
    {P, "hours_max", "49", ERR_RANGE, "hours_max"},
    {P, "vehicle", "1", ERR_WRONG_TYPE, "vehicle"},
    /* Words. */
    {S, "kind", TEXT("EEA"), ERR_BAD_CODE, "kind"},
    {S, "kind", TEXT("ei"), ERR_BAD_CODE, "kind"},
    {S, "kind", TEXT(""), ERR_BAD_CODE, "kind"},
    {S, "kind", TEXT("EI\\x00"), ERR_BAD_CODE, "kind"},
    {S, "status", "1", ERR_WRONG_TYPE, "status"},
    {S, "activities", "[{\"modes\":[\"HIRE\"]}]", ERR_BAD_CODE,
     "activities[1].modes[1]"},
    {P, "licences", "[\"B\",\"Z\"]", ERR_BAD_CODE, "licences[2]"},
    /* Text. */
    {S, "name", TEXT("Caf\\xe9"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("\\xc0\\x80"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("\\xed\\xa0\\x80"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("\\xf4\\x90\\x80\\x80"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("abcdefgh\\xe2\\x82"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("a\\x00b"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("a\\x09b"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("a\\x0ab"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("\\x1b[31m"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT("a\\xc2\\x85"), ERR_NOT_UTF8, "name"},
    {S, "name", TEXT(""), ERR_RANGE, "name"},
    {S, "networks", "[\"a\",\"\"]", ERR_RANGE, "networks[2]"},
    {M, "id", TEXT("a b"), ERR_BAD_ID, "id"},
    {M, "id", TEXT("caf\\xc3\\xa9"), ERR_BAD_ID, "id"},
    {M, "id", TEXT(""), ERR_RANGE, "id"},
    {M, "id", "12", ERR_WRONG_TYPE, "id"},
    /* Shapes. */
    {M, "lots", "[]", ERR_RANGE, "lots"},
    {M, "lots", "{}", ERR_WRONG_TYPE, "lots"},
    {M, "lots", "[1]", ERR_WRONG_TYPE, "lots[1]"},
    {M, "buyer", "[]", ERR_WRONG_TYPE, "buyer"},
    {S, "activities", "[{\"modes\":[\"DISP\",\"DISP\",\"DISP\",\"DISP\"]}]",
     ERR_RANGE, "activities[1].modes"},
    {S, "sirte", TEXT("1"), ERR_UNKNOWN_FIELD, "sirte"},
    {S, "naf\\x0a", TEXT("1"), ERR_UNKNOWN_FIELD, "?"},
    {S, "siret\\x00x", TEXT("1"), ERR_UNKNOWN_FIELD, "?"},
    {M, "lots", LOT("\"clauses\":[{\"kind\":\"EXEC\",\"heures\":1}]"),
     ERR_UNKNOWN_FIELD, "lots[2].clauses[1].heures"},
    {M, "lots", LOT("\"amount\":1,\"amount\":1"), ERR_DUPLICATE_KEY,
     "lots[2].amount"},
    {M, "lots", LOT("\"amount\":null,\"amount\":1"), ERR_DUPLICATE_KEY,
     "lots[2].amount"},
    /* People. */
    {P, "name", TEXT("x"), ERR_PII_FORBIDDEN, "name"},
    {P, "nom_usage", TEXT("x"), ERR_PII_FORBIDDEN, "nom_usage"},
    {P, "Pr\\xc3\\xa9nom", TEXT("x"), ERR_PII_FORBIDDEN, "Pr\xc3\xa9nom"},
    {P, "firstName", TEXT("x"), ERR_PII_FORBIDDEN, "firstName"},
    {P, "last_name", TEXT("x"), ERR_PII_FORBIDDEN, "last_name"},
    {P, "NIR", TEXT("x"), ERR_PII_FORBIDDEN, "NIR"},
    {P, "birth_date", TEXT("x"), ERR_PII_FORBIDDEN, "birth_date"},
    {P, "date_naissance", TEXT("x"), ERR_PII_FORBIDDEN, "date_naissance"},
    {P, "e-mail", TEXT("x"), ERR_PII_FORBIDDEN, "e-mail"},
    {P, "telephone", TEXT("x"), ERR_PII_FORBIDDEN, "telephone"},
    {P, "tel", TEXT("x"), ERR_PII_FORBIDDEN, "tel"},
    {P, "adresse", TEXT("x"), ERR_PII_FORBIDDEN, "adresse"},
    {P, "rue", TEXT("x"), ERR_PII_FORBIDDEN, "rue"},
    {P, "sexe", TEXT("x"), ERR_PII_FORBIDDEN, "sexe"},
    {P, "gender", TEXT("x"), ERR_PII_FORBIDDEN, "gender"},
    {P, "romes", "[]", ERR_UNKNOWN_FIELD, "romes"},
    {P, "nombre", "1", ERR_UNKNOWN_FIELD, "nombre"},
    {P, "Jean Dupont", "1", ERR_UNKNOWN_FIELD, "?"},
    {P, "id", TEXT("jean@exemple.fr"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("0612345678"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("06.12.34.56.78"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("+33 6 12 34 56 78"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("+33 (0)6 12 34 56 78"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("0033612345678"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("1850578006084"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("1850578006084-36"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("1-85-05-2A-006-084"), ERR_PII_FORBIDDEN, "id"},
    {P, "referent", TEXT("a@b"), ERR_PII_FORBIDDEN, "referent"},
    {P, "commune", TEXT("a@b"), ERR_PII_FORBIDDEN, "commune"},
};
#undef S
#undef M
#undef P

ParameterizedTestParameters(codec, a_bad_field_is_refused_by_name)
{
    return cr_make_param_array(struct refused_row, refused,
                               sizeof refused / sizeof *refused);
}

static const struct pair *base_of(const char *shape, const struct shape **out)
{
    if (!strcmp(shape, "structure")) {
        *out = &shape_structure;
        return structure_base;
    }
    *out = !strcmp(shape, "market") ? &shape_market : &shape_profile;
    return *out == &shape_market ? market_base : profile_base;
}

ParameterizedTest(struct refused_row *row, codec,
                  a_bad_field_is_refused_by_name, .timeout = 20, .init = begin,
                  .fini = end)
{
    const struct shape *shape;
    const struct pair *base = base_of(row->shape, &shape);
    char json[1024];
    union any value;
    enum err e;

    write_object(json, sizeof json, base, row->key, row->value);
    e = decode_json(shape, json, &value);
    cr_assert_eq(e, row->name, "%s: %s", json, err_name(e));
    cr_assert_eq(faults.n, 1, "%s: %zu faults", json, faults.n);
    cr_assert(slice_equal(faults.at[0].field, slice_of(row->field)),
              "%s: at %.*s", json, (int)faults.at[0].field.len,
              faults.at[0].field.data);
    cr_assert_gt(faults.at[0].hint.len, 0, "%s: no hint", json);
}

/* What a profile holds must not come back in words about it. */
ParameterizedTestParameters(codec, a_hint_keeps_silent_about_a_person)
{
    return cr_make_param_array(struct refused_row, refused,
                               sizeof refused / sizeof *refused);
}

ParameterizedTest(struct refused_row *row, codec,
                  a_hint_keeps_silent_about_a_person, .timeout = 20,
                  .init = begin, .fini = end)
{
    const struct shape *shape;
    const struct pair *base = base_of(row->shape, &shape);
    char json[1024], value[400], hint[400];
    size_t n = strlen(row->value);
    union any ignored;

    if (shape != &shape_profile || n < 7 || row->value[0] != '"')
        return;
    write_object(json, sizeof json, base, row->key, row->value);
    decode_json(shape, json, &ignored);
    snprintf(value, sizeof value, "%.*s", (int)n - 2, row->value + 1);
    snprintf(hint, sizeof hint, "%.*s", (int)faults.at[0].hint.len,
             faults.at[0].hint.data);
    cr_assert(!strstr(hint, value), "%s", hint);
}

Test(codec, good_vectors_pass, .init = begin, .fini = end)
{
    static const char *const good[][3] = {
        {"structure", "siret", "\"35600000000048\""},
        {"structure", "siret", "\"35600000049837\""},
        {"structure", "siret", "\"13000548100010\""},
        {"structure", "commune", "\"2B033\""},
        {"structure", "commune", "\"97608\""},
        {"structure", "commune", "\"97801\""},
        {"structure", "commune", "\"75112\""},
        {"structure", "commune", "\"98818\""},
        {"structure", "lat", "90"},
        {"structure", "lon", "-180.0"},
        {"structure", "name", "\"L'\xc5\x92uvre \xf0\x9f\x8c\xb1\""},
        {"structure", "activities", ZONE_IS("DEP:2A")},
        {"structure", "activities", ZONE_IS("DEP:976")},
        {"structure", "activities", ZONE_IS("REG:01")},
        {"structure", "activities", ZONE_IS("REG:988")},
        {"structure", "activities", ZONE_IS("EPCI:200093201")},
        {"structure", "activities", ZONE_IS("NEAR:2A004:0")},
        {"structure", "activities", ZONE_IS("NEAR:59350:1000")},
        {"structure", "activities", "[{\"cpv\":[\"77310000-5\"]}]"},
        {"market", "deadline", "\"2026-12-01\""},
        {"market", "deadline", "\"2026-12-01T12:00:00.25+01:00\""},
        {"market", "amount", "10000000000000"},
        {"market", "amount", "0"},
        {"profile", "id", "\"0000000123\""},
        {"profile", "id", "\"4f0612345678\""},
        {"profile", "id", "\"3f2504e0-4f89-41d3-9a0c-0305e82c3301\""},
    };
    const struct shape *shape;
    char json[1024];
    union any value;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct pair *base = base_of(good[i][0], &shape);
        enum err e;

        write_object(json, sizeof json, base, good[i][1], good[i][2]);
        e = decode_json(shape, json, &value);
        cr_assert_eq(e, ERR_NONE, "%s: %s", json, err_name(e));
    }
}

Test(codec, all_that_is_wrong_is_told_at_once, .init = begin, .fini = end)
{
    struct structure s;

    cr_assert_eq(decode_json(&shape_structure,
                             "{\"siret\":\"1\",\"kind\":\"X\",\"lat\":NaN,"
                             "\"towns\":[1,{\"a\":[]}],\"name\":\"ok\"}",
                             &s),
                 ERR_BAD_SIRET);
    cr_assert_eq(faults.n, 5);
    cr_assert_eq(faults.at[1].name, ERR_BAD_CODE);
    cr_assert_eq(faults.at[2].name, ERR_NOT_FINITE);
    cr_assert_eq(faults.at[3].name, ERR_UNKNOWN_FIELD);
    cr_assert_eq(faults.at[4].name, ERR_MISSING_FIELD);
    cr_assert(slice_equal(faults.at[4].field, SLICE("commune")));
}

Test(codec, the_hint_names_the_nearest_field_and_the_typed_forms, .init = begin,
     .fini = end)
{
    struct market m;

    decode_json(&shape_market,
                "{\"id\":\"a\",\"lots\":[{\"place\":[],\"places\":[\"75\"]}]}",
                &m);
    cr_assert_eq(faults.n, 2);
    cr_assert(strstr(faults.at[0].hint.data, "`places`"));
    cr_assert(strstr(faults.at[1].hint.data, "DEP:75"));
    cr_assert(strstr(faults.at[1].hint.data, "REG:75"));
    cr_assert_str_eq(verb_nearest(SLICE("match.structure")),
                     "match.structures");
    cr_assert_eq(verb_find(SLICE("match.people")), VERB_match_people);
    cr_assert_eq(verb_find(SLICE("match")), VERBS);
    cr_assert_eq(verb_find(SLICE("")), VERBS);
}

Test(codec, faults_stop_at_their_maximum_and_texts_at_theirs, .init = begin,
     .fini = end)
{
    char json[8192] = "{\"id\":\"a\",\"lots\":[{\"";
    struct market m;

    for (int i = 0; i < 300; i++)
        strcat(json, "\xc3\xa9");
    strcat(json, "\":1},{\"x\":1}");
    for (int i = 0; i < 30; i++)
        strcat(json, ",{\"y\":1}");
    strcat(json, "]}");
    cr_assert_eq(decode_json(&shape_market, json, &m), ERR_UNKNOWN_FIELD);
    cr_assert_eq(faults.n, FAULTS_MAX);
    cr_assert(slice_equal(faults.at[0].field, SLICE("lots[1].?")));
    cr_assert(slice_equal(faults.at[1].field, SLICE("lots[2].x")));
}

Test(codec, a_bad_row_spares_the_others, .init = begin, .fini = end)
{
    struct ask_import_apply ask;
    struct profile p;

    cr_assert_eq(decode_json(verb_rows[VERB_import_apply].ask,
                             "{\"entity\":\"profile\",\"rows\":["
                             "{\"id\":\"Caf\\xe9\"},"
                             "{\"id\":\"a\",\"commune\":\"59350\","
                             "\"mobility_km\":3}, 7]}",
                             &ask),
                 ERR_NONE);
    cr_assert_eq(ask.rows.n, 3);
    cr_assert_eq(protocol_decode(&shape_profile, ask.rows.at[0], &limits_batch,
                                 arena, &p, &faults),
                 ERR_NOT_UTF8);
    cr_assert_eq(protocol_decode(&shape_profile, ask.rows.at[1], &limits_batch,
                                 arena, &p, &faults),
                 ERR_NONE);
    cr_assert_eq(p.mobility_km, 3);
    cr_assert_eq(protocol_decode(&shape_profile, ask.rows.at[2], &limits_batch,
                                 arena, &p, &faults),
                 ERR_WRONG_TYPE);
}

/* ---- Hostile bytes ------------------------------------------------------ */

struct scan_row {
    char why[40];
    char bytes[24];
    size_t len;
    enum err name;
};

ParameterizedTestParameters(codec, the_scan_believes_no_one)
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

ParameterizedTest(struct scan_row *row, codec, the_scan_believes_no_one,
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

Test(codec, size_depth_and_density_have_limits)
{
    cr_assert_eq(scan_filled(0x91, 1000000, &limits_batch), ERR_TOO_DEEP);
    cr_assert_eq(scan_filled(0xc0, 1 << 20, &limits_batch), ERR_TOO_LARGE);
    cr_assert_eq(scan_filled(0xc0, 4096 + 5, &limits_portal), ERR_TOO_LARGE);
    cr_assert_eq(scan_filled(0xc0, 4095 + 5, &limits_portal), ERR_NONE);
    cr_assert_eq(scan_filled(0xc0, 65537, &limits_portal), ERR_TOO_LARGE);
    cr_assert_eq(scan_filled(0xc0, (1 << 20) + 1, &limits_batch),
                 ERR_TOO_LARGE);
}

Test(codec, a_body_is_one_map, .init = begin, .fini = end)
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

Test(codec, memory_has_a_limit, .init = begin, .fini = end)
{
    struct arena *small = arena_new(600);
    struct slice bytes = golden("market");
    struct market m;

    cr_assert_eq(protocol_decode(&shape_market, bytes, &limits_batch, small, &m,
                                 &faults),
                 ERR_NOMEM);
    arena_reset(small);
    cr_assert_eq(protocol_decode_trusted(&shape_market, bytes, small, &m),
                 ERR_NOMEM);
    arena_free(small);
}

/* ---- Random bytes and values -------------------------------------------- */

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
    struct slice once = encoded(shape, value);
    union any again;
    enum err e =
        protocol_decode(shape, once, &limits_batch, arena, &again, &faults);

    cr_assert_eq(e, ERR_NONE, "%s", err_name(e));
    cr_assert(slice_equal(encoded(shape, &again), once));
}

Test(codec, damaged_bytes_are_refused_or_mean_something, .init = begin,
     .fini = end)
{
    static const char *const names[] = {"structure", "market", "profile"};
    int refusals = 0, stable = 0;

    for (int i = 0; i < 30000; i++) {
        int64_t entity = (int64_t)rnd(3);
        const struct shape *shape = entity_shape(entity);
        struct slice bytes = golden(names[entity]);
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
        return field->min + (int64_t)rnd(span + 1);
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
    bytes = encoded(shape, value);
    faults.n = 0;
    e = protocol_decode(shape, bytes, &limits_batch, arena, value, &faults);
    cr_assert_eq(e, ERR_NONE, "%s: %s at %.*s", shape->name, err_name(e),
                 (int)faults.at[0].field.len, faults.at[0].field.data);
    cr_assert(slice_equal(encoded(shape, value), bytes), "%s", shape->name);
    e = protocol_decode_trusted(shape, bytes, arena, value);
    cr_assert_eq(e, ERR_NONE, "%s trusted", shape->name);
    cr_assert(slice_equal(encoded(shape, value), bytes), "%s trusted",
              shape->name);
    arena_reset(arena);
}

Test(codec, whatever_is_valid_survives_the_wire, .init = begin, .fini = end)
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

/* ---- Headers and refusals ----------------------------------------------- */

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
        {"{\"m\":\"ping\",\"r\":\"x\",\"i\":9}", ERR_BAD_HEADER, "r", 9},
        {"{\"m\":\"ping\",\"i\":\"x\"}", ERR_BAD_HEADER, "i", 0},
        {"{\"m\":\"ping\",\"i\":1,\"i\":2}", ERR_BAD_HEADER, "i", 1},
        {"[\"ping\"]", ERR_BAD_HEADER, "", 0},
        {"{\"m\":\"ping\",\"z\":[[[[[1]]]]]}", ERR_BAD_HEADER, "", 0},
    };

    return cr_make_param_array(struct header_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct header_row *row, codec, headers_are_read_or_refused,
                  .timeout = 20, .init = begin, .fini = end)
{
    struct buffer buffer = {0};
    struct ask_header header;
    enum err e = protocol_decode_header(body_of(row->json, &buffer), arena,
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
    buffer_free(&buffer);
}

Test(codec, headers_survive_the_wire, .init = begin, .fini = end)
{
    struct ask_header ask = {1 << 20, SLICE("market.put"), 1500, SLICE("k-1"),
                             42};
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
    out.len = 0;
    cr_assert_eq(protocol_encode_header(&reply, &out), ERR_NONE);
    cr_assert_eq(protocol_decode_reply_header((struct slice){out.data, out.len},
                                              arena, &back),
                 ERR_NONE);
    cr_assert_eq(memcmp(&back, &reply, sizeof back), 0);
    buffer_free(&out);
}

Test(codec, a_refusal_says_what_and_whether_to_retry, .init = begin,
     .fini = end)
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

/* ---- Texts of files ----------------------------------------------------- */

static const struct field *field_of(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->n; i++)
        if (!strcmp(shape->fields[i].name, name))
            return &shape->fields[i];
    cr_assert(0, "no field %s", name);
    return NULL;
}

struct text_row {
    char shape[12];
    char field[24];
    char text[40];
    enum err name;
    int64_t number; /* when it is one */
    char again[40]; /* as written back */
};

ParameterizedTestParameters(codec, texts_of_files_become_values)
{
    static struct text_row rows[] = {
        {"structure", "turnover", "4500", ERR_NONE, 4500, "4500"},
        {"structure", "turnover", "-1", ERR_RANGE, 0, ""},
        {"structure", "turnover", "4 500", ERR_WRONG_TYPE, 0, ""},
        {"structure", "turnover", "", ERR_WRONG_TYPE, 0, ""},
        {"structure", "turnover", "-", ERR_WRONG_TYPE, 0, ""},
        {"structure", "turnover", "99999999999999999999", ERR_WRONG_TYPE, 0,
         ""},
        {"structure", "lat", "48.8566125", ERR_NONE, 48856613, "48.856613"},
        {"structure", "lat", "-0,5", ERR_NONE, -500000, "-0.5"},
        {"structure", "lat", "48", ERR_NONE, 48000000, "48"},
        {"structure", "lat", "48.", ERR_WRONG_TYPE, 0, ""},
        {"structure", "lat", ".5", ERR_WRONG_TYPE, 0, ""},
        {"structure", "lat", "nan", ERR_WRONG_TYPE, 0, ""},
        {"structure", "lat", "91", ERR_RANGE, 0, ""},
        {"structure", "kind", "ETTI", ERR_NONE, KIND_ETTI, "ETTI"},
        {"structure", "kind", "etti", ERR_BAD_CODE, 0, ""},
        {"structure", "agreement_until", "2026-12-31", ERR_NONE, 20818,
         "2026-12-31"},
        {"structure", "agreement_until", "31/12/2026", ERR_BAD_DATE, 0, ""},
        {"structure", "siret", "73282932000074", ERR_NONE, 0, "73282932000074"},
        {"structure", "siret", "73282932000079", ERR_BAD_SIRET, 0, ""},
        {"structure", "name", "Caf\xe9", ERR_NOT_UTF8, 0, ""},
        {"structure", "activities", "x", ERR_WRONG_TYPE, 0, ""},
        {"market", "deadline", "2026-12-01T12:00:00+01:00", ERR_NONE,
         1796122800, "2026-12-01T11:00:00Z"},
        {"profile", "vehicle", "oui", ERR_NONE, 1, "1"},
        {"profile", "vehicle", "false", ERR_NONE, 0, "0"},
        {"profile", "vehicle", "peut-etre", ERR_WRONG_TYPE, 0, ""},
    };

    return cr_make_param_array(struct text_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct text_row *row, codec, texts_of_files_become_values,
                  .timeout = 20, .init = begin, .fini = end)
{
    const struct shape *shape;
    const struct field *field;
    struct slice hint = {NULL, 0};
    union {
        int64_t number;
        struct slice text;
    } value = {0};
    enum err e;

    base_of(row->shape, &shape);
    field = field_of(shape, row->field);
    e = protocol_parse_text(field, slice_of(row->text), arena, &value, &hint);
    cr_assert_eq(e, row->name, "%s %s: %s", row->field, row->text, err_name(e));
    if (e) {
        cr_assert_gt(hint.len, 0);
        return;
    }
    if (field->type <= TYPE_ENUM)
        cr_assert_eq(value.number, row->number, "%s: %lld", row->text,
                     (long long)value.number);
    cr_assert(slice_equal(protocol_format_text(field, &value, arena),
                          slice_of(row->again)));
}

Test(codec, what_is_absent_is_written_as_nothing, .init = begin, .fini = end)
{
    struct structure s;

    shape_clear(&shape_structure, &s);
    for (size_t i = 0; i < shape_structure.n; i++) {
        const struct field *field = &shape_structure.fields[i];
        struct slice text =
            protocol_format_text(field, (char *)&s + field->offset, arena);

        cr_assert(slice_equal(text, field->type == TYPE_ENUM &&
                                            field->fallback == STRUCTURE_ACTIVE
                                        ? SLICE("active")
                                        : SLICE("")),
                  "%s", field->name);
    }
}

/* ---- Arena -------------------------------------------------------------- */

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
