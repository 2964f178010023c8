/*
 * What a user imports in the place of bundled rules.  Nobody shall find out a
 * year later that a day was forgotten: a flaw refuses the table.
 */
#include <stdio.h>
#include <string.h>

#include "engine/match/rules.h"
#include "engine/rule_rows.h"
#include "protocol/civil.h"

int rule_rows_table(int64_t table)
{
    for (int i = 0; i < RULE_TABLES; i++)
        if (!strcmp(words_table.words[table], reference_rule_tables[i]))
            return i;
    return -1;
}

static enum err refuse_row(struct call *call, size_t row, const char *field,
                           const char *hint)
{
    struct slice path =
        arena_format(call->arena, "rules[%zu].%s", row + 1, field);

    return call_refuse(call, ERR_BAD_RULES, path.data ? path.data : "", "%s",
                       hint);
}

/* ---- Forms and days ----------------------------------------------------- */

static enum err check_forms(struct call *call, const struct reference *ref,
                            enum rule_table table,
                            const struct rule_row_list *rows)
{
    enum err e = ERR_NONE;

    for (size_t i = 0; i < rows->n; i++) {
        const struct rule_row *row = &rows->at[i];
        const char *field;
        const char *why =
            rules_refuse(ref, table, row->rule, row->value, &field);

        if (why)
            e = refuse_row(call, i, field, why);
    }
    return e;
}

/* What the flaw between two rows is, and which day would mend it. */
static enum err refuse_flaw(struct call *call, const struct rule *at,
                            const struct rule_flaw *flaw)
{
    int64_t until = at[flaw->other].until;
    char hint[160];
    char day[11] = "";

    if (flaw->kind == RULE_BACKWARDS)
        return refuse_row(call, flaw->row, "until", "it ends before it begins");
    if (until != ABSENT)
        civil_format_date(until, day);
    if (flaw->kind == RULE_GAP)
        snprintf(hint, sizeof hint,
                 "days are left out after row %zu, which ends on %s: begin "
                 "the day after",
                 flaw->other + 1, day);
    else
        snprintf(hint, sizeof hint,
                 until == ABSENT
                     ? "row %zu of the same rule has no end yet: give it one"
                     : "row %zu of the same rule holds until %s: begin after",
                 flaw->other + 1, day);
    return refuse_row(call, flaw->row, "from", hint);
}

static struct rule *plain_rows(struct call *call,
                               const struct rule_row_list *rows)
{
    struct rule *at = arena_array(call->arena, rows->n + 1, sizeof *at);

    for (size_t i = 0; at && i < rows->n; i++) {
        const struct rule_row *row = &rows->at[i];

        at[i] = (struct rule){row->rule, row->value, row->source, row->from,
                              row->until};
    }
    return at;
}

static enum err check_days(struct call *call, const struct rule *at, size_t n)
{
    struct rule_flaw flaw;
    enum err e = reference_rules_check(at, n, &flaw);

    if (e || flaw.kind == RULE_SOUND)
        return e;
    return refuse_flaw(call, at, &flaw);
}

/* ---- What may not be missing -------------------------------------------- */

/* Days of one rule have no gap, so the first and the last say all. */
static int is_covered(const struct rule *wanted, const struct rule *at,
                      size_t n)
{
    int begins = 0;
    int ends = 0;

    for (size_t i = 0; i < n; i++) {
        if (!slice_equal(at[i].rule, wanted->rule))
            continue;
        begins |= at[i].from <= wanted->from;
        ends |= at[i].until == ABSENT ||
                (wanted->until != ABSENT && at[i].until >= wanted->until);
    }
    return begins && ends;
}

static enum err check_cover(struct call *call, const struct reference *ref,
                            enum rule_table table, const struct rule *at,
                            size_t n)
{
    struct rule_rows bundled = reference_rules_bundled(ref, table);
    enum err e = ERR_NONE;

    for (size_t i = 0; i < bundled.n; i++) {
        const struct rule *wanted = &bundled.at[i];
        char from[11];

        if (!rules_required(table, wanted->rule) || is_covered(wanted, at, n))
            continue;
        civil_format_date(wanted->from, from);
        e = call_refuse(call, ERR_BAD_RULES, "rules",
                        "the table leaves out days of %.*s, which the bundled "
                        "one has from %s on",
                        (int)wanted->rule.len, wanted->rule.data, from);
    }
    return e;
}

/* ---- Lines -------------------------------------------------------------- */

static enum err add_row(struct buffer *lines, const struct rule *row)
{
    char line[700];
    char from[11];
    char until[11] = "";
    int len;

    civil_format_date(row->from, from);
    if (row->until != ABSENT)
        civil_format_date(row->until, until);
    len = snprintf(line, sizeof line, "%.*s\t%.*s\t%s\t%s\t%.*s\n",
                   (int)row->rule.len, row->rule.data, (int)row->value.len,
                   row->value.data, from, until, (int)row->source.len,
                   row->source.data);
    return buffer_add(lines, line, (size_t)len);
}

enum err rule_rows_take(struct call *call, const struct reference *ref,
                        const struct ask_reference_import *ask,
                        struct buffer *lines)
{
    enum rule_table table = (enum rule_table)rule_rows_table(ask->table);
    const struct rule *at = plain_rows(call, &ask->rules);
    size_t n = ask->rules.n;
    enum err e;

    if (ask->part != 1 || ask->last != 1)
        return call_refuse(call, ERR_BAD_TABLE, "part",
                           "a table of rules comes whole: part 1 is the last");
    if (!at)
        return ERR_NOMEM;
    if ((e = check_forms(call, ref, table, &ask->rules)) ||
        (e = check_days(call, at, n)) ||
        (e = check_cover(call, ref, table, at, n)))
        return e;
    for (size_t i = 0; i < n && !e; i++)
        e = add_row(lines, &at[i]);
    return e;
}
