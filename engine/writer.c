/*
 * Group commit.  The queue is guarded by one mutex; the batch, the chores and
 * the failure flag belong to the thread.
 */
#include <pthread.h>
#include <stdlib.h>

#include "engine/clock.h"
#include "engine/entity.h"
#include "engine/log.h"
#include "engine/match/match.h"
#include "engine/writer.h"
#include "store/index.h"

#define GROUP_RECORDS 1000
#define GROUP_BYTES (1024 * 1024)
/* What waits holds its frames and arenas: some 32 MiB, then BUSY. */
#define QUEUE_MAX 8192
#define QUEUE_BYTES (32u << 20)
/* Idempotency entries are kept for a day; each batch forgets a few more than
 * it adds, so the table cannot grow for ever. */
#define ONCE_KEPT_MS (24 * 3600 * INT64_C(1000))
#define ONCE_EXPIRE 32

struct queued_job {
    struct queued_job *next;
    writer_job_run *run;
    writer_job_done *done;
    void *context;
};

struct writer {
    struct store *store;
    writer_done *done;
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct request *first; /* queue */
    struct request **last;
    size_t queued;
    size_t bytes; /* of their bodies */
    size_t running;
    int compact; /* asked for and not begun */
    struct queued_job *jobs;
    struct queued_job **last_job;
    int stopping;
    int failed;
};

/* ---- One group --------------------------------------------------------- */

struct group {
    struct request *first;
    struct request **last;
    size_t n;
    uint64_t revision; /* of the store before it */
};

/* Run one request; the return says whether the batch is still sound. */
static int run_request(struct request *request, struct store_batch *batch)
{
    uint64_t before = store_batch_changes(batch);
    enum err e;

    request->revision = store_view_revision(store_batch_view(batch));
    if (dispatch_too_late(request, clock_steady_us())) {
        dispatch_refuse(request, ERR_DEADLINE);
        return 1;
    }
    e = dispatch_batch(request, batch);
    return !e || store_batch_changes(batch) == before;
}

/* Nothing of the group was written: whoever was told otherwise is not. */
static void refuse_all(struct group *group, enum err e)
{
    for (struct request *r = group->first; r; r = r->next) {
        r->revision = group->revision;
        if (!r->error)
            dispatch_refuse(r, e);
    }
}

static enum err begin(struct writer *w, struct store_batch **batch)
{
    enum err e = store_batch_begin(w->store, batch);

    if (!e)
        store_batch_time(*batch, clock_wall_ms());
    return e;
}

/* A handler that fails after a put spoils the batch: nothing was written, and
 * its error is that of the group. */
static enum err try_group(struct writer *w, struct group *group)
{
    struct store_batch *batch;
    uint64_t unchanged;
    enum err e;

    if ((e = begin(w, &batch)))
        return e;
    unchanged = store_batch_changes(batch);
    group->revision = store_view_revision(store_batch_view(batch));
    for (struct request *r = group->first; r; r = r->next)
        if (!run_request(r, batch)) {
            store_batch_abort(batch);
            return r->error;
        }
    if (store_batch_changes(batch) == unchanged) {
        store_batch_abort(batch);
        return ERR_NONE;
    }
    if ((e = store_once_expire(batch, clock_wall_ms() - ONCE_KEPT_MS,
                               ONCE_EXPIRE))) {
        store_batch_abort(batch);
        return e;
    }
    return store_batch_commit(batch);
}

/* A full map has been grown when the batch ended: once more may do. */
static enum err try_twice(struct writer *w, struct group *group)
{
    enum err e = try_group(w, group);

    if (e != ERR_STORE_FULL)
        return e;
    for (struct request *r = group->first; r; r = r->next)
        dispatch_again(r);
    return try_group(w, group);
}

static void fail(struct writer *w)
{
    __atomic_store_n(&w->failed, 1, __ATOMIC_RELEASE);
}

static void run_alone(struct writer *w, struct request *request)
{
    struct request *next = request->next;
    struct group alone = {request, &request->next, 1, request->revision};
    enum err e;

    request->next = NULL;
    dispatch_again(request);
    if ((e = try_twice(w, &alone)))
        refuse_all(&alone, e);
    if (e == ERR_STORE_IO)
        fail(w);
    request->next = next;
}

static void write_group(struct writer *w, struct group *group)
{
    enum err e = w->failed ? ERR_STORE_IO : try_twice(w, group);

    if (e == ERR_STORE_IO)
        fail(w);
    if (e && (e == ERR_STORE_IO || group->n == 1))
        refuse_all(group, e);
    else if (e)
        for (struct request *r = group->first; r; r = r->next)
            run_alone(w, r);
}

static void compact(struct writer *w)
{
    enum err e = store_compact_begin(w->store);

    if (e)
        log_line(LOG_ERROR, "compaction: %s", err_text(e));
    else
        log_line(LOG_INFO, "store compacted");
    if (e == ERR_STORE_IO) {
        fail(w);
        w->done(w->context, NULL);
    }
}

/* ---- Jobs --------------------------------------------------------------- */

static enum err try_job(struct writer *w, const struct queued_job *job)
{
    struct store_batch *batch;
    enum err e;

    if ((e = begin(w, &batch)))
        return e;
    if ((e = job->run(job->context, batch)) || !store_batch_changes(batch)) {
        store_batch_abort(batch);
        return e;
    }
    return store_batch_commit(batch);
}

static void do_job(struct writer *w, struct queued_job *job)
{
    enum err e = w->failed ? ERR_STORE_IO : try_job(w, job);

    /* As for a group: the map has grown when the batch ended. */
    if (e == ERR_STORE_FULL)
        e = try_job(w, job);
    if (e == ERR_STORE_IO) {
        fail(w);
        w->done(w->context, NULL);
    }
    if (job->done)
        job->done(job->context, e);
    free(job);
}

/* The first of the queue, or NULL.  Call with the mutex held. */
static struct queued_job *take_job(struct writer *w)
{
    struct queued_job *job = w->jobs;

    if (job && !(w->jobs = job->next))
        w->last_job = &w->jobs;
    return job;
}

/* The thread is over: nobody else looks at the queue. */
static void drop_jobs(struct writer *w)
{
    struct queued_job *job;

    while ((job = take_job(w))) {
        if (job->done)
            job->done(job->context, ERR_STOPPING);
        free(job);
    }
}

enum err writer_job(struct writer *w, writer_job_run *run,
                    writer_job_done *done, void *context)
{
    struct queued_job *job = calloc(1, sizeof *job);
    enum err e = ERR_NONE;

    if (!job)
        return ERR_NOMEM;
    *job = (struct queued_job){NULL, run, done, context};
    pthread_mutex_lock(&w->mutex);
    if (w->stopping) {
        e = ERR_STOPPING;
    } else {
        *w->last_job = job;
        w->last_job = &job->next;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->mutex);
    if (e)
        free(job);
    return e;
}

/* ---- The thread -------------------------------------------------------- */

/* Move what fits one group out of the queue.  Call with the mutex held. */
static struct group take(struct writer *w)
{
    struct group group = {NULL, NULL, 0, 0};
    size_t records = 0;
    size_t bytes = 0;
    size_t taken = 0;

    group.last = &group.first;
    while (w->first) {
        struct request *r = w->first;

        records += dispatch_weight(r);
        bytes += r->frames.body.len;
        if (group.n && (records > GROUP_RECORDS || bytes > GROUP_BYTES))
            break;
        taken = bytes;
        if (!(w->first = r->next))
            w->last = &w->first;
        r->next = NULL;
        *group.last = r;
        group.last = &r->next;
        group.n++;
    }
    w->queued -= group.n;
    w->bytes -= taken;
    w->running = group.n;
    return group;
}

static void *writer_run(void *context)
{
    struct writer *w = context;

    pthread_mutex_lock(&w->mutex);
    for (;;) {
        struct group group;
        struct queued_job *job;
        int compacts;

        while (!w->first && !w->jobs && !w->compact && !w->stopping)
            pthread_cond_wait(&w->wake, &w->mutex);
        if (w->stopping && !w->first)
            break;
        group = take(w);
        compacts = w->compact && !w->stopping;
        w->compact = 0;
        job = w->stopping ? NULL : take_job(w);
        pthread_mutex_unlock(&w->mutex);
        if (group.n) {
            write_group(w, &group);
            w->done(w->context, group.first);
        }
        if (compacts)
            compact(w);
        if (job)
            do_job(w, job);
        pthread_mutex_lock(&w->mutex);
        w->running = 0;
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

enum err writer_start(struct store *store, writer_done *done, void *context,
                      struct writer **out)
{
    struct writer *w = calloc(1, sizeof *w);

    if (!w)
        return ERR_NOMEM;
    w->store = store;
    w->done = done;
    w->context = context;
    w->last = &w->first;
    w->last_job = &w->jobs;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (pthread_create(&w->thread, NULL, writer_run, w)) {
        pthread_cond_destroy(&w->wake);
        pthread_mutex_destroy(&w->mutex);
        free(w);
        return ERR_NOMEM;
    }
    *out = w;
    return ERR_NONE;
}

enum err writer_queue(struct writer *w, struct request *request)
{
    enum err e = ERR_NONE;

    pthread_mutex_lock(&w->mutex);
    if (w->stopping)
        e = ERR_STOPPING;
    else if (w->queued >= QUEUE_MAX || w->bytes >= QUEUE_BYTES)
        e = ERR_BUSY;
    if (!e) {
        request->next = NULL;
        *w->last = request;
        w->last = &request->next;
        w->queued++;
        w->bytes += request->frames.body.len;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->mutex);
    return e;
}

void writer_compact(struct writer *w)
{
    pthread_mutex_lock(&w->mutex);
    w->compact = 1;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
}

uint64_t writer_compactions(struct writer *w)
{
    return store_compactions(w->store);
}

size_t writer_depth(struct writer *w)
{
    size_t n;

    pthread_mutex_lock(&w->mutex);
    n = w->queued + w->running;
    pthread_mutex_unlock(&w->mutex);
    return n;
}

int writer_failed(struct writer *w)
{
    return __atomic_load_n(&w->failed, __ATOMIC_ACQUIRE);
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stopping = 1;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    drop_jobs(w);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}
