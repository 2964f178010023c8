/*
 * assess.obligation, profile.eligibility: what the rule tables say of one
 * object.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/match/ai_hours.h"
#include "engine/match/law.h"
#include "engine/match/match.h"
#include "engine/match/obligation.h"
#include "engine/match/places.h"
#include "engine/match/publics.h"

/* "thresholds@2026-08-22": the tables that an answer used. */
static enum err stamps(struct call *call, const struct reference *ref,
                       const enum rule_table *tables, size_t n,
                       struct slices *out)
{
    struct slice *list = arena_array(call->arena, n, sizeof *list);

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        list[i] = reference_rule_stamp(ref, tables[i]);
    *out = (struct slices){list, n};
    return ERR_NONE;
}

/* An object by its id, refused at FIELD when there is none. */
static enum err get(struct store_view *view, struct call *call, unsigned entity,
                    struct slice id, const char *field, const void **out)
{
    enum err e = entity_get(view, call, entity, id, out, NULL);

    if (e == ERR_NOT_FOUND)
        call_refuse(call, e, field, "no %s has this id",
                    words_entity.words[entity]);
    return e;
}

enum err handle_assess_obligation(struct store_view *view, struct call *call,
                                  const struct ask_assess_obligation *ask,
                                  struct answer_assess_obligation *answer)
{
    static const enum rule_table used[] = {RULES_THRESHOLDS};
    const struct reference *ref = store_view_reference(view);
    const void *market;
    enum err e = get(view, call, ENTITY_MARKET, ask->market, "market", &market);

    if (e)
        return e;
    answer->market = ask->market;
    answer->on = ask->on == ABSENT ? call->today : ask->on;
    answer->rules = MATCH_RULES;
    answer->obligation = shape_array(call->arena, &shape_obligation, 1);
    if (!answer->obligation)
        return ERR_NOMEM;
    if ((e = stamps(call, ref, used, 1, &answer->reference)))
        return e;
    return obligation_assess(ref, market, answer->on, call->arena,
                             answer->obligation);
}

/* ---- Eligibility -------------------------------------------------------- */

/* Nothing of what is told may lie after the day that is asked about. */
static enum err check_days(struct call *call,
                           const struct ask_profile_eligibility *ask,
                           int64_t on)
{
    if (ask->diagnosis && ask->diagnosis->on > on)
        return call_refuse(call, ERR_BAD_ORDER, "diagnosis.on",
                           "the diagnosis is after the day asked about");
    if (ask->mission && ask->mission->first_on > on)
        return call_refuse(call, ERR_BAD_ORDER, "mission.first_on",
                           "the first placement is after the day asked about");
    return ERR_NONE;
}

static enum err check_territory(struct call *call, const struct reference *ref,
                                struct slice code)
{
    struct places places;

    places_above(ref, code, &places);
    if (places.n)
        return ERR_NONE;
    return call_refuse(call, ERR_UNKNOWN_TERRITORY, "territory",
                       "a territory of today: FR, REG:, DEP:, EPCI: or COM:");
}

static enum err show_person(const struct iae_question *q,
                            const struct ask_profile_eligibility *ask,
                            struct slice territory,
                            struct answer_profile_eligibility *answer)
{
    enum err e;

    if (!(answer->pass = shape_array(q->arena, &shape_pass_standing, 1)))
        return ERR_NOMEM;
    iae_pass(q, answer->pass);
    if (q->diagnosis) {
        answer->diagnosis = shape_array(q->arena, &shape_diagnosis_standing, 1);
        if (!answer->diagnosis)
            return ERR_NOMEM;
        iae_diagnosis(q, answer->diagnosis);
    }
    if ((e = iae_kinds(q, &answer->kinds)) ||
        (e = iae_criteria(q, &answer->criteria)))
        return e;
    return publics_show(q, territory, law_bits(ask->publics), &answer->publics);
}

static enum err show_mission(const struct iae_question *q,
                             const struct ask_profile_eligibility *ask,
                             const struct structure *employer,
                             struct answer_profile_eligibility *answer)
{
    if (!ask->mission)
        return ERR_NONE;
    if (!(answer->mission = shape_array(q->arena, &shape_ai_standing, 1)))
        return ERR_NOMEM;
    return ai_hours_show(q->reference, q->arena, q->on, ask->mission, employer,
                         ask->structure, answer->mission);
}

enum err handle_profile_eligibility(struct store_view *view, struct call *call,
                                    const struct ask_profile_eligibility *ask,
                                    struct answer_profile_eligibility *answer)
{
    static const enum rule_table used[] = {RULES_ELIGIBILITY, RULES_PUBLICS};
    struct slice territory = ask->territory.data ? ask->territory : SLICE("FR");
    const void *profile, *employer = NULL;
    struct iae_question q = {.reference = store_view_reference(view),
                             .arena = call->arena,
                             .on = ask->on == ABSENT ? call->today : ask->on,
                             .kinds = law_bits(ask->kinds),
                             .diagnosis = ask->diagnosis,
                             .structure = ask->structure};
    enum err e;

    if ((e = get(view, call, ENTITY_PROFILE, ask->profile, "profile",
                 &profile)) ||
        (ask->structure.data &&
         (e = get(view, call, ENTITY_STRUCTURE, ask->structure, "structure",
                  &employer))) ||
        (e = check_days(call, ask, q.on)) ||
        (e = check_territory(call, q.reference, territory)))
        return e;
    q.profile = profile;
    if (employer && !q.kinds)
        q.kinds = BIT(((const struct structure *)employer)->kind);
    answer->profile = ask->profile;
    answer->on = q.on;
    answer->rules = MATCH_RULES;
    if ((e = stamps(call, q.reference, used, 2, &answer->reference)) ||
        (e = show_person(&q, ask, territory, answer)))
        return e;
    return show_mission(&q, ask, employer, answer);
}
