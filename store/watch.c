/*
 * What goes wrong slowly: snapshots held for long, behind which no page of the
 * file is used again, so that it grows; and a disk that fills up.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "store/private.h"

/* A view and a foreign reader are told of when they are so old. */
#define VIEW_S 5
#define FOREIGN_S 60
/* Past the one the disk is told of, below the other it would be again. */
#define CROWDED_PERCENT 80
#define CALM_PERCENT 75

static uint64_t now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec;
}

/* ---- Our own ------------------------------------------------------------- */

void store_view_hold(struct store_view *view)
{
    struct store *store = view->store;

    view->begun_s = now_s();
    view->next = store->held;
    view->at = &store->held;
    if (view->next)
        view->next->at = &view->next;
    store->held = view;
}

void store_view_let_go(struct store_view *view)
{
    *view->at = view->next;
    if (view->next)
        view->next->at = view->at;
    view->spoiled = ERR_NONE;
    view->limit_s = 0;
    view->told = 0;
}

void store_view_limit(struct store_view *view, unsigned seconds)
{
    struct store *store = view->store;

    pthread_mutex_lock(&store->idle_mutex);
    view->limit_s = seconds;
    pthread_mutex_unlock(&store->idle_mutex);
}

/* Who holds a view learns at its next read that it is over. */
static void watch_views(struct store *store, uint64_t now)
{
    unsigned old = 0, ended = 0;

    pthread_mutex_lock(&store->idle_mutex);
    for (struct store_view *v = store->held; v; v = v->next) {
        uint64_t age = now - v->begun_s;

        old += age >= VIEW_S && !v->told;
        v->told |= age >= VIEW_S;
        if (!v->limit_s || age < v->limit_s || v->spoiled)
            continue;
        v->spoiled = ERR_DEADLINE;
        ended++;
    }
    pthread_mutex_unlock(&store->idle_mutex);
    if (old)
        store_log(store, LOG_NOTICE,
                  "store: %u views have been held for %d s: the file may grow "
                  "meanwhile",
                  old, VIEW_S);
    if (ended)
        store_log(store, LOG_WARNING, "store: %u views over their limit ended",
                  ended);
}

/* ---- Other processes' ---------------------------------------------------- */

struct look {
    struct store *store;
    uint64_t now;
    struct store_foreign found[STORE_FOREIGN];
    unsigned n;
};

static const struct store_foreign *seen_before(const struct look *look, int pid,
                                               size_t snapshot)
{
    const struct store_foreign *f = look->store->foreign;

    for (unsigned i = 0; i < STORE_FOREIGN; i++)
        if (f[i].pid == pid && f[i].snapshot == snapshot)
            return &f[i];
    return NULL;
}

/* A line of LMDB's list: process, thread, and a snapshot or a dash. */
static int on_reader(const char *line, void *context)
{
    struct look *look = context;
    struct store_foreign one = {.since_s = look->now};
    const struct store_foreign *before;

    if (sscanf(line, "%d %*s %zu", &one.pid, &one.snapshot) != 2 ||
        one.pid == (int)getpid() || look->n == STORE_FOREIGN)
        return 0;
    if ((before = seen_before(look, one.pid, one.snapshot)))
        one = *before;
    if (!one.told && look->now - one.since_s >= FOREIGN_S) {
        one.told = 1;
        store_log(look->store, LOG_WARNING,
                  "store: process %d has read one snapshot for %d s: the file "
                  "may grow meanwhile",
                  one.pid, FOREIGN_S);
    }
    look->found[look->n++] = one;
    return 0;
}

/* ---- The disk ------------------------------------------------------------ */

static void watch_disk(struct store *store, uint64_t used)
{
    unsigned percent = store_disk_percent(store, used);

    if (percent >= CROWDED_PERCENT && !store->crowded)
        store_log(store, LOG_WARNING,
                  "store: %u %% of what the disk could give it: make room; a "
                  "compaction needs as much again",
                  percent);
    if (percent >= CROWDED_PERCENT)
        store->crowded = 1;
    else if (percent < CALM_PERCENT)
        store->crowded = 0;
}

void store_watch(struct store *store)
{
    struct look look = {.store = store, .now = now_s()};
    MDB_envinfo info = {0};
    MDB_stat stat = {0};

    watch_views(store, look.now);
    pthread_rwlock_rdlock(&store->swap);
    if (!store->unmapped) {
        mdb_reader_list(store->env.env, on_reader, &look);
        mdb_env_info(store->env.env, &info);
        mdb_env_stat(store->env.env, &stat);
    }
    pthread_rwlock_unlock(&store->swap);
    memcpy(store->foreign, look.found, sizeof store->foreign);
    watch_disk(store, (info.me_last_pgno + 1) * stat.ms_psize);
}
