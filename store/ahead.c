/*
 * Reading ahead: what the start itself reads (keys), then the pages that any
 * match may touch (pages of heads, blocks, side rows) are asked of the disk in
 * large pieces and mapped, on a thread of its own; then the whole file, when
 * memory has room for it.  A store that has just been opened would else read
 * them one by one, each when somebody waits for it.
 *
 * The kernel's own reading ahead is switched off for such a map: it brings
 * megabytes round each record that is looked up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/private.h"

/* Pages of Linux 5.14 on; older ones are only asked for. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
/* Runs this near to each other are read as one. */
#define GAP_BYTES ((size_t)128 << 10)
/* Two of these are asked of the disk at a time: enough to keep it busy, and
 * whoever is answered meanwhile waits for no more than that. */
#define PIECE_BYTES ((size_t)4 << 20)

struct store_ahead {
    struct store *store;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t done;
    int over;
    atomic_int stopping;
    char file[PATH_MAX];
};

/* Neighbours in the file, so far, and the piece before them that was asked
 * for. */
struct run {
    struct store_ahead *ahead;
    uintptr_t begin;
    uintptr_t end;
    uintptr_t asked;
    size_t asked_bytes;
};

/* Ask for a piece, then wait for the one before.  What the kernel does not
 * know how to do is not done. */
static void run_piece(struct run *run, uintptr_t at, size_t bytes)
{
    if (bytes)
        (void)madvise((void *)at, bytes, MADV_WILLNEED);
    if (run->asked_bytes)
        (void)madvise((void *)run->asked, run->asked_bytes, MADV_POPULATE_READ);
    run->asked = at;
    run->asked_bytes = bytes;
}

static void run_flush(struct run *run)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
    uintptr_t at = run->begin & ~page, end = (run->end + page) & ~page;

    while (at < end && !run->ahead->stopping) {
        size_t piece = end - at < PIECE_BYTES ? end - at : PIECE_BYTES;

        run_piece(run, at, piece);
        at += piece;
    }
    run->begin = run->end = 0;
}

static void run_add(struct run *run, const MDB_val *value)
{
    uintptr_t at = (uintptr_t)value->mv_data, end = at + value->mv_size;

    if (run->end && at + GAP_BYTES >= run->begin &&
        at <= run->end + GAP_BYTES) {
        if (at < run->begin)
            run->begin = at;
        if (end > run->end)
            run->end = end;
        return;
    }
    run_flush(run);
    run->begin = at;
    run->end = end;
}

/* The keys lead to the values; no value is looked at.  A view for each: long
 * ones keep others waiting. */
static void walk(struct store_ahead *ahead, enum store_db db)
{
    struct run run = {.ahead = ahead};
    struct store_view *view;
    MDB_cursor *cursor;
    MDB_val key, value;

    if (ahead->stopping || store_view_begin(ahead->store, &view))
        return;
    if (!store_cursor(view, db, &cursor)) {
        while (!ahead->stopping &&
               !mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
            run_add(&run, &value);
        mdb_cursor_close(cursor);
        run_flush(&run);
        run_piece(&run, 0, 0);
    }
    store_view_end(view);
}

/* The last byte of a piece comes when all of it has. */
static void wait_piece(int fd, off_t end)
{
    char byte;

    if (end > 0 && pread(fd, &byte, 1, end - 1) < 0)
        return;
}

/* What is read beside the index: records, ids. */
static void walk_file(struct store_ahead *ahead)
{
    uint64_t memory =
        (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    struct stat st;
    int fd = open(ahead->file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (!fstat(fd, &st) && (uint64_t)st.st_size <= memory / 2)
        for (off_t at = 0; at < st.st_size && !ahead->stopping;
             at += (off_t)PIECE_BYTES) {
            (void)readahead(fd, at, PIECE_BYTES);
            wait_piece(fd, at);
        }
    close(fd);
}

static void *ahead_run(void *context)
{
    static const enum store_db dbs[] = {DB_KEYS, DB_HEADS, DB_INDEX, DB_SIDE};
    struct store_ahead *ahead = context;

    for (size_t i = 0; i < sizeof dbs / sizeof *dbs; i++)
        walk(ahead, dbs[i]);
    pthread_mutex_lock(&ahead->mutex);
    ahead->over = 1;
    pthread_cond_signal(&ahead->done);
    pthread_mutex_unlock(&ahead->mutex);
    walk_file(ahead);
    return NULL;
}

/* Of the environment as it is now: it may be another when it is read. */
static int file_name(const struct store *store, char out[PATH_MAX])
{
    char env[PATH_MAX];

    return store_path(env, store->dir, store->marker.env) &&
           store_path(out, env, "data.mdb");
}

static void ahead_free(struct store_ahead *ahead)
{
    pthread_cond_destroy(&ahead->done);
    pthread_mutex_destroy(&ahead->mutex);
    free(ahead);
}

enum err store_ahead_begin(struct store *store)
{
    struct store_ahead *ahead = calloc(1, sizeof *ahead);
    pthread_condattr_t monotonic;

    if (!ahead)
        return ERR_NOMEM;
    ahead->store = store;
    pthread_mutex_init(&ahead->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ahead->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!file_name(store, ahead->file) ||
        pthread_create(&ahead->thread, NULL, ahead_run, ahead)) {
        ahead_free(ahead);
        return ERR_NOMEM;
    }
    store->ahead = ahead;
    return ERR_NONE;
}

void store_ahead_end(struct store *store)
{
    struct store_ahead *ahead = store->ahead;

    if (!ahead)
        return;
    store->ahead = NULL;
    ahead->stopping = 1;
    pthread_join(ahead->thread, NULL);
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
    while (!ahead->over && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&ahead->done, &ahead->mutex, &until);
    over = ahead->over;
    pthread_mutex_unlock(&ahead->mutex);
    return over;
}
