/*
 * clausectl reverse: the open lots of one structure, or the open jobs of one
 * person.
 */
#include "clients/cli/answers.h"
#include "clients/cli/words.h"
#include "protocol/civil.h"

#include <inttypes.h>
#include <string.h>

/* The last day for an offer, as the clocks of Paris have it. */
static void deadline_cell(struct table_view *t, const json_t *hit)
{
    const char *deadline = json_text(hit, "deadline");
    char text[11];
    int64_t at;

    if (!civil_parse_time(slice_of(deadline), &at)) {
        table_cell(t, "-");
        return;
    }
    civil_format_date(civil_paris_date(at), text);
    table_cell(t, "%s", text);
}

/* Which lot: in both tables. */
static void lot_columns(struct table_view *t)
{
    table_column(t, _("#"), TABLE_RIGHT);
    table_column(t, _("market"), TABLE_LEFT);
    table_column(t, _("lot"), TABLE_RIGHT);
}

static void lot_cells(struct table_view *t, size_t i, const json_t *hit)
{
    table_line(t);
    table_cell(t, "%zu", i + 1);
    table_cell(t, "%s", json_text(hit, "market"));
    table_cell(t, "%" PRId64, json_number(hit, "lot"));
}

static void print_lots(const json_t *hits)
{
    struct table_view *t = table_new();
    const json_t *hit;
    size_t i;

    lot_columns(t);
    table_column(t, _("object"), TABLE_CUT);
    table_column(t, _("buyer"), TABLE_CUT);
    table_column(t, _("deadline"), TABLE_LEFT);
    answers_structure_columns(t);
    json_array_foreach(hits, i, hit)
    {
        lot_cells(t, i, hit);
        table_cell(t, "%s", json_text(hit, "object"));
        table_cell(t, "%s", json_text(hit, "buyer"));
        deadline_cell(t, hit);
        answers_structure_cells(t, hit);
    }
    table_show(t);
}

/* What a counsellor would tell the person first: which work, where, from
 * when. */
static void print_jobs(const json_t *hits)
{
    struct table_view *t = table_new();
    const json_t *hit;
    size_t i;

    lot_columns(t);
    table_column(t, _("job no."), TABLE_RIGHT);
    table_column(t, "ROME", TABLE_LEFT);
    table_column(t, _("title"), TABLE_CUT);
    table_column(t, _("commune"), TABLE_CUT);
    table_column(t, _("from"), TABLE_LEFT);
    table_column(t, _("deadline"), TABLE_LEFT);
    answers_person_columns(t);
    json_array_foreach(hits, i, hit)
    {
        const char *title = json_text(hit, "title");

        lot_cells(t, i, hit);
        table_cell(t, "%" PRId64, json_number(hit, "job"));
        table_cell(t, "%s", json_text(hit, "rome"));
        table_cell(t, "%s", *title ? title : json_text(hit, "object"));
        table_cell(t, "%s", json_text(hit, "commune"));
        table_cell(t, "%s", json_text(hit, "start"));
        deadline_cell(t, hit);
        answers_person_cells(t, hit);
    }
    table_show(t);
}

static void print_reverse(const struct ctl *ctl, const json_t *answer)
{
    const json_t *lots = json_object_get(answer, "lots");
    const json_t *jobs = json_object_get(answer, "jobs");
    const char *on = json_text(answer, "on");

    if (!strcmp(ctl->args[0], "structure"))
        table_title(_("Open lots for %s, %s, as of %s"),
                    json_text(answer, "structure"), json_text(answer, "name"),
                    on);
    else
        table_title(_("Open jobs for %s, as of %s"),
                    json_text(answer, "profile"), on);
    if (lots)
        print_lots(lots);
    if (jobs)
        print_jobs(jobs);
    if (!lots && !jobs)
        printf(_("none; `clausectl explain MARKET %s' says why not, of one "
                 "market\n"),
               ctl->args[1]);
    printf("\n%s\n",
           _("Scores are out of 1000; ? marks what is not known and counts "
             "500."));
    answers_print_foot(answer);
}

int cmd_reverse(struct ctl *ctl)
{
    json_t *ask;

    if (ctl->n_args != 2 || (strcmp(ctl->args[0], "structure") != 0 &&
                             strcmp(ctl->args[0], "profile") != 0))
        return ctl_misused(ctl, "%s",
                           _("write: clausectl reverse structure|profile ID"));
    ask = answers_options(ctl, ASK_LIMIT | ASK_STRUCTURES | ASK_PEOPLE);
    json_object_set_new(ask, ctl->args[0], json_string(ctl->args[1]));
    return ctl_ask_and_show(ctl, VERB_match_reverse, ask, print_reverse);
}
