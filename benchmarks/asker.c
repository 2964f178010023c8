/*
 * The measuring client.  See asker.h.
 */
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "benchmarks/asker.h"

#define PATIENCE_MS 20000

struct asker {
    void *context;
    void *socket;
    uint64_t replies;
};

struct asker *asker_open(const char *endpoint)
{
    struct asker *a = calloc(1, sizeof *a);
    int linger = 0, patience = PATIENCE_MS;

    if (!a || !(a->context = zmq_ctx_new()) ||
        !(a->socket = zmq_socket(a->context, ZMQ_DEALER)))
        die("a socket: %s", zmq_strerror(zmq_errno()));
    zmq_setsockopt(a->socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(a->socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    if (zmq_connect(a->socket, endpoint))
        die("%s: %s", endpoint, zmq_strerror(zmq_errno()));
    return a;
}

void asker_close(struct asker *a)
{
    zmq_close(a->socket);
    zmq_ctx_term(a->context);
    free(a);
}

static void send_next(struct asker *a, struct questions *qs)
{
    const struct question *q = &qs->at[qs->next];

    if (++qs->next == qs->n)
        qs->next = 0;
    for (size_t i = 0; i < q->n; i++)
        if (zmq_send(a->socket, q->frames[i].data, q->frames[i].len,
                     i + 1 < q->n ? ZMQ_SNDMORE : 0) < 0)
            die("a question: %s", zmq_strerror(zmq_errno()));
}

/* Every question has the id 1, so an answer's header begins so: a map of
 * four, `i` 1, `s` 0. */
static void check_header(zmq_msg_t *frame)
{
    static const char good[] = "\x84\xa1i\x01\xa1s\x00";

    if (zmq_msg_size(frame) < sizeof good - 1 ||
        memcmp(zmq_msg_data(frame), good, sizeof good - 1) != 0)
        die("a question was refused");
}

/* One reply of as many frames as the question had; the bytes of its last. */
static size_t receive(struct asker *a, size_t frames)
{
    zmq_msg_t frame;
    size_t n = 0, size = 0;
    int more = 1;

    zmq_msg_init(&frame);
    for (; more; n++) {
        if (zmq_msg_recv(&frame, a->socket, 0) < 0)
            die("no reply: %s", zmq_strerror(zmq_errno()));
        more = zmq_msg_more(&frame);
        size = zmq_msg_size(&frame);
        if (n == 1)
            check_header(&frame);
    }
    zmq_msg_close(&frame);
    if (n != frames)
        die("a reply of %zu frames", n);
    a->replies++;
    return size;
}

double asker_flood(struct asker *a, struct questions *qs, size_t window,
                   uint64_t ns)
{
    size_t frames = qs->at[0].n;
    uint64_t begin = now_ns(), end = begin + ns, now = begin;
    size_t owed;

    for (owed = 0; owed < window; owed++)
        send_next(a, qs);
    while (now < end) {
        /* The clock is asked once for a window. */
        for (size_t i = 0; i < window; i++) {
            receive(a, frames);
            send_next(a, qs);
        }
        now = now_ns();
    }
    for (; owed; owed--)
        receive(a, frames);
    return (double)(now_ns() - begin) / 1e9;
}

void asker_walk(struct asker *a, struct questions *qs, uint64_t ns,
                struct figures *times)
{
    size_t frames = qs->at[0].n;
    uint64_t begin = now_ns(), end = begin + ns, now;

    while (begin < end) {
        send_next(a, qs);
        receive(a, frames);
        now = now_ns();
        figures_add(times, (double)(now - begin) / 1e3);
        begin = now;
    }
}

double asker_sweep(struct asker *a, struct questions *qs)
{
    double bytes = 0;

    qs->next = 0;
    for (size_t i = 0; i < qs->n; i++) {
        send_next(a, qs);
        bytes += (double)receive(a, qs->at[0].n);
    }
    return bytes / (double)qs->n;
}

uint64_t asker_replies(const struct asker *a)
{
    return a->replies;
}
