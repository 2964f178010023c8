/*
 * Each change is a lot that differs a little, judged by the same function:
 * its supply is read again, its facts go through risk_judge.
 */
#include "engine/match/reserved.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/failures.h"
#include "engine/match/groups.h"
#include "engine/match/law.h"
#include "engine/match/supply.h"
#include "protocol/civil.h"
#include "protocol/codec.h"

/* A lot as it could be. */
struct variant {
    int64_t parts; /* equal ones */
    int64_t kind;  /* of the clause */
    int64_t days;  /* to the deadline */
    int64_t failures;
    int64_t grouping; /* enum grouping_word */
};

struct judging {
    struct assess *a;
    const struct market *market;
    int64_t number;
    const struct assess_history_list *history;
    struct variant base;
    struct reserved *out;
};

/* A variant judged; its supply is of this struct. */
struct judged {
    struct risk risk;
    struct supply supply;
    int64_t amount; /* of a part */
    int64_t hours;
};

int reserved_is_kind(int64_t kind)
{
    return kind == CLAUSE_RES_IAE || kind == CLAUSE_RES_HAND ||
           kind == CLAUSE_RES_MIX;
}

static const struct lot *lot_of(const struct judging *j)
{
    return &j->market->lots.at[j->number - 1];
}

static int64_t rule(const struct judging *j, enum assess_rule which)
{
    return j->a->rules.value[which];
}

/* ---- One variant -------------------------------------------------------- */

static int64_t part_of(int64_t whole, int64_t parts)
{
    return whole == ABSENT ? ABSENT : whole / parts;
}

/* MARKET with the lot as V has it; copies live in the arena.  Hours are asked
 * of the whole, whoever gets which part. */
static enum err vary(const struct judging *j, const struct variant *v,
                     struct market *market)
{
    struct arena *arena = j->a->m->arena;
    size_t n = j->market->lots.n;
    struct lot *lots = arena_array(arena, n, sizeof *lots);
    struct clause *clause = shape_array(arena, &shape_clause, 1);

    if (!lots || !clause)
        return ERR_NOMEM;
    memcpy(lots, j->market->lots.at, n * sizeof *lots);
    clause->kind = v->kind;
    clause->hours = part_of(j->out->hours, v->parts);
    lots[j->number - 1].amount = part_of(j->out->amount, v->parts);
    lots[j->number - 1].clauses = (struct clause_list){clause, 1};
    *market = *j->market;
    market->grouping = v->grouping;
    market->lots = (struct lot_list){lots, n};
    return ERR_NONE;
}

static enum err count_failures(const struct judging *j, struct variant *v)
{
    return failures_count(j->a->m, lot_of(j), v->kind,
                          rule(j, ASSESS_RESERVED_PAST_MONTHS), &v->failures);
}

/* ---- Groups ------------------------------------------------------------- */

/* Is the structure of a unit that covers a part only? */
static int is_partial(const void *context, struct slice id)
{
    const struct supply *supply = context;

    for (size_t i = 0; i < supply->n; i++)
        if (!memcmp(supply->units[i].siren, id.data, RISK_SIREN))
            return !supply->units[i].whole;
    return 0;
}

/* 1: some units cover together what each covers in part only.  One such group
 * counts, whatever others there are: with more units there is never less. */
static enum err find_groups(const struct judging *j,
                            const struct market *market,
                            const struct supply *supply, int64_t *groups)
{
    int any;
    enum err e = groups_exist(j->a->m, market, j->number, is_partial, supply,
                              &any, &j->out->rough);

    *groups = any;
    return e;
}

/* ---- Judging ------------------------------------------------------------ */

/* End OUT with supply_fini, also after an error. */
static enum err judge(struct judging *j, const struct variant *v,
                      struct judged *out)
{
    struct risk_facts facts = {0};
    struct market market;
    int64_t groups = 0;
    enum err e;

    memset(out, 0, sizeof *out);
    if ((e = vary(j, v, &market)) ||
        (e = supply_read(j->a->m, &market, j->number, j->history,
                         &out->supply)) ||
        (e = find_groups(j, &market, &out->supply, &groups)))
        return e;
    out->amount = part_of(j->out->amount, v->parts);
    out->hours = part_of(j->out->hours, v->parts);
    facts = (struct risk_facts){.units = out->supply.units,
                                .n = out->supply.n,
                                .groups = groups,
                                .amount = out->amount,
                                .months = lot_of(j)->months,
                                .hours = j->out->hours,
                                .days = v->days,
                                .failures = v->failures};
    risk_judge(&facts, &j->a->rules, &out->risk);
    j->out->rough |= out->supply.rough;
    return ERR_NONE;
}

/* ---- Changes ------------------------------------------------------------ */

/* Tell what V comes to; the first that lowers the risk is the smallest. */
static void add_change(struct judging *j, int64_t change,
                       const struct variant *v, const struct risk *risk)
{
    struct assess_changed *to = &j->out->changes.at[j->out->changes.n++];

    to->change = change;
    to->parts = v->parts > 1 ? v->parts : ABSENT;
    to->kind = v->kind;
    to->risk = risk->level;
    if (change != CHANGE_EXEC) { /* which is open to every firm */
        to->units = risk->offers;
        to->no_offer = risk->no_offer;
    }
    if (j->out->smallest == ABSENT && risk->level < j->out->risk.level)
        j->out->smallest = change;
}

static enum err try_variant(struct judging *j, int64_t change,
                            const struct variant *v)
{
    struct judged judged;
    enum err e = judge(j, v, &judged);

    if (!e)
        add_change(j, change, v, &judged.risk);
    supply_fini(&judged.supply);
    return e;
}

static enum err try_delay(struct judging *j)
{
    struct variant v = j->base;

    v.days = rule(j, ASSESS_RESERVED_WORKING_DAYS);
    if (j->base.days == ABSENT || j->base.days >= v.days)
        return ERR_NONE;
    return try_variant(j, CHANGE_DELAY, &v);
}

static enum err try_group(struct judging *j)
{
    struct variant v = j->base;

    v.grouping = GROUPING_ALLOWED;
    if (j->base.grouping != GROUPING_FORBIDDEN)
        return ERR_NONE;
    return try_variant(j, CHANGE_GROUP, &v);
}

/* A concession cannot be reserved to both families (CCP L3113-3). */
static enum err try_enlarge(struct judging *j)
{
    struct variant v = j->base;
    enum err e;

    v.kind = CLAUSE_RES_MIX;
    if (j->base.kind == v.kind ||
        j->market->contract_type == CONTRACT_CONCESSION)
        return ERR_NONE;
    e = count_failures(j, &v);
    return e ? e : try_variant(j, CHANGE_ENLARGE, &v);
}

static void try_exec(struct judging *j)
{
    const struct risk open = {.level = RISK_LOW};
    struct variant v = j->base;

    v.kind = CLAUSE_EXEC;
    add_change(j, CHANGE_EXEC, &v, &open);
}

/* ---- Splits ------------------------------------------------------------- */

/* Units that have the hours of a part and would not live on it. */
static int64_t able(const struct judging *j, const struct judged *judged)
{
    int64_t months = lot_of(j)->months, n = 0;

    for (size_t i = 0; i < judged->supply.n; i++) {
        const struct risk_unit *u = &judged->supply.units[i];
        int enough = judged->hours == ABSENT || months == ABSENT ||
                     u->free_unknown || u->free_hours * months >= judged->hours;

        n += u->whole && enough &&
             !risk_depends(u, judged->amount, months, &j->a->rules);
    }
    return n;
}

static void add_split(struct judging *j, int64_t parts,
                      const struct judged *judged)
{
    j->out->splits.at[j->out->splits.n++] = (struct assess_split){
        .parts = parts,
        .amount = judged->amount,
        .hours = judged->hours,
        .units = judged->risk.offers,
        .able = able(j, judged),
        .no_offer = judged->risk.no_offer,
        .risk = judged->risk.level,
    };
}

/* The fewest parts that lower the risk are the change; without any, none. */
static enum err try_splits(struct judging *j)
{
    int lowered = 0;
    enum err e = ERR_NONE;

    if (j->out->amount == ABSENT && j->out->hours == ABSENT)
        return ERR_NONE;
    for (int64_t parts = 2; parts <= rule(j, ASSESS_RESERVED_PARTS) && !e;
         parts++) {
        struct variant v = j->base;
        struct judged judged;

        v.parts = parts;
        if (!(e = judge(j, &v, &judged))) {
            add_split(j, parts, &judged);
            if (!lowered && judged.risk.level < j->out->risk.level) {
                add_change(j, CHANGE_SPLIT, &v, &judged.risk);
                lowered = 1;
            }
        }
        supply_fini(&judged.supply);
    }
    return e;
}

/* ---- Units -------------------------------------------------------------- */

static void write_unit(const struct judging *j, const struct risk_unit *u,
                       int64_t failures, struct assess_unit *out)
{
    out->siren =
        arena_copy(j->a->m->arena, (struct slice){u->siren, RISK_SIREN});
    out->structures = u->structures;
    out->whole = u->whole;
    out->free_hours = u->free_unknown ? ABSENT : u->free_hours;
    out->dependence =
        risk_dependence(j->out->amount, lot_of(j)->months, u->turnover);
    out->interest = risk_interest(u, failures, &j->a->rules);
}

static int compare_units(const void *a, const void *b)
{
    const struct assess_unit *x = a, *y = b;

    if (x->whole != y->whole)
        return x->whole > y->whole ? -1 : 1;
    if (x->interest != y->interest)
        return x->interest > y->interest ? -1 : 1;
    return slice_compare(x->siren, y->siren);
}

static enum err write_units(struct judging *j, const struct judged *base)
{
    size_t limit = (size_t)j->a->m->limit, n = base->supply.n;
    struct assess_unit *at =
        shape_array(j->a->m->arena, &shape_assess_unit, n + 1);

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        write_unit(j, &base->supply.units[i], j->base.failures, &at[i]);
        if (!at[i].siren.data)
            return ERR_NOMEM;
    }
    if (n)
        qsort(at, n, sizeof *at, compare_units);
    j->out->units = (struct assess_unit_list){at, n < limit ? n : limit};
    return ERR_NONE;
}

/* ---- The lot ------------------------------------------------------------ */

static enum err judge_base(struct judging *j)
{
    struct judged base;
    enum err e = judge(j, &j->base, &base);

    if (!e) {
        j->out->risk = base.risk;
        add_split(j, 1, &base);
        e = write_units(j, &base);
    }
    supply_fini(&base.supply);
    return e;
}

/* In the order of enum assess_change_word: the smallest change first. */
static enum err try_changes(struct judging *j)
{
    enum err e;

    if (j->out->risk.level != RISK_LOW &&
        ((e = try_delay(j)) || (e = try_group(j))))
        return e;
    if ((e = try_splits(j)))
        return e;
    if (j->out->risk.level == RISK_LOW)
        return ERR_NONE;
    if ((e = try_enlarge(j)))
        return e;
    try_exec(j);
    return ERR_NONE;
}

/* Who holds a reserved lot does all its work: the hours that a clause states,
 * else all hours of labour, else those of the jobs. */
static enum err read_hours(struct judging *j)
{
    struct answer_hours_plan plan;
    enum err e = assess_hours(j->a, j->market, lot_of(j), &plan);

    if (!e)
        j->out->hours =
            plan.labour_hours == ABSENT ? plan.hours : plan.labour_hours;
    return e;
}

static enum err read_facts(struct judging *j)
{
    const struct lot *lot = lot_of(j);
    enum err e = read_hours(j);

    if (e)
        return e;
    j->out->amount = lot->amount;
    if (lot->amount == ABSENT && j->market->lots.n == 1)
        j->out->amount = j->market->amount;
    j->base.days =
        j->market->deadline == ABSENT
            ? ABSENT
            : risk_working_days(j->a->m->on,
                                civil_paris_date(j->market->deadline));
    return count_failures(j, &j->base);
}

enum err reserved_judge(struct assess *a, const struct market *market,
                        int64_t number, int64_t kind,
                        const struct assess_history_list *history,
                        struct reserved *out)
{
    struct judging j = {
        .a = a,
        .market = market,
        .number = number,
        .history = history,
        .base = {.parts = 1, .kind = kind, .grouping = market->grouping},
        .out = out};
    enum err e;

    memset(out, 0, sizeof *out);
    out->smallest = ABSENT;
    if (number < 1 || (size_t)number > market->lots.n)
        return ERR_NOT_FOUND;
    if ((e = assess_figures(a)))
        return e;
    out->changes.at =
        shape_array(a->m->arena, &shape_assess_changed, assess_change_words);
    out->splits.at =
        shape_array(a->m->arena, &shape_assess_split,
                    (size_t)a->rules.value[ASSESS_RESERVED_PARTS] + 1);
    if (!out->changes.at || !out->splits.at)
        return ERR_NOMEM;
    if ((e = read_facts(&j)) || (e = judge_base(&j)))
        return e;
    return try_changes(&j);
}
