/*
 * A batch whose daemon dies goes on to the same bytes, begins anew when the
 * store has changed, and sets a lot aside at which it dies again and again.
 */
#include <criterion/criterion.h>
#include <sched.h>

#include "engine/dispatch.h"
#include "tests/support/rescored.h"

TestSuite(rescore_killed, .init = rescored_setup, .fini = rescored_teardown,
          .timeout = 240);

Test(rescore_killed, a_killed_run_goes_on_to_the_same_bytes)
{
    struct buffer whole, resumed;

    make_run(2);
    whole = dump();
    for (int commits = 1; commits < 6; commits++) {
        struct buffer copy = {0};

        start_run();
        t.commits_left = commits;
        t.after_commits = die;
        cr_assert(was_killed(live_apart()), "after %d commits", commits);
        cr_assert_eq(status_of(0).state, RESCORE_RUNNING);
        t.commits_left = 0;
        live_through(2);
        cr_assert_eq(status_of(0).state, RESCORE_DONE);
        resumed = dump();
        buffer_add(&copy, whole.data, whole.len);
        expect_same(&copy, &resumed);
    }
    buffer_free(&whole);
}

Test(rescore_killed, a_killed_run_begins_anew_when_the_store_has_moved_on)
{
    start_run();
    t.commits_left = 5;
    t.after_commits = die;
    cr_assert(was_killed(live_apart()));
    t.commits_left = 0;
    world_begin(&t.world);
    for (unsigned i = 0; i < 20; i++)
        put_entity(ENTITY_STRUCTURE,
                   chance_structure(&t.chance, STRUCTURES + i));
    put_entity(ENTITY_MARKET, chance_market(&t.chance, MARKETS));
    world_commit(&t.world);
    live_through(2);
    cr_assert_eq(status_of(0).state, RESCORE_DONE);
    expect_all();
}

static void expect_one_aside(int64_t problem)
{
    struct answer_rescore_status now = status_of(1);

    cr_assert_eq(now.state, RESCORE_DONE);
    cr_expect_eq(now.aside, 1);
    cr_assert_eq(now.aside_lots.n, 1);
    cr_expect(slice_equal(now.aside_lots.at[0].market, slice_of(t.poison)));
    cr_expect_eq(now.aside_lots.at[0].lot, 1);
    cr_expect_eq(now.aside_lots.at[0].problem, problem);
    cr_expect_eq(now.done, now.lots);
}

Test(rescore_killed, a_lot_at_which_the_daemon_dies_is_set_aside)
{
    int deaths = 0;

    make_run(2);
    t.poison = some_market();
    start_run();
    while (was_killed(live_apart()))
        deaths++;
    cr_expect_eq(deaths, 3);
    expect_one_aside(PROBLEM_CRASHED);
    cr_expect_eq(status_of(0).changed, 0, "all the others are as they were");
}

Test(rescore_killed,
     a_deadly_lot_is_found_even_when_the_store_changes_each_time)
{
    int deaths = 0;

    make_run(2);
    t.poison = some_market();
    start_run();
    while (was_killed(live_apart()) && deaths < 10) {
        deaths++;
        world_begin(&t.world);
        put_entity(ENTITY_PROFILE, chance_profile(&t.chance, PROFILES));
        world_commit(&t.world);
    }
    cr_expect_eq(deaths, 3);
    expect_one_aside(PROBLEM_CRASHED);
}

Test(rescore_killed, a_lot_for_which_memory_lacks_is_set_aside)
{
    make_run(2);
    t.poison = some_market();
    t.poison_error = ERR_NOMEM;
    make_run(2);
    expect_one_aside(PROBLEM_NO_MEMORY);
    t.poison_error = ERR_INTERNAL;
    make_run(2);
    expect_one_aside(PROBLEM_INTERNAL);
}

Test(rescore_killed, a_disk_that_fails_ends_the_batch_and_no_lot_is_to_blame)
{
    make_run(2);
    t.poison = some_market();
    t.poison_error = ERR_STORE_IO;
    start_run();
    begin_life(2);
    while (status_of(0).done == ABSENT)
        sched_yield();
    end_life();
    cr_expect_eq(status_of(0).state, RESCORE_RUNNING);
    t.poison = NULL;
    live_through(2);
    cr_expect_eq(status_of(0).aside, 0);
    expect_all();
}
