/*
 * What the files of the server share, and nobody else.
 *
 *   server.c        how its parts begin, serve and end
 *   server_loop.c   what timers, signals and other threads ask of it
 *   server_facts.c  what handlers and main ask of it
 */
#ifndef ENGINE_SERVER_PARTS_H
#define ENGINE_SERVER_PARTS_H

#include <uv.h>

#include "engine/batch.h"
#include "engine/intake.h"
#include "engine/selfcheck.h"
#include "engine/server.h"

struct server {
    struct store *store;
    struct config config;
    const char *config_file;
    struct backup_settings backups; /* as of the start */
    uint64_t started_us;
    struct door door;
    struct replies replies;
    struct waiting waiting;
    struct work work;
    struct intake intake;
    struct writer *writer;
    struct builder *builder;
    struct batch *batch;
    struct selfcheck *selfcheck;
    uv_loop_t loop;
    uv_async_t written; /* look at the writer and at the builder */
    uv_timer_t watch;
    unsigned looks;      /* of on_watch */
    unsigned looks_out;  /* of these, when no descriptor was left */
    uint64_t told_out;   /* loop time in ms, when the log was told */
    uint64_t checkpoint; /* event that the log told last */
    uv_timer_t watchdog;
    uv_timer_t ending;
    uv_timer_t deadline;
    uv_signal_t signals[4];
    int preparing; /* nobody is answered yet */
    int stopping;
    int overtime;
    uint64_t flush_until; /* loop time in ms; 0 until all work is done */
    enum err result;
};

/* Make and start the handles of all parts, over the loop as initialised. */
void server_start_handles(struct server *server);

/* Say in the log where the journal's chain stands, when AT_LEAST events have
 * come since that was last said: whoever writes the store anew cannot write
 * anew what the log has sent elsewhere. */
void server_tell_checkpoint(struct server *server, uint64_t at_least);

/* Take nothing in any more; the run ends with RESULT when all is answered, or
 * when its time is over.  Asked again it does nothing. */
void server_stop(struct server *server, enum err result);

#endif
