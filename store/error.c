/*
 * The fence's one translation: LMDB's and the system's error numbers in the
 * project's, each logged here and nowhere else.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "store/private.h"

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

static enum err translate(int rc)
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
        return ERR_BUSY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return ERR_STORE_CORRUPT;
    case MDB_BAD_TXN: /* a batch was used after one of its writes failed */
    case MDB_BAD_VALSIZE:
        return ERR_INTERNAL;
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
    e = translate(rc);
    store_log(store, e == ERR_BUSY ? LOG_WARNING : LOG_ERR, "store: %s: %s",
              what, mdb_strerror(rc));
    return e;
}
