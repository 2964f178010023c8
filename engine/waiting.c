/*
 * See waiting.h.
 */
#include "engine/waiting.h"

#include "engine/clock.h"
#include "protocol/civil.h"

/* After a look so long until the next, and so long a look may last: a tenth of
 * the loop at most, however much is written. */
#define PAUSE_MS 20
#define LOOK_US 2000

void waiting_init(struct waiting *w, struct store *store, struct door *door,
                  struct replies *replies)
{
    w->store = store;
    w->door = door;
    w->replies = replies;
}

/* ---- When to look next --------------------------------------------------- */

static int is_due(const struct waiting *w, const struct waiter *waiter,
                  uint64_t now_us)
{
    return (uint64_t)waiter->ask.since < w->revision ||
           waiter->until_us <= now_us;
}

/* In milliseconds: at once when somebody is behind, but for the pause; else
 * when the first has waited for long enough. */
static uint64_t delay(const struct waiting *w)
{
    uint64_t now_us = clock_steady_us(), first_us = UINT64_MAX;
    uint64_t rested = uv_now(w->timer.loop) - w->looked;
    int due = w->written;

    for (size_t i = 0; i < w->n && !due; i++) {
        due = is_due(w, &w->at[i], now_us);
        if (w->at[i].until_us < first_us)
            first_us = w->at[i].until_us;
    }
    if (due)
        return rested < PAUSE_MS ? PAUSE_MS - rested : 0;
    return (first_us - now_us) / 1000 + 1;
}

static void on_due(uv_timer_t *timer);

static void set_timer(struct waiting *w)
{
    if (w->n)
        uv_timer_start(&w->timer, on_due, delay(w), 0);
    else
        uv_timer_stop(&w->timer);
}

/* ---- Looking ------------------------------------------------------------- */

static void answer(struct waiting *w, size_t i)
{
    struct request *r = w->at[i].request;

    w->at[i] = w->at[--w->n];
    replies_send(w->replies, r, clock_steady_us());
}

/* Its rights are those of now: its key may have been changed or revoked, and
 * the day may be another.  0: it waits on. */
static int look(struct waiting *w, struct waiter *waiter,
                struct store_view *view, int64_t today)
{
    struct request *r = waiter->request;
    uint64_t now_us = clock_steady_us();

    r->arrived_us = now_us;
    r->call.today = today;
    door_again(w->door, r->frames.user, &r->call);
    dispatch_resume(r, &waiter->ask, view);
    if (waiter->until_us <= now_us || !dispatch_waits(r))
        return 1;
    dispatch_rest(r, &waiter->ask);
    return 0;
}

static void look_at_all(struct waiting *w, struct store_view *view)
{
    int64_t today = civil_paris_date(clock_wall_ms() / 1000);
    uint64_t now_us = clock_steady_us(), end_us = now_us + LOOK_US;

    for (size_t left = w->n; left && now_us < end_us; left--) {
        if (w->next >= w->n)
            w->next = 0;
        if (is_due(w, &w->at[w->next], now_us) &&
            look(w, &w->at[w->next], view, today))
            answer(w, w->next);
        else
            w->next++;
        now_us = clock_steady_us();
    }
}

static void on_due(uv_timer_t *timer)
{
    struct waiting *w = timer->data;
    struct store_view *view;
    enum err e = store_view_begin(w->store, &view);

    if (e) {
        waiting_end(w, e);
        return;
    }
    w->written = 0;
    w->revision = store_view_revision(view);
    look_at_all(w, view);
    store_view_end(view);
    w->looked = uv_now(timer->loop);
    set_timer(w);
}

/* ---- Coming and going ---------------------------------------------------- */

void waiting_watch(struct waiting *w, uv_loop_t *loop)
{
    uv_timer_init(loop, &w->timer);
    w->timer.data = w;
}

int waiting_take(struct waiting *w, struct request *r, uint64_t at_us)
{
    struct waiter *waiter = &w->at[w->n];

    if (!dispatch_waits(r))
        return 0;
    if (w->n == WAITING_MAX) {
        dispatch_refuse(r, ERR_BUSY);
        return 0;
    }
    dispatch_rest(r, &waiter->ask);
    waiter->request = r;
    waiter->until_us = at_us + (uint64_t)waiter->ask.wait * 1000;
    w->n++;
    set_timer(w);
    return 1;
}

void waiting_written(struct waiting *w)
{
    if (!w->n || w->written)
        return;
    w->written = 1;
    set_timer(w);
}

void waiting_end(struct waiting *w, enum err why)
{
    while (w->n) {
        dispatch_refuse(w->at[w->n - 1].request, why);
        answer(w, w->n - 1);
    }
    set_timer(w);
}
