/*
 * A world made and ended, and what its objects share: communes and ids.
 */
#include "benchmarks/world.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/civil.h"

const struct world_size world_national = {5000000, 12000, 50000};

int64_t world_on(void)
{
    return civil_days((struct civil){2026, 11, 23});
}

/* How many lots a market has: its first draw. */
static uint32_t lots_of(const struct world *w, uint32_t market)
{
    struct draw d = draw_of(w->seed, DRAW_MARKET, market);
    uint32_t x = draw_below(&d, 100);

    return x < 50 ? 1 : x < 75 ? 2 : x < 90 ? 3 : 4;
}

/* Markets until there are enough lots; the last one has what is left. */
static enum err count_lots(struct world *w)
{
    uint32_t *lots = calloc((size_t)w->size.lots + 1, sizeof *lots);

    if (!lots)
        return ERR_NOMEM;
    w->lots = lots;
    for (; lots[w->markets] < w->size.lots; w->markets++) {
        uint32_t next = lots[w->markets] + lots_of(w, w->markets);

        lots[w->markets + 1] = next < w->size.lots ? next : w->size.lots;
    }
    return ERR_NONE;
}

/* Departments and regions are ranges: a department lies in the region that
 * holds its first commune. */
static enum err find_regions(struct world *w)
{
    const struct territory_rows *departments = &w->ref->departments;
    const struct territory_rows *regions = &w->ref->regions;

    w->laws->regions = calloc(departments->n, sizeof *w->laws->regions);
    if (!w->laws->regions)
        return ERR_NOMEM;
    for (size_t i = 0; i < departments->n; i++) {
        uint32_t first = departments->at[i].ranges->from;
        size_t r = 0;

        while (first < regions->at[r].ranges->from ||
               first >= regions->at[r].ranges->to)
            r++;
        w->laws->regions[i] = (uint16_t)r;
    }
    return ERR_NONE;
}

enum err world_new(const struct reference *ref, uint64_t seed,
                   const struct world_size *size, struct world **out)
{
    struct world *w = calloc(1, sizeof *w);
    enum err e;

    if (!w || !(w->laws = calloc(1, sizeof *w->laws))) {
        free(w);
        return ERR_NOMEM;
    }
    w->ref = ref;
    w->seed = seed;
    w->size = *size;
    if ((e = count_lots(w)) || (e = find_regions(w)) ||
        (e = world_codes_init(w))) {
        world_free(w);
        return e;
    }
    *out = w;
    return ERR_NONE;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    free(w->laws->regions);
    free(w->laws->link_lines);
    free(w->laws->group_lines);
    free(w->laws);
    free((void *)w->lots);
    free(w);
}

const struct reference_import *world_imports(const struct world *w)
{
    return w->laws->imports;
}

uint32_t world_count(const struct world *w, unsigned entity)
{
    if (entity == ENTITY_PROFILE)
        return w->size.profiles;
    if (entity == ENTITY_STRUCTURE)
        return w->size.structures;
    return entity == ENTITY_MARKET ? w->markets : 0;
}

enum err world_object(const struct world *w, unsigned entity, uint32_t number,
                      struct arena *arena, union world_object *out)
{
    if (entity == ENTITY_PROFILE)
        return world_profile(w, number, arena, &out->profile);
    if (entity == ENTITY_STRUCTURE)
        return world_structure(w, number, arena, &out->structure);
    return world_market(w, number, arena, &out->market);
}

/* The commune that person PERSON of the country lives in. */
static uint32_t home_of(const uint64_t *people, uint32_t low, uint32_t high,
                        uint64_t person)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (people[middle + 1] <= person)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Nobody lives there, or nobody whose place is known: any commune of it. */
static uint32_t any_commune(const struct world *w, const struct range *ranges,
                            size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (uint32_t c = ranges[i].from; c < ranges[i].to; c++)
            if (w->ref->communes[c].centred)
                return c;
    return ranges->from;
}

uint32_t world_commune(const struct world *w, struct draw *d,
                       const struct range *ranges, size_t n)
{
    const uint64_t *people = reference_population(w->ref);
    uint64_t all = 0;

    for (size_t i = 0; i < n; i++)
        all += people[ranges[i].to] - people[ranges[i].from];
    for (int again = 0; all && again < 16; again++) {
        uint64_t person = draw_below(d, (uint32_t)all);
        const struct range *at = ranges;
        uint32_t c;

        while (person >= people[at->to] - people[at->from]) {
            person -= people[at->to] - people[at->from];
            at++;
        }
        c = home_of(people, at->from, at->to, people[at->from] + person);
        if (w->ref->communes[c].centred)
            return c;
    }
    return any_commune(w, ranges, n);
}

struct slice world_insee(const struct world *w, uint32_t commune)
{
    return (struct slice){w->ref->communes[commune].insee, 5};
}

struct slice world_zone(struct arena *arena, const char *prefix,
                        const char *code)
{
    size_t a = strlen(prefix), b = strlen(code);
    char *text = arena_alloc(arena, a + 1 + b);

    if (!text)
        return (struct slice){NULL, 0};
    memcpy(text, prefix, a);
    text[a] = ':';
    memcpy(text + a + 1, code, b);
    return (struct slice){text, a + 1 + b};
}
