/*
 * How one activity fits what a lot asks for: the components activity,
 * capacity and jobs of a structure's score (MATCHING.md section 3).  Each is
 * 0 to 1000, or ABSENT when nobody can know.
 */
#ifndef ENGINE_MATCH_ACTIVITY_H
#define ENGINE_MATCH_ACTIVITY_H

#include "engine/match/lot.h"

/* The level of the activity; 0: it does nothing that the lot asks for. */
int64_t activity_level(const struct lot_case *c, const struct activity *a);

/* Free hours over the lot's months against the hours asked. */
int64_t activity_capacity(const struct lot_case *c, const struct activity *a);

/* The share of the lot's seats that it staffs. */
int64_t activity_jobs(const struct lot_case *c, const struct activity *a);

/* How near two CPV codes are: trailing zeros and check digits do not count. */
int64_t activity_cpv_level(struct slice a, struct slice b);

#endif
