/*
 * The way out of every request: it is counted, noted where it concerned
 * people, given up by its key, and sent: at once, together with the others of
 * its turn, or when its peer reads again.
 */
#ifndef ENGINE_REPLIES_H
#define ENGINE_REPLIES_H

#include <uv.h>

#include "engine/access.h"
#include "engine/budget.h"
#include "engine/door.h"
#include "engine/outbox.h"

/* The loop's alone. */
struct replies {
    struct door *door;
    const struct config *config; /* as last read */
    struct access *access;       /* NULL: none is kept */
    struct budget *budget;       /* of people shown to each key */
    struct outbox *outbox;
    uv_timer_t retry;
    struct request *held; /* answered in this turn and not yet sent */
    struct request **held_last;
    size_t n_held;
    uint64_t held_us; /* when the first of them was answered */
    uint64_t asked[VERBS];
    uint64_t refused[VERBS];
    uint64_t slowest_us[VERBS];
};

/* Replies through DOOR's socket; DOOR, CONFIG and LOOP are borrowed until the
 * end.  ERR_NOMEM. */
enum err replies_init(struct replies *replies, struct door *door,
                      const struct config *config);
/* Drop what nobody took.  The handles are closed by then. */
void replies_fini(struct replies *replies);

/* Try on LOOP what peers were not ready to take. */
void replies_watch(struct replies *replies, uv_loop_t *loop);

/* Send the answer that was ready at AT_US; takes the request. */
void replies_send(struct replies *replies, struct request *request,
                  uint64_t at_us);

/* The same, soon: with others, at the latest when the turn ends. */
void replies_hold(struct replies *replies, struct request *request,
                  uint64_t at_us);
/* The turn ends: send what is held. */
void replies_release(struct replies *replies);

/* Try what peers were not ready to take; the return says how much is left. */
size_t replies_retry(struct replies *replies);

/* What has become of every request that was counted as asked: what is held is
 * queued. */
struct outbox_facts replies_stat(const struct replies *replies);

#endif
