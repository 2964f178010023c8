/*
 * The people of a lot's jobs: the best of them, all of them counted, or one
 * explained.  Who is looked at is decided here; who matches, in person.c and
 * eligibility.c.
 *
 * A list goes from postings (is the home near enough?) to side rows (does the
 * person match?) to records (of those whom a side row cannot tell, and of
 * those who enter the list).
 */
#include "engine/match/order.h"
#include "engine/match/person.h"
#include "engine/match/postings.h"
#include "engine/match/search.h"

static enum err decode(const struct lot_case *c, const struct record *record,
                       struct profile *out)
{
    return protocol_decode_trusted(&shape_profile, record->body, c->scratch,
                                   out);
}

/* Read the record of a number; lives until the scratch is reset. */
static enum err read_profile(const struct lot_case *c, uint32_t number,
                             struct profile *out)
{
    struct record record;
    enum err e;

    arena_reset(c->scratch);
    e = store_get_numbered(c->m->view, ENTITY_PROFILE, number, &record);
    return e ? e : decode(c, &record, out);
}

/* Filter 5 on a posting's facts: whoever lives too far is not looked up. */
static int is_near(void *context, const unsigned char *facts)
{
    const struct job_case *j = context;
    struct posting_facts f = postings_unpack_facts(facts);
    int64_t km = job_case_km(j, f.commune);

    return km == ABSENT || km <= f.mobility_km;
}

/* Judge one that was found, and offer it to the ranking.  Its id is read only
 * if it can still enter: most cannot. */
static enum err offer(const struct job_case *j, const struct found *found,
                      struct ranking *ranking)
{
    const struct lot_case *c = j->lot;
    unsigned char row[INDEX_SIDE];
    struct person_result result;
    struct person person;
    struct profile profile;
    uint64_t tie;
    enum err e;

    e = index_side_get(c->m->view, INDEX_PEOPLE, found->number, row);
    if (e)
        return e;
    postings_unpack_person(row, &person);
    if (!person_is_dated(&person, j->start)) {
        if ((e = read_profile(c, found->number, &profile)))
            return e;
        person = person_of(c->m->reference, &profile);
    }
    person_judge(j, &person, found->fit, &result);
    if (result.reason != ABSENT)
        return ERR_NONE;
    c->m->scored++;
    tie = order_tie(j->key, person.id);
    if (!ranking_is_open(ranking, result.score, tie))
        return ERR_NONE;
    if ((e = read_profile(c, found->number, &profile)))
        return e;
    ranking_offer(ranking, result.score, tie, found->number, profile.id);
    return ERR_NONE;
}

static enum err rank(struct job_case *j, struct ranking *ranking)
{
    struct found_list found = {NULL, 0, 0};
    enum err e;

    e = search_people(j->lot->m, j->job->rome, is_near, j, &found);
    for (size_t i = 0; !e && i < found.n; i++)
        e = offer(j, &found.at[i], ranking);
    found_free(&found);
    return e;
}

static void judge_profile(const struct job_case *j,
                          const struct profile *profile,
                          struct person_result *out)
{
    const struct reference *ref = j->lot->m->reference;
    struct person person = person_of(ref, profile);

    person_judge(j, &person, person_job_fit(ref, profile->rome, j->job->rome),
                 out);
}

/* The winners are judged again from their records: the ranking keeps no
 * components, and a side row has no id. */
static enum err write_hits(const struct job_case *j,
                           const struct ranking *ranking,
                           struct person_hit_list *out)
{
    const struct lot_case *c = j->lot;
    struct person_hit *at;
    enum err e;

    at = shape_array(c->m->arena, &shape_person_hit,
                     ranking->n ? ranking->n : 1);
    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < ranking->n; i++) {
        struct person_result result;
        struct profile profile;

        if ((e = read_profile(c, ranking->at[i].number, &profile)))
            return e;
        judge_profile(j, &profile, &result);
        if ((e = person_hit(j, &profile, &result, &at[i])))
            return e;
    }
    *out = (struct person_hit_list){at, ranking->n};
    return ERR_NONE;
}

static enum err match_job(struct job_case *j, struct job_people *out)
{
    struct ranking ranking;
    enum err e = ranking_init(&ranking, (size_t)j->lot->m->limit);

    if (e)
        return e;
    out->job = j->number;
    out->rome = j->job->rome;
    out->start = j->start;
    if (!(e = rank(j, &ranking))) {
        ranking_sort(&ranking);
        e = write_hits(j, &ranking, &out->candidates);
    }
    ranking_fini(&ranking);
    return e;
}

/* The jobs asked for: JOB, or all of the lot when ABSENT, made ready. */
static enum err prepare_jobs(const struct lot_case *c, int64_t job,
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

    if ((e = prepare_jobs(c, job, &jobs, &n)))
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

    if ((e = lot_case_init(&c, m, market, lot)))
        return e;
    e = match_jobs(&c, job, out);
    lot_case_fini(&c);
    return e;
}

/* ---- Counting ----------------------------------------------------------- */

/* Everyone is decoded once and judged for every job. */
/* One job's count: who wishes it, by number, and how far that was read. */
struct job_counts {
    int64_t by_reason[reason_words];
    struct found_list wishing;
    size_t next;
};

/* The fit of a person's wishes, asked in the order of numbers. */
static int64_t fit_of(struct job_counts *counts, uint32_t number)
{
    const struct found_list *list = &counts->wishing;

    while (counts->next < list->n && list->at[counts->next].number < number)
        counts->next++;
    if (counts->next == list->n || list->at[counts->next].number != number)
        return 0;
    return list->at[counts->next].fit;
}

/* The side row decides, but for those whose criteria end on differing days. */
static enum err count_person(const struct job_case *j, uint32_t number,
                             const struct person *side,
                             struct job_counts *counts)
{
    struct person person = *side;
    struct person_result result;
    struct profile profile;
    enum err e;

    if (!person_is_dated(&person, j->start)) {
        if ((e = read_profile(j->lot, number, &profile)))
            return e;
        person = person_of(j->lot->m->reference, &profile);
    }
    person_judge(j, &person, fit_of(counts, number), &result);
    if (result.reason != ABSENT)
        counts->by_reason[result.reason]++;
    return ERR_NONE;
}

static enum err count_chunk(const struct lot_case *c,
                            const struct job_case *jobs, size_t n,
                            const struct index_chunk *chunk,
                            struct job_counts *counts, int64_t *candidates)
{
    struct person person;
    enum err e;

    for (uint32_t row = 0; row < INDEX_CHUNK; row++) {
        if (!(chunk->present >> row & 1))
            continue;
        postings_unpack_person(chunk->rows + (size_t)row * INDEX_SIDE, &person);
        c->m->scanned++;
        ++*candidates;
        for (size_t i = 0; i < n; i++)
            if ((e = count_person(&jobs[i], chunk->first + row, &person,
                                  &counts[i])))
                return e;
    }
    return ERR_NONE;
}

static enum err count_all(const struct lot_case *c, const struct job_case *jobs,
                          size_t n, struct job_counts *counts,
                          int64_t *candidates)
{
    struct index_chunk chunk = {.first = 0};
    uint32_t from = 0;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < n && !e; i++)
        e = search_people(c->m, jobs[i].job->rome, NULL, NULL,
                          &counts[i].wishing);
    while (n && !e) {
        e = index_side_chunk(c->m->view, INDEX_PEOPLE, from, &chunk);
        if (!e)
            e = count_chunk(c, jobs, n, &chunk, counts, candidates);
        from = chunk.first + INDEX_CHUNK;
    }
    for (size_t i = 0; i < n; i++)
        found_free(&counts[i].wishing);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static enum err write_tallies(struct match *m, const struct job_counts *counts,
                              size_t n, int64_t candidates,
                              struct job_tally_list *out)
{
    struct job_tally *at = shape_array(m->arena, &shape_job_tally, n ? n : 1);
    struct tally tally;
    enum err e;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if ((e = lot_tally(m, candidates, counts[i].by_reason, &tally)))
            return e;
        at[i] = (struct job_tally){(int64_t)i + 1, tally.candidates,
                                   tally.matched, tally.reasons};
    }
    *out = (struct job_tally_list){at, n};
    return ERR_NONE;
}

enum err match_count_people(struct match *m, const struct market *market,
                            int64_t lot, struct job_tally_list *out)
{
    struct job_counts *counts;
    struct job_case *jobs;
    struct lot_case c;
    int64_t candidates = 0;
    enum err e;
    size_t n;

    if ((e = lot_case_init(&c, m, market, lot)))
        return e;
    if ((e = prepare_jobs(&c, ABSENT, &jobs, &n)))
        goto fini_case;
    if (!(counts = arena_array(c.arena, n + 1, sizeof *counts)))
        e = ERR_NOMEM;
    else if (!(e = count_all(&c, jobs, n, counts, &candidates)))
        e = write_tallies(m, counts, n, candidates, out);
fini_case:
    lot_case_fini(&c);
    return e;
}

/* ---- Explaining --------------------------------------------------------- */

static enum err explain_job(const struct job_case *j,
                            const struct profile *candidate,
                            struct person_verdict *out)
{
    struct person_result result;

    judge_profile(j, candidate, &result);
    out->job = j->number;
    out->matched = result.reason == ABSENT;
    out->reason = result.reason;
    if (result.reason != ABSENT)
        return ERR_NONE;
    out->hit = shape_array(j->lot->m->arena, &shape_person_hit, 1);
    return out->hit ? person_hit(j, candidate, &result, out->hit) : ERR_NOMEM;
}

static enum err explain_jobs(const struct lot_case *c, int64_t job,
                             const struct profile *candidate,
                             struct person_verdict_list *out)
{
    struct person_verdict *at;
    struct job_case *jobs;
    enum err e;
    size_t n;

    if ((e = prepare_jobs(c, job, &jobs, &n)))
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
