/*
 * The parts of the daemon on one libuv loop: how they begin, serve and end.
 *
 *   intake ─► work ─► replies ─► door
 *
 * Shutdown is the start-up reversed: stop reading, let the writer and the
 * workers finish, send what is owed, close handles, close the socket.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "engine/check.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "engine/server_parts.h"

/* ---- Start and stop ------------------------------------------------------ */

/* libuv gives a signal back to the system with its last handle, and a second
 * SIGTERM would kill a daemon that is about to say how it ended. */
static void on_walk(uv_handle_t *handle, void *context)
{
    int number = 0;

    (void)context;
    if (uv_is_closing(handle))
        return;
    if (handle->type == UV_SIGNAL)
        number = ((uv_signal_t *)(void *)handle)->signum;
    uv_close(handle, NULL);
    if (number)
        signal(number, SIG_IGN);
}

static void close_loop(struct server *s)
{
    uv_walk(&s->loop, on_walk, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
}

/* On the writer's thread. */
static void on_group(void *context, struct request *finished)
{
    struct server *s = context;

    work_written(&s->work, finished);
    uv_async_send(&s->written);
}

/* On the builder's thread. */
static void on_built(void *context)
{
    struct server *s = context;

    uv_async_send(&s->written);
}

static enum err start_threads(struct server *s)
{
    struct batch_settings settings = {.workers =
                                          (unsigned)s->config.rescore_workers};
    enum err e;

    if ((e = writer_start(s->store, on_group, s, &s->writer)))
        return e;
    if ((e = builder_start(s->store, s->writer, on_built, s, &s->builder)))
        goto stop_writer;
    if ((e = batch_open(s->store, s->writer, &settings, &s->batch)))
        goto stop_builder;
    s->work.writer = s->writer;
    s->work.builder = s->builder;
    return ERR_NONE;

stop_builder:
    builder_stop(s->builder);
stop_writer:
    writer_stop(s->writer);
    return e;
}

static void place_backups(struct server *s)
{
    struct backup_settings *b = &s->backups;

    memcpy(b->dir, s->config.backups, sizeof b->dir);
    memcpy(b->secrets, s->config.secrets, sizeof b->secrets);
    b->days = s->config.backup_days;
    b->seconds = s->config.backup_s;
}

enum err server_open(struct store *store, const struct config *config,
                     const char *config_file, struct server **out)
{
    struct server *s = calloc(1, sizeof *s);
    enum err e;

    if (!s)
        return ERR_NOMEM;
    s->store = store;
    s->config = *config;
    s->config_file = config_file;
    s->started_us = clock_steady_us();
    place_backups(s);
    waiting_init(&s->waiting, store, &s->door, &s->replies);
    work_init(&s->work, store, &s->door, &s->replies, &s->waiting, &s->loop);
    s->intake = (struct intake){.server = s,
                                .config = &s->config,
                                .door = &s->door,
                                .work = &s->work,
                                .replies = &s->replies};
    if ((e = requests_begin(&s->intake.requests)) ||
        (e = door_init(&s->door, store, &s->config)) ||
        (e = replies_init(&s->replies, &s->door, &s->config)))
        goto free_server;
    if (uv_loop_init(&s->loop)) {
        e = ERR_NOMEM;
        goto free_server;
    }
    server_start_handles(s);
    if ((e = start_threads(s)))
        goto close_loop;
    *out = s;
    return ERR_NONE;

close_loop:
    close_loop(s);
free_server:
    intake_fini(&s->intake);
    replies_fini(&s->replies);
    door_fini(&s->door);
    work_fini(&s->work);
    free(s);
    return e;
}

void server_close(struct server *s)
{
    if (!s)
        return;
    batch_stop(s->batch);
    builder_stop(s->builder);
    s->work.builder = NULL;
    writer_stop(s->writer);
    server_tell_checkpoint(s, 1);
    batch_free(s->batch);
    work_send_written(&s->work);
    selfcheck_stop(s->selfcheck);
    close_loop(s);
    free(s->selfcheck);
    replies_fini(&s->replies);
    intake_fini(&s->intake);
    door_fini(&s->door);
    work_fini(&s->work);
    free(s);
}

/* ---- Serving ------------------------------------------------------------- */

enum err server_prepare(struct server *s)
{
    struct builder_facts facts;

    builder_stat(s->builder, &facts);
    if (facts.stale)
        log_line(LOG_INFO, "the index is of other tables: building it anew");
    s->preparing = 1;
    while (facts.stale && !facts.failed && !s->stopping) {
        uv_run(&s->loop, UV_RUN_DEFAULT);
        builder_stat(s->builder, &facts);
    }
    s->preparing = 0;
    if (s->stopping)
        return s->result ? s->result : ERR_STOPPING;
    return facts.failed;
}

static void on_damage(void *context)
{
    server_stop(context, ERR_STORE_CORRUPT);
}

void server_check(struct server *s)
{
    if (s->config.check_s)
        s->selfcheck = selfcheck_start(&s->loop, s->config.store,
                                       s->config.check_s, on_damage, s);
}

/* A worker is deep in a long question.  Nothing acknowledged can be lost by
 * leaving: every commit is on disk. */
static void leave(struct server *s)
{
    const char *more = ", and a batch";

    if (batch_halted(s->batch)) {
        batch_stop(s->batch);
        more = "";
    }
    builder_stop(s->builder);
    writer_stop(s->writer);
    log_line(LOG_WARNING, "left %zu long questions unanswered%s", s->work.slow,
             more);
    _exit(s->result == ERR_STORE_CORRUPT ? CHECK_DAMAGED : s->result ? 74 : 0);
}

enum err server_run(struct server *s)
{
    s->intake.open = !s->stopping;
    sd_notify(0, "READY=1");
    uv_run(&s->loop, UV_RUN_DEFAULT);
    if (s->overtime && (s->work.slow || !batch_halted(s->batch)))
        leave(s);
    return s->result;
}
