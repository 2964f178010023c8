/*
 * Lots are cut into parts that facilitators cover and zones that nobody does;
 * zones look for somebody; then all who were found are put in order.
 *
 * Order of two facilitators: more hours, the lighter load per post (whoever
 * does not say how many posts comes last), the tie number, the id.
 */
#include "engine/match/route.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/cover.h"
#include "engine/match/law.h"
#include "engine/match/lot.h"
#include "engine/match/order.h"
#include "protocol/codec.h"

#define NOT_YET (UINT32_MAX - 1) /* of nearest communes */

struct route_lot {
    int64_t number;
    struct territory place;
    struct extent all;
    int64_t hours; /* ABSENT: unknown */
};

/* One facilitator in this market. */
struct hand {
    int concerned; /* in the answer, or asked about for a zone */
    int told;      /* in the answer */
    int64_t hours;
    int64_t load;
    int64_t load_per_etp; /* ABSENT: unknown */
    uint64_t tie;
    size_t n_parts;
};

struct route {
    struct match *m;
    const struct market *market;
    struct cover cover;
    struct arena *arena; /* of what no answer tells */
    int64_t adjacent_km;
    struct route_lot *lots;
    size_t n_lots;
    int knows_hours;
    struct hand *hands;      /* of cover.at */
    struct territory *whole; /* of cover.at: all that it covers */
    uint32_t *nearest;       /* by commune: the covered one that is nearest */
    struct route_zone_list zones;
    uint32_t *middles; /* of zones: the commune they are measured from */
    int approximate;
};

/* ---- Lots --------------------------------------------------------------- */

static struct extent extent_of(const struct reference *ref,
                               const struct territory *set)
{
    return territory_extent(ref, set, (struct range){0, ref->n});
}

/* What PART of the place, which is not empty, has of the lot's hours: by
 * population; where nobody lives, by communes. */
static int64_t share(const struct route_lot *lot, const struct extent *part)
{
    if (lot->hours == ABSENT)
        return ABSENT;
    if (!lot->all.people)
        return (int64_t)((uint64_t)lot->hours * part->communes /
                         lot->all.communes);
    return (int64_t)((uint64_t)lot->hours * part->people / lot->all.people);
}

static enum err read_lots(struct route *r, int64_t only)
{
    const struct market *market = r->market;
    enum err e;

    r->lots = arena_array(r->arena, market->lots.n, sizeof *r->lots);
    if (!r->lots)
        return ERR_NOMEM;
    for (size_t i = 0; i < market->lots.n; i++) {
        struct route_lot *lot = &r->lots[r->n_lots];

        lot->number = (int64_t)i + 1;
        if (only != ABSENT && lot->number != only)
            continue;
        if ((e = cover_place(r->m->reference, r->arena, &market->lots.at[i],
                             &lot->place)))
            return e;
        lot->all = extent_of(r->m->reference, &lot->place);
        lot->hours = law_asked_hours(&market->lots.at[i]);
        r->knows_hours |= lot->hours != ABSENT;
        r->n_lots++;
    }
    return r->n_lots ? ERR_NONE : ERR_NOT_FOUND;
}

/* ---- Parts -------------------------------------------------------------- */

/* What facilitator I covers of a lot at a level; 0: nothing. */
static int part_of(const struct route *r, size_t i, const struct route_lot *lot,
                   int64_t step, struct route_part *out)
{
    const struct reference *ref = r->m->reference;
    struct extent sum = {0, 0};

    for (size_t k = 0; k < lot->place.n; k++) {
        struct extent one = territory_extent(ref, &r->cover.sets[i][step],
                                             lot->place.ranges[k]);

        sum.communes += one.communes;
        sum.people += one.people;
    }
    if (!sum.communes)
        return 0;
    *out = (struct route_part){lot->number, step, (int64_t)sum.communes,
                               (int64_t)sum.people, share(lot, &sum)};
    return 1;
}

/* The parts of facilitator I, into OUT unless it is NULL; how many. */
static size_t parts_of(const struct route *r, size_t i, struct route_part *out)
{
    struct route_part part;
    size_t n = 0;

    for (size_t k = 0; k < r->n_lots; k++)
        for (int64_t step = 0; step < COVER_LEVELS; step++) {
            if (!r->cover.sets[i][step].n ||
                !part_of(r, i, &r->lots[k], step, &part))
                continue;
            if (out)
                out[n] = part;
            n++;
        }
    return n;
}

static enum err find_parts(struct route *r)
{
    const struct cover *c = &r->cover;
    uint64_t key = order_hash(r->market->id);
    enum err e;

    r->hands = arena_array(r->arena, c->n + 1, sizeof *r->hands);
    r->whole = arena_array(r->arena, c->n + 1, sizeof *r->whole);
    if (!r->hands || !r->whole)
        return ERR_NOMEM;
    for (size_t i = 0; i < c->n; i++) {
        if ((e = territory_union(r->arena, c->sets[i], COVER_LEVELS,
                                 &r->whole[i])))
            return e;
        r->hands[i].tie = order_tie(key, order_hash(c->at[i].id));
        r->hands[i].n_parts = parts_of(r, i, NULL);
        r->hands[i].concerned = r->hands[i].told = r->hands[i].n_parts != 0;
    }
    return ERR_NONE;
}

/* ---- Zones -------------------------------------------------------------- */

/* The covered commune nearest to MIDDLE, the lower code of two equals;
 * REFERENCE_NONE: there is none with a centre. */
static uint32_t find_nearest(const struct route *r, uint32_t middle)
{
    const struct reference *ref = r->m->reference;
    const struct commune *from = &ref->communes[middle];
    uint32_t best = REFERENCE_NONE;
    uint64_t least = UINT64_MAX;

    for (uint32_t c = 0; c < ref->n && from->centred; c++) {
        const struct commune *to = &ref->communes[c];
        uint64_t square;

        if (r->cover.step[c] == STEP_WHITE_ZONE || !to->centred)
            continue;
        square = reference_square(from->at, to->at);
        if (square < least ||
            (square == least &&
             strcmp(to->insee, ref->communes[best].insee) < 0)) {
            least = square;
            best = c;
        }
    }
    return best;
}

/* Every lot may have the same zone: it is measured once. */
static uint32_t nearest_of(struct route *r, uint32_t middle)
{
    if (r->nearest[middle] == NOT_YET)
        r->nearest[middle] = find_nearest(r, middle);
    return r->nearest[middle];
}

/* Who would take a zone over is facilitator I, or whoever answers for it;
 * COVER_NOBODY: it would not. */
static uint32_t candidate(const struct route *r, const struct route_zone *zone,
                          uint32_t middle, uint32_t i)
{
    if (zone->step == STEP_COORDINATOR)
        return cover_coordinator(&r->cover, i, middle);
    return territory_holds(r->m->reference, &r->whole[i], r->nearest[middle])
               ? i
               : COVER_NOBODY;
}

/* Concern all candidates for the zone; how many there are. */
static size_t concern(struct route *r, const struct route_zone *zone,
                      uint32_t middle)
{
    size_t n = 0;

    for (uint32_t i = 0; i < r->cover.n; i++) {
        uint32_t who = candidate(r, zone, middle, i);

        if (who == COVER_NOBODY)
            continue;
        r->hands[who].concerned = 1;
        n++;
    }
    return n;
}

/* Is a covered commune near enough?  If so the zone says which. */
static int is_adjacent(struct route *r, struct route_zone *zone,
                       uint32_t middle)
{
    const struct commune *from = &r->m->reference->communes[middle], *to;
    uint32_t nearest = nearest_of(r, middle);
    int64_t km;

    r->approximate |= from->approximate || !from->centred;
    if (nearest == REFERENCE_NONE)
        return 0;
    to = &r->m->reference->communes[nearest];
    r->approximate |= to->approximate;
    km = reference_km(from->at, to->at);
    if (km > r->adjacent_km)
        return 0;
    zone->commune = slice_of(to->insee);
    zone->km = km;
    return 1;
}

/* The first step that leads to somebody; WHY gets those that did not. */
static void choose_step(struct route *r, struct route_zone *zone,
                        uint32_t middle, uint32_t *why)
{
    *why = BIT(WHY_NO_FACILITATOR);
    zone->step = STEP_ADJACENT;
    if (zone->department.len == 3)
        *why |= BIT(WHY_OVERSEAS); /* 971 to 989: the sea is between */
    else if (!is_adjacent(r, zone, middle))
        *why |= BIT(WHY_NONE_NEAR);
    else if (concern(r, zone, middle))
        return;
    zone->step = STEP_COORDINATOR;
    if (concern(r, zone, middle))
        return;
    *why |= BIT(WHY_NO_COORDINATOR);
    zone->step = STEP_WHITE_ZONE;
}

/* The commune of SET with the most people, the lower code of two equals. */
static uint32_t middle_of(const struct reference *ref,
                          const struct territory *set)
{
    uint32_t best = REFERENCE_NONE;

    for (size_t k = 0; k < set->n; k++)
        for (uint32_t c = set->ranges[k].from; c < set->ranges[k].to; c++) {
            const struct commune *it = &ref->communes[c];

            if (best == REFERENCE_NONE ||
                it->population > ref->communes[best].population ||
                (it->population == ref->communes[best].population &&
                 strcmp(it->insee, ref->communes[best].insee) < 0))
                best = c;
        }
    return best;
}

/* What nobody covers of a lot in one department. */
static enum err add_zone(struct route *r, const struct route_lot *lot,
                         const struct territory_row *department)
{
    struct territory here = {department->ranges, department->n, NULL, 0};
    struct route_zone *zone = &r->zones.at[r->zones.n];
    struct territory blank;
    struct extent extent;
    uint32_t why;
    enum err e;

    if (!territory_meets(&lot->place, &here))
        return ERR_NONE;
    if ((e = territory_common(r->arena, &here, &lot->place, &blank)) ||
        (e = territory_common(r->arena, &blank, &r->cover.blank, &blank)))
        return e;
    extent = extent_of(r->m->reference, &blank);
    if (!extent.communes)
        return ERR_NONE;
    zone->lot = lot->number;
    zone->department = slice_of(department->code);
    zone->communes = (int64_t)extent.communes;
    zone->population = (int64_t)extent.people;
    zone->hours = share(lot, &extent);
    r->middles[r->zones.n] = middle_of(r->m->reference, &blank);
    choose_step(r, zone, r->middles[r->zones.n++], &why);
    return lot_list_bits(r->m, why, &zone->why);
}

static enum err find_zones(struct route *r)
{
    const struct territory_rows *departments = &r->m->reference->departments;
    uint32_t communes = r->m->reference->n;
    size_t room = r->n_lots * departments->n;
    enum err e = ERR_NONE;

    r->zones.at = shape_array(r->m->arena, &shape_route_zone, room);
    r->middles = arena_array(r->arena, room, sizeof *r->middles);
    r->nearest = arena_array(r->arena, communes, sizeof *r->nearest);
    if (!r->zones.at || !r->middles || !r->nearest)
        return ERR_NOMEM;
    for (uint32_t c = 0; c < communes; c++)
        r->nearest[c] = NOT_YET;
    for (size_t i = 0; i < r->n_lots; i++)
        for (size_t d = 0; d < departments->n && !e; d++)
            e = add_zone(r, &r->lots[i], &departments->at[d]);
    return e;
}

/* ---- Load --------------------------------------------------------------- */

static void count_market(void *context, const struct territory *place)
{
    struct route *r = context;

    for (size_t i = 0; i < r->cover.n; i++)
        if (r->hands[i].concerned)
            r->hands[i].load += territory_meets(&r->whole[i], place);
}

/* Open markets of those concerned, also in hundredths a full-time post. */
static enum err weigh(struct route *r)
{
    enum err e = cover_each_open(r->m, count_market, r);

    for (size_t i = 0; i < r->cover.n; i++) {
        int64_t etp = r->cover.at[i].etp_percent;

        r->hands[i].load_per_etp =
            etp == ABSENT ? ABSENT : 10000 * r->hands[i].load / etp;
    }
    return e;
}

/* ---- Order -------------------------------------------------------------- */

/* Unknown is after all that is known. */
static int compare_known(int64_t a, int64_t b)
{
    if ((a == ABSENT) != (b == ABSENT))
        return a == ABSENT ? 1 : -1;
    return (a > b) - (a < b);
}

/* Which of two would lead, were their hours the same? */
static int compare_hands(const struct route *r, uint32_t a, uint32_t b)
{
    const struct hand *x = &r->hands[a], *y = &r->hands[b];
    int order = compare_known(x->load_per_etp, y->load_per_etp);

    if (order)
        return order;
    if (x->tie != y->tie)
        return x->tie < y->tie ? -1 : 1;
    return (a > b) - (a < b); /* the ids' own order */
}

static int compare_leads(const void *left, const void *right, void *context)
{
    const struct route *r = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int64_t x = r->hands[a].hours, y = r->hands[b].hours;

    return x != y ? (x > y ? -1 : 1) : compare_hands(r, a, b);
}

/* Zones go to the first of their candidates. */
static void settle_zones(struct route *r)
{
    for (size_t k = 0; k < r->zones.n; k++) {
        struct route_zone *zone = &r->zones.at[k];
        uint32_t best = COVER_NOBODY;

        for (uint32_t i = 0; i < r->cover.n && zone->step != STEP_WHITE_ZONE;
             i++) {
            uint32_t who = candidate(r, zone, r->middles[k], i);

            if (who != COVER_NOBODY &&
                (best == COVER_NOBODY || compare_hands(r, who, best) < 0))
                best = who;
        }
        if (best == COVER_NOBODY)
            continue;
        zone->facilitator = r->cover.at[best].id;
        r->hands[best].told = 1;
        if (zone->hours != ABSENT)
            r->hands[best].hours += zone->hours;
    }
}

/* ---- Answers ------------------------------------------------------------ */

/* Those who are away and for whom WHO answers that day. */
static enum err stands_in_for(const struct route *r, uint32_t who,
                              struct slices *out)
{
    const struct cover *c = &r->cover;
    struct slice *at = NULL;
    size_t n = 0;

    for (uint32_t i = 0; i < c->n; i++) {
        if (i == who || c->answers[i] != who)
            continue;
        if (!at && !(at = arena_array(r->m->arena, c->n, sizeof *at)))
            return ERR_NOMEM;
        at[n++] = c->at[i].id;
    }
    *out = (struct slices){at, n};
    return ERR_NONE;
}

static int names_sector(const struct route *r, struct slice sector)
{
    for (size_t k = 0; k < r->n_lots; k++) {
        const struct lot *lot = &r->market->lots.at[r->lots[k].number - 1];

        for (size_t i = 0; i < lot->sectors.n; i++)
            if (slice_equal(lot->sectors.at[i], sector))
                return 1;
    }
    return 0;
}

/* The sectors that it and the market name. */
static enum err common_sectors(const struct route *r, struct slices sectors,
                               struct slices *out)
{
    struct slice *at = arena_array(r->m->arena, sectors.n + 1, sizeof *at);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < sectors.n; i++)
        if (names_sector(r, sectors.at[i]))
            at[n++] = sectors.at[i];
    *out = (struct slices){at, n};
    return ERR_NONE;
}

static enum err write_hand(const struct route *r, uint32_t who,
                           struct route_facilitator *out)
{
    const struct facilitator *f = &r->cover.at[who];
    const struct hand *hand = &r->hands[who];
    enum err e;

    out->id = f->id;
    out->organisation = f->organisation;
    out->contact = f->contact;
    if (r->knows_hours)
        out->hours = hand->hours;
    out->load = hand->load;
    out->etp_percent = f->etp_percent;
    out->load_per_etp = hand->load_per_etp;
    out->tie = order_tie_text(r->m->arena, hand->tie);
    out->parts.at =
        shape_array(r->m->arena, &shape_route_part, hand->n_parts + 1);
    if (!out->tie.len || !out->parts.at)
        return ERR_NOMEM;
    out->parts.n = parts_of(r, who, out->parts.at);
    if ((e = stands_in_for(r, who, &out->stands_in_for)))
        return e;
    return common_sectors(r, f->sectors, &out->sectors);
}

/* The hours of a facilitator's own parts. */
static void add_hours(const struct route *r, uint32_t who)
{
    struct route_part part;

    for (size_t k = 0; k < r->n_lots; k++)
        for (int64_t step = 0; step < COVER_LEVELS; step++)
            if (part_of(r, who, &r->lots[k], step, &part) &&
                part.hours != ABSENT)
                r->hands[who].hours += part.hours;
}

static enum err write_hands(struct route *r, struct route_facilitator_list *out)
{
    uint32_t *order = arena_array(r->arena, r->cover.n + 1, sizeof *order);
    size_t n = 0;
    enum err e = ERR_NONE;

    if (!order)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < r->cover.n; i++)
        if (r->hands[i].told) {
            add_hours(r, i);
            order[n++] = i;
        }
    qsort_r(order, n, sizeof *order, compare_leads, r);
    out->at = shape_array(r->m->arena, &shape_route_facilitator, n + 1);
    if (!out->at)
        return ERR_NOMEM;
    for (out->n = 0; out->n < n && !e; out->n++)
        e = write_hand(r, order[out->n], &out->at[out->n]);
    return e;
}

/* A lot whose place nobody knows is told, and whether the market is open. */
static enum err warn(const struct route *r, struct ints *out)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < r->n_lots; i++)
        if (!r->lots[i].place.n)
            bits |= BIT(WARNING_NO_PLACE);
    if (!match_market_open(r->market, r->m->on))
        bits |= BIT(WARNING_NOT_OPEN);
    return lot_list_bits(r->m, bits, out);
}

/* Whom a lot of the market concerns, without what would rank them. */
static enum err find(struct route *r, int64_t lot)
{
    enum err e;

    if ((e = read_lots(r, lot)) || (e = find_parts(r)))
        return e;
    return find_zones(r);
}

enum err route_market(struct match *m, const struct market *market, int64_t lot,
                      int64_t adjacent_km, struct routing *out)
{
    struct route r = {.m = m, .market = market, .adjacent_km = adjacent_km};
    enum err e = cover_read(m, &r.cover);

    r.arena = r.cover.arena;
    if (!e && !(e = find(&r, lot)) && !(e = weigh(&r))) {
        settle_zones(&r);
        if (!(e = write_hands(&r, &out->facilitators)))
            e = warn(&r, &out->warnings);
    }
    out->zones = r.zones;
    out->approximate = r.approximate;
    cover_fini(&r.cover);
    return e;
}

enum err route_white(struct match *m, const struct cover *cover,
                     const struct market *market, int64_t lot,
                     int64_t adjacent_km, int *white, int *approximate)
{
    struct route r = {.m = m,
                      .market = market,
                      .cover = *cover,
                      .arena = m->arena,
                      .adjacent_km = adjacent_km};
    enum err e = find(&r, lot);

    *white = 0;
    for (size_t i = 0; i < r.zones.n; i++)
        *white |= r.zones.at[i].step == STEP_WHITE_ZONE;
    *approximate |= r.approximate;
    return e;
}
