/*
 * Profiles, structures and markets as rows.
 */
#include "benchmarks/world_dump.h"
#include "engine/match/order.h"
#include "engine/match/territory.h"

static int64_t commune_of(const struct dump *d, struct slice insee)
{
    return reference_commune(d->world->ref, insee);
}

/* ---- profiles, postings ------------------------------------------------- */

static void dump_criteria(FILE *f, const struct criterion_list *list)
{
    int64_t codes[32], untils[32], bits = 0;

    for (size_t i = 0; i < list->n; i++) {
        codes[i] = list->at[i].code;
        untils[i] = list->at[i].until;
        bits |= INT64_C(1) << codes[i];
    }
    dump_int(f, bits, '\t');
    dump_ints(f, codes, list->n, '\t');
    dump_ints(f, untils, list->n, '\t');
}

static void dump_profile(struct dump *d, uint32_t number,
                         const struct profile *p)
{
    FILE *f = d->at[0];

    dump_int(f, number, '\t');
    dump_text(f, p->id, '\t');
    dump_hash(f, order_hash(p->id), '\t');
    dump_int(f, commune_of(d, p->commune), '\t');
    dump_int(f, p->mobility_km, '\t');
    dump_int(f, p->vehicle, '\t');
    dump_int(f, dump_bits(p->licences), '\t');
    dump_criteria(f, &p->criteria);
    dump_int(f, p->pass_until, '\t');
    dump_int(f, p->pass_suspended_until, '\t');
    dump_int(f, p->hours_min, '\t');
    dump_int(f, p->hours_max, '\t');
    dump_int(f, p->available_from, '\t');
    dump_int(f, p->registered_on, '\t');
    dump_int(f, p->consent_on, '\t');
    dump_int(f, p->last_contact_on, '\n');
    for (size_t i = 0; i < p->rome.n; i++) {
        dump_int(d->at[1], world_rome_of(d->world, p->rome.at[i]), '\t');
        dump_int(d->at[1], number, '\n');
    }
}

enum err dump_profiles(struct dump *d)
{
    for (uint32_t i = 0; i < d->world->size.profiles; i++) {
        struct profile p;
        enum err e;

        arena_reset(d->arena);
        if ((e = world_profile(d->world, i, d->arena, &p)))
            return e;
        dump_profile(d, i, &p);
    }
    return ERR_NONE;
}

/* ---- structures, activities, their codes, zones ------------------------- */

/* "NUMBER, OTHER, " that begin the rows of a part. */
static FILE *begin_row(FILE *f, int64_t number, int64_t other)
{
    dump_int(f, number, '\t');
    if (other != ABSENT)
        dump_int(f, other, '\t');
    return f;
}

static void dump_codes_of(FILE *f, int64_t number, int64_t other,
                          struct slice type, struct slices codes)
{
    for (size_t i = 0; i < codes.n; i++) {
        begin_row(f, number, other);
        if (type.len)
            dump_text(f, type, '\t');
        dump_text(f, codes.at[i], '\n');
    }
}

static void dump_activity(struct dump *d, int64_t number, int64_t at,
                          const struct activity *a)
{
    FILE *f = begin_row(d->at[1], number, at);

    dump_int(f, dump_bits(a->modes), '\t');
    dump_int(f, a->zone->within_km, '\t');
    dump_int(f, territory_is_nationwide(a->zone->codes), '\t');
    dump_int(f, a->free_hours, '\t');
    dump_int(f, a->lot_min, '\t');
    dump_int(f, a->lot_max, '\t');
    dump_int(f, a->derived == 1, '\n');
    for (size_t i = 0; i < a->rome.n; i++)
        dump_int(begin_row(d->at[2], number, at),
                 world_rome_of(d->world, a->rome.at[i]), '\n');
    dump_codes_of(d->at[3], number, at, SLICE("C"), a->cpv);
    dump_codes_of(d->at[3], number, at, SLICE("S"), a->sectors);
    dump_codes_of(d->at[4], number, at, SLICE(""), a->zone->codes);
}

static void dump_structure(struct dump *d, int64_t number,
                           const struct structure *s)
{
    struct slice kind = slice_of(words_kind.words[s->kind]);
    struct slice id = arena_format(d->arena, "%.*s-%s", (int)s->siret.len,
                                   s->siret.data, kind.data);
    uint32_t home = reference_commune(d->world->ref, s->commune);
    struct point from = territory_point(d->world->ref, home);
    FILE *f = d->at[0];

    if (s->lat != ABSENT && s->lon != ABSENT)
        reference_vector(s->lat, s->lon, from.at);
    dump_int(f, number, '\t');
    dump_text(f, id, '\t');
    dump_hash(f, order_hash(id), '\t');
    dump_int(f, s->kind, '\t');
    dump_int(f, home, '\t');
    for (int axis = 0; axis < 3; axis++)
        dump_int(f, from.at[axis], '\t');
    dump_int(f, s->status, '\t');
    dump_int(f, s->agreement_from, '\t');
    dump_int(f, s->agreement_until, '\t');
    dump_int(f, s->public_share, '\n');
}

enum err dump_structures(struct dump *d)
{
    for (uint32_t i = 0; i < d->world->size.structures; i++) {
        struct structure s;
        enum err e;

        arena_reset(d->arena);
        if ((e = world_structure(d->world, i, d->arena, &s)))
            return e;
        dump_structure(d, i, &s);
        for (size_t a = 0; a < s.activities.n; a++)
            dump_activity(d, i, (int64_t)a, &s.activities.at[a]);
    }
    return ERR_NONE;
}

/* ---- lots, clauses, jobs, places, codes --------------------------------- */

static void dump_clause(FILE *f, int64_t lot, const struct clause *c)
{
    begin_row(f, lot, c->kind);
    dump_int(f, c->hours, '\t');
    dump_int(f, dump_bits(c->publics), '\t');
    dump_int(f, dump_bits(c->modes), '\n');
}

static void dump_job(struct dump *d, int64_t lot, int64_t number, uint64_t key,
                     const struct job *j)
{
    FILE *f = begin_row(d->at[2], lot, number);

    dump_hash(f, order_hash_number(key, number), '\t');
    dump_int(f, world_rome_of(d->world, j->rome), '\t');
    dump_int(f, commune_of(d, j->commune), '\t');
    dump_int(f, j->seats, '\t');
    dump_int(f, j->hours_week, '\t');
    dump_int(f, j->weeks, '\t');
    dump_int(f, j->start, '\t');
    dump_int(f, j->vehicle, '\t');
    dump_int(f, j->licence, '\n');
}

static void dump_lot(struct dump *d, int64_t number, const struct market *m,
                     size_t at)
{
    const struct lot *lot = &m->lots.at[at];
    uint64_t key = order_hash_number(order_hash(m->id), (int64_t)at + 1);
    FILE *f = d->at[0];

    dump_int(f, number, '\t');
    dump_text(f, m->id, '\t');
    dump_int(f, (int64_t)at + 1, '\t');
    dump_hash(f, key, '\t');
    dump_int(f, lot->start, '\t');
    dump_int(f, lot->amount, '\t');
    dump_int(f, lot->months, '\t');
    dump_int(f, dump_bits(lot->modes), '\n');
    for (size_t i = 0; i < lot->clauses.n; i++)
        dump_clause(d->at[1], number, &lot->clauses.at[i]);
    for (size_t i = 0; i < lot->jobs.n; i++)
        dump_job(d, number, (int64_t)i + 1, key, &lot->jobs.at[i]);
    dump_codes_of(d->at[3], number, ABSENT, SLICE(""), lot->places);
    dump_codes_of(d->at[4], number, ABSENT, SLICE("C"), lot->cpv);
    dump_codes_of(d->at[4], number, ABSENT, SLICE("S"), lot->sectors);
}

enum err dump_markets(struct dump *d)
{
    for (uint32_t i = 0; i < d->world->markets; i++) {
        struct market m;
        enum err e;

        arena_reset(d->arena);
        if ((e = world_market(d->world, i, d->arena, &m)))
            return e;
        for (size_t at = 0; at < m.lots.n; at++)
            dump_lot(d, d->world->lots[i] + (int64_t)at, &m, at);
    }
    return ERR_NONE;
}
