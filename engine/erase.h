/*
 * Forgetting people: their profile with its index, what leads from recorded
 * hours to them, and their rows in what batches found.  When one does it and
 * when a night does are handlers_erase.c and handlers_retention.c.
 */
#ifndef ENGINE_ERASE_H
#define ENGINE_ERASE_H

#include "engine/call.h"
#include "store/store.h"

/* Those forgotten so far in one batch.  Zeroed but for ROOM and NUMBERS. */
struct erased {
    uint32_t *numbers; /* of their profiles, room for ROOM */
    size_t room;
    size_t n;
    int found; /* the last one had a profile, or hours */
    int64_t revision;
};

/* Forget the profile ID and its hours; IF_REV as for entity_delete.  Whoever
 * may write the profile, or, when there is none, one of the hours, may forget
 * all of them.  ERR_NOT_FOUND is told by `found' alone. */
enum err erase_person(struct store_batch *batch, struct call *call,
                      struct slice id, int64_t if_rev, struct erased *erased);

/* Blank what batches found of them: once, when all are forgotten. */
enum err erase_finish(struct store_batch *batch, struct call *call,
                      struct erased *erased);

#endif
