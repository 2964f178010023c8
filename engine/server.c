/*
 * libuv and ZeroMQ in one loop.  The socket's descriptor signals edges, so it
 * only wakes the loop up: in prepare, before sleeping, ZMQ_EVENTS is asked and
 * an idle handle keeps the loop turning while there is something to read; in
 * check a bounded number of messages is taken, so that timers get their turn.
 *
 * Shutdown is the start-up reversed: stop reading, let the writer and the
 * workers finish, send what is owed, close handles, close the socket.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "engine/access.h"
#include "engine/batch.h"
#include "engine/builder.h"
#include "engine/check.h"
#include "engine/keys.h"
#include "engine/log.h"
#include "engine/outbox.h"
#include "engine/selfcheck.h"
#include "engine/server.h"
#include "engine/writer.h"
#include "protocol/civil.h"

/* Per turn of the loop: messages, and time for the long ones among them. */
#define TURN_MESSAGES 64
#define TURN_US 5000
/* Replies that took no longer go at once; the others wait for so long, while
 * more messages are there. */
#define QUICK_US 10
#define HELD_US 500
/* Requests on workers and waiting for one: past that, BUSY. */
#define SLOW_MAX 256
/* SIGTERM to exit: the promise is five seconds. */
#define STOP_MS 3000
/* Replies that could not be sent are tried again this often; when nothing
 * else is left to do, for this long. */
#define RETRY_MS 10
#define FLUSH_MS 1000
/* What goes wrong slowly is looked for this often; one line in so many looks
 * tells of failed handshakes. */
#define WATCH_MS 5000
#define FAILED_LOOKS 6
/* So long a question holds its snapshot: behind it no page of the file is used
 * again, and the map cannot grow. */
#define SLOW_S 60
/* A request frame over this is cut off by the socket: bodies of 1 MiB, and a
 * little for those who are told that theirs is too large. */
#define FRAME_BYTES (2 * 1024 * 1024)

struct server {
    struct store *store;
    struct config config;
    struct backup_settings backups; /* as of the start */
    struct selfcheck *selfcheck;
    const char *config_file;
    struct zsock *sock;
    struct keys *keys;    /* NULL: nobody is asked for one */
    int handshakes;       /* some wait, or may */
    uint64_t told_failed; /* handshakes, in the log */
    unsigned looks;       /* of on_readers */
    uv_poll_t doors[2];   /* handshakes, and those that failed */
    struct outbox *outbox;
    struct access *access; /* NULL: none is kept */
    struct requests requests;
    struct writer *writer;
    struct builder *builder;
    struct store_view *view; /* of this turn: begun when first needed */
    struct batch *batch;
    uv_loop_t loop;
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uv_async_t written;
    uv_timer_t retry;
    uv_timer_t readers;
    uv_timer_t watchdog;
    uv_timer_t deadline;
    uv_signal_t signals[4];
    pthread_mutex_t mutex; /* of `done` */
    struct request *done;  /* answered by the writer, in order */
    struct request **done_last;
    size_t slow;    /* on workers or waiting for one */
    size_t writing; /* queued with the writer */
    int preparing;  /* nobody is answered yet */
    int stopping;
    int overtime;
    uint64_t flush_until; /* loop time in ms; 0 until all work is done */
    enum err result;
    uint64_t started_us;
    uint64_t clock_us;    /* when the last message of this turn was done */
    struct request *held; /* answered in this turn and not yet sent */
    struct request **held_last;
    uint64_t held_us; /* when the first of them was answered */
    int64_t wall_ms;  /* when the turn began */
    int64_t today;
    uint64_t asked[VERBS];
    uint64_t refused[VERBS];
    uint64_t slowest_us[VERBS];
};

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000;
}

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- Replies ----------------------------------------------------------- */

static void account(struct server *s, struct request *r, uint64_t us)
{
    enum verb verb = r->call.verb;
    int last;

    if (s->keys)
        keys_leave(s->keys, &r->call);

    if (verb == VERBS)
        return;
    access_note(s->access, r);
    s->asked[verb]++;
    s->refused[verb] += r->error != ERR_NONE;
    if (us > s->slowest_us[verb])
        s->slowest_us[verb] = us;
    /* Parts of a bulk import wait for one another. */
    if (us / 1000 >= (uint64_t)s->config.slow_ms && s->config.slow_ms &&
        !dispatch_deferred(r, &last))
        log_line(LOG_INFO,
                 "slow: %s %llu us, read %llu, scored %llu, %zu bytes, %s",
                 verb_rows[verb].name, (unsigned long long)us,
                 (unsigned long long)r->call.scanned,
                 (unsigned long long)r->call.scored, r->reply_body.len,
                 err_name(r->error));
}

static void on_retry(uv_timer_t *timer);

static void send_reply(struct server *s, struct request *r)
{
    outbox_reply(s->outbox, r);
    if (outbox_stat(s->outbox).queued &&
        !uv_is_active((uv_handle_t *)&s->retry))
        uv_timer_start(&s->retry, on_retry, RETRY_MS, RETRY_MS);
}

/* Send the answer that was ready at AT_US, and give the request back. */
static void reply(struct server *s, struct request *r, uint64_t at_us)
{
    account(s, r, at_us - r->arrived_us);
    dispatch_finish(r, at_us);
    send_reply(s, r);
}

static void send_held(struct server *s)
{
    struct request *list = s->held;

    s->held = NULL;
    s->held_last = &s->held;
    while (list) {
        struct request *next = list->next;

        send_reply(s, list);
        list = next;
    }
}

/* Each reply to a long question finds libzmq's thread asleep, and waking it
 * costs a fifth of a match: such replies leave together.  What is held leaves
 * when the turn ends, when something quick was answered, or when the first
 * has waited for HELD_US. */
static void hold(struct server *s, struct request *r)
{
    uint64_t took_us = s->clock_us - r->arrived_us;

    account(s, r, took_us);
    dispatch_finish(r, s->clock_us);
    if (!s->held)
        s->held_us = s->clock_us;
    r->next = NULL;
    *s->held_last = r;
    s->held_last = &r->next;
    if (took_us < QUICK_US || s->clock_us - s->held_us >= HELD_US)
        send_held(s);
}

/* ---- READ on the loop, SLOW on a worker -------------------------------- */

static int too_late(const struct request *r, uint64_t at_us)
{
    return r->header.deadline_ms != ABSENT &&
           at_us - r->arrived_us >= (uint64_t)r->header.deadline_ms * 1000;
}

/* One view serves all READ verbs of a turn: whatever a client was told before
 * the turn began is in it. */
static void answer_read(struct server *s, struct request *r)
{
    enum err e = too_late(r, s->clock_us) ? ERR_DEADLINE : ERR_NONE;

    if (!e && !s->view)
        e = store_view_begin(s->store, &s->view);
    if (e)
        dispatch_refuse(r, e);
    else
        dispatch_view(r, s->view);
}

static void answer_slow(struct server *s, struct request *r)
{
    struct store_view *view;
    enum err e = store_view_begin(s->store, &view);

    if (e) {
        dispatch_refuse(r, e);
        return;
    }
    /* A backup has a limit of its own, and gives way to writes. */
    if (r->call.verb != VERB_backup)
        store_view_limit(view, SLOW_S);
    dispatch_view(r, view);
    store_view_end(view);
}

struct slow_work {
    uv_work_t work;
    struct server *server;
    struct request *request;
};

static void on_slow(uv_work_t *work)
{
    struct slow_work *slow = work->data;

    if (too_late(slow->request, now_us()))
        dispatch_refuse(slow->request, ERR_DEADLINE);
    else
        answer_slow(slow->server, slow->request);
}

static void on_slow_done(uv_work_t *work, int status)
{
    struct slow_work *slow = work->data;

    if (status == UV_ECANCELED)
        dispatch_refuse(slow->request, ERR_STOPPING);
    slow->server->slow--;
    reply(slow->server, slow->request, now_us());
    free(slow);
}

static enum err queue_slow(struct server *s, struct request *r)
{
    struct slow_work *slow;

    if (s->slow >= SLOW_MAX)
        return ERR_BUSY;
    if (!(slow = calloc(1, sizeof *slow)))
        return ERR_NOMEM;
    slow->work.data = slow;
    slow->server = s;
    slow->request = r;
    s->slow++;
    uv_queue_work(&s->loop, &slow->work, on_slow, on_slow_done);
    return ERR_NONE;
}

/* ---- WRITE through the writer ------------------------------------------ */

static enum err queue_write(struct server *s, struct request *r)
{
    enum err e = writer_queue(s->writer, r);

    s->writing += !e;
    return e;
}

/* On the writer's thread. */
static void on_group(void *context, struct request *finished)
{
    struct server *s = context;

    pthread_mutex_lock(&s->mutex);
    *s->done_last = finished;
    while (*s->done_last)
        s->done_last = &(*s->done_last)->next;
    pthread_mutex_unlock(&s->mutex);
    uv_async_send(&s->written);
}

static void stop_begin(struct server *s, enum err result);

/* Did this write change who may do what?  Territories may follow the centres
 * of communes. */
static int changes_keys(const struct request *r)
{
    return !r->error &&
           (r->call.verb == VERB_key_put || r->call.verb == VERB_key_revoke ||
            r->call.verb == VERB_reference_import);
}

/* A daemon that cannot read its keys asks nobody anything any more. */
static void load_keys(struct server *s)
{
    struct store_view *view;
    enum err e = store_view_begin(s->store, &view);

    if (!e) {
        e = keys_load(s->keys, view, &s->config);
        store_view_end(view);
    }
    if (e) {
        log_line(LOG_ERROR, "the keys cannot be read: %s", err_text(e));
        stop_begin(s, e);
    }
}

static void send_written(struct server *s)
{
    struct request *list;
    int last, stale = 0;

    pthread_mutex_lock(&s->mutex);
    list = s->done;
    s->done = NULL;
    s->done_last = &s->done;
    pthread_mutex_unlock(&s->mutex);
    /* Before whoever changed a key hears that it is done. */
    for (struct request *r = list; r && s->keys; r = r->next)
        stale |= changes_keys(r);
    if (stale)
        load_keys(s);
    while (list) {
        struct request *next = list->next;

        s->writing--;
        if (s->builder && dispatch_deferred(list, &last))
            builder_heard(s->builder, last);
        reply(s, list, now_us());
        list = next;
    }
}

static void on_written(uv_async_t *async)
{
    struct server *s = async->data;

    send_written(s);
    if (writer_failed(s->writer))
        stop_begin(s, ERR_STORE_IO);
    if (s->preparing)
        uv_stop(&s->loop);
}

/* On the builder's thread. */
static void on_built(void *context)
{
    struct server *s = context;

    uv_async_send(&s->written);
}

/* ---- The socket -------------------------------------------------------- */

/* Who asks, and whether its key lets it. */
static void call_enter(struct server *s, struct request *r)
{
    struct call *call = &r->call;

    call->admitted = ERR_NONE;
    if (s->keys) {
        call->admitted = keys_enter(s->keys, r->frames.user, s->config.quotas,
                                    s->clock_us, call);
        if (call->role == PORTAL)
            call->limits = &limits_portal;
        return;
    }
    call->caller = SLICE("development");
    call->role = DEVELOPMENT;
    call->everywhere = 1;
}

static void call_begin(struct server *s, struct request *r)
{
    struct call *call = &r->call;

    call->verb = VERBS;
    call->structure_weights = s->config.structure_weights;
    call->person_weights = s->config.person_weights;
    call->server = s;
    call->limits = &limits_batch;
    call->now_ms = s->wall_ms;
    call->today = s->today;
    r->arrived_us = s->clock_us;
    call_enter(s, r);
}

/* Answer a request, or hand it to the thread that will: 0 then. */
static int serve(struct server *s, struct request *r)
{
    enum err e = dispatch_decode(r);

    if (!e)
        switch (verb_rows[r->call.verb].class) {
        case CLASS_READ:
            answer_read(s, r);
            return 1;
        case CLASS_SLOW:
            if (!(e = queue_slow(s, r)))
                return 0;
            break;
        case CLASS_WRITE:
            if (!(e = queue_write(s, r)))
                return 0;
            break;
        }
    dispatch_refuse(r, e);
    return 1;
}

/* Take one message; 0 when none is waiting.  Frames that are no request get a
 * refusal all the same, so that whoever writes a client learns what is wrong.
 * The clock is asked once: the end of a message is the beginning of the
 * next. */
static int take(struct server *s)
{
    struct request *r = request_new(&s->requests);
    enum err e = r ? zsock_receive(s->sock, &r->frames) : ERR_NOMEM;
    int answered = 1;

    if (e && e != ERR_BAD_FRAMES) {
        request_free(r);
        return e == ERR_FORBIDDEN;
    }
    /* Nobody gets that far without a key, were the door's lock broken. */
    if (s->keys && !r->frames.user[0]) {
        request_free(r);
        return 1;
    }
    call_begin(s, r);
    if (e)
        dispatch_refuse(r, call_refuse(&r->call, e, "",
                                       "send CLAUSE01, a header map and a "
                                       "body map"));
    else
        answered = serve(s, r);
    s->clock_us = now_us();
    if (answered)
        hold(s, r);
    return 1;
}

/* Only here are the handler's messages moved: its descriptor tells of each
 * that comes later. */
static void on_door(uv_poll_t *poll, int status, int events)
{
    struct server *s = poll->data;

    (void)status;
    (void)events;
    s->handshakes = 1;
}

static void on_wake(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct server *s = prepare->data;

    if (s->handshakes ||
        (!s->stopping && !s->preparing && zsock_readable(s->sock)))
        uv_idle_start(&s->idle, on_idle);
}

static void turn_begin(struct server *s)
{
    int64_t second = s->wall_ms / 1000;

    s->clock_us = now_us();
    s->wall_ms = wall_ms();
    if (s->wall_ms / 1000 != second)
        s->today = civil_paris_date(s->wall_ms / 1000);
}

static int admit(void *context, const char *public_key)
{
    struct server *s = context;

    turn_begin(s);
    return keys_admit(s->keys, public_key, s->today);
}

static void turn_end(struct server *s)
{
    send_held(s);
    store_view_end(s->view);
    s->view = NULL;
    uv_update_time(&s->loop);
}

static void on_check(uv_check_t *check)
{
    struct server *s = check->data;
    uint64_t end;

    uv_idle_stop(&s->idle);
    if (s->handshakes)
        s->handshakes = zsock_handshakes(s->sock);
    if (s->stopping || s->preparing || !zsock_readable(s->sock))
        return;
    turn_begin(s);
    end = s->clock_us + TURN_US;
    for (int i = 0; i < TURN_MESSAGES && take(s); i++)
        if (s->clock_us >= end)
            break;
    turn_end(s);
}

/* ---- Timers and signals ------------------------------------------------ */

/* Stopping: all work is answered, and every reply has left or had its time. */
static int done_at_last(struct server *s)
{
    uint64_t now = uv_now(&s->loop);

    if (s->overtime)
        return 1;
    if (s->slow || s->writing || !batch_halted(s->batch))
        return 0;
    if (!s->flush_until)
        s->flush_until = now + FLUSH_MS;
    return !outbox_stat(s->outbox).queued || now >= s->flush_until;
}

static void on_retry(uv_timer_t *timer)
{
    struct server *s = timer->data;

    if (!outbox_flush(s->outbox) && !s->stopping)
        uv_timer_stop(timer);
    if (s->stopping && done_at_last(s))
        uv_stop(&s->loop);
}

/* One line for all of them: whoever knocks often must not fill the log. */
static void tell_failed(struct server *s)
{
    uint64_t failed = zsock_failed(s->sock);

    if (failed != s->told_failed)
        log_line(LOG_WARNING, "%llu handshakes failed in %d s",
                 (unsigned long long)(failed - s->told_failed),
                 WATCH_MS / 1000 * FAILED_LOOKS);
    s->told_failed = failed;
}

static void on_readers(uv_timer_t *timer)
{
    struct server *s = timer->data;
    int cleared = 0;

    if (!store_check_readers(s->store, &cleared) && cleared)
        log_line(LOG_WARNING, "%d stale readers cleared", cleared);
    store_watch(s->store);
    if (++s->looks % FAILED_LOOKS == 0)
        tell_failed(s);
}

static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
    sd_notify(0, "WATCHDOG=1");
}

static void on_deadline(uv_timer_t *timer)
{
    struct server *s = timer->data;

    log_line(LOG_WARNING, "stopping with work in hand");
    s->overtime = 1;
}

static void stop_begin(struct server *s, enum err result)
{
    if (s->stopping)
        return;
    s->stopping = 1;
    s->result = result;
    sd_notify(0, "STOPPING=1");
    batch_halt(s->batch);
    uv_timer_start(&s->deadline, on_deadline, STOP_MS, 0);
    uv_timer_start(&s->retry, on_retry, 0, RETRY_MS);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    char why[300] = "";

    if (number == SIGTERM || number == SIGINT) {
        stop_begin(s, ERR_NONE);
        return;
    }
    if (number == SIGUSR1) {
        writer_compact(s->writer);
        return;
    }
    access_reopen(s->access);
    if (!s->config_file) {
        log_line(LOG_INFO, "no configuration file to read again");
    } else if (config_read(s->config_file, &s->config, why, sizeof why)) {
        log_line(LOG_ERROR, "configuration kept as it was: %s", why);
    } else {
        log_level((int)s->config.log_level);
        if (s->keys)
            load_keys(s);
        log_line(LOG_INFO, "configuration read again");
    }
}

/* ---- Start and stop ---------------------------------------------------- */

static void start_handles(struct server *s)
{
    static const int numbers[4] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    uint64_t watchdog_us = 0;

    uv_poll_init(&s->loop, &s->poll, zsock_descriptor(s->sock));
    uv_poll_start(&s->poll, UV_READABLE, on_wake);
    for (int i = 0; i < 2 && s->keys; i++) {
        uv_poll_init(&s->loop, &s->doors[i],
                     zsock_handshake_descriptor(s->sock, i));
        uv_poll_start(&s->doors[i], UV_READABLE, on_door);
        s->doors[i].data = s;
    }
    s->handshakes = s->keys != NULL;
    uv_prepare_init(&s->loop, &s->prepare);
    uv_prepare_start(&s->prepare, on_prepare);
    uv_check_init(&s->loop, &s->check);
    uv_check_start(&s->check, on_check);
    uv_idle_init(&s->loop, &s->idle);
    uv_async_init(&s->loop, &s->written, on_written);
    uv_timer_init(&s->loop, &s->retry);
    uv_timer_init(&s->loop, &s->readers);
    uv_timer_start(&s->readers, on_readers, 0, WATCH_MS);
    uv_timer_init(&s->loop, &s->deadline);
    uv_timer_init(&s->loop, &s->watchdog);
    if (sd_watchdog_enabled(0, &watchdog_us) > 0)
        uv_timer_start(&s->watchdog, on_watchdog, 0, watchdog_us / 2000);
    for (int i = 0; i < 4; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        uv_signal_start(&s->signals[i], on_signal, numbers[i]);
        s->signals[i].data = s;
    }
    s->prepare.data = s->check.data = s->written.data = s;
    s->retry.data = s->readers.data = s->deadline.data = s;
}

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

static enum err open_batch(struct server *s)
{
    struct batch_settings settings = {.workers =
                                          (unsigned)s->config.rescore_workers};

    return batch_open(s->store, s->writer, &settings, &s->batch);
}

/* Nobody is served at a door that lets strangers in. */
static enum err open_with_keys(struct server *s)
{
    struct zsock_keys with = {s->config.secret, admit, s};
    struct store_view *view;
    enum err e;

    if (!(s->keys = keys_new()))
        return ERR_NOMEM;
    if ((e = store_view_begin(s->store, &view)))
        return e;
    e = keys_load(s->keys, view, &s->config);
    store_view_end(view);
    if (e || (e = zsock_open(s->config.listen, FRAME_BYTES, &with, &s->sock)))
        return e;
    return zsock_self_test(s->sock, s->config.secret);
}

static enum err open_sock(struct server *s)
{
    if (s->config.development)
        return zsock_open(s->config.listen, FRAME_BYTES, NULL, &s->sock);
    return open_with_keys(s);
}

const struct backup_settings *server_backups(const struct server *server)
{
    return server ? &server->backups : NULL;
}

static void place_backups(struct server *s)
{
    struct backup_settings *b = &s->backups;

    memcpy(b->dir, s->config.backups, sizeof b->dir);
    memcpy(b->secrets, s->config.secrets, sizeof b->secrets);
    b->days = s->config.backup_days;
    b->seconds = s->config.backup_s;
}

struct batch *server_batch(const struct server *server)
{
    return server ? server->batch : NULL;
}

enum err server_open(struct store *store, const struct config *config,
                     const char *config_file, struct server **out)
{
    struct server *s = calloc(1, sizeof *s);
    enum err e = ERR_NOMEM;

    if (!s)
        return ERR_NOMEM;
    s->store = store;
    s->config = *config;
    place_backups(s);
    s->config_file = config_file;
    s->done_last = &s->done;
    s->held_last = &s->held;
    s->started_us = now_us();
    pthread_mutex_init(&s->mutex, NULL);
    if ((e = open_sock(s)))
        goto close_sock;
    e = ERR_NOMEM;
    if (!(s->outbox = outbox_new(s->sock)))
        goto close_sock;
    if (uv_loop_init(&s->loop))
        goto free_outbox;
    start_handles(s);
    if ((e = writer_start(store, on_group, s, &s->writer)))
        goto close_loop;
    if ((e = builder_start(store, s->writer, on_built, s, &s->builder)))
        goto stop_writer;
    if ((e = open_batch(s)))
        goto stop_builder;
    *out = s;
    return ERR_NONE;

stop_builder:
    builder_stop(s->builder);
stop_writer:
    writer_stop(s->writer);
close_loop:
    uv_walk(&s->loop, on_walk, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
free_outbox:
    outbox_free(s->outbox);
close_sock:
    zsock_close(s->sock);
    keys_free(s->keys);
    pthread_mutex_destroy(&s->mutex);
    free(s);
    return e;
}

const char *server_endpoint(const struct server *server)
{
    return zsock_endpoint(server->sock);
}

void server_access(struct server *server, struct access *access)
{
    server->access = access;
}

void server_rebuild(struct server *server)
{
    builder_ask(server->builder);
}

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
    stop_begin(context, ERR_STORE_CORRUPT);
}

void server_check(struct server *s)
{
    if (s->config.check_s)
        s->selfcheck = selfcheck_start(&s->loop, s->config.store,
                                       s->config.check_s, on_damage, s);
}

enum err server_run(struct server *s)
{
    sd_notify(0, "READY=1");
    uv_run(&s->loop, UV_RUN_DEFAULT);
    if (s->overtime && (s->slow || !batch_halted(s->batch))) {
        /* A worker is deep in a long question.  Nothing acknowledged can be
         * lost by leaving: every commit is on disk. */
        builder_stop(s->builder);
        writer_stop(s->writer);
        log_line(LOG_WARNING, "left %zu long questions unanswered%s", s->slow,
                 batch_halted(s->batch) ? "" : ", and a batch");
        _exit(s->result == ERR_STORE_CORRUPT ? CHECK_DAMAGED
              : s->result                    ? 74
                                             : 0);
    }
    return s->result;
}

void server_close(struct server *s)
{
    if (!s)
        return;
    batch_stop(s->batch);
    builder_stop(s->builder);
    s->builder = NULL;
    writer_stop(s->writer);
    batch_free(s->batch);
    send_written(s);
    selfcheck_stop(s->selfcheck);
    uv_walk(&s->loop, on_walk, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    free(s->selfcheck);
    outbox_free(s->outbox);
    requests_drop(&s->requests);
    zsock_close(s->sock);
    keys_free(s->keys);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

enum err server_compact(const struct server *s, uint64_t min_free, int *begun)
{
    struct store_facts facts;
    struct store_view *view;
    enum err e = store_view_begin(s->store, &view);

    if (e)
        return e;
    e = store_stat(view, &facts);
    store_view_end(view);
    if (e)
        return e;
    if ((*begun = facts.map_free >= min_free))
        writer_compact(s->writer);
    return ERR_NONE;
}

void server_stat(const struct server *s, struct server_facts *out)
{
    struct outbox_facts replies = outbox_stat(s->outbox);

    builder_stat(s->builder, &out->builder);
    out->uptime_s = (int64_t)((now_us() - s->started_us) / 1000000);
    out->write_queue = writer_depth(s->writer);
    out->access_lost = access_lost(s->access);
    out->compactions = writer_compactions(s->writer);
    out->slow_queue = s->slow;
    out->reply_queue = replies.queued;
    out->sent_replies = replies.sent;
    out->dropped_replies = replies.dropped;
    out->keyed = s->keys != NULL;
    if (s->keys)
        out->keys = keys_stat(s->keys);
    out->handshakes_failed = zsock_failed(s->sock);
    out->asked = s->asked;
    out->refused = s->refused;
    out->slowest_us = s->slowest_us;
}
