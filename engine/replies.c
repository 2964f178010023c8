/*
 * See replies.h.
 */
#include "engine/replies.h"

#include "engine/log.h"

/* Replies that took no longer go at once; the others wait for so long, while
 * more messages are there. */
#define QUICK_US 10
#define HELD_US 500
/* Replies that could not be sent are tried again this often. */
#define RETRY_MS 10

enum err replies_init(struct replies *replies, struct door *door,
                      const struct config *config)
{
    *replies = (struct replies){.door = door, .config = config};
    replies->held_last = &replies->held;
    replies->outbox = outbox_new(door->sock);
    replies->budget = budget_new();
    return replies->outbox && replies->budget ? ERR_NONE : ERR_NOMEM;
}

void replies_fini(struct replies *replies)
{
    outbox_free(replies->outbox);
    budget_free(replies->budget);
}

void replies_watch(struct replies *replies, uv_loop_t *loop)
{
    uv_timer_init(loop, &replies->retry);
    replies->retry.data = replies;
}

/* Parts of a bulk import wait for one another: they are not slow. */
static int was_slow(const struct replies *replies, const struct request *r,
                    uint64_t us)
{
    uint64_t slow_ms = (uint64_t)replies->config->slow_ms;
    int last;

    return slow_ms && us / 1000 >= slow_ms && !dispatch_deferred(r, &last);
}

/* The answer stands; whether its people may be shown is seen now, when it is
 * known who they are. */
static void spend_people(struct replies *replies, struct request *r)
{
    const struct call *call = &r->call;
    enum err e;

    if (!replies->door->keys || r->error || !call->saw.n ||
        verb_rows[call->verb].class == CLASS_WRITE)
        return;
    e = budget_take(replies->budget,
                    &replies->config->quotas[keys_role_index(call->role)],
                    call->caller, call->today, &call->saw);
    if (!e)
        return;
    r->call.saw.n = 0;
    dispatch_refuse(r, e);
}

static void account(struct replies *replies, struct request *r, uint64_t us)
{
    enum verb verb = r->call.verb;

    door_leave(replies->door, &r->call);
    if (verb == VERBS)
        return;
    spend_people(replies, r);
    access_note(replies->access, r);
    replies->asked[verb]++;
    replies->refused[verb] += r->error != ERR_NONE;
    if (us > replies->slowest_us[verb])
        replies->slowest_us[verb] = us;
    if (was_slow(replies, r, us))
        log_line(LOG_INFO,
                 "slow: %s %llu us, read %llu, scored %llu, %zu bytes, %s",
                 verb_rows[verb].name, (unsigned long long)us,
                 (unsigned long long)r->call.scanned,
                 (unsigned long long)r->call.scored, r->reply_body.len,
                 err_name(r->error));
}

size_t replies_retry(struct replies *replies)
{
    return outbox_flush(replies->outbox);
}

static void on_retry(uv_timer_t *timer)
{
    if (!replies_retry(timer->data))
        uv_timer_stop(timer);
}

static void put_out(struct replies *replies, struct request *r)
{
    outbox_reply(replies->outbox, r);
    if (outbox_stat(replies->outbox).queued &&
        !uv_is_active((uv_handle_t *)&replies->retry))
        uv_timer_start(&replies->retry, on_retry, RETRY_MS, RETRY_MS);
}

void replies_send(struct replies *replies, struct request *r, uint64_t at_us)
{
    account(replies, r, at_us - r->arrived_us);
    dispatch_finish(r, at_us);
    put_out(replies, r);
}

void replies_release(struct replies *replies)
{
    struct request *list = replies->held;

    replies->held = NULL;
    replies->held_last = &replies->held;
    replies->n_held = 0;
    while (list) {
        struct request *next = list->next;

        put_out(replies, list);
        list = next;
    }
}

/* Each reply to a long question finds libzmq's thread asleep, and waking it
 * costs a fifth of a match: such replies leave together.  What is held leaves
 * when the turn ends, when something quick was answered, or when the first
 * has waited for HELD_US. */
void replies_hold(struct replies *replies, struct request *r, uint64_t at_us)
{
    uint64_t took_us = at_us - r->arrived_us;

    account(replies, r, took_us);
    dispatch_finish(r, at_us);
    if (!replies->held)
        replies->held_us = at_us;
    r->next = NULL;
    *replies->held_last = r;
    replies->held_last = &r->next;
    replies->n_held++;
    if (took_us < QUICK_US || at_us - replies->held_us >= HELD_US)
        replies_release(replies);
}

struct outbox_facts replies_stat(const struct replies *replies)
{
    struct outbox_facts facts = outbox_stat(replies->outbox);

    facts.queued += replies->n_held;
    return facts;
}
