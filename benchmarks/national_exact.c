/*
 * T15: is every answer that of brute force, to the last tie?  Questions are
 * drawn so that every rule decides some of them: everybody ties, nobody fits,
 * no commune of work, dates and weights of all kinds; over the store as it
 * was filled, and over a copy that was changed, closed and opened again.
 */
#include <stdio.h>
#include <string.h>

#include "benchmarks/brute.h"
#include "benchmarks/changes.h"
#include "benchmarks/national.h"
#include "engine/match/order.h"
#include "engine/match/workspace.h"

#define LIMIT_MAX 200
#define ARENA_BYTES ((size_t)64 << 20)
#define CHANGES 5000
#define CHANGES_STRUCTURES 500
#define MIND_SEED UINT64_C(15) /* markets that no store holds */

struct exact {
    struct national *n;
    struct store *store;
    struct world *asked; /* draws the questions */
    struct brute_people *people;
    struct brute_structures *structures;
    struct arena *arena;
    struct workspace *workspace;
    struct brute_hits hits;
    uint64_t number; /* of the question, over all parts */
    uint64_t asks, empty, tied, wrong;
};

static void must(enum err e)
{
    if (e)
        die("%s", err_text(e));
}

/* ---- Questions ---------------------------------------------------------- */

static struct person_weights draw_person_weights(struct draw *d)
{
    static const struct person_weights odd[] = {{.job = 1000},
                                                {.distance = 1000},
                                                {.waiting = 1000},
                                                {.availability = 1000},
                                                {250, 250, 250, 250}};
    uint32_t x = draw_below(d, 15);

    return x < 5 ? odd[x] : match_person_weights;
}

static struct structure_weights draw_structure_weights(struct draw *d)
{
    static const struct structure_weights odd[] = {
        {.activity = 1000}, {.coverage = 1000}, {.proximity = 1000},
        {.capacity = 1000}, {.jobs = 1000},     {200, 200, 200, 200, 200}};
    uint32_t x = draw_below(d, 18);

    return x < 6 ? odd[x] : match_structure_weights;
}

/* A question of its own way. */
static struct match draw_match(struct exact *x, struct draw *d,
                               struct store_view *view)
{
    struct match m = sample_match(view, NULL, x->arena, 50);

    m.workspace = x->workspace;
    if (draw_percent(d, 30))
        m.limit = 1 + draw_below(d, LIMIT_MAX);
    if (draw_percent(d, 30))
        m.on += (int64_t)draw_below(d, 400) - 100;
    if (draw_percent(d, 30))
        m.grace = draw_below(d, 90);
    if (draw_percent(d, 20))
        m.nationwide = draw_below(d, nationwide_words);
    m.person_weights = draw_person_weights(d);
    m.structure_weights = draw_structure_weights(d);
    return m;
}

/* What the generator never draws: jobs without a commune, an hour, a clause;
 * lots without codes or places; work on an island without a centre. */
static void bend_lot(const struct world *w, struct draw *d, struct lot *lot)
{
    static const int64_t building = MODE_BUILD;
    struct job *job = &lot->jobs.at[0];

    if (draw_percent(d, 20))
        job->commune = (struct slice){NULL, 0};
    else if (draw_percent(d, 5))
        job->commune = world_insee(w, draw_below(d, w->ref->n));
    if (draw_percent(d, 10))
        lot->places = (struct slices){NULL, 0};
    if (draw_percent(d, 10))
        lot->clauses.n = 0;
    if (draw_percent(d, 10)) {
        job->hours_week = 1 + draw_below(d, 48);
        job->licence = draw_below(d, licence_words);
        job->vehicle = 1;
    }
    if (draw_percent(d, 10))
        lot->cpv = (struct slices){NULL, 0};
    if (draw_percent(d, 10))
        lot->sectors = (struct slices){NULL, 0};
    if (draw_percent(d, 10))
        lot->modes = (struct ints){&building, 1};
}

/* A lot of a market that is in no store. */
static int64_t draw_lot(struct exact *x, struct draw *d, struct market *out)
{
    int64_t lot;

    must(world_market(x->asked, draw_below(d, x->asked->markets), x->arena,
                      out));
    lot = 1 + draw_below(d, (uint32_t)out->lots.n);
    bend_lot(x->asked, d, &out->lots.at[lot - 1]);
    return lot;
}

/* ---- Comparing ---------------------------------------------------------- */

static void count(struct exact *x, int same)
{
    int ties = 0;

    for (size_t i = 1; i < x->hits.n && !ties; i++)
        ties = x->hits.at[i].score == x->hits.at[i - 1].score;
    x->asks++;
    x->empty += !x->hits.n;
    x->tied += (uint64_t)ties;
    x->wrong += !same;
    if (!same)
        printf("question %llu: the answers differ\n",
               (unsigned long long)x->number);
}

static int same_hit(struct exact *x, const struct brute_hit *hit, int64_t score,
                    struct slice tie)
{
    return hit->score == score &&
           slice_equal(order_tie_text(x->arena, hit->tie), tie);
}

static int same_top(const struct brute_hits *hits, const struct match_top *top)
{
    if (hits->n != top->n)
        return 0;
    for (size_t i = 0; i < top->n; i++)
        if (hits->at[i].number != top->at[i].number ||
            hits->at[i].score != top->at[i].score)
            return 0;
    return 1;
}

static int same_people(struct exact *x, const struct person_hit_list *list)
{
    if (x->hits.n != list->n)
        return 0;
    for (size_t i = 0; i < list->n; i++)
        if (!same_hit(x, &x->hits.at[i], list->at[i].score, list->at[i].tie))
            return 0;
    return 1;
}

static int same_structures(struct exact *x,
                           const struct structure_hit_list *list)
{
    if (x->hits.n != list->n)
        return 0;
    for (size_t i = 0; i < list->n; i++)
        if (!same_hit(x, &x->hits.at[i], list->at[i].score, list->at[i].tie))
            return 0;
    return 1;
}

static void ask_people(struct exact *x, struct draw *d, struct store_view *view)
{
    struct market market;
    int64_t lot = draw_lot(x, d, &market);
    struct match m = draw_match(x, d, view);
    struct lot_answer answer;
    struct match_top top;

    memset(&answer, 0, sizeof answer);
    x->hits.limit = (size_t)m.limit;
    must(match_people(&m, &market, lot, 1, &answer));
    must(match_top_people(&m, &market, lot, 1, &top));
    brute_people_match(x->people, &m, &market, lot, 1, &x->hits);
    count(x, same_people(x, &answer.jobs.at[0].candidates) &&
                 same_top(&x->hits, &top));
}

static void ask_structures(struct exact *x, struct draw *d,
                           struct store_view *view)
{
    struct market market;
    int64_t lot = draw_lot(x, d, &market);
    struct match m = draw_match(x, d, view);
    struct lot_answer answer;
    struct match_top top;

    memset(&answer, 0, sizeof answer);
    x->hits.limit = (size_t)m.limit;
    must(match_structures(&m, &market, lot, &answer));
    must(match_top_structures(&m, &market, lot, &top));
    brute_structures_match(x->structures, &m, &market, lot, &x->hits);
    count(x,
          same_structures(x, &answer.structures) && same_top(&x->hits, &top));
}

static void ask(struct exact *x, size_t n,
                void (*one)(struct exact *x, struct draw *d,
                            struct store_view *view))
{
    for (size_t i = 0; i < n; i++) {
        struct draw d = draw_of(MIND_SEED, DRAW_MARKET, x->number++);
        struct store_view *view;

        arena_reset(x->arena);
        must(store_view_begin(x->store, &view));
        one(x, &d, view);
        store_view_end(view);
    }
}

static void say(const struct exact *x, const char *of)
{
    printf("exact\t%s\tso far: questions %llu, without an answer %llu, with "
           "ties %llu, wrong %llu\n",
           of, (unsigned long long)x->asks, (unsigned long long)x->empty,
           (unsigned long long)x->tied, (unsigned long long)x->wrong);
    fflush(stdout);
}

/* ---- Stores ------------------------------------------------------------- */

static void check_people(struct exact *x)
{
    struct country country;
    struct filled copy;

    country_open(&country, x->n->dir, x->n->ref, x->n->size);
    x->store = country.filled.store;
    x->people = brute_people_new(x->store);
    ask(x, x->n->random, ask_people);
    say(x, "people");
    filled_copy(&copy, &country.filled, "exact");
    changes_make(copy.store, x->n->ref, country.world, CHANGES, x->people);
    filled_reopen(&copy);
    x->store = copy.store;
    ask(x, x->n->random / 4, ask_people);
    say(x, "people, changed");
    brute_people_free(x->people);
    filled_remove(&copy);
    country_close(&country);
}

static void check_structures(struct exact *x, uint32_t structures, size_t n)
{
    struct world_size size = {0, structures, x->n->size.lots};
    struct country country;
    struct filled copy;

    country_open(&country, x->n->dir, x->n->ref, size);
    x->store = country.filled.store;
    x->structures = brute_structures_new(x->store);
    ask(x, n, ask_structures);
    say(x, "structures");
    brute_structures_free(x->structures);
    filled_copy(&copy, &country.filled, "exact");
    changes_make_structures(copy.store, x->n->ref, country.world,
                            CHANGES_STRUCTURES);
    filled_reopen(&copy);
    x->store = copy.store;
    x->structures = brute_structures_new(x->store);
    ask(x, n / 4, ask_structures);
    say(x, "structures, changed");
    brute_structures_free(x->structures);
    filled_remove(&copy);
    country_close(&country);
}

void national_exact(struct national *n)
{
    struct brute_hit hits[LIMIT_MAX];
    struct world_size size = {0, 0, 20000};
    struct exact x = {.n = n,
                      .arena = arena_new(ARENA_BYTES),
                      .workspace = workspace_new(),
                      .hits = {hits, 0, LIMIT_MAX}};

    if (!x.arena || !x.workspace ||
        world_new(n->ref, MIND_SEED, &size, &x.asked))
        die("out of memory");
    printf("\nexact: questions by chance, against everybody judged\n");
    check_people(&x);
    check_structures(&x, n->size.structures, n->random / 2);
    check_structures(&x, n->stress, n->random / 8);
    n->missed += !target_print("T15", (double)x.wrong, 0, 1);
    world_free(x.asked);
    workspace_free(x.workspace);
    arena_free(x.arena);
}
