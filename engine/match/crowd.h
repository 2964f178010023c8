/*
 * How many people of a place can live within reach of the homes of a run: an
 * upper bound of what circles cover, for a look at a table each.
 */
#ifndef ENGINE_MATCH_CROWD_H
#define ENGINE_MATCH_CROWD_H

#include "engine/match/lot.h"

struct crowd {
    const struct place *place;
    const struct reference *ref;
    uint8_t *made;    /* runs that were asked for */
    uint16_t *km;     /* room: from one of them to the parts of the place */
    uint32_t *people; /* of each run, by reach */
};

/* Nothing is counted yet; in a room of the case's workspace.  ERR_NOMEM. */
enum err crowd_init(struct crowd *crowd, const struct lot_case *c);

/* At least as many as live in those communes of the place that have a centre
 * within REACH kilometres (under 256) of the box of RUN among the wide
 * boxes. */
uint32_t crowd_within(const struct crowd *crowd, unsigned run, unsigned reach);

#endif
