/*
 * How one activity fits what a lot asks for: the components activity,
 * capacity and jobs of a structure's score (MATCHING.md section 3).  Each is
 * 0 to 1000, or ABSENT when nobody can know.
 */
#ifndef ENGINE_MATCH_ACTIVITY_H
#define ENGINE_MATCH_ACTIVITY_H

#include "engine/match/lot.h"

/* What an activity is worth that is found by a job or a group alone. */
#define ACTIVITY_LEVEL_SAME 1000
#define ACTIVITY_LEVEL_ROME 600
#define ACTIVITY_LEVEL_GROUP 400

/* The level of the activity; 0: it does nothing that the lot asks for. */
int64_t activity_level(const struct lot_case *c, const struct activity *a);

/* Free hours a month, over the lot's months, against the hours asked. */
int64_t activity_capacity(const struct lot_case *c, int64_t free_hours);

/* The share of the lot's seats that it staffs. */
int64_t activity_jobs(const struct lot_case *c, const struct activity *a);

/* The seats of a job. */
int64_t activity_seats(const struct job *job);

/* How near two CPV codes are: trailing zeros and check digits do not count. */
int64_t activity_cpv_level(struct slice a, struct slice b);

#endif
