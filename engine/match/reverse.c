/*
 * The open lots of one structure, and the open jobs of one person.
 *
 * reverse_search.c says which pairs are worth a look.  Each is judged by what
 * judges it from the lot's side, so both sides agree by construction.  Pairs
 * come by market and lot: a market is decoded once for all of them.
 */
#include <stdio.h>
#include <string.h>

#include "engine/match/order.h"
#include "engine/match/person.h"
#include "engine/match/reverse.h"
#include "engine/match/reverse_search.h"
#include "engine/match/structure.h"

/* One decoded market, of 512 KiB at most as it is stored. */
#define MARKET_BYTES_MAX (64u << 20)

/* Who asks, and the market and the lot that are being looked at. */
struct reverse {
    struct match *m;
    const struct structure *structure; /* or NULL, and: */
    const struct profile *profile;
    struct person person; /* the profile's facts */
    uint64_t id;          /* hash of the candidate's */
    struct spot_list spots;
    struct ranking ranking; /* its numbers are places in spots */
    struct arena *arena;    /* of the market */
    struct market market;
    uint32_t number;     /* of the market; 0: none yet */
    struct lot_case lot; /* its number 0: none */
};

static enum err begin(struct reverse *r, struct match *m)
{
    enum err e;

    memset(r, 0, sizeof *r);
    r->m = m;
    if (!(r->arena = arena_new(MARKET_BYTES_MAX)))
        return ERR_NOMEM;
    if ((e = ranking_init(&r->ranking, (size_t)m->limit)))
        arena_free(r->arena);
    return e;
}

static void leave_lot(struct reverse *r)
{
    if (r->lot.number)
        lot_case_fini(&r->lot);
    r->lot.number = 0;
}

static void end(struct reverse *r)
{
    leave_lot(r);
    spots_free(&r->spots);
    ranking_fini(&r->ranking);
    arena_free(r->arena);
}

static enum err enter_market(struct reverse *r, uint32_t number)
{
    struct record record;
    enum err e;

    if (r->number == number)
        return ERR_NONE;
    leave_lot(r);
    arena_reset(r->arena);
    r->number = 0;
    e = store_get_numbered(r->m->view, ENTITY_MARKET, number, &record);
    if (!e)
        e = protocol_decode_trusted(&shape_market, record.body, r->arena,
                                    &r->market);
    if (!e)
        r->number = number;
    return e;
}

static enum err enter_lot(struct reverse *r, int64_t number)
{
    struct lot_case c;
    enum err e;

    if (r->lot.number == number)
        return ERR_NONE;
    leave_lot(r);
    if (!(e = lot_case_init(&c, r->m, &r->market, number)))
        r->lot = c;
    return e;
}

/* Judge the job of the lot that is being looked at. */
static enum err judge_job(const struct reverse *r, int64_t number,
                          struct job_case *j, struct person_result *out)
{
    int64_t fit;
    enum err e = job_case_init(j, &r->lot, number);

    if (e)
        return e;
    fit = person_job_fit(r->m->reference, r->profile->rome, j->job->rome);
    person_judge(j, &r->person, fit, out);
    return ERR_NONE;
}

/* ---- Ranking ------------------------------------------------------------ */

/* Equal tie numbers are ordered by the lot key, whose hash is KEY. */
static void offer(struct reverse *r, uint32_t place, uint64_t key,
                  int64_t score)
{
    const struct spot *spot = &r->spots.at[place];
    struct slice id = r->market.id;
    char text[ORDER_ID_MAX + 1];
    int n =
        snprintf(text, sizeof text, "%.*s/%d", (int)id.len, id.data, spot->lot);

    if (spot->job)
        n += snprintf(text + n, sizeof text - (size_t)n, "/%d", spot->job);
    r->m->scored++;
    ranking_offer(&r->ranking, score, order_tie(key, r->id), place,
                  (struct slice){text, (size_t)n});
}

static enum err offer_lot(struct reverse *r, uint32_t place)
{
    struct structure_result result;
    enum err e;

    arena_reset(r->lot.scratch);
    e = structure_judge(&r->lot, r->structure, &result);
    if (!e && result.reason == ABSENT)
        offer(r, place, r->lot.key, result.score);
    return e;
}

static enum err offer_job(struct reverse *r, uint32_t place)
{
    struct person_result result;
    struct job_case j;
    enum err e = judge_job(r, r->spots.at[place].job, &j, &result);

    if (!e && result.reason == ABSENT)
        offer(r, place, j.key, result.score);
    return e;
}

static enum err rank(struct reverse *r)
{
    for (uint32_t i = 0; i < r->spots.n; i++) {
        const struct spot *spot = &r->spots.at[i];
        enum err e = enter_market(r, spot->market);

        /* A posting's deadline had to fit 16 bits. */
        if (!e && (!match_market_open(&r->market, r->m->on) ||
                   (r->m->sees &&
                    !r->m->sees(r->m->seer, ENTITY_MARKET, &r->market))))
            continue;
        if (e || (e = enter_lot(r, spot->lot)) ||
            (e = spot->job ? offer_job(r, i) : offer_lot(r, i)))
            return e;
    }
    ranking_sort(&r->ranking);
    return ERR_NONE;
}

/* ---- Answers ------------------------------------------------------------ */

/* A text of the market, which is forgotten before the answer is written. */
static int copy(const struct reverse *r, struct slice text, struct slice *out)
{
    if (!text.data)
        return 1;
    *out = arena_copy(r->m->arena, text);
    return out->data != NULL;
}

/* What both kinds of hits say of their market. */
static enum err describe(const struct reverse *r, struct slice *market,
                         struct slice *object, struct slice *buyer)
{
    const struct market *m = &r->market;
    struct slice said = r->lot.lot->object;

    if (!copy(r, m->id, market) ||
        !copy(r, said.data ? said : m->object, object) ||
        (m->buyer && !copy(r, m->buyer->name, buyer)))
        return ERR_NOMEM;
    return ERR_NONE;
}

/* The codes themselves are the market's. */
static enum err copy_codes(const struct reverse *r, struct slices codes,
                           struct slices *out)
{
    struct slice *at = arena_array(r->m->arena, codes.n + 1, sizeof *at);

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < codes.n; i++)
        if (!copy(r, codes.at[i], &at[i]))
            return ERR_NOMEM;
    *out = (struct slices){at, codes.n};
    return ERR_NONE;
}

static enum err write_lot(struct reverse *r, struct lot_hit *out)
{
    struct structure_result result;
    struct structure_hit hit;
    enum err e;

    arena_reset(r->lot.scratch);
    shape_clear(&shape_structure_hit, &hit);
    if ((e = structure_judge(&r->lot, r->structure, &result)) ||
        (e = structure_hit(&r->lot, r->structure, &result, &hit)) ||
        (e = describe(r, &out->market, &out->object, &out->buyer)) ||
        (e = copy_codes(r, hit.missing, &out->missing)))
        return e;
    out->lot = r->lot.number;
    out->deadline = r->market.deadline;
    out->start = r->lot.start;
    out->score = hit.score;
    out->tie = hit.tie;
    out->activity = hit.activity;
    out->components = hit.components;
    out->unknown = hit.unknown;
    out->cover = hit.cover;
    out->km = hit.km;
    out->marks = hit.marks;
    return match_warnings(r->m, &r->market, out->lot, &out->warnings);
}

static enum err write_job(struct reverse *r, int64_t number,
                          struct job_hit *out)
{
    struct person_result result;
    struct person_hit hit;
    struct job_case j;
    enum err e;

    shape_clear(&shape_person_hit, &hit);
    if ((e = judge_job(r, number, &j, &result)) ||
        (e = person_hit(&j, r->profile->id, order_tie(j.key, r->person.id),
                        &result, &hit)) ||
        (e = describe(r, &out->market, &out->object, &out->buyer)))
        return e;
    if (!copy(r, j.job->rome, &out->rome) ||
        !copy(r, j.job->title, &out->title) ||
        !copy(r, j.job->commune, &out->commune))
        return ERR_NOMEM;
    out->lot = r->lot.number;
    out->job = number;
    out->deadline = r->market.deadline;
    out->start = j.start;
    out->hours_week = j.job->hours_week;
    out->score = hit.score;
    out->tie = hit.tie;
    out->components = hit.components;
    out->unknown = hit.unknown;
    out->km = hit.km;
    out->marks = hit.marks;
    return match_warnings(r->m, &r->market, out->lot, &out->warnings);
}

/* The winners are judged again: the ranking keeps no components.  Look at the
 * lot of the I-th; *JOB is its job. */
static enum err enter_ranked(struct reverse *r, size_t i, int64_t *job)
{
    const struct spot *spot = &r->spots.at[r->ranking.at[i].number];
    enum err e = enter_market(r, spot->market);

    *job = spot->job;
    return e ? e : enter_lot(r, spot->lot);
}

static enum err list_lots(struct reverse *r, struct lot_hit_list *out)
{
    struct lot_hit *at;
    int64_t none;
    enum err e;

    if ((e = reverse_search_lots(r->m, r->structure, &r->spots)) ||
        (e = rank(r)))
        return e;
    if (!(at = shape_array(r->m->arena, &shape_lot_hit, r->ranking.n + 1)))
        return ERR_NOMEM;
    for (size_t i = 0; i < r->ranking.n; i++)
        if ((e = enter_ranked(r, i, &none)) || (e = write_lot(r, &at[i])))
            return e;
    *out = (struct lot_hit_list){at, r->ranking.n};
    return ERR_NONE;
}

static enum err list_jobs(struct reverse *r, struct job_hit_list *out)
{
    struct job_hit *at;
    int64_t job;
    enum err e;

    if ((e = reverse_search_jobs(r->m, r->profile, &r->spots)) || (e = rank(r)))
        return e;
    if (!(at = shape_array(r->m->arena, &shape_job_hit, r->ranking.n + 1)))
        return ERR_NOMEM;
    for (size_t i = 0; i < r->ranking.n; i++)
        if ((e = enter_ranked(r, i, &job)) || (e = write_job(r, job, &at[i])))
            return e;
    *out = (struct job_hit_list){at, r->ranking.n};
    return ERR_NONE;
}

enum err reverse_structure(struct match *m, const struct structure *s,
                           struct lot_hit_list *out)
{
    struct reverse r;
    struct slice id = structure_id(m->arena, s);
    enum err e;

    if (!id.len)
        return ERR_NOMEM;
    if ((e = begin(&r, m)))
        return e;
    r.structure = s;
    r.id = order_hash(id);
    e = list_lots(&r, out);
    end(&r);
    return e;
}

enum err reverse_person(struct match *m, const struct profile *p,
                        struct job_hit_list *out)
{
    struct reverse r;
    enum err e;

    if ((e = begin(&r, m)))
        return e;
    r.profile = p;
    r.person = person_of(m->reference, p);
    r.id = r.person.id;
    e = list_jobs(&r, out);
    end(&r);
    return e;
}
