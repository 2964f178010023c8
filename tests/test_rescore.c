/*
 * What the batch finds, and what its figures say.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/dispatch.h"
#include "tests/support/rescored.h"

TestSuite(rescore, .init = rescored_setup, .fini = rescored_teardown,
          .timeout = 240);

Test(rescore, every_open_lot_has_what_match_answers_and_no_other_has)
{
    struct answer_rescore_status now;
    int64_t open;

    make_run(2);
    open = expect_all();
    now = status_of(1);
    cr_expect_gt(open, 3 * CHUNK, "%lld lots", (long long)open);
    cr_expect_eq(now.lots, open);
    cr_expect_eq(now.done, open);
    cr_expect_eq(now.aside, 0);
    cr_expect_eq(now.on, day("2026-11-23"));
    cr_expect_eq(now.changed, ABSENT, "there was no run before");
}

/* The shortest list of each lot of the finished run, ascending. */
static int compare_numbers(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static unsigned shortest_of(struct store_view *view, uint32_t position)
{
    struct rescore_result result;
    unsigned least = UINT32_MAX;

    cr_assert_eq(rescore_read(result_bytes(view, position), &result), ERR_NONE);
    for (unsigned i = 0; i < result.lists; i++)
        if (result.n[i] < least)
            least = result.n[i];
    return least;
}

Test(rescore, the_lots_named_are_those_with_the_shortest_lists)
{
    const struct rescore_figures *figures;
    struct rescore_slots now;
    struct store_view *view;
    unsigned *all;
    int64_t lots;

    make_run(2);
    now = slots();
    figures = &now.note[now.done].figures;
    lots = now.note[now.done].lots;
    all = arena_array(t.arena, (size_t)lots, sizeof *all);
    view = look_now();
    for (int64_t i = 0; i < lots; i++)
        all[i] = shortest_of(view, (uint32_t)i);
    cr_assert_eq(figures->n_worst, RESCORE_WORST);
    for (int i = 0; i < RESCORE_WORST; i++)
        cr_expect_eq(figures->worst[i].shortest,
                     all[figures->worst[i].position]);
    qsort(all, (size_t)lots, sizeof *all, compare_numbers);
    for (int i = 0; i < RESCORE_WORST; i++)
        cr_expect_eq(figures->worst[i].shortest, all[i]);
    cr_expect_eq(status_of(1).worst_lots.n, RESCORE_WORST);
    store_view_end(view);
}

Test(rescore, the_bytes_do_not_depend_on_how_many_work)
{
    struct buffer one, many;

    make_run(1);
    one = dump();
    make_run(5);
    many = dump();
    expect_same(&one, &many);
}

Test(rescore, lists_of_many_parts_are_read_whole)
{
    t.limit = 1000;
    world_begin(&t.world);
    for (unsigned i = 0; i < 3000; i++)
        put_entity(ENTITY_PROFILE, chance_profile(&t.chance, PROFILES + i));
    world_commit(&t.world);
    make_run(2);
    expect_all();
}

Test(rescore, a_second_start_is_refused_while_the_first_runs)
{
    start_run();
    world_begin(&t.world);
    cr_expect_eq(start_in(t.world.batch, 20), ERR_RESCORE_RUNNING);
    store_batch_abort(t.world.batch);
    live_through(2);
    cr_expect_eq(status_of(0).run, 1);
    start_run();
    live_through(2);
    cr_expect_eq(status_of(0).run, 2);
}

/* ---- The difference from the run before --------------------------------- */

Test(rescore, a_run_tells_what_is_new_and_what_has_gone)
{
    struct answer_rescore_status first, second;
    struct market *market;
    const char *deleted;
    int64_t lots;

    make_run(2);
    first = status_of(0);
    deleted = some_market();
    market = chance_market(&t.chance, MARKETS);
    market->status = MARKET_OPEN;
    market->deadline = ABSENT;
    lots = (int64_t)market->lots.n;
    world_begin(&t.world);
    put_entity(ENTITY_MARKET, market);
    cr_assert_eq(delete_in(t.world.batch, deleted), ERR_NONE);
    world_commit(&t.world);
    make_run(2);
    second = status_of(0);
    cr_expect_eq(second.changed, 0);
    cr_expect_eq(second.added, lots);
    cr_expect_gt(second.gone, 0);
    cr_expect_eq(second.lots, first.lots + second.added - second.gone);
}

Test(rescore, runs_of_different_limits_are_compared_as_far_as_both_go)
{
    make_run(2);
    t.limit = 3;
    make_run(2);
    cr_expect_eq(status_of(0).changed, 0);
    t.limit = 40;
    make_run(2);
    cr_expect_eq(status_of(0).changed, 0);
}
