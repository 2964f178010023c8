/*
 * One way for all entities from a record to the index: derive, then write the
 * difference, hand it to a build, or sum it up for a check.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/postings.h"

/* Of the code that packs: a change of any column is a new number. */
#define POSTINGS_LAYOUT 5

uint64_t postings_stamp(const struct reference *ref)
{
    return (ref->stamp ^ POSTINGS_LAYOUT) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

enum err postings_derive(const struct reference *ref, struct arena *arena,
                         unsigned entity, uint32_t number, const void *value,
                         struct derived *out)
{
    memset(out, 0, sizeof *out);
    if (!value)
        return ERR_NONE;
    if (entity == ENTITY_PROFILE)
        return derive_profile(ref, arena, number, value, out);
    if (entity == ENTITY_STRUCTURE)
        return derive_structure(ref, arena, number, value, out);
    if (entity == ENTITY_MARKET)
        return derive_market(ref, arena, number, value, out);
    if (entity == ENTITY_HOURS)
        return derive_hours(arena, number, value, out);
    return ERR_NONE;
}

/* By what identifies a row in the index. */
static int compare_rows(const void *left, const void *right)
{
    const struct derived_posting *a = left, *b = right;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->posting.code != b->posting.code)
        return a->posting.code < b->posting.code ? -1 : 1;
    if (a->posting.where != b->posting.where)
        return a->posting.where < b->posting.where ? -1 : 1;
    return (a->posting.when > b->posting.when) -
           (a->posting.when < b->posting.when);
}

static int same_facts(const struct posting *a, const struct posting *b)
{
    return a->reach == b->reach &&
           memcmp(a->facts, b->facts, sizeof a->facts) == 0;
}

static void sort_rows(struct derived *d)
{
    if (d->n)
        qsort(d->at, d->n, sizeof *d->at, compare_rows);
}

/* A row that was never indexed (a bulk import's, before its build) has
 * nothing to remove. */
static enum err drop(struct store_batch *batch,
                     const struct derived_posting *row)
{
    enum err e = index_delete(batch, row->kind, &row->posting);

    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* From what OLD held to what NEW holds; what is the same is touched only when
 * the index may not have it (WHOLE). */
static enum err change_postings(struct store_batch *batch, struct derived *old,
                                struct derived *new, int whole)
{
    size_t i = 0, k = 0;
    enum err e = ERR_NONE;

    sort_rows(old);
    sort_rows(new);
    while (!e && (i < old->n || k < new->n)) {
        int order = i == old->n   ? 1
                    : k == new->n ? -1
                                  : compare_rows(&old->at[i], &new->at[k]);

        if (order < 0)
            e = drop(batch, &old->at[i]);
        else if (order > 0 || whole ||
                 !same_facts(&old->at[i].posting, &new->at[k].posting))
            e = index_put(batch, new->at[k].kind, &new->at[k].posting);
        i += order <= 0;
        k += order >= 0;
    }
    return e;
}

static enum err change_side(struct store_batch *batch, uint32_t number,
                            const struct derived *old,
                            const struct derived *new, int whole)
{
    enum err e;

    if (!whole && new->has_side && old->has_side &&new->key == old->key &&
        !memcmp(new->row, old->row, INDEX_SIDE))
        return ERR_NONE;
    if (new->has_side)
        return index_side_put(batch, INDEX_PEOPLE, number, new->key, new->row);
    if (!old->has_side)
        return ERR_NONE;
    e = index_side_delete(batch, INDEX_PEOPLE, number);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err postings_change(struct store_batch *batch, const struct reference *ref,
                         struct arena *arena, unsigned entity, uint32_t number,
                         const void *before, const void *after)
{
    int whole = index_deferred(store_batch_view(batch)) != 0;
    struct derived old, new;
    enum err e;

    if ((e = postings_derive(ref, arena, entity, number, before, &old)) ||
        (e = postings_derive(ref, arena, entity, number, after, &new)) ||
        (e = change_postings(batch, &old, &new, whole)))
        return e;
    return change_side(batch, number, &old, &new, whole);
}

enum err postings_build(struct index_build *build, const struct reference *ref,
                        struct arena *arena, unsigned entity, uint32_t number,
                        const void *value)
{
    struct derived d;
    enum err e = postings_derive(ref, arena, entity, number, value, &d);

    for (size_t i = 0; !e && i < d.n; i++)
        e = index_build_posting(build, d.at[i].kind, &d.at[i].posting);
    if (!e && d.has_side)
        e = index_build_side(build, INDEX_PEOPLE, number, d.key, d.row);
    return e;
}

enum err postings_sum(const struct reference *ref, struct arena *arena,
                      unsigned entity, uint32_t number, const void *value,
                      struct postings_sums *sums)
{
    struct derived d;
    enum err e = postings_derive(ref, arena, entity, number, value, &d);

    for (size_t i = 0; !e && i < d.n; i++)
        sums->postings[d.at[i].kind] +=
            index_posting_sum(d.at[i].kind, &d.at[i].posting);
    if (!e && d.has_side)
        sums->side += index_side_sum(INDEX_PEOPLE, number, d.key, d.row);
    return e;
}
