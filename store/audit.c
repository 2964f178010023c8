/*
 * Whether records, ids and journal agree with each other and with the
 * counters, key by key.  What a record's body says is not the store's affair.
 */
#include "store/private.h"

#define RECORD_HEAD 10

static enum err broken(const struct store_view *view, const char *what,
                       unsigned entity, uint64_t number)
{
    store_log(view->store, LOG_ERR, "store: %s: entity %u, number %llu", what,
              entity, (unsigned long long)number);
    return ERR_STORE_CORRUPT;
}

/* ---- Ids ---------------------------------------------------------------- */

/* An id leads to a record that repeats it: so no two lead to the same. */
static enum err check_id(struct store_view *view, struct slice key,
                         struct slice value, struct store_audit *out)
{
    unsigned char at[5], entity;
    uint32_t number;
    struct slice record;

    if (key.len < 2 || key.len > 1 + STORE_ID_MAX || value.len != 4 ||
        (entity = (unsigned char)key.data[0]) >= STORE_ENTITIES)
        return broken(view, "a key that is no id", 0, 0);
    number = store_get32(value.data);
    at[0] = entity;
    store_put32(at + 1, number);
    if (store_read(view, DB_RECORDS, store_bytes(at, at + 5), &record))
        return broken(view, "an id without its record", entity, number);
    if (record.len < RECORD_HEAD + key.len - 1 ||
        (unsigned char)record.data[RECORD_HEAD - 1] != key.len - 1 ||
        memcmp(record.data + RECORD_HEAD, key.data + 1, key.len - 1) != 0)
        return broken(view, "an id whose record has another", entity, number);
    out->ids[entity]++;
    return ERR_NONE;
}

/* ---- Records ------------------------------------------------------------ */

/* Its revision is that of the event that put it. */
static enum err check_event_of(struct store_view *view, unsigned entity,
                               uint32_t number, uint64_t revision)
{
    struct event event;

    if (revision == 0 || store_event_next(view, revision - 1, &event))
        return broken(view, "a record without its event", entity, number);
    if (event.kind != EVENT_PUT || event.entity != entity ||
        event.number != number)
        return broken(view, "a record of another's event", entity, number);
    return ERR_NONE;
}

static enum err check_record(struct store_view *view, struct slice key,
                             struct slice value, struct store_audit *out)
{
    const struct store_state *state = &view->state;
    unsigned char entity;
    uint32_t number;

    if (key.len != 5 || (entity = (unsigned char)key.data[0]) >= STORE_ENTITIES)
        return broken(view, "a key that is no record's", 0, 0);
    number = store_get32(key.data + 1);
    if (number == 0 || number > state->numbers[entity])
        return broken(view, "a number that was never given", entity, number);
    if (value.len < RECORD_HEAD ||
        value.len < RECORD_HEAD + (size_t)(unsigned char)value.data[9])
        return broken(view, "a record cut short", entity, number);
    out->records[entity]++;
    return check_event_of(view, entity, number, store_get64(value.data));
}

/* ---- Journal ------------------------------------------------------------ */

static enum err check_event(struct store_view *view, struct slice key,
                            struct slice value, struct store_audit *out)
{
    struct event event;

    if (key.len != 8 || store_get64(key.data) != out->events + 1)
        return broken(view, "a gap in the journal before", 0, out->events + 1);
    if (store_event_parse(out->events + 1, value, &event) ||
        event.kind < EVENT_PUT || event.entity >= STORE_ENTITIES ||
        event.number > view->state.numbers[event.entity])
        return broken(view, "no event", 0, out->events + 1);
    out->events++;
    return ERR_NONE;
}

/* ---- All of them -------------------------------------------------------- */

typedef enum err check_entry(struct store_view *view, struct slice key,
                             struct slice value, struct store_audit *out);

static enum err each(struct store_view *view, enum store_db db,
                     check_entry *check, struct store_audit *out)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    enum err e = store_cursor(view, db, &cursor);
    int rc = 0;

    if (e)
        return e;
    while (!e && !(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)))
        e = check(view, (struct slice){key.mv_data, key.mv_size},
                  (struct slice){value.mv_data, value.mv_size}, out);
    mdb_cursor_close(cursor);
    if (!e && rc != MDB_NOTFOUND)
        e = store_error(view->store, rc, "checking the store");
    return e;
}

static enum err check_counts(struct store_view *view,
                             const struct store_audit *out)
{
    const struct store_state *state = &view->state;

    for (unsigned i = 0; i < STORE_ENTITIES; i++) {
        if (out->records[i] != state->records[i])
            return broken(view, "records miscounted", i, state->records[i]);
        if (out->ids[i] != out->records[i])
            return broken(view, "records without an id", i, out->records[i]);
    }
    if (out->events != state->revision)
        return broken(view, "events miscounted", 0, state->revision);
    return ERR_NONE;
}

enum err store_audit(struct store_view *view, struct store_audit *out)
{
    struct store_audit audit = {0};
    enum err e;

    if ((e = store_free_check(view)) ||
        (e = store_journal_check(view, UINT64_MAX)) ||
        (e = each(view, DB_JOURNAL, check_event, &audit)) ||
        (e = each(view, DB_RECORDS, check_record, &audit)) ||
        (e = each(view, DB_IDS, check_id, &audit)) ||
        (e = check_counts(view, &audit)))
        return e;
    memcpy(audit.chain, view->state.chain, CHAIN_BYTES);
    *out = audit;
    return ERR_NONE;
}
