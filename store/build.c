/*
 * Generations: the next index is built beside the live one from the records,
 * in order of (entity, number), a few in each transaction.  How far it has
 * come stands in the state, which commits with what was built, so a daemon
 * that dies goes on or begins again.  Writes in between go to both: what they
 * put before the build has come to the record is put again when it has.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/private.h"

enum err index_build_begin(struct store_batch *batch)
{
    struct store_state *state = &batch->view.state;

    /* A generation's number is not used again: what an abandoned build left
     * must not be taken for the next one's. */
    if (state->newest == UINT32_MAX)
        return ERR_STORE_FULL;
    state->building = ++state->newest;
    state->build_entity = 0;
    state->build_number = 0;
    batch->changes++;
    return ERR_NONE;
}

/* The record after the position, whatever its entity; the position moves to
 * it.  ERR_NOT_FOUND after the last. */
static enum err build_next(struct store_batch *batch, struct record *record)
{
    struct store_state *state = &batch->view.state;

    while (state->build_entity < STORE_ENTITIES) {
        enum err e = store_next_numbered(&batch->view, state->build_entity,
                                         state->build_number, record);

        if (!e)
            state->build_number = record->number;
        if (e != ERR_NOT_FOUND)
            return e;
        state->build_entity++;
        state->build_number = 0;
    }
    return ERR_NOT_FOUND;
}

/* DERIVE writes while it reads the body: give it one that stays. */
static enum err build_derive(struct store_batch *batch, index_derive *derive,
                             void *context, struct record *record)
{
    char *body = malloc(record->body.len + 1);
    enum err e;

    if (!body)
        return ERR_NOMEM;
    if (record->body.len > 0)
        memcpy(body, record->body.data, record->body.len);
    record->body.data = body;
    batch->deriving = 1;
    e = derive(context, batch, batch->view.state.build_entity, record);
    batch->deriving = 0;
    free(body);
    return e;
}

enum err index_build_step(struct store_batch *batch, index_derive *derive,
                          void *context, unsigned max, int *done)
{
    struct record record;
    enum err e = ERR_NONE;

    if (batch->view.state.building == 0)
        return ERR_NOT_FOUND;
    batch->changes++;
    for (; max > 0 && !e; max--) {
        if ((e = build_next(batch, &record)))
            break;
        e = build_derive(batch, derive, context, &record);
    }
    if (e && e != ERR_NOT_FOUND)
        return store_spoil(batch, e);
    *done = e == ERR_NOT_FOUND;
    return ERR_NONE;
}

enum err index_build_switch(struct store_batch *batch)
{
    struct store_state *state = &batch->view.state;

    if (state->building == 0 || state->build_entity < STORE_ENTITIES)
        return ERR_NOT_FOUND;
    state->live = state->building;
    state->building = 0;
    batch->changes++;
    return ERR_NONE;
}

/* Remove one key of DB that belongs to no generation in use. */
static enum err sweep_one(struct store_batch *batch, enum store_db db)
{
    const struct store_state *state = &batch->view.state;
    unsigned char from[4], dead[STORE_KEY_MAX];
    struct slice key, value;
    uint32_t generation = 1;
    enum err e;

    for (;;) {
        store_put32(from, generation);
        e = store_seek(&batch->view, db, store_bytes(from, from + 4), &key,
                       &value);
        if (e)
            return e;
        if (key.len < 4 || key.len > sizeof dead)
            return ERR_STORE_CORRUPT;
        generation = store_get32(key.data);
        if (generation != state->live && generation != state->building)
            break;
        if (generation == UINT32_MAX)
            return ERR_NOT_FOUND;
        generation++;
    }
    memcpy(dead, key.data, key.len);
    return store_remove(batch, db, store_bytes(dead, dead + key.len));
}

enum err index_build_sweep(struct store_batch *batch, unsigned max, int *done)
{
    enum err e = ERR_NONE;

    for (; max > 0 && !e; max--) {
        e = sweep_one(batch, DB_INDEX);
        if (e == ERR_NOT_FOUND)
            e = sweep_one(batch, DB_SIDE);
    }
    if (e && e != ERR_NOT_FOUND)
        return store_spoil(batch, e);
    *done = e == ERR_NOT_FOUND;
    return ERR_NONE;
}
