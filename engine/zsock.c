/*
 * ZeroMQ behind its fence.  Traps avoided here: MAXMSGSIZE is per frame and
 * unlimited by default; a ROUTER without MANDATORY drops replies silently; a
 * failed first frame must not be followed by the rest; the descriptor signals
 * edges, and every call may swallow one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zmq.h>

#include "engine/log.h"
#include "engine/zsock.h"
#include "protocol/codec.h"

struct zsock {
    void *context;
    void *socket;
    char endpoint[256];
    int descriptor;
};

_Static_assert(sizeof(zmq_msg_t) <= sizeof((struct frames *)0)->room[0] &&
                   _Alignof(zmq_msg_t) <= 8,
               "a message has room in struct frames");

static zmq_msg_t *part(struct frames *frames, int i)
{
    return (zmq_msg_t *)(void *)frames->room[i];
}

static enum err zsock_error(const char *doing)
{
    int code = zmq_errno();

    if (code == EAGAIN)
        return ERR_BUSY;
    if (code == EHOSTUNREACH)
        return ERR_NOT_FOUND;
    log_line(LOG_ERROR, "%s: %s", doing, zmq_strerror(code));
    if (code == ENOMEM)
        return ERR_NOMEM;
    return code == EADDRINUSE || code == EACCES ? ERR_BUSY : ERR_RANGE;
}

static int set_options(void *socket, size_t max_bytes)
{
    static const struct {
        int name;
        int value;
    } options[] = {
        {ZMQ_ROUTER_MANDATORY, 1},
        {ZMQ_ROUTER_HANDOVER, 0},
        {ZMQ_LINGER, 1000},
        {ZMQ_HANDSHAKE_IVL, 3000},
        {ZMQ_RCVHWM, 256},
        {ZMQ_SNDHWM, 256},
        {ZMQ_BACKLOG, 1024},
        {ZMQ_HEARTBEAT_IVL, 10000},
        {ZMQ_HEARTBEAT_TIMEOUT, 30000},
        {ZMQ_TCP_KEEPALIVE, 1},
    };
    int64_t max = (int64_t)max_bytes;

    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (zmq_setsockopt(socket, options[i].name, &options[i].value,
                           sizeof options[i].value))
            return -1;
    return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max, sizeof max);
}

/* libzmq numbers its routing ids from rand(): make them hard to guess. */
static void seed_routing_ids(void)
{
    unsigned seed;

    if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        srand(seed);
}

static void *new_context(void)
{
    void *context;

    seed_routing_ids();
    if (!(context = zmq_ctx_new()))
        return NULL;
    zmq_ctx_set(context, ZMQ_BLOCKY, 0);
    zmq_ctx_set(context, ZMQ_IO_THREADS, 1);
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 16);
    return context;
}

enum err zsock_open(const char *endpoint, size_t max_bytes, struct zsock **out)
{
    struct zsock *sock = calloc(1, sizeof *sock);
    size_t size = sizeof sock->endpoint;
    enum err e = ERR_NOMEM;

    if (!sock)
        return ERR_NOMEM;
    if (!(sock->context = new_context()))
        goto free_sock;
    if (!(sock->socket = zmq_socket(sock->context, ZMQ_ROUTER)))
        goto end_context;
    if (set_options(sock->socket, max_bytes) ||
        zmq_bind(sock->socket, endpoint) ||
        zmq_getsockopt(sock->socket, ZMQ_LAST_ENDPOINT, sock->endpoint,
                       &size)) {
        e = zsock_error(endpoint);
        goto close_socket;
    }
    size = sizeof sock->descriptor;
    if (zmq_getsockopt(sock->socket, ZMQ_FD, &sock->descriptor, &size)) {
        e = zsock_error("descriptor");
        goto close_socket;
    }
    *out = sock;
    return ERR_NONE;

close_socket:
    zmq_close(sock->socket);
end_context:
    zmq_ctx_term(sock->context);
free_sock:
    free(sock);
    return e;
}

void zsock_close(struct zsock *sock)
{
    if (!sock)
        return;
    zmq_close(sock->socket);
    zmq_ctx_term(sock->context);
    free(sock);
}

const char *zsock_endpoint(const struct zsock *sock)
{
    return sock->endpoint;
}

int zsock_descriptor(const struct zsock *sock)
{
    return sock->descriptor;
}

int zsock_readable(struct zsock *sock)
{
    int events = 0;
    size_t size = sizeof events;

    if (zmq_getsockopt(sock->socket, ZMQ_EVENTS, &events, &size))
        return 0;
    return (events & ZMQ_POLLIN) != 0;
}

/* Read the rest of a message: what fits is kept, the others are dropped.
 * Returns how many frames there were, -1 when it ended early. */
static int receive_parts(void *socket, struct frames *out,
                         struct slice bytes[ZSOCK_PARTS])
{
    zmq_msg_t surplus;
    int n = 0;

    for (int more = 1; more; n++) {
        zmq_msg_t *into = n < ZSOCK_PARTS ? part(out, n) : &surplus;
        int size;

        zmq_msg_init(into);
        if ((size = zmq_msg_recv(into, socket, ZMQ_DONTWAIT)) < 0) {
            zmq_msg_close(into);
            return -1;
        }
        more = zmq_msg_more(into);
        if (n < ZSOCK_PARTS)
            bytes[out->parts++] =
                (struct slice){zmq_msg_data(into), (size_t)size};
        else
            zmq_msg_close(into);
    }
    return n;
}

/* [empty] CLAUSE01 header body, nothing else. */
static enum err receive_rest(void *socket, struct frames *out)
{
    struct slice bytes[ZSOCK_PARTS];
    int n = receive_parts(socket, out, bytes);
    int delimited = n > 0 && !bytes[0].len;

    out->peer.delimited = (unsigned char)delimited;
    if (n - delimited != 3)
        return ERR_BAD_FRAMES;
    out->tag = bytes[delimited];
    out->header = bytes[delimited + 1];
    out->body = bytes[delimited + 2];
    return ERR_NONE;
}

/* The routing id frame: only those that libzmq gave, five bytes from 0. */
static enum err receive_peer(struct zsock *sock, struct peer *peer, int *more)
{
    const unsigned char *bytes;
    enum err e = ERR_NONE;
    zmq_msg_t id;
    int len;

    zmq_msg_init(&id);
    if ((len = zmq_msg_recv(&id, sock->socket, ZMQ_DONTWAIT)) < 0) {
        zmq_msg_close(&id);
        return ERR_NOT_FOUND;
    }
    *more = zmq_msg_more(&id);
    bytes = zmq_msg_data(&id);
    if (len == sizeof peer->id && bytes[0] == 0)
        memcpy(peer->id, bytes, sizeof peer->id);
    else
        e = ERR_FORBIDDEN;
    zmq_msg_close(&id);
    return e;
}

enum err zsock_receive(struct zsock *sock, struct frames *out)
{
    int more = 0;
    enum err e = receive_peer(sock, &out->peer, &more);
    enum err rest = ERR_BAD_FRAMES;

    if (e == ERR_NOT_FOUND)
        return e;
    out->peer.delimited = 0;
    if (more)
        rest = receive_rest(sock->socket, out);
    if (!e)
        e = rest;
    if (e)
        zsock_frames_free(out);
    return e;
}

void zsock_frames_free(struct frames *frames)
{
    for (int i = 0; i < frames->parts; i++)
        zmq_msg_close(part(frames, i));
    frames->parts = 0;
    frames->tag = frames->header = frames->body = (struct slice){NULL, 0};
}

static int send_part(struct zsock *sock, const void *data, size_t len, int more)
{
    int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
    int rc;

    do
        rc = zmq_send(sock->socket, data, len, flags);
    while (rc < 0 && zmq_errno() == EINTR);
    return rc;
}

enum err zsock_send(struct zsock *sock, const struct peer *peer,
                    struct slice header, struct slice body)
{
    /* Only the first frame can be refused: it chooses the peer's pipe. */
    if (send_part(sock, peer->id, sizeof peer->id, 1) < 0)
        return zsock_error("reply");
    if ((peer->delimited && send_part(sock, "", 0, 1) < 0) ||
        send_part(sock, PROTOCOL_TAG, sizeof PROTOCOL_TAG - 1, 1) < 0 ||
        send_part(sock, header.data, header.len, 1) < 0 ||
        send_part(sock, body.data, body.len, 0) < 0)
        return zsock_error("reply");
    return ERR_NONE;
}
