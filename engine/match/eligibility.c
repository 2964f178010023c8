/*
 * Filters 1 to 3 of a person: consent, suspension, eligibility
 * (MATCHING.md section 4).
 */
#include <assert.h>

#include "engine/match/law.h"
#include "engine/match/person.h"

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

/* One entry of a code that holds is enough. */
static uint32_t criteria_on(const struct person *p, int64_t start)
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

uint32_t person_facts_on(const struct person *p, int64_t start)
{
    /* ABSENT is before every day. */
    return criteria_on(p, start) | (p->pass_until >= start ? FACT_PASS : 0);
}

uint32_t person_facts(const struct person *p)
{
    return p->criteria | (p->pass_until != ABSENT ? FACT_PASS : 0);
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
    if (!has_consent(p, j->lot->m->on))
        return REASON_NO_CONSENT;
    /* ABSENT is before every day. */
    if (p->pass_suspended_until >= j->start)
        return REASON_SUSPENDED;
    if (proofs_suffice(&j->proofs, person_facts_on(p, j->start)))
        return ABSENT;
    return proofs_suffice(&j->proofs, person_facts(p)) ? REASON_EXPIRED
                                                       : REASON_NOT_ELIGIBLE;
}
