/*
 * match.*: find the market, complete the question, let engine/match answer.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/match/groups.h"
#include "engine/match/reverse.h"
#include "engine/people_shown.h"
#include "engine/question.h"

/* A candidate by its id: of a structure or of a profile. */
static enum err get_candidate(struct store_view *view, struct call *call,
                              unsigned entity, struct slice id,
                              const void **out)
{
    const char *name = words_entity.words[entity];
    enum err e = entity_get(view, call, entity, id, out, NULL);

    if (e == ERR_NOT_FOUND)
        call_refuse(call, e, name, "no %s has this id", name);
    return e;
}

static int marked(const struct ints *marks)
{
    for (size_t i = 0; i < marks->n; i++)
        if (marks->at[i] == MARK_APPROXIMATE)
            return 1;
    return 0;
}

static int lot_approximate(const struct lot_answer *lot)
{
    for (size_t i = 0; i < lot->structures.n; i++)
        if (marked(&lot->structures.at[i].marks))
            return 1;
    for (size_t j = 0; j < lot->jobs.n; j++)
        for (size_t i = 0; i < lot->jobs.at[j].candidates.n; i++)
            if (marked(&lot->jobs.at[j].candidates.at[i].marks))
                return 1;
    return 0;
}

enum err handle_match_structures(struct store_view *view, struct call *call,
                                 const struct ask_match_structures *ask,
                                 struct answer_match_structures *answer)
{
    struct question q = {.market = ask->market,
                         .on = ask->on,
                         .limit = ask->limit,
                         QUESTION_STRUCTURES(ask)};
    const struct market *market;
    struct lot_answer *lot;
    struct match m;
    enum err e;

    if ((e = question_begin(view, call, &q, &m, &market)) ||
        (e = question_lot(call, market, ask->lot, ABSENT)))
        return e;
    if (!(lot = shape_array(call->arena, &shape_lot_answer, 1)))
        return ERR_NOMEM;
    if ((e = match_structures(&m, market, ask->lot, lot)))
        return e;
    answer->lot = lot;
    return QUESTION_FINISH(answer, call, &q, &m, lot_approximate(lot));
}

enum err handle_match_people(struct store_view *view, struct call *call,
                             const struct ask_match_people *ask,
                             struct answer_match_people *answer)
{
    struct question q = {.market = ask->market,
                         .on = ask->on,
                         .limit = people_limit(call, ask->limit),
                         QUESTION_PEOPLE(ask)};
    const struct market *market;
    struct lot_answer *lot;
    struct match m;
    enum err e;

    if ((e = question_begin(view, call, &q, &m, &market)) ||
        (e = question_lot(call, market, ask->lot, ask->job)))
        return e;
    if (!(lot = shape_array(call->arena, &shape_lot_answer, 1)))
        return ERR_NOMEM;
    if ((e = match_people(&m, market, ask->lot, ask->job, lot)) ||
        (e = people_show(call, lot)))
        return e;
    answer->lot = lot;
    return QUESTION_FINISH(answer, call, &q, &m, lot_approximate(lot));
}

enum err handle_match_market(struct store_view *view, struct call *call,
                             const struct ask_match_market *ask,
                             struct answer_match_market *answer)
{
    struct question q = {.market = ask->market,
                         .on = ask->on,
                         .limit = ask->limit,
                         QUESTION_STRUCTURES(ask),
                         QUESTION_PEOPLE(ask)};
    const struct market *market;
    struct lot_answer *lots;
    struct match m;
    int rough = 0;
    enum err e;

    if ((e = question_begin(view, call, &q, &m, &market)))
        return e;
    lots = shape_array(call->arena, &shape_lot_answer, market->lots.n);
    if (!lots)
        return ERR_NOMEM;
    for (size_t i = 0; i < market->lots.n; i++) {
        int64_t lot = (int64_t)i + 1;

        m.limit = ask->limit;
        if ((e = match_structures(&m, market, lot, &lots[i])))
            return e;
        m.limit = people_limit(call, ask->limit);
        if ((e = match_people(&m, market, lot, ABSENT, &lots[i])) ||
            (e = people_show(call, &lots[i])))
            return e;
        rough |= lot_approximate(&lots[i]);
    }
    answer->lots = (struct lot_answer_list){lots, market->lots.n};
    return QUESTION_FINISH(answer, call, &q, &m, rough);
}

static enum err explain_structure(struct match *m, struct call *call,
                                  const struct ask_match_explain *ask,
                                  const struct market *market,
                                  struct answer_match_explain *answer)
{
    const void *candidate;
    enum err e = get_candidate(m->view, call, ENTITY_STRUCTURE, ask->structure,
                               &candidate);

    if (e)
        return e;
    answer->structure = shape_array(call->arena, &shape_structure_verdict, 1);
    if (!answer->structure)
        return ERR_NOMEM;
    return match_explain_structure(m, market, ask->lot, candidate,
                                   answer->structure);
}

static enum err explain_person(struct match *m, struct call *call,
                               const struct ask_match_explain *ask,
                               const struct market *market,
                               struct answer_match_explain *answer)
{
    const void *candidate;
    enum err e =
        get_candidate(m->view, call, ENTITY_PROFILE, ask->profile, &candidate);

    if (e)
        return e;
    return match_explain_person(m, market, ask->lot, ask->job, candidate,
                                &answer->jobs);
}

static int verdict_approximate(const struct answer_match_explain *answer)
{
    if (answer->structure && answer->structure->hit &&
        marked(&answer->structure->hit->marks))
        return 1;
    for (size_t i = 0; i < answer->jobs.n; i++)
        if (answer->jobs.at[i].hit && marked(&answer->jobs.at[i].hit->marks))
            return 1;
    return 0;
}

enum err handle_match_explain(struct store_view *view, struct call *call,
                              const struct ask_match_explain *ask,
                              struct answer_match_explain *answer)
{
    struct question q = {.market = ask->market,
                         .on = ask->on,
                         .limit = 1,
                         QUESTION_STRUCTURES(ask),
                         QUESTION_PEOPLE(ask)};
    const struct market *market;
    struct match m;
    enum err e;

    if (!ask->structure.data == !ask->profile.data)
        return call_refuse(call, ERR_MISSING_FIELD, "structure",
                           "name one structure or one profile");
    if ((e = question_begin(view, call, &q, &m, &market)) ||
        (e = question_lot(call, market, ask->lot, ask->job)) ||
        (e = match_warnings(&m, market, ask->lot, &answer->warnings)))
        return e;
    answer->lot = ask->lot;
    e = ask->structure.data ? explain_structure(&m, call, ask, market, answer)
                            : explain_person(&m, call, ask, market, answer);
    return e ? e
             : QUESTION_FINISH(answer, call, &q, &m,
                               verdict_approximate(answer));
}

enum err handle_match_reasons(struct store_view *view, struct call *call,
                              const struct ask_match_reasons *ask,
                              struct answer_match_reasons *answer)
{
    struct question q = {.market = ask->market,
                         .on = ask->on,
                         .limit = 1,
                         QUESTION_STRUCTURES(ask),
                         QUESTION_PEOPLE(ask)};
    const struct market *market;
    struct match m;
    enum err e;

    if ((e = question_begin(view, call, &q, &m, &market)) ||
        (e = question_lot(call, market, ask->lot, ABSENT)) ||
        (e = match_warnings(&m, market, ask->lot, &answer->warnings)))
        return e;
    answer->lot = ask->lot;
    if (!(answer->structures = shape_array(call->arena, &shape_tally, 1)))
        return ERR_NOMEM;
    if ((e = match_count_structures(&m, market, ask->lot,
                                    answer->structures)) ||
        (e = match_count_people(&m, market, ask->lot, &answer->jobs)))
        return e;
    people_show_tallies(call, &answer->jobs);
    return QUESTION_FINISH(answer, call, &q, &m, 0);
}

/* ---- Reverse ------------------------------------------------------------ */

static enum err reverse_of_structure(struct match *m, struct call *call,
                                     const struct ask_match_reverse *ask,
                                     struct answer_match_reverse *answer)
{
    const struct structure *s;
    const void *candidate;
    enum err e = get_candidate(m->view, call, ENTITY_STRUCTURE, ask->structure,
                               &candidate);

    if (e)
        return e;
    s = candidate;
    answer->structure = ask->structure;
    answer->name = s->name;
    return reverse_structure(m, s, &answer->lots);
}

/* A list of jobs tells where somebody may work: for those who see people. */
static enum err reverse_of_profile(struct match *m, struct call *call,
                                   const struct ask_match_reverse *ask,
                                   struct answer_match_reverse *answer)
{
    const void *candidate;
    enum err e;

    if (!(rights_readers(call) & PEOPLE))
        return call_refuse(call, ERR_FORBIDDEN, "profile",
                           "this role sees no people");
    if ((e = get_candidate(m->view, call, ENTITY_PROFILE, ask->profile,
                           &candidate)))
        return e;
    answer->profile = ask->profile;
    return reverse_person(m, candidate, &answer->jobs);
}

static int reverse_approximate(const struct answer_match_reverse *answer)
{
    for (size_t i = 0; i < answer->lots.n; i++)
        if (marked(&answer->lots.at[i].marks))
            return 1;
    for (size_t i = 0; i < answer->jobs.n; i++)
        if (marked(&answer->jobs.at[i].marks))
            return 1;
    return 0;
}

enum err handle_match_reverse(struct store_view *view, struct call *call,
                              const struct ask_match_reverse *ask,
                              struct answer_match_reverse *answer)
{
    struct question q = {.on = ask->on,
                         .limit = ask->limit,
                         QUESTION_STRUCTURES(ask),
                         QUESTION_PEOPLE(ask)};
    struct match m;
    enum err e;

    if (!ask->structure.data == !ask->profile.data)
        return call_refuse(call, ERR_MISSING_FIELD, "structure",
                           "name one structure or one profile");
    if ((e = question_prepare(view, call, &q, &m)))
        return e;
    e = ask->structure.data ? reverse_of_structure(&m, call, ask, answer)
                            : reverse_of_profile(&m, call, ask, answer);
    return e ? e : QUESTION_SIGN(answer, call, &m, reverse_approximate(answer));
}

/* ---- Groups ------------------------------------------------------------- */

enum err handle_match_group(struct store_view *view, struct call *call,
                            const struct ask_match_group *ask,
                            struct answer_match_group *answer)
{
    struct question q = {.market = ask->market,
                         .on = ask->on,
                         .limit = ask->limit,
                         QUESTION_STRUCTURES(ask)};
    const struct market *market;
    struct match m;
    int rough;
    enum err e;

    if ((e = question_begin(view, call, &q, &m, &market)) ||
        (ask->lot != ABSENT &&
         (e = question_lot(call, market, ask->lot, ABSENT))) ||
        (e = groups_market(&m, market, ask->lot, &answer->lots, &rough)))
        return e;
    answer->grouping = market->grouping;
    answer->max_lots = market->max_lots;
    return QUESTION_FINISH(answer, call, &q, &m, rough);
}
