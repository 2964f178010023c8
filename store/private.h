/*
 * What the files of the store share, and nobody else: the environment, the
 * counters, and the few primitives through which every key is read or
 * written.  Only here is LMDB known.
 *
 *   error.c     LMDB's codes in ours, said once in the log
 *   dir.c       the directory and its lock   marker.c  what makes it a store
 *   env.c       an LMDB environment: open, check, grow
 *   view.c      snapshots and reads          batch.c   transactions and writes
 *   record.c journal.c once.c imported.c     what is kept
 *   audit.c   whether all of that agrees     ahead.c   its pages, before they
 *   addresses.c  where values stand          are needed
 *   index.c side.c build.c ...               the index, see index_parts.h
 *   results.c                                what batches found
 *   store.c     opening all of it            compact.c copies, going on in one
 *   watch.c     what goes wrong slowly
 *   upgrade.c   a copy in today's schema     fill.c    what all of them fill
 *   dump.c      all of it as a stream of bytes
 *
 * Numbers in keys and values are big-endian, so that keys sort by them; only
 * the columns of index blocks are little-endian, to be read in place.  Values
 * are never aligned: everything goes through memcpy.
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <lmdb.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/types.h>
#include <syslog.h>

#include "store/index.h"
#include "store/reference.h"
#include "store/store.h"

#define STORE_ENTITIES 16
#define STORE_ID_MAX 64
#define STORE_CALLER_MAX 200
#define STORE_KEY_MAX 300 /* of LMDB's 511 */

/* One named database each; the names stand in env.c, in this order. */
enum store_db {
    DB_META,      /* "identity", "state" */
    DB_IDS,       /* entity, id -> number */
    DB_RECORDS,   /* entity, number -> revision, version, id, body */
    DB_JOURNAL,   /* revision -> event */
    DB_ONCE,      /* caller, key -> reply; time, caller, key -> nothing */
    DB_HEADS,     /* generation, kind, code, row's order -> page of heads */
    DB_INDEX,     /* block id -> block */
    DB_SIDE,      /* generation, kind, chunk -> rows by number */
    DB_KEYS,      /* generation, kind, chunk -> keys by number */
    DB_NOTES,     /* generation, sequence -> what it has yet to be told */
    DB_REFERENCE, /* table -> version, source; table, slot, part -> lines */
    DB_RESULTS_0, /* results.h */
    DB_RESULTS_1,
    DB_COUNT
};

struct store_env {
    MDB_env *env;
    MDB_dbi db[DB_COUNT];
};

/* The text file that says: this is a store, whose, and where its data is. */
struct store_marker {
    unsigned schema;
    char uuid[37];
    char env[24]; /* "env-" and a number */
};

/* The counters of a store: one value, read when a transaction begins and
 * written when it commits. */
struct store_state {
    uint64_t revision; /* of the last event */
    uint64_t stamp;    /* of the live generation */
    uint64_t deferred; /* revision of the last record put without postings */
    uint64_t begun;    /* revision at which the build began */
    uint32_t live;     /* generation that answers */
    uint32_t building; /* generation being built, 0: none */
    uint32_t newest;   /* generation begun last: numbers are not used again */
    uint32_t built;    /* values written for it, INDEX_BUILT: all */
    uint32_t block;    /* block given last: no id is used again */
    uint32_t note;     /* note of the build taken last */
    uint32_t numbers[STORE_ENTITIES]; /* given last */
    uint64_t records[STORE_ENTITIES];
    unsigned char chain[CHAIN_BYTES]; /* hash of the last event */
};

/* A reader of another process, and since when it has been seen with one
 * snapshot. */
struct store_foreign {
    int pid; /* 0: none */
    int told;
    size_t snapshot;
    uint64_t since_s;
};
#define STORE_FOREIGN 8

/*
 * SWAP guards env and reference: a view holds it shared for its life; growing
 * the map, changing to another environment and committing other tables hold
 * it exclusively.  Readers are preferred (glibc's default), so that a thread
 * may hold two views.  The thread that writes need not hold it to read them,
 * for nobody else changes them.
 */
struct store {
    char dir[PATH_MAX];
    void (*log)(int priority, const char *text);
    void (*damaged)(void);
    int lock; /* descriptor that holds the flock */
    int read_only;
    int beside;     /* another process has it open */
    int read_ahead; /* by ourselves: the kernel reads what is asked for */
    struct store_ahead *ahead; /* reading ahead, or what is left of it */
    struct store_marker marker;
    pthread_rwlock_t swap;
    struct store_env env;
    struct reference *_Atomic reference; /* set while pages are read ahead */
    struct index_keys *keys;   /* of the side array, see store/keys.c */
    struct addresses *blocks;  /* of DB_INDEX by id, see store/addresses.c */
    struct addresses *sides;   /* of DB_SIDE's live generation by chunk */
    _Atomic uint32_t building; /* generation of the open index_build, or 0 */
    pthread_mutex_t idle_mutex;
    struct store_view *idle; /* ended views of env, to be begun again */
    unsigned n_idle;
    struct store_view *held;                     /* views that are open */
    struct store_foreign foreign[STORE_FOREIGN]; /* of watch.c alone */
    int crowded;                                 /* the disk; the same */
    atomic_int failed;   /* a disk error: nothing may be written any more */
    atomic_int unmapped; /* the map was lost: nothing may be read either */
    atomic_int waiting;  /* somebody wants SWAP, and views hold it */
    pthread_t wiper;     /* see store/wipe.c; when WIPER_RUNS */
    int wiper_runs;
    atomic_int wipe_stop;
    char wiping[24];           /* the environment that is overwritten */
    atomic_ullong compactions; /* that are over */
};

struct store_view {
    struct store *store;
    MDB_txn *txn;
    size_t snapshot; /* LMDB's number of what STATE was read from, or 0 */
    struct store_state state;
    const struct reference *reference;
    /* It answers no more: a batch's first failed write, or ERR_DEADLINE. */
    _Atomic enum err spoiled;
    struct found *found;     /* before, see store/found.c; or NULL */
    struct store_view *next; /* of the idle ones, or of those that are held */
    struct store_view **at;  /* what points to it among the held */
    uint64_t begun_s;
    unsigned limit_s; /* 0: none */
    int told;         /* that it has been held for long */
};

struct store_batch {
    struct store_view view; /* its transaction is the batch's */
    uint64_t changes;
    int64_t time_ms;
    int map_full;      /* grow when this batch is over */
    int new_reference; /* commit reads the imported tables again */
    int low;           /* the disk is: 1, it is not: -1, not looked: 0 */
};

/* ---- error.c ------------------------------------------------------------ */

/* Translate LMDB's (or errno's) RC, and log it with WHAT was attempted; not
 * found is no event. */
enum err store_error(struct store *store, int rc, const char *what);
/* Is less left of STORE's disk than should be kept free? */
int store_disk_low(const struct store *store);
/* Of USED bytes and what is left of STORE's disk, how much is used. */
unsigned store_disk_percent(const struct store *store, uint64_t used);
/* A line for whoever opened the store; nobody, if no log was given. */
void store_log(struct store *store, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- dir.c -------------------------------------------------------------- */

/* Write DIR/NAME into OUT; 0 when it does not fit. */
int store_path(char out[PATH_MAX], const char *dir, const char *name);

/* Make DIR for a new store, or take it when it is empty; *MADE says which.
 * ERR_STORE_EXISTS, ERR_STORE_FOREIGN, ERR_STORE_IO. */
enum err store_dir_prepare(struct store *store, const char *dir, int *made);

/* ERR_STORE_FOREIGN when DIR lies on a remote file system. */
enum err store_dir_local(struct store *store, const char *dir);
/* What was renamed in DIR stays so after a power cut. */
enum err store_dir_sync(struct store *store, const char *dir);
/* So does DIR itself. */
enum err store_dir_sync_parent(struct store *store, const char *dir);

/* Take marker and lock away from a store that could not be made. */
void store_dir_clear(const char *dir);

/* Make the directory of an environment, empty; take it away. */
enum err store_dir_make_env(struct store *store, const char *dir,
                            const char *env);
/* It may be half made, or gone; what was in it is overwritten first. */
void store_dir_remove_env(const char *dir, const char *env);
/* The same, until *STOP is set (NULL: it never is), when the rest is left as it
 * is: 0 then, and when it cannot be overwritten. */
int store_dir_wipe_env(const char *dir, const char *env, atomic_int *stop);
/* Do that on a thread of its own to ENV, which nothing uses any more. */
void store_wipe_begin(struct store *store, const char *env);
/* Wait for it; or have it left for the next start. */
void store_wipe_wait(struct store *store);
/* The latter, and then wait. */
void store_wipe_stop(struct store *store);

/* Make the environment's directory, and its place in DIR, last. */
enum err store_dir_sync_env(struct store *store, const char *dir,
                            const char *env);

/* Remove every environment but KEEP, and what an interrupted write left. */
void store_dir_tidy(const char *dir, const char *keep);

/* Take the lock of DIR.  ERR_STORE_LOCKED, ERR_STORE_IO. */
enum err store_dir_lock(struct store *store, const char *dir, int *lock);

/* "env-" and a number. */
int store_dir_is_env(const char *name);
/* "env-7" after "env-6". */
void store_next_env(const struct store_marker *marker, char name[24]);
/* Is there data in an environment's directory? */
int store_dir_has_data(const char *dir, const char *env);

/* ---- marker.c ----------------------------------------------------------- */

#define STORE_MARKER "claused.store"
#define STORE_MARKER_NEW "claused.store.new"

/* Its schema may be an older one, which store_upgrade knows.
 * ERR_STORE_FOREIGN, ERR_STORE_SCHEMA, ERR_STORE_CORRUPT. */
enum err store_marker_read(struct store *store, const char *dir,
                           struct store_marker *out);

/* Replace the marker of DIR at once.  After a failure either may stand. */
enum err store_marker_write(struct store *store, const char *dir,
                            const struct store_marker *marker);

/* ---- pages.c ------------------------------------------------------------ */

/* Are the lists of free pages, as VIEW has them, lists of pages?  A damaged one
 * would have the next write end the daemon, or worse. */
enum err store_free_check(struct store_view *view);

/* And is every page that the file is too short for in one?  Of a store that
 * nobody writes. */
enum err store_pages_check(struct store_view *view);

/* ---- metas.c ------------------------------------------------------------ */

/* Could the meta pages of the environment in PATH, which nobody writes, be of
 * the last commit and the one before?  1 too when they cannot be read: LMDB
 * says why. */
int store_metas_agree(const char *path);

/* ---- env.c -------------------------------------------------------------- */

/* Open the environment NAME in DIR with MAP_BYTES of map: more when it holds
 * more, less when the process may not have so much.  CREATE makes its
 * databases. */
enum err store_env_open(struct store *store, const char *dir, const char *name,
                        size_t map_bytes, int create, struct store_env *out);
/* Open one that nobody writes, without a reader's slot: it stays as it is. */
enum err store_env_open_fixed(struct store *store, const char *dir,
                              const char *name, struct store_env *out);
/* Closed already is fine. */
void store_env_close(struct store_env *env);

/* Look, without writing and from a process of its own (a damaged map kills by
 * signal), whether the environment that MARKER names may be opened. */
enum err store_env_check(struct store *store, const char *dir,
                         const struct store_marker *marker);

/* ---- fill.c, upgrade.c -------------------------------------------------- */

/* Filling TO; all else is zero at first. */
struct store_fill {
    struct store_env *to;
    MDB_txn *txn;
    size_t bytes; /* since the last commit */
};
/* Append to DB: keys come in order.  LMDB's code. */
int store_fill_put(struct store_fill *fill, enum store_db db, MDB_val *key,
                   MDB_val *value);
/* Commit, or abort if RC is an error; what has come of it. */
int store_fill_end(struct store_fill *fill, int rc);

/* Bring the store that is of an older schema up to date; its marker and the
 * environment that it names are then the new ones.  See upgrade.c. */
enum err store_upgrade(struct store *store, size_t map_bytes);

/* Has another process the environment of MARKER open?  It has made LMDB's lock
 * file: who would make it anew would read what is written over.
 * ERR_STORE_IO. */
enum err store_env_is_open(struct store *store, const char *dir,
                           const struct store_marker *marker);

/* Make the map larger.  No transaction of this thread may be open. */
void store_env_grow(struct store *store);

/* ---- watch.c ------------------------------------------------------------ */

/* VIEW is held from now on, and is not any more: both with the mutex of the
 * idle ones held. */
void store_view_hold(struct store_view *view);
/* Before its slot is reset. */
void store_view_let_go(struct store_view *view);

/* ---- ahead.c ------------------------------------------------------------ */

/* Begin to read ahead, on threads of its own.  ERR_NOMEM. */
enum err store_ahead_begin(struct store *store);
/* End it, wherever it is; it need not have begun. */
void store_ahead_end(struct store *store);

/* ---- view.c ------------------------------------------------------------- */

/* Wait until no view is left, and keep new ones out until the end. */
void store_swap_begin(struct store *store);
/* Views may begin again. */
void store_swap_end(struct store *store);

/* The value of KEY; borrowed.  ERR_NOT_FOUND. */
enum err store_read(struct store_view *view, enum store_db db, struct slice key,
                    struct slice *value);

/* The first key that is not smaller than FROM.  ERR_NOT_FOUND. */
enum err store_seek(struct store_view *view, enum store_db db,
                    struct slice from, struct slice *key, struct slice *value);

/* Close the idle views: before the environment is closed or mapped anew.
 * The caller holds SWAP exclusively, or nobody else knows the store. */
void store_view_drop_idle(struct store *store);

/* A cursor of VIEW's transaction; the caller closes it. */
enum err store_cursor(struct store_view *view, enum store_db db,
                      MDB_cursor **out);

/* Fill VIEW's state from its transaction; put the batch's into it. */
enum err store_state_load(struct store_view *view);
/* Before the commit, once. */
enum err store_state_save(struct store_batch *batch);

/* Schema and uuid as the environment itself states them. */
enum err store_identity_load(struct store_view *view, unsigned *schema,
                             char uuid[37]);
/* At creation, once. */
enum err store_identity_save(struct store_batch *batch, unsigned schema,
                             const char *uuid);

/* ---- batch.c ------------------------------------------------------------ */

/* Put the concatenated PARTS under KEY; they must not borrow from the batch.
 * FLAGS are LMDB's.  An error spoils the batch. */
enum err store_write(struct store_batch *batch, enum store_db db,
                     struct slice key, const struct slice *parts, size_t n,
                     unsigned flags);

/* The same, with room for LEN bytes that the caller fills at once. */
enum err store_reserve(struct store_batch *batch, enum store_db db,
                       struct slice key, size_t len, unsigned flags,
                       void **out);

/* Remove KEY.  ERR_NOT_FOUND spoils nothing. */
enum err store_remove(struct store_batch *batch, enum store_db db,
                      struct slice key);

/* Remove every key of a database. */
enum err store_empty(struct store_batch *batch, enum store_db db);

/* Remember that the batch must not commit; returns E. */
enum err store_spoil(struct store_batch *batch, enum err e);

/* ---- journal.c ---------------------------------------------------------- */

/* Append an event; the state's revision becomes its own. */
enum err store_event_append(struct store_batch *batch, enum event_kind kind,
                            unsigned entity, uint32_t number,
                            struct slice label);

/* An event's value: its hash, then the bytes that it is the hash of.
 * ERR_STORE_CORRUPT. */
enum err store_event_parse(uint64_t revision, struct slice value,
                           struct event *out);

/* The journal ends where the state says, and the chain holds from LAST events
 * before that.  ERR_STORE_CORRUPT, with a line in the log that says where. */
enum err store_journal_check(struct store_view *view, uint64_t last);

/* ---- record.c ----------------------------------------------------------- */

/* The id that a value of DB_RECORDS repeats, once that was parsed. */
struct slice store_record_id(struct slice value);
/* A value of DB_RECORDS.  ERR_STORE_CORRUPT. */
enum err store_record_parse(struct slice value, uint32_t number,
                            struct record *out);

/* ---- keys.c ------------------------------------------------------------- */

struct index_keys;
/* No keys.  NULL: no memory. */
struct index_keys *index_keys_new(void);
/* NULL is fine; nobody reads them any more. */
void index_keys_free(struct index_keys *keys);
/* Read the keys of VIEW's live generation into its store's.  ERR_NOMEM,
 * ERR_STORE_CORRUPT, ERR_STORE_IO. */
enum err index_keys_load(struct store_view *view);

/* ---- addresses.c -------------------------------------------------------- */

struct addresses;
/* Nothing known.  NULL: no memory. */
struct addresses *addresses_new(void);
/* NULL is fine; nobody asks any more. */
void addresses_free(struct addresses *p);
/* Forget all: the map moves.  Nobody may ask meanwhile. */
void addresses_clear(struct addresses *p);

/* Where value NUMBER stands for a reader of SNAPSHOT; NULL: not known. */
const void *addresses_get(const struct addresses *p, uint32_t number,
                          uint64_t snapshot);
/* It will be asked soon. */
void addresses_ahead(const struct addresses *p, uint32_t number);
/* A reader of SNAPSHOT found it at VALUE, an even address. */
void addresses_learn(struct addresses *p, uint32_t number, uint64_t snapshot,
                     const void *value);
/* The transaction SINCE writes it, or removes it so that its number is used
 * again.  Before it commits, on the thread that writes.  ERR_NOMEM. */
enum err addresses_forget(struct addresses *p, uint32_t number, uint64_t since);

/* ---- found.c ------------------------------------------------------------ */

/* Memory of a view that is over; NULL is fine. */
void found_free(struct found *found);

/* The record that ID leads to, when VIEW was asked for it before: its number,
 * and its value as it is stored.  0: it was not, or is a batch's. */
int found_named(const struct store_view *view, unsigned entity, struct slice id,
                uint32_t *number, struct slice *value);
/* Keep it; without memory it is found again another time. */
void found_name(struct store_view *view, unsigned entity, struct slice id,
                uint32_t number, struct slice value);

/* ---- imported.c --------------------------------------------------------- */

/* Build the reference tables that VIEW's data calls for.  ERR_BAD_TABLE. */
enum err store_reference_load(struct store_view *view, struct reference **out);

/* ---- Numbers in bytes --------------------------------------------------- */

static inline unsigned char *store_put32(unsigned char *at, uint32_t value)
{
    at[0] = (unsigned char)(value >> 24);
    at[1] = (unsigned char)(value >> 16);
    at[2] = (unsigned char)(value >> 8);
    at[3] = (unsigned char)value;
    return at + 4;
}

static inline unsigned char *store_put64(unsigned char *at, uint64_t value)
{
    return store_put32(store_put32(at, (uint32_t)(value >> 32)),
                       (uint32_t)value);
}

static inline uint32_t store_get32(const void *from)
{
    const unsigned char *at = from;

    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t store_get64(const void *from)
{
    const unsigned char *at = from;

    return (uint64_t)store_get32(at) << 32 | store_get32(at + 4);
}

static inline MDB_val store_val(struct slice text)
{
    return (MDB_val){text.len, (void *)(uintptr_t)text.data};
}

/* The bytes from START up to END. */
static inline struct slice store_bytes(const unsigned char *start,
                                       const unsigned char *end)
{
    return (struct slice){(const char *)start, (size_t)(end - start)};
}

#endif
