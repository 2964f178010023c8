/*
 * The pages of LMDB's file.  Those that nothing is in stand in a database
 * without a name; a list there says how many, and then their numbers, the
 * greatest first.  The file need not hold the last ones, if they are free: a
 * transaction that took pages and gave them back does not write them.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/private.h"

static size_t number_at(MDB_val list, size_t i)
{
    size_t number;

    memcpy(&number, (const char *)list.mv_data + i * sizeof number,
           sizeof number);
    return number;
}

/* Is LIST one of numbers up to LAST?  Adds to *PAST how many are END or
 * more. */
static int is_free_list(MDB_val list, size_t last, size_t end, size_t *past)
{
    size_t room = list.mv_size / sizeof(size_t), above = last + 1;

    if (room < 1 || number_at(list, 0) >= room)
        return 0;
    for (size_t i = 1, n = number_at(list, 0); i <= n; i++) {
        size_t page = number_at(list, i);

        if (page < 2 || page >= above)
            return 0;
        *past += page >= end;
        above = page;
    }
    return 1;
}

static enum err broken(const struct store_view *view, const char *what)
{
    store_log(view->store, LOG_ERR, "store: %s", what);
    return ERR_STORE_CORRUPT;
}

/* Pages that the file has whole. */
static int pages_of(MDB_env *env, size_t *out)
{
    MDB_stat stat;
    struct stat file;
    int fd, rc;

    if ((rc = mdb_env_stat(env, &stat)) || (rc = mdb_env_get_fd(env, &fd)))
        return rc;
    if (fstat(fd, &file) < 0)
        return errno;
    *out = (size_t)file.st_size / stat.ms_psize;
    return 0;
}

/* The lists, as of VIEW; *PAST: how many pages they name from END on. */
static enum err walk(struct store_view *view, size_t last, size_t end,
                     size_t *past)
{
    MDB_cursor *cursor;
    MDB_val key, list;
    enum err e = ERR_NONE;
    int rc = mdb_cursor_open(view->txn, 0, &cursor);

    *past = 0;
    if (rc)
        return store_error(view->store, rc, "the free pages");
    while (!e && !(rc = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)))
        if (!is_free_list(list, last, end, past))
            e = broken(view, "no list of free pages");
    mdb_cursor_close(cursor);
    if (!e && rc != MDB_NOTFOUND)
        e = store_error(view->store, rc, "the free pages");
    return e;
}

enum err store_free_check(struct store_view *view)
{
    MDB_envinfo info;
    size_t past;

    mdb_env_info(view->store->env.env, &info);
    return walk(view, info.me_last_pgno, SIZE_MAX, &past);
}

enum err store_pages_check(struct store_view *view)
{
    MDB_env *env = view->store->env.env;
    MDB_envinfo info;
    size_t end = 0, past;
    enum err e;
    int rc = pages_of(env, &end);

    if (rc)
        return store_error(view->store, rc, "the file");
    mdb_env_info(env, &info);
    if ((e = walk(view, info.me_last_pgno, end, &past)))
        return e;
    return info.me_last_pgno < end + past
               ? ERR_NONE
               : broken(view, "the file is cut short");
}
