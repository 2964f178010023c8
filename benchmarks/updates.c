/*
 * What is written, and through which calls, is all that the two sides differ
 * in: LMDB and its settings are the same.
 */
#include "benchmarks/updates.h"

#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "benchmarks/figures.h"
#include "engine/entity.h"
#include "engine/match/postings.h"
#include "protocol/codec.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define RAW_KEY 8
#define RAW_VALUE 24
#define RAW_BATCH 100000

static void must(enum err e)
{
    if (e)
        die("%s", err_text(e));
}

uint64_t bytes_written(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    uint64_t bytes = 0;
    char line[80];

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "wchar: %" SCNu64, &bytes) == 1)
            break;
    if (!file || !bytes)
        die("/proc/self/io cannot be read");
    fclose(file);
    return bytes;
}

/* ---- Profiles ----------------------------------------------------------- */

void updates_init(struct updates *u, struct store *store,
                  const struct reference *ref, uint32_t profiles)
{
    *u = (struct updates){.store = store,
                          .ref = ref,
                          .profiles = profiles,
                          .draw = draw_of(WORLD_SEED, 0xfe, 1),
                          .arena = arena_new(ARENA_BYTES)};
    if (!u->arena)
        die("out of memory");
}

void updates_fini(struct updates *u)
{
    buffer_free(&u->body);
    arena_free(u->arena);
}

/* The profile, in memory that the next put does not move. */
static struct profile *profile_at(struct updates *u, struct store_batch *batch,
                                  uint32_t number)
{
    struct record record;
    void *value;
    enum err e = store_get_numbered(store_batch_view(batch), ENTITY_PROFILE,
                                    number, &record);

    if (e == ERR_NOT_FOUND)
        return NULL;
    must(e);
    record.body = arena_copy(u->arena, record.body);
    must(entity_decode(ENTITY_PROFILE, &record, u->arena, &value));
    return value;
}

static void update_one(struct updates *u, struct store_batch *batch)
{
    uint32_t number = 1 + draw_below(&u->draw, u->profiles);
    const struct profile *before;
    struct record record;
    struct profile after;

    arena_reset(u->arena);
    if (!(before = profile_at(u, batch, number)))
        return;
    after = *before;
    after.available_from = world_on() + draw_below(&u->draw, 180);
    u->body.len = 0;
    must(protocol_encode(&shape_profile, &after, EVERYONE, &u->body));
    must(store_put(batch, ENTITY_PROFILE, after.id, (struct slice){NULL, 0},
                   RECORD_VERSION, (struct slice){u->body.data, u->body.len},
                   &record));
    must(postings_change(batch, u->ref, u->arena, ENTITY_PROFILE, record.number,
                         before, &after));
}

void updates_commit(struct updates *u)
{
    struct store_batch *batch;

    must(store_batch_begin(u->store, &batch));
    for (int i = 0; i < UPDATES_ROWS; i++)
        update_one(u, batch);
    must(store_batch_commit(batch));
}

/* ---- LMDB alone --------------------------------------------------------- */

struct raw_rows {
    char dir[256];
    MDB_env *env;
    MDB_dbi db;
    uint32_t n;
    struct draw draw;
};

static void lmdb(int rc)
{
    if (rc)
        die("LMDB: %s", mdb_strerror(rc));
}

/* A key in the order of its number, and a value of some bytes. */
static void raw_put(struct raw_rows *raw, MDB_txn *txn, uint32_t number,
                    unsigned flags)
{
    unsigned char key[RAW_KEY] = {0}, value[RAW_VALUE];
    MDB_val k = {sizeof key, key}, v = {sizeof value, value};

    for (int i = 0; i < 4; i++)
        key[4 + i] = (unsigned char)(number >> (24 - 8 * i));
    memset(value, (int)draw_below(&raw->draw, 256), sizeof value);
    lmdb(mdb_put(txn, raw->db, &k, &v, flags));
}

static void raw_fill(struct raw_rows *raw)
{
    MDB_txn *txn;

    for (uint32_t i = 0; i < raw->n;) {
        uint32_t end = i + RAW_BATCH < raw->n ? i + RAW_BATCH : raw->n;

        lmdb(mdb_txn_begin(raw->env, NULL, 0, &txn));
        if (i == 0)
            lmdb(mdb_dbi_open(txn, "rows", MDB_CREATE, &raw->db));
        while (i < end)
            raw_put(raw, txn, i++, MDB_APPEND);
        lmdb(mdb_txn_commit(txn));
    }
}

struct raw_rows *raw_rows_new(const char *dir, uint32_t n)
{
    struct raw_rows *raw = calloc(1, sizeof *raw);

    if (!raw)
        die("out of memory");
    raw->n = n;
    raw->draw = draw_of(WORLD_SEED, 0xfd, 1);
    snprintf(raw->dir, sizeof raw->dir, "%s/raw-XXXXXX", dir);
    if (!mkdtemp(raw->dir))
        die("%s: no directory", raw->dir);
    lmdb(mdb_env_create(&raw->env));
    lmdb(mdb_env_set_maxdbs(raw->env, 1));
    lmdb(mdb_env_set_mapsize(raw->env, STORE_MAP_BYTES));
    lmdb(mdb_env_open(raw->env, raw->dir, MDB_NOTLS, 0600));
    raw_fill(raw);
    return raw;
}

void raw_rows_free(struct raw_rows *raw)
{
    char path[300];

    mdb_env_close(raw->env);
    snprintf(path, sizeof path, "%s/data.mdb", raw->dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/lock.mdb", raw->dir);
    unlink(path);
    rmdir(raw->dir);
    free(raw);
}

void raw_rows_commit(struct raw_rows *raw)
{
    MDB_txn *txn;

    lmdb(mdb_txn_begin(raw->env, NULL, 0, &txn));
    for (int i = 0; i < UPDATES_ROWS; i++)
        raw_put(raw, txn, draw_below(&raw->draw, raw->n), 0);
    lmdb(mdb_txn_commit(txn));
}
