/* The writer thread over a real store: groups, spoiled groups, keys, chores. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "engine/builder.h"
#include "engine/check.h"
#include "engine/entity.h"
#include "engine/match/match.h"
#include "engine/writer.h"

/* A market with this object makes its handler fail when the record has been
 * put already: the batch is then spoiled. */
#define SPOILS "spoils the batch"

enum err __real_postings_change(struct store_batch *batch,
                                const struct reference *reference,
                                struct arena *arena, unsigned entity,
                                uint32_t number, const void *before,
                                const void *after);
enum err __wrap_postings_change(struct store_batch *batch,
                                const struct reference *reference,
                                struct arena *arena, unsigned entity,
                                uint32_t number, const void *before,
                                const void *after);

enum err __wrap_postings_change(struct store_batch *batch,
                                const struct reference *reference,
                                struct arena *arena, unsigned entity,
                                uint32_t number, const void *before,
                                const void *after)
{
    const struct market *m = after;

    if (entity == ENTITY_MARKET && m && m->object.data &&
        slice_equal(m->object, SLICE(SPOILS)))
        return ERR_INTERNAL;
    return __real_postings_change(batch, reference, arena, entity, number,
                                  before, after);
}

/* ---- A disk and a clock ------------------------------------------------- */

int __real_statvfs(const char *path, struct statvfs *out);
int __wrap_statvfs(const char *path, struct statvfs *out);
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

static _Atomic uint64_t mib_left; /* of a disk of 100 GiB; 0: as it is */
static _Atomic time_t seconds_on; /* that the wall clock is ahead */

int __wrap_statvfs(const char *path, struct statvfs *out)
{
    int rc = __real_statvfs(path, out);

    if (mib_left) {
        out->f_frsize = 1 << 20;
        out->f_blocks = 100 << 10;
        out->f_bavail = mib_left;
    }
    return rc;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    int rc = __real_clock_gettime(clock, out);

    if (clock == CLOCK_REALTIME)
        out->tv_sec += seconds_on;
    return rc;
}

static char dir[64];
static struct store *store;
static struct writer *writer;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static struct request *done; /* newest last */
static struct request **done_last = &done;
static size_t n_done;

static void on_done(void *context, struct request *list)
{
    (void)context;
    pthread_mutex_lock(&mutex);
    *done_last = list;
    while (*done_last) {
        done_last = &(*done_last)->next;
        n_done++;
    }
    pthread_cond_broadcast(&answered);
    pthread_mutex_unlock(&mutex);
}

static void setup(void)
{
    struct store_options options = {.init = 1, .map_bytes = 1};

    snprintf(dir, sizeof dir, "/tmp/claused-writer-XXXXXX");
    cr_assert(mkdtemp(dir));
    cr_assert_eq(store_open(dir, &options, &store), ERR_NONE);
    cr_assert_eq(writer_start(store, on_done, NULL, &writer), ERR_NONE);
}

static void teardown(void)
{
    char command[100];

    writer_stop(writer);
    writer = NULL;
    while (done) {
        struct request *next = done->next;

        request_free(done);
        done = next;
    }
    done_last = &done;
    store_close(store);
    store = NULL;
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(writer, .init = setup, .fini = teardown, .timeout = 60);

/* ---- Requests as the loop would make them ------------------------------ */

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* VERB with ASK, as it comes out of the decoder. */
static struct request *request_of(enum verb verb, const void *ask,
                                  const char *key)
{
    const struct verb_row *row = &verb_rows[verb];
    struct buffer body = {0};
    struct request *r = request_new(NULL);

    cr_assert_eq(protocol_encode(row->ask, ask, ~0u, &body), ERR_NONE);
    r->frames.tag = SLICE(PROTOCOL_TAG);
    r->frames.body =
        arena_copy(r->call.arena, (struct slice){body.data, body.len});
    r->call.role = DEVELOPMENT;
    r->call.everywhere = 1;
    r->call.caller = SLICE("test");
    r->call.limits = &limits_batch;
    r->call.verb = verb;
    r->header.method = slice_of(row->name);
    r->header.key = arena_copy(r->call.arena, slice_of(key));
    r->header.deadline_ms = ABSENT;
    r->header.min_revision = ABSENT;
    r->arrived_us = now_us();
    r->ask = shape_array(r->call.arena, row->ask, 1);
    r->answer = shape_array(r->call.arena, row->answer, 1);
    cr_assert_eq(protocol_decode(row->ask, r->frames.body, &limits_batch,
                                 r->call.arena, r->ask, &r->call.faults),
                 ERR_NONE);
    buffer_free(&body);
    return r;
}

static struct request *put_market(const char *id, const char *object,
                                  const char *key)
{
    struct arena *arena = arena_new(1 << 20);
    struct ask_market_put ask;
    struct market *market = shape_array(arena, &shape_market, 1);
    struct request *r;

    shape_clear(verb_rows[VERB_market_put].ask, &ask);
    market->id = slice_of(id);
    market->object = slice_of(object);
    market->lots.at = shape_array(arena, &shape_lot, 1);
    market->lots.n = 1;
    ask.market = market;
    r = request_of(VERB_market_put, &ask, key);
    arena_free(arena);
    return r;
}

static struct request *delete_market(const char *id, const char *key)
{
    struct ask_market_delete ask;

    shape_clear(verb_rows[VERB_market_delete].ask, &ask);
    ask.id = slice_of(id);
    return request_of(VERB_market_delete, &ask, key);
}

static void queue(struct request *r)
{
    cr_assert_eq(writer_queue(writer, r), ERR_NONE);
}

/* The answered requests so far, waiting until there are N. */
static struct request *await(size_t n)
{
    pthread_mutex_lock(&mutex);
    while (n_done < n)
        pthread_cond_wait(&answered, &mutex);
    pthread_mutex_unlock(&mutex);
    return done;
}

static int exists(const char *id)
{
    struct store_view *view;
    struct record record;
    enum err e;

    cr_assert_eq(store_view_begin(store, &view), ERR_NONE);
    e = store_get(view, ENTITY_MARKET, slice_of(id), &record);
    store_view_end(view);
    return e == ERR_NONE;
}

static uint64_t revision(void)
{
    struct store_view *view;
    uint64_t at;

    cr_assert_eq(store_view_begin(store, &view), ERR_NONE);
    at = store_view_revision(view);
    store_view_end(view);
    return at;
}

/* ---- The tests --------------------------------------------------------- */

Test(writer, writes_are_answered_in_order_with_their_revisions)
{
    struct request *r;

    queue(put_market("A", "first", "k1"));
    queue(put_market("B", "second", "k2"));
    r = await(2);
    cr_expect_eq(r->error, ERR_NONE);
    cr_expect_eq(r->revision, 1);
    cr_expect_eq(r->next->revision, 2);
    cr_expect(exists("A") && exists("B"));
}

Test(writer, one_failing_write_spoils_no_other_of_its_group)
{
    struct request *r;

    queue(put_market("A", "good", "k1"));
    queue(put_market("B", SPOILS, "k2"));
    queue(put_market("C", "good", "k3"));
    r = await(3);
    cr_expect_eq(r->error, ERR_NONE);
    cr_expect_eq(r->next->error, ERR_INTERNAL);
    cr_expect_eq(r->next->next->error, ERR_NONE);
    cr_expect(exists("A") && !exists("B") && exists("C"));
    cr_expect_eq(revision(), 2, "the failed write left an event");
}

Test(writer, the_same_key_gives_the_stored_reply)
{
    struct request *first;

    queue(put_market("A", "once", "k1"));
    first = await(1);
    queue(put_market("A", "once", "k1"));
    await(2);
    cr_expect_eq(first->next->error, ERR_NONE);
    cr_expect_eq(first->next->revision, 1);
    cr_assert_eq(first->next->reply_body.len, first->reply_body.len);
    cr_expect_eq(memcmp(first->next->reply_body.data, first->reply_body.data,
                        first->reply_body.len),
                 0);
    cr_expect_eq(revision(), 1, "a replay wrote an event");
}

Test(writer, a_stored_reply_is_kept_for_a_day_and_then_forgotten)
{
    struct request *r;

    queue(put_market("A", "once", "k1"));
    await(1);
    seconds_on = 24 * 3600 - 60;
    queue(put_market("B", "other", "k2"));
    await(2);
    queue(put_market("A", "once", "k1"));
    r = await(3)->next->next;
    cr_expect_eq(r->error, ERR_NONE);
    cr_expect_eq(r->revision, 1, "a minute before the day is over");
    cr_expect_eq(revision(), 2);
    seconds_on = 24 * 3600 + 60;
    queue(put_market("C", "other", "k3"));
    await(4);
    queue(put_market("A", "another body", "k1"));
    r = await(5)->next->next->next->next;
    cr_expect_eq(r->error, ERR_NONE, "the key is free again");
    cr_expect_eq(r->revision, 4);
    seconds_on = 0;
}

Test(writer, a_disk_that_fills_up_takes_no_more_but_lets_go)
{
    struct request *r;

    queue(put_market("A", "once", "k1"));
    await(1);
    mib_left = 255;
    queue(put_market("B", "no room", "k2"));
    r = await(2)->next;
    cr_expect_eq(r->error, ERR_STORE_FULL);
    cr_expect(!exists("B"));
    cr_expect_eq(revision(), 1);
    queue(put_market("A", "once", "k1"));
    r = await(3)->next->next;
    cr_expect_eq(r->error, ERR_NONE, "what was answered is answered again");
    queue(delete_market("A", "k3"));
    r = await(4)->next->next->next;
    cr_expect_eq(r->error, ERR_NONE, "a deletion goes on");
    cr_expect(!exists("A"));
    mib_left = 256;
    queue(put_market("B", "room again", "k2"));
    r = await(5)->next->next->next->next;
    cr_expect_eq(r->error, ERR_NONE, "without a restart, with the same key");
    mib_left = 0;
}

Test(writer, the_same_key_twice_in_one_group_writes_once)
{
    struct request *r;

    queue(put_market("A", "once", "k1"));
    queue(put_market("A", "once", "k1"));
    r = await(2);
    cr_expect_eq(r->error, ERR_NONE);
    cr_expect_eq(r->next->error, ERR_NONE);
    cr_expect_eq(revision(), 1);
}

Test(writer, the_same_key_with_another_body_is_a_conflict)
{
    struct request *r;

    queue(put_market("A", "once", "k1"));
    queue(put_market("A", "twice", "k1"));
    r = await(2);
    cr_expect_eq(r->next->error, ERR_KEY_CONFLICT);
    cr_expect_eq(revision(), 1);
}

Test(writer, a_write_past_its_deadline_is_not_run)
{
    struct request *r = put_market("A", "late", "k1");

    r->header.deadline_ms = 0;
    queue(r);
    cr_expect_eq(await(1)->error, ERR_DEADLINE);
    cr_expect(!exists("A"));
}

static void on_built(void *context)
{
    (void)context;
}

Test(writer, the_index_is_rebuilt_and_the_store_compacted_between_writes)
{
    struct builder *builder = NULL;
    uint64_t generation = 0;
    int rebuilding = 1;

    queue(put_market("A", "before", "k1"));
    await(1);
    cr_assert_eq(builder_start(store, writer, on_built, NULL, &builder),
                 ERR_NONE);
    builder_ask(builder);
    writer_compact(writer);
    for (size_t n = 2; rebuilding || generation < 2; n++) {
        struct store_view *view;
        struct store_facts facts;
        char key[32];

        snprintf(key, sizeof key, "k%zu", n);
        queue(put_market("B", "between", key));
        await(n);
        cr_assert_eq(store_view_begin(store, &view), ERR_NONE);
        cr_assert_eq(store_stat(view, &facts), ERR_NONE);
        store_view_end(view);
        generation = facts.generation;
        rebuilding = facts.rebuilding;
    }
    builder_stop(builder);
    cr_expect(exists("A") && exists("B"));
}

Test(writer, stopping_finishes_what_is_queued)
{
    for (int i = 0; i < 50; i++) {
        char id[16];

        snprintf(id, sizeof id, "M%d", i);
        queue(put_market(id, "queued", id));
    }
    writer_stop(writer);
    writer = NULL;
    cr_expect_eq(n_done, 50);
    cr_expect(exists("M49"));
}

Test(writer, a_write_that_fills_the_map_is_done_in_a_larger_one)
{
    struct store_options small = {.map_bytes = 1};
    static char object[4000];
    struct request *r;
    char id[16];
    size_t n = 0;

    writer_stop(writer);
    store_close(store);
    cr_assert_eq(store_open(dir, &small, &store), ERR_NONE);
    cr_assert_eq(writer_start(store, on_done, NULL, &writer), ERR_NONE);
    memset(object, 'x', sizeof object - 1);
    /* One at a time, so that each is a group of its own. */
    for (; n < 600; n++) {
        snprintf(id, sizeof id, "M%zu", n);
        queue(put_market(id, object, id));
        await(n + 1);
    }
    for (r = done; r; r = r->next)
        cr_assert_eq(r->error, ERR_NONE, "%s", err_name(r->error));
}

/* ---- Jobs between groups ------------------------------------------------ */

struct errand {
    enum err before; /* what it returns before it has put something */
    enum err after;  /* and after */
    const char *id;  /* of what it puts; NULL: nothing */
    int runs;
    int ended;
    enum err end;
};

static enum err run_errand(void *context, struct store_batch *batch)
{
    static char body[64 * 1024];
    struct errand *errand = context;
    enum err e;

    errand->runs++;
    if (errand->before || !errand->id)
        return errand->before;
    e = store_put(batch, ENTITY_MARKET, slice_of(errand->id), SLICE(""), 1,
                  (struct slice){body, sizeof body}, NULL);
    return e ? e : errand->after;
}

static void end_errand(void *context, enum err e)
{
    struct errand *errand = context;

    pthread_mutex_lock(&mutex);
    errand->ended = 1;
    errand->end = e;
    pthread_cond_broadcast(&answered);
    pthread_mutex_unlock(&mutex);
}

static void do_errand(struct errand *errand)
{
    cr_assert_eq(writer_job(writer, run_errand, end_errand, errand), ERR_NONE);
    pthread_mutex_lock(&mutex);
    while (!errand->ended)
        pthread_cond_wait(&answered, &mutex);
    pthread_mutex_unlock(&mutex);
}

Test(writer, a_job_is_committed_before_it_is_said_to_be_done)
{
    struct errand errand = {.id = "ERRAND"};

    do_errand(&errand);
    cr_expect_eq(errand.end, ERR_NONE);
    cr_expect(exists("ERRAND"));
}

Test(writer, a_job_that_fails_leaves_nothing_and_stops_nobody)
{
    struct errand early = {.before = ERR_BUSY, .id = "ERRAND"};
    struct errand late = {.after = ERR_INTERNAL, .id = "ERRAND"};

    do_errand(&early);
    cr_expect_eq(early.end, ERR_BUSY);
    do_errand(&late);
    cr_expect_eq(late.end, ERR_INTERNAL);
    cr_expect(!exists("ERRAND"));
    queue(put_market("A", "after", "k1"));
    cr_expect_eq(await(1)->error, ERR_NONE);
}

Test(writer, a_job_that_fills_the_map_is_done_in_a_larger_one)
{
    int grown = 0;

    for (int i = 0; i < 20; i++) {
        char id[16];
        struct errand errand = {.id = id};

        snprintf(id, sizeof id, "E%d", i);
        do_errand(&errand);
        cr_assert_eq(errand.end, ERR_NONE, "%s", err_name(errand.end));
        cr_expect(exists(id));
        grown += errand.runs - 1;
    }
    cr_expect_gt(grown, 0, "the map was never full");
}

Test(writer, jobs_that_the_end_finds_queued_hear_of_it)
{
    struct errand errands[50] = {{.id = "ERRAND"}};

    for (int i = 0; i < 50; i++)
        cr_assert_eq(writer_job(writer, run_errand, end_errand, &errands[i]),
                     ERR_NONE);
    writer_stop(writer);
    writer = NULL;
    for (int i = 0; i < 50; i++) {
        cr_expect(errands[i].ended);
        cr_expect_eq(errands[i].runs == 0, errands[i].end == ERR_STOPPING);
    }
}
