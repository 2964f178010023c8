/*
 * What the clauses of a lot allow and ask (MATCHING.md section 3): kinds of
 * structures, modes, the public share, publics of people.  Sets are bits:
 * 1 << enum value.
 */
#ifndef ENGINE_MATCH_LAW_H
#define ENGINE_MATCH_LAW_H

#include "protocol/entities.h"

#define BIT(value) (UINT32_C(1) << (value))

/* The reservations, of which a lot has one at most (CCP L2113-12 to 16). */
#define LAW_RESERVED                                                           \
    (BIT(CLAUSE_RES_HAND) | BIT(CLAUSE_RES_IAE) | BIT(CLAUSE_RES_MIX) |        \
     BIT(CLAUSE_RES_PRISON) | BIT(CLAUSE_RES_ESS) | BIT(CLAUSE_RES_UNKNOWN))

/* The bits of a list of words. */
uint32_t law_bits(struct ints list);

/* The kinds that every clause of the lot allows. */
uint32_t law_kinds(const struct lot *lot);

/* What structures of a kind can do. */
uint32_t law_kind_modes(int64_t kind);

/* The modes that the lot and its clauses want; 0: any. */
uint32_t law_wanted_modes(const struct lot *lot);

/* Must half of the workers be disabled or disadvantaged (CCP R2113-7)? */
int law_asks_share(const struct lot *lot);

/* The publics that clauses list; 0: no clause lists any. */
uint32_t law_publics(const struct lot *lot);

/* Insertion hours asked: those of the clauses, else of the jobs; ABSENT when
 * nobody says. */
int64_t law_asked_hours(const struct lot *lot);

/* Does a clause have this kind? */
int law_has_clause(const struct lot *lot, int64_t kind);

#endif
