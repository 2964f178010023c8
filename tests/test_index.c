/*
 * The index against a plain list: whatever is put, replaced and removed, in
 * whatever order, a scan gives the list, sorted; and the next generation is
 * the same as the one it replaces, though others write while it is built.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/private.h"
#include "tests/support/opened.h"

#define KIND 2
#define OTHER 9 /* than THING */

static uint64_t seed = 20261123; /* every test is a process */

TestSuite(index, .init = open_fresh, .fini = close_fresh, .timeout = 300);

/* ---- The plain list ----------------------------------------------------- */

#define CODES 5
#define PLACES 40
#define NUMBERS 400

/* Every posting there can be, by code, place and number: facts or absent. */
struct plain {
    unsigned char facts;
    unsigned char there;
};
static struct plain plain[CODES][PLACES][NUMBERS + 1];
static size_t plain_n;

static struct posting posting_of(uint32_t code, uint32_t place, uint32_t number,
                                 unsigned char facts)
{
    struct posting posting = {code, place * 100, number, {0}};

    memset(posting.facts, facts, sizeof posting.facts);
    return posting;
}

/* The scan of one code is the list's rows of that code, in order. */
static size_t check_code(struct store_view *view, uint32_t code)
{
    struct index_scan *scan = NULL;
    struct index_block block = {0};
    size_t at = 0, n = 0;

    ok(index_scan_begin(view, KIND, code, &scan));
    for (uint32_t place = 0; place < PLACES; place++) {
        for (uint32_t number = 1; number <= NUMBERS; number++) {
            const struct plain *row = &plain[code][place][number];

            if (!row->there)
                continue;
            if (at == block.n) {
                ok(index_scan_next(scan, &block));
                at = 0;
            }
            cr_assert_eq(index_load(block.place + 4 * at), place * 100);
            cr_assert_eq(index_load(block.number + 4 * at), number);
            cr_assert_eq(block.facts[INDEX_FACTS * at], row->facts);
            cr_assert_eq(block.facts[INDEX_FACTS * at + 7], row->facts);
            at++, n++;
        }
    }
    cr_assert_eq(at, block.n, "rows that the list does not have");
    refused(index_scan_next(scan, &block), ERR_NOT_FOUND);
    index_scan_end(scan);
    return n;
}

static void check_all(struct store_view *view)
{
    size_t n = 0;

    for (uint32_t code = 0; code < CODES; code++)
        n += check_code(view, code);
    cr_assert_eq(n, plain_n);
    ok(index_check(view));
}

static void put_posting(struct store_batch *batch, uint32_t code,
                        uint32_t place, uint32_t number, unsigned char facts)
{
    struct plain *row = &plain[code][place][number];
    struct posting posting = posting_of(code, place, number, facts);

    ok(index_put(batch, KIND, &posting));
    plain_n += !row->there;
    *row = (struct plain){facts, 1};
}

static void take(struct store_batch *batch, uint32_t code, uint32_t place,
                 uint32_t number)
{
    struct plain *row = &plain[code][place][number];
    struct posting posting = posting_of(code, place, number, 0);

    refused(index_delete(batch, KIND, &posting),
            row->there ? ERR_NONE : ERR_NOT_FOUND);
    plain_n -= row->there;
    row->there = 0;
}

/* One operation at random: code 0 lies all at one place, code 1 is hardly
 * used, and whether more comes than goes changes by turns. */
static void change(struct store_batch *batch, unsigned turn)
{
    uint32_t code = fresh_random(&seed) % CODES;
    uint32_t place = fresh_random(&seed) % PLACES;
    uint32_t number = 1 + fresh_random(&seed) % NUMBERS;
    unsigned puts = turn / 10 % 2 ? 30 : 85;

    if (code == 0)
        place = 7;
    if (code == 1 && fresh_random(&seed) % 50)
        code = 2;
    if (fresh_random(&seed) % 100 < puts)
        put_posting(batch, code, place, number,
                    (unsigned char)fresh_random(&seed));
    else
        take(batch, code, place, number);
}

/* ---- Postings ----------------------------------------------------------- */

Test(index, a_block_fills_one_page_and_no_more)
{
    cr_assert_leq(8 + INDEX_BLOCK_ROWS * (8 + INDEX_FACTS), INDEX_BLOCK_BYTES);
    cr_assert_gt(8 + (INDEX_BLOCK_ROWS + 1) * (8 + INDEX_FACTS),
                 INDEX_BLOCK_BYTES);
    cr_assert_leq(INDEX_BLOCK_BYTES + 16, 4096);
}

Test(index, random_changes_leave_what_a_plain_list_would_hold)
{
    for (unsigned turn = 0; turn < 60; turn++) {
        struct store_batch *batch = begin();

        for (int i = 0; i < 1000; i++)
            change(batch, turn);
        if (turn % 10 == 0)
            check_all(store_batch_view(batch));
        ok(store_batch_commit(batch));
        if (turn % 10 == 5) {
            struct store_view *view = look();

            check_all(view);
            store_view_end(view);
        }
    }
}

Test(index, all_that_was_put_can_be_taken_away)
{
    struct store_batch *batch = begin();
    struct index_scan *scan = NULL;
    struct index_block block;

    for (int i = 0; i < 5000; i++)
        change(batch, 0);
    for (uint32_t code = 0; code < CODES; code++)
        for (uint32_t place = 0; place < PLACES; place++)
            for (uint32_t number = 1; number <= NUMBERS; number++)
                if (plain[code][place][number].there)
                    take(batch, code, place, number);
    cr_assert_eq(plain_n, 0);
    ok(index_scan_begin(store_batch_view(batch), KIND, 2, &scan));
    refused(index_scan_next(scan, &block), ERR_NOT_FOUND);
    index_scan_end(scan);
    put_posting(batch, 2, 9, 9, 9);
    check_all(store_batch_view(batch));
    store_batch_abort(batch);
}

static size_t blocks_of(struct store_view *view, uint32_t code)
{
    struct index_scan *scan = NULL;
    struct index_block block;
    size_t n = 0;

    ok(index_scan_begin(view, KIND, code, &scan));
    while (!index_scan_next(scan, &block))
        n++;
    index_scan_end(scan);
    return n;
}

Test(index, an_ascending_run_fills_its_blocks)
{
    struct store_batch *batch = begin();
    size_t n = 0;

    for (uint32_t place = 0; place < PLACES; place++)
        for (uint32_t number = 1; number <= NUMBERS; number++, n++)
            put_posting(batch, 3, place, number, 1);
    check_all(store_batch_view(batch));
    cr_assert_eq(blocks_of(store_batch_view(batch), 3),
                 (n + INDEX_BLOCK_ROWS - 1) / INDEX_BLOCK_ROWS);
    store_batch_abort(batch);
}

Test(index, a_random_load_leaves_blocks_more_than_half_full)
{
    struct store_batch *batch = begin();

    for (int i = 0; i < 15000; i++)
        put_posting(batch, 4, fresh_random(&seed) % PLACES,
                    1 + fresh_random(&seed) % NUMBERS, 1);
    check_all(store_batch_view(batch));
    cr_assert_lt(blocks_of(store_batch_view(batch), 4),
                 2 * plain_n / INDEX_BLOCK_ROWS + 2);
    store_batch_abort(batch);
}

Test(index, kinds_and_extreme_codes_do_not_mix)
{
    static const uint32_t ends[] = {0, 1, UINT32_MAX - 1, UINT32_MAX};
    struct store_batch *batch = begin();
    struct store_view *view = store_batch_view(batch);
    struct index_block block;

    for (unsigned kind = 0; kind < 256; kind += 255) {
        for (size_t i = 0; i < 4; i++) {
            struct posting posting = {ends[i], ends[3 - i], ends[i], {0}};

            posting.facts[0] = (unsigned char)(kind + i);
            ok(index_put(batch, kind, &posting));
        }
    }
    for (unsigned kind = 0; kind < 256; kind += 255) {
        for (size_t i = 0; i < 4; i++) {
            struct index_scan *scan = NULL;

            ok(index_scan_begin(view, kind, ends[i], &scan));
            ok(index_scan_next(scan, &block));
            cr_assert_eq(block.n, 1);
            cr_assert_eq(index_load(block.place), ends[3 - i]);
            cr_assert_eq(block.facts[0], (unsigned char)(kind + i));
            refused(index_scan_next(scan, &block), ERR_NOT_FOUND);
            index_scan_end(scan);
        }
    }
    ok(index_check(view));
    store_batch_abort(batch);
}

/* ---- The check finds what is wrong -------------------------------------- */

struct damage {
    char why[60];
    size_t n;       /* rows that the block has */
    unsigned said;  /* rows that it says it has */
    uint32_t first; /* number under which it stands, at place 0 */
    uint32_t numbers[3];
};

ParameterizedTestParameters(index, a_damaged_block_is_found)
{
    static struct damage rows[] = {
        {"nothing is wrong", 3, 3, 0, {1, 2, 3}},
        {"it says more rows than it has", 3, 4, 0, {1, 2, 3}},
        {"it says none", 0, 0, 0, {0}},
        {"out of order", 3, 3, 0, {1, 3, 2}},
        {"a row twice", 3, 3, 0, {1, 2, 2}},
        {"a row before its block", 3, 3, 2, {1, 2, 3}},
        {"a row of the next block", 3, 3, 0, {1, 2, 50}},
        {"past the end of the next block's first", 3, 3, 0, {1, 2, 51}},
    };

    return cr_make_param_array(struct damage, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct damage *row, index, a_damaged_block_is_found)
{
    unsigned char key[17] = {0, 0, 0, 1, KIND}, bytes[8 + 3 * 16] = {0};
    struct store_batch *batch = begin();
    struct posting next = posting_of(0, 0, 50, 0);
    struct slice value = {(const char *)bytes, 8 + row->n * 16};

    /* Another block begins at number 50. */
    bytes[0] = 1;
    bytes[12] = 50;
    value.len = 24;
    key[16] = 50;
    ok(store_write(batch, DB_INDEX, store_bytes(key, key + 17), &value, 1, 0));
    ok(index_check(store_batch_view(batch)));
    ok(index_put(batch, KIND, &next));

    memset(bytes, 0, sizeof bytes);
    bytes[0] = (unsigned char)row->said;
    for (size_t i = 0; i < row->n; i++)
        bytes[8 + 4 * row->n + 4 * i] = (unsigned char)row->numbers[i];
    key[16] = (unsigned char)row->first;
    value.len = 8 + row->n * 16;
    ok(store_write(batch, DB_INDEX, store_bytes(key, key + 17), &value, 1, 0));
    refused(index_check(store_batch_view(batch)),
            strcmp(row->why, "nothing is wrong") ? ERR_STORE_CORRUPT
                                                 : ERR_NONE);
    store_batch_abort(batch);
}

/* ---- Side rows ---------------------------------------------------------- */

Test(index, side_rows_are_what_was_last_written)
{
    static unsigned char rows[500];
    struct store_batch *batch = begin();
    struct store_view *view = store_batch_view(batch);
    unsigned char row[INDEX_SIDE];

    for (int i = 0; i < 20000; i++) {
        uint32_t number = fresh_random(&seed) % 500;

        if (fresh_random(&seed) % 3) {
            rows[number] = (unsigned char)(1 + fresh_random(&seed) % 255);
            memset(row, rows[number], sizeof row);
            ok(index_side_put(batch, KIND, number, row));
        } else {
            refused(index_side_delete(batch, KIND, number),
                    rows[number] ? ERR_NONE : ERR_NOT_FOUND);
            rows[number] = 0;
        }
    }
    for (uint32_t number = 0; number < 500; number++) {
        memset(row, 0, sizeof row);
        refused(index_side_get(view, KIND, number, row),
                rows[number] ? ERR_NONE : ERR_NOT_FOUND);
        cr_assert_eq(row[0], rows[number]);
        cr_assert_eq(row[INDEX_SIDE - 1], rows[number]);
        refused(index_side_get(view, KIND + 1, number, row), ERR_NOT_FOUND);
    }
    ok(index_side_put(batch, KIND, UINT32_MAX, row));
    ok(index_side_get(view, KIND, UINT32_MAX, row));
    store_batch_abort(batch);
}

/* ---- Generations -------------------------------------------------------- */

/* A record of THING says in its body under which codes it is found, a byte
 * each; its place comes from its number. */
static struct posting posting_at(const struct record *record, size_t i)
{
    return posting_of((unsigned char)record->body.data[i],
                      record->number * 7 % PLACES, record->number,
                      (unsigned char)record->body.len);
}

static enum err derive(void *context, struct store_batch *batch,
                       unsigned entity, const struct record *record)
{
    unsigned char row[INDEX_SIDE] = {(unsigned char)record->body.len};
    unsigned *calls = context;

    ++*calls;
    if (entity != THING)
        return ERR_NONE;
    for (size_t i = 0; i < record->body.len; i++) {
        struct posting posting = posting_at(record, i);
        enum err e = index_put(batch, KIND, &posting);

        if (e)
            return e;
    }
    return index_side_put(batch, KIND, record->number, row);
}

static void forget(struct store_batch *batch, const char *id)
{
    struct record record;
    unsigned char body[CODES];

    if (store_get(store_batch_view(batch), THING, slice_of(id), &record))
        return;
    /* The first write below may move what the record borrows. */
    memcpy(body, record.body.data, record.body.len);
    record.body.data = (const char *)body;
    for (size_t i = 0; i < record.body.len; i++) {
        struct posting posting = posting_at(&record, i);

        ok(index_delete(batch, KIND, &posting));
    }
    ok(index_side_delete(batch, KIND, record.number));
}

/* Put, replace or delete a record and its postings, as a writer would. */
static void write_record(struct store_batch *batch)
{
    static const char codes[CODES] = {0, 1, 2, 3, 4};
    unsigned from = fresh_random(&seed) % CODES;
    struct slice body = {codes + from,
                         1 + fresh_random(&seed) % (CODES - from)};
    struct slice none = {NULL, 0};
    unsigned calls = 0;
    struct record record;
    char id[20];

    snprintf(id, sizeof id, "r%u", fresh_random(&seed) % 900);
    forget(batch, id);
    if (fresh_random(&seed) % 4 == 0) {
        enum err e = store_delete(batch, THING, slice_of(id), none, NULL);

        cr_assert(e == ERR_NONE || e == ERR_NOT_FOUND);
        return;
    }
    ok(store_put(batch, THING, slice_of(id), none, 1, body, &record));
    ok(derive(&calls, batch, THING, &record));
}

static void write_records(unsigned n)
{
    struct store_batch *batch = begin();

    for (; n > 0; n--)
        write_record(batch);
    ok(store_batch_commit(batch));
}

/* The live generation holds what the records say, and nothing else. */
static void check_derived(void)
{
    struct store_view *view = look();
    struct record record = {0};
    size_t wanted = 0, n = 0;

    while (!store_next_numbered(view, THING, record.number, &record)) {
        unsigned char row[INDEX_SIDE];

        wanted += record.body.len;
        ok(index_side_get(view, KIND, record.number, row));
        cr_assert_eq(row[0], record.body.len);
    }
    for (uint32_t code = 0; code < CODES; code++) {
        struct index_scan *scan = NULL;
        struct index_block block;

        ok(index_scan_begin(view, KIND, code, &scan));
        while (!index_scan_next(scan, &block)) {
            for (size_t i = 0; i < block.n; i++, n++) {
                uint32_t number = index_load(block.number + 4 * i);

                ok(store_get_numbered(view, THING, number, &record));
                cr_assert_eq(block.facts[INDEX_FACTS * i], record.body.len);
                cr_assert_not_null(
                    memchr(record.body.data, (int)code, record.body.len));
            }
        }
        index_scan_end(scan);
    }
    cr_assert_eq(n, wanted);
    ok(index_check(view));
    store_view_end(view);
}

static uint64_t generation(void)
{
    struct store_view *view = look();
    struct store_facts facts;

    ok(store_stat(view, &facts));
    store_view_end(view);
    return facts.generation;
}

static void build_begin(void)
{
    struct store_batch *batch = begin();

    ok(index_build_begin(batch));
    ok(store_batch_commit(batch));
}

static int build_step(unsigned max, unsigned *calls)
{
    struct store_batch *batch = begin();
    int done = -1;

    ok(index_build_step(batch, derive, calls, max, &done));
    ok(store_batch_commit(batch));
    return done;
}

static void build_switch(void)
{
    struct store_batch *batch = begin();

    ok(index_build_switch(batch));
    ok(store_batch_commit(batch));
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

Test(index, a_generation_built_while_others_write_is_the_same)
{
    struct store_batch *batch = begin();
    unsigned calls = 0, turns = 0;

    for (int i = 0; i < 30; i++) { /* records that no index is made of */
        char id[20];

        snprintf(id, sizeof id, "o%d", i);
        ok(store_put(batch, OTHER, slice_of(id), (struct slice){NULL, 0}, 1,
                     SLICE("x"), NULL));
    }
    ok(store_batch_commit(batch));
    for (int i = 0; i < 10; i++)
        write_records(100);
    check_derived();
    build_begin();
    while (!build_step(37, &calls)) {
        write_records(20);
        check_derived();
        turns++;
    }
    cr_assert_gt(turns, 10);
    cr_assert_gt(calls, 500);
    write_records(50);
    check_derived();
    cr_assert_eq(generation(), 1);
    build_switch();
    cr_assert_eq(generation(), 2);
    check_derived();
    cr_assert_gt(sweep(5), 1);
    check_derived();
    write_records(50);
    check_derived();
}

static enum err derive_elsewhere(void *context, struct store_batch *batch,
                                 unsigned entity, const struct record *record)
{
    struct posting posting = posting_of(0, 1, record->number, 99);
    unsigned char row[INDEX_SIDE] = {99};
    enum err e;

    (void)context, (void)entity;
    if ((e = index_put(batch, KIND, &posting)) ||
        (e = index_side_put(batch, KIND, record->number, row)))
        return e;
    posting = posting_of(0, 2, record->number, 99);
    e = index_delete(batch, KIND, &posting);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

Test(index, what_other_rules_derive_is_not_seen_before_the_switch)
{
    struct store_batch *batch;
    int done = 0;

    write_records(200);
    build_begin();
    while (!done) {
        batch = begin();
        ok(index_build_step(batch, derive_elsewhere, NULL, 50, &done));
        ok(store_batch_commit(batch));
        check_derived();
    }
}

Test(index, a_build_begun_anew_takes_nothing_from_the_one_before)
{
    unsigned calls = 0;

    write_records(300);
    build_begin();
    build_step(100, &calls);
    build_begin();
    while (!build_step(100, &calls))
        ;
    build_switch();
    cr_assert_eq(generation(), 3);
    check_derived();
    sweep(10);
    check_derived();
}

Test(index, a_sweep_spares_the_generation_being_built)
{
    unsigned calls = 0;

    write_records(300);
    build_begin();
    build_step(50, &calls);
    cr_assert_eq(sweep(1000), 1);
    while (!build_step(50, &calls))
        ;
    build_switch();
    check_derived();
}

Test(index, a_sweep_leaves_no_key_of_a_dead_generation)
{
    unsigned calls = 0;
    struct store_view *view;
    struct store_facts before, after;

    write_records(2000);
    ok(store_compact(store));
    view = look();
    ok(store_stat(view, &before));
    store_view_end(view);
    for (int i = 0; i < 3; i++) {
        build_begin();
        while (!build_step(500, &calls))
            ;
        build_switch();
    }
    sweep(1000);
    ok(store_compact(store));
    view = look();
    ok(store_stat(view, &after));
    store_view_end(view);
    cr_assert_leq(after.map_used, before.map_used + 8 * 4096);
    check_derived();
}

Test(index, an_unfinished_build_cannot_be_switched_to)
{
    struct store_batch *batch = begin();
    unsigned calls = 0;
    int done;

    refused(index_build_switch(batch), ERR_NOT_FOUND);
    refused(index_build_step(batch, derive, &calls, 1, &done), ERR_NOT_FOUND);
    store_batch_abort(batch);
    write_records(10);
    build_begin();
    cr_assert_eq(build_step(3, &calls), 0);
    batch = begin();
    refused(index_build_switch(batch), ERR_NOT_FOUND);
    store_batch_abort(batch);
}

static enum err derive_badly(void *context, struct store_batch *batch,
                             unsigned entity, const struct record *record)
{
    (void)context, (void)batch, (void)entity, (void)record;
    return ERR_STORE_CORRUPT;
}

Test(index, a_derivation_that_fails_spoils_its_batch_alone)
{
    struct store_batch *batch;
    unsigned calls = 0;
    int done = 7;

    write_records(10);
    build_begin();
    batch = begin();
    refused(index_build_step(batch, derive_badly, NULL, 5, &done),
            ERR_STORE_CORRUPT);
    cr_assert_eq(done, 7);
    refused(store_batch_commit(batch), ERR_STORE_CORRUPT);
    while (!build_step(5, &calls))
        ;
    build_switch();
    check_derived();
}

/* Build generation after generation, switching and sweeping, writing between,
 * until killed; a byte for each step. */
static void build_for_ever(int fd)
{
    unsigned calls = 0;
    struct store_view *view;
    struct store_facts facts;

    store = fresh_open(dir);
    view = look();
    ok(store_stat(view, &facts));
    store_view_end(view);
    for (int rebuilding = facts.rebuilding;; rebuilding = 0) {
        if (!rebuilding)
            build_begin();
        while (!build_step(40, &calls)) {
            write_records(3);
            if (write(fd, "s", 1) != 1)
                _exit(1);
        }
        build_switch();
        sweep(50);
    }
}

Test(index, a_build_killed_anywhere_goes_on_when_the_store_is_opened_again)
{
    write_records(400);
    for (int cycle = 0; cycle < 25; cycle++) {
        unsigned steps = 1 + fresh_random(&seed) % 20;
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
        for (; steps > 0; steps--)
            cr_assert_eq(read(pipe_fd[0], &byte, 1), 1);
        kill(pid, SIGKILL);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        close(pipe_fd[0]);
        close(pipe_fd[1]);
        store = fresh_open(dir);
        check_derived();
    }
    cr_assert_gt(generation(), 3);
}
