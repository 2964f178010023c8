/*
 * See selfcheck.h.  Not a fork: this process has threads, and LMDB must not be
 * used in a copy of it.
 */
#include "engine/selfcheck.h"

#include <signal.h>
#include <stdlib.h>

#include "engine/check.h"
#include "engine/log.h"
#include "store/spare.h"

struct selfcheck {
    uv_timer_t timer;
    uv_process_t process;
    const char *dir;
    int running;
    selfcheck_damaged *damaged;
    void *context;
};

/* Signals of a damaged map, and of our own alarm at one. */
static int is_damage(int64_t status, int number)
{
    if (number)
        return number == SIGBUS || number == SIGSEGV || number == SIGABRT ||
               number == SIGFPE || number == SIGILL;
    return status == CHECK_DAMAGED;
}

static void on_end(uv_process_t *process, int64_t status, int number)
{
    struct selfcheck *c = process->data;

    c->running = 0;
    uv_close((uv_handle_t *)process, NULL);
    if (is_damage(status, number)) {
        log_line(LOG_ERROR,
                 "%s is damaged: the full check ended with %lld, signal %d; "
                 "the daemon stops: restore the last backup (claused "
                 "--restore)",
                 c->dir, (long long)status, number);
        c->damaged(c->context);
    } else if (status || number) {
        log_line(LOG_WARNING,
                 "the full check could not be made (%lld, signal %d); claused "
                 "--check makes it",
                 (long long)status, number);
    } else {
        log_line(LOG_INFO, "the full check found nothing wrong");
    }
}

static void on_time(uv_timer_t *timer)
{
    struct selfcheck *c = timer->data;
    char program[] = "claused", check[] = "--check-beside", store[] = "--store";
    char *argv[] = {program, check, store, (char *)(uintptr_t)c->dir, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = 2},
    };
    uv_process_options_t options = {.exit_cb = on_end,
                                    .file = "/proc/self/exe",
                                    .args = argv,
                                    .stdio = stdio,
                                    .stdio_count = 3};
    int rc;

    spare_begin();
    rc = uv_spawn(timer->loop, &c->process, &options);
    spare_end();
    c->process.data = c;
    c->running = !rc;
    if (rc) {
        log_line(LOG_WARNING, "the full check could not be begun: %s",
                 uv_strerror(rc));
        uv_close((uv_handle_t *)&c->process, NULL);
    }
}

struct selfcheck *selfcheck_start(uv_loop_t *loop, const char *dir,
                                  int64_t seconds, selfcheck_damaged *damaged,
                                  void *context)
{
    struct selfcheck *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->dir = dir;
    c->damaged = damaged;
    c->context = context;
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    uv_timer_start(&c->timer, on_time, (uint64_t)seconds * 1000, 0);
    return c;
}

void selfcheck_stop(struct selfcheck *c)
{
    if (!c)
        return;
    uv_timer_stop(&c->timer);
    if (c->running)
        uv_process_kill(&c->process, SIGKILL);
}
