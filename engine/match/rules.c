/*
 * The forms of rules: what a name may be in each table, and what its value.
 * A name is two parts with a slash between.
 */
#include "engine/match/rules.h"

#include <stdio.h>
#include <string.h>

#include "engine/match/clause_words.h"

enum value_form { VALUE_NUMBER, VALUE_WORDS, VALUE_TEXT };

/* A part is this very text, or one of these words. */
struct part_form {
    const char *literal;
    const struct vocabulary *words;
};
struct rule_form {
    enum rule_table table;
    struct part_form first;
    struct part_form second;
    enum value_form value;
    const struct vocabulary *words; /* of VALUE_WORDS */
};

static const struct rule_form forms[] = {
    /* Cents without VAT from which a contract is above the threshold. */
    {RULES_THRESHOLDS,
     {NULL, &words_contract_type},
     {NULL, &words_buyer_category},
     VALUE_NUMBER,
     NULL},
    /* The article that obliges; the contracts that a reason frees. */
    {RULES_THRESHOLDS,
     {"OBLIGATION", NULL},
     {NULL, &words_contract_type},
     VALUE_TEXT,
     NULL},
    {RULES_THRESHOLDS,
     {"EXEMPTION", NULL},
     {NULL, &words_exemption},
     VALUE_WORDS,
     &words_contract_type},
    {RULES_THRESHOLDS,
     {"SHORT_WORKS", NULL},
     {"months", NULL},
     VALUE_NUMBER,
     NULL},
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

/* Take what stands before the next MARK off TEXT. */
static struct slice take(struct slice *text, char mark)
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
        if (slice_equal(take(&list, '|'), word))
            return 1;
    return 0;
}

/* ---- Forms -------------------------------------------------------------- */

static int part_fits(const struct part_form *form, struct slice part)
{
    if (form->literal)
        return slice_equal(part, slice_of(form->literal));
    return vocabulary_find(form->words, part) >= 0;
}

static const struct rule_form *form_of(enum rule_table table, struct slice rule)
{
    struct slice first = take(&rule, '/');

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].table == table && part_fits(&forms[i].first, first) &&
            part_fits(&forms[i].second, rule))
            return &forms[i];
    return NULL;
}

static int all_words(const struct vocabulary *words, struct slice list)
{
    while (list.len)
        if (vocabulary_find(words, take(&list, '|')) < 0)
            return 0;
    return 1;
}

/* Words of a notice: in plain letters, or they would never be found. */
static const char *refuse_wording(struct slice rule, struct slice value,
                                  const char **field)
{
    char room[CLAUSE_WORDS_MAX];

    *field = "rule";
    if (!rule.len || !slice_equal(clause_words_plain(rule, room), rule))
        return "write small letters without accents, one space between, "
               "articles as art 14, l2113-12";
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
    form = form_of(table, rule);
    (void)ref;
    *field = "rule";
    if (!form)
        return "this table has no such rule; see the bundled one";
    *field = "value";
    if (form->value == VALUE_NUMBER && number_of(value) == ABSENT)
        return "write digits alone";
    if (form->value == VALUE_WORDS && !all_words(form->words, value))
        return "write words of the list, with | between";
    return NULL;
}

int rules_required(enum rule_table table, struct slice rule)
{
    (void)rule;
    return table == RULES_THRESHOLDS;
}
