/*
 * One short list of peers that are behind, each with a list of its requests.
 * A peer that reads is never here.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/log.h"
#include "engine/outbox.h"

/* What one peer may be behind: more than any burst that a group commit lets
 * go at once, for libzmq itself takes no more than its mark of 256 in a turn;
 * and what all may. */
#define PEER_REPLIES 16384
#define PEER_BYTES (16u << 20)
#define ALL_BYTES (64u << 20)

struct queue {
    struct queue *next;
    struct peer peer;
    struct request *first;
    struct request **last;
    size_t n;
    size_t bytes;
};

struct outbox {
    struct zsock *sock;
    struct queue *queues;
    struct outbox_facts facts;
    size_t bytes;
};

struct outbox *outbox_new(struct zsock *sock)
{
    struct outbox *box = calloc(1, sizeof *box);

    if (box)
        box->sock = sock;
    return box;
}

static enum err send_one(struct outbox *box, const struct request *r)
{
    struct slice header = {r->reply_header.data, r->reply_header.len};
    struct slice body = {r->reply_body.data, r->reply_body.len};

    return zsock_send(box->sock, &r->frames.peer, header, body);
}

static struct queue **find(struct outbox *box, const struct peer *peer)
{
    struct queue **at = &box->queues;

    while (*at && memcmp((*at)->peer.id, peer->id, sizeof peer->id) != 0)
        at = &(*at)->next;
    return at;
}

static void shift(struct outbox *box, struct queue *queue)
{
    struct request *r = queue->first;

    if (!(queue->first = r->next))
        queue->last = &queue->first;
    queue->n--;
    queue->bytes -= r->reply_body.len;
    box->facts.queued--;
    box->bytes -= r->reply_body.len;
    request_free(r);
}

static void drop_queue(struct outbox *box, struct queue **at)
{
    struct queue *queue = *at;

    box->facts.dropped += queue->n;
    while (queue->first)
        shift(box, queue);
    *at = queue->next;
    free(queue);
}

static void enqueue(struct outbox *box, struct queue **at,
                    struct request *request)
{
    struct queue *queue = *at;

    if (!queue) {
        if (!(queue = *at = calloc(1, sizeof *queue))) {
            box->facts.dropped++;
            request_free(request);
            return;
        }
        queue->peer = request->frames.peer;
        queue->last = &queue->first;
    }
    request_answered(request);
    request->next = NULL;
    *queue->last = request;
    queue->last = &request->next;
    queue->n++;
    queue->bytes += request->reply_body.len;
    box->facts.queued++;
    box->bytes += request->reply_body.len;
    if (queue->n > PEER_REPLIES || queue->bytes > PEER_BYTES ||
        box->bytes > ALL_BYTES) {
        log_line(LOG_WARNING, "a client does not read: %zu replies dropped",
                 queue->n);
        drop_queue(box, at);
    }
}

void outbox_reply(struct outbox *box, struct request *request)
{
    struct queue **at = find(box, &request->frames.peer);
    enum err e = *at ? ERR_BUSY : send_one(box, request);

    if (e == ERR_BUSY) {
        enqueue(box, at, request);
        return;
    }
    if (e)
        box->facts.dropped++;
    else
        box->facts.sent++;
    request_free(request);
}

/* Send what one peer takes now; 1 when its queue is empty or it is gone. */
static int flush_queue(struct outbox *box, struct queue *queue)
{
    while (queue->first) {
        enum err e = send_one(box, queue->first);

        if (e == ERR_BUSY)
            return 0;
        if (e)
            return 1;
        box->facts.sent++;
        shift(box, queue);
    }
    return 1;
}

size_t outbox_flush(struct outbox *box)
{
    struct queue **at = &box->queues;

    while (*at) {
        if (flush_queue(box, *at))
            drop_queue(box, at);
        else
            at = &(*at)->next;
    }
    return box->facts.queued;
}

void outbox_free(struct outbox *box)
{
    if (!box)
        return;
    while (box->queues)
        drop_queue(box, &box->queues);
    free(box);
}

struct outbox_facts outbox_stat(const struct outbox *box)
{
    return box->facts;
}
