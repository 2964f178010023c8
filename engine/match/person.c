/*
 * Facts of a person, and filters 4 to 8 and the score.  Only the features
 * named here count: no sex, age, name, origin or past outcome.
 */
#include <string.h>

#include "engine/match/law.h"
#include "engine/match/order.h"
#include "engine/match/person.h"
#include "protocol/civil.h"

#define UNKNOWN_PART 500
#define KM_UNKNOWN UINT16_MAX /* in the memo; 0: not asked yet */
#define WAITING_MONTHS 24
#define WAITING_DAYS 731 /* of which there are at most in as many months */
#define FAMILY_LENGTH 3

struct person person_of(const struct reference *ref, const struct profile *p)
{
    struct person person = {
        .id = order_hash(p->id),
        .commune = reference_commune(ref, p->commune),
        .licences = law_bits(p->licences),
        .vehicle = p->vehicle == 1,
        .first_until = ABSENT,
        .dated = &p->criteria,
        .n_ends = -1,
        .mobility_km = p->mobility_km,
        .pass_until = p->pass_until,
        .pass_suspended_until = p->pass_suspended_until,
        .hours_min = p->hours_min,
        .hours_max = p->hours_max,
        .available_from = p->available_from,
        .registered_on = p->registered_on,
        .consent_on = p->consent_on,
        .last_contact_on = p->last_contact_on,
    };

    for (size_t i = 0; i < p->criteria.n; i++) {
        const struct criterion *c = &p->criteria.at[i];

        person.criteria |= BIT(c->code);
        if (c->until != ABSENT &&
            (person.first_until == ABSENT || c->until < person.first_until))
            person.first_until = c->until;
    }
    return person;
}

enum err job_case_init(struct job_case *j, const struct lot_case *lot,
                       int64_t number)
{
    const struct job *job;
    int64_t start;

    if (number < 1 || (uint64_t)number > lot->lot->jobs.n)
        return ERR_NOT_FOUND;
    job = &lot->lot->jobs.at[number - 1];
    start = job->start != ABSENT ? job->start : lot->lot->start;
    *j = (struct job_case){.lot = lot, .job = job, .number = number};
    j->start = start > lot->m->on ? start : lot->m->on;
    j->key = order_hash_number(lot->key, number);
    j->target = job->commune.data
                    ? reference_commune(lot->m->reference, job->commune)
                    : REFERENCE_NONE;
    return proofs_read(lot, j->target, law_publics(lot->lot), &j->proofs);
}

enum err job_case_remember(struct job_case *j)
{
    if (!j->km)
        j->km =
            arena_array(j->lot->arena, j->lot->m->reference->n, sizeof *j->km);
    return j->km ? ERR_NONE : ERR_NOMEM;
}

int job_case_is_home(const struct job_case *j, uint32_t home)
{
    if (j->target != REFERENCE_NONE)
        return home == j->target;
    return territory_holds(j->lot->m->reference, &j->lot->place.set, home);
}

static int64_t measure_km(const struct job_case *j, uint32_t home)
{
    const struct reference *ref = j->lot->m->reference;
    const struct commune *from = &ref->communes[home];
    struct point point;

    if (job_case_is_home(j, home))
        return 0;
    if (j->target != REFERENCE_NONE) {
        const struct commune *to = &ref->communes[j->target];

        return from->centred && to->centred ? reference_km(from->at, to->at)
                                            : ABSENT;
    }
    point = territory_point(ref, home);
    return place_km(ref, &j->lot->place, &point);
}

/* Many people live in few communes: each is measured once, if kept. */
int64_t job_case_km(const struct job_case *j, uint32_t home)
{
    if (home == REFERENCE_NONE)
        return ABSENT;
    if (!j->km)
        return measure_km(j, home);
    if (!j->km[home]) {
        int64_t km = measure_km(j, home);

        j->km[home] = km == ABSENT ? KM_UNKNOWN : (uint16_t)(km + 1);
    }
    return j->km[home] == KM_UNKNOWN ? ABSENT : j->km[home] - 1;
}

/* Links go one way: from what is wished to what the job is. */
static int64_t wish_fit(const struct reference *ref, struct slice wish,
                        struct slice rome)
{
    const struct reference_link *links;
    int64_t best = 0;
    size_t n;

    if (slice_equal(wish, rome))
        return FIT_SAME;
    if (wish.len >= FAMILY_LENGTH && rome.len >= FAMILY_LENGTH &&
        !memcmp(wish.data, rome.data, FAMILY_LENGTH))
        best = FIT_FAMILY;
    links = reference_links_from(ref, wish, &n);
    for (size_t i = 0; i < n; i++) {
        int64_t fit = links[i].kind == LINK_PROCHE ? FIT_PROCHE : FIT_EVOLUTION;

        if (fit > best && slice_equal(slice_of(links[i].target), rome))
            best = fit;
    }
    return best;
}

int64_t person_job_fit(const struct reference *ref, struct slices wishes,
                       struct slice rome)
{
    int64_t best = 0;

    for (size_t i = 0; i < wishes.n && best < FIT_SAME; i++) {
        int64_t fit = wish_fit(ref, wishes.at[i], rome);

        if (fit > best)
            best = fit;
    }
    return best;
}

/* Filters 5 to 8.  Licences are compared by category: none implies another. */
static int64_t refuse_practice(const struct job_case *j, const struct person *p,
                               int64_t km)
{
    const struct job *job = j->job;

    if (km != ABSENT && km > p->mobility_km)
        return REASON_DISTANCE;
    if ((job->vehicle == 1 && !p->vehicle) ||
        (job->licence != ABSENT && !(p->licences & BIT(job->licence))))
        return REASON_MOBILITY;
    if (p->available_from > j->start + j->lot->m->grace)
        return REASON_NOT_AVAILABLE;
    if (job->hours_week != ABSENT &&
        (job->hours_week < p->hours_min ||
         (p->hours_max != ABSENT && job->hours_week > p->hours_max)))
        return REASON_HOURS;
    return ABSENT;
}

/* A registration after the question counts as today's. */
int64_t person_waiting(int64_t months)
{
    if (months < 0)
        months = 0;
    if (months > WAITING_MONTHS)
        months = WAITING_MONTHS;
    return 1000 * months / WAITING_MONTHS;
}

static int64_t waiting_part(const struct person *p, int64_t on)
{
    if (p->registered_on == ABSENT)
        return ABSENT;
    if (on - p->registered_on >= WAITING_DAYS)
        return person_waiting(WAITING_MONTHS);
    return person_waiting(civil_months(p->registered_on, on));
}

/* Filter 7 holds already: late is at most the grace. */
static int64_t availability_part(const struct job_case *j,
                                 const struct person *p)
{
    int64_t grace = j->lot->m->grace;

    if (p->available_from <= j->start || !grace)
        return 1000;
    return 1000 - 1000 * (p->available_from - j->start) / grace;
}

/* The part, or what stands for it when nobody knows, which is told. */
static int64_t known(int64_t *part, enum component_word word, uint32_t *unknown)
{
    if (*part == ABSENT) {
        *part = UNKNOWN_PART;
        *unknown |= BIT(word);
    }
    return *part;
}

static void score_person(const struct job_case *j, const struct person *p,
                         int64_t fit, struct person_result *r)
{
    const struct person_weights *w = &j->lot->m->person_weights;
    struct person_score *s = &r->parts;
    int64_t reach = p->mobility_km > 1 ? p->mobility_km : 1;

    s->job = fit;
    s->distance = r->km == ABSENT ? ABSENT : 1000 - 1000 * r->km / reach;
    s->waiting = waiting_part(p, j->lot->m->on);
    s->availability = availability_part(j, p);
    r->score =
        (w->job * s->job +
         w->distance * known(&s->distance, COMPONENT_DISTANCE, &r->unknown) +
         w->waiting * known(&s->waiting, COMPONENT_WAITING, &r->unknown) +
         w->availability * s->availability) /
        1000;
}

static int is_guessed(const struct reference *ref, uint32_t commune)
{
    const struct commune *c = &ref->communes[commune];

    return !c->centred || c->approximate;
}

/* Could a guessed centre have changed the distance? */
static int is_approximate(const struct job_case *j, const struct person *p)
{
    const struct reference *ref = j->lot->m->reference;

    if (p->commune == REFERENCE_NONE || job_case_is_home(j, p->commune))
        return 0;
    if (j->target != REFERENCE_NONE)
        return is_guessed(ref, j->target) || is_guessed(ref, p->commune);
    return j->lot->place.codes.n &&
           (j->lot->place.approximate || is_guessed(ref, p->commune));
}

void person_judge(const struct job_case *j, const struct person *p, int64_t fit,
                  struct person_result *out)
{
    struct person_result r = {.reason = person_refuse_standing(j, p),
                              .km = ABSENT};

    if (r.reason == ABSENT && !fit)
        r.reason = REASON_JOB;
    if (r.reason == ABSENT) {
        r.km = job_case_km(j, p->commune);
        r.reason = refuse_practice(j, p, r.km);
    }
    if (r.reason == ABSENT) {
        score_person(j, p, fit, &r);
        if (j->job->derived == 1)
            r.marks |= BIT(MARK_DERIVED);
        if (is_approximate(j, p))
            r.marks |= BIT(MARK_APPROXIMATE);
    }
    *out = r;
}

enum err person_hit(const struct job_case *j, struct slice id, uint64_t tie,
                    const struct person_result *r, struct person_hit *out)
{
    struct match *m = j->lot->m;
    enum err e;

    out->id = id;
    out->score = r->score;
    out->tie = order_tie_text(m->arena, tie);
    out->components = arena_alloc(m->arena, sizeof *out->components);
    if (!out->components || !out->tie.len)
        return ERR_NOMEM;
    *out->components = r->parts;
    out->km = r->km;
    if ((e = lot_list_bits(m, r->unknown, &out->unknown)))
        return e;
    return lot_list_bits(m, r->marks, &out->marks);
}
