/*
 * Rows that a build gathers: each sort of them in a file of its own in the
 * store's directory, already unlinked, so that whatever happens nothing of
 * it stays.  Written through a buffer, then mapped: the memory is the page
 * cache's and the daemon's own stays small.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/build_parts.h"
#include "store/spare.h"

#define ROWS_BUFFER ((size_t)128 * 1024)
#define ROWS_FILE "rows"

static enum err file_open(struct store *store, int *out)
{
    char path[PATH_MAX];
    int fd;

    if (!store_path(path, store->dir, ROWS_FILE))
        return store_error(store, ENAMETOOLONG, store->dir);
    unlink(path); /* of a daemon that died between the two lines below */
    fd = spare_open(path, O_RDWR | O_CREAT | O_EXCL);
    if (fd < 0 || unlink(path) != 0) {
        int rc = errno;

        if (fd >= 0)
            close(fd);
        return store_error(store, rc, path);
    }
    *out = fd;
    return ERR_NONE;
}

enum err rows_open(struct rows *rows, struct store *store, size_t size)
{
    *rows = (struct rows){.store = store, .fd = -1, .size = size};
    if (!(rows->buffer = calloc(1, ROWS_BUFFER)))
        return ERR_NOMEM;
    return file_open(store, &rows->fd);
}

void rows_close(struct rows *rows)
{
    if (rows->map)
        munmap(rows->map, rows->n * rows->size);
    free(rows->buffer);
    if (rows->fd >= 0)
        close(rows->fd);
    *rows = (struct rows){.fd = -1};
}

static enum err rows_flush(struct rows *rows)
{
    const unsigned char *at = rows->buffer;

    while (rows->filled > 0) {
        ssize_t n = write(rows->fd, at, rows->filled);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return store_error(rows->store, n < 0 ? errno : ENOSPC,
                               "gathering rows");
        at += n;
        rows->filled -= (size_t)n;
    }
    return ERR_NONE;
}

enum err rows_add(struct rows *rows, void **out)
{
    enum err e;

    if (rows->filled + rows->size > ROWS_BUFFER && (e = rows_flush(rows)))
        return e;
    *out = rows->buffer + rows->filled;
    rows->filled += rows->size;
    rows->n++;
    return ERR_NONE;
}

static enum err map(struct rows *rows)
{
    void *at;

    if (rows->n == 0)
        return ERR_NONE;
    at = mmap(NULL, rows->n * rows->size, PROT_READ | PROT_WRITE, MAP_SHARED,
              rows->fd, 0);
    if (at == MAP_FAILED)
        return store_error(rows->store, errno, "mapping rows");
    rows->map = at;
    return ERR_NONE;
}

enum err rows_map(struct rows *rows)
{
    enum err e = rows_flush(rows);

    if (e)
        return e;
    free(rows->buffer);
    rows->buffer = NULL;
    return map(rows);
}

enum err rows_like(struct rows *rows, const struct rows *other)
{
    enum err e;
    int rc;

    *rows = (struct rows){
        .store = other->store, .fd = -1, .size = other->size, .n = other->n};
    if ((e = file_open(rows->store, &rows->fd)) || rows->n == 0)
        return e;
    /* A full disk is an error here; in the map it would be a signal. */
    rc = posix_fallocate(rows->fd, 0, (off_t)(rows->n * rows->size));
    return rc ? store_error(rows->store, rc, "sorting rows") : map(rows);
}
