/*
 * Everybody counted by reason, for every job of a lot: the side array is read
 * once, from one end to the other.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/law.h"
#include "engine/match/people.h"
#include "engine/match/people_search.h"
#include "engine/match/postings.h"

/* ---- Who wishes what fits ----------------------------------------------- */

struct found {
    uint32_t number;
    uint32_t fit;
};
struct found_list {
    struct found *at;
    size_t n;
    size_t room;
};

/* Grows by doubling: a national list may hold some 100,000. */
static enum err found_add(struct found_list *list, uint32_t number,
                          uint32_t fit)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        struct found *at = realloc(list->at, room * sizeof *at);

        if (!at)
            return ERR_NOMEM;
        list->at = at;
        list->room = room;
    }
    list->at[list->n++] = (struct found){number, fit};
    return ERR_NONE;
}

/* By number, the best fit first. */
static int compare_found(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    if (x->number != y->number)
        return x->number > y->number ? 1 : -1;
    return (x->fit < y->fit) - (x->fit > y->fit);
}

/* Several wishes of one person are found several times. */
static void found_sort(struct found_list *list)
{
    size_t kept = 0;

    if (list->n)
        qsort(list->at, list->n, sizeof *list->at, compare_found);
    for (size_t i = 0; i < list->n; i++)
        if (!kept || list->at[kept - 1].number != list->at[i].number)
            list->at[kept++] = list->at[i];
    list->n = kept;
}

static enum err find_page(struct index_reader *reader,
                          const struct index_page *page, uint32_t fit,
                          struct found_list *out)
{
    struct index_block block;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < page->n && !e; i++) {
        if ((e = index_reader_block(reader, &page->heads[i], &block)))
            return e;
        for (size_t k = 0; k < block.n && !e; k++)
            e = found_add(out, block.number[k], fit);
    }
    return e;
}

static enum err find_wish(struct index_reader *reader, const struct wish *wish,
                          struct found_list *out)
{
    struct index_page page;
    uint32_t code = 0;
    enum err e = index_reader_seek(reader, wish->code, &code, &page);

    while (!e && code - wish->code < POSTINGS_BANDS) {
        if (!(e = find_page(reader, &page, wish->fit, out)))
            e = index_reader_step(reader, &code, &page);
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static enum err find_wishing(const struct job_case *j,
                             struct index_reader *reader,
                             struct found_list *out)
{
    struct wish *wishes = NULL;
    size_t n = 0;
    enum err e = people_wishes(j->lot->m->reference, j->lot->arena, reader,
                               j->job->rome, &wishes, &n);

    for (size_t i = 0; i < n && !e; i++)
        e = find_wish(reader, &wishes[i], out);
    if (!e)
        found_sort(out);
    return e;
}

/* ---- Counting ----------------------------------------------------------- */

/* One job's count: who wishes it, by number, and how far that was read. */
struct job_counts {
    int64_t by_reason[reason_words];
    int64_t unseen; /* who is no candidate for this caller */
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

static enum err count_person(const struct job_case *j, uint32_t number,
                             const unsigned char row[INDEX_SIDE],
                             struct job_counts *counts)
{
    struct person_result result;
    enum err e =
        people_judge(j, number, row, (uint32_t)fit_of(counts, number), &result);

    if (e)
        return e;
    if (result.reason == PEOPLE_UNSEEN)
        counts->unseen++;
    else if (result.reason != ABSENT)
        counts->by_reason[result.reason]++;
    return ERR_NONE;
}

static enum err count_chunk(const struct lot_case *c,
                            const struct job_case *jobs, size_t n,
                            const struct index_chunk *chunk,
                            struct job_counts *counts, int64_t *candidates)
{
    enum err e;

    for (unsigned row = 0; row < INDEX_CHUNK; row++) {
        if (!index_chunk_has(chunk, row))
            continue;
        c->m->scanned++;
        ++*candidates;
        for (size_t i = 0; i < n; i++)
            if ((e = count_person(&jobs[i], chunk->first + row,
                                  chunk->rows + (size_t)row * INDEX_SIDE,
                                  &counts[i])))
                return e;
    }
    return ERR_NONE;
}

static enum err find_all(const struct lot_case *c, struct job_case *jobs,
                         size_t n, struct job_counts *counts)
{
    struct index_reader *reader;
    enum err e = index_reader_begin(c->m->view, INDEX_PEOPLE, &reader);

    if (e)
        return e;
    for (size_t i = 0; i < n && !e; i++)
        if (!(e = job_case_remember(&jobs[i])))
            e = find_wishing(&jobs[i], reader, &counts[i].wishing);
    index_reader_end(reader);
    return e;
}

static enum err count_all(const struct lot_case *c, struct job_case *jobs,
                          size_t n, struct job_counts *counts,
                          int64_t *candidates)
{
    struct index_chunk chunk = {.first = 0};
    uint32_t from = 0;
    enum err e = find_all(c, jobs, n, counts);

    while (n && !e) {
        e = index_side_chunk(c->m->view, INDEX_PEOPLE, from, &chunk);
        if (!e)
            e = count_chunk(c, jobs, n, &chunk, counts, candidates);
        from = chunk.first + INDEX_CHUNK;
    }
    for (size_t i = 0; i < n; i++)
        free(counts[i].wishing.at);
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
        if ((e = lot_tally(m, candidates - counts[i].unseen,
                           counts[i].by_reason, &tally)))
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
    if ((e = people_jobs(&c, ABSENT, &jobs, &n)))
        goto fini_case;
    if (!(counts = arena_array(c.arena, n + 1, sizeof *counts)))
        e = ERR_NOMEM;
    else if (!(e = count_all(&c, jobs, n, counts, &candidates)))
        e = write_tallies(m, counts, n, candidates, out);
fini_case:
    lot_case_fini(&c);
    return e;
}
