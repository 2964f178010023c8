/*
 * Backups: sealed files, keys that die, stores made of them again.  Clocks are
 * given, never waited for.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/backup.h"
#include "engine/seal.h"
#include "store/private.h"
#include "tests/support/opened.h"

#define DAY_MS INT64_C(86400000)
#define NOON INT64_C(1795521600000) /* 2026-11-24T12:00Z */

static char home[PATH_MAX]; /* of backups and keys */
static struct backup_settings settings;

static void begin_backup(void)
{
    open_fresh();
    fresh_dir(home);
    settings = (struct backup_settings){.days = 30, .seconds = 60};
    snprintf(settings.dir, sizeof settings.dir, "%.200s/backups", home);
    snprintf(settings.secrets, sizeof settings.secrets, "%.200s/secrets", home);
}

static void end_backup(void)
{
    close_fresh();
    fresh_remove(home);
}

TestSuite(backup, .init = begin_backup, .fini = end_backup, .timeout = 120);

/* ---- Sealed files ------------------------------------------------------- */

#define CHUNK ((size_t)64 << 10)
#define LINE "a line\n"

static const unsigned char key[SECRET_BYTES] =
    "thirty-two bytes of a known key";

static void path_at(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "%.4000s/%s", home, name);
}

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 31 + i / 251);
}

static void seal(const char *path, size_t n, size_t piece)
{
    unsigned char *bytes = malloc(n + 1);
    struct seal *s;

    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_at(i);
    ok(seal_create(path, LINE, key, &s));
    for (size_t i = 0; i < n; i += piece)
        ok(seal_write(s, bytes + i, n - i < piece ? n - i : piece));
    ok(seal_finish(s));
    seal_close(s);
    free(bytes);
}

static enum err unseal(const char *path, const unsigned char *with, size_t n)
{
    unsigned char *bytes = malloc(n + 1);
    struct seal *s = NULL;
    enum err e = seal_open(path, with, &s);

    if (!e)
        e = seal_read(s, bytes, n);
    if (!e)
        e = seal_at_end(s);
    for (size_t i = 0; !e && i < n; i++)
        cr_assert_eq(bytes[i], byte_at(i));
    seal_close(s);
    free(bytes);
    return e;
}

Test(backup, what_is_sealed_comes_back_whatever_its_size)
{
    static const size_t sizes[] = {0,         1,         CHUNK - 1,    CHUNK,
                                   CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7};
    char path[PATH_MAX], line[SEAL_LINE_MAX + 1];
    struct stat st;

    path_at(path, "sealed");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        seal(path, sizes[i], 1000 + i);
        ok(unseal(path, key, sizes[i]));
        refused(unseal(path, key, sizes[i] + 1), ERR_STORE_CORRUPT);
        if (sizes[i])
            refused(unseal(path, key, sizes[i] - 1), ERR_STORE_CORRUPT);
        ok(seal_line(path, line));
        cr_assert_str_eq(line, LINE);
        cr_assert_eq(stat(path, &st), 0);
        cr_assert_eq(st.st_mode & 0777, 0600);
        cr_assert_eq(unlink(path), 0);
    }
}

static void change_byte(const char *path, off_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char byte;

    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

Test(backup, any_change_of_a_sealed_file_is_seen)
{
    const size_t n = 2 * CHUNK + 100;
    unsigned char other[SECRET_BYTES];
    char path[PATH_MAX];
    struct stat st;

    path_at(path, "sealed");
    seal(path, n, n);
    memcpy(other, key, sizeof other);
    other[31] ^= 1;
    refused(unseal(path, other, n), ERR_STORE_CORRUPT);
    cr_assert_eq(stat(path, &st), 0);
    for (off_t at = 0; at < st.st_size; at += at < 100 ? 1 : 997) {
        change_byte(path, at);
        cr_assert_neq(unseal(path, key, n), ERR_NONE, "byte %ld", (long)at);
        change_byte(path, at);
    }
    ok(unseal(path, key, n));
    /* Cut anywhere, at a chunk's end too; and one byte more. */
    for (off_t cut = st.st_size - 1; cut > 0; cut -= 4999) {
        cr_assert_eq(truncate(path, cut), 0);
        cr_assert_neq(unseal(path, key, n), ERR_NONE, "cut at %ld", (long)cut);
    }
    cr_assert_eq(unlink(path), 0);
    seal(path, n, n);
    cr_assert_eq(truncate(path, st.st_size - 100 - 17), 0);
    refused(unseal(path, key, n), ERR_STORE_CORRUPT);
    cr_assert_eq(unlink(path), 0);
    seal(path, n, n);
    cr_assert_eq(truncate(path, st.st_size + 1), 0);
    refused(unseal(path, key, n), ERR_STORE_CORRUPT);
}

/* ---- Backups ------------------------------------------------------------ */

static void fill(void)
{
    struct store_batch *batch = begin();
    struct posting posting = {.code = 1};
    unsigned char row[INDEX_SIDE] = "side";
    char id[20];

    for (unsigned i = 0; i < 500; i++) {
        snprintf(id, sizeof id, "id-%u", i);
        put(batch, id, "a-body-that-is-easy-to-find");
        posting.number = i + 1;
        ok(index_put(batch, INDEX_PEOPLE, &posting));
        ok(index_side_put(batch, INDEX_PEOPLE, i + 1, 7 + i, row));
    }
    ok(store_once_put(batch, SLICE("me"), SLICE("k"),
                      &(struct once){.reply = SLICE("told")}));
    ok(store_batch_commit(batch));
}

static enum err back_up(int64_t now_ms, struct backup_report *out)
{
    struct store_view *view = look();
    enum err e = backup_make(view, &settings, now_ms, out);

    store_view_end(view);
    return e;
}

static void file_of(const struct backup_report *r, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.300s/%.64s.sealed", settings.dir, r->name);
}

static unsigned count(const char *in)
{
    DIR *list = opendir(in);
    unsigned n = 0;

    while (list && readdir(list))
        n++;
    if (list)
        closedir(list);
    return n > 2 ? n - 2 : 0;
}

static enum err restore_to(const struct backup_report *r, const char *to)
{
    const struct store_options options = {.log = NULL};
    char path[PATH_MAX];

    file_of(r, path);
    return backup_restore(path, settings.secrets, to, &options);
}

static void check_same(const char *to, const struct store_facts *before)
{
    struct store_audit audit;
    struct store_view *view;
    struct index_counts counts;
    struct once once;

    store_close(store);
    store = fresh_open(to);
    cr_assert_str_eq(facts().uuid, before->uuid);
    cr_assert_eq(facts().revision, before->revision);
    cr_assert_eq(memcmp(facts().chain, before->chain, CHAIN_BYTES), 0);
    view = look();
    ok(store_audit(view, &audit));
    cr_assert_eq(audit.records[THING], 500);
    ok(index_check(view, &counts));
    cr_assert_eq(counts.postings[INDEX_PEOPLE], 500);
    ok(store_once_get(view, SLICE("me"), SLICE("k"), &once));
    store_view_end(view);
    cr_assert_str_eq(held("id-499"), "a-body-that-is-easy-to-find");
    put_alone("later", "goes on");
}

Test(backup, a_store_comes_back_whole_and_goes_on)
{
    struct backup_report r;
    struct store_facts before;
    char to[PATH_MAX];

    fill();
    before = facts();
    ok(back_up(NOON, &r));
    cr_assert_str_eq(r.name, "backup-20261124T120000.000Z-500");
    cr_assert_eq(r.revision, 500);
    cr_assert_eq(memcmp(r.chain, before.chain, CHAIN_BYTES), 0);
    put_alone("after", "the backup");
    path_at(to, "restored");
    ok(restore_to(&r, to));
    check_same(to, &before);
    cr_assert_str_eq(held("after"), "");
}

Test(backup, a_file_without_its_key_tells_nothing)
{
    struct backup_report r;
    char path[PATH_MAX], to[PATH_MAX];

    fill();
    ok(back_up(NOON, &r));
    cr_assert_eq(fresh_grep(settings.dir, "easy-to-find"), 0);
    cr_assert_eq(fresh_grep(settings.dir, facts().uuid), 0);
    ok(secret_forget(settings.secrets, r.name));
    path_at(to, "restored");
    refused(restore_to(&r, to), ERR_FORBIDDEN);
    cr_assert_neq(access(to, F_OK), 0);
    file_of(&r, path);
    refused(
        backup_restore(path, home, to, &(struct store_options){.log = NULL}),
        ERR_FORBIDDEN);
}

Test(backup, each_has_a_key_of_its_own)
{
    unsigned char a[SECRET_BYTES], b[SECRET_BYTES];
    struct backup_report first, second;

    ok(back_up(NOON, &first));
    ok(back_up(NOON + 1, &second));
    ok(secret_key(settings.secrets, first.name, 0, a));
    ok(secret_key(settings.secrets, second.name, 0, b));
    cr_assert_neq(memcmp(a, b, SECRET_BYTES), 0);
}

Test(backup, what_is_not_a_backup_or_was_changed_makes_no_store)
{
    struct backup_report r;
    char path[PATH_MAX], to[PATH_MAX];
    struct stat st;

    fill();
    ok(back_up(NOON, &r));
    path_at(to, "restored");
    file_of(&r, path);
    cr_assert_eq(stat(path, &st), 0);
    for (off_t at = 0; at < st.st_size; at += st.st_size / 40) {
        change_byte(path, at);
        cr_assert_neq(restore_to(&r, to), ERR_NONE, "byte %ld", (long)at);
        cr_assert_neq(access(to, F_OK), 0, "byte %ld", (long)at);
        change_byte(path, at);
    }
    cr_assert_eq(truncate(path, st.st_size / 2), 0);
    refused(restore_to(&r, to), ERR_STORE_CORRUPT);
    cr_assert_eq(truncate(path, 0), 0);
    refused(restore_to(&r, to), ERR_STORE_FOREIGN);
    cr_assert_eq(unlink(path), 0);
    refused(restore_to(&r, to), ERR_NOT_FOUND);
    cr_assert_neq(access(to, F_OK), 0);
}

Test(backup, nothing_is_restored_over_a_store_or_something_else)
{
    struct backup_report r;
    uint64_t before;

    fill();
    ok(back_up(NOON, &r));
    store_close(store);
    store = NULL;
    before = fresh_digest(dir);
    refused(restore_to(&r, dir), ERR_STORE_EXISTS);
    cr_assert_eq(fresh_digest(dir), before);
    refused(restore_to(&r, home), ERR_STORE_FOREIGN);
}

/* ---- Expiry ------------------------------------------------------------- */

Test(backup, it_expires_with_its_key)
{
    struct backup_report old, younger, now;
    char path[PATH_MAX], to[PATH_MAX];
    unsigned char bytes[SECRET_BYTES];

    ok(back_up(NOON, &old));
    ok(back_up(NOON + DAY_MS, &younger));
    ok(back_up(NOON + 30 * DAY_MS, &now));
    cr_assert_eq(now.expired, 0, "thirty days are not over");
    ok(back_up(NOON + 30 * DAY_MS + 1, &now));
    cr_assert_eq(now.expired, 1);
    file_of(&old, path);
    cr_assert_neq(access(path, F_OK), 0);
    refused(secret_key(settings.secrets, old.name, 0, bytes), ERR_NOT_FOUND);
    ok(secret_key(settings.secrets, younger.name, 0, bytes));
    path_at(to, "restored");
    ok(restore_to(&younger, to));
}

/* A copy that was carried away is unreadable then, too. */
Test(backup, the_key_expires_where_the_file_is_gone)
{
    struct backup_report old, now;
    unsigned char bytes[SECRET_BYTES];
    char path[PATH_MAX];

    ok(back_up(NOON, &old));
    file_of(&old, path);
    cr_assert_eq(unlink(path), 0);
    ok(back_up(NOON + 40 * DAY_MS, &now));
    refused(secret_key(settings.secrets, old.name, 0, bytes), ERR_NOT_FOUND);
}

Test(backup, the_newest_is_kept_whatever_the_clock_says)
{
    struct backup_report old, newest;
    char to[PATH_MAX];

    ok(back_up(NOON, &old));
    ok(back_up(NOON + DAY_MS, &newest));
    cr_assert_eq(backup_expire(&settings, NOON + 1000 * DAY_MS), 1);
    path_at(to, "restored");
    ok(restore_to(&newest, to));
    cr_assert_eq(count(settings.dir), 1);
}

Test(backup, other_files_there_are_left_alone)
{
    static const char *const others[] = {"token", "backup", "backup-notes",
                                         "backup-2020"};
    struct backup_report r;
    unsigned char bytes[SECRET_BYTES];

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ok(secret_key(settings.secrets, others[i], 1, bytes));
        ok(secret_key(settings.dir, others[i], 1, bytes));
    }
    ok(back_up(NOON, &r));
    backup_expire(&settings, NOON + 1000 * DAY_MS);
    cr_assert_eq(count(settings.secrets), 5);
    cr_assert_eq(count(settings.dir), 5);
}

/* ---- What goes wrong ---------------------------------------------------- */

Test(backup, one_that_takes_too_long_leaves_nothing)
{
    static char big[STORE_RECORD_MAX];
    struct store_batch *batch;
    struct backup_report r;

    for (int i = 0; i < 4; i++) {
        batch = begin();
        ok(store_put(batch, THING, SLICE("big"), SLICE(""), 1,
                     (struct slice){big, sizeof big}, NULL));
        ok(store_put(batch, THING, (struct slice){"0123" + i, 1}, SLICE(""), 1,
                     (struct slice){big, sizeof big}, NULL));
        ok(store_batch_commit(batch));
    }
    settings.seconds = -1;
    refused(back_up(NOON, &r), ERR_DEADLINE);
    cr_assert_eq(count(settings.dir), 0);
    cr_assert_eq(count(settings.secrets), 0);
    settings.seconds = 60;
    ok(back_up(NOON, &r));
}

Test(backup, it_gives_way_to_what_waits_for_its_view)
{
    struct backup_report r;

    fill();
    store->waiting = 1;
    refused(back_up(NOON, &r), ERR_BUSY);
    store->waiting = 0;
    cr_assert_eq(count(settings.dir) + count(settings.secrets), 0);
}

Test(backup, what_a_death_left_is_removed_by_the_next)
{
    struct backup_report r;
    char path[PATH_MAX];
    int fd;

    cr_assert_eq(mkdir(settings.dir, 0700), 0);
    snprintf(path, sizeof path, "%.300s/backup-20261123T120000.000Z-9.part",
             settings.dir);
    cr_assert_geq(fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600), 0);
    close(fd);
    ok(back_up(NOON, &r));
    cr_assert_neq(access(path, F_OK), 0);
    cr_assert_eq(count(settings.dir), 1);
}

Test(backup, where_it_cannot_be_written_the_store_is_not_concerned)
{
    struct backup_report r;
    char path[PATH_MAX];
    int fd;

    fill();
    path_at(path, "backups");
    cr_assert_geq(fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600), 0);
    close(fd);
    refused(back_up(NOON, &r), ERR_STORE_IO);
    cr_assert_eq(count(settings.secrets), 0);
    put_alone("b", "body");
    cr_assert_eq(unlink(path), 0);
    ok(back_up(NOON, &r));
}

/* ---- While others write ------------------------------------------------- */

static atomic_int writing;

static void *write_on(void *context)
{
    (void)context;
    for (unsigned i = 0; writing; i++) {
        struct store_batch *batch = begin();
        char id[20];

        snprintf(id, sizeof id, "w-%u", i % 100);
        put(batch, id, "written meanwhile");
        ok(store_batch_commit(batch));
    }
    return NULL;
}

Test(backup, it_is_one_moment_of_a_store_that_changes)
{
    struct backup_report r;
    struct store_audit audit;
    struct store_view *view;
    pthread_t thread;
    char to[PATH_MAX], name[32];

    fill();
    writing = 1;
    pthread_create(&thread, NULL, write_on, NULL);
    for (int i = 0; i < 10; i++) {
        ok(back_up(NOON + i, &r));
        snprintf(name, sizeof name, "restored-%d", i);
        path_at(to, name);
        ok(restore_to(&r, to));
    }
    writing = 0;
    pthread_join(thread, NULL);
    store_close(store);
    store = fresh_open(to);
    view = look();
    ok(store_audit(view, &audit));
    cr_assert_eq(audit.events, r.revision);
    cr_assert_eq(memcmp(audit.chain, r.chain, CHAIN_BYTES), 0);
    store_view_end(view);
}
