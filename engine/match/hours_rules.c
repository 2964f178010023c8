/*
 * The table `hours`: which rules there are, and whose count.
 */
#include "engine/match/hours.h"
#include "engine/match/rules.h"

#include <stdio.h>
#include <string.h>

/* A share may be more than the whole: a bonus. */
#define SHARE_MAX (10 * BASIS)
#define HOURS_MAX 1000000

/* What may follow a rule's name and a slash. */
enum detail { DETAIL_NONE, DETAIL_KIND, DETAIL_CONTRACT, DETAIL_CPV };
struct form {
    const char *name;
    enum detail detail;
    int64_t min;
    int64_t max;
};
static const struct form forms[] = {
    /* What counts: shares. */
    {"WORK", DETAIL_NONE, 0, SHARE_MAX},
    {"TRAINING", DETAIL_NONE, 0, SHARE_MAX},
    {"TRAINING_CAP", DETAIL_NONE, 0, BASIS},
    {"OTHER_OPERATION", DETAIL_NONE, 0, SHARE_MAX},
    {"POOLED", DETAIL_NONE, 0, SHARE_MAX},
    {"TUTOR", DETAIL_NONE, 0, SHARE_MAX},
    {"AFTER_END", DETAIL_NONE, 0, SHARE_MAX},
    {"CONTRACT", DETAIL_CONTRACT, 0, SHARE_MAX},
    {"LATE", DETAIL_NONE, 0, BASIS},
    /* F1: a share, a share, cents. */
    {"LABOUR_SHARE", DETAIL_CPV, 0, BASIS},
    {"RATE", DETAIL_NONE, 0, BASIS},
    {"HOURLY_COST", DETAIL_NONE, 1, 10000000},
    /* Hours. */
    {"YEAR", DETAIL_NONE, 1, HOURS_MAX},
    {"WEEK", DETAIL_NONE, 1, 48},
    {"WEEK_MIN", DETAIL_NONE, 0, 48},
    {"WEEK_MIN", DETAIL_KIND, 0, 48},
    {"SIZE_ENOUGH", DETAIL_NONE, 0, HOURS_MAX},
    {"SIZE_POOL", DETAIL_NONE, 0, HOURS_MAX},
    /* Hundredths of an hour. */
    {"DAY_MAX", DETAIL_NONE, 1, 2400},
    {"WEEK_MAX", DETAIL_NONE, 1, 16800},
    {"POOL_KM", DETAIL_NONE, 0, 20016},
    {"POOL_GAP_DAYS", DETAIL_NONE, 0, 3660},
    {"POOL_MONTHS", DETAIL_NONE, 0, 1200},
};

/* ---- Forms ----------------------------------------------------------------
 */

/* What stands before the first slash; REST gets what follows. */
static struct slice before_slash(struct slice text, struct slice *rest)
{
    const char *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
    size_t len = slash ? (size_t)(slash - text.data) : text.len;

    *rest = (struct slice){NULL, 0};
    if (slash)
        *rest = (struct slice){slash + 1, text.len - len - 1};
    return (struct slice){text.data, len};
}

static int is_digits(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
    return 1;
}

static int detail_fits(enum detail detail, struct slice text)
{
    switch (detail) {
    case DETAIL_KIND:
        return vocabulary_find(&words_kind, text) >= 0;
    case DETAIL_CONTRACT:
        return vocabulary_find(&words_contract, text) >= 0;
    case DETAIL_CPV:
        return text.len >= 2 && text.len <= 8 && is_digits(text);
    case DETAIL_NONE:
        break;
    }
    return !text.data;
}

static const struct form *form_of(struct slice rule)
{
    struct slice detail;
    struct slice name = before_slash(rule, &detail);

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (slice_equal(name, slice_of(forms[i].name)) &&
            detail_fits(forms[i].detail, detail))
            return &forms[i];
    return NULL;
}

const char *hours_rule_refuse(struct slice rule, int64_t number,
                              const char **field)
{
    struct slice rest;
    struct slice method = before_slash(rule, &rest);
    const struct form *form = form_of(rest);

    *field = "rule";
    if (!method.len || method.len > 64 || !form)
        return "write METHOD/RULE, with a rule that NATIONAL has";
    *field = "value";
    if (number == ABSENT)
        return "write digits alone";
    if (number < form->min || number > form->max)
        return "this value is out of bounds for the rule";
    return NULL;
}

/* Everybody may have their own shares of labour, or none. */
int hours_rule_required(struct slice rule)
{
    struct slice rest;
    struct slice method = before_slash(rule, &rest);
    const struct form *form = form_of(rest);

    return slice_equal(method, SLICE(METHOD_NATIONAL)) && form &&
           form->detail == DETAIL_NONE;
}

/* ---- Look-up --------------------------------------------------------------
 */

/* Is RULE one of the method NAME?  Negative: it comes before them. */
static int compare_method(struct slice rule, struct slice name)
{
    size_t n = rule.len < name.len ? rule.len : name.len;
    int order = n ? memcmp(rule.data, name.data, n) : 0;

    if (order || rule.len <= name.len)
        return order ? order : -1;
    return (unsigned char)rule.data[name.len] - '/';
}

int hours_method_known(const struct reference *ref, struct slice name,
                       int64_t on)
{
    struct rule_rows rows = reference_rules(ref, RULES_HOURS);
    size_t low = 0, high = rows.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_method(rows.at[middle].rule, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < rows.n && !compare_method(rows.at[low].rule, name); low++)
        if (rows.at[low].from <= on &&
            (rows.at[low].until == ABSENT || rows.at[low].until >= on))
            return 1;
    return 0;
}

struct hours_method hours_method(const struct reference *ref,
                                 struct slice named, const struct buyer *buyer,
                                 int64_t on)
{
    struct hours_method m = {.reference = ref, .n = 0};
    struct slice siret = buyer ? buyer->siret : (struct slice){NULL, 0};
    struct slice siren = {siret.data, siret.len ? 9 : 0};
    struct slice try[METHOD_NAMES - 1] = {named, siret, siren};

    for (size_t i = 0; i < METHOD_NAMES - 1; i++)
        if (try[i].len && hours_method_known(ref, try[i], on))
            m.names[m.n++] = try[i];
    m.names[m.n++] = SLICE(METHOD_NATIONAL);
    return m;
}

int64_t hours_rule(const struct hours_method *method, const char *rule,
                   int64_t on)
{
    for (size_t i = 0; i < method->n; i++) {
        char name[RULE_NAME_MAX];
        int len =
            snprintf(name, sizeof name, "%.*s/%s", (int)method->names[i].len,
                     method->names[i].data, rule);
        const struct rule *found = NULL;

        if ((size_t)len < sizeof name)
            found = reference_rule(method->reference, RULES_HOURS,
                                   (struct slice){name, (size_t)len}, on);
        if (found)
            return rules_number(found);
    }
    return ABSENT;
}
