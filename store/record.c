/*
 * Records, by id and by number.  An id leads to a number, a number to the
 * record, which repeats the id; numbers are given once and for ever.
 *
 *   ids      entity (1), id                -> number (4)
 *   records  entity (1), number (4)        -> revision (8), version (1),
 *                                             id length (1), id, body
 */
#include <assert.h>

#include "store/private.h"

#define ID_KEY_MAX (1 + STORE_ID_MAX)
#define RECORD_KEY 5
#define RECORD_HEAD 10

static struct slice id_key(unsigned char key[ID_KEY_MAX], unsigned entity,
                           struct slice id)
{
    assert(entity < STORE_ENTITIES);
    key[0] = (unsigned char)entity;
    if (id.len > 0)
        memcpy(key + 1, id.data, id.len);
    return store_bytes(key, key + 1 + id.len);
}

static struct slice record_key(unsigned char key[RECORD_KEY], unsigned entity,
                               uint32_t number)
{
    assert(entity < STORE_ENTITIES);
    key[0] = (unsigned char)entity;
    return store_bytes(key, store_put32(key + 1, number));
}

struct slice store_record_id(struct slice value)
{
    return (struct slice){value.data + RECORD_HEAD,
                          (unsigned char)value.data[RECORD_HEAD - 1]};
}

enum err store_record_parse(struct slice value, uint32_t number,
                            struct record *out)
{
    size_t head = RECORD_HEAD;

    if (value.len < head ||
        value.len < (head += (unsigned char)value.data[RECORD_HEAD - 1]))
        return ERR_STORE_CORRUPT;
    out->number = number;
    out->revision = store_get64(value.data);
    out->version = (unsigned char)value.data[8];
    out->body = (struct slice){value.data + head, value.len - head};
    return ERR_NONE;
}

static enum err number_of(struct store_view *view, unsigned entity,
                          struct slice id, uint32_t *number)
{
    unsigned char key[ID_KEY_MAX];
    struct slice value;
    enum err e;

    if (id.len == 0 || id.len > STORE_ID_MAX)
        return ERR_NOT_FOUND;
    e = store_read(view, DB_IDS, id_key(key, entity, id), &value);
    if (e)
        return e;
    if (value.len != 4)
        return ERR_STORE_CORRUPT;
    *number = store_get32(value.data);
    return ERR_NONE;
}

/* ---- Reads -------------------------------------------------------------- */

enum err store_get_numbered(struct store_view *view, unsigned entity,
                            uint32_t number, struct record *out)
{
    unsigned char key[RECORD_KEY];
    struct slice value;
    enum err e =
        store_read(view, DB_RECORDS, record_key(key, entity, number), &value);

    return e ? e : store_record_parse(value, number, out);
}

enum err store_get(struct store_view *view, unsigned entity, struct slice id,
                   struct record *out)
{
    unsigned char key[RECORD_KEY];
    struct slice value;
    uint32_t number;
    enum err e;

    if (found_named(view, entity, id, &number, &value))
        return store_record_parse(value, number, out);
    if ((e = number_of(view, entity, id, &number)))
        return e;
    e = store_read(view, DB_RECORDS, record_key(key, entity, number), &value);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
    if (!(e = store_record_parse(value, number, out)))
        found_name(view, entity, id, number, value);
    return e;
}

enum err store_next(struct store_view *view, unsigned entity,
                    struct slice after, struct slice *id, struct record *out)
{
    unsigned char from[ID_KEY_MAX + 1];
    struct slice key, value, found;
    enum err e;

    /* The key just after AFTER ends in a zero byte.  No id is longer than
     * STORE_ID_MAX, so what AFTER has beyond that decides nothing. */
    if (after.len > STORE_ID_MAX)
        after.len = STORE_ID_MAX;
    key = id_key(from, entity, after);
    if (after.len > 0)
        from[key.len++] = '\0';
    if ((e = store_seek(view, DB_IDS, key, &key, &value)))
        return e;
    if ((unsigned char)key.data[0] != entity)
        return ERR_NOT_FOUND;
    if (value.len != 4)
        return ERR_STORE_CORRUPT;
    found = (struct slice){key.data + 1, key.len - 1};
    e = store_get_numbered(view, entity, store_get32(value.data), out);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
    *id = found;
    return ERR_NONE;
}

enum err store_next_numbered(struct store_view *view, unsigned entity,
                             uint32_t after, struct record *out)
{
    unsigned char from[RECORD_KEY];
    struct slice key, value;
    enum err e;

    if (after == UINT32_MAX)
        return ERR_NOT_FOUND;
    e = store_seek(view, DB_RECORDS, record_key(from, entity, after + 1), &key,
                   &value);
    if (e)
        return e;
    if (key.len != RECORD_KEY)
        return ERR_STORE_CORRUPT;
    if ((unsigned char)key.data[0] != entity)
        return ERR_NOT_FOUND;
    return store_record_parse(value, store_get32(key.data + 1), out);
}

/* ---- Writes ------------------------------------------------------------- */

/* The number of a new record; the id leads to it from now on. */
static enum err number_give(struct store_batch *batch, unsigned entity,
                            struct slice id, uint32_t *number)
{
    struct store_state *state = &batch->view.state;
    unsigned char key[ID_KEY_MAX], value[4];
    struct slice part = store_bytes(value, value + 4);
    enum err e;

    if (state->numbers[entity] == UINT32_MAX)
        return ERR_STORE_FULL;
    store_put32(value, state->numbers[entity] + 1);
    e = store_write(batch, DB_IDS, id_key(key, entity, id), &part, 1, 0);
    if (e)
        return e;
    *number = ++state->numbers[entity];
    state->records[entity]++;
    return ERR_NONE;
}

enum err store_put(struct store_batch *batch, unsigned entity, struct slice id,
                   struct slice label, unsigned version, struct slice body,
                   struct record *record)
{
    unsigned char key[RECORD_KEY], head[RECORD_HEAD];
    struct slice parts[3] = {store_bytes(head, head + RECORD_HEAD), id, body};
    uint32_t number;
    enum err e;

    assert(entity < STORE_ENTITIES && version <= UINT8_MAX);
    if (id.len == 0 || id.len > STORE_ID_MAX)
        return ERR_BAD_ID;
    if (body.len > STORE_RECORD_MAX)
        return ERR_TOO_LARGE;
    e = number_of(&batch->view, entity, id, &number);
    if (e == ERR_NOT_FOUND)
        e = number_give(batch, entity, id, &number);
    if (e)
        return e;
    if ((e = store_event_append(batch, EVENT_PUT, entity, number, label)))
        return e;
    store_put64(head, batch->view.state.revision);
    head[8] = (unsigned char)version;
    head[9] = (unsigned char)id.len;
    e = store_write(batch, DB_RECORDS, record_key(key, entity, number), parts,
                    3, 0);
    if (e)
        return e;
    if (record)
        *record =
            (struct record){number, batch->view.state.revision, version, body};
    return ERR_NONE;
}

enum err store_delete(struct store_batch *batch, unsigned entity,
                      struct slice id, struct slice label, uint64_t *revision)
{
    unsigned char key[ID_KEY_MAX];
    uint32_t number;
    enum err e = number_of(&batch->view, entity, id, &number);

    if (e)
        return e;
    if ((e = store_remove(batch, DB_IDS, id_key(key, entity, id))) ||
        (e = store_remove(batch, DB_RECORDS, record_key(key, entity, number))))
        return store_spoil(batch, e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e);
    batch->view.state.records[entity]--;
    if ((e = store_event_append(batch, EVENT_DELETE, entity, number, label)))
        return e;
    if (revision)
        *revision = batch->view.state.revision;
    return ERR_NONE;
}
