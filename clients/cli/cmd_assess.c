/*
 * clausectl assess: market, reserved, scan.  Answers are lines that can be
 * pasted into a mail; shares are typed in percent and money in euros.
 */
#include "clients/cli/answers.h"
#include "clients/cli/cmd_hours.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Figures ------------------------------------------------------------ */

enum unit { UNIT_PLAIN, UNIT_CENTS, UNIT_BASIS, UNIT_PERCENT, UNIT_MILLE };

static void print_figure(enum unit unit, int64_t value)
{
    char text[HOURS_TEXT];

    if (unit == UNIT_CENTS)
        answers_print_euros(value);
    else if (unit == UNIT_BASIS)
        printf("%s", hours_text(value, text));
    else if (unit == UNIT_MILLE)
        printf("%" PRId64 "%s%" PRId64, value / 10, _("."), value % 10);
    else
        printf("%" PRId64, value);
    if (unit == UNIT_CENTS)
        printf(" €");
    else if (unit != UNIT_PLAIN)
        printf(" %%");
}

/* A line for a member that is there. */
static void print_line(const char *label, enum unit unit, const json_t *of,
                       const char *name)
{
    if (!json_object_get(of, name))
        return;
    printf("  %s ", label);
    print_figure(unit, json_number(of, name));
    printf("\n");
}

/* ---- Findings ----------------------------------------------------------- */

/* How a point's figures read: at least, at most, or of. */
enum held { HELD_LEAST, HELD_MOST, HELD_OF };
static const struct point_form {
    const char *code;
    enum unit unit;
    enum held held;
} forms[] = {
    {"A1", UNIT_CENTS, HELD_LEAST}, {"A2", UNIT_PLAIN, HELD_LEAST},
    {"A3", UNIT_PLAIN, HELD_LEAST}, {"A4", UNIT_BASIS, HELD_LEAST},
    {"A5", UNIT_BASIS, HELD_LEAST}, {"A6", UNIT_PLAIN, HELD_LEAST},
    {"A7", UNIT_PLAIN, HELD_LEAST}, {"A8", UNIT_PLAIN, HELD_MOST},
    {"B1", UNIT_PLAIN, HELD_LEAST}, {"B2", UNIT_PERCENT, HELD_LEAST},
    {"B3", UNIT_PLAIN, HELD_LEAST}, {"B4", UNIT_MILLE, HELD_MOST},
    {"B5", UNIT_PLAIN, HELD_OF},    {"B6", UNIT_PLAIN, HELD_LEAST},
    {"B7", UNIT_PLAIN, HELD_MOST},
};

static const struct point_form *form_of(const char *code)
{
    size_t i = 0;

    while (i + 1 < sizeof forms / sizeof *forms && strcmp(forms[i].code, code))
        i++;
    return &forms[i];
}

static void print_bound(const struct point_form *form, const json_t *finding)
{
    static const char *const texts[] = {
        [HELD_LEAST] = N_("at least "),
        [HELD_MOST] = N_("at most "),
        [HELD_OF] = N_("of "),
    };

    if (!json_object_get(finding, "bound"))
        return;
    printf(" (%s", _(texts[form->held]));
    print_figure(form->unit, json_number(finding, "bound"));
    printf(")");
}

static void print_finding(const json_t *finding)
{
    const char *code = json_text(finding, "point");
    const char *reason = json_text(finding, "reason");
    const struct point_form *form = form_of(code);

    printf(_("  %s %s: "), code, words_of(&words_assess_point, code));
    if (json_object_get(finding, "value"))
        print_figure(form->unit, json_number(finding, "value"));
    else
        printf("%s", _("not known"));
    print_bound(form, finding);
    printf(", %s",
           words_of(&words_assess_verdict, json_text(finding, "verdict")));
    if (*reason)
        printf("%s%s", _(": "), words_of(&words_assess_reason, reason));
    printf("\n");
}

static void print_findings(const json_t *of)
{
    const json_t *finding;
    size_t i;

    json_array_foreach(json_object_get(of, "findings"), i, finding)
        print_finding(finding);
}

/* ---- What is asked ------------------------------------------------------ */

static void set_figure(const struct ctl *ctl, json_t *ask, enum figure figure,
                       const char *name)
{
    if (ctl->figures[figure])
        json_object_set_new(ask, name, hours_hundredths(ctl->figures[figure]));
}

/* What all three questions take. */
static void take_hours(const struct ctl *ctl, json_t *ask)
{
    set_figure(ctl, ask, FIGURE_LABOUR_SHARE, "labour_share");
    set_figure(ctl, ask, FIGURE_RATE, "rate");
    set_figure(ctl, ask, FIGURE_HOURLY_COST, "hourly_cost");
}

/* What market and scan take of the place. */
static void take_distance(const struct ctl *ctl, json_t *ask)
{
    if (ctl->adjacent_km)
        json_object_set_new(ask, "adjacent_km", json_string(ctl->adjacent_km));
}

/* ---- assess market ------------------------------------------------------ */

static void print_hours(const json_t *lot)
{
    if (!json_object_get(lot, "hours"))
        return;
    printf(_("  hours of insertion: %" PRId64), json_number(lot, "hours"));
    if (json_object_get(lot, "persons"))
        printf(_(", for %" PRId64 " people"), json_number(lot, "persons"));
    printf("\n");
    print_line(_("share of labour:"), UNIT_BASIS, lot, "labour_share");
    print_line(_("insertion in it:"), UNIT_BASIS, lot, "rate");
    print_line(_("hourly cost:"), UNIT_CENTS, lot, "hourly_cost");
}

static void print_lot(const json_t *lot)
{
    const char *kind = json_text(lot, "kind");
    const char *advice = json_text(lot, "advice");

    printf(_("\nLot %" PRId64), json_number(lot, "lot"));
    printf("%s%s\n", *json_text(lot, "object") ? _(": ") : "",
           json_text(lot, "object"));
    printf(_("  worth a clause: %s\n"),
           words_of(&words_assess_worth, json_text(lot, "worth")));
    if (*kind)
        printf(_("  advised: %s\n"), words_of(&words_clause_kind, kind));
    if (*advice)
        printf(_("  by the number of structures: %s\n"),
               words_of(&words_assess_advice, advice));
    print_line(_("amount:"), UNIT_CENTS, lot, "amount");
    print_hours(lot);
    print_line(_("structures that fit:"), UNIT_PLAIN, lot, "structures");
    print_line(_("their free hours over the lot:"), UNIT_PLAIN, lot,
               "free_hours");
    print_line(_("amount in their mean turnover:"), UNIT_PERCENT, lot,
               "dependence");
    print_findings(lot);
}

static void print_market(const struct ctl *ctl, const json_t *answer)
{
    const json_t *law = json_object_get(answer, "obligation"), *lot;
    size_t i;

    (void)ctl;
    answers_print_head(answer);
    printf("%s\n", words_of(&words_obligation, json_text(law, "state")));
    printf(_("Worth a clause: %s\n"),
           words_of(&words_assess_worth, json_text(answer, "worth")));
    if (json_object_get(answer, "hours"))
        printf(_("Hours of insertion in all: %" PRId64 "\n"),
               json_number(answer, "hours"));
    json_array_foreach(json_object_get(answer, "lots"), i, lot) print_lot(lot);
    answers_print_foot(answer);
}

static int assess_market(struct ctl *ctl)
{
    json_t *ask = answers_options(ctl, ASK_LOT | ASK_PEOPLE);

    json_object_set_new(ask, "market", json_string(ctl->args[1]));
    take_hours(ctl, ask);
    take_distance(ctl, ask);
    hours_set(ctl, ask, FIGURE_LABOUR_HOURS, "labour_hours");
    return ctl_ask_and_show(ctl, VERB_assess_market, ask, print_market);
}

/* ---- assess reserved ---------------------------------------------------- */

static void print_no_offer(const json_t *of)
{
    if (!json_object_get(of, "no_offer"))
        return;
    printf(_(", no offer at all in "));
    print_figure(UNIT_MILLE, json_number(of, "no_offer"));
}

/* "SPLIT" with its parts, "ENLARGE" with its kind. */
static void print_change(const json_t *change)
{
    const char *what = json_text(change, "change");

    printf("  %s", words_of(&words_assess_change, what));
    if (json_object_get(change, "parts"))
        printf(" (%" PRId64 ")", json_number(change, "parts"));
    printf("%s%s", _(": "),
           words_of(&words_assess_risk, json_text(change, "risk")));
    print_no_offer(change);
    printf("\n");
}

static void print_split(const json_t *split)
{
    printf(_("  parts: %" PRId64), json_number(split, "parts"));
    if (json_object_get(split, "amount")) {
        printf(", ");
        print_figure(UNIT_CENTS, json_number(split, "amount"));
    }
    if (json_object_get(split, "hours"))
        printf(_(", hours: %" PRId64), json_number(split, "hours"));
    printf(_(", operators: %" PRId64 ", able alone: %" PRId64 ", %s"),
           json_number(split, "units"), json_number(split, "able"),
           words_of(&words_assess_risk, json_text(split, "risk")));
    print_no_offer(split);
    printf("\n");
}

static void print_unit(const json_t *unit)
{
    printf("  %s: ", json_text(unit, "siren"));
    print_figure(UNIT_MILLE, json_number(unit, "interest"));
    if (json_object_get(unit, "free_hours"))
        printf(_(", free hours a month: %" PRId64),
               json_number(unit, "free_hours"));
    if (json_object_get(unit, "dependence"))
        printf(_(", %" PRId64 " %% of the turnover"),
               json_number(unit, "dependence"));
    if (!json_is_true(json_object_get(unit, "whole")))
        printf("%s", _(", not every place"));
    printf("\n");
}

static void print_rows(const char *title, const json_t *rows,
                       void (*print)(const json_t *row))
{
    const json_t *row;
    size_t i;

    if (json_array_size(rows))
        printf("\n%s\n", title);
    json_array_foreach(rows, i, row) print(row);
}

static void print_reserved(const struct ctl *ctl, const json_t *answer)
{
    const char *smallest = json_text(answer, "smallest");

    (void)ctl;
    answers_print_head(answer);
    printf(_("Lot %" PRId64 ", %s: %s"), json_number(answer, "lot"),
           words_of(&words_clause_kind, json_text(answer, "kind")),
           words_of(&words_assess_risk, json_text(answer, "risk")));
    print_no_offer(answer);
    printf("\n");
    print_findings(answer);
    if (*smallest)
        printf(_("\nThe smallest change that lowers the risk: %s\n"),
               words_of(&words_assess_change, smallest));
    print_rows(_("Changes:"), json_object_get(answer, "changes"), print_change);
    print_rows(_("In equal parts:"), json_object_get(answer, "splits"),
               print_split);
    print_rows(_("Operators (SIREN), and how likely each makes an offer:"),
               json_object_get(answer, "units"), print_unit);
    answers_print_foot(answer);
}

static int assess_reserved(struct ctl *ctl)
{
    json_t *ask = answers_options(ctl, ASK_LOT | ASK_LIMIT);

    json_object_set_new(ask, "market", json_string(ctl->args[1]));
    hours_set(ctl, ask, FIGURE_KIND, "kind");
    take_hours(ctl, ask);
    return ctl_ask_and_show(ctl, VERB_assess_reserved, ask, print_reserved);
}

/* ---- assess scan -------------------------------------------------------- */

static void print_row(const json_t *row)
{
    char *reasons =
        answers_words(&words_assess_reason, json_object_get(row, "reasons"));

    printf("\n%" PRId64 ". %s%s%s\n", json_number(row, "rank"),
           json_text(row, "market"), *json_text(row, "object") ? _(": ") : "",
           json_text(row, "object"));
    if (*json_text(row, "buyer"))
        printf(_("  buyer: %s\n"), json_text(row, "buyer"));
    printf("  %s\n", words_of(&words_obligation, json_text(row, "obligation")));
    printf(_("  worth a clause: %s\n"),
           words_of(&words_assess_worth, json_text(row, "worth")));
    print_line(_("amount:"), UNIT_CENTS, row, "amount");
    print_line(_("hours of insertion:"), UNIT_PLAIN, row, "hours");
    printf(_("  lots worth one: %" PRId64 " of %" PRId64 "\n"),
           json_number(row, "worth_lots"), json_number(row, "lots"));
    if (reasons && *reasons)
        printf(_("  against it: %s\n"), reasons);
    free(reasons);
}

static void print_scan(const struct ctl *ctl, const json_t *answer)
{
    const json_t *row;
    size_t i;

    (void)ctl;
    table_title(_("Markets without a clause, as of %s: %" PRId64),
                json_text(answer, "on"), json_number(answer, "markets"));
    json_array_foreach(json_object_get(answer, "rows"), i, row) print_row(row);
    answers_print_foot(answer);
}

static int assess_scan(struct ctl *ctl)
{
    json_t *ask = answers_options(ctl, ASK_PEOPLE), *markets = json_array();

    for (int i = 1; i < ctl->n_args; i++)
        json_array_append_new(markets, json_string(ctl->args[i]));
    json_object_set_new(ask, "markets", markets);
    if (ctl->limit)
        json_object_set_new(ask, "page_size", json_string(ctl->limit));
    take_hours(ctl, ask);
    take_distance(ctl, ask);
    return ctl_ask_and_show(ctl, VERB_assess_scan, ask, print_scan);
}

int cmd_assess(struct ctl *ctl)
{
    const char *what = ctl->n_args ? ctl->args[0] : "";

    if (!strcmp(what, "market") && ctl->n_args == 2)
        return assess_market(ctl);
    if (!strcmp(what, "reserved") && ctl->n_args == 2)
        return assess_reserved(ctl);
    if (!strcmp(what, "scan"))
        return assess_scan(ctl);
    return ctl_misused(ctl, "%s",
                       _("write: clausectl assess market|reserved MARKET, or "
                         "clausectl assess scan [MARKET...]"));
}
