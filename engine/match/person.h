/*
 * One person for one job (MATCHING.md section 4).  The rules read a struct of
 * facts, which is filled from a profile or from its side row in the index:
 * there is one code of rules.
 */
#ifndef ENGINE_MATCH_PERSON_H
#define ENGINE_MATCH_PERSON_H

#include "engine/match/proofs.h"

/* How a wish fits a job: the same code, an official link, the same family. */
enum {
    FIT_SAME = 1000,
    FIT_PROCHE = 700,
    FIT_EVOLUTION = 500,
    FIT_FAMILY = 300
};

#define PERSON_ENDS 5
struct person {
    uint64_t id; /* hash */
    uint32_t commune;
    uint32_t licences; /* bits of enum licence_word */
    uint32_t criteria; /* facts but the PASS (proofs.h), dates ignored */
    int vehicle;
    int64_t first_until; /* when the first of the criteria ends; ABSENT:
                            none ever does */
    const struct criterion_list *dated; /* NULL: from a side row */
    /* From a side row that had room for them: the ends of the criteria that
     * have one.  Negative: it had not. */
    int n_ends;
    struct person_end {
        int64_t until;
        uint32_t criterion; /* a bit */
    } ends[PERSON_ENDS];
    int64_t mobility_km;
    int64_t pass_until;
    int64_t pass_suspended_until;
    int64_t hours_min;
    int64_t hours_max;
    int64_t available_from;
    int64_t registered_on;
    int64_t consent_on;
    int64_t last_contact_on;
};

/* The facts of a profile; borrows from it. */
struct person person_of(const struct reference *ref, const struct profile *p);

/* A job made ready. */
struct job_case {
    const struct lot_case *lot;
    const struct job *job;
    int64_t number; /* from 1 */
    int64_t start;
    uint64_t key;    /* hash of `market/lot/job` */
    uint32_t target; /* work commune; REFERENCE_NONE without */
    struct proofs proofs;
    uint16_t *km; /* by home commune, as far as asked; or NULL */
};

/* Prepare job NUMBER of the lot.  ERR_NOT_FOUND, ERR_NOMEM. */
enum err job_case_init(struct job_case *j, const struct lot_case *lot,
                       int64_t number);

/* Keep every distance that is measured, for who asks of everybody.
 * ERR_NOMEM. */
enum err job_case_remember(struct job_case *j);

/* Kilometres from a home commune to the work; ABSENT: unknown. */
int64_t job_case_km(const struct job_case *j, uint32_t home);

/* Lives where the work is: nothing has to be measured. */
int job_case_is_home(const struct job_case *j, uint32_t home);

/* How the wishes fit a job: 1000, 700, 500, 300, or 0. */
int64_t person_job_fit(const struct reference *ref, struct slices wishes,
                       struct slice rome);

/* Do the facts say which criteria hold on START?  A side row may not. */
int person_is_dated(const struct person *p, int64_t start);

/* The facts (proofs.h) that hold on START; P is dated there. */
uint32_t person_facts_on(const struct person *p, int64_t start);

/* All of them, dates set aside. */
uint32_t person_facts(const struct person *p);

struct person_result {
    int64_t reason; /* enum reason_word; ABSENT: matches */
    int64_t score;
    struct person_score parts; /* unknown ones at 500 */
    uint32_t unknown;          /* bits of enum component_word */
    int64_t km;                /* ABSENT: unknown */
    uint32_t marks;            /* bits of enum mark_word */
};

/* Judge P, whose wishes fit the job by FIT, and who is dated at its start. */
void person_judge(const struct job_case *j, const struct person *p, int64_t fit,
                  struct person_result *out);

/* Filters 1 to 3 (eligibility.c): a reason, or ABSENT. */
int64_t person_refuse_standing(const struct job_case *j,
                               const struct person *p);

/* The part of a score that months of waiting give: 0 to 24, more count as
 * 24. */
int64_t person_waiting(int64_t months);

/* What an answer says of a person that matches, in the answer's arena; ID
 * must live as long as the answer.  ERR_NOMEM. */
enum err person_hit(const struct job_case *j, struct slice id, uint64_t tie,
                    const struct person_result *r, struct person_hit *out);

#endif
