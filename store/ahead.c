/*
 * Reading ahead: what the start itself reads (keys), then the pages that any
 * match may touch (pages of heads, blocks, side rows, the records of all but
 * the many) are brought into memory and mapped, on threads of their own; then
 * the whole file, when memory has room for it.  A store that has just been
 * opened would else read them one by one, each when somebody waits for it.
 *
 * They come in units of 2 MiB, which Linux may keep and map as one page: that
 * is faster to read, and rows that lie all over an array are found without a
 * walk through page tables.  The kernel's own reading ahead is switched off
 * for such a map: it brings megabytes round each record that is looked up.
 *
 * All of it is advice.  What the kernel does not know how to do is not done.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "store/private.h"

/* Pages of Linux 5.14 on; older ones are only asked for. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#define UNIT ((uintptr_t)2 << 20)
/* One thread does not keep a disk busy. */
#define THREADS 2
/* Records of an entity with at most so many are looked up often: every
 * question about a lot begins with its market. */
#define RECORDS_FEW 500000
/* Between two units of the rest, so that whoever is answered meanwhile has the
 * disk for himself nearly all the time: 100 MiB a second. */
#define REST_NS 20000000

struct store_ahead {
    struct store *store;
    pthread_t threads[THREADS];
    pthread_mutex_t mutex;
    pthread_cond_t done;
    unsigned running;   /* threads that have not walked all */
    atomic_uint next;   /* the walk that is taken next */
    atomic_uchar *read; /* by unit: somebody reads it, or has */
    size_t units;       /* of the map as it was at the beginning */
    atomic_int stopping;
};

/* ---- The map ------------------------------------------------------------ */

struct map {
    uintptr_t begin;
    size_t bytes; /* that are used */
};

/* The map while VIEW lasts.  A page in which LMDB keeps nodes begins with its
 * own number. */
static enum err map_of(struct store_view *view, struct map *out)
{
    struct slice key, value;
    MDB_envinfo info;
    MDB_stat stat;
    uintptr_t page;
    size_t number;
    enum err e;

    if ((e = store_seek(view, DB_META, SLICE("s"), &key, &value)))
        return e;
    mdb_env_info(view->store->env.env, &info);
    mdb_env_stat(view->store->env.env, &stat);
    page = (uintptr_t)key.data / stat.ms_psize * stat.ms_psize;
    memcpy(&number, (const void *)page, sizeof number);
    out->begin = page - number * stat.ms_psize;
    out->bytes = (info.me_last_pgno + 1) * stat.ms_psize;
    return ERR_NONE;
}

/* From now on whoever misses a page waits for its unit, or for it alone. */
static void map_advise(struct store *store, int advice)
{
    struct store_view *view;
    struct map map;

    if (store_view_begin(store, &view))
        return;
    if (!map_of(view, &map))
        (void)madvise((void *)map.begin, map.bytes, advice);
    store_view_end(view);
}

/* Read and map a unit, unless somebody has. */
static void unit_read(struct store_ahead *ahead, const struct map *map,
                      size_t at)
{
    size_t rest = map->bytes - at * UNIT;
    void *unit = (void *)(map->begin + at * UNIT);

    if (at >= ahead->units || at * UNIT >= map->bytes ||
        atomic_exchange(&ahead->read[at], 1))
        return;
    if (rest > UNIT)
        rest = UNIT;
    if (madvise(unit, rest, MADV_POPULATE_READ))
        (void)madvise(unit, rest, MADV_WILLNEED);
}

/* ---- Walks -------------------------------------------------------------- */

struct walk {
    struct store_ahead *ahead;
    struct map map;
    MDB_cursor *cursor;
};

/* The keys lead to the values; no value is looked at.  PREFIX is where it
 * begins and what all keys begin with.  Whoever needs the map for himself does
 * not wait for advice: the walk is over. */
static void walk_cursor(struct walk *w, struct slice prefix)
{
    MDB_val key = store_val(prefix), value;
    int rc = mdb_cursor_get(w->cursor, &key, &value,
                            prefix.len ? MDB_SET_RANGE : MDB_FIRST);

    while (!rc && !w->ahead->stopping && !store_wants_views(w->ahead->store) &&
           key.mv_size >= prefix.len &&
           memcmp(key.mv_data, prefix.data, prefix.len) == 0) {
        size_t at = (uintptr_t)value.mv_data - w->map.begin;

        unit_read(w->ahead, &w->map, at / UNIT);
        unit_read(w->ahead, &w->map, (at + value.mv_size - 1) / UNIT);
        rc = mdb_cursor_get(w->cursor, &key, &value, MDB_NEXT);
    }
}

static void walk_few(struct walk *w, const struct store_state *state)
{
    for (unsigned i = 0; i < STORE_ENTITIES; i++) {
        char entity = (char)i;

        if (state->records[i] && state->records[i] <= RECORDS_FEW)
            walk_cursor(w, (struct slice){&entity, 1});
    }
}

/* What is walked, the most first; of records and ids, those of the few. */
static const struct {
    enum store_db db;
    int few;
} walks[] = {{DB_SIDE, 0},  {DB_KEYS, 0}, {DB_HEADS, 0},
             {DB_INDEX, 0}, {DB_IDS, 1},  {DB_RECORDS, 1}};
#define WALKS (sizeof walks / sizeof *walks)

/* A view for each: long ones keep others waiting. */
static void walk(struct store_ahead *ahead, size_t which)
{
    struct walk w = {.ahead = ahead};
    struct store_view *view;

    if (store_view_begin(ahead->store, &view))
        return;
    if (!map_of(view, &w.map) &&
        !store_cursor(view, walks[which].db, &w.cursor)) {
        if (walks[which].few)
            walk_few(&w, &view->state);
        else
            walk_cursor(&w, (struct slice){"", 0});
        mdb_cursor_close(w.cursor);
    }
    store_view_end(view);
}

/* ---- The rest of the file ----------------------------------------------- */

/* The unit comes as one page, but a page that is missed beside it does not. */
static void rest_read(struct store_ahead *ahead, size_t at)
{
    struct store_view *view;
    struct map map;

    if (store_view_begin(ahead->store, &view))
        return;
    if (!map_of(view, &map) && at * UNIT < map.bytes) {
        void *unit = (void *)(map.begin + at * UNIT);

        (void)madvise(unit, UNIT, MADV_HUGEPAGE);
        unit_read(ahead, &map, at);
        (void)madvise(unit, UNIT, MADV_NOHUGEPAGE);
    }
    store_view_end(view);
}

static void read_rest(struct store_ahead *ahead)
{
    const struct timespec pause = {0, REST_NS};
    uint64_t memory =
        (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

    if (ahead->units * UNIT > memory / 2)
        return;
    for (size_t at = 0; at < ahead->units && !ahead->stopping; at++)
        if (!ahead->read[at]) {
            rest_read(ahead, at);
            nanosleep(&pause, NULL);
        }
}

/* ---- Threads ------------------------------------------------------------ */

/* Is it the last? */
static int walked(struct store_ahead *ahead)
{
    int last;

    pthread_mutex_lock(&ahead->mutex);
    if ((last = --ahead->running == 0))
        pthread_cond_signal(&ahead->done);
    pthread_mutex_unlock(&ahead->mutex);
    return last;
}

static void *ahead_run(void *context)
{
    struct store_ahead *ahead = context;
    size_t which;

    while (!ahead->stopping && (which = ahead->next++) < WALKS)
        walk(ahead, which);
    if (walked(ahead)) {
        map_advise(ahead->store, MADV_NOHUGEPAGE);
        read_rest(ahead);
    }
    return NULL;
}

static void ahead_free(struct store_ahead *ahead)
{
    pthread_cond_destroy(&ahead->done);
    pthread_mutex_destroy(&ahead->mutex);
    free(ahead->read);
    free(ahead);
}

static struct store_ahead *ahead_new(struct store *store, size_t bytes)
{
    struct store_ahead *ahead = calloc(1, sizeof *ahead);
    pthread_condattr_t monotonic;

    if (!ahead)
        return NULL;
    ahead->store = store;
    ahead->units = (bytes + UNIT - 1) / UNIT;
    if (!(ahead->read = calloc(ahead->units, 1))) {
        free(ahead);
        return NULL;
    }
    pthread_mutex_init(&ahead->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ahead->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return ahead;
}

enum err store_ahead_begin(struct store *store)
{
    struct store_ahead *ahead;
    MDB_envinfo info;
    MDB_stat stat;

    mdb_env_info(store->env.env, &info);
    mdb_env_stat(store->env.env, &stat);
    ahead = ahead_new(store, (info.me_last_pgno + 1) * stat.ms_psize);
    if (!ahead)
        return ERR_NOMEM;
    map_advise(store, MADV_HUGEPAGE);
    store->ahead = ahead;
    ahead->running = THREADS;
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&ahead->threads[i], NULL, ahead_run, ahead)) {
            ahead->stopping = 1;
            while (i--)
                pthread_join(ahead->threads[i], NULL);
            store->ahead = NULL;
            ahead_free(ahead);
            return ERR_NOMEM;
        }
    return ERR_NONE;
}

void store_ahead_end(struct store *store)
{
    struct store_ahead *ahead = store->ahead;

    if (!ahead)
        return;
    store->ahead = NULL;
    ahead->stopping = 1;
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(ahead->threads[i], NULL);
    ahead_free(ahead);
}

int store_ahead_wait(struct store *store, unsigned ms)
{
    struct store_ahead *ahead = store->ahead;
    struct timespec until;
    int rc = 0, over;

    if (!ahead)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&ahead->mutex);
    while (ahead->running && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&ahead->done, &ahead->mutex, &until);
    over = ahead->running == 0;
    pthread_mutex_unlock(&ahead->mutex);
    return over;
}
