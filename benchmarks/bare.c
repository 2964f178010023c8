/*
 * A bare echo.  The loop is the one of engine/server.c: an empty poll
 * callback to wake up, ZMQ_EVENTS asked before every sleep and after every
 * wake, sixty-four messages a turn.  Frames are moved, never copied, and no
 * limit is set: nothing faster can be built on this loop.  It may be told to
 * think before it answers, as busily as a match does.
 */
#include <signal.h>
#include <stdio.h>
#include <uv.h>
#include <zmq.h>

#include "benchmarks/bare.h"
#include "benchmarks/figures.h"

#define TURN_MESSAGES 64

struct bare {
    void *socket;
    uint64_t think_ns;
    uv_loop_t loop;
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uv_signal_t term;
};

static int is_readable(struct bare *b)
{
    int events = 0;
    size_t size = sizeof events;

    zmq_getsockopt(b->socket, ZMQ_EVENTS, &events, &size);
    return (events & ZMQ_POLLIN) != 0;
}

static void think(const struct bare *b)
{
    uint64_t end = now_ns() + b->think_ns;

    while (now_ns() < end)
        ;
}

/* One message back to its sender; 0 when none is waiting. */
static int echo_one(struct bare *b)
{
    zmq_msg_t part;
    int more = 1, first = 1;

    zmq_msg_init(&part);
    while (more) {
        if (zmq_msg_recv(&part, b->socket, ZMQ_DONTWAIT) < 0)
            return 0;
        if (first && b->think_ns)
            think(b);
        first = 0;
        more = zmq_msg_more(&part);
        if (zmq_msg_send(&part, b->socket,
                         ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0)
            return 0;
    }
    return 1;
}

static void on_wake(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct bare *b = prepare->data;

    if (is_readable(b))
        uv_idle_start(&b->idle, on_idle);
}

static void on_check(uv_check_t *check)
{
    struct bare *b = check->data;

    uv_idle_stop(&b->idle);
    if (!is_readable(b))
        return;
    for (int i = 0; i < TURN_MESSAGES && echo_one(b); i++)
        ;
}

static void on_term(uv_signal_t *term, int number)
{
    (void)number;
    uv_stop(term->loop);
}

static int start_loop(struct bare *b)
{
    size_t size = sizeof(int);
    int descriptor;

    if (zmq_getsockopt(b->socket, ZMQ_FD, &descriptor, &size) ||
        uv_loop_init(&b->loop) || uv_poll_init(&b->loop, &b->poll, descriptor))
        return -1;
    uv_poll_start(&b->poll, UV_READABLE, on_wake);
    uv_prepare_init(&b->loop, &b->prepare);
    uv_prepare_start(&b->prepare, on_prepare);
    uv_check_init(&b->loop, &b->check);
    uv_check_start(&b->check, on_check);
    uv_idle_init(&b->loop, &b->idle);
    uv_signal_init(&b->loop, &b->term);
    uv_signal_start(&b->term, on_term, SIGTERM);
    b->prepare.data = b->check.data = b;
    return 0;
}

int bare_serve(const char *endpoint, uint64_t think_ns)
{
    void *context = zmq_ctx_new();
    char bound[256];
    size_t size = sizeof bound;
    struct bare b = {.think_ns = think_ns};

    if (!context || !(b.socket = zmq_socket(context, ZMQ_ROUTER)) ||
        zmq_bind(b.socket, endpoint) ||
        zmq_getsockopt(b.socket, ZMQ_LAST_ENDPOINT, bound, &size) ||
        start_loop(&b))
        return 1;
    printf("listening %s\n", bound);
    fflush(stdout);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    return 0;
}
