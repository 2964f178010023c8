/*
 * Sectors, CPV and ROME codes of an activity against those of a lot.
 */
#include <string.h>

#include "engine/match/activity.h"

#define CPV_DIGITS 8
#define CPV_DIVISION 2 /* digits that stay even when they are zero */

/* Without check digit and trailing zeros. */
static struct slice cpv_strip(struct slice cpv)
{
    if (cpv.len > CPV_DIGITS)
        cpv.len = CPV_DIGITS;
    while (cpv.len > CPV_DIVISION && cpv.data[cpv.len - 1] == '0')
        cpv.len--;
    return cpv;
}

int64_t activity_cpv_level(struct slice a, struct slice b)
{
    size_t same = 0;

    a = cpv_strip(a);
    b = cpv_strip(b);
    if (slice_equal(a, b))
        return ACTIVITY_LEVEL_SAME;
    while (same < a.len && same < b.len && a.data[same] == b.data[same])
        same++;
    switch (same) {
    case 0:
    case 1:
        return 0;
    case 2:
        return 500;
    case 3:
        return 700;
    case 4:
        return 850;
    default:
        return ACTIVITY_LEVEL_SAME;
    }
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t best_cpv(struct slices wanted, struct slices offered)
{
    int64_t best = 0;

    for (size_t i = 0; i < wanted.n; i++)
        for (size_t k = 0; k < offered.n && best < ACTIVITY_LEVEL_SAME; k++)
            best =
                larger(best, activity_cpv_level(wanted.at[i], offered.at[k]));
    return best;
}

/* Sectors that the table lacks have no group: equality decides alone. */
static int64_t sector_level(const struct reference *ref, struct slice a,
                            struct slice b)
{
    struct slice group;

    if (slice_equal(a, b))
        return ACTIVITY_LEVEL_SAME;
    group = reference_sector_group(ref, a);
    if (group.data && slice_equal(group, reference_sector_group(ref, b)))
        return ACTIVITY_LEVEL_GROUP;
    return 0;
}

static int64_t best_sector(const struct reference *ref, struct slices wanted,
                           struct slices offered)
{
    int64_t best = 0;

    for (size_t i = 0; i < wanted.n; i++)
        for (size_t k = 0; k < offered.n; k++)
            best = larger(best, sector_level(ref, wanted.at[i], offered.at[k]));
    return best;
}

static int staffs(const struct activity *a, struct slice rome)
{
    for (size_t i = 0; i < a->rome.n; i++)
        if (slice_equal(a->rome.at[i], rome))
            return 1;
    return 0;
}

int64_t activity_level(const struct lot_case *c, const struct activity *a)
{
    const struct lot *lot = c->lot;
    int64_t best;

    if (!lot->sectors.n && !lot->cpv.n && !lot->jobs.n)
        return ABSENT;
    best = larger(best_sector(c->m->reference, lot->sectors, a->sectors),
                  best_cpv(lot->cpv, a->cpv));
    for (size_t i = 0; i < lot->jobs.n && best < ACTIVITY_LEVEL_ROME; i++)
        if (staffs(a, lot->jobs.at[i].rome))
            best = ACTIVITY_LEVEL_ROME;
    return best;
}

/* The largest numbers of the field tables stay far below 2^63. */
int64_t activity_capacity(const struct lot_case *c, int64_t free_hours)
{
    int64_t months = c->lot->months;

    if (free_hours == ABSENT || months == ABSENT || months == 0 ||
        c->asked_hours == ABSENT)
        return ABSENT;
    if (free_hours * months >= c->asked_hours)
        return 1000;
    return 1000 * free_hours * months / c->asked_hours;
}

int64_t activity_seats(const struct job *job)
{
    return job->seats == ABSENT ? 1 : job->seats;
}

int64_t activity_jobs(const struct lot_case *c, const struct activity *a)
{
    int64_t all = 0, staffed = 0;

    if (!c->lot->jobs.n || !a->rome.n)
        return ABSENT;
    for (size_t i = 0; i < c->lot->jobs.n; i++) {
        const struct job *job = &c->lot->jobs.at[i];
        int64_t seats = activity_seats(job);

        all += seats;
        if (staffs(a, job->rome))
            staffed += seats;
    }
    return 1000 * staffed / all;
}
