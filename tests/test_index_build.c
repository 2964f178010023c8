/*
 * Generations: what is built beside the live one holds what the records say
 * and nothing else, though others write meanwhile, steps are aborted, and
 * daemons die.
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
#include "tests/support/opened.h"

#define OTHER 9 /* than THING */
#define IDS 900
#define CODES 6

static uint64_t seed = 20261123; /* every test is a process */

TestSuite(index_build, .init = open_fresh, .fini = close_fresh, .timeout = 300);

/* ---- What records say --------------------------------------------------- */

/* A record of THING says in its body under which codes it is found, a byte
 * each; its place and facts come from its number, and when from its length. */
static struct posting posting_of(const struct record *record, size_t i,
                                 enum index_kind *kind)
{
    uint32_t n = record->number;
    struct posting posting = {.code = (unsigned char)record->body.data[i],
                              .where = (uint16_t)(n * 7 % 40),
                              .when = (uint16_t)record->body.len,
                              .number = n,
                              .reach = (uint8_t)n};

    *kind = 1 + posting.code % (INDEX_KINDS_END - 1);
    for (unsigned k = 0; k < index_facts[*kind]; k++)
        posting.facts[k] = (uint16_t)(n * (k + 1) + record->body.len);
    return posting;
}

static uint64_t key_of(uint32_t number)
{
    return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void side_of(const struct record *record, unsigned char row[INDEX_SIDE])
{
    memset(row, (int)record->body.len, INDEX_SIDE);
}

static enum err derive(void *context, struct index_build *build,
                       unsigned entity, const struct record *record)
{
    unsigned *calls = context;
    unsigned char row[INDEX_SIDE];

    ++*calls;
    if (entity != THING)
        return ERR_NONE;
    for (size_t i = 0; i < record->body.len; i++) {
        enum index_kind kind;
        struct posting posting = posting_of(record, i, &kind);

        ok(index_build_posting(build, kind, &posting));
    }
    side_of(record, row);
    return index_build_side(build, INDEX_PEOPLE, record->number,
                            key_of(record->number), row);
}

/* The live generation holds what all records say, and nothing else. */
static void check_derived(void)
{
    struct index_counts wanted = {0}, got;
    struct store_view *view = look();
    struct record record = {0};

    while (!store_next_numbered(view, THING, record.number, &record)) {
        unsigned char row[INDEX_SIDE];

        for (size_t i = 0; i < record.body.len; i++) {
            enum index_kind kind;
            struct posting posting = posting_of(&record, i, &kind);

            wanted.postings[kind]++;
            wanted.sums[kind] += index_posting_sum(kind, &posting);
        }
        side_of(&record, row);
        wanted.side++;
        wanted.side_sum += index_side_sum(INDEX_PEOPLE, record.number,
                                          key_of(record.number), row);
    }
    ok(index_check(view, &got));
    cr_assert_arr_eq(got.postings, wanted.postings, sizeof got.postings);
    cr_assert_arr_eq(got.sums, wanted.sums, sizeof got.sums);
    cr_assert_eq(got.side, wanted.side);
    cr_assert_eq(got.side_sum, wanted.side_sum);
    store_view_end(view);
}

/* ---- Writing as a daemon would ------------------------------------------ */

/* What ID says, out of the index; 0: it is not there. */
static int forget(struct store_batch *batch, struct slice id)
{
    char body[CODES];
    struct record record;

    if (store_get(store_batch_view(batch), THING, id, &record))
        return 0;
    /* The first write below may move what the record borrows. */
    memcpy(body, record.body.data, record.body.len);
    record.body.data = body;
    for (size_t i = 0; i < record.body.len; i++) {
        enum index_kind kind;
        struct posting posting = posting_of(&record, i, &kind);

        ok(index_delete(batch, kind, &posting));
    }
    ok(index_side_delete(batch, INDEX_PEOPLE, record.number));
    return 1;
}

static void learn(struct store_batch *batch, const struct record *record)
{
    unsigned char row[INDEX_SIDE];

    for (size_t i = 0; i < record->body.len; i++) {
        enum index_kind kind;
        struct posting posting = posting_of(record, i, &kind);

        ok(index_put(batch, kind, &posting));
    }
    side_of(record, row);
    ok(index_side_put(batch, INDEX_PEOPLE, record->number,
                      key_of(record->number), row));
}

static struct slice body_at_random(void)
{
    static const char codes[CODES] = {0, 1, 2, 3, 4, 5};
    unsigned from = fresh_random(&seed) % CODES;

    return (struct slice){codes + from,
                          1 + fresh_random(&seed) % (CODES - from)};
}

/* Put, replace or delete a record and its postings. */
static void write_record(struct store_batch *batch)
{
    struct slice none = {NULL, 0};
    struct record record;
    char id[20];
    int was;

    snprintf(id, sizeof id, "r%u", fresh_random(&seed) % IDS);
    was = forget(batch, slice_of(id));
    if (fresh_random(&seed) % 4 == 0) {
        refused(store_delete(batch, THING, slice_of(id), none, NULL),
                was ? ERR_NONE : ERR_NOT_FOUND);
        return;
    }
    ok(store_put(batch, THING, slice_of(id), none, 1, body_at_random(),
                 &record));
    learn(batch, &record);
}

static void write_records(unsigned n)
{
    struct store_batch *batch = begin();

    for (; n > 0; n--)
        write_record(batch);
    ok(store_batch_commit(batch));
}

/* Records that no index is made of. */
static void write_others(void)
{
    struct store_batch *batch = begin();

    for (int i = 0; i < 30; i++) {
        char id[20];

        snprintf(id, sizeof id, "o%d", i);
        ok(store_put(batch, OTHER, slice_of(id), (struct slice){NULL, 0}, 1,
                     SLICE("x"), NULL));
    }
    ok(store_batch_commit(batch));
}

/* ---- Steps of a build --------------------------------------------------- */

static struct index_build *build_begin(void)
{
    struct store_batch *batch = begin();
    struct index_build *build = NULL;

    ok(index_build_begin(batch));
    ok(store_batch_commit(batch));
    ok(index_build_open(store, &build));
    return build;
}

static int gather(struct index_build *build, unsigned max)
{
    unsigned calls = 0;
    int done = -1;

    ok(index_build_gather(build, derive, &calls, max, &done));
    cr_assert(done ? calls <= max : calls == max);
    return done;
}

static int write_step(struct index_build *build, size_t max_bytes)
{
    struct store_batch *batch = begin();
    int done = -1;

    ok(index_build_write(build, batch, max_bytes, &done));
    ok(store_batch_commit(batch));
    return done;
}

/* Apply what is noted, switch in the batch in which nothing was left. */
static int switch_step(unsigned max, uint64_t stamp)
{
    struct store_batch *batch = begin();
    int done = -1;

    ok(index_build_catch_up(batch, max, &done));
    refused(index_build_switch(batch, stamp), done ? ERR_NONE : ERR_NOT_FOUND);
    ok(store_batch_commit(batch));
    return done;
}

static void build_rest(struct index_build *build)
{
    while (!gather(build, 100))
        ;
    ok(index_build_sort(build));
    while (!write_step(build, 1))
        ;
    while (!switch_step(1000, 1))
        ;
    index_build_close(build);
}

static unsigned sweep(unsigned max)
{
    unsigned turns = 0;
    int done = 0;

    for (; !done; turns++) {
        struct store_batch *batch = begin();

        ok(index_build_sweep(batch, max, &done));
        ok(store_batch_commit(batch));
    }
    return turns;
}

/* Nothing is left but the live generation. */
static void check_swept(void)
{
    struct store_view *view = look();
    struct index_counts counts;
    MDB_stat stat;

    ok(index_check(view, &counts));
    mdb_stat(view->txn, store->env.db[DB_INDEX], &stat);
    cr_assert_eq(stat.ms_entries, counts.blocks);
    mdb_stat(view->txn, store->env.db[DB_HEADS], &stat);
    cr_assert_eq(stat.ms_entries, counts.pages);
    mdb_stat(view->txn, store->env.db[DB_NOTES], &stat);
    cr_assert_eq(stat.ms_entries, 0);
    store_view_end(view);
}

/* ---- Tests -------------------------------------------------------------- */

Test(index_build, a_generation_built_while_others_write_is_the_same)
{
    struct index_build *build;
    struct index_progress progress;
    unsigned turns = 0;

    write_others();
    for (int i = 0; i < 10; i++)
        write_records(100);
    check_derived();
    build = build_begin();
    write_records(100);
    while (!gather(build, 37)) {
        write_records(20);
        turns++;
    }
    cr_assert_gt(turns, 10);
    write_records(50);
    ok(index_build_sort(build));
    index_build_progress(build, &progress);
    cr_assert_gt(progress.records, 30);
    cr_assert_gt(progress.postings, progress.records);
    while (!write_step(build, 1)) {
        write_records(20);
        turns++;
    }
    index_build_progress(build, &progress);
    cr_assert_eq(progress.bytes, progress.bytes_all);
    while (!switch_step(700, 99)) {
        write_records(30);
        check_derived();
    }
    cr_assert_eq(facts().generation, 2);
    cr_assert_eq(facts().rebuilding, 0);
    index_build_close(build);
    check_derived();
    write_records(50);
    cr_assert_gt(sweep(5), 1);
    check_swept();
    write_records(50);
    check_derived();
}

Test(index_build, what_is_being_built_is_not_seen_before_the_switch)
{
    struct store_view *view;
    struct index_build *build;

    write_records(200);
    build = build_begin();
    cr_assert_eq(facts().rebuilding, 1);
    while (!gather(build, 100))
        check_derived();
    ok(index_build_sort(build));
    while (!write_step(build, 1))
        check_derived();
    check_derived();
    cr_assert_eq(facts().generation, 1);
    view = look();
    cr_assert_eq(index_stamp(view), 0);
    store_view_end(view);
    cr_assert_eq(switch_step(1000, 77), 1);
    index_build_close(build);
    view = look();
    cr_assert_eq(index_stamp(view), 77);
    store_view_end(view);
    check_derived();
}

Test(index_build, an_empty_store_has_an_empty_generation)
{
    build_rest(build_begin());
    cr_assert_eq(facts().generation, 2);
    check_derived();
    sweep(10);
    write_records(10);
    check_derived();
}

Test(index_build, a_step_that_is_aborted_is_taken_again)
{
    struct index_build *build;
    unsigned aborted = 0;
    int done = 0;

    for (int i = 0; i < 10; i++)
        write_records(100);
    build = build_begin();
    while (!gather(build, 100))
        ;
    ok(index_build_sort(build));
    while (!done) {
        struct store_batch *batch = begin();

        ok(index_build_write(build, batch, 1, &done));
        if (fresh_random(&seed) % 3) {
            store_batch_abort(batch);
            aborted++;
            done = 0;
        } else {
            ok(store_batch_commit(batch));
        }
        if (fresh_random(&seed) % 3 == 0)
            write_records(3);
    }
    cr_assert_gt(aborted, 5);
    while (!switch_step(1000, 1))
        ;
    index_build_close(build);
    check_derived();
    sweep(1000);
    check_swept();
}

Test(index_build, a_build_begun_anew_takes_nothing_from_the_one_before)
{
    struct index_build *build;

    write_records(300);
    build = build_begin();
    while (!gather(build, 100))
        ;
    ok(index_build_sort(build));
    write_step(build, 1);
    write_records(30);
    index_build_close(build);
    build_rest(build_begin());
    cr_assert_eq(facts().generation, 3);
    check_derived();
    sweep(10);
    check_swept();
    check_derived();
}

Test(index_build, a_build_that_was_closed_is_told_nothing_more)
{
    struct store_batch *batch;
    struct index_build *build;
    int done;

    write_records(300);
    build = build_begin();
    while (!gather(build, 100))
        ;
    ok(index_build_sort(build));
    while (!write_step(build, 1))
        ;
    write_records(10);
    index_build_close(build);
    cr_assert_eq(facts().rebuilding, 0);
    batch = begin();
    refused(index_build_catch_up(batch, 1, &done), ERR_NOT_FOUND);
    refused(index_build_switch(batch, 1), ERR_NOT_FOUND);
    store_batch_abort(batch);
    sweep(1000);
    write_records(10);
    check_swept();
    check_derived();
}

Test(index_build, a_sweep_spares_the_generation_being_built)
{
    struct index_build *build;

    write_records(300);
    build = build_begin();
    while (!gather(build, 100))
        ;
    ok(index_build_sort(build));
    write_records(5);
    write_step(build, 1);
    cr_assert_eq(sweep(1000), 1);
    while (!write_step(build, 1))
        ;
    while (!switch_step(1000, 1))
        ;
    index_build_close(build);
    check_derived();
}

Test(index_build, a_sweep_leaves_no_key_of_a_dead_generation)
{
    struct store_facts before, after;

    for (int i = 0; i < 20; i++)
        write_records(100);
    build_rest(build_begin());
    sweep(1000);
    ok(store_compact(store));
    before = facts();
    for (int i = 0; i < 3; i++)
        build_rest(build_begin());
    sweep(7);
    check_swept();
    ok(store_compact(store));
    after = facts();
    cr_assert_leq(after.map_used, before.map_used + 8 * 4096);
    check_derived();
}

Test(index_build, an_unfinished_build_cannot_be_switched_to)
{
    struct store_batch *batch = begin();
    struct index_build *build = NULL;
    int done;

    refused(index_build_switch(batch, 1), ERR_NOT_FOUND);
    refused(index_build_catch_up(batch, 1, &done), ERR_NOT_FOUND);
    store_batch_abort(batch);
    refused(index_build_open(store, &build), ERR_NOT_FOUND);
    write_records(100);
    build = build_begin();
    cr_assert_eq(gather(build, 3), 0);
    batch = begin();
    refused(index_build_switch(batch, 1), ERR_NOT_FOUND);
    refused(index_build_catch_up(batch, 1, &done), ERR_NOT_FOUND);
    store_batch_abort(batch);
    while (!gather(build, 100))
        ;
    ok(index_build_sort(build));
    cr_assert_eq(write_step(build, 1), 0);
    batch = begin();
    refused(index_build_switch(batch, 1), ERR_NOT_FOUND);
    refused(index_build_catch_up(batch, 1, &done), ERR_NOT_FOUND);
    store_batch_abort(batch);
    index_build_close(build);
}

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

Test(index_build, rows_in_any_order_of_any_list_are_sorted)
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

Test(index_build, a_generation_takes_twenty_bytes_a_posting)
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

Test(index_build, the_map_grows_while_a_generation_is_written)
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

Test(index_build, a_build_pays_what_was_put_before_it_began)
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

Test(index_build, a_derivation_that_fails_ends_the_build_alone)
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

ParameterizedTestParameters(index_build, a_full_disk_ends_the_build_alone)
{
    static struct shortage rows[] = {
        {"while it gathers", 400000, ERR_STORE_FULL, ERR_NONE},
        {"when the last rows are written", 1000, ERR_NONE, ERR_STORE_FULL},
    };

    return cr_make_param_array(struct shortage, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct shortage *row, index_build,
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

Test(index_build, a_build_killed_anywhere_leaves_the_index_as_it_was)
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
