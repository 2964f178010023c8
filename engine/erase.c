/*
 * The profile goes, what leads from recorded hours to the person, and the
 * rows that batches made.  The hours stay, for the clause was worked: they
 * are somebody's of whom nothing is known any more.
 */
#include "engine/erase.h"

#include <assert.h>
#include <string.h>

#include "engine/entity.h"
#include "engine/rescore.h"
#include "engine/token.h"

/* The first entry after AFTER of the person with this token, out of the
 * store's pages. * ERR_NOT_FOUND. */
static enum err next_entry(struct store_view *view, struct call *call,
                           const char *token, struct slice after,
                           struct hours **out)
{
    struct slice id = after;
    struct record record;
    void *entry;
    enum err e = store_next(view, ENTITY_HOURS, id, &id, &record);

    if (e)
        return e;
    if (memcmp(id.data, token, TOKEN_BYTES) != 0)
        return ERR_NOT_FOUND;
    if (!(record.body = arena_copy(call->arena, record.body)).data)
        return ERR_NOMEM;
    if ((e = entity_decode(ENTITY_HOURS, &record, call->arena, &entry)))
        return e;
    *out = entry;
    return ERR_NONE;
}

/* Put an entry under another token, with which its id begins. */
static enum err move_entry(struct store_batch *batch, struct call *call,
                           struct hours *entry, const char *token,
                           int64_t *revision)
{
    struct put_result result;
    struct slice rest = {entry->id.data + TOKEN_BYTES,
                         entry->id.len - TOKEN_BYTES};
    enum err e =
        entity_delete(batch, call, ENTITY_HOURS, entry->id, ABSENT, revision);

    if (e)
        return e;
    entry->person = slice_of(token);
    entry->id =
        arena_format(call->arena, "%s%.*s", token, (int)rest.len, rest.data);
    if (!entry->id.data)
        return ERR_NOMEM;
    if ((e = entity_put(batch, call, ENTITY_HOURS, entry, "hours", ABSENT, 0,
                        &result)))
        return e;
    *revision = (int64_t)result.revision;
    return ERR_NONE;
}

/* Some hundred entries a year of one person's, 30 microseconds each.  They
 * are of several territories, and none of them may keep its token. */
static enum err forget_hours(struct store_batch *batch, struct call *call,
                             const char *old, struct erased *erased)
{
    struct store_view *view = store_batch_view(batch);
    char token[TOKEN_BYTES + 1];
    int everywhere = call->everywhere;
    struct hours *entry;
    enum err e;

    token_of_nobody(token);
    call->everywhere = 1;
    while (!(e = next_entry(view, call, old, slice_of(old), &entry)) &&
           !(e = move_entry(batch, call, entry, token, &erased->revision)))
        erased->found = 1;
    call->everywhere = everywhere;
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* May the caller forget somebody who has no profile? */
static enum err may_forget(struct store_view *view, struct call *call,
                           const char *token, int *may)
{
    struct slice after = slice_of(token);
    struct hours *entry;
    enum err e;

    *may = 0;
    while (!*may && !(e = next_entry(view, call, token, after, &entry))) {
        *may = rights_write(call, view, ENTITY_HOURS, entry);
        after = entry->id;
    }
    return *may || e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* The profile alone: *GONE when there was one. */
static enum err forget_profile(struct store_batch *batch, struct call *call,
                               struct slice id, int64_t if_rev,
                               struct erased *erased, int *gone)
{
    struct store_view *view = store_batch_view(batch);
    struct record record;
    enum err e = store_get(view, ENTITY_PROFILE, id, &record);

    *gone = 0;
    if (e)
        return e == ERR_NOT_FOUND ? ERR_NONE : e;
    e = entity_delete(batch, call, ENTITY_PROFILE, id, if_rev,
                      &erased->revision);
    if (e)
        return e;
    assert(erased->n < erased->room);
    erased->numbers[erased->n++] = record.number;
    *gone = 1;
    return ERR_NONE;
}

enum err erase_person(struct store_batch *batch, struct call *call,
                      struct slice id, int64_t if_rev, struct erased *erased)
{
    char token[TOKEN_BYTES + 1];
    int may;
    enum err e;

    erased->found = 0;
    call_saw(call, id);
    token_of(id, token);
    e = forget_profile(batch, call, id, if_rev, erased, &may);
    /* Somebody else's profile looks like none, and keeps its hours. */
    if (e)
        return e == ERR_NOT_FOUND ? ERR_NONE : e;
    erased->found = may;
    if (!may && (e = may_forget(store_batch_view(batch), call, token, &may)))
        return e;
    return may ? forget_hours(batch, call, token, erased) : ERR_NONE;
}

enum err erase_finish(struct store_batch *batch, struct call *call,
                      struct erased *erased)
{
    if (!erased->n)
        return ERR_NONE;
    return rescore_forget(batch, call->arena, erased->numbers, erased->n);
}
