/*
 * Counted once for a run, when somebody lives there: the parts of the place by
 * how near their boxes are, in steps of kilometres.
 */
#include <string.h>

#include "engine/match/crowd.h"
#include "engine/match/near.h"
#include "engine/match/workspace.h"

#define STEP_KM 8
#define STEPS (256 / STEP_KM)

enum err crowd_init(struct crowd *crowd, const struct lot_case *c)
{
    size_t runs = c->m->reference->wide.n, parts = c->place.parts.n;
    char *room = workspace_room(c->workspace, ROOM_CROWD,
                                runs * (STEPS * sizeof *crowd->people + 1) +
                                    parts * sizeof *crowd->km);

    if (!room)
        return ERR_NOMEM;
    *crowd = (struct crowd){.place = &c->place, .ref = c->m->reference};
    crowd->people = (uint32_t *)(void *)room;
    crowd->km = (uint16_t *)(void *)(crowd->people + runs * STEPS);
    crowd->made = (uint8_t *)(crowd->km + parts);
    memset(crowd->made, 0, runs);
    return ERR_NONE;
}

static void make_run(const struct crowd *crowd, unsigned run, uint32_t *people)
{
    const struct parts *parts = &crowd->place->parts;
    const uint64_t *sums = reference_population(crowd->ref);

    memset(people, 0, STEPS * sizeof *people);
    near_boxes(&crowd->ref->wide, run, parts, crowd->km);
    for (size_t i = 0; i < parts->n; i++) {
        struct range part = parts->range[i];

        if (crowd->km[i] < STEPS * STEP_KM)
            people[crowd->km[i] / STEP_KM] +=
                (uint32_t)(sums[part.to] - sums[part.from]);
    }
    for (unsigned i = 1; i < STEPS; i++)
        people[i] += people[i - 1];
    crowd->made[run] = 1;
}

uint32_t crowd_within(const struct crowd *crowd, unsigned run, unsigned reach)
{
    uint32_t *people = crowd->people + (size_t)run * STEPS;

    if (!crowd->made[run])
        make_run(crowd, run, people);
    return people[reach / STEP_KM];
}
