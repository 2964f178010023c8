/*
 * One walk over the communes of a place instead of one for every zone.
 */
#include <string.h>

#include "engine/match/area_sums.h"

/* The same while they are added up. */
struct sums {
    const struct reference *ref;
    struct extent *epcis;
    struct extent *departments;
    struct extent *regions;
};

static void add(struct extent *sum, uint64_t communes, uint64_t people)
{
    sum->communes += communes;
    sum->people += people;
}

/* Regions are few and one range each. */
static void add_to_region(const struct sums *s, uint32_t from,
                          uint64_t communes, uint64_t people)
{
    for (size_t i = 0; i < s->ref->regions.n; i++)
        if (area_holds(s->ref, (uint16_t)(AREA_REGION + i), from))
            add(&s->regions[i], communes, people);
}

static int is_department(const struct reference *ref, uint32_t from,
                         uint32_t to)
{
    const struct range *own =
        ref->departments.at[ref->communes[from].department].ranges;

    return from == own->from && to == own->to;
}

static void add_shares(const struct sums *s, uint16_t department)
{
    struct range own = s->ref->columns.shares_of[department];

    for (uint32_t i = own.from; i < own.to; i++) {
        const struct reference_share *share = &s->ref->columns.shares[i];

        add(&s->epcis[share->epci], share->communes, share->people);
    }
}

/* A run of communes of one department. */
static void add_run(const struct sums *s, uint32_t from, uint32_t to)
{
    const struct commune *communes = s->ref->communes;
    const uint64_t *people = reference_population(s->ref);
    uint64_t all = people[to] - people[from];

    add(&s->departments[communes[from].department], to - from, all);
    add_to_region(s, from, to - from, all);
    if (is_department(s->ref, from, to)) {
        add_shares(s, communes[from].department);
        return;
    }
    for (uint32_t c = from; c < to; c++) {
        if (communes[c].epci != REFERENCE_NONE)
            add(&s->epcis[communes[c].epci], 1, communes[c].population);
        if (communes[c].ept != REFERENCE_NONE)
            add(&s->epcis[communes[c].ept], 1, communes[c].population);
    }
}

static void add_range(const struct sums *s, struct range range)
{
    while (range.from < range.to) {
        uint16_t department = s->ref->communes[range.from].department;
        const struct range *own = s->ref->departments.at[department].ranges;
        uint32_t to = own->to < range.to ? own->to : range.to;

        add_run(s, range.from, to);
        range.from = to;
    }
}

static size_t list_met(struct range *at, size_t n, unsigned first,
                       const struct extent *sums, size_t n_sums)
{
    for (size_t i = 0; i < n_sums; i++)
        if (sums[i].communes)
            at[n++] = (struct range){(uint32_t)(first + i),
                                     (uint32_t)(first + i + 1)};
    return n;
}

enum err area_sums_read(const struct reference *ref, struct arena *arena,
                        const struct place *place, struct area_sums *out)
{
    size_t rows = ref->epcis.n + ref->departments.n + ref->regions.n;
    struct extent *sums = arena_array(arena, rows, sizeof *sums);
    struct range *meeting =
        arena_array(arena, place->set.n + rows, sizeof *meeting);
    struct sums s = {ref, sums, sums + ref->epcis.n, NULL};
    size_t n = place->set.n;

    if (!sums || !meeting)
        return ERR_NOMEM;
    s.regions = s.departments + ref->departments.n;
    for (size_t i = 0; i < n; i++)
        add_range(&s, place->set.ranges[i]);
    memcpy(meeting, place->set.ranges, n * sizeof *meeting);
    n = list_met(meeting, n, AREA_EPCI, s.epcis, ref->epcis.n);
    n = list_met(meeting, n, AREA_DEPARTMENT, s.departments,
                 ref->departments.n);
    n = list_met(meeting, n, AREA_REGION, s.regions, ref->regions.n);
    *out = (struct area_sums){place,     s.epcis, s.departments,
                              s.regions, meeting, n};
    return ERR_NONE;
}

struct extent area_sums_of(const struct reference *ref,
                           const struct area_sums *sums, uint16_t area)
{
    if (area == AREA_NONE)
        return (struct extent){0, 0};
    if (area == AREA_COUNTRY)
        return sums->place->extent;
    if (area >= AREA_REGION)
        return sums->regions[area - AREA_REGION];
    if (area >= AREA_DEPARTMENT)
        return sums->departments[area - AREA_DEPARTMENT];
    if (area >= AREA_EPCI)
        return sums->epcis[area - AREA_EPCI];
    if (!territory_holds(ref, &sums->place->set, area))
        return (struct extent){0, 0};
    return (struct extent){1, ref->communes[area].population};
}
