/*
 * A page too large for one reply is asked again with fewer rows.
 */
#include "clients/cli/pages.h"

#include <stdio.h>
#include <string.h>

#define PAGE_ROWS 200

static enum verb list_verb(int64_t entity)
{
    switch (entity) {
    case ENTITY_STRUCTURE:
        return VERB_structure_list;
    case ENTITY_MARKET:
        return VERB_market_list;
    case ENTITY_FACILITATOR:
        return VERB_facilitator_list;
    case ENTITY_KEY:
        return VERB_key_list;
    case ENTITY_HOURS:
        return VERB_hours_list;
    default:
        return VERB_profile_list;
    }
}

/* Ask for a page; a refusal is kept for the caller to judge. */
static int ask_page(struct ctl *ctl, enum verb verb, int64_t rows,
                    const char *token, json_t **answer)
{
    json_t *ask = json_pack("{s:I}", "page_size", (json_int_t)rows);

    if (*token)
        json_object_set_new(ask, "page_token", json_string(token));
    ctl->bears_too_large = rows > 1;
    return ctl_call(ctl, verb, ask, answer);
}

/* Halving finds a page that fits in a few steps; one row always does. */
int pages_each(struct ctl *ctl, int64_t entity, int64_t limit,
               int (*on_object)(void *to, const json_t *object), void *to)
{
    int64_t rows = limit && limit < PAGE_ROWS ? limit : PAGE_ROWS, given = 0;
    char token[204] = "";
    json_t *answer;
    const json_t *object;
    size_t i;
    int status;

    do {
        answer = NULL;
        status = ask_page(ctl, list_verb(entity), rows, token, &answer);
        if (status == TOO_LARGE) {
            rows = rows / 2;
            continue;
        }
        if (status)
            break;
        json_array_foreach(json_object_get(answer, "rows"), i, object)
        {
            if ((status = on_object(to, object)) || (limit && ++given == limit))
                break;
        }
        snprintf(token, sizeof token, "%s", json_text(answer, "next"));
        json_decref(answer);
    } while (status == TOO_LARGE ||
             (!status && *token && !(limit && given == limit)));
    ctl->bears_too_large = 0;
    return status;
}
