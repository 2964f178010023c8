/*
 * What costs least is asked first: columns, then an upper bound of the score
 * before the zone, then kilometres, then what a circle shares with a place.
 * Every number comes from the function that structure.c takes it from.
 */
#include <string.h>

#include "engine/match/activity.h"
#include "engine/match/law.h"
#include "engine/match/structure_rows.h"

/* ---- Filters ------------------------------------------------------------ */

static int passes_amount(const struct structure_ask *ask,
                         const struct index_block *b, size_t i)
{
    int64_t amount = ask->c->lot->amount;

    return amount == ABSENT || (amount >= fact_48(b, i, FACT_MIN) &&
                                amount <= fact_48(b, i, FACT_MAX));
}

/* A circle can only reach a place that its home is near; an area stands where
 * the ask expects those that meet.  *K follows the ask's ranges as rows go. */
static int may_meet(const struct structure_ask *ask,
                    const struct index_block *b, size_t i, size_t *k)
{
    uint32_t where = b->where[i];
    size_t run = where * 2 / REFERENCE_RUN;

    if (where < STRUCTURE_AREAS) {
        if (!ask->has_near || b->reach[i] == STRUCTURE_REACH_ANY)
            return 1;
        return (ask->near.levels[0][run] & NEAR_KM) <= b->reach[i];
    }
    while (*k < ask->n_wheres && ask->wheres[*k].to <= where)
        ++*k;
    return *k < ask->n_wheres && ask->wheres[*k].from <= where;
}

size_t structure_rows_pass(const struct structure_ask *ask,
                           const struct index_block *b,
                           uint16_t out[STRUCTURE_ROWS])
{
    const uint16_t *class = b->facts + FACT_CLASS * b->rows;
    const uint16_t *from = b->facts + FACT_FROM * b->rows;
    const uint16_t *until = b->facts + FACT_UNTIL * b->rows;
    unsigned only = ask->c->m->nationwide == NATIONWIDE_ONLY;
    size_t n = 0, kept = 0, k = 0;

    for (size_t i = 0; i < b->n; i++) {
        unsigned law = class[i] & CLASS_LAW;
        unsigned pass = ask->classes[law / 64] >> (law % 64) & 1;

        pass &= from[i] <= ask->start;
        pass &= until[i] >= ask->start;
        pass &= (only ^ 1) | (class[i] / CLASS_NATIONWIDE & 1);
        out[n] = (uint16_t)i;
        n += pass;
    }
    for (size_t i = 0; i < n; i++)
        if (passes_amount(ask, b, out[i]) &&
            (!ask->is_placed || may_meet(ask, b, out[i], &k)))
            out[kept++] = out[i];
    return kept;
}

/* ---- Levels ------------------------------------------------------------- */

int32_t structure_row_level(const struct index_block *b, size_t i,
                            const struct want *wants, size_t n)
{
    uint32_t detail = fact_32(b, i, FACT_DETAIL);
    int32_t best = 0;

    for (size_t k = 0; k < n; k++) {
        int32_t level = wants[k].level;

        if (level == LEVEL_ABSENT)
            return level;
        if (level == LEVEL_BY_DIGITS)
            level = (int32_t)structure_cpv_level(wants[k].detail, detail);
        else if (wants[k].detail != detail)
            level = 0;
        best = level > best ? level : best;
    }
    return best;
}

/* ---- Where -------------------------------------------------------------- */

/* What is known of where a row is. */
struct spot {
    uint32_t home;
    struct point from;
    int inside;
    int64_t km; /* ABSENT: unknown */
};

static struct spot spot_of(const struct structure_ask *ask,
                           const struct index_block *b, size_t i)
{
    const struct reference *ref = ask->c->m->reference;
    uint16_t home = fact_16(b, i, FACT_HOME);
    struct spot spot = {.home = REFERENCE_NONE, .km = ABSENT};

    if (home < ref->n)
        spot.home = home;
    if (fact_16(b, i, FACT_CLASS) & CLASS_OWN) {
        for (int k = 0; k < 3; k++)
            spot.from.at[k] = (int32_t)fact_32(b, i, FACT_AT + 2 * k);
        spot.from.known = 1;
    } else {
        spot.from = territory_point(ref, spot.home);
    }
    if (ask->commune != REFERENCE_NONE)
        spot.inside = spot.home == ask->commune;
    else
        spot.inside = spot.home != REFERENCE_NONE &&
                      territory_holds(ref, &ask->c->place.set, spot.home);
    return spot;
}

static void measure_spot(const struct structure_ask *ask, struct spot *spot)
{
    const struct reference *ref = ask->c->m->reference;

    if (spot->inside)
        spot->km = 0;
    else if (ask->commune == REFERENCE_NONE)
        spot->km = place_km(ref, &ask->c->place, &spot->from);
    else if (spot->from.known && ask->point.known)
        spot->km = reference_km(spot->from.at, ask->point.at);
}

/* The areas of a row, at most STRUCTURE_AREAS_HELD, as one set. */
static enum err union_areas(const struct structure_ask *ask,
                            const struct index_block *b, size_t i,
                            struct territory *out)
{
    const struct lot_case *c = ask->c;
    struct range one[STRUCTURE_AREAS_HELD];
    struct territory sets[STRUCTURE_AREAS_HELD];

    for (int k = 0; k < STRUCTURE_AREAS_HELD; k++) {
        uint16_t area = fact_16(b, i, FACT_AREAS + k);

        sets[k].ranges =
            area_ranges(c->m->reference, area, &one[k], &sets[k].n);
        sets[k].n_circles = 0;
    }
    arena_reset(c->scratch);
    return territory_union(c->scratch, sets, STRUCTURE_AREAS_HELD, out);
}

static struct extent circle_overlap(const struct structure_ask *ask,
                                    const struct index_block *b, size_t i,
                                    const struct spot *spot)
{
    struct range home = {spot->home, spot->home + 1};
    struct circle circle;
    struct territory zone = {&home, spot->home != REFERENCE_NONE, &circle,
                             spot->from.known};

    memcpy(circle.at, spot->from.at, sizeof circle.at);
    circle.km = fact_16(b, i, FACT_AREAS);
    return place_overlap(ask->c->m->reference, &ask->c->place, &zone);
}

/* What the zone and the place, several communes, have in common. */
static enum err overlap(const struct structure_ask *ask,
                        const struct index_block *b, size_t i,
                        const struct spot *spot, struct extent *out)
{
    const struct lot_case *c = ask->c;
    struct territory zone;
    enum err e;

    if (b->where[i] < STRUCTURE_AREAS) {
        *out = circle_overlap(ask, b, i, spot);
        return ERR_NONE;
    }
    if (fact_16(b, i, FACT_AREAS + 1) == AREA_NONE) {
        *out = area_sums_of(c->m->reference, &ask->sums,
                            fact_16(b, i, FACT_AREAS));
        return ERR_NONE;
    }
    if ((e = union_areas(ask, b, i, &zone)))
        return e;
    *out = place_overlap(c->m->reference, &c->place, &zone);
    return ERR_NONE;
}

/* Does the zone hold the place, one commune? */
static int holds_commune(const struct structure_ask *ask,
                         const struct index_block *b, size_t i,
                         const struct spot *spot)
{
    uint16_t area = fact_16(b, i, FACT_AREAS);

    if (b->where[i] < STRUCTURE_AREAS)
        return spot->inside || (spot->km != ABSENT && spot->km <= area);
    return area >= AREA_EPCI || area == ask->commune;
}

static int is_hidden(const struct structure_ask *ask,
                     const struct index_block *b, size_t i)
{
    return b->where[i] == STRUCTURE_HIDDEN ||
           (ask->commune == REFERENCE_NONE &&
            fact_16(b, i, FACT_CLASS) & CLASS_MORE);
}

/* ---- Judging ------------------------------------------------------------ */

static int64_t staffed(const struct structure_ask *ask, uint64_t seats)
{
    int64_t sum = 0;

    for (; seats; seats &= seats - 1)
        sum += ask->jobs[__builtin_ctzll(seats)];
    return 1000 * sum / ask->seats;
}

/* The parts that have nothing to do with where it is. */
static struct structure_score parts_of(const struct structure_ask *ask,
                                       const struct index_block *b, size_t i,
                                       int32_t level, uint64_t seats)
{
    struct structure_score p = {ABSENT, ABSENT, ABSENT, ABSENT, ABSENT};
    uint32_t free = fact_32(b, i, FACT_FREE);

    if (level != LEVEL_ABSENT)
        p.activity = level;
    p.capacity =
        activity_capacity(ask->c, free == UINT32_MAX ? ABSENT : (int64_t)free);
    if (ask->n_jobs && fact_16(b, i, FACT_CLASS) & CLASS_STAFFS)
        p.jobs = staffed(ask, seats);
    return p;
}

static int64_t score_of(const struct structure_ask *ask,
                        struct structure_result *r)
{
    struct structure_score parts = r->parts;

    r->unknown = 0;
    return structure_score(&ask->c->m->structure_weights, &parts, &r->unknown);
}

/* The most that is possible while coverage and proximity are not known. */
static int can_reach(const struct structure_ask *ask,
                     const struct structure_result *r, int64_t least)
{
    struct structure_result most = *r;

    if (most.parts.coverage == ABSENT)
        most.parts.coverage = 1000;
    if (most.parts.proximity == ABSENT)
        most.parts.proximity = 1000;
    return score_of(ask, &most) >= least;
}

/* Filters 7 and 8, and coverage and proximity on the way; stops as soon as
 * LEAST is out of reach. */
static enum err judge_place(const struct structure_ask *ask,
                            const struct index_block *b, size_t i,
                            int64_t least, struct structure_result *r,
                            enum row_verdict *verdict)
{
    const struct extent *all = &ask->c->place.extent;
    struct spot spot = spot_of(ask, b, i);
    struct extent common = *all;
    enum err e;

    *verdict = ROW_REFUSED;
    if (ask->c->m->nationwide == NATIONWIDE_EXCLUDE && !spot.inside &&
        fact_16(b, i, FACT_CLASS) & CLASS_NATIONWIDE)
        return ERR_NONE;
    measure_spot(ask, &spot);
    r->km = spot.km;
    if (spot.km != ABSENT)
        r->parts.proximity = structure_proximity(spot.km);
    if (!can_reach(ask, r, least))
        return ERR_NONE;
    if (ask->commune == REFERENCE_NONE) {
        if ((e = overlap(ask, b, i, &spot, &common)))
            return e;
        if (!common.communes)
            return ERR_NONE;
    } else if (!holds_commune(ask, b, i, &spot)) {
        return ERR_NONE;
    }
    r->cover = common.communes == all->communes ? COVER_FULL : COVER_PARTIAL;
    r->parts.coverage = structure_coverage(&common, all);
    *verdict = ROW_MATCHES;
    return ERR_NONE;
}

enum err structure_row_judge(const struct structure_ask *ask,
                             const struct index_block *b, size_t i,
                             int32_t level, uint64_t seats, int64_t least,
                             struct structure_result *r,
                             enum row_verdict *verdict)
{
    enum err e;

    *r = (struct structure_result){.reason = ABSENT,
                                   .activity = structure_activity(b->when[i]),
                                   .cover = ABSENT,
                                   .km = ABSENT};
    r->parts = parts_of(ask, b, i, level, seats);
    *verdict = ROW_REFUSED;
    if (ask->is_placed) {
        if (!can_reach(ask, r, least))
            return ERR_NONE;
        *verdict = ROW_HIDDEN;
        if (is_hidden(ask, b, i))
            return ERR_NONE;
        if ((e = judge_place(ask, b, i, least, r, verdict)) ||
            *verdict != ROW_MATCHES)
            return e;
    } else if (ask->c->m->nationwide == NATIONWIDE_EXCLUDE &&
               fact_16(b, i, FACT_CLASS) & CLASS_NATIONWIDE) {
        return ERR_NONE;
    }
    r->score =
        structure_score(&ask->c->m->structure_weights, &r->parts, &r->unknown);
    *verdict = r->score >= least ? ROW_MATCHES : ROW_REFUSED;
    return ERR_NONE;
}

/* ---- Of a match --------------------------------------------------------- */

uint32_t structure_row_marks(const struct structure_ask *ask,
                             const struct index_block *b, size_t i)
{
    unsigned class = fact_16(b, i, FACT_CLASS);
    struct spot spot = spot_of(ask, b, i);
    int measured =
        !spot.inside || ask->c->place.near || b->where[i] < STRUCTURE_AREAS;
    uint32_t marks = 0;

    if (ask->c->asks_share && (class >> CLASS_SHARE_SHIFT & 3) == SHARE_UNKNOWN)
        marks |= BIT(MARK_SHARE_UNKNOWN);
    if (ask->is_placed && measured &&
        (spot.from.approximate || ask->c->place.approximate))
        marks |= BIT(MARK_APPROXIMATE);
    if (class & CLASS_DERIVED)
        marks |= BIT(MARK_DERIVED);
    return marks;
}

uint64_t structure_row_id(const struct index_block *b, size_t i)
{
    return fact_64(b, i, FACT_ID);
}
