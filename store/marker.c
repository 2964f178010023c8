/*
 * The marker: the text file that makes a directory a store.  It is replaced
 * whole or not at all, and read back only as it would be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/private.h"
#include "store/spare.h"

#define MARKER_MAGIC "claused store\n"
#define MARKER_BYTES 256

static int marker_text(char text[MARKER_BYTES],
                       const struct store_marker *marker)
{
    return snprintf(text, MARKER_BYTES,
                    MARKER_MAGIC "schema %u\nuuid %s\nenv %s\n", marker->schema,
                    marker->uuid, marker->env);
}

/* The schema is judged before the rest, which a newer one may have changed.
 * Everything else must read exactly as we would write it. */
static enum err marker_parse(const char *text, struct store_marker *out,
                             unsigned *schema)
{
    struct store_marker marker = {0};
    char again[MARKER_BYTES];

    if (sscanf(text, MARKER_MAGIC "schema %9u", &marker.schema) != 1 ||
        strncmp(text, MARKER_MAGIC, sizeof MARKER_MAGIC - 1) != 0)
        return ERR_STORE_FOREIGN;
    *schema = marker.schema;
    if (marker.schema > STORE_SCHEMA ||
        (marker.schema && marker.schema < STORE_SCHEMA_OLDEST))
        return ERR_STORE_SCHEMA;
    if (sscanf(text, MARKER_MAGIC "schema %9u uuid %36s env %23s",
               &marker.schema, marker.uuid, marker.env) != 3 ||
        !marker.schema || !store_dir_is_env(marker.env))
        return ERR_STORE_CORRUPT;
    marker_text(again, &marker);
    if (strcmp(text, again) != 0)
        return ERR_STORE_CORRUPT;
    *out = marker;
    return ERR_NONE;
}

static ssize_t read_file(const char *path, char *text, size_t size)
{
    int fd = spare_open(path, O_RDONLY);
    ssize_t n;

    if (fd < 0)
        return -1;
    n = read(fd, text, size);
    close(fd);
    return n;
}

enum err store_marker_read(struct store *store, const char *dir,
                           struct store_marker *out)
{
    char path[PATH_MAX];
    char text[MARKER_BYTES];
    unsigned schema = STORE_SCHEMA;
    ssize_t n;
    enum err e;

    if (!store_path(path, dir, STORE_MARKER))
        return store_error(store, ENAMETOOLONG, dir);
    n = read_file(path, text, sizeof text - 1);
    if (n < 0 && errno != ENOENT && errno != ENOTDIR)
        return store_error(store, errno, path);
    text[n > 0 ? n : 0] = '\0';
    e = n > 0 && !memchr(text, '\0', (size_t)n)
            ? marker_parse(text, out, &schema)
            : ERR_STORE_FOREIGN;
    if (e == ERR_STORE_SCHEMA && schema < STORE_SCHEMA_OLDEST)
        store_log(store, LOG_ERR,
                  "store: %s: schema %u is older than what this version reads "
                  "(%d and later): export with the old version, import with "
                  "this one",
                  path, schema, STORE_SCHEMA_OLDEST);
    else if (e)
        store_log(store, LOG_ERR, "store: %s: %s%s", path, err_text(e),
                  n < 0 ? " (--init creates one)" : "");
    return e;
}

static int write_file(const char *path, const char *text, size_t size)
{
    int fd = spare_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    ssize_t n;
    int rc;

    if (fd < 0)
        return errno;
    n = write(fd, text, size);
    rc = n == (ssize_t)size ? 0 : n < 0 ? errno : ENOSPC;
    if (!rc && fsync(fd) != 0)
        rc = errno;
    if (close(fd) != 0 && !rc)
        rc = errno;
    return rc;
}

enum err store_marker_write(struct store *store, const char *dir,
                            const struct store_marker *marker)
{
    char path[PATH_MAX], new[PATH_MAX];
    char text[MARKER_BYTES];
    int size = marker_text(text, marker);
    int rc;

    if (!store_path(path, dir, STORE_MARKER) ||
        !store_path(new, dir, STORE_MARKER_NEW))
        return store_error(store, ENAMETOOLONG, dir);
    rc = write_file(new, text, (size_t)size);
    if (!rc && rename(new, path) != 0)
        rc = errno;
    if (rc) {
        unlink(new);
        return store_error(store, rc, path);
    }
    return store_dir_sync(store, dir);
}
