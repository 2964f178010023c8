/*
 * Dates that follow from others: how long a proof serves, how long a PASS
 * runs.  Hints name the rule and nothing of the person.
 */
#include "engine/ingest_parts.h"

#include "engine/match/rules.h"
#include "protocol/civil.h"

const char *ingest_by_table(struct walk *w, enum rule_table table,
                            const char *text)
{
    struct slice stamp = reference_rule_stamp(w->reference, table);

    return arena_format(w->arena, "%s, by %.*s", text, (int)stamp.len,
                        stamp.data)
        .data;
}

/* The row of the day; a proof from before the first row takes the one that
 * has no end, for it must not serve for ever. */
static int64_t number_on(const struct walk *w, const char *first,
                         const char *second, int64_t day)
{
    int64_t n = rules_number(
        rules_find(w->reference, RULES_ELIGIBILITY, first, second, day));

    if (n != ABSENT)
        return n;
    return rules_number(
        rules_find(w->reference, RULES_ELIGIBILITY, first, second, DATE_MAX));
}

/* What follows from the last dates there are must be a date, too. */
static int64_t date_of(int64_t day)
{
    return day < DATE_MAX ? day : DATE_MAX;
}

static void tell(struct walk *w, const struct path *path, const char *field,
                 const char *text)
{
    struct path at = {path, slice_of(field), 0};

    ingest_note(w, &at, "DATED", (struct slice){NULL, 0},
                (struct slice){NULL, 0},
                ingest_by_table(w, RULES_ELIGIBILITY, text));
}

static void date_criterion(struct walk *w, const struct path *path,
                           struct criterion *c)
{
    int64_t months;

    if (c->until != ABSENT || c->proved_on == ABSENT)
        return;
    months = number_on(w, words_criterion_code.words[c->code], "months",
                       c->proved_on);
    if (months == ABSENT)
        return;
    c->until = date_of(civil_add_months(c->proved_on, months));
    tell(w, path, "until", "follows from proved_on");
}

void ingest_proofs(struct walk *w, const struct path *path,
                   struct profile *profile)
{
    struct path list = {path, SLICE("criteria"), 0};
    int64_t days;

    for (size_t i = 0; i < profile->criteria.n; i++) {
        struct path step = {&list, {NULL, 0}, i + 1};

        date_criterion(w, &step, &profile->criteria.at[i]);
    }
    if (profile->pass_until != ABSENT || profile->pass_from == ABSENT)
        return;
    days = number_on(w, "PASS", "days", profile->pass_from);
    if (days == ABSENT)
        return;
    profile->pass_until = date_of(profile->pass_from + days - 1);
    tell(w, path, "pass_until", "follows from pass_from");
}
