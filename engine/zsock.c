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

/* A request has at most an empty delimiter and three frames. */
#define PARTS_MAX 4

struct zsock {
    void *context;
    void *socket;
    char endpoint[256];
    int descriptor;
};

struct parts {
    zmq_msg_t at[PARTS_MAX];
    size_t n;
};

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

static void parts_close(struct parts *parts)
{
    for (size_t i = 0; i < parts->n; i++)
        zmq_msg_close(&parts->at[i]);
    parts->n = 0;
}

/* Read the rest of a message: what fits is kept, the others are dropped. */
static int receive_parts(void *socket, struct parts *parts)
{
    zmq_msg_t surplus;
    int extra = 0;

    for (int more = 1; more;) {
        zmq_msg_t *part =
            parts->n < PARTS_MAX ? &parts->at[parts->n] : &surplus;

        zmq_msg_init(part);
        if (zmq_msg_recv(part, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(part);
            return -1;
        }
        more = zmq_msg_more(part);
        if (part == &surplus) {
            zmq_msg_close(part);
            extra = 1;
        } else {
            parts->n++;
        }
    }
    return extra;
}

static struct slice part_slice(zmq_msg_t *part)
{
    return (struct slice){zmq_msg_data(part), zmq_msg_size(part)};
}

/* [empty] CLAUSE01 header body, nothing else. */
static enum err split_parts(struct parts *parts, struct frames *out)
{
    size_t at = 0;

    if (parts->n && !zmq_msg_size(&parts->at[0]))
        out->peer.delimited = 1, at = 1;
    if (parts->n - at != 3)
        return ERR_BAD_FRAMES;
    out->tag = part_slice(&parts->at[at]);
    out->header = part_slice(&parts->at[at + 1]);
    out->body = part_slice(&parts->at[at + 2]);
    return ERR_NONE;
}

/* The routing id frame: only those that libzmq gave, five bytes from 0. */
static enum err receive_peer(struct zsock *sock, struct peer *peer, int *more)
{
    unsigned char id[256];
    zmq_msg_t part;
    size_t len;

    memset(peer, 0, sizeof *peer);
    zmq_msg_init(&part);
    if (zmq_msg_recv(&part, sock->socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&part);
        return ERR_NOT_FOUND;
    }
    len = zmq_msg_size(&part);
    memcpy(id, zmq_msg_data(&part), len < sizeof id ? len : sizeof id);
    *more = zmq_msg_more(&part);
    zmq_msg_close(&part);
    if (len != sizeof peer->id || id[0] != 0)
        return ERR_FORBIDDEN;
    memcpy(peer->id, id, sizeof peer->id);
    return ERR_NONE;
}

enum err zsock_receive(struct zsock *sock, struct frames *out)
{
    struct parts spare = {.n = 0};
    struct parts *parts;
    int more = 0;
    int extra = 0;
    enum err e;

    memset(out, 0, sizeof *out);
    e = receive_peer(sock, &out->peer, &more);
    if (e == ERR_NOT_FOUND)
        return e;
    /* Without memory the message is still read to its end. */
    parts = calloc(1, sizeof *parts);
    if (more)
        extra = receive_parts(sock->socket, parts ? parts : &spare);
    if (!parts)
        e = ERR_NOMEM;
    if (!e)
        e = extra ? ERR_BAD_FRAMES : split_parts(parts, out);
    if (e) {
        parts_close(parts ? parts : &spare);
        free(parts);
        return e;
    }
    out->parts = parts;
    return ERR_NONE;
}

void zsock_frames_free(struct frames *frames)
{
    if (frames->parts)
        parts_close(frames->parts);
    free(frames->parts);
    memset(frames, 0, sizeof *frames);
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
