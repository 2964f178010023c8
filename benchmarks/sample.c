/*
 * Questions are drawn from the world itself, so that neither reading nor
 * decoding a record stands between a question and its answer.
 */
#include "benchmarks/sample.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/match/order.h"
#include "engine/match/workspace.h"

#define SAMPLE_BYTES ((size_t)4 << 30)
#define ANSWER_BYTES ((size_t)64 << 20)
#define GRACE 14

static void must(enum err e)
{
    if (e)
        die("%s", err_text(e));
}

/* The market of lot LOT of all. */
static uint32_t market_of(const struct world *w, uint32_t lot)
{
    uint32_t low = 0, high = w->markets;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (w->lots[middle + 1] <= lot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void sample_init(struct sample *s, const struct world *w, size_t n)
{
    uint32_t last = UINT32_MAX;
    struct market *market = NULL;

    s->n = n < w->size.lots ? n : w->size.lots;
    s->arena = arena_new(SAMPLE_BYTES);
    s->at = s->arena ? arena_array(s->arena, s->n, sizeof *s->at) : NULL;
    if (!s->at)
        die("out of memory");
    for (size_t i = 0; i < s->n; i++) {
        uint32_t lot = (uint32_t)(i * w->size.lots / s->n);
        uint32_t number = market_of(w, lot);

        if (number != last) {
            if (!(market = arena_alloc(s->arena, sizeof *market)))
                die("out of memory");
            must(world_market(w, number, s->arena, market));
            last = number;
        }
        s->at[i] = (struct sample_lot){market, lot - w->lots[number] + 1};
    }
}

void sample_fini(struct sample *s)
{
    arena_free(s->arena);
    *s = (struct sample){NULL, NULL, 0};
}

struct match sample_match(struct store_view *view, const struct reference *ref,
                          struct arena *arena, int64_t limit)
{
    struct match m = {.view = view,
                      .reference = ref ? ref : store_view_reference(view),
                      .arena = arena,
                      .on = world_on(),
                      .limit = limit,
                      .structure_weights = match_structure_weights,
                      .person_weights = match_person_weights,
                      .nationwide = NATIONWIDE_INCLUDE,
                      .grace = GRACE};

    return m;
}

/* ---- Sums of answers: order matters ------------------------------------- */

static void sum_number(struct sample_pass *p, uint64_t number)
{
    p->sum = draw_mix(p->sum ^ number);
}

static void sum_person(struct sample_pass *p, const struct person_hit *hit)
{
    sum_number(p, order_hash(hit->id));
    sum_number(p, (uint64_t)hit->score);
    sum_number(p, order_hash(hit->tie));
    p->found++;
}

static void sum_structure(struct sample_pass *p,
                          const struct structure_hit *hit)
{
    sum_number(p, order_hash(hit->id));
    sum_number(p, (uint64_t)hit->score);
    sum_number(p, order_hash(hit->tie));
    p->found++;
}

static void sum_answer(struct sample_pass *p, const struct lot_answer *answer)
{
    for (size_t j = 0; j < answer->jobs.n; j++)
        for (size_t i = 0; i < answer->jobs.at[j].candidates.n; i++)
            sum_person(p, &answer->jobs.at[j].candidates.at[i]);
    for (size_t i = 0; i < answer->structures.n; i++)
        sum_structure(p, &answer->structures.at[i]);
}

static void sum_top(struct sample_pass *p, const struct match_top *top)
{
    for (size_t i = 0; i < top->n; i++) {
        sum_number(p, top->at[i].number);
        sum_number(p, (uint64_t)top->at[i].score);
    }
    p->found += top->n;
}

/* Time that this thread had a processor: what others take stays out of it. */
static uint64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* ---- A pass ------------------------------------------------------------- */

/* One question of its kind; the answers are not looked at yet. */
static enum err ask(struct match *m, const struct sample_lot *q,
                    enum sample_verb verb, struct lot_answer *answer,
                    struct match_top *top)
{
    switch (verb) {
    case SAMPLE_PEOPLE:
        return match_people(m, q->market, q->lot, 1, answer);
    case SAMPLE_TOP_PEOPLE:
        return match_top_people(m, q->market, q->lot, 1, top);
    case SAMPLE_STRUCTURES:
        return match_structures(m, q->market, q->lot, answer);
    default:
        return match_top_structures(m, q->market, q->lot, top);
    }
}

static void count(struct sample_pass *p, const struct match *m)
{
    p->scanned += m->scanned;
    p->scored += m->scored;
    p->heads += m->heads;
    p->blocks += m->blocks;
    p->sides += m->sides;
}

static void ask_one(struct store *store, const struct sample_lot *q,
                    enum sample_verb verb, const struct sample_way *way,
                    struct arena *arena, struct workspace *workspace,
                    struct sample_pass *pass)
{
    struct lot_answer answer;
    struct match_top top = {NULL, 0};
    struct store_view *view;
    uint64_t begin, cpu;
    struct match m;

    memset(&answer, 0, sizeof answer);
    arena_reset(arena);
    cpu = cpu_ns();
    begin = now_ns();
    must(store_view_begin(store, &view));
    m = sample_match(view, way->ref, arena, way->limit);
    m.without = way->without;
    m.workspace = workspace;
    must(ask(&m, q, verb, &answer, &top));
    begin = now_ns() - begin;
    cpu = cpu_ns() - cpu;
    figures_add(&pass->us, (double)begin / 1e3);
    figures_add(&pass->cpu, (double)cpu / 1e3);
    count(pass, &m);
    sum_answer(pass, &answer);
    sum_top(pass, &top);
    store_view_end(view);
}

static double mean_of(const struct figures *figures)
{
    double sum = 0;

    for (size_t i = 0; i < figures->n; i++)
        sum += figures->at[i];
    return figures->n ? sum / (double)figures->n : 0;
}

void sample_ask(const struct sample *s, struct store *store,
                enum sample_verb verb, const struct sample_way *way,
                struct sample_pass *pass)
{
    struct arena *arena = arena_new(ANSWER_BYTES);
    struct workspace *workspace = workspace_new();
    struct figures us = pass->us, used = pass->cpu;

    if (!arena || !workspace)
        die("out of memory");
    figures_clear(&us);
    figures_clear(&used);
    *pass = (struct sample_pass){.us = us, .cpu = used};
    for (size_t i = 0; i < s->n; i++)
        ask_one(store, &s->at[i], verb, way, arena, workspace, pass);
    pass->mean_us = mean_of(&pass->us);
    pass->mean_cpu = mean_of(&pass->cpu);
    workspace_free(workspace);
    arena_free(arena);
}

void sample_pass_fini(struct sample_pass *pass)
{
    figures_free(&pass->us);
    figures_free(&pass->cpu);
}
