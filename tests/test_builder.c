/* The builder over a real store and writer: when it builds, and what holds
 * while it does and after. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "engine/builder.h"
#include "engine/check.h"
#include "engine/match/postings.h"
#include "tests/support/world.h"

#define MANY 3000

static struct world world;
static struct writer *writer;
static struct builder *builder;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static unsigned built; /* builds that are over */

static void on_written(void *context, struct request *finished)
{
    (void)context;
    cr_assert_null(finished);
}

static void on_built(void *context)
{
    (void)context;
    pthread_mutex_lock(&mutex);
    built++;
    pthread_cond_broadcast(&told);
    pthread_mutex_unlock(&mutex);
}

static void await_builds(unsigned n)
{
    pthread_mutex_lock(&mutex);
    while (built < n)
        pthread_cond_wait(&told, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void setup(void)
{
    world_open(&world);
    cr_assert_eq(writer_start(world.store, on_written, NULL, &writer),
                 ERR_NONE);
}

static void teardown(void)
{
    builder_stop(builder);
    builder = NULL;
    writer_stop(writer);
    writer = NULL;
    world_close(&world);
}

TestSuite(builder, .init = setup, .fini = teardown, .timeout = 60);

static void start(void)
{
    cr_assert_eq(builder_start(world.store, writer, on_built, NULL, &builder),
                 ERR_NONE);
}

/* ---- What is in the store ----------------------------------------------- */

static struct store_facts facts(void)
{
    struct store_view *view;
    struct store_facts out;

    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
    cr_assert_eq(store_stat(view, &out), ERR_NONE);
    store_view_end(view);
    return out;
}

static int is_deferred(void)
{
    struct store_view *view;
    int deferred;

    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
    deferred = index_deferred(view) != 0;
    store_view_end(view);
    return deferred;
}

static uint64_t postings(void)
{
    struct store_view *view;
    uint64_t rows;

    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
    cr_expect_eq(index_deferred(view), 0);
    cr_expect_eq(index_stamp(view), postings_stamp(store_view_reference(view)));
    rows = world_check(view, store_view_reference(view));
    store_view_end(view);
    cr_expect_eq(check_store(world.store, NULL), ERR_NONE);
    return rows;
}

/* ---- What is written, as jobs ------------------------------------------- */

struct errand {
    void (*write)(const struct errand *errand, const struct reference *ref);
    int from;
    int to;
    int over;
};

static struct profile person(char id[16], int n)
{
    snprintf(id, 16, "p-%d", n);
    return a_profile(id, n % 2 ? "76540" : "59350", 10 + n % 30);
}

static void put_indexed(const struct errand *errand,
                        const struct reference *ref)
{
    for (int n = errand->from; n < errand->to; n++) {
        char id[16];
        struct profile p = person(id, n);

        p.rome = TEXTS(SLICE("A1203"), SLICE("K2204"));
        world_put(&world, ref, ENTITY_PROFILE, &p);
    }
}

/* As a bulk import does. */
static void put_deferred(const struct errand *errand,
                         const struct reference *ref)
{
    (void)ref;
    for (int n = errand->from; n < errand->to; n++) {
        struct buffer body = {0};
        char id[16];
        struct profile p = person(id, n);

        p.rome = TEXTS(SLICE("K2204"));
        cr_assert_eq(protocol_encode(&shape_profile, &p, EVERYONE, &body),
                     ERR_NONE);
        cr_assert_eq(store_put(world.batch, ENTITY_PROFILE, p.id, SLICE(""), 1,
                               (struct slice){body.data, body.len}, NULL),
                     ERR_NONE);
        index_defer(world.batch);
        buffer_free(&body);
    }
}

static void erase(const struct errand *errand, const struct reference *ref)
{
    for (int n = errand->from; n < errand->to; n++) {
        char id[16];
        struct profile p = person(id, n);

        world_delete(&world, ref, ENTITY_PROFILE, &p);
    }
}

static enum err run_errand(void *context, struct store_batch *batch)
{
    const struct errand *errand = context;

    world.batch = batch;
    errand->write(errand, store_view_reference(store_batch_view(batch)));
    return ERR_NONE;
}

static void end_errand(void *context, enum err e)
{
    struct errand *errand = context;

    cr_assert_eq(e, ERR_NONE, "%s", err_name(e));
    pthread_mutex_lock(&mutex);
    errand->over = 1;
    pthread_cond_broadcast(&told);
    pthread_mutex_unlock(&mutex);
}

static void write_now(void (*write)(const struct errand *errand,
                                    const struct reference *ref),
                      int from, int to)
{
    struct errand errand = {write, from, to, 0};

    cr_assert_eq(writer_job(writer, run_errand, end_errand, &errand), ERR_NONE);
    pthread_mutex_lock(&mutex);
    while (!errand.over)
        pthread_cond_wait(&told, &mutex);
    pthread_mutex_unlock(&mutex);
}

/* ---- When --------------------------------------------------------------- */

Test(builder, a_new_store_is_of_todays_tables)
{
    struct builder_facts now;

    start();
    builder_stat(builder, &now);
    cr_expect_not(now.stale);
    cr_expect_eq(postings(), 0);
    cr_expect_eq(facts().generation, 1, "nothing was to be built");
}

Test(builder, rows_without_index_are_built_after_the_last)
{
    start();
    write_now(put_deferred, 0, MANY);
    builder_heard(builder, 0);
    builder_heard(builder, 1);
    await_builds(1);
    cr_expect_eq(postings(), MANY);
    cr_expect_eq(facts().generation, 2);
}

Test(builder, rows_without_index_are_built_when_no_more_come)
{
    start();
    write_now(put_deferred, 0, 10);
    builder_heard(builder, 0);
    await_builds(1);
    cr_expect_eq(postings(), 10);
}

Test(builder, an_import_that_only_replaced_needs_no_build)
{
    start();
    write_now(put_indexed, 0, 10);
    builder_heard(builder, 1);
    builder_ask(builder);
    await_builds(1);
    cr_expect_eq(facts().generation, 2, "built once, because it was asked");
    cr_expect_eq(postings(), 20);
}

Test(builder, what_is_asked_during_a_build_is_built_after_it)
{
    start();
    write_now(put_indexed, 0, MANY);
    builder_ask(builder);
    write_now(put_deferred, MANY, MANY + 10);
    builder_heard(builder, 1);
    for (unsigned n = 1; n == 1 || is_deferred(); n++)
        await_builds(n);
    cr_expect_eq(postings(), 2 * MANY + 10);
}

/* ---- At the start ------------------------------------------------------- */

static enum err run_foreign_stamp(void *context, struct store_batch *batch)
{
    (void)context;
    return index_stamp_set(batch, 4711);
}

static enum err run_begin(void *context, struct store_batch *batch)
{
    (void)context;
    return index_build_begin(batch);
}

static void leave(writer_job_run *run)
{
    struct errand errand = {.over = 0};

    cr_assert_eq(writer_job(writer, run, end_errand, &errand), ERR_NONE);
    pthread_mutex_lock(&mutex);
    while (!errand.over)
        pthread_cond_wait(&told, &mutex);
    pthread_mutex_unlock(&mutex);
}

Test(builder, an_index_of_other_tables_is_stale_until_it_is_built)
{
    struct builder_facts now;

    write_now(put_indexed, 0, MANY);
    leave(run_foreign_stamp);
    start();
    builder_stat(builder, &now);
    cr_expect(now.stale || built);
    await_builds(1);
    builder_stat(builder, &now);
    cr_expect_not(now.stale);
    cr_expect_eq(postings(), 2 * MANY);
}

Test(builder, a_build_that_was_interrupted_begins_anew)
{
    write_now(put_indexed, 0, MANY);
    leave(run_begin);
    write_now(put_indexed, MANY, MANY + 10);
    start();
    await_builds(1);
    cr_expect_not(facts().rebuilding);
    cr_expect_eq(facts().generation, 3);
    cr_expect_eq(postings(), 2 * MANY + 20);
}

Test(builder, stopping_in_the_middle_harms_nothing)
{
    write_now(put_deferred, 0, MANY);
    for (int i = 0; i < 20; i++) {
        start();
        builder_heard(builder, 1);
        builder_stop(builder);
        builder = NULL;
    }
    built = 0;
    start();
    builder_heard(builder, 1);
    await_builds(1);
    cr_expect_eq(postings(), MANY);
}

/* ---- Meanwhile ---------------------------------------------------------- */

Test(builder, what_is_written_during_a_build_is_in_it)
{
    unsigned rounds = 0;

    start();
    write_now(put_indexed, 0, MANY);
    write_now(put_deferred, MANY, 20 * MANY);
    builder_heard(builder, 1);
    for (unsigned over = 0; !over; rounds++) {
        int n = (int)(rounds * 37 % (MANY - 10));

        /* One that the live index has, one that it has not, and new ones. */
        write_now(erase, n, n + 1);
        write_now(put_indexed, n, n + 2);
        write_now(erase, MANY + n, MANY + n + 1);
        write_now(put_indexed, MANY + n, MANY + n + 2);
        write_now(put_indexed, 20 * MANY + n, 20 * MANY + n + 2);
        pthread_mutex_lock(&mutex);
        over = built;
        pthread_mutex_unlock(&mutex);
    }
    cr_expect_gt(rounds, 1, "nothing was written during the build");
    cr_expect_gt(postings(), 21 * MANY);
}
