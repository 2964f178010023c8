/*
 * Territories and places against plain bitmaps of communes, over the bundled
 * tables.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/place.h"
#include "engine/match/territory.h"

static struct reference *ref;
static struct arena *arena;
static uint64_t seed;

static void setup(void)
{
    cr_assert_eq(reference_new(NULL, 0, &ref), ERR_NONE);
    arena = arena_new(256u << 20);
    seed = 20261123;
}

static void teardown(void)
{
    arena_free(arena);
    reference_free(ref);
    arena = NULL;
    ref = NULL;
}

TestSuite(territory, .init = setup, .fini = teardown, .timeout = 120);

/* ---- A plain picture of the same ---------------------------------------- */

static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % n;
}

static uint32_t number(const char *insee)
{
    uint32_t n = reference_commune(ref, slice_of(insee));

    cr_assert_neq(n, REFERENCE_NONE, "no commune %s", insee);
    return n;
}

static int in_row(const struct territory_rows *rows, struct slice code,
                  uint32_t c)
{
    const struct territory_row *row = reference_row(rows, code);

    for (uint32_t i = 0; row && i < row->n; i++)
        if (c >= row->ranges[i].from && c < row->ranges[i].to)
            return 1;
    return 0;
}

static int in_circle(uint32_t middle, unsigned km, uint32_t c)
{
    const struct commune *a = &ref->communes[middle], *b = &ref->communes[c];

    return a->centred && b->centred && reference_km(a->at, b->at) <= km;
}

/* Is commune C in CODE, by the page and nothing else? */
static int in_code(struct slice code, uint32_t c)
{
    char text[32], insee[6];
    unsigned km;

    snprintf(text, sizeof text, "%.*s", (int)code.len, code.data);
    if (!strcmp(text, "FR"))
        return 1;
    if (!strncmp(text, "COM:", 4))
        return !strcmp(text + 4, ref->communes[c].insee);
    if (!strncmp(text, "DEP:", 4))
        return in_row(&ref->departments, slice_of(text + 4), c);
    if (!strncmp(text, "REG:", 4))
        return in_row(&ref->regions, slice_of(text + 4), c);
    if (!strncmp(text, "EPCI:", 5))
        return in_row(&ref->epcis, slice_of(text + 5), c);
    cr_assert_eq(sscanf(text, "NEAR:%5s:%u", insee, &km), 2, "%s", text);
    return !strcmp(insee, ref->communes[c].insee) ||
           in_circle(number(insee), km, c);
}

static unsigned char *picture(struct slices codes)
{
    unsigned char *in = calloc(ref->n, 1);

    for (size_t i = 0; i < codes.n; i++)
        for (uint32_t c = 0; c < ref->n; c++)
            in[c] |= (unsigned char)in_code(codes.at[i], c);
    return in;
}

static struct slice random_code(void)
{
    const struct commune *c = &ref->communes[random_below(ref->n)];
    const struct territory_rows *rows;

    switch (random_below(5)) {
    case 0:
        rows = &ref->departments;
        return arena_format(arena, "DEP:%s",
                            rows->at[random_below((uint32_t)rows->n)].code);
    case 1:
        rows = &ref->regions;
        return arena_format(arena, "REG:%s",
                            rows->at[random_below((uint32_t)rows->n)].code);
    case 2:
        rows = &ref->epcis;
        return arena_format(arena, "EPCI:%s",
                            rows->at[random_below((uint32_t)rows->n)].code);
    case 3:
        return arena_format(arena, "NEAR:%s:%u", c->insee, random_below(150));
    default:
        return arena_format(arena, "COM:%s", c->insee);
    }
}

static struct slices random_codes(uint32_t most)
{
    size_t n = 1 + random_below(most);
    struct slice *at = arena_array(arena, n, sizeof *at);

    for (size_t i = 0; i < n; i++)
        at[i] = random_code();
    return (struct slices){at, n};
}

static struct slices one_code(const char *code)
{
    struct slice *at = arena_array(arena, 1, sizeof *at);

    at[0] = slice_of(code);
    return (struct slices){at, 1};
}

static struct territory read_codes(struct slices codes)
{
    struct territory set;

    cr_assert_eq(territory_read(ref, arena, codes, &set), ERR_NONE);
    return set;
}

static struct territory flatten(struct territory set)
{
    struct territory flat;

    cr_assert_eq(territory_flatten(ref, arena, &set, &flat), ERR_NONE);
    cr_assert_eq(flat.n_circles, 0);
    return flat;
}

static int holds(const char *code, const char *insee)
{
    struct territory set = read_codes(one_code(code));

    return territory_holds(ref, &set, number(insee));
}

static void assert_same(const struct territory *set, const unsigned char *in)
{
    for (uint32_t c = 0; c < ref->n; c++)
        cr_assert_eq(territory_holds(ref, set, c), in[c], "%s",
                     ref->communes[c].insee);
    for (size_t i = 0; i < set->n; i++) {
        cr_assert_lt(set->ranges[i].from, set->ranges[i].to);
        cr_assert(i == 0 || set->ranges[i - 1].to < set->ranges[i].from,
                  "ranges touch");
    }
}

static struct extent picture_extent(const unsigned char *in)
{
    struct extent sum = {0, 0};

    for (uint32_t c = 0; c < ref->n; c++) {
        sum.communes += in[c];
        sum.people += in[c] ? ref->communes[c].population : 0;
    }
    return sum;
}

static void assert_extent(struct extent got, struct extent wanted)
{
    cr_assert_eq(got.communes, wanted.communes);
    cr_assert_eq(got.people, wanted.people);
}

/* ---- Sets --------------------------------------------------------------- */

Test(territory, random_codes_hold_what_the_bitmap_holds)
{
    for (int round = 0; round < 25; round++) {
        struct slices codes = random_codes(6);
        unsigned char *in = picture(codes);
        struct territory set = read_codes(codes), flat = flatten(set);

        assert_same(&set, in);
        assert_same(&flat, in);
        assert_extent(territory_extent(ref, &flat, (struct range){0, ref->n}),
                      picture_extent(in));
        free(in);
        arena_reset(arena);
    }
}

/* What zone and place have in common, cover and missing, as one round. */
static void compare_with_place(struct slices zone_codes,
                               struct slices place_codes)
{
    unsigned char *zone_in = picture(zone_codes), *in = picture(place_codes);
    struct territory zone = read_codes(zone_codes);
    struct place place;
    struct slices missing;
    size_t n = 0;
    int covered = 1;

    cr_assert_eq(place_read(ref, arena, place_codes, &place), ERR_NONE);
    assert_same(&place.set, in);
    assert_extent(place.extent, picture_extent(in));
    cr_assert_eq(place_missing(ref, arena, &place, &zone, &missing), ERR_NONE);
    for (size_t i = 0; i < place_codes.n; i++) {
        int inside = 1;

        for (uint32_t c = 0; c < ref->n; c++)
            inside &= zone_in[c] || !in_code(place_codes.at[i], c);
        if (!inside)
            cr_assert(slice_equal(missing.at[n++], place_codes.at[i]));
        covered &= inside;
    }
    cr_assert_eq(missing.n, n);
    cr_assert_eq(territory_covers(ref, &zone, &place.set), covered);
    for (uint32_t c = 0; c < ref->n; c++)
        in[c] &= zone_in[c];
    assert_extent(place_overlap(ref, &place, &zone, 0), picture_extent(in));
    free(zone_in);
    free(in);
}

Test(territory, overlap_and_missing_are_those_of_the_bitmaps)
{
    for (int round = 0; round < 25; round++) {
        compare_with_place(random_codes(5), random_codes(4));
        arena_reset(arena);
    }
}

Test(territory, overlap_with_the_whole_country_is_exact)
{
    for (int round = 0; round < 5; round++) {
        compare_with_place(random_codes(5), one_code("FR"));
        compare_with_place(one_code("FR"), random_codes(5));
        arena_reset(arena);
    }
}

Test(territory, the_nearest_commune_of_a_place_is_found)
{
    for (int round = 0; round < 60; round++) {
        struct slices codes = random_codes(3);
        unsigned char *in = picture(codes);
        struct point from = territory_point(ref, random_below(ref->n));
        int64_t best = ABSENT;
        struct place place;

        cr_assert_eq(place_read(ref, arena, codes, &place), ERR_NONE);
        for (uint32_t c = 0; from.known && c < ref->n; c++) {
            int64_t km;

            if (!in[c] || !ref->communes[c].centred)
                continue;
            km = reference_km(from.at, ref->communes[c].at);
            if (best == ABSENT || km < best)
                best = km;
        }
        cr_assert_eq(place_km(ref, &place, &from), best);
        free(in);
        arena_reset(arena);
    }
}

/* ---- Codes -------------------------------------------------------------- */

struct membership {
    char code[24];
    char insee[6];
    int in;
};

ParameterizedTestParameters(territory, a_code_holds_its_communes)
{
    static struct membership rows[] = {
        {"FR", "75056", 1},
        {"FR", "97411", 1},
        {"FR", "97801", 1},
        {"FR", "98818", 1},
        {"REG:75", "75056", 0}, /* Nouvelle-Aquitaine, not Paris */
        {"REG:75", "33063", 1},
        {"DEP:75", "75056", 1},
        {"DEP:2A", "2B033", 0},
        {"DEP:2B", "2B033", 1},
        {"REG:94", "2B033", 1},
        {"REG:94", "2A004", 1},
        {"DEP:94", "2A004", 0},
        {"DEP:978", "97801", 1},
        {"REG:978", "97801", 1},
        {"DEP:971", "97801", 0},
        {"DEP:975", "97502", 1},
        {"REG:975", "97502", 1},
        {"COM:76540", "76540", 1},
        {"COM:76540", "76217", 0},
        {"NEAR:97411:100", "97411", 1},
        {"NEAR:97411:100", "97416", 1},
        {"NEAR:97411:100", "97611", 0}, /* Mayotte: 1411 km of sea */
        {"NEAR:76540:0", "76540", 1},
        {"NEAR:76540:0", "76217", 0},
        {"EPCI:200054781", "75056", 1}, /* the metropolis */
        {"EPCI:200054781", "93066", 1},
        {"EPCI:200057867", "93066", 1}, /* one of its EPT */
        {"EPCI:200057867", "75056", 0},
        {"REG:99", "75056", 0},
        {"EPCI:999999999", "75056", 0},
        {"COM:99999", "75056", 0},
        {"NEAR:99999:900", "75056", 0},
    };

    return cr_make_param_array(struct membership, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct membership *row, territory, a_code_holds_its_communes)
{
    cr_assert_eq(holds(row->code, row->insee), row->in, "%s %s", row->code,
                 row->insee);
}

Test(territory, reunion_is_1411_km_from_mayotte)
{
    struct point from = territory_point(ref, number("97411"));
    struct place place;

    cr_assert_eq(place_read(ref, arena, one_code("COM:97611"), &place),
                 ERR_NONE);
    cr_assert_leq(llabs(place_km(ref, &place, &from) - 1411), 25);
}

Test(territory, unknown_codes_are_empty_sets_that_anything_covers)
{
    struct territory zone = read_codes(one_code("COM:76540"));
    struct slice codes[] = {SLICE("COM:76540"), SLICE("REG:99")};
    struct slices missing;
    struct place place;

    cr_assert_eq(place_read(ref, arena, (struct slices){codes, 2}, &place),
                 ERR_NONE);
    cr_assert_eq(place.extent.communes, 1);
    cr_assert_eq(place_missing(ref, arena, &place, &zone, &missing), ERR_NONE);
    cr_assert_eq(missing.n, 0);
}

Test(territory, no_codes_are_an_empty_place)
{
    struct territory zone = read_codes(one_code("FR"));
    struct point from = territory_point(ref, number("76540"));
    struct place place;

    cr_assert_eq(place_read(ref, arena, (struct slices){NULL, 0}, &place),
                 ERR_NONE);
    assert_extent(place_overlap(ref, &place, &zone, 0), (struct extent){0, 0});
    cr_assert_eq(place_km(ref, &place, &from), ABSENT);
}

/* ---- Zones -------------------------------------------------------------- */

static struct territory zone_of(const struct zone *zone, const char *home,
                                struct point from)
{
    struct territory set;

    cr_assert_eq(territory_zone(ref, arena, zone, number(home), &from, &set),
                 ERR_NONE);
    return set;
}

static void assert_only(const struct territory *set, const char *insee)
{
    struct territory flat = flatten(*set);

    cr_assert_eq(flat.n, 1);
    cr_assert_eq(flat.ranges[0].from, number(insee));
    cr_assert_eq(flat.ranges[0].to, number(insee) + 1);
}

Test(territory, no_zone_and_an_empty_one_are_the_home_commune)
{
    struct zone empty = {{NULL, 0}, ABSENT};
    struct point from = territory_point(ref, number("76540"));
    struct territory set = zone_of(NULL, "76540", from);

    assert_only(&set, "76540");
    set = zone_of(&empty, "76540", from);
    assert_only(&set, "76540");
}

Test(territory, the_home_commune_belongs_to_a_zone_elsewhere)
{
    struct zone zone = {one_code("DEP:2A"), ABSENT};
    struct territory set =
        zone_of(&zone, "76540", territory_point(ref, number("76540")));

    cr_assert(territory_holds(ref, &set, number("76540")));
    cr_assert(territory_holds(ref, &set, number("2A004")));
    cr_assert_not(territory_holds(ref, &set, number("76217")));
}

Test(territory, a_circle_is_that_of_the_structures_own_point)
{
    struct zone zone = {{NULL, 0}, 20};
    struct point own = {{0, 0, 0}, 1, 0};
    struct territory set;

    /* Homed in Rouen, standing in Marseille. */
    reference_vector(43296500, 5369800, own.at);
    set = zone_of(&zone, "76540", own);
    cr_assert(territory_holds(ref, &set, number("76540")));
    cr_assert(territory_holds(ref, &set, number("13055")));
    for (uint32_t c = 0; c < ref->n; c++) {
        int near = ref->communes[c].centred &&
                   reference_km(ref->communes[c].at, own.at) <= 20;

        cr_assert_eq(territory_holds(ref, &set, c),
                     near || c == number("76540"));
    }
}

Test(territory, a_circle_round_nowhere_is_the_home_commune)
{
    struct zone zone = {{NULL, 0}, 1000};
    struct territory set =
        zone_of(&zone, "76540", territory_point(ref, REFERENCE_NONE));

    assert_only(&set, "76540");
}

Test(territory, a_larger_circle_never_loses_a_commune)
{
    struct point from = territory_point(ref, number("63113"));
    uint64_t before = 0;

    for (int km = 0; km <= 1000; km += 125) {
        struct zone zone = {{NULL, 0}, km};
        struct territory set = flatten(zone_of(&zone, "63113", from));
        struct extent now =
            territory_extent(ref, &set, (struct range){0, ref->n});

        cr_assert_geq(now.communes, before);
        before = now.communes;
    }
    cr_assert_gt(before, 30000);
}

/* The bundled tables with an island that has no centre: it is in no EPCI. */
static void forget_centre(const char *insee)
{
    struct reference_import import = {"centres", "1", "test", {NULL, 0}};
    char *lines = calloc(ref->n, 40);
    size_t len = 0;

    for (uint32_t i = 0; i < ref->n; i++) {
        const struct commune *c = &ref->communes[i];

        if (c->centred && !c->approximate && strcmp(c->insee, insee) != 0)
            len += (size_t)snprintf(lines + len, 40, "%s\t%.6f\t%.6f\t0\n",
                                    c->insee, c->lat / 1e6, c->lon / 1e6);
    }
    import.lines = (struct slice){lines, len};
    reference_free(ref);
    cr_assert_eq(reference_new(&import, 1, &ref), ERR_NONE);
    free(lines);
}

Test(territory, a_commune_without_centre_is_in_no_circle)
{
    struct slice codes[] = {SLICE("NEAR:29019:900"), SLICE("COM:29083")};
    struct point nowhere;
    struct place place;

    forget_centre("29155");
    nowhere = territory_point(ref, number("29155"));
    cr_assert_not(nowhere.known);
    cr_assert(nowhere.approximate);
    cr_assert_not(holds("NEAR:29019:900", "29155"));
    cr_assert(holds("NEAR:29155:900", "29155"));
    cr_assert_not(holds("NEAR:29155:900", "29019"));
    compare_with_place((struct slices){codes, 2}, one_code("DEP:29"));
    cr_assert_eq(place_read(ref, arena, one_code("DEP:29"), &place), ERR_NONE);
    cr_assert(place.approximate);
    cr_assert_eq(place_km(ref, &place, &nowhere), ABSENT);
    nowhere = territory_point(ref, number("29019"));
    cr_assert_eq(place_read(ref, arena, one_code("COM:29155"), &place),
                 ERR_NONE);
    cr_assert_eq(place_km(ref, &place, &nowhere), ABSENT);
}

Test(territory, only_the_word_fr_is_nationwide)
{
    struct slice codes[] = {SLICE("REG:11"), SLICE("FR")};

    cr_assert(territory_is_nationwide((struct slices){codes, 2}));
    cr_assert_not(territory_is_nationwide((struct slices){codes, 1}));
    cr_assert_not(territory_has_near((struct slices){codes, 2}));
    cr_assert(territory_has_near(one_code("NEAR:76540:3")));
}
