#include "tests/support/opened.h"

#include <stdio.h>

char dir[PATH_MAX];
struct store *store;

void open_fresh(void)
{
    fresh_dir(dir);
    store = fresh_init(dir, 0);
}

void close_fresh(void)
{
    store_close(store);
    store = NULL;
    fresh_remove(dir);
}

struct store_batch *begin(void)
{
    struct store_batch *batch = NULL;

    ok(store_batch_begin(store, &batch));
    return batch;
}

struct store_view *look(void)
{
    struct store_view *view = NULL;

    ok(store_view_begin(store, &view));
    return view;
}

void reopen(void)
{
    store_close(store);
    store = fresh_open(dir);
}

struct record put(struct store_batch *batch, const char *id, const char *body)
{
    struct record record;

    ok(store_put(batch, THING, slice_of(id), slice_of(id), 1, slice_of(body),
                 &record));
    return record;
}

void put_alone(const char *id, const char *body)
{
    struct store_batch *batch = begin();

    put(batch, id, body);
    ok(store_batch_commit(batch));
}

const char *held(const char *id)
{
    static char text[200];
    struct store_view *view = look();
    struct record record;
    enum err e = store_get(view, THING, slice_of(id), &record);

    text[0] = '\0';
    if (e != ERR_NOT_FOUND) {
        ok(e);
        snprintf(text, sizeof text, "%.*s", (int)record.body.len,
                 record.body.data);
    }
    store_view_end(view);
    return text;
}

struct store_facts facts(void)
{
    struct store_view *view = look();
    struct store_facts out;

    ok(store_stat(view, &out));
    store_view_end(view);
    return out;
}
