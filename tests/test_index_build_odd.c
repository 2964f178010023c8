/*
 * Generations that are large, lack records, or meet a full disk, a failing
 * derivation, the death of the daemon.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/index_parts.h"
#include "tests/support/built.h"

TestSuite(index_build_odd, .init = open_fresh, .fini = close_fresh,
          .timeout = 300);

/* ---- Large and odd ------------------------------------------------------ */

/* Rows that come in no order, under many codes, of lists long and short. */
static void post_at_random(struct index_build *build, enum index_kind kind,
                           struct index_counts *wanted)
{
    unsigned facts = index_facts[kind];

    for (uint32_t i = 0; i < 120000; i++) {
        struct posting posting = {
            .code = fresh_random(&seed) % 2 ? fresh_random(&seed) % 3
                                            : fresh_random(&seed) % 5000 << 16,
            .where = (uint16_t)(fresh_random(&seed) % 5 ? 1 : i),
            .when = (uint16_t)fresh_random(&seed),
            .number = i * 2654435761u,
            .reach = (uint8_t)i};

        for (unsigned k = 0; k < facts; k++)
            posting.facts[k] = (uint16_t)fresh_random(&seed);
        ok(index_build_posting(build, kind, &posting));
        wanted->postings[kind]++;
        wanted->sums[kind] += index_posting_sum(kind, &posting);
    }
}

Test(index_build_odd, rows_in_any_order_of_any_list_are_sorted)
{
    struct index_counts wanted = {0}, got;
    struct index_build *build = build_begin();
    struct store_view *view;

    cr_assert_eq(gather(build, 1), 1);
    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++)
        post_at_random(build, kind, &wanted);
    ok(index_build_sort(build));
    while (!write_step(build, (size_t)4 << 20))
        ;
    cr_assert_eq(switch_step(1, 1), 1);
    index_build_close(build);
    view = look();
    ok(index_check(view, &got));
    store_view_end(view);
    cr_assert_arr_eq(got.postings, wanted.postings, sizeof got.postings);
    cr_assert_arr_eq(got.sums, wanted.sums, sizeof got.sums);
    cr_assert_gt(got.pages, got.lists, "no list has two pages");
}

Test(index_build_odd, a_generation_takes_twenty_bytes_a_posting)
{
    struct index_build *build = build_begin();
    struct index_counts got;
    struct store_view *view;

    cr_assert_eq(gather(build, 1), 1);
    for (uint32_t i = 0; i < 300000; i++) {
        struct posting posting = {.code = i % 16,
                                  .where = (uint16_t)fresh_random(&seed),
                                  .number = i};

        ok(index_build_posting(build, INDEX_PEOPLE, &posting));
    }
    ok(index_build_sort(build));
    while (!write_step(build, (size_t)4 << 20))
        ;
    cr_assert_eq(switch_step(1, 1), 1);
    index_build_close(build);
    view = look();
    ok(index_check(view, &got));
    store_view_end(view);
    cr_assert_leq(got.bytes, 19 * (uint64_t)300000);
}

Test(index_build_odd, the_map_grows_while_a_generation_is_written)
{
    struct index_build *build;
    uint64_t before;
    int done = 0;

    store_close(store);
    fresh_remove(dir);
    fresh_dir(dir);
    store = fresh_init(dir, (size_t)4 << 20);
    for (int i = 0; i < 10; i++)
        write_records(20);
    before = facts().map_size;
    build = build_begin();
    while (!gather(build, 100))
        ;
    for (uint32_t i = 0; i < 400000; i++) {
        struct posting posting = {.code = 200, .number = i};

        ok(index_build_posting(build, INDEX_PEOPLE, &posting));
    }
    ok(index_build_sort(build));
    while (!done) {
        struct store_batch *batch = begin();
        enum err e = index_build_write(build, batch, (size_t)1 << 20, &done);
        enum err committed = store_batch_commit(batch);

        cr_assert(e == ERR_NONE || e == ERR_STORE_FULL);
        cr_assert(committed == ERR_NONE || committed == ERR_STORE_FULL);
        if (e || committed)
            done = 0;
    }
    cr_assert_eq(switch_step(1000, 1), 1);
    index_build_close(build);
    cr_assert_gt(facts().map_size, before);
    sweep(100);
    check_swept();
}

/* ---- What it lacks ------------------------------------------------------ */

/* A record that is put without its postings. */
static void put_deferred(const char *id)
{
    struct store_batch *batch = begin();

    ok(store_put(batch, THING, slice_of(id), (struct slice){NULL, 0}, 1,
                 body_at_random(), NULL));
    index_defer(batch);
    ok(store_batch_commit(batch));
}

static uint64_t deferred(void)
{
    struct store_view *view = look();
    uint64_t revision = index_deferred(view);

    store_view_end(view);
    return revision;
}

Test(index_build_odd, a_build_pays_what_was_put_before_it_began)
{
    struct index_build *build;

    write_records(50);
    put_deferred("x1");
    put_deferred("x2");
    cr_assert_eq(deferred(), facts().revision);
    build = build_begin();
    write_records(10);
    build_rest(build);
    cr_assert_eq(deferred(), 0);
    check_derived();
    build = build_begin();
    put_deferred("x3");
    build_rest(build);
    cr_assert_gt(deferred(), 0);
    build_rest(build_begin());
    cr_assert_eq(deferred(), 0);
    check_derived();
}

/* ---- What goes wrong ---------------------------------------------------- */

static enum err derive_badly(void *context, struct index_build *build,
                             unsigned entity, const struct record *record)
{
    (void)context, (void)build, (void)entity, (void)record;
    return ERR_STORE_CORRUPT;
}

Test(index_build_odd, a_derivation_that_fails_ends_the_build_alone)
{
    struct index_build *build;
    int done = 7;

    write_records(10);
    build = build_begin();
    refused(index_build_gather(build, derive_badly, NULL, 5, &done),
            ERR_STORE_CORRUPT);
    cr_assert_eq(done, 7);
    index_build_close(build);
    check_derived();
    build_rest(build_begin());
    check_derived();
}

/* Where there is no room for the rows of the build. */
struct shortage {
    char why[60];
    unsigned rows;
    enum err posting, sort; /* what they say */
};

ParameterizedTestParameters(index_build_odd, a_full_disk_ends_the_build_alone)
{
    static struct shortage rows[] = {
        {"while it gathers", 400000, ERR_STORE_FULL, ERR_NONE},
        {"when the last rows are written", 1000, ERR_NONE, ERR_STORE_FULL},
    };

    return cr_make_param_array(struct shortage, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct shortage *row, index_build_odd,
                  a_full_disk_ends_the_build_alone)
{
    struct rlimit old, limit;
    struct index_build *build;
    enum err e = ERR_NONE;

    write_records(10);
    build = build_begin();
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &limit);
    for (uint32_t i = 0; i < row->rows && !e; i++) {
        struct posting posting = {.code = 1, .number = i};

        e = index_build_posting(build, INDEX_PEOPLE, &posting);
    }
    cr_assert_eq(e, row->posting, "%s", row->why);
    if (!e)
        refused(index_build_sort(build), row->sort);
    setrlimit(RLIMIT_FSIZE, &old);
    index_build_close(build);
    check_derived();
    build_rest(build_begin());
    check_derived();
}

/* Build generation after generation, switching and sweeping, writing between,
 * until killed; a byte for each step. */
static void build_for_ever(int fd)
{
    store = fresh_open(dir);
    for (;;) {
        struct index_build *build = build_begin();

        while (!gather(build, 300))
            write_records(3);
        if (write(fd, "g", 1) != 1)
            _exit(1);
        ok(index_build_sort(build));
        while (!write_step(build, 1)) {
            write_records(1);
            if (write(fd, "w", 1) != 1)
                _exit(1);
        }
        while (!switch_step(50, 1))
            ;
        if (write(fd, "s", 1) != 1)
            _exit(1);
        index_build_close(build);
        sweep(50);
    }
}

Test(index_build_odd, a_build_killed_anywhere_leaves_the_index_as_it_was)
{
    for (int i = 0; i < 4; i++)
        write_records(100);
    for (int cycle = 0; cycle < 25; cycle++) {
        unsigned steps = 1 + fresh_random(&seed) % 40;
        int pipe_fd[2];
        char byte;
        pid_t pid;

        store_close(store);
        store = NULL;
        cr_assert_eq(pipe(pipe_fd), 0);
        cr_assert_geq(pid = fork(), 0);
        if (pid == 0) {
            seed += (uint64_t)cycle;
            build_for_ever(pipe_fd[1]);
        }
        /* So that a daemon that fails is seen to end. */
        close(pipe_fd[1]);
        for (; steps > 0; steps--)
            cr_assert_eq(read(pipe_fd[0], &byte, 1), 1);
        kill(pid, SIGKILL);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        close(pipe_fd[0]);
        store = fresh_open(dir);
        cr_assert_eq(facts().rebuilding, 0);
        check_derived();
    }
    cr_assert_gt(facts().generation, 3);
    sweep(1000);
    check_swept();
}
