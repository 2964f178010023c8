/*
 * The daemon itself: the loop thread, which owns the socket, answers READ
 * verbs in the turn they arrive, hands SLOW ones to workers and WRITE ones to
 * the writer, and sends every reply.
 */
#ifndef ENGINE_SERVER_H
#define ENGINE_SERVER_H

#include "engine/backup.h"
#include "engine/builder.h"
#include "engine/config.h"
#include "engine/keys.h"
#include "store/store.h"

struct access;
struct budget;
struct batch;
struct server;

/* Bind and make ready.  CONFIG_FILE (may be NULL) is read again on SIGHUP.
 * The store is borrowed.  ERR_BUSY an endpoint is taken, ERR_RANGE one is none,
 * ERR_FORBIDDEN a stranger would be let in, ERR_NOMEM. */
enum err server_open(struct store *store, const struct config *config,
                     const char *config_file, struct server **out);

/* The endpoint as bound. */
const char *server_endpoint(const struct server *server);

/* Have the log of access to people kept, before anybody is answered; borrowed
 * until the server is closed. */
void server_access(struct server *server, struct access *access);

/* Build a new generation of the index beside the live one. */
void server_rebuild(struct server *server);

/* Have what must be there before anybody is answered: an index of today's
 * tables.  Returns at once when it is there, else after its build; ERR_STOPPING
 * after SIGTERM, or what kept it from being built. */
enum err server_prepare(struct server *server);

/* Have the whole store checked some time after now (engine/selfcheck.h), by
 * this very program. */
void server_check(struct server *server);

/* Serve until SIGTERM or SIGINT: ERR_NONE; ERR_STORE_IO when the disk failed,
 * ERR_STORE_CORRUPT when the full check found damage.
 * What was taken in is answered, within three seconds. */
enum err server_run(struct server *server);
/* Give back all that open made; what is queued was answered by run. */
void server_close(struct server *server);

/* Its batch, for the handlers that begin and end one; NULL is fine. */
struct batch *server_batch(const struct server *server);

/* Where its backups go, as of its start; NULL is fine. */
const struct backup_settings *server_backups(const struct server *server);

/* Compact the store between this batch and the next, when at least MIN_FREE
 * bytes of its file are free: *BEGUN.  On any thread. */
enum err server_compact(const struct server *server, uint64_t min_free,
                        int *begun);

/* What stats shows of the daemon.  By verb: arrays of enum verb, borrowed from
 * the server. */
struct server_facts {
    struct builder_facts builder;
    int64_t uptime_s;
    uint64_t compactions;
    uint64_t access_lost;
    size_t write_queue;
    size_t slow_queue;
    size_t waiting; /* for events */
    size_t reply_queue;
    uint64_t sent_replies;
    uint64_t dropped_replies;
    int keyed; /* somebody is asked for a key; else the next are nothing */
    struct keys_facts keys;
    uint64_t handshakes_failed;
    uint64_t descriptors_out;
    const struct budget *budget; /* of people shown to keys */
    const uint64_t *asked;
    const uint64_t *refused;
    const uint64_t *slowest_us;
};
/* How it stands. */
void server_stat(const struct server *server, struct server_facts *out);

#endif
