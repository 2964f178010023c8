/*
 * The journal's chain: what was changed in the file behind the store's back is
 * found, and what is found says where.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "store/private.h"
#include "tests/support/opened.h"

#define EVENTS 3000
#define HEAD (CHAIN_BYTES + CHAIN_EVENT_HEAD)

static void put_events(void)
{
    char id[20];

    for (unsigned i = 0; i < EVENTS;) {
        struct store_batch *batch = begin();

        store_batch_time(batch, 1000 + i);
        for (unsigned end = i + 500; i < end; i++) {
            snprintf(id, sizeof id, "id-%u", i);
            put(batch, id, "body");
        }
        ok(store_batch_commit(batch));
    }
}

static void begin_journal(void)
{
    open_fresh();
    put_events();
}

TestSuite(journal, .init = begin_journal, .fini = close_fresh, .timeout = 120);

/* ---- The chain as it is documented -------------------------------------- */

/* Computed apart, in Python: hashlib.blake2b(digest_size=32). */
Test(journal, the_hash_is_that_of_the_page)
{
    unsigned char hash[CHAIN_BYTES] = {0}, head[CHAIN_EVENT_HEAD];
    char hex[CHAIN_HEX + 1];

    chain_event_head(head, 1763900000123, EVENT_PUT, 1, 7);
    chain_next(hash, 1, head, SLICE("M-1"));
    chain_write_hex(hash, hex);
    cr_assert_str_eq(
        hex,
        "3132bbe0c4b39aac872c9d48914f0242654dd37a4c9962fdfaa720a361ac6b28");
    chain_event_head(head, -1, EVENT_DELETE, 2, 0xffffffff);
    chain_next(hash, 2, head, SLICE(""));
    chain_write_hex(hash, hex);
    cr_assert_str_eq(
        hex,
        "19800e6572e3d99506501565422f0112ebcde50521f80ecfb3e84d64160d5fbb");
}

Test(journal, a_hash_is_read_as_it_is_written)
{
    unsigned char hash[CHAIN_BYTES];
    char hex[CHAIN_HEX + 1] = "", *at = hex;

    for (int i = 0; i < CHAIN_BYTES; i++, at += 2)
        snprintf(at, 3, "%02x", 255 - i);
    cr_assert(chain_read_hex(slice_of(hex), hash));
    cr_assert_eq(hash[1], 254);
    cr_assert(!chain_read_hex((struct slice){hex, 62}, hash));
    hex[0] = 'F';
    cr_assert(!chain_read_hex(slice_of(hex), hash), "upper case");
    hex[0] = 'x';
    cr_assert(!chain_read_hex(slice_of(hex), hash), "no digit");
}

Test(journal, its_end_is_in_the_figures_and_survives_opening)
{
    struct store_facts before = facts();
    struct store_view *view = look();
    struct event event;

    ok(store_event_next(view, EVENTS - 1, &event));
    cr_assert_eq(memcmp(event.hash, before.chain, CHAIN_BYTES), 0);
    store_view_end(view);
    reopen();
    cr_assert_eq(memcmp(facts().chain, before.chain, CHAIN_BYTES), 0);
    ok(store_compact(store));
    cr_assert_eq(memcmp(facts().chain, before.chain, CHAIN_BYTES), 0);
}

Test(journal, an_aborted_batch_leaves_the_chain_as_it_was)
{
    struct store_facts before = facts();
    struct store_batch *batch = begin();
    struct store_audit audit;
    struct store_view *view;

    put(batch, "not-kept", "body");
    store_batch_abort(batch);
    put_alone("kept", "body");
    cr_assert_eq(facts().revision, before.revision + 1);
    view = look();
    ok(store_audit(view, &audit));
    store_view_end(view);
}

/* Clocks go back; the journal does not. */
Test(journal, order_is_that_of_commits_whatever_the_clock_says)
{
    static const int64_t clocks[] = {5000, -1, INT64_MAX, 0, INT64_MIN, 7};
    struct store_view *view;
    struct store_audit audit;
    struct event event;

    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct store_batch *batch = begin();

        store_batch_time(batch, clocks[i]);
        put(batch, "x", "body");
        ok(store_batch_commit(batch));
    }
    view = look();
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        ok(store_event_next(view, EVENTS + i, &event));
        cr_assert_eq(event.revision, EVENTS + i + 1);
        cr_assert_eq(event.time_ms, clocks[i]);
    }
    ok(store_audit(view, &audit));
    cr_assert_eq(audit.events, EVENTS + 6);
    store_view_end(view);
}

/* ---- What was changed is found ------------------------------------------ */

enum harm { FLIP, HASH, SWAP, GAP, CUT, GROWN, LONGER, MOVED };

struct tampering {
    char what[60];
    enum harm harm;
    uint64_t at;
    unsigned byte;
    int seen_at_start; /* by the quick check too */
};

static struct slice key_of(unsigned char key[8], uint64_t revision)
{
    return store_bytes(key, store_put64(key, revision));
}

static size_t value_of(struct store_batch *batch, uint64_t revision,
                       unsigned char out[200])
{
    unsigned char key[8];
    struct slice value;

    ok(store_read(store_batch_view(batch), DB_JOURNAL, key_of(key, revision),
                  &value));
    memcpy(out, value.data, value.len);
    return value.len;
}

static void set_value(struct store_batch *batch, uint64_t revision,
                      const unsigned char *bytes, size_t len)
{
    unsigned char key[8];
    struct slice part = {(const char *)bytes, len};

    ok(store_write(batch, DB_JOURNAL, key_of(key, revision), &part, 1, 0));
}

static void drop(struct store_batch *batch, uint64_t revision)
{
    unsigned char key[8];

    ok(store_remove(batch, DB_JOURNAL, key_of(key, revision)));
}

static void tamper(const struct tampering *row)
{
    unsigned char a[200], b[200];
    struct store_batch *batch = begin();
    struct store_state *state = &batch->view.state;
    size_t n = value_of(batch, row->at, a), m;

    switch (row->harm) {
    case FLIP:
        a[row->byte] ^= 1;
        set_value(batch, row->at, a, n);
        break;
    case HASH:
        set_value(batch, row->at, a, n); /* or nothing would be written */
        state->chain[0] ^= 1;
        break;
    case SWAP:
        m = value_of(batch, row->at + 1, b);
        set_value(batch, row->at, b, m);
        set_value(batch, row->at + 1, a, n);
        break;
    case GAP:
        drop(batch, row->at);
        break;
    case CUT: /* and the counter with it */
        drop(batch, row->at);
        state->revision = row->at - 1;
        break;
    case GROWN: /* a copy of it at the end */
        set_value(batch, EVENTS + 1, a, n);
        state->revision = EVENTS + 1;
        break;
    case LONGER:
        a[n] = 'x';
        set_value(batch, row->at, a, n + 1);
        break;
    case MOVED: /* it and the next one, swapped with their hashes made good */
        m = value_of(batch, row->at + 1, b);
        value_of(batch, row->at - 1, a);
        memcpy(b, a, CHAIN_BYTES);
        chain_next(b, row->at, b + CHAIN_BYTES, store_bytes(b + HEAD, b + m));
        set_value(batch, row->at, b, m);
        break;
    }
    ok(store_batch_commit(batch));
}

ParameterizedTestParameters(journal, whatever_was_changed_is_found)
{
    static struct tampering rows[] = {
        {"a bit of its time, long ago", FLIP, 5, CHAIN_BYTES + 7, 0},
        {"of its kind", FLIP, 6, CHAIN_BYTES + 8, 0},
        {"of its entity", FLIP, 7, CHAIN_BYTES + 9, 0},
        {"of its number", FLIP, 8, CHAIN_BYTES + 13, 0},
        {"of its label", FLIP, 9, HEAD + 1, 0},
        {"of its hash", FLIP, 10, 31, 0},
        {"of the first event", FLIP, 1, HEAD, 0},
        {"of a late one", FLIP, EVENTS - 20, HEAD, 1},
        {"of the last one", FLIP, EVENTS, HEAD, 1},
        {"of the last hash", FLIP, EVENTS, 0, 1},
        {"of the hash in the state", HASH, 1, 0, 1},
        {"two neighbours swapped, long ago", SWAP, 40, 0, 0},
        {"two neighbours swapped, late", SWAP, EVENTS - 3, 0, 1},
        {"a gap, long ago", GAP, 50, 0, 0},
        {"a gap, late", GAP, EVENTS - 3, 0, 1},
        {"the first is gone", GAP, 1, 0, 0},
        {"the last is gone", GAP, EVENTS, 0, 1},
        {"the end cut, with the counter", CUT, EVENTS, 0, 1},
        {"an old event repeated at the end", GROWN, 30, 0, 1},
        {"a longer label", LONGER, 60, 0, 0},
        {"one put in another's place, chained anew", MOVED, 70, 0, 0},
    };

    return cr_make_param_array(struct tampering, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct tampering *row, journal, whatever_was_changed_is_found)
{
    const struct store_options options = {.read_only = 1};
    struct store_audit audit;
    struct store_view *view;
    enum err e;

    tamper(row);
    store_close(store);
    e = store_open(dir, &options, &store);
    if (row->seen_at_start) {
        store = NULL;
        cr_assert_eq(e, ERR_STORE_CORRUPT, "%s", row->what);
        return;
    }
    cr_assert_eq(e, ERR_NONE, "%s", row->what);
    view = look();
    cr_assert_eq(store_audit(view, &audit), ERR_STORE_CORRUPT, "%s", row->what);
    store_view_end(view);
}
