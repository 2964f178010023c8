/*
 * Generations: what is built beside the live one holds what the records say
 * and nothing else, though others write meanwhile and steps are aborted.
 */
#include <criterion/criterion.h>

#include "store/index_parts.h"
#include "tests/support/built.h"

TestSuite(index_build, .init = open_fresh, .fini = close_fresh, .timeout = 300);

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
