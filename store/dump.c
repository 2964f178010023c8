/*
 * A store as a stream of bytes, and back.  What is given away is what a view
 * sees, key by key: LMDB's own copies hold overflow pages whole, and with them
 * what was erased behind the end of a value.  It does not depend on LMDB's
 * format either.
 *
 *   "claused dump 1\n", schema (4), uuid (36)
 *   database (1), length of the key (2), of the value (4), key, value   each
 *   255, how many there were (8)
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/private.h"

#define MAGIC "claused dump 1\n"
#define MAGIC_BYTES (sizeof MAGIC - 1)
#define TOP_BYTES (MAGIC_BYTES + 4 + 36)
#define ENTRY_BYTES 7
#define END 255
/* An index's or a record's value is under 2 MiB: what claims more is none. */
#define VALUE_MAX ((uint32_t)4 << 20)
#define KEY_MAX 511 /* LMDB's */
/* Who waits for views to end is not made to wait longer than this takes. */
#define ENTRIES_A_LOOK 256

/* ---- Out ---------------------------------------------------------------- */

struct dump {
    struct store_view *view;
    store_dump_write *write;
    void *context;
    uint64_t entries;
};

static enum err dump_entry(struct dump *d, enum store_db db, const MDB_val *key,
                           const MDB_val *value)
{
    unsigned char head[ENTRY_BYTES];
    enum err e;

    if (value->mv_size > VALUE_MAX || key->mv_size > KEY_MAX)
        return ERR_INTERNAL;
    if (d->entries++ % ENTRIES_A_LOOK == 0 && store_wants_views(d->view->store))
        return ERR_BUSY;
    head[0] = (unsigned char)db;
    head[1] = (unsigned char)(key->mv_size >> 8);
    head[2] = (unsigned char)key->mv_size;
    store_put32(head + 3, (uint32_t)value->mv_size);
    if ((e = d->write(d->context, head, sizeof head)) ||
        (e = d->write(d->context, key->mv_data, key->mv_size)))
        return e;
    return d->write(d->context, value->mv_data, value->mv_size);
}

static enum err dump_database(struct dump *d, enum store_db db)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    enum err e = store_cursor(d->view, db, &cursor);
    int rc = 0;

    if (e)
        return e;
    while (!e && !(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)))
        e = dump_entry(d, db, &key, &value);
    mdb_cursor_close(cursor);
    if (!e && rc != MDB_NOTFOUND)
        e = store_error(d->view->store, rc, "dumping the store");
    return e;
}

enum err store_dump(struct store_view *view, store_dump_write *write,
                    void *context)
{
    struct dump d = {view, write, context, 0};
    unsigned char top[TOP_BYTES], end[9] = {END};
    enum err e;

    memcpy(top, MAGIC, MAGIC_BYTES);
    store_put32(top + MAGIC_BYTES, STORE_SCHEMA);
    memcpy(top + MAGIC_BYTES + 4, view->store->marker.uuid, 36);
    e = write(context, top, sizeof top);
    for (int db = 0; db < DB_COUNT && !e; db++)
        e = dump_database(&d, db);
    if (e)
        return e;
    store_put64(end + 1, d.entries);
    return write(context, end, sizeof end);
}

/* ---- In ----------------------------------------------------------------- */

struct load {
    struct store *store;
    store_dump_read *read;
    void *context;
    struct store_marker marker;
    struct store_env env;
    unsigned char key[KEY_MAX];
    unsigned char *value; /* VALUE_MAX */
};

static enum err load_top(struct load *l)
{
    unsigned char top[TOP_BYTES];
    enum err e = l->read(l->context, top, sizeof top);

    if (e)
        return e;
    if (memcmp(top, MAGIC, MAGIC_BYTES) != 0)
        return ERR_STORE_FOREIGN;
    l->marker.schema = store_get32(top + MAGIC_BYTES);
    if (l->marker.schema > STORE_SCHEMA ||
        l->marker.schema < STORE_SCHEMA_OLDEST)
        return ERR_STORE_SCHEMA;
    memcpy(l->marker.uuid, top + MAGIC_BYTES + 4, 36);
    return ERR_NONE;
}

/* *DONE after the last. */
static enum err load_entry(struct load *l, struct store_fill *fill, uint64_t n,
                           int *done)
{
    unsigned char head[ENTRY_BYTES], end[9];
    MDB_val key, value;
    enum err e = l->read(l->context, head, 1);

    if (e)
        return e;
    if (head[0] == END) {
        *done = 1;
        e = l->read(l->context, end + 1, 8);
        return !e && store_get64(end + 1) != n ? ERR_STORE_CORRUPT : e;
    }
    if ((e = l->read(l->context, head + 1, ENTRY_BYTES - 1)))
        return e;
    key = (MDB_val){(size_t)head[1] << 8 | head[2], l->key};
    value = (MDB_val){store_get32(head + 3), l->value};
    if (head[0] >= DB_COUNT || key.mv_size > KEY_MAX || !key.mv_size ||
        value.mv_size > VALUE_MAX)
        return ERR_STORE_CORRUPT;
    if ((e = l->read(l->context, l->key, key.mv_size)) ||
        (e = l->read(l->context, l->value, value.mv_size)))
        return e;
    /* A key out of order is none that was dumped. */
    return store_error(l->store, store_fill_put(fill, head[0], &key, &value),
                       "restoring");
}

static enum err load_entries(struct load *l)
{
    struct store_fill fill = {.to = &l->env};
    enum err e = ERR_NONE;
    uint64_t n = 0;
    int done = 0;

    while (!e && !done)
        if (!(e = load_entry(l, &fill, n, &done)))
            n++;
    if (e)
        store_fill_end(&fill, EIO);
    else
        e = store_error(l->store, store_fill_end(&fill, 0), "restoring");
    return e;
}

static enum err load_env(struct load *l, size_t map_bytes)
{
    struct store *store = l->store;
    enum err e;

    if ((e = load_top(l)) ||
        (e = store_dir_make_env(store, store->dir, l->marker.env)))
        return e;
    e = store_env_open(store, store->dir, l->marker.env, map_bytes, 1, &l->env);
    if (!e)
        e = load_entries(l);
    store_env_close(&l->env);
    if (!e && !(e = store_dir_sync_env(store, store->dir, l->marker.env)))
        e = store_marker_write(store, store->dir, &l->marker);
    if (e)
        store_dir_remove_env(store->dir, l->marker.env);
    return e;
}

/* The lock is held until the store is whole. */
static enum err load_into(struct load *l, const char *dir, size_t map_bytes)
{
    struct store *store = l->store;
    enum err e;
    int made;

    if ((e = store_dir_prepare(store, dir, &made)))
        return e;
    if (!realpath(dir, store->dir))
        e = store_error(store, errno, dir);
    if (!e && !(e = store_dir_local(store, store->dir)) &&
        !(e = store_dir_lock(store, store->dir, &store->lock))) {
        if (!(e = load_env(l, map_bytes)) && made)
            e = store_dir_sync_parent(store, store->dir);
        if (e)
            store_dir_clear(store->dir);
        close(store->lock);
    }
    if (e && made)
        rmdir(dir);
    return e;
}

enum err store_load(const char *dir, const struct store_options *options,
                    store_dump_read *read, void *context)
{
    struct load l = {.read = read, .context = context};
    enum err e = ERR_NOMEM;

    l.store = calloc(1, sizeof *l.store);
    l.value = malloc(VALUE_MAX);
    if (l.store && l.value) {
        l.store->log = options->log;
        memcpy(l.marker.env, "env-1", sizeof "env-1");
        e = load_into(&l, dir, options->map_bytes);
    }
    free(l.value);
    free(l.store);
    return e;
}
