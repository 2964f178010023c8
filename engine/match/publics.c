/*
 * A value of the table is what proves a public, "DELD|DETLD", perhaps with a
 * condition that no stored fact can settle: "QPV;et éloigné de l'emploi".
 */
#include "engine/match/publics.h"

#include <string.h>

#include "engine/match/law.h"
#include "engine/match/places.h"
#include "engine/match/rules.h"

/* A value taken apart. */
struct proved {
    uint32_t criteria; /* bits of enum criterion_code_word */
    int pass;
    struct slice condition;
};

static struct proved read_value(struct slice value)
{
    const char *mark = memchr(value.data, ';', value.len);
    struct rule list = {.value = value};
    struct proved out = {0};

    if (mark) {
        list.value.len = (size_t)(mark - value.data);
        out.condition =
            (struct slice){mark + 1, value.len - list.value.len - 1};
    }
    for (int i = 0; i < criterion_code_words; i++)
        if (rules_hold(&list, slice_of(words_criterion_code.words[i])))
            out.criteria |= BIT(i);
    out.pass = rules_hold(&list, SLICE("PASS"));
    return out;
}

static int holds(const struct iae_question *q, const struct proved *by,
                 int64_t on)
{
    return (iae_held(q->profile, on) & by->criteria) ||
           (by->pass && iae_has_pass(q->profile, on));
}

/* The kinds of proof that would do, each once. */
static enum err list_proofs(const struct iae_question *q,
                            const struct proved *by, struct ints *out)
{
    int64_t *at = arena_array(q->arena, proof_words, sizeof *at);
    uint32_t seen = 0;

    if (!at)
        return ERR_NOMEM;
    out->n = 0;
    for (int code = 0; code < criterion_code_words; code++) {
        int64_t proof = by->criteria & BIT(code)
                            ? iae_proof(q->reference, code, q->on)
                            : ABSENT;

        if (proof == ABSENT || seen & BIT(proof))
            continue;
        seen |= BIT(proof);
        at[out->n++] = proof;
    }
    out->at = at;
    return ERR_NONE;
}

static enum err show(const struct iae_question *q, const struct places *places,
                     int64_t public, struct public_standing *out)
{
    const struct rule *row = NULL;
    struct proved by;
    size_t i = 0;

    while (i < places->n &&
           !(row = rules_find(q->reference, RULES_PUBLICS, places->at[i],
                              words_public.words[public], q->on)))
        i++;
    out->public = public;
    out->holds = out->accepted = 0;
    if (!row)
        return ERR_NONE;
    by = read_value(row->value);
    out->territory = arena_copy(q->arena, slice_of(places->at[i]));
    out->source = row->source;
    out->accepted = !slice_equal(row->value, SLICE("NONE"));
    out->holds = holds(q, &by, q->on);
    out->condition = by.condition;
    if (out->holds)
        return out->territory.data ? ERR_NONE : ERR_NOMEM;
    out->expired = holds(q, &by, ABSENT);
    return out->territory.data ? list_proofs(q, &by, &out->proofs) : ERR_NOMEM;
}

enum err publics_show(const struct iae_question *q, struct slice territory,
                      uint32_t publics, struct public_standing_list *out)
{
    struct places places;
    enum err e = ERR_NONE;

    places_above(q->reference, territory, &places);
    out->n = 0;
    out->at = shape_array(q->arena, &shape_public_standing, public_words);
    if (!out->at)
        return ERR_NOMEM;
    for (int i = 0; i < public_words && !e; i++)
        if (!publics || publics & BIT(i))
            e = show(q, &places, i, &out->at[out->n++]);
    return e;
}
