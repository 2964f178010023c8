/*
 * Every constructor survives each allocation that fails: it says so, and
 * leaves nothing behind.  The linker puts these functions in the place of the
 * allocator's for this suite alone, so production code carries no hook; what
 * LMDB and the C library allocate for themselves is not counted.
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/dispatch.h"
#include "protocol/arena.h"
#include "store/private.h"
#include "tests/support/fresh.h"

/* ---- The allocator ------------------------------------------------------ */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *pointer);
char *__real_strdup(const char *text);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *pointer);
char *__wrap_strdup(const char *text);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static long countdown = -1; /* allocations before the one that fails */
static int failed;          /* it has */
static int starved;         /* each fails */
static long live;           /* allocations not yet freed */

static int fails(void)
{
    if (starved)
        return 1;
    if (countdown < 0 || countdown-- > 0)
        return 0;
    return failed = 1;
}

void *__wrap_malloc(size_t size)
{
    void *pointer = fails() ? NULL : __real_malloc(size);

    live += pointer != NULL;
    return pointer;
}

void *__wrap_calloc(size_t n, size_t size)
{
    void *pointer = fails() ? NULL : __real_calloc(n, size);

    live += pointer != NULL;
    return pointer;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    void *pointer = fails() ? NULL : __real_aligned_alloc(alignment, size);

    live += pointer != NULL;
    return pointer;
}

void *__wrap_realloc(void *old, size_t size)
{
    void *pointer = fails() ? NULL : __real_realloc(old, size);

    live += !old && pointer;
    return pointer;
}

void __wrap_free(void *pointer)
{
    live -= pointer != NULL;
    __real_free(pointer);
}

char *__wrap_strdup(const char *text)
{
    char *copy = fails() ? NULL : __real_strdup(text);

    live += copy != NULL;
    return copy;
}

static void fault_at(long n)
{
    countdown = n;
    failed = 0;
}

/* Disarm; did the fault strike? */
static int fault_over(void)
{
    countdown = -1;
    return failed;
}

/* ---- Constructors ------------------------------------------------------- */

static char dir[PATH_MAX];

static void make_store(void)
{
    unsigned char row[INDEX_SIDE] = "side";
    struct store_batch *batch;
    struct store *store;

    fresh_dir(dir);
    store = fresh_init(dir, 0);
    ok(store_batch_begin(store, &batch));
    ok(store_put(batch, 1, SLICE("a"), SLICE(""), 1, SLICE("body"), NULL));
    ok(store_reference_stage(batch, "sectors", 1, SLICE("Jardins\tVert\n")));
    ok(store_reference_switch(batch, "sectors", "v1", "a test"));
    /* Its key is held in memory from the opening on. */
    ok(index_side_put(batch, INDEX_PEOPLE, 1, 7, row));
    ok(store_batch_commit(batch));
    store_close(store);
}

static void remove_store(void)
{
    fresh_remove(dir);
}

TestSuite(fault, .init = make_store, .fini = remove_store, .timeout = 300);

/* The allocation to fail after the N-th: the next.  Under ThreadSanitizer,
 * which takes half an hour for all of them and finds none of its errors where
 * there is one thread, farther and farther ones. */
static long next_fault(long n)
{
#ifdef __SANITIZE_THREAD__
    n += n / 8;
#endif
    return n + 1;
}

/* ATTEMPT builds something and, when that went well, takes it away again. */
static void every_allocation(enum err (*attempt)(void *context), void *context)
{
    long before = live;
    long n = 0;
    enum err e;

    for (;; n = next_fault(n)) {
        fault_at(n);
        e = attempt(context);
        if (!fault_over())
            break;
        cr_assert_eq(e, ERR_NOMEM, "allocation %ld: %s", n, err_name(e));
        cr_assert_eq(live, before, "leak when allocation %ld fails", n);
    }
    ok(e);
    cr_assert_eq(live, before, "leak when none fails");
    cr_assert_gt(n, 0, "nothing was allocated");
}

static enum err open_and_close(void *context)
{
    const struct store_options *options = context;
    struct store *store = NULL;
    enum err e = store_open(dir, options, &store);

    store_close(store);
    return e;
}

Test(fault, opening_a_store)
{
    struct store_options options = {.init = 0};

    every_allocation(open_and_close, &options);
}

/* A store that could not be made leaves an empty directory to try again. */
static enum err create_and_remove(void *context)
{
    struct store_options options = {.init = 1};
    struct store *store = NULL;
    const char *fresh = context;
    enum err e = store_open(fresh, &options, &store);

    if (e) {
        cr_assert_eq(rmdir(fresh), 0, "something was left behind");
        cr_assert_eq(mkdir(fresh, 0700), 0);
        return e;
    }
    store_close(store);
    return e;
}

Test(fault, creating_a_store)
{
    char fresh[PATH_MAX];

    fresh_dir(fresh);
    every_allocation(create_and_remove, fresh);
    fresh_remove(fresh);
}

/* A store without the views that it keeps to begin them again: what begins
 * one allocates, and takes it away in the end. */
static struct store *open_bare(void)
{
    struct store *store = fresh_open(dir);

    store_view_drop_idle(store);
    return store;
}

static enum err view_and_read(void *context)
{
    struct store_view *view = NULL;
    struct index_reader *reader = NULL;
    enum err e = store_view_begin(context, &view);

    if (!e)
        e = index_reader_begin(view, INDEX_PEOPLE, &reader);
    index_reader_end(reader);
    store_view_end(view);
    store_view_drop_idle(context);
    return e;
}

Test(fault, looking_into_a_store)
{
    struct store *store = open_bare();

    every_allocation(view_and_read, store);
    store_close(store);
}

static enum err write_and_abort(void *context)
{
    struct store *store = context;
    struct store_batch *batch = NULL;
    struct once once = {.reply = SLICE("reply")};
    struct posting posting = {.code = 1, .where = 2, .number = 3};
    unsigned char row[INDEX_SIDE] = "row";
    enum err e = store_batch_begin(store, &batch);

    if (!e)
        e = store_put(batch, 1, SLICE("b"), SLICE(""), 1, SLICE("x"), NULL);
    if (!e)
        e = store_once_put(batch, SLICE("me"), SLICE("k"), &once);
    if (!e)
        e = index_build_begin(batch);
    if (!e)
        e = index_put(batch, INDEX_PEOPLE, &posting);
    if (!e)
        e = index_side_put(batch, INDEX_PEOPLE, 3, 9, row);
    store_batch_abort(batch);
    /* Places are kept until the map moves. */
    addresses_clear(store->blocks);
    addresses_clear(store->sides);
    return e;
}

Test(fault, writing_a_batch)
{
    struct store *store = fresh_open(dir);

    every_allocation(write_and_abort, store);
    store_close(store);
}

/* Room for a key stays with the store, so this one cannot be taken back. */
Test(fault, a_key_without_room_in_memory_spoils_its_batch)
{
    unsigned char row[INDEX_SIDE] = "row";
    struct store *store = fresh_open(dir);
    struct store_batch *batch = NULL;

    ok(store_batch_begin(store, &batch));
    fault_at(0);
    refused(index_side_put(batch, INDEX_PEOPLE, 1000000, 9, row), ERR_NOMEM);
    cr_assert(fault_over());
    refused(store_batch_commit(batch), ERR_NOMEM);
    ok(store_batch_begin(store, &batch));
    ok(index_side_put(batch, INDEX_PEOPLE, 1000000, 9, row));
    ok(store_batch_commit(batch));
    store_close(store);
    cr_assert_eq(live, 0);
}

static enum err derive(void *context, struct index_build *build,
                       unsigned entity, const struct record *record)
{
    unsigned char row[INDEX_SIDE] = "row";
    enum err e = ERR_NONE;

    (void)context, (void)entity;
    /* So many codes that the table of lists grows. */
    for (uint32_t code = 0; code < 600 && !e; code++) {
        struct posting posting = {.code = code, .number = record->number};

        e = index_build_posting(build, INDEX_LOTS, &posting);
    }
    return e ? e
             : index_build_side(build, INDEX_PEOPLE, record->number, 7, row);
}

/* Up to its first transaction, which it does not commit. */
static enum err build_and_close(void *context)
{
    struct store_batch *batch = NULL;
    struct index_build *build = NULL;
    enum err e = index_build_open(context, &build);
    int done;

    if (!e)
        e = index_build_gather(build, derive, NULL, 10, &done);
    if (!e)
        e = index_build_sort(build);
    if (!e)
        e = store_batch_begin(context, &batch);
    if (!e)
        e = index_build_write(build, batch, SIZE_MAX, &done);
    store_batch_abort(batch);
    index_build_close(build);
    return e;
}

Test(fault, building_a_generation)
{
    struct store *store = fresh_open(dir);
    struct store_batch *batch = NULL;

    ok(store_batch_begin(store, &batch));
    ok(index_build_begin(batch));
    ok(store_batch_commit(batch));
    every_allocation(build_and_close, store);
    store_close(store);
}

/* The tables of the store are those of before, or the new ones, whole. */
static enum err import(void *context)
{
    struct store *store = context;
    struct store_batch *batch;
    struct store_view *view;
    uint64_t before, after;
    enum err e;

    if ((e = store_batch_begin(store, &batch)))
        return e;
    before = store_view_revision(store_batch_view(batch));
    ok(store_reference_stage(batch, "sectors", 1, SLICE("Eau\tBleu\n")));
    ok(store_reference_switch(batch, "sectors", "v2", "a test"));
    e = store_batch_commit(batch);
    countdown = -1;
    ok(store_view_begin(store, &view));
    after = store_view_revision(view);
    store_view_end(view);
    cr_assert_eq(after, before + !e);
    return e;
}

static long struck(void)
{
    return fault_over();
}

Test(fault, importing_a_table)
{
    struct store *store = fresh_open(dir);
    long n = 0;
    enum err e;

    /* A success keeps its tables, so only the failures must leave all as it
     * was. */
    for (;; n = next_fault(n)) {
        long before = live;

        fault_at(n);
        e = import(store);
        if (!struck())
            break;
        cr_assert_eq(e, ERR_NOMEM, "allocation %ld: %s", n, err_name(e));
        cr_assert_eq(live, before, "leak when allocation %ld fails", n);
    }
    ok(e);
    cr_assert_gt(n, 3);
    store_close(store);
    cr_assert_eq(live, 0);
}

static enum err compact(void *context)
{
    enum err e = store_compact(context);

    store_view_drop_idle(context);
    return e;
}

static enum err copy(void *context)
{
    char to[PATH_MAX];
    enum err e;

    fresh_dir(to);
    e = store_copy(context, to);
    store_view_drop_idle(context);
    fresh_remove(to);
    return e;
}

Test(fault, compacting_and_copying_a_store)
{
    struct store *store = open_bare();
    struct store_view *view;
    struct record record;

    every_allocation(compact, store);
    every_allocation(copy, store);
    ok(store_view_begin(store, &view));
    ok(store_get(view, 1, SLICE("a"), &record));
    store_view_end(view);
    store_close(store);
}

static enum err tables(void *context)
{
    struct reference *reference = NULL;
    enum err e = reference_new(context, 1, &reference);

    reference_free(reference);
    return e;
}

Test(fault, building_the_reference_tables)
{
    struct reference_import sectors = {"sectors", "v", "s",
                                       SLICE("Jardins\tVert\n")};

    every_allocation(tables, &sectors);
}

static enum err arena_use(void *context)
{
    struct arena *arena = arena_new(1 << 20);
    struct slice text = {context, 5};
    enum err e = ERR_NOMEM;

    if (arena && arena_alloc(arena, 100) && arena_array(arena, 1000, 100) &&
        arena_copy(arena, text).data && arena_alloc(arena, 300000))
        e = ERR_NONE;
    arena_free(arena);
    return e;
}

Test(fault, an_arena)
{
    char text[] = "hello";

    every_allocation(arena_use, text);
}

/* What a request has grown to is no reason. */
Test(fault, who_asks_is_refused_without_memory)
{
    static const char much[200000];
    struct requests home = {0};

    ok(requests_begin(&home));
    for (int i = 0; i < 2; i++) {
        struct request *r;

        starved = 1;
        r = request_new(&home);
        starved = 0;
        cr_assert_not_null(r);
        starved = 1;
        dispatch_refuse(r, ERR_NOMEM);
        dispatch_finish(r, 0);
        starved = 0;
        cr_assert_gt(r->reply_body.len, 0);
        cr_assert_gt(r->reply_header.len, 0);
        ok(buffer_add(&r->reply_body, much, sizeof much));
        starved = i;
        request_free(r);
        starved = 0;
    }
    requests_drop(&home);
}
