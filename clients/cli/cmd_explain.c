/*
 * clausectl explain and reasons: why one candidate is or is not in the
 * answer, and why all the others are not.
 */
#include "clients/cli/answers.h"
#include "clients/cli/words.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- explain ---------------------------------------------------------- */

/* SIRET-KIND is a structure; anything else is a pseudonym. */
static int is_structure_id(const char *id)
{
    for (int i = 0; i < 14; i++)
        if (!isdigit((unsigned char)id[i]))
            return 0;
    return id[14] == '-' &&
           vocabulary_find(&words_kind, slice_of(id + 15)) >= 0;
}

static void print_components(const json_t *hit, const char *const *names,
                             size_t n)
{
    const json_t *components = json_object_get(hit, "components");
    const json_t *unknown = json_object_get(hit, "unknown"), *code;
    struct table_view *t = table_new();
    char *guessed;

    table_column(t, _("part of the score"), TABLE_LEFT);
    table_column(t, _("of 1000"), TABLE_RIGHT);
    for (size_t i = 0; i < n; i++) {
        table_line(t);
        table_cell(t, "%s", words_of(&words_component, names[i]));
        table_cell(t, "%" PRId64, json_number(components, names[i]));
    }
    table_show(t);
    if ((code = json_object_get(hit, "km")))
        printf(_("Distance: %lld km.\n"), (long long)json_integer_value(code));
    if (json_array_size(unknown)) {
        guessed = answers_words(&words_component, unknown);
        printf(_("Not known, counted 500: %s.\n"), guessed ? guessed : "");
        free(guessed);
    }
    if (json_array_size(json_object_get(hit, "marks"))) {
        guessed = answers_words(&words_mark, json_object_get(hit, "marks"));
        printf(_("Note: %s.\n"), guessed ? guessed : "");
        free(guessed);
    }
}

static void print_missing(const json_t *hit)
{
    const json_t *code;
    size_t i;

    if (!json_array_size(json_object_get(hit, "missing")))
        return;
    printf("%s", _("Not wholly covered:"));
    json_array_foreach(json_object_get(hit, "missing"), i, code)
        printf("%s %s", i ? "," : "", json_string_value(code));
    printf("\n");
}

/* What would let the candidate through this filter, so far as the reason alone
 * tells; it may fail a later one. */
static const char *remedy_of(const char *reason)
{
    static const struct {
        const char *reason;
        const char *text;
    } table[] = {
        {"INACTIVE", N_("It would need the status \"active\".")},
        {"AGREEMENT_EXPIRED",
         N_("It would need an agreement that holds at the start of the lot "
            "(agreement_from, agreement_until).")},
        {"KIND_NOT_ALLOWED", N_("The lot's clauses, or --kinds where it is "
                                "given, would have to admit its kind.")},
        {"SHARE_LT_50", N_("It would need a share (public_share) of 50 or "
                           "more.")},
        {"MODE_NOT_ALLOWED", N_("One of its activities would need a mode "
                                "that the lot and its clauses ask for.")},
        {"ACTIVITY", N_("One of its activities would need the lot's CPV code "
                        "or sector, or the trade of its jobs.")},
        {"NATIONWIDE_EXCLUDED", N_("Ask again without --nationwide.")},
        {"NO_CAPACITY", N_("It would need free hours (free_hours) again.")},
        {"AMOUNT", N_("The lot's amount would have to lie between its "
                      "lot_min and lot_max.")},
        {"NO_CONSENT", N_("A fresh consent (consent_on) or contact "
                          "(last_contact_on) would be needed.")},
        {"SUSPENDED", N_("A start after the suspension (pass_suspended_until) "
                         "would be needed.")},
        {"EXPIRED", N_("A renewed proof (until, pass_until) would be "
                       "needed.")},
        {"NOT_ELIGIBLE", N_("A criterion or PASS among those the clause "
                            "admits would be needed.")},
        {"JOB", N_("The profile would have to name this job's trade, or one "
                   "close to it.")},
        {"DISTANCE", N_("A wider mobility (mobility_km) would be needed.")},
        {"MOBILITY", N_("The vehicle or the licence that the job asks for "
                        "would be needed.")},
        {"NOT_AVAILABLE", N_("An earlier date (available_from), or more "
                             "--grace, would be needed.")},
        {"HOURS", N_("The job's weekly hours would have to lie between "
                     "hours_min and hours_max.")},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i].reason, reason))
            return _(table[i].text);
    return NULL;
}

/* Either it scores and says how, or it has exactly one reason. */
static void print_verdict(const char *candidate, const json_t *verdict,
                          const char *const *names, size_t n)
{
    const json_t *hit = json_object_get(verdict, "hit");
    const char *reason = json_text(verdict, "reason");

    if (!json_is_true(json_object_get(verdict, "matched"))) {
        printf(_("%s is not in the answer: %s [%s].\n"), candidate,
               words_of(&words_reason, reason), reason);
        if (remedy_of(reason))
            printf("%s\n", remedy_of(reason));
        return;
    }
    printf(_("%s is a match: score %" PRId64 " of 1000.\n"), candidate,
           json_number(hit, "score"));
    if (*json_text(hit, "name"))
        printf("%s, %s\n", json_text(hit, "name"), json_text(hit, "commune"));
    print_components(hit, names, n);
    print_missing(hit);
}

static void print_explanation(const struct ctl *ctl, const json_t *answer)
{
    const json_t *structure = json_object_get(answer, "structure"), *job;
    size_t i;

    answers_print_head(answer);
    printf(_("Lot %" PRId64 "\n"), json_number(answer, "lot"));
    answers_print_warnings(answer);
    if (structure)
        print_verdict(ctl->args[1], structure, answers_structure_components, 5);
    json_array_foreach(json_object_get(answer, "jobs"), i, job)
    {
        printf(_("Job %" PRId64 ": "), json_number(job, "job"));
        print_verdict(ctl->args[1], job, answers_person_components, 4);
    }
    answers_print_foot(answer);
}

int cmd_explain(struct ctl *ctl)
{
    json_t *ask;

    if (ctl->n_args != 2)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl explain MARKET CANDIDATE"));
    ask = answers_parameters(ctl,
                             ASK_LOT | ASK_JOB | ASK_STRUCTURES | ASK_PEOPLE);
    json_object_set_new(ask,
                        is_structure_id(ctl->args[1]) ? "structure" : "profile",
                        json_string(ctl->args[1]));
    return ctl_ask_and_show(ctl, VERB_match_explain, ask, print_explanation);
}

/* ---- reasons ---------------------------------------------------------- */

/* In the order of the filters, so that the first line is the first hurdle. */
static void print_tally(const char *title, const json_t *tally)
{
    struct table_view *t = table_new();
    const json_t *row;
    size_t i;

    table_title(_("\n%s: %" PRId64 " looked at, %" PRId64 " match"), title,
                json_number(tally, "candidates"),
                json_number(tally, "matched"));
    table_column(t, _("how many"), TABLE_RIGHT);
    table_column(t, _("why not"), TABLE_LEFT);
    table_column(t, _("code"), TABLE_LEFT);
    json_array_foreach(json_object_get(tally, "reasons"), i, row)
    {
        const char *reason = json_text(row, "reason");

        table_line(t);
        table_cell(t, "%" PRId64, json_number(row, "count"));
        table_cell(t, "%s", words_of(&words_reason, reason));
        table_cell(t, "%s", reason);
    }
    table_show(t);
}

static void print_reasons(const struct ctl *ctl, const json_t *answer)
{
    const json_t *structures = json_object_get(answer, "structures"), *job;
    char title[64];
    size_t i;

    (void)ctl;
    answers_print_head(answer);
    printf(_("Lot %" PRId64 "\n"), json_number(answer, "lot"));
    answers_print_warnings(answer);
    if (structures)
        print_tally(_("Structures"), structures);
    json_array_foreach(json_object_get(answer, "jobs"), i, job)
    {
        snprintf(title, sizeof title, _("People for job %" PRId64),
                 json_number(job, "job"));
        print_tally(title, job);
    }
    answers_print_foot(answer);
}

int cmd_reasons(struct ctl *ctl)
{
    if (ctl->n_args != 1)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl reasons MARKET [--lot N]"));
    return ctl_ask_and_show(
        ctl, VERB_match_reasons,
        answers_parameters(ctl, ASK_LOT | ASK_STRUCTURES | ASK_PEOPLE),
        print_reasons);
}
