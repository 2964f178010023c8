/*
 * Kilometres against the page and the haversine.  Where
 * ../shared/data/communes.tsv is at hand its centres are taken, else the
 * bundled ones.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/reference.h"

TestSuite(reference_km, .timeout = 60);

static double haversine(const double a[2], const double b[2])
{
    double rad = M_PI / 180;
    double s = sin((b[0] - a[0]) * rad / 2);
    double t = sin((b[1] - a[1]) * rad / 2);

    return 2 * 6371.0088 *
           asin(sqrt(
               fmin(1, s * s + cos(a[0] * rad) * cos(b[0] * rad) * t * t)));
}

static unsigned km(const double a[2], const double b[2])
{
    int32_t u[3];
    int32_t v[3];

    reference_vector(lround(a[0] * 1e6), lround(a[1] * 1e6), u);
    reference_vector(lround(b[0] * 1e6), lround(b[1] * 1e6), v);
    cr_assert_eq(reference_km(u, v), reference_km(v, u), "symmetric");
    return reference_km(u, v);
}

struct km_row {
    double a[2];
    double b[2];
    unsigned km;
};

ParameterizedTestParameters(reference_km, distances_are_rounded_up)
{
    static struct km_row rows[] = {
        /* Paris and Brest 505.1, Ajaccio and Bastia 104.5, Saint-Denis and
         * Mamoudzou 1,411.2: the sea is no obstacle. */
        {{48.8566, 2.3522}, {48.3904, -4.4861}, 506},
        {{41.9192, 8.7386}, {42.6973, 9.4509}, 105},
        {{-20.8789, 55.4481}, {-12.7806, 45.2278}, 1412},
        {{48.8566, 2.3522}, {48.8566, 2.3522}, 0},
        {{48.8566, 2.3522}, {48.8566, 2.352201}, 1},
        {{0, 0}, {0, 179.9}, 20004},
        {{0, 0}, {0, 180}, 20016},
        {{90, 0}, {-90, 0}, 20016},
        {{0, 179.999999}, {0, -179.999999}, 1},
    };

    return cr_make_param_array(struct km_row, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct km_row *want, reference_km, distances_are_rounded_up,
                  .timeout = 60)
{
    cr_assert_eq(km(want->a, want->b), want->km, "%u, not %u",
                 km(want->a, want->b), want->km);
}

Test(reference_km, antipodes_are_within_20016_and_no_less)
{
    int32_t a[3];
    int32_t b[3];

    reference_vector(0, 0, a);
    reference_vector(0, 180000000, b);
    cr_assert_eq(reference_within(a, b, 20015), 0);
    cr_assert_eq(reference_within(a, b, 20016), 1);
    cr_assert_eq(reference_within(a, b, UINT32_MAX), 1);
    cr_assert_eq(reference_within(a, a, 0), 1);
}

static uint64_t seed = 20261123;

static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % n;
}

Test(reference_km, kilometres_are_the_least_row_of_the_table)
{
    static uint64_t table[20016];
    unsigned before = 0;

    for (int k = 0; k <= 20015; k++) {
        double chord = 2 * sin(k / (2 * 6371.0088));

        table[k] = (uint64_t)floor(chord * chord * pow(2, 60));
        cr_assert(!k || table[k] > table[k - 1]);
    }
    /* Along a circle: ever farther, and each time the row of the page. */
    for (int step = 0; step <= 360000; step++) {
        int32_t a[3];
        int32_t b[3];
        uint64_t q = 0;
        unsigned got;

        reference_vector(41000000, 1000000, a);
        reference_vector(41000000 + step * 360L, 1000000, b);
        for (int i = 0; i < 3; i++)
            q += (uint64_t)(((int64_t)a[i] - b[i]) * ((int64_t)a[i] - b[i]));
        got = reference_km(a, b);
        cr_assert_eq(reference_square(a, b), q);
        cr_assert(reference_within(a, b, got) &&
                  reference_within(a, b, got + 1));
        cr_assert(!got || !reference_within(a, b, got - 1));
        cr_assert_leq(q, table[got]);
        cr_assert(!got || q > table[got - 1]);
        cr_assert(got >= before && got <= before + 1);
        before = got;
    }
}

/* Every line of the official table that has a centre, as an import. */
static char *official_centres(void)
{
    FILE *file = fopen("../shared/data/communes.tsv", "r");
    char *lines = NULL;
    size_t room;
    FILE *out;
    char line[1024];

    if (!file)
        return NULL;
    out = open_memstream(&lines, &room);
    while (fgets(line, sizeof line, file)) {
        char *rest = line;
        char *cell[11];

        for (int i = 0; i < 11; i++)
            cell[i] = strsep(&rest, "\t");
        if (cell[10] && *cell[9] && strcmp(cell[0], "insee") != 0)
            fprintf(out, "%s\t%s\t%s\t0\n", cell[0], cell[9], cell[10]);
    }
    fclose(out);
    fclose(file);
    return lines;
}

Test(reference_km, distances_agree_with_the_haversine_within_ten_metres)
{
    char *lines = official_centres();
    struct reference_import official = {"centres", "1", "a test",
                                        slice_of(lines ? lines : "")};
    struct reference *ref;

    cr_assert_eq(reference_new(&official, lines != NULL, &ref), ERR_NONE);
    free(lines);
    for (int i = 0; i < 200000; i++) {
        const struct commune *a = &ref->communes[random_below(ref->n)];
        const struct commune *b = &ref->communes[random_below(ref->n)];
        double from[2] = {a->lat / 1e6, a->lon / 1e6};
        double to[2] = {b->lat / 1e6, b->lon / 1e6};
        double true_km = haversine(from, to);
        unsigned got = reference_km(a->at, b->at);

        if (!a->centred || !b->centred)
            continue;
        cr_assert(got >= ceil(true_km - 0.01) && got <= ceil(true_km + 0.01),
                  "%s %s: %u, not %f", a->insee, b->insee, got, true_km);
    }
    reference_free(ref);
}
