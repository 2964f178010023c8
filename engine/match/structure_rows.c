/*
 * What costs least is asked first: columns, then an upper bound of the score
 * before the zone, then kilometres, then what a circle shares with a place.
 * Every number comes from the function that structure.c takes it from.
 */
#include <string.h>

#include "engine/match/activity.h"
#include "engine/match/structure_rows.h"

#define UNKNOWN (-1)

/* What a part counts in the sum. */
static int32_t counted(int32_t part)
{
    return part == UNKNOWN ? STRUCTURE_PART_UNKNOWN : part;
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
                                    const struct spot *spot, uint64_t least)
{
    struct range home = {spot->home, spot->home + 1};
    struct circle circle;
    struct territory zone = {&home, spot->home != REFERENCE_NONE, &circle,
                             spot->from.known};

    memcpy(circle.at, spot->from.at, sizeof circle.at);
    circle.km = fact_16(b, i, FACT_AREAS);
    return place_overlap(ask->c->m->reference, &ask->c->place, &zone, least);
}

/* What the zone and the place, several communes, have in common, if that may
 * be LEAST people or more. */
static enum err overlap(const struct structure_ask *ask,
                        const struct index_block *b, size_t i,
                        const struct spot *spot, uint64_t least,
                        struct extent *out)
{
    const struct lot_case *c = ask->c;
    struct territory zone;
    enum err e;

    if (b->where[i] < STRUCTURE_AREAS) {
        *out = circle_overlap(ask, b, i, spot, least);
        return ERR_NONE;
    }
    if (fact_16(b, i, FACT_AREAS + 1) == AREA_NONE) {
        *out = area_sums_of(c->m->reference, &ask->sums,
                            fact_16(b, i, FACT_AREAS));
        return ERR_NONE;
    }
    if ((e = union_areas(ask, b, i, &zone)))
        return e;
    *out = place_overlap(c->m->reference, &c->place, &zone, least);
    return ERR_NONE;
}

/* Does the zone hold the place, one commune?  Areas passed because they do. */
static int holds_commune(const struct index_block *b, size_t i,
                         const struct spot *spot)
{
    return b->where[i] >= STRUCTURE_AREAS || spot->inside ||
           (spot->km != ABSENT && spot->km <= fact_16(b, i, FACT_AREAS));
}

static int is_hidden(const struct structure_ask *ask,
                     const struct index_block *b, size_t i)
{
    return b->where[i] == STRUCTURE_HIDDEN ||
           (ask->commune == REFERENCE_NONE &&
            fact_16(b, i, FACT_CLASS) & CLASS_MORE);
}

/* ---- Judging ------------------------------------------------------------ */

static int32_t known(int64_t part)
{
    return part == ABSENT ? UNKNOWN : (int32_t)part;
}

static int32_t staffed(const struct structure_ask *ask, uint64_t seats)
{
    int64_t sum = 0;

    for (; seats; seats &= seats - 1)
        sum += ask->jobs[__builtin_ctzll(seats)];
    return sum == ask->seats ? 1000 : (int32_t)(1000 * sum / ask->seats);
}

/* The parts that have nothing to do with where it is. */
struct row_work {
    int32_t activity, capacity, jobs;
};

static struct row_work work_of(const struct structure_ask *ask,
                               const struct index_block *b, size_t i,
                               int32_t level, uint64_t seats)
{
    uint32_t free = fact_32(b, i, FACT_FREE);
    struct row_work work = {level, UNKNOWN, UNKNOWN};

    if (level == LEVEL_ABSENT)
        work.activity = UNKNOWN;
    work.capacity = known(
        activity_capacity(ask->c, free == UINT32_MAX ? ABSENT : (int64_t)free));
    if (ask->n_jobs && fact_16(b, i, FACT_CLASS) & CLASS_STAFFS)
        work.jobs = staffed(ask, seats);
    return work;
}

static int32_t score_work(const struct structure_ask *ask,
                          const struct row_work *work)
{
    return ask->weights.activity * counted(work->activity) +
           ask->weights.capacity * counted(work->capacity) +
           ask->weights.jobs * counted(work->jobs);
}

/* How far the row can be from its home's centre; REACH_ANY: nobody knows. */
static unsigned slack_of(const struct index_block *b, size_t i)
{
    unsigned reach = b->reach[i];

    if (reach != STRUCTURE_REACH_ANY && b->where[i] < STRUCTURE_AREAS)
        reach -= fact_16(b, i, FACT_AREAS);
    return reach;
}

/* The rank of a row's home, or of its neighbour in the run. */
static unsigned rank_of(const struct reference *ref,
                        const struct index_block *b, size_t i)
{
    uint16_t home;

    if (b->where[i] < STRUCTURE_AREAS)
        return 2u * b->where[i];
    home = fact_16(b, i, FACT_HOME);
    return home < ref->n ? ref->columns.rank[home] : REFERENCE_NO_RANK;
}

/* What zones of at most SOME people lack at least of a coverage of 1000.  Where
 * nobody lives communes are counted. */
static int32_t uncovered(const struct structure_ask *ask, uint32_t some)
{
    double share = ask->per_person * some;

    return ask->per_person > 0 && share < 999 ? 999 - (int32_t)share : 0;
}

/* The most that proximity and coverage can add before anything is measured. */
static int32_t best_place(const struct structure_ask *ask,
                          const struct index_block *b, size_t i, int is_bounded)
{
    unsigned slack = slack_of(b, i), km, rank;
    int32_t most = 1000 * (ask->weights.proximity + ask->weights.coverage);

    if (!ask->has_near || slack == STRUCTURE_REACH_ANY)
        return most;
    rank = rank_of(ask->c->m->reference, b, i);
    km = near_of(&ask->near, rank);
    /* Who knows no centre knows no distance, and half counts. */
    if (km & NEAR_VAGUE)
        return most;
    km = km > slack ? km - slack : 0;
    if (is_bounded && ask->commune == REFERENCE_NONE &&
        b->where[i] < STRUCTURE_AREAS)
        most -= ask->weights.coverage *
                uncovered(ask, near_crowd(ask->near.boxes, rank / REFERENCE_RUN,
                                          &ask->c->place.parts, b->reach[i]));
    return most - ask->weights.proximity * (int32_t)(km < 100 ? 10 * km : 1000);
}

int32_t structure_row_work(const struct structure_ask *ask,
                           const struct index_block *b, size_t i, int32_t level,
                           uint64_t seats)
{
    struct row_work work = work_of(ask, b, i, level, seats);

    return score_work(ask, &work);
}

int32_t structure_row_most(const struct structure_ask *ask,
                           const struct index_block *b, size_t i, int32_t work,
                           int is_bounded)
{
    const struct row_weights *w = &ask->weights;

    if (!ask->is_placed)
        return (work + (w->coverage + w->proximity) * counted(UNKNOWN)) / 1000;
    return (work + best_place(ask, b, i, is_bounded)) / 1000;
}

/* How many people a zone must hold for its coverage to bring SUM to LEAST. */
static uint64_t people_for(const struct structure_ask *ask, int32_t sum,
                           int32_t least)
{
    int32_t weight = ask->weights.coverage, missing = 1000 * least - sum;

    if (missing <= 0 || weight <= 0)
        return 0;
    missing = (missing + weight - 1) / weight;
    return ((uint64_t)missing * ask->c->place.extent.people + 999) / 1000;
}

/* Filters 7 and 8; what the zone holds of the place, once SUM says that LEAST
 * is still in reach. */
static enum err score_place(const struct structure_ask *ask,
                            const struct index_block *b, size_t i, int32_t sum,
                            int32_t least, int32_t *score,
                            struct row_place *place, enum row_verdict *verdict)
{
    const struct extent *all = &ask->c->place.extent;
    struct spot spot = spot_of(ask, b, i);
    struct extent common = *all;
    int32_t proximity = UNKNOWN;
    enum err e;

    if (ask->c->m->nationwide == NATIONWIDE_EXCLUDE && !spot.inside &&
        fact_16(b, i, FACT_CLASS) & CLASS_NATIONWIDE)
        return ERR_NONE;
    measure_spot(ask, &spot);
    if (spot.km != ABSENT)
        proximity = (int32_t)structure_proximity(spot.km);
    sum += ask->weights.proximity * counted(proximity);
    if (sum + ask->weights.coverage * 1000 < 1000 * least)
        return ERR_NONE;
    if (ask->commune != REFERENCE_NONE) {
        if (!holds_commune(b, i, &spot))
            return ERR_NONE;
    } else if ((e = overlap(ask, b, i, &spot, people_for(ask, sum, least),
                            &common))) {
        return e;
    }
    if (!common.communes)
        return ERR_NONE;
    *place = (struct row_place){(int16_t)structure_coverage(&common, all),
                                (int16_t)known(spot.km),
                                common.communes == all->communes};
    *score = (sum + ask->weights.coverage * place->coverage) / 1000;
    *verdict = *score >= least ? ROW_MATCHES : ROW_REFUSED;
    return ERR_NONE;
}

enum err structure_row_judge(const struct structure_ask *ask,
                             const struct index_block *b, size_t i,
                             int32_t work, int32_t least, int32_t *score,
                             struct row_place *place, enum row_verdict *verdict)
{
    *place = (struct row_place){UNKNOWN, UNKNOWN, 0};
    *verdict = ROW_REFUSED;
    if (ask->is_placed && is_hidden(ask, b, i))
        *verdict = ROW_HIDDEN;
    else if (ask->is_placed)
        return score_place(ask, b, i, work, least, score, place, verdict);
    else if (ask->c->m->nationwide != NATIONWIDE_EXCLUDE ||
             !(fact_16(b, i, FACT_CLASS) & CLASS_NATIONWIDE)) {
        *score = structure_row_most(ask, b, i, work, 0);
        *verdict = *score >= least ? ROW_MATCHES : ROW_REFUSED;
    }
    return ERR_NONE;
}

/* ---- Of a match --------------------------------------------------------- */

/* Could a guessed centre have changed this answer?  Few centres are. */
static int is_approximate(const struct structure_ask *ask,
                          const struct index_block *b, size_t i)
{
    const struct place *place = &ask->c->place;
    const uint32_t *unsure = ask->c->m->reference->columns.unsure;
    uint16_t home = fact_16(b, i, FACT_HOME);
    struct spot spot;

    if (!place->approximate && home < ask->c->m->reference->n &&
        unsure[home] == unsure[home + 1])
        return 0;
    spot = spot_of(ask, b, i);
    return (!spot.inside || place->near || b->where[i] < STRUCTURE_AREAS) &&
           (spot.from.approximate || place->approximate);
}

static uint32_t marks_of(const struct structure_ask *ask,
                         const struct index_block *b, size_t i)
{
    unsigned class = fact_16(b, i, FACT_CLASS);
    uint32_t marks = 0;

    if (ask->c->asks_share &&
        (class >> CLASS_SHARE_SHIFT & CLASS_SHARE) == SHARE_UNKNOWN)
        marks |= BIT(MARK_SHARE_UNKNOWN);
    if (ask->is_placed && is_approximate(ask, b, i))
        marks |= BIT(MARK_APPROXIMATE);
    if (class & CLASS_DERIVED)
        marks |= BIT(MARK_DERIVED);
    return marks;
}

static int64_t part_of(int32_t part)
{
    return part == UNKNOWN ? ABSENT : part;
}

static enum err zone_of(const struct structure_ask *ask,
                        const struct index_block *b, size_t i,
                        struct territory *out)
{
    struct arena *arena = ask->c->scratch;
    struct spot spot = spot_of(ask, b, i);
    struct zone zone = {{NULL, 0}, fact_16(b, i, FACT_AREAS)};

    if (b->where[i] >= STRUCTURE_AREAS)
        return union_areas(ask, b, i, out);
    arena_reset(arena);
    return territory_zone(ask->c->m->reference, arena, &zone, spot.home,
                          &spot.from, out);
}

enum err structure_row_result(const struct structure_ask *ask,
                              const struct index_block *b, size_t i,
                              int32_t level, uint64_t seats,
                              const struct row_place *place,
                              struct structure_result *out)
{
    struct row_work work = work_of(ask, b, i, level, seats);

    *out = (struct structure_result){
        .reason = ABSENT,
        .activity = structure_activity(b->when[i]),
        .parts = {part_of(work.activity), part_of(place->coverage), ABSENT,
                  part_of(work.capacity), part_of(work.jobs)},
        .cover = ABSENT,
        .km = part_of(place->km),
        .marks = marks_of(ask, b, i)};
    if (out->km != ABSENT)
        out->parts.proximity = structure_proximity(out->km);
    if (ask->is_placed)
        out->cover = place->is_whole ? COVER_FULL : COVER_PARTIAL;
    out->score = structure_score(&ask->c->m->structure_weights, &out->parts,
                                 &out->unknown);
    return structure_asks_zone(ask->c, out) ? zone_of(ask, b, i, &out->zone)
                                            : ERR_NONE;
}

uint64_t structure_row_id(const struct index_block *b, size_t i)
{
    return fact_64(b, i, FACT_ID);
}
