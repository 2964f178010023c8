/*
 * What each candidate covers of a lot, and who of many is considered.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/match/groups_parts.h"
#include "engine/match/law.h"
#include "engine/match/order.h"

/* ---- Candidates --------------------------------------------------------- */

static enum err read_place(struct composing *g)
{
    const struct reference *ref = g->m->reference;
    const struct place *place = &g->c.place;
    enum err e = territory_flatten(ref, g->c.arena, &place->set, &g->place);

    g->codes = arena_array(g->c.arena, place->codes.n + 1, sizeof *g->codes);
    if (!e && !g->codes)
        e = ERR_NOMEM;
    for (size_t i = 0; i < place->codes.n && !e; i++)
        e = territory_flatten(ref, g->c.arena, &place->each[i], &g->codes[i]);
    return e;
}

/* The communes of the place that ZONE holds. */
static enum err cover(const struct composing *g, const struct territory *zone,
                      struct territory *out)
{
    struct range *at;
    size_t n = 0, room = 1;

    for (size_t k = 0; k < g->place.n; k++)
        room += (g->place.ranges[k].to - g->place.ranges[k].from + 1) / 2;
    if (!(at = arena_array(g->c.scratch, room, sizeof *at)))
        return ERR_NOMEM;
    for (size_t k = 0; k < g->place.n; k++)
        for (uint32_t c = g->place.ranges[k].from; c < g->place.ranges[k].to;
             c++) {
            if (!territory_holds(g->m->reference, zone, c))
                continue;
            if (n && at[n - 1].to == c)
                at[n - 1].to++;
            else
                at[n++] = (struct range){c, c + 1};
        }
    *out = (struct territory){at, n, NULL, 0};
    return territory_union(g->c.arena, out, 1, out);
}

/* An activity that names no job may staff all. */
static uint64_t jobs_of(const struct composing *g, const struct activity *a)
{
    const struct lot *lot = g->c.lot;
    uint64_t jobs = 0;

    if (!a->rome.n)
        return UINT64_MAX;
    for (size_t i = 0; i < lot->jobs.n; i++)
        for (size_t k = 0; k < a->rome.n; k++)
            if (slice_equal(a->rome.at[k], lot->jobs.at[i].rome))
                jobs |= UINT64_C(1) << i;
    return jobs;
}

/* What is not known does not count against it. */
static int is_enough(const struct structure_result *r, enum component_word word,
                     int64_t part)
{
    return r->unknown & BIT(word) || part == 1000;
}

static enum err make(const struct composing *g, uint32_t number,
                     struct candidate *out)
{
    const struct lot *lot = g->c.lot;
    const struct activity *a;
    struct structure_result r;
    struct structure s;
    struct slice id;
    enum err e;

    if ((e = structure_read(&g->c, number, &s)) ||
        (e = structure_judge(&g->c, &s, &r)))
        return e;
    id = structure_id(g->c.scratch, &s);
    if (!id.len || (e = cover(g, &r.zone, &out->covered)))
        return id.len ? e : ERR_NOMEM;
    a = &s.activities.at[r.activity];
    out->number = number;
    snprintf(out->id, sizeof out->id, "%s", id.data);
    out->score = r.score;
    out->tie = order_tie(g->c.key, order_hash(id));
    out->activity = r.activity;
    out->unknown = r.unknown;
    out->approximate = (r.marks & BIT(MARK_APPROXIMATE)) != 0;
    out->extent = territory_extent(g->m->reference, &out->covered,
                                   (struct range){0, g->m->reference->n});
    out->jobs = jobs_of(g, a);
    out->hours =
        a->free_hours == ABSENT || lot->months == ABSENT || lot->months == 0
            ? ABSENT
            : a->free_hours * lot->months;
    out->alone = r.cover != COVER_PARTIAL &&
                 is_enough(&r, COMPONENT_JOBS, r.parts.jobs) &&
                 is_enough(&r, COMPONENT_CAPACITY, r.parts.capacity);
    return ERR_NONE;
}

enum err groups_read(struct composing *g, const struct match_top *top)
{
    enum err e = read_place(g);

    g->n = top->n;
    g->cut = top->n == GROUPS_CANDIDATES;
    g->all = arena_array(g->c.arena, top->n + 1, sizeof *g->all);
    if (!e && !g->all)
        e = ERR_NOMEM;
    for (size_t i = 0; i < top->n && !e; i++)
        e = make(g, top->at[i].number, &g->all[i]);
    return e;
}

/* ---- Choosing ----------------------------------------------------------- */

static int meets_need(const struct composing *g, const struct candidate *who,
                      size_t need)
{
    size_t codes = g->c.place.codes.n;

    if (need < codes)
        return territory_meets(&who->covered, &g->codes[need]);
    return (int)(who->jobs >> (need - codes) & 1);
}

static int is_picked(const struct composing *g, uint32_t i)
{
    for (size_t k = 0; k < g->n_picks; k++)
        if (g->picks[k] == i)
            return 1;
    return 0;
}

/* The first for a need, or for none (NEED past the last), that is not picked;
 * 0: there is none. */
static int pick(struct composing *g, size_t need)
{
    size_t needs = g->c.place.codes.n + g->c.lot->jobs.n;

    for (uint32_t i = 0; i < g->n; i++) {
        if (g->all[i].alone || is_picked(g, i) ||
            (need < needs && !meets_need(g, &g->all[i], need)))
            continue;
        g->picks[g->n_picks++] = i;
        return 1;
    }
    return 0;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

int groups_pick(struct composing *g)
{
    size_t needs = g->c.place.codes.n + g->c.lot->jobs.n, others = 0;
    int turn = 1;

    for (size_t i = 0; i < g->n; i++)
        others += !g->all[i].alone;
    while (others > GROUP_CANDIDATES_MAX && turn) {
        turn = 0;
        for (size_t k = 0; k < needs; k++)
            if (g->n_picks < GROUP_CANDIDATES_MAX)
                turn |= pick(g, k);
    }
    while (g->n_picks < GROUP_CANDIDATES_MAX && pick(g, needs))
        ;
    qsort(g->picks, g->n_picks, sizeof *g->picks, compare_numbers);
    return others > GROUP_CANDIDATES_MAX;
}
