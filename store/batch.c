/*
 * Write transactions, and the one door through which keys are written.  The
 * counters live in the batch and go to disk with its commit.  An error of a
 * write spoils the whole batch: it cannot commit half.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "store/private.h"

/* ---- Writes ------------------------------------------------------------- */

enum err store_spoil(struct store_batch *batch, enum err e)
{
    if (!batch->view.spoiled)
        batch->view.spoiled = e;
    return e;
}

static enum err spoil_rc(struct store_batch *batch, int rc, const char *what)
{
    if (rc == MDB_MAP_FULL)
        batch->map_full = 1;
    return store_spoil(batch, store_error(batch->view.store, rc, what));
}

enum err store_reserve(struct store_batch *batch, enum store_db db,
                       struct slice key, size_t len, unsigned flags, void **out)
{
    MDB_val k = store_val(key), v = {len, NULL};
    int rc;

    if (batch->view.spoiled)
        return batch->view.spoiled;
    batch->changes++;
    rc = mdb_put(batch->view.txn, batch->view.store->env.db[db], &k, &v,
                 flags | MDB_RESERVE);
    if (rc)
        return spoil_rc(batch, rc, "writing");
    *out = v.mv_data;
    return ERR_NONE;
}

enum err store_write(struct store_batch *batch, enum store_db db,
                     struct slice key, const struct slice *parts, size_t n,
                     unsigned flags)
{
    size_t len = 0;
    void *value;
    char *at;
    enum err e;

    for (size_t i = 0; i < n; i++)
        len += parts[i].len;
    if ((e = store_reserve(batch, db, key, len, flags, &value)))
        return e;
    at = value;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len)
            memcpy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    return ERR_NONE;
}

enum err store_remove(struct store_batch *batch, enum store_db db,
                      struct slice key)
{
    MDB_val k = store_val(key);
    int rc;

    if (batch->view.spoiled)
        return batch->view.spoiled;
    rc = mdb_del(batch->view.txn, batch->view.store->env.db[db], &k, NULL);
    if (rc == MDB_NOTFOUND)
        return ERR_NOT_FOUND;
    batch->changes++;
    return spoil_rc(batch, rc, "removing");
}

enum err store_empty(struct store_batch *batch, enum store_db db)
{
    if (batch->view.spoiled)
        return batch->view.spoiled;
    batch->changes++;
    return spoil_rc(batch,
                    mdb_drop(batch->view.txn, batch->view.store->env.db[db], 0),
                    "emptying");
}

/* ---- Batches ------------------------------------------------------------ */

enum err store_batch_begin(struct store *store, struct store_batch **out)
{
    struct store_batch *batch;
    enum err e;

    if (store->read_only)
        return ERR_INTERNAL;
    if (store->failed)
        return ERR_STORE_IO;
    if (!(batch = calloc(1, sizeof *batch)))
        return ERR_NOMEM;
    batch->view.store = store;
    batch->view.reference = store->reference;
    e = store_error(store,
                    mdb_txn_begin(store->env.env, NULL, 0, &batch->view.txn),
                    "beginning a batch");
    if (e)
        goto free_batch;
    if ((e = store_state_load(&batch->view)))
        goto abort_txn;
    /* A build that is not open any more will not be finished. */
    if (batch->view.state.building != store->building)
        batch->view.state.building = 0;
    *out = batch;
    return ERR_NONE;

abort_txn:
    mdb_txn_abort(batch->view.txn);
free_batch:
    free(batch);
    return e;
}

/* The transaction is over: make room if that was what it lacked. */
static void batch_end(struct store_batch *batch)
{
    if (batch->map_full)
        store_env_grow(batch->view.store);
    free(batch);
}

void store_batch_abort(struct store_batch *batch)
{
    if (!batch)
        return;
    mdb_txn_abort(batch->view.txn);
    batch_end(batch);
}

/* The transaction is gone afterwards, whatever is returned.  Only a full disk
 * or map leaves a store that may be written again: after any other failure
 * nobody knows what is on disk. */
static enum err batch_commit_txn(struct store_batch *batch)
{
    struct store *store = batch->view.store;
    int rc = mdb_txn_commit(batch->view.txn);
    enum err e = store_error(store, rc, "committing");

    batch->map_full = rc == MDB_MAP_FULL;
    if (e && e != ERR_STORE_FULL && e != ERR_NOMEM) {
        store->failed = 1;
        e = ERR_STORE_IO;
    }
    return e;
}

/* Data and tables become visible together: no view begins in between. */
static enum err batch_commit_reference(struct store_batch *batch)
{
    struct store *store = batch->view.store;
    struct reference *fresh;
    enum err e = store_reference_load(&batch->view, &fresh);

    if (e) {
        mdb_txn_abort(batch->view.txn);
        return e;
    }
    store_swap_begin(store);
    if (!(e = batch_commit_txn(batch))) {
        struct reference *old = store->reference;

        store->reference = fresh;
        fresh = old;
    }
    store_swap_end(store);
    reference_free(fresh);
    return e;
}

enum err store_batch_commit(struct store_batch *batch)
{
    enum err e = batch->view.spoiled;

    if (!e && batch->changes > 0)
        e = store_state_save(batch);
    if (e)
        mdb_txn_abort(batch->view.txn);
    else if (batch->new_reference)
        e = batch_commit_reference(batch);
    else
        e = batch_commit_txn(batch);
    batch_end(batch);
    return e;
}

struct store_view *store_batch_view(struct store_batch *batch)
{
    return &batch->view;
}

uint64_t store_batch_changes(const struct store_batch *batch)
{
    return batch->changes;
}

int store_batch_low(struct store_batch *batch)
{
    if (!batch->low)
        batch->low = store_disk_low(batch->view.store) ? 1 : -1;
    return batch->low > 0;
}

void store_batch_time(struct store_batch *batch, int64_t time_ms)
{
    batch->time_ms = time_ms;
}
