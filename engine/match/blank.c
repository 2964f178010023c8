/*
 * One walk over the open markets counts for all areas at once: of communes, a
 * market adds 1 where a run of its place begins and takes it off where it
 * ends; departments and regions remember the last market that touched them.
 */
#include "engine/match/blank.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/cover.h"
#include "protocol/codec.h"

/* A department or a region. */
struct area {
    const struct territory_row *row;
    struct territory set; /* what of it is asked about */
    int64_t markets;
};

struct survey {
    struct match *m;
    struct cover cover;
    struct territory blank;
    struct area *departments;
    struct area *regions; /* those without a coordinator */
    size_t n_departments;
    size_t n_regions;
    int64_t *markets; /* by commune; before it is summed up: changes */
    int64_t all;
};

/* ---- Areas -------------------------------------------------------------- */

/* Rows that have something of SET. */
static enum err read_areas(struct survey *s, const struct territory_rows *rows,
                           const struct territory *set, struct area **out,
                           size_t *n)
{
    struct area *at = arena_array(s->cover.arena, rows->n + 1, sizeof *at);
    enum err e;

    if (!at)
        return ERR_NOMEM;
    *n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        struct territory row = {rows->at[i].ranges, rows->at[i].n, NULL, 0};

        at[*n].row = &rows->at[i];
        if ((e = territory_common(s->cover.arena, &row, set, &at[*n].set)))
            return e;
        *n += at[*n].set.n != 0;
    }
    *out = at;
    return ERR_NONE;
}

static int has_coordinator(const struct survey *s, const struct area *region)
{
    for (uint32_t i = 0; i < s->cover.n; i++)
        if (cover_coordinator(&s->cover, i, region->set.ranges[0].from) !=
            COVER_NOBODY)
            return 1;
    return 0;
}

/* Leave those that have one out. */
static void drop_coordinated(struct survey *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n_regions; i++)
        if (!has_coordinator(s, &s->regions[i]))
            s->regions[kept++] = s->regions[i];
    s->n_regions = kept;
}

static enum err begin(struct survey *s, const struct territory *where)
{
    const struct reference *ref = s->m->reference;
    enum err e;

    if ((e = cover_read(s->m, &s->cover)) ||
        (e = territory_common(s->cover.arena, where, &s->cover.blank,
                              &s->blank)) ||
        (e = read_areas(s, &ref->departments, &s->blank, &s->departments,
                        &s->n_departments)) ||
        (e = read_areas(s, &ref->regions, where, &s->regions, &s->n_regions)))
        return e;
    drop_coordinated(s);
    s->markets = arena_array(s->cover.arena, ref->n + 1, sizeof *s->markets);
    return s->markets ? ERR_NONE : ERR_NOMEM;
}

/* ---- Markets ------------------------------------------------------------ */

static void count_areas(struct area *areas, size_t n,
                        const struct territory *place)
{
    for (size_t i = 0; i < n; i++)
        areas[i].markets += territory_meets(&areas[i].set, place);
}

static void count_market(void *context, const struct territory *place)
{
    struct survey *s = context;

    count_areas(s->regions, s->n_regions, place);
    if (!territory_meets(&s->blank, place))
        return;
    s->all++;
    count_areas(s->departments, s->n_departments, place);
    for (size_t k = 0; k < place->n; k++) {
        s->markets[place->ranges[k].from]++;
        s->markets[place->ranges[k].to]--;
    }
}

static enum err count_markets(struct survey *s)
{
    enum err e = cover_each_open(s->m, count_market, s);

    for (uint32_t c = 0; c < s->m->reference->n; c++)
        s->markets[c + 1] += s->markets[c];
    return e;
}

/* ---- Answers ------------------------------------------------------------ */

static struct extent extent_of(const struct survey *s,
                               const struct territory *set)
{
    return territory_extent(s->m->reference, set,
                            (struct range){0, s->m->reference->n});
}

static enum err write_areas(const struct survey *s, const struct area *areas,
                            size_t n, struct blank_area_list *out)
{
    struct blank_area *at = shape_array(s->m->arena, &shape_blank_area, n + 1);

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        struct extent extent = extent_of(s, &areas[i].set);

        at[i] = (struct blank_area){
            slice_of(areas[i].row->code), areas[i].row->name,
            (int64_t)extent.communes, (int64_t)extent.people, areas[i].markets};
    }
    *out = (struct blank_area_list){at, n};
    return ERR_NONE;
}

static int compare_insee(const void *left, const void *right)
{
    const struct commune *a = *(const struct commune *const *)left;
    const struct commune *b = *(const struct commune *const *)right;

    return strcmp(a->insee, b->insee);
}

/* The blank communes after AFTER, in order; *N of them. */
static const struct commune **sorted(const struct survey *s, struct slice after,
                                     size_t *n)
{
    const struct commune **at = arena_array(
        s->cover.arena, extent_of(s, &s->blank).communes + 1, sizeof *at);

    *n = 0;
    for (size_t k = 0; at && k < s->blank.n; k++)
        for (uint32_t c = s->blank.ranges[k].from; c < s->blank.ranges[k].to;
             c++) {
            const struct commune *it = &s->m->reference->communes[c];

            if (slice_compare(slice_of(it->insee), after) > 0)
                at[(*n)++] = it;
        }
    if (at)
        qsort(at, *n, sizeof *at, compare_insee);
    return at;
}

static enum err write_rows(const struct survey *s, struct slice after,
                           struct blanks *out)
{
    const struct reference *ref = s->m->reference;
    size_t n;
    const struct commune **at = sorted(s, after, &n);
    struct blank_commune *rows;

    if (!at)
        return ERR_NOMEM;
    out->more = n > (size_t)s->m->limit;
    if (out->more)
        n = (size_t)s->m->limit;
    if (!(rows = shape_array(s->m->arena, &shape_blank_commune, n + 1)))
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct blank_commune){
            slice_of(at[i]->insee), at[i]->name,
            slice_of(ref->departments.at[at[i]->department].code),
            at[i]->population, s->markets[at[i] - ref->communes]};
    out->rows = (struct blank_commune_list){rows, n};
    return ERR_NONE;
}

enum err blank_list(struct match *m, const struct territory *where,
                    struct slice after, struct blanks *out)
{
    struct survey s = {.m = m};
    enum err e;

    if (!(e = begin(&s, where)) && !(e = count_markets(&s)) &&
        !(e = write_areas(&s, s.departments, s.n_departments,
                          &out->departments)) &&
        !(e = write_areas(&s, s.regions, s.n_regions, &out->regions)))
        e = write_rows(&s, after, out);
    out->extent = extent_of(&s, &s.blank);
    out->markets = s.all;
    cover_fini(&s.cover);
    return e;
}
