/*
 * An LMDB environment: opened, looked at before it is trusted, grown.
 * Flags are MDB_NOTLS alone: a commit is on disk when it returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/private.h"
#include "store/spare.h"

/* Views of the loop and of a pool of workers; a slot is 64 bytes. */
#define READERS_MAX 254
#define LOCK_FILE_BYTES (READERS_MAX * 64 + 4096)
/* So far back the quick check follows the journal's chain: a millisecond. */
#define CHECK_EVENTS 1000
#define MAP_BYTES_MIN ((size_t)256 * 1024)
/* A batch is at most 1 MiB of records: with this, one growth is enough. */
#define MAP_BYTES_STEP ((size_t)16 << 20)

static const char *const names[DB_COUNT] = {
    "meta", "ids",  "records", "journal",   "once",      "heads",     "index",
    "side", "keys", "notes",   "reference", "results-0", "results-1",
};

static size_t map_round(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (bytes == 0)
        bytes = STORE_MAP_BYTES;
    if (bytes < MAP_BYTES_MIN)
        bytes = MAP_BYTES_MIN;
    return (bytes + page - 1) / page * page;
}

/* LMDB's own order, bytes and then length, which is asked for some twenty
 * times a look-up: most keys are a number or two, and need no call. */
static int compare_keys(const MDB_val *a, const MDB_val *b)
{
    const unsigned char *x = a->mv_data, *y = b->mv_data;
    size_t n = a->mv_size < b->mv_size ? a->mv_size : b->mv_size;

    for (; n >= 8; n -= 8, x += 8, y += 8)
        if (store_get64(x) != store_get64(y))
            return store_get64(x) < store_get64(y) ? -1 : 1;
    if (n >= 4) {
        if (store_get32(x) != store_get32(y))
            return store_get32(x) < store_get32(y) ? -1 : 1;
        n -= 4, x += 4, y += 4;
    }
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return (a->mv_size > b->mv_size) - (a->mv_size < b->mv_size);
}

/* Handles stay open for the life of the environment once their transaction
 * has committed. */
static int open_databases(struct store_env *env, int create)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->env, NULL, create ? 0 : MDB_RDONLY, &txn);

    if (rc)
        return rc;
    for (int i = 0; i < DB_COUNT && !rc; i++)
        if (!(rc = mdb_dbi_open(txn, names[i], create ? MDB_CREATE : 0,
                                &env->db[i])))
            rc = mdb_set_compare(txn, env->db[i], compare_keys);
    if (rc) {
        mdb_txn_abort(txn);
        return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
    }
    return mdb_txn_commit(txn);
}

/* LMDB maps what it holds in any case, if that is more. */
static int open_with_map(struct store_env *env, const char *path,
                         size_t map_bytes, unsigned flags, int create)
{
    int rc;

    if ((rc = mdb_env_set_maxdbs(env->env, DB_COUNT)) ||
        (rc = mdb_env_set_maxreaders(env->env, READERS_MAX)) ||
        (rc = mdb_env_set_mapsize(env->env, map_bytes)))
        return rc;
    spare_begin();
    rc = mdb_env_open(env->env, path, MDB_NOTLS | flags, 0600);
    spare_end();
    if (rc)
        return rc;
    return open_databases(env, create);
}

static int open_once(const char *path, size_t map_bytes, unsigned flags,
                     int create, struct store_env *out)
{
    struct store_env env;
    int rc = mdb_env_create(&env.env);

    if (rc)
        return rc;
    if ((rc = open_with_map(&env, path, map_bytes, flags, create))) {
        mdb_env_close(env.env);
        return rc;
    }
    *out = env;
    return 0;
}

/* A map is only address space, but a process may be limited in that: then
 * half, and half again; it grows when it must. */
static int open_env(const char *path, size_t map_bytes, unsigned flags,
                    int create, struct store_env *out)
{
    int rc;

    while ((rc = open_once(path, map_bytes, flags, create, out)) == ENOMEM &&
           map_bytes / 2 >= MAP_BYTES_MIN)
        map_bytes /= 2;
    return rc;
}

/* LMDB leaves its lock file sparse and writes into it through a map: on a full
 * disk the next reader would be killed.  (Not after LMDB has opened it, whose
 * own locks would fall with our descriptor.) */
static int reserve_lock_file(const char *path)
{
    char file[PATH_MAX];
    int fd, rc;

    if (!store_path(file, path, "lock.mdb"))
        return ENAMETOOLONG;
    if ((fd = spare_open(file, O_RDWR | O_CREAT)) < 0)
        return errno;
    rc = posix_fallocate(fd, 0, LOCK_FILE_BYTES);
    close(fd);
    return rc;
}

/* LMDB has found what cannot be, and would abort. */
static void on_assert(MDB_env *env, const char *what)
{
    struct store *store = mdb_env_get_userctx(env);

    store_log(store, LOG_ERR, "store: damaged: %s", what);
    if (store->damaged)
        store->damaged();
}

enum err store_env_open(struct store *store, const char *dir, const char *name,
                        size_t map_bytes, int create, struct store_env *out)
{
    char path[PATH_MAX];
    int rc;

    if (!store_path(path, dir, name))
        return store_error(store, ENAMETOOLONG, dir);
    if (store->read_only)
        rc = open_env(path, map_bytes ? map_round(map_bytes) : MAP_BYTES_MIN,
                      MDB_RDONLY, 0, out);
    else if (!(rc = reserve_lock_file(path)))
        rc = open_env(path, map_round(map_bytes),
                      store->read_ahead ? MDB_NORDAHEAD : 0, create, out);
    if (!rc) {
        mdb_env_set_userctx(out->env, store);
        mdb_env_set_assert(out->env, on_assert);
    }
    return store_error(store, rc, path);
}

/* Nobody writes it, so that no lock is needed. */
static int open_fixed(const char *path, struct store_env *out)
{
    return open_env(path, MAP_BYTES_MIN,
                    MDB_RDONLY | MDB_NOLOCK | MDB_NORDAHEAD, 0, out);
}

enum err store_env_open_fixed(struct store *store, const char *dir,
                              const char *name, struct store_env *out)
{
    char path[PATH_MAX];

    return store_path(path, dir, name)
               ? store_error(store, open_fixed(path, out), path)
               : store_error(store, ENAMETOOLONG, dir);
}

void store_env_close(struct store_env *env)
{
    if (env->env)
        mdb_env_close(env->env);
    env->env = NULL;
}

/* ---- A look before it is trusted ---------------------------------------- */

/* The last writes of a store lie at the ends of its databases: read both, so
 * that a file cut short is noticed now and not in the middle of an answer. */
static enum err check_ends(struct store_view *view)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    enum err e = ERR_NONE;
    int rc;

    for (int db = 0; db < DB_COUNT && !e; db++) {
        if ((e = store_cursor(view, db, &cursor)))
            return e;
        rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
        if (!rc)
            rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
        mdb_cursor_close(cursor);
        if (rc != MDB_NOTFOUND)
            e = store_error(view->store, rc, names[db]);
    }
    return e;
}

static enum err check_view(struct store_view *view,
                           const struct store_marker *marker)
{
    struct store *store = view->store;
    unsigned schema;
    char uuid[37];
    enum err e;

    if ((e = store_identity_load(view, &schema, uuid)))
        return e;
    if (schema > STORE_SCHEMA)
        return ERR_STORE_SCHEMA;
    if (schema != marker->schema || strcmp(uuid, marker->uuid) != 0) {
        store_log(store, LOG_ERR, "store: %s holds the data of another store",
                  marker->env);
        return ERR_STORE_CORRUPT;
    }
    if ((e = check_ends(view)) || schema < STORE_SCHEMA)
        return e; /* the upgrade looks at the rest */
    if ((e = store_state_load(view)))
        return e;
    return store_journal_check(view, CHECK_EVENTS);
}

static int room_for(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        return 0;
    munmap(at, bytes);
    return 1;
}

/* LMDB maps as much as a meta page says.  It cannot be so much while there is
 * room for the file. */
static int is_beyond_file(const char *path, int rc)
{
    char file[PATH_MAX];
    struct stat st;

    if (rc == EINVAL || rc == MDB_MAP_RESIZED)
        return 1;
    return rc == ENOMEM && store_path(file, path, "data.mdb") &&
           stat(file, &st) == 0 && room_for((size_t)st.st_size + MAP_BYTES_MIN);
}

static enum err check_here(struct store *store, const char *path,
                           const struct store_marker *marker)
{
    struct store_view view = {.store = store};
    enum err e;
    int rc = open_fixed(path, &store->env);

    if (is_beyond_file(path, rc) || (!rc && !store_metas_agree(path)))
        rc = MDB_CORRUPTED;
    if (!rc)
        rc = mdb_txn_begin(store->env.env, NULL, MDB_RDONLY, &view.txn);
    if (rc)
        return store_error(store, rc, path);
    if ((e = store_pages_check(&view)))
        return e;
    return check_view(&view, marker);
}

/* What the child's end says.  Any but the errors it may return is a crash;
 * SIGKILL is not the data's doing, but that of somebody short of memory. */
static enum err verdict(int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return ERR_NOMEM;
    if (WIFEXITED(status)) {
        switch (WEXITSTATUS(status)) {
        case ERR_NONE:
        case ERR_NOMEM:
        case ERR_STORE_IO:
        case ERR_STORE_SCHEMA:
            return (enum err)WEXITSTATUS(status);
        default:
            break;
        }
    }
    return ERR_STORE_CORRUPT;
}

enum err store_env_check(struct store *store, const char *dir,
                         const struct store_marker *marker)
{
    char path[PATH_MAX];
    int status;
    pid_t pid;

    if (!store_path(path, dir, marker->env))
        return store_error(store, ENAMETOOLONG, dir);
    if (!store_dir_has_data(dir, marker->env)) {
        store_log(store, LOG_ERR, "store: %s: no data", path);
        return ERR_STORE_CORRUPT;
    }
    if ((pid = fork()) < 0)
        return store_error(store, errno, "fork");
    if (pid == 0) {
        const struct rlimit none = {0, 0};

        setrlimit(RLIMIT_CORE, &none);
        signal(SIGBUS, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        _exit((int)check_here(store, path, marker));
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return store_error(store, errno, "waitpid");
    if (verdict(status) == ERR_STORE_CORRUPT)
        store_log(store, LOG_ERR, "store: %s is damaged", path);
    return verdict(status);
}

enum err store_env_is_open(struct store *store, const char *dir,
                           const struct store_marker *marker)
{
    char path[PATH_MAX], lock[PATH_MAX];

    if (!store_path(path, dir, marker->env) ||
        !store_path(lock, path, "lock.mdb"))
        return store_error(store, ENAMETOOLONG, dir);
    return access(lock, R_OK | W_OK) == 0 ? ERR_NONE
                                          : store_error(store, errno, lock);
}

/* ---- Growth ------------------------------------------------------------- */

/* LMDB unmaps before it maps anew, and cannot go back: see first whether
 * there is room. */
void store_env_grow(struct store *store)
{
    MDB_envinfo info;
    size_t bytes;
    int rc = 0;

    mdb_env_info(store->env.env, &info);
    bytes = info.me_mapsize < MAP_BYTES_STEP ? info.me_mapsize + MAP_BYTES_STEP
                                             : info.me_mapsize * 2;
    store_swap_begin(store);
    store_view_drop_idle(store);
    addresses_clear(store->blocks);
    addresses_clear(store->sides);
    if (!room_for(bytes))
        rc = ENOMEM;
    else if ((rc = mdb_env_set_mapsize(store->env.env, bytes)))
        store->failed = store->unmapped = 1;
    store_swap_end(store);
    if (rc)
        store_error(store, rc, "growing the map");
    else
        store_log(store, LOG_NOTICE, "store: the map was grown to %zu MiB",
                  bytes >> 20);
}
