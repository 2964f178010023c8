/*
 * The points B1 to B7 and what they come to.
 *
 * Monotone: a unit more, or more free hours, never raises the risk.  That is
 * why free hours nobody knows make the capacity unknown rather than low.
 */
#include "engine/match/risk.h"

#include <string.h>

#define CERTAIN INT64_C(1000000000000000) /* 10^15 */
#define MONTHS_MAX 1200

__extension__ typedef unsigned __int128 wide;

static int64_t rule(const struct assess_rules *rules, enum assess_rule which)
{
    return rules->value[which];
}

/* ---- Figures ------------------------------------------------------------ */

int64_t risk_working_days(int64_t from, int64_t until)
{
    int64_t days = until - from, n;

    if (days <= 0)
        return 0;
    n = days / 7 * 5;
    /* 1970-01-01 was a Thursday: 0 is Monday. */
    for (int64_t d = until - days % 7 + 1; d <= until; d++)
        n += ((d + 3) % 7 + 7) % 7 < 5;
    return n;
}

int64_t risk_dependence(int64_t amount, int64_t months, int64_t turnover)
{
    if (amount == ABSENT || turnover == ABSENT)
        return ABSENT;
    if (months != ABSENT && months > 12)
        amount = amount * 12 / months;
    if (!turnover)
        return amount ? INT32_MAX : 0;
    return 100 * amount / turnover;
}

int risk_depends(const struct risk_unit *unit, int64_t amount, int64_t months,
                 const struct assess_rules *rules)
{
    int64_t percent = risk_dependence(amount, months, unit->turnover);

    return percent != ABSENT &&
           percent >= rule(rules, ASSESS_RESERVED_DEPENDENCE);
}

/* Answers of so many, as a fraction that is never above 1. */
static void interest(const struct risk_unit *unit, int64_t failures,
                     const struct assess_rules *rules, int64_t *answers,
                     int64_t *of)
{
    *of = unit->asked + failures + rule(rules, ASSESS_RESERVED_SOLICITATIONS);
    *answers = unit->positive + rule(rules, ASSESS_RESERVED_ANSWERS);
    if (*answers > *of)
        *answers = *of;
}

int64_t risk_interest(const struct risk_unit *unit, int64_t failures,
                      const struct assess_rules *rules)
{
    int64_t answers, of;

    interest(unit, failures, rules, &answers, &of);
    return 1000 * answers / of;
}

/* A unit may have been asked a million times: 10^15 times that leaves 64 bits
 * behind. */
static int64_t without(int64_t chance, const struct risk_unit *unit,
                       int64_t failures, const struct assess_rules *rules)
{
    int64_t answers, of;

    interest(unit, failures, rules, &answers, &of);
    return (int64_t)((wide)chance * (wide)(of - answers) / (wide)of);
}

int64_t risk_no_offer(const struct risk_facts *facts,
                      const struct assess_rules *rules)
{
    const struct risk_unit group = {.structures = 0};
    int64_t chance = CERTAIN;

    for (size_t i = 0; i < facts->n; i++)
        if (facts->units[i].whole)
            chance = without(chance, &facts->units[i], facts->failures, rules);
    for (int64_t i = 0; i < facts->groups; i++)
        chance = without(chance, &group, facts->failures, rules);
    return (chance + CERTAIN / 2000) / (CERTAIN / 1000);
}

/* ---- Points ------------------------------------------------------------- */

struct counted {
    int64_t whole;
    int64_t structures; /* of the whole ones */
    int64_t independent;
    int64_t free_hours; /* a month */
    int free_unknown;
};

/* Who covers a part only counts for hours when there are groups. */
static struct counted count(const struct risk_facts *f,
                            const struct assess_rules *rules)
{
    struct counted c = {0};

    for (size_t i = 0; i < f->n; i++) {
        const struct risk_unit *u = &f->units[i];

        if (!u->whole && !f->groups)
            continue;
        c.free_hours += u->free_hours;
        c.free_unknown |= u->free_unknown;
        if (!u->whole)
            continue;
        c.whole++;
        c.structures += u->structures;
        c.independent += !risk_depends(u, f->amount, f->months, rules);
    }
    c.independent += f->groups;
    return c;
}

static struct assess_finding finding(int64_t point, int64_t verdict,
                                     int64_t reason, int64_t value,
                                     int64_t bound)
{
    return (struct assess_finding){
        point, verdict, verdict == ASSESS_GOOD ? ABSENT : reason, value, bound};
}

static struct assess_finding at_least(int64_t point, int64_t reason,
                                      int64_t value, int64_t bound)
{
    return finding(point, value >= bound ? ASSESS_GOOD : ASSESS_POOR, reason,
                   value, bound);
}

static struct assess_finding unknown(int64_t point, int64_t value,
                                     int64_t bound)
{
    return finding(point, ASSESS_UNKNOWN, ASSESS_NO_DATA, value, bound);
}

/* Free hours over the months in percent of what is asked; what somebody does
 * not say could be enough. */
static struct assess_finding capacity(const struct risk_facts *f,
                                      const struct counted *c, int64_t bound)
{
    int64_t percent;

    if (f->hours == ABSENT || !f->hours || f->months == ABSENT || !f->months ||
        f->months > MONTHS_MAX)
        return unknown(ASSESS_B2, ABSENT, bound);
    percent = c->free_hours * f->months * 100 / f->hours;
    if (percent < bound && c->free_unknown)
        return unknown(ASSESS_B2, percent, bound);
    return at_least(ASSESS_B2, ASSESS_LOW_CAPACITY, percent, bound);
}

static int64_t level_of(const struct risk *r, const struct assess_rules *rules)
{
    const struct assess_finding *p = r->points;

    if (!r->offers || r->no_offer > rule(rules, ASSESS_RESERVED_NO_OFFER))
        return RISK_HIGH;
    if (p[1].verdict == ASSESS_POOR && p[1].value < 100)
        return RISK_HIGH;
    if (p[0].verdict == ASSESS_POOR || p[1].verdict == ASSESS_POOR ||
        p[2].verdict == ASSESS_POOR || p[5].verdict == ASSESS_POOR)
        return RISK_MEDIUM;
    return RISK_LOW;
}

void risk_judge(const struct risk_facts *f, const struct assess_rules *rules,
                struct risk *out)
{
    struct counted c = count(f, rules);
    struct assess_finding *p = out->points;
    int64_t few = rule(rules, ASSESS_RESERVED_STRUCTURES);
    int64_t free = rule(rules, ASSESS_RESERVED_INDEPENDENT);
    int64_t most = rule(rules, ASSESS_RESERVED_NO_OFFER);
    int64_t days = rule(rules, ASSESS_RESERVED_WORKING_DAYS);

    out->offers = c.whole + f->groups;
    out->no_offer = risk_no_offer(f, rules);
    p[0] = at_least(ASSESS_B1, ASSESS_FEW_STRUCTURES, out->offers, few);
    p[1] = capacity(f, &c, rule(rules, ASSESS_RESERVED_CAPACITY));
    p[2] = f->amount == ABSENT
               ? unknown(ASSESS_B3, ABSENT, free)
               : at_least(ASSESS_B3, ASSESS_DEPENDENCE, c.independent, free);
    p[3] = finding(ASSESS_B4, out->no_offer > most ? ASSESS_POOR : ASSESS_GOOD,
                   ASSESS_NO_INTEREST, out->no_offer, most);
    p[4] =
        finding(ASSESS_B5, c.structures > c.whole ? ASSESS_FAIR : ASSESS_GOOD,
                ASSESS_SAME_UNIT, c.whole, c.structures);
    p[5] = f->days == ABSENT
               ? unknown(ASSESS_B6, ABSENT, days)
               : at_least(ASSESS_B6, ASSESS_SHORT_DELAY, f->days, days);
    p[6] = finding(ASSESS_B7, f->failures ? ASSESS_FAIR : ASSESS_GOOD,
                   ASSESS_PAST_FAILURES, f->failures, 0);
    out->level = level_of(out, rules);
}
