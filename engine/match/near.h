/*
 * How near runs of communes can be to where a job is: lower bounds of the
 * whole kilometres that MATCHING.md section 2.2 gives, for all runs at once.
 */
#ifndef ENGINE_MATCH_NEAR_H
#define ENGINE_MATCH_NEAR_H

#include "engine/match/person.h"

/* Kilometres of a run (NEAR_KM: beyond all), and whether some commune's are
 * unknown: those pass every limit and count half. */
#define NEAR_KM 0x7fffu
#define NEAR_VAGUE 0x8000u
#define NEAR_COARSE 16 /* runs in one of the coarse bounds */

struct near {
    const uint16_t *runs;
    const uint16_t *coarse;
    unsigned ranks; /* of communes; what lies beyond is no commune */
};

/* Bounds for a job, in a room of the case's workspace.  ERR_NOMEM. */
enum err near_init(struct near *near, const struct job_case *j);

/* The bound of the communes whose ranks are FROM to LAST. */
unsigned near_between(const struct near *near, unsigned from, unsigned last);

/* Kilometres of a chord between unit vectors; the slack makes a whole number
 * of it that is never greater than the exact one. */
#define NEAR_EARTH_KM 6371.0088f
#define NEAR_SLACK 0.995f

#endif
