/*
 * A chord is never longer than its arc, and the gap between two boxes never
 * longer than the chord between what is in them: floats will do, with a slack
 * of five metres for their rounding.
 */
#include <math.h>

#include "engine/match/near.h"
#include "engine/match/workspace.h"

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
__attribute__((target_clones("avx2", "default"))) static void measure(
    const struct reference_boxes *boxes, const struct target *t, uint16_t *runs)
{
    const float *low0 = boxes->low[0], *high0 = boxes->high[0];
    const float *low1 = boxes->low[1], *high1 = boxes->high[1];
    const float *low2 = boxes->low[2], *high2 = boxes->high[2];

    for (size_t i = 0; i < boxes->n; i++) {
        float x = gap(low0[i], high0[i], t->low[0], t->high[0]);
        float y = gap(low1[i], high1[i], t->low[1], t->high[1]);
        float z = gap(low2[i], high2[i], t->low[2], t->high[2]);
        float chord = sqrtf(x * x + y * y + z * z) * NEAR_EARTH_KM;
        int km = (int)(chord + NEAR_SLACK);

        km = km < (int)NEAR_KM ? km : (int)NEAR_KM;
        runs[i] = km < runs[i] ? (uint16_t)km : runs[i];
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

static void measure_targets(const struct job_case *j, uint16_t *runs)
{
    const struct reference *ref = j->lot->m->reference;
    struct point point = territory_point(ref, j->target);
    struct target target;
    int32_t low[3], high[3];

    if (j->target != REFERENCE_NONE && point.known) {
        target_of(point.at, point.at, &target);
        measure(&ref->boxes, &target, runs);
    }
    for (size_t i = 0; j->target == REFERENCE_NONE &&
                       place_box(&j->lot->place, i, low, high) >= 0;
         i++) {
        if (place_box(&j->lot->place, i, low, high) == 0)
            continue;
        target_of(low, high, &target);
        measure(&ref->boxes, &target, runs);
    }
}

/* Nobody's distance can be measured: to a commune or a place without centres,
 * or to no place at all. */
static int is_nowhere(const struct job_case *j)
{
    const struct reference *ref = j->lot->m->reference;
    int32_t low[3], high[3];
    int state;

    if (j->target != REFERENCE_NONE)
        return !territory_point(ref, j->target).known;
    for (size_t i = 0; (state = place_box(&j->lot->place, i, low, high)) >= 0;
         i++)
        if (state)
            return 0;
    return 1;
}

enum err near_init(struct near *near, const struct job_case *j)
{
    const struct reference_boxes *boxes = &j->lot->m->reference->boxes;
    size_t coarse = (boxes->n + NEAR_COARSE - 1) / NEAR_COARSE;
    uint16_t *runs = workspace_room(j->lot->workspace, ROOM_RUNS,
                                    (boxes->n + coarse) * sizeof *runs);
    uint16_t *wide = runs + boxes->n;
    /* To nowhere it is unknown to all; those who live there are there. */
    uint16_t nowhere = j->target == REFERENCE_NONE && !j->lot->place.codes.n
                           ? NEAR_KM | NEAR_VAGUE
                           : NEAR_VAGUE;
    uint16_t worst = is_nowhere(j) ? nowhere : NEAR_KM;

    if (!runs)
        return ERR_NOMEM;
    for (size_t i = 0; i < boxes->n; i++)
        runs[i] = worst;
    if (worst == NEAR_KM) {
        measure_targets(j, runs);
        mark_vague(j, runs);
    }
    for (size_t i = 0; i < coarse; i++)
        wide[i] = NEAR_KM;
    for (size_t i = 0; i < boxes->n; i++) {
        uint16_t *c = &wide[i / NEAR_COARSE];
        unsigned km = runs[i] & NEAR_KM;

        if (km > (*c & NEAR_KM))
            km = *c & NEAR_KM;
        *c = (uint16_t)(km | ((*c | runs[i]) & NEAR_VAGUE));
    }
    *near = (struct near){runs, wide, j->lot->m->reference->n};
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
