/* The access log when the disk fails: what is torn goes, what is lost is told.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "engine/access.h"
#include "tests/support/fresh.h"

TestSuite(access, .timeout = 20);

static char base[PATH_MAX];
static char file[PATH_MAX + 8];
static struct access *log_of_access;

static void open_log(void)
{
    fresh_dir(base);
    snprintf(file, sizeof file, "%s/log", base);
    ok(access_open(file, base, 0, &log_of_access));
}

static void close_log(void)
{
    access_close(log_of_access);
    fresh_remove(base);
}

static off_t size_of_log(void)
{
    struct stat about;

    cr_assert_eq(stat(file, &about), 0);
    return about.st_size;
}

static void note_somebody(void)
{
    struct slice who = SLICE("p-1");
    struct request request = {.call = {.verb = VERB_profile_get,
                                       .caller = SLICE("portal-1"),
                                       .now_ms = INT64_C(1795000000000),
                                       .saw = {.at = &who, .n = 1}}};

    access_note(log_of_access, &request);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Follow the hashes; *SAID gets the line that tells what was found. */
static enum err verify(char *said, size_t size)
{
    char hash[65] = "";
    FILE *out = fmemopen(said, size, "w");
    enum err e = access_verify(file, base, hash, out);

    fclose(out);
    return e;
}

Test(access, a_line_that_was_torn_is_taken_away_and_the_next_one_follows,
     .init = open_log, .fini = close_log)
{
    char said[PATH_MAX + 200] = "";
    off_t whole;

    note_somebody();
    whole = size_of_log();
    limit_files((rlim_t)whole + 30);
    note_somebody();
    cr_expect_eq(access_lost(log_of_access), 1);
    cr_expect_eq(size_of_log(), whole, "nothing of a torn line stays");
    limit_files(RLIM_INFINITY);
    note_somebody();
    cr_expect_eq(access_lost(log_of_access), 1);
    ok(verify(said, sizeof said));
    cr_expect(strstr(said, ": 4 lines"), "begin, two of them, one lost: %s",
              said);
}
