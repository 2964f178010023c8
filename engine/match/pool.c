/*
 * For each seed the best company: all sets of at most three others among the
 * 24 that suit it best are tried.  Then the best sets are told, none of which
 * shares a work with a better one.
 */
#include "engine/match/pool.h"
#include "engine/match/person.h"
#include "protocol/civil.h"

#include <stdlib.h>
#include <string.h>

#define FELLOWS_MAX 24
#define PATH_MAX_WORKS 4

/* ---- Works ----------------------------------------------------------------
 */

/* The first clause that asks for hours; 0: none. */
static int64_t clause_of(const struct lot *lot)
{
    for (size_t i = 0; i < lot->clauses.n; i++)
        if (lot->clauses.at[i].hours != ABSENT ||
            lot->clauses.at[i].rate != ABSENT)
            return (int64_t)i + 1;
    return 0;
}

static uint32_t commune_of(const struct reference *ref, const struct lot *lot,
                           const struct job *job)
{
    struct slice place = {NULL, 0};

    if (job->commune.data)
        return reference_commune(ref, job->commune);
    if (lot->places.n == 1)
        place = lot->places.at[0];
    if (place.len != 9 || memcmp(place.data, "COM:", 4) != 0)
        return REFERENCE_NONE;
    return reference_commune(ref, (struct slice){place.data + 4, 5});
}

int pool_work_of(const struct reference *ref, const struct lot *lot, size_t job,
                 int64_t week, struct pool_work *out)
{
    const struct job *j = &lot->jobs.at[job];
    int64_t weeks = j->weeks;

    if (weeks == ABSENT && lot->months != ABSENT)
        weeks = lot->months * 52 / 12;
    memset(out, 0, sizeof *out);
    memcpy(out->rome, j->rome.data, 5);
    out->job = (int64_t)job + 1;
    out->clause = clause_of(lot);
    out->commune = commune_of(ref, lot, j);
    out->from = j->start != ABSENT ? j->start : lot->start;
    out->week = j->hours_week != ABSENT ? j->hours_week : week;
    out->title = j->title;
    if (!out->clause || out->commune == REFERENCE_NONE || weeks == ABSENT ||
        weeks == 0 || out->from == ABSENT || out->week == ABSENT)
        return 0;
    out->until = out->from + 7 * weeks - 1;
    out->hours = out->week * weeks;
    return 1;
}

/* ---- Pairs ----------------------------------------------------------------
 */

/* Kilometres; ABSENT when a centre is not known. */
static int64_t km_between(const struct reference *ref,
                          const struct pool_work *a, const struct pool_work *b)
{
    const struct commune *x = &ref->communes[a->commune];
    const struct commune *y = &ref->communes[b->commune];

    if (x == y)
        return 0;
    return x->centred && y->centred ? (int64_t)reference_km(x->at, y->at)
                                    : ABSENT;
}

/* The better of both directions: who does one may do the other. */
static int64_t fit_between(const struct reference *ref,
                           const struct pool_work *a, const struct pool_work *b)
{
    struct slice x = {a->rome, 5}, y = {b->rome, 5};
    int64_t there = person_job_fit(ref, (struct slices){&x, 1}, y);
    int64_t back = person_job_fit(ref, (struct slices){&y, 1}, x);

    return there > back ? there : back;
}

static int same_lot(const struct pool_work *a, const struct pool_work *b)
{
    return a->lot == b->lot && slice_equal(a->market, b->market);
}

/* By first day; works stand by market, lot and job. */
static int is_before(const struct pool_work *a, const struct pool_work *b)
{
    return a->from != b->from ? a->from < b->from : a < b;
}

/* ---- Sets -----------------------------------------------------------------
 */

/* A set of works in the order of their beginning, and its worth. */
struct set {
    const struct pool_work *at[PATH_MAX_WORKS];
    size_t n;
    int64_t days; /* with work */
    int64_t idle;
    int64_t hours;
    int64_t week; /* at most */
    int64_t until;
    const struct pool_work *seed;
};

struct search {
    const struct reference *ref;
    const struct pool_limits *limits;
    const struct pool_work *fellows[FELLOWS_MAX];
    int64_t fits[FELLOWS_MAX];
    size_t n;
};

static void insert(struct set *set, const struct pool_work *work)
{
    size_t i = set->n++;

    for (; i && is_before(work, set->at[i - 1]); i--)
        set->at[i] = set->at[i - 1];
    set->at[i] = work;
}

/* Hours a week of those that are at work when the I-th begins. */
static int64_t week_at(const struct set *set, size_t i)
{
    int64_t week = 0;

    for (size_t k = 0; k <= i; k++)
        if (set->at[k]->until >= set->at[i]->from)
            week += set->at[k]->week;
    return week;
}

/* Reckon the set; 0 when one person could not do it. */
static int is_possible(const struct search *s, struct set *set)
{
    int64_t end = set->at[0]->from - 1;

    set->days = set->idle = set->hours = set->week = 0;
    for (size_t i = 0; i < set->n; i++) {
        const struct pool_work *w = set->at[i];
        int64_t week = week_at(set, i);
        int64_t gap = w->from - end - 1;

        if (week > s->limits->week || gap > s->limits->gap_days)
            return 0;
        if (gap > 0)
            set->idle += gap;
        if (w->until > end) {
            set->days += w->until - (w->from > end ? w->from - 1 : end);
            end = w->until;
        }
        if (week > set->week)
            set->week = week;
        set->hours += w->hours;
    }
    set->until = end;
    return 1;
}

/* Negative: A is better. */
static int compare_sets(const void *left, const void *right)
{
    const struct set *a = left, *b = right;

    if (a->days != b->days)
        return a->days > b->days ? -1 : 1;
    if (a->hours != b->hours)
        return a->hours > b->hours ? -1 : 1;
    if (a->idle != b->idle)
        return a->idle < b->idle ? -1 : 1;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = 0; i < a->n; i++)
        if (a->at[i] != b->at[i])
            return is_before(a->at[i], b->at[i]) ? -1 : 1;
    return 0;
}

static int suits(const struct search *s, const struct set *set,
                 const struct pool_work *w)
{
    for (size_t i = 0; i < set->n; i++) {
        int64_t km = km_between(s->ref, set->at[i], w);

        if (km == ABSENT || km > s->limits->km || same_lot(set->at[i], w))
            return 0;
    }
    return 1;
}

/* Try every set that has SO_FAR and fellows from FIRST on. */
static void extend(const struct search *s, const struct set *so_far,
                   size_t first, struct set *best)
{
    for (size_t i = first; i < s->n; i++) {
        struct set set = *so_far;

        if (!suits(s, so_far, s->fellows[i]))
            continue;
        insert(&set, s->fellows[i]);
        if (is_possible(s, &set) && (!best->n || compare_sets(&set, best) < 0))
            *best = set;
        if (set.n < PATH_MAX_WORKS)
            extend(s, &set, i + 1, best);
    }
}

/* Keep a fellow among the best: by occupation, then by first day. */
static void offer_fellow(struct search *s, const struct pool_work *w,
                         int64_t fit)
{
    size_t i = s->n;

    while (i && (s->fits[i - 1] < fit ||
                 (s->fits[i - 1] == fit && is_before(w, s->fellows[i - 1]))))
        i--;
    if (i == FELLOWS_MAX)
        return;
    if (s->n < FELLOWS_MAX)
        s->n++;
    memmove(s->fellows + i + 1, s->fellows + i,
            (s->n - 1 - i) * sizeof *s->fellows);
    memmove(s->fits + i + 1, s->fits + i, (s->n - 1 - i) * sizeof *s->fits);
    s->fellows[i] = w;
    s->fits[i] = fit;
}

/* The best set round a seed; its n is 0 when nothing goes with it.  Where all
 * are seeds, the first of a set finds it. */
static void search_seed(struct search *s, const struct pool_work *works,
                        size_t n, const struct pool_work *seed,
                        struct set *best)
{
    struct set alone = {.n = 0, .seed = seed};

    s->n = 0;
    insert(&alone, seed);
    for (size_t i = 0; i < n; i++) {
        const struct pool_work *w = &works[i];
        int64_t fit;

        if ((w->seed && is_before(w, seed)) || w == seed ||
            !suits(s, &alone, w) || !(fit = fit_between(s->ref, seed, w)))
            continue;
        offer_fellow(s, w, fit);
    }
    *best = (struct set){.n = 0};
    extend(s, &alone, 0, best);
}

/* ---- Telling --------------------------------------------------------------
 */

static enum err reasons(struct arena *arena, const int64_t *from, size_t n,
                        struct ints *out)
{
    int64_t *at = arena_array(arena, n, sizeof *at);

    if (!at)
        return ERR_NOMEM;
    memcpy(at, from, n * sizeof *at);
    *out = (struct ints){at, n};
    return ERR_NONE;
}

/* Occupation by the seed's, place by the work before, time by those before. */
static enum err piece_reasons(const struct search *s, struct arena *arena,
                              const struct set *set, size_t i,
                              struct pool_piece *out)
{
    const struct pool_work *w = set->at[i];
    int64_t fit = fit_between(s->ref, set->seed, w);
    int64_t list[3] = {fit == FIT_SAME     ? POOL_SAME_ROME
                       : fit == FIT_FAMILY ? POOL_SAME_FAMILY
                                           : POOL_LINKED_ROME};
    size_t n = 1;

    if (i) {
        out->km = km_between(s->ref, set->at[i - 1], w);
        list[n++] = out->km ? POOL_NEAR : POOL_SAME_COMMUNE;
        list[n++] = week_at(set, i) > w->week ? POOL_SIDE_BY_SIDE : POOL_NEXT;
    }
    return reasons(arena, list, n, &out->reasons);
}

static void tell_piece(const struct search *s, const struct pool_work *w,
                       struct pool_piece *out)
{
    out->market = w->market;
    out->lot = w->lot;
    out->job = w->job;
    out->clause = w->clause;
    out->buyer = w->buyer;
    out->title = w->title;
    out->rome = slice_of(w->rome);
    out->commune = slice_of(s->ref->communes[w->commune].insee);
    out->from = w->from;
    out->until = w->until;
    out->hours_week = w->week;
    out->hours = w->hours;
}

static enum err tell_path(const struct search *s, struct arena *arena,
                          const struct set *set, struct pool_path *out)
{
    struct pool_piece *at = shape_array(arena, &shape_pool_piece, set->n);
    int64_t verdict;
    enum err e = at ? ERR_NONE : ERR_NOMEM;

    out->longest = 0;
    for (size_t i = 0; i < set->n && !e; i++) {
        const struct pool_work *w = set->at[i];

        tell_piece(s, w, &at[i]);
        if (w->until - w->from + 1 > out->longest)
            out->longest = w->until - w->from + 1;
        e = piece_reasons(s, arena, set, i, &at[i]);
    }
    if (e)
        return e;
    out->pieces = (struct pool_piece_list){at, set->n};
    out->from = set->at[0]->from;
    out->until = set->until;
    out->months = civil_months(out->from, out->until + 1);
    out->days = set->days;
    out->idle = set->idle;
    out->hours = set->hours;
    out->hours_week = set->week;
    verdict =
        out->months >= s->limits->months ? POOL_LONG_ENOUGH : POOL_STILL_SHORT;
    return reasons(arena, &verdict, 1, &out->reasons);
}

static int is_taken(const char *taken, const struct pool_work *works,
                    const struct set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (taken[set->at[i] - works])
            return 1;
    return 0;
}

/* Best first; no work is told twice. */
static enum err tell_sets(const struct search *s, struct arena *arena,
                          const struct pool_work *works, size_t n,
                          const struct set *sets, size_t n_sets,
                          struct pool_path_list *out)
{
    char *taken = arena_array(arena, n + 1, 1);
    size_t limit = (size_t)s->limits->paths;
    struct pool_path *at = shape_array(arena, &shape_pool_path, limit);
    enum err e = taken && at ? ERR_NONE : ERR_NOMEM;

    *out = (struct pool_path_list){at, 0};
    for (size_t i = 0; i < n_sets && !e && out->n < limit; i++) {
        if (is_taken(taken, works, &sets[i]))
            continue;
        for (size_t k = 0; k < sets[i].n; k++)
            taken[sets[i].at[k] - works] = 1;
        e = tell_path(s, arena, &sets[i], &at[out->n++]);
    }
    return e;
}

enum err pool_search(const struct reference *ref, struct arena *arena,
                     const struct pool_work *works, size_t n,
                     const struct pool_limits *limits,
                     struct pool_path_list *out)
{
    struct search s = {.ref = ref, .limits = limits};
    struct set *sets = arena_array(arena, n + 1, sizeof *sets);
    size_t n_sets = 0;

    if (!sets)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!works[i].seed)
            continue;
        search_seed(&s, works, n, &works[i], &sets[n_sets]);
        n_sets += sets[n_sets].n > 0;
    }
    if (n_sets)
        qsort(sets, n_sets, sizeof *sets, compare_sets);
    return tell_sets(&s, arena, works, n, sets, n_sets, out);
}
