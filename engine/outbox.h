/*
 * Replies that a peer was not ready to take: a bounded queue for each, tried
 * again until it reads or the bound is passed; then what it was owed is
 * dropped and counted, and its next reply begins a new queue.
 */
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "engine/dispatch.h"

struct outbox;

struct outbox_facts {
    uint64_t sent;
    uint64_t dropped; /* the peer was gone, or would not read */
    size_t queued;
};

/* An outbox over SOCK, which it borrows.  NULL without memory. */
struct outbox *outbox_new(struct zsock *sock);
/* Drop what is queued, and the outbox. */
void outbox_free(struct outbox *outbox);

/* Send the request's reply now or later; takes the request. */
void outbox_reply(struct outbox *outbox, struct request *request);

/* Try what is queued once more; the return says how much is left. */
size_t outbox_flush(struct outbox *outbox);

/* How it stands. */
struct outbox_facts outbox_stat(const struct outbox *outbox);

#endif
