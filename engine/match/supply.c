/*
 * A structure counts by its activities that match, each judged for itself: the
 * most free hours of them, and whether one covers every place.
 */
#include "engine/match/supply.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/law.h"
#include "engine/match/structure_search.h"

/* ---- One structure ------------------------------------------------------ */

static void add_activity(const struct activity *a,
                         const struct structure_result *r,
                         struct risk_unit *unit, int *rough)
{
    unit->structures = 1;
    unit->whole |= r->cover != COVER_PARTIAL;
    if (a->free_hours == ABSENT)
        unit->free_unknown = 1;
    else if (a->free_hours > unit->free_hours)
        unit->free_hours = a->free_hours;
    *rough |= (r->marks & BIT(MARK_APPROXIMATE)) != 0;
}

/* One that no activity matches stays without structures. */
static enum err read_unit(const struct lot_case *c, const struct structure *s,
                          struct risk_unit *unit, int *rough)
{
    struct structure_result result;
    struct structure one = *s;
    enum err e;

    memset(unit, 0, sizeof *unit);
    memcpy(unit->siren, s->siret.data, RISK_SIREN);
    unit->turnover = s->turnover;
    for (size_t i = 0; i < s->activities.n; i++) {
        one.activities = (struct activity_list){&s->activities.at[i], 1};
        if ((e = structure_judge(c, &one, &result)))
            return e;
        if (result.reason == ABSENT)
            add_activity(&s->activities.at[i], &result, unit, rough);
    }
    return ERR_NONE;
}

static void count(struct supply *supply, const struct structure *s,
                  const struct risk_unit *unit)
{
    supply->structures++;
    if (unit->whole)
        supply->whole[s->kind]++;
    if (s->turnover == ABSENT)
        return;
    supply->turnover += s->turnover;
    supply->turnovers++;
}

static enum err read_all(const struct lot_case *c, const struct match_top *top,
                         struct supply *supply)
{
    struct structure s;
    enum err e;

    for (size_t i = 0; i < top->n; i++) {
        struct risk_unit *unit = &supply->units[supply->n];

        if ((e = structure_read(c, top->at[i].number, &s)) ||
            (e = read_unit(c, &s, unit, &supply->rough)))
            return e;
        if (!unit->structures)
            continue;
        count(supply, &s, unit);
        supply->n++;
    }
    return ERR_NONE;
}

/* ---- Units -------------------------------------------------------------- */

static int compare_units(const void *a, const void *b)
{
    return memcmp(((const struct risk_unit *)a)->siren,
                  ((const struct risk_unit *)b)->siren, RISK_SIREN);
}

/* Both state what is one firm's: the greater is the fuller. */
static void merge(struct risk_unit *into, const struct risk_unit *from)
{
    into->structures += from->structures;
    into->whole |= from->whole;
    into->free_hours += from->free_hours;
    into->free_unknown |= from->free_unknown;
    if (from->turnover > into->turnover)
        into->turnover = from->turnover;
}

static void merge_units(struct supply *supply)
{
    size_t kept = 0;

    if (supply->n)
        qsort(supply->units, supply->n, sizeof *supply->units, compare_units);
    for (size_t i = 0; i < supply->n; i++) {
        if (kept && !compare_units(&supply->units[kept - 1], &supply->units[i]))
            merge(&supply->units[kept - 1], &supply->units[i]);
        else
            supply->units[kept++] = supply->units[i];
    }
    supply->n = kept;
}

static void add_history(struct supply *supply,
                        const struct assess_history_list *history)
{
    for (size_t i = 0; i < history->n; i++) {
        const struct assess_history *h = &history->at[i];
        struct risk_unit key, *unit;

        if (h->structure.len < RISK_SIREN || !supply->n)
            continue;
        memcpy(key.siren, h->structure.data, RISK_SIREN);
        unit =
            bsearch(&key, supply->units, supply->n, sizeof key, compare_units);
        if (!unit)
            continue;
        unit->asked += h->asked;
        unit->positive += h->positive;
    }
}

/* ---- Pools -------------------------------------------------------------- */

static enum err find(struct match *m, const struct market *market,
                     int64_t number, struct match_top *top)
{
    int64_t limit = m->limit;
    enum err e;

    m->limit = SUPPLY_MAX;
    e = match_top_structures(m, market, number, top);
    m->limit = limit;
    return e;
}

enum err supply_read(struct match *m, const struct market *market,
                     int64_t number, const struct assess_history_list *history,
                     struct supply *out)
{
    struct match_top top;
    struct lot_case c;
    enum err e;

    memset(out, 0, sizeof *out);
    if ((e = find(m, market, number, &top)))
        return e;
    if (!(out->units = calloc(top.n + 1, sizeof *out->units)))
        return ERR_NOMEM;
    if ((e = lot_case_init(&c, m, market, number)))
        return e;
    e = read_all(&c, &top, out);
    lot_case_fini(&c);
    if (e)
        return e;
    merge_units(out);
    add_history(out, history);
    return ERR_NONE;
}

void supply_fini(struct supply *supply)
{
    free(supply->units);
    supply->units = NULL;
}

int64_t supply_free_hours(const struct supply *supply, int *unknown)
{
    int64_t sum = 0;

    *unknown = 0;
    for (size_t i = 0; i < supply->n; i++) {
        sum += supply->units[i].free_hours;
        *unknown |= supply->units[i].free_unknown;
    }
    return sum;
}
