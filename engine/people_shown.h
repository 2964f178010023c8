/*
 * What of people is told to whom.  Readers of people get pseudonyms; the
 * others learn how many there are and how well they fit, never of fewer than
 * five, and always a multiple of five, so that the difference of two answers
 * is not one person.
 */
#ifndef ENGINE_PEOPLE_SHOWN_H
#define ENGINE_PEOPLE_SHOWN_H

#include "engine/call.h"

/* Is the caller told who they are? */
int people_named(const struct call *call);

/* How many to tell of N; ABSENT for too few.  Readers of people get N. */
int64_t people_count(const struct call *call, int64_t n);

/* The limit to look with: of those who only get counts it is the greatest,
 * whatever they asked. */
int64_t people_limit(const struct call *call, int64_t asked);

/* Make the jobs of an answer what the caller may see: candidates, noted for
 * the access log, or counts.  ERR_NOMEM. */
enum err people_show(struct call *call, struct lot_answer *lot);

/* The same of what became of all. */
void people_show_tallies(const struct call *call, struct job_tally_list *jobs);

#endif
