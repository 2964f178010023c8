/*
 * See intake.h.
 */
#include "engine/intake.h"

#include "engine/clock.h"
#include "protocol/civil.h"

/* Per turn of the loop: messages, and time for the long ones among them. */
#define TURN_MESSAGES 64
#define TURN_US 5000

/* What the handlers are told; 0: whoever asks is nobody. */
static int call_begin(struct intake *in, struct request *r)
{
    struct call *call = &r->call;

    call->verb = VERBS;
    call->structure_weights = in->config->structure_weights;
    call->person_weights = in->config->person_weights;
    call->server = in->server;
    call->limits = &limits_batch;
    call->now_ms = in->wall_ms;
    call->today = in->today;
    r->arrived_us = in->clock_us;
    return door_enter(in->door, r->frames.user, in->clock_us, call);
}

/* Take one message; 0 when none is waiting.  Frames that are no request get a
 * refusal all the same, so that whoever writes a client learns what is wrong.
 * The clock is asked once: the end of a message is the beginning of the
 * next. */
static int take(struct intake *in)
{
    struct request *r = request_new(&in->requests);
    enum err e = r ? zsock_receive(in->door->sock, &r->frames) : ERR_NOMEM;
    int answered = 1;

    if (e && e != ERR_BAD_FRAMES) {
        request_free(r);
        return e == ERR_FORBIDDEN;
    }
    if (!call_begin(in, r)) {
        request_free(r);
        return 1;
    }
    if (e)
        dispatch_refuse(r, call_refuse(&r->call, e, "",
                                       "send CLAUSE01, a header map and a "
                                       "body map"));
    else
        answered = work_take(in->work, r, in->clock_us);
    in->clock_us = clock_steady_us();
    if (answered)
        replies_hold(in->replies, r, in->clock_us);
    return 1;
}

static void turn_begin(struct intake *in)
{
    int64_t second = in->wall_ms / 1000;

    in->clock_us = clock_steady_us();
    in->wall_ms = clock_wall_ms();
    if (in->wall_ms / 1000 != second)
        in->today = civil_paris_date(in->wall_ms / 1000);
}

static void turn_end(struct intake *in)
{
    replies_release(in->replies);
    work_turn_end(in->work);
    uv_update_time(in->check.loop);
}

static int is_waiting(struct intake *in)
{
    return in->open && zsock_readable(in->door->sock);
}

static void on_check(uv_check_t *check)
{
    struct intake *in = check->data;
    uint64_t end;

    uv_idle_stop(&in->idle);
    door_answer(in->door);
    if (!is_waiting(in))
        return;
    turn_begin(in);
    end = in->clock_us + TURN_US;
    for (int i = 0; i < TURN_MESSAGES && take(in); i++)
        if (in->clock_us >= end)
            break;
    turn_end(in);
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
    struct intake *in = prepare->data;

    if (in->door->handshakes || is_waiting(in))
        uv_idle_start(&in->idle, on_idle);
}

void intake_watch(struct intake *in, uv_loop_t *loop)
{
    uv_poll_init(loop, &in->poll, zsock_descriptor(in->door->sock));
    uv_poll_start(&in->poll, UV_READABLE, on_wake);
    uv_prepare_init(loop, &in->prepare);
    uv_prepare_start(&in->prepare, on_prepare);
    uv_check_init(loop, &in->check);
    uv_check_start(&in->check, on_check);
    uv_idle_init(loop, &in->idle);
    in->prepare.data = in->check.data = in;
}

void intake_fini(struct intake *in)
{
    requests_drop(&in->requests);
}
