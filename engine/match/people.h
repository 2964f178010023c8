/*
 * What lists and counts of people share.
 */
#ifndef ENGINE_MATCH_PEOPLE_H
#define ENGINE_MATCH_PEOPLE_H

#include "engine/match/person.h"

/* The jobs asked for: JOB, or all of the lot when ABSENT, made ready, in the
 * arena of the case.  ERR_NOT_FOUND, ERR_NOMEM. */
enum err people_jobs(const struct lot_case *c, int64_t job,
                     struct job_case **out, size_t *n);

/* Read the record of a number; it lives until the scratch is reset. */
enum err people_read(const struct lot_case *c, uint32_t number,
                     struct profile *out);

/* The reason of somebody who is not to be named, nor counted. */
#define PEOPLE_UNSEEN (-1)

/* Judge a person by the side row, or the record where that cannot tell. */
enum err people_judge(const struct job_case *j, uint32_t number,
                      const unsigned char row[INDEX_SIDE], uint32_t fit,
                      struct person_result *out);

#endif
