/*
 * A chord is never longer than its arc, and the gap between two boxes never
 * longer than the chord between what is in them: floats will do, with a slack
 * of five metres for their rounding.
 */
#include <math.h>
#include <string.h>

#include "engine/match/near.h"
#include "engine/match/postings.h"
#include "engine/match/workspace.h"

#define EARTH_KM 6371.0088f
/* Makes a whole number of kilometres that is never above the exact one. */
#define SLACK 0.995f
/* No two places on earth are farther apart: one of them is not known. */
#define CHORD_MAX 20100

#define VECTORS __attribute__((target_clones("avx2", "default")))

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
        float chord = sqrtf(x * x + y * y + z * z) * EARTH_KM;
        int km = (int)(chord + SLACK);

        km = km < (int)NEAR_KM ? km : (int)NEAR_KM;
        runs[i] = km < runs[i] ? (uint16_t)km : runs[i];
    }
}

/* The least of NEAR_COARSE runs, vague if one of them is. */
VECTORS static void join_runs(const uint16_t *restrict runs, size_t n,
                              uint16_t *restrict coarse)
{
    for (size_t i = 0; i < n; i++) {
        unsigned km = NEAR_KM, vague = 0;

        for (size_t k = i * NEAR_COARSE; k < (i + 1) * NEAR_COARSE; k++) {
            unsigned run = runs[k] & NEAR_KM;

            km = run < km ? run : km;
            vague |= runs[k];
        }
        coarse[i] = (uint16_t)(km | (vague & NEAR_VAGUE));
    }
}

/* Communes without a centre: near if they are where the job is, else of
 * unknown distance. */
static void mark_vague(const struct job_case *j, uint16_t *runs)
{
    const struct reference *ref = j->lot->m->reference;

    for (uint32_t i = 0; i < ref->n_vague; i++) {
        uint32_t commune = ref->vague[i];
        uint16_t *run = &runs[ref->communes[commune].rank / REFERENCE_RUN];

        *run = job_case_is_home(j, commune) ? NEAR_VAGUE : *run | NEAR_VAGUE;
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
        near->runs[i] = NEAR_KM;
    for (size_t i = 0; (found = target_at(j, i, &target)) >= 0; i++) {
        measured |= found;
        if (found)
            measure_runs(near->boxes, &target, near->runs);
    }
    if (measured)
        mark_vague(j, near->runs);
    for (size_t i = 0; !measured && i < near->boxes->n; i++)
        near->runs[i] = somewhere ? NEAR_VAGUE : NEAR_KM | NEAR_VAGUE;
}

/* ---- One room ----------------------------------------------------------- */

static int divide_room(struct near *near, struct workspace *workspace)
{
    size_t coarse = (near->boxes->n + NEAR_COARSE - 1) / NEAR_COARSE;
    size_t runs = coarse * NEAR_COARSE;
    size_t numbers = runs + coarse + runs * REFERENCE_RUN;
    uint16_t *room =
        workspace_room(workspace, ROOM_RUNS, numbers * sizeof *room + runs);

    if (!room)
        return 0;
    near->runs = room;
    near->coarse = near->runs + runs;
    near->km = near->coarse + coarse;
    near->known = (uint8_t *)(near->km + runs * REFERENCE_RUN);
    memset(near->known, 0, runs);
    for (size_t i = near->boxes->n; i < runs; i++)
        near->runs[i] = NEAR_KM;
    return 1;
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
    join_runs(near->runs, (near->boxes->n + NEAR_COARSE - 1) / NEAR_COARSE,
              near->coarse);
    near->measured = j->target != REFERENCE_NONE && point.known &&
                     !(m->without & MATCH_VECTORS);
    for (int k = 0; k < 3; k++)
        near->at[k] = (float)point.at[k] * 0x1p-30f;
    near->rank = postings_rank(m->reference, j->target);
    return ERR_NONE;
}

static void mark_homes(const struct lot_case *c, uint16_t *runs)
{
    const struct reference *ref = c->m->reference;
    const struct territory *set = &c->place.set;

    for (size_t i = 0; i < set->n; i++)
        for (uint32_t k = set->ranges[i].from; k < set->ranges[i].to; k++)
            runs[ref->communes[k].rank / REFERENCE_RUN] = 0;
}

enum err near_place(struct near *near, const struct lot_case *c)
{
    const struct reference *ref = c->m->reference;
    int32_t low[3], high[3];
    struct target target;
    int found;

    *near = (struct near){.boxes = &ref->wide, .ranks = ref->n};
    if (!divide_room(near, c->workspace))
        return ERR_NOMEM;
    for (size_t i = 0; i < near->boxes->n; i++)
        near->runs[i] = NEAR_KM;
    for (size_t i = 0; (found = place_box(&c->place, i, low, high)) >= 0; i++) {
        if (!found)
            continue;
        target_of(low, high, &target);
        measure_runs(near->boxes, &target, near->runs);
    }
    mark_homes(c, near->runs);
    join_runs(near->runs, (near->boxes->n + NEAR_COARSE - 1) / NEAR_COARSE,
              near->coarse);
    return ERR_NONE;
}

unsigned near_between(const struct near *near, unsigned from, unsigned last)
{
    unsigned top = near->ranks - 1;
    unsigned i = from / REFERENCE_RUN;
    unsigned end = (last < top ? last : top) / REFERENCE_RUN;
    const uint16_t *at = near->runs;
    unsigned km = NEAR_KM, vague = last > top ? NEAR_VAGUE : 0;

    if (from > top)
        return km | vague;
    if (end - i >= NEAR_COARSE) {
        at = near->coarse;
        i /= NEAR_COARSE;
        end /= NEAR_COARSE;
    }
    for (; i <= end; i++) {
        unsigned run = at[i] & NEAR_KM;

        km = run < km ? run : km;
        vague |= at[i];
    }
    return km | (vague & NEAR_VAGUE);
}

/* ---- Communes ----------------------------------------------------------- */

VECTORS static void measure_run(const struct near *near, unsigned run)
{
    const float *x = near->boxes->at[0] + run * REFERENCE_RUN;
    const float *y = near->boxes->at[1] + run * REFERENCE_RUN;
    const float *z = near->boxes->at[2] + run * REFERENCE_RUN;
    const float to[3] = {near->at[0], near->at[1], near->at[2]};
    uint16_t *restrict km = near->km + run * REFERENCE_RUN;

    for (unsigned i = 0; i < REFERENCE_RUN; i++) {
        float a = x[i] - to[0], b = y[i] - to[1], c = z[i] - to[2];
        float chord = sqrtf(a * a + b * b + c * c) * EARTH_KM;
        int least = (int)(chord + SLACK);

        km[i] = (uint16_t)(least < CHORD_MAX ? least : (int)NEAR_VAGUE);
    }
}

/* Communes without vectors, or towards a place: exactly, one by one. */
static unsigned ask(const struct near *near, unsigned rank)
{
    const struct reference *ref = near->job->lot->m->reference;
    uint32_t home = rank < ref->n ? ref->by_rank[rank] : REFERENCE_NONE;
    int64_t km = job_case_km(near->job, home);

    return km == ABSENT ? NEAR_VAGUE : (unsigned)km;
}

static unsigned look_up(struct near *near, unsigned rank)
{
    unsigned run = rank / REFERENCE_RUN;

    if (!near->known[run]) {
        measure_run(near, run);
        near->known[run] = 1;
        if (near->rank / REFERENCE_RUN == run)
            near->km[near->rank] = 0;
    }
    return near->km[rank];
}

void near_rows(struct near *near, const uint16_t *where, size_t n,
               unsigned reach, uint16_t *km)
{
    unsigned last = UINT16_MAX + 1u, value = NEAR_VAGUE;

    for (size_t i = 0; i < n; i++) {
        unsigned rank = where[i];

        if (rank != last) {
            unsigned bound = rank < near->ranks
                                 ? near->runs[rank / REFERENCE_RUN]
                                 : NEAR_VAGUE;

            if (bound > reach && bound <= NEAR_KM)
                value = bound;
            else if (near->measured && rank < near->ranks)
                value = look_up(near, rank);
            else
                value = ask(near, rank);
            last = rank;
        }
        km[i] = (uint16_t)value;
    }
}
