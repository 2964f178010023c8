/*
 * The journal as it is read: each input is what its events are in the store, a
 * byte for the length of each.  Reading them ends in events or in an error,
 * never in a read past the end; what was read is what was written.
 */
#include <string.h>

#include "store/private.h"
#include "tests/fuzz/fuzz.h"

#define EVENTS_MAX 40

/* Put the events of INPUT; how many. */
static uint64_t write_events(struct store_batch *batch, struct slice input)
{
    uint64_t n = 0;

    while (input.len && n < EVENTS_MAX) {
        size_t len = (unsigned char)input.data[0] % 120;
        struct slice event = {input.data + 1, input.len - 1};
        unsigned char key[8];

        event.len = len < event.len ? len : event.len;
        store_put64(key, ++n);
        must(!store_write(batch, DB_JOURNAL, store_bytes(key, key + 8), &event,
                          1, 0));
        input.data += 1 + event.len;
        input.len -= 1 + event.len;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct store_batch *batch;
    struct store_view *view;
    struct event event;
    uint64_t n;
    size_t told = 0;
    enum err e;

    must(!store_batch_begin(fuzz_store(), &batch));
    view = store_batch_view(batch);
    n = write_events(batch, input);
    view->state.revision = n;
    e = store_journal_check(view, UINT64_MAX);
    must(e == ERR_NONE || e == ERR_STORE_CORRUPT);
    for (uint64_t at = 0; at < n; at++) {
        e = store_event_next(view, at, &event);
        must(e == ERR_NONE || e == ERR_STORE_CORRUPT);
        if (e)
            continue;
        must(event.revision == at + 1);
        /* Every byte is read. */
        for (size_t i = 0; i < event.label.len; i++)
            told += (unsigned char)event.label.data[i];
    }
    must(store_event_next(view, n, &event) == ERR_NOT_FOUND);
    must(told <= size * 255);
    store_batch_abort(batch);
    return 0;
}
