/*
 * Entities by chance, close enough to each other that every rule decides
 * some of them.  The same seed gives the same entities.
 */
#ifndef TESTS_SUPPORT_CHANCE_H
#define TESTS_SUPPORT_CHANCE_H

#include "tests/support/world.h"

struct chance {
    uint64_t seed; /* not 0 */
    struct arena *arena;
    const struct reference *ref;
};

/* A number under N; true in PERCENT of cases. */
uint32_t chance_below(struct chance *c, uint32_t n);
int chance_of(struct chance *c, uint32_t percent);
/* Up to MOST of a list of N, without repeats, in the arena. */
struct slices chance_some(struct chance *c, const char *const *list, size_t n,
                          uint32_t most);

/* Structure, person or market NUMBER, in the arena. */
struct structure *chance_structure(struct chance *c, unsigned number);
struct profile *chance_profile(struct chance *c, unsigned number);
struct market *chance_market(struct chance *c, unsigned number);

/* Imports for the reference that these entities speak of. */
extern const struct reference_import chance_imports[2];

/* The codes of the index that they may stand under. */
extern const char *const chance_romes[];
extern const char *const chance_cpvs[];
extern const char *const chance_sectors[];
extern const size_t chance_n_romes, chance_n_cpvs, chance_n_sectors;

#endif
