/*
 * Bad input, stated: every refusal that belongs to the decoder, as a row with
 * its error and its place.  What the reference tables must decide is in
 * test_ingest.c.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "protocol/codec.h"
#include "protocol/value.h"
#include "tests/support/body.h"
#include "tests/support/decoding.h"

TestSuite(refused, .timeout = 60);

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
    {S, "commune", TEXT("96004"), ERR_UNKNOWN_COMMUNE, "commune"},
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
    {S, "activities", ZONE_IS("NEAR:59350"), ERR_RANGE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350:"), ERR_RANGE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350:-1"), ERR_RANGE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:5935"), ERR_UNKNOWN_COMMUNE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:"), ERR_UNKNOWN_COMMUNE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:59350;30"), ERR_RANGE, ZONE_AT},
    {S, "activities", ZONE_IS("NEAR:96004:5"), ERR_UNKNOWN_COMMUNE, ZONE_AT},
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
    {P, "address", TEXT("x"), ERR_PII_FORBIDDEN, "address"},
    {P, "homeAddress", TEXT("x"), ERR_PII_FORBIDDEN, "homeAddress"},
    {P, "age", "30", ERR_PII_FORBIDDEN, "age"},
    {P, "Age", "30", ERR_PII_FORBIDDEN, "Age"},
    {P, "birthday", TEXT("x"), ERR_PII_FORBIDDEN, "birthday"},
    {P, "nom_de_naissance", TEXT("x"), ERR_PII_FORBIDDEN, "nom_de_naissance"},
    {P, "domicile", TEXT("x"), ERR_PII_FORBIDDEN, "domicile"},
    {P, "criteria", "[{\"code\":\"RSA\",\"name\":1}]", ERR_PII_FORBIDDEN,
     "criteria[1].name"},
    {P, "agence", TEXT("x"), ERR_UNKNOWN_FIELD, "agence"},
    {P, "romes", "[]", ERR_UNKNOWN_FIELD, "romes"},
    {P, "nombre", "1", ERR_UNKNOWN_FIELD, "nombre"},
    {P, "Jean Dupont", "1", ERR_UNKNOWN_FIELD, "?"},
    {P, "id", TEXT("jean@exemple.fr"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("0612345678"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("06.12.34.56.78"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("+33 6 12 34 56 78"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("+33 (0)6 12 34 56 78"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("0033612345678"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("0033 (0)6 12 34 56 78"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("33612345678"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("+33612345678"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("33-6-12-34-56-78"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("p-0612345678"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("0612345678_b"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("p:33612345678:1"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("p-0033612345678"), ERR_PII_FORBIDDEN, "id"},
    {P, "referent", TEXT("0320123456"), ERR_PII_FORBIDDEN, "referent"},
    {P, "id", TEXT("1985-05-12"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("12.05.1985"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("12/05/1985"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("12-05-1985"), ERR_PII_FORBIDDEN, "id"},
    {P, "referent", TEXT("1985-05-12"), ERR_PII_FORBIDDEN, "referent"},
    {P, "id", TEXT("1850578006084"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("1850578006084-36"), ERR_PII_FORBIDDEN, "id"},
    {P, "id", TEXT("1-85-05-2A-006-084"), ERR_PII_FORBIDDEN, "id"},
    {P, "referent", TEXT("a@b"), ERR_PII_FORBIDDEN, "referent"},
    {P, "commune", TEXT("a@b"), ERR_PII_FORBIDDEN, "commune"},
};
#undef S
#undef M
#undef P

ParameterizedTestParameters(refused, a_bad_field_is_refused_by_name)
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

/* What a profile holds must not come back in a hint. */
static void check_silence(const char *value)
{
    char text[400], hint[400];
    size_t n = strlen(value);

    if (n < 7 || value[0] != '"')
        return;
    snprintf(text, sizeof text, "%.*s", (int)n - 2, value + 1);
    snprintf(hint, sizeof hint, "%.*s", (int)faults.at[0].hint.len,
             faults.at[0].hint.data);
    cr_assert(!strstr(hint, text), "%s", hint);
}

ParameterizedTest(struct refused_row *row, refused,
                  a_bad_field_is_refused_by_name, .timeout = 20,
                  .init = decoding_begin, .fini = decoding_end)
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
    if (shape == &shape_profile)
        check_silence(row->value);
}

Test(refused, good_vectors_pass, .init = decoding_begin, .fini = decoding_end)
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
        {"profile", "id", "\"12051985\""},
        {"profile", "id", "\"p-19850512\""},
        {"profile", "id", "\"2026-11-23-0001\""},
        {"profile", "id", "\"p-33012345678\""},
        {"profile", "id", "\"6f9619ff-8b86-4d01-b42d-330612345678\""},
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

Test(refused, all_that_is_wrong_is_told_at_once, .init = decoding_begin,
     .fini = decoding_end)
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

Test(refused, the_hint_names_the_nearest_field_and_the_typed_forms,
     .init = decoding_begin, .fini = decoding_end)
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

/* A body of SHAPE, and words that its first hint has and has not. */
struct hint_row {
    const struct shape *shape;
    const char *json;
    const char *has;
    const char *has_not;
};

Test(refused, a_hint_says_what_the_value_must_be, .init = decoding_begin,
     .fini = decoding_end)
{
    const struct shape *people = verb_rows[VERB_match_people].ask;
    const struct hint_row rows[] = {
        {&shape_criterion, "{}", "one of RSA, ASS, AAH", "text"},
        {&shape_job, "{}", "a letter A to N", "text"},
        {&shape_buyer, "{\"siret\":\"1\"}", "14 digits", "text"},
        {&shape_centre, "{\"lat\":1,\"lon\":1}", "5 bytes", "5 to 5"},
        {&shape_centre, "{\"commune\":\"1\",\"lat\":1,\"lon\":1}",
         "5 bytes of UTF-8, these are 1", "5 to 5"},
        {&shape_market, "{\"id\":\"m\"}", "1 to 200 elements", "text"},
        {&shape_market, "{\"lots\":[{}]}", "1 to 64 letters", "UTF-8"},
        {&shape_profile, "{\"id\":\"p\",\"commune\":\"59350\"}",
         "a whole number, 0 to 500", "text"},
        {&shape_profile, "{\"id\":\"p\",\"mobility_km\":1}", "INSEE", "a text"},
        {people, "{\"market\":\"m\",\"limt\":1}", "`limit`", "known here"},
        {people, "{\"market\":\"m\",\"zzzzz\":1}",
         "known here: market, on, lot, job, limit, grace, person_weights",
         "nearest"},
        {&shape_activity, "{\"zone\":{\"codes\":[\"59350\"]}}",
         "territory.postcodes", "REG"},
        {&shape_activity, "{\"zone\":{\"codes\":[\"96167\"]}}",
         "territory.postcodes", "write COM"},
        {&shape_activity, "{\"zone\":{\"codes\":[\"NEAR:59350\"]}}",
         "NEAR:59350:30", "COM"},
        {&shape_activity, "{\"zone\":{\"codes\":[\"REG:20\"]}}",
         "no such region", "two digits"},
        {&shape_activity, "{\"zone\":{\"codes\":[\"REG:9\"]}}", "two digits",
         "no such"},
    };
    union any value;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *hint;

        faults.n = 0;
        cr_assert_neq(decode_json(rows[i].shape, rows[i].json, &value),
                      ERR_NONE);
        cr_assert_eq(faults.n, 1, "%s", rows[i].json);
        hint = arena_format(arena, "%.*s", (int)faults.at[0].hint.len,
                            faults.at[0].hint.data)
                   .data;
        cr_expect(strstr(hint, rows[i].has), "%s: %s", rows[i].json, hint);
        cr_expect(!strstr(hint, rows[i].has_not), "%s: %s", rows[i].json, hint);
    }
    cr_expect_null(verb_nearest(SLICE("xyzzy")));
    cr_expect_null(verb_nearest(SLICE("")));
}

Test(refused, a_list_of_names_that_is_too_long_ends_whole,
     .init = decoding_begin, .fini = decoding_end)
{
    static const char *const names[] = {"a_name_of_twenty_____"};
    const char *many[40];
    struct hint hint;

    for (size_t i = 0; i < 40; i++)
        many[i] = names[0];
    hint_names(&hint, "one of ", many, 40);
    cr_assert_lt(strlen(hint.text), HINT_SIZE);
    cr_assert_str_eq(hint.text + strlen(hint.text) - 8, "___, ...");
}

Test(refused, faults_stop_at_their_maximum_and_texts_at_theirs,
     .init = decoding_begin, .fini = decoding_end)
{
    struct buffer json = {0};
    struct market m;

#define ADD(text) cr_assert_eq(buffer_add(&json, text, strlen(text)), ERR_NONE)
    ADD("{\"id\":\"a\",\"lots\":[{\"");
    for (int i = 0; i < 300; i++)
        ADD("\xc3\xa9");
    ADD("\":1},{\"x\":1}");
    for (int i = 0; i < 30; i++)
        ADD(",{\"y\":1}");
    cr_assert_eq(buffer_add(&json, "]}", 3), ERR_NONE); /* and its zero */
#undef ADD
    cr_assert_eq(decode_json(&shape_market, json.data, &m), ERR_UNKNOWN_FIELD);
    buffer_free(&json);
    cr_assert_eq(faults.n, FAULTS_MAX);
    cr_assert(slice_equal(faults.at[0].field, SLICE("lots[1].?")));
    cr_assert(slice_equal(faults.at[1].field, SLICE("lots[2].x")));
}

Test(refused, a_bad_row_spares_the_others, .init = decoding_begin,
     .fini = decoding_end)
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
