/*
 * How near runs of communes can be to where a job is: lower bounds of the
 * whole kilometres that MATCHING.md section 2.2 gives, for all runs at once.
 */
#ifndef ENGINE_MATCH_NEAR_H
#define ENGINE_MATCH_NEAR_H

#include <math.h>

#include "engine/match/person.h"

/* Kilometres of a run (NEAR_KM: beyond all), and whether some commune's are
 * unknown: those pass every limit and count half. */
#define NEAR_KM 0x3fffu
#define NEAR_VAGUE 0x8000u
/* Level L holds the least of 2^L runs from each run on: the least of any
 * number of runs is that of two which overlap. */
#define NEAR_LEVELS 13
/* Of every 16-bit rank; ranks beyond the communes are those of none. */
#define NEAR_RUNS (65536 / REFERENCE_RUN)

#define NEAR_EARTH_KM 6371.0088f
/* Makes a whole number of kilometres that is never above the exact one; what
 * is more than one with it, from here to there, is certain to be that. */
#define NEAR_SLACK 0.995f
#define NEAR_SURE_FROM 0.005f
#define NEAR_SURE_TO 0.97f
#define NEAR_SURE_KM 150
/* No two places on earth are farther apart: one of them is not known. */
#define NEAR_CHORD_MAX 20100

struct near {
    const struct job_case *job;
    const struct reference_boxes *boxes;
    uint16_t *levels[NEAR_LEVELS];
    uint16_t *least; /* of NEAR_RUNS runs: 0 where some commune's is unknown */
    const uint32_t *vague_before; /* reference.h; NULL: everywhere */
    unsigned ranks; /* of communes; what lies beyond is no commune */
    int measured;   /* single communes can be, from here: */
    float at[3];
    unsigned rank; /* of the work commune */
};

/* Bounds for a job, in a room of the case's workspace.  ERR_NOMEM. */
enum err near_init(struct near *near, const struct job_case *j);

/* Bounds for the place of a lot, from the homes of structures: of what lies in
 * a circle round the bundled centre as well as round the one loaded now.  Runs
 * with a home in the place are at 0.  ERR_NOMEM. */
enum err near_place(struct near *near, const struct lot_case *c);

/* At least as many as live in those communes of PARTS that have a centre within
 * KM of the box of RUN. */
uint32_t near_crowd(const struct reference_boxes *boxes, unsigned run,
                    const struct parts *parts, unsigned km);

/* Are there communes of unknown distance in runs FROM to before END? */
static inline int near_is_vague(const struct near *near, unsigned from,
                                unsigned end)
{
    return !near->vague_before ||
           near->vague_before[from] != near->vague_before[end];
}

/* The least of the runs I to before END. */
static inline unsigned near_runs(const struct near *near, unsigned i,
                                 unsigned end)
{
    unsigned level = 31 - (unsigned)__builtin_clz(end - i);
    unsigned a = near->levels[level][i];
    unsigned b = near->levels[level][end - (1u << level)];

    return a < b ? a : b;
}

/* The bound of the communes whose ranks are FROM to LAST. */
static inline unsigned near_between(const struct near *near, unsigned from,
                                    unsigned last)
{
    unsigned top = near->ranks - 1, km;
    unsigned i = from / REFERENCE_RUN;
    unsigned end = (last < top ? last : top) / REFERENCE_RUN + 1;

    if (from > top)
        return NEAR_KM | NEAR_VAGUE;
    km = near_runs(near, i, end);
    return last > top || near_is_vague(near, i, end) ? km | NEAR_VAGUE : km;
}

/* The bound of the run that RANK is in. */
static inline unsigned near_of(const struct near *near, unsigned rank)
{
    unsigned run = rank / REFERENCE_RUN;

    if (rank >= near->ranks)
        return NEAR_KM | NEAR_VAGUE;
    return near->levels[0][run] |
           (near_is_vague(near, run, run + 1) ? NEAR_VAGUE : 0);
}

/* Are all of them known to be more than KM away? */
static inline int near_is_beyond(const struct near *near, unsigned from,
                                 unsigned last, unsigned km)
{
    unsigned i = from / REFERENCE_RUN, end = last / REFERENCE_RUN + 1;

    return last < near->ranks && near_runs(near, i, end) > km &&
           !near_is_vague(near, i, end);
}

/* Kilometres that the commune of any rank is at least away: one look. */
static inline unsigned near_least(const struct near *near, unsigned rank)
{
    return near->least[rank / REFERENCE_RUN];
}

/* The kilometres of one commune by rank, by the integers; NEAR_VAGUE:
 * unknown. */
unsigned near_ask(const struct near *near, unsigned rank);

/* Its chord will be asked for. */
static inline void near_ahead(const struct near *near, unsigned rank)
{
    __builtin_prefetch(near->boxes->at[rank < near->ranks ? rank : 0]);
}

/* From there to here as a chord, in kilometres; any number where it is not
 * MEASURED or no commune. */
static inline float near_chord(const struct near *near, unsigned rank)
{
    const float *at = near->boxes->at[rank < near->ranks ? rank : 0];
    float x = at[0] - near->at[0], y = at[1] - near->at[1],
          z = at[2] - near->at[2];

    return sqrtf(x * x + y * y + z * z) * NEAR_EARTH_KM;
}

/* The same as near_ask, or any number above REACH if they are more.  Between
 * whole numbers, and where arcs are hardly longer than chords, the CHORD
 * decides. */
static inline unsigned near_exactly(const struct near *near, unsigned rank,
                                    unsigned reach, float chord)
{
    float part;
    unsigned least;

    if (!near->measured || rank >= near->ranks)
        return near_ask(near, rank);
    if (rank == near->rank)
        return 0;
    if (chord >= NEAR_CHORD_MAX)
        return NEAR_VAGUE;
    least = (unsigned)(int)(chord + NEAR_SLACK);
    part = chord + NEAR_SLACK - (float)(int)least;
    if (least > reach ||
        (part > NEAR_SURE_FROM && part < NEAR_SURE_TO && least < NEAR_SURE_KM))
        return least;
    return near_ask(near, rank);
}

#endif
