/*
 * Best bound first.  A code, a page of heads, a block: each bounds all rows
 * below it, so the queue may hold them side by side; what promises most is
 * opened next, and when it promises less than the worst of a full list has,
 * the search is over.  Equal promises are still opened: ties decide there.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/order.h"
#include "engine/match/people_search.h"
#include "engine/match/postings.h"
#include "engine/match/rows.h"

#define BOUND_MAX BEST_SCORE_MAX
#define NONE UINT32_MAX

/* ---- What is still to be opened ----------------------------------------- */

struct step {
    enum { STEP_CODE, STEP_PAGE, STEP_BLOCK } kind;
    uint32_t next; /* of the same bound */
    uint32_t fit;
    int32_t bound;
    uint32_t code; /* of STEP_CODE */
    uint32_t n;    /* of STEP_PAGE: heads */
    uint16_t when; /* and what bounds them */
    uint8_t reach;
    const struct index_head *heads;
};

/* Bounds are whole numbers up to BOUND_MAX: one list each, and a bit for each
 * that is not empty. */
#define WORDS (BOUND_MAX / 64 + 1)
struct queue {
    struct workspace *workspace;
    struct step *at;
    uint32_t n;
    uint32_t room;
    int word; /* no bit is set in those behind it */
    uint64_t used[WORDS];
    uint32_t first[BOUND_MAX + 1]; /* where the bit is set */
};

static void queue_init(struct queue *q, struct workspace *workspace)
{
    q->workspace = workspace;
    q->at = NULL;
    q->n = q->room = 0;
    q->word = 0;
    memset(q->used, 0, sizeof q->used);
}

static enum err queue_push(struct queue *q, int64_t bound,
                           const struct step *step)
{
    int word = (int)(bound / 64);
    uint64_t bit = UINT64_C(1) << bound % 64;

    if (q->n == q->room) {
        uint32_t room = q->room ? 2 * q->room : 1024;
        struct step *at =
            workspace_room(q->workspace, ROOM_QUEUE, room * sizeof *at);

        if (!at)
            return ERR_NOMEM;
        q->at = at;
        q->room = room;
    }
    q->at[q->n] = *step;
    q->at[q->n].next = q->used[word] & bit ? q->first[bound] : NONE;
    q->first[bound] = q->n++;
    q->used[word] |= bit;
    if (word > q->word)
        q->word = word;
    return ERR_NONE;
}

/* The greatest bound there is; -1 when none is left. */
static int queue_top(struct queue *q)
{
    while (q->word > 0 && !q->used[q->word])
        q->word--;
    if (!q->used[q->word])
        return -1;
    return 64 * q->word + 63 - __builtin_clzll(q->used[q->word]);
}

/* Take one that promises most; 0 when none is left. */
static int queue_pop(struct queue *q, struct step *out)
{
    int top = queue_top(q);

    if (top < 0)
        return 0;
    *out = q->at[q->first[top]];
    q->first[top] = out->next;
    if (out->next == NONE)
        q->used[top / 64] &= ~(UINT64_C(1) << top % 64);
    return 1;
}

/* The one that would be taken next. */
static const struct step *queue_peek(struct queue *q)
{
    int top = queue_top(q);

    return top < 0 ? NULL : &q->at[q->first[top]];
}

/* ---- The search --------------------------------------------------------- */

struct people {
    const struct job_case *j;
    struct match *m;
    struct index_reader *reader;
    struct row_test test;
    struct queue queue;
    people_true *is_true; /* or NULL */
    struct best *best;
};

/* The most that rows between FROM and LAST can score; -1: out of reach, as
 * most are. */
static int64_t bound_of(const struct people *p, uint32_t fit, unsigned from,
                        unsigned last, unsigned when, unsigned reach)
{
    unsigned near = near_between(&p->test.near, from, last);

    return near > rows_reach(reach) && !(near & NEAR_VAGUE)
               ? -1
               : rows_bound(&p->test, fit, near, when, reach);
}

static enum err push(struct people *p, int64_t bound, struct step *step)
{
    /* For benchmarks: without bounds all that is in reach is opened, without
     * an order what was found last comes first. */
    int64_t place = p->m->without & MATCH_BEST_FIRST ? BOUND_MAX : bound;

    if (bound < 0)
        return ERR_NONE;
    if (p->m->without & MATCH_BOUNDS)
        bound = place = BOUND_MAX;
    if (bound < best_least(p->best))
        return ERR_NONE;
    step->bound = (int32_t)bound;
    return queue_push(&p->queue, place, step);
}

static enum err push_page(struct people *p, const struct index_page *page,
                          uint32_t fit)
{
    struct step step = {.kind = STEP_PAGE,
                        .fit = fit,
                        .n = (uint32_t)page->n,
                        .when = page->when,
                        .reach = page->reach,
                        .heads = page->heads};

    __builtin_prefetch(page->heads);
    return push(
        p, bound_of(p, fit, page->where, page->last, page->when, page->reach),
        &step);
}

/* All bands of a wish. */
static enum err open_code(struct people *p, const struct step *step)
{
    struct index_page page;
    uint32_t code = 0;
    enum err e = index_reader_seek(p->reader, step->code, &code, &page);

    while (!e && code - step->code < POSTINGS_BANDS) {
        if ((e = push_page(p, &page, step->fit)))
            return e;
        e = index_reader_step(p->reader, &code, &page);
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static enum err push_heads(struct people *p, uint32_t fit,
                           const struct index_head *heads, size_t n)
{
    struct step block = {.kind = STEP_BLOCK, .fit = fit};
    enum err e = ERR_NONE;

    p->m->heads += n;
    for (size_t i = 0; i < n && !e; i++) {
        const struct index_head *h = &heads[i];
        int64_t bound = bound_of(p, fit, h->where, h->last, h->when, h->reach);

        if (bound < 0)
            continue;
        block.heads = h;
        e = push(p, bound, &block);
    }
    return e;
}

/* Heads stand in the order of their communes: most are passed over some at a
 * time, where all of them are too far. */
#define HEADS_STEP 8

static enum err open_page(struct people *p, const struct step *step)
{
    unsigned km = rows_farthest(&p->test, step->fit, step->when, step->reach,
                                best_least(p->best));
    enum err e = ERR_NONE;

    for (size_t i = 0; i < step->n && !e; i += HEADS_STEP) {
        const struct index_head *heads = &step->heads[i];
        size_t n = step->n - i < HEADS_STEP ? step->n - i : HEADS_STEP;

        if (near_is_beyond(&p->test.near, heads[0].where, heads[n - 1].last,
                           km))
            p->m->heads += 2;
        else
            e = push_heads(p, step->fit, heads, n);
    }
    return e;
}

/* Where many are equal their ties are asked for at once. */
static void look_at_keys(const struct people *p,
                         const struct index_block *block,
                         const struct row_found *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        index_reader_key_ahead(p->reader, block->number[rows[i].row]);
}

/* Those of the rows that passed whose score may enter. */
static enum err offer_rows(struct people *p, const struct index_block *block,
                           uint32_t fit, const struct row_found *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t score = rows_score(&p->test, block, &rows[i], fit);
        uint32_t number;
        enum err e;

        if (score < best_least(p->best))
            continue;
        number = block->number[rows[i].row];
        if (p->is_true &&
            (e = p->is_true(p->j, p->reader, number, fit, &score)))
            return e;
        if (score < 0)
            continue;
        best_offer(p->best, score, number, fit);
    }
    return ERR_NONE;
}

static enum err open_block(struct people *p, const struct step *step)
{
    const struct index_head *head = step->heads;
    struct row_block of = {near_between(&p->test.near, head->where, head->last),
                           head->when, head->reach};
    struct row_found rows[ROWS_ROOM];
    struct index_block block;
    struct row_bar bar;
    enum err e = index_reader_block(p->reader, head, &block);
    size_t n;

    if (e)
        return e;
    p->m->blocks++;
    bar = rows_bar(&p->test, &of, step->fit, best_least(p->best));
    n = rows_test(&p->test, &block, &bar, rows);
    if (best_asks_ties(p->best))
        look_at_keys(p, &block, rows, n);
    return offer_rows(p, &block, step->fit, rows, n);
}

/* Its page is fetched while the one before it is looked at. */
static void look_ahead(struct people *p)
{
    const struct step *next = queue_peek(&p->queue);

    if (next && next->kind == STEP_BLOCK)
        index_reader_block_ahead(p->reader, next->heads);
}

static enum err open_step(struct people *p, const struct step *step)
{
    if (step->kind == STEP_CODE)
        return open_code(p, step);
    if (step->kind == STEP_PAGE)
        return open_page(p, step);
    look_ahead(p);
    return open_block(p, step);
}

static enum err push_wishes(struct people *p)
{
    struct wish *wishes = NULL;
    size_t n = 0;
    enum err e = people_wishes(p->m->reference, p->j->lot->arena, p->reader,
                               p->j->job->rome, &wishes, &n);

    for (size_t i = 0; !e && i < n; i++) {
        struct step step = {
            .kind = STEP_CODE, .fit = wishes[i].fit, .code = wishes[i].code};

        e = push(p, rows_bound(&p->test, wishes[i].fit, 0, 0, 1), &step);
    }
    return e;
}

enum err people_search(const struct job_case *j, struct index_reader *reader,
                       people_true *is_true, struct best *out)
{
    struct people p = {.j = j,
                       .m = j->lot->m,
                       .reader = reader,
                       .is_true = is_true,
                       .best = out};
    struct step step;
    enum err e;

    if ((e = row_test_init(&p.test, j)))
        return e;
    queue_init(&p.queue, j->lot->workspace);
    e = push_wishes(&p);
    while (!e && queue_pop(&p.queue, &step)) {
        if (step.bound >= best_least(out))
            e = open_step(&p, &step);
        else if (!(p.m->without & MATCH_BEST_FIRST))
            break;
    }
    return e;
}

/* ---- Wishes ------------------------------------------------------------- */

struct wishes {
    struct wish *at;
    size_t n;
};

static void add_wish(struct wishes *w, uint32_t code, uint32_t fit)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->at[i].code == code) {
            if (fit > w->at[i].fit)
                w->at[i].fit = fit;
            return;
        }
    w->at[w->n++] = (struct wish){code, fit};
}

/* The codes of the family that have a list. */
static enum err add_family(struct wishes *w, struct index_reader *reader,
                           struct slice rome)
{
    uint32_t code = postings_family_code(rome), end = code + POSTINGS_FAMILY;
    struct index_page page;
    enum err e;

    while (!(e = index_reader_seek(reader, code, &code, &page)) && code < end) {
        code -= code % POSTINGS_BANDS;
        add_wish(w, code, FIT_FAMILY);
        code += POSTINGS_BANDS;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err people_wishes(const struct reference *ref, struct arena *arena,
                       struct index_reader *reader, struct slice rome,
                       struct wish **out, size_t *n)
{
    struct wishes w = {NULL, 0};
    const struct reference_link *links;
    size_t n_links;
    enum err e;

    links = reference_links_to(ref, rome, &n_links);
    w.at = arena_array(arena, n_links + POSTINGS_FAMILY / POSTINGS_BANDS + 1,
                       sizeof *w.at);
    if (!w.at)
        return ERR_NOMEM;
    add_wish(&w, postings_wish_code(rome), FIT_SAME);
    for (size_t i = 0; i < n_links; i++)
        add_wish(&w, postings_wish_code(slice_of(links[i].rome)),
                 links[i].kind == LINK_PROCHE ? FIT_PROCHE : FIT_EVOLUTION);
    if ((e = add_family(&w, reader, rome)))
        return e;
    *out = w.at;
    *n = w.n;
    return ERR_NONE;
}
