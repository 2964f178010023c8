/*
 * profile.erase: somebody is forgotten at once.
 */
#include "engine/dispatch.h"
#include "engine/erase.h"

/* Hours may be told of somebody who has no profile, or has it no more. */
enum err handle_profile_erase(struct store_batch *batch, struct call *call,
                              const struct ask_profile_erase *ask,
                              struct answer_profile_erase *answer)
{
    uint32_t number;
    struct erased erased = {.numbers = &number, .room = 1};
    enum err e = erase_person(batch, call, ask->id, ask->if_rev, &erased);

    if (e || (e = erase_finish(batch, call, &erased)))
        return e;
    answer->rev = erased.revision;
    return erased.found ? ERR_NONE
                        : call_refuse(call, ERR_NOT_FOUND, "id",
                                      "there is no profile with this id");
}
