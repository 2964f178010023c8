/*
 * profile.erase: the profile goes, and what leads from recorded hours to the
 * person.  The hours stay, for the clause was worked: they are somebody's of
 * whom nothing is known any more.
 */
#include <string.h>

#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/token.h"

/* The first entry of the person with this token, out of the store's pages.
 * ERR_NOT_FOUND. */
static enum err next_entry(struct store_view *view, struct call *call,
                           const char *token, struct hours **out)
{
    struct slice id = slice_of(token);
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

/* Some hundred entries a year of one person's, 30 microseconds each. */
static enum err forget_hours(struct store_batch *batch, struct call *call,
                             struct slice pseudonym, int *found,
                             int64_t *revision)
{
    struct store_view *view = store_batch_view(batch);
    char old[TOKEN_BYTES + 1], token[TOKEN_BYTES + 1];
    struct hours *entry;
    enum err e;

    token_of(pseudonym, old);
    token_of_nobody(token);
    while (!(e = next_entry(view, call, old, &entry)) &&
           !(e = move_entry(batch, call, entry, token, revision)))
        *found = 1;
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* Hours may be told of somebody who has no profile, or has it no more. */
enum err handle_profile_erase(struct store_batch *batch, struct call *call,
                              const struct ask_profile_erase *ask,
                              struct answer_profile_erase *answer)
{
    enum err e = entity_delete(batch, call, ENTITY_PROFILE, ask->id,
                               ask->if_rev, &answer->rev);
    int found = !e;

    if (e && e != ERR_NOT_FOUND)
        return e;
    if ((e = forget_hours(batch, call, ask->id, &found, &answer->rev)))
        return e;
    return found ? ERR_NONE
                 : call_refuse(call, ERR_NOT_FOUND, "id",
                               "there is no profile with this id");
}
