/*
 * Objects in and out of the store.  A put decides everything (rights, rules,
 * revision) before its first write; record and index go into one batch.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/entity.h"
#include "engine/match/postings.h"
#include "engine/page.h"
#include "engine/token.h"
#include "store/results.h"

/* Bytes of rows in one page: leaves room for the frame round them. */
#define PAGE_BYTES (900 * 1024)
/* Bytes of records looked at for one page by who sees not all of them: some ten
 * milliseconds of the loop. */
#define LOOKED_BYTES (1024 * 1024)

struct slice entity_id(unsigned entity, const void *value, struct arena *arena)
{
    const struct structure *s = value;

    /* Every other begins with its id. */
    if (entity != ENTITY_STRUCTURE)
        return *(const struct slice *)value;
    return arena_format(arena, "%.*s-%s", (int)s->siret.len, s->siret.data,
                        words_kind.words[s->kind]);
}

/* What the journal may say of an object: nothing of a person. */
static struct slice label(unsigned entity, struct slice id)
{
    return entity == ENTITY_PROFILE || entity == ENTITY_HOURS
               ? (struct slice){NULL, 0}
               : id;
}

enum err entity_decode(unsigned entity, const struct record *record,
                       struct arena *arena, void **value)
{
    const struct shape *shape = entity_shape(entity);
    void *out = shape_array(arena, shape, 1);
    enum err e;

    if (!out)
        return ERR_NOMEM;
    if (record->version != RECORD_VERSION)
        return ERR_STORE_CORRUPT;
    if ((e = protocol_decode_trusted(shape, record->body, arena, out)))
        return e;
    *value = out;
    return ERR_NONE;
}

/* For the access log: a person, or hours of one. */
static void saw(struct call *call, unsigned entity, struct slice id)
{
    if (entity == ENTITY_PROFILE)
        call_saw(call, id);
    else if (entity == ENTITY_HOURS && id.len > TOKEN_BYTES)
        call_saw(call, (struct slice){id.data, TOKEN_BYTES});
}

enum err entity_get(struct store_view *view, struct call *call, unsigned entity,
                    struct slice id, const void **value, uint64_t *revision)
{
    struct record record;
    void *found = NULL;
    enum err e;

    if ((e = store_get(view, entity, id, &record)) ||
        (e = entity_decode(entity, &record, call->arena, &found)))
        return e;
    if (!rights_read(call, view, entity, found))
        return ERR_NOT_FOUND;
    saw(call, entity, id);
    *value = found;
    if (revision)
        *revision = record.revision;
    return ERR_NONE;
}

/* An object as this caller may see it, encoded; borrowed from the view or the
 * arena.  Whoever may see all of it gets the record's own bytes, for they are
 * canonical. */
static enum err shown_bytes(struct store_view *view, struct call *call,
                            unsigned entity, const struct record *record,
                            struct slice *out)
{
    const struct shape *shape = entity_shape(entity);
    unsigned readers = rights_readers(call);
    struct buffer bytes = {0};
    void *value = NULL;
    enum err e;

    if (record->version != RECORD_VERSION)
        return ERR_STORE_CORRUPT;
    if (rights_everywhere(call) && (readers & shape->readers)) {
        *out = record->body;
        return ERR_NONE;
    }
    if ((e = entity_decode(entity, record, call->arena, &value)))
        return e;
    if (!rights_read(call, view, entity, value))
        return ERR_NOT_FOUND;
    if (!(e = protocol_encode(shape, value, readers, &bytes))) {
        *out = arena_copy(call->arena, (struct slice){bytes.data, bytes.len});
        e = out->data ? ERR_NONE : ERR_NOMEM;
    }
    buffer_free(&bytes);
    return e;
}

enum err entity_show(struct store_view *view, struct call *call,
                     unsigned entity, struct slice id, void **value,
                     int64_t *revision)
{
    struct record record;
    void *blank;
    enum err e;

    if ((e = store_get(view, entity, id, &record)) ||
        (e = shown_bytes(view, call, entity, &record, &call->shown.bytes)))
        return e;
    if (!(blank = shape_array(call->arena, entity_shape(entity), 1)))
        return ERR_NOMEM;
    saw(call, entity, id);
    call->shown.value = *value = blank;
    *revision = (int64_t)record.revision;
    return ERR_NONE;
}

static enum err check_revision(struct call *call, int64_t if_rev, int found,
                               uint64_t revision)
{
    if (if_rev == ABSENT || (found && (uint64_t)if_rev == revision) ||
        (!found && if_rev == 0))
        return ERR_NONE;
    if (!found)
        call_refuse(call, ERR_REV_CONFLICT, "if_rev",
                    "the object does not exist");
    else
        call_refuse(call, ERR_REV_CONFLICT, "if_rev",
                    "its revision is %llu: read it again",
                    (unsigned long long)revision);
    return ERR_REV_CONFLICT;
}

/* What lies elsewhere is answered as if it were not there. */
static enum err check_writable(struct store_view *view, struct call *call,
                               unsigned entity, const void *value,
                               const void *before, const char *path,
                               int64_t if_rev)
{
    int there = rights_write(call, view, entity, value);

    if (there && (!before || rights_write(call, view, entity, before)))
        return ERR_NONE;
    if (there && if_rev != ABSENT && if_rev &&
        !rights_read(call, view, entity, before))
        return check_revision(call, if_rev, 0, 0);
    return call_refuse(call, ERR_NOT_FOUND, path,
                       "there is none in the territories of this key");
}

/* Everything a put decides.  OLD gets the present record, decoded into
 * *BEFORE; NULL when there is none. */
static enum err decide(struct store_view *view, struct call *call,
                       unsigned entity, void *value, const char *path,
                       int64_t if_rev, struct put_result *result, void **before)
{
    struct record old;
    enum err e;

    result->notes.n = 0;
    *before = NULL;
    if ((e = ingest(store_view_reference(view), entity, value, path,
                    call->arena, &call->faults, &result->notes)))
        return e;
    result->id = entity_id(entity, value, call->arena);
    e = store_get(view, entity, result->id, &old);
    result->created = e == ERR_NOT_FOUND;
    if (e && !result->created)
        return e;
    if (!result->created &&
        ((e = entity_decode(entity, &old, call->arena, before))))
        return e;
    if ((e = check_writable(view, call, entity, value, *before, path, if_rev)))
        return e;
    return check_revision(call, if_rev, !result->created,
                          result->created ? 0 : old.revision);
}

static enum err encode_record(struct call *call, unsigned entity,
                              const void *value, const char *path,
                              struct buffer *out)
{
    enum err e;

    out->max = OBJECT_BYTES_MAX;
    e = protocol_encode(entity_shape(entity), value, ~0u, out);
    if (e != ERR_REPLY_TOO_LARGE)
        return e;
    call_refuse(call, ERR_TOO_LARGE, path, "an object has at most %d bytes",
                OBJECT_BYTES_MAX);
    return ERR_TOO_LARGE;
}

enum err entity_check(struct store_view *view, struct call *call,
                      unsigned entity, void *value, const char *path,
                      int64_t if_rev, struct put_result *result)
{
    struct buffer bytes = {0};
    void *before;
    enum err e;

    result->revision = store_view_revision(view);
    e = decide(view, call, entity, value, path, if_rev, result, &before);
    if (!e)
        e = encode_record(call, entity, value, path, &bytes);
    buffer_free(&bytes);
    return e;
}

/* A decoded value that no longer borrows from the store, whose pages the
 * next put may move. */
static enum err detach(struct call *call, unsigned entity, void **value)
{
    struct buffer bytes = {0};
    struct record copy = {.version = RECORD_VERSION};
    enum err e;

    if (!*value)
        return ERR_NONE;
    if (!(e = encode_record(call, entity, *value, "", &bytes))) {
        copy.body =
            arena_copy(call->arena, (struct slice){bytes.data, bytes.len});
        e = copy.body.data ? entity_decode(entity, &copy, call->arena, value)
                           : ERR_NOMEM;
    }
    buffer_free(&bytes);
    return e;
}

enum err entity_put(struct store_batch *batch, struct call *call,
                    unsigned entity, void *value, const char *path,
                    int64_t if_rev, int defer, struct put_result *result)
{
    struct store_view *view = store_batch_view(batch);
    struct buffer bytes = {0};
    struct record record;
    void *before;
    enum err e;

    if ((e = decide(view, call, entity, value, path, if_rev, result,
                    &before)) ||
        (e = detach(call, entity, &before)) ||
        (e = encode_record(call, entity, value, path, &bytes)))
        goto free_bytes;
    if ((e = store_put(batch, entity, result->id, label(entity, result->id),
                       RECORD_VERSION, (struct slice){bytes.data, bytes.len},
                       &record)))
        goto free_bytes;
    if (defer && result->created)
        index_defer(batch);
    else if ((e = postings_change(batch, store_view_reference(view),
                                  call->arena, entity, record.number, before,
                                  value)))
        goto free_bytes;
    result->revision = record.revision;
    if (entity == ENTITY_PROFILE)
        saw(call, entity, result->id);

free_bytes:
    buffer_free(&bytes);
    return e;
}

enum err entity_delete(struct store_batch *batch, struct call *call,
                       unsigned entity, struct slice id, int64_t if_rev,
                       int64_t *revision)
{
    struct store_view *view = store_batch_view(batch);
    struct record record;
    uint64_t now = 0;
    void *before = NULL;
    enum err e;

    if ((e = store_get(view, entity, id, &record)) ||
        (e = entity_decode(entity, &record, call->arena, &before)))
        return e;
    if (!rights_write(call, view, entity, before))
        return ERR_NOT_FOUND;
    if ((e = check_revision(call, if_rev, 1, record.revision)) ||
        (e = detach(call, entity, &before)) ||
        (e = postings_change(batch, store_view_reference(view), call->arena,
                             entity, record.number, before, NULL)) ||
        (e = store_delete(batch, entity, id, label(entity, id), &now)) ||
        (e = entity == ENTITY_MARKET ? results_forget(batch, record.number)
                                     : ERR_NONE))
        return e;
    *revision = (int64_t)now;
    return ERR_NONE;
}

/* ---- Lists ------------------------------------------------------------- */

enum err entity_list(struct store_view *view, struct call *call,
                     unsigned entity, int64_t page_size, struct slice token,
                     struct slices *rows, struct slice *next)
{
    struct slice *list =
        arena_array(call->arena, (size_t)page_size, sizeof *list);
    struct slice id = {NULL, 0};
    struct slice last;
    struct record record;
    size_t bytes = 0, looked = 0;
    size_t n = 0;
    enum err e;

    if (!list)
        return ERR_NOMEM;
    if (token.data && !page_token_read(entity, token, call->arena, &id))
        return call_refuse(call, ERR_BAD_TOKEN, "page_token",
                           "leave it out to begin again");
    last = id;
    while (!(e = store_next(view, entity, id, &id, &record))) {
        if (n == (size_t)page_size ||
            (n && bytes + record.body.len > PAGE_BYTES) ||
            (looked > LOOKED_BYTES && !rights_everywhere(call))) {
            *next = page_token_of(entity, last, call->arena);
            if (!next->data)
                return ERR_NOMEM;
            break;
        }
        e = shown_bytes(view, call, entity, &record, &list[n]);
        if (e && e != ERR_NOT_FOUND)
            return e;
        if (!e) {
            saw(call, entity, id);
            bytes += list[n++].len;
        }
        looked += record.body.len;
        last = id;
    }
    if (e && e != ERR_NOT_FOUND)
        return e;
    *rows = (struct slices){list, n};
    return ERR_NONE;
}
