/*
 * Imported tables: what they take the place of, what follows from them, how
 * they are told, and those that are refused.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/tables.h"

TestSuite(reference_tables, .init = tables_setup, .fini = tables_teardown,
          .timeout = 60);

static const struct commune *commune(const char *insee)
{
    uint32_t number = reference_commune(ref, slice_of(insee));

    cr_assert_neq(number, REFERENCE_NONE, "no commune %s", insee);
    return &ref->communes[number];
}

Test(reference_tables, imported_centres_replace_all_the_bundled_ones)
{
    const struct commune *yeu;

    cr_assert_eq(tables_import("centres", "85113\t46.7\t-2.3333335\t0\n"
                                          "75056\t48.85\t2.35\t1\n"
                                          "75101\t48.86\t2.34\t0\n"),
                 ERR_NONE);
    yeu = commune("85113");
    cr_assert(yeu->centred && !yeu->approximate);
    cr_assert_eq(yeu->lat, 46700000);
    cr_assert_eq(yeu->lon, -2333334, "half goes away from zero");
    cr_assert_eq(commune("75056")->approximate, 1, "the table says so");
    cr_assert_eq(commune("93066")->lat, 48850000, "of its EPCI, Paris alone");
    cr_assert_eq(commune("93066")->approximate, 1);
    cr_assert_eq(commune("76540")->centred, 0, "nothing of its EPCI is known");
}

Test(reference_tables, a_missing_centre_is_the_mean_of_its_epci_by_population)
{
    /* Three communes of the Métropole Rouen Normandie; a fourth has none. */
    const char *insee[] = {"76540", "76575", "76451"};
    const int64_t at[3][2] = {
        {49443000, 1099001}, {49376000, 1104000}, {49465000, 1088000}};
    char lines[256] = "";
    int64_t sum[2] = {0, 0};
    int64_t people = 0;

    for (int i = 0; i < 3; i++) {
        const struct commune *c = commune(insee[i]);

        snprintf(lines + strlen(lines), sizeof lines - strlen(lines),
                 "%s\t%ld.%06ld\t-%ld.%06ld\t0\n", insee[i], at[i][0] / 1000000,
                 at[i][0] % 1000000, at[i][1] / 1000000, at[i][1] % 1000000);
        sum[0] += (int64_t)at[i][0] * c->population;
        sum[1] += (int64_t)at[i][1] * c->population;
        people += c->population;
    }
    cr_assert_eq(tables_import("centres", lines), ERR_NONE);
    cr_assert_eq(commune("76498")->epci, commune("76540")->epci);
    cr_assert_eq(commune("76498")->approximate, 1);
    cr_assert_eq(commune("76498")->lat,
                 (int32_t)((2 * sum[0] + people) / (2 * people)));
    cr_assert_eq(commune("76498")->lon,
                 -(int32_t)((2 * sum[1] + people) / (2 * people)));
}

Test(reference_tables, communes_where_nobody_lives_lend_no_centre)
{
    const struct commune *destroyed = commune("55039");
    uint32_t epci = destroyed->epci;

    cr_assert_eq(destroyed->population, 0);
    cr_assert_eq(tables_import("centres", "55039\t49.2\t5.4\t0\n"), ERR_NONE);
    cr_assert_neq(epci, REFERENCE_NONE);
    cr_assert_eq(ref->approximate, 0);
    cr_assert_eq(ref->uncentred, ref->n - 1);
}

Test(reference_tables, an_import_moves_no_number)
{
    struct reference *plain = ref;

    ref = NULL;
    cr_assert_eq(tables_import("centres", "85113\t46.7\t-2.3\t0\n"), ERR_NONE);
    for (uint32_t i = 0; i < ref->n; i++) {
        cr_assert_str_eq(ref->communes[i].insee, plain->communes[i].insee);
        cr_assert_eq(ref->communes[i].place, plain->communes[i].place);
    }
    reference_free(plain);
}

/* --- Links, sectors, the list of tables ---------------------------------- */

Test(reference_tables, links_are_found_from_both_ends)
{
    size_t n;
    const struct reference_link *links;

    cr_assert_null(reference_links_from(ref, SLICE("A1101"), &n));
    cr_assert_eq(n, 0, "none are bundled");
    cr_assert_eq(tables_import("rome-links", "B1101\tA1203\tEvolution\n"
                                             "A1101\tA1203\tEvolution\n"
                                             "A1101\tA1203\tProche\n"
                                             "A1101\tA1201\tEvolution\n"
                                             "A1101\tA1203\tProche\n"),
                 ERR_NONE);
    links = reference_links_from(ref, SLICE("A1101"), &n);
    cr_assert_eq(n, 3, "a link given twice counts once");
    cr_assert_str_eq(links[0].target, "A1201");
    cr_assert_eq(links[0].kind, 1);
    cr_assert_str_eq(links[1].target, "A1203");
    cr_assert_eq(links[1].kind, 0);
    cr_assert_eq(links[2].kind, 1);
    links = reference_links_to(ref, SLICE("A1203"), &n);
    cr_assert_eq(n, 3);
    cr_assert_str_eq(links[0].rome, "A1101");
    cr_assert_eq(links[0].kind, 0);
    cr_assert_eq(links[1].kind, 1);
    cr_assert_str_eq(links[2].rome, "B1101");
    cr_assert_null(reference_links_to(ref, SLICE("A1101"), &n));
    cr_assert_null(reference_links_from(ref, SLICE("A110"), &n));
    cr_assert_null(reference_links_from(ref, SLICE("N9999"), &n));
}

Test(reference_tables, a_sector_has_the_group_the_table_gives)
{
    cr_assert_null(reference_sector_group(ref, SLICE("nettoyage")).data);
    cr_assert_eq(tables_import("sectors", "nettoyage\thygiene\n"
                                          "agriculture\tagro-alimentaire\n"
                                          "nettoyage-urbain\thygiene"),
                 ERR_NONE);
    cr_assert(slice_equal(reference_sector_group(ref, SLICE("nettoyage")),
                          SLICE("hygiene")));
    cr_assert(
        slice_equal(reference_sector_group(ref, SLICE("nettoyage-urbain")),
                    SLICE("hygiene")));
    cr_assert(slice_equal(reference_sector_group(ref, SLICE("agriculture")),
                          SLICE("agro-alimentaire")));
    cr_assert_null(reference_sector_group(ref, SLICE("nettoyag")).data);
    cr_assert_null(reference_sector_group(ref, SLICE("")).data);
}

Test(reference_tables, a_group_has_the_sectors_that_name_it)
{
    const struct slice *at;
    size_t n = 7;

    cr_assert_null(reference_group_sectors(ref, SLICE("hygiene"), &n));
    cr_assert_eq(n, 0);
    cr_assert_eq(tables_import("sectors", "nettoyage\thygiene\n"
                                          "agriculture\tagro-alimentaire\n"
                                          "voirie\tvoirie\n"
                                          "blanchisserie\thygiene"),
                 ERR_NONE);
    at = reference_group_sectors(ref, SLICE("hygiene"), &n);
    cr_assert_eq(n, 2);
    cr_assert(slice_equal(at[0], SLICE("blanchisserie")));
    cr_assert(slice_equal(at[1], SLICE("nettoyage")));
    at = reference_group_sectors(ref, SLICE("voirie"), &n);
    cr_assert_eq(n, 1);
    cr_assert(slice_equal(at[0], SLICE("voirie")));
    cr_assert_null(reference_group_sectors(ref, SLICE("hygien"), &n));
    cr_assert_null(reference_group_sectors(ref, SLICE("zz"), &n));
    cr_assert_eq(n, 0);
}

static const struct reference_table *table(const char *name)
{
    for (size_t i = 0; i < ref->n_tables; i++) {
        if (!strcmp(ref->tables[i].name, name))
            return &ref->tables[i];
    }
    return NULL;
}

Test(reference_tables, every_table_names_its_version_and_source)
{
    char lines[] = "nettoyage\thygiene\n";
    struct reference_import two[] = {
        {"sectors", "2026-01", "le-marche", slice_of(lines)},
        {"centres", "2026", "geo.api", SLICE("85113\t46.7\t-2.3\t0\n")}};

    cr_assert_eq(ref->n_tables, 6 + RULE_TABLES);
    cr_assert_eq(table("centres")->imported, 0);
    cr_assert_eq(table("communes")->rows, ref->n);
    cr_assert_null(table("sectors"));
    for (size_t i = 0; i < ref->n_tables; i++)
        cr_assert(*ref->tables[i].version && *ref->tables[i].source);
    cr_assert_eq(tables_rebuild(two, 2), ERR_NONE);
    memset(lines, 'x', sizeof lines);
    cr_assert_eq(ref->n_tables, 7 + RULE_TABLES, "centres stand once");
    cr_assert_eq(table("centres")->imported, 1);
    cr_assert_eq(table("centres")->rows, 1);
    cr_assert_str_eq(table("centres")->version, "2026");
    cr_assert_str_eq(table("sectors")->source, "le-marche");
    cr_assert(slice_equal(reference_sector_group(ref, SLICE("nettoyage")),
                          SLICE("hygiene")),
              "the lines were copied");
}

struct bad_row {
    char table[16];
    char lines[80];
    char why[40];
};

ParameterizedTestParameters(reference_tables,
                            a_table_with_a_bad_line_is_refused)
{
    static struct bad_row rows[] = {
        {"communes", "01001\tX\t01\t84\t\t\t1\t\n", "not one of those"},
        {"", "01001\t1\t1\t0\n", "no table"},
        {"centres", "", "empty"},
        {"centres", "\n", "an empty line"},
        {"centres", "01001\t46.1\t4.9\t0\n\n", "an empty line at the end"},
        {"centres", "01001\t46.1\t4.9\n", "three cells"},
        {"centres", "01001\t46.1\t4.9\t0\t\n", "five cells"},
        {"centres", "1001\t46.1\t4.9\t0\n", "four characters"},
        {"centres", "01001\t\t4.9\t0\n", "no latitude"},
        {"centres", "01001\t46,1\t4.9\t0\n", "a comma"},
        {"centres", "01001\t46.\t4.9\t0\n", "a point and nothing"},
        {"centres", "01001\t.5\t4.9\t0\n", "nothing and a point"},
        {"centres", "01001\t46.1\t4.9e1\t0\n", "an exponent"},
        {"centres", "01001\t46.1\t+4.9\t0\n", "a plus"},
        {"centres", "01001\t46.1\t--4.9\t0\n", "two signs"},
        {"centres", "01001\t46.1\t4.9.1\t0\n", "two points"},
        {"centres", "01001\tnan\t4.9\t0\n", "not a number"},
        {"centres", "01001\t90.000001\t4.9\t0\n", "past the pole"},
        {"centres", "01001\t46.1\t-180.0000005\t0\n", "past the date line"},
        {"centres", "01001\t99999999999\t4.9\t0\n", "eleven digits"},
        {"centres", "01001\t46.1\t4.9\t2\n", "neither 0 nor 1"},
        {"centres", "01001\t46.1\t4.9\t\n", "no flag"},
        {"centres", "01001\t46.1\t4.9\t0\r\n", "a carriage return"},
        {"centres", "01001\t46.1\t4.9\t0\n01001\t46.1\t4.9\t0\n", "twice"},
        {"rome-links", "A1101\tA1203\tproche\n", "lower case"},
        {"rome-links", "A1101\tA1203\n", "two cells"},
        {"rome-links", "O1101\tA1203\tProche\n", "no domain O"},
        {"rome-links", "A1101\tA12\tProche\n", "a short target"},
        {"rome-links", "A11x1\tA1203\tProche\n", "a letter"},
        {"sectors", "nettoyage\n", "no group"},
        {"sectors", "nettoyage\t\n", "an empty group"},
        {"sectors", "\thygiene\n", "an empty sector"},
        {"sectors", "a\tb\nc\td\na\te\n", "a sector in two groups"},
    };

    return cr_make_param_array(struct bad_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct bad_row *bad, reference_tables,
                  a_table_with_a_bad_line_is_refused, .timeout = 60)
{
    struct reference *before = ref;

    cr_assert_eq(tables_import(bad->table, bad->lines), ERR_BAD_TABLE, "%s: %s",
                 bad->table, bad->why);
    cr_assert_eq(ref, before);
}

Test(reference_tables, the_same_table_twice_is_refused)
{
    struct reference_import twice[] = {{"sectors", "1", "a", SLICE("a\tb\n")},
                                       {"sectors", "2", "b", SLICE("c\td\n")}};

    cr_assert_eq(tables_rebuild(twice, 2), ERR_BAD_TABLE);
}
