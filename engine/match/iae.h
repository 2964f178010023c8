/*
 * Eligibility for insertion by economic activity: the PASS, a diagnosis, the
 * administrative criteria and their proofs.  MATCHING.md section 15.  Every
 * number is a row of the table `eligibility`.
 */
#ifndef ENGINE_MATCH_IAE_H
#define ENGINE_MATCH_IAE_H

#include "protocol/codec.h"
#include "store/reference.h"

struct iae_question {
    const struct reference *reference;
    struct arena *arena; /* answers live here */
    const struct profile *profile;
    int64_t on;
    uint32_t kinds;                    /* bits of enum kind_word; 0: all that
                                          the table has */
    const struct diagnosis *diagnosis; /* not after ON; NULL without */
    struct slice structure;            /* who would employ; {NULL, 0} unknown */
};

/* How the PASS stands on the day. */
void iae_pass(const struct iae_question *q, struct pass_standing *out);

/* The last day of the diagnosis, and whether that is over. */
void iae_diagnosis(const struct iae_question *q,
                   struct diagnosis_standing *out);

/* Whether the person is eligible for each kind of structure, by what, or why
 * not.  ERR_NOMEM. */
enum err iae_kinds(const struct iae_question *q,
                   struct kind_standing_list *out);

/* Each criterion of the profile once, with its proof.  ERR_NOMEM. */
enum err iae_criteria(const struct iae_question *q,
                      struct criterion_standing_list *out);

/* The criteria that hold on a day, as bits of enum criterion_code_word; all of
 * them, dates set aside, on ABSENT. */
uint32_t iae_held(const struct profile *profile, int64_t on);

/* Is the PASS valid on a day?  On ABSENT: was there ever one? */
int iae_has_pass(const struct profile *profile, int64_t on);

/* The kind of proof of a criterion on a day; ABSENT without a row. */
int64_t iae_proof(const struct reference *ref, int64_t code, int64_t on);

#endif
