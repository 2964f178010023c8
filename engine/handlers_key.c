/*
 * key.*: who may connect, and as whom.  keys.c hears of it after the commit.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"

/* Has another key this public key?  A connection must be one key's. */
static enum err check_taken(struct store_view *view, struct call *call,
                            const struct key *key)
{
    struct slice id = {NULL, 0};
    struct record record;
    enum err e;

    while (!(e = store_next(view, ENTITY_KEY, id, &id, &record))) {
        const struct key *other;
        void *found;

        if ((e = entity_decode(ENTITY_KEY, &record, call->arena, &found)))
            return e;
        other = found;
        if (slice_equal(other->public_key, key->public_key) &&
            !slice_equal(other->id, key->id))
            return call_refuse(call, ERR_KEY_TAKEN, "key.public_key",
                               "make a pair for each client");
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* A revoked key stays so: whoever had it may still have it. */
static enum err check_revoked(struct store_view *view, struct call *call,
                              struct slice id)
{
    const void *found;
    enum err e = entity_get(view, call, ENTITY_KEY, id, &found, NULL);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_NONE : e;
    if (((const struct key *)found)->revoked_on == ABSENT)
        return ERR_NONE;
    return call_refuse(call, ERR_KEY_REVOKED, "key.id",
                       "make another pair, under another id");
}

enum err handle_key_put(struct store_batch *batch, struct call *call,
                        const struct ask_key_put *ask,
                        struct answer_key_put *answer)
{
    struct store_view *view = store_batch_view(batch);
    struct put_result result;
    enum err e;

    if ((e = check_revoked(view, call, ask->key->id)) ||
        (e = check_taken(view, call, ask->key)) ||
        (e = entity_put(batch, call, ENTITY_KEY, ask->key, "key", ask->if_rev,
                        0, &result)))
        return e;
    answer->id = result.id;
    answer->rev = (int64_t)result.revision;
    answer->created = result.created;
    return ERR_NONE;
}

enum err handle_key_list(struct store_view *view, struct call *call,
                         const struct ask_key_list *ask,
                         struct answer_key_list *answer)
{
    return entity_list(view, call, ENTITY_KEY, ask->page_size, ask->page_token,
                       &answer->rows, &answer->next);
}

/* Once more is no error: it is revoked since the first day. */
enum err handle_key_revoke(struct store_batch *batch, struct call *call,
                           const struct ask_key_revoke *ask,
                           struct answer_key_revoke *answer)
{
    struct put_result result;
    const void *found;
    uint64_t revision;
    struct key key;
    enum err e = entity_get(store_batch_view(batch), call, ENTITY_KEY, ask->id,
                            &found, &revision);

    if (e == ERR_NOT_FOUND)
        return call_refuse(call, e, "id", "there is no key with this id");
    if (e)
        return e;
    key = *(const struct key *)found;
    key.id = ask->id; /* the other goes with the page it stands on */
    if (key.revoked_on == ABSENT) {
        key.revoked_on = call->today;
        if ((e = entity_put(batch, call, ENTITY_KEY, &key, "key", ABSENT, 0,
                            &result)))
            return e;
        revision = result.revision;
    }
    answer->rev = (int64_t)revision;
    answer->revoked_on = key.revoked_on;
    return ERR_NONE;
}
