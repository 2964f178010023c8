/*
 * The store in trouble and in care: killed between two instructions, out of
 * map, out of disk, refused by the disk; compacted, copied, given new tables.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/private.h"
#include "tests/support/opened.h"

static const struct slice none;

TestSuite(store_care, .init = open_fresh, .fini = close_fresh, .timeout = 300);

/* ---- Short ways to say things ------------------------------------------- */

static enum err put_bytes(struct store_batch *batch, const char *id,
                          struct slice body)
{
    return store_put(batch, THING, slice_of(id), none, 1, body, NULL);
}

static enum err put_bytes_alone(const char *id, struct slice body)
{
    struct store_batch *batch;
    enum err e = store_batch_begin(store, &batch);

    if (e)
        return e;
    put_bytes(batch, id, body);
    return store_batch_commit(batch);
}

static int holds(const char *id, struct slice body)
{
    struct store_view *view = look();
    struct record record;
    enum err e = store_get(view, THING, slice_of(id), &record);
    int same = !e && slice_equal(record.body, body);

    store_view_end(view);
    return same;
}

static void create_again(size_t map_bytes)
{
    close_fresh();
    fresh_dir(dir);
    store = fresh_init(dir, map_bytes);
}

/* ---- Killed ------------------------------------------------------------- */

/* Write for ever, a few records a batch; tell each commit through FD. */
static void write_until_killed(int fd)
{
    char id[20], body[600];
    uint64_t n;

    memset(body, 'b', sizeof body);
    store = fresh_open(dir);
    for (n = facts().revision + 1;; n += 3) {
        struct store_batch *batch = begin();
        uint64_t acked = n + 2;

        for (uint64_t i = n; i < n + 3; i++) {
            memcpy(body, &i, sizeof i);
            snprintf(id, sizeof id, "id-%d", (int)(i % 50));
            ok(put_bytes(batch, id, (struct slice){body, 8 + i % 590}));
        }
        ok(store_batch_commit(batch));
        if (write(fd, &acked, sizeof acked) != sizeof acked)
            _exit(1);
    }
}

/* Let a writer work until COMMITS came through, kill it, and return the last
 * revision it acknowledged. */
static uint64_t kill_a_writer(unsigned commits)
{
    uint64_t acked = 0, next;
    int pipe_fd[2];
    pid_t pid;

    cr_assert_eq(pipe(pipe_fd), 0);
    cr_assert_geq(pid = fork(), 0);
    if (pid == 0) {
        close(pipe_fd[0]);
        write_until_killed(pipe_fd[1]);
    }
    close(pipe_fd[1]);
    for (; commits > 0; commits--)
        cr_assert_eq(read(pipe_fd[0], &acked, sizeof acked), 8);
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    while (read(pipe_fd[0], &next, sizeof next) == 8)
        acked = next;
    close(pipe_fd[0]);
    return acked;
}

/* Each record says at which revision it was put; each event names a record
 * that was, by then. */
static void check_whole(uint64_t acked)
{
    struct store_view *view = look();
    uint64_t revision = store_view_revision(view), told;
    struct record record = {0};
    struct event event;
    unsigned n = 0;

    cr_assert_geq(revision, acked, "an acknowledged write was lost");
    cr_assert_eq(revision % 3, 0, "half a batch");
    for (uint64_t i = 0; i < revision; i++) {
        ok(store_event_next(view, i, &event));
        cr_assert_eq(event.revision, i + 1);
    }
    refused(store_event_next(view, revision, &event), ERR_NOT_FOUND);
    while (!store_next_numbered(view, THING, record.number, &record)) {
        memcpy(&told, record.body.data, sizeof told);
        cr_assert_eq(record.revision, told);
        cr_assert_gt(record.revision + 50, revision);
        n++;
    }
    cr_assert_eq(n, revision < 50 ? revision : 50);
    store_view_end(view);
}

Test(store_care, a_killed_writer_loses_nothing_it_acknowledged)
{
    uint64_t seed = 11;

    for (int cycle = 0; cycle < 40; cycle++) {
        uint64_t acked;

        store_close(store);
        store = NULL;
        acked = kill_a_writer(1 + fresh_random(&seed) % 12);
        store = fresh_open(dir);
        check_whole(acked);
    }
}

Test(store_care, a_commit_is_on_disk_when_it_returns)
{
    unsigned flags = 0;

    cr_assert_eq(mdb_env_get_flags(store->env.env, &flags), 0);
    cr_assert_eq(flags & (MDB_NOSYNC | MDB_NOMETASYNC | MDB_WRITEMAP |
                          MDB_MAPASYNC | MDB_NOLOCK | MDB_NOMEMINIT),
                 0);
}

Test(store_care, a_killed_reader_frees_its_slot_at_the_next_opening)
{
    int status;
    pid_t pid;

    store_close(store);
    store = NULL;
    cr_assert_geq(pid = fork(), 0);
    if (pid == 0) {
        store = fresh_open(dir);
        look();
        raise(SIGKILL);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status));
    store = fresh_open(dir);
    cr_assert_leq(facts().readers, 1);
}

/* ---- Out of room -------------------------------------------------------- */

Test(store_care, a_full_map_grows_and_the_batch_succeeds_when_tried_again)
{
    static char big[STORE_RECORD_MAX];
    unsigned grown = 0;
    char id[20];

    create_again(1);
    cr_assert_leq(facts().map_size, 256 * 1024);
    memset(big, 'm', sizeof big);
    for (int i = 0; i < 60; i++) {
        struct slice body = {big, sizeof big - (size_t)i};
        uint64_t before = facts().revision;
        enum err e;

        snprintf(id, sizeof id, "%d", i);
        if ((e = put_bytes_alone(id, body)) == ERR_STORE_FULL) {
            cr_assert_eq(facts().revision, before, "written in part");
            grown++;
            e = put_bytes_alone(id, body);
        }
        ok(e);
        cr_assert(holds(id, body));
    }
    cr_assert(grown >= 2 && grown <= 4, "grown %u times", grown);
    reopen();
    cr_assert_eq(facts().revision, 60);
    cr_assert_gt(facts().map_size, 60 * sizeof big);
}

Test(store_care, a_batch_that_lacked_room_grows_the_map_when_it_is_aborted)
{
    static char big[STORE_RECORD_MAX];
    struct store_batch *batch;

    create_again(1);
    batch = begin();
    refused(put_bytes(batch, "a", (struct slice){big, sizeof big}),
            ERR_STORE_FULL);
    refused(put_bytes(batch, "b", none), ERR_STORE_FULL);
    store_batch_abort(batch);
    ok(put_bytes_alone("a", (struct slice){big, sizeof big}));
}

/* A thread that keeps a view open for a while, and says when it is done. */
struct long_look {
    pthread_barrier_t begun, go;
    const char *env; /* it reads at least until this is no longer the one */
    atomic_int ended;
};

static int marker_names(const char *env)
{
    char path[PATH_MAX + 16], text[256] = "";
    int fd;

    snprintf(path, sizeof path, "%s/claused.store", dir);
    cr_assert_geq(fd = open(path, O_RDONLY | O_CLOEXEC), 0);
    cr_assert_gt(read(fd, text, sizeof text - 1), 0);
    close(fd);
    return strstr(text, env) != NULL;
}

static void read_old(struct store_view *view, int times)
{
    struct record record;

    for (; times > 0; times--) {
        ok(store_get(view, THING, SLICE("a"), &record));
        cr_assert(slice_equal(record.body, SLICE("old")));
    }
}

static void *on_long_look(void *context)
{
    struct long_look *reader = context;
    struct store_view *view = look();

    pthread_barrier_wait(&reader->begun);
    pthread_barrier_wait(&reader->go);
    while (reader->env && marker_names(reader->env))
        read_old(view, 1);
    read_old(view, 200000);
    reader->ended = 1;
    store_view_end(view);
    return NULL;
}

static void long_look_begin(struct long_look *reader, pthread_t *thread)
{
    pthread_barrier_init(&reader->begun, NULL, 2);
    pthread_barrier_init(&reader->go, NULL, 2);
    cr_assert_eq(pthread_create(thread, NULL, on_long_look, reader), 0);
    pthread_barrier_wait(&reader->begun);
}

Test(store_care, the_map_is_not_moved_under_a_view)
{
    static char big[STORE_RECORD_MAX];
    struct long_look reader = {.env = NULL};
    struct store_batch *batch;
    pthread_t thread;

    create_again(1);
    ok(put_bytes_alone("a", SLICE("old")));
    long_look_begin(&reader, &thread);
    batch = begin();
    refused(put_bytes(batch, "b", (struct slice){big, sizeof big}),
            ERR_STORE_FULL);
    pthread_barrier_wait(&reader.go);
    store_batch_abort(batch);
    cr_assert(reader.ended, "the map was moved under a view");
    pthread_join(thread, NULL);
}

static atomic_int stop_reading;

static void *on_read(void *context)
{
    (void)context;
    while (!stop_reading)
        cr_assert(holds("a", SLICE("kept")));
    return NULL;
}

Test(store_care, the_map_grows_while_others_read)
{
    static char big[STORE_RECORD_MAX];
    pthread_t threads[2];

    create_again(1);
    ok(put_bytes_alone("a", SLICE("kept")));
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, on_read, NULL), 0);
    for (int i = 0; i < 40; i++)
        while (
            put_bytes_alone("b", (struct slice){big, sizeof big - (size_t)i}))
            ;
    stop_reading = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

/* Batches of 64 KiB until one fails; with what. */
static enum err fill(unsigned *written)
{
    static char big[64 * 1024];
    char id[20];
    enum err e;

    for (unsigned i = 0;; i++) {
        snprintf(id, sizeof id, "fill-%u", i);
        if ((e = put_bytes_alone(id, (struct slice){big, sizeof big})))
            return e;
        *written = i + 1;
        cr_assert_lt(i, 10000);
    }
}

Test(store_care, a_full_disk_refuses_writes_and_recovers_when_there_is_room)
{
    char ballast[PATH_MAX + 8];
    unsigned written = 0;
    int fd;

    store_close(store);
    store = NULL;
    if (mount("tmpfs", dir, "tmpfs", 0, "size=8m") != 0)
        cr_skip_test("no right to mount a small file system");
    store = fresh_init(dir, 0);
    snprintf(ballast, sizeof ballast, "%s/lock", dir);
    cr_assert_geq(fd = open(ballast, O_RDWR | O_CLOEXEC), 0);
    cr_assert_eq(ftruncate(fd, 1024 * 1024), 0);
    for (off_t at = 0; at < 1024 * 1024; at += 4096)
        cr_assert_eq(pwrite(fd, "x", 1, at), 1);
    ok(put_bytes_alone("a", SLICE("kept")));
    refused(fill(&written), ERR_STORE_FULL);
    cr_assert_gt(written, 10);
    cr_assert(holds("a", SLICE("kept")));
    cr_assert_eq(facts().revision, written + 1);
    refused(store_compact(store), ERR_STORE_FULL);
    cr_assert_eq(ftruncate(fd, 0), 0);
    close(fd);
    ok(put_bytes_alone("b", SLICE("later")));
    reopen();
    cr_assert(holds("a", SLICE("kept")));
    cr_assert(holds("b", SLICE("later")));
    store_close(store);
    store = NULL;
    cr_assert_eq(umount(dir), 0);
}

Test(store_care, after_an_error_of_the_disk_nothing_is_written_any_more)
{
    struct rlimit limit = {256 * 1024 + 100, RLIM_INFINITY};
    unsigned written = 0;

    /* A file that may not grow past the middle of a page cuts a write short,
     * which is what a failing disk looks like. */
    signal(SIGXFSZ, SIG_IGN);
    ok(put_bytes_alone("a", SLICE("kept")));
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    refused(fill(&written), ERR_STORE_IO);
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    refused(put_bytes_alone("b", SLICE("no")), ERR_STORE_IO);
    refused(store_compact(store), ERR_STORE_IO);
    cr_assert(holds("a", SLICE("kept")), "reading goes on");
    reopen();
    cr_assert_eq(facts().revision, written + 1);
    ok(put_bytes_alone("b", SLICE("yes")));
}

/* ---- Compaction --------------------------------------------------------- */

#define SECRET "NEVER-TO-BE-READ-AGAIN-"

/* Leave SECRET wherever a page keeps what is no longer its own: behind a
 * shorter value, in a freed page, in the gap of a leaf. */
static void erase_secrets(void)
{
    static char big[5000];
    struct store_batch *batch;
    char id[40];

    for (size_t i = 0; i + sizeof SECRET < sizeof big; i += sizeof SECRET - 1)
        memcpy(big + i, SECRET, sizeof SECRET - 1);
    batch = begin();
    ok(put_bytes(batch, "long", (struct slice){big, 3900}));
    ok(put_bytes(batch, "long", (struct slice){big + 4900, 20}));
    ok(put_bytes(batch, "page", (struct slice){big, 3900}));
    ok(put_bytes(batch, "page", SLICE("short now")));
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, SECRET "%d", i % 10);
        ok(put_bytes(batch, id, (struct slice){big, 30 + (size_t)i}));
    }
    ok(store_batch_commit(batch));
    cr_assert_gt(fresh_grep(dir, SECRET), 0, "the test looks for nothing");
    batch = begin();
    ok(put_bytes(batch, "long", SLICE("kept")));
    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof id, SECRET "%d", i);
        ok(store_delete(batch, THING, slice_of(id), none, NULL));
    }
    ok(store_batch_commit(batch));
}

Test(store_care, what_was_erased_is_in_no_file_after_compaction)
{
    uint64_t revision;

    ok(put_bytes_alone("kept", SLICE("body")));
    erase_secrets();
    cr_assert_gt(fresh_grep(dir, SECRET), 0, "LMDB forgot by itself");
    revision = facts().revision;
    ok(store_compact(store));
    cr_assert_eq(fresh_grep(dir, SECRET), 0);
    cr_assert(holds("kept", SLICE("body")));
    cr_assert(holds("long", SLICE("kept")));
    cr_assert_eq(facts().revision, revision);
    ok(put_bytes_alone("after", SLICE("more")));
    reopen();
    cr_assert(holds("after", SLICE("more")));
    cr_assert_eq(facts().revision, revision + 1);
    cr_assert_eq(fresh_grep(dir, SECRET), 0);
}

/* Whether the close came before the end of the wiping or after it. */
Test(store_care, a_store_is_written_and_closed_while_the_old_one_is_wiped)
{
    ok(put_bytes_alone("kept", SLICE("body")));
    erase_secrets();
    ok(store_compact_begin(store));
    ok(put_bytes_alone("after", SLICE("more")));
    reopen();
    cr_assert(holds("kept", SLICE("body")));
    cr_assert(holds("after", SLICE("more")));
    cr_assert_eq(fresh_grep(dir, SECRET), 0);
    ok(store_compact_begin(store));
    ok(store_compact_begin(store));
    ok(store_compact(store));
    cr_assert_eq(store_compactions(store), 3);
}

Test(store_care, what_compaction_replaces_is_overwritten)
{
    char old[PATH_MAX + 32], kept[PATH_MAX + 32];
    char bytes[4096];
    size_t n, total = 0;
    FILE *f;

    erase_secrets();
    /* A name of the file that outlives its removal. */
    snprintf(old, sizeof old, "%s/env-1/data.mdb", dir);
    snprintf(kept, sizeof kept, "%s/kept", dir);
    cr_assert_eq(link(old, kept), 0);
    cr_assert_gt(fresh_grep(dir, SECRET), 0);
    ok(store_compact(store));
    cr_assert_neq(access(old, F_OK), 0);
    cr_assert_not_null(f = fopen(kept, "rb"));
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0) {
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(bytes[i], 0, "byte %zu", total + i);
        total += n;
    }
    fclose(f);
    cr_assert_gt(total, 4096);
    unlink(kept);
}

Test(store_care, compaction_gives_room_back)
{
    static char big[STORE_RECORD_MAX];
    uint64_t before;

    for (int i = 0; i < 20; i++)
        ok(put_bytes_alone("a", (struct slice){big, sizeof big - (size_t)i}));
    ok(put_bytes_alone("a", SLICE("small")));
    before = facts().map_used;
    ok(store_compact(store));
    cr_assert_lt(facts().map_used, before / 4);
    cr_assert_eq(facts().map_size, STORE_MAP_BYTES);
}

Test(store_care, what_is_free_is_told_and_used_again)
{
    static char big[STORE_RECORD_MAX];
    uint64_t used, freed, half = sizeof big / 2;

    ok(put_bytes_alone("a", (struct slice){big, sizeof big}));
    ok(put_bytes_alone("b", (struct slice){big, sizeof big}));
    cr_assert_lt(facts().map_free, half, "nothing was freed yet");
    used = facts().map_used;
    ok(put_bytes_alone("a", SLICE("small")));
    freed = facts().map_free;
    cr_assert_geq(freed, sizeof big);
    /* What a transaction freed may be taken by the one after the next. */
    ok(put_bytes_alone("c", SLICE("small")));
    ok(put_bytes_alone("d", (struct slice){big, half}));
    cr_assert_leq(facts().map_free, freed - half / 2);
    cr_assert_leq(facts().map_used, used + half / 2, "the file grew");
}

Test(store_care, a_view_outlives_the_compaction_that_began_during_it)
{
    struct long_look reader = {.env = "env-1"};
    pthread_t thread;

    ok(put_bytes_alone("a", SLICE("old")));
    long_look_begin(&reader, &thread);
    ok(put_bytes_alone("a", SLICE("new")));
    pthread_barrier_wait(&reader.go);
    ok(store_compact(store));
    cr_assert(reader.ended, "the environment was taken from under a view");
    pthread_join(thread, NULL);
    cr_assert(holds("a", SLICE("new")));
}

Test(store_care, a_compaction_keeps_all_that_a_store_holds)
{
    unsigned char row[INDEX_SIDE] = "side";
    struct posting posting = {.code = 1, .where = 2, .number = 3};
    struct once once = {.hash = {5}, .reply = SLICE("reply")};
    struct store_batch *batch = begin();
    struct index_reader *reader = NULL;
    const unsigned char *kept;
    struct index_page page;
    struct index_block block;
    struct store_view *view;

    ok(put_bytes(batch, "a", SLICE("body")));
    ok(store_once_put(batch, SLICE("me"), SLICE("k"), &once));
    ok(index_put(batch, INDEX_PEOPLE, &posting));
    ok(index_side_put(batch, INDEX_PEOPLE, 3, 77, row));
    ok(store_reference_stage(batch, "sectors", 1, SLICE("Jardins\tVert\n")));
    ok(store_batch_commit(batch));
    ok(store_compact(store));
    view = look();
    ok(store_once_get(view, SLICE("me"), SLICE("k"), &once));
    cr_assert(slice_equal(once.reply, SLICE("reply")));
    ok(index_reader_begin(view, INDEX_PEOPLE, &reader));
    ok(index_reader_side(reader, 3, &kept));
    cr_assert_eq(memcmp(kept, row, sizeof row), 0);
    cr_assert_eq(index_reader_key(reader, 3), 77);
    ok(index_reader_first(reader, 1, &page));
    ok(index_reader_block(reader, page.heads, &block));
    cr_assert_eq(block.number[0], 3);
    index_reader_end(reader);
    store_view_end(view);
    batch = begin();
    ok(store_reference_switch(batch, "sectors", "staged", "a test"));
    store_batch_abort(batch);
}

Test(store_care, an_erased_side_row_is_in_no_file_after_compaction)
{
    unsigned char row[INDEX_SIDE] = SECRET;
    struct store_batch *batch = begin();

    for (uint32_t number = 1; number < 10; number++)
        ok(index_side_put(batch, INDEX_PEOPLE, number, number, row));
    memset(row, 'x', sizeof row);
    ok(index_side_put(batch, INDEX_PEOPLE, 2, 2, row));
    for (uint32_t number = 1; number < 10; number++)
        if (number != 2)
            ok(index_side_delete(batch, INDEX_PEOPLE, number));
    ok(store_batch_commit(batch));
    ok(store_compact(store));
    cr_assert_eq(fresh_grep(dir, SECRET), 0);
}

Test(store_care, a_store_killed_while_it_compacts_opens_again)
{
#ifdef __SANITIZE_THREAD__
    cr_skip_test("ThreadSanitizer hangs in threads of a forked process");
#endif
    for (int cycle = 0; cycle < 20; cycle++) {
        int pipe_fd[2];
        char byte;
        pid_t pid;

        ok(put_bytes_alone("a", SLICE("kept")));
        store_close(store);
        store = NULL;
        cr_assert_eq(pipe(pipe_fd), 0);
        cr_assert_geq(pid = fork(), 0);
        if (pid == 0) {
            store = fresh_open(dir);
            for (;;) {
                if (write(pipe_fd[1], "c", 1) != 1 || store_compact(store))
                    _exit(1);
            }
        }
        for (int n = 0; n < 1 + cycle % 4; n++)
            cr_assert_eq(read(pipe_fd[0], &byte, 1), 1);
        kill(pid, SIGKILL);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        close(pipe_fd[0]);
        close(pipe_fd[1]);
        store = fresh_open(dir);
        cr_assert(holds("a", SLICE("kept")));
        cr_assert_eq(facts().revision, (uint64_t)cycle + 1);
    }
}

Test(store_care, a_copy_is_a_store_of_its_own)
{
    char copy[PATH_MAX];
    struct store_view *view;
    struct store *other;
    struct store_facts f;

    ok(put_bytes_alone("a", SLICE("one")));
    erase_secrets();
    fresh_dir(copy);
    view = look(); /* a backup runs while others read */
    ok(store_copy(store, copy));
    store_view_end(view);
    cr_assert_eq(fresh_grep(copy, SECRET), 0);
    ok(put_bytes_alone("a", SLICE("two")));
    other = fresh_open(copy);
    ok(store_view_begin(other, &view));
    ok(store_stat(view, &f));
    cr_assert_str_eq(f.uuid, facts().uuid);
    cr_assert_eq(f.revision, facts().revision - 1);
    store_view_end(view);
    store_close(other);
    refused(store_copy(store, copy), ERR_STORE_EXISTS);
    refused(store_copy(store, dir), ERR_STORE_EXISTS);
    fresh_remove(copy);
}

Test(store_care, a_copy_that_cannot_be_made_leaves_nothing)
{
    char copy[PATH_MAX + 16];

    snprintf(copy, sizeof copy, "%s/not/there", dir);
    refused(store_copy(store, copy), ERR_STORE_IO);
    snprintf(copy, sizeof copy, "%s/env-1", dir);
    refused(store_copy(store, copy), ERR_STORE_FOREIGN);
    ok(put_bytes_alone("a", SLICE("unharmed")));
}

/* ---- Imported tables ---------------------------------------------------- */

static const struct reference_table *table(struct store_view *view,
                                           const char *name)
{
    const struct reference *reference = store_view_reference(view);

    for (size_t i = 0; i < reference->n_tables; i++)
        if (strcmp(reference->tables[i].name, name) == 0)
            return &reference->tables[i];
    return NULL;
}

static int version_is(const char *version)
{
    struct store_view *view = look();
    const struct reference_table *sectors = table(view, "sectors");
    int same = sectors && sectors->imported
                   ? strcmp(sectors->version, version) == 0
                   : version[0] == '\0';

    store_view_end(view);
    return same;
}

static enum err import(const char *version, struct slice first,
                       struct slice second)
{
    struct store_batch *batch = begin();

    ok(store_reference_stage(batch, "sectors", 1, first));
    ok(store_batch_commit(batch));
    batch = begin();
    if (second.len > 0)
        ok(store_reference_stage(batch, "sectors", 2, second));
    ok(store_reference_switch(batch, "sectors", version, "a test"));
    return store_batch_commit(batch);
}

Test(store_care, imported_tables_change_with_the_commit_and_stay)
{
    struct store_view *before = look();
    struct event event;

    cr_assert(version_is(""));
    store_view_end(before);
    ok(import("v1", SLICE("Propret\xc3\xa9\tServices"),
              SLICE("Jardins\tVert")));
    cr_assert(version_is("v1"));
    before = look();
    cr_assert_eq(table(before, "sectors")->rows, 2);
    store_view_end(before);
    ok(import("v2", SLICE("Jardins\tVert\n"), none));
    cr_assert(version_is("v2"));
    reopen();
    cr_assert(version_is("v2"));
    ok(store_compact(store));
    reopen();
    cr_assert(version_is("v2"));
    before = look();
    ok(store_event_next(before, 0, &event));
    cr_assert_eq(event.kind, EVENT_REFERENCE);
    cr_assert(slice_equal(event.label, SLICE("sectors")));
    cr_assert_eq(store_view_revision(before), 2);
    store_view_end(before);
}

Test(store_care, a_table_with_a_part_missing_is_refused)
{
    struct store_batch *batch = begin();

    refused(store_reference_switch(batch, "sectors", "v", "s"), ERR_BAD_TABLE);
    refused(store_reference_stage(batch, "sectors", 0, SLICE("x\ty\n")),
            ERR_BAD_TABLE);
    refused(store_reference_stage(batch, "sectors", 2, SLICE("x\ty\n")),
            ERR_BAD_TABLE);
    ok(store_reference_stage(batch, "sectors", 1, SLICE("x\ty\n")));
    refused(store_reference_stage(batch, "sectors", 3, SLICE("x\ty\n")),
            ERR_BAD_TABLE);
    ok(store_reference_stage(batch, "sectors", 2, SLICE("u\tv\n")));
    refused(store_reference_stage(batch, "sectors", 2, SLICE("u\tv\n")),
            ERR_BAD_TABLE);
    /* Part 1 begins anew: part 2 is forgotten. */
    ok(store_reference_stage(batch, "sectors", 1, SLICE("x\ty\n")));
    ok(store_reference_switch(batch, "sectors", "v", "s"));
    ok(store_batch_commit(batch));
    cr_assert(version_is("v"));
}

Test(store_care, tables_that_cannot_be_built_change_nothing)
{
    ok(import("v1", SLICE("Jardins\tVert\n"), none));
    refused(import("v2", SLICE("no tab in this line\n"), none), ERR_BAD_TABLE);
    cr_assert(version_is("v1"));
    cr_assert_eq(facts().revision, 1);
    reopen();
    cr_assert(version_is("v1"));
    ok(import("v3", SLICE("Jardins\tVert\n"), none));
    cr_assert(version_is("v3"));
}

static void *on_lookup(void *context)
{
    unsigned *seen = context;

    while (!stop_reading) {
        struct store_view *view = look();
        const struct reference_table *sectors = table(view, "sectors");

        *seen += sectors && sectors->imported;
        store_view_end(view);
    }
    return NULL;
}

Test(store_care, tables_change_while_others_read_them)
{
    unsigned seen = 0;
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, on_lookup, &seen), 0);
    for (int i = 0; i < 5; i++)
        ok(import("v", SLICE("Jardins\tVert\n"), none));
    stop_reading = 1;
    pthread_join(thread, NULL);
    cr_assert(version_is("v"));
}
