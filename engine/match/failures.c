/*
 * Every stored market is looked at, as far as its status; those that failed
 * are read.
 */
#include "engine/match/failures.h"

#include "engine/match/cover.h"
#include "engine/match/law.h"
#include "engine/match/markets.h"
#include "protocol/civil.h"

#define CPV_DIVISION 2 /* characters */

struct near_lot {
    struct match *m;
    const struct lot *lot;
    struct territory place;
    int64_t kind;
    int64_t months;
    int64_t found;
};

static int same_division(const struct lot *a, const struct lot *b)
{
    for (size_t i = 0; i < a->cpv.n; i++)
        for (size_t k = 0; k < b->cpv.n; k++) {
            struct slice x = a->cpv.at[i], y = b->cpv.at[k];

            x.len = y.len = CPV_DIVISION; /* a CPV has eight digits */
            if (slice_equal(x, y))
                return 1;
        }
    return 0;
}

static int is_recent(const struct near_lot *near, const struct market *market)
{
    int64_t day = market->deadline == ABSENT
                      ? market->launch_on
                      : civil_paris_date(market->deadline);

    return day != ABSENT && day <= near->m->on &&
           civil_months(day, near->m->on) < near->months;
}

static int has_failed(const struct market *head, int64_t on)
{
    (void)on; /* of which day: is_recent */
    return head->status == MARKET_UNSUCCESSFUL;
}

static enum err count_lots(void *context, const struct market *market,
                           struct arena *scratch)
{
    struct near_lot *near = context;
    enum err e = ERR_NONE;

    if (!is_recent(near, market))
        return ERR_NONE;
    for (size_t i = 0; i < market->lots.n && !e; i++) {
        const struct lot *lot = &market->lots.at[i];
        struct territory place;

        if (!law_has_clause(lot, near->kind) || !same_division(lot, near->lot))
            continue;
        e = cover_place(near->m->reference, scratch, lot, &place);
        if (!e && territory_meets(&place, &near->place) &&
            near->found < FAILURES_MAX)
            near->found++;
    }
    return e;
}

enum err failures_count(struct match *m, const struct lot *lot, int64_t kind,
                        int64_t months, int64_t *out)
{
    struct near_lot near = {.m = m, .lot = lot, .kind = kind, .months = months};
    enum err e = cover_place(m->reference, m->arena, lot, &near.place);

    if (e || (e = markets_each(m, has_failed, count_lots, &near)))
        return e;
    *out = near.found;
    return ERR_NONE;
}
