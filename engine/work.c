/*
 * See work.h.
 */
#include "engine/work.h"

#include <stdlib.h>

#include "engine/clock.h"

/* Requests on workers and waiting for one: past that, BUSY. */
#define SLOW_MAX 256
/* So long a question holds its snapshot: behind it no page of the file is used
 * again, and the map cannot grow. */
#define SLOW_S 60

void work_init(struct work *work, struct store *store, struct door *door,
               struct replies *replies, struct waiting *waiting,
               uv_loop_t *loop)
{
    *work = (struct work){.store = store,
                          .door = door,
                          .replies = replies,
                          .waiting = waiting,
                          .loop = loop};
    work->done_last = &work->done;
    pthread_mutex_init(&work->mutex, NULL);
}

void work_fini(struct work *work)
{
    pthread_mutex_destroy(&work->mutex);
}

/* ---- READ on the loop, SLOW on a worker -------------------------------- */

/* One view serves all READ verbs of a turn: whatever a client was told before
 * the turn began is in it. */
static void answer_read(struct work *work, struct request *r, uint64_t at_us)
{
    enum err e = dispatch_too_late(r, at_us) ? ERR_DEADLINE : ERR_NONE;

    if (!e && !work->view)
        e = store_view_begin(work->store, &work->view);
    if (e)
        dispatch_refuse(r, e);
    else
        dispatch_view(r, work->view);
}

void work_turn_end(struct work *work)
{
    store_view_end(work->view);
    work->view = NULL;
}

struct slow_work {
    uv_work_t work;
    struct work *of;
    struct request *request;
};

static void answer_slow(struct work *work, struct request *r)
{
    struct store_view *view;
    enum err e =
        dispatch_too_late(r, clock_steady_us()) ? ERR_DEADLINE : ERR_NONE;

    if (e || (e = store_view_begin(work->store, &view))) {
        dispatch_refuse(r, e);
        return;
    }
    /* A backup has a limit of its own, and gives way to writes. */
    if (r->call.verb != VERB_backup)
        store_view_limit(view, SLOW_S);
    dispatch_view(r, view);
    store_view_end(view);
}

static void on_slow(uv_work_t *work)
{
    struct slow_work *slow = work->data;

    answer_slow(slow->of, slow->request);
}

static void on_slow_done(uv_work_t *work, int status)
{
    struct slow_work *slow = work->data;

    if (status == UV_ECANCELED)
        dispatch_refuse(slow->request, ERR_STOPPING);
    slow->of->slow--;
    replies_send(slow->of->replies, slow->request, clock_steady_us());
    free(slow);
}

static enum err queue_slow(struct work *work, struct request *r)
{
    struct slow_work *slow;

    if (work->slow >= SLOW_MAX)
        return ERR_BUSY;
    if (!(slow = calloc(1, sizeof *slow)))
        return ERR_NOMEM;
    slow->work.data = slow;
    slow->of = work;
    slow->request = r;
    work->slow++;
    uv_queue_work(work->loop, &slow->work, on_slow, on_slow_done);
    return ERR_NONE;
}

/* ---- WRITE through the writer ------------------------------------------ */

static enum err queue_write(struct work *work, struct request *r)
{
    enum err e = writer_queue(work->writer, r);

    work->writing += !e;
    return e;
}

void work_written(struct work *work, struct request *finished)
{
    pthread_mutex_lock(&work->mutex);
    *work->done_last = finished;
    while (*work->done_last)
        work->done_last = &(*work->done_last)->next;
    pthread_mutex_unlock(&work->mutex);
}

static struct request *take_done(struct work *work)
{
    struct request *list;

    pthread_mutex_lock(&work->mutex);
    list = work->done;
    work->done = NULL;
    work->done_last = &work->done;
    pthread_mutex_unlock(&work->mutex);
    return list;
}

/* Did this write change who may do what?  Territories may follow the centres
 * of communes. */
static int changes_keys(const struct request *r)
{
    return !r->error &&
           (r->call.verb == VERB_key_put || r->call.verb == VERB_key_revoke ||
            r->call.verb == VERB_reference_import);
}

enum err work_send_written(struct work *work)
{
    struct request *list = take_done(work);
    enum err e = ERR_NONE;
    int last, stale = 0;

    if (list)
        waiting_written(work->waiting);
    /* Before whoever changed a key hears that it is done. */
    for (struct request *r = list; r; r = r->next)
        stale |= changes_keys(r);
    if (stale)
        e = door_load(work->door);
    while (list) {
        struct request *next = list->next;

        work->writing--;
        if (work->builder && dispatch_deferred(list, &last))
            builder_heard(work->builder, last);
        replies_send(work->replies, list, clock_steady_us());
        list = next;
    }
    return e;
}

/* ---- Which of them ------------------------------------------------------- */

int work_take(struct work *work, struct request *r, uint64_t at_us)
{
    enum err e = dispatch_decode(r);

    if (!e)
        switch (verb_rows[r->call.verb].class) {
        case CLASS_READ:
            answer_read(work, r, at_us);
            return !waiting_take(work->waiting, r, at_us);
        case CLASS_SLOW:
            if (!(e = queue_slow(work, r)))
                return 0;
            break;
        case CLASS_WRITE:
            if (!(e = queue_write(work, r)))
                return 0;
            break;
        }
    dispatch_refuse(r, e);
    return 1;
}
