/*
 * The fence's one translation: LMDB's and the system's error numbers in the
 * project's, each logged here and nowhere else.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "store/private.h"

/* A batch is at most 1 MiB of records. */
#define DISK_FULL_BYTES ((uint64_t)2 << 20)

void store_log(struct store *store, int priority, const char *format, ...)
{
    char text[512];
    va_list args;

    if (!store->log)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    store->log(priority, text);
}

/* LMDB calls a write that the disk took only in part EIO, and the last one
 * before a disk is full is such a write.  To go on is sound: its pages belong
 * to no transaction, and if it was the page that names one, LMDB refuses all
 * that follows by itself. */
static int disk_is_full(const struct store *store)
{
    struct statvfs fs;

    return statvfs(store->dir, &fs) == 0 &&
           (uint64_t)fs.f_bavail * fs.f_frsize < DISK_FULL_BYTES;
}

/* The lesser of both, so that a small disk is of use too. */
#define DISK_LOW_BYTES ((uint64_t)256 << 20)
#define DISK_LOW_PART 20

int store_disk_low(const struct store *store)
{
    struct statvfs fs;
    uint64_t left, part;

    if (statvfs(store->dir, &fs) != 0)
        return 0;
    left = (uint64_t)fs.f_bavail * fs.f_frsize;
    part = (uint64_t)fs.f_blocks * fs.f_frsize / DISK_LOW_PART;
    return left < part && left < DISK_LOW_BYTES;
}

unsigned store_disk_percent(const struct store *store, uint64_t used)
{
    struct statvfs fs;

    if (statvfs(store->dir, &fs) != 0 || !used)
        return 0;
    return (unsigned)(used * 100 /
                      (used + (uint64_t)fs.f_bavail * fs.f_frsize));
}

static enum err translate(const struct store *store, int rc)
{
    switch (rc) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_STORE_FULL;
    case ENOMEM:
        return ERR_NOMEM;
    case MDB_READERS_FULL:
    case EMFILE:
    case ENFILE:
        return ERR_BUSY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return ERR_STORE_CORRUPT;
    case MDB_BAD_VALSIZE:
        return ERR_INTERNAL;
    /* After an error of the same transaction.  One that only reads knows no
     * other than damage, unless somebody else writes: who compacts wipes the
     * environment that was. */
    case MDB_BAD_TXN:
        return store->read_only && !store->beside ? ERR_STORE_CORRUPT
                                                  : ERR_STORE_IO;
    case EIO:
        return disk_is_full(store) ? ERR_STORE_FULL : ERR_STORE_IO;
    default:
        return ERR_STORE_IO;
    }
}

enum err store_error(struct store *store, int rc, const char *what)
{
    enum err e;

    if (rc == MDB_SUCCESS)
        return ERR_NONE;
    if (rc == MDB_NOTFOUND)
        return ERR_NOT_FOUND;
    e = translate(store, rc);
    store_log(store, e == ERR_BUSY ? LOG_WARNING : LOG_ERR, "store: %s: %s",
              what, mdb_strerror(rc));
    return e;
}
