/*
 * What a lot asks of rows of structures: under which codes they stand, what
 * they must be, and where.
 */
#ifndef ENGINE_MATCH_STRUCTURE_ASK_H
#define ENGINE_MATCH_STRUCTURE_ASK_H

#include "engine/match/area_sums.h"
#include "engine/match/lot.h"
#include "engine/match/near.h"

/* One thing that a list is read for. */
struct want {
    uint32_t code;
    uint32_t detail;
    int32_t level; /* of who has it; BY_DIGITS: as near as two CPV are;
                      ABSENT_LEVEL: the lot asks for nothing */
    int32_t job;   /* of jobs the index in `jobs`, else -1 */
};
#define LEVEL_BY_DIGITS (-1)
#define LEVEL_ABSENT (-2)

/* The weights, for sums that fit 32 bits. */
struct row_weights {
    int32_t activity, coverage, proximity, capacity, jobs;
};

struct structure_ask {
    const struct lot_case *c;
    struct row_weights weights;
    const struct want *wants; /* by code, jobs first */
    size_t n_wants;
    size_t n_jobs;       /* distinct codes of the lot's jobs: at most 64 */
    const int64_t *jobs; /* the seats of each */
    int64_t seats;       /* of all */
    uint16_t start;
    /* Where.  Without places nothing is asked. */
    int is_placed;
    uint32_t commune; /* the place, if it is one commune: REFERENCE_NONE */
    struct point point;
    double per_person; /* what one of its people is of its coverage, 1000 */
    struct near near;  /* of runs of homes to the place */
    int has_near;
    struct area_sums sums;      /* unless it is one commune */
    const struct range *wheres; /* of areas that meet the place, sorted */
    size_t n_wheres;
};

/* Can rows answer?  Else records are judged: dates beyond what rows hold. */
int structure_ask_fits(const struct lot_case *c);

/* Make what the lot of C asks, in the arena of C.  ERR_NOMEM. */
enum err structure_ask_read(const struct lot_case *c,
                            struct structure_ask *out);

#endif
