/*
 * ZeroMQ behind its fence.  Traps avoided here: MAXMSGSIZE is per frame and
 * unlimited by default; a ROUTER without MANDATORY drops replies silently; a
 * failed first frame must not be followed by the rest; the descriptor signals
 * edges, and every call may swallow one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zmq.h>

#include "engine/log.h"
#include "engine/zsock_parts.h"
#include "protocol/codec.h"

_Static_assert(sizeof(zmq_msg_t) <= sizeof((struct frames *)0)->room[0] &&
                   _Alignof(zmq_msg_t) <= 8,
               "a message has room in struct frames");

static zmq_msg_t *part(struct frames *frames, int i)
{
    return (zmq_msg_t *)(void *)frames->room[i];
}

enum err zsock_error(const char *doing)
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
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 32);
    return context;
}

static enum err bind_one(struct zsock *sock, struct slice endpoint)
{
    char *bound = sock->endpoints[sock->n_endpoints];
    size_t size = sizeof sock->endpoints[0];

    if (endpoint.len >= size || sock->n_endpoints == ZSOCK_ENDPOINTS_MAX)
        return ERR_RANGE;
    memcpy(bound, endpoint.data, endpoint.len);
    bound[endpoint.len] = '\0';
    if (zmq_bind(sock->socket, bound))
        return zsock_error(bound);
    if (zmq_getsockopt(sock->socket, ZMQ_LAST_ENDPOINT, bound, &size))
        return zsock_error("endpoint");
    snprintf(sock->listed + strlen(sock->listed),
             sizeof sock->listed - strlen(sock->listed), "%s%s",
             sock->n_endpoints++ ? " " : "", bound);
    return ERR_NONE;
}

static enum err bind_all(struct zsock *sock, const char *endpoints)
{
    enum err e = ERR_NONE;

    while (!e && *(endpoints += strspn(endpoints, " "))) {
        size_t len = strcspn(endpoints, " ");

        e = bind_one(sock, (struct slice){endpoints, len});
        endpoints += len;
    }
    return e || sock->n_endpoints ? e : ERR_RANGE;
}

static enum err open_socket(struct zsock *sock, const char *endpoints,
                            size_t max_bytes, const struct zsock_keys *keys)
{
    size_t size = sizeof sock->descriptor;
    enum err e;

    if (!(sock->socket = zmq_socket(sock->context, ZMQ_ROUTER)))
        return ERR_NOMEM;
    if (set_options(sock->socket, max_bytes))
        return zsock_error("options");
    if ((keys && (e = zsock_gate_open(sock, keys))) ||
        (e = bind_all(sock, endpoints)))
        return e;
    sock->n_current = sock->n_endpoints;
    if (keys && keys->old_secret &&
        ((e = zsock_gate_old(sock, keys)) ||
         (e = bind_all(sock, keys->old_listen))))
        return e;
    return zmq_getsockopt(sock->socket, ZMQ_FD, &sock->descriptor, &size)
               ? zsock_error("descriptor")
               : ERR_NONE;
}

enum err zsock_open(const char *endpoints, size_t max_bytes,
                    const struct zsock_keys *keys, struct zsock **out)
{
    struct zsock *sock = calloc(1, sizeof *sock);
    enum err e = ERR_NOMEM;

    if (!sock)
        return ERR_NOMEM;
    if (!(sock->context = new_context()) ||
        (e = open_socket(sock, endpoints, max_bytes, keys))) {
        zsock_close(sock);
        return e;
    }
    *out = sock;
    return ERR_NONE;
}

void zsock_close(struct zsock *sock)
{
    if (!sock)
        return;
    zsock_gate_close(sock);
    if (sock->socket)
        zmq_close(sock->socket);
    if (sock->context)
        zmq_ctx_term(sock->context);
    free(sock);
}

const char *zsock_endpoint(const struct zsock *sock)
{
    return sock->listed;
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

/* Who sent it, as told at the handshake.  Only of the last frame: libzmq 4.3.4
 * forgets that of the first when its events have been asked for. */
static void read_user(zmq_msg_t *last, char user[ZSOCK_KEY_BYTES])
{
    const char *id = zmq_msg_gets(last, "User-Id");
    size_t len = id ? strlen(id) : 0;

    if (len == ZSOCK_KEY_BYTES - 1)
        memcpy(user, id, ZSOCK_KEY_BYTES);
}

/* Read the rest of a message: what fits is kept, the others are dropped.
 * Returns how many frames there were, -1 when it ended early. */
static int receive_parts(struct zsock *sock, struct frames *out,
                         struct slice bytes[ZSOCK_PARTS])
{
    zmq_msg_t surplus;
    int n = 0;

    for (int more = 1; more; n++) {
        zmq_msg_t *into = n < ZSOCK_PARTS ? part(out, n) : &surplus;
        int size;

        zmq_msg_init(into);
        if ((size = zmq_msg_recv(into, sock->socket, ZMQ_DONTWAIT)) < 0) {
            zmq_msg_close(into);
            return -1;
        }
        more = zmq_msg_more(into);
        if (!more && sock->gate)
            read_user(into, out->user);
        if (n < ZSOCK_PARTS)
            bytes[out->parts++] =
                (struct slice){zmq_msg_data(into), (size_t)size};
        else
            zmq_msg_close(into);
    }
    return n;
}

/* [empty] CLAUSE01 header body, nothing else. */
static enum err receive_rest(struct zsock *sock, struct frames *out)
{
    struct slice bytes[ZSOCK_PARTS];
    int n = receive_parts(sock, out, bytes);
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
    out->user[0] = '\0';
    if (more)
        rest = receive_rest(sock, out);
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
