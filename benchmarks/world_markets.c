/*
 * Markets by chance, with their lots, clauses and jobs: the laws are in
 * world.h.
 */
#include <string.h>

#include "benchmarks/world.h"
#include "protocol/codec.h"

/* Where the jobs of a lot are. */
struct site {
    const struct range *ranges;
    size_t n;
    struct range one;
};

static const struct {
    unsigned char percent;
    unsigned char kind;
} clause_law[] = {
    {55, CLAUSE_EXEC},     {12, CLAUSE_CRIT},    {8, CLAUSE_EXEC_MANDATORY},
    {8, CLAUSE_RES_IAE},   {6, CLAUSE_RES_HAND}, {4, CLAUSE_RES_MIX},
    {3, CLAUSE_OBJ},       {2, CLAUSE_RES_ESS},  {1, CLAUSE_PRIVATE},
    {1, CLAUSE_RES_PRISON}};

/* Publics as notices list them. */
static const unsigned char public_law[] = {
    PUBLIC_DELD,  PUBLIC_DELD,  PUBLIC_DELD,     PUBLIC_BRSA,
    PUBLIC_BRSA,  PUBLIC_BRSA,  PUBLIC_BOETH,    PUBLIC_BOETH,
    PUBLIC_JEUNE, PUBLIC_JEUNE, PUBLIC_SENIOR50, PUBLIC_QPV,
    PUBLIC_QPV,   PUBLIC_IAE,   PUBLIC_REFUGIE,  PUBLIC_ASS};

static enum err draw_publics(struct draw *d, struct arena *arena,
                             struct clause *c)
{
    int64_t *at = arena_array(arena, 4, sizeof *at);
    uint32_t taken = 0;
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (uint32_t left = 1 + draw_below(d, 4); left; left--) {
        uint32_t which = public_law[draw_below(d, sizeof public_law)];

        if (!(taken >> which & 1))
            at[n++] = which;
        taken |= UINT32_C(1) << which;
    }
    c->publics = (struct ints){at, n};
    return ERR_NONE;
}

/* A second clause reserves nothing: two reservations are refused. */
static enum err draw_clause(struct draw *d, struct arena *arena, int second,
                            struct clause *c)
{
    uint32_t x = draw_below(d, 100);
    int64_t *mode = arena_alloc(arena, sizeof *mode);
    size_t law = 0;

    if (!mode)
        return ERR_NOMEM;
    for (; x >= clause_law[law].percent; law++)
        x -= clause_law[law].percent;
    c->kind = second ? CLAUSE_CRIT : clause_law[law].kind;
    if (draw_percent(d, 80))
        c->hours = 100 + draw_below(d, 4901);
    if (draw_percent(d, 25)) {
        *mode = draw_below(d, clause_mode_words);
        c->modes = (struct ints){mode, 1};
    }
    return draw_percent(d, 60) ? draw_publics(d, arena, c) : ERR_NONE;
}

static enum err draw_clauses(struct draw *d, struct arena *arena,
                             struct lot *lot)
{
    enum err e;

    lot->clauses.n = draw_percent(d, 30) ? 2 : 1;
    lot->clauses.at = shape_array(arena, &shape_clause, lot->clauses.n);
    if (!lot->clauses.at)
        return ERR_NOMEM;
    for (size_t i = 0; i < lot->clauses.n; i++)
        if ((e = draw_clause(d, arena, i > 0, &lot->clauses.at[i])))
            return e;
    return ERR_NONE;
}

static void draw_job(const struct world *w, struct draw *d,
                     const struct site *site, struct job *job)
{
    job->rome = (struct slice){w->romes[world_rome(w, d)], 5};
    job->commune = world_insee(w, world_commune(w, d, site->ranges, site->n));
    if (draw_percent(d, 70))
        job->seats = 1 + draw_below(d, 5);
    if (draw_percent(d, 80))
        job->hours_week = 20 + draw_below(d, 16);
    if (draw_percent(d, 80))
        job->weeks = 4 + draw_below(d, 49);
    if (draw_percent(d, 50))
        job->start = world_on() + 10 + draw_below(d, 201);
    if (draw_percent(d, 15))
        job->vehicle = 1;
    if (draw_percent(d, 12))
        job->licence = draw_below(d, 6) ? LICENCE_B : LICENCE_C;
}

/* ---- Places ------------------------------------------------------------- */

static struct slice department_zone(const struct world *w, struct arena *arena,
                                    size_t department)
{
    return world_zone(arena, "DEP", w->ref->departments.at[department].code);
}

/* Departments that follow each other in the table, of one region where it
 * goes round. */
static size_t several(const struct world *w, struct draw *d,
                      struct arena *arena, size_t department, struct slice *at)
{
    size_t wanted = 2 + draw_below(d, 3), n = 0;
    size_t all = w->ref->departments.n;

    for (size_t i = 0; i < all && n < wanted; i++) {
        size_t other = (department + i) % all;

        if (w->laws->regions[other] == w->laws->regions[department])
            at[n++] = department_zone(w, arena, other);
    }
    return n;
}

static enum err draw_place(const struct world *w, struct draw *d,
                           struct arena *arena, struct lot *lot,
                           struct site *site)
{
    struct range country = {0, w->ref->n};
    uint32_t home = world_commune(w, d, &country, 1), x = draw_below(d, 100);
    const struct commune *c = &w->ref->communes[home];
    const struct territory_row *row = &w->ref->departments.at[c->department];
    struct slice *at = arena_array(arena, 4, sizeof *at);
    size_t n = 1;

    if (!at)
        return ERR_NOMEM;
    site->one = (struct range){home, home + 1};
    *site = (struct site){&site->one, 1, site->one};
    if (x < 60 || (x < 75 && c->epci == REFERENCE_NONE)) {
        at[0] = world_zone(arena, "COM", c->insee);
    } else if (x < 97) {
        if (x < 75)
            row = &w->ref->epcis.at[c->epci];
        site->ranges = row->ranges;
        site->n = row->n;
        if (x < 75)
            at[0] = world_zone(arena, "EPCI", row->code);
        else if (x < 90)
            at[0] = department_zone(w, arena, c->department);
        else
            n = several(w, d, arena, c->department, at);
    } else {
        row = &w->ref->regions.at[w->laws->regions[c->department]];
        site->ranges = row->ranges;
        site->n = row->n;
        at[0] = world_zone(arena, "REG", row->code);
    }
    lot->places = (struct slices){at, n};
    return at[0].data ? ERR_NONE : ERR_NOMEM;
}

static enum err draw_lot(const struct world *w, struct draw *d,
                         struct arena *arena, struct lot *lot)
{
    struct site site;
    enum err e;

    lot->cpv = world_draw_cpvs(w, d, arena, 1 + draw_below(d, 2));
    lot->sectors = world_draw_sectors(w, d, arena);
    if (!lot->cpv.at || !lot->sectors.at)
        return ERR_NOMEM;
    if (draw_percent(d, 80))
        lot->amount = (1 + draw_below(d, 2000)) * INT64_C(1000000);
    if (draw_percent(d, 90))
        lot->months = 1 + draw_below(d, 48);
    lot->start = world_on() + 10 + draw_below(d, 171);
    if ((e = draw_place(w, d, arena, lot, &site)) ||
        (e = draw_clauses(d, arena, lot)))
        return e;
    lot->jobs.n = 1 + draw_below(d, 3);
    if (!(lot->jobs.at = shape_array(arena, &shape_job, lot->jobs.n)))
        return ERR_NOMEM;
    for (size_t i = 0; i < lot->jobs.n; i++)
        draw_job(w, d, &site, &lot->jobs.at[i]);
    return ERR_NONE;
}

enum err world_market(const struct world *w, uint32_t number,
                      struct arena *arena, struct market *out)
{
    struct draw d = draw_of(w->seed, DRAW_MARKET, number);
    enum err e;

    shape_clear(&shape_market, out);
    /* The first draw was the number of lots (world.c). */
    (void)draw_next(&d);
    out->id = arena_format(arena, "M%07u", number + 1);
    out->deadline = (world_on() + 10 + draw_below(&d, 60)) * 86400;
    out->lots.n = w->lots[number + 1] - w->lots[number];
    out->lots.at = shape_array(arena, &shape_lot, out->lots.n);
    if (!out->id.len || !out->lots.at)
        return ERR_NOMEM;
    for (size_t i = 0; i < out->lots.n; i++)
        if ((e = draw_lot(w, &d, arena, &out->lots.at[i])))
            return e;
    return ERR_NONE;
}
