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
    CLAUSE_FOREIGN,      /* not a claused, or one that asks for a key */
    CLAUSE_REFUSED,      /* it does not take our key, or is another one */
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

/* Who connects: our secret key, and the public key of whom we mean to reach,
 * in Z85. */
#define CLAUSE_Z85_BYTES 41
struct clause_identity {
    char secret[CLAUSE_Z85_BYTES];
    char server[CLAUSE_Z85_BYTES];
};

/* Connect to ENDPOINT ("tcp://127.0.0.1:5570", "ipc:///run/x") as IDENTITY
 * (NULL: to a daemon that asks for no key) and wait at most TIMEOUT_MS until
 * somebody answers the handshake. */
enum clause_result clause_open(const char *endpoint,
                               const struct clause_identity *identity,
                               int timeout_ms, struct connection **out);

/* Why people are asked for on this connection: a word of small letters and
 * hyphens, at most 32, for the daemon's access log; borrowed until it is
 * closed.  NULL: it is not said. */
void clause_purpose(struct connection *c, const char *purpose);

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

/* Make a key pair: the secret into FILE, which must not be there (0600), the
 * public key into the argument.  0: errno says why not. */
int clause_pair_write(const char *file, char public_key[CLAUSE_Z85_BYTES]);

/* Read a secret key from FILE, which nobody else may read (EPERM), but for one
 * in $CREDENTIALS_DIRECTORY, which its group may; EINVAL it holds none.  0:
 * errno says why not. */
int clause_secret_read(const char *file, char out[CLAUSE_Z85_BYTES]);

/* The public key that is the argument, or stands in the file of that name. */
int clause_server_read(const char *file_or_key, char out[CLAUSE_Z85_BYTES]);

/* The public key of a secret one.  0 when it is none. */
int clause_public_key(const char *secret, char out[CLAUSE_Z85_BYTES]);

#define CLAUSE_KEY_BYTES 33
/* A fresh idempotency key: 32 hexadecimal digits from the kernel's random
 * numbers. */
void clause_key(char out[CLAUSE_KEY_BYTES]);

#endif
