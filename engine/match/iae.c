/*
 * A PASS comes before everything, a prescriber's diagnosis before an
 * employer's, and that before criteria that nobody has looked at.
 */
#include "engine/match/iae.h"

#include "engine/match/law.h"
#include "engine/match/rules.h"
#include "protocol/civil.h"

/* ---- Rows --------------------------------------------------------------- */

static int64_t number(const struct reference *ref, const char *first,
                      const char *second, int64_t on)
{
    return rules_number(rules_find(ref, RULES_ELIGIBILITY, first, second, on));
}

static int64_t level_of(const struct reference *ref, int64_t code, int64_t on)
{
    return number(ref, words_criterion_code.words[code], "level", on);
}

int64_t iae_proof(const struct reference *ref, int64_t code, int64_t on)
{
    const struct rule *row = rules_find(
        ref, RULES_ELIGIBILITY, words_criterion_code.words[code], "proof", on);
    int proof = row ? vocabulary_find(&words_proof, row->value) : -1;

    return proof < 0 ? ABSENT : proof;
}

/* ---- Facts -------------------------------------------------------------- */

static int is_over(int64_t until, int64_t on)
{
    return on != ABSENT && until != ABSENT && until < on;
}

uint32_t iae_held(const struct profile *profile, int64_t on)
{
    uint32_t held = 0;

    for (size_t i = 0; i < profile->criteria.n; i++)
        if (!is_over(profile->criteria.at[i].until, on))
            held |= BIT(profile->criteria.at[i].code);
    return held;
}

int iae_has_pass(const struct profile *profile, int64_t on)
{
    return profile->pass_until != ABSENT && !is_over(profile->pass_until, on);
}

static int is_suspended(const struct iae_question *q)
{
    /* ABSENT is before every day. */
    return q->profile->pass_suspended_until >= q->on;
}

/* The last day on which a prescriber alone may reopen a path; ABSENT. */
static int64_t waiting_until(const struct iae_question *q)
{
    int64_t end = q->profile->pass_until;
    int64_t months = number(q->reference, "PASS", "waiting_months", q->on);

    return end == ABSENT || months == ABSENT ? ABSENT
                                             : civil_add_months(end, months);
}

static int is_waiting(const struct iae_question *q)
{
    return q->profile->pass_until != ABSENT && q->profile->pass_until < q->on &&
           waiting_until(q) >= q->on;
}

/* How many of the criteria are of a level. */
static int64_t count(const struct reference *ref, uint32_t criteria,
                     int64_t level, int64_t on)
{
    int64_t n = 0;

    for (int i = 0; i < criterion_code_words; i++)
        n += (criteria & BIT(i)) && level_of(ref, i, on) == level;
    return n;
}

/* ---- The PASS and the diagnosis ----------------------------------------- */

void iae_pass(const struct iae_question *q, struct pass_standing *out)
{
    out->until = q->profile->pass_until;
    out->suspended_until = q->profile->pass_suspended_until;
    if (is_suspended(q))
        out->state = PASS_SUSPENDED;
    else if (q->profile->pass_until == ABSENT)
        out->state = PASS_NONE;
    else if (iae_has_pass(q->profile, q->on))
        out->state = PASS_VALID;
    else
        out->state = is_waiting(q) ? PASS_WAITING : PASS_OVER;
    if (out->state == PASS_WAITING)
        out->waiting_until = waiting_until(q);
}

/* The day after is the first on which it no longer counts. */
static int64_t diagnosis_until(const struct iae_question *q)
{
    int64_t on = q->diagnosis->on;
    int64_t months = number(q->reference, "PRESCRIBER", "months", q->on);
    int64_t days = number(q->reference, "EMPLOYER", "days", q->on);

    if (q->diagnosis->by == BY_PRESCRIBER)
        return months == ABSENT ? ABSENT : civil_add_months(on, months) - 1;
    return days == ABSENT ? ABSENT : on + days - 1;
}

void iae_diagnosis(const struct iae_question *q, struct diagnosis_standing *out)
{
    out->by = q->diagnosis->by;
    out->on = q->diagnosis->on;
    out->until = diagnosis_until(q);
    out->valid = out->until >= q->on;
}

/* ---- Kinds -------------------------------------------------------------- */

/* What a kind asks for on the day of the question. */
struct needs {
    int64_t level1;
    int64_t level2;
};

static struct needs needs_of(const struct iae_question *q, int64_t kind)
{
    const char *name = words_kind.words[kind];

    return (struct needs){number(q->reference, name, "level1", q->on),
                          number(q->reference, name, "level2", q->on)};
}

/* Are the criteria that hold on DAY (ABSENT: ever) enough? */
static int is_enough(const struct iae_question *q, const struct needs *needs,
                     int64_t day)
{
    uint32_t held = iae_held(q->profile, day);

    return count(q->reference, held, 1, q->on) >= needs->level1 ||
           count(q->reference, held, 2, q->on) >= needs->level2;
}

static void refuse(struct kind_standing *out, int64_t reason)
{
    out->eligible = 0;
    out->reason = reason;
}

static void accept(struct kind_standing *out, int64_t by)
{
    out->eligible = 1;
    out->by = by;
}

static void judge_criteria(const struct iae_question *q,
                           const struct needs *needs, int64_t day, int64_t by,
                           struct kind_standing *out)
{
    if (is_enough(q, needs, day))
        accept(out, by);
    else
        refuse(out, is_enough(q, needs, ABSENT) ? INELIGIBLE_EXPIRED
                                                : INELIGIBLE_CRITERIA);
}

/* An employer's diagnosis serves that employer alone. */
static int is_others(const struct iae_question *q)
{
    return q->structure.data && q->diagnosis->structure.data &&
           !slice_equal(q->structure, q->diagnosis->structure);
}

static void judge_diagnosis(const struct iae_question *q,
                            const struct needs *needs,
                            struct kind_standing *out)
{
    int valid = diagnosis_until(q) >= q->on;
    int employer = q->diagnosis->by == BY_EMPLOYER;

    if (employer && is_waiting(q))
        refuse(out, INELIGIBLE_WAITING);
    else if (employer && is_others(q))
        refuse(out, INELIGIBLE_OTHER_EMPLOYER);
    else if (!valid)
        refuse(out, INELIGIBLE_EXPIRED);
    else if (employer)
        judge_criteria(q, needs, q->diagnosis->on, ELIGIBLE_BY_EMPLOYER, out);
    else
        accept(out, ELIGIBLE_BY_PRESCRIBER);
    if (!out->eligible && !is_waiting(q))
        out->renewable = is_enough(q, needs, q->on);
}

static void judge_kind(const struct iae_question *q, int64_t kind,
                       struct kind_standing *out)
{
    struct needs needs = needs_of(q, kind);
    uint32_t held = iae_held(q->profile, q->on);

    out->kind = kind;
    if (needs.level1 == ABSENT || needs.level2 == ABSENT) {
        refuse(out, INELIGIBLE_NO_RULE);
        return;
    }
    out->level1 = count(q->reference, held, 1, q->on);
    out->level2 = count(q->reference, held, 2, q->on);
    out->needed = needs.level2;
    if (is_suspended(q))
        refuse(out, INELIGIBLE_SUSPENDED);
    else if (iae_has_pass(q->profile, q->on))
        accept(out, ELIGIBLE_BY_PASS);
    else if (q->diagnosis)
        judge_diagnosis(q, &needs, out);
    else if (is_waiting(q))
        refuse(out, INELIGIBLE_WAITING);
    else
        judge_criteria(q, &needs, q->on, ELIGIBLE_BY_CRITERIA, out);
}

static int is_asked(const struct iae_question *q, int64_t kind)
{
    if (q->kinds)
        return (q->kinds & BIT(kind)) != 0;
    return needs_of(q, kind).level2 != ABSENT;
}

enum err iae_kinds(const struct iae_question *q, struct kind_standing_list *out)
{
    out->n = 0;
    out->at = shape_array(q->arena, &shape_kind_standing, kind_words);
    if (!out->at)
        return ERR_NOMEM;
    for (int kind = 0; kind < kind_words; kind++)
        if (is_asked(q, kind))
            judge_kind(q, kind, &out->at[out->n++]);
    return ERR_NONE;
}

/* ---- Proofs ------------------------------------------------------------- */

/* The last day of a code that may stand several times; ABSENT: no end. */
static int64_t last_day(const struct profile *profile, int64_t code)
{
    int64_t last = DATE_MIN;

    for (size_t i = 0; i < profile->criteria.n; i++) {
        const struct criterion *c = &profile->criteria.at[i];

        if (c->code == code && c->until == ABSENT)
            return ABSENT;
        if (c->code == code && c->until > last)
            last = c->until;
    }
    return last;
}

static void show_criterion(const struct iae_question *q, int64_t code,
                           struct criterion_standing *out)
{
    const char *name = words_criterion_code.words[code];
    int64_t soon = number(q->reference, "PROOF", "renew_days", q->on);

    out->code = code;
    out->level = level_of(q->reference, code, q->on);
    out->until = last_day(q->profile, code);
    out->proof = iae_proof(q->reference, code, q->on);
    out->months = number(q->reference, name, "months", q->on);
    out->missing = is_over(out->until, q->on);
    out->renew = out->until != ABSENT && !out->missing && soon != ABSENT &&
                 out->until <= q->on + soon;
}

enum err iae_criteria(const struct iae_question *q,
                      struct criterion_standing_list *out)
{
    uint32_t all = iae_held(q->profile, ABSENT);

    out->n = 0;
    out->at =
        shape_array(q->arena, &shape_criterion_standing, criterion_code_words);
    if (!out->at)
        return ERR_NOMEM;
    for (int code = 0; code < criterion_code_words; code++)
        if (all & BIT(code))
            show_criterion(q, code, &out->at[out->n++]);
    return ERR_NONE;
}
