/*
 * Keys: CURVE on the socket, and the ZAP handler that libzmq asks at each
 * handshake (RFC 27).
 *
 * libzmq 4.3.4 lets strangers in when the handler is missing and is not
 * enforced, and whenever the domain is empty, handler or not.  So the handler
 * is bound first, the domain has a name and is enforced, and zsock_self_test
 * knocks from outside before anybody is served.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "engine/clock.h"
#include "engine/log.h"
#include "engine/zsock_parts.h"

/* The library has it, its header only with drafts. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif
#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define MONITOR_ENDPOINT "inproc://claused.handshakes"
#define FAILURES                                                               \
    (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |                                    \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
/* Handshakes and failures a turn: a flood must leave time for requests. */
#define TURN_EVENTS 64
/* A knock at the door is answered in far less. */
#define KNOCK_MS 3000

/* ---- The handler --------------------------------------------------------- */

enum {
    ZAP_VERSION,
    ZAP_ID,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_IDENTITY,
    ZAP_MECHANISM,
    ZAP_KEY,
    ZAP_PARTS
};

struct zap_ask {
    char bytes[ZAP_PARTS][256]; /* what is longer is none of ours */
    size_t len[ZAP_PARTS];
    int n;
};

/* Take one message; 0 when none is waiting. */
static int zap_receive(void *zap, struct zap_ask *ask)
{
    int more = 1;
    size_t size = sizeof more;

    for (ask->n = 0; more; ask->n++) {
        char surplus[256];
        char *into = ask->n < ZAP_PARTS ? ask->bytes[ask->n] : surplus;
        int len = zmq_recv(zap, into, sizeof surplus, ZMQ_DONTWAIT);

        if (len < 0)
            return 0;
        if (ask->n < ZAP_PARTS)
            ask->len[ask->n] = (size_t)len;
        if (zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &size))
            return 0;
    }
    return 1;
}

static int is(const struct zap_ask *ask, int part, const char *text)
{
    return ask->len[part] == strlen(text) &&
           !memcmp(ask->bytes[part], text, ask->len[part]);
}

/* A key that is known and in force, over CURVE, at a door of ours; KEY gets
 * it.  Whatever else: no. */
static int zap_admits(const struct zsock_gate *gate, const struct zap_ask *ask,
                      char key[ZSOCK_KEY_BYTES])
{
    int old = ask->n == ZAP_PARTS && is(ask, ZAP_DOMAIN, ZSOCK_OLD_DOMAIN);

    key[0] = '\0';
    return ask->n == ZAP_PARTS && is(ask, ZAP_VERSION, "1.0") &&
           (old || is(ask, ZAP_DOMAIN, ZSOCK_DOMAIN)) &&
           is(ask, ZAP_MECHANISM, "CURVE") && ask->len[ZAP_KEY] == 32 &&
           zmq_z85_encode(key, (const uint8_t *)ask->bytes[ZAP_KEY], 32) &&
           gate->admit(gate->context, key, old);
}

/* The User-Id of every message of the connection is its public key: whatever
 * becomes of the name that it has today. */
static void zap_answer(void *zap, const struct zap_ask *ask, int admitted,
                       const char *key)
{
    const char *status = admitted ? "200" : "400";
    const char *text = admitted ? "OK" : "no such key";
    const char *user = admitted ? key : "";
    int more = ZMQ_DONTWAIT | ZMQ_SNDMORE;

    if (zmq_send(zap, "1.0", 3, more) < 0 ||
        zmq_send(zap, ask->bytes[ZAP_ID],
                 ask->n > ZAP_ID ? ask->len[ZAP_ID] : 0, more) < 0 ||
        zmq_send(zap, status, 3, more) < 0 ||
        zmq_send(zap, text, strlen(text), more) < 0 ||
        zmq_send(zap, user, strlen(user), more) < 0 ||
        zmq_send(zap, "", 0, ZMQ_DONTWAIT) < 0)
        zsock_error("handshake");
}

static int readable(void *socket)
{
    int events = 0;
    size_t size = sizeof events;

    return !zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) &&
           (events & ZMQ_POLLIN);
}

static void answer_handshakes(struct zsock_gate *gate)
{
    char key[ZSOCK_KEY_BYTES];
    struct zap_ask ask;

    for (int i = 0; i < TURN_EVENTS && readable(gate->zap); i++) {
        int admitted;

        if (!zap_receive(gate->zap, &ask))
            return;
        admitted = zap_admits(gate, &ask, key);
        zap_answer(gate->zap, &ask, admitted, key);
    }
}

/* The kind of the next event; 0 when none is waiting. */
static unsigned monitor_event(void *monitor)
{
    unsigned char head[6];
    char address[256];
    uint16_t event;
    int len = zmq_recv(monitor, head, sizeof head, ZMQ_DONTWAIT);

    if (len < (int)sizeof event)
        return 0;
    zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT);
    memcpy(&event, head, sizeof event);
    return event;
}

static void count_failures(struct zsock_gate *gate)
{
    for (int i = 0; i < TURN_EVENTS && readable(gate->monitor); i++)
        if (monitor_event(gate->monitor) & FAILURES)
            gate->failed++;
}

int zsock_handshakes(struct zsock *sock)
{
    struct zsock_gate *gate = sock->gate;

    answer_handshakes(gate);
    count_failures(gate);
    return readable(gate->zap) || readable(gate->monitor);
}

uint64_t zsock_failed(const struct zsock *sock)
{
    return sock->gate ? sock->gate->failed : 0;
}

int zsock_handshake_descriptor(const struct zsock *sock, int which)
{
    return sock->gate ? sock->gate->descriptors[which] : -1;
}

/* ---- Open and close ------------------------------------------------------ */

static int curve_server(void *socket, const char *secret, const char *domain)
{
    int yes = 1;

    return zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) ||
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret,
                          strlen(secret) + 1) ||
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) ||
           zmq_setsockopt(socket, ZMQ_ZAP_ENFORCE_DOMAIN, &yes, sizeof yes);
}

static int descriptor_of(void *socket, int *out)
{
    size_t size = sizeof *out;

    return zmq_getsockopt(socket, ZMQ_FD, out, &size);
}

/* Events are few and taken each turn; a bound would have libzmq's thread wait
 * for ours, and ours for it when the monitor is closed. */
static int open_monitor(struct zsock *sock, struct zsock_gate *gate)
{
    int none = 0;

    return zmq_socket_monitor(sock->socket, MONITOR_ENDPOINT, FAILURES) < 0 ||
           !(gate->monitor = zmq_socket(sock->context, ZMQ_PAIR)) ||
           zmq_setsockopt(gate->monitor, ZMQ_RCVHWM, &none, sizeof none) ||
           zmq_setsockopt(gate->monitor, ZMQ_LINGER, &none, sizeof none) ||
           zmq_connect(gate->monitor, MONITOR_ENDPOINT) ||
           descriptor_of(gate->monitor, &gate->descriptors[1]);
}

static int open_handler(struct zsock *sock, struct zsock_gate *gate)
{
    int none = 0;

    return !(gate->zap = zmq_socket(sock->context, ZMQ_REP)) ||
           zmq_setsockopt(gate->zap, ZMQ_LINGER, &none, sizeof none) ||
           zmq_bind(gate->zap, ZAP_ENDPOINT) ||
           descriptor_of(gate->zap, &gate->descriptors[0]);
}

enum err zsock_gate_open(struct zsock *sock, const struct zsock_keys *keys)
{
    struct zsock_gate *gate = calloc(1, sizeof *gate);

    if (!(sock->gate = gate))
        return ERR_NOMEM;
    gate->admit = keys->admit;
    gate->context = keys->context;
    if (open_handler(sock, gate) ||
        curve_server(sock->socket, keys->secret, ZSOCK_DOMAIN) ||
        open_monitor(sock, gate))
        return zsock_error("keys");
    return ERR_NONE;
}

/* libzmq gives an endpoint the options that there are when it is bound. */
enum err zsock_gate_old(struct zsock *sock, const struct zsock_keys *keys)
{
    return curve_server(sock->socket, keys->old_secret, ZSOCK_OLD_DOMAIN)
               ? zsock_error("old key")
               : ERR_NONE;
}

void zsock_gate_close(struct zsock *sock)
{
    if (!sock->gate)
        return;
    zmq_socket_monitor(sock->socket, NULL, 0);
    if (sock->gate->monitor)
        zmq_close(sock->gate->monitor);
    if (sock->gate->zap)
        zmq_close(sock->gate->zap);
    free(sock->gate);
    sock->gate = NULL;
}

int zsock_is_key(struct slice z85)
{
    char text[ZSOCK_KEY_BYTES] = "";
    uint8_t bytes[32];

    if (z85.len != sizeof text - 1)
        return 0;
    memcpy(text, z85.data, z85.len);
    return strlen(text) == z85.len && zmq_z85_decode(bytes, text) != NULL;
}

int zsock_public_key(const char *secret, char out[ZSOCK_KEY_BYTES])
{
    return zsock_is_key(slice_of(secret)) && !zmq_curve_public(out, secret);
}

/* ---- The self-test ------------------------------------------------------- */

/* A peer that comes with a key nobody knows, or with none. */
static void *stranger(struct zsock *sock, const char *server)
{
    char public_key[ZSOCK_KEY_BYTES], secret[ZSOCK_KEY_BYTES];
    void *socket = zmq_socket(sock->context, ZMQ_DEALER);
    int none = 0, slow = 100;

    if (!socket)
        return NULL;
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &slow, sizeof slow);
    if (server &&
        (zmq_curve_keypair(public_key, secret) ||
         zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server, ZSOCK_KEY_BYTES) ||
         zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key,
                        sizeof public_key) ||
         zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, sizeof secret))) {
        zmq_close(socket);
        return NULL;
    }
    return socket;
}

/* What became of the handshake: the first event that tells, 0 for none in
 * time.  Meanwhile the handler answers. */
static unsigned outcome(struct zsock_gate *gate, void *monitor)
{
    uint64_t until = clock_steady_us() + KNOCK_MS * 1000;
    zmq_pollitem_t items[] = {{gate->zap, 0, ZMQ_POLLIN, 0},
                              {monitor, 0, ZMQ_POLLIN, 0}};
    unsigned event;

    while (clock_steady_us() < until) {
        zmq_poll(items, 2, 50);
        answer_handshakes(gate);
        while ((event = monitor_event(monitor)))
            if (event & (FAILURES | ZMQ_EVENT_HANDSHAKE_SUCCEEDED))
                return event;
    }
    return 0;
}

/* How the door answers a stranger who knocks at ENDPOINT. */
static unsigned knock(struct zsock *sock, const char *endpoint,
                      const char *server)
{
    static unsigned knocks;
    char at[40];
    void *socket = stranger(sock, server);
    void *monitor = zmq_socket(sock->context, ZMQ_PAIR);
    unsigned event = 0;
    int none = 0;

    /* A name is free again only some time after its socket was closed. */
    snprintf(at, sizeof at, "inproc://claused.knock-%u", knocks++);
    if (socket && monitor &&
        !zmq_setsockopt(monitor, ZMQ_LINGER, &none, sizeof none) &&
        zmq_socket_monitor(socket, at, ZMQ_EVENT_ALL) >= 0 &&
        !zmq_connect(monitor, at) && !zmq_connect(socket, endpoint))
        event = outcome(sock->gate, monitor);
    if (socket) {
        zmq_socket_monitor(socket, NULL, 0);
        zmq_close(socket);
    }
    if (monitor)
        zmq_close(monitor);
    return event;
}

/* Silence is no refusal: a door that nobody answers proves nothing. */
enum err zsock_self_test(struct zsock *sock, const struct zsock_keys *keys)
{
    char server[ZSOCK_KEY_BYTES];

    for (size_t i = 0; i < sock->n_endpoints; i++)
        if (!sock->gate ||
            !zsock_public_key(i < sock->n_current ? keys->secret
                                                  : keys->old_secret,
                              server) ||
            knock(sock, sock->endpoints[i], server) !=
                ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ||
            !(knock(sock, sock->endpoints[i], NULL) & FAILURES)) {
            log_line(LOG_ERROR, "%s: a stranger is not refused",
                     sock->endpoints[i]);
            return ERR_FORBIDDEN;
        }
    return ERR_NONE;
}
