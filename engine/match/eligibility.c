/*
 * Filters 1 to 3 of a person: consent, suspension, eligibility
 * (MATCHING.md section 4).  What a criterion means stands here alone.
 */
#include <assert.h>

#include "engine/match/law.h"
#include "engine/match/person.h"

/* Of the IAE diagnosis (arrete of 2025-09-04, annex): one of the first level
 * is enough, of the second several are. */

#define LEVEL_ONE                                                              \
    (BIT(CRITERION_RSA) | BIT(CRITERION_ASS) | BIT(CRITERION_AAH) |            \
     BIT(CRITERION_DETLD))
#define LEVEL_TWO                                                              \
    (BIT(CRITERION_CAP_BEP) | BIT(CRITERION_SENIOR) | BIT(CRITERION_JEUNE) |   \
     BIT(CRITERION_ASE) | BIT(CRITERION_DELD) | BIT(CRITERION_TH) |            \
     BIT(CRITERION_PI) | BIT(CRITERION_PSH_PR) | BIT(CRITERION_REF_DA) |       \
     BIT(CRITERION_ZRR) | BIT(CRITERION_QPV) | BIT(CRITERION_DETENTION_MJ) |   \
     BIT(CRITERION_FLE) | BIT(CRITERION_PM))

/* The publics that a criterion proves; those without a row prove none. */
static const uint32_t criterion_publics[32] = {
    [CRITERION_RSA] = BIT(PUBLIC_BRSA),
    [CRITERION_ASS] = BIT(PUBLIC_ASS),
    [CRITERION_AAH] = BIT(PUBLIC_AAH) | BIT(PUBLIC_BOETH),
    [CRITERION_DETLD] = BIT(PUBLIC_DELD),
    [CRITERION_SENIOR] = BIT(PUBLIC_SENIOR50),
    [CRITERION_JEUNE] = BIT(PUBLIC_JEUNE),
    [CRITERION_DELD] = BIT(PUBLIC_DELD),
    [CRITERION_TH] = BIT(PUBLIC_BOETH),
    [CRITERION_REF_DA] = BIT(PUBLIC_REFUGIE),
    [CRITERION_QPV] = BIT(PUBLIC_QPV),
    [CRITERION_DETENTION_MJ] = BIT(PUBLIC_PPSMJ),
    [CRITERION_INVALIDITE] = BIT(PUBLIC_INVALIDITE),
    [CRITERION_GEIQ] = BIT(PUBLIC_GEIQ),
    [CRITERION_EPIDE] = BIT(PUBLIC_EPIDE),
    [CRITERION_E2C] = BIT(PUBLIC_E2C),
    [CRITERION_OTHER] = BIT(PUBLIC_OTHER),
};

uint32_t person_publics(uint32_t criteria, int pass)
{
    uint32_t publics = pass ? BIT(PUBLIC_IAE) : 0;

    for (; criteria; criteria &= criteria - 1)
        publics |= criterion_publics[__builtin_ctz(criteria)];
    return publics;
}

/* Bits are distinct codes: a criterion proved twice counts once. */
static unsigned count_bits(uint32_t bits)
{
    return (unsigned)__builtin_popcount(bits);
}

unsigned person_level_two(uint32_t criteria)
{
    return count_bits(criteria & LEVEL_TWO);
}

/* The test of filter 3 on what holds, dates set aside.  A level-1 criterion
 * proves a public too; both stand here because both are the rule. */
static int is_eligible(const struct job_case *j, uint32_t criteria, int pass)
{
    uint32_t publics = person_publics(criteria, pass);

    if (j->publics)
        return (publics & j->publics) != 0;
    return publics || pass || (criteria & LEVEL_ONE) ||
           person_level_two(criteria) >= j->level_two;
}

static int is_over(int64_t until, int64_t day)
{
    return until != ABSENT && until < day;
}

int person_is_dated(const struct person *p, int64_t start)
{
    return p->dated || p->n_ends >= 0 || !is_over(p->first_until, start);
}

static uint32_t ends_on(const struct person *p, int64_t start)
{
    uint32_t held = p->criteria;

    assert(p->n_ends >= 0);
    for (int i = 0; i < p->n_ends; i++)
        if (is_over(p->ends[i].until, start))
            held &= ~p->ends[i].criterion;
    return held;
}

/* The criteria that hold on START: one entry that does is enough. */
uint32_t person_criteria_on(const struct person *p, int64_t start)
{
    uint32_t held = 0;

    if (!is_over(p->first_until, start))
        return p->criteria;
    if (!p->dated)
        return ends_on(p, start);
    for (size_t i = 0; i < p->dated->n; i++)
        if (!is_over(p->dated->at[i].until, start))
            held |= BIT(p->dated->at[i].code);
    return held;
}

/* Filter 1.  The last contact counts where there is one, whenever it was. */
static int has_consent(const struct person *p, int64_t on)
{
    int64_t last = p->last_contact_on;

    if (p->consent_on == ABSENT || p->consent_on > on)
        return 0;
    return on < (last == ABSENT ? p->consent_on : last) + MATCH_CONSENT_DAYS;
}

int64_t person_refuse_standing(const struct job_case *j, const struct person *p)
{
    int pass = p->pass_until != ABSENT;

    if (!has_consent(p, j->lot->m->on))
        return REASON_NO_CONSENT;
    /* ABSENT is before every day. */
    if (p->pass_suspended_until >= j->start)
        return REASON_SUSPENDED;
    if (is_eligible(j, person_criteria_on(p, j->start),
                    pass && p->pass_until >= j->start))
        return ABSENT;
    return is_eligible(j, p->criteria, pass) ? REASON_EXPIRED
                                             : REASON_NOT_ELIGIBLE;
}
