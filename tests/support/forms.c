#include "tests/support/forms.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define HUBS 4

/* "lot 170898" and "lot 300356" are one code of the index: their hashes have
 * the same 28 bits. */
#define SECTORS                                                                \
    "peinture\tbatiment\nvoirie\tbatiment\nelagage\tbatiment\n"                \
    "repas\talimentation\nlot 170898\talimentation\n"

static const char *const sectors[] = {"peinture", "voirie",     "elagage",
                                      "repas",    "lot 170898", "lot 300356",
                                      "inconnu"};
static const char *const romes[] = {"A1203", "A1201", "K2204",
                                    "N1105", "F1704", "G1605"};
static const char *const cpvs[] = {
    "45000000", "45200000", "45233200-1", "45211341", "45211340", "45453100",
    "77310000", "77300000", "90910000",   "00000000", "00100000"};

struct reference_import forms_sectors(void)
{
    return (struct reference_import){"sectors", "1", "test", SLICE(SECTORS)};
}

struct reference_import forms_centres(const struct reference *bundled,
                                      struct arena *arena)
{
    char *text = arena_alloc(arena, (size_t)bundled->n * 40);
    size_t n = 0;

    for (uint32_t i = 0; i < bundled->n; i++) {
        const struct commune *c = &bundled->communes[i];
        /* Whole departments up to two degrees away, another way each. */
        double shift =
            c->department % 2 ? 0 : c->department * 37 % 97 / 24.0 - 2;

        if (!c->centred || i % 7 == 0)
            continue;
        n += (size_t)snprintf(text + n, 40, "%s\t%.6f\t%.6f\t0\n", c->insee,
                              c->lat / 1e6 + shift * 0.6, c->lon / 1e6 - shift);
    }
    return (struct reference_import){"centres", "1", "test", {text, n}};
}

/* ---- Where -------------------------------------------------------------- */

/* Few neighbourhoods, so that homes, zones and places meet: an Alsatian, a
 * Norman, the Paris region, Réunion; and sometimes anywhere. */
static uint32_t pick_commune(struct chance *c)
{
    static const char *const hubs[HUBS] = {"67482", "76540", "75056", "97411"};
    const struct reference *ref = c->ref;
    uint32_t hub =
        reference_commune(ref, slice_of(hubs[chance_below(c, HUBS)]));
    uint32_t at = hub + chance_below(c, 400);

    if (chance_of(c, 4) && ref->n_vague)
        return ref->vague[chance_below(c, ref->n_vague)];
    if (chance_of(c, 10))
        return chance_below(c, ref->n);
    at = at > 200 ? at - 200 : 0;
    return at < ref->n ? at : ref->n - 1;
}

static uint32_t pick_row(struct chance *c, const struct territory_rows *rows)
{
    return chance_below(c, (uint32_t)rows->n);
}

static const char *region_of(const struct reference *ref, uint32_t commune)
{
    for (size_t i = 0; i < ref->regions.n; i++)
        for (uint32_t k = 0; k < ref->regions.at[i].n; k++)
            if (commune >= ref->regions.at[i].ranges[k].from &&
                commune < ref->regions.at[i].ranges[k].to)
                return ref->regions.at[i].code;
    cr_assert_fail("no region");
    return NULL;
}

/* A code that holds HOME, mostly. */
static struct slice pick_code(struct chance *c, uint32_t home)
{
    const struct reference *ref = c->ref;
    const struct commune *at = &ref->communes[home];

    if (chance_of(c, 20))
        at = &ref->communes[home = pick_commune(c)];
    switch (chance_below(c, 16)) {
    case 0:
    case 1:
        return arena_format(c->arena, "REG:%s", region_of(ref, home));
    case 2:
        return SLICE("FR");
    case 3:
        return arena_format(c->arena, "NEAR:%s:%u", at->insee,
                            chance_below(c, 60));
    case 4:
        return chance_of(c, 50) ? SLICE("COM:01001") : SLICE("DEP:99");
    case 5:
        return arena_format(c->arena, "EPCI:%s",
                            ref->epcis.at[pick_row(c, &ref->epcis)].code);
    case 6:
    case 7:
        if (at->ept != REFERENCE_NONE)
            return arena_format(c->arena, "EPCI:%s",
                                ref->epcis.at[at->ept].code);
        /* fallthrough */
    case 8:
    case 9:
        if (at->epci != REFERENCE_NONE)
            return arena_format(c->arena, "EPCI:%s",
                                ref->epcis.at[at->epci].code);
        /* fallthrough */
    case 10:
    case 11:
    case 12:
        return arena_format(c->arena, "DEP:%s",
                            ref->departments.at[at->department].code);
    default:
        return arena_format(c->arena, "COM:%s", at->insee);
    }
}

/* N codes round HOME, without repeats. */
static struct slices pick_codes(struct chance *c, uint32_t home, size_t n)
{
    struct slice *at = arena_array(c->arena, n + 1, sizeof *at);
    size_t kept = 0;

    while (n--) {
        struct slice one = pick_code(c, home);
        size_t i = 0;

        while (i < kept && !slice_equal(at[i], one))
            i++;
        if (i == kept)
            at[kept++] = one;
    }
    return (struct slices){at, kept};
}

static size_t pick_count(struct chance *c)
{
    if (chance_of(c, 60))
        return 1;
    return chance_of(c, 10) ? 20 + chance_below(c, 60) : 1 + chance_below(c, 7);
}

static struct zone *pick_zone(struct chance *c, uint32_t home)
{
    static const int64_t radii[] = {0,  1,   10,  20,  30,  50,
                                    80, 150, 254, 255, 1000};
    struct zone *zone = shape_array(c->arena, &shape_zone, 1);

    if (chance_of(c, 10))
        return chance_of(c, 50) ? NULL : zone;
    if (chance_of(c, 45))
        zone->within_km = radii[chance_below(c, COUNT(radii))];
    else
        zone->codes = pick_codes(c, home, pick_count(c));
    /* Refused at ingest, but a record may hold it. */
    if (chance_of(c, 2))
        zone->within_km = 30;
    return zone;
}

/* ---- What --------------------------------------------------------------- */

static struct ints pick_words(struct chance *c, uint32_t words, uint32_t most)
{
    uint32_t bits = 0;
    int64_t *at = arena_array(c->arena, most + 1, sizeof *at);
    size_t n = 0;

    for (uint32_t i = chance_below(c, most + 1); i; i--)
        bits |= UINT32_C(1) << chance_below(c, words);
    for (uint32_t i = 0; i < words; i++)
        if (bits >> i & 1)
            at[n++] = i;
    return (struct ints){at, n};
}

static int64_t pick_amount(struct chance *c)
{
    static const int64_t amounts[] = {
        0,     1,           49999,           50000,
        50001, 10000000000, 281474976710655, 10000000000000};

    return amounts[chance_below(c, COUNT(amounts))];
}

static void fill_activity(struct chance *c, uint32_t home, struct activity *a)
{
    a->sectors = chance_some(c, sectors, COUNT(sectors), 2);
    a->cpv = chance_some(c, cpvs, COUNT(cpvs), chance_of(c, 10) ? 10 : 3);
    a->rome = chance_some(c, romes, COUNT(romes), 3);
    a->modes = pick_words(c, mode_words, 1);
    a->zone = pick_zone(c, home);
    if (chance_of(c, 70))
        a->free_hours = chance_of(c, 10) ? 0 : chance_below(c, 400);
    if (chance_of(c, 1))
        a->free_hours = 10000000;
    if (chance_of(c, 20))
        a->lot_min = pick_amount(c);
    if (chance_of(c, 20))
        a->lot_max = pick_amount(c);
    a->derived = chance_of(c, 30) ? (int64_t)chance_below(c, 2) : ABSENT;
}

static int64_t pick_day(struct chance *c)
{
    static const int64_t days[] = {DATE_MIN, -1,    0,     1,
                                   20000,    65534, 65535, DATE_MAX};

    if (chance_of(c, 30))
        return days[chance_below(c, COUNT(days))];
    return day("2026-11-23") - 100 + chance_below(c, 200);
}

static void fill_site(struct chance *c, uint32_t home, struct structure *s)
{
    const struct commune *at = &c->ref->communes[home];

    if (chance_of(c, 3)) {
        s->lat = (int64_t)chance_below(c, 180000001) - 90000000;
        s->lon = (int64_t)chance_below(c, 360000001) - 180000000;
    } else if (chance_of(c, 35)) {
        s->lat = at->lat - 50000 + (int64_t)chance_below(c, 100000);
        s->lon = at->lon - 50000 + (int64_t)chance_below(c, 100000);
    }
}

struct structure *forms_structure(struct chance *c, unsigned number)
{
    struct structure *s = shape_array(c->arena, &shape_structure, 1);
    uint32_t home = pick_commune(c);

    *s = a_structure("", chance_below(c, kind_words), "");
    s->siret = arena_format(c->arena, "%014u", number);
    s->name = arena_format(c->arena, "Structure %u", number);
    s->commune = slice_of(c->ref->communes[home].insee);
    /* No longer a commune of the tables. */
    if (chance_of(c, 2))
        s->commune = SLICE("01033");
    s->status = chance_of(c, 93) ? STRUCTURE_ACTIVE : STRUCTURE_CLOSED;
    fill_site(c, home, s);
    s->agreement_from = chance_of(c, 15) ? pick_day(c) : ABSENT;
    s->agreement_until = chance_of(c, 25) ? pick_day(c) : ABSENT;
    s->public_share = chance_of(c, 70) ? 40 + chance_below(c, 20) : ABSENT;
    s->activities.n = chance_of(c, 1) ? 64 : chance_below(c, 5);
    s->activities.at =
        shape_array(c->arena, &shape_activity, s->activities.n + 1);
    for (size_t i = 0; i < s->activities.n; i++)
        fill_activity(c, home, &s->activities.at[i]);
    return s;
}

/* ---- Lots --------------------------------------------------------------- */

static void fill_jobs(struct chance *c, struct lot *lot)
{
    lot->jobs.n = chance_of(c, 40) ? 0 : chance_below(c, 5);
    lot->jobs.at = shape_array(c->arena, &shape_job, lot->jobs.n + 1);
    for (size_t i = 0; i < lot->jobs.n; i++) {
        struct job *job = &lot->jobs.at[i];

        job->rome = slice_of(romes[chance_below(c, COUNT(romes))]);
        if (chance_of(c, 60))
            job->seats = 1 + chance_below(c, 5);
        if (chance_of(c, 60))
            job->hours_week = 20 + chance_below(c, 15);
        if (chance_of(c, 60))
            job->weeks = chance_below(c, 50);
    }
}

static void fill_clauses(struct chance *c, struct lot *lot)
{
    lot->clauses.n = chance_below(c, 3);
    lot->clauses.at = shape_array(c->arena, &shape_clause, lot->clauses.n + 1);
    for (size_t i = 0; i < lot->clauses.n; i++) {
        struct clause *clause = &lot->clauses.at[i];

        clause->kind =
            chance_of(c, 70) ? CLAUSE_EXEC : chance_below(c, clause_kind_words);
        if (chance_of(c, 60))
            clause->hours = chance_below(c, 3000);
        if (chance_of(c, 20))
            clause->modes = pick_words(c, clause_mode_words, 2);
    }
}

static struct slices pick_places(struct chance *c)
{
    uint32_t commune = pick_commune(c);
    struct slice *at = arena_alloc(c->arena, sizeof *at);

    if (chance_of(c, 60))
        return chance_of(c, 12) ? (struct slices){NULL, 0}
                                : pick_codes(c, commune, pick_count(c));
    *at = arena_format(c->arena, "COM:%s", c->ref->communes[commune].insee);
    return (struct slices){at, 1};
}

static void fill_lot(struct chance *c, struct lot *lot)
{
    if (chance_of(c, 70))
        lot->cpv = chance_some(c, cpvs, COUNT(cpvs), 3);
    if (chance_of(c, 40))
        lot->sectors = chance_some(c, sectors, COUNT(sectors), 2);
    if (chance_of(c, 20))
        lot->modes = pick_words(c, mode_words, 2);
    lot->places = pick_places(c);
    lot->amount = chance_of(c, 50) ? pick_amount(c) : ABSENT;
    lot->months = chance_of(c, 80) ? (int64_t)chance_below(c, 20) : ABSENT;
    lot->start = chance_of(c, 30) ? pick_day(c) : ABSENT;
    fill_clauses(c, lot);
    fill_jobs(c, lot);
}

struct market *forms_market(struct chance *c, unsigned number)
{
    struct market *m = shape_array(c->arena, &shape_market, 1);

    *m = a_market("", NULL, 4);
    m->id = arena_format(c->arena, "M-%u", number);
    m->lots.at = shape_array(c->arena, &shape_lot, m->lots.n);
    for (size_t i = 0; i < m->lots.n; i++)
        fill_lot(c, &m->lots.at[i]);
    return m;
}

/* Five parts of 1000, any of them 0. */
static struct structure_weights pick_weights(struct chance *c)
{
    int64_t parts[5] = {0}, left = 1000;

    for (int i = 0; i < 4 && left; i++) {
        parts[i] = chance_of(c, 25) ? 0 : (int64_t)chance_below(c, 500);
        parts[i] = parts[i] < left ? parts[i] : left;
        left -= parts[i];
    }
    parts[4] = left;
    return (struct structure_weights){parts[0], parts[1], parts[2], parts[3],
                                      parts[4]};
}

struct match forms_match(struct chance *c, const struct reference *ref,
                         struct arena *arena)
{
    static const int64_t limits[] = {1, 2, 5, 20, 50, 1000};
    struct match m = a_match(ref, arena);

    m.limit = limits[chance_below(c, COUNT(limits))];
    if (chance_of(c, 40))
        m.nationwide = chance_below(c, nationwide_words);
    if (chance_of(c, 20))
        m.kinds = pick_words(c, kind_words, 5);
    if (chance_of(c, 50))
        m.structure_weights = pick_weights(c);
    if (chance_of(c, 8))
        m.on = pick_day(c);
    return m;
}
