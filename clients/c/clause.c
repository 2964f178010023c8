/*
 * The connection behind libclause: a DEALER socket, its monitor during the
 * handshake, and the frames of CLAUSE01.  Knows nothing of what bodies mean.
 *
 * A DEALER sends no delimiter; the daemon answers with as many frames as it
 * got: tag, header, body.
 */
#include "clients/c/clause.h"
#include "protocol/codec.h"

#include <zmq.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define FRAMES 3
/* A reply's header is four numbers. */
#define HEADER_ARENA_BYTES 4096

struct connection {
    void *context;
    void *socket;
    void *monitor; /* NULL once somebody answered */
    int64_t last_id;
    const char *purpose; /* NULL: none */
    struct arena *arena;
    zmq_msg_t frames[FRAMES]; /* of the last reply; always initialised */
};

const char *clause_text(enum clause_result result)
{
    switch (result) {
    case CLAUSE_OK:
        return "no error";
    case CLAUSE_BAD_ENDPOINT:
        return "this is not an endpoint such as tcp://127.0.0.1:5570";
    case CLAUSE_NOBODY:
        return "nobody listens there";
    case CLAUSE_FOREIGN:
        return "what listens there is not a claused, or asks for a key";
    case CLAUSE_REFUSED:
        return "the handshake was refused: the key is not in force, or not "
               "the daemon's";
    case CLAUSE_TIMEOUT:
        return "no answer came in time";
    case CLAUSE_GARBLED:
        return "the answer cannot be read";
    case CLAUSE_NOMEM:
        return "out of memory";
    }
    return "";
}

static int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int ms_left(int64_t until)
{
    int64_t left = until - clock_ms();

    return left > 0 ? (int)left : 0;
}

/* The next event of the monitor, 0 when none came in time. */
static int monitor_event(struct connection *c, int64_t until)
{
    zmq_pollitem_t item = {c->monitor, 0, ZMQ_POLLIN, 0};
    zmq_msg_t frame;
    uint16_t event = 0;
    int first = 1, more = 1;

    if (zmq_poll(&item, 1, ms_left(until)) <= 0)
        return 0;
    while (more) {
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, c->monitor, 0) < 0)
            return 0;
        if (first && zmq_msg_size(&frame) >= sizeof event)
            memcpy(&event, zmq_msg_data(&frame), sizeof event);
        first = 0;
        more = zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
    return event;
}

/* ZeroMQ connects in the background and for ever; a person wants to know now
 * whether anybody is there, so the handshake is watched. */
static enum clause_result wait_handshake(struct connection *c, int keyed,
                                         int64_t until)
{
    for (;;) {
        switch (monitor_event(c, until)) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            return CLAUSE_OK;
        case ZMQ_EVENT_CLOSED:
        case ZMQ_EVENT_CONNECT_RETRIED:
            return CLAUSE_NOBODY;
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            return CLAUSE_REFUSED;
        /* Whoever is greeted with another's key, or with none, hangs up; so
         * does whoever speaks something else. */
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        case ZMQ_EVENT_DISCONNECTED:
            return keyed ? CLAUSE_REFUSED : CLAUSE_FOREIGN;
        case 0:
            if (!ms_left(until))
                return CLAUSE_NOBODY;
            break;
        default:
            break;
        }
    }
}

static void monitor_stop(struct connection *c)
{
    if (!c->monitor)
        return;
    zmq_socket_monitor(c->socket, NULL, 0);
    zmq_close(c->monitor);
    c->monitor = NULL;
}

static enum clause_result monitor_start(struct connection *c)
{
    int linger = 0;

    if (zmq_socket_monitor(c->socket, "inproc://clause.monitor",
                           ZMQ_EVENT_ALL) < 0)
        return CLAUSE_NOMEM;
    if (!(c->monitor = zmq_socket(c->context, ZMQ_PAIR)))
        return CLAUSE_NOMEM;
    zmq_setsockopt(c->monitor, ZMQ_LINGER, &linger, sizeof linger);
    return zmq_connect(c->monitor, "inproc://clause.monitor") < 0 ? CLAUSE_NOMEM
                                                                  : CLAUSE_OK;
}

static int set_identity(void *socket, const struct clause_identity *identity)
{
    char public_key[CLAUSE_Z85_BYTES];

    return zmq_curve_public(public_key, identity->secret) ||
           zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, identity->server,
                          CLAUSE_Z85_BYTES) ||
           zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key,
                          sizeof public_key) ||
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, identity->secret,
                          CLAUSE_Z85_BYTES);
}

static enum clause_result connect_socket(struct connection *c,
                                         const char *endpoint,
                                         const struct clause_identity *identity,
                                         int timeout_ms)
{
    int64_t until = clock_ms() + timeout_ms, reply_max = REPLY_BYTES_MAX * 2;
    int linger = 0;
    enum clause_result r;

    if (!(c->socket = zmq_socket(c->context, ZMQ_DEALER)))
        return CLAUSE_NOMEM;
    /* An unsent request must not keep the program from ending. */
    zmq_setsockopt(c->socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(c->socket, ZMQ_MAXMSGSIZE, &reply_max, sizeof reply_max);
    if (identity && set_identity(c->socket, identity))
        return CLAUSE_REFUSED;
    if ((r = monitor_start(c)))
        return r;
    if (zmq_connect(c->socket, endpoint) < 0)
        return CLAUSE_BAD_ENDPOINT;
    r = wait_handshake(c, identity != NULL, until);
    monitor_stop(c);
    return r;
}

enum clause_result clause_open(const char *endpoint,
                               const struct clause_identity *identity,
                               int timeout_ms, struct connection **out)
{
    struct connection *c = calloc(1, sizeof *c);
    enum clause_result r = CLAUSE_NOMEM;

    if (!c)
        return CLAUSE_NOMEM;
    for (int i = 0; i < FRAMES; i++)
        zmq_msg_init(&c->frames[i]);
    if (!(c->arena = arena_new(HEADER_ARENA_BYTES)))
        goto close;
    if (!(c->context = zmq_ctx_new()))
        goto close;
    if ((r = connect_socket(c, endpoint, identity, timeout_ms)))
        goto close;
    *out = c;
    return CLAUSE_OK;

close:
    clause_close(c);
    return r;
}

void clause_purpose(struct connection *c, const char *purpose)
{
    c->purpose = purpose;
}

void clause_close(struct connection *c)
{
    if (!c)
        return;
    for (int i = 0; i < FRAMES; i++)
        zmq_msg_close(&c->frames[i]);
    monitor_stop(c);
    if (c->socket)
        zmq_close(c->socket);
    if (c->context)
        zmq_ctx_term(c->context);
    arena_free(c->arena);
    free(c);
}

static int send_frame(struct connection *c, const void *data, size_t len,
                      int more)
{
    return zmq_send(c->socket, data, len,
                    ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
}

static enum clause_result send_request(struct connection *c,
                                       const struct ask_header *header,
                                       struct slice body)
{
    struct buffer bytes = {0};
    enum clause_result r = CLAUSE_OK;

    if (protocol_encode_ask_header(header, &bytes))
        r = CLAUSE_NOMEM;
    else if (send_frame(c, PROTOCOL_TAG, sizeof PROTOCOL_TAG - 1, 1) < 0 ||
             send_frame(c, bytes.data, bytes.len, 1) < 0 ||
             send_frame(c, body.data, body.len, 0) < 0)
        r = CLAUSE_NOBODY;
    buffer_free(&bytes);
    return r;
}

/* Take one whole message into c->frames; frames past the third are dropped.
 * Returns how many there were, -1 when none came in time. */
static int receive_message(struct connection *c, int64_t until)
{
    zmq_pollitem_t item = {c->socket, 0, ZMQ_POLLIN, 0};
    zmq_msg_t extra, *frame;
    int n = 0, more = 1;

    errno = 0;
    if (zmq_poll(&item, 1, ms_left(until)) <= 0)
        return -1;
    while (more) {
        frame = n < FRAMES ? &c->frames[n] : &extra;
        if (n < FRAMES)
            zmq_msg_close(frame);
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, c->socket, 0) < 0)
            return -1;
        more = zmq_msg_more(frame);
        if (n++ >= FRAMES)
            zmq_msg_close(frame);
    }
    return n;
}

static struct slice frame_slice(zmq_msg_t *frame)
{
    return (struct slice){zmq_msg_data(frame), zmq_msg_size(frame)};
}

/* The next reply, whosever. */
static enum clause_result receive_reply(struct connection *c, int64_t until,
                                        int64_t *id, struct clause_reply *reply)
{
    struct reply_header header;
    int n;

    while ((n = receive_message(c, until)) < 0)
        if (errno != EINTR)
            return CLAUSE_TIMEOUT;
    arena_reset(c->arena);
    if (n != FRAMES ||
        !slice_equal(frame_slice(&c->frames[0]), SLICE(PROTOCOL_TAG)) ||
        protocol_decode_reply_header(frame_slice(&c->frames[1]), c->arena,
                                     &header))
        return CLAUSE_GARBLED;
    *id = header.id;
    reply->status = header.status;
    reply->revision = header.revision;
    reply->us = header.us;
    reply->body = frame_slice(&c->frames[2]);
    return CLAUSE_OK;
}

enum clause_result clause_send(struct connection *c, enum verb verb,
                               const char *key, int timeout_ms,
                               struct slice body, int64_t *id)
{
    struct ask_header header = {.id = ++c->last_id,
                                .method = slice_of(verb_rows[verb].name),
                                .deadline_ms = timeout_ms,
                                .min_revision = ABSENT};

    if (key)
        header.key = slice_of(key);
    if (c->purpose)
        header.purpose = slice_of(c->purpose);
    *id = header.id;
    return send_request(c, &header, body);
}

enum clause_result clause_take(struct connection *c, int timeout_ms,
                               int64_t *id, struct clause_reply *reply)
{
    return receive_reply(c, clock_ms() + timeout_ms, id, reply);
}

enum clause_result clause_ask(struct connection *c, enum verb verb,
                              const char *key, int timeout_ms,
                              struct slice body, struct clause_reply *reply)
{
    int64_t until = clock_ms() + timeout_ms;
    int64_t asked, answered = 0;
    enum clause_result r = clause_send(c, verb, key, timeout_ms, body, &asked);

    /* Id 0: the daemon could not read even our header. */
    while (!r) {
        r = receive_reply(c, until, &answered, reply);
        if (!r && (answered == asked || answered == 0))
            break;
    }
    return r;
}

void clause_key(char out[CLAUSE_KEY_BYTES])
{
    unsigned char random[16];
    size_t got = 0;
    ssize_t n;

    /* 16 bytes never block once the kernel's pool is filled; only a signal
     * can interrupt before. */
    while (got < sizeof random) {
        n = getrandom(random + got, sizeof random - got, 0);
        if (n > 0)
            got += (size_t)n;
        else if (errno != EINTR)
            abort();
    }
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(out + 2 * i, 3, "%02x", random[i]);
}
