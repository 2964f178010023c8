/*
 * Structures by chance: the laws are in world.h.
 */
#include <string.h>

#include "benchmarks/world.h"
#include "protocol/codec.h"

/* Of 100 structures, by enum kind_word. */
static const unsigned char kind_weights[kind_words] = {
    [KIND_EI] = 20,   [KIND_ACI] = 24, [KIND_AI] = 12, [KIND_ETTI] = 8,
    [KIND_EITI] = 1,  [KIND_GEIQ] = 3, [KIND_EA] = 15, [KIND_EATT] = 1,
    [KIND_ESAT] = 15, [KIND_SEP] = 1};

static int64_t draw_kind(struct draw *d)
{
    uint32_t x = draw_below(d, 100);
    int64_t kind = 0;

    for (; x >= kind_weights[kind]; kind++)
        x -= kind_weights[kind];
    return kind;
}

/* The digit that after N others makes their Luhn sum whole. */
static char check_digit(const char *text, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(text[i] - '0');

        if ((n - i) % 2)
            digit = digit * 2 - (digit > 4 ? 9 : 0);
        sum += digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

/* A SIREN of its own, and the first establishment of it. */
static struct slice make_siret(struct arena *arena, uint32_t number)
{
    char *text = arena_alloc(arena, 14);
    uint32_t n = 20000000 + number;

    if (!text)
        return (struct slice){NULL, 0};
    for (int i = 7; i >= 0; i--, n /= 10)
        text[i] = (char)('0' + n % 10);
    text[8] = check_digit(text, 8);
    memcpy(text + 9, "0001", 4);
    text[13] = check_digit(text, 13);
    return (struct slice){text, 14};
}

static struct slices department_codes(const struct world *w, struct draw *d,
                                      struct arena *arena, unsigned department)
{
    const struct territory_rows *rows = &w->ref->departments;
    struct slice *at = arena_array(arena, 2, sizeof *at);
    size_t other = (department + 1) % rows->n;

    if (!at)
        return (struct slices){NULL, 0};
    at[0] = world_zone(arena, "DEP", rows->at[department].code);
    if (!draw_percent(d, 20) ||
        w->laws->regions[other] != w->laws->regions[department])
        return (struct slices){at, 1};
    at[1] = world_zone(arena, "DEP", rows->at[other].code);
    return (struct slices){at, 2};
}

static struct slices one_code(struct arena *arena, struct slice code)
{
    struct slice *at = arena_alloc(arena, sizeof *at);

    if (!at || !code.data)
        return (struct slices){NULL, 0};
    *at = code;
    return (struct slices){at, 1};
}

static enum err draw_zone(const struct world *w, struct draw *d,
                          struct arena *arena, uint32_t home,
                          struct activity *a)
{
    unsigned department = w->ref->communes[home].department;
    unsigned region = w->laws->regions[department];
    uint32_t x = draw_below(d, 100);

    if (!(a->zone = shape_array(arena, &shape_zone, 1)))
        return ERR_NOMEM;
    if (x < 50) {
        a->zone->within_km = 20 + draw_below(d, 61);
        return ERR_NONE;
    }
    if (x < 85)
        a->zone->codes = department_codes(w, d, arena, department);
    else if (x < 97)
        a->zone->codes = one_code(
            arena, world_zone(arena, "REG", w->ref->regions.at[region].code));
    else
        a->zone->codes = one_code(arena, SLICE("FR"));
    return a->zone->codes.at ? ERR_NONE : ERR_NOMEM;
}

static void draw_capacity(struct draw *d, struct activity *a)
{
    if (draw_percent(d, 80))
        a->free_hours = draw_percent(d, 5) ? 0 : 50 + draw_below(d, 2951);
    if (draw_percent(d, 40)) {
        a->lot_min = draw_below(d, 20) * INT64_C(100000);
        a->lot_max = a->lot_min + (1 + draw_below(d, 200)) * INT64_C(1000000);
    }
    if (draw_percent(d, 10))
        a->derived = 1;
}

static enum err draw_activity(const struct world *w, struct draw *d,
                              struct arena *arena, uint32_t home,
                              struct activity *a)
{
    int64_t *mode = arena_alloc(arena, sizeof *mode);

    a->rome = world_draw_romes(w, d, arena, 1 + draw_below(d, 3));
    a->cpv = world_draw_cpvs(w, d, arena, 1 + draw_below(d, 2));
    a->sectors = world_draw_sectors(w, d, arena);
    if (!mode || !a->rome.at || !a->cpv.at || !a->sectors.at)
        return ERR_NOMEM;
    if (draw_percent(d, 20)) {
        *mode = draw_below(d, mode_words);
        a->modes = (struct ints){mode, 1};
    }
    draw_capacity(d, a);
    return draw_zone(w, d, arena, home, a);
}

static void draw_standing(const struct world *w, struct draw *d, uint32_t home,
                          struct structure *s)
{
    const struct commune *c = &w->ref->communes[home];

    s->kind = draw_kind(d);
    if (draw_percent(d, 8))
        s->status = 1 + draw_below(d, structure_status_words - 1);
    if (draw_percent(d, 60))
        s->agreement_until = world_on() - 30 + draw_below(d, 1000);
    if (draw_percent(d, 70))
        s->public_share = 30 + draw_below(d, 71);
    if (draw_percent(d, 30)) {
        s->lat = c->lat - 20000 + (int64_t)draw_below(d, 40001);
        s->lon = c->lon - 20000 + (int64_t)draw_below(d, 40001);
    }
}

enum err world_structure(const struct world *w, uint32_t number,
                         struct arena *arena, struct structure *out)
{
    struct draw d = draw_of(w->seed, DRAW_STRUCTURE, number);
    struct range country = {0, w->ref->n};
    uint32_t home = world_commune(w, &d, &country, 1);
    enum err e;

    shape_clear(&shape_structure, out);
    out->siret = make_siret(arena, number);
    out->name = SLICE("Structure");
    out->commune = world_insee(w, home);
    draw_standing(w, &d, home, out);
    out->activities.n = 1 + draw_below(&d, 3);
    out->activities.at = shape_array(arena, &shape_activity, out->activities.n);
    if (!out->siret.data || !out->activities.at)
        return ERR_NOMEM;
    for (size_t i = 0; i < out->activities.n; i++)
        if ((e = draw_activity(w, &d, arena, home, &out->activities.at[i])))
            return e;
    return ERR_NONE;
}
