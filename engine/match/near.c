/*
 * A chord is never longer than its arc, and the gap between two boxes never
 * longer than the chord between what is in them: floats will do, with a slack
 * of five metres for their rounding.
 */
#include <math.h>
#include <string.h>

#include "engine/match/near.h"
#include "engine/match/postings.h"
#include "engine/match/vectors.h"
#include "engine/match/workspace.h"

/* ---- Runs --------------------------------------------------------------- */

/* A box that a job lies in: its commune's centre, or part of its place. */
struct target {
    float low[3];
    float high[3];
};

static void target_of(const int32_t low[3], const int32_t high[3],
                      struct target *out)
{
    for (int k = 0; k < 3; k++) {
        out->low[k] = (float)low[k] * 0x1p-30f;
        out->high[k] = (float)high[k] * 0x1p-30f;
    }
}

static inline float gap(float low, float high, float from, float to)
{
    float below = low - to, above = from - high;
    float most = below > above ? below : above;

    return most > 0 ? most : 0;
}

/* Lower each run's bound to its distance from one more target. */
VECTORS static void measure_runs(const struct reference_boxes *boxes,
                                 const struct target *t,
                                 uint16_t *restrict runs)
{
    const float *low0 = boxes->low[0], *high0 = boxes->high[0];
    const float *low1 = boxes->low[1], *high1 = boxes->high[1];
    const float *low2 = boxes->low[2], *high2 = boxes->high[2];
    const struct target to = *t;

    for (size_t i = 0; i < boxes->n; i++) {
        float x = gap(low0[i], high0[i], to.low[0], to.high[0]);
        float y = gap(low1[i], high1[i], to.low[1], to.high[1]);
        float z = gap(low2[i], high2[i], to.low[2], to.high[2]);
        float chord = sqrtf(x * x + y * y + z * z) * NEAR_EARTH_KM;
        int km = (int)(chord + NEAR_SLACK);

        km = km < (int)NEAR_KM ? km : (int)NEAR_KM;
        runs[i] = km < runs[i] ? (uint16_t)km : runs[i];
    }
}

VECTORS uint32_t near_crowd(const struct reference_boxes *boxes, unsigned run,
                            const struct parts *parts, unsigned km)
{
    const int32_t *low0 = parts->low[0], *high0 = parts->high[0];
    const int32_t *low1 = parts->low[1], *high1 = parts->high[1];
    const int32_t *low2 = parts->low[2], *high2 = parts->high[2];
    const uint32_t *people = parts->people;
    float from[3], to[3];
    float reach = ((float)km + 1 - NEAR_SLACK) / NEAR_EARTH_KM * 0x1p30f;
    float square = reach * reach;
    uint32_t sum = 0;

    for (int k = 0; k < 3; k++) {
        from[k] = boxes->low[k][run] * 0x1p30f;
        to[k] = boxes->high[k][run] * 0x1p30f;
    }
    for (size_t i = 0; i < parts->n; i++) {
        float x = gap(from[0], to[0], (float)low0[i], (float)high0[i]);
        float y = gap(from[1], to[1], (float)low1[i], (float)high1[i]);
        float z = gap(from[2], to[2], (float)low2[i], (float)high2[i]);

        sum += x * x + y * y + z * z <= square ? people[i] : 0;
    }
    return sum;
}

/* The least of two neighbours each. */
VECTORS static void join(const uint16_t *restrict from, size_t half, size_t n,
                         uint16_t *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] < from[i + half] ? from[i] : from[i + half];
}

/* Communes without a centre are near if they are where the job is. */
static void mark_vague(const struct job_case *j, uint16_t *runs)
{
    const struct reference *ref = j->lot->m->reference;

    for (uint32_t i = 0; i < ref->n_vague; i++) {
        uint32_t commune = ref->vague[i];

        if (job_case_is_home(j, commune))
            runs[ref->communes[commune].rank / REFERENCE_RUN] = 0;
    }
}

/* The I-th box of where the job is: 1, 0 one without a centre, -1 none. */
static int target_at(const struct job_case *j, size_t i, struct target *out)
{
    struct point point = territory_point(j->lot->m->reference, j->target);
    int32_t low[3], high[3];
    int found;

    if (j->target != REFERENCE_NONE) {
        target_of(point.at, point.at, out);
        return i ? -1 : point.known;
    }
    found = place_box(&j->lot->place, i, low, high);
    if (found > 0)
        target_of(low, high, out);
    return found;
}

/* To nowhere the distance is unknown to all; but those who live in a place
 * without centres are there. */
static void fill_runs(const struct job_case *j, struct near *near)
{
    int somewhere = j->target != REFERENCE_NONE || j->lot->place.codes.n;
    struct target target;
    int found, measured = 0;

    for (size_t i = 0; i < near->boxes->n; i++)
        near->levels[0][i] = NEAR_KM;
    for (size_t i = 0; (found = target_at(j, i, &target)) >= 0; i++) {
        measured |= found;
        if (found)
            measure_runs(near->boxes, &target, near->levels[0]);
    }
    if (measured) {
        mark_vague(j, near->levels[0]);
        near->vague_before = j->lot->m->reference->vague_before;
    } else if (somewhere) {
        memset(near->levels[0], 0, near->boxes->n * sizeof(uint16_t));
    }
}

/* ---- One room ----------------------------------------------------------- */

static int divide_room(struct near *near, struct workspace *workspace)
{
    size_t runs = near->boxes->n, numbers = NEAR_RUNS + runs * NEAR_LEVELS;
    uint16_t *room =
        workspace_room(workspace, ROOM_RUNS, numbers * sizeof *room);

    if (!room)
        return 0;
    near->least = room;
    room += NEAR_RUNS;
    for (int i = 0; i < NEAR_LEVELS; i++, room += runs)
        near->levels[i] = room;
    return 1;
}

/* For single rows, what is unknown is as near as can be. */
static void fill_least(struct near *near, const struct reference *ref)
{
    size_t runs = near->vague_before ? near->boxes->n : 0;

    memcpy(near->least, near->levels[0], runs * sizeof *near->least);
    memset(near->least + runs, 0, (NEAR_RUNS - runs) * sizeof *near->least);
    for (uint32_t i = 0; runs && i < ref->n_vague; i++)
        near->least[ref->communes[ref->vague[i]].rank / REFERENCE_RUN] = 0;
}

static void join_levels(struct near *near)
{
    for (int i = 1; i < NEAR_LEVELS && (size_t)1 << i <= near->boxes->n; i++)
        join(near->levels[i - 1], (size_t)1 << (i - 1),
             near->boxes->n - ((size_t)1 << i) + 1, near->levels[i]);
}

enum err near_init(struct near *near, const struct job_case *j)
{
    const struct match *m = j->lot->m;
    struct point point = territory_point(m->reference, j->target);

    *near = (struct near){
        .job = j, .boxes = &m->reference->boxes, .ranks = m->reference->n};
    if (!divide_room(near, j->lot->workspace))
        return ERR_NOMEM;
    fill_runs(j, near);
    fill_least(near, m->reference);
    join_levels(near);
    near->measured = j->target != REFERENCE_NONE && point.known &&
                     !(m->without & MATCH_VECTORS);
    for (int k = 0; k < 3; k++)
        near->at[k] = (float)point.at[k] * 0x1p-30f;
    near->rank = postings_rank(m->reference, j->target);
    return ERR_NONE;
}

/* The first commune without a centre from COMMUNE on. */
static uint32_t first_vague(const struct reference *ref, uint32_t commune)
{
    uint32_t low = 0, high = ref->n_vague;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (ref->vague[middle] < commune)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Homes in the place that no box holds, for want of a centre. */
static void mark_homes(const struct lot_case *c, uint16_t *runs)
{
    const struct reference *ref = c->m->reference;
    const struct territory *set = &c->place.set;

    for (size_t i = 0; i < set->n; i++)
        for (uint32_t k = first_vague(ref, set->ranges[i].from);
             k < ref->n_vague && ref->vague[k] < set->ranges[i].to; k++)
            runs[ref->communes[ref->vague[k]].rank / REFERENCE_RUN] = 0;
}

enum err near_place(struct near *near, const struct lot_case *c)
{
    const struct reference *ref = c->m->reference;
    int32_t low[3], high[3];
    struct target target;
    int found;

    *near = (struct near){.boxes = &ref->wide,
                          .vague_before = ref->vague_before,
                          .ranks = ref->n};
    if (!divide_room(near, c->workspace))
        return ERR_NOMEM;
    for (size_t i = 0; i < near->boxes->n; i++)
        near->levels[0][i] = NEAR_KM;
    for (size_t i = 0; (found = place_box(&c->place, i, low, high)) >= 0; i++) {
        if (!found)
            continue;
        target_of(low, high, &target);
        measure_runs(near->boxes, &target, near->levels[0]);
    }
    mark_homes(c, near->levels[0]);
    join_levels(near);
    return ERR_NONE;
}

/* ---- Communes ----------------------------------------------------------- */

unsigned near_ask(const struct near *near, unsigned rank)
{
    const struct reference *ref = near->job->lot->m->reference;
    uint32_t home = rank < ref->n ? ref->by_rank[rank] : REFERENCE_NONE;
    int64_t km = job_case_km(near->job, home);

    return km == ABSENT ? NEAR_VAGUE : (unsigned)km;
}
