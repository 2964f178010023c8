/*
 * The index against a plain list: whatever is put, replaced and removed, in
 * whatever order, its lists are the plain one, sorted, and no bound is wrong.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/index_parts.h"
#include "tests/support/opened.h"

static uint64_t seed = 20261123; /* every test is a process */

TestSuite(index, .init = open_fresh, .fini = close_fresh, .timeout = 300);

/* ---- The plain list ----------------------------------------------------- */

#define CODES 5
#define WHERES 30
#define WHENS 4
#define NUMBERS 60

/* Every posting there can be, of every kind: what it holds, or absent. */
struct plain {
    unsigned char mark;
    unsigned char there;
};
static struct plain plain[INDEX_KINDS_END][CODES][WHERES][WHENS][NUMBERS];
static size_t plain_n;

/* A posting whose facts all follow from MARK. */
static struct posting posting_of(enum index_kind kind, uint32_t code,
                                 unsigned where, unsigned when, uint32_t number,
                                 unsigned char mark)
{
    struct posting posting = {.code = code,
                              .where = (uint16_t)(where * 100),
                              .when = (uint16_t)(when * 7000),
                              .number = number,
                              .reach = mark};

    for (unsigned i = 0; i < index_facts[kind]; i++)
        posting.facts[i] = (uint16_t)(mark * (i + 3));
    return posting;
}

static struct plain *plain_at(enum index_kind kind, const struct posting *p)
{
    return &plain[kind][p->code][p->where / 100][p->when / 7000][p->number];
}

/* ---- Reading it back ---------------------------------------------------- */

/* Rows of one list, one after another. */
struct walk {
    struct index_reader *reader;
    enum index_kind kind;
    struct index_page page;
    struct index_block block;
    size_t head, row;
    int begun;
    uint32_t code;
};

static enum err walk_page(struct walk *r)
{
    enum err e = r->begun ? index_reader_next(r->reader, &r->page)
                          : index_reader_first(r->reader, r->code, &r->page);

    r->begun = 1;
    r->head = 0;
    return e;
}

/* The next row of the list; 0 at its end. */
static int walk_next(struct walk *r, struct posting *out)
{
    while (r->row == r->block.n) {
        if (r->head == r->page.n) {
            enum err e = walk_page(r);

            if (e == ERR_NOT_FOUND)
                return 0;
            ok(e);
        }
        ok(index_reader_block(r->reader, &r->page.heads[r->head++], &r->block));
        r->row = 0;
    }
    block_posting(&r->block, r->kind, r->row++, out);
    out->code = r->code;
    return 1;
}

static void same_posting(enum index_kind kind, const struct posting *got,
                         const struct posting *wanted)
{
    cr_assert_eq(posting_order(got), posting_order(wanted));
    cr_assert_eq(got->code, wanted->code);
    cr_assert_eq(got->reach, wanted->reach);
    for (unsigned i = 0; i < index_facts[kind]; i++)
        cr_assert_eq(got->facts[i], wanted->facts[i]);
}

/* The list of one code is the plain list's rows of that code, in order. */
static size_t check_list(struct index_reader *reader, enum index_kind kind,
                         uint32_t code)
{
    struct walk r = {.reader = reader, .kind = kind, .code = code};
    struct posting got;
    size_t n = 0;

    for (unsigned where = 0; where < WHERES; where++)
        for (unsigned when = 0; when < WHENS; when++)
            for (uint32_t number = 0; number < NUMBERS; number++) {
                struct plain *row = &plain[kind][code][where][when][number];
                struct posting wanted =
                    posting_of(kind, code, where, when, number, row->mark);

                if (!row->there)
                    continue;
                cr_assert(walk_next(&r, &got));
                same_posting(kind, &got, &wanted);
                n++;
            }
    cr_assert_not(walk_next(&r, &got), "a row that the plain list lacks");
    return n;
}

static void check_all(struct store_view *view)
{
    struct index_counts counts;
    size_t n = 0, counted = 0;

    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++) {
        struct index_reader *reader = NULL;

        ok(index_reader_begin(view, kind, &reader));
        for (uint32_t code = 0; code < CODES; code++)
            n += check_list(reader, kind, code);
        index_reader_end(reader);
    }
    ok(index_check(view, &counts));
    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++)
        counted += counts.postings[kind];
    cr_assert_eq(n, plain_n);
    cr_assert_eq(counted, plain_n);
}

/* ---- Changing it -------------------------------------------------------- */

static void put_posting(struct store_batch *batch, enum index_kind kind,
                        const struct posting *posting)
{
    struct plain *row = plain_at(kind, posting);

    ok(index_put(batch, kind, posting));
    plain_n += !row->there;
    *row = (struct plain){posting->reach, 1};
}

static void take(struct store_batch *batch, enum index_kind kind,
                 const struct posting *posting)
{
    struct plain *row = plain_at(kind, posting);

    refused(index_delete(batch, kind, posting),
            row->there ? ERR_NONE : ERR_NOT_FOUND);
    plain_n -= row->there;
    row->there = 0;
}

static struct posting posting_at_random(enum index_kind kind)
{
    return posting_of(kind, fresh_random(&seed) % CODES,
                      fresh_random(&seed) % WHERES, fresh_random(&seed) % WHENS,
                      fresh_random(&seed) % NUMBERS,
                      (unsigned char)fresh_random(&seed));
}

/* One operation at random: most are of people, code 0 lies all at one place,
 * code 1 is hardly used, and whether more comes than goes changes by turns. */
static void change(struct store_batch *batch, unsigned turn)
{
    unsigned any = fresh_random(&seed) % 8;
    enum index_kind kind = any < INDEX_KINDS_END ? any : INDEX_PEOPLE;
    unsigned puts = turn / 10 % 2 ? 30 : 85;
    struct posting posting;

    if (kind == 0)
        kind = INDEX_STRUCTURES;
    posting = posting_at_random(kind);
    if (posting.code == 0)
        posting.where = 700;
    if (posting.code == 1 && fresh_random(&seed) % 50)
        posting.code = 2;
    if (fresh_random(&seed) % 100 < puts)
        put_posting(batch, kind, &posting);
    else
        take(batch, kind, &posting);
}

/* ---- Postings ----------------------------------------------------------- */

Test(index, a_block_fills_one_page_and_no_more)
{
    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++) {
        size_t row = 9 + 2 * (size_t)index_facts[kind];

        /* Sixteen rows may be read from the last one on. */
        cr_assert_leq(INDEX_BLOCK_HEAD + block_rows(kind) * row + 15,
                      INDEX_BLOCK_BYTES);
        cr_assert_gt(INDEX_BLOCK_HEAD + (block_rows(kind) + 1) * row + 15,
                     INDEX_BLOCK_BYTES);
    }
    cr_assert_eq(INDEX_BLOCK_BYTES + 16, 4096);
    cr_assert_eq(block_rows(INDEX_PEOPLE), INDEX_PEOPLE_ROWS);
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

Test(index, no_bound_is_wrong_after_any_change)
{
    struct store_batch *batch = begin();
    struct index_counts counts;

    for (unsigned i = 0; i < 3000; i++) {
        change(batch, i / 30);
        if (i % 3 == 0)
            ok(index_check(store_batch_view(batch), &counts));
    }
    check_all(store_batch_view(batch));
    store_batch_abort(batch);
}

Test(index, all_that_was_put_can_be_taken_away)
{
    struct store_batch *batch = begin();
    struct index_counts counts;
    struct posting posting;

    for (int i = 0; i < 20000; i++)
        change(batch, 0);
    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++)
        for (unsigned i = 0; i < CODES * WHERES * WHENS * NUMBERS; i++) {
            posting = posting_of(kind, i % CODES, i / CODES % WHERES,
                                 i / CODES / WHERES % WHENS,
                                 i / CODES / WHERES / WHENS, 0);
            if (plain_at(kind, &posting)->there)
                take(batch, kind, &posting);
        }
    cr_assert_eq(plain_n, 0);
    ok(index_check(store_batch_view(batch), &counts));
    cr_assert_eq(counts.blocks + counts.pages + counts.lists, 0);
    cr_assert_eq(counts.bytes, 0);
    posting = posting_of(INDEX_PEOPLE, 2, 9, 1, 9, 9);
    put_posting(batch, INDEX_PEOPLE, &posting);
    check_all(store_batch_view(batch));
    store_batch_abort(batch);
}

static struct index_counts counts_of(struct store_view *view)
{
    struct index_counts counts;

    ok(index_check(view, &counts));
    return counts;
}

/* N rows of one list, in order or against it. */
static struct index_counts run(struct store_batch *batch, size_t n, int down)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = down ? n - 1 - i : i;
        struct posting posting = {.code = 3,
                                  .where = (uint16_t)(at >> 8),
                                  .when = (uint16_t)(at >> 4 & 15),
                                  .number = at & 15};

        ok(index_put(batch, INDEX_PEOPLE, &posting));
    }
    return counts_of(store_batch_view(batch));
}

Test(index, an_ascending_run_fills_its_blocks_and_pages)
{
    size_t blocks = 2 * INDEX_PAGE_HEADS + 7;
    struct store_batch *batch = begin();
    struct index_counts counts = run(batch, blocks * INDEX_PEOPLE_ROWS, 0);

    cr_assert_eq(counts.blocks, blocks);
    cr_assert_eq(counts.pages, 3);
    cr_assert_eq(counts.lists, 1);
    store_batch_abort(batch);
}

Test(index, a_descending_run_splits_blocks_and_pages_in_halves)
{
    size_t n = (size_t)INDEX_PAGE_HEADS * INDEX_PEOPLE_ROWS;
    struct store_batch *batch = begin();
    struct index_counts counts = run(batch, n, 1);

    cr_assert_leq(counts.blocks, 2 * n / INDEX_PEOPLE_ROWS + 2);
    cr_assert_eq(counts.postings[INDEX_PEOPLE], n);
    cr_assert_gt(counts.pages, 1);
    cr_assert_leq(counts.pages, 2 * counts.blocks / INDEX_PAGE_HEADS + 2);
    store_batch_abort(batch);
}

Test(index, a_change_within_bounds_leaves_the_heads_alone)
{
    struct posting posting = {.code = 3, .where = 5, .when = 9, .number = 7};
    struct store_batch *batch = begin();
    struct page before, after;

    run(batch, 2000, 0);
    ok(page_find(store_batch_view(batch), 1, INDEX_PEOPLE, 3,
                 posting_order(&posting), &before));
    posting.facts[1] = 5;
    ok(index_put(batch, INDEX_PEOPLE, &posting));
    ok(index_delete(batch, INDEX_PEOPLE, &posting));
    posting.number = 8;
    posting.facts[2] = 5;
    ok(index_put(batch, INDEX_PEOPLE, &posting));
    ok(page_find(store_batch_view(batch), 1, INDEX_PEOPLE, 3,
                 posting_order(&posting), &after));
    cr_assert_eq(memcmp(&before.value, &after.value, sizeof before.value), 0);
    store_batch_abort(batch);
}

#define LOADED 50000

/* Rows all over one list, in no order. */
static void load_random(struct store_batch *batch, struct posting *rows)
{
    for (size_t i = 0; i < LOADED; i++) {
        rows[i] = (struct posting){.code = 4,
                                   .where = (uint16_t)fresh_random(&seed),
                                   .when = (uint16_t)fresh_random(&seed),
                                   .number = (uint32_t)i};
        ok(index_put(batch, INDEX_PEOPLE, &rows[i]));
    }
}

Test(index, a_random_load_leaves_blocks_three_quarters_full)
{
    static struct posting rows[LOADED];
    struct store_batch *batch = begin();
    struct index_counts counts;

    load_random(batch, rows);
    counts = counts_of(store_batch_view(batch));
    cr_assert_eq(counts.postings[INDEX_PEOPLE], LOADED);
    cr_assert_lt(3 * counts.blocks, 4 * LOADED / INDEX_PEOPLE_ROWS + 2);
    store_batch_abort(batch);
}

Test(index, blocks_whose_rows_went_join)
{
    static struct posting rows[LOADED];
    struct store_batch *batch = begin();
    struct index_counts counts;

    load_random(batch, rows);
    /* They lie in no order, so every block loses nine of ten. */
    for (size_t i = LOADED / 10; i < LOADED; i++)
        ok(index_delete(batch, INDEX_PEOPLE, &rows[i]));
    counts = counts_of(store_batch_view(batch));
    cr_assert_eq(counts.postings[INDEX_PEOPLE], LOADED / 10);
    cr_assert_lt(counts.blocks, 5 * (LOADED / 10) / INDEX_PEOPLE_ROWS + 2);
    for (size_t i = 0; i < LOADED / 10; i++)
        ok(index_delete(batch, INDEX_PEOPLE, &rows[i]));
    cr_assert_eq(counts_of(store_batch_view(batch)).blocks, 0);
    store_batch_abort(batch);
}

Test(index, kinds_and_extreme_rows_do_not_mix)
{
    static const uint32_t ends[] = {0, 1, UINT32_MAX - 1, UINT32_MAX};
    struct store_batch *batch = begin();
    struct store_view *view = store_batch_view(batch);

    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++)
        for (size_t i = 0; i < 16; i++) {
            struct posting posting = {.code = ends[i % 4],
                                      .where = (uint16_t)ends[i / 4],
                                      .when = (uint16_t)ends[3 - i / 4],
                                      .number = ends[i / 4],
                                      .reach = (uint8_t)(16 * kind + i)};

            ok(index_put(batch, kind, &posting));
        }
    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++) {
        struct index_reader *reader = NULL;

        ok(index_reader_begin(view, kind, &reader));
        for (size_t i = 0; i < 16; i++) {
            struct walk r = {
                .reader = reader, .kind = kind, .code = ends[i % 4]};
            struct posting got;

            for (size_t k = 0; k <= i / 4; k++)
                cr_assert(walk_next(&r, &got));
            cr_assert_eq(got.number, ends[i / 4]);
            cr_assert_eq(got.reach, (uint8_t)(16 * kind + i));
        }
        index_reader_end(reader);
    }
    cr_assert_eq(counts_of(view).lists, 4 * (INDEX_KINDS_END - 1));
    store_batch_abort(batch);
}

Test(index, a_reader_knows_an_empty_list)
{
    struct posting posting = posting_of(INDEX_LOTS, 2, 1, 1, 1, 1);
    struct store_batch *batch = begin();
    struct index_reader *reader = NULL;
    struct index_page page;

    ok(index_put(batch, INDEX_LOTS, &posting));
    posting.code = 4;
    ok(index_put(batch, INDEX_LOTS, &posting));
    ok(index_reader_begin(store_batch_view(batch), INDEX_LOTS, &reader));
    refused(index_reader_first(reader, 1, &page), ERR_NOT_FOUND);
    refused(index_reader_first(reader, 3, &page), ERR_NOT_FOUND);
    refused(index_reader_first(reader, 5, &page), ERR_NOT_FOUND);
    ok(index_reader_first(reader, 2, &page));
    refused(index_reader_next(reader, &page), ERR_NOT_FOUND);
    refused(index_reader_next(reader, &page), ERR_NOT_FOUND);
    index_reader_end(reader);
    store_batch_abort(batch);
}

Test(index, an_aborted_batch_leaves_nothing)
{
    struct store_batch *batch = begin();
    struct store_view *view;

    for (int i = 0; i < 5000; i++)
        change(batch, 0);
    ok(store_batch_commit(batch));
    batch = begin();
    for (int i = 0; i < 500; i++) {
        struct posting posting = posting_at_random(INDEX_PEOPLE);

        ok(index_put(batch, INDEX_PEOPLE, &posting));
        posting = posting_at_random(INDEX_PEOPLE);
        index_delete(batch, INDEX_PEOPLE, &posting);
    }
    store_batch_abort(batch);
    view = look();
    check_all(view);
    store_view_end(view);
    reopen();
    view = look();
    check_all(view);
    store_view_end(view);
}

/* ---- Side rows ---------------------------------------------------------- */

static uint64_t key_of(uint32_t number)
{
    return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void put_side(struct store_batch *batch, uint32_t number,
                     unsigned char mark)
{
    unsigned char row[INDEX_SIDE];

    memset(row, mark, sizeof row);
    ok(index_side_put(batch, INDEX_PEOPLE, number, key_of(number), row));
}

#define SIDES 9000 /* more than two chunks of keys */
static unsigned char sides[SIDES];

static void check_sides(struct store_view *view)
{
    struct index_reader *reader = NULL;
    const unsigned char *row;
    uint64_t n = 0;

    ok(index_reader_begin(view, INDEX_PEOPLE, &reader));
    for (uint32_t number = 0; number < SIDES; number++) {
        enum err e = index_reader_side(reader, number, &row);

        cr_assert_eq(e, sides[number] ? ERR_NONE : ERR_NOT_FOUND);
        if (e)
            continue;
        n++;
        cr_assert_eq(row[0], sides[number]);
        cr_assert_eq(row[INDEX_SIDE - 1], sides[number]);
        cr_assert_eq(index_reader_key(reader, number), key_of(number));
    }
    index_reader_end(reader);
    cr_assert_eq(counts_of(view).side, n);
}

static void check_chunks(struct store_view *view)
{
    struct index_chunk chunk = {0};
    uint32_t from = 0;

    for (;;) {
        enum err e = index_side_chunk(view, INDEX_PEOPLE, from, &chunk);
        uint32_t end = e ? SIDES : chunk.first;

        for (; from < end; from++)
            cr_assert_eq(sides[from], 0);
        if (e) {
            refused(e, ERR_NOT_FOUND);
            break;
        }
        for (unsigned i = 0; i < INDEX_CHUNK; i++, from++) {
            int there = index_chunk_has(&chunk, i);
            uint64_t key;

            cr_assert_eq(there, from < SIDES && sides[from] != 0);
            ok(keys_get(view, view->state.live, INDEX_PEOPLE, from, &key));
            cr_assert_eq(key, there ? key_of(from) : 0);
        }
    }
}

Test(index, side_rows_and_keys_are_what_was_last_written)
{
    struct store_batch *batch = begin();

    for (int i = 0; i < 30000; i++) {
        uint32_t number = fresh_random(&seed) % SIDES;

        if (fresh_random(&seed) % 3) {
            sides[number] = (unsigned char)(1 + fresh_random(&seed) % 255);
            put_side(batch, number, sides[number]);
        } else {
            refused(index_side_delete(batch, INDEX_PEOPLE, number),
                    sides[number] ? ERR_NONE : ERR_NOT_FOUND);
            sides[number] = 0;
        }
    }
    check_sides(store_batch_view(batch));
    check_chunks(store_batch_view(batch));
    ok(store_batch_commit(batch));
    for (int turn = 0; turn < 3; turn++) {
        struct store_view *view = look();

        check_sides(view);
        check_chunks(view);
        store_view_end(view);
        if (turn == 0)
            reopen();
        else if (turn == 1)
            ok(store_compact(store));
    }
}

Test(index, the_greatest_number_has_a_side_row_too)
{
    unsigned char row[INDEX_SIDE] = {7};
    struct store_batch *batch = begin();
    struct index_reader *reader = NULL;
    const unsigned char *got;

    ok(index_side_put(batch, INDEX_PEOPLE, UINT32_MAX, 9, row));
    ok(index_reader_begin(store_batch_view(batch), INDEX_PEOPLE, &reader));
    ok(index_reader_side(reader, UINT32_MAX, &got));
    cr_assert_eq(got[0], 7);
    cr_assert_eq(index_reader_key(reader, UINT32_MAX), 9);
    cr_assert_eq(index_reader_key(reader, UINT32_MAX - 1), 0);
    index_reader_end(reader);
    cr_assert_eq(counts_of(store_batch_view(batch)).side, 1);
    store_batch_abort(batch);
}

Test(index, a_number_of_an_aborted_batch_is_given_again_with_another_key)
{
    unsigned char row[INDEX_SIDE] = {1};
    struct store_batch *batch = begin();
    struct index_reader *reader = NULL;
    struct store_view *view;

    ok(index_side_put(batch, INDEX_PEOPLE, 5, 111, row));
    store_batch_abort(batch);
    batch = begin();
    ok(index_side_put(batch, INDEX_PEOPLE, 5, 222, row));
    ok(store_batch_commit(batch));
    view = look();
    ok(index_reader_begin(view, INDEX_PEOPLE, &reader));
    cr_assert_eq(index_reader_key(reader, 5), 222);
    index_reader_end(reader);
    cr_assert_eq(counts_of(view).side, 1);
    store_view_end(view);
}

/* Views of another thread, one after the other, until DONE. */
struct onlooker {
    atomic_int done;
    atomic_int wrong;  /* a number without its key, or an error */
    atomic_uint views; /* in which some number was there */
};

static enum err look_at_keys(struct onlooker *onlooker)
{
    struct index_reader *reader = NULL;
    struct store_view *view = NULL;
    const unsigned char *row;
    uint32_t number = 0;
    enum err e = store_view_begin(store, &view);

    if (!e)
        e = index_reader_begin(view, INDEX_PEOPLE, &reader);
    for (; !e && !(e = index_reader_side(reader, number, &row)); number++)
        if (index_reader_key(reader, number) != key_of(number))
            onlooker->wrong = 1;
    if (number > 0)
        onlooker->views++;
    index_reader_end(reader);
    store_view_end(view);
    return e;
}

static void *look_on(void *context)
{
    struct onlooker *onlooker = context;

    while (!onlooker->done)
        if (look_at_keys(onlooker) != ERR_NOT_FOUND)
            onlooker->wrong = 1;
    return NULL;
}

Test(index, whoever_sees_a_number_finds_its_key)
{
    static struct onlooker onlooker;
    uint32_t number = 0;
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, look_on, &onlooker), 0);
    for (int turn = 0; turn < 60 || onlooker.views < 20; turn++) {
        unsigned char row[INDEX_SIDE] = "row";
        struct store_batch *batch = begin();

        /* The numbers of an aborted batch had other keys. */
        for (uint32_t i = 0; i < 200; i++)
            ok(index_side_put(batch, INDEX_PEOPLE, number + i, 1, row));
        store_batch_abort(batch);
        batch = begin();
        for (uint32_t i = 0; i < 200; i++)
            put_side(batch, number++, 1);
        ok(store_batch_commit(batch));
    }
    onlooker.done = 1;
    pthread_join(thread, NULL);
    cr_assert_not(onlooker.wrong);
    cr_assert_geq(onlooker.views, 20);
}

/* ---- Stamp and debt ----------------------------------------------------- */

Test(index, stamp_and_debt_are_kept)
{
    struct store_batch *batch = begin();
    struct store_view *view = store_batch_view(batch);

    cr_assert_eq(index_stamp(view), 0);
    cr_assert_eq(index_deferred(view), 0);
    ok(index_stamp_set(batch, UINT64_MAX - 5));
    put(batch, "a", "x");
    put(batch, "b", "x");
    index_defer(batch);
    ok(store_batch_commit(batch));
    put_alone("c", "x");
    reopen();
    view = look();
    cr_assert_eq(index_stamp(view), UINT64_MAX - 5);
    cr_assert_eq(index_deferred(view), 2);
    store_view_end(view);
}
