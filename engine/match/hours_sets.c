/*
 * Which workers together can do so many hours, none of them to spare: all
 * sets of at most twelve are tried, 4,095 of them.
 */
#include "engine/match/hours.h"
#include "protocol/codec.h"

#include <stdlib.h>

#define WORKERS_MAX 12

struct found {
    unsigned members; /* a bit for each worker */
    unsigned n;
    int64_t hours;
};

static int compare(const void *left, const void *right)
{
    const struct found *a = left, *b = right;

    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    if (a->hours != b->hours)
        return a->hours < b->hours ? -1 : 1;
    return (a->members > b->members) - (a->members < b->members);
}

/* Does the set do, and would none of it do without any one? */
static int is_minimal(const struct plan_part_list *workers, unsigned members,
                      int64_t need, struct found *out)
{
    int64_t fewest = INT64_MAX;

    *out = (struct found){members, 0, 0};
    for (unsigned i = 0; i < workers->n; i++) {
        int64_t hours = workers->at[i].hours;

        if (!(members >> i & 1))
            continue;
        out->n++;
        out->hours += hours;
        if (hours < fewest)
            fewest = hours;
    }
    return out->hours >= need && out->hours - fewest < need;
}

static enum err tell(struct arena *arena, const struct plan_part_list *workers,
                     const struct found *found, int64_t need,
                     struct plan_set *out)
{
    struct plan_part *at = shape_array(arena, &shape_plan_part, found->n);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (unsigned i = 0; i < workers->n; i++)
        if (found->members >> i & 1)
            at[n++] = workers->at[i];
    out->persons = (struct plan_part_list){at, n};
    out->hours = found->hours;
    out->spare = found->hours - need;
    return ERR_NONE;
}

enum err hours_sets(struct arena *arena, const struct plan_part_list *workers,
                    int64_t need, int64_t limit, struct plan_set_list *out)
{
    size_t all = (size_t)1 << workers->n;
    struct found *found = arena_array(arena, all, sizeof *found);
    struct plan_set *sets;
    size_t n = 0;
    enum err e = ERR_NONE;

    if (!found || workers->n > WORKERS_MAX)
        return ERR_NOMEM;
    for (unsigned members = 1; members < all && need > 0; members++)
        n += (size_t)is_minimal(workers, members, need, &found[n]);
    if (n)
        qsort(found, n, sizeof *found, compare);
    if (n > (size_t)limit)
        n = (size_t)limit;
    if (!(sets = shape_array(arena, &shape_plan_set, n + 1)))
        return ERR_NOMEM;
    for (size_t i = 0; i < n && !e; i++)
        e = tell(arena, workers, &found[i], need, &sets[i]);
    *out = (struct plan_set_list){sets, n};
    return e;
}
