/*
 * clausectl hours: plan, record, summary, pool.  Answers are lines that can be
 * pasted into a mail; money is typed in euros and shares in percent, as people
 * say them.
 */
#include "clients/cli/cmd_hours.h"
#include "clients/cli/answers.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- What is typed --------------------------------------------------------
 */

enum unit { UNIT_PLAIN, UNIT_HUNDREDTHS };
struct figure_field {
    enum figure figure;
    const char *field;
    enum unit unit; /* HUNDREDTHS: euros to cents, percent to basis points */
};
static const struct figure_field plan_fields[] = {
    {FIGURE_CLAUSE, "clause", UNIT_PLAIN},
    {FIGURE_AMOUNT, "amount", UNIT_HUNDREDTHS},
    {FIGURE_LABOUR_SHARE, "labour_share", UNIT_HUNDREDTHS},
    {FIGURE_RATE, "rate", UNIT_HUNDREDTHS},
    {FIGURE_HOURLY_COST, "hourly_cost", UNIT_HUNDREDTHS},
    {FIGURE_LABOUR_HOURS, "labour_hours", UNIT_PLAIN},
    {FIGURE_HOURS, "hours", UNIT_PLAIN},
    {FIGURE_START, "start", UNIT_PLAIN},
    {FIGURE_WEEKS, "weeks", UNIT_PLAIN},
    {FIGURE_HOURS_WEEK, "hours_week", UNIT_PLAIN},
    {FIGURE_HEADCOUNT, "headcount", UNIT_PLAIN},
    {FIGURE_OPERATIONS, "operations", UNIT_PLAIN},
    {FIGURE_COUNTING, "counting", UNIT_PLAIN},
};
static const struct figure_field summary_fields[] = {
    {FIGURE_BY, "by", UNIT_PLAIN},
    {FIGURE_BUYER, "buyer", UNIT_PLAIN},
    {FIGURE_TERRITORY, "territory", UNIT_PLAIN},
    {FIGURE_COUNTING, "counting", UNIT_PLAIN},
};

/* "216000", "25.5" or "25,50" as hundredths; what is none stays as it is, and
 * is refused by the field table. */
json_t *hours_hundredths(const char *typed)
{
    size_t whole = strspn(typed, "0123456789");
    const char *rest = typed + whole;
    size_t part =
        *rest == '.' || *rest == ',' ? strspn(rest + 1, "0123456789") : 0;
    char text[32];

    if (!whole || whole > 15 || part > 2 || rest[part ? part + 1 : 0] != '\0')
        return json_string(typed);
    snprintf(text, sizeof text, "%.*s%.*s%s", (int)whole, typed, (int)part,
             part ? rest + 1 : "",
             part == 2   ? ""
             : part == 1 ? "0"
                         : "00");
    return json_string(text);
}

void hours_set(const struct ctl *ctl, json_t *ask, enum figure figure,
               const char *field)
{
    if (ctl->figures[figure])
        json_object_set_new(ask, field, json_string(ctl->figures[figure]));
}

static void take_figures(const struct ctl *ctl, json_t *ask,
                         const struct figure_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *typed = ctl->figures[fields[i].figure];

        if (typed)
            json_object_set_new(ask, fields[i].field,
                                fields[i].unit == UNIT_PLAIN
                                    ? json_string(typed)
                                    : hours_hundredths(typed));
    }
}

/* "35,24,DEMO-P10": hours a week, or the pseudonym of a profile. */
static json_t *typed_workers(const char *typed)
{
    json_t *array = json_array(), *worker;
    size_t len;

    for (; *typed; typed += len + (typed[len] != '\0')) {
        int number;

        len = strcspn(typed, ",|");
        number = len && strspn(typed, "0123456789") == len;
        worker = json_object();
        json_object_set_new(worker, number ? "hours_week" : "profile",
                            json_stringn(typed, len));
        json_array_append_new(array, worker);
    }
    return array;
}

/* ---- Questions ------------------------------------------------------------
 */

int hours_begin(struct ctl *ctl, const char *usage, json_t **ask)
{
    if (ctl->n_args > 2)
        return ctl_misused(ctl, "%s", usage);
    *ask = answers_options(ctl, ASK_LOT | ASK_LIMIT);
    if (ctl->n_args == 2)
        json_object_set_new(*ask, "market", json_string(ctl->args[1]));
    return DONE;
}

/* ---- Figures for people ---------------------------------------------------
 */

const char *hours_text(int64_t hundredths, char out[HOURS_TEXT])
{
    int64_t part = hundredths % 100;

    if (part)
        snprintf(out, HOURS_TEXT, "%" PRId64 "%s%02" PRId64, hundredths / 100,
                 _("."), part);
    else
        snprintf(out, HOURS_TEXT, "%" PRId64, hundredths / 100);
    return out;
}

static const char *hundredths_of(const json_t *of, const char *name,
                                 char out[HOURS_TEXT])
{
    return hours_text(json_number(of, name), out);
}

static int has(const json_t *of, const char *name)
{
    return json_object_get(of, name) != NULL;
}

/* ---- Plan -----------------------------------------------------------------
 */

static void print_formula(const json_t *a)
{
    char amount[HOURS_TEXT], share[HOURS_TEXT], rate[HOURS_TEXT],
        cost[HOURS_TEXT];

    if (!strcmp(json_text(a, "formula"), "AMOUNT"))
        printf(_("%s € x %s %% of labour x %s %% of insertion / %s € an "
                 "hour.\n"),
               hundredths_of(a, "amount", amount),
               hundredths_of(a, "labour_share", share),
               hundredths_of(a, "rate", rate),
               hundredths_of(a, "hourly_cost", cost));
    if (!strcmp(json_text(a, "formula"), "LABOUR"))
        printf(_("%" PRId64 " hours of labour x %s %% of insertion.\n"),
               json_number(a, "labour_hours"), hundredths_of(a, "rate", rate));
}

static void print_pace(const json_t *a)
{
    char text[HOURS_TEXT];

    printf(_("That is %s full-time equivalents: %s.\n"),
           hundredths_of(a, "fte", text),
           words_of(&words_hours_size, json_text(a, "size")));
    if (has(a, "persons"))
        printf(_("Over %" PRId64 " weeks at %" PRId64
                 " h a week: persons needed: %" PRId64 ".\n"),
               json_number(a, "weeks"), json_number(a, "hours_week"),
               json_number(a, "persons"));
    if (has(a, "hours_each"))
        printf(_("%s h for each person.\n"),
               hundredths_of(a, "hours_each", text));
    if (has(a, "hours_operation"))
        printf(_("%s h for each operation.\n"),
               hundredths_of(a, "hours_operation", text));
}

static void print_workers(const json_t *workers)
{
    struct table_view *t = table_new();
    const json_t *w;
    size_t i;

    table_column(t, _("#"), TABLE_RIGHT);
    table_column(t, _("h a week"), TABLE_RIGHT);
    table_column(t, _("hours"), TABLE_RIGHT);
    table_column(t, _("note"), TABLE_CUT);
    json_array_foreach(workers, i, w)
    {
        const char *limit = json_text(w, "limit");

        table_line(t);
        table_cell(t, "%" PRId64, json_number(w, "person"));
        table_cell(t, "%" PRId64, json_number(w, "hours_week"));
        table_cell(t, "%" PRId64, json_number(w, "hours"));
        table_cell(t, "%s", *limit ? words_of(&words_hours_limit, limit) : "");
    }
    printf("\n");
    table_show(t);
}

static void print_sets(const json_t *a)
{
    const json_t *set, *part;
    size_t i, k;

    if (json_is_true(json_object_get(a, "feasible")))
        printf("%s\n", _("Together they can do it. Sufficient are:"));
    else
        printf(_("Together they can do %" PRId64 " hours; %" PRId64
                 " are missing.\n"),
               json_number(a, "covered"), json_number(a, "missing"));
    json_array_foreach(json_object_get(a, "sets"), i, set)
    {
        printf("- ");
        json_array_foreach(json_object_get(set, "persons"), k, part)
            printf("%s#%" PRId64, k ? " + " : "", json_number(part, "person"));
        printf(_(": %" PRId64 " h, %" PRId64 " to spare\n"),
               json_number(set, "hours"), json_number(set, "spare"));
    }
}

static void print_plan(const struct ctl *ctl, const json_t *a)
{
    char *assumed =
        answers_words(&words_hours_assumed, json_object_get(a, "assumed"));

    (void)ctl;
    if (has(a, "market"))
        table_title(_("Market %s, lot %" PRId64 ", as of %s"),
                    json_text(a, "market"), json_number(a, "lot"),
                    json_text(a, "on"));
    printf(_("%" PRId64 " hours of insertion.\n"), json_number(a, "hours"));
    print_formula(a);
    print_pace(a);
    if (assumed && *assumed)
        printf(_("Nobody said, so the rules did: %s.\n"), assumed);
    free(assumed);
    if (has(a, "workers")) {
        print_workers(json_object_get(a, "workers"));
        print_sets(a);
    }
    printf("\n");
    answers_print_versions(a);
}

static int plan(struct ctl *ctl)
{
    json_t *ask;
    int status =
        hours_begin(ctl, _("write: clausectl hours plan [MARKET]"), &ask);

    if (status)
        return status;
    take_figures(ctl, ask, plan_fields,
                 sizeof plan_fields / sizeof *plan_fields);
    if (ctl->figures[FIGURE_WORKERS])
        json_object_set_new(ask, "persons",
                            typed_workers(ctl->figures[FIGURE_WORKERS]));
    return ctl_ask_and_show(ctl, VERB_hours_plan, ask, print_plan);
}

/* ---- Summary --------------------------------------------------------------
 */

static void hours_cell(struct table_view *t, const json_t *row,
                       const char *name)
{
    char text[HOURS_TEXT];

    table_cell(t, "%s", has(row, name) ? hundredths_of(row, name, text) : "-");
}

/* Per mille as percent. */
static void progress_cell(struct table_view *t, const json_t *row)
{
    int64_t mille = json_number(row, "progress");

    if (has(row, "progress"))
        table_cell(t, "%" PRId64 "%s%" PRId64 " %%", mille / 10, _("."),
                   mille % 10);
    else
        table_cell(t, "-");
}

static void name_columns(struct table_view *t, const char *by)
{
    if (!strcmp(by, "CLAUSE")) {
        table_column(t, _("market"), TABLE_LEFT);
        table_column(t, _("lot"), TABLE_RIGHT);
        table_column(t, _("clause"), TABLE_RIGHT);
    } else if (!strcmp(by, "MARKET")) {
        table_column(t, _("market"), TABLE_LEFT);
    } else if (!strcmp(by, "BUYER")) {
        table_column(t, _("buyer"), TABLE_CUT);
    } else {
        table_column(t, _("territory"), TABLE_LEFT);
    }
}

static void name_cells(struct table_view *t, const char *by, const json_t *row)
{
    const char *name = json_text(row, "name");
    const char *buyer = json_text(row, "buyer");
    const char *territory = json_text(row, "territory");

    table_line(t);
    if (!strcmp(by, "CLAUSE") || !strcmp(by, "MARKET"))
        table_cell(t, "%s", json_text(row, "market"));
    else if (!strcmp(by, "BUYER"))
        table_cell(t, "%s%s%s", buyer, *buyer && *name ? " " : "",
                   *buyer ? name : _("not named"));
    else
        table_cell(t, "%s", *territory ? territory : _("several"));
    if (!strcmp(by, "CLAUSE")) {
        table_cell(t, "%" PRId64, json_number(row, "lot"));
        table_cell(t, "%" PRId64, json_number(row, "clause"));
    }
}

static void figure_cells(struct table_view *t, const json_t *row)
{
    static const char *const names[] = {"due",     "planned",  "committed",
                                        "done",    "counted",  "expected",
                                        "surplus", "remaining"};
    char *alerts =
        answers_words(&words_hours_alert, json_object_get(row, "alerts"));

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        hours_cell(t, row, names[i]);
    progress_cell(t, row);
    if (has(row, "persons"))
        table_cell(t, "%" PRId64, json_number(row, "persons"));
    else
        table_cell(t, "-");
    table_cell(t, "%s", alerts ? alerts : "");
    free(alerts);
}

static void figure_columns(struct table_view *t)
{
    table_column(t, _("due"), TABLE_RIGHT);
    table_column(t, _("planned"), TABLE_RIGHT);
    table_column(t, _("committed"), TABLE_RIGHT);
    table_column(t, _("done h"), TABLE_RIGHT);
    table_column(t, _("counted"), TABLE_RIGHT);
    table_column(t, _("expected"), TABLE_RIGHT);
    table_column(t, _("surplus"), TABLE_RIGHT);
    table_column(t, _("remaining"), TABLE_RIGHT);
    table_column(t, "%", TABLE_RIGHT);
    table_column(t, _("people"), TABLE_RIGHT);
    table_column(t, _("note"), TABLE_CUT);
}

static void print_summary(const struct ctl *ctl, const json_t *a)
{
    const char *by = json_text(a, "by");
    const json_t *total = json_object_get(a, "total"), *row;
    struct table_view *t = table_new();
    char due[HOURS_TEXT], counted[HOURS_TEXT], left[HOURS_TEXT];
    size_t i;

    (void)ctl;
    table_title(_("Hours of insertion as of %s"), json_text(a, "on"));
    name_columns(t, by);
    figure_columns(t);
    json_array_foreach(json_object_get(a, "rows"), i, row)
    {
        name_cells(t, by, row);
        figure_cells(t, row);
    }
    table_show(t);
    if (json_number(a, "more"))
        printf(_("%" PRId64 " rows more; --limit shows them\n"),
               json_number(a, "more"));
    printf(_("\nClauses: %" PRId64 ". Due: %s h; counted: %s h; remaining: %s "
             "h. With an alert: %" PRId64 ".\n"),
           json_number(total, "clauses"), hundredths_of(total, "due", due),
           hundredths_of(total, "counted", counted),
           hundredths_of(total, "remaining", left), json_number(total, "late"));
    answers_print_versions(a);
}

static int summary(struct ctl *ctl)
{
    json_t *ask;
    int status =
        hours_begin(ctl, _("write: clausectl hours summary [MARKET]"), &ask);

    if (status)
        return status;
    take_figures(ctl, ask, summary_fields,
                 sizeof summary_fields / sizeof *summary_fields);
    if (ctl->alerts)
        json_object_set_new(ask, "alerts", json_true());
    return ctl_ask_and_show(ctl, VERB_hours_summary, ask, print_summary);
}

/* ---- The command ----------------------------------------------------------
 */

int cmd_hours(struct ctl *ctl)
{
    const char *what = ctl->n_args ? ctl->args[0] : "";

    if (!strcmp(what, "plan"))
        return plan(ctl);
    if (!strcmp(what, "record"))
        return hours_record(ctl);
    if (!strcmp(what, "summary"))
        return summary(ctl);
    if (!strcmp(what, "pool"))
        return hours_pool(ctl);
    return ctl_misused(ctl, "%s",
                       _("write: clausectl hours plan [MARKET] | record FILE | "
                         "summary [MARKET] | pool [MARKET]"));
}
