/*
 * From a lot to lists of the index and to places on their way.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/activity.h"
#include "engine/match/law.h"
#include "engine/match/postings.h"
#include "engine/match/structure_ask.h"
#include "engine/match/structure_facts.h"

/* A place of more communes than this is near to nearly everybody: bounding the
 * way to each would cost more than it saves. */
#define NEAR_COMMUNES_MAX 8192

int structure_ask_fits(const struct lot_case *c)
{
    return c->start >= FACT_DAY_MIN && c->start <= FACT_DAY_MAX;
}

/* ---- Codes -------------------------------------------------------------- */

/* Jobs stand before the rest, and that by code. */
static int compare_wants(const void *left, const void *right)
{
    const struct want *a = left, *b = right;

    if ((a->job < 0) != (b->job < 0))
        return a->job < 0 ? 1 : -1;
    if (a->code != b->code)
        return a->code < b->code ? -1 : 1;
    if (a->detail != b->detail)
        return a->detail < b->detail ? -1 : 1;
    return (a->level < b->level) - (a->level > b->level);
}

/* The best level of each; repeats go. */
static size_t sort_wants(struct want *at, size_t n)
{
    size_t kept = 0;

    qsort(at, n, sizeof *at, compare_wants);
    for (size_t i = 0; i < n; i++)
        if (!kept || at[kept - 1].code != at[i].code ||
            at[kept - 1].detail != at[i].detail)
            at[kept++] = at[i];
    return kept;
}

static struct want sector_want(struct slice sector, int32_t level)
{
    return (struct want){postings_sector_code(sector),
                         structure_sector_detail(sector), level, -1};
}

/* The sectors of the groups that the lot's own are in. */
static const struct slice *group_of(const struct structure_ask *ask,
                                    struct slice sector, size_t *n)
{
    const struct reference *ref = ask->c->m->reference;
    struct slice group = reference_sector_group(ref, sector);

    *n = 0;
    return group.data ? reference_group_sectors(ref, group, n) : NULL;
}

static size_t count_wants(const struct structure_ask *ask)
{
    const struct lot *lot = ask->c->lot;
    size_t n = lot->cpv.n + lot->sectors.n + lot->jobs.n + 1, some;

    for (size_t i = 0; i < lot->sectors.n; i++) {
        group_of(ask, lot->sectors.at[i], &some);
        n += some;
    }
    return n;
}

/* Jobs of one code are one; their seats add up. */
static size_t add_jobs(struct structure_ask *ask, int64_t *seats,
                       struct want *wants)
{
    const struct job_list *jobs = &ask->c->lot->jobs;
    size_t n = 0;

    for (size_t i = 0; i < jobs->n; i++) {
        uint32_t code = postings_rome_code(jobs->at[i].rome);
        size_t k = 0;

        while (k < n && wants[k].code != code)
            k++;
        if (k == n)
            wants[n++] =
                (struct want){code, 0, ACTIVITY_LEVEL_ROME, (int32_t)k};
        seats[k] += activity_seats(&jobs->at[i]);
        ask->seats += activity_seats(&jobs->at[i]);
    }
    ask->n_jobs = n;
    return n;
}

static enum err read_wants(struct structure_ask *ask)
{
    const struct lot *lot = ask->c->lot;
    struct arena *arena = ask->c->arena;
    struct want *wants = arena_array(arena, count_wants(ask), sizeof *wants);
    int64_t *seats = arena_array(arena, lot->jobs.n + 1, sizeof *seats);
    const struct slice *group;
    size_t n, some;

    if (!wants || !seats)
        return ERR_NOMEM;
    n = add_jobs(ask, seats, wants);
    for (size_t i = 0; i < lot->cpv.n; i++)
        wants[n++] = (struct want){postings_cpv_code(lot->cpv.at[i]),
                                   structure_cpv_detail(lot->cpv.at[i]),
                                   LEVEL_BY_DIGITS, -1};
    for (size_t i = 0; i < lot->sectors.n; i++) {
        wants[n++] = sector_want(lot->sectors.at[i], ACTIVITY_LEVEL_SAME);
        group = group_of(ask, lot->sectors.at[i], &some);
        for (size_t k = 0; k < some; k++)
            wants[n++] = sector_want(group[k], ACTIVITY_LEVEL_GROUP);
    }
    if (!n)
        wants[n++] = (struct want){STRUCTURE_CODE_ALL, 0, LEVEL_ABSENT, -1};
    ask->n_wants = sort_wants(wants, n);
    ask->wants = wants;
    ask->jobs = seats;
    return ERR_NONE;
}

/* ---- Where -------------------------------------------------------------- */

/* The areas of one commune, without a walk over the tables. */
static enum err read_commune(struct structure_ask *ask, struct range **out,
                             size_t *n_out)
{
    const struct reference *ref = ask->c->m->reference;
    const struct commune *c = &ref->communes[ask->commune];
    struct range *at = arena_array(ask->c->arena, 7, sizeof *at);
    uint32_t epci = c->epci, ept = c->ept, areas[5];
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    areas[n++] = ask->commune;
    /* Sorted, and "none" is the greatest of numbers. */
    if ((epci < ept ? epci : ept) != REFERENCE_NONE)
        areas[n++] = AREA_EPCI + (epci < ept ? epci : ept);
    if (epci != ept && (epci < ept ? ept : epci) != REFERENCE_NONE)
        areas[n++] = AREA_EPCI + (epci < ept ? ept : epci);
    areas[n++] = AREA_DEPARTMENT + c->department;
    for (size_t i = 0; i < ref->regions.n; i++)
        if (area_holds(ref, (uint16_t)(AREA_REGION + i), ask->commune))
            areas[n++] = (uint32_t)(AREA_REGION + i);
    for (size_t i = 0; i < n; i++)
        at[i] = (struct range){areas[i], areas[i] + 1};
    ask->point = territory_point(ref, ask->commune);
    *out = at;
    *n_out = n;
    return ERR_NONE;
}

/* From areas to where their rows stand, and where the rest does. */
static enum err set_wheres(struct structure_ask *ask,
                           const struct range *meeting, size_t n)
{
    struct range *at = arena_array(ask->c->arena, n + 2, sizeof *at);
    int only = ask->c->m->nationwide == NATIONWIDE_ONLY;
    size_t kept = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < n && !only; i++) {
        uint16_t from = structure_where_of_area((uint16_t)meeting[i].from);
        uint16_t last = structure_where_of_area((uint16_t)(meeting[i].to - 1));

        if (kept && at[kept - 1].to >= from)
            at[kept - 1].to = last + 1u;
        else
            at[kept++] = (struct range){from, last + 1u};
    }
    at[kept++] = (struct range){AREA_COUNTRY, STRUCTURE_HIDDEN + 1u};
    ask->wheres = at;
    ask->n_wheres = kept;
    return ERR_NONE;
}

/* To a place without a centre nobody's distance is known. */
static int is_bounded(const struct lot_case *c)
{
    int32_t low[3], high[3];
    int state = 0;

    if (c->place.extent.communes > NEAR_COMMUNES_MAX ||
        c->m->without & MATCH_BOUNDS)
        return 0;
    for (size_t i = 0; !state; i++)
        state = place_box(&c->place, i, low, high);
    return state > 0;
}

static enum err read_place(struct structure_ask *ask)
{
    const struct lot_case *c = ask->c;
    const struct territory *set = &c->place.set;
    struct range *at;
    enum err e;
    size_t n;

    ask->is_placed = c->place.codes.n != 0;
    ask->commune = REFERENCE_NONE;
    if (!ask->is_placed || !set->n)
        return ERR_NONE;
    if (c->place.extent.communes == 1) {
        ask->commune = set->ranges[0].from;
        e = read_commune(ask, &at, &n);
    } else if (!(e = area_sums_read(c->m->reference, c->arena, &c->place,
                                    &ask->sums))) {
        at = (struct range *)ask->sums.meeting;
        n = ask->sums.n_meeting;
    }
    if (e || (e = set_wheres(ask, at, n)) || !is_bounded(c))
        return e;
    ask->has_near = 1;
    if (c->place.extent.people)
        ask->per_person = 1000.0 / (double)c->place.extent.people;
    return near_place(&ask->near, c);
}

enum err structure_ask_read(const struct lot_case *c, struct structure_ask *out)
{
    const struct structure_weights *w = &c->m->structure_weights;
    enum err e;

    *out = (struct structure_ask){.c = c, .start = (uint16_t)c->start};
    out->weights = (struct row_weights){
        (int32_t)w->activity, (int32_t)w->coverage, (int32_t)w->proximity,
        (int32_t)w->capacity, (int32_t)w->jobs};
    if ((e = read_wants(out)))
        return e;
    return read_place(out);
}
