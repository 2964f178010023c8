/*
 * Opening a store: only what is one, only once, and what is refused stays as
 * it was found.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/private.h"
#include "tests/support/opened.h"
#include "tests/support/watched.h"

TestSuite(store_open, .init = open_fresh, .fini = close_fresh, .timeout = 300);

static void path_in(char out[PATH_MAX], const char *name)
{
    cr_assert_lt(snprintf(out, PATH_MAX, "%s/%s", dir, name), PATH_MAX);
}

static void write_file(const char *name, const char *bytes, size_t size)
{
    char path[PATH_MAX];
    int fd;

    path_in(path, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static size_t read_file(const char *name, char *bytes, size_t size)
{
    char path[PATH_MAX];
    ssize_t n;
    int fd;

    path_in(path, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    n = read(fd, bytes, size);
    cr_assert_geq(n, 0);
    close(fd);
    return (size_t)n;
}

static enum err open_error(int init)
{
    const struct store_options options = {.init = init};
    struct store *none_of_ours = NULL;
    enum err e = store_open(dir, &options, &none_of_ours);

    store_close(none_of_ours);
    return e;
}

/* ---- File systems ------------------------------------------------------- */

int __real_statfs(const char *path, struct statfs *out);
int __wrap_statfs(const char *path, struct statfs *out);

static uint32_t pretended; /* the kind of file system; 0: as it is */

int __wrap_statfs(const char *path, struct statfs *out)
{
    int rc = __real_statfs(path, out);

    if (pretended)
        out->f_type = (__typeof__(out->f_type))pretended;
    return rc;
}

Test(store_open, a_remote_file_system_is_refused_with_nothing_written)
{
    /* NFS, SMB, CIFS, SMB 2, FUSE (statfs(2)) */
    static const uint32_t remote[] = {0x6969, 0x517b, 0xff534d42, 0xfe534d42,
                                      0x65735546};
    char fresh[PATH_MAX];
    const struct store_options init = {.init = 1};
    struct store *none = NULL;
    uint64_t before;

    store_close(store);
    store = NULL;
    before = fresh_digest(dir);
    fresh_dir(fresh);
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++) {
        pretended = remote[i];
        refused(open_error(0), ERR_STORE_FOREIGN);
        cr_assert_eq(fresh_digest(dir), before);
        refused(store_open(fresh, &init, &none), ERR_STORE_FOREIGN);
        cr_assert_eq(rmdir(fresh), 0, "something was left");
        cr_assert_eq(mkdir(fresh, 0700), 0);
    }
    pretended = 0xef53; /* ext4 */
    ok(open_error(0));
    pretended = 0;
    fresh_remove(fresh);
}

/* LMDB's lock file holds nothing that lasts. */
Test(store_open, without_its_lock_file_it_opens_and_holds_all)
{
    char path[PATH_MAX];

    put_alone("a", "first");
    store_close(store);
    store = NULL;
    path_in(path, "env-1/lock.mdb");
    cr_assert_eq(unlink(path), 0);
    path_in(path, "lock");
    cr_assert_eq(unlink(path), 0);
    store = fresh_open(dir);
    cr_assert_str_eq(held("a"), "first");
}

/* Another's files, a directory that may not be written. */
Test(store_open, where_it_may_not_write_it_says_so_and_changes_nothing)
{
    uint64_t before;

    put_alone("a", "first");
    store_close(store);
    store = NULL;
    before = fresh_digest(dir);
    if (geteuid() == 0 && seteuid(65534) != 0)
        cr_skip_test("this needs a user without rights");
    refused(open_error(0), ERR_STORE_IO);
    cr_assert_eq(seteuid(0), 0);
    cr_assert_eq(fresh_digest(dir), before);
    store = fresh_open(dir);
    cr_assert_str_eq(held("a"), "first");
}

/* ---- Opening ------------------------------------------------------------ */

Test(store_open, what_was_committed_is_there_after_opening_again)
{
    char uuid[37];

    put_alone("a", "first");
    memcpy(uuid, facts().uuid, sizeof uuid);
    reopen();
    cr_assert_str_eq(held("a"), "first");
    cr_assert_str_eq(facts().uuid, uuid);
    cr_assert_eq(facts().schema, STORE_SCHEMA);
    cr_assert_eq(facts().revision, 1);
}

static void open_again(const struct store_options *options)
{
    store_close(store);
    store = NULL;
    ok(store_open(dir, options, &store));
}

Test(store_open, what_is_read_ahead_is_the_same)
{
    const struct store_options ahead = {.read_ahead = 1};
    struct posting posting = {.code = 1};
    struct store_batch *batch = begin();

    for (posting.number = 1; posting.number < 3000; posting.number++)
        ok(index_put(batch, INDEX_PEOPLE, &posting));
    put(batch, "a", "first");
    ok(store_batch_commit(batch));
    cr_assert(store_ahead_wait(store, 0), "nothing was asked for");
    open_again(&ahead);
    cr_assert(store_ahead_wait(store, 60000));
    cr_assert_str_eq(held("a"), "first");
    put_alone("b", "second");
    ok(store_compact(store));
    cr_assert_str_eq(held("b"), "second");
    /* Closed in the middle of it. */
    for (unsigned i = 0; i < watched(30, 4); i++)
        open_again(&ahead);
    cr_assert_str_eq(held("b"), "second");
}

Test(store_open, one_that_is_only_read_stays_as_it_is)
{
    const struct store_options options = {.read_only = 1};
    static char before[1 << 20], after[1 << 20];
    struct store_batch *batch = NULL;
    size_t size;

    put_alone("a", "first");
    store_close(store);
    size = read_file("env-1/data.mdb", before, sizeof before);
    cr_assert(size > 0 && size < sizeof before);
    ok(store_open(dir, &options, &store));
    cr_assert_str_eq(held("a"), "first");
    refused(store_batch_begin(store, &batch), ERR_INTERNAL);
    store_close(store);
    store = NULL;
    cr_assert_eq(read_file("env-1/data.mdb", after, sizeof after), size);
    cr_assert_eq(memcmp(before, after, size), 0);
}

Test(store_open, only_its_owner_may_read_it)
{
    static const char *const files[] = {"claused.store", "lock",
                                        "env-1/data.mdb", "env-1/lock.mdb"};
    char path[PATH_MAX];
    struct stat st;

    cr_assert_eq(stat(dir, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0700);
    path_in(path, "env-1");
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0700);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        path_in(path, files[i]);
        cr_assert_eq(stat(path, &st), 0, "%s", files[i]);
        cr_assert_eq(st.st_mode & 0777, 0600, "%s", files[i]);
    }
}

Test(store_open, a_second_process_is_refused)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(open_error(0) == ERR_STORE_LOCKED ? 0 : 1);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    refused(open_error(0), ERR_STORE_LOCKED);
    put_alone("a", "undisturbed");
    cr_assert_str_eq(held("a"), "undisturbed");
}

Test(store_open, creating_over_a_store_is_refused)
{
    uint64_t before;

    put_alone("a", "kept");
    store_close(store);
    before = fresh_digest(dir);
    refused(open_error(1), ERR_STORE_EXISTS);
    cr_assert_eq(fresh_digest(dir), before);
    store = fresh_open(dir);
    cr_assert_str_eq(held("a"), "kept");
}

Test(store_open, creating_where_something_else_is_is_refused)
{
    char sub[PATH_MAX];
    uint64_t before;

    store_close(store);
    store = NULL;
    path_in(sub, "letters");
    cr_assert_eq(mkdir(sub, 0700), 0);
    memcpy(dir + strlen(dir), "/letters", sizeof "/letters");
    write_file("letter.txt", "Dear", 4);
    before = fresh_digest(dir);
    refused(open_error(1), ERR_STORE_FOREIGN);
    refused(open_error(0), ERR_STORE_FOREIGN);
    cr_assert_eq(fresh_digest(dir), before);
    *strrchr(dir, '/') = '\0';
}

Test(store_open, a_missing_directory_is_made_only_when_creating)
{
    char above[PATH_MAX];
    struct store *made;

    memcpy(above, dir, sizeof above);
    memcpy(dir + strlen(dir), "/new", sizeof "/new");
    refused(open_error(0), ERR_STORE_FOREIGN);
    cr_assert_neq(access(dir, F_OK), 0);
    made = fresh_init(dir, 0);
    store_close(made);
    ok(open_error(0));
    memcpy(dir, above, sizeof dir);
}

Test(store_open, what_an_interrupted_compaction_left_is_removed)
{
    char path[PATH_MAX];

    path_in(path, "env-7");
    cr_assert_eq(mkdir(path, 0700), 0);
    write_file("env-7/data.mdb", "half", 4);
    write_file("claused.store.new", "half", 4);
    reopen();
    cr_assert_neq(access(path, F_OK), 0);
    path_in(path, "claused.store.new");
    cr_assert_neq(access(path, F_OK), 0);
}

/* ---- Refused as found --------------------------------------------------- */

enum harm {
    NO_MARKER,
    MARKER_IS,
    DATA_IS,
    DATA_OF_ANOTHER,
    DATA_CUT,
    NO_DATA,
    NO_DIRECTORY
};

struct refusal {
    char why[60];
    enum harm harm;
    char bytes[100];
    enum err expected;
};

static void cut_data(void)
{
    char path[PATH_MAX];
    struct stat st;

    path_in(path, "env-1/data.mdb");
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(truncate(path, st.st_size / 2), 0);
}

static void take_data_of_another(void)
{
    char from[PATH_MAX], theirs[PATH_MAX], mine[PATH_MAX];

    fresh_dir(from);
    store_close(fresh_init(from, 0));
    snprintf(theirs, sizeof theirs, "%.4000s/env-1/data.mdb", from);
    path_in(mine, "env-1/data.mdb");
    cr_assert_eq(rename(theirs, mine), 0);
    fresh_remove(from);
}

static void inflict(const struct refusal *row)
{
    char path[PATH_MAX];

    switch (row->harm) {
    case NO_MARKER:
        path_in(path, "claused.store");
        cr_assert_eq(unlink(path), 0);
        break;
    case MARKER_IS:
        write_file("claused.store", row->bytes, strlen(row->bytes));
        break;
    case DATA_IS:
        write_file("env-1/data.mdb", row->bytes, strlen(row->bytes));
        break;
    case DATA_OF_ANOTHER:
        take_data_of_another();
        break;
    case DATA_CUT:
        cut_data();
        break;
    case NO_DATA:
        path_in(path, "env-1/data.mdb");
        cr_assert_eq(unlink(path), 0);
        break;
    case NO_DIRECTORY:
        path_in(path, "env-1");
        fresh_remove(path);
        break;
    }
}

ParameterizedTestParameters(store_open, a_damaged_store_is_refused_as_it_is)
{
    static struct refusal rows[] = {
        {"the marker is gone", NO_MARKER, "", ERR_STORE_FOREIGN},
        {"the marker is empty", MARKER_IS, "", ERR_STORE_FOREIGN},
        {"another program's marker", MARKER_IS, "SQLite format 3",
         ERR_STORE_FOREIGN},
        {"a marker without schema", MARKER_IS, "claused store\nschema x\n",
         ERR_STORE_FOREIGN},
        {"a newer schema, whatever follows", MARKER_IS,
         "claused store\nschema 4\nshape round\n", ERR_STORE_SCHEMA},
        {"an older schema", MARKER_IS,
         "claused store\nschema 1\nuuid x\nenv env-1\n", ERR_STORE_SCHEMA},
        {"a schema that never was", MARKER_IS,
         "claused store\nschema 0\nuuid x\nenv env-1\n", ERR_STORE_CORRUPT},
        {"a marker cut short", MARKER_IS, "claused store\nschema 3\n",
         ERR_STORE_CORRUPT},
        {"a marker that leads elsewhere", MARKER_IS,
         "claused store\nschema 3\nuuid x\nenv ../x\n", ERR_STORE_CORRUPT},
        {"the data file is empty", DATA_IS, "", ERR_STORE_CORRUPT},
        {"the data file is text", DATA_IS, "no pages here", ERR_STORE_CORRUPT},
        {"the data of another store", DATA_OF_ANOTHER, "", ERR_STORE_CORRUPT},
        {"half of the data", DATA_CUT, "", ERR_STORE_CORRUPT},
        {"no data file", NO_DATA, "", ERR_STORE_CORRUPT},
        {"no environment", NO_DIRECTORY, "", ERR_STORE_CORRUPT},
    };

    return cr_make_param_array(struct refusal, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct refusal *row, store_open,
                  a_damaged_store_is_refused_as_it_is)
{
    uint64_t before;

    put_alone("a", "first");
    store_close(store);
    store = NULL;
    inflict(row);
    before = fresh_digest(dir);
    refused(open_error(0), row->expected);
    cr_assert_eq(fresh_digest(dir), before, "%s: something changed", row->why);
}

Test(store_open, a_journal_that_does_not_end_where_it_says_is_refused)
{
    unsigned char key[8];
    struct store_batch *batch;

    put_alone("a", "first");
    batch = begin();
    ok(store_write(batch, DB_JOURNAL, store_bytes(key, store_put64(key, 2)),
                   NULL, 0, 0));
    ok(store_batch_commit(batch));
    store_close(store);
    store = NULL;
    refused(open_error(0), ERR_STORE_CORRUPT);
}

/* A thousand starts, each with its look at the data in a child. */
Test(store_open, no_flipped_bit_of_the_marker_goes_unseen, .timeout = 400)
{
    char marker[256];
    size_t size = read_file("claused.store", marker, sizeof marker);

    store_close(store);
    store = NULL;
    cr_assert_gt(size, 40);
    for (size_t bit = 0; bit < 8 * size; bit += watched(1, 9)) {
        marker[bit / 8] ^= (char)(1 << bit % 8);
        write_file("claused.store", marker, size);
        cr_assert_neq(open_error(0), ERR_NONE, "bit %zu", bit);
        marker[bit / 8] ^= (char)(1 << bit % 8);
    }
    write_file("claused.store", marker, size);
    ok(open_error(0));
}

static uint64_t number_at(const char *data)
{
    uint64_t n;

    memcpy(&n, data, sizeof n);
    return n;
}

/* LMDB goes on from the greater of two numbers, which a flip may make of an
 * older state.  One alone is like that of a commit that never was: the newest
 * to that of the one before the other. */
Test(store_open, no_flipped_bit_makes_an_older_state_the_newest)
{
    enum { PAGE = 4096, ROOT = 128, NUMBER = 144 };
    static char data[4 << 20];
    char root[8];
    size_t size, seen = 0;
    uint64_t newest;

    put_alone("a", "first");
    store_close(store);
    store = NULL;
    size = read_file("env-1/data.mdb", data, sizeof data);
    newest = number_at(data + NUMBER) > number_at(data + PAGE + NUMBER)
                 ? number_at(data + NUMBER)
                 : number_at(data + PAGE + NUMBER);
    for (size_t page = 0; page < 2; page++)
        for (unsigned bit = 0; bit < 64; bit++) {
            char *at = data + page * PAGE + NUMBER;
            uint64_t was = number_at(at);

            at[bit / 8] ^= (char)(1 << bit % 8);
            if (was == newest && number_at(at) == newest - 2)
                seen++;
            else {
                write_file("env-1/data.mdb", data, size);
                cr_expect_eq(open_error(0), ERR_STORE_CORRUPT,
                             "page %zu, bit %u", page, bit);
            }
            at[bit / 8] ^= (char)(1 << bit % 8);
        }
    cr_assert_leq(seen, 1);
    write_file("env-1/data.mdb", data, size);
    ok(open_error(0));
    memcpy(root, data + ROOT, sizeof root);
    memcpy(data + ROOT, data + PAGE + ROOT, sizeof root);
    write_file("env-1/data.mdb", data, size);
    cr_expect_eq(open_error(0), ERR_STORE_CORRUPT, "the root of another");
    memcpy(data + ROOT, root, sizeof root);
    write_file("env-1/data.mdb", data, size);
    ok(open_error(0));
}

/* LMDB believes a meta page: where its file ends, how large its pages are. */
Test(store_open, no_byte_of_the_meta_pages_is_taken_for_want_of_memory,
     .timeout = 400)
{
    enum { PAGE = 4096, META = 16, PAGE_SIZE_END = 48, LAST = 136, END = 152 };
    static char data[4 << 20];
    static const char masks[] = {0x40, ~0x7f};
    size_t size;

    put_alone("a", "first");
    store_close(store);
    store = NULL;
    size = read_file("env-1/data.mdb", data, sizeof data);
    cr_assert_lt(size, sizeof data);
    for (size_t at = META; at < END;
         at = at + 1 == PAGE_SIZE_END ? LAST : at + 1)
        for (size_t m = 0; m < watched(sizeof masks, 1); m++) {
            enum err e;

            data[at] ^= masks[m];
            data[PAGE + at] ^= masks[m];
            write_file("env-1/data.mdb", data, size);
            e = open_error(0);
            cr_expect(e == ERR_NONE || e == ERR_STORE_CORRUPT,
                      "byte %zu, mask %d: %s", at, masks[m], err_name(e));
            data[at] ^= masks[m];
            data[PAGE + at] ^= masks[m];
        }
    write_file("env-1/data.mdb", data, size);
    ok(open_error(0));
}
