/*
 * The points A1 to A8 of every lot, and what they come to.
 */
#include "engine/match/assess.h"

#include <string.h>

#include "engine/match/activity.h"
#include "engine/match/law.h"
#include "engine/match/obligation.h"
#include "engine/match/supply.h"
#include "engine/match/route.h"
#include "protocol/codec.h"

#define POINTS 8
/* What one lot is judged by: its place, its structures, its people. */
#define LOT_BYTES ((size_t)64 << 20)

/* A lot on its way. */
struct judging {
    struct assess *a;
    const struct market *market;
    const struct obligation *obligation;
    const struct lot *lot;
    struct supply supply;
    struct assess_lot *out;
    struct assess_finding *points; /* POINTS of them */
    int rough;
};

static int64_t rule(const struct judging *j, enum assess_rule which)
{
    return j->a->rules.value[which];
}

static int64_t verdict_of(const struct judging *j, int64_t point)
{
    return j->points[point].verdict;
}

static void find(struct judging *j, int64_t point, int64_t verdict,
                 int64_t reason, int64_t value, int64_t bound)
{
    j->points[point] = (struct assess_finding){
        point, verdict, verdict == ASSESS_GOOD ? ABSENT : reason, value, bound};
}

static void find_unknown(struct judging *j, int64_t point, int64_t bound)
{
    find(j, point, ASSESS_UNKNOWN, ASSESS_NO_DATA, ABSENT, bound);
}

static void find_least(struct judging *j, int64_t point, int64_t reason,
                       int64_t value, int64_t bound)
{
    find(j, point, value >= bound ? ASSESS_GOOD : ASSESS_POOR, reason, value,
         bound);
}

/* ---- A1: the law -------------------------------------------------------- */

static void judge_law(struct judging *j)
{
    const struct obligation *o = j->obligation;
    int64_t verdict = ASSESS_FAIR, reason = ASSESS_NOT_OBLIGED;

    if (o->state == OBLIGATION_MANDATORY)
        verdict = ASSESS_GOOD;
    if (o->state == OBLIGATION_EXEMPT)
        reason = ASSESS_EXEMPT;
    if (o->state == OBLIGATION_UNKNOWN) {
        verdict = ASSESS_UNKNOWN;
        reason = ASSESS_NO_DATA;
    }
    find(j, ASSESS_A1, verdict, reason, o->amount, o->threshold);
    if (o->state == OBLIGATION_MANDATORY)
        j->points[ASSESS_A1].reason = ASSESS_OBLIGED;
}

/* ---- A2 to A4: hours, months, labour ------------------------------------ */

enum err assess_hours(const struct assess *a, const struct market *market,
                      const struct lot *lot, struct answer_hours_plan *plan)
{
    struct ask_hours_plan ask;
    struct hours_question q = {&ask, market, lot, NULL, NULL, a->m->on};
    struct hours_gap gap;
    enum err e;

    shape_clear(verb_rows[VERB_hours_plan].ask, &ask);
    shape_clear(verb_rows[VERB_hours_plan].answer, plan);
    ask.labour_hours = a->labour_hours;
    ask.labour_share = a->labour_share;
    ask.rate = a->rate;
    ask.hourly_cost = a->hourly_cost;
    if (lot->clauses.n)
        q.clause = &lot->clauses.at[0];
    e = hours_plan(&q, a->m->reference, a->m->arena, plan, &gap);
    if (e != ERR_MISSING_FIELD)
        return e;
    plan->formula = ABSENT;
    ask.hours = law_asked_hours(lot);
    if (ask.hours != ABSENT)
        e = hours_plan(&q, a->m->reference, a->m->arena, plan, &gap);
    return e == ERR_MISSING_FIELD ? ERR_NONE : e;
}

static int64_t size_rule(const struct judging *j, const char *name)
{
    struct slice none = {NULL, 0};
    const struct match *m = j->a->m;
    struct hours_method method =
        hours_method(m->reference, none, j->market->buyer, m->on);

    return hours_rule(&method, name, m->on);
}

static void take_plan(struct judging *j, const struct answer_hours_plan *plan)
{
    struct assess_lot *out = j->out;

    out->labour_share =
        plan->labour_share == ABSENT ? j->a->labour_share : plan->labour_share;
    out->formula = plan->formula;
    out->rate = plan->rate;
    out->hourly_cost = plan->hourly_cost;
    out->hours = plan->hours;
    out->persons = plan->persons;
}

static enum err judge_hours(struct judging *j)
{
    int64_t enough = size_rule(j, "SIZE_ENOUGH");
    struct answer_hours_plan plan;
    enum err e = assess_hours(j->a, j->market, j->lot, &plan);

    if (e)
        return e;
    take_plan(j, &plan);
    if (plan.hours == ABSENT)
        find_unknown(j, ASSESS_A2, enough);
    else if (plan.size == SIZE_ENOUGH)
        find(j, ASSESS_A2, ASSESS_GOOD, ABSENT, plan.hours, enough);
    else if (plan.size == SIZE_POOL)
        find(j, ASSESS_A2, ASSESS_FAIR, ASSESS_H_POOL, plan.hours, enough);
    else
        find(j, ASSESS_A2, ASSESS_POOR, ASSESS_H_SMALL, plan.hours, enough);
    return ERR_NONE;
}

static void judge_months(struct judging *j)
{
    int64_t least = rule(j, ASSESS_MONTHS);

    if (j->lot->months == ABSENT)
        find_unknown(j, ASSESS_A3, least);
    else
        find_least(j, ASSESS_A3, ASSESS_H_SHORT, j->lot->months, least);
}

/* A supply whose share nobody states has no labour to speak of. */
static void judge_labour(struct judging *j)
{
    int64_t least = rule(j, ASSESS_LABOUR_SHARE);

    if (j->out->labour_share != ABSENT)
        find_least(j, ASSESS_A4, ASSESS_LOW_LABOUR, j->out->labour_share,
                   least);
    else if (j->market->contract_type == CONTRACT_SUPPLIES)
        find(j, ASSESS_A4, ASSESS_POOR, ASSESS_LOW_LABOUR, ABSENT, least);
    else
        find_unknown(j, ASSESS_A4, least);
}

/* ---- A5 and A6: people -------------------------------------------------- */

/* As many as match_top_people gives; to count is to read everybody. */
#define PEOPLE_SOUGHT 1000

struct people {
    int64_t seats;
    int64_t reachable; /* seats of jobs that enough people fit */
    int64_t eligible;  /* of each job at most as many as it needs */
    int64_t needed;
};

static int64_t needed_of(const struct judging *j, const struct job *job)
{
    return (activity_seats(job) * rule(j, ASSESS_PUBLIC_FACTOR) + 99) / 100;
}

/* Whoever is one more than these changes nothing. */
static int64_t sought_of(const struct judging *j, const struct job *job)
{
    int64_t needed = needed_of(j, job);
    int64_t enough = rule(j, ASSESS_REACHABLE_PEOPLE);
    int64_t sought = needed > enough ? needed : enough;

    return sought > 1 ? sought : 1;
}

static void add_job(const struct judging *j, const struct job *job, int64_t fit,
                    struct people *sum)
{
    int64_t seats = activity_seats(job), needed = needed_of(j, job);

    sum->seats += seats;
    sum->needed += needed;
    sum->eligible += fit < needed ? fit : needed;
    if (fit >= rule(j, ASSESS_REACHABLE_PEOPLE))
        sum->reachable += seats;
}

/* How many fit a job, up to those who are sought. */
static enum err seek_people(struct judging *j, int64_t job, int64_t sought,
                            int64_t *fit)
{
    struct match *m = j->a->m;
    int64_t limit = m->limit;
    struct match_top top;
    enum err e;

    m->limit = sought;
    e = match_top_people(m, j->market, j->out->lot, job, &top);
    m->limit = limit;
    if (!e)
        *fit = (int64_t)top.n;
    return e;
}

/* Jobs of more people than a list holds: everybody is counted. */
static enum err count_people(struct judging *j, struct people *sum)
{
    struct job_tally_list jobs = {NULL, 0};
    enum err e = match_count_people(j->a->m, j->market, j->out->lot, &jobs);

    for (size_t i = 0; i < jobs.n && !e; i++)
        add_job(j, &j->lot->jobs.at[i], jobs.at[i].matched, sum);
    return e;
}

static enum err add_up(struct judging *j, struct people *sum)
{
    const struct job_list *jobs = &j->lot->jobs;
    enum err e = ERR_NONE;

    *sum = (struct people){.seats = 0};
    for (size_t i = 0; i < jobs->n; i++)
        if (sought_of(j, &jobs->at[i]) > PEOPLE_SOUGHT)
            return count_people(j, sum);
    for (size_t i = 0; i < jobs->n && !e; i++) {
        const struct job *job = &jobs->at[i];
        int64_t fit = 0;

        if (!(e = seek_people(j, (int64_t)i + 1, sought_of(j, job), &fit)))
            add_job(j, job, fit, sum);
    }
    return e;
}

static enum err judge_people(struct judging *j)
{
    int64_t share = rule(j, ASSESS_REACHABLE_SHARE);
    struct people sum;
    enum err e;

    if (!j->lot->jobs.n) {
        find_unknown(j, ASSESS_A5, share);
        find_unknown(j, ASSESS_A6, ABSENT);
        return ERR_NONE;
    }
    if ((e = add_up(j, &sum)))
        return e;
    j->out->seats = sum.seats;
    j->out->people = sum.eligible;
    find_least(j, ASSESS_A5, ASSESS_TOO_TECHNICAL,
               10000 * sum.reachable / sum.seats, share);
    find_least(j, ASSESS_A6, ASSESS_NO_PUBLIC, sum.eligible, sum.needed);
    return ERR_NONE;
}

/* ---- A7: structures ----------------------------------------------------- */

int64_t assess_advice(const struct assess_rules *rules, int64_t n,
                      int64_t amount, int64_t turnover, int64_t turnovers,
                      int64_t *dependence)
{
    const int64_t *value = rules->value;

    *dependence = ABSENT;
    if (amount == ABSENT)
        return ABSENT;
    /* At most 10^13 cents and 1,000 structures: inside 64 bits. */
    if (turnover > 0)
        *dependence = (200 * amount * turnovers + turnover) / (2 * turnover);
    if (n > value[ASSESS_ADVICE_RESERVE] && *dependence != ABSENT &&
        *dependence < value[ASSESS_ADVICE_SHARE])
        return ADVICE_RESERVE_ALL;
    if (n > value[ASSESS_ADVICE_LOT])
        return ADVICE_RESERVE_LOT;
    return n > value[ASSESS_ADVICE_CLAUSE] ? ADVICE_CLAUSE : ADVICE_NONE;
}

/* Enough structures, and with free hours for those that are asked. */
static void judge_supply(struct judging *j)
{
    int64_t least = rule(j, ASSESS_STRUCTURES);
    int64_t free;
    int unknown;

    free = supply_free_hours(&j->supply, &unknown);
    if (j->lot->months != ABSENT)
        j->out->free_hours = free * j->lot->months;
    j->out->structures = j->supply.structures;
    j->out->units = (int64_t)j->supply.n;
    find_least(j, ASSESS_A7, ASSESS_NO_SUPPLY, j->supply.structures, least);
    if (verdict_of(j, ASSESS_A7) == ASSESS_GOOD && !unknown &&
        j->out->hours != ABSENT && j->out->free_hours != ABSENT &&
        j->out->free_hours < j->out->hours)
        find(j, ASSESS_A7, ASSESS_FAIR, ASSESS_LOW_CAPACITY, j->out->free_hours,
             j->out->hours);
    j->out->advice = assess_advice(&j->a->rules, j->supply.structures,
                                   j->out->amount, j->supply.turnover,
                                   j->supply.turnovers, &j->out->dependence);
}

/* ---- A8: the place ------------------------------------------------------ */

/* What nobody covers falls to somebody near, to a coordinator, or to nobody. */
static enum err judge_blank(struct judging *j)
{
    struct assess *a = j->a;
    int white;
    enum err e = route_white(a->m, &a->cover, j->market, j->out->lot,
                             a->adjacent_km, &white, &j->rough);

    if (!e)
        find(j, ASSESS_A8, white ? ASSESS_POOR : ASSESS_FAIR,
             white ? ASSESS_WHITE_ZONE : ASSESS_FALLBACK, j->out->blank, 0);
    return e;
}

static int64_t communes_of(const struct reference *ref,
                           const struct territory *set)
{
    return (int64_t)territory_extent(ref, set, (struct range){0, ref->n})
        .communes;
}

static enum err judge_place(struct judging *j)
{
    const struct reference *ref = j->a->m->reference;
    struct arena *arena = j->a->m->arena;
    struct territory place, blank;
    enum err e;

    if ((e = cover_place(ref, arena, j->lot, &place)) ||
        (e = territory_common(arena, &place, &j->a->cover.blank, &blank)))
        return e;
    j->out->communes = communes_of(ref, &place);
    j->out->blank = communes_of(ref, &blank);
    if (j->out->blank)
        return judge_blank(j);
    if (j->out->communes)
        find(j, ASSESS_A8, ASSESS_GOOD, ABSENT, 0, 0);
    else
        find_unknown(j, ASSESS_A8, 0);
    return ERR_NONE;
}

/* ---- What it comes to --------------------------------------------------- */

static int64_t worth_of(const struct judging *j)
{
    if (verdict_of(j, ASSESS_A2) == ASSESS_POOR ||
        verdict_of(j, ASSESS_A4) == ASSESS_POOR ||
        verdict_of(j, ASSESS_A7) == ASSESS_POOR)
        return WORTH_NO;
    if (verdict_of(j, ASSESS_A2) == ASSESS_UNKNOWN)
        return WORTH_UNKNOWN;
    return verdict_of(j, ASSESS_A2) == ASSESS_FAIR ? WORTH_POOL : WORTH_YES;
}

/* The family that could answer a reserved lot: one of its own if it has more
 * than the rule asks for, else both together. */
static int64_t reservation_of(const struct judging *j)
{
    const int64_t *whole = j->supply.whole;
    int64_t iae =
        whole[KIND_EI] + whole[KIND_ACI] + whole[KIND_AI] + whole[KIND_ETTI];
    int64_t handicap = whole[KIND_EA] + whole[KIND_EATT] + whole[KIND_ESAT];
    int64_t best = iae >= handicap ? iae : handicap;

    if (iae + handicap <= rule(j, ASSESS_ADVICE_LOT))
        return ABSENT;
    if (best <= rule(j, ASSESS_ADVICE_LOT) &&
        j->market->contract_type != CONTRACT_CONCESSION)
        return CLAUSE_RES_MIX;
    return iae >= handicap ? CLAUSE_RES_IAE : CLAUSE_RES_HAND;
}

static int64_t kind_of(const struct judging *j)
{
    int64_t advice = j->out->advice, kind;

    if (j->obligation->state == OBLIGATION_MANDATORY)
        return CLAUSE_EXEC_MANDATORY;
    if (verdict_of(j, ASSESS_A4) == ASSESS_POOR)
        return CLAUSE_CRIT;
    if (j->out->worth == WORTH_NO || advice == ADVICE_NONE)
        return ABSENT;
    if (advice != ADVICE_RESERVE_ALL && advice != ADVICE_RESERVE_LOT)
        return CLAUSE_EXEC;
    kind = reservation_of(j);
    return kind == ABSENT ? CLAUSE_EXEC : kind;
}

/* The market's own amount is that of its only lot. */
static int64_t amount_of(const struct judging *j)
{
    if (j->lot->amount != ABSENT || j->market->lots.n > 1)
        return j->lot->amount;
    return j->market->amount;
}

static enum err judge(struct judging *j)
{
    static const struct assess_history_list no_history = {NULL, 0};
    enum err e;

    j->out->amount = amount_of(j);
    j->out->months = j->lot->months;
    j->out->object = j->lot->object;
    if ((e = supply_read(j->a->m, j->market, j->out->lot, &no_history,
                         &j->supply)) ||
        (e = judge_hours(j)) || (e = judge_people(j)) || (e = judge_place(j)))
        return e;
    judge_law(j);
    judge_months(j);
    judge_labour(j);
    judge_supply(j);
    j->rough |= j->supply.rough;
    j->out->worth = worth_of(j);
    j->out->kind = kind_of(j);
    return ERR_NONE;
}

static enum err judge_lot(struct assess *a, const struct market *market,
                          int64_t number, struct assessment *all,
                          struct assess_lot *out)
{
    struct judging j = {.a = a,
                        .market = market,
                        .obligation = &all->obligation,
                        .lot = &market->lots.at[number - 1],
                        .out = out};
    struct arena *answers = a->m->arena;
    enum err e;

    out->lot = number;
    j.points = shape_array(answers, &shape_assess_finding, POINTS);
    if (!j.points)
        return ERR_NOMEM;
    arena_reset(a->scratch);
    a->m->arena = a->scratch;
    e = judge(&j);
    a->m->arena = answers;
    out->findings = (struct assess_finding_list){j.points, POINTS};
    all->rough |= j.rough;
    supply_fini(&j.supply);
    return e;
}

/* A market is worth what its best lot is; lots that are all too small may be
 * worth it together. */
static void sum_up(struct assess *a, const struct market *market,
                   struct assessment *out)
{
    const struct judging j = {.a = a, .market = market};
    int small = 0;

    out->worth = WORTH_NO;
    for (size_t i = 0; i < out->lots.n; i++) {
        const struct assess_lot *lot = &out->lots.at[i];
        const struct assess_finding *points = lot->findings.at;

        if (lot->worth < out->worth)
            out->worth = lot->worth;
        if (lot->hours != ABSENT)
            out->hours = (out->hours == ABSENT ? 0 : out->hours) + lot->hours;
        small |= points[ASSESS_A2].verdict == ASSESS_POOR &&
                 points[ASSESS_A4].verdict != ASSESS_POOR &&
                 points[ASSESS_A7].verdict != ASSESS_POOR;
    }
    if (out->worth == WORTH_NO && small && out->lots.n > 1 &&
        out->hours >= size_rule(&j, "SIZE_POOL"))
        out->worth = WORTH_POOL;
}

/* ---- Markets ------------------------------------------------------------ */

enum err assess_figures(struct assess *a)
{
    a->m->rules |= BIT(RULES_THRESHOLDS) | BIT(RULES_HOURS) | BIT(RULES_ASSESS);
    return assess_rules_read(a->m->reference, a->m->on, &a->rules);
}

enum err assess_begin(struct assess *a)
{
    enum err e = assess_figures(a);

    if (e)
        return e;
    if (!(a->scratch = arena_new(LOT_BYTES)))
        return ERR_NOMEM;
    return cover_read(a->m, &a->cover);
}

void assess_fini(struct assess *a)
{
    arena_free(a->scratch);
    a->scratch = NULL;
    cover_fini(&a->cover);
}

enum err assess_market(struct assess *a, const struct market *market,
                       int64_t lot, struct assessment *out)
{
    struct arena *arena = a->m->arena;
    struct assess_lot *at;
    size_t n = 0;
    enum err e;

    memset(out, 0, sizeof *out);
    out->hours = ABSENT;
    shape_clear(&shape_obligation, &out->obligation);
    if (!(at = shape_array(arena, &shape_assess_lot, market->lots.n)))
        return ERR_NOMEM;
    if ((e = obligation_assess(a->m->reference, market, a->m->on, arena,
                               &out->obligation)))
        return e;
    for (size_t i = 0; i < market->lots.n; i++)
        if ((lot == ABSENT || lot == (int64_t)i + 1) &&
            (e = judge_lot(a, market, (int64_t)i + 1, out, &at[n++])))
            return e;
    out->lots = (struct assess_lot_list){at, n};
    sum_up(a, market, out);
    return ERR_NONE;
}
