/*
 * The store in use, on real directories: records, batches and views, the
 * journal, replies kept for those who ask again.
 */
#include <criterion/criterion.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/opened.h"

#define OTHER 4 /* than THING */

static const struct slice none;

TestSuite(store, .init = open_fresh, .fini = close_fresh, .timeout = 120);

/* ---- Short ways to say things ------------------------------------------- */

/* The journal runs from 1 to the revision without a gap. */
static uint64_t journal_length(void)
{
    struct store_view *view = look();
    struct event event;
    uint64_t last = 0;
    enum err e;

    while ((e = store_event_next(view, last, &event)) == ERR_NONE) {
        cr_assert_eq(event.revision, last + 1);
        last++;
    }
    refused(e, ERR_NOT_FOUND);
    cr_assert_eq(last, store_view_revision(view));
    store_view_end(view);
    return last;
}

/* ---- Records ------------------------------------------------------------ */

Test(store, a_record_put_can_be_got_by_id_and_by_number)
{
    struct store_batch *batch = begin();
    struct record given = put(batch, "alpha", "body"), got;
    struct store_view *view;

    ok(store_batch_commit(batch));
    cr_assert_eq(given.number, 1);
    cr_assert_eq(given.revision, 1);
    view = look();
    ok(store_get(view, THING, SLICE("alpha"), &got));
    cr_assert_eq(got.number, 1);
    cr_assert_eq(got.revision, 1);
    cr_assert_eq(got.version, 1);
    cr_assert(slice_equal(got.body, SLICE("body")));
    memset(&got, 0, sizeof got);
    ok(store_get_numbered(view, THING, 1, &got));
    cr_assert(slice_equal(got.body, SLICE("body")));
    refused(store_get(view, OTHER, SLICE("alpha"), &got), ERR_NOT_FOUND);
    refused(store_get(view, THING, SLICE("alph"), &got), ERR_NOT_FOUND);
    refused(store_get_numbered(view, THING, 2, &got), ERR_NOT_FOUND);
    store_view_end(view);
}

/* Written by a batch of its own; what a view that begins then remembers. */
static int stays(const char *text)
{
    struct store_batch *batch = begin();
    struct store_view *view;
    struct slice body;
    int same = 1;

    put(batch, "a", text);
    ok(store_get_body(store_batch_view(batch), THING, 1, &body));
    same &= slice_equal(body, slice_of(text));
    ok(store_batch_commit(batch));
    view = look();
    for (int again = 0; again < 2; again++) {
        store_body_soon(view, 1);
        ok(store_get_body(view, THING, 1, &body));
        same &= slice_equal(body, slice_of(text));
        refused(store_get_body(view, OTHER, 1, &body), ERR_NOT_FOUND);
        refused(store_get_body(view, THING, 1 + 16384, &body), ERR_NOT_FOUND);
    }
    store_view_end(view);
    return same;
}

Test(store, a_body_that_a_view_remembers_is_that_of_its_own_snapshot)
{
    struct store_batch *batch;
    struct store_view *old, *new;
    struct slice body;

    cr_assert(stays("one"));
    cr_assert(stays("two"));
    old = look();
    ok(store_get_body(old, THING, 1, &body));
    cr_assert(stays("three"));
    ok(store_get_body(old, THING, 1, &body));
    cr_assert(slice_equal(body, SLICE("two")));
    store_view_end(old);
    batch = begin();
    ok(store_delete(batch, THING, SLICE("a"), none, NULL));
    ok(store_batch_commit(batch));
    new = look();
    refused(store_get_body(new, THING, 1, &body), ERR_NOT_FOUND);
    store_view_end(new);
}

Test(store, a_record_replaced_keeps_its_number_and_gets_a_new_revision)
{
    struct store_batch *batch = begin();
    struct record first = put(batch, "a", "one"), second;

    put(batch, "b", "other");
    second = put(batch, "a", "a longer body");
    ok(store_batch_commit(batch));
    cr_assert_eq(second.number, first.number);
    cr_assert_eq(second.revision, 3);
    cr_assert_str_eq(held("a"), "a longer body");
    cr_assert_eq(facts().records[THING], 2);
}

/* So many that some of them fall on one place of what a view keeps. */
#define MANY 3000

static void put_many(unsigned round)
{
    struct store_batch *batch = begin();
    char id[16], body[32];

    for (unsigned i = 0; i < MANY; i++)
        for (unsigned entity = THING; entity <= OTHER;
             entity += OTHER - THING) {
            snprintf(id, sizeof id, "id-%u", i);
            snprintf(body, sizeof body, "%u %u %u", round, entity, i);
            ok(store_put(batch, entity, slice_of(id), none, 1, slice_of(body),
                         NULL));
        }
    ok(store_batch_commit(batch));
}

/* As of ROUND, each asked for twice. */
static void get_many(struct store_view *view, unsigned round)
{
    struct record got;
    char id[16], body[32];

    for (unsigned i = 0; i < 4 * MANY; i++) {
        unsigned entity = i & 1 ? THING : OTHER;

        snprintf(id, sizeof id, "id-%u", i / 4);
        snprintf(body, sizeof body, "%u %u %u", round, entity, i / 4);
        ok(store_get(view, entity, slice_of(id), &got));
        cr_assert(slice_equal(got.body, slice_of(body)), "%s is not %s", id,
                  body);
    }
}

Test(store, a_record_got_again_is_that_of_its_snapshot)
{
    struct store_view *before, *view;
    struct store_batch *batch;
    struct record got;

    put_many(1);
    before = look();
    get_many(before, 1);
    put_many(2);
    view = look();
    get_many(view, 2);
    get_many(before, 1);
    store_view_end(before);
    store_view_end(view);
    batch = begin();
    ok(store_delete(batch, THING, SLICE("id-7"), none, NULL));
    refused(store_get(store_batch_view(batch), THING, SLICE("id-7"), &got),
            ERR_NOT_FOUND);
    ok(store_batch_commit(batch));
    view = look();
    refused(store_get(view, THING, SLICE("id-7"), &got), ERR_NOT_FOUND);
    ok(store_get(view, OTHER, SLICE("id-7"), &got));
    store_view_end(view);
}

Test(store, a_number_is_never_given_twice)
{
    struct store_batch *batch = begin();
    uint64_t revision = 0;
    uint32_t number = put(batch, "a", "one").number;
    struct record record;

    ok(store_delete(batch, THING, SLICE("a"), none, &revision));
    cr_assert_eq(revision, 2);
    refused(store_get(store_batch_view(batch), THING, SLICE("a"), &record),
            ERR_NOT_FOUND);
    refused(store_delete(batch, THING, SLICE("a"), none, NULL), ERR_NOT_FOUND);
    ok(store_batch_commit(batch));
    cr_assert_eq(facts().records[THING], 0);
    reopen();
    batch = begin();
    cr_assert_eq(put(batch, "a", "again").number, number + 1);
    store_batch_abort(batch);
}

Test(store, records_come_in_byte_order_of_ids)
{
    static const char *const ids[] = {"b", "a", "ab", "\xc3\xa9", "Z", "a-1"};
    static const char *const order[] = {"Z", "a", "a-1", "ab", "b", "\xc3\xa9"};
    struct store_batch *batch = begin();
    struct store_view *view = store_batch_view(batch);
    struct slice id = none;
    struct record record;

    for (size_t i = 0; i < 6; i++)
        put(batch, ids[i], ids[i]);
    ok(store_put(batch, OTHER, SLICE("a"), none, 1, none, NULL));
    ok(store_put(batch, THING - 1, SLICE("zzz"), none, 1, none, NULL));
    for (size_t i = 0; i < 6; i++) {
        ok(store_next(view, THING, id, &id, &record));
        cr_assert(slice_equal(id, slice_of(order[i])), "%zu", i);
        cr_assert(slice_equal(record.body, slice_of(order[i])));
    }
    refused(store_next(view, THING, id, &id, &record), ERR_NOT_FOUND);
    store_batch_abort(batch);
}

Test(store, the_next_id_after_one_that_is_too_long_is_right)
{
    char text[101];
    struct store_batch *batch = begin();
    struct store_view *view = store_batch_view(batch);
    struct slice id;
    struct record record;

    memset(text, 'm', sizeof text);
    ok(store_put(batch, THING, (struct slice){text, 64}, none, 1, none, NULL));
    put(batch, "n", "");
    ok(store_next(view, THING, (struct slice){text, 63}, &id, &record));
    cr_assert_eq(id.len, 64);
    ok(store_next(view, THING, (struct slice){text, 100}, &id, &record));
    cr_assert(slice_equal(id, SLICE("n")));
    store_batch_abort(batch);
}

Test(store, records_come_in_order_of_numbers)
{
    struct store_batch *batch = begin();
    struct store_view *view = store_batch_view(batch);
    struct record record = {0};

    put(batch, "c", "1");
    put(batch, "b", "2");
    put(batch, "a", "3");
    ok(store_put(batch, OTHER, SLICE("x"), none, 1, none, NULL));
    ok(store_delete(batch, THING, SLICE("b"), none, NULL));
    ok(store_next_numbered(view, THING, 0, &record));
    cr_assert_eq(record.number, 1);
    ok(store_next_numbered(view, THING, 1, &record));
    cr_assert_eq(record.number, 3);
    cr_assert(slice_equal(record.body, SLICE("3")));
    refused(store_next_numbered(view, THING, 3, &record), ERR_NOT_FOUND);
    refused(store_next_numbered(view, THING, UINT32_MAX, &record),
            ERR_NOT_FOUND);
    store_batch_abort(batch);
}

Test(store, ids_and_bodies_beyond_their_bounds_are_refused_and_spoil_nothing)
{
    static char big[STORE_RECORD_MAX + 1];
    struct store_batch *batch = begin();
    struct record record;

    refused(store_put(batch, THING, none, none, 1, none, NULL), ERR_BAD_ID);
    refused(
        store_put(batch, THING, (struct slice){big, 65}, none, 1, none, NULL),
        ERR_BAD_ID);
    refused(store_put(batch, THING, SLICE("a"), none, 1,
                      (struct slice){big, sizeof big}, NULL),
            ERR_TOO_LARGE);
    cr_assert_eq(store_batch_changes(batch), 0);
    ok(store_put(batch, THING, SLICE("a"), none, 255,
                 (struct slice){big, STORE_RECORD_MAX}, NULL));
    ok(store_put(batch, THING, (struct slice){big, 64}, none, 0, none, NULL));
    ok(store_get(store_batch_view(batch), THING, SLICE("a"), &record));
    cr_assert_eq(record.body.len, STORE_RECORD_MAX);
    cr_assert_eq(record.version, 255);
    ok(store_batch_commit(batch));
}

/* ---- Batches and views -------------------------------------------------- */

Test(store, an_aborted_batch_leaves_nothing)
{
    struct store_batch *batch = begin();

    put(batch, "a", "one");
    cr_assert_gt(store_batch_changes(batch), 0);
    store_batch_abort(batch);
    cr_assert_str_eq(held("a"), "");
    cr_assert_eq(journal_length(), 0);
    cr_assert_eq(facts().records[THING], 0);
}

Test(store, an_empty_batch_commits)
{
    ok(store_batch_commit(begin()));
    cr_assert_eq(facts().revision, 0);
}

struct reader {
    const char *expected;
    int right;
};

static void *on_read(void *context)
{
    struct reader *reader = context;

    reader->right = strcmp(held("a"), reader->expected) == 0;
    return NULL;
}

static int another_thread_reads(const char *expected)
{
    struct reader reader = {expected, 0};
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, on_read, &reader), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    return reader.right;
}

Test(store, a_view_stays_as_it_was_while_batches_commit)
{
    struct store_batch *batch;
    struct store_view *view;
    struct record record;

    put_alone("a", "old");
    view = look();
    batch = begin();
    put(batch, "a", "new");
    ok(store_get(store_batch_view(batch), THING, SLICE("a"), &record));
    cr_assert(slice_equal(record.body, SLICE("new")));
    cr_assert(another_thread_reads("old"), "uncommitted, and seen");
    ok(store_batch_commit(batch));
    cr_assert(another_thread_reads("new"));
    for (int i = 0; i < 50; i++)
        put_alone("a", "newer and newer");
    ok(store_get(view, THING, SLICE("a"), &record));
    cr_assert(slice_equal(record.body, SLICE("old")));
    cr_assert_eq(store_view_revision(view), 1);
    store_view_end(view);
}

static atomic_int stop_reading;

/* Two records are always changed together: no view sees one without the
 * other. */
static void *on_compare(void *context)
{
    unsigned *torn = context;

    while (!stop_reading) {
        struct store_view *view = look();
        struct record a, b;

        ok(store_get(view, THING, SLICE("a"), &a));
        ok(store_get(view, THING, SLICE("b"), &b));
        *torn += !slice_equal(a.body, b.body);
        store_view_end(view);
    }
    return NULL;
}

static void put_pair(unsigned n)
{
    struct store_batch *batch = begin();
    char text[20];

    snprintf(text, sizeof text, "%u", n);
    put(batch, "a", text);
    put(batch, "b", text);
    ok(store_batch_commit(batch));
}

Test(store, no_reader_sees_half_a_batch)
{
    unsigned torn[2] = {0, 0};
    pthread_t threads[2];

    put_pair(0);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, on_compare, &torn[i]),
                     0);
    for (unsigned n = 1; n <= 200; n++) {
        put_pair(n);
        if (n % 50 == 0)
            ok(store_compact(store));
    }
    stop_reading = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(torn[0] + torn[1], 0);
}

Test(store, more_views_than_slots_are_refused_and_do_no_harm)
{
    struct store_view *views[400];
    size_t n = 0;
    enum err e = ERR_NONE;

#ifdef __SANITIZE_THREAD__
    cr_skip_test("ThreadSanitizer counts 64 locks held for reading");
#endif
    while (n < 400 && !(e = store_view_begin(store, &views[n])))
        n++;
    refused(e, ERR_BUSY);
    cr_assert_gt(n, 100);
    while (n > 0)
        store_view_end(views[--n]);
    cr_assert_str_eq(held("a"), "");
}

/* Views are begun again: on what is there then, and without holding what was
 * there before. */
Test(store, an_ended_view_holds_no_pages)
{
    struct store_view *views[3];
    uint64_t used;

    put_alone("a", "0");
    for (int i = 0; i < 3; i++)
        views[i] = look();
    for (int i = 0; i < 3; i++)
        store_view_end(views[i]);
    for (int i = 0; i < 10; i++)
        put_alone("a", "1");
    used = facts().map_used;
    for (int i = 0; i < 100; i++) {
        put_alone("a", i % 2 ? "even" : "odd");
        cr_assert_str_eq(held("a"), i % 2 ? "even" : "odd");
        cr_assert_eq(facts().revision, 12 + (uint64_t)i);
    }
    cr_assert_lt(facts().map_used, 2 * used);
}

Test(store, statistics_say_what_is_there)
{
    struct store_view *view;
    struct store_facts f;
    int cleared = -1;

    put_alone("a", "1");
    put_alone("b", "2");
    f = facts();
    cr_assert_eq(strlen(f.uuid), 36);
    cr_assert_eq(f.revision, 2);
    cr_assert_eq(f.generation, 1);
    cr_assert_eq(f.rebuilding, 0);
    cr_assert_eq(f.records[THING], 2);
    cr_assert_eq(f.records[OTHER], 0);
    cr_assert_eq(f.map_size, STORE_MAP_BYTES);
    cr_assert(f.map_used > 0 && f.map_used < f.map_size);
    view = look();
    ok(store_stat(view, &f));
    cr_assert_geq(f.readers, 1);
    store_view_end(view);
    ok(store_check_readers(store, &cleared));
    cr_assert_eq(cleared, 0);
}

/* Another process (an operator's mdb_copy, say) holds a snapshot of the store
 * when it says so, and does nothing more. */
static void hold_snapshot(int say)
{
    char path[PATH_MAX + 8];
    MDB_txn *txn;
    MDB_env *env;

    snprintf(path, sizeof path, "%s/env-1", dir);
    if (!mdb_env_create(&env) && !mdb_env_set_maxdbs(env, 16) &&
        !mdb_env_open(env, path, MDB_RDONLY, 0600) &&
        !mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) && write(say, "!", 1) == 1)
        for (;;)
            pause();
    _exit(1);
}

static uint64_t used_after_writes(void)
{
    for (int i = 0; i < 100; i++)
        put_alone("a", i % 2 ? "even" : "odd");
    return facts().map_used;
}

Test(store, a_reader_killed_with_its_snapshot_is_cleared)
{
    uint64_t before, held_back;
    int ends[2], cleared = -1;
    char said;
    pid_t pid;

    before = used_after_writes();
    cr_assert_eq(pipe(ends), 0);
    cr_assert_geq(pid = fork(), 0);
    if (pid == 0)
        hold_snapshot(ends[1]);
    cr_assert_eq(read(ends[0], &said, 1), 1);
    ok(store_check_readers(store, &cleared));
    cr_assert_eq(cleared, 0, "it lives");
    held_back = used_after_writes();
    cr_assert_gt(held_back, before, "nothing that it sees is written over");
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
    close(ends[1]);
    ok(store_check_readers(store, &cleared));
    cr_assert_eq(cleared, 1);
    ok(store_check_readers(store, &cleared));
    cr_assert_eq(cleared, 0, "it was cleared");
    cr_assert_leq(used_after_writes(), held_back, "its pages are used again");
}

/* ---- Journal ------------------------------------------------------------ */

Test(store, the_journal_tells_every_change_in_order)
{
    struct store_batch *batch = begin();
    struct store_view *view;
    struct event event;

    store_batch_time(batch, 1234567890123);
    put(batch, "a", "1");
    ok(store_put(batch, OTHER, SLICE("p"), none, 1, none, NULL));
    ok(store_delete(batch, THING, SLICE("a"), SLICE("gone"), NULL));
    ok(store_batch_commit(batch));
    put_alone("a", "2");
    cr_assert_eq(journal_length(), 4);

    view = look();
    ok(store_event_next(view, 0, &event));
    cr_assert_eq(event.kind, EVENT_PUT);
    cr_assert_eq(event.entity, THING);
    cr_assert_eq(event.number, 1);
    cr_assert_eq(event.time_ms, 1234567890123);
    cr_assert(slice_equal(event.label, SLICE("a")));
    ok(store_event_next(view, 1, &event));
    cr_assert_eq(event.entity, OTHER);
    cr_assert_eq(event.label.len, 0);
    ok(store_event_next(view, 2, &event));
    cr_assert_eq(event.kind, EVENT_DELETE);
    cr_assert_eq(event.number, 1);
    cr_assert(slice_equal(event.label, SLICE("gone")));
    ok(store_event_next(view, 3, &event));
    cr_assert_eq(event.number, 2);
    cr_assert_eq(event.time_ms, 0);
    refused(store_event_next(view, 4, &event), ERR_NOT_FOUND);
    refused(store_event_next(view, UINT64_MAX, &event), ERR_NOT_FOUND);
    store_view_end(view);
}

/* ---- Idempotency -------------------------------------------------------- */

static void once_put(struct store_batch *batch, const char *caller,
                     const char *key, const char *reply, int64_t time_ms)
{
    struct once once = {.hash = {7}, .reply = slice_of(reply)};

    store_batch_time(batch, time_ms);
    ok(store_once_put(batch, slice_of(caller), slice_of(key), &once));
}

static int once_is(struct store_batch *batch, const char *caller,
                   const char *key, const char *reply)
{
    struct once once;
    enum err e = store_once_get(store_batch_view(batch), slice_of(caller),
                                slice_of(key), &once);

    if (e == ERR_NOT_FOUND)
        return reply == NULL;
    ok(e);
    return reply && once.hash[0] == 7 &&
           slice_equal(once.reply, slice_of(reply));
}

Test(store, a_reply_is_kept_by_caller_and_key)
{
    struct store_batch *batch = begin();

    once_put(batch, "me", "k1", "reply", 10);
    cr_assert(once_is(batch, "me", "k1", "reply"));
    cr_assert(once_is(batch, "m", "ek1", NULL), "names run together");
    cr_assert(once_is(batch, "you", "k1", NULL));
    once_put(batch, "me", "k1", "another", 20);
    once_put(batch, "", "k1", "", 20);
    ok(store_batch_commit(batch));
    reopen();
    batch = begin();
    cr_assert(once_is(batch, "me", "k1", "another"));
    cr_assert(once_is(batch, "", "k1", ""));
    store_batch_abort(batch);
}

Test(store, replies_are_forgotten_by_age)
{
    struct store_batch *batch = begin();

    once_put(batch, "me", "a", "1", -5);
    once_put(batch, "me", "b", "2", 10);
    once_put(batch, "me", "c", "3", 20);
    once_put(batch, "me", "d", "4", 5);
    once_put(batch, "me", "d", "4 later", 30);
    ok(store_once_expire(batch, 20, 1));
    cr_assert(once_is(batch, "me", "a", NULL));
    cr_assert(once_is(batch, "me", "b", "2"));
    ok(store_once_expire(batch, 20, 100));
    cr_assert(once_is(batch, "me", "b", NULL));
    cr_assert(once_is(batch, "me", "c", "3"), "20 is not before 20");
    cr_assert(once_is(batch, "me", "d", "4 later"), "kept at its new age");
    ok(store_once_expire(batch, INT64_MAX, 100));
    cr_assert(once_is(batch, "me", "d", NULL));
    ok(store_once_expire(batch, INT64_MAX, 100));
    store_batch_abort(batch);
}

Test(store, the_hash_sees_where_a_part_ends)
{
    const struct slice ab_c[] = {SLICE("ab"), SLICE("c")};
    const struct slice a_bc[] = {SLICE("a"), SLICE("bc")};
    const struct slice abc[] = {SLICE("abc"), SLICE("")};
    unsigned char h[4][16];

    store_hash(ab_c, 2, h[0]);
    store_hash(a_bc, 2, h[1]);
    store_hash(abc, 2, h[2]);
    store_hash(abc, 1, h[3]);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            cr_assert_neq(memcmp(h[i], h[j], 16), 0, "%d and %d", i, j);
    store_hash(ab_c, 2, h[1]);
    cr_assert_eq(memcmp(h[0], h[1], 16), 0);
}
