/*
 * The obligation flag: first what sets a contract apart from the law, then
 * what is not known, then the amount, then the recorded exemption.  Every
 * figure is a row of the table `thresholds`; only their order stands here.
 */
#include <string.h>

#include "engine/match/law.h"
#include "engine/match/obligation.h"
#include "engine/match/rules.h"

struct assessing {
    const struct reference *reference;
    const struct market *market;
    struct obligation *out;
    uint32_t reasons; /* bits of enum obligation_reason_word */
};

static void because(struct assessing *a, int64_t reason)
{
    a->reasons |= BIT(reason);
}

static const struct rule *find(const struct assessing *a, const char *first,
                               const char *second)
{
    return rules_find(a->reference, RULES_THRESHOLDS, first, second,
                      a->out->launch_on);
}

/* ---- Facts -------------------------------------------------------------- */

/* The whole is what is estimated; lots are added up where it is not stated.
 * Lots without an amount make the sum a lower bound.  1: it is all. */
static int take_amount(struct assessing *a)
{
    const struct lot_list *lots = &a->market->lots;
    int64_t sum = 0;
    int all = 1;

    a->out->amount = a->market->amount;
    if (a->market->amount != ABSENT)
        return 1;
    for (size_t i = 0; i < lots->n; i++) {
        all &= lots->at[i].amount != ABSENT;
        if (lots->at[i].amount != ABSENT)
            sum += lots->at[i].amount;
    }
    if (sum) {
        a->out->amount = sum;
        because(a, OBLIGATION_AMOUNT_OF_LOTS);
    }
    return all;
}

/* What is not launched yet is judged as if it were on that day; of what was,
 * nobody may guess the day. */
static void take_launch(struct assessing *a, int64_t on)
{
    int64_t status = a->market->status;

    a->out->launch_on = a->market->launch_on;
    if (a->market->launch_on != ABSENT)
        return;
    if (status != MARKET_DRAFT && status != MARKET_PLANNED)
        return;
    a->out->launch_on = on;
    because(a, OBLIGATION_LAUNCH_ASSUMED);
}

/* Months of the longest lot, and whether one has the clause. */
static void take_lots(struct assessing *a)
{
    const struct lot_list *lots = &a->market->lots;
    int64_t longest = ABSENT;

    for (size_t i = 0; i < lots->n; i++) {
        const struct lot *lot = &lots->at[i];

        if (lot->months != ABSENT && lot->months > longest)
            longest = lot->months;
        if (law_has_clause(lot, CLAUSE_EXEC) ||
            law_has_clause(lot, CLAUSE_EXEC_MANDATORY))
            a->out->clause = 1;
    }
    a->out->months = longest;
}

static int every_lot_has_months(const struct assessing *a)
{
    for (size_t i = 0; i < a->market->lots.n; i++)
        if (a->market->lots.at[i].months == ABSENT)
            return 0;
    return 1;
}

/* ---- The law ------------------------------------------------------------ */

/* Is any kind of contract obliged on the launch day? */
static int law_in_force(const struct assessing *a)
{
    for (int i = 0; i < contract_type_words; i++)
        if (find(a, "OBLIGATION", words_contract_type.words[i]))
            return 1;
    return 0;
}

/* 1: the law does not speak of this contract, and the state says so. */
static int is_outside(struct assessing *a)
{
    struct obligation *o = a->out;

    o->state = OBLIGATION_NOT_COVERED;
    if (a->market->defence == 1)
        return because(a, OBLIGATION_DEFENCE), 1;
    if (o->buyer_category == BUYER_PRIVATE)
        return because(a, OBLIGATION_PRIVATE_BUYER), 1;
    o->state = OBLIGATION_NOT_MANDATORY;
    if (o->launch_on == ABSENT || law_in_force(a))
        return 0;
    return because(a, OBLIGATION_BEFORE_LAW), 1;
}

/* 1: a fact is missing without which nobody can tell. */
static int lacks_facts(struct assessing *a)
{
    const struct obligation *o = a->out;

    if (o->launch_on == ABSENT)
        because(a, OBLIGATION_NO_LAUNCH);
    if (o->contract_type == ABSENT)
        because(a, OBLIGATION_NO_TYPE);
    if (o->buyer_category == ABSENT)
        because(a, OBLIGATION_NO_BUYER);
    if (o->amount == ABSENT)
        because(a, OBLIGATION_NO_AMOUNT);
    return o->launch_on == ABSENT || o->contract_type == ABSENT ||
           o->buyer_category == ABSENT || o->amount == ABSENT;
}

/* The threshold of the launch day; 0 when the table has none. */
static int take_threshold(struct assessing *a)
{
    struct obligation *o = a->out;
    const char *type = words_contract_type.words[o->contract_type];
    const struct rule *article = find(a, "OBLIGATION", type);
    const struct rule *row =
        find(a, type, words_buyer_category.words[o->buyer_category]);

    if (!row || !article) {
        because(a, OBLIGATION_NO_THRESHOLD);
        return 0;
    }
    o->article = article->value;
    o->threshold = rules_number(row);
    o->source = row->source;
    return 1;
}

/* ---- The exemption ------------------------------------------------------ */

/* Is the contract of works shorter than the months of the rule?  ABSENT when
 * nobody says how long it is. */
static int64_t is_short(const struct assessing *a)
{
    int64_t limit = rules_number(find(a, "SHORT_WORKS", "months"));

    if (limit == ABSENT || a->out->months == ABSENT)
        return ABSENT;
    if (a->out->months >= limit)
        return 0;
    return every_lot_has_months(a) ? 1 : ABSENT;
}

/* 1: the reason that the buyer recorded frees this contract. */
static int is_exempt(struct assessing *a)
{
    const struct obligation *o = a->out;
    struct slice type = slice_of(words_contract_type.words[o->contract_type]);
    const struct rule *open =
        find(a, "EXEMPTION", words_exemption.words[o->exemption]);
    int64_t brief = is_short(a);

    if (!rules_hold(open, type))
        return because(a, OBLIGATION_EXEMPTION_NOT_OPEN), 0;
    if (o->exemption == EXEMPTION_SHORT_WORKS && brief == 0)
        return because(a, OBLIGATION_EXEMPTION_TOO_LONG), 0;
    if (o->exemption == EXEMPTION_SHORT_WORKS && brief == ABSENT)
        because(a, OBLIGATION_NO_DURATION);
    return because(a, OBLIGATION_EXEMPTED), 1;
}

/* What a buyer who has recorded nothing could say. */
static void suggest_exemption(struct assessing *a)
{
    if (a->out->contract_type == CONTRACT_WORKS && is_short(a) == 1)
        because(a, OBLIGATION_SHORT_WORKS);
}

/* ---- The flag ----------------------------------------------------------- */

static int64_t judge(struct assessing *a, int64_t on)
{
    struct obligation *o = a->out;
    int whole = take_amount(a);

    take_launch(a, on);
    take_lots(a);
    if (is_outside(a))
        return o->state;
    if (lacks_facts(a) || !take_threshold(a))
        return OBLIGATION_UNKNOWN;
    if (o->amount < o->threshold && !whole)
        return because(a, OBLIGATION_NO_AMOUNT), OBLIGATION_UNKNOWN;
    if (o->amount < o->threshold)
        return because(a, OBLIGATION_BELOW_THRESHOLD), OBLIGATION_NOT_MANDATORY;
    because(a, OBLIGATION_REACHES_THRESHOLD);
    if (o->exemption != ABSENT && is_exempt(a))
        return OBLIGATION_EXEMPT;
    if (o->exemption == ABSENT)
        suggest_exemption(a);
    if (!o->clause)
        because(a, OBLIGATION_NO_CLAUSE);
    return OBLIGATION_MANDATORY;
}

static enum err list_reasons(uint32_t bits, struct arena *arena,
                             struct ints *out)
{
    int64_t *at = arena_array(arena, obligation_reason_words, sizeof *at);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (int64_t i = 0; i < obligation_reason_words; i++)
        if (bits & BIT(i))
            at[n++] = i;
    *out = (struct ints){at, n};
    return ERR_NONE;
}

enum err obligation_assess(const struct reference *ref,
                           const struct market *market, int64_t on,
                           struct arena *arena, struct obligation *out)
{
    struct assessing a = {ref, market, out, 0};

    out->contract_type = market->contract_type;
    out->buyer_category = market->buyer ? market->buyer->category : ABSENT;
    out->exemption = market->exemption;
    out->clause = 0;
    out->state = judge(&a, on);
    return list_reasons(a.reasons, arena, &out->reasons);
}
