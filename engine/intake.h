/*
 * Requests come in, a bounded number a turn of the loop, and are given their
 * caller and their day; whose work they are then is engine/work.h's to say.
 *
 * The socket's descriptor signals edges, so it only wakes the loop up: in
 * prepare, before sleeping, it is asked whether something is there, and an
 * idle handle keeps the loop turning while there is; in check messages are
 * taken, so that timers get their turn.
 */
#ifndef ENGINE_INTAKE_H
#define ENGINE_INTAKE_H

#include "engine/work.h"

/* The loop's alone. */
struct intake {
    struct server *server; /* for the handlers */
    const struct config *config;
    struct door *door;
    struct work *work;
    struct replies *replies;
    struct requests requests;
    int open;          /* 0: nobody is answered yet, or any more */
    uint64_t clock_us; /* when the last message of this turn was done */
    int64_t wall_ms;   /* when the turn began */
    int64_t today;
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
};

/* Closed, over what is zeroed but for the parts above `requests`, which are
 * borrowed; handles of LOOP, which closes them. */
void intake_watch(struct intake *intake, uv_loop_t *loop);
/* Free the requests that are kept.  The handles are closed by then. */
void intake_fini(struct intake *intake);

#endif
