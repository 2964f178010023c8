/*
 * The journal: revision -> what happened.  Its keys are 1, 2, 3 and so on,
 * because only appending gives a revision, and a batch commits all or none.
 *
 *   revision (8) -> time (8), kind (1), entity (1), number (4), label
 */
#include "store/private.h"

#define EVENT_HEAD 14

static struct slice event_key(unsigned char key[8], uint64_t revision)
{
    return store_bytes(key, store_put64(key, revision));
}

enum err store_event_append(struct store_batch *batch, enum event_kind kind,
                            unsigned entity, uint32_t number,
                            struct slice label)
{
    unsigned char key[8], head[EVENT_HEAD];
    struct slice parts[2] = {store_bytes(head, head + EVENT_HEAD), label};
    uint64_t revision = batch->view.state.revision + 1;
    enum err e;

    store_put64(head, (uint64_t)batch->time_ms);
    head[8] = (unsigned char)kind;
    head[9] = (unsigned char)entity;
    store_put32(head + 10, number);
    e = store_write(batch, DB_JOURNAL, event_key(key, revision), parts, 2,
                    MDB_APPEND);
    if (e)
        return e;
    batch->view.state.revision = revision;
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
    if (e == ERR_NOT_FOUND || (!e && value.len < EVENT_HEAD))
        return ERR_STORE_CORRUPT;
    if (e)
        return e;
    out->revision = after + 1;
    out->time_ms = (int64_t)store_get64(value.data);
    out->kind = (enum event_kind)(unsigned char)value.data[8];
    out->entity = (unsigned char)value.data[9];
    out->number = store_get32(value.data + 10);
    out->label =
        (struct slice){value.data + EVENT_HEAD, value.len - EVENT_HEAD};
    return ERR_NONE;
}

enum err store_journal_check(struct store_view *view)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    uint64_t last = 0;
    enum err e = store_cursor(view, DB_JOURNAL, &cursor);
    int rc;

    if (e)
        return e;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    mdb_cursor_close(cursor);
    if (rc && rc != MDB_NOTFOUND)
        return store_error(view->store, rc, "the end of the journal");
    if (!rc && key.mv_size == 8)
        last = store_get64(key.mv_data);
    return last == view->state.revision ? ERR_NONE : ERR_STORE_CORRUPT;
}
