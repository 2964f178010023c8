/*
 * Bringing a store of an older schema up to date: everything is copied into an
 * environment beside the old one, in today's form, and the marker goes over to
 * it when it is whole.  Until then the old environment is the store, untouched,
 * and the older daemon may have it back.
 *
 * Whoever is interrupted leaves a part of the copy, with a note that says of
 * what; the next start goes on after its last keys.  Where the note is of
 * something else, because an older daemon has written meanwhile, the copy
 * begins anew.
 *
 *   schema 2 -> 3   events get their hash, the state gets that of the last
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/private.h"

#define IDENTITY SLICE("identity")
#define STATE SLICE("state")
#define COPIED SLICE("copied")
#define EVENT_HEAD 14 /* of schema 2, before the label */
#define EVENT_MAX (CHAIN_BYTES + EVENT_HEAD + STORE_KEY_MAX)

struct upgrade {
    struct store *store;
    struct store_env from, to;
    MDB_txn *txn;               /* the old environment's, for all of the copy */
    struct store_marker marker; /* the new one */
    unsigned char chain[CHAIN_BYTES];
    uint64_t events;
};

/* ---- The journal -------------------------------------------------------- */

/* KEY's event, of schema 2, with its hash before it. */
static int put_event(struct upgrade *u, struct store_fill *fill, MDB_val *key,
                     const MDB_val *old)
{
    unsigned char bytes[EVENT_MAX];
    MDB_val value = {CHAIN_BYTES + old->mv_size, bytes};

    if (key->mv_size != 8 || store_get64(key->mv_data) != u->events + 1 ||
        old->mv_size < EVENT_HEAD || value.mv_size > sizeof bytes)
        return MDB_CORRUPTED;
    memcpy(bytes + CHAIN_BYTES, old->mv_data, old->mv_size);
    chain_next(
        u->chain, ++u->events, bytes + CHAIN_BYTES,
        store_bytes(bytes + CHAIN_BYTES + EVENT_HEAD, bytes + value.mv_size));
    memcpy(bytes, u->chain, CHAIN_BYTES);
    return store_fill_put(fill, DB_JOURNAL, key, &value);
}

/* ---- Any database ------------------------------------------------------- */

/* The last key that the copy has of DB, and of the journal its event;
 * MDB_NOTFOUND: none. */
static int last_copied(struct upgrade *u, enum store_db db,
                       unsigned char key[STORE_KEY_MAX], MDB_val *out)
{
    MDB_cursor *cursor;
    MDB_txn *txn;
    MDB_val value;
    int rc = mdb_txn_begin(u->to.env, NULL, MDB_RDONLY, &txn);

    if (rc)
        return rc;
    if (!(rc = mdb_cursor_open(txn, u->to.db[db], &cursor))) {
        if (!(rc = mdb_cursor_get(cursor, out, &value, MDB_LAST))) {
            memcpy(key, out->mv_data, out->mv_size);
            out->mv_data = key;
            if (db == DB_JOURNAL) {
                u->events = store_get64(key);
                memcpy(u->chain, value.mv_data, CHAIN_BYTES);
            }
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return rc;
}

/* What stands in DB after the last key that was copied. */
static int copy_rest(struct upgrade *u, enum store_db db)
{
    struct store_fill fill = {.to = &u->to};
    unsigned char last[STORE_KEY_MAX * 2];
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc, end = last_copied(u, db, last, &key);
    int begun = !end;

    if (end && end != MDB_NOTFOUND)
        return end;
    if ((rc = mdb_cursor_open(u->txn, u->from.db[db], &cursor)))
        return rc;
    if (begun)
        rc = mdb_cursor_get(cursor, &key, &value, MDB_SET);
    while (!rc && !(end = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)))
        rc = db == DB_JOURNAL ? put_event(u, &fill, &key, &value)
                              : store_fill_put(&fill, db, &key, &value);
    mdb_cursor_close(cursor);
    return store_fill_end(&fill, rc ? rc : end == MDB_NOTFOUND ? 0 : end);
}

/* ---- What says whose data it is ----------------------------------------- */

static int get(MDB_txn *txn, const struct store_env *env, struct slice name,
               MDB_val *value)
{
    MDB_val key = store_val(name);

    return mdb_get(txn, env->db[DB_META], &key, value);
}

static int put(MDB_txn *txn, const struct store_env *env, struct slice name,
               const unsigned char *at, size_t len)
{
    MDB_val key = store_val(name), value = {len, (void *)(uintptr_t)at};

    return mdb_put(txn, env->db[DB_META], &key, &value, 0);
}

/* The state with the last hash behind it, the identity with the new schema:
 * with these the copy is whole, and no copy any more. */
static int copy_meta(struct upgrade *u)
{
    unsigned char bytes[512];
    MDB_val state, identity, copied = store_val(COPIED);
    MDB_txn *txn;
    int rc;

    if ((rc = get(u->txn, &u->from, STATE, &state)) ||
        (rc = get(u->txn, &u->from, IDENTITY, &identity)))
        return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
    if (state.mv_size < 8 || state.mv_size + CHAIN_BYTES > sizeof bytes ||
        identity.mv_size != 4 + 36 || store_get64(state.mv_data) != u->events)
        return MDB_CORRUPTED;
    if ((rc = mdb_txn_begin(u->to.env, NULL, 0, &txn)))
        return rc;
    memcpy(bytes, state.mv_data, state.mv_size);
    memcpy(bytes + state.mv_size, u->chain, CHAIN_BYTES);
    rc = put(txn, &u->to, STATE, bytes, state.mv_size + CHAIN_BYTES);
    memcpy(bytes, identity.mv_data, identity.mv_size);
    store_put32(bytes, STORE_SCHEMA);
    if (!rc)
        rc = put(txn, &u->to, IDENTITY, bytes, identity.mv_size);
    if (!rc)
        rc = mdb_del(txn, u->to.db[DB_META], &copied, NULL);
    if (!rc)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

/* What the copy is of: an environment, and its last transaction. */
static size_t note(const struct upgrade *u, unsigned char out[64])
{
    size_t n = strlen(u->store->marker.env);

    memcpy(out, u->store->marker.env, n);
    store_put64(out + n, mdb_txn_id(u->txn));
    store_put32(out + n + 8, STORE_SCHEMA);
    return n + 12;
}

/* Is what lies there a part of this very copy? */
static int is_ours(struct upgrade *u)
{
    unsigned char expected[64];
    size_t n = note(u, expected);
    MDB_txn *txn;
    MDB_val found;
    int same = 0;

    if (mdb_txn_begin(u->to.env, NULL, MDB_RDONLY, &txn))
        return 0;
    if (!get(txn, &u->to, COPIED, &found))
        same = found.mv_size == n && memcmp(found.mv_data, expected, n) == 0;
    mdb_txn_abort(txn);
    return same;
}

static enum err write_note(struct upgrade *u)
{
    unsigned char bytes[64];
    size_t n = note(u, bytes);
    MDB_txn *txn;
    int rc = mdb_txn_begin(u->to.env, NULL, 0, &txn);

    if (!rc && (rc = put(txn, &u->to, COPIED, bytes, n)))
        mdb_txn_abort(txn);
    else if (!rc)
        rc = mdb_txn_commit(txn);
    return store_error(u->store, rc, "beginning an upgrade");
}

/* ---- All of it ---------------------------------------------------------- */

/* Events get longer, everything else stays as it is. */
static size_t map_bytes_for(const struct upgrade *u, size_t asked)
{
    MDB_envinfo info;

    mdb_env_info(u->from.env, &info);
    if (asked == 0)
        asked = STORE_MAP_BYTES;
    return asked > 2 * info.me_mapsize ? asked : 2 * info.me_mapsize;
}

/* Open the part of a copy that is there, or begin one. */
static enum err open_copy(struct upgrade *u, size_t map_bytes)
{
    struct store *store = u->store;
    const char *name = u->marker.env;
    enum err e;

    if (store_dir_has_data(store->dir, name)) {
        e = store_env_open(store, store->dir, name, map_bytes, 0, &u->to);
        if (!e && is_ours(u)) {
            store_log(store, LOG_NOTICE, "store: the upgrade goes on");
            return ERR_NONE;
        }
        store_env_close(&u->to);
    }
    if ((e = store_dir_make_env(store, store->dir, name)) ||
        (e = store_env_open(store, store->dir, name, map_bytes, 1, &u->to)))
        return e;
    return write_note(u);
}

static enum err copy_all(struct upgrade *u)
{
    int rc = 0;

    for (int db = 0; db < DB_COUNT && !rc; db++)
        if (db != DB_META)
            rc = copy_rest(u, db);
    if (!rc)
        rc = copy_meta(u);
    return store_error(u->store, rc, "upgrading the store");
}

static enum err open_source(struct upgrade *u)
{
    struct store *store = u->store;
    enum err e =
        store_env_open_fixed(store, store->dir, store->marker.env, &u->from);

    return e ? e
             : store_error(
                   store, mdb_txn_begin(u->from.env, NULL, MDB_RDONLY, &u->txn),
                   "upgrading the store");
}

enum err store_upgrade(struct store *store, size_t map_bytes)
{
    struct upgrade u = {.store = store, .marker = store->marker};
    enum err e;

    store_next_env(&store->marker, u.marker.env);
    u.marker.schema = STORE_SCHEMA;
    store_log(store, LOG_NOTICE, "store: upgrading from schema %u to %u",
              store->marker.schema, STORE_SCHEMA);
    if (!(e = open_source(&u)) &&
        !(e = open_copy(&u, map_bytes_for(&u, map_bytes))) &&
        !(e = copy_all(&u)) &&
        !(e = store_dir_sync_env(store, store->dir, u.marker.env)))
        e = store_marker_write(store, store->dir, &u.marker);
    if (u.txn)
        mdb_txn_abort(u.txn);
    store_env_close(&u.to);
    store_env_close(&u.from);
    if (e)
        return e;
    store->marker = u.marker;
    store_log(store, LOG_NOTICE, "store: upgraded, %llu events chained",
              (unsigned long long)u.events);
    return ERR_NONE;
}
