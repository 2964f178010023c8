/*
 * Facilitators read, those who are away replaced, and the country painted with
 * the narrowest codes first.
 */
#include "engine/match/cover.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/areas.h"
#include "engine/match/markets.h"
#include "protocol/codec.h"

/* Records and sets: a thousand facilitators take some MiB. */
#define COVER_BYTES_MAX ((size_t)256 << 20)

/* ---- Who answers -------------------------------------------------------- */

static enum err grow(struct cover *c, size_t *room)
{
    size_t more = *room ? 2 * *room : 64;
    struct facilitator *at = realloc(c->at, more * sizeof *at);

    if (!at)
        return ERR_NOMEM;
    c->at = at;
    *room = more;
    return ERR_NONE;
}

static enum err read_all(struct cover *c, struct match *m)
{
    struct slice id = {NULL, 0};
    struct record record;
    size_t room = 0;
    enum err e;

    while (!(e = store_next(m->view, ENTITY_FACILITATOR, id, &id, &record))) {
        if ((c->n == room && (e = grow(c, &room))) ||
            (e = protocol_decode_trusted(&shape_facilitator, record.body,
                                         c->arena, &c->at[c->n])))
            return e;
        c->n++;
        m->scanned++;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static int compare_ids(const void *id, const void *facilitator)
{
    return slice_compare(*(const struct slice *)id,
                         ((const struct facilitator *)facilitator)->id);
}

static uint32_t find(const struct cover *c, struct slice id)
{
    const struct facilitator *found =
        c->n ? bsearch(&id, c->at, c->n, sizeof *c->at, compare_ids) : NULL;

    return found ? (uint32_t)(found - c->at) : COVER_NOBODY;
}

/* ABSENT is before all days, so only the last one has to ask for it. */
static int is_away(const struct facilitator *f, int64_t on)
{
    return (f->absent_from != ABSENT || f->absent_until != ABSENT) &&
           f->absent_from <= on &&
           (f->absent_until == ABSENT || f->absent_until >= on);
}

/* A backup that is away itself is none: there is no chain of them. */
static uint32_t who_answers(const struct cover *c, uint32_t i, int64_t on)
{
    uint32_t backup;

    if (!is_away(&c->at[i], on))
        return i;
    backup = c->at[i].backup.data ? find(c, c->at[i].backup) : COVER_NOBODY;
    return backup == COVER_NOBODY || is_away(&c->at[backup], on) ? COVER_NOBODY
                                                                 : backup;
}

/* ---- What they cover ---------------------------------------------------- */

static int64_t level_of(struct slice code)
{
    if (code.len > 5 && !memcmp(code.data, "EPCI:", 5))
        return STEP_EPCI;
    if (code.len > 4 && !memcmp(code.data, "COM:", 4))
        return STEP_COMMUNE;
    return code.len > 5 && !memcmp(code.data, "NEAR:", 5) ? STEP_COMMUNE
                                                          : STEP_DEPARTMENT;
}

/* Add the codes of LEVEL that F has to the set of who answers for it. */
static enum err add_codes(struct cover *c, const struct facilitator *f,
                          int64_t level, struct territory *set)
{
    struct slice *codes =
        arena_array(c->arena, f->territories.n + 1, sizeof *codes);
    struct territory both[2] = {*set};
    struct territory read;
    size_t n = 0;
    enum err e;

    if (!codes)
        return ERR_NOMEM;
    for (size_t i = 0; i < f->territories.n; i++)
        if (level_of(f->territories.at[i]) == level)
            codes[n++] = f->territories.at[i];
    if (!n)
        return ERR_NONE;
    if ((e = territory_read(c->reference, c->arena, (struct slices){codes, n},
                            &read)) ||
        (e = territory_flatten(c->reference, c->arena, &read, &both[1])))
        return e;
    return territory_union(c->arena, both, 2, set);
}

static enum err read_sets(struct cover *c)
{
    enum err e = ERR_NONE;

    for (size_t i = 0; i < c->n; i++)
        for (int64_t level = 0; level < COVER_LEVELS && !e; level++)
            if (c->answers[i] != COVER_NOBODY)
                e = add_codes(c, &c->at[i], level,
                              &c->sets[c->answers[i]][level]);
    return e;
}

/* Every commune gets the narrowest level there is. */
static void paint(struct cover *c)
{
    memset(c->step, STEP_WHITE_ZONE, c->reference->n);
    for (size_t i = 0; i < c->n; i++)
        for (uint8_t level = 0; level < COVER_LEVELS; level++) {
            const struct territory *set = &c->sets[i][level];

            for (size_t k = 0; k < set->n; k++)
                for (uint32_t at = set->ranges[k].from; at < set->ranges[k].to;
                     at++)
                    if (level < c->step[at])
                        c->step[at] = level;
        }
}

/* The runs of communes of SET whose step is STEP; OUT NULL only counts. */
static size_t runs_of(const struct cover *c, const struct territory *set,
                      uint8_t step, struct range *out)
{
    size_t n = 0;

    for (size_t k = 0; k < set->n; k++) {
        int inside = 0;

        for (uint32_t at = set->ranges[k].from; at < set->ranges[k].to; at++) {
            int belongs = c->step[at] == step;

            if (belongs && !inside && out)
                out[n].from = at;
            if (belongs && out)
                out[n - inside].to = at + 1;
            n += belongs && !inside;
            inside = belongs;
        }
    }
    return n;
}

/* Leave what belongs to a narrower code to whoever has that. */
static enum err narrow(struct cover *c, struct territory *set, uint8_t step)
{
    size_t n = runs_of(c, set, step, NULL);
    struct range *ranges = arena_array(c->arena, n + 1, sizeof *ranges);

    if (!ranges)
        return ERR_NOMEM;
    runs_of(c, set, step, ranges);
    *set = (struct territory){ranges, n, NULL, 0};
    return ERR_NONE;
}

static enum err narrow_all(struct cover *c)
{
    struct range all = {0, c->reference->n};
    enum err e;

    c->blank = (struct territory){&all, 1, NULL, 0};
    e = narrow(c, &c->blank, STEP_WHITE_ZONE);
    for (size_t i = 0; i < c->n; i++)
        for (uint8_t level = 0; level < COVER_LEVELS && !e; level++)
            if (c->sets[i][level].n)
                e = narrow(c, &c->sets[i][level], level);
    return e;
}

enum err cover_read(struct match *m, struct cover *out)
{
    struct cover *c = out;
    enum err e;

    memset(c, 0, sizeof *c);
    c->reference = m->reference;
    if (!(c->arena = arena_new(COVER_BYTES_MAX)))
        return ERR_NOMEM;
    if ((e = read_all(c, m)))
        return e;
    c->answers = arena_array(c->arena, c->n + 1, sizeof *c->answers);
    c->step = arena_array(c->arena, c->reference->n, sizeof *c->step);
    c->sets = arena_array(c->arena, c->n + 1, sizeof *c->sets);
    if (!c->answers || !c->step || !c->sets)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < c->n; i++)
        c->answers[i] = who_answers(c, i, m->on);
    if ((e = read_sets(c)))
        return e;
    paint(c);
    return narrow_all(c);
}

void cover_fini(struct cover *c)
{
    arena_free(c->arena);
    free(c->at);
    c->arena = NULL;
    c->at = NULL;
}

uint32_t cover_coordinator(const struct cover *c, uint32_t i, uint32_t commune)
{
    const struct slices *regions = &c->at[i].coordinator_of;

    for (size_t k = 0; k < regions->n; k++)
        if (area_holds(c->reference, area_of(c->reference, regions->at[k]),
                       commune))
            return c->answers[i];
    return COVER_NOBODY;
}

/* ---- Places ------------------------------------------------------------- */

/* The communes that jobs name. */
static enum err place_of_jobs(const struct reference *ref, struct arena *arena,
                              const struct lot *lot, struct territory *out)
{
    struct territory *sets = arena_array(arena, lot->jobs.n + 1, sizeof *sets);
    struct range *ranges = arena_array(arena, lot->jobs.n + 1, sizeof *ranges);
    size_t n = 0;

    if (!sets || !ranges)
        return ERR_NOMEM;
    for (size_t i = 0; i < lot->jobs.n; i++) {
        uint32_t commune = lot->jobs.at[i].commune.data
                               ? reference_commune(ref, lot->jobs.at[i].commune)
                               : REFERENCE_NONE;

        if (commune == REFERENCE_NONE)
            continue;
        ranges[n] = (struct range){commune, commune + 1};
        sets[n] = (struct territory){&ranges[n], 1, NULL, 0};
        n++;
    }
    return territory_union(arena, sets, n, out);
}

enum err cover_place(const struct reference *ref, struct arena *arena,
                     const struct lot *lot, struct territory *out)
{
    struct territory read;
    enum err e;

    if (!lot->places.n)
        return place_of_jobs(ref, arena, lot, out);
    e = territory_read(ref, arena, lot->places, &read);
    return e ? e : territory_flatten(ref, arena, &read, out);
}

struct walk {
    struct match *m;
    cover_on_market *on;
    void *context;
};

static enum err tell_market(void *context, const struct market *market,
                            struct arena *scratch)
{
    struct walk *walk = context;
    struct territory *sets, whole;
    enum err e;

    if (!(sets = arena_array(scratch, market->lots.n + 1, sizeof *sets)))
        return ERR_NOMEM;
    for (size_t i = 0; i < market->lots.n; i++)
        if ((e = cover_place(walk->m->reference, scratch, &market->lots.at[i],
                             &sets[i])))
            return e;
    if (!(e = territory_union(scratch, sets, market->lots.n, &whole)))
        walk->on(walk->context, &whole);
    return e;
}

enum err cover_each_open(struct match *m, cover_on_market *on, void *context)
{
    struct walk walk = {m, on, context};

    return markets_each(m, match_market_open, tell_market, &walk);
}
