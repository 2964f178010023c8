/*
 * The ROUTER socket: the only door to ZeroMQ in the daemon.  Frames in,
 * frames out; what they mean is protocol's.  One thread only.
 */
#ifndef ENGINE_ZSOCK_H
#define ENGINE_ZSOCK_H

#include "protocol/types.h"

struct zsock;

/* Whom a request came from, and how its reply is framed. */
struct peer {
    unsigned char id[5]; /* given by libzmq: 0 and four bytes */
    unsigned char delimited;
};

/* A received request.  The slices point into ROOM, where libzmq's messages
 * live: it is filled in place and never moved.  Zeroed it holds nothing. */
#define ZSOCK_PARTS 4 /* an empty delimiter, tag, header, body */
struct frames {
    struct peer peer;
    struct slice tag;
    struct slice header;
    struct slice body;
    int parts; /* that are in use */
    _Alignas(8) unsigned char room[ZSOCK_PARTS][64];
};

/* Bind a ROUTER to ENDPOINT (tcp port `*`: any free one) with the settings
 * of hardening.md section 4.1; messages over MAX_BYTES cut their sender off.
 * ERR_RANGE the endpoint is none, ERR_BUSY it is taken, ERR_NOMEM. */
enum err zsock_open(const char *endpoint, size_t max_bytes, struct zsock **out);

/* Send what is queued for at most a second, then close. */
void zsock_close(struct zsock *sock);

/* The endpoint as bound, the port filled in. */
const char *zsock_endpoint(const struct zsock *sock);

/* The descriptor to wake up on: it signals edges, so ask zsock_readable
 * before every sleep and after every wake. */
int zsock_descriptor(const struct zsock *sock);
/* Is a message waiting? */
int zsock_readable(struct zsock *sock);

/* Take the next request into OUT, which holds nothing.  ERR_NOT_FOUND none is
 * waiting; ERR_BAD_FRAMES it is not one (OUT's peer is set); ERR_FORBIDDEN the
 * peer chose its own routing id (dropped: a reply could be stolen).  After an
 * error OUT holds nothing. */
enum err zsock_receive(struct zsock *sock, struct frames *out);
/* Give a received request back; its slices die, its peer stays. */
void zsock_frames_free(struct frames *frames);

/* Send a reply without waiting.  ERR_BUSY the peer does not read: try later;
 * ERR_NOT_FOUND it is gone. */
enum err zsock_send(struct zsock *sock, const struct peer *peer,
                    struct slice header, struct slice body);

#endif
