/*
 * hours.plan: from a market or from figures to hours, people and weeks.
 *
 * What nobody said is taken from the market, else from the rules, and then
 * told in `assumed`.
 */
#include "engine/match/hours.h"
#include "engine/match/rules.h"
#include "protocol/codec.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define WEEK_MAX 48 /* as the field tables bound it */

struct plan {
    const struct hours_question *q;
    const struct ask_hours_plan *ask;
    struct hours_method method;
    struct arena *arena;
    struct answer_hours_plan *answer;
    struct hours_gap *gap;
    int64_t *assumed;
    size_t n_assumed;
};

static int64_t rule(const struct plan *p, const char *name)
{
    return hours_rule(&p->method, name, p->q->on);
}

/* A value that was said, else the rule's, which is noted. */
static int64_t said_or_rule(struct plan *p, int64_t said, const char *name,
                            enum hours_assumed_word word)
{
    int64_t value = said == ABSENT ? rule(p, name) : said;

    if (said == ABSENT && value != ABSENT)
        p->assumed[p->n_assumed++] = word;
    return value;
}

static enum err missing(struct plan *p, const char *field, const char *hint)
{
    *p->gap = (struct hours_gap){field, hint};
    return ERR_MISSING_FIELD;
}

/* ---- Hours ----------------------------------------------------------------
 */

/* The share of labour in work of this CPV: the rule of the longest prefix. */
static int64_t share_of_cpv(const struct plan *p, struct slice cpv)
{
    for (size_t len = 8; len >= 2; len--) {
        char name[32];
        int64_t share;

        snprintf(name, sizeof name, "LABOUR_SHARE/%.*s", (int)len, cpv.data);
        if ((share = rule(p, name)) != ABSENT)
            return share;
    }
    return ABSENT;
}

static int64_t labour_share(struct plan *p)
{
    const struct lot *lot = p->q->lot;
    int64_t share = ABSENT;

    if (p->ask->labour_share != ABSENT)
        return p->ask->labour_share;
    for (size_t i = 0; lot && i < lot->cpv.n && share == ABSENT; i++)
        share = share_of_cpv(p, lot->cpv.at[i]);
    if (share != ABSENT)
        p->assumed[p->n_assumed++] = ASSUMED_LABOUR_SHARE;
    return share;
}

static int64_t insertion_rate(struct plan *p)
{
    int64_t said = p->ask->rate;

    if (said == ABSENT && p->q->clause)
        said = p->q->clause->rate;
    return said_or_rule(p, said, "RATE", ASSUMED_RATE);
}

/* F1. */
static enum err of_amount(struct plan *p, int64_t amount)
{
    struct answer_hours_plan *a = p->answer;

    a->formula = HOURS_OF_AMOUNT;
    a->amount = amount;
    if ((a->labour_share = labour_share(p)) == ABSENT)
        return missing(p, "labour_share",
                       "say which part of the amount is labour, in basis "
                       "points: the rules have none for this work");
    if ((a->rate = insertion_rate(p)) == ABSENT)
        return missing(p, "rate", "basis points of the labour hours");
    a->hourly_cost = said_or_rule(p, p->ask->hourly_cost, "HOURLY_COST",
                                  ASSUMED_HOURLY_COST);
    if (a->hourly_cost == ABSENT || a->hourly_cost == 0)
        return missing(p, "hourly_cost", "cents an hour, all charges in");
    a->labour_hours =
        hours_labour_of_amount(amount, a->labour_share, a->hourly_cost);
    a->hours =
        hours_of_amount(amount, a->labour_share, a->rate, a->hourly_cost);
    return ERR_NONE;
}

/* F2. */
static enum err of_labour(struct plan *p, int64_t labour)
{
    p->answer->formula = HOURS_OF_LABOUR;
    p->answer->labour_hours = labour;
    if ((p->answer->rate = insertion_rate(p)) == ABSENT)
        return missing(p, "rate", "basis points of the labour hours");
    p->answer->hours = hours_of_labour(labour, p->answer->rate);
    return ERR_NONE;
}

static enum err stated(struct plan *p, int64_t hours)
{
    p->answer->formula = HOURS_STATED;
    p->answer->hours = hours;
    return ERR_NONE;
}

/* What the question says goes before what the market says, which goes from
 * the clause to the lot and, when it is the only one, to the whole. */
static enum err find_hours(struct plan *p)
{
    const struct market *m = p->q->market;
    const struct lot *lot = p->q->lot;
    const struct clause *clause = p->q->clause;

    if (p->ask->hours != ABSENT)
        return stated(p, p->ask->hours);
    if (p->ask->labour_hours != ABSENT)
        return of_labour(p, p->ask->labour_hours);
    if (p->ask->amount != ABSENT)
        return of_amount(p, p->ask->amount);
    if (clause && clause->hours != ABSENT && p->ask->rate == ABSENT)
        return stated(p, clause->hours);
    if (lot && lot->amount != ABSENT)
        return of_amount(p, lot->amount);
    if (m && m->lots.n == 1 && m->amount != ABSENT)
        return of_amount(p, m->amount);
    return missing(p, m ? "amount" : "hours",
                   m ? "the market states neither hours nor an amount"
                     : "say hours, labour_hours, amount or market");
}

static enum hours_size_word size_of(const struct plan *p, int64_t hours)
{
    if (hours >= rule(p, "SIZE_ENOUGH"))
        return SIZE_ENOUGH;
    return hours >= rule(p, "SIZE_POOL") ? SIZE_POOL : SIZE_SMALL;
}

/* ---- People ---------------------------------------------------------------
 */

/* Whole weeks of so many months. */
static int64_t weeks_of_months(int64_t months)
{
    return months == ABSENT || months == 0 ? ABSENT : months * 52 / 12;
}

static void find_pace(struct plan *p)
{
    const struct lot *lot = p->q->lot;
    struct answer_hours_plan *a = p->answer;
    int64_t year = rule(p, "YEAR");

    a->weeks = p->ask->weeks;
    if (a->weeks == ABSENT && lot)
        a->weeks = weeks_of_months(lot->months);
    a->hours_week =
        said_or_rule(p, p->ask->hours_week, "WEEK", ASSUMED_HOURS_WEEK);
    if (a->hours_week < 1 || a->hours_week > WEEK_MAX)
        a->hours_week = ABSENT;
    if (year != ABSENT && year)
        a->fte = hours_fte(a->hours, year);
    a->size = size_of(p, a->hours);
    if (a->weeks != ABSENT && a->hours_week != ABSENT)
        a->persons = hours_persons(a->hours, a->hours_week, a->weeks);
    if (p->ask->headcount != ABSENT)
        a->hours_each = hours_each(a->hours, p->ask->headcount);
    if (p->ask->operations != ABSENT)
        a->hours_operation = hours_each(a->hours, p->ask->operations);
}

/* Whole weeks that are gone before the worker can begin. */
static int64_t weeks_lost(const struct plan *p, const struct hours_worker *w)
{
    int64_t start = p->ask->start;

    if (start == ABSENT && p->q->lot)
        start = p->q->lot->start;
    if (start == ABSENT || w->available_from == ABSENT ||
        w->available_from <= start)
        return 0;
    return (w->available_from - start + 6) / 7;
}

static int64_t least(int64_t a, int64_t b)
{
    return b == ABSENT || (a != ABSENT && a < b) ? a : b;
}

/* The weeks that the worker has time in. */
static int64_t weeks_of(const struct plan *p, const struct hours_worker *w)
{
    int64_t weeks = p->answer->weeks;
    int64_t lost = weeks_lost(p, w);

    if (weeks != ABSENT)
        weeks -= lost < weeks ? lost : weeks;
    weeks = least(weeks, w->weeks);
    return weeks == ABSENT ? 0 : weeks;
}

/* The weekly hours that a worker can be offered; 0 with the reason. */
static int64_t week_of(const struct plan *p, const struct hours_worker *w,
                       int64_t *limit)
{
    int64_t asked = p->ask->hours_week;
    int64_t most = w->week_max == ABSENT ? p->answer->hours_week : w->week_max;
    int64_t week = least(most, asked);
    char name[32] = "WEEK_MIN";
    int64_t floor;

    if (week == ABSENT || (asked != ABSENT && most < asked) ||
        (w->week_min != ABSENT && week < w->week_min)) {
        *limit = LIMIT_WEEK;
        return 0;
    }
    if (w->kind != ABSENT)
        snprintf(name, sizeof name, "WEEK_MIN/%s", words_kind.words[w->kind]);
    if ((floor = rule(p, name)) == ABSENT)
        floor = rule(p, "WEEK_MIN");
    if (floor != ABSENT && week < floor) {
        *limit = LIMIT_WEEK_TOO_SHORT;
        return 0;
    }
    return week;
}

/* What is left of the hours that an AI may lend somebody to firms. */
static int64_t left_of_ai(const struct plan *p, const struct hours_worker *w)
{
    int64_t most = rules_number(rules_find(
        p->method.reference, RULES_ELIGIBILITY, "FR", "ai_hours", p->q->on));
    int64_t done = w->ai_hours == ABSENT ? 0 : w->ai_hours;

    if (w->kind != KIND_AI || !p->ask->in_firm || most == ABSENT)
        return ABSENT;
    return done < most ? most - done : 0;
}

static void judge_worker(const struct plan *p, const struct hours_worker *w,
                         struct plan_part *out)
{
    int64_t weeks = weeks_of(p, w);
    int64_t ai = left_of_ai(p, w);

    out->hours = 0;
    if (!(out->hours_week = week_of(p, w, &out->limit)))
        return;
    out->hours = out->hours_week * weeks;
    if (!weeks)
        out->limit = LIMIT_NOT_AVAILABLE;
    if (w->cap != ABSENT && w->cap < out->hours) {
        out->hours = w->cap;
        out->limit = LIMIT_CAP;
    }
    if (ai != ABSENT && ai < out->hours) {
        out->hours = ai;
        out->limit = LIMIT_AI_480H;
    }
}

static enum err judge_workers(struct plan *p)
{
    struct answer_hours_plan *a = p->answer;
    size_t n = p->ask->persons.n;
    struct plan_part *at;

    if (!n)
        return ERR_NONE;
    if (!(at = shape_array(p->arena, &shape_plan_part, n)))
        return ERR_NOMEM;
    a->covered = 0;
    for (size_t i = 0; i < n; i++) {
        at[i].person = (int64_t)i + 1;
        judge_worker(p, &p->q->workers[i], &at[i]);
        a->covered += at[i].hours;
    }
    a->workers = (struct plan_part_list){at, n};
    a->feasible = a->covered >= a->hours;
    a->missing = a->feasible ? 0 : a->hours - a->covered;
    return hours_sets(p->arena, &a->workers, a->hours, p->ask->limit, &a->sets);
}

enum err hours_plan(const struct hours_question *q, const struct reference *ref,
                    struct arena *arena, struct answer_hours_plan *answer,
                    struct hours_gap *gap)
{
    struct slice named = q->ask->counting;
    struct plan p = {
        .q = q, .ask = q->ask, .arena = arena, .answer = answer, .gap = gap};
    enum err e;

    if (!named.data && q->clause)
        named = q->clause->counting;
    p.method =
        hours_method(ref, named, q->market ? q->market->buyer : NULL, q->on);
    p.assumed = arena_array(arena, hours_assumed_words, sizeof *p.assumed);
    if (!p.assumed)
        return ERR_NOMEM;
    answer->on = q->on;
    answer->counting = p.method.names[0];
    if ((e = find_hours(&p)))
        return e;
    find_pace(&p);
    answer->assumed = (struct ints){p.assumed, p.n_assumed};
    return judge_workers(&p);
}
