/*
 * What goes wrong slowly, with a clock and a disk that the tests hold: views
 * and foreign readers that grow old, a disk that fills up.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/config.h"
#include "engine/dispatch.h"
#include "tests/support/opened.h"

int __real_statvfs(const char *path, struct statvfs *out);
int __wrap_statvfs(const char *path, struct statvfs *out);
ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at);
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

static uint64_t disk_left; /* bytes; 0: as it is */
static time_t seconds_on;  /* that our clocks are ahead */
static char told[4096];    /* in the log */
static int zeros_fail;     /* writes of ours: LMDB has its own */

int __wrap_statvfs(const char *path, struct statvfs *out)
{
    int rc = __real_statvfs(path, out);

    if (disk_left) {
        out->f_frsize = 1;
        out->f_bavail = disk_left;
    }
    return rc;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    int rc = __real_clock_gettime(clock, out);

    out->tv_sec += seconds_on;
    return rc;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (!zeros_fail)
        return __real_pwrite(fd, data, len, at);
    errno = EIO;
    return -1;
}

static void hear(int priority, const char *text)
{
    size_t len = strlen(told);

    (void)priority;
    snprintf(told + len, sizeof told - len, "%s\n", text);
}

/* The store of a test, with a log that is heard. */
static void open_heard(void)
{
    const struct store_options options = {.log = hear};

    open_fresh();
    store_close(store);
    store = NULL;
    ok(store_open(dir, &options, &store));
    seconds_on = 0;
    disk_left = 0;
    zeros_fail = 0;
    told[0] = '\0';
}

TestSuite(watch, .init = open_heard, .fini = close_fresh, .timeout = 60);

/* How many lines of the log, from now on, say SAID after a look. */
static unsigned looked_and_said(const char *said)
{
    unsigned n = 0;

    told[0] = '\0';
    store_watch(store);
    for (const char *at = told; (at = strstr(at, said)); at++)
        n++;
    return n;
}

/* ---- Views --------------------------------------------------------------- */

Test(watch, a_view_over_its_limit_answers_no_more)
{
    struct store_view *limited, *free_one, *again;
    struct record record;

    put_alone("a", "1");
    limited = look();
    store_view_limit(limited, 60);
    free_one = look();
    seconds_on += 58;
    store_watch(store);
    ok(store_get(limited, THING, SLICE("a"), &record));
    seconds_on += 3;
    cr_assert_eq(looked_and_said("over their limit"), 1);
    refused(store_get(limited, THING, SLICE("a"), &record), ERR_DEADLINE);
    refused(
        store_next(limited, THING, (struct slice){0}, &record.body, &record),
        ERR_DEADLINE);
    ok(store_get(free_one, THING, SLICE("a"), &record));
    cr_assert_eq(looked_and_said("over their limit"), 0, "once");
    store_view_end(limited);
    again = look();
    ok(store_get(again, THING, SLICE("a"), &record));
    seconds_on += 100;
    store_watch(store);
    ok(store_get(again, THING, SLICE("a"), &record));
    store_view_end(again);
    store_view_end(free_one);
}

Test(watch, a_view_held_for_long_is_told_once)
{
    struct store_view *first = look(), *second, *third;

    cr_assert_eq(looked_and_said("held"), 0);
    seconds_on += 6;
    second = look();
    cr_assert_eq(looked_and_said("1 views have been held"), 1);
    cr_assert_eq(looked_and_said("held"), 0);
    third = look();
    seconds_on += 6;
    store_view_end(second);
    cr_assert_eq(looked_and_said("1 views have been held"), 1);
    store_view_end(first);
    store_view_end(third);
    cr_assert_eq(looked_and_said("held"), 0);
}

/* ---- A question ---------------------------------------------------------- */

/* BODY is asked of VERB, its view having been ended meanwhile. */
static void ask_late(enum verb verb, struct slice body)
{
    const struct verb_row *row = &verb_rows[verb];
    struct request *r = request_new(NULL);
    struct store_view *view = look();
    struct config config;

    config_default(&config);
    r->call.structure_weights = config.structure_weights;
    r->call.person_weights = config.person_weights;
    r->call.verb = verb;
    r->call.role = DEVELOPMENT;
    r->call.everywhere = 1;
    r->call.limits = &limits_batch;
    r->header.min_revision = ABSENT;
    r->ask = shape_array(r->call.arena, row->ask, 1);
    r->answer = shape_array(r->call.arena, row->answer, 1);
    ok(protocol_decode(row->ask, body, &limits_batch, r->call.arena, r->ask,
                       &r->call.faults));
    store_view_limit(view, 60);
    seconds_on += 61;
    store_watch(store);
    dispatch_view(r, view);
    store_view_end(view);
    cr_assert_eq(r->error, ERR_DEADLINE, "%s: %s", row->name,
                 err_name(r->error));
    cr_assert_not_null(memmem(r->reply_body.data, r->reply_body.len,
                              "ask for less", strlen("ask for less")),
                       "%s", row->name);
    request_free(r);
}

Test(watch, a_question_that_takes_too_long_is_refused)
{
    ask_late(VERB_match_market, SLICE("\x81\xa6market\xa1M"));
    ask_late(VERB_match_reasons, SLICE("\x82\xa6market\xa1M\xa3lot\x01"));
    ask_late(VERB_match_group, SLICE("\x82\xa6market\xa1M\xa3lot\x01"));
    ask_late(VERB_assess_scan, SLICE("\x80"));
    ask_late(VERB_retention_list, SLICE("\x80"));
    ask_late(VERB_rescore_get, SLICE("\x82\xa6market\xa1M\xa3lot\x01"));
    ask_late(VERB_hours_summary, SLICE("\x81\xa6market\xa1M"));
}

/* ---- Readers of other processes ------------------------------------------ */

/* In a process of its own: a snapshot that lives as long as it. */
static void hold_beside(int ready)
{
    const struct store_options options = {.read_only = 1, .beside = 1};
    struct store *other;
    struct store_view *view;

    if (store_open(dir, &options, &other) || store_view_begin(other, &view) ||
        write(ready, "!", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

Test(watch, a_reader_of_another_process_is_told_once)
{
    int ends[2], cleared;
    pid_t pid;
    char said;

    put_alone("a", "1");
    cr_assert_eq(pipe(ends), 0);
    cr_assert_geq(pid = fork(), 0);
    if (pid == 0)
        hold_beside(ends[1]);
    cr_assert_eq(read(ends[0], &said, 1), 1);
    cr_assert_eq(looked_and_said("one snapshot"), 0);
    seconds_on += 59;
    cr_assert_eq(looked_and_said("one snapshot"), 0);
    seconds_on += 2;
    cr_assert_eq(looked_and_said("one snapshot"), 1);
    cr_assert_eq(looked_and_said("one snapshot"), 0);
    ok(store_check_readers(store, &cleared));
    cr_assert_eq(cleared, 0, "who lives is never cleared");
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    ok(store_check_readers(store, &cleared));
    cr_assert_eq(cleared, 1);
    close(ends[0]);
    close(ends[1]);
}

/* ---- The disk ------------------------------------------------------------ */

Test(watch, a_store_that_fills_its_disk_is_told_once)
{
    uint64_t used;

    put_alone("a", "1");
    used = facts().map_used;
    disk_left = used;
    cr_assert_eq(facts().disk_percent, 50);
    cr_assert_eq(looked_and_said("disk"), 0);
    disk_left = used / 4;
    cr_assert_eq(facts().disk_percent, 80);
    cr_assert_eq(looked_and_said("80 % of what the disk could give"), 1);
    cr_assert_eq(looked_and_said("disk"), 0, "once");
    disk_left = used / 3 - 1; /* neither here nor there */
    cr_assert_eq(looked_and_said("disk"), 0);
    disk_left = used / 8;
    cr_assert_eq(looked_and_said("disk"), 0, "it was never out of danger");
    disk_left = used * 10;
    cr_assert_eq(looked_and_said("disk"), 0);
    disk_left = used / 8;
    cr_assert_eq(looked_and_said("disk"), 1, "a danger of its own");
}

/* ---- What a compaction replaced ------------------------------------------ */

Test(watch, an_old_environment_that_cannot_be_overwritten_is_told)
{
    put_alone("a", "1");
    zeros_fail = 1;
    ok(store_compact(store));
    cr_assert_not_null(strstr(told, "could not be overwritten"));
    cr_assert_eq(store_compactions(store), 0);
    cr_assert_str_eq(held("a"), "1");
    zeros_fail = 0;
    put_alone("b", "2");
    told[0] = '\0';
    ok(store_compact(store));
    cr_assert_str_eq(told, "");
    cr_assert_eq(store_compactions(store), 1);
    cr_assert_str_eq(held("b"), "2");
}
