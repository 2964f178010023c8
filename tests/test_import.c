/*
 * Imports: records to objects and back, objects to values, the layouts of
 * other producers.  Bytes to records is in test_files.c.
 */
#include "clients/cli/flat.h"
#include "clients/cli/json.h"
#include "clients/cli/layout.h"
#include "clients/cli/tables.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

/* ---- Rows and objects -------------------------------------------------- */

static struct flat flat;

/* The cells of a row as "column=cell, ..." into the places of the columns. */
static void place(const char *row, struct slice *cells)
{
    size_t name, cell;

    memset(cells, 0, FLAT_COLUMNS_MAX * sizeof *cells);
    while (*row) {
        int column;

        name = strcspn(row, "=");
        column = flat_find(&flat, (struct slice){row, name});
        cr_assert_geq(column, 0, "no column at %s", row);
        row += name + 1;
        cell = strcspn(row, ";");
        cells[column] = (struct slice){row, cell};
        row += cell + (row[cell] != '\0');
    }
}

struct assembling {
    char what[48];
    int64_t entity;
    char rows[4][96];
    char object[320]; /* or what a conflict names, after ! */
};

ParameterizedTestParameters(flat, rows_become_an_object)
{
    static struct assembling rows[] = {
        {"one row",
         ENTITY_PROFILE,
         {"id=p;commune=76351;rome=K2204|A1203"},
         "{\"id\":\"p\",\"commune\":\"76351\",\"rome\":[\"K2204\",\"A1203\"]"
         "}"},
        {"a row more, a list element more",
         ENTITY_PROFILE,
         {"id=p;criteria.code=RSA", "id=p;criteria.code=QPV"},
         "{\"id\":\"p\",\"criteria\":[{\"code\":\"RSA\"},{\"code\":\"QPV\"}]}"},
        {"nested under the element that stays",
         ENTITY_MARKET,
         {"id=m;lots.object=A;lots.jobs.rome=K2204",
          "id=m;lots.object=A;lots.jobs.rome=A1203",
          "id=m;lots.object=B;lots.jobs.rome=A1203"},
         "{\"id\":\"m\",\"lots\":[{\"object\":\"A\",\"jobs\":[{\"rome\":"
         "\"K2204\"},{\"rome\":\"A1203\"}]},{\"object\":\"B\",\"jobs\":[{"
         "\"rome\":\"A1203\"}]}]}"},
        {"empty cells go on",
         ENTITY_MARKET,
         {"id=m;object=O;lots.object=A;lots.jobs.rome=K2204",
          "id=m;lots.jobs.rome=A1203"},
         "{\"id\":\"m\",\"object\":\"O\",\"lots\":[{\"object\":\"A\",\"jobs\":"
         "[{\"rome\":\"K2204\"},{\"rome\":\"A1203\"}]}]}"},
        {"lists side by side",
         ENTITY_MARKET,
         {"id=m;lots.object=A;lots.clauses.kind=EXEC;lots.jobs.rome=K2204",
          "id=m;lots.clauses.kind=CRIT"},
         "{\"id\":\"m\",\"lots\":[{\"object\":\"A\",\"clauses\":[{\"kind\":"
         "\"EXEC\"},{\"kind\":\"CRIT\"}],\"jobs\":[{\"rome\":\"K2204\"}]}]}"},
        {"numbers keep equal elements apart",
         ENTITY_MARKET,
         {"id=m;lots=1;lots.cpv=45000000", "id=m;lots=2;lots.cpv=45000000",
          "id=m;lots=2;lots.jobs=1;lots.jobs.rome=K2204"},
         "{\"id\":\"m\",\"lots\":[{\"cpv\":[\"45000000\"]},{\"cpv\":["
         "\"45000000\"],\"jobs\":[{\"rome\":\"K2204\"}]}]}"},
        {"a repeated row says nothing new",
         ENTITY_PROFILE,
         {"id=p;criteria.code=RSA", "id=p;criteria.code=RSA"},
         "{\"id\":\"p\",\"criteria\":[{\"code\":\"RSA\"}]}"},
        {"an object within",
         ENTITY_STRUCTURE,
         {"siret=1;kind=EI;activities.zone.within_km=30"},
         "{\"siret\":\"1\",\"kind\":\"EI\",\"activities\":[{\"zone\":{"
         "\"within_km\":\"30\"}}]}"},
        {"a bar within a text",
         ENTITY_STRUCTURE,
         {"siret=1;kind=EI;networks=a\\|b|c\\\\"},
         "{\"siret\":\"1\",\"kind\":\"EI\",\"networks\":[\"a|b\",\"c\\\\\"]}"},
        {"a contradiction",
         ENTITY_PROFILE,
         {"id=p;commune=76351", "id=p;commune=76540"},
         "!commune"},
        {"a contradiction under a number",
         ENTITY_MARKET,
         {"id=m;lots=1;lots.object=A", "id=m;lots=1;lots.object=B"},
         "!lots.object"},
    };

    return cr_make_param_array(struct assembling, rows,
                               sizeof rows / sizeof *rows);
}

TestSuite(flat, .timeout = 20);

ParameterizedTest(struct assembling *p, flat, rows_become_an_object)
{
    struct slice cells[FLAT_COLUMNS_MAX];
    struct flat_object object;
    const char *conflict = NULL;
    char *text;

    flat_init(&flat, p->entity);
    flat_object_init(&object, &flat);
    for (int i = 0; i < 4 && p->rows[i][0] && !conflict; i++) {
        place(p->rows[i], cells);
        cr_expect_eq(flat_object_same(&object, cells), i > 0, "%s", p->what);
        conflict = flat_object_add(&object, cells);
    }
    text = json_dumps(object.object, JSON_COMPACT);
    if (p->object[0] == '!')
        cr_expect_str_eq(conflict ? conflict : "", p->object + 1, "%s",
                         p->what);
    else
        cr_expect_str_eq(conflict ? conflict : text, p->object, "%s", p->what);
    free(text);
    flat_object_fini(&object);
}

Test(flat, another_id_is_another_object)
{
    struct slice cells[FLAT_COLUMNS_MAX];
    struct flat_object object;

    flat_init(&flat, ENTITY_STRUCTURE);
    flat_object_init(&object, &flat);
    place("siret=1;kind=EI", cells);
    flat_object_add(&object, cells);
    place("siret=1;kind=ACI", cells);
    cr_assert_not(flat_object_same(&object, cells));
    place("name=x", cells);
    cr_assert_not(flat_object_same(&object, cells), "a row without an id");
    flat_object_fini(&object);
}

/* Rows written are taken back one by one. */
static void take_back(void *to, const char *const *cells)
{
    struct flat_object *object = to;
    struct slice slices[FLAT_COLUMNS_MAX];

    for (size_t i = 0; i < flat.n; i++)
        slices[i] = slice_of(cells[i]);
    cr_assert_null(flat_object_add(object, slices));
}

/* Every leaf as a text, as files have it. */
static json_t *as_texts(const json_t *value)
{
    json_t *copy, *member;
    const char *key;
    char number[32];
    size_t i;

    if (json_is_object(value)) {
        copy = json_object();
        json_object_foreach((json_t *)value, key, member)
            json_object_set_new(copy, key, as_texts(member));
        return copy;
    }
    if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach(value, i, member)
            json_array_append_new(copy, as_texts(member));
        return copy;
    }
    if (json_is_string(value))
        return json_string(json_string_value(value));
    if (json_is_boolean(value))
        return json_string(json_is_true(value) ? "true" : "false");
    snprintf(number, sizeof number, "%g", json_number_value(value));
    return json_string(number);
}

struct round_trip {
    int64_t entity;
    char object[512];
};

ParameterizedTestParameters(flat, objects_become_rows_and_objects_again)
{
    static struct round_trip rows[] = {
        {ENTITY_PROFILE, "{\"id\":\"p\",\"mobility_km\":20,\"vehicle\":true}"},
        {ENTITY_PROFILE, "{\"id\":\"p\",\"criteria\":[{\"code\":\"RSA\"},"
                         "{\"code\":\"RSA\"},{\"code\":\"QPV\",\"until\":"
                         "\"2026-12-31\"}]}"},
        {ENTITY_STRUCTURE,
         "{\"siret\":\"1\",\"kind\":\"EI\",\"lat\":-0.5,\"networks\":[\"a|b\","
         "\"c\\\\d\"],\"activities\":[{\"derived\":true},{},{\"zone\":{"
         "\"codes\":[\"FR\"]}}]}"},
        {ENTITY_MARKET,
         "{\"id\":\"m\",\"buyer\":{\"name\":\"B\"},\"lots\":[{\"object\":"
         "\"A\",\"clauses\":[{\"kind\":\"EXEC\"},{\"kind\":\"CRIT\"},{"
         "\"kind\":\"CRIT\"}],\"jobs\":[{\"rome\":\"K2204\"}]},{\"object\":"
         "\"A\"},{\"jobs\":[{\"rome\":\"K2204\"},{\"rome\":\"K2204\"}]}]}"},
    };

    return cr_make_param_array(struct round_trip, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct round_trip *p, flat,
                  objects_become_rows_and_objects_again)
{
    json_t *object = json_loads(p->object, 0, NULL), *texts;
    struct flat_object again;

    flat_init(&flat, p->entity);
    flat_object_init(&again, &flat);
    cr_assert_eq(flat_rows(&flat, object, take_back, &again), 0);
    texts = as_texts(object);
    cr_expect(json_equal(texts, again.object), "%s became %s", p->object,
              json_dumps(again.object, JSON_COMPACT));
    json_decref(texts);
    json_decref(object);
    flat_object_fini(&again);
}

Test(flat, a_mistyped_column_has_a_neighbour)
{
    flat_init(&flat, ENTITY_STRUCTURE);
    cr_assert_str_eq(flat_nearest(&flat, "sirte"), "siret");
    cr_assert_str_eq(flat_nearest(&flat, "rome"), "activities.rome");
    cr_assert_str_eq(flat_nearest(&flat, "activites.rome"), "activities.rome");
    cr_assert_null(flat_nearest(&flat, "colour of the door"));
}

/* ---- JSON and shapes --------------------------------------------------- */

struct json_fault {
    char object[160];
    char field[48];
    enum err name;
};

ParameterizedTestParameters(json, what_is_wrong_is_told_with_its_path)
{
    static struct json_fault rows[] = {
        {"{\"id\":\"p\",\"commune\":\"76351\"}", "mobility_km",
         ERR_MISSING_FIELD},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":\"far\"}",
         "mobility_km", ERR_WRONG_TYPE},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":501}",
         "mobility_km", ERR_RANGE},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":{}}",
         "mobility_km", ERR_WRONG_TYPE},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":5,\"rome\":["
         "\"K2204\",\"x\"]}",
         "rome[2]", ERR_BAD_ROME},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":5,\"rome\":"
         "\"K2204\"}",
         "rome", ERR_WRONG_TYPE},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":5,"
         "\"criteria\":[{\"code\":\"RSA\"},{\"code\":\"RSB\"}]}",
         "criteria[2].code", ERR_BAD_CODE},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":5,"
         "\"registered_on\":\"2026-02-30\"}",
         "registered_on", ERR_BAD_DATE},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":5,"
         "\"hours_mni\":5}",
         "hours_mni", ERR_UNKNOWN_FIELD},
        {"{\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":5,"
         "\"nom\":\"X\"}",
         "nom", ERR_PII_FORBIDDEN},
    };

    return cr_make_param_array(struct json_fault, rows,
                               sizeof rows / sizeof *rows);
}

TestSuite(json, .timeout = 20);

ParameterizedTest(struct json_fault *p, json,
                  what_is_wrong_is_told_with_its_path)
{
    struct arena *arena = arena_new(1 << 20);
    json_t *object = json_loads(p->object, 0, NULL);
    struct faults faults = {.n = 0};
    struct profile profile;

    cr_expect_eq(
        json_to_shape(&shape_profile, object, arena, &profile, &faults),
        p->name, "%s", p->object);
    cr_expect(slice_equal(faults.at[0].field, slice_of(p->field)), "%s: %.*s",
              p->object, (int)faults.at[0].field.len, faults.at[0].field.data);
    json_decref(object);
    arena_free(arena);
}

Test(json, a_value_comes_back_as_it_went)
{
    const char *text =
        "{\"siret\":\"00000001800010\",\"kind\":\"EI\",\"name\":\"N\","
        "\"commune\":\"76351\",\"lat\":49.5,\"lon\":0.123456,\"status\":"
        "\"active\",\"agreement_until\":\"2027-12-31\",\"activities\":[{"
        "\"cpv\":[\"90910000\"],\"modes\":[\"PREST\"],\"zone\":{\"codes\":["
        "\"FR\"]},\"derived\":true}]}";
    struct arena *arena = arena_new(1 << 20);
    json_t *object = json_loads(text, 0, NULL), *again;
    struct faults faults = {.n = 0};
    struct structure value;
    char *said;

    cr_assert_eq(
        json_to_shape(&shape_structure, object, arena, &value, &faults),
        ERR_NONE);
    again = json_of_shape(&shape_structure, &value, NULL, arena);
    said = json_dumps(again, JSON_COMPACT | JSON_REAL_PRECISION(9));
    cr_expect_str_eq(said, text);
    free(said);
    json_decref(object);
    json_decref(again);
    arena_free(arena);
}

/* ---- Other producers' layouts ------------------------------------------ */

/* A row of DECP with the place and the amount that matter here. */
static json_t *decp_market(const char *place, const char *type,
                           const char *amount, struct complaint *why)
{
    static const struct slice names[] = {
        {"uid", 3},         {"object", 6},           {"cpv", 3},
        {"place_code", 10}, {"place_code_type", 15}, {"amount_eur", 10}};
    struct slice cells[] = {SLICE("1:2024/08"), SLICE("O"),
                            SLICE("90911200"),  slice_of(place),
                            slice_of(type),     slice_of(amount)};
    struct layout_row row = {names, cells, 6};
    struct ctl ctl = {.json = 0};
    json_t *market = NULL;

    memset(why, 0, sizeof *why);
    cr_assert_eq(layout_decp.convert(&ctl, &row, why, &market), DONE);
    return market;
}

struct place_of_market {
    char code[12];
    char type[24];
    char zone[16]; /* "" when refused */
};

ParameterizedTestParameters(layouts, a_place_is_taken_as_typed_or_refused)
{
    static struct place_of_market rows[] = {
        {"76", "Code département", "DEP:76"},
        {"76", "CODE DEPARTEMENT", "DEP:76"},
        {"971", "Code département", "DEP:971"},
        {"28", "Code région", "REG:28"},
        {"67180", "Code commune", "COM:67180"},
        {"544", "Code arrondissement", "DEP:54"},
        {"2A1", "Code arrondissement", "DEP:2A"},
        {"9711", "Code arrondissement", "DEP:971"},
        {"0905", "Code arrondissement", ""},
        {"FR", "Code pays", "FR"},
        {"250", "Code pays", "FR"},
        {"99", "Code pays", ""},
        {"0905", "Code canton", ""},
        {"45", "Code postal", ""},
        {"9999", "CODE POSTAL", ""},
        {"563", "", ""},
    };

    return cr_make_param_array(struct place_of_market, rows,
                               sizeof rows / sizeof *rows);
}

TestSuite(layouts, .timeout = 20);

ParameterizedTest(struct place_of_market *p, layouts,
                  a_place_is_taken_as_typed_or_refused)
{
    struct complaint why;
    json_t *market = decp_market(p->code, p->type, "1", &why);
    json_t *lot = json_array_get(json_object_get(market, "lots"), 0);
    const char *zone =
        json_string_value(json_array_get(json_object_get(lot, "places"), 0));

    cr_expect_str_eq(zone ? zone : "", p->zone, "%s %s", p->type, p->code);
    cr_expect_eq(why.name == ERR_NONE, p->zone[0] != '\0');
    json_decref(market);
}

struct euros {
    char typed[24];
    char cents[24];
};

ParameterizedTestParameters(layouts, euros_become_cents)
{
    static struct euros rows[] = {
        {"6518594.56", "651859456"},
        {"5928483", "592848300"},
        {"0.1", "10"},
        {"1.999", "200"},
        {"1.994", "199"},
        {"999999999", "99999999900"},
        {"1e17", "\"1e17\""},
        {"-5", "\"-5\""},
    };

    return cr_make_param_array(struct euros, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct euros *p, layouts, euros_become_cents)
{
    struct complaint why;
    json_t *market = decp_market("", "", p->typed, &why);
    char *text = json_dumps(json_object_get(market, "amount"), JSON_ENCODE_ANY);

    cr_expect_str_eq(text, p->cents, "%s", p->typed);
    free(text);
    json_decref(market);
}

Test(layouts, a_uid_that_is_no_id_is_made_one_and_stays_unique)
{
    struct complaint why;
    json_t *market = decp_market("", "", "1", &why);
    const char *id = json_text(market, "id");

    cr_assert_eq(strncmp(id, "1:2024-08-", 10), 0, "%s", id);
    cr_assert_eq(strlen(id), 18);
    cr_assert_str_eq(json_text(market, "status"), "AWARDED");
    json_decref(market);
}

Test(layouts, the_longest_prefix_of_its_kind_decides)
{
    struct slice table = SLICE("prefix\tkind\tx\n"
                               "45\t*\tbroad\n"
                               "452\tEI\tnarrow\n"
                               "\tESAT\tany\n");
    struct table_row row;

    cr_assert(tables_find(table, SLICE("4521"), "EI", &row));
    cr_assert(slice_equal(row.cells[2], SLICE("narrow")));
    cr_assert(tables_find(table, SLICE("4521"), "ACI", &row));
    cr_assert(slice_equal(row.cells[2], SLICE("broad")));
    cr_assert(tables_find(table, SLICE(""), "ESAT", &row));
    cr_assert(slice_equal(row.cells[2], SLICE("any")));
    cr_assert_not(tables_find(table, SLICE("99"), "EI", &row));
}

struct siae_row {
    char what[40];
    char kind[16];
    char naf[8];
    char insee[8];
    char rome[16];
    char expected[224]; /* kind and activities, or ! and the error */
};

ParameterizedTestParameters(layouts, a_structure_is_derived_or_refused)
{
    static struct siae_row rows[] = {
        {"a trade", "EI", "8130Z", "76351", "",
         "EI [{\"cpv\":[\"77310000\",\"77320000\",\"77330000\",\"77340000\"],"
         "\"rome\":[\"A1203\",\"A1202\"],\"zone\":{\"within_km\":\"30\"},"
         "\"derived\":true}]"},
        {"a NAF in small letters", "ACI", "4334z", "76351", "",
         "ACI [{\"cpv\":[\"45442100\"],\"rome\":[\"F1606\"],\"zone\":{"
         "\"within_km\":\"30\"},\"derived\":true}]"},
        {"a form, not a trade", "ACI", "8899B", "76351", "", "ACI null"},
        {"an antenna", "GEIQ-ANTENNE", "", "76351", "",
         "GEIQ [{\"cpv\":[\"79620000\"],\"modes\":[\"DISP\"],\"zone\":{"
         "\"within_km\":\"30\"},\"derived\":true}]"},
        {"occupations of the list", "EI", "8899B", "76351", "F1704|F1606",
         "EI [{\"rome\":[\"F1704\",\"F1606\"],\"zone\":{\"within_km\":\"30\"},"
         "\"derived\":true}]"},
        {"no commune", "EI", "8130Z", "", "", "!MISSING_FIELD"},
    };

    return cr_make_param_array(struct siae_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct siae_row *p, layouts,
                  a_structure_is_derived_or_refused)
{
    static const struct slice names[] = {{"siret", 5}, {"kind", 4},
                                         {"name", 4},  {"naf", 3},
                                         {"insee", 5}, {"rome_codes", 10}};
    struct slice cells[] = {
        SLICE("00000001800010"), slice_of(p->kind),  SLICE("N"),
        slice_of(p->naf),        slice_of(p->insee), slice_of(p->rome)};
    struct layout_row row = {names, cells, 6};
    struct ctl ctl = {.assume_km = "30"};
    struct complaint why = {.name = ERR_NONE};
    json_t *structure = NULL;
    char said[512], *activities;

    cr_assert_eq(layout_siae.convert(&ctl, &row, &why, &structure), DONE);
    activities = json_dumps(json_object_get(structure, "activities"),
                            JSON_COMPACT | JSON_ENCODE_ANY);
    if (structure)
        snprintf(said, sizeof said, "%s %s", json_text(structure, "kind"),
                 activities ? activities : "null");
    else
        snprintf(said, sizeof said, "!%s", err_name(why.name));
    cr_expect_str_eq(said, p->expected, "%s", p->what);
    free(activities);
    json_decref(structure);
}

/* Every code of our two tables is one the daemon takes. */
static void check_codes(const struct field *field, struct slice cell)
{
    struct arena *arena = arena_new(1 << 16);
    json_t *codes = layout_codes(cell), *code;
    struct slice value, hint;
    size_t i;

    json_array_foreach(codes, i, code) cr_expect_eq(
        protocol_parse_text(field, slice_of(json_string_value(code)), arena,
                            &value, &hint),
        ERR_NONE, "%s", json_string_value(code));
    json_decref(codes);
    arena_free(arena);
}

Test(layouts, our_tables_hold_codes_of_the_right_form)
{
    struct field cpv = {.name = "cpv", .type = TYPE_CPV, .min = 8, .max = 10};
    struct field rome = {.name = "rome", .type = TYPE_ROME, .min = 5, .max = 5};
    struct table_row row;

    cr_assert(tables_find(tables_naf_activities(), SLICE("8130Z"), "EI", &row));
    check_codes(&cpv, row.cells[2]);
    check_codes(&rome, row.cells[3]);
    cr_assert(tables_find(tables_naf_activities(), SLICE(""), "ETTI", &row));
    check_codes(&rome, row.cells[3]);
    cr_assert(slice_equal(row.cells[4], SLICE("DISP")));
    cr_assert(tables_find(tables_cpv_rome(), SLICE("90911200"), "*", &row));
    check_codes(&rome, row.cells[2]);
    cr_assert_not(tables_find(tables_cpv_rome(), SLICE("66510000"), "*", &row));
}
