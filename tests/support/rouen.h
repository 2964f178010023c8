/*
 * A structure and a person in Rouen, a lot and a job there that both match:
 * tests of the rules change one thing and say what becomes of the match.
 */
#ifndef TESTS_SUPPORT_ROUEN_H
#define TESTS_SUPPORT_ROUEN_H

#include "tests/support/tables.h"
#include "tests/support/world.h"

extern struct match m;
extern struct market market; /* of one lot, */
extern struct lot lot;       /* of one clause and one job */
extern struct job job;
extern struct clause clause;
extern struct structure s; /* of one activity, */
extern struct activity act;
extern struct zone zone; /* which has this zone when a test gives it */
extern struct profile p; /* of one criterion */
extern struct criterion criteria[3];

/* Before and after every test. */
void rouen_setup(void);
void rouen_teardown(void);

/* What is said of s for the lot, of p for its job. */
struct structure_verdict explain(void);
struct person_verdict explain_person(void);

/* They fail for that reason, ABSENT: they match. */
void expect(int64_t reason);
void expect_person(int64_t reason);

/* The hit; the test fails when there is none. */
struct structure_hit *hit(void);
struct person_hit *person_hit_now(void);

/* Is VALUE in the list? */
int has(struct ints list, int64_t value);

/* The place in ref->communes of an INSEE code; the people there. */
uint32_t commune(const char *insee);
int64_t people_of(const char *insee);

/* Between the centres of two communes. */
int64_t km_between(const char *a, const char *b);

/* The first commune around Rouen whose centre is guessed, or is not. */
const char *first_commune(int approximate);

#endif
