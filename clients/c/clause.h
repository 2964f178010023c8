/*
 * libclause: how a C program asks a claused.
 *
 * One connection: one request at a time (clause_ask), or several on their way
 * at once (clause_send, clause_take).  Bodies are bytes: protocol/codec.h makes
 * them and reads them.  A connection belongs to one thread.
 */
#ifndef CLIENTS_C_CLAUSE_H
#define CLIENTS_C_CLAUSE_H

#include "protocol/entities.h"

struct connection;

/* What kept a request from being answered.  A refusal by the daemon is an
 * answer: its status says so. */
enum clause_result {
    CLAUSE_OK,
    CLAUSE_BAD_ENDPOINT, /* not something ZeroMQ can connect to */
    CLAUSE_NOBODY,       /* nobody listens there */
    CLAUSE_FOREIGN,      /* something else than a claused listens there */
    CLAUSE_TIMEOUT,      /* no answer in time: a write may have happened */
    CLAUSE_GARBLED,      /* the answer cannot be read */
    CLAUSE_NOMEM
};

/* An English sentence for a result. */
const char *clause_text(enum clause_result result);

struct clause_reply {
    int64_t status;    /* enum status */
    int64_t revision;  /* the store's, ABSENT when not told */
    int64_t us;        /* the daemon's own time, ABSENT when not told */
    struct slice body; /* lives until the next ask, take or close */
};

/* Connect to ENDPOINT ("tcp://127.0.0.1:5570", "ipc:///run/x") and wait at
 * most TIMEOUT_MS until somebody answers the handshake. */
enum clause_result clause_open(const char *endpoint, int timeout_ms,
                               struct connection **out);

/* Close it at once; what was not yet sent is dropped.  NULL is fine. */
void clause_close(struct connection *c);

/* Ask VERB with the encoded BODY and wait at most TIMEOUT_MS for its answer;
 * the daemon is told the same deadline.  KEY is a write's idempotency key
 * (NULL for a read): after CLAUSE_TIMEOUT the same request with the same key
 * is safe.  Replies to earlier requests that came too late are dropped. */
enum clause_result clause_ask(struct connection *c, enum verb verb,
                              const char *key, int timeout_ms,
                              struct slice body, struct clause_reply *reply);

/* Send VERB without waiting for its answer, which clause_take gives under *ID.
 * A few hundred at most may be on their way. */
enum clause_result clause_send(struct connection *c, enum verb verb,
                               const char *key, int timeout_ms,
                               struct slice body, int64_t *id);

/* The next answer to come to any request that was sent, and whose: *ID is 0
 * when the daemon could not read a request's header. */
enum clause_result clause_take(struct connection *c, int timeout_ms,
                               int64_t *id, struct clause_reply *reply);

#define CLAUSE_KEY_BYTES 33
/* A fresh idempotency key: 32 hexadecimal digits from the kernel's random
 * numbers. */
void clause_key(char out[CLAUSE_KEY_BYTES]);

#endif
