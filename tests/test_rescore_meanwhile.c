/*
 * What others do while a batch runs: writes, a cancellation, a deletion, a
 * compaction, a map that is full.
 */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/batch_order.h"
#include "engine/builder.h"
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/match/postings.h"
#include "tests/support/rescored.h"

TestSuite(rescore_meanwhile, .init = rescored_setup, .fini = rescored_teardown,
          .timeout = 240);

static writer_job_run *interruption;
static const void *context_of_interruption;

/* On the writer's thread; what is queued here comes before the batch's next
 * job. */
static void interrupt(void)
{
    cr_assert_eq(writer_job(t.writer, interruption, NULL,
                            (void *)(uintptr_t)context_of_interruption),
                 ERR_NONE);
}

static void run_with(writer_job_run *run, int commits)
{
    interruption = run;
    t.after_commits = interrupt;
    start_run();
    t.commits_left = commits;
    live_through(2);
    cr_assert_eq(t.commits_left, 0, "the run was over before");
}

/* A better structure than all that are there, and a profile less. */
static enum err change_everything(void *context, struct store_batch *b)
{
    struct world inside = {.batch = b};
    struct chance aside = t.chance;

    (void)context;
    aside.arena = t.aside;
    for (unsigned i = 0; i < STRUCTURES; i++)
        world_put(&inside, t.ref, ENTITY_STRUCTURE,
                  chance_structure(&aside, STRUCTURES + i));
    for (unsigned i = 0; i < PROFILES; i++)
        world_put(&inside, t.ref, ENTITY_PROFILE, chance_profile(&aside, i));
    return ERR_NONE;
}

Test(rescore_meanwhile, a_write_in_the_middle_does_not_change_what_the_run_sees)
{
    struct buffer before, after;

    make_run(2);
    before = dump();
    run_with(change_everything, 4);
    after = dump();
    expect_same(&before, &after);
    make_run(2);
    cr_expect_gt(status_of(0).changed, 0, "the next run sees it");
    expect_all();
}

static enum err cancel(void *context, struct store_batch *b)
{
    struct call call = a_call(VERB_rescore_cancel);
    struct ask_rescore_cancel ask = {.run = ABSENT};
    struct answer_rescore_cancel answer;
    enum err e = handle_rescore_cancel(b, &call, &ask, &answer);

    (void)context;
    cr_assert(e || answer.cancelled);
    while (!t.batch)
        sched_yield();
    batch_poke(t.batch);
    return e;
}

Test(rescore_meanwhile, a_cancelled_run_leaves_the_results_of_the_one_before)
{
    struct buffer before, after;
    struct answer_rescore_status now;

    make_run(2);
    before = dump();
    run_with(cancel, 4);
    now = status_of(0);
    cr_expect_eq(now.state, RESCORE_CANCELLED);
    cr_expect_eq(now.run, 2);
    cr_assert_not_null(now.last);
    cr_expect_eq(now.last->run, 1);
    after = dump();
    expect_same(&before, &after);
    live_through(2);
    cr_expect_eq(status_of(0).state, RESCORE_CANCELLED, "a start revives none");
    make_run(2);
    cr_expect_eq(status_of(0).run, 3);
}

/* Cancelled and begun again before the conductor hears of either. */
static enum err begin_another(void *context, struct store_batch *b)
{
    enum err e = cancel(context, b);

    return e ? e : start_in(b, 5);
}

Test(rescore_meanwhile, a_run_that_takes_the_place_of_another_is_made_whole)
{
    run_with(begin_another, 4);
    cr_expect_eq(status_of(0).run, 2);
    cr_expect_eq(status_of(0).limit, 5);
    expect_all();
}

static enum err delete_market(void *context, struct store_batch *b)
{
    return delete_in(b, context);
}

Test(rescore_meanwhile, a_market_deleted_in_the_middle_leaves_no_results)
{
    const char *deleted;
    struct rescore_slots now;
    struct store_view *view;
    struct slice bytes;
    uint32_t number, first;
    unsigned lots;

    make_run(2);
    deleted = some_market();
    view = look_now();
    number = number_of(view, ENTITY_MARKET, slice_of(deleted));
    cr_assert_eq(results_find(view, slots().done, number, &first, &lots),
                 ERR_NONE);
    store_view_end(view);
    context_of_interruption = deleted;
    run_with(delete_market, 2);
    now = slots();
    cr_assert_eq(now.note[now.done].run, 2);
    view = look_now();
    cr_expect_eq(results_find(view, now.done, number, &first, &lots),
                 ERR_NOT_FOUND);
    for (unsigned i = 0; i < lots; i++)
        cr_expect_eq(results_part(view, now.done, first + i, 0, &bytes),
                     ERR_NOT_FOUND);
    store_view_end(view);
}

/* How often rows of the finished run name the profile. */
static unsigned rows_of(uint32_t number)
{
    struct store_view *view = look_now();
    struct rescore_slots now = slots();
    struct rescore_result result;
    unsigned n = 0;

    for (int64_t i = 0; i < now.note[now.done].lots; i++) {
        cr_assert_eq(rescore_read(result_bytes(view, (uint32_t)i), &result),
                     ERR_NONE);
        for (unsigned list = 1; list < result.lists; list++)
            for (unsigned row = 0; row < result.n[list]; row++)
                n += rescore_row(&result, list, row).number == number;
    }
    store_view_end(view);
    return n;
}

static enum err erase(void *context, struct store_batch *b)
{
    struct call call = a_call(VERB_profile_erase);
    struct ask_profile_erase ask = {.id = slice_of(context), .if_rev = ABSENT};
    struct answer_profile_erase answer;

    return handle_profile_erase(b, &call, &ask, &answer);
}

/* The profile that is in most lists, and its number. */
static const char *most_wanted(uint32_t *number)
{
    static char id[65];
    struct store_view *view;
    unsigned most = 0;
    struct record record;
    void *found;

    for (uint32_t i = 1; i <= PROFILES; i++)
        if (rows_of(i) > most) {
            most = rows_of(i);
            *number = i;
        }
    cr_assert_gt(most, 10);
    view = look_now();
    cr_assert_eq(store_get_numbered(view, ENTITY_PROFILE, *number, &record),
                 ERR_NONE);
    cr_assert_eq(entity_decode(ENTITY_PROFILE, &record, t.arena, &found),
                 ERR_NONE);
    snprintf(id, sizeof id, "%.*s", (int)((struct profile *)found)->id.len,
             ((struct profile *)found)->id.data);
    store_view_end(view);
    return id;
}

Test(rescore_meanwhile, who_is_erased_in_the_middle_is_in_no_result)
{
    static const int commits[] = {1, 2, 4};
    uint32_t number;

    make_run(2);
    for (size_t i = 0; i < sizeof commits / sizeof *commits; i++) {
        context_of_interruption = most_wanted(&number);
        run_with(erase, commits[i]);
        cr_expect_eq(rows_of(number), 0, "after %d commits", commits[i]);
    }
}

Test(rescore_meanwhile, who_is_erased_between_two_runs_is_in_no_result)
{
    uint32_t number;
    const char *id;

    make_run(2);
    id = most_wanted(&number);
    world_begin(&t.world);
    cr_assert_eq(erase((void *)(uintptr_t)id, t.world.batch), ERR_NONE);
    world_commit(&t.world);
    cr_expect_eq(rows_of(number), 0);
}

static enum err compact(void *context, struct store_batch *b)
{
    (void)context;
    (void)b;
    writer_compact(t.writer);
    return ERR_NONE;
}

Test(rescore_meanwhile, a_compaction_in_the_middle_gets_the_views_back)
{
    struct buffer before, after;
    char path[100];

    make_run(2);
    before = dump();
    run_with(compact, 4);
    snprintf(path, sizeof path, "%s/env-2", t.world.dir);
    cr_expect_eq(access(path, F_OK), 0, "it was compacted");
    after = dump();
    expect_same(&before, &after);
}

enum err __real_batch_order_read(struct store_view *view, int64_t on,
                                 struct batch_order *out);
enum err __wrap_batch_order_read(struct store_view *view, int64_t on,
                                 struct batch_order *out);

static int order_fails;

enum err __wrap_batch_order_read(struct store_view *view, int64_t on,
                                 struct batch_order *out)
{
    return order_fails ? ERR_NOMEM : __real_batch_order_read(view, on, out);
}

/* A compaction waits for every view. */
Test(rescore_meanwhile, a_run_that_fails_at_its_beginning_holds_no_view)
{
    order_fails = 1;
    start_run();
    begin_life(2);
    await_end();
    cr_expect_eq(status_of(0).state, RESCORE_FAILED);
    writer_compact(t.writer);
    while (!store_compactions(t.world.store))
        sched_yield();
    end_life();
    order_fails = 0;
    make_run(2);
    expect_all();
}

static struct store_facts facts(void)
{
    struct store_view *view = look_now();
    struct store_facts out;

    cr_assert_eq(store_stat(view, &out), ERR_NONE);
    store_view_end(view);
    return out;
}

/* The same store in a new directory, with hardly more room than it takes. */
static void begin_small(void)
{
    struct store_options small = {.init = 1,
                                  .map_bytes = facts().map_used + (64 << 10)};

    world_close(&t.world);
    snprintf(t.world.dir, sizeof t.world.dir, "/tmp/claused-world-XXXXXX");
    cr_assert(mkdtemp(t.world.dir));
    cr_assert_eq(store_open(t.world.dir, &small, &t.world.store), ERR_NONE);
    fill_store();
}

Test(rescore_meanwhile, a_map_that_is_full_in_the_middle_is_grown)
{
    uint64_t before;

    begin_small();
    t.limit = 1000;
    before = facts().map_size;
    make_run(2);
    cr_expect_gt(facts().map_size, before, "the map was never full");
    expect_all();
}

/* ---- An index that lags behind ------------------------------------------ */

uint64_t __real_postings_stamp(const struct reference *ref);
uint64_t __wrap_postings_stamp(const struct reference *ref);

static int looks_left; /* that the conductor has at the index before ... */

static enum err mend(void *context, struct store_batch *b)
{
    (void)context;
    return index_stamp_set(b, __real_postings_stamp(t.ref));
}

uint64_t __wrap_postings_stamp(const struct reference *ref)
{
    if (looks_left && !--looks_left)
        cr_assert_eq(writer_job(t.writer, mend, NULL, NULL), ERR_NONE);
    return __real_postings_stamp(ref);
}

Test(rescore_meanwhile, a_run_waits_for_an_index_of_other_tables)
{
    world_begin(&t.world);
    cr_assert_eq(index_stamp_set(t.world.batch, 1), ERR_NONE);
    world_commit(&t.world);
    start_run();
    looks_left = 2;
    live_through(2);
    cr_expect_eq(looks_left, 0, "it did not wait");
    expect_all();
}

static void put_without_index(const struct profile *profile)
{
    struct buffer body = {0};

    cr_assert_eq(protocol_encode(&shape_profile, profile, EVERYONE, &body),
                 ERR_NONE);
    cr_assert_eq(store_put(t.world.batch, ENTITY_PROFILE, profile->id,
                           SLICE(""), 1, (struct slice){body.data, body.len},
                           NULL),
                 ERR_NONE);
    index_defer(t.world.batch);
    buffer_free(&body);
}

static void on_built(void *context)
{
    (void)context;
}

Test(rescore_meanwhile, a_run_waits_for_rows_that_have_no_index_yet)
{
    struct builder *builder;

    world_begin(&t.world);
    for (unsigned i = 0; i < PROFILES; i++)
        put_without_index(chance_profile(&t.chance, PROFILES + i));
    world_commit(&t.world);
    start_run();
    begin_life(2);
    cr_assert_eq(
        builder_start(t.world.store, t.writer, on_built, NULL, &builder),
        ERR_NONE);
    await_end();
    batch_stop(t.batch);
    builder_stop(builder);
    writer_stop(t.writer);
    batch_free(t.batch);
    cr_expect_eq(status_of(0).state, RESCORE_DONE);
    expect_all();
}
