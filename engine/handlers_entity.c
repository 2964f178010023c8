/*
 * put, get, list and delete of every entity: rows over entity.c; people are
 * erased in handlers_erase.c.
 */
#include <string.h>

#include "engine/dispatch.h"
#include "engine/entity.h"

static enum err notes_answer(struct call *call, const struct notes *notes,
                             struct note_list *out)
{
    if (!notes->n)
        return ERR_NONE;
    if (!(out->at = arena_array(call->arena, notes->n, sizeof *out->at)))
        return ERR_NOMEM;
    memcpy(out->at, notes->at, notes->n * sizeof *out->at);
    out->n = notes->n;
    return ERR_NONE;
}

/* Say which field named what is not there. */
static enum err explain_missing(struct call *call, enum err e, unsigned entity)
{
    if (e == ERR_NOT_FOUND && !call->faults.n)
        call_refuse(call, e, "id", "there is no %s with this id",
                    words_entity.words[entity]);
    return e;
}

/* A person's pseudonym is not repeated: the stored reply outlives it. */
#define PUT(entity, constant, shown)                                           \
    enum err handle_##entity##_put(struct store_batch *batch,                  \
                                   struct call *call,                          \
                                   const struct ask_##entity##_put *ask,       \
                                   struct answer_##entity##_put *answer)       \
    {                                                                          \
        struct put_result result;                                              \
        enum err e = entity_put(batch, call, constant, ask->entity, #entity,   \
                                ask->if_rev, 0, &result);                      \
                                                                               \
        if (e)                                                                 \
            return e;                                                          \
        if (shown)                                                             \
            answer->id = result.id;                                            \
        answer->rev = (int64_t)result.revision;                                \
        answer->created = result.created;                                      \
        return notes_answer(call, &result.notes, &answer->notes);              \
    }

#define GET(entity, constant)                                                  \
    enum err handle_##entity##_get(struct store_view *view, struct call *call, \
                                   const struct ask_##entity##_get *ask,       \
                                   struct answer_##entity##_get *answer)       \
    {                                                                          \
        void *value;                                                           \
        enum err e =                                                           \
            entity_show(view, call, constant, ask->id, &value, &answer->rev);  \
                                                                               \
        if (e)                                                                 \
            return explain_missing(call, e, constant);                         \
        answer->id = ask->id;                                                  \
        answer->entity = value;                                                \
        return ERR_NONE;                                                       \
    }

#define LIST(entity, constant)                                                 \
    enum err handle_##entity##_list(struct store_view *view,                   \
                                    struct call *call,                         \
                                    const struct ask_##entity##_list *ask,     \
                                    struct answer_##entity##_list *answer)     \
    {                                                                          \
        return entity_list(view, call, constant, ask->page_size,               \
                           ask->page_token, &answer->rows, &answer->next);     \
    }

#define DELETE(entity, constant)                                               \
    enum err handle_##entity##_delete(struct store_batch *batch,               \
                                      struct call *call,                       \
                                      const struct ask_##entity##_delete *ask, \
                                      struct answer_##entity##_delete *answer) \
    {                                                                          \
        return explain_missing(call,                                           \
                               entity_delete(batch, call, constant, ask->id,   \
                                             ask->if_rev, &answer->rev),       \
                               constant);                                      \
    }

PUT(structure, ENTITY_STRUCTURE, 1)
GET(structure, ENTITY_STRUCTURE)
LIST(structure, ENTITY_STRUCTURE)
DELETE(structure, ENTITY_STRUCTURE)

PUT(market, ENTITY_MARKET, 1)
GET(market, ENTITY_MARKET)
LIST(market, ENTITY_MARKET)
DELETE(market, ENTITY_MARKET)

PUT(profile, ENTITY_PROFILE, 0)
GET(profile, ENTITY_PROFILE)
LIST(profile, ENTITY_PROFILE)

PUT(facilitator, ENTITY_FACILITATOR, 1)
GET(facilitator, ENTITY_FACILITATOR)
LIST(facilitator, ENTITY_FACILITATOR)
DELETE(facilitator, ENTITY_FACILITATOR)

LIST(hours, ENTITY_HOURS)
