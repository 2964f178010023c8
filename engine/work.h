/*
 * Whose work a request is: READ verbs are answered at once, over one view a
 * turn; SLOW ones by a worker with a view of its own; WRITE ones by the writer.
 * Every answer leaves by the replies.
 */
#ifndef ENGINE_WORK_H
#define ENGINE_WORK_H

#include <uv.h>

#include "engine/builder.h"
#include "engine/waiting.h"
#include "engine/writer.h"

struct work {
    struct store *store;
    struct door *door;
    struct replies *replies;
    struct waiting *waiting;
    struct writer *writer;   /* of whoever starts and stops it */
    struct builder *builder; /* likewise; NULL: it is stopped */
    uv_loop_t *loop;
    struct store_view *view; /* of this turn: begun when first needed */
    size_t slow;             /* on workers or waiting for one */
    size_t writing;          /* queued with the writer */
    pthread_mutex_t mutex;   /* of `done`; the rest is the loop's alone */
    struct request *done;    /* answered by the writer, in order */
    struct request **done_last;
};

/* Nothing is in hand; all is borrowed until the end. */
void work_init(struct work *work, struct store *store, struct door *door,
               struct replies *replies, struct waiting *waiting,
               uv_loop_t *loop);
/* Nothing may be in hand. */
void work_fini(struct work *work);

/* Answer a request in the turn of AT_US, or hand it to the thread that will: 0
 * then, and it is taken. */
int work_take(struct work *work, struct request *request, uint64_t at_us);

/* The turn ends: nothing more is read in its view. */
void work_turn_end(struct work *work);

/* On the writer's thread: take the list of requests it has answered; the loop
 * is to call work_send_written. */
void work_written(struct work *work, struct request *finished);

/* Send what the writer has answered; keys that it changed are in force before.
 * When they cannot be read, what door_load says: all is sent, and no more may
 * be asked. */
enum err work_send_written(struct work *work);

#endif
