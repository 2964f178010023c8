/*
 * The code tables as the engine sees them: real codes of every awkward kind,
 * the numbering, the bundled centres, kilometres and boxes.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/tables.h"

TestSuite(reference, .init = tables_setup, .fini = tables_teardown,
          .timeout = 60);

static uint32_t number(const char *insee)
{
    return reference_commune(ref, slice_of(insee));
}

static const struct commune *commune(const char *insee)
{
    cr_assert_neq(number(insee), REFERENCE_NONE, "no commune %s", insee);
    return &ref->communes[number(insee)];
}

static const struct territory_row *row(const struct territory_rows *rows,
                                       const char *code)
{
    return reference_row(rows, slice_of(code));
}

/* --- Codes --------------------------------------------------------------- */

struct commune_row {
    char insee[6];
    char department[4];
    char region[4];
    char name[40];
};

ParameterizedTestParameters(reference, communes_of_every_kind_are_known)
{
    static struct commune_row rows[] = {
        {"01004", "01", "84", "Ambérieu-en-Bugey"},
        {"76540", "76", "28", "Rouen"},
        {"75056", "75", "11", "Paris"},
        {"69123", "69", "84", "Lyon"},
        {"13055", "13", "93", "Marseille"},
        {"2A004", "2A", "94", "Ajaccio"},
        {"2B033", "2B", "94", "Bastia"},
        {"97105", "971", "01", "Basse-Terre"},
        {"97209", "972", "02", "Fort-de-France"},
        {"97302", "973", "03", "Cayenne"},
        {"97411", "974", "04", "Saint-Denis"},
        {"97608", "976", "06", "Dzaoudzi"},
        {"97502", "975", "975", "Saint-Pierre"},
        {"97701", "977", "977", "Saint-Barthélemy"},
        {"97801", "978", "978", "Saint-Martin"},
        {"98412", "984", "984", "Archipel des Kerguelen"},
        {"98613", "986", "986", "Uvea"},
        {"98735", "987", "987", "Papeete"},
        {"98818", "988", "988", "Nouméa"},
        {"98901", "989", "989", "Île de Clipperton"},
    };

    return cr_make_param_array(struct commune_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct commune_row *want, reference,
                  communes_of_every_kind_are_known, .timeout = 60)
{
    const struct commune *got = commune(want->insee);
    const struct territory_row *region = row(&ref->regions, want->region);
    uint32_t at = number(want->insee);

    cr_assert_str_eq(got->insee, want->insee);
    cr_assert_str_eq(ref->departments.at[got->department].code,
                     want->department);
    cr_assert(slice_equal(got->name, slice_of(want->name)), "%.*s",
              (int)got->name.len, got->name.data);
    cr_assert_not_null(region);
    cr_assert(at >= region->ranges[0].from && at < region->ranges[0].to);
}

struct resolve_row {
    char code[12];
    enum err err;
    char means[16]; /* the commune, or the successors in INSEE order */
    char why[48];
};

ParameterizedTestParameters(reference, a_code_means_a_commune_or_is_refused)
{
    static struct resolve_row rows[] = {
        {"76540", ERR_NONE, "76540", "itself"},
        {"75101", ERR_NONE, "75056", "the first district of Paris"},
        {"75120", ERR_NONE, "75056", "the last"},
        {"69381", ERR_NONE, "69123", "Lyon"},
        {"69389", ERR_NONE, "69123", "Lyon"},
        {"13201", ERR_NONE, "13055", "Marseille"},
        {"13216", ERR_NONE, "13055", "Marseille"},
        {"01340", ERR_NONE, "01015", "a former code with one successor"},
        {"01015", ERR_NONE, "01015", "also that of a delegated commune"},
        {"01120", ERR_NONE, "01262", "an associated commune"},
        {"55273", ERR_AMBIGUOUS_COMMUNE, "55245 55386", "two successors"},
        {"60455", ERR_AMBIGUOUS_COMMUNE, "60054 60694", "two successors"},
        {"02285", ERR_AMBIGUOUS_COMMUNE, "59545", "another department"},
        {"39012", ERR_AMBIGUOUS_COMMUNE, "25527", "another department"},
        {"01132", ERR_AMBIGUOUS_COMMUNE, "69286", "another department"},
        {"20001", ERR_AMBIGUOUS_COMMUNE, "2A001", "20 names no department"},
        {"20002", ERR_AMBIGUOUS_COMMUNE, "2B002", "20 names no department"},
        {"97351", ERR_NONE, "97301", "overseas three digits name it"},
        {"20999", ERR_UNKNOWN_COMMUNE, "", "in no table"},
        {"75121", ERR_UNKNOWN_COMMUNE, "", "Paris has 20 districts"},
        {"69390", ERR_UNKNOWN_COMMUNE, "", "Lyon has 9"},
        {"13217", ERR_UNKNOWN_COMMUNE, "", "Marseille has 16"},
        {"2a004", ERR_UNKNOWN_COMMUNE, "", "codes are upper case"},
        {"2A999", ERR_UNKNOWN_COMMUNE, "", "no such commune"},
        {"1004", ERR_UNKNOWN_COMMUNE, "", "a zero was lost"},
        {"01004 ", ERR_UNKNOWN_COMMUNE, "", "six characters"},
        {"00000", ERR_UNKNOWN_COMMUNE, "", "none"},
        {"99100", ERR_UNKNOWN_COMMUNE, "", "abroad"},
        {"ZZZZZ", ERR_UNKNOWN_COMMUNE, "", "the largest packed code"},
        {"", ERR_UNKNOWN_COMMUNE, "", "empty"},
        {"\xc3\xa9\xc3\xa9z", ERR_UNKNOWN_COMMUNE, "", "letters of another"},
    };

    return cr_make_param_array(struct resolve_row, rows,
                               sizeof rows / sizeof *rows);
}

static int order_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

ParameterizedTest(struct resolve_row *want, reference,
                  a_code_means_a_commune_or_is_refused, .timeout = 60)
{
    struct reference_successors many = {{0}, 0};
    uint32_t got = REFERENCE_NONE;
    char found[8][6] = {{0}};
    char text[64] = "";
    enum err e = reference_resolve(ref, slice_of(want->code), &got, &many);

    cr_assert_eq(e, want->err, "%s (%s): %s", want->code, want->why,
                 err_name(e));
    if (e)
        cr_assert_eq(got, REFERENCE_NONE, "untouched on failure");
    else
        many = (struct reference_successors){{got}, 1};
    for (size_t i = 0; i < many.n; i++)
        memcpy(found[i], ref->communes[many.at[i]].insee, 6);
    qsort(found, many.n, sizeof *found, order_text);
    for (size_t i = 0; i < many.n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                 i ? " " : "", found[i]);
    cr_assert_str_eq(text, want->means, "%s (%s)", want->code, want->why);
}

Test(reference, a_former_code_is_never_unknown)
{
    FILE *file = fopen("store/reference/former.tsv", "r");
    size_t mapped = 0;
    size_t refused = 0;
    char line[256];

    cr_assert_not_null(file, "run from the top of the repository");
    cr_assert_not_null(fgets(line, sizeof line, file), "the head");
    while (fgets(line, sizeof line, file)) {
        struct reference_successors many = {.n = 0};
        struct slice old = {line, strcspn(line, "\t")};
        uint32_t got = REFERENCE_NONE;
        enum err e = reference_resolve(ref, old, &got, &many);

        if (e)
            cr_assert(e == ERR_AMBIGUOUS_COMMUNE && many.n, "%s", line);
        refused += e != ERR_NONE;
        mapped += e == ERR_NONE;
    }
    fclose(file);
    cr_assert(mapped && refused);
}

Test(reference, every_municipal_district_is_its_city)
{
    const struct {
        int from;
        int to;
        const char *city;
    } cities[] = {{75101, 75120, "75056"},
                  {69381, 69389, "69123"},
                  {13201, 13216, "13055"}};
    struct reference_successors many;

    for (size_t i = 0; i < 3; i++) {
        for (int code = cities[i].from; code <= cities[i].to; code++) {
            char text[16];
            uint32_t got;

            snprintf(text, sizeof text, "%d", code);
            cr_assert_eq(number(text), REFERENCE_NONE, "%s", text);
            cr_assert_eq(reference_resolve(ref, slice_of(text), &got, &many),
                         ERR_NONE, "%s", text);
            cr_assert_str_eq(ref->communes[got].insee, cities[i].city);
        }
    }
}

Test(reference, eighteen_codes_are_a_region_and_a_department)
{
    const char *codes[] = {"01", "02", "03", "04", "06", "11",
                           "24", "27", "28", "32", "44", "52",
                           "53", "75", "76", "84", "93", "94"};

    for (size_t i = 0; i < 18; i++) {
        const struct territory_row *department =
            row(&ref->departments, codes[i]);
        const struct territory_row *region = row(&ref->regions, codes[i]);

        cr_assert(department && region, "%s", codes[i]);
        cr_assert_neq(department->ranges[0].from, region->ranges[0].from, "%s",
                      codes[i]);
    }
    cr_assert(slice_equal(row(&ref->departments, "75")->name, SLICE("Paris")));
    cr_assert(slice_equal(row(&ref->regions, "75")->name,
                          SLICE("Nouvelle-Aquitaine")));
}

Test(reference, the_collectivities_are_departments_and_regions)
{
    const char *codes[] = {"975", "977", "978", "984",
                           "986", "987", "988", "989"};

    for (size_t i = 0; i < 8; i++) {
        const struct territory_row *department =
            row(&ref->departments, codes[i]);
        const struct territory_row *region = row(&ref->regions, codes[i]);

        cr_assert(department && region, "%s", codes[i]);
        cr_assert_eq(department->ranges[0].from, region->ranges[0].from);
        cr_assert_eq(department->ranges[0].to, region->ranges[0].to);
    }
}

Test(reference, rows_that_do_not_exist_are_null)
{
    const char *codes[] = {"20", "96",  "99", "2C", "979",          "2a", "1",
                           "",   "01 ", "0",  "9",  "200054781000", "7"};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        cr_assert_null(row(&ref->departments, codes[i]), "%s", codes[i]);
        cr_assert_null(row(&ref->regions, codes[i]), "%s", codes[i]);
        cr_assert_null(row(&ref->epcis, codes[i]), "%s", codes[i]);
    }
}

Test(reference, a_commune_of_the_grand_paris_has_an_epci_and_an_ept)
{
    const struct commune *saint_denis = commune("93066");
    const struct commune *paris = commune("75056");
    const struct territory_row *ept = row(&ref->epcis, "200057867");
    size_t members = 0;

    cr_assert_str_eq(ref->epcis.at[saint_denis->epci].code, "200054781");
    cr_assert_str_eq(ref->epcis.at[saint_denis->ept].code, "200057867");
    cr_assert_eq(paris->epci, saint_denis->epci);
    cr_assert_eq(paris->ept, REFERENCE_NONE);
    cr_assert_not_null(ept);
    cr_assert(slice_equal(ept->name, SLICE("Plaine Commune")));
    for (uint32_t i = 0; i < ept->n; i++)
        members += ept->ranges[i].to - ept->ranges[i].from;
    cr_assert_eq(members, 8);
}

struct postcode_row {
    char postcode[8];
    char communes[64];
};

ParameterizedTestParameters(reference, a_postcode_is_the_communes_that_carry_it)
{
    static struct postcode_row rows[] = {
        {"33360", "33085 33099 33118 33234 33245 33349"},
        {"97150", "97801"},
        {"97133", "97701"},
        {"75001", "75056"},
        {"20167",
         "2A001 2A004 2A006 2A017 2A103 2A209 2A271 2A323 2A336 2A351"},
        {"20300", ""},
        {"00000", ""},
        {"3336", ""},
        {"", ""},
    };

    return cr_make_param_array(struct postcode_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct postcode_row *want, reference,
                  a_postcode_is_the_communes_that_carry_it, .timeout = 60)
{
    char found[16][6] = {{0}};
    char text[128] = "";
    size_t n = 99;
    const uint32_t *at = reference_postcode(ref, slice_of(want->postcode), &n);

    cr_assert_leq(n, 16);
    for (size_t i = 0; i < n; i++) {
        cr_assert(!i || at[i - 1] < at[i], "in the order of their numbers");
        memcpy(found[i], ref->communes[at[i]].insee, 6);
    }
    qsort(found, n, sizeof *found, order_text);
    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                 i ? " " : "", found[i]);
    cr_assert_str_eq(text, want->communes, "%s", want->postcode);
}

/* --- Numbers ------------------------------------------------------------- */

Test(reference, a_department_and_a_region_are_one_range)
{
    uint32_t after[2] = {0, 0};
    const struct territory_rows *tables[] = {&ref->departments, &ref->regions};

    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < tables[t]->n; i++) {
            const struct territory_row *at = &tables[t]->at[i];

            cr_assert_eq(at->n, 1, "%s", at->code);
            cr_assert_lt(at->ranges[0].from, at->ranges[0].to, "%s", at->code);
            after[t] += at->ranges[0].to - at->ranges[0].from;
        }
        cr_assert_eq(after[t], ref->n);
    }
    cr_assert_eq(ref->n, 34969);
}

Test(reference, the_ranges_of_an_epci_are_its_members_and_no_others)
{
    uint8_t *seen = calloc(ref->n, 1);
    uint32_t members = 0;

    for (size_t i = 0; i < ref->epcis.n; i++) {
        const struct territory_row *at = &ref->epcis.at[i];

        cr_assert_gt(at->n, 0, "%s", at->code);
        for (uint32_t r = 0; r < at->n; r++) {
            cr_assert(!r || at->ranges[r].from > at->ranges[r - 1].to, "%s",
                      at->code);
            for (uint32_t c = at->ranges[r].from; c < at->ranges[r].to; c++) {
                cr_assert(ref->communes[c].epci == i ||
                          ref->communes[c].ept == i);
                seen[c]++;
            }
        }
    }
    for (uint32_t c = 0; c < ref->n; c++) {
        cr_assert_eq(seen[c], (ref->communes[c].epci != REFERENCE_NONE) +
                                  (ref->communes[c].ept != REFERENCE_NONE));
        members += ref->communes[c].epci != REFERENCE_NONE;
    }
    cr_assert_eq(members, 34871);
    free(seen);
}

Test(reference, communes_stand_by_department_place_and_code)
{
    for (uint32_t i = 1; i < ref->n; i++) {
        const struct commune *a = &ref->communes[i - 1];
        const struct commune *b = &ref->communes[i];

        if (a->department != b->department)
            continue;
        cr_assert(a->place < b->place ||
                  (a->place == b->place && strcmp(a->insee, b->insee) < 0));
    }
}

Test(reference, neighbours_by_number_are_neighbours_on_the_ground)
{
    const struct range range = row(&ref->departments, "62")->ranges[0];
    unsigned far = 0;

    for (uint32_t i = range.from + 1; i < range.to; i++)
        far += reference_km(ref->communes[i - 1].at, ref->communes[i].at);
    /* By INSEE code the mean is 48 km. */
    cr_assert_leq(far, 6 * (range.to - range.from), "mean of %u communes: %u",
                  range.to - range.from, far / (range.to - range.from));
}

Test(reference, populations_are_sums)
{
    const uint64_t *people = reference_population(ref);

    cr_assert_eq(people[0], 0);
    for (uint32_t i = 0; i < ref->n; i++)
        cr_assert_eq(people[i + 1] - people[i], ref->communes[i].population);
    cr_assert_eq(commune("75056")->population, 2103778);
    cr_assert_eq(commune("98412")->population, 0, "nobody is counted there");
    cr_assert(people[ref->n] > 68000000 && people[ref->n] < 70000000);
}

Test(reference, the_same_tables_give_the_same_reference)
{
    struct reference *other;

    cr_assert_eq(reference_new(NULL, 0, &other), ERR_NONE);
    cr_assert_eq(other->n, ref->n);
    cr_assert_eq(
        memcmp(other->communes, ref->communes, ref->n * sizeof *ref->communes),
        0);
    reference_free(other);
}

/* --- Centres ------------------------------------------------------------- */

Test(reference, bundled_centres_lie_where_their_department_is)
{
    const struct commune *paris = commune("75056");

    cr_assert(paris->centred && !paris->approximate);
    for (uint32_t i = 0; i < ref->n; i++) {
        const struct commune *at = &ref->communes[i];

        if (!at->centred || (at->insee[0] == '9' && at->insee[1] > '6'))
            continue;
        cr_assert(at->lat > 41300000 && at->lat < 51200000 &&
                      at->lon > -5200000 && at->lon < 9600000,
                  "%s: %d %d", at->insee, at->lat, at->lon);
    }
}

Test(reference, communes_with_a_guessed_centre_or_none_are_counted)
{
    uint32_t approximate = 0;
    uint32_t uncentred = 0;

    for (uint32_t i = 0; i < ref->n; i++) {
        const struct commune *at = &ref->communes[i];

        approximate += at->approximate;
        uncentred += !at->centred;
        cr_assert(at->centred || (!at->approximate && !at->lat && !at->lon));
    }
    cr_assert_eq(ref->approximate, approximate);
    cr_assert_eq(ref->uncentred, uncentred);
    cr_assert_eq(uncentred, 82);
    cr_assert_eq(commune("22016")->centred, 0, "an island without EPCI");
}

/* --- The table of kilometres --------------------------------------------- */

/* Sums of three squares on both sides of rows where floor(s * s * 2^60) is
 * not floor(pow(s, 2) * 2^60): no compiler option may turn one into the
 * other. */
struct edge_row {
    unsigned km;
    int32_t last[3];  /* q = T[km] */
    int32_t after[3]; /* q = T[km] + 1 */
};

ParameterizedTestParameters(reference, rows_are_products_and_not_powers)
{
    static struct edge_row rows[] = {
        /* 72513497595335728: pow is less */
        {1602, {269283292, 68100, 40092}, {269283300, 43927, 2620}},
        /* 77084789167049808: pow is more */
        {1652, {277641472, 43960, 16132}, {277641471, 52152, 5308}},
        /* 3183083368229093440: pow is less */
        {12494, {1784119680, 580128, 10784}, {1784119772, 77644, 48561}},
    };

    return cr_make_param_array(struct edge_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct edge_row *edge, reference,
                  rows_are_products_and_not_powers, .timeout = 60)
{
    const int32_t zero[3] = {0, 0, 0};

    cr_assert_eq(reference_square(zero, edge->after),
                 reference_square(zero, edge->last) + 1);
    cr_assert(reference_within(zero, edge->last, edge->km));
    cr_assert(!reference_within(zero, edge->after, edge->km));
    cr_assert_eq(reference_km(zero, edge->last), edge->km);
    cr_assert_eq(reference_km(zero, edge->after), edge->km + 1);
}

Test(reference, nothing_is_freed_without_harm)
{
    reference_free(NULL);
}

/* A bound that is too narrow would lose people. */
Test(reference, boxes_hold_the_centres_of_their_run)
{
    struct reference *other;
    uint64_t stamp = ref->stamp;

    cr_assert_eq(ref->boxes.n, (ref->n + REFERENCE_RUN - 1) / REFERENCE_RUN);
    for (uint32_t rank = 0; rank < ref->n; rank++) {
        const struct commune *c = &ref->communes[ref->by_rank[rank]];

        cr_assert_eq(c->rank, rank);
        if (rank)
            cr_assert_geq(c->place,
                          ref->communes[ref->by_rank[rank - 1]].place);
        for (int k = 0; c->centred && k < 3; k++) {
            double v = (double)c->at[k] / 0x1p30;

            cr_assert(ref->boxes.low[k][rank / REFERENCE_RUN] <= v);
            cr_assert(ref->boxes.high[k][rank / REFERENCE_RUN] >= v);
            cr_assert_float_eq(ref->boxes.at[rank][k], v, 1e-7);
        }
    }
    cr_assert_eq(reference_new(
                     &(struct reference_import){"centres", "1", "test",
                                                SLICE("01001\t46.0\t5.0\t0\n")},
                     1, &other),
                 ERR_NONE);
    cr_assert_eq(other->stamp, stamp, "the order is the bundle's alone");
    reference_free(other);
}

static void assert_in_box(const struct reference_boxes *boxes, uint32_t rank,
                          const int32_t at[3])
{
    for (int k = 0; k < 3; k++) {
        cr_assert(boxes->low[k][rank / REFERENCE_RUN] <= at[k] / 0x1p30);
        cr_assert(boxes->high[k][rank / REFERENCE_RUN] >= at[k] / 0x1p30);
    }
}

Test(reference, wide_boxes_hold_the_bundled_centres_beside_the_imported)
{
    struct reference *other;

    cr_assert_eq(ref->wide.low[0], ref->boxes.low[0]);
    cr_assert_eq(reference_new(
                     &(struct reference_import){"centres", "1", "test",
                                                SLICE("76540\t46.0\t5.0\t0\n")},
                     1, &other),
                 ERR_NONE);
    for (uint32_t i = 0; i < ref->n; i++) {
        const struct commune *was = &ref->communes[i];
        const struct commune *is = &other->communes[i];

        cr_assert_eq(was->placed, was->centred);
        cr_assert_eq(is->placed, was->placed);
        if (!was->placed)
            continue;
        cr_assert_eq(memcmp(is->origin, was->at, sizeof is->origin), 0);
        assert_in_box(&other->wide, is->rank, is->origin);
        if (is->centred)
            assert_in_box(&other->wide, is->rank, is->at);
    }
    reference_free(other);
}
