/*
 * The forms of rules: what a name may be in each table, and what its value.
 * A name is two parts with a slash between.
 */
#include "engine/match/rules.h"
#include "engine/match/assess_rules.h"
#include "engine/match/hours.h"

#include <stdio.h>
#include <string.h>

#include "engine/match/clause_words.h"
#include "engine/match/places.h"

/* VALUE_CAP: a number, or NONE.  VALUE_WORD: one word, VALUE_WORDS: any of
 * them.  VALUE_PROVED: criteria, or NONE. */
enum value_form {
    VALUE_NUMBER,
    VALUE_CAP,
    VALUE_WORD,
    VALUE_WORDS,
    VALUE_PROVED,
    VALUE_TEXT
};

/* A part is this very text, one of these words, or a territory; WHOSE: a
 * structure's id, too. */
struct part_form {
    const char *literal;
    const struct vocabulary *words;
    enum { PLACE_NONE, PLACE_ANY, PLACE_WHOSE } place;
};
struct rule_form {
    struct part_form first;
    struct part_form second;
    enum value_form value;
    const struct vocabulary *words; /* of VALUE_WORD and VALUE_WORDS */
    int64_t least;                  /* of a number */
    int64_t most;
};

#define TEXT(text)                                                             \
    {                                                                          \
        text, NULL, PLACE_NONE                                                 \
    }
#define WORD(vocabulary)                                                       \
    {                                                                          \
        NULL, &words_##vocabulary, PLACE_NONE                                  \
    }
#define PLACE(which)                                                           \
    {                                                                          \
        NULL, NULL, PLACE_##which                                              \
    }

#define NUMBER(least, most) VALUE_NUMBER, NULL, least, most
#define CAP(least, most) VALUE_CAP, NULL, least, most
#define WORD_OF(vocabulary) VALUE_WORD, &words_##vocabulary, 0, 0
#define WORDS_OF(vocabulary) VALUE_WORDS, &words_##vocabulary, 0, 0
#define FREE(form) form, NULL, 0, 0

/* Bounds of numbers: what an amount may be here (number_of), as many months as
 * fields.def takes, the days and the hours of as long. */
#define CENTS_MAX INT64_C(999999999999999)
#define MONTHS_MAX 1200
#define DAYS_MAX 36525
#define HOURS_MAX 100000

/* clang-format off: a row reads as a line. */
static const struct rule_form thresholds[] = {
    /* Cents without VAT from which a contract is above the threshold. */
    {WORD(contract_type), WORD(buyer_category), NUMBER(0, CENTS_MAX)},
    /* The article that obliges; the contracts that a reason frees. */
    {TEXT("OBLIGATION"), WORD(contract_type), FREE(VALUE_TEXT)},
    {TEXT("EXEMPTION"), WORD(exemption), WORDS_OF(contract_type)},
    {TEXT("SHORT_WORKS"), TEXT("months"), NUMBER(0, MONTHS_MAX)},
};
static const struct rule_form eligibility[] = {
    /* Of a criterion: its level, which kind of proof, how old at most. */
    {WORD(criterion_code), TEXT("level"), NUMBER(1, 2)},
    {WORD(criterion_code), TEXT("proof"), WORD_OF(proof)},
    {WORD(criterion_code), TEXT("months"), NUMBER(0, MONTHS_MAX)},
    /* How many criteria make a person eligible for a kind of structure. */
    {WORD(kind), TEXT("level1"), NUMBER(1, criterion_code_words)},
    {WORD(kind), TEXT("level2"), NUMBER(1, criterion_code_words)},
    /* How long things hold. */
    {TEXT("PRESCRIBER"), TEXT("months"), NUMBER(1, MONTHS_MAX)},
    {TEXT("EMPLOYER"), TEXT("days"), NUMBER(1, DAYS_MAX)},
    {TEXT("PASS"), TEXT("days"), NUMBER(1, DAYS_MAX)},
    {TEXT("PASS"), TEXT("waiting_months"), NUMBER(0, MONTHS_MAX)},
    {TEXT("PROOF"), TEXT("renew_days"), NUMBER(0, DAYS_MAX)},
    /* Hours in firms of an AI's employee; a derogation names its place or its
     * structure. */
    {PLACE(WHOSE), TEXT("ai_hours"), CAP(0, HOURS_MAX)},
    {TEXT("FR"), TEXT("ai_months"), NUMBER(1, MONTHS_MAX)},
    {TEXT("FR"), TEXT("ai_layoff_months"), NUMBER(0, MONTHS_MAX)},
    {TEXT("AI"), TEXT("capped"), WORDS_OF(ai_client)},
};
static const struct rule_form publics[] = {
    /* What proves a public of a clause, here or there. */
    {PLACE(ANY), WORD(public), FREE(VALUE_PROVED)},
};
/* clang-format on */

/* The forms of a table of two-part names; `wording` has none. */
static const struct {
    const struct rule_form *at;
    size_t n;
} forms[RULE_TABLES] = {
    [RULES_THRESHOLDS] = {thresholds, sizeof thresholds / sizeof *thresholds},
    [RULES_ELIGIBILITY] = {eligibility,
                           sizeof eligibility / sizeof *eligibility},
    [RULES_PUBLICS] = {publics, sizeof publics / sizeof *publics},
};

/* ---- Look-up ------------------------------------------------------------ */

const struct rule *rules_find(const struct reference *ref,
                              enum rule_table table, const char *first,
                              const char *second, int64_t on)
{
    char name[RULE_NAME_MAX];
    int len = snprintf(name, sizeof name, "%s/%s", first, second);

    if (len < 0 || (size_t)len >= sizeof name)
        return NULL;
    return reference_rule(ref, table, (struct slice){name, (size_t)len}, on);
}

/* Fifteen digits are more than any amount here has. */
static int64_t number_of(struct slice text)
{
    int64_t sum = 0;

    if (!text.len || text.len > 15)
        return ABSENT;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return ABSENT;
        sum = sum * 10 + (text.data[i] - '0');
    }
    return sum;
}

int64_t rules_number(const struct rule *rule)
{
    return rule ? number_of(rule->value) : ABSENT;
}

struct slice rules_take(struct slice *text, char mark)
{
    const char *end = text->len ? memchr(text->data, mark, text->len) : NULL;
    struct slice taken = *text;

    if (end)
        taken.len = (size_t)(end - text->data);
    text->data += taken.len + (end != NULL);
    text->len -= taken.len + (end != NULL);
    return taken;
}

int rules_hold(const struct rule *rule, struct slice word)
{
    struct slice list = rule ? rule->value : (struct slice){NULL, 0};

    while (list.len)
        if (slice_equal(rules_take(&list, '|'), word))
            return 1;
    return 0;
}

/* ---- Forms -------------------------------------------------------------- */

static int is_place(const struct reference *ref, struct slice code)
{
    struct places places;

    places_above(ref, code, &places);
    /* A former commune's code would never be found. */
    return places.n > 0 && slice_equal(code, slice_of(places.at[0]));
}

/* SIRET-KIND. */
static int is_structure(struct slice id)
{
    struct slice siret = rules_take(&id, '-');

    return siret.len == 14 && number_of(siret) != ABSENT &&
           vocabulary_find(&words_kind, id) >= 0;
}

static int part_fits(const struct reference *ref, const struct part_form *form,
                     struct slice part)
{
    if (form->literal)
        return slice_equal(part, slice_of(form->literal));
    if (form->words)
        return vocabulary_find(form->words, part) >= 0;
    return is_place(ref, part) ||
           (form->place == PLACE_WHOSE && is_structure(part));
}

static const struct rule_form *form_of(const struct reference *ref,
                                       enum rule_table table, struct slice rule)
{
    struct slice first = rules_take(&rule, '/');

    for (size_t i = 0; i < forms[table].n; i++) {
        const struct rule_form *form = &forms[table].at[i];

        if (part_fits(ref, &form->first, first) &&
            part_fits(ref, &form->second, rule))
            return form;
    }
    return NULL;
}

static int all_words(const struct vocabulary *words, struct slice list)
{
    while (list.len)
        if (vocabulary_find(words, rules_take(&list, '|')) < 0)
            return 0;
    return 1;
}

/* "PASS", or the code of a criterion. */
static int is_proof(struct slice word)
{
    return slice_equal(word, SLICE("PASS")) ||
           vocabulary_find(&words_criterion_code, word) >= 0;
}

/* "DELD|DETLD", or with what a person must look at: "QPV;et éloigné de
 * l'emploi". */
static int is_proved(struct slice value)
{
    struct slice list = rules_take(&value, ';');

    if (!list.len)
        return 0;
    while (list.len)
        if (!is_proof(rules_take(&list, '|')))
            return 0;
    return 1;
}

static const char *refuse_number(const struct rule_form *form, int64_t number)
{
    if (number == ABSENT)
        return form->value == VALUE_CAP
                   ? "write digits alone, or NONE for no limit"
                   : "write digits alone";
    return number < form->least || number > form->most
               ? "this value is out of bounds for the rule"
               : NULL;
}

static const char *refuse_value(const struct rule_form *form,
                                struct slice value)
{
    int none = slice_equal(value, SLICE("NONE"));

    switch (form->value) {
    case VALUE_NUMBER:
        return refuse_number(form, number_of(value));
    case VALUE_CAP:
        return none ? NULL : refuse_number(form, number_of(value));
    case VALUE_WORD:
        return vocabulary_find(form->words, value) >= 0
                   ? NULL
                   : "write one word of the list";
    case VALUE_WORDS:
        return all_words(form->words, value)
                   ? NULL
                   : "write words of the list, with | between";
    case VALUE_PROVED:
        return none || is_proved(value)
                   ? NULL
                   : "write criteria or PASS with | between, perhaps ; and a "
                     "condition, or NONE";
    case VALUE_TEXT:
        break;
    }
    return NULL;
}

/* Words of a notice: in plain letters, or they would never be found. */
static const char *refuse_wording(struct slice rule, struct slice value,
                                  const char **field)
{
    char room[CLAUSE_WORDS_MAX];
    size_t tokens;

    *field = "rule";
    if (!rule.len ||
        !slice_equal(clause_words_plain(rule, room, &tokens), rule))
        return "write small letters without accents, one space between, "
               "articles as art 14, l2113-12";
    if (tokens > CLAUSE_PHRASE_MAX)
        return "write at most eight words: more are never read as one";
    *field = "value";
    if (slice_equal(value, SLICE("NONE")) ||
        all_words(&words_clause_kind, value))
        return NULL;
    return "write kinds of clauses with | between, or NONE";
}

const char *rules_refuse(const struct reference *ref, enum rule_table table,
                         struct slice rule, struct slice value,
                         const char **field)
{
    const struct rule_form *form;

    if (table == RULES_WORDING)
        return refuse_wording(rule, value, field);
    if (table == RULES_HOURS)
        return hours_rule_refuse(rule, number_of(value), field);
    if (table == RULES_ASSESS)
        return assess_rule_refuse(rule, number_of(value), field);
    form = form_of(ref, table, rule);
    *field = "rule";
    if (!form)
        return "this table has no such rule; see the bundled one";
    *field = "value";
    return refuse_value(form, value);
}

int rules_required(enum rule_table table, struct slice rule)
{
    if (table == RULES_PUBLICS)
        return rule.len > 3 && !memcmp(rule.data, "FR/", 3);
    if (table == RULES_HOURS)
        return hours_rule_required(rule);
    return table != RULES_WORDING;
}
