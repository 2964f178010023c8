/*
 * See old.h.  Written through LMDB itself, for the store writes only today's
 * schema.
 */
#include "tests/support/old.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH 32

static void must(int rc, const char *what)
{
    cr_assert_eq(rc, 0, "%s: %s", what, mdb_strerror(rc));
}

static MDB_dbi open_db(MDB_txn *txn, const char *name)
{
    MDB_dbi db = 0;

    must(mdb_dbi_open(txn, name, 0, &db), name);
    return db;
}

/* Every event without the hash before it. */
static void strip_events(MDB_txn *txn)
{
    MDB_dbi db = open_db(txn, "journal");
    unsigned char at[8] = {0};
    MDB_val key = {8, at}, value;
    char bytes[400];

    for (unsigned n = 1;; n++) {
        for (int i = 0; i < 4; i++)
            at[7 - i] = (unsigned char)(n >> 8 * i);
        if (mdb_get(txn, db, &key, &value))
            return;
        cr_assert_leq(value.mv_size, sizeof bytes);
        value.mv_size -= HASH;
        memcpy(bytes, (char *)value.mv_data + HASH, value.mv_size);
        value.mv_data = bytes;
        must(mdb_put(txn, db, &key, &value, 0), "event");
    }
}

static void strip_meta(MDB_txn *txn)
{
    MDB_dbi db = open_db(txn, "meta");
    char state_name[] = "state", identity_name[] = "identity";
    MDB_val state = {5, state_name}, identity = {8, identity_name}, value;
    char bytes[400];

    must(mdb_get(txn, db, &state, &value), "state");
    memcpy(bytes, value.mv_data, value.mv_size);
    value = (MDB_val){value.mv_size - HASH, bytes};
    must(mdb_put(txn, db, &state, &value, 0), "state");
    must(mdb_get(txn, db, &identity, &value), "identity");
    memcpy(bytes, value.mv_data, value.mv_size);
    bytes[3] = 2;
    value = (MDB_val){value.mv_size, bytes};
    must(mdb_put(txn, db, &identity, &value, 0), "identity");
}

/* The environment that the marker of DIR names, and the marker of schema 2. */
static void change_marker(const char *dir, char env[PATH_MAX])
{
    char path[PATH_MAX], uuid[37], name[24];
    unsigned schema;
    FILE *f;

    snprintf(path, sizeof path, "%.4000s/claused.store", dir);
    cr_assert_not_null(f = fopen(path, "r"));
    cr_assert_eq(fscanf(f, "claused store schema %u uuid %36s env %23s",
                        &schema, uuid, name),
                 3);
    fclose(f);
    cr_assert_eq(schema, 3);
    cr_assert_not_null(f = fopen(path, "w"));
    fprintf(f, "claused store\nschema 2\nuuid %s\nenv %s\n", uuid, name);
    fclose(f);
    snprintf(env, PATH_MAX, "%.4000s/%s", dir, name);
}

void old_make(const char *dir)
{
    char path[PATH_MAX];
    MDB_env *env;
    MDB_txn *txn;

    change_marker(dir, path);
    must(mdb_env_create(&env), "environment");
    must(mdb_env_set_maxdbs(env, 32), "environment");
    must(mdb_env_set_mapsize(env, (size_t)1 << 30), "environment");
    must(mdb_env_open(env, path, MDB_NOTLS, 0600), path);
    must(mdb_txn_begin(env, NULL, 0, &txn), "transaction");
    strip_events(txn);
    strip_meta(txn);
    must(mdb_txn_commit(txn), "commit");
    mdb_env_close(env);
}
