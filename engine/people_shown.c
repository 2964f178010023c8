/*
 * Counts instead of people.
 */
#include "engine/people_shown.h"

#define FEWEST 5
#define LIMIT_MAX 1000

/* Bands of a score; each counts those above, too. */
static const int64_t bands[] = {750, 500, 250};
#define BANDS (sizeof bands / sizeof *bands)

int people_named(const struct call *call)
{
    return (rights_readers(call) & PEOPLE) != 0;
}

int64_t people_count(const struct call *call, int64_t n)
{
    if (people_named(call))
        return n;
    return n < FEWEST ? ABSENT : n - n % FEWEST;
}

int64_t people_limit(const struct call *call, int64_t asked)
{
    return people_named(call) ? asked : LIMIT_MAX;
}

static enum err count_fit(struct call *call, struct job_people *job)
{
    struct fit *at = shape_array(call->arena, &shape_fit, BANDS);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t b = 0; b < BANDS; b++) {
        int64_t people = 0;

        for (size_t i = 0; i < job->candidates.n; i++)
            people += job->candidates.at[i].score >= bands[b];
        at[n] = (struct fit){bands[b], people_count(call, people)};
        n += at[n].people != ABSENT;
    }
    job->fit = (struct fit_list){at, n};
    return ERR_NONE;
}

enum err people_show(struct call *call, struct lot_answer *lot)
{
    enum err e = ERR_NONE;

    for (size_t j = 0; j < lot->jobs.n && !e; j++) {
        struct job_people *job = &lot->jobs.at[j];

        if (people_named(call)) {
            for (size_t i = 0; i < job->candidates.n; i++)
                call_saw(call, job->candidates.at[i].id);
            continue;
        }
        job->people = people_count(call, (int64_t)job->candidates.n);
        e = count_fit(call, job);
        job->candidates.n = 0;
    }
    return e;
}

void people_show_tallies(const struct call *call, struct job_tally_list *jobs)
{
    if (people_named(call))
        return;
    for (size_t j = 0; j < jobs->n; j++) {
        struct job_tally *job = &jobs->at[j];
        size_t kept = 0;

        job->candidates = people_count(call, job->candidates);
        job->matched = people_count(call, job->matched);
        for (size_t i = 0; i < job->reasons.n; i++) {
            struct reason_count count = job->reasons.at[i];

            count.count = people_count(call, count.count);
            if (count.count != ABSENT)
                job->reasons.at[kept++] = count;
        }
        job->reasons.n = kept;
    }
}
