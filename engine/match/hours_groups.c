/*
 * Sums of clauses.  A person who works for two clauses of one group is one
 * person.
 */
#include "engine/match/hours_groups.h"
#include "engine/match/territory.h"

#include <stdlib.h>
#include <string.h>

void hours_sum_fini(struct hours_sum *sum)
{
    free(sum->persons);
    *sum = (struct hours_sum){.persons = NULL};
}

void hours_groups_fini(struct hours_groups *groups)
{
    for (size_t i = 0; i < groups->n; i++) {
        hours_sum_fini(groups->at[i]);
        free(groups->at[i]);
    }
    free(groups->at);
    *groups = (struct hours_groups){NULL, 0, 0};
}

/* Where KEY stands, or would stand. */
static size_t find(const struct hours_groups *groups, struct slice key)
{
    size_t low = 0, high = groups->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (slice_compare(groups->at[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum err make_room(struct hours_groups *groups)
{
    size_t room = groups->room ? 2 * groups->room : 64;
    struct hours_sum **at;

    if (groups->n < groups->room)
        return ERR_NONE;
    if (!(at = realloc(groups->at, room * sizeof *at)))
        return ERR_NOMEM;
    groups->at = at;
    groups->room = room;
    return ERR_NONE;
}

enum err hours_group(struct hours_groups *groups, struct arena *arena,
                     struct slice key, struct slice name,
                     struct hours_sum **out)
{
    size_t i = find(groups, key);
    struct hours_sum *sum;

    if (i < groups->n && slice_equal(groups->at[i]->key, key)) {
        *out = groups->at[i];
        return ERR_NONE;
    }
    if (make_room(groups) || !(sum = calloc(1, sizeof *sum)))
        return ERR_NOMEM;
    sum->key = arena_copy(arena, key);
    sum->name = arena_copy(arena, name);
    if (!sum->key.data || (name.data && !sum->name.data)) {
        free(sum);
        return ERR_NOMEM;
    }
    memmove(&groups->at[i + 1], &groups->at[i],
            (groups->n - i) * sizeof(struct hours_sum *));
    groups->at[i] = *out = sum;
    groups->n++;
    return ERR_NONE;
}

/* ---- Sums -----------------------------------------------------------------
 */

/* Nothing and something is something. */
static void add(int64_t *sum, int64_t value)
{
    if (value != ABSENT)
        *sum = *sum == ABSENT ? value : *sum + value;
}

static void add_figures(struct hours_sum *sum, const struct hours_figures *f)
{
    struct hours_figures *to = &sum->figures;

    if (!sum->clauses) {
        *to = *f;
        return;
    }
    add(&to->due, f->due);
    add(&to->planned, f->planned);
    add(&to->committed, f->committed);
    add(&to->done, f->done);
    add(&to->counted, f->counted);
    add(&to->expected, f->expected);
    add(&to->remaining, f->remaining);
    add(&to->surplus, f->surplus);
    to->alerts |= f->alerts;
    if (to->from == ABSENT || (f->from != ABSENT && f->from < to->from))
        to->from = f->from;
    if (f->until > to->until)
        to->until = f->until;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* Keep each person once, in order. */
static void settle(struct hours_sum *sum)
{
    size_t n = 0;

    if (sum->n_persons)
        qsort(sum->persons, sum->n_persons, sizeof *sum->persons, compare);
    for (size_t i = 0; i < sum->n_persons; i++)
        if (!n || sum->persons[n - 1] != sum->persons[i])
            sum->persons[n++] = sum->persons[i];
    sum->n_persons = n;
}

/* There is room for one more, and after a settlement for half of all, so that
 * settling costs little. */
static enum err make_place(struct hours_sum *sum)
{
    size_t room = sum->room ? 2 * sum->room : 16;
    uint64_t *at;

    if (sum->n_persons < sum->room)
        return ERR_NONE;
    settle(sum);
    if (sum->room && sum->n_persons <= sum->room / 2)
        return ERR_NONE;
    if (!(at = realloc(sum->persons, room * sizeof *at)))
        return ERR_NOMEM;
    sum->persons = at;
    sum->room = room;
    return ERR_NONE;
}

/* The number that 16 hexadecimal digits are. */
static uint64_t token_number(struct slice token)
{
    uint64_t number = 0;

    for (size_t i = 0; i < token.len; i++) {
        char c = token.data[i];

        number = number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return number;
}

enum err hours_sum_add(struct hours_sum *sum,
                       const struct hours_figures *figures,
                       const struct hours *entries, size_t n, int64_t on)
{
    add_figures(sum, figures);
    sum->clauses++;
    sum->late += figures->alerts != 0;
    for (size_t i = 0; i < n; i++) {
        const struct hours *h = &entries[i];

        if (h->state != HOURS_DONE || !h->person.data || h->from > on)
            continue;
        if (make_place(sum))
            return ERR_NOMEM;
        sum->persons[sum->n_persons++] = token_number(h->person);
    }
    return ERR_NONE;
}

int64_t hours_sum_persons(struct hours_sum *sum)
{
    settle(sum);
    return (int64_t)sum->n_persons;
}

/* ---- Territories ----------------------------------------------------------
 */

/* The set in which the lot's work lies, without circles. */
static enum err place_of(const struct reference *ref, struct arena *arena,
                         const struct lot *lot, struct territory *out)
{
    struct slices codes = lot->places;
    struct territory set;
    struct slice *at;
    enum err e;

    if (!codes.n) {
        if (!(at = arena_array(arena, lot->jobs.n + 1, sizeof *at)))
            return ERR_NOMEM;
        codes = (struct slices){at, 0};
        for (size_t i = 0; i < lot->jobs.n; i++)
            if (lot->jobs.at[i].commune.data)
                at[codes.n++] = arena_format(arena, "COM:%.5s",
                                             lot->jobs.at[i].commune.data);
    }
    if ((e = territory_read(ref, arena, codes, &set)))
        return e;
    return territory_flatten(ref, arena, &set, out);
}

/* Do all communes of PLACE lie in the row? */
static int row_covers(const struct reference *ref,
                      const struct territory_row *row,
                      const struct territory *place)
{
    struct territory outer = {row->ranges, row->n, NULL, 0};

    return territory_covers(ref, &outer, place);
}

static const struct territory_row *region_of(const struct reference *ref,
                                             uint32_t commune)
{
    for (size_t i = 0; i < ref->regions.n; i++) {
        const struct territory_row *row = &ref->regions.at[i];
        struct territory set = {row->ranges, row->n, NULL, 0};

        if (territory_holds(ref, &set, commune))
            return row;
    }
    return NULL;
}

static struct slice named(struct arena *arena, const char *type,
                          const struct reference *ref,
                          const struct territory_row *row,
                          const struct territory *place)
{
    if (!row || !row_covers(ref, row, place))
        return (struct slice){NULL, 0};
    return arena_format(arena, "%s:%s", type, row->code);
}

enum err hours_territory(const struct reference *ref, struct arena *arena,
                         const struct lot *lot, enum hours_by_word level,
                         struct slice *out)
{
    const struct commune *first;
    struct territory place;
    enum err e = place_of(ref, arena, lot, &place);

    *out = (struct slice){NULL, 0};
    if (e || !place.n)
        return e;
    first = &ref->communes[place.ranges[0].from];
    if (level == BY_DEPARTMENT)
        *out = named(arena, "DEP", ref, &ref->departments.at[first->department],
                     &place);
    else if (level == BY_REGION)
        *out = named(arena, "REG", ref, region_of(ref, place.ranges[0].from),
                     &place);
    else if (level == BY_EPCI && first->epci != REFERENCE_NONE)
        *out = named(arena, "EPCI", ref, &ref->epcis.at[first->epci], &place);
    else if (level == BY_COMMUNE && place.n == 1 &&
             place.ranges[0].to == place.ranges[0].from + 1)
        *out = arena_format(arena, "COM:%s", first->insee);
    return ERR_NONE;
}

enum err hours_touches(const struct reference *ref, struct arena *arena,
                       const struct lot *lot, const struct territory *in,
                       int *out)
{
    struct territory place;
    enum err e = place_of(ref, arena, lot, &place);

    *out = 0;
    for (size_t i = 0; i < place.n && !e && !*out; i++)
        for (size_t k = 0; k < in->n && !*out; k++)
            *out = place.ranges[i].from < in->ranges[k].to &&
                   in->ranges[k].from < place.ranges[i].to;
    return e;
}
