/*
 * Names and bounds of the rows of the table `assess`.
 */
#include "engine/match/assess_rules.h"

#include "engine/match/rules.h"

/* Bounds keep the integer arithmetic of risk.c inside 64 bits. */
static const struct {
    const char *name;
    int64_t least;
    int64_t most;
} rules[ASSESS_RULES] = {
    [ASSESS_ADVICE_CLAUSE] = {"ADVICE/clause", 0, 1000},
    [ASSESS_ADVICE_LOT] = {"ADVICE/lot", 0, 1000},
    [ASSESS_ADVICE_RESERVE] = {"ADVICE/reserve", 0, 1000},
    [ASSESS_ADVICE_SHARE] = {"ADVICE/share", 0, 100},
    [ASSESS_LABOUR_SHARE] = {"MARKET/labour_share", 0, 10000},
    [ASSESS_MONTHS] = {"MARKET/months", 0, 1200},
    [ASSESS_PUBLIC_FACTOR] = {"MARKET/public_factor", 0, 10000},
    [ASSESS_REACHABLE_PEOPLE] = {"MARKET/reachable_people", 0, 1000},
    [ASSESS_REACHABLE_SHARE] = {"MARKET/reachable_share", 0, 10000},
    [ASSESS_STRUCTURES] = {"MARKET/structures", 0, 1000},
    [ASSESS_RESERVED_ANSWERS] = {"RESERVED/answers", 0, 100},
    [ASSESS_RESERVED_CAPACITY] = {"RESERVED/capacity", 0, 10000},
    [ASSESS_RESERVED_DEPENDENCE] = {"RESERVED/dependence", 0, 100},
    [ASSESS_RESERVED_INDEPENDENT] = {"RESERVED/independent", 0, 1000},
    [ASSESS_RESERVED_NO_OFFER] = {"RESERVED/no_offer", 0, 1000},
    [ASSESS_RESERVED_PARTS] = {"RESERVED/parts", 1, 20},
    [ASSESS_RESERVED_PAST_MONTHS] = {"RESERVED/past_months", 0, 120},
    [ASSESS_RESERVED_SOLICITATIONS] = {"RESERVED/solicitations", 1, 100},
    [ASSESS_RESERVED_STRUCTURES] = {"RESERVED/structures", 0, 1000},
    [ASSESS_RESERVED_WORKING_DAYS] = {"RESERVED/working_days", 0, 1000},
};

enum err assess_rules_read(const struct reference *ref, int64_t on,
                           struct assess_rules *out)
{
    *out = (struct assess_rules){.lacks = NULL};
    for (int i = 0; i < ASSESS_RULES; i++) {
        const struct rule *row =
            reference_rule(ref, RULES_ASSESS, slice_of(rules[i].name), on);

        if (!row) {
            out->lacks = rules[i].name;
            return ERR_NO_RULE;
        }
        out->value[i] = rules_number(row);
    }
    return ERR_NONE;
}

const char *assess_rule_refuse(struct slice rule, int64_t number,
                               const char **field)
{
    for (int i = 0; i < ASSESS_RULES; i++) {
        if (!slice_equal(rule, slice_of(rules[i].name)))
            continue;
        *field = "value";
        return number < rules[i].least || number > rules[i].most
                   ? "a whole number within the bounds of the rule"
                   : NULL;
    }
    *field = "rule";
    return "this table has no such rule; see the bundled one";
}
