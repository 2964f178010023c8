/*
 * The counter: hours of the running period, what the cap leaves, and the two
 * reasons to refuse.
 */
#include "engine/match/ai_hours.h"

#include <stdio.h>

#include "engine/match/places.h"
#include "engine/match/rules.h"
#include "protocol/civil.h"

static int64_t months(const struct reference *ref, const char *name, int64_t on)
{
    return rules_number(rules_find(ref, RULES_ELIGIBILITY, "FR", name, on));
}

/* The cap's row: of the structure, of the narrowest of its places, of all. */
static const struct rule *cap_row(const struct reference *ref, int64_t on,
                                  const struct structure *structure,
                                  struct slice id, char whose[80])
{
    const struct rule *row = NULL;
    struct places places = {.n = 0};
    struct slice all = SLICE("FR");
    char code[10];

    snprintf(whose, 80, "%.*s", (int)id.len, id.data ? id.data : "");
    if (id.data)
        row = rules_find(ref, RULES_ELIGIBILITY, whose, "ai_hours", on);
    if (structure) {
        snprintf(code, sizeof code, "COM:%.*s", 5, structure->commune.data);
        all = slice_of(code);
    }
    places_above(ref, all, &places);
    for (size_t i = 0; i < places.n && !row; i++) {
        snprintf(whose, 80, "%s", places.at[i]);
        row = rules_find(ref, RULES_ELIGIBILITY, whose, "ai_hours", on);
    }
    return row;
}

/* Hours count from the first placement on; when the months are over a new
 * period begins with nothing in it. */
static void count_period(const struct ai_mission *mission, int64_t on,
                         int64_t length, struct ai_standing *out)
{
    int64_t first = mission->first_on == ABSENT ? on : mission->first_on;
    int64_t end = civil_add_months(first, length);

    out->counted = mission->first_on == ABSENT ? 0 : mission->done;
    if (on >= end) {
        out->counted = 0;
        end = civil_add_months(on, length);
    }
    out->period_until = end - 1;
}

static void allow(struct ai_standing *out, int64_t hours, int64_t allowed)
{
    out->allowed = allowed;
    out->refused = hours - allowed;
}

static int64_t left(const struct ai_standing *out)
{
    return out->limit > out->counted ? out->limit - out->counted : 0;
}

static int laid_off(const struct ai_mission *mission, int64_t on,
                    int64_t length)
{
    return mission->layoff_on != ABSENT && mission->layoff_on <= on &&
           on < civil_add_months(mission->layoff_on, length);
}

enum err ai_hours_show(const struct reference *ref, struct arena *arena,
                       int64_t on, const struct ai_mission *mission,
                       const struct structure *structure, struct slice id,
                       struct ai_standing *out)
{
    int64_t period = months(ref, "ai_months", on);
    int64_t layoff = months(ref, "ai_layoff_months", on);
    struct slice client = slice_of(words_ai_client.words[mission->client]);
    char whose[80];
    const struct rule *row = cap_row(ref, on, structure, id, whose);
    const struct rule *capped =
        rules_find(ref, RULES_ELIGIBILITY, "AI", "capped", on);

    if (!row || !capped || period == ABSENT || layoff == ABSENT) {
        out->reason = AI_LIMIT_NO_RULE;
        return ERR_NONE;
    }
    out->source = row->source;
    out->territory = arena_copy(arena, slice_of(whose));
    count_period(mission, on, period, out);
    if (rules_hold(capped, client))
        out->limit = rules_number(row);
    if (laid_off(mission, on, layoff)) {
        allow(out, mission->hours, 0);
        out->reason = AI_LIMIT_LAYOFF;
    } else if (out->limit != ABSENT && left(out) < mission->hours) {
        allow(out, mission->hours, left(out));
        out->reason = AI_LIMIT_480H;
    } else {
        allow(out, mission->hours, mission->hours);
    }
    return out->territory.data ? ERR_NONE : ERR_NOMEM;
}
