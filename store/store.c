/*
 * Opening a store: the marker before the lock, a look at the data before it
 * is trusted, and nothing written into what is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/private.h"

#define FIRST_ENV "env-1"

/* ---- A new store -------------------------------------------------------- */

static enum err make_uuid(struct store *store, char uuid[37])
{
    unsigned char r[16];
    char *at = uuid;

    if (getrandom(r, sizeof r, 0) != sizeof r)
        return store_error(store, errno, "getrandom");
    r[6] = (r[6] & 0x0f) | 0x40; /* version 4, variant 1: random */
    r[8] = (r[8] & 0x3f) | 0x80;
    for (unsigned i = 0; i < sizeof r; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        snprintf(at, 3, "%02x", r[i]);
        at += 2;
    }
    return ERR_NONE;
}

/* The first transaction: identity and counters. */
static enum err fill(struct store *store)
{
    struct store_batch batch = {.view.store = store};
    enum err e;

    batch.view.state.live = batch.view.state.newest = 1;
    e = store_error(store,
                    mdb_txn_begin(store->env.env, NULL, 0, &batch.view.txn),
                    "creating the store");
    if (e)
        return e;
    if ((e = store_identity_save(&batch, STORE_SCHEMA, store->marker.uuid)) ||
        (e = store_state_save(&batch))) {
        mdb_txn_abort(batch.view.txn);
        return e;
    }
    return store_error(store, mdb_txn_commit(batch.view.txn),
                       "creating the store");
}

/* The marker comes last: without it the rest is no store. */
static enum err create_env(struct store *store, size_t map_bytes)
{
    enum err e;

    if ((e = make_uuid(store, store->marker.uuid)) ||
        (e = store_dir_make_env(store, store->dir, FIRST_ENV)))
        return e;
    e = store_env_open(store, store->dir, FIRST_ENV, map_bytes, 1, &store->env);
    if (e)
        goto remove_env;
    memcpy(store->marker.env, FIRST_ENV, sizeof FIRST_ENV);
    store->marker.schema = STORE_SCHEMA;
    if ((e = fill(store)) ||
        (e = store_dir_sync_env(store, store->dir, FIRST_ENV)) ||
        (e = store_marker_write(store, store->dir, &store->marker)))
        goto close_env;
    return ERR_NONE;

close_env:
    store_env_close(&store->env);
remove_env:
    store_dir_remove_env(store->dir, FIRST_ENV);
    return e;
}

static enum err create(struct store *store, const char *dir, size_t map_bytes)
{
    struct reference *reference;
    enum err e;
    int made;

    /* First what can fail without a trace. */
    if ((e = reference_new(NULL, 0, &reference)))
        return e;
    store->reference = reference;
    if ((e = store_dir_prepare(store, dir, &made)))
        return e;
    if (!realpath(dir, store->dir))
        e = store_error(store, errno, dir);
    if (e || (e = store_dir_local(store, store->dir)) ||
        (e = store_dir_lock(store, store->dir, &store->lock)))
        goto remove_dir;
    if ((e = create_env(store, map_bytes)))
        goto clear_dir;
    if (!made || !(e = store_dir_sync_parent(store, store->dir)))
        return ERR_NONE;
    store_env_close(&store->env);
    store_dir_remove_env(store->dir, FIRST_ENV);

clear_dir:
    store_dir_clear(store->dir);
remove_dir:
    if (made)
        rmdir(dir);
    return e;
}

/* ---- One that is there -------------------------------------------------- */

/* What is held in memory beside the map. */
static enum err load(struct store *store)
{
    struct reference *reference;
    struct store_view *view;
    enum err e = store_view_begin(store, &view);

    if (e)
        return e;
    if (!(e = store_reference_load(view, &reference)))
        store->reference = reference;
    if (!e)
        e = index_keys_load(view);
    store_view_end(view);
    return e;
}

static enum err bring_up_to_date(struct store *store, size_t map_bytes)
{
    if (store->marker.schema == STORE_SCHEMA)
        return ERR_NONE;
    if (!store->read_only)
        return store_upgrade(store, map_bytes);
    store_log(store, LOG_ERR,
              "store: %s: schema %u: start the daemon once, it brings it up "
              "to date",
              store->dir, store->marker.schema);
    return ERR_STORE_SCHEMA;
}

/* Before an environment is trusted. */
static enum err take_alone(struct store *store,
                           const struct store_options *options)
{
    enum err e;

    if ((e = store_dir_local(store, store->dir)) ||
        (e = store_dir_lock(store, store->dir, &store->lock)) ||
        (e = store_marker_read(store, store->dir, &store->marker)) ||
        (e = store_env_check(store, store->dir, &store->marker)))
        return e;
    return bring_up_to_date(store, options->map_bytes);
}

/* The marker is read again under the lock: whoever held it before us may have
 * gone on in another environment.  After a failure the caller closes what was
 * opened. */
static enum err take(struct store *store, const char *dir,
                     const struct store_options *options)
{
    enum err e;

    if ((e = store_marker_read(store, dir, &store->marker)))
        return e;
    if (!realpath(dir, store->dir))
        return store_error(store, errno, dir);
    if (options->beside)
        e = store_env_is_open(store, store->dir, &store->marker);
    else
        e = take_alone(store, options);
    if (e || (e = store_env_open(store, store->dir, store->marker.env,
                                 options->map_bytes, 0, &store->env)))
        return e;
    /* Its first pages come while the tables are parsed. */
    if ((options->read_ahead && (e = store_ahead_begin(store))) ||
        (e = load(store)))
        return e;
    if (!store->read_only)
        store_dir_tidy(store->dir, store->marker.env);
    return ERR_NONE;
}

/* ---- Both --------------------------------------------------------------- */

static void free_memory(struct store *store)
{
    index_keys_free(store->keys);
    addresses_free(store->blocks);
    addresses_free(store->sides);
    free(store);
}

enum err store_open(const char *dir, const struct store_options *options,
                    struct store **out)
{
    struct store *store = calloc(1, sizeof *store);
    enum err e;

    if (!store)
        return ERR_NOMEM;
    if (!(store->keys = index_keys_new()) ||
        !(store->blocks = addresses_new()) ||
        !(store->sides = addresses_new())) {
        free_memory(store);
        return ERR_NOMEM;
    }
    store->log = options->log;
    store->damaged = options->damaged;
    store->read_only = options->read_only;
    store->beside = options->beside;
    store->read_ahead = options->read_ahead;
    store->lock = -1;
    pthread_rwlock_init(&store->swap, NULL);
    pthread_mutex_init(&store->idle_mutex, NULL);
    e = options->init ? create(store, dir, options->map_bytes)
                      : take(store, dir, options);
    if (e) {
        store_close(store);
        return e;
    }
    *out = store;
    return ERR_NONE;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_wipe_stop(store);
    store_ahead_end(store);
    store_view_drop_idle(store);
    store_env_close(&store->env);
    reference_free(store->reference);
    if (store->lock >= 0)
        close(store->lock);
    pthread_mutex_destroy(&store->idle_mutex);
    pthread_rwlock_destroy(&store->swap);
    free_memory(store);
}
