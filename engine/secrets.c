/*
 * A key is written whole under another name and linked into its place, so
 * that nobody ever reads a part of one, nor replaces one that is in use.
 */
#include "engine/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/spare.h"

static int path_of(char out[PATH_MAX], const char *dir, const char *name,
                   const char *end)
{
    int n = snprintf(out, PATH_MAX, "%s/%s%s", dir, name, end);

    return n > 0 && n < PATH_MAX;
}

static enum err read_key(const char *path, unsigned char out[SECRET_BYTES])
{
    unsigned char bytes[SECRET_BYTES + 1];
    struct stat about;
    ssize_t n;
    int fd = spare_open(path, O_RDONLY);

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE_IO;
    if (fstat(fd, &about) || (about.st_mode & (S_IRWXG | S_IRWXO))) {
        close(fd);
        return ERR_FORBIDDEN;
    }
    n = read(fd, bytes, sizeof bytes);
    close(fd);
    if (n == SECRET_BYTES)
        memcpy(out, bytes, SECRET_BYTES);
    explicit_bzero(bytes, sizeof bytes);
    if (n < 0)
        return ERR_STORE_IO;
    return n == SECRET_BYTES ? ERR_NONE : ERR_STORE_CORRUPT;
}

/* What happened to names in DIR stays so after a power cut. */
static int sync_dir(const char *dir)
{
    int fd = spare_open(dir, O_RDONLY | O_DIRECTORY);
    int rc = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        close(fd);
    return rc;
}

static int write_whole(int fd, const unsigned char bytes[SECRET_BYTES])
{
    return write(fd, bytes, SECRET_BYTES) == SECRET_BYTES && !fsync(fd);
}

static int make_file(char draft[PATH_MAX])
{
    int fd;

    spare_begin();
    fd = mkostemp(draft, O_CLOEXEC);
    spare_end();
    return fd;
}

/* Whoever makes the same key at the same time wins: then it is read. */
static enum err make_key(const char *dir, const char *name, const char *path)
{
    unsigned char bytes[SECRET_BYTES];
    char draft[PATH_MAX];
    int fd, good;

    if (!path_of(draft, dir, name, ".XXXXXX"))
        return ERR_STORE_IO;
    if ((mkdir(dir, 0700) && errno != EEXIST) ||
        getrandom(bytes, sizeof bytes, 0) != sizeof bytes ||
        (fd = make_file(draft)) < 0)
        return ERR_STORE_IO;
    good = write_whole(fd, bytes);
    explicit_bzero(bytes, sizeof bytes);
    close(fd);
    good = good && (!link(draft, path) || errno == EEXIST);
    unlink(draft);
    return good && !sync_dir(dir) ? ERR_NONE : ERR_STORE_IO;
}

enum err secret_key(const char *dir, const char *name, int create,
                    unsigned char out[SECRET_BYTES])
{
    char path[PATH_MAX];
    enum err e;

    if (!path_of(path, dir, name, ""))
        return ERR_STORE_IO;
    e = read_key(path, out);
    if (e != ERR_NOT_FOUND || !create)
        return e;
    return (e = make_key(dir, name, path)) ? e : read_key(path, out);
}

enum err secret_forget(const char *dir, const char *name)
{
    static const unsigned char nothing[SECRET_BYTES];
    char path[PATH_MAX];
    int fd, good;

    if (!path_of(path, dir, name, ""))
        return ERR_STORE_IO;
    if ((fd = spare_open(path, O_WRONLY)) < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE_IO;
    good = write_whole(fd, nothing);
    close(fd);
    return !unlink(path) && good && !sync_dir(dir) ? ERR_NONE : ERR_STORE_IO;
}
