/*
 * Candidates through the index, by the codes of a lot or a job.  What is
 * found too many is refused later; nobody who would match may be missed.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/postings.h"
#include "engine/match/search.h"

void found_free(struct found_list *list)
{
    free(list->at);
    *list = (struct found_list){NULL, 0, 0};
}

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

/* Several wishes of one person, or activities of one structure, are found
 * several times; reading by number goes through the records in one sweep. */
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

struct search {
    struct match *m;
    unsigned kind;
    posting_filter *filter;
    void *context;
    struct found_list *out;
};

static enum err take_block(const struct search *s,
                           const struct index_block *block, uint32_t fit)
{
    enum err e;

    s->m->scanned += block->n;
    for (size_t i = 0; i < block->n; i++) {
        if (s->filter && !s->filter(s->context, block->facts + i * INDEX_FACTS))
            continue;
        e = found_add(s->out, index_load(block->number + 4 * i), fit);
        if (e)
            return e;
    }
    return ERR_NONE;
}

/* Everything under one code. */
static enum err search_code(const struct search *s, uint32_t code, uint32_t fit)
{
    struct index_scan *scan;
    struct index_block block;
    enum err e = index_scan_begin(s->m->view, s->kind, code, &scan);

    if (e)
        return e;
    while (!(e = index_scan_next(scan, &block)))
        if ((e = take_block(s, &block, fit)))
            break;
    index_scan_end(scan);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* Everyone who wishes WISH, for a job of ROME. */
static enum err search_wish(const struct search *s, struct slice wish,
                            struct slice rome)
{
    struct slices wishes = {&wish, 1};
    int64_t fit = person_job_fit(s->m->reference, wishes, rome);

    return search_code(s, postings_rome_code(wish), (uint32_t)fit);
}

/* The wishes with the same first three characters: the last two digits. */
static enum err search_family(const struct search *s, struct slice rome)
{
    char wish[5];
    enum err e = ERR_NONE;

    if (rome.len != sizeof wish)
        return ERR_NONE;
    memcpy(wish, rome.data, sizeof wish);
    for (int i = 0; !e && i < 100; i++) {
        wish[3] = (char)('0' + i / 10);
        wish[4] = (char)('0' + i % 10);
        e = search_wish(s, (struct slice){wish, sizeof wish}, rome);
    }
    return e;
}

enum err search_people(struct match *m, struct slice rome,
                       posting_filter *filter, void *context,
                       struct found_list *out)
{
    struct search s = {m, INDEX_PEOPLE, filter, context, out};
    const struct reference_link *links;
    enum err e = search_family(&s, rome);
    size_t n;

    links = reference_links_to(m->reference, rome, &n);
    for (size_t i = 0; !e && i < n; i++)
        e = search_wish(&s, slice_of(links[i].rome), rome);
    if (!e)
        found_sort(out);
    return e;
}

/* The codes that select a lot's structures; 0 of them when none do: the lot
 * asks for nothing, or for a sector whose group others may share. */
static enum err lot_codes(struct match *m, const struct lot *lot,
                          struct codes *out)
{
    size_t n = lot->cpv.n + lot->sectors.n + lot->jobs.n;

    *out = (struct codes){arena_array(m->arena, n + 1, sizeof *out->at), 0};
    if (!out->at)
        return ERR_NOMEM;
    for (size_t i = 0; i < lot->sectors.n; i++)
        if (reference_sector_group(m->reference, lot->sectors.at[i]).data)
            return ERR_NONE;
    postings_add_codes(out, lot->cpv, postings_cpv_code);
    postings_add_codes(out, lot->sectors, postings_sector_code);
    for (size_t i = 0; i < lot->jobs.n; i++)
        out->at[out->n++] = postings_rome_code(lot->jobs.at[i].rome);
    postings_sort_codes(out);
    return ERR_NONE;
}

enum err search_structures(struct match *m, const struct lot *lot,
                           struct found_list *out, int *all)
{
    struct search s = {m, INDEX_STRUCTURES, NULL, NULL, out};
    struct codes codes;
    enum err e = lot_codes(m, lot, &codes);

    if (e)
        return e;
    for (size_t i = 0; !e && i < codes.n; i++)
        e = search_code(&s, codes.at[i], 0);
    if (e)
        return e;
    found_sort(out);
    *all = !codes.n;
    return ERR_NONE;
}
