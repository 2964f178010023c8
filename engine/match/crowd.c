/*
 * Counted once for a run, when somebody lives there: the spans of the place by
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
    size_t runs = c->m->reference->wide.n;
    char *room = workspace_room(c->workspace, ROOM_CROWD,
                                runs * (STEPS * sizeof *crowd->people + 1));

    if (!room)
        return ERR_NOMEM;
    *crowd =
        (struct crowd){&c->place, c->m->reference,
                       (uint8_t *)room + runs * STEPS * sizeof *crowd->people,
                       (uint32_t *)(void *)room};
    memset(crowd->made, 0, runs);
    return ERR_NONE;
}

/* The people of PART, which lies in one span. */
static void add_part(const struct crowd *crowd, unsigned run, struct range part,
                     uint32_t *people)
{
    const struct reference *ref = crowd->ref;
    const uint64_t *sums = reference_population(ref);
    const struct reference_span *s =
        &ref->columns.spans[part.from / REFERENCE_SPAN];
    unsigned km;

    if (!s->centred)
        return;
    km = near_box(&ref->wide, run, s->low, s->high);
    if (km < STEPS * STEP_KM)
        people[km / STEP_KM] += (uint32_t)(sums[part.to] - sums[part.from]);
}

static void make_run(const struct crowd *crowd, unsigned run, uint32_t *people)
{
    const struct territory *set = &crowd->place->set;

    memset(people, 0, STEPS * sizeof *people);
    for (size_t i = 0; i < set->n; i++) {
        struct range part = set->ranges[i];

        while (part.from < set->ranges[i].to) {
            part.to = (part.from / REFERENCE_SPAN + 1) * REFERENCE_SPAN;
            if (part.to > set->ranges[i].to)
                part.to = set->ranges[i].to;
            add_part(crowd, run, part, people);
            part.from = part.to;
        }
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
