/*
 * The people of a lot's jobs: the best of them, or one explained.  Who is
 * looked at is decided in people_search.c; who matches, in person.c and
 * eligibility.c.
 *
 * The search promises an order by postings; the side rows say what is true of
 * those who stand first in it.  Only whose criteria end on different days, or
 * whose id is long, is looked up in their record.
 */
#include <string.h>

#include "engine/match/order.h"
#include "engine/match/people.h"
#include "engine/match/people_search.h"
#include "engine/match/postings.h"
#include "engine/match/territory.h"

/* More are searched than asked for, because some of those who come first by
 * their postings do not match: a proof that has ended, a consent. */
#define SPARE(limit) ((limit) + (limit) / 5 + 8)

enum err people_read(const struct lot_case *c, uint32_t number,
                     struct profile *out)
{
    struct record record;
    enum err e;

    arena_reset(c->scratch);
    e = store_get_numbered(c->m->view, ENTITY_PROFILE, number, &record);
    return e ? e
             : protocol_decode_trusted(&shape_profile, record.body, c->scratch,
                                       out);
}

static int is_seen(const struct match *m, uint32_t home)
{
    return !m->people_in || (home != REFERENCE_NONE &&
                             territory_holds(m->reference, m->people_in, home));
}

enum err people_judge(const struct job_case *j, uint32_t number,
                      const unsigned char row[INDEX_SIDE], uint32_t fit,
                      struct person_result *out)
{
    const struct reference *ref = j->lot->m->reference;
    struct profile profile;
    struct person person;
    enum err e;

    postings_unpack_person(ref, row, &person);
    if (!person_is_dated(&person, j->start)) {
        if ((e = people_read(j->lot, number, &profile)))
            return e;
        person = person_of(ref, &profile);
    }
    if (is_seen(j->lot->m, person.commune))
        person_judge(j, &person, fit, out);
    else
        out->reason = PEOPLE_UNSEEN;
    return ERR_NONE;
}

/* ---- The best ----------------------------------------------------------- */

/* Somebody who matches. */
struct winner {
    struct best_entry entry; /* with the true score */
    const unsigned char *row;
    struct person_result result;
};

struct winners {
    struct winner *at;
    size_t n;
    size_t limit;
};

static struct slice id_of(const struct lot_case *c, const struct winner *w)
{
    struct slice id = postings_unpack_id(w->row);
    struct profile profile;

    if (id.data || people_read(c, w->entry.number, &profile))
        return id;
    return arena_copy(c->m->arena, profile.id);
}

/* Two ids may have one hash: then the ids decide. */
static int comes_before(const struct lot_case *c, const struct winner *a,
                        const struct winner *b)
{
    int order = best_compare(&a->entry, &b->entry);

    return order ? order < 0 : slice_compare(id_of(c, a), id_of(c, b)) < 0;
}

/* Most come in order already. */
static void insert(const struct lot_case *c, struct winners *w,
                   const struct winner *new)
{
    size_t i = w->n < w->limit ? w->n : w->limit - 1;

    if (w->n == w->limit && !comes_before(c, new, &w->at[i]))
        return;
    for (; i && comes_before(c, new, &w->at[i - 1]); i--)
        w->at[i] = w->at[i - 1];
    w->at[i] = *new;
    if (w->n < w->limit)
        w->n++;
}

/* The last winner stands before this promise, and so before all after it. */
static int is_settled(const struct winners *w, const struct best_entry *promise)
{
    return w->n == w->limit &&
           best_compare(&w->at[w->limit - 1].entry, promise) < 0;
}

/* What is far away in memory is asked for in short loops, so that the
 * processor waits for much of it at the same time: where rows stand, then
 * rows, then homes.  No more rows are than will be needed if all that come
 * match. */
#define AHEAD 64

static enum err look_ahead(const struct job_case *j,
                           struct index_reader *reader,
                           const struct best_entry *entries, size_t n,
                           const unsigned char *rows[AHEAD])
{
    enum err e = ERR_NONE;

    j->lot->m->sides += n;
    for (size_t i = 0; i < n && !e; i++)
        e = index_reader_side_ahead(reader, entries[i].number, &rows[i]);
    for (size_t i = 0; i < n && !e; i++)
        postings_person_ahead(j->lot->m->reference, rows[i]);
    return e;
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Judge those who were promised, in the order of the promises. */
static enum err judge_best(const struct job_case *j,
                           struct index_reader *reader, const struct best *best,
                           struct winners *w)
{
    const unsigned char *rows[AHEAD];
    size_t from = 0, end = 0;
    enum err e;

    for (size_t i = 0; i < best->n; i++)
        index_reader_side_soon(reader, best->at[i].number);
    for (size_t i = 0; i < best->n && !is_settled(w, &best->at[i]); i++) {
        struct winner new = {.entry = best->at[i]};

        if (i == end) {
            size_t n = w->n < w->limit ? w->limit - w->n : 1;

            from = i;
            end = i + least_of(least_of(n, AHEAD), best->n - i);
            e = look_ahead(j, reader, &best->at[i], end - i, rows);
            if (e)
                return e;
        }
        new.row = rows[i - from];
        if ((e = people_judge(j, new.entry.number, new.row, new.entry.fit,
                              &new.result)))
            return e;
        if (new.result.reason != ABSENT)
            continue;
        j->lot->m->scored++;
        new.entry.score = (int32_t) new.result.score;
        insert(j->lot, w, &new);
    }
    return ERR_NONE;
}

/* A promise and what is true of it. */
static enum err judge_promise(const struct job_case *j,
                              struct index_reader *reader, uint32_t number,
                              uint32_t fit, int64_t *score)
{
    struct person_result result;
    const unsigned char *row;
    enum err e;

    j->lot->m->sides++;
    if ((e = index_reader_side_ahead(reader, number, &row)) ||
        (e = people_judge(j, number, row, fit, &result)))
        return e;
    *score = result.reason == ABSENT ? result.score : -1;
    return ERR_NONE;
}

struct ties {
    const struct job_case *job;
    const struct index_reader *reader;
};

static void set_ties(const void *context, struct best_entry *entries, size_t n)
{
    const struct ties *ties = context;

    for (size_t i = 0; n > 1 && i < n; i++)
        index_reader_key_ahead(ties->reader, entries[i].number);
    for (size_t i = 0; i < n; i++)
        entries[i].tie = order_tie(
            ties->job->key, index_reader_key(ties->reader, entries[i].number));
}

static enum err search(const struct job_case *j, struct index_reader *reader,
                       struct best *best, people_true *is_true,
                       struct winners *w)
{
    struct ties ties = {j, reader};
    enum err e;

    w->n = 0;
    e = best_init(best, j->lot->workspace, SPARE(w->limit), set_ties, &ties);
    if (e || (e = people_search(j, reader, is_true, best)))
        return e;
    best_sort(best);
    return judge_best(j, reader, best, w);
}

/* A search by promises; if too many of them were empty, one in which each is
 * judged before it is taken, whose promises are true. */
static enum err find_winners(const struct job_case *j,
                             struct index_reader *reader, struct winners *w)
{
    struct best best;
    enum err e = search(j, reader, &best, NULL, w);

    if (e || best.n < best.room || is_settled(w, &best.at[best.n - 1]))
        return e;
    return search(j, reader, &best, judge_promise, w);
}

static enum err rank(struct job_case *j, struct winners *w)
{
    struct match *m = j->lot->m;
    struct index_reader *reader;
    enum err e;

    *w = (struct winners){.limit = (size_t)m->limit};
    w->at = workspace_room(j->lot->workspace, ROOM_WINNERS,
                           w->limit * sizeof *w->at);
    if (!w->at)
        return ERR_NOMEM;
    /* Without a commune to work in, each home is measured against a place. */
    if (j->target == REFERENCE_NONE && (e = job_case_remember(j)))
        return e;
    if ((e = index_reader_begin(m->view, INDEX_PEOPLE, &reader)))
        return e;
    e = find_winners(j, reader, w);
    index_reader_end(reader);
    return e;
}

static enum err write_hits(const struct job_case *j, const struct winners *w,
                           struct person_hit_list *out)
{
    const struct lot_case *c = j->lot;
    struct person_hit *at;
    enum err e;

    at = shape_array(c->m->arena, &shape_person_hit, w->n ? w->n : 1);
    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < w->n; i++) {
        struct slice id = id_of(c, &w->at[i]);

        if (!id.data)
            return ERR_NOMEM;
        e = person_hit(j, id, w->at[i].entry.tie, &w->at[i].result, &at[i]);
        if (e)
            return e;
    }
    *out = (struct person_hit_list){at, w->n};
    return ERR_NONE;
}

static enum err match_job(struct job_case *j, struct job_people *out)
{
    struct winners winners;
    enum err e = rank(j, &winners);

    if (e)
        return e;
    out->job = j->number;
    out->rome = j->job->rome;
    out->start = j->start;
    return write_hits(j, &winners, &out->candidates);
}

enum err people_jobs(const struct lot_case *c, int64_t job,
                     struct job_case **out, size_t *n)
{
    int64_t first = job == ABSENT ? 1 : job;
    struct job_case *jobs;
    enum err e;

    *n = job == ABSENT ? c->lot->jobs.n : 1;
    if (!(jobs = arena_array(c->arena, *n + 1, sizeof *jobs)))
        return ERR_NOMEM;
    for (size_t i = 0; i < *n; i++)
        if ((e = job_case_init(&jobs[i], c, first + (int64_t)i)))
            return e;
    *out = jobs;
    return ERR_NONE;
}

static enum err match_jobs(const struct lot_case *c, int64_t job,
                           struct lot_answer *out)
{
    struct job_people *at;
    struct job_case *jobs;
    enum err e;
    size_t n;

    if ((e = people_jobs(c, job, &jobs, &n)))
        return e;
    if (!(at = shape_array(c->m->arena, &shape_job_people, n ? n : 1)))
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        if ((e = match_job(&jobs[i], &at[i])))
            return e;
    out->jobs = (struct job_people_list){at, n};
    return lot_case_describe(c, out);
}

enum err match_people(struct match *m, const struct market *market, int64_t lot,
                      int64_t job, struct lot_answer *out)
{
    struct lot_case c;
    enum err e;

    if ((e = lot_case_init_job(&c, m, market, lot, job)))
        return e;
    e = match_jobs(&c, job, out);
    lot_case_fini(&c);
    return e;
}

static enum err top_job(const struct lot_case *c, int64_t job,
                        struct match_top *out)
{
    struct match_ranked *at;
    struct winners winners;
    struct job_case *jobs;
    enum err e;
    size_t n;

    if ((e = people_jobs(c, job, &jobs, &n)) || (e = rank(jobs, &winners)))
        return e;
    if (!(at = arena_array(c->m->arena, winners.n + 1, sizeof *at)))
        return ERR_NOMEM;
    for (size_t i = 0; i < winners.n; i++)
        at[i] = (struct match_ranked){winners.at[i].entry.number,
                                      winners.at[i].entry.score};
    *out = (struct match_top){at, winners.n};
    return ERR_NONE;
}

enum err match_top_people(struct match *m, const struct market *market,
                          int64_t lot, int64_t job, struct match_top *out)
{
    struct lot_case c;
    enum err e;

    if ((e = lot_case_init_job(&c, m, market, lot, job)))
        return e;
    e = top_job(&c, job, out);
    lot_case_fini(&c);
    return e;
}

/* ---- Explaining --------------------------------------------------------- */

static enum err explain_job(const struct job_case *j,
                            const struct profile *candidate,
                            struct person_verdict *out)
{
    const struct reference *ref = j->lot->m->reference;
    struct person person = person_of(ref, candidate);
    struct person_result result;

    person_judge(j, &person, person_job_fit(ref, candidate->rome, j->job->rome),
                 &result);
    out->job = j->number;
    out->matched = result.reason == ABSENT;
    out->reason = result.reason;
    if (result.reason != ABSENT)
        return ERR_NONE;
    out->hit = shape_array(j->lot->m->arena, &shape_person_hit, 1);
    return out->hit ? person_hit(j, candidate->id, order_tie(j->key, person.id),
                                 &result, out->hit)
                    : ERR_NOMEM;
}

static enum err explain_jobs(const struct lot_case *c, int64_t job,
                             const struct profile *candidate,
                             struct person_verdict_list *out)
{
    struct person_verdict *at;
    struct job_case *jobs;
    enum err e;
    size_t n;

    if ((e = people_jobs(c, job, &jobs, &n)))
        return e;
    if (!(at = shape_array(c->m->arena, &shape_person_verdict, n ? n : 1)))
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        if ((e = explain_job(&jobs[i], candidate, &at[i])))
            return e;
    *out = (struct person_verdict_list){at, n};
    return ERR_NONE;
}

enum err match_explain_person(struct match *m, const struct market *market,
                              int64_t lot, int64_t job,
                              const struct profile *candidate,
                              struct person_verdict_list *out)
{
    struct lot_case c;
    enum err e;

    if ((e = lot_case_init(&c, m, market, lot)))
        return e;
    e = explain_jobs(&c, job, candidate, out);
    lot_case_fini(&c);
    return e;
}
