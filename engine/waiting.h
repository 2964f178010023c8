/*
 * Requests that wait for an event (events.since with `wait'): each is answered
 * as soon as its key is told of one, and with nothing when its time is over.
 * So nothing is ever sent to whoever has not asked for it, and what a key is
 * told of is decided for it as for any page of the journal, when it is told.
 *
 * A commit wakes them, at most fifty times a second, and they are looked at
 * for a bounded time; each goes on where it had looked.
 */
#ifndef ENGINE_WAITING_H
#define ENGINE_WAITING_H

#include <uv.h>

#include "engine/replies.h"

/* Of all keys.  One takes some 3 KiB, and is one of the requests that its key
 * may have in hand; as many are left for those that do not wait. */
#define WAITING_MAX 512

/* What is kept of it: no bytes of its client but the numbers it asked with. */
struct waiter {
    struct request *request;
    struct ask_events_since ask; /* since: what it was last told or looked at */
    uint64_t until_us;
};

/* The loop's alone. */
struct waiting {
    struct store *store;
    struct door *door;
    struct replies *replies;
    uv_timer_t timer;
    struct waiter at[WAITING_MAX];
    size_t n;
    size_t next;       /* whose turn it is to be looked at first */
    uint64_t revision; /* of the store when they were */
    uint64_t looked;   /* loop time of that in ms */
    int written;       /* and something may have been written since */
};

/* Nobody waits; all is borrowed until the end. */
void waiting_init(struct waiting *waiting, struct store *store,
                  struct door *door, struct replies *replies);
/* A handle of LOOP, which closes it. */
void waiting_watch(struct waiting *waiting, uv_loop_t *loop);

/* REQUEST was answered at AT_US.  1: it would rather wait, and is taken.  When
 * too many do it is refused as BUSY. */
int waiting_take(struct waiting *waiting, struct request *request,
                 uint64_t at_us);

/* Something was committed. */
void waiting_written(struct waiting *waiting);

/* Refuse all that wait with WHY: they are to ask again. */
void waiting_end(struct waiting *waiting, enum err why);

#endif
