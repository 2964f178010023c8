/*
 * The directory of a store: who may have it, the lock, and the directories of
 * its environments.  What is not ours is left as it is found.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "store/private.h"
#include "store/spare.h"

int store_path(char out[PATH_MAX], const char *dir, const char *name)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);

    return n > 0 && n < PATH_MAX;
}

int store_dir_is_env(const char *name)
{
    const char *digits = name + 4;

    return strncmp(name, "env-", 4) == 0 && *digits &&
           digits[strspn(digits, "0123456789")] == '\0';
}

void store_next_env(const struct store_marker *marker, char name[24])
{
    snprintf(name, 24, "env-%lu", strtoul(marker->env + 4, NULL, 10) + 1);
}

/* ---- The directory ------------------------------------------------------ */

enum err store_dir_local(struct store *store, const char *dir)
{
    /* LMDB maps and locks its file: neither is sound over a network, nor
     * where a process of the user serves the file system. */
    static const uint32_t remote[] = {
        0x6969 /* NFS */,       0x517b /* SMB */,      0xff534d42 /* CIFS */,
        0xfe534d42 /* SMB 2 */, 0x65735546 /* FUSE */,
    };
    struct statfs fs;

    if (statfs(dir, &fs) != 0)
        return store_error(store, errno, dir);
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++) {
        if ((uint32_t)fs.f_type == remote[i]) {
            store_log(store, LOG_ERR, "store: %s is on a remote file system",
                      dir);
            return ERR_STORE_FOREIGN;
        }
    }
    return ERR_NONE;
}

static enum err dir_must_be_empty(struct store *store, const char *dir)
{
    enum err e = ERR_NONE;
    DIR *list = opendir(dir);
    struct dirent *entry;

    if (!list)
        return store_error(store, errno, dir);
    while ((entry = readdir(list))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        e = ERR_STORE_FOREIGN;
        if (strcmp(entry->d_name, STORE_MARKER) == 0) {
            e = ERR_STORE_EXISTS;
            break;
        }
    }
    closedir(list);
    if (e)
        store_log(store, LOG_ERR, "store: %s is not empty", dir);
    return e;
}

enum err store_dir_prepare(struct store *store, const char *dir, int *made)
{
    enum err e;

    *made = mkdir(dir, 0700) == 0;
    if (!*made && errno != EEXIST)
        return store_error(store, errno, dir);
    if ((e = dir_must_be_empty(store, dir)))
        return e;
    return chmod(dir, 0700) == 0 ? ERR_NONE : store_error(store, errno, dir);
}

enum err store_dir_sync(struct store *store, const char *dir)
{
    int fd = spare_open(dir, O_RDONLY | O_DIRECTORY);
    int rc;

    if (fd < 0)
        return store_error(store, errno, dir);
    rc = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return store_error(store, rc, dir);
}

enum err store_dir_sync_parent(struct store *store, const char *dir)
{
    char path[PATH_MAX];

    return store_path(path, dir, "..") ? store_dir_sync(store, path)
                                       : store_error(store, ENAMETOOLONG, dir);
}

void store_dir_clear(const char *dir)
{
    char path[PATH_MAX];

    if (store_path(path, dir, STORE_MARKER))
        unlink(path);
    if (store_path(path, dir, "lock"))
        unlink(path);
}

enum err store_dir_sync_env(struct store *store, const char *dir,
                            const char *env)
{
    char path[PATH_MAX];
    enum err e;

    if (!store_path(path, dir, env))
        return store_error(store, ENAMETOOLONG, dir);
    e = store_dir_sync(store, path);
    return e ? e : store_dir_sync(store, dir);
}

enum err store_dir_make_env(struct store *store, const char *dir,
                            const char *env)
{
    char path[PATH_MAX];

    store_dir_remove_env(dir, env);
    if (!store_path(path, dir, env))
        return store_error(store, ENAMETOOLONG, dir);
    return mkdir(path, 0700) == 0 ? ERR_NONE : store_error(store, errno, path);
}

int store_dir_has_data(const char *dir, const char *env)
{
    char path[PATH_MAX], data[PATH_MAX];
    struct stat st;

    /* LMDB would make a new, empty store of a file of no length. */
    return store_path(path, dir, env) && store_path(data, path, "data.mdb") &&
           stat(data, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

#define SYNC_BYTES (32 << 20)

/* Zeros over all of FD, down to the disk; 0 when it is to stop, or the disk
 * fails. */
static int write_zeros(int fd, atomic_int *stop)
{
    static const char zeros[1 << 16];
    struct stat about;
    ssize_t n;

    if (fstat(fd, &about))
        return 0;
    for (off_t at = 0; at < about.st_size; at += n) {
        off_t rest = about.st_size - at;

        if (stop && atomic_load(stop))
            return 0;
        /* No more is owed to the disk than that when it is to stop, or when a
         * commit comes. */
        if (at && at % SYNC_BYTES == 0 && fdatasync(fd))
            return 0;
        n = pwrite(fd, zeros,
                   rest < (off_t)sizeof zeros ? (size_t)rest : sizeof zeros,
                   at);
        if (n <= 0)
            return 0;
    }
    return fdatasync(fd) == 0;
}

/* Overwrite a file that nobody has open: what was erased, and with it what was
 * not.  A file system that writes elsewhere, or a disk that does, keeps the old
 * blocks all the same: see docs/privacy.md.  What nobody can stop is done with
 * whatever the disk says: it is half made, or here for the second time. */
static int wipe(const char *path, atomic_int *stop)
{
    int fd = spare_open(path, O_WRONLY);
    int whole;

    if (fd < 0)
        return errno == ENOENT;
    whole = write_zeros(fd, stop);
    close(fd);
    return whole || !stop;
}

int store_dir_wipe_env(const char *dir, const char *env, atomic_int *stop)
{
    static const char *const files[] = {"/data.mdb", "/lock.mdb", ""};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int n = snprintf(path, sizeof path, "%s/%s%s", dir, env, files[i]);

        if (n <= 0 || n >= PATH_MAX)
            continue;
        if (i == 0 && !wipe(path, stop))
            return 0;
        remove(path);
    }
    return 1;
}

void store_dir_remove_env(const char *dir, const char *env)
{
    store_dir_wipe_env(dir, env, NULL);
}

void store_dir_tidy(const char *dir, const char *keep)
{
    char path[PATH_MAX];
    DIR *list = opendir(dir);
    struct dirent *entry;

    if (!list)
        return;
    while ((entry = readdir(list)))
        if (store_dir_is_env(entry->d_name) && strcmp(entry->d_name, keep) != 0)
            store_dir_remove_env(dir, entry->d_name);
    closedir(list);
    if (store_path(path, dir, STORE_MARKER_NEW))
        unlink(path);
}

enum err store_dir_lock(struct store *store, const char *dir, int *lock)
{
    char path[PATH_MAX];
    int fd;

    if (!store_path(path, dir, "lock"))
        return store_error(store, ENAMETOOLONG, dir);
    if ((fd = spare_open(path, O_RDWR | O_CREAT)) < 0)
        return store_error(store, errno, path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int rc = errno;

        close(fd);
        if (rc != EWOULDBLOCK)
            return store_error(store, rc, path);
        store_log(store, LOG_ERR, "store: %s: %s", dir,
                  err_text(ERR_STORE_LOCKED));
        return ERR_STORE_LOCKED;
    }
    *lock = fd;
    return ERR_NONE;
}
