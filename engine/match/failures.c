/*
 * Every stored market is looked at, as far as its status; those that failed
 * are read.
 */
#include "engine/match/failures.h"

#include "engine/match/cover.h"
#include "engine/match/law.h"
#include "protocol/civil.h"
#include "protocol/codec.h"

#define CPV_DIVISION 2 /* characters */
#define MARKET_BYTES_MAX ((size_t)64 << 20)

struct near_lot {
    struct match *m;
    const struct lot *lot;
    struct territory place;
    int64_t kind;
    int64_t months;
    struct arena *scratch;
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

static enum err count_lots(const struct near_lot *near,
                           const struct market *market, int64_t *n)
{
    enum err e = ERR_NONE;

    for (size_t i = 0; i < market->lots.n && !e; i++) {
        const struct lot *lot = &market->lots.at[i];
        struct territory place;

        if (!law_has_clause(lot, near->kind) || !same_division(lot, near->lot))
            continue;
        e = cover_place(near->m->reference, near->scratch, lot, &place);
        if (!e && territory_meets(&place, &near->place) && *n < FAILURES_MAX)
            ++*n;
    }
    return e;
}

static enum err count_market(const struct near_lot *near, struct slice body,
                             int64_t *n)
{
    struct market market;
    enum err e;

    arena_reset(near->scratch);
    e = protocol_decode_trusted(&shape_market, body, near->scratch, &market);
    if (e || !is_recent(near, &market))
        return e;
    return count_lots(near, &market, n);
}

static enum err count_all(const struct near_lot *near, int64_t *n)
{
    struct record record = {.number = 0};
    size_t fields = cover_fields_of_status();
    struct market head;
    enum err e;

    while (!(e = store_next_numbered(near->m->view, ENTITY_MARKET,
                                     record.number, &record))) {
        arena_reset(near->scratch);
        near->m->scanned++;
        if ((e = protocol_decode_first(&shape_market, fields, record.body,
                                       near->scratch, &head)))
            return e;
        if (head.status == MARKET_UNSUCCESSFUL &&
            (e = count_market(near, record.body, n)))
            return e;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err failures_count(struct match *m, const struct lot *lot, int64_t kind,
                        int64_t months, int64_t *out)
{
    struct near_lot near = {.m = m, .lot = lot, .kind = kind, .months = months};
    int64_t n = 0;
    enum err e;

    if ((e = cover_place(m->reference, m->arena, lot, &near.place)))
        return e;
    if (!(near.scratch = arena_new(MARKET_BYTES_MAX)))
        return ERR_NOMEM;
    if (!(e = count_all(&near, &n)))
        *out = n;
    arena_free(near.scratch);
    return e;
}
