/*
 * Filters and score of one structure.
 *
 * Filters 1 to 4 are the structure's, 5 to 9 an activity's; the reasons stand
 * in the order of the filters in enum reason_word, so that "got furthest" is
 * the larger number.
 */
#include <string.h>

#include "engine/match/activity.h"
#include "engine/match/law.h"
#include "engine/match/order.h"
#include "engine/match/structure.h"

/* What all activities of one structure share. */
struct site {
    const struct structure *s;
    uint32_t home;
    struct point from; /* its own position, else its home's centre */
    int64_t km;        /* to the place; ABSENT: unknown */
    int inside;        /* home lies in the place */
};

/* A structure's own position is exact even where its commune's centre is a
 * guess. */
struct point structure_point(const struct reference *ref,
                             const struct structure *s)
{
    struct point from =
        territory_point(ref, reference_commune(ref, s->commune));

    if (s->lat != ABSENT && s->lon != ABSENT) {
        reference_vector(s->lat, s->lon, from.at);
        from.known = 1;
        from.approximate = 0;
    }
    return from;
}

static struct site make_site(const struct lot_case *c,
                             const struct structure *s)
{
    const struct reference *ref = c->m->reference;
    struct site site = {.s = s, .km = ABSENT};

    site.home = reference_commune(ref, s->commune);
    site.from = structure_point(ref, s);
    site.inside = site.home != REFERENCE_NONE &&
                  territory_holds(ref, &c->place.set, site.home);
    return site;
}

/* Filters 1 to 4: a reason, or ABSENT.  ABSENT dates are before all others, so
 * only upper bounds have to ask for it. */
static int64_t refuse_structure(const struct lot_case *c,
                                const struct structure *s)
{
    if (s->status != STRUCTURE_ACTIVE)
        return REASON_INACTIVE;
    if (s->agreement_from > c->start ||
        (s->agreement_until != ABSENT && s->agreement_until < c->start))
        return REASON_AGREEMENT_EXPIRED;
    if (!(c->kinds & BIT(s->kind)))
        return REASON_KIND_NOT_ALLOWED;
    if (c->asks_share && s->public_share != ABSENT &&
        s->public_share < STRUCTURE_SHARE_MIN)
        return REASON_SHARE_LT_50;
    return ABSENT;
}

/* Filter 5: what the activity says of itself is cut to what its kind can. */
static int has_wanted_mode(const struct lot_case *c, const struct structure *s,
                           const struct activity *a)
{
    uint32_t modes = law_kind_modes(s->kind);

    if (a->modes.n)
        modes &= law_bits(a->modes);
    return !c->modes || (modes & c->modes);
}

/* Filter 7 goes by the form of the zone: a list of all regions is not FR. */
static int is_excluded_nationwide(const struct lot_case *c,
                                  const struct site *site,
                                  const struct activity *a)
{
    int nationwide = a->zone && territory_is_nationwide(a->zone->codes);

    if (c->m->nationwide == NATIONWIDE_EXCLUDE)
        return nationwide && !site->inside;
    return c->m->nationwide == NATIONWIDE_ONLY && !nationwide;
}

/* Filters 5 to 7. */
static int64_t refuse_work(const struct lot_case *c, const struct site *site,
                           const struct activity *a, int64_t level)
{
    if (!has_wanted_mode(c, site->s, a))
        return REASON_MODE_NOT_ALLOWED;
    if (level == 0)
        return REASON_ACTIVITY;
    if (is_excluded_nationwide(c, site, a))
        return REASON_NATIONWIDE_EXCLUDED;
    return ABSENT;
}

/* Filter 9: none is no capacity, but unknown hours may be many. */
static int64_t refuse_size(const struct lot_case *c, const struct activity *a)
{
    int64_t amount = c->lot->amount;

    if (a->free_hours == 0)
        return REASON_NO_CAPACITY;
    if (amount != ABSENT &&
        (amount < a->lot_min || (a->lot_max != ABSENT && amount > a->lot_max)))
        return REASON_AMOUNT;
    return ABSENT;
}

int64_t structure_coverage(const struct extent *common,
                           const struct extent *all)
{
    /* Some communes died for France: nobody has lived there since 1916. */
    if (!all->people)
        return (int64_t)(1000 * common->communes / all->communes);
    return (int64_t)(1000 * common->people / all->people);
}

/* Filter 8, with what it learns of the place: cover and coverage. */
static enum err measure_zone(const struct lot_case *c, const struct site *site,
                             const struct activity *a,
                             struct structure_result *r)
{
    const struct extent *all = &c->place.extent;
    struct extent common;
    enum err e;

    e = territory_zone(c->m->reference, c->scratch, a->zone, site->home,
                       &site->from, &r->zone);
    if (e || !c->place.codes.n)
        return e;
    common = place_overlap(c->m->reference, &c->place, &r->zone, 0);
    if (!common.communes) {
        r->reason = REASON_ZONE;
        return ERR_NONE;
    }
    r->cover = common.communes == all->communes ? COVER_FULL : COVER_PARTIAL;
    r->parts.coverage = structure_coverage(&common, all);
    return ERR_NONE;
}

/* Filters 5 to 9 for one activity, in order: later ones cost more. */
static enum err refuse_activity(const struct lot_case *c,
                                const struct site *site,
                                const struct activity *a,
                                struct structure_result *r)
{
    enum err e = ERR_NONE;

    r->parts.activity = activity_level(c, a);
    r->reason = refuse_work(c, site, a, r->parts.activity);
    if (r->reason == ABSENT)
        e = measure_zone(c, site, a, r);
    if (!e && r->reason == ABSENT)
        r->reason = refuse_size(c, a);
    return e;
}

/* A part's share of the sum; what nobody knows counts half and is told. */
static int64_t weigh(int64_t weight, int64_t *part, enum component_word word,
                     uint32_t *unknown)
{
    if (*part == ABSENT) {
        *part = STRUCTURE_PART_UNKNOWN;
        *unknown |= BIT(word);
    }
    return weight * *part;
}

/* Distance is measured once for a structure, and only if something passed. */
static void measure_site(const struct lot_case *c, struct site *site)
{
    if (site->inside)
        site->km = 0;
    else if (site->km == ABSENT)
        site->km = place_km(c->m->reference, &c->place, &site->from);
}

int64_t structure_proximity(int64_t km)
{
    return 1000 - 10 * (km < 100 ? km : 100);
}

int64_t structure_score(const struct structure_weights *w,
                        struct structure_score *p, uint32_t *unknown)
{
    int64_t sum = 0;

    sum += weigh(w->activity, &p->activity, COMPONENT_ACTIVITY, unknown);
    sum += weigh(w->coverage, &p->coverage, COMPONENT_COVERAGE, unknown);
    sum += weigh(w->proximity, &p->proximity, COMPONENT_PROXIMITY, unknown);
    sum += weigh(w->capacity, &p->capacity, COMPONENT_CAPACITY, unknown);
    sum += weigh(w->jobs, &p->jobs, COMPONENT_JOBS, unknown);
    return sum / 1000;
}

static void score_activity(const struct lot_case *c, struct site *site,
                           const struct activity *a, struct structure_result *r)
{
    struct structure_score *p = &r->parts;

    measure_site(c, site);
    r->km = site->km;
    if (r->km != ABSENT)
        p->proximity = structure_proximity(r->km);
    p->capacity = activity_capacity(c, a->free_hours);
    p->jobs = activity_jobs(c, a);
    r->score = structure_score(&c->m->structure_weights, p, &r->unknown);
}

/* Could a guessed centre have changed this answer? */
static int is_approximate(const struct lot_case *c, const struct site *site,
                          const struct activity *a)
{
    int measured = !site->inside || c->place.near ||
                   (a->zone && (a->zone->within_km != ABSENT ||
                                territory_has_near(a->zone->codes)));

    return c->place.codes.n && measured &&
           (site->from.approximate || c->place.approximate);
}

static uint32_t marks_of(const struct lot_case *c, const struct site *site,
                         const struct activity *a)
{
    uint32_t marks = 0;

    if (c->asks_share && site->s->public_share == ABSENT)
        marks |= BIT(MARK_SHARE_UNKNOWN);
    if (is_approximate(c, site, a))
        marks |= BIT(MARK_APPROXIMATE);
    if (a->derived == 1)
        marks |= BIT(MARK_DERIVED);
    return marks;
}

static struct structure_result empty_result(int64_t reason, int64_t activity)
{
    struct structure_result r = {.reason = reason, .activity = activity};

    r.cover = r.km = ABSENT;
    r.parts = (struct structure_score){ABSENT, ABSENT, ABSENT, ABSENT, ABSENT};
    return r;
}

/* Is R better than the best so far?  The lower index came first. */
static int is_better(const struct structure_result *r,
                     const struct structure_result *best)
{
    if (best->reason == ABSENT)
        return r->reason == ABSENT && r->score > best->score;
    return r->reason == ABSENT || r->reason > best->reason;
}

enum err structure_judge(const struct lot_case *c, const struct structure *s,
                         struct structure_result *out)
{
    struct structure_result best, r;
    struct site site;
    enum err e;

    best = empty_result(refuse_structure(c, s), ABSENT);
    if (best.reason != ABSENT) {
        *out = best;
        return ERR_NONE;
    }
    site = make_site(c, s);
    /* Without activities: what the first of filters 5 and 6 would say. */
    best.reason = c->modes ? REASON_MODE_NOT_ALLOWED : REASON_ACTIVITY;
    for (size_t i = 0; i < s->activities.n; i++) {
        r = empty_result(ABSENT, (int64_t)i);
        if ((e = refuse_activity(c, &site, &s->activities.at[i], &r)))
            return e;
        if (r.reason == ABSENT) {
            score_activity(c, &site, &s->activities.at[i], &r);
            r.marks = marks_of(c, &site, &s->activities.at[i]);
        }
        if (!i || is_better(&r, &best))
            best = r;
    }
    *out = best;
    return ERR_NONE;
}

struct slice structure_id(struct arena *arena, const struct structure *s)
{
    struct slice kind = slice_of(words_kind.words[s->kind]);
    char *id = arena_alloc(arena, s->siret.len + 1 + kind.len + 1);

    if (!id)
        return (struct slice){"", 0};
    memcpy(id, s->siret.data, s->siret.len);
    id[s->siret.len] = '-';
    memcpy(id + s->siret.len + 1, kind.data, kind.len);
    return (struct slice){id, s->siret.len + 1 + kind.len};
}

/* The codes that are not wholly in the zone: of one alone that is known. */
static enum err missing_of(const struct lot_case *c,
                           const struct structure_result *r, struct slices *out)
{
    struct slice *only;

    if (r->cover != COVER_PARTIAL)
        return ERR_NONE;
    if (structure_asks_zone(c, r))
        return place_missing(c->m->reference, c->m->arena, &c->place, &r->zone,
                             out);
    /* The list may be the case's own, which is over first. */
    if (!(only = arena_alloc(c->m->arena, sizeof *only)))
        return ERR_NOMEM;
    *only = c->place.codes.at[0];
    *out = (struct slices){only, 1};
    return ERR_NONE;
}

enum err structure_hit(const struct lot_case *c, const struct structure *s,
                       const struct structure_result *r,
                       struct structure_hit *out)
{
    struct arena *arena = c->m->arena;
    enum err e;

    out->id = structure_id(arena, s);
    out->name = arena_copy(arena, s->name);
    out->kind = s->kind;
    out->commune = arena_copy(arena, s->commune);
    out->score = r->score;
    out->tie = order_tie_text(arena, order_tie(c->key, order_hash(out->id)));
    out->activity = r->activity + 1;
    out->components = shape_array(arena, &shape_structure_score, 1);
    if (!out->components || !out->name.data || !out->commune.data ||
        !out->id.len || !out->tie.len)
        return ERR_NOMEM;
    *out->components = r->parts;
    out->cover = r->cover;
    out->km = r->km;
    if ((e = missing_of(c, r, &out->missing)))
        return e;
    if ((e = lot_list_bits(c->m, r->unknown, &out->unknown)))
        return e;
    return lot_list_bits(c->m, r->marks, &out->marks);
}
