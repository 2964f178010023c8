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

/* A key in Z85, terminated. */
#define ZSOCK_KEY_BYTES 41

/* A received request.  The slices point into ROOM, where libzmq's messages
 * live: it is filled in place and never moved.  Zeroed it holds nothing. */
#define ZSOCK_PARTS 4 /* an empty delimiter, tag, header, body */
struct frames {
    struct peer peer;
    struct slice tag;
    struct slice header;
    struct slice body;
    /* The public key (Z85) that the sender proved at its handshake; empty when
     * nobody was asked for one. */
    char user[ZSOCK_KEY_BYTES];
    int parts; /* that are in use */
    _Alignas(8) unsigned char room[ZSOCK_PARTS][64];
};

/* May whoever holds this public key (Z85) connect?  Asked at each handshake,
 * on the thread that calls zsock_handshakes.  OLD: it knows the daemon by its
 * old key. */
typedef int zsock_admit(void *context, const char *public_key, int old);
struct zsock_keys {
    const char *secret; /* the daemon's own key, in Z85 */
    zsock_admit *admit;
    void *context;
    const char *old_secret; /* NULL: none; else the key before it, which */
    const char *old_listen; /* these endpoints still have */
};

/* Bind a ROUTER to ENDPOINTS, one or several with blanks between (tcp port
 * `*`: any free one); messages over MAX_BYTES cut their sender off.  KEYS NULL:
 * nobody is asked for one.  ERR_RANGE an endpoint is none, ERR_BUSY one is
 * taken, ERR_NOMEM. */
enum err zsock_open(const char *endpoints, size_t max_bytes,
                    const struct zsock_keys *keys, struct zsock **out);

/* Knock at each endpoint with a key that nobody knows, and with none.  KEYS
 * are those it was opened with.  ERR_FORBIDDEN unless both are refused. */
enum err zsock_self_test(struct zsock *sock, const struct zsock_keys *keys);

/* Handshakes wait for us: wake up on descriptor 0 (handshakes) and 1 (those
 * that failed), which signal edges; -1 without keys.  Then answer some: the
 * return says whether there are more. */
int zsock_handshake_descriptor(const struct zsock *sock, int which);
/* See above; only with keys. */
int zsock_handshakes(struct zsock *sock);
/* How many have failed. */
uint64_t zsock_failed(const struct zsock *sock);

/* Is it a key at all? */
int zsock_is_key(struct slice z85);
/* The public key of SECRET, both in Z85.  0 when it is no key. */
int zsock_public_key(const char *secret, char out[ZSOCK_KEY_BYTES]);

/* Send what is queued for at most a second, then close. */
void zsock_close(struct zsock *sock);

/* The endpoints as bound, the ports filled in, a blank between two. */
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
