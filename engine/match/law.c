/*
 * The law's tables (CCP as of 2026-08-22; sources in MATCHING.md).  They say
 * what may answer, never what should.  Rules that vary by buyer or territory
 * are data of the clause, not rows here.
 */
#include "engine/match/law.h"

/* Insertion by economic activity (L2113-13), disabled workers (L2113-12). */
#define KINDS_IAE (BIT(KIND_EI) | BIT(KIND_ACI) | BIT(KIND_AI) | BIT(KIND_ETTI))
#define KINDS_HAND (BIT(KIND_EA) | BIT(KIND_EATT) | BIT(KIND_ESAT))
#define KINDS_ALL (BIT(kind_words) - 1)

/* By clause kind: who may answer.  EITI under OBJ, SEP and RES_ESS are of
 * doubtful law and carry a warning (lot.c). */
static const uint32_t clause_kinds[clause_kind_words] = {
    [CLAUSE_EXEC] = KINDS_ALL,
    [CLAUSE_EXEC_MANDATORY] = KINDS_ALL,
    [CLAUSE_CRIT] = KINDS_ALL,
    [CLAUSE_RES_HAND] = KINDS_HAND,
    [CLAUSE_RES_IAE] = KINDS_IAE,
    [CLAUSE_RES_MIX] = KINDS_HAND | KINDS_IAE,
    [CLAUSE_RES_PRISON] = BIT(KIND_SEP),
    [CLAUSE_RES_ESS] = KINDS_ALL,
    [CLAUSE_RES_UNKNOWN] = KINDS_HAND | KINDS_IAE,
    [CLAUSE_OBJ] = KINDS_IAE | BIT(KIND_EITI),
    [CLAUSE_PRIVATE] = KINDS_ALL,
};

/* Temporary work and lending of staff, or producing goods and services. */
#define LENDS BIT(MODE_DISP)
#define PRODUCES (BIT(MODE_PREST) | BIT(MODE_BUILD))

static const uint32_t kind_modes[kind_words] = {
    [KIND_EI] = PRODUCES,  [KIND_ACI] = PRODUCES,  [KIND_AI] = LENDS,
    [KIND_ETTI] = LENDS,   [KIND_EITI] = PRODUCES, [KIND_GEIQ] = LENDS,
    [KIND_EA] = PRODUCES,  [KIND_EATT] = LENDS,    [KIND_ESAT] = PRODUCES,
    [KIND_SEP] = PRODUCES,
};

uint32_t law_bits(struct ints list)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < list.n; i++)
        bits |= BIT(list.at[i]);
    return bits;
}

/* Two clauses narrow each other: both must be kept. */
uint32_t law_kinds(const struct lot *lot)
{
    uint32_t kinds = KINDS_ALL;

    for (size_t i = 0; i < lot->clauses.n; i++)
        kinds &= clause_kinds[lot->clauses.at[i].kind];
    return kinds;
}

uint32_t law_kind_modes(int64_t kind)
{
    return kind_modes[kind];
}

uint32_t law_wanted_modes(const struct lot *lot)
{
    uint32_t modes = law_bits(lot->modes);

    for (size_t i = 0; i < lot->clauses.n; i++)
        modes |= law_bits(lot->clauses.at[i].modes);
    /* The firm hires: no structure's affair. */
    return modes & ~BIT(CLAUSE_MODE_HIRE);
}

int law_has_clause(const struct lot *lot, int64_t kind)
{
    for (size_t i = 0; i < lot->clauses.n; i++)
        if (lot->clauses.at[i].kind == kind)
            return 1;
    return 0;
}

int law_asks_share(const struct lot *lot)
{
    return law_has_clause(lot, CLAUSE_RES_HAND) ||
           law_has_clause(lot, CLAUSE_RES_IAE) ||
           law_has_clause(lot, CLAUSE_RES_MIX) ||
           law_has_clause(lot, CLAUSE_RES_UNKNOWN);
}

uint32_t law_publics(const struct lot *lot)
{
    uint32_t publics = 0;

    for (size_t i = 0; i < lot->clauses.n; i++) {
        const struct clause *clause = &lot->clauses.at[i];

        if (!clause->publics.n && clause->kind == CLAUSE_RES_HAND)
            publics |= BIT(PUBLIC_BOETH);
        publics |= law_bits(clause->publics);
    }
    return publics;
}

/* A stated 0 says no more than nothing at all. */
int64_t law_asked_hours(const struct lot *lot)
{
    int64_t hours = 0;

    for (size_t i = 0; i < lot->clauses.n; i++)
        if (lot->clauses.at[i].hours != ABSENT)
            hours += lot->clauses.at[i].hours;
    if (hours)
        return hours;
    for (size_t i = 0; i < lot->jobs.n; i++) {
        const struct job *job = &lot->jobs.at[i];

        if (job->hours_week != ABSENT && job->weeks != ABSENT)
            hours += (job->seats == ABSENT ? 1 : job->seats) * job->hours_week *
                     job->weeks;
    }
    return hours ? hours : ABSENT;
}
