/*
 * What the two files behind the door to ZeroMQ share: zsock.c moves requests
 * and replies, zsock_keys.c decides who may connect at all.
 */
#ifndef ENGINE_ZSOCK_PARTS_H
#define ENGINE_ZSOCK_PARTS_H

#include "engine/zsock.h"

/* The ZAP domain of the socket: libzmq asks nobody when it is empty.  The
 * endpoints of the old key have their own. */
#define ZSOCK_DOMAIN "claused"
#define ZSOCK_OLD_DOMAIN "claused-old"

/* Who answers handshakes, and who hears of those that failed. */
struct zsock_gate {
    zsock_admit *admit;
    void *context;
    void *zap;     /* REP at inproc://zeromq.zap.01 */
    void *monitor; /* PAIR; the socket's failures */
    int descriptors[2];
    uint64_t failed;
};

#define ZSOCK_ENDPOINTS_MAX 8
struct zsock {
    void *context;
    void *socket;
    char endpoints[ZSOCK_ENDPOINTS_MAX][256]; /* as bound */
    size_t n_endpoints;
    size_t n_current; /* of these; the others have the old key */
    char listed[ZSOCK_ENDPOINTS_MAX * 257]; /* a blank between two */
    int descriptor;
    struct zsock_gate *gate; /* NULL: everybody may */
};

/* Translate libzmq's last error, logged once. */
enum err zsock_error(const char *doing);

/* Before the first bind: the handler is there and the socket asks it, for
 * every connection, and takes no other mechanism.  ERR_BUSY, ERR_NOMEM;
 * ERR_RANGE the secret key is none. */
enum err zsock_gate_open(struct zsock *sock, const struct zsock_keys *keys);
/* What is bound from now on has the old key; what is bound keeps its own.
 * ERR_RANGE the key is none. */
enum err zsock_gate_old(struct zsock *sock, const struct zsock_keys *keys);
/* Before the socket closes; without a gate nothing happens. */
void zsock_gate_close(struct zsock *sock);

#endif
