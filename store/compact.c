/*
 * Going on in a compacted copy, and giving one away.  What was erased is then
 * in no file of ours: only what a view sees is copied, key by key, and the
 * old environment is removed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/private.h"

static int copy_database(struct store_view *view, enum store_db db,
                         struct store_env *to)
{
    struct store_fill fill = {.to = to};
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc, end;

    if ((rc = mdb_cursor_open(view->txn, view->store->env.db[db], &cursor)))
        return rc;
    while (!(end = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)))
        if ((rc = store_fill_put(&fill, db, &key, &value)))
            break;
    if (!rc && end != MDB_NOTFOUND)
        rc = end;
    mdb_cursor_close(cursor);
    return store_fill_end(&fill, rc);
}

/* Everything that VIEW sees.  (LMDB's own compaction copies overflow pages
 * whole, and with them what was erased behind the end of a value.) */
static enum err copy_view(struct store_view *view, struct store_env *to)
{
    struct store *store = view->store;
    int rc = 0;

    for (int db = 0; db < DB_COUNT && !rc; db++)
        rc = copy_database(view, db, to);
    return store_error(store, rc, "copying the store");
}

static size_t map_bytes(struct store_view *view)
{
    MDB_envinfo info;

    mdb_env_info(view->store->env.env, &info);
    return info.me_mapsize;
}

/* A copy of what is there now, in DIR/NAME, left open. */
static enum err copy_into(struct store *store, const char *dir,
                          const char *name, struct store_env *out)
{
    struct store_view *view;
    struct store_env env;
    enum err e;

    if ((e = store_dir_make_env(store, dir, name)))
        return e;
    if ((e = store_view_begin(store, &view)))
        goto remove_dir;
    e = store_env_open(store, dir, name, map_bytes(view), 1, &env);
    if (e)
        goto end_view;
    if ((e = copy_view(view, &env)) ||
        (e = store_dir_sync_env(store, dir, name)))
        goto close_env;
    store_view_end(view);
    *out = env;
    return ERR_NONE;

close_env:
    store_env_close(&env);
end_view:
    store_view_end(view);
remove_dir:
    store_dir_remove_env(dir, name);
    return e;
}

/* The marker could not be replaced for sure.  If the old one stands, nothing
 * has happened; else a power cut may leave either, and what were written to
 * one might be read from the other: write nothing any more. */
static void take_back(struct store *store, const char *name)
{
    struct store_marker found;

    if (store_marker_read(store, store->dir, &found) == ERR_NONE &&
        strcmp(found.env, store->marker.env) == 0)
        store_dir_remove_env(store->dir, name);
    else
        store->failed = 1;
}

enum err store_compact_begin(struct store *store)
{
    struct store_marker marker = store->marker, old = store->marker;
    struct store_env env, old_env;
    enum err e;

    if (store->failed)
        return ERR_STORE_IO;
    store_wipe_wait(store);
    store_next_env(&store->marker, marker.env);
    if ((e = copy_into(store, store->dir, marker.env, &env)))
        return e;
    if ((e = store_marker_write(store, store->dir, &marker))) {
        store_env_close(&env);
        take_back(store, marker.env);
        return e;
    }
    store_swap_begin(store);
    store_view_drop_idle(store);
    addresses_clear(store->blocks);
    addresses_clear(store->sides);
    old_env = store->env;
    store->env = env;
    store->marker = marker;
    store_swap_end(store);
    store_env_close(&old_env);
    store_wipe_begin(store, old.env);
    return ERR_NONE;
}

enum err store_compact(struct store *store)
{
    enum err e = store_compact_begin(store);

    store_wipe_wait(store);
    return e;
}

enum err store_copy(struct store *store, const char *dir)
{
    struct store_marker marker = {.schema = STORE_SCHEMA, .env = "env-1"};
    struct store_env env;
    enum err e;
    int made;

    if ((e = store_dir_prepare(store, dir, &made)))
        return e;
    if ((e = store_dir_local(store, dir)) ||
        (e = copy_into(store, dir, marker.env, &env)))
        goto remove_dir;
    store_env_close(&env);
    memcpy(marker.uuid, store->marker.uuid, sizeof marker.uuid);
    if ((e = store_marker_write(store, dir, &marker)))
        goto clear_dir;
    if (made && (e = store_dir_sync_parent(store, dir)))
        goto clear_dir;
    return ERR_NONE;

clear_dir:
    store_dir_remove_env(dir, marker.env);
    store_dir_clear(dir);
remove_dir:
    if (made)
        rmdir(dir);
    return e;
}
