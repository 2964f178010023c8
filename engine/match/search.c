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
    struct index_reader *reader;
    struct found_list *out;
};

static enum err take_page(const struct search *s, const struct index_page *page)
{
    struct index_block block;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < page->n && !e; i++) {
        if ((e = index_reader_block(s->reader, &page->heads[i], &block)))
            return e;
        s->m->scanned += block.n;
        for (size_t k = 0; k < block.n && !e; k++)
            e = found_add(s->out, block.number[k], 0);
    }
    return e;
}

/* Everything under one code. */
static enum err search_code(const struct search *s, uint32_t code)
{
    struct index_page page;
    enum err e = index_reader_first(s->reader, code, &page);

    while (!e && !(e = take_page(s, &page)))
        e = index_reader_next(s->reader, &page);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
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
    struct search s = {m, NULL, out};
    struct codes codes;
    enum err e = lot_codes(m, lot, &codes);

    if (e || (e = index_reader_begin(m->view, INDEX_STRUCTURES, &s.reader)))
        return e;
    for (size_t i = 0; !e && i < codes.n; i++)
        e = search_code(&s, codes.at[i]);
    index_reader_end(s.reader);
    if (e)
        return e;
    found_sort(out);
    *all = !codes.n;
    return ERR_NONE;
}
