/*
 * The journal: revision -> what happened.  Its keys are 1, 2, 3 and so on,
 * because only appending gives a revision, and a batch commits all or none.
 * Each hash covers the one before it (protocol/chain.h); the last one stands
 * in the state too.  Nothing is ever removed: an event takes some 70 bytes.
 *
 *   revision (8) -> hash (32), time (8), kind (1), entity (1), number (4),
 *                   label
 */
#include "store/private.h"

#define EVENT_HEAD (CHAIN_BYTES + CHAIN_EVENT_HEAD)

static struct slice event_key(unsigned char key[8], uint64_t revision)
{
    return store_bytes(key, store_put64(key, revision));
}

enum err store_event_append(struct store_batch *batch, enum event_kind kind,
                            unsigned entity, uint32_t number,
                            struct slice label)
{
    struct store_state *state = &batch->view.state;
    unsigned char key[8], head[EVENT_HEAD];
    struct slice parts[2] = {store_bytes(head, head + EVENT_HEAD), label};
    uint64_t revision = state->revision + 1;
    enum err e;

    chain_event_head(head + CHAIN_BYTES, batch->time_ms, kind, entity, number);
    memcpy(head, state->chain, CHAIN_BYTES);
    chain_next(head, revision, head + CHAIN_BYTES, label);
    e = store_write(batch, DB_JOURNAL, event_key(key, revision), parts, 2,
                    MDB_APPEND);
    if (e)
        return e;
    state->revision = revision;
    memcpy(state->chain, head, CHAIN_BYTES);
    return ERR_NONE;
}

enum err store_event_parse(uint64_t revision, struct slice value,
                           struct event *out)
{
    const char *at = value.data + CHAIN_BYTES;

    if (value.len < EVENT_HEAD)
        return ERR_STORE_CORRUPT;
    out->revision = revision;
    memcpy(out->hash, value.data, CHAIN_BYTES);
    out->time_ms = (int64_t)store_get64(at);
    out->kind = (enum event_kind)(unsigned char)at[8];
    out->entity = (unsigned char)at[9];
    out->number = store_get32(at + 10);
    out->label =
        (struct slice){value.data + EVENT_HEAD, value.len - EVENT_HEAD};
    return ERR_NONE;
}

enum err store_event_next(struct store_view *view, uint64_t after,
                          struct event *out)
{
    unsigned char key[8];
    struct slice value;
    enum err e;

    if (after >= view->state.revision)
        return ERR_NOT_FOUND;
    e = store_read(view, DB_JOURNAL, event_key(key, after + 1), &value);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
    return store_event_parse(after + 1, value, out);
}

/* ---- Whether it is whole ------------------------------------------------ */

static enum err broken(const struct store_view *view, const char *what,
                       uint64_t revision)
{
    store_log(view->store, LOG_ERR, "store: the journal %s event %llu", what,
              (unsigned long long)revision);
    return ERR_STORE_CORRUPT;
}

static enum err last_revision(struct store_view *view, uint64_t *last)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    enum err e = store_cursor(view, DB_JOURNAL, &cursor);
    int rc;

    if (e)
        return e;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    mdb_cursor_close(cursor);
    if (rc && rc != MDB_NOTFOUND)
        return store_error(view->store, rc, "the end of the journal");
    *last = !rc && key.mv_size == 8 ? store_get64(key.mv_data) : 0;
    return ERR_NONE;
}

/* HASH is that of the event before REVISION, and becomes its own. */
static enum err check_link(struct store_view *view, uint64_t revision,
                           unsigned char hash[CHAIN_BYTES])
{
    unsigned char head[CHAIN_EVENT_HEAD];
    struct event event;
    enum err e = store_event_next(view, revision - 1, &event);

    if (e)
        return e == ERR_STORE_CORRUPT ? broken(view, "lacks", revision) : e;
    chain_event_head(head, event.time_ms, event.kind, event.entity,
                     event.number);
    chain_next(hash, revision, head, event.label);
    return memcmp(hash, event.hash, CHAIN_BYTES) == 0
               ? ERR_NONE
               : broken(view, "was changed at or before", revision);
}

enum err store_journal_check(struct store_view *view, uint64_t last)
{
    const struct store_state *state = &view->state;
    unsigned char hash[CHAIN_BYTES] = {0};
    uint64_t from = last < state->revision ? state->revision - last : 0;
    struct event before;
    uint64_t end = 0;
    enum err e;

    if ((e = last_revision(view, &end)))
        return e;
    if (end != state->revision)
        return broken(view, "does not end with", state->revision);
    if (from) {
        if ((e = store_event_next(view, from - 1, &before)))
            return e;
        memcpy(hash, before.hash, CHAIN_BYTES);
    }
    while (from < end)
        if ((e = check_link(view, ++from, hash)))
            return e;
    return memcmp(hash, state->chain, CHAIN_BYTES) == 0
               ? ERR_NONE
               : broken(view, "was changed at or before", end);
}
