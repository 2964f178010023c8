/*
 * One thread that does a build from its beginning to its end: what needs the
 * store's writer is queued there as a job, and the thread waits for it.
 *
 * MUTEX guards what others see and ask for.  RUNNING and what a step passes to
 * its job belong to the thread, and to the writer's while the thread waits.
 */
#include "engine/builder.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "engine/clock.h"
#include "engine/entity.h"
#include "engine/log.h"
#include "engine/match/postings.h"

/* Of one turn: some milliseconds each. */
#define GATHER_RECORDS 500
#define WRITE_BYTES ((size_t)4 << 20)
#define CATCH_UP_CHANGES 2000
#define SWEEP_KEYS 500
/* Rows without index wait this long for others, and never longer than that. */
#define QUIET_S 5
#define WAIT_MAX_S 600
/* A build that failed is tried again. */
#define RETRY_S 600
/* Below whoever answers requests. */
#define NICENESS 10
#define ARENA_BYTES ((size_t)64 << 20)

struct builder {
    struct store *store;
    struct writer *writer;
    builder_done *done;
    void *context;
    uint64_t stamp;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int asked;
    int last;        /* no more rows without index will come */
    int deferred;    /* rows wait since FIRST_S, the last came at LAST_S */
    int64_t first_s; /* of the monotonic clock */
    int64_t last_s;
    int64_t retry_s; /* 0: nothing failed */
    int stopping;
    int stepped; /* the job in hand is over, and ended with: */
    enum err step_error;
    struct builder_facts facts;
    struct index_build *build; /* for the facts too */
    /* Of the thread. */
    struct arena *arena;
    const struct reference *reference;
    int step_done; /* nothing is left of the kind */
};

static int64_t now_s(void)
{
    return (int64_t)(clock_steady_us() / 1000000);
}

static int is_stopping(struct builder *b)
{
    int stopping;

    pthread_mutex_lock(&b->mutex);
    stopping = b->stopping;
    pthread_mutex_unlock(&b->mutex);
    return stopping;
}

/* ---- Steps on the writer's thread --------------------------------------- */

static void on_step(void *context, enum err e)
{
    struct builder *b = context;

    pthread_mutex_lock(&b->mutex);
    b->step_error = e;
    b->stepped = 1;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->mutex);
}

/* Before another batch begins. */
static void on_begun(void *context, enum err e)
{
    struct builder *b = context;
    struct index_build *build = NULL;

    if (!e)
        e = index_build_open(b->store, &build);
    pthread_mutex_lock(&b->mutex);
    b->build = build;
    pthread_mutex_unlock(&b->mutex);
    on_step(b, e);
}

/* Have RUN done by the writer, and wait for it. */
static enum err step(struct builder *b, writer_job_run *run,
                     writer_job_done *done)
{
    enum err e;

    b->stepped = 0;
    if ((e = writer_job(b->writer, run, done, b)))
        return e;
    pthread_mutex_lock(&b->mutex);
    while (!b->stepped)
        pthread_cond_wait(&b->wake, &b->mutex);
    e = b->step_error;
    pthread_mutex_unlock(&b->mutex);
    return e;
}

/* Steps of a kind until nothing is left of it. */
static enum err steps(struct builder *b, writer_job_run *run)
{
    enum err e;

    do
        e = is_stopping(b) ? ERR_STOPPING : step(b, run, on_step);
    while (!e && !b->step_done);
    return e;
}

static enum err run_begin(void *context, struct store_batch *batch)
{
    (void)context;
    return index_build_begin(batch);
}

static enum err run_write(void *context, struct store_batch *batch)
{
    struct builder *b = context;

    b->step_done = 0;
    return index_build_write(b->build, batch, WRITE_BYTES, &b->step_done);
}

static enum err run_catch_up(void *context, struct store_batch *batch)
{
    struct builder *b = context;
    enum err e;

    b->step_done = 0;
    e = index_build_catch_up(batch, CATCH_UP_CHANGES, &b->step_done);
    return e || !b->step_done ? e : index_build_switch(batch, b->stamp);
}

static enum err run_sweep(void *context, struct store_batch *batch)
{
    struct builder *b = context;

    b->step_done = 0;
    return index_build_sweep(batch, SWEEP_KEYS, &b->step_done);
}

static enum err run_stamp(void *context, struct store_batch *batch)
{
    return index_stamp_set(batch, ((struct builder *)context)->stamp);
}

/* ---- One build ---------------------------------------------------------- */

static enum err derive(void *context, struct index_build *build,
                       unsigned entity, const struct record *record)
{
    struct builder *b = context;
    void *value = NULL;
    enum err e;

    arena_reset(b->arena);
    if ((e = entity_decode(entity, record, b->arena, &value)))
        return e;
    return postings_build(build, b->reference, b->arena, entity, record->number,
                          value);
}

/* A few records under a view of their own, which keeps the tables: a long one
 * would keep the writer waiting when it changes them. */
static enum err gather_some(struct builder *b, int *done)
{
    struct store_view *view;
    enum err e = store_view_begin(b->store, &view);

    if (e)
        return e;
    b->reference = store_view_reference(view);
    e = index_build_gather(b->build, derive, b, GATHER_RECORDS, done);
    store_view_end(view);
    return e;
}

static enum err gather(struct builder *b)
{
    enum err e = ERR_NONE;
    int done = 0;

    if (!(b->arena = arena_new(ARENA_BYTES)))
        return ERR_NOMEM;
    while (!e && !done)
        e = is_stopping(b) ? ERR_STOPPING : gather_some(b, &done);
    arena_free(b->arena);
    b->arena = NULL;
    return e;
}

static void close_build(struct builder *b)
{
    struct index_build *build;

    pthread_mutex_lock(&b->mutex);
    build = b->build;
    b->build = NULL;
    pthread_mutex_unlock(&b->mutex);
    index_build_close(build);
}

static enum err build(struct builder *b)
{
    enum err e = step(b, run_begin, on_begun);

    if (!e)
        e = gather(b);
    if (!e)
        e = index_build_sort(b->build);
    if (!e)
        e = steps(b, run_write);
    if (!e)
        e = steps(b, run_catch_up);
    close_build(b);
    return e;
}

/* ---- When to build ------------------------------------------------------ */

/* The moment from which on there is something to do, INT64_MAX: never. */
static int64_t due_s(const struct builder *b)
{
    int64_t quiet = b->last_s + QUIET_S, late = b->first_s + WAIT_MAX_S;

    if (b->stopping || b->asked || b->last)
        return 0;
    if (b->retry_s)
        return b->retry_s;
    if (!b->deferred)
        return INT64_MAX;
    return quiet < late ? quiet : late;
}

/* Do rows wait?  A bulk import may have replaced records alone. */
static int is_behind(struct builder *b)
{
    struct store_view *view;
    int behind = 0;

    if (!store_view_begin(b->store, &view)) {
        behind = index_deferred(view) != 0;
        store_view_end(view);
    }
    return behind;
}

/* Wait until there may be something to build; 0 at the end.  *ASKED: there
 * is. */
static int await(struct builder *b, int *asked)
{
    int64_t due;
    int stopping;

    pthread_mutex_lock(&b->mutex);
    while ((due = due_s(b)) > now_s()) {
        struct timespec until = {due, 0};

        if (due == INT64_MAX)
            pthread_cond_wait(&b->wake, &b->mutex);
        else
            pthread_cond_timedwait(&b->wake, &b->mutex, &until);
    }
    /* What is heard from now on is for the next. */
    *asked = b->asked || b->retry_s;
    b->asked = b->last = b->deferred = 0;
    b->retry_s = 0;
    stopping = b->stopping;
    pthread_mutex_unlock(&b->mutex);
    return !stopping;
}

static void set_building(struct builder *b)
{
    pthread_mutex_lock(&b->mutex);
    b->facts.building = 1;
    pthread_mutex_unlock(&b->mutex);
}

static void end(struct builder *b, enum err e)
{
    pthread_mutex_lock(&b->mutex);
    b->facts.building = 0;
    b->facts.failed = e;
    if (!e)
        b->facts.stale = 0;
    else
        b->retry_s = now_s() + RETRY_S;
    pthread_mutex_unlock(&b->mutex);
    if (!e)
        log_line(LOG_INFO, "index rebuilt");
    else if (e != ERR_STOPPING)
        log_line(LOG_ERROR, "rebuild of the index stopped: %s", err_text(e));
    b->done(b->context);
}

/* What an earlier daemon left; *EMPTY: a new store, whose index fits any
 * tables.  Called before the thread runs. */
static enum err look(struct builder *b, int *empty)
{
    struct store_facts facts;
    struct store_view *view;
    enum err e = store_view_begin(b->store, &view);

    if (e)
        return e;
    if (!(e = store_stat(view, &facts))) {
        b->stamp = postings_stamp(store_view_reference(view));
        b->facts.stale = index_stamp(view) != b->stamp;
        *empty = b->facts.stale && facts.revision == 0;
        b->facts.stale &= !*empty;
        b->asked = b->facts.stale || facts.rebuilding || index_deferred(view);
    }
    store_view_end(view);
    return e;
}

static void *builder_run(void *context)
{
    struct builder *b = context;
    int asked;

    /* Of a thread alone, on Linux.  Whoever waits for the start waits for the
     * build too: then it has the priority of all. */
    if (!b->facts.stale)
        setpriority(PRIO_PROCESS, 0, NICENESS);
    pthread_mutex_lock(&b->mutex);
    asked = b->asked;
    pthread_mutex_unlock(&b->mutex);
    if (!asked)
        steps(b, run_sweep);
    while (await(b, &asked)) {
        if (!asked && !is_behind(b))
            continue;
        set_building(b);
        end(b, build(b));
        setpriority(PRIO_PROCESS, 0, NICENESS);
        steps(b, run_sweep);
    }
    return NULL;
}

/* ---- The outside -------------------------------------------------------- */

static void destroy(struct builder *b)
{
    pthread_cond_destroy(&b->wake);
    pthread_mutex_destroy(&b->mutex);
    free(b);
}

enum err builder_start(struct store *store, struct writer *writer,
                       builder_done *done, void *context, struct builder **out)
{
    struct builder *b = calloc(1, sizeof *b);
    pthread_condattr_t monotonic;
    int empty = 0;
    enum err e;

    if (!b)
        return ERR_NOMEM;
    b->store = store;
    b->writer = writer;
    b->done = done;
    b->context = context;
    pthread_mutex_init(&b->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&b->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if ((e = look(b, &empty)) || (empty && (e = step(b, run_stamp, on_step))))
        goto destroy;
    if (pthread_create(&b->thread, NULL, builder_run, b)) {
        e = ERR_NOMEM;
        goto destroy;
    }
    *out = b;
    return ERR_NONE;

destroy:
    destroy(b);
    return e;
}

void builder_ask(struct builder *b)
{
    pthread_mutex_lock(&b->mutex);
    b->asked = 1;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->mutex);
}

void builder_heard(struct builder *b, int last)
{
    pthread_mutex_lock(&b->mutex);
    b->last_s = now_s();
    if (!b->deferred)
        b->first_s = b->last_s;
    b->deferred = 1;
    b->last |= last;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->mutex);
}

void builder_stat(struct builder *b, struct builder_facts *out)
{
    pthread_mutex_lock(&b->mutex);
    *out = b->facts;
    if (b->build)
        index_build_progress(b->build, &out->progress);
    pthread_mutex_unlock(&b->mutex);
}

void builder_stop(struct builder *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->mutex);
    b->stopping = 1;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->mutex);
    pthread_join(b->thread, NULL);
    destroy(b);
}
