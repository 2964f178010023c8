/*
 * What timers, signals and other threads ask of the server, and how its run
 * comes to an end.
 */
#include <signal.h>
#include <systemd/sd-daemon.h>

#include "engine/log.h"
#include "engine/server_parts.h"
#include "store/spare.h"

/* SIGTERM to exit: the promise is five seconds. */
#define STOP_MS 3000
/* While stopping it is looked so often whether all is done; replies that could
 * not be sent, when nothing else is left to do, are given so long. */
#define ENDING_MS 10
#define FLUSH_MS 1000
/* What goes wrong slowly is looked for this often; one line in so many looks
 * tells of failed handshakes. */
#define WATCH_MS 5000
#define FAILED_LOOKS 6
/* That connections have taken every descriptor is told so often. */
#define OUT_TOLD_MS 60000
/* And of where the journal stands, when something has changed; at the next look
 * after so many changes. */
#define CHECKPOINT_LOOKS 12
#define CHECKPOINT_EVENTS 1000

/* ---- The end ------------------------------------------------------------- */

/* All work is answered, and every reply has left or had its time. */
static int done_at_last(struct server *s, size_t unsent)
{
    uint64_t now = uv_now(&s->loop);

    if (s->overtime)
        return 1;
    if (s->work.slow || s->work.writing || !batch_halted(s->batch))
        return 0;
    if (!s->flush_until)
        s->flush_until = now + FLUSH_MS;
    return !unsent || now >= s->flush_until;
}

static void on_ending(uv_timer_t *timer)
{
    struct server *s = timer->data;

    if (done_at_last(s, replies_retry(&s->replies)))
        uv_stop(&s->loop);
}

static void on_deadline(uv_timer_t *timer)
{
    struct server *s = timer->data;

    log_line(LOG_WARNING, "stopping with work in hand");
    s->overtime = 1;
}

void server_stop(struct server *s, enum err result)
{
    if (s->stopping)
        return;
    s->stopping = 1;
    s->intake.open = 0;
    s->result = result;
    sd_notify(0, "STOPPING=1");
    waiting_end(&s->waiting, ERR_STOPPING);
    batch_halt(s->batch);
    uv_timer_start(&s->deadline, on_deadline, STOP_MS, 0);
    uv_timer_start(&s->ending, on_ending, 0, ENDING_MS);
}

/* ---- Timers and signals -------------------------------------------------- */

void server_tell_checkpoint(struct server *s, uint64_t at_least)
{
    struct store_view *view;
    struct store_facts facts;
    char hex[CHAIN_HEX + 1];

    if (store_view_begin(s->store, &view))
        return;
    if (store_view_revision(view) >= s->checkpoint + at_least &&
        !store_stat(view, &facts)) {
        chain_write_hex(facts.chain, hex);
        log_line(LOG_INFO, "journal: checkpoint %llu:%s",
                 (unsigned long long)facts.revision, hex);
        s->checkpoint = facts.revision;
    }
    store_view_end(view);
}

/* libzmq would tell of each time that it cannot accept a connection: of
 * thousands a second, for it tries again at once. */
static void watch_descriptors(struct server *s)
{
    uint64_t now = uv_now(&s->loop);

    if (spare_left() || (s->looks_out++ && now < s->told_out + OUT_TOLD_MS))
        return;
    s->told_out = now;
    log_line(LOG_ERROR, "no descriptor is left: nobody else can connect "
                        "(LimitNOFILE says how many there are)");
}

static void on_watch(uv_timer_t *timer)
{
    struct server *s = timer->data;
    int cleared = 0;

    if (!store_check_readers(s->store, &cleared) && cleared)
        log_line(LOG_WARNING, "%d stale readers cleared", cleared);
    store_watch(s->store);
    watch_descriptors(s);
    if (++s->looks % FAILED_LOOKS == 0)
        door_tell(&s->door, WATCH_MS / 1000 * FAILED_LOOKS);
    server_tell_checkpoint(s,
                           s->looks % CHECKPOINT_LOOKS ? CHECKPOINT_EVENTS : 1);
}

static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
    sd_notify(0, "WATCHDOG=1");
}

static void reload(struct server *s)
{
    char why[300] = "";
    enum err e;

    access_reopen(s->replies.access);
    if (!s->config_file) {
        log_line(LOG_INFO, "no configuration file to read again");
        return;
    }
    if (config_read(s->config_file, &s->config, why, sizeof why)) {
        log_line(LOG_ERROR, "configuration kept as it was: %s", why);
        return;
    }
    log_level((int)s->config.log_level);
    if ((e = door_load(&s->door)))
        server_stop(s, e);
    log_line(LOG_INFO, "configuration read again");
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;

    if (number == SIGHUP)
        reload(s);
    else if (number == SIGUSR1)
        writer_compact(s->writer);
    else
        server_stop(s, ERR_NONE);
}

/* ---- Other threads ------------------------------------------------------- */

/* A daemon that cannot read its keys asks nobody anything any more. */
static void on_written(uv_async_t *async)
{
    struct server *s = async->data;
    enum err e = work_send_written(&s->work);

    if (e)
        server_stop(s, e);
    if (writer_failed(s->writer))
        server_stop(s, ERR_STORE_IO);
    if (s->preparing)
        uv_stop(&s->loop);
}

/* ---- Handles ------------------------------------------------------------- */

static void start_timers(struct server *s)
{
    uint64_t watchdog_us = 0;

    uv_timer_init(&s->loop, &s->watch);
    uv_timer_start(&s->watch, on_watch, 0, WATCH_MS);
    uv_timer_init(&s->loop, &s->ending);
    uv_timer_init(&s->loop, &s->deadline);
    uv_timer_init(&s->loop, &s->watchdog);
    if (sd_watchdog_enabled(0, &watchdog_us) > 0)
        uv_timer_start(&s->watchdog, on_watchdog, 0, watchdog_us / 2000);
    s->watch.data = s->ending.data = s->deadline.data = s;
}

void server_start_handles(struct server *s)
{
    static const int numbers[4] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

    door_watch(&s->door, &s->loop);
    replies_watch(&s->replies, &s->loop);
    waiting_watch(&s->waiting, &s->loop);
    intake_watch(&s->intake, &s->loop);
    start_timers(s);
    uv_async_init(&s->loop, &s->written, on_written);
    s->written.data = s;
    for (int i = 0; i < 4; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        uv_signal_start(&s->signals[i], on_signal, numbers[i]);
        s->signals[i].data = s;
    }
}
