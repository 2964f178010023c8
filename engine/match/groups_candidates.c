/*
 * What each candidate covers of a lot, and who of many is considered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

    if (!zone->n_circles)
        return territory_common(g->c.arena, &g->place, zone, out);
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

static int is_picked(const struct composing *g, uint32_t i)
{
    for (size_t k = 0; k < g->n_picks; k++)
        if (g->picks[k] == i)
            return 1;
    return 0;
}

/* What those picked last leave uncovered of the place, as sums over communes
 * [0, i), and of the jobs. */
struct layer {
    uint8_t *open;
    uint64_t *people;
    uint32_t *communes;
    uint64_t jobs;
};

struct gain {
    uint64_t people;
    uint32_t communes;
    int jobs;
};

static void sum_up(const struct composing *g, struct layer *layer)
{
    const struct reference *ref = g->m->reference;

    for (uint32_t c = 0; c < ref->n; c++) {
        layer->people[c + 1] =
            layer->people[c] +
            (layer->open[c] ? ref->communes[c].population : 0);
        layer->communes[c + 1] = layer->communes[c] + layer->open[c];
    }
}

static void mark(struct layer *layer, const struct territory *set, uint8_t open)
{
    for (size_t k = 0; k < set->n; k++)
        memset(layer->open + set->ranges[k].from, open,
               set->ranges[k].to - set->ranges[k].from);
}

/* A layer of which nothing is covered. */
static void begin_layer(const struct composing *g, struct layer *layer)
{
    size_t jobs = g->c.lot->jobs.n;

    mark(layer, &g->place, 1);
    sum_up(g, layer);
    layer->jobs = jobs < 64 ? (UINT64_C(1) << jobs) - 1 : UINT64_MAX;
}

static struct gain gain_of(const struct layer *layer,
                           const struct candidate *who)
{
    struct gain gain = {0, 0, __builtin_popcountll(who->jobs & layer->jobs)};

    for (size_t k = 0; k < who->covered.n; k++) {
        const struct range *at = &who->covered.ranges[k];

        gain.people += layer->people[at->to] - layer->people[at->from];
        gain.communes += layer->communes[at->to] - layer->communes[at->from];
    }
    return gain;
}

static int is_more(const struct gain *a, const struct gain *b)
{
    if (a->people != b->people)
        return a->people > b->people;
    if (a->communes != b->communes)
        return a->communes > b->communes;
    return a->jobs > b->jobs;
}

/* Pick who adds most to the layer, the first of equals; 0: nobody does. */
static int pick_best(struct composing *g, struct layer *layer)
{
    struct gain most = {0, 0, 0};
    const struct candidate *who = NULL;

    for (uint32_t i = 0; i < g->n; i++) {
        struct gain gain;

        if (g->all[i].alone || is_picked(g, i))
            continue;
        gain = gain_of(layer, &g->all[i]);
        if (is_more(&gain, &most)) {
            most = gain;
            who = &g->all[i];
        }
    }
    if (!who)
        return 0;
    g->picks[g->n_picks++] = (uint32_t)(who - g->all);
    mark(layer, &who->covered, 0);
    layer->jobs &= ~who->jobs;
    sum_up(g, layer);
    return 1;
}

static enum err pick_layers(struct composing *g)
{
    uint32_t n = g->m->reference->n;
    struct layer layer = {
        arena_array(g->c.arena, n, sizeof *layer.open),
        arena_array(g->c.arena, n + 1u, sizeof *layer.people),
        arena_array(g->c.arena, n + 1u, sizeof *layer.communes), 0};
    size_t before;

    if (!layer.open || !layer.people || !layer.communes)
        return ERR_NOMEM;
    do {
        before = g->n_picks;
        begin_layer(g, &layer);
        while (g->n_picks < GROUP_CANDIDATES_MAX && pick_best(g, &layer))
            ;
    } while (g->n_picks < GROUP_CANDIDATES_MAX && g->n_picks > before);
    return ERR_NONE;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

enum err groups_pick(struct composing *g, int *chosen)
{
    size_t others = 0;
    enum err e;

    for (size_t i = 0; i < g->n; i++)
        others += !g->all[i].alone;
    *chosen = others > GROUP_CANDIDATES_MAX;
    if (*chosen && (e = pick_layers(g)))
        return e;
    for (uint32_t i = 0; i < g->n && g->n_picks < GROUP_CANDIDATES_MAX; i++)
        if (!g->all[i].alone && !is_picked(g, i))
            g->picks[g->n_picks++] = i;
    qsort(g->picks, g->n_picks, sizeof *g->picks, compare_numbers);
    return ERR_NONE;
}
