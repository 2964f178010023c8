/*
 * Workers: each has a view of the one snapshot, takes some lots at a time and
 * hands in what it found.  A lot that cannot be matched is set aside; the
 * batch goes on.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/batch_parts.h"

/* Requests come first. */
#define NICE 10
/* Of memory that a failing allocation gets before the lot is set aside. */
#define TRIES 3
/* Results in memory: a piece, and those that wait for the writer. */
#define PIECE_BYTES ((size_t)256 << 10)
#define HAND_BYTES ((size_t)4 << 20)
/* One decoded market, and the answers about one lot. */
#define MARKET_BYTES_MAX (64u << 20)
#define ANSWER_BYTES_MAX (64u << 20)
#define STACK_BYTES ((size_t)2 << 20)

struct worker {
    struct batch *b;
    pthread_t thread;
    struct match match;
    struct arena *answers;
    /* The market of the last lot, decoded, and its lots in the run before. */
    struct arena *decoded;
    const struct batch_market *at;
    struct market market;
    uint32_t before_first;
    unsigned before_lots; /* 0: it had none */
    struct piece *piece;
};

/* ---- One lot ------------------------------------------------------------ */

static enum err read_market(struct worker *w, const struct batch_market *at)
{
    const struct batch *b = w->b;
    struct record record;
    enum err e;

    if (at == w->at)
        return ERR_NONE;
    w->at = NULL;
    w->before_lots = 0;
    if (b->previous < RESULTS_SLOTS &&
        (e = results_find(w->match.view, b->previous, at->number,
                          &w->before_first, &w->before_lots)) &&
        e != ERR_NOT_FOUND)
        return e;
    arena_reset(w->decoded);
    e = store_get_numbered(w->match.view, ENTITY_MARKET, at->number, &record);
    if (e || (e = protocol_decode_trusted(&shape_market, record.body,
                                          w->decoded, &w->market)))
        return e;
    w->at = at;
    return ERR_NONE;
}

static enum err match_lot(struct worker *w, unsigned lot, struct buffer *out)
{
    size_t start = out->len;
    size_t jobs = w->market.lots.at[lot - 1].jobs.n;
    struct match_top top;
    enum err e;

    arena_reset(w->answers);
    if ((e = rescore_write_head(out, w->at->number, lot, 0,
                                (unsigned)jobs + 1)) ||
        (e = match_top_structures(&w->match, &w->market, lot, &top)) ||
        (e = rescore_write_list(out, start, 0, &top)))
        return e;
    for (unsigned job = 1; job <= jobs && !e; job++) {
        e = match_top_people(&w->match, &w->market, lot, job, &top);
        if (!e)
            e = rescore_write_list(out, start, job, &top);
    }
    return e;
}

/* Whether the daemon died at it too often. */
static int is_blamed(const struct worker *w, unsigned lot)
{
    return w->b->blamed_lot == lot && w->b->blamed_market == w->at->number;
}

static int64_t problem_of(enum err e)
{
    if (e == ERR_NOMEM)
        return PROBLEM_NO_MEMORY;
    return e == ERR_STORE_CORRUPT ? PROBLEM_DAMAGED : PROBLEM_INTERNAL;
}

/* The result of a lot, or why it has none.  The disk is everybody's problem.
 */
static enum err result_of_lot(struct worker *w, uint32_t position,
                              struct buffer *out)
{
    const struct batch_market *at = batch_order_find(&w->b->order, position);
    unsigned lot = position - at->first + 1;
    size_t start = out->len;
    int64_t problem = PROBLEM_CRASHED;
    enum err e = ERR_NONE;

    for (int i = 0; i < TRIES; i++) {
        out->len = start;
        if (!(e = read_market(w, at)) && is_blamed(w, lot))
            break;
        if (!e && !(e = match_lot(w, lot, out)))
            return ERR_NONE;
        problem = problem_of(e);
        if (e != ERR_NOMEM)
            break;
    }
    if (e == ERR_STORE_IO)
        return e;
    out->len = start;
    return rescore_write_head(out, at->number, lot, 1 + (unsigned)problem, 1);
}

/* ---- The run before ----------------------------------------------------- */

static enum err compare_lot(struct worker *w, const struct rescore_result *now,
                            struct rescore_figures *figures)
{
    const struct batch *b = w->b;
    struct rescore_result before;
    struct slice bytes;
    enum err e = ERR_NOT_FOUND;

    if (b->previous >= RESULTS_SLOTS)
        return ERR_NONE;
    if (now->lot <= w->before_lots)
        e = rescore_load(w->match.view, b->previous,
                         w->before_first + now->lot - 1, w->answers, &bytes);
    if (!e)
        e = rescore_read(bytes, &before);
    if (e && e != ERR_NOT_FOUND && e != ERR_STORE_CORRUPT)
        return e;
    if (e == ERR_NOT_FOUND)
        figures->added++;
    else if (!now->problem)
        figures->changed += e || before.problem ||
                            !rescore_same(&before, now, b->previous_limit);
    return ERR_NONE;
}

/* ---- Pieces ------------------------------------------------------------- */

static struct piece *piece_new(const struct batch *b, uint32_t from)
{
    struct piece *piece =
        calloc(1, sizeof *piece + b->chunk * sizeof *piece->ends);

    if (piece)
        piece->from = from;
    return piece;
}

static enum err add_lot(struct worker *w, uint32_t position)
{
    struct piece *piece = w->piece;
    size_t start = piece->bytes.len;
    struct rescore_result result;
    enum err e;

    if ((e = result_of_lot(w, position, &piece->bytes)) ||
        (e = rescore_read((struct slice){piece->bytes.data + start,
                                         piece->bytes.len - start},
                          &result)))
        return e;
    rescore_count(&piece->figures, position, &result, w->match.limit);
    if ((e = compare_lot(w, &result, &piece->figures)))
        return e;
    piece->ends[piece->n++] = piece->bytes.len;
    return ERR_NONE;
}

void batch_hand_in(struct batch *b, struct piece *piece)
{
    struct piece **at = &b->pieces;

    pthread_mutex_lock(&b->mutex);
    while (b->bytes > HAND_BYTES && piece->from != b->stored &&
           !batch_attention(b))
        batch_wait(b);
    while (*at && (*at)->from < piece->from)
        at = &(*at)->next;
    piece->next = *at;
    *at = piece;
    b->bytes += piece->bytes.len;
    batch_store(b);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}

/* Give the worker's piece away, if it holds something. */
static void hand_in(struct worker *w)
{
    struct piece *piece = w->piece;

    w->piece = NULL;
    if (piece && piece->n) {
        batch_hand_in(w->b, piece);
    } else if (piece) {
        buffer_free(&piece->bytes);
        free(piece);
    }
}

/* Lots [*FROM, *TO) that nobody has; 0 when the stretch is over. */
static int take(struct batch *b, uint32_t *from, uint32_t *to)
{
    uint32_t n;

    pthread_mutex_lock(&b->mutex);
    while (!batch_attention(b) && b->next < b->end &&
           (b->next - b->stored >= b->window || b->bytes > HAND_BYTES))
        batch_wait(b);
    n = b->careful ? 1 : b->chunk;
    if (n > b->end - b->next)
        n = b->end - b->next;
    if (batch_attention(b))
        n = 0;
    *from = b->next;
    *to = b->next += n;
    pthread_mutex_unlock(&b->mutex);
    return n > 0;
}

static enum err work_on(struct worker *w, uint32_t from, uint32_t to)
{
    enum err e = ERR_NONE;

    for (uint32_t i = from; i < to && !e && !batch_attention(w->b); i++) {
        if (w->piece && w->piece->bytes.len > PIECE_BYTES)
            hand_in(w);
        if (!w->piece && !(w->piece = piece_new(w->b, i)))
            e = ERR_NOMEM;
        else
            e = add_lot(w, i);
    }
    hand_in(w);
    return e;
}

/* ---- Threads ------------------------------------------------------------ */

static enum err prepare(struct worker *w)
{
    w->decoded = arena_new(MARKET_BYTES_MAX);
    w->answers = arena_new(ANSWER_BYTES_MAX);
    w->match.arena = w->answers;
    return w->decoded && w->answers ? ERR_NONE : ERR_NOMEM;
}

static void *labour(void *context)
{
    struct worker *w = context;
    struct batch *b = w->b;
    uint32_t from, to;
    enum err e;

    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    e = prepare(w);
    while (!e && take(b, &from, &to))
        e = work_on(w, from, to);
    if (e) {
        pthread_mutex_lock(&b->mutex);
        batch_break(b, e);
        pthread_mutex_unlock(&b->mutex);
    }
    arena_free(w->answers);
    arena_free(w->decoded);
    return NULL;
}

static int start(struct worker *w)
{
    pthread_attr_t attr;
    int rc;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    rc = pthread_create(&w->thread, &attr, labour, w);
    pthread_attr_destroy(&attr);
    return rc == 0;
}

enum err batch_labour(struct batch *b)
{
    unsigned wanted = b->careful ? 1 : b->n_views, n = 0;
    struct worker *workers = calloc(wanted, sizeof *workers);

    if (!workers)
        return ERR_NOMEM;
    for (; n < wanted; n++) {
        struct worker *w = &workers[n];

        w->b = b;
        w->match = b->question;
        w->match.view = b->views[n];
        if (!start(w))
            break;
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(workers[i].thread, NULL);
    free(workers);
    return n ? ERR_NONE : ERR_NOMEM;
}
