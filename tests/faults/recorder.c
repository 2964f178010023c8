/*
 * LD_PRELOAD: every change of a file below $RECORD_DIR goes into $RECORD_FILE
 * in the order in which it was made, so that powercut.py can build what a
 * power cut at any moment would have left.
 *
 * A write is recorded before it is made, the end of a sync after it: what
 * stands before the record of a sync's beginning is on disk once its end is
 * recorded, everything else may be lost.  A write through a descriptor of
 * O_DSYNC is on disk when its own end is recorded.  Locks and what is only
 * mapped are left out; a restart makes them anew.
 *
 * $RECORD_SYNC_US: so long each sync takes longer, as on a disk.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    KIND_OPEN = 1, /* of a file that was not there: data = path */
    KIND_WRITE,    /* at = offset, data */
    KIND_WROTE,    /* the file's last write is on disk */
    KIND_SYNC,
    KIND_SYNCED,
    KIND_TRUNCATE, /* at = size */
    KIND_RENAME,   /* data = from, 0, to */
    KIND_UNLINK,   /* data = path */
    KIND_MKDIR,
    KIND_RMDIR,
    KIND_DIRSYNC, /* data = path */
};

struct entry {
    uint32_t kind;
    uint32_t len;
    uint64_t file; /* inode */
    uint64_t at;
};

#define FDS 4096

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *dir;
static int out = -1;
static struct {
    uint64_t file;
    int recorded;
    int dsync;
    char *folder; /* a directory's path */
} fds[FDS];

/* The function behind ours: POSIX wants the cast that ISO C forbids. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("RECORD_FILE");

    dir = getenv("RECORD_DIR");
    if (dir && file)
        out = REAL(open)(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int below(const char *path)
{
    size_t n = dir ? strlen(dir) : 0;

    return out >= 0 && n && !strncmp(path, dir, n) &&
           (path[n] == '/' || !path[n]) && !strstr(path, "/lock");
}

/* The parts of IOV are one entry; one write, so that whoever looks at the
 * length of the file finds whole entries. */
static void record(uint32_t kind, uint64_t file, uint64_t at,
                   const struct iovec *iov, int parts)
{
    struct entry entry = {kind, 0, file, at};
    struct iovec all[IOV_MAX];

    for (int i = 0; i < parts && i < IOV_MAX - 1; i++) {
        entry.len += (uint32_t)iov[i].iov_len;
        all[i + 1] = iov[i];
    }
    all[0] = (struct iovec){&entry, sizeof entry};
    pthread_mutex_lock(&mutex);
    if (REAL(writev)(out, all, parts + 1) !=
        (ssize_t)(sizeof entry + entry.len))
        abort();
    pthread_mutex_unlock(&mutex);
}

static void record_text(uint32_t kind, uint64_t file, const char *text)
{
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};

    record(kind, file, 0, &iov, 1);
}

static int known(int fd)
{
    return fd >= 0 && fd < FDS && fds[fd].recorded;
}

/* ---- Names -------------------------------------------------------------- */

static void opened(int fd, const char *path, int flags, int fresh)
{
    struct stat st;

    if (fd < 0 || fd >= FDS || fstat(fd, &st) != 0)
        return;
    fds[fd].file = st.st_ino;
    fds[fd].recorded = 1;
    fds[fd].dsync = (flags & O_DSYNC) == O_DSYNC;
    fds[fd].folder = S_ISDIR(st.st_mode) ? strdup(path) : NULL;
    if (fresh)
        record_text(KIND_OPEN, st.st_ino, path);
    else if (flags & O_TRUNC)
        record(KIND_TRUNCATE, st.st_ino, 0, NULL, 0);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;
    int fresh, fd;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (!below(path))
        return REAL(open)(path, flags, mode);
    fresh = access(path, F_OK) != 0;
    fd = REAL(open)(path, flags, mode);
    opened(fd, path, flags, fresh);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open(path, flags, mode);
}

int close(int fd)
{
    if (known(fd)) {
        free(fds[fd].folder);
        fds[fd].recorded = 0;
    }
    return REAL(close)(fd);
}

int rename(const char *from, const char *to)
{
    struct iovec iov[2] = {{(void *)(uintptr_t)from, strlen(from) + 1},
                           {(void *)(uintptr_t)to, strlen(to)}};

    if (below(from))
        record(KIND_RENAME, 0, 0, iov, 2);
    return REAL(rename)(from, to);
}

int unlink(const char *path)
{
    if (below(path) && access(path, F_OK) == 0)
        record_text(KIND_UNLINK, 0, path);
    return REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode)
{
    int rc = REAL(mkdir)(path, mode);

    if (!rc && below(path))
        record_text(KIND_MKDIR, 0, path);
    return rc;
}

int rmdir(const char *path)
{
    int rc = REAL(rmdir)(path);

    if (!rc && below(path))
        record_text(KIND_RMDIR, 0, path);
    return rc;
}

/* ---- Bytes -------------------------------------------------------------- */

static void before(int fd, off_t at, const struct iovec *iov, int parts)
{
    if (known(fd))
        record(KIND_WRITE, fds[fd].file, (uint64_t)at, iov, parts);
}

static ssize_t after(int fd, ssize_t n)
{
    if (known(fd) && fds[fd].dsync && n >= 0)
        record(KIND_WROTE, fds[fd].file, 0, NULL, 0);
    return n;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    struct iovec iov = {(void *)(uintptr_t)data, len};

    before(fd, at, &iov, 1);
    return after(fd, REAL(pwrite)(fd, data, len, at));
}

ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
    return pwrite(fd, data, len, at);
}

ssize_t pwritev(int fd, const struct iovec *iov, int parts, off_t at)
{
    before(fd, at, iov, parts);
    return after(fd, REAL(pwritev)(fd, iov, parts, at));
}

ssize_t writev(int fd, const struct iovec *iov, int parts)
{
    if (known(fd))
        before(fd, lseek(fd, 0, SEEK_CUR), iov, parts);
    return after(fd, REAL(writev)(fd, iov, parts));
}

ssize_t write(int fd, const void *data, size_t len)
{
    struct iovec iov = {(void *)(uintptr_t)data, len};

    if (known(fd))
        before(fd, lseek(fd, 0, SEEK_CUR), &iov, 1);
    return after(fd, REAL(write)(fd, data, len));
}

int ftruncate(int fd, off_t size)
{
    if (known(fd))
        record(KIND_TRUNCATE, fds[fd].file, (uint64_t)size, NULL, 0);
    return REAL(ftruncate)(fd, size);
}

int posix_fallocate(int fd, off_t at, off_t len)
{
    struct stat st;

    if (known(fd) && fstat(fd, &st) == 0 && st.st_size < at + len)
        record(KIND_TRUNCATE, fds[fd].file, (uint64_t)(at + len), NULL, 0);
    return REAL(posix_fallocate)(fd, at, len);
}

/* ---- Syncs -------------------------------------------------------------- */

static void slow_down(void)
{
    const char *text = getenv("RECORD_SYNC_US");

    if (text)
        usleep((useconds_t)strtoul(text, NULL, 10));
}

static int synced(int fd, int (*sync)(int))
{
    int rc;

    if (!known(fd))
        return sync(fd);
    if (!fds[fd].folder)
        record(KIND_SYNC, fds[fd].file, 0, NULL, 0);
    slow_down();
    if (!(rc = sync(fd)) && fds[fd].folder)
        record_text(KIND_DIRSYNC, fds[fd].file, fds[fd].folder);
    else if (!rc)
        record(KIND_SYNCED, fds[fd].file, 0, NULL, 0);
    return rc;
}

int fdatasync(int fd)
{
    return synced(fd, REAL(fdatasync));
}

int fsync(int fd)
{
    return synced(fd, REAL(fsync));
}

/* A map that is written through would go unseen. */
int msync(void *at, size_t len, int flags)
{
    if (out >= 0)
        abort();
    return REAL(msync)(at, len, flags);
}
