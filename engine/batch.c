/*
 * The conductor.  It sleeps until it is poked, looks for a run in the store,
 * and makes it in stretches: views of one revision, workers, and whatever the
 * note says next.
 *
 * A view is begun and ended by the conductor and lent to one worker.  All of
 * them must be of one snapshot, and a commit may fall between two beginnings:
 * they are begun until their revisions agree.  (Transactions that move no
 * revision, like those of the batch itself, change no record; and a run waits
 * until the index holds them all.)
 *
 * While it holds views the conductor never waits for the writer without
 * looking whether the writer waits for them.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/batch_parts.h"
#include "engine/log.h"
#include "engine/match/postings.h"

#define CHUNK 128
#define WAIT_MS 20
/* For an index that is being built. */
#define INDEX_MS 500
/* To begin views that agree; what does not agree then is not used. */
#define AGREE_TRIES 100
#define ATTEMPTS_MAX 3

int batch_attention(struct batch *b)
{
    return b->stopping || b->poked || b->broken || store_wants_views(b->store);
}

static void wait_ms(struct batch *b, long ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&b->changed, &b->mutex, &until);
}

void batch_wait(struct batch *b)
{
    wait_ms(b, WAIT_MS);
}

void batch_break(struct batch *b, enum err e)
{
    if (!b->error)
        b->error = e;
    b->broken = 1;
    pthread_cond_broadcast(&b->changed);
}

/* ---- Views -------------------------------------------------------------- */

static void end_views(struct batch *b)
{
    while (b->n_views)
        store_view_end(b->views[--b->n_views]);
}

/* Drop the views that do not show what the first one does; how many. */
static unsigned drop_others(struct batch *b)
{
    unsigned kept = 1, dropped;

    for (unsigned i = 1; i < b->n_views; i++) {
        if (store_view_revision(b->views[i]) == b->revision)
            b->views[kept++] = b->views[i];
        else
            store_view_end(b->views[i]);
    }
    dropped = b->n_views - kept;
    b->n_views = kept;
    return dropped;
}

static enum err begin_some(struct batch *b)
{
    enum err e = ERR_NONE;

    while (b->n_views < b->workers && !e) {
        e = store_view_begin(b->store, &b->views[b->n_views]);
        b->n_views += !e;
    }
    /* Fewer workers will do. */
    return b->n_views ? ERR_NONE : e;
}

static enum err begin_views(struct batch *b)
{
    enum err e;

    for (int i = 0; i < AGREE_TRIES; i++) {
        if ((e = begin_some(b)))
            return e;
        b->revision = store_view_revision(b->views[0]);
        if (!drop_others(b) || i == AGREE_TRIES - 1)
            break;
        end_views(b);
    }
    return ERR_NONE;
}

/* ---- Errands: a job of the writer that the conductor waits for ---------- */

static void on_errand(void *context, enum err e)
{
    struct batch *b = context;

    pthread_mutex_lock(&b->mutex);
    if (!e)
        b->note = b->draft;
    b->errand_over = 1;
    b->errand_error = e;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}

/* The views are given back when the writer needs them to get on. */
static enum err errand(struct batch *b, writer_job_run *run)
{
    enum err e;

    b->errand_over = 0;
    if ((e = writer_job(b->writer, run, on_errand, b)))
        return e;
    pthread_mutex_lock(&b->mutex);
    while (!b->errand_over) {
        batch_wait(b);
        if (b->n_views && store_wants_views(b->store))
            end_views(b);
    }
    e = b->errand_error;
    pthread_mutex_unlock(&b->mutex);
    return e;
}

/* Nothing: when it is over, so is whatever the writer had in hand. */
static enum err let_pass(void *context, struct store_batch *batch)
{
    struct batch *b = context;

    (void)batch;
    b->draft = b->note;
    return ERR_NONE;
}

/* ---- Stretches ---------------------------------------------------------- */

/* Fill the question of the run, and with what it is compared. */
static void set_question(struct batch *b, const struct rescore_slots *slots)
{
    const struct rescore_note *note = &slots->note[slots->current];

    b->note = *note;
    b->slot = slots->current;
    b->previous = slots->done;
    b->previous_limit = (unsigned)note->limit;
    if (slots->done < RESULTS_SLOTS &&
        slots->note[slots->done].limit < note->limit)
        b->previous_limit = (unsigned)slots->note[slots->done].limit;
    b->question = (struct match){
        .reference = store_view_reference(b->views[0]),
        .on = note->on,
        .limit = note->limit,
        .grace = note->grace,
        .structure_weights = note->structure_weights,
        .person_weights = note->person_weights,
        .nationwide = NATIONWIDE_INCLUDE,
    };
}

/* From the note on: how far, and whether lots go one by one. */
static void set_course(struct batch *b)
{
    const struct rescore_note *note = &b->note;
    int64_t end = note->lots;

    b->careful =
        note->done >= note->careful_from && note->done < note->careful_to;
    if (b->careful && note->careful_to < end)
        end = note->careful_to;
    if (note->done < note->careful_from && note->careful_from < end)
        end = note->careful_from;
    b->end = (uint32_t)end;
    b->window = b->careful ? 1 : (uint32_t)note->window;
    b->next = b->stored = (uint32_t)note->done;
    b->blamed_lot = 0;
    if (note->attempts >= ATTEMPTS_MAX) {
        b->blamed_market = (uint32_t)note->blamed_market;
        b->blamed_lot = (unsigned)note->blamed_lot;
    }
}

/* What the workers hand in may still be on its way into the store. */
static void finish_storing(struct batch *b)
{
    pthread_mutex_lock(&b->mutex);
    while (b->storing)
        batch_wait(b);
    batch_drop_pieces(b);
    pthread_mutex_unlock(&b->mutex);
}

static enum err labour(struct batch *b)
{
    enum err e;

    set_course(b);
    e = batch_labour(b);
    end_views(b);
    finish_storing(b);
    return e ? e : b->error;
}

/* One stretch of the run that SLOTS shows.  The views may be gone before it
 * has begun: then there is none. */
static enum err stretch(struct batch *b, const struct rescore_slots *slots)
{
    enum err e;

    set_question(b, slots);
    if (!(e = batch_order_read(b->views[0], b->note.on, &b->order)) &&
        !(e = errand(b, batch_begin_stretch))) {
        b->died = 0;
        if (b->n_views)
            e = labour(b);
    }
    end_views(b);
    batch_order_free(&b->order);
    return e;
}

static void finish_run(struct batch *b)
{
    const struct rescore_note *note = &b->note;
    enum err e = errand(b, batch_finish_run);

    if (!e)
        log_line(LOG_INFO, "rescore: run %lld: %lld lots in %lld ms",
                 (long long)note->run, (long long)note->lots,
                 (long long)(note->spent_ms + note->last_ms - note->begun_ms));
    else if (e != ERR_NOT_FOUND && e != ERR_STOPPING)
        log_line(LOG_ERROR, "rescore: the run cannot be finished: %s",
                 err_text(e));
}

static void fail_run(struct batch *b, enum err e)
{
    log_line(LOG_ERROR, "rescore: %s", err_text(e));
    b->error = e;
    if ((e = errand(b, batch_fail_run)) && e != ERR_NOT_FOUND)
        log_line(LOG_ERROR, "rescore: the failure cannot be noted: %s",
                 err_text(e));
}

/* What becomes of the run after a stretch; 1: look again. */
static int go_on(struct batch *b, enum err e)
{
    if (e == ERR_STOPPING || e == ERR_STORE_IO)
        return 0;
    if (!e && b->note.done == b->note.lots)
        finish_run(b);
    else if (e && e != ERR_NOT_FOUND)
        fail_run(b, e);
    else if (b->stopping)
        errand(b, batch_pause_run);
    else
        return errand(b, let_pass) == ERR_NONE;
    return 0;
}

/* Does the index lack something that is stored, or is it of other tables?
 * Then matches are not all there are, and revisions do not tell what a view
 * answers: the index catches up without one. */
static int index_lags(struct store_view *view)
{
    return index_deferred(view) ||
           index_stamp(view) != postings_stamp(store_view_reference(view));
}

/* Nobody tells us when the index has caught up. */
static void wait_for_index(struct batch *b)
{
    end_views(b);
    pthread_mutex_lock(&b->mutex);
    if (!b->stopping && !b->poked)
        wait_ms(b, INDEX_MS);
    pthread_mutex_unlock(&b->mutex);
}

/* See whether there is a run, and make a stretch of it; 1: look again. */
static int look(struct batch *b)
{
    struct rescore_slots slots;
    enum err e;

    b->poked = b->broken = 0;
    b->error = ERR_NONE;
    if ((e = begin_views(b)) || (e = rescore_slots(b->views[0], &slots))) {
        log_line(LOG_ERROR, "rescore: %s", err_text(e));
        end_views(b);
        return 0;
    }
    if (slots.current == RESULTS_SLOTS ||
        slots.note[slots.current].state != RESCORE_RUNNING) {
        b->died = 0;
        end_views(b);
        return 0;
    }
    if (index_lags(b->views[0])) {
        wait_for_index(b);
        return 1;
    }
    return go_on(b, stretch(b, &slots));
}

static void *conduct(void *context)
{
    struct batch *b = context;

    pthread_mutex_lock(&b->mutex);
    while (!b->stopping) {
        int again = b->poked;

        if (!again)
            pthread_cond_wait(&b->changed, &b->mutex);
        pthread_mutex_unlock(&b->mutex);
        while (again && !b->stopping)
            again = look(b);
        pthread_mutex_lock(&b->mutex);
    }
    b->ended = 1;
    pthread_mutex_unlock(&b->mutex);
    return NULL;
}

/* ---- From outside ------------------------------------------------------- */

static unsigned cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) ? 1
                                                  : (unsigned)CPU_COUNT(&set);
}

static void init(struct batch *b)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&b->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&b->changed, &attr);
    pthread_condattr_destroy(&attr);
}

enum err batch_open(struct store *store, struct writer *writer,
                    const struct batch_settings *settings, struct batch **out)
{
    struct batch *b = calloc(1, sizeof *b);

    if (!b)
        return ERR_NOMEM;
    b->store = store;
    b->writer = writer;
    b->workers = settings->workers ? settings->workers : cores();
    if (b->workers > BATCH_WORKERS_MAX)
        b->workers = BATCH_WORKERS_MAX;
    b->chunk = settings->chunk ? settings->chunk : CHUNK;
    b->poked = b->died = 1;
    init(b);
    if (pthread_create(&b->conductor, NULL, conduct, b)) {
        b->ended = 1;
        batch_free(b);
        return ERR_NOMEM;
    }
    *out = b;
    return ERR_NONE;
}

static enum err no_change(void *context, struct store_batch *batch)
{
    (void)context;
    (void)batch;
    return ERR_NONE;
}

static void on_committed(void *context, enum err e)
{
    struct batch *b = context;

    (void)e;
    pthread_mutex_lock(&b->mutex);
    b->poked = 1;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}

void batch_poke(struct batch *b)
{
    /* Without memory for a job the conductor may look too early, and is then
     * not told; the next start finds the run. */
    if (b && writer_job(b->writer, no_change, on_committed, b))
        on_committed(b, ERR_NONE);
}

void batch_halt(struct batch *b)
{
    pthread_mutex_lock(&b->mutex);
    b->stopping = 1;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}

int batch_halted(struct batch *b)
{
    int ended;

    pthread_mutex_lock(&b->mutex);
    ended = b->ended;
    pthread_mutex_unlock(&b->mutex);
    return ended;
}

void batch_stop(struct batch *b)
{
    if (!b)
        return;
    batch_halt(b);
    pthread_join(b->conductor, NULL);
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->mutex);
    free(b->gone.at);
    free(b);
}
