/*
 * One clause: what is foreseen, promised and worked, what of it counts, and
 * whether it is late.  A pure function of the entries, the rules and a day.
 */
#include "engine/match/hours_count.h"
#include "engine/match/law.h"
#include "protocol/civil.h"

#include <stdio.h>

static int64_t share_of(int64_t h, int64_t share)
{
    return h * share / BASIS;
}

int64_t hours_part(int64_t h, int64_t first, int64_t days)
{
    if (first <= 0)
        return 0;
    return first >= days ? h : h * first / days;
}

int64_t hours_progress(int64_t counted, int64_t due)
{
    if (due == ABSENT || due == 0)
        return ABSENT;
    return (counted * 2000 + due) / (due * 2);
}

int64_t hours_most(const struct hours_method *method, int64_t days, int64_t on)
{
    int64_t by_day = hours_rule(method, "DAY_MAX", on);
    int64_t by_week = hours_rule(method, "WEEK_MAX", on);

    by_day = by_day == ABSENT ? INT64_MAX : by_day * days;
    by_week = by_week == ABSENT ? INT64_MAX : by_week * ((days + 6) / 7);
    return by_day < by_week ? by_day : by_week;
}

/* ---- What counts ----------------------------------------------------------
 */

/* A share that no rule names is nothing, of a contract all. */
static int64_t share_rule(const struct hours_clause *c, const char *name,
                          int64_t on, int64_t otherwise)
{
    int64_t share = hours_rule(&c->method, name, on);

    return share == ABSENT ? otherwise : share;
}

/* Hours on another operation count under a pooling agreement. */
static int64_t item_share(const struct hours_clause *c, const struct hours *h)
{
    const char *name = words_hours_item.words[h->item];

    if (h->item == ITEM_OTHER_OPERATION && h->pooling.data)
        name = "POOLED";
    return share_rule(c, name, h->from, 0);
}

static int64_t contract_share(const struct hours_clause *c,
                              const struct hours *h)
{
    char name[64];

    if (h->contract == ABSENT)
        return BASIS;
    snprintf(name, sizeof name, "CONTRACT/%s",
             words_contract.words[h->contract]);
    return share_rule(c, name, h->from, BASIS);
}

/* What counts of an entry, of which DONE lie in days up to LAST. */
static int64_t counted_of(const struct hours_clause *c, const struct hours *h,
                          int64_t done, int64_t last)
{
    int64_t days = h->until - h->from + 1;
    int64_t in = done;
    int64_t share = share_of(item_share(c, h), contract_share(c, h));

    if (h->eligible_until != ABSENT && h->eligible_until < last)
        in = hours_part(h->hundredths, h->eligible_until - h->from + 1, days);
    return share_of(in, share) +
           share_of(share_of(done - in, share),
                    share_rule(c, "AFTER_END", h->from, 0));
}

/* Training counts up to a part of what is due; of what is worked, when nobody
 * says what is due. */
static int64_t capped(const struct hours_clause *c, int64_t training,
                      int64_t due, int64_t work)
{
    int64_t cap = hours_rule(&c->method, "TRAINING_CAP", c->on);
    int64_t most =
        cap == ABSENT ? training : share_of(due == ABSENT ? work : due, cap);

    return training < most ? training : most;
}

static void add_done(const struct hours_clause *c, const struct hours *h,
                     struct hours_figures *out, int64_t *training)
{
    int64_t last = h->until < c->on ? h->until : c->on;
    int64_t done =
        hours_part(h->hundredths, last - h->from + 1, h->until - h->from + 1);

    if (h->from > c->on)
        return;
    out->done += done;
    *(h->item == ITEM_TRAINING ? training : &out->counted) +=
        counted_of(c, h, done, last);
}

/* ---- Schedule -------------------------------------------------------------
 */

static int64_t expected_of(int64_t h, int64_t from, int64_t until, int64_t on)
{
    return hours_part(h, on - from + 1, until - from + 1);
}

static void add_planned(const struct hours_clause *c, const struct hours *h,
                        struct hours_figures *out)
{
    if (out->expected == ABSENT)
        out->expected = 0;
    if (out->from == ABSENT || h->from < out->from)
        out->from = h->from;
    if (out->until == ABSENT || h->until > out->until)
        out->until = h->until;
    out->planned += h->hundredths;
    out->expected += expected_of(h->hundredths, h->from, h->until, c->on);
}

/* Without a plan, the lot's months, evenly. */
static void plan_evenly(const struct hours_clause *c, struct hours_figures *out)
{
    const struct lot *lot = c->lot;

    if (out->expected != ABSENT || lot->start == ABSENT ||
        lot->months == ABSENT || lot->months == 0)
        return;
    out->from = lot->start;
    out->until = civil_add_months(lot->start, lot->months) - 1;
    if (out->due != ABSENT)
        out->expected = expected_of(out->due, out->from, out->until, c->on);
}

/* ---- Alerts ---------------------------------------------------------------
 */

/* A market that nobody has won is not late. */
static int is_running(const struct hours_clause *c,
                      const struct hours_figures *f)
{
    return c->market->status == MARKET_AWARDED ||
           c->market->status == MARKET_CLOSED || f->committed || f->done;
}

static uint32_t alerts_of(const struct hours_clause *c,
                          const struct hours_figures *f)
{
    int64_t slack =
        f->expected == ABSENT
            ? 0
            : share_of(f->expected, share_rule(c, "LATE", c->on, 0));
    uint32_t alerts = 0;

    if (!is_running(c, f) || (f->due != ABSENT && !f->remaining))
        return 0;
    if (f->expected == ABSENT)
        return BIT(ALERT_NO_SCHEDULE);
    if (f->expected > 0 && !f->done)
        alerts |= BIT(ALERT_NOT_STARTED);
    if (f->counted < f->expected - slack)
        alerts |= BIT(ALERT_BEHIND);
    if (f->until < c->on && f->counted < f->expected)
        alerts |= BIT(ALERT_OVERDUE);
    return alerts;
}

void hours_count(const struct hours_clause *c, const struct hours *entries,
                 size_t n, struct hours_figures *out)
{
    int64_t training = 0;

    *out = (struct hours_figures){.due = ABSENT,
                                  .expected = ABSENT,
                                  .remaining = ABSENT,
                                  .from = ABSENT,
                                  .until = ABSENT};
    if (c->clause->hours != ABSENT)
        out->due = c->clause->hours * 100;
    for (size_t i = 0; i < n; i++) {
        if (entries[i].state == HOURS_PLANNED)
            add_planned(c, &entries[i], out);
        else if (entries[i].state == HOURS_COMMITTED)
            out->committed += entries[i].hundredths;
        else
            add_done(c, &entries[i], out, &training);
    }
    out->counted += capped(c, training, out->due, out->counted);
    plan_evenly(c, out);
    if (out->due != ABSENT) {
        if (out->expected > out->due)
            out->expected = out->due;
        out->remaining = out->counted < out->due ? out->due - out->counted : 0;
        out->surplus = out->counted > out->due ? out->counted - out->due : 0;
    }
    out->alerts = alerts_of(c, out);
}
