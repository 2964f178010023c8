/* Slots of results, and the bytes of one lot. */
#include <stdlib.h>
#include <string.h>

#include "engine/rescore.h"
#include "tests/support/opened.h"

TestSuite(results, .init = open_fresh, .fini = close_fresh, .timeout = 60);

/* LEN bytes that say which lot they are of. */
static struct slice bytes_of(struct arena *arena, size_t len, char c)
{
    char *at = arena_alloc(arena, len ? len : 1);

    memset(at, c, len);
    return (struct slice){at, len};
}

static void expect_bytes(struct store_view *view, unsigned slot,
                         uint32_t position, struct arena *arena, size_t len,
                         char c)
{
    struct slice got, wanted = bytes_of(arena, len, c);

    ok(rescore_load(view, slot, position, arena, &got));
    cr_expect(slice_equal(got, wanted), "%zu bytes at %u", len, position);
}

Test(results, lots_of_any_size_are_read_as_they_were_written)
{
    static const size_t sizes[] = {1,
                                   RESULTS_PART - 1,
                                   RESULTS_PART,
                                   RESULTS_PART + 1,
                                   2 * RESULTS_PART,
                                   100 * RESULTS_PART + 7};
    const size_t n = sizeof sizes / sizeof *sizes;
    struct arena *arena = arena_new(16u << 20);
    struct store_batch *batch = begin();
    struct store_view *view;
    struct slice part;

    for (uint32_t i = 0; i < n; i++)
        ok(results_append(batch, 1, i, bytes_of(arena, sizes[i], 'a')));
    ok(store_batch_commit(batch));
    view = look();
    for (uint32_t i = 0; i < n; i++)
        expect_bytes(view, 1, i, arena, sizes[i], 'a');
    refused(results_part(view, 1, (uint32_t)n, 0, &part), ERR_NOT_FOUND);
    refused(results_part(view, 0, 0, 0, &part), ERR_NOT_FOUND);
    store_view_end(view);
    arena_free(arena);
}

Test(results, a_lot_of_too_many_parts_is_refused_and_spoils_nothing)
{
    size_t len = (size_t)RESULTS_PARTS_MAX * RESULTS_PART;
    struct arena *arena = arena_new(16u << 20);
    struct store_batch *batch = begin();

    refused(results_append(batch, 0, 0, bytes_of(arena, len, 'x')),
            ERR_TOO_LARGE);
    ok(results_append(batch, 0, 0, bytes_of(arena, len - 1, 'x')));
    ok(store_batch_commit(batch));
    arena_free(arena);
}

static void fill(struct store_batch *batch, unsigned slot, struct arena *arena)
{
    ok(results_place(batch, slot, 7, 2, 1));
    ok(results_place(batch, slot, 9, 0, 2));
    for (uint32_t i = 0; i < 3; i++)
        ok(results_append(batch, slot, i, bytes_of(arena, 3000, 'a')));
}

Test(results, what_is_forgotten_of_a_market_is_gone_from_both_slots)
{
    struct arena *arena = arena_new(16u << 20);
    struct store_batch *batch = begin();
    struct store_view *view;
    struct slice part;
    uint32_t first;
    unsigned lots;

    fill(batch, 0, arena);
    fill(batch, 1, arena);
    ok(store_batch_commit(batch));
    batch = begin();
    ok(results_forget(batch, 9));
    ok(results_forget(batch, 8));
    ok(store_batch_commit(batch));
    view = look();
    for (unsigned slot = 0; slot < RESULTS_SLOTS; slot++) {
        refused(results_find(view, slot, 9, &first, &lots), ERR_NOT_FOUND);
        refused(results_part(view, slot, 0, 0, &part), ERR_NOT_FOUND);
        refused(results_part(view, slot, 1, 1, &part), ERR_NOT_FOUND);
        ok(results_find(view, slot, 7, &first, &lots));
        cr_expect(first == 2 && lots == 1);
        expect_bytes(view, slot, 2, arena, 3000, 'a');
    }
    store_view_end(view);
    arena_free(arena);
}

Test(results, an_emptied_slot_can_be_filled_again_and_the_other_is_left)
{
    struct arena *arena = arena_new(16u << 20);
    struct store_batch *batch = begin();
    struct store_view *view, *before;
    struct slice part;

    fill(batch, 0, arena);
    fill(batch, 1, arena);
    ok(store_batch_commit(batch));
    before = look();
    batch = begin();
    ok(results_clear(batch, 0));
    refused(results_part(store_batch_view(batch), 0, 0, 0, &part),
            ERR_NOT_FOUND);
    ok(results_append(batch, 0, 0, bytes_of(arena, 10, 'b')));
    ok(store_batch_commit(batch));
    view = look();
    expect_bytes(view, 0, 0, arena, 10, 'b');
    refused(results_part(view, 0, 1, 0, &part), ERR_NOT_FOUND);
    expect_bytes(view, 1, 2, arena, 3000, 'a');
    expect_bytes(before, 0, 2, arena, 3000, 'a');
    store_view_end(view);
    store_view_end(before);
    arena_free(arena);
}

Test(results, they_outlive_the_store_and_a_compaction)
{
    struct arena *arena = arena_new(16u << 20);
    struct store_batch *batch = begin();
    struct store_view *view;

    fill(batch, 1, arena);
    ok(store_batch_commit(batch));
    ok(store_compact(store));
    reopen();
    view = look();
    expect_bytes(view, 1, 2, arena, 3000, 'a');
    store_view_end(view);
    arena_free(arena);
}

/* ---- Notes -------------------------------------------------------------- */

Test(results, a_note_is_read_as_it_was_written)
{
    struct rescore_note note = {.run = 3,
                                .state = RESCORE_CANCELLED,
                                .on = -400,
                                .limit = 50,
                                .gone = INT64_MAX,
                                .figures = {.changed = 12}};
    struct rescore_note got;
    struct store_batch *batch = begin();
    struct rescore_slots slots;
    struct store_view *view;

    ok(rescore_note_put(batch, 1, &note));
    ok(store_batch_commit(batch));
    view = look();
    ok(rescore_note_get(view, 1, &got));
    got.layout = 0;
    cr_expect_eq(memcmp(&note, &got, sizeof note), 0);
    refused(rescore_note_get(view, 0, &got), ERR_NOT_FOUND);
    ok(rescore_slots(view, &slots));
    cr_expect_eq(slots.current, 1);
    cr_expect_eq(slots.done, RESULTS_SLOTS);
    cr_expect_eq(slots.free, 0);
    store_view_end(view);
    batch = begin();
    ok(results_note_put(batch, 1, SLICE("")));
    ok(results_note_put(batch, 1, SLICE("")));
    refused(rescore_note_get(store_batch_view(batch), 1, &got), ERR_NOT_FOUND);
    store_batch_abort(batch);
}

Test(results, a_note_of_another_layout_is_none)
{
    struct rescore_note got;
    struct store_batch *batch = begin();

    ok(results_note_put(batch, 0, SLICE("of another version")));
    refused(rescore_note_get(store_batch_view(batch), 0, &got), ERR_NOT_FOUND);
    store_batch_abort(batch);
}

/* ---- One lot ------------------------------------------------------------ */

/* A result of two lists, in OUT. */
static struct slice write_result(struct buffer *out, unsigned first,
                                 unsigned second, uint32_t number)
{
    struct match_ranked rows[20];
    size_t start = out->len;

    for (uint32_t i = 0; i < 20; i++)
        rows[i] = (struct match_ranked){number + i, 1000 - (int32_t)i};
    ok(rescore_write_head(out, 70000, 200, 0, 2));
    ok(rescore_write_list(out, start, 0, &(struct match_top){rows, first}));
    ok(rescore_write_list(out, start, 1, &(struct match_top){rows, second}));
    return (struct slice){out->data + start, out->len - start};
}

static struct rescore_result result_of(struct buffer *out, unsigned first,
                                       unsigned second, uint32_t number)
{
    struct rescore_result result;

    ok(rescore_read(write_result(out, first, second, number), &result));
    return result;
}

Test(results, a_result_is_read_as_it_was_written)
{
    struct buffer out = {0};
    struct rescore_result r = result_of(&out, 3, 20, 4000000000u);

    cr_expect_eq(r.market, 70000);
    cr_expect_eq(r.lot, 200);
    cr_expect_eq(r.problem, 0);
    cr_assert_eq(r.lists, 2);
    cr_expect_eq(r.n[0], 3);
    cr_expect_eq(r.n[1], 20);
    cr_expect_eq(rescore_row(&r, 0, 2).number, 4000000002u);
    cr_expect_eq(rescore_row(&r, 1, 19).score, 981);
    buffer_free(&out);
}

Test(results, damaged_bytes_are_no_result)
{
    struct buffer out = {0};
    struct slice whole = write_result(&out, 3, 2, 1);
    struct rescore_result r;

    for (size_t len = 0; len < whole.len; len++)
        refused(rescore_read((struct slice){whole.data, len}, &r),
                ERR_STORE_CORRUPT);
    out.data[7] = 0;
    refused(rescore_read(whole, &r), ERR_STORE_CORRUPT);
    out.data[7] = RESCORE_LISTS_MAX + 1;
    refused(rescore_read(whole, &r), ERR_STORE_CORRUPT);
    buffer_free(&out);
}

/* Whether results of these lengths and first numbers are the same. */
static int same(unsigned n, unsigned number, unsigned other_n,
                unsigned other_number, unsigned limit)
{
    struct buffer one = {0}, two = {0};
    struct rescore_result a = result_of(&one, n, 1, number);
    struct rescore_result b = result_of(&two, other_n, 1, other_number);
    int is = rescore_same(&a, &b, limit);

    buffer_free(&one);
    buffer_free(&two);
    return is;
}

Test(results, lists_are_the_same_as_far_as_the_limit_goes)
{
    cr_expect(same(5, 1, 5, 1, 20));
    cr_expect(!same(5, 1, 4, 1, 20));
    cr_expect(!same(5, 1, 5, 2, 20));
    cr_expect(same(5, 1, 4, 1, 4));
    cr_expect(!same(5, 1, 3, 1, 4));
}

/* ---- Figures ------------------------------------------------------------ */

static void count(struct rescore_figures *figures, int64_t position,
                  unsigned structures, unsigned people)
{
    struct buffer out = {0};
    struct rescore_result r = result_of(&out, structures, people, 1);

    rescore_count(figures, position, &r, 10);
    buffer_free(&out);
}

Test(results, figures_of_pieces_add_up_to_those_of_the_whole)
{
    struct rescore_figures whole = {0}, sum = {0}, piece = {0};
    uint64_t seed = 5;

    for (int64_t i = 0; i < 200; i++) {
        unsigned structures = fresh_random(&seed) % 12;
        unsigned people = fresh_random(&seed) % 12;

        count(&whole, i, structures, people);
        count(&piece, i, structures, people);
        if (i % 17 == 16) {
            rescore_add(&sum, &piece);
            memset(&piece, 0, sizeof piece);
        }
    }
    rescore_add(&sum, &piece);
    cr_expect_gt(whole.no_structure, 0);
    cr_expect_gt(whole.no_people, 0);
    cr_expect_eq(memcmp(&whole, &sum, sizeof whole), 0);
}

Test(results, full_lists_are_among_the_worst_of_nobody)
{
    struct rescore_figures figures = {0};

    count(&figures, 0, 10, 10);
    cr_expect_eq(figures.n_worst, 0);
    count(&figures, 1, 10, 9);
    count(&figures, 2, 3, 10);
    cr_assert_eq(figures.n_worst, 2);
    cr_expect_eq(figures.worst[0].position, 2);
    cr_expect_eq(figures.worst[1].people, 9);
}
