#include "tests/support/chance.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

#define SECTORS "peinture\tbatiment\nvoirie\tbatiment\nrepas\talimentation\n"
#define LINKS                                                                  \
    "A1201\tA1203\tProche\nK2204\tA1203\tEvolution\nN1105\tK2204\tProche\n"

const struct reference_import chance_imports[2] = {
    {"sectors", "1", "test", {SECTORS, sizeof SECTORS - 1}},
    {"rome-links", "1", "test", {LINKS, sizeof LINKS - 1}},
};

const char *const chance_romes[] = {"A1203", "A1201", "A1204",
                                    "K2204", "K2205", "N1105"};
const char *const chance_cpvs[] = {"45000000", "45233200-1", "45211341",
                                   "77310000", "90910000"};
const char *const chance_sectors[] = {"peinture", "voirie", "repas", "inconnu"};
const size_t chance_n_romes = COUNT(chance_romes);
const size_t chance_n_cpvs = COUNT(chance_cpvs);
const size_t chance_n_sectors = COUNT(chance_sectors);

static const char *const communes[] = {"76540", "76217", "76351", "27229",
                                       "14118", "80021", "75056", "97411"};
static const char *const territories[] = {
    "COM:76540", "COM:76217",     "DEP:76",        "DEP:27",
    "REG:28",    "NEAR:76540:30", "NEAR:27229:12", "FR",
    "DEP:80",    "COM:14118",     "EPCI:200023414"};

uint32_t chance_below(struct chance *c, uint32_t n)
{
    c->seed ^= c->seed << 13;
    c->seed ^= c->seed >> 7;
    c->seed ^= c->seed << 17;
    return (uint32_t)(c->seed >> 20) % n;
}

int chance_of(struct chance *c, uint32_t percent)
{
    return chance_below(c, 100) < percent;
}

static struct slice pick(struct chance *c, const char *const *list, size_t n)
{
    return slice_of(list[chance_below(c, (uint32_t)n)]);
}

struct slices chance_some(struct chance *c, const char *const *list, size_t n,
                          uint32_t most)
{
    size_t wanted = chance_below(c, most + 1), kept = 0;
    struct slice *at = arena_array(c->arena, most + 1, sizeof *at);

    while (wanted--) {
        struct slice one = pick(c, list, n);
        size_t i = 0;

        while (i < kept && !slice_equal(at[i], one))
            i++;
        if (i == kept)
            at[kept++] = one;
    }
    return (struct slices){at, kept};
}

static struct ints pick_words(struct chance *c, uint32_t words, uint32_t most)
{
    size_t n = chance_below(c, most + 1), kept = 0;
    int64_t *at = arena_array(c->arena, most + 1, sizeof *at);

    while (n--) {
        int64_t word = chance_below(c, words);
        size_t i = 0;

        while (i < kept && at[i] != word)
            i++;
        if (i == kept)
            at[kept++] = word;
    }
    return (struct ints){at, kept};
}

static int64_t maybe_day(struct chance *c, uint32_t percent)
{
    if (!chance_of(c, percent))
        return ABSENT;
    return day("2026-11-23") + (int64_t)chance_below(c, 120) - 40;
}

static int64_t maybe(struct chance *c, uint32_t percent, uint32_t from,
                     uint32_t n)
{
    return chance_of(c, percent) ? (int64_t)from + chance_below(c, n) : ABSENT;
}

static struct zone *pick_zone(struct chance *c)
{
    struct zone *zone = shape_array(c->arena, &shape_zone, 1);

    if (chance_of(c, 50))
        zone->within_km = chance_below(c, 200);
    else
        zone->codes = chance_some(c, territories, COUNT(territories), 3);
    return chance_of(c, 80) ? zone : NULL;
}

static void fill_activity(struct chance *c, struct activity *a)
{
    a->sectors = chance_some(c, chance_sectors, chance_n_sectors, 1);
    a->cpv = chance_some(c, chance_cpvs, chance_n_cpvs, 2);
    a->rome = chance_some(c, chance_romes, chance_n_romes, 3);
    a->modes = pick_words(c, mode_words, 1);
    a->zone = pick_zone(c);
    a->free_hours = maybe(c, 60, 0, 5) == 0 ? 0 : maybe(c, 70, 1, 400);
    a->lot_min = maybe(c, 20, 0, 1000);
    a->lot_max = maybe(c, 20, 200, 1000);
    a->derived = chance_of(c, 30) ? 1 : ABSENT;
}

struct structure *chance_structure(struct chance *c, unsigned number)
{
    struct structure *s = shape_array(c->arena, &shape_structure, 1);

    *s = a_structure("", chance_below(c, kind_words), "");
    s->siret = arena_format(c->arena, "%014u", number);
    s->commune = pick(c, communes, COUNT(communes));
    s->status = chance_of(c, 90) ? STRUCTURE_ACTIVE : STRUCTURE_CLOSED;
    if (chance_of(c, 20)) {
        s->lat = 49000000 + chance_below(c, 1000000);
        s->lon = 500000 + chance_below(c, 1000000);
    }
    s->agreement_from = chance_of(c, 15) ? maybe_day(c, 50) : ABSENT;
    s->agreement_until = chance_of(c, 30) ? maybe_day(c, 50) : ABSENT;
    s->public_share = maybe(c, 70, 40, 40);
    s->activities.n = chance_below(c, 4);
    s->activities.at =
        shape_array(c->arena, &shape_activity, s->activities.n + 1);
    for (size_t i = 0; i < s->activities.n; i++)
        fill_activity(c, &s->activities.at[i]);
    return s;
}

struct profile *chance_profile(struct chance *c, unsigned number)
{
    struct profile *p = shape_array(c->arena, &shape_profile, 1);

    *p = a_profile("", "", chance_below(c, 4) ? chance_below(c, 150) : 0);
    p->id = arena_format(c->arena, "p%u", number);
    p->commune = pick(c, communes, COUNT(communes));
    p->vehicle = maybe(c, 60, 0, 2);
    p->licences = pick_words(c, licence_words, 4);
    p->rome = chance_some(c, chance_romes, chance_n_romes, 3);
    p->criteria.n = chance_below(c, 5);
    p->criteria.at = shape_array(c->arena, &shape_criterion, p->criteria.n + 1);
    for (size_t i = 0; i < p->criteria.n; i++) {
        p->criteria.at[i].code = chance_below(c, criterion_code_words);
        p->criteria.at[i].until = maybe_day(c, 50);
    }
    p->pass_until = maybe_day(c, 25);
    p->pass_suspended_until = chance_of(c, 15) ? maybe_day(c, 100) : ABSENT;
    p->hours_min = maybe(c, 30, 15, 15);
    p->hours_max = maybe(c, 30, 25, 15);
    p->available_from = maybe_day(c, 30);
    p->registered_on = maybe(c, 80, (uint32_t)day("2024-06-01"), 900);
    p->consent_on = maybe(c, 95, (uint32_t)day("2025-01-01"), 690);
    p->last_contact_on = chance_of(c, 10)
                             ? day("2026-11-23") - 700 + chance_below(c, 60)
                             : ABSENT;
    return p;
}

static void fill_clauses(struct chance *c, struct lot *lot)
{
    lot->clauses.n = chance_below(c, 3);
    lot->clauses.at = shape_array(c->arena, &shape_clause, lot->clauses.n + 1);
    for (size_t i = 0; i < lot->clauses.n; i++) {
        struct clause *clause = &lot->clauses.at[i];

        clause->kind =
            chance_of(c, 50) ? CLAUSE_EXEC : chance_below(c, clause_kind_words);
        clause->hours = maybe(c, 50, 0, 3000);
        clause->publics = pick_words(c, public_words, chance_of(c, 30) ? 4 : 0);
        clause->modes =
            pick_words(c, clause_mode_words, chance_of(c, 30) ? 2 : 0);
    }
}

static void fill_jobs(struct chance *c, struct lot *lot)
{
    lot->jobs.n = chance_below(c, 4);
    lot->jobs.at = shape_array(c->arena, &shape_job, lot->jobs.n + 1);
    for (size_t i = 0; i < lot->jobs.n; i++) {
        struct job *job = &lot->jobs.at[i];

        job->rome = pick(c, chance_romes, chance_n_romes);
        job->seats = maybe(c, 50, 1, 5);
        job->hours_week = maybe(c, 60, 20, 15);
        job->weeks = maybe(c, 60, 1, 50);
        job->start = maybe_day(c, 30);
        if (chance_of(c, 60))
            job->commune = pick(c, communes, COUNT(communes));
        job->vehicle = maybe(c, 20, 0, 2);
        job->licence = maybe(c, 15, 0, licence_words);
    }
}

struct market *chance_market(struct chance *c, unsigned number)
{
    struct market *m = shape_array(c->arena, &shape_market, 1);

    *m = a_market("", NULL, 1 + chance_below(c, 4));
    m->id = arena_format(c->arena, "M-%u", number);
    m->lots.at = shape_array(c->arena, &shape_lot, m->lots.n);
    for (size_t i = 0; i < m->lots.n; i++) {
        struct lot *lot = &m->lots.at[i];

        lot->cpv = chance_some(c, chance_cpvs, chance_n_cpvs, 2);
        lot->sectors = chance_some(c, chance_sectors, chance_n_sectors, 1);
        lot->modes = pick_words(c, mode_words, chance_of(c, 30) ? 2 : 0);
        lot->places = chance_some(c, territories, COUNT(territories), 3);
        lot->amount = maybe(c, 50, 0, 1500);
        lot->months = maybe(c, 70, 0, 12);
        lot->start = maybe_day(c, 40);
        fill_clauses(c, lot);
        fill_jobs(c, lot);
    }
    return m;
}
