/*
 * clausectl eligibility: what a person is eligible for and what proof lacks,
 * as lines that can be pasted into a mail to whoever accompanies the person.
 */
#include "clients/cli/answers.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- The question ------------------------------------------------------- */

static void set(json_t *ask, const char *name, const char *typed)
{
    if (typed)
        json_object_set_new(ask, name, json_string(typed));
}

static void set_list(json_t *ask, const char *name, const char *typed)
{
    if (typed)
        json_object_set_new(ask, name, answers_typed_list(typed));
}

/* An employer that is named made its own diagnosis. */
static void set_diagnosis(const struct ctl *ctl, json_t *ask)
{
    json_t *made;

    if (!ctl->prescriber && !ctl->employer)
        return;
    made = json_object();
    set(made, "by", ctl->prescriber ? "PRESCRIBER" : "EMPLOYER");
    set(made, "on", ctl->prescriber ? ctl->prescriber : ctl->employer);
    if (!ctl->prescriber)
        set(made, "structure", ctl->structure);
    json_object_set_new(ask, "diagnosis", made);
}

static void set_mission(const struct ctl *ctl, json_t *ask)
{
    json_t *mission;

    if (!ctl->mission)
        return;
    mission = json_object();
    set(mission, "hours", ctl->mission);
    set(mission, "client", ctl->client ? ctl->client : "FIRM");
    set(mission, "done", ctl->done);
    set(mission, "first_on", ctl->first_on);
    set(mission, "layoff_on", ctl->layoff_on);
    json_object_set_new(ask, "mission", mission);
}

static json_t *question_of(const struct ctl *ctl)
{
    json_t *ask = json_object();

    set(ask, "profile", ctl->args[0]);
    set(ask, "on", ctl->on);
    set_list(ask, "kinds", ctl->kinds);
    set(ask, "structure", ctl->structure);
    set_diagnosis(ctl, ask);
    set(ask, "territory", ctl->figures[FIGURE_TERRITORY]);
    set_list(ask, "publics", ctl->publics);
    set_mission(ctl, ask);
    return ask;
}

/* ---- The answer --------------------------------------------------------- */

static void print_pass(const json_t *pass)
{
    const char *until = json_text(pass, "until");

    if (!pass)
        return;
    printf("%s", words_of(&words_pass_state, json_text(pass, "state")));
    if (*until)
        printf(_(" (last day: %s)"), until);
    if (*json_text(pass, "waiting_until"))
        printf(_(", until %s"), json_text(pass, "waiting_until"));
    printf("\n");
}

static void print_diagnosis(const json_t *made)
{
    if (!made)
        return;
    printf(
        _("Diagnosis of %s, by %s: last day %s, %s\n"), json_text(made, "on"),
        words_of(&words_diagnostician, json_text(made, "by")),
        json_text(made, "until"),
        json_is_true(json_object_get(made, "valid")) ? _("valid") : _("over"));
}

static void print_kinds(const json_t *kinds)
{
    struct table_view *t = table_new();
    const json_t *kind;
    size_t i;

    table_column(t, _("kind"), TABLE_LEFT);
    table_column(t, _("eligible"), TABLE_LEFT);
    table_column(t, _("level 1"), TABLE_RIGHT);
    table_column(t, _("level 2"), TABLE_RIGHT);
    table_column(t, _("needed"), TABLE_RIGHT);
    table_column(t, _("why"), TABLE_LEFT);
    json_array_foreach(kinds, i, kind)
    {
        int yes = json_is_true(json_object_get(kind, "eligible"));
        const char *by = words_of(&words_eligible_by, json_text(kind, "by"));
        const char *why =
            words_of(&words_ineligible, json_text(kind, "reason"));

        table_line(t);
        table_cell(t, "%s", json_text(kind, "kind"));
        table_cell(t, "%s", yes ? _("yes") : _("no"));
        table_cell(t, "%" PRId64, json_number(kind, "level1"));
        table_cell(t, "%" PRId64, json_number(kind, "level2"));
        table_cell(t, "%" PRId64, json_number(kind, "needed"));
        table_cell(t, "%s%s", yes ? by : why,
                   json_is_true(json_object_get(kind, "renewable"))
                       ? _("; a new diagnosis would do")
                       : "");
    }
    table_show(t);
}

static void print_item(const char *code)
{
    printf("- ");
    printf(_("%s: "), code);
}

/* "RSA: proof no longer valid since ...; to be shown: ..." */
static void print_criterion(const json_t *c)
{
    const char *until = json_text(c, "until");
    const char *proof = json_text(c, "proof");

    print_item(json_text(c, "code"));
    if (json_is_true(json_object_get(c, "missing")))
        printf(_("proof over, last day %s"), until);
    else if (json_is_true(json_object_get(c, "renew")))
        printf(_("proof to be renewed, last day %s"), until);
    else if (*until)
        printf(_("holds, last day %s"), until);
    else
        printf("%s", _("holds"));
    if (*proof && *until) {
        printf("%s%s", _("; "), words_of(&words_proof, proof));
        if (json_object_get(c, "months"))
            printf(_(", of less than %" PRId64 " months"),
                   json_number(c, "months"));
    }
    printf("\n");
}

static void print_criteria(const json_t *criteria)
{
    const json_t *criterion;
    size_t i;

    if (!json_array_size(criteria))
        return;
    table_title("\n%s", _("Criteria and their proofs"));
    json_array_foreach(criteria, i, criterion) print_criterion(criterion);
}

static void print_public(const json_t *p)
{
    const json_t *proofs = json_object_get(p, "proofs");
    char *wanted = answers_words(&words_proof, proofs);

    print_item(json_text(p, "public"));
    if (!json_is_true(json_object_get(p, "accepted")))
        printf("%s", _("not a public here"));
    else if (json_is_true(json_object_get(p, "holds")))
        printf("%s", _("yes"));
    else if (json_is_true(json_object_get(p, "expired")))
        printf("%s", _("no longer, the proof is over"));
    else
        printf("%s", _("no"));
    if (wanted && *wanted)
        printf(_("; would be proved by: %s"), wanted);
    if (*json_text(p, "condition"))
        printf(_("; to be looked at: %s"), json_text(p, "condition"));
    if (*json_text(p, "territory"))
        printf(" [%s]", json_text(p, "territory"));
    printf("\n");
    free(wanted);
}

static void print_publics(const json_t *publics)
{
    const json_t *public;
    size_t i;

    if (!json_array_size(publics))
        return;
    table_title("\n%s", _("Publics of clauses"));
    json_array_foreach(publics, i, public) print_public(public);
}

static void print_mission(const json_t *m)
{
    if (!m)
        return;
    table_title("\n%s", _("Mission of an AI"));
    printf(_("Allowed: %" PRId64 " h, refused: %" PRId64 " h\n"),
           json_number(m, "allowed"), json_number(m, "refused"));
    if (*json_text(m, "reason"))
        printf("- %s\n", words_of(&words_ai_limit, json_text(m, "reason")));
    if (json_object_get(m, "limit"))
        printf(_("Counted: %" PRId64 " h of %" PRId64
                 " h, in the period until %s\n"),
               json_number(m, "counted"), json_number(m, "limit"),
               json_text(m, "period_until"));
    if (*json_text(m, "source"))
        printf(_("Source: %s\n"), json_text(m, "source"));
}

static void print_eligibility(const struct ctl *ctl, const json_t *answer)
{
    (void)ctl;
    table_title(_("Eligibility of %s, as of %s"), json_text(answer, "profile"),
                json_text(answer, "on"));
    print_pass(json_object_get(answer, "pass"));
    print_diagnosis(json_object_get(answer, "diagnosis"));
    printf("\n");
    print_kinds(json_object_get(answer, "kinds"));
    print_criteria(json_object_get(answer, "criteria"));
    print_publics(json_object_get(answer, "publics"));
    print_mission(json_object_get(answer, "mission"));
    printf("\n%s\n",
           _("This is advice: whoever accompanies the person validates it "
             "before the work begins."));
    answers_print_versions(answer);
}

int cmd_eligibility(struct ctl *ctl)
{
    if (ctl->n_args != 1)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl eligibility PROFILE "
                             "[--territory CODE]"));
    if (ctl->prescriber && ctl->employer)
        return ctl_misused(ctl, "%s",
                           _("--prescriber or --employer, not both"));
    if (!ctl->mission &&
        (ctl->client || ctl->done || ctl->first_on || ctl->layoff_on))
        return ctl_misused(ctl, "%s",
                           _("--client, --done, --first-on and --layoff-on "
                             "are about a --mission"));
    return ctl_ask_and_show(ctl, VERB_profile_eligibility, question_of(ctl),
                            print_eligibility);
}
