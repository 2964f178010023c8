/*
 * The door: the socket as bound, its handshakes, and the name and the rights
 * of whoever asks.  Whom no key lets in is refused before a request is read.
 */
#ifndef ENGINE_DOOR_H
#define ENGINE_DOOR_H

#include <uv.h>

#include "engine/keys.h"
#include "engine/zsock.h"

/* The loop's alone. */
struct door {
    struct store *store;         /* where the keys are */
    const struct config *config; /* as last read */
    struct zsock *sock;
    struct keys *keys;    /* NULL: nobody is asked for one */
    uv_poll_t polls[2];   /* handshakes, and those that failed; with keys */
    int handshakes;       /* some wait, or may */
    uint64_t told_failed; /* handshakes, in the log */
};

/* Bind.  STORE and CONFIG are borrowed until the end.  ERR_BUSY an endpoint is
 * taken, ERR_RANGE one is none, ERR_FORBIDDEN a stranger would be let in,
 * ERR_NOMEM, and what reading the keys says; the door is to be ended even
 * then. */
enum err door_init(struct door *door, struct store *store,
                   const struct config *config);
/* Send what the socket owes for at most a second, and close it.  The handles
 * are closed by then. */
void door_fini(struct door *door);

/* Wake LOOP up for handshakes. */
void door_watch(struct door *door, uv_loop_t *loop);

/* Answer some handshakes, if any wait. */
void door_answer(struct door *door);

/* Read the keys of the store and of the configuration anew.  Whoever cannot
 * must let nobody ask any more: what reading them says; the log says it. */
enum err door_load(struct door *door);

/* Whoever sent USER (its public key) asks at NOW_US: fill in who it is, and
 * what its key says to that.  CALL has its day.  0: it has no key, though one
 * is asked for; the request is nobody's then. */
int door_enter(struct door *door, const char *user, uint64_t now_us,
               struct call *call);
/* What becomes of it when it has waited: the same, as its key is now, and it
 * counts once. */
void door_again(struct door *door, const char *user, struct call *call);
/* It was answered. */
void door_leave(struct door *door, struct call *call);

/* Tell the log of the handshakes that failed since the last time, PERIOD_S
 * ago. */
void door_tell(struct door *door, int period_s);

#endif
