/*
 * Rule tables: what varies by year or by territory.  A rule has a name, and a
 * value for each span of days; nothing here knows what a value means.
 *
 * Rows stand by rule, then by first day.  Of one rule no day stands twice and
 * none is left out between its first and its last.
 */
#include "store/reference_parts.h"

#include <assert.h>
#include <stdlib.h>

const char *const reference_rule_tables[RULE_TABLES] = {
    [RULES_THRESHOLDS] = "thresholds",
    [RULES_WORDING] = "wording",
    [RULES_ELIGIBILITY] = "eligibility",
    [RULES_PUBLICS] = "publics",
    [RULES_HOURS] = "hours",
    [RULES_ASSESS] = "assess",
};

/* ---- Order and flaws ---------------------------------------------------- */

static int order_rules(const void *a, const void *b)
{
    const struct rule *x = *(const struct rule *const *)a;
    const struct rule *y = *(const struct rule *const *)b;
    int order = slice_compare(x->rule, y->rule);

    if (!order)
        order = (x->from > y->from) - (x->from < y->from);
    return order ? order : (x > y) - (x < y);
}

/* What is wrong between a row and the one before it. */
static enum rule_flaw_kind flaw_between(const struct rule *before,
                                        const struct rule *row)
{
    if (before->until != ABSENT && before->until < row->from)
        return before->until + 1 < row->from ? RULE_GAP : RULE_SOUND;
    return RULE_OVERLAP;
}

/* The first flaw of rows in order; positions are those in AT. */
static struct rule_flaw first_flaw(const struct rule *at,
                                   const struct rule *const *ordered, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct rule *row = ordered[i];
        const struct rule *before = i ? ordered[i - 1] : NULL;
        enum rule_flaw_kind kind = RULE_SOUND;

        if (row->until != ABSENT && row->until < row->from)
            return (struct rule_flaw){RULE_BACKWARDS, (size_t)(row - at), 0};
        if (before && slice_equal(before->rule, row->rule))
            kind = flaw_between(before, row);
        if (kind != RULE_SOUND)
            return (struct rule_flaw){kind, (size_t)(row - at),
                                      (size_t)(before - at)};
    }
    return (struct rule_flaw){RULE_SOUND, 0, 0};
}

static const struct rule **order_rows(const struct rule *at, size_t n)
{
    const struct rule **ordered = malloc((n + 1) * sizeof *ordered);

    for (size_t i = 0; ordered && i < n; i++)
        ordered[i] = &at[i];
    if (ordered)
        qsort(ordered, n, sizeof *ordered, order_rules);
    return ordered;
}

enum err reference_rules_check(const struct rule *at, size_t n,
                               struct rule_flaw *flaw)
{
    const struct rule **ordered = order_rows(at, n);

    if (!ordered)
        return ERR_NOMEM;
    *flaw = first_flaw(at, ordered, n);
    free(ordered);
    return ERR_NONE;
}

/* ---- Reading ------------------------------------------------------------ */

static int read_rule(const struct slice *cell, struct rule *rule)
{
    rule->rule = cell[0];
    rule->value = cell[1];
    rule->source = cell[4];
    rule->until = ABSENT;
    return cell[0].len && cell[1].len && cell[4].len &&
           text_date(cell[2], &rule->from) &&
           (!cell[3].len || text_date(cell[3], &rule->until));
}

enum err read_rules(struct reference_private *own, struct slice lines,
                    struct rule_rows *rows)
{
    size_t n = tsv_lines(lines);
    struct rule *read = calloc(n + 1, sizeof *read);
    struct rule *kept = reference_own(own, n, sizeof *kept);
    const struct rule **ordered = NULL;
    struct slice cell[5];
    enum err e = read && kept ? ERR_NONE : ERR_NOMEM;

    for (size_t i = 0; i < n && !e; i++)
        if (!tsv_next(&lines, cell, 5) || !read_rule(cell, &read[i]))
            e = ERR_BAD_TABLE;
    if (!e && !(ordered = order_rows(read, n)))
        e = ERR_NOMEM;
    if (!e && first_flaw(read, ordered, n).kind != RULE_SOUND)
        e = ERR_BAD_TABLE;
    for (size_t i = 0; i < n && !e; i++)
        kept[i] = *ordered[i];
    free(ordered);
    free(read);
    *rows = (struct rule_rows){kept, e ? 0 : n};
    return e;
}

/* ---- Look-up ------------------------------------------------------------ */

struct rule_rows reference_rules(const struct reference *ref,
                                 enum rule_table table)
{
    assert(table < RULE_TABLES);
    return ref->private->rules[table];
}

struct rule_rows reference_rules_bundled(const struct reference *ref,
                                         enum rule_table table)
{
    assert(table < RULE_TABLES);
    return ref->private->bundled[table];
}

const struct rule *reference_rule(const struct reference *ref,
                                  enum rule_table table, struct slice rule,
                                  int64_t on)
{
    struct rule_rows rows = reference_rules(ref, table);
    size_t low = 0;
    size_t high = rows.n;

    /* The last row that is not after (rule, on). */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(rows.at[middle].rule, rule);

        if (order < 0 || (!order && rows.at[middle].from <= on))
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || !slice_equal(rows.at[low - 1].rule, rule))
        return NULL;
    if (rows.at[low - 1].until != ABSENT && rows.at[low - 1].until < on)
        return NULL;
    return &rows.at[low - 1];
}

struct slice reference_rule_stamp(const struct reference *ref,
                                  enum rule_table table)
{
    for (size_t i = 0; i < ref->n_tables; i++)
        if (slice_equal(slice_of(ref->tables[i].name),
                        slice_of(reference_rule_tables[table])))
            return ref->tables[i].stamp;
    return (struct slice){NULL, 0};
}

int reference_is_rules(const struct reference_table *table)
{
    for (size_t i = 0; i < RULE_TABLES; i++)
        if (slice_equal(slice_of(table->name),
                        slice_of(reference_rule_tables[i])))
            return 1;
    return 0;
}
