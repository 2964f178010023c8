/*
 * The codes of the world: ROME in its families, links between them, CPV,
 * sectors; how often each is drawn.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/world.h"

/* The families of ROME version 3, and how many codes each has. */
static const struct {
    char name[4];
    unsigned char n;
} families[] = {
    {"A11", 1},  {"A12", 5},  {"A13", 3},  {"A14", 17}, {"A15", 4}, {"B11", 1},
    {"B12", 1},  {"B13", 3},  {"B14", 2},  {"B15", 1},  {"B16", 4}, {"B17", 1},
    {"B18", 6},  {"C11", 10}, {"C12", 7},  {"C13", 3},  {"C14", 1}, {"C15", 4},
    {"D11", 7},  {"D12", 14}, {"D13", 1},  {"D14", 8},  {"D15", 9}, {"E11", 8},
    {"E12", 5},  {"E13", 8},  {"E14", 2},  {"F11", 8},  {"F12", 4}, {"F13", 2},
    {"F14", 2},  {"F15", 3},  {"F16", 13}, {"F17", 6},  {"G11", 2}, {"G12", 6},
    {"G13", 3},  {"G14", 4},  {"G15", 3},  {"G16", 5},  {"G17", 3}, {"G18", 4},
    {"H11", 2},  {"H12", 10}, {"H13", 3},  {"H14", 4},  {"H15", 6}, {"H21", 2},
    {"H22", 9},  {"H23", 1},  {"H24", 15}, {"H25", 5},  {"H26", 5}, {"H27", 1},
    {"H28", 5},  {"H29", 14}, {"H31", 2},  {"H32", 3},  {"H33", 3}, {"H34", 4},
    {"I11", 3},  {"I12", 3},  {"I13", 10}, {"I14", 2},  {"I15", 3}, {"I16", 7},
    {"J11", 4},  {"J12", 2},  {"J13", 7},  {"J14", 12}, {"J15", 7}, {"K11", 4},
    {"K12", 7},  {"K13", 5},  {"K14", 5},  {"K15", 5},  {"K16", 2}, {"K17", 7},
    {"K18", 2},  {"K19", 4},  {"K21", 12}, {"K22", 4},  {"K23", 6}, {"K24", 2},
    {"K25", 3},  {"K26", 3},  {"L11", 3},  {"L12", 4},  {"L13", 4}, {"L14", 1},
    {"L15", 10}, {"M11", 2},  {"M12", 7},  {"M13", 2},  {"M14", 4}, {"M15", 3},
    {"M16", 9},  {"M17", 7},  {"M18", 10}, {"N11", 5},  {"N12", 2}, {"N13", 3},
    {"N21", 2},  {"N22", 5},  {"N31", 3},  {"N32", 3},  {"N41", 5}, {"N42", 4},
    {"N43", 2},  {"N44", 3},
};
#define FAMILIES (sizeof families / sizeof *families)

/* CPV divisions, most drawn first. */
static const char divisions[WORLD_DIVISIONS][3] = {
    "45", "90", "77", "79", "50", "71", "55", "85", "33", "60", "15", "39",
    "34", "44", "30", "98", "80", "92", "72", "48", "64", "18", "09", "31",
    "32", "42", "66", "70", "75", "63", "37", "38", "35", "03", "14", "16",
    "19", "22", "24", "41", "43", "51", "65", "73", "76",
};

#define ZIPF 0.7
#define LINK_BYTES 24

/* Rising sums of rank^-0.7 in whole millionths: a last bit of pow() that
 * differs between machines stays out of them. */
static void fill_zipf(uint32_t *sums, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sums[i] = sum += (uint32_t)lround(1e6 * pow((double)(i + 1), -ZIPF));
}

static void fill_romes(struct world *w)
{
    size_t at = 0;

    for (size_t f = 0; f < FAMILIES; f++)
        for (unsigned i = 1; i <= families[f].n && at < WORLD_ROMES; i++) {
            memcpy(w->romes[at], families[f].name, 3);
            w->romes[at][3] = (char)('0' + i / 10);
            w->romes[at++][4] = (char)('0' + i % 10);
        }
}

static void shuffle_ranks(struct world *w)
{
    struct draw d = draw_of(w->seed, DRAW_CODES, 0);
    uint16_t *at = w->laws->rome_at;

    for (uint16_t i = 0; i < WORLD_ROMES; i++)
        at[i] = i;
    for (uint32_t i = WORLD_ROMES - 1; i; i--) {
        uint32_t j = draw_below(&d, i + 1);
        uint16_t kept = at[i];

        at[i] = at[j];
        at[j] = kept;
    }
}

/* A wish for TARGET that shares its first SAME characters; WORLD_ROMES when
 * there is none that was not taken before. */
static uint32_t draw_link(const struct world *w, struct draw *d,
                          uint32_t target, size_t same, const uint32_t *taken,
                          size_t n)
{
    uint32_t from = draw_below(d, WORLD_ROMES);

    for (uint32_t i = 0; i < WORLD_ROMES; i++) {
        uint32_t at = (from + i) % WORLD_ROMES;
        size_t j = 0;

        if (at == target || memcmp(w->romes[at], w->romes[target], same) != 0)
            continue;
        while (j < n && taken[j] != at)
            j++;
        if (j == n)
            return at;
    }
    return WORLD_ROMES;
}

static enum err write_links(struct world *w)
{
    struct draw d = draw_of(w->seed, DRAW_CODES, 1);
    size_t room = (size_t)WORLD_ROMES * WORLD_LINKS * LINK_BYTES, len = 0;

    if (!(w->laws->link_lines = malloc(room)))
        return ERR_NOMEM;
    for (uint32_t target = 0; target < WORLD_ROMES; target++) {
        uint32_t taken[WORLD_LINKS];

        for (size_t i = 0; i < WORLD_LINKS; i++) {
            size_t same = i < 3 ? 3 : i < 6 ? 1 : 0;
            uint32_t from = draw_link(w, &d, target, same, taken, i);

            if (from == WORLD_ROMES)
                from = draw_link(w, &d, target, 0, taken, i);
            taken[i] = from;
            w->laws->links[target * WORLD_LINKS + i] = (struct world_link){
                (uint16_t)from, (uint16_t)target, i % 2 ? 500 : 700};
            len += (size_t)snprintf(w->laws->link_lines + len, room - len,
                                    "%s\t%s\t%s\n", w->romes[from],
                                    w->romes[target],
                                    i % 2 ? "Evolution" : "Proche");
        }
    }
    w->laws->imports[0] = (struct reference_import){"rome-links",
                                                    "world-1",
                                                    "benchmarks/world",
                                                    {w->laws->link_lines, len}};
    return ERR_NONE;
}

static int by_code(const void *a, const void *b)
{
    return memcmp(a, b, 5);
}

uint32_t world_rome_of(const struct world *w, struct slice rome)
{
    const char *at =
        bsearch(rome.data, w->romes, WORLD_ROMES, sizeof *w->romes, by_code);

    return (uint32_t)((size_t)(at - w->romes[0]) / sizeof *w->romes);
}

static enum err write_sectors(struct world *w)
{
    size_t room = (size_t)WORLD_SECTORS * LINK_BYTES, len = 0;

    if (!(w->laws->group_lines = malloc(room)))
        return ERR_NOMEM;
    for (unsigned i = 0; i < WORLD_SECTORS; i++) {
        snprintf(w->laws->sectors[i], sizeof *w->laws->sectors, "secteur-%02u",
                 i % 100);
        len +=
            (size_t)snprintf(w->laws->group_lines + len, room - len,
                             "%s\tgroupe-%02u\n", w->laws->sectors[i], i % 12);
    }
    w->laws->imports[1] = (struct reference_import){
        "sectors", "world-1", "benchmarks/world", {w->laws->group_lines, len}};
    return ERR_NONE;
}

enum err world_codes_init(struct world *w)
{
    enum err e;

    fill_zipf(w->laws->rome_sums, WORLD_ROMES);
    fill_zipf(w->laws->division_sums, WORLD_DIVISIONS);
    fill_zipf(w->laws->sector_sums, WORLD_SECTORS);
    fill_romes(w);
    shuffle_ranks(w);
    if ((e = write_links(w)))
        return e;
    return write_sectors(w);
}

/* ---- Draws -------------------------------------------------------------- */

uint32_t world_rome(const struct world *w, struct draw *d)
{
    return w->laws->rome_at[draw_weighed(d, w->laws->rome_sums, WORLD_ROMES)];
}

struct slice world_cpv(struct draw *d, const struct world *w,
                       struct arena *arena)
{
    size_t division = draw_weighed(d, w->laws->division_sums, WORLD_DIVISIONS);
    char *text = arena_alloc(arena, 8);
    size_t i = 2;

    if (!text)
        return (struct slice){NULL, 0};
    memset(text, '0', 8);
    memcpy(text, divisions[division], 2);
    for (; i < 8 && !draw_percent(d, 15); i++)
        text[i] = (char)('1' + draw_below(d, 4));
    return (struct slice){text, 8};
}

struct slice world_sector(const struct world *w, struct draw *d)
{
    size_t at = draw_weighed(d, w->laws->sector_sums, WORLD_SECTORS);

    return slice_of(w->laws->sectors[at]);
}

static int holds(const struct slice *at, size_t n, struct slice text)
{
    while (n--)
        if (slice_equal(at[n], text))
            return 1;
    return 0;
}

struct slices world_draw_romes(const struct world *w, struct draw *d,
                               struct arena *arena, size_t n)
{
    struct slice *at = arena_array(arena, n, sizeof *at);
    size_t kept = 0;

    while (at && n--) {
        struct slice rome = {w->romes[world_rome(w, d)], 5};

        if (!holds(at, kept, rome))
            at[kept++] = rome;
    }
    return (struct slices){at, kept};
}

struct slices world_draw_cpvs(const struct world *w, struct draw *d,
                              struct arena *arena, size_t n)
{
    struct slice *at = arena_array(arena, n, sizeof *at);
    size_t kept = 0;

    while (at && n--) {
        struct slice cpv = world_cpv(d, w, arena);

        if (!cpv.data)
            return (struct slices){NULL, 0};
        if (!holds(at, kept, cpv))
            at[kept++] = cpv;
    }
    return (struct slices){at, kept};
}

struct slices world_draw_sectors(const struct world *w, struct draw *d,
                                 struct arena *arena)
{
    struct slice *at = arena_alloc(arena, sizeof *at);

    if (!at || !draw_percent(d, 25))
        return (struct slices){at, 0};
    *at = world_sector(w, d);
    return (struct slices){at, 1};
}
