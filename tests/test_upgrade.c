/*
 * A store of the schema before ours: brought up to date when it is opened,
 * killed at any point on the way, gone on with.  The linker puts the functions
 * at which a process is to die in the place of the real ones.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/support/old.h"
#include "tests/support/opened.h"

#define SMALL 2000
#define BIG 150 /* records of 64 KiB: more than one transaction of the copy */

/* ---- Death -------------------------------------------------------------- */

int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int __real_mdb_put(MDB_txn *txn, MDB_dbi db, MDB_val *key, MDB_val *value,
                   unsigned flags);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi db, MDB_val *key, MDB_val *value,
                   unsigned flags);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_remove(const char *path);
int __wrap_remove(const char *path);

/* The child that looks at the data before it is trusted is spared. */
static pid_t doomed;
static long points_left = -1; /* before and after each step that lasts */
static long puts_left = -1;
static long no_space = -1;

static void point(void)
{
    if (getpid() == doomed && points_left >= 0 && points_left-- == 0)
        raise(SIGKILL);
}

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    int rc;

    if (getpid() == doomed && no_space >= 0 && no_space-- == 0) {
        mdb_txn_abort(txn);
        return ENOSPC;
    }
    point();
    rc = __real_mdb_txn_commit(txn);
    point();
    return rc;
}

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi db, MDB_val *key, MDB_val *value,
                   unsigned flags)
{

    if (getpid() == doomed && puts_left >= 0 && puts_left-- == 0)
        raise(SIGKILL);
    return __real_mdb_put(txn, db, key, value, flags);
}

int __wrap_rename(const char *from, const char *to)
{
    int rc;

    point();
    rc = __real_rename(from, to);
    point();
    return rc;
}

int __wrap_fsync(int fd)
{
    int rc;

    point();
    rc = __real_fsync(fd);
    point();
    return rc;
}

int __wrap_remove(const char *path)
{
    point();
    return __real_remove(path);
}

/* ---- The store of before ------------------------------------------------ */

static char kept[PATH_MAX]; /* the old one, to begin with again and again */
static char uuid[37];

static void copy_dir(const char *from, const char *to)
{
    char command[3 * PATH_MAX];

    snprintf(command, sizeof command, "rm -rf '%s' && cp -a '%s' '%s'", to,
             from, to);
    cr_assert_eq(system(command), 0);
}

static void fill(void)
{
    static char big[64 * 1024];
    struct store_batch *batch = begin();
    char id[20];

    for (unsigned i = 0; i < SMALL; i++) {
        snprintf(id, sizeof id, "small-%u", i);
        put(batch, id, id);
    }
    ok(store_delete(batch, THING, SLICE("small-7"), SLICE("small-7"), NULL));
    ok(store_once_put(
        batch, SLICE("me"), SLICE("key"),
        &(struct once){.hash = "0123456789abcde", .reply = SLICE("told")}));
    ok(store_batch_commit(batch));
    for (unsigned i = 0; i < BIG; i++) {
        batch = begin();
        snprintf(id, sizeof id, "big-%u", i);
        memset(big, 'a' + (int)(i % 26), sizeof big);
        ok(store_put(batch, THING, slice_of(id), slice_of(id), 1,
                     (struct slice){big, sizeof big}, NULL));
        ok(store_batch_commit(batch));
    }
}

static void begin_old(void)
{
    open_fresh();
    fill();
    memcpy(uuid, facts().uuid, sizeof uuid);
    store_close(store);
    store = NULL;
    old_make(dir);
    fresh_dir(kept);
    copy_dir(dir, kept);
}

static void end_old(void)
{
    close_fresh();
    fresh_remove(kept);
}

TestSuite(upgrade, .init = begin_old, .fini = end_old, .timeout = 600);

/* Everything is there, in today's schema, and agrees. */
static void check_upgraded(const char *when)
{
    struct store_audit audit;
    struct store_view *view;
    struct record record;
    struct once once;

    store = fresh_open(dir);
    view = look();
    cr_assert_eq(facts().schema, STORE_SCHEMA, "%s", when);
    cr_assert_str_eq(facts().uuid, uuid, "%s", when);
    cr_assert_eq(store_audit(view, &audit), ERR_NONE, "%s", when);
    cr_assert_eq(audit.events, SMALL + 1 + BIG, "%s", when);
    cr_assert_eq(audit.records[THING], SMALL - 1 + BIG, "%s", when);
    ok(store_get(view, THING, SLICE("big-149"), &record));
    cr_assert_eq(record.body.len, 64 * 1024);
    cr_assert_eq(record.body.data[9], 'a' + 149 % 26);
    ok(store_once_get(view, SLICE("me"), SLICE("key"), &once));
    cr_assert(slice_equal(once.reply, SLICE("told")));
    store_view_end(view);
    put_alone("new", "body");
    cr_assert_str_eq(held("new"), "body");
    store_close(store);
    store = NULL;
}

/* Open the store in a process that dies on the way: was it killed? */
static int open_and_die(long at_point, long at_put)
{
    int status;
    pid_t pid = fork();

    cr_assert_geq(pid, 0);
    if (pid == 0) {
        const struct store_options options = {.log = NULL};
        struct store *mine = NULL;
        enum err e;

        doomed = getpid();
        points_left = at_point;
        puts_left = at_put;
        e = store_open(dir, &options, &mine);
        points_left = puts_left = -1;
        store_close(mine);
        _exit(e != ERR_NONE);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return 1;
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x",
              (unsigned)status);
    return 0;
}

/* Open the old environment behind the store's back: a database of it. */
static MDB_txn *open_raw(const char *name, MDB_env **env, MDB_dbi *db)
{
    char path[PATH_MAX];
    MDB_txn *txn = NULL;

    snprintf(path, sizeof path, "%.4000s/env-1", dir);
    cr_assert_eq(mdb_env_create(env), 0);
    mdb_env_set_maxdbs(*env, 32);
    mdb_env_set_mapsize(*env, (size_t)1 << 30);
    cr_assert_eq(mdb_env_open(*env, path, MDB_NOTLS, 0600), 0);
    cr_assert_eq(mdb_txn_begin(*env, NULL, 0, &txn), 0);
    cr_assert_eq(mdb_dbi_open(txn, name, 0, db), 0);
    return txn;
}

static void close_raw(MDB_env *env, MDB_txn *txn)
{
    cr_assert_eq(__real_mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

/* ---- The tests ---------------------------------------------------------- */

Test(upgrade, an_older_store_is_brought_up_to_date_when_it_is_opened)
{
    char path[PATH_MAX];

    check_upgraded("at once");
    snprintf(path, sizeof path, "%.4000s/env-1", dir);
    cr_assert_neq(access(path, F_OK), 0, "the old environment is still there");
}

Test(upgrade, who_only_reads_is_sent_away_and_nothing_changes)
{
    const struct store_options options = {.read_only = 1};
    uint64_t before = fresh_digest(dir);

    refused(store_open(dir, &options, &store), ERR_STORE_SCHEMA);
    cr_assert_eq(fresh_digest(dir), before);
}

/* Killed before and after every commit, sync, rename and removal. */
Test(upgrade, killed_at_any_step_it_is_done_the_next_time)
{
    char when[40];
    long n = 0;

    for (;; n++) {
        copy_dir(kept, dir);
        if (!open_and_die(n, -1))
            break;
        snprintf(when, sizeof when, "killed at step %ld", n);
        check_upgraded(when);
    }
    cr_assert_gt(n, 20);
}

/* And between any two keys. */
Test(upgrade, killed_at_any_key_it_is_done_the_next_time)
{
    uint64_t seed = 20261123;
    char when[40];

    for (int i = 0; i < 100; i++) {
        long at = (long)(fresh_random(&seed) % (2 * SMALL + 4 * BIG));

        copy_dir(kept, dir);
        cr_assert(open_and_die(-1, at), "%ld keys are not copied", at);
        snprintf(when, sizeof when, "killed at key %ld", at);
        check_upgraded(when);
    }
}

/* Who is killed again and again after the same number of keys comes to an end
 * only by going on where the one before was. */
Test(upgrade, it_goes_on_where_it_was_killed)
{
    int times = 0;

    while (open_and_die(-1, 4 * SMALL / 2 + BIG / 2))
        cr_assert_lt(++times, 20, "it begins anew each time");
    cr_assert_gt(times, 0);
    check_upgraded("after all");
}

/* Until the marker goes over, the old environment is as it was. */
Test(upgrade, the_old_environment_is_never_written)
{
    char old[PATH_MAX], before[PATH_MAX];
    long n = 0;

    snprintf(old, sizeof old, "%.4000s/env-1", dir);
    snprintf(before, sizeof before, "%.4000s/env-1", kept);
    while (open_and_die(n++, -1) && fresh_grep(dir, "schema 2")) {
        cr_assert_eq(fresh_digest(old), fresh_digest(before), "step %ld", n);
        copy_dir(kept, dir);
    }
    cr_assert_gt(n, 10);
}

/* The daemon of before took the store back and wrote: what was copied until
 * then is of no use. */
Test(upgrade, a_copy_of_what_has_changed_since_begins_anew)
{
    char id[] = "\0a", number[] = "\0\0\0\1";
    MDB_val key = {2, id}, value = {4, number};
    struct store_view *view;
    struct record record;
    MDB_env *env;
    MDB_dbi db;
    MDB_txn *txn;

    cr_assert(open_and_die(-1, 3 * SMALL));
    /* An id that sorts before all that was copied. */
    txn = open_raw("ids", &env, &db);
    cr_assert_eq(__real_mdb_put(txn, db, &key, &value, 0), 0);
    close_raw(env, txn);
    store = fresh_open(dir);
    view = look();
    /* It leads nowhere, but it is there. */
    refused(store_get(view, 0, SLICE("a"), &record), ERR_STORE_CORRUPT);
    store_view_end(view);
}

Test(upgrade, without_room_it_stops_and_goes_on_when_there_is_some)
{
    const struct store_options options = {.log = NULL};

    doomed = getpid();
    for (long n = 0; n < 4; n++) {
        copy_dir(kept, dir);
        no_space = n;
        refused(store_open(dir, &options, &store), ERR_STORE_FULL);
        no_space = -1;
        check_upgraded("with room again");
    }
}

/* A gap in the old journal is not chained over. */
Test(upgrade, an_old_journal_with_a_gap_is_refused)
{
    const struct store_options options = {.log = NULL};
    unsigned char event[8] = {0, 0, 0, 0, 0, 0, 0, 9};
    MDB_val key = {8, event};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi db;

    txn = open_raw("journal", &env, &db);
    cr_assert_eq(mdb_del(txn, db, &key, NULL), 0);
    close_raw(env, txn);
    refused(store_open(dir, &options, &store), ERR_STORE_CORRUPT);
}
