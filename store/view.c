/*
 * Snapshots, and the two ways a key is found in one: exactly, or from there
 * on.  Nothing found is no event; anything else that goes wrong is.
 */
#include <errno.h>
#include <stdlib.h>

#include "store/private.h"

#define IDENTITY SLICE("identity")
#define STATE SLICE("state")
#define STATE_BYTES (4 * 8 + 6 * 4 + STORE_ENTITIES * (4 + 8) + CHAIN_BYTES)

static struct slice slice_of_val(const MDB_val *val)
{
    return (struct slice){val->mv_data, val->mv_size};
}

/* ---- Reads -------------------------------------------------------------- */

enum err store_read(struct store_view *view, enum store_db db, struct slice key,
                    struct slice *value)
{
    MDB_val k = store_val(key), v;
    int rc;

    if (view->spoiled)
        return view->spoiled;
    rc = mdb_get(view->txn, view->store->env.db[db], &k, &v);
    if (rc)
        return store_error(view->store, rc, "reading");
    *value = slice_of_val(&v);
    return ERR_NONE;
}

enum err store_cursor(struct store_view *view, enum store_db db,
                      MDB_cursor **out)
{
    if (view->spoiled)
        return view->spoiled;
    return store_error(view->store,
                       mdb_cursor_open(view->txn, view->store->env.db[db], out),
                       "reading");
}

enum err store_seek(struct store_view *view, enum store_db db,
                    struct slice from, struct slice *key, struct slice *value)
{
    MDB_val k = store_val(from), v;
    MDB_cursor *cursor;
    enum err e = store_cursor(view, db, &cursor);
    int rc;

    if (e)
        return e;
    rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
    mdb_cursor_close(cursor);
    if (rc)
        return store_error(view->store, rc, "reading");
    *key = slice_of_val(&k);
    *value = slice_of_val(&v);
    return ERR_NONE;
}

/* ---- State -------------------------------------------------------------- */

enum err store_state_load(struct store_view *view)
{
    struct store_state *state = &view->state;
    const char *at;
    struct slice value = {NULL, 0};
    enum err e = store_read(view, DB_META, STATE, &value);

    if (e == ERR_NOT_FOUND || (!e && value.len != STATE_BYTES))
        return ERR_STORE_CORRUPT;
    if (e)
        return e;
    at = value.data;
    state->revision = store_get64(at);
    state->stamp = store_get64(at + 8);
    state->deferred = store_get64(at + 16);
    state->begun = store_get64(at + 24);
    state->live = store_get32(at + 32);
    state->building = store_get32(at + 36);
    state->newest = store_get32(at + 40);
    state->built = store_get32(at + 44);
    state->block = store_get32(at + 48);
    state->note = store_get32(at + 52);
    at += 56;
    for (unsigned i = 0; i < STORE_ENTITIES; i++, at += 12) {
        state->numbers[i] = store_get32(at);
        state->records[i] = store_get64(at + 4);
    }
    memcpy(state->chain, at, CHAIN_BYTES);
    return ERR_NONE;
}

enum err store_state_save(struct store_batch *batch)
{
    const struct store_state *state = &batch->view.state;
    unsigned char value[STATE_BYTES];
    unsigned char *at = value;
    struct slice part;

    at = store_put64(at, state->revision);
    at = store_put64(at, state->stamp);
    at = store_put64(at, state->deferred);
    at = store_put64(at, state->begun);
    at = store_put32(at, state->live);
    at = store_put32(at, state->building);
    at = store_put32(at, state->newest);
    at = store_put32(at, state->built);
    at = store_put32(at, state->block);
    at = store_put32(at, state->note);
    for (unsigned i = 0; i < STORE_ENTITIES; i++) {
        at = store_put32(at, state->numbers[i]);
        at = store_put64(at, state->records[i]);
    }
    memcpy(at, state->chain, CHAIN_BYTES);
    at += CHAIN_BYTES;
    part = store_bytes(value, at);
    return store_write(batch, DB_META, STATE, &part, 1, 0);
}

enum err store_identity_load(struct store_view *view, unsigned *schema,
                             char uuid[37])
{
    struct slice value = {NULL, 0};
    enum err e = store_read(view, DB_META, IDENTITY, &value);

    if (e == ERR_NOT_FOUND || (!e && value.len != 4 + 36))
        return ERR_STORE_CORRUPT;
    if (e)
        return e;
    *schema = store_get32(value.data);
    memcpy(uuid, value.data + 4, 36);
    uuid[36] = '\0';
    return ERR_NONE;
}

enum err store_identity_save(struct store_batch *batch, unsigned schema,
                             const char *uuid)
{
    unsigned char number[4];
    struct slice parts[2] = {store_bytes(number, number + 4), {uuid, 36}};

    store_put32(number, schema);
    return store_write(batch, DB_META, IDENTITY, parts, 2, 0);
}

#define PRINT SLICE("print")

enum err store_print_get(struct store_view *view,
                         unsigned char out[STORE_PRINT])
{
    struct slice value = {NULL, 0};
    enum err e = store_read(view, DB_META, PRINT, &value);

    if (e)
        return e;
    if (value.len != STORE_PRINT)
        return ERR_STORE_CORRUPT;
    memcpy(out, value.data, STORE_PRINT);
    return ERR_NONE;
}

enum err store_print_put(struct store_batch *batch,
                         const unsigned char print[STORE_PRINT])
{
    struct slice part = store_bytes(print, print + STORE_PRINT);

    return store_write(batch, DB_META, PRINT, &part, 1, 0);
}

/* ---- Views -------------------------------------------------------------- */

void store_swap_begin(struct store *store)
{
    store->waiting = 1;
    pthread_rwlock_wrlock(&store->swap);
}

void store_swap_end(struct store *store)
{
    store->waiting = 0;
    pthread_rwlock_unlock(&store->swap);
}

int store_wants_views(const struct store *store)
{
    return store->waiting;
}

/* An ended view keeps its memory, its transaction and its reader slot, which
 * pins nothing: to begin it again costs a tenth of a new one.  So many are
 * kept; threads that read at once are fewer. */
#define IDLE_VIEWS 8

static struct store_view *take_idle(struct store *store)
{
    struct store_view *view;

    pthread_mutex_lock(&store->idle_mutex);
    if ((view = store->idle)) {
        store->idle = view->next;
        store->n_idle--;
    }
    pthread_mutex_unlock(&store->idle_mutex);
    return view;
}

/* 0 when there are enough. */
static int keep_idle(struct store *store, struct store_view *view)
{
    int kept;

    pthread_mutex_lock(&store->idle_mutex);
    store_view_let_go(view);
    if ((kept = store->n_idle < IDLE_VIEWS)) {
        view->next = store->idle;
        store->idle = view;
        store->n_idle++;
    }
    pthread_mutex_unlock(&store->idle_mutex);
    return kept;
}

static void view_free(struct store_view *view)
{
    if (view->txn)
        mdb_txn_abort(view->txn);
    found_free(view->found);
    free(view);
}

void store_view_drop_idle(struct store *store)
{
    struct store_view *view;

    while ((view = take_idle(store)))
        view_free(view);
}

/* Look at what is there now.  The counters are read again only when something
 * was committed since this view looked last. */
static enum err view_look(struct store_view *view)
{
    struct store *store = view->store;
    enum err e;
    int rc;

    if (store->unmapped)
        return ERR_STORE_IO;
    rc = view->txn
             ? mdb_txn_renew(view->txn)
             : mdb_txn_begin(store->env.env, NULL, MDB_RDONLY, &view->txn);
    if (rc)
        return store_error(store, rc, "beginning a view");
    /* What was forgotten before the commit that this view sees is forgotten to
     * it: see addresses.c. */
    atomic_thread_fence(memory_order_acquire);
    view->reference = store->reference;
    if (view->snapshot == mdb_txn_id(view->txn))
        return ERR_NONE;
    if ((e = store_state_load(view)))
        return e;
    view->snapshot = mdb_txn_id(view->txn);
    return ERR_NONE;
}

/* The caller holds SWAP. */
static enum err view_begin(struct store *store, struct store_view **out)
{
    struct store_view *view = take_idle(store);
    enum err e;

    if (!view) {
        if (!(view = calloc(1, sizeof *view)))
            return ERR_NOMEM;
        view->store = store;
    }
    if ((e = view_look(view))) {
        view_free(view);
        return e;
    }
    pthread_mutex_lock(&store->idle_mutex);
    store_view_hold(view);
    pthread_mutex_unlock(&store->idle_mutex);
    *out = view;
    return ERR_NONE;
}

enum err store_view_begin(struct store *store, struct store_view **out)
{
    enum err e;

    pthread_rwlock_rdlock(&store->swap);
    if ((e = view_begin(store, out)))
        pthread_rwlock_unlock(&store->swap);
    return e;
}

void store_view_end(struct store_view *view)
{
    struct store *store;

    if (!view)
        return;
    store = view->store;
    mdb_txn_reset(view->txn);
    if (!keep_idle(store, view))
        view_free(view);
    pthread_rwlock_unlock(&store->swap);
}

const char *store_view_uuid(const struct store_view *view)
{
    return view->store->marker.uuid;
}

uint64_t store_view_revision(const struct store_view *view)
{
    return view->state.revision;
}

const struct reference *store_view_reference(const struct store_view *view)
{
    return view->reference;
}

/* LMDB keeps free pages in a database of its own, number 0: for each
 * transaction that freed some, how many, then which. */
static int count_free(struct store_view *view, uint64_t *pages)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    uint64_t n = 0;
    size_t one;
    int rc = mdb_cursor_open(view->txn, 0, &cursor);

    if (rc)
        return rc;
    while (!(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        if (value.mv_size < sizeof one)
            continue;
        memcpy(&one, value.mv_data, sizeof one);
        n += one;
    }
    mdb_cursor_close(cursor);
    if (rc != MDB_NOTFOUND)
        return rc;
    *pages = n;
    return 0;
}

enum err store_stat(struct store_view *view, struct store_facts *out)
{
    struct store *store = view->store;
    struct store_facts facts = {0};
    MDB_envinfo info;
    MDB_stat stat;
    uint64_t pages = 0;
    enum err e;

    if ((e = store_error(store, mdb_env_info(store->env.env, &info),
                         "statistics")) ||
        (e = store_error(store, mdb_env_stat(store->env.env, &stat),
                         "statistics")) ||
        (e = store_error(store, count_free(view, &pages), "statistics")))
        return e;
    memcpy(facts.uuid, store->marker.uuid, sizeof facts.uuid);
    facts.schema = store->marker.schema;
    facts.revision = view->state.revision;
    memcpy(facts.chain, view->state.chain, CHAIN_BYTES);
    facts.generation = view->state.live;
    facts.rebuilding =
        view->state.building && view->state.building == store->building;
    memcpy(facts.records, view->state.records, sizeof facts.records);
    facts.map_used = (info.me_last_pgno + 1) * stat.ms_psize;
    facts.map_free = pages * stat.ms_psize;
    facts.map_size = info.me_mapsize;
    facts.disk_percent = store_disk_percent(store, facts.map_used);
    facts.readers = info.me_numreaders;
    *out = facts;
    return ERR_NONE;
}

enum err store_check_readers(struct store *store, int *cleared)
{
    int dead = 0;
    int rc;

    pthread_rwlock_rdlock(&store->swap);
    rc = store->unmapped ? EIO : mdb_reader_check(store->env.env, &dead);
    pthread_rwlock_unlock(&store->swap);
    if (rc)
        return store_error(store, rc, "clearing readers");
    *cleared = dead;
    return ERR_NONE;
}
