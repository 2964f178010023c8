/*
 * clausectl match: the best structures and people for a market, lot by lot.
 *
 * The JSON is one document of one form, whether all lots were asked for or
 * one: {market, on, rules, reference, approximate, lots: [...]}.
 */
#include "clients/cli/answers.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Asking ----------------------------------------------------------- */

static int wants_structures(const struct ctl *ctl)
{
    return ctl->structures || !ctl->people;
}

static int wants_people(const struct ctl *ctl)
{
    return ctl->people || !ctl->structures;
}

/* The daemon answers for both; what was not asked for is dropped here. */
static int ask_all_lots(struct ctl *ctl, json_t **document)
{
    json_t *lot;
    size_t i;
    int status = ctl_call(
        ctl, VERB_match_market,
        answers_parameters(ctl, ASK_LIMIT | ASK_STRUCTURES | ASK_PEOPLE),
        document);

    if (status)
        return status;
    json_array_foreach(json_object_get(*document, "lots"), i, lot)
    {
        if (!wants_structures(ctl))
            json_object_del(lot, "structures");
        if (!wants_people(ctl))
            json_object_del(lot, "jobs");
    }
    return DONE;
}

/* Put the one lot of ANSWER (taken) where match.market has its lots, beside
 * what is already there. */
static void merge(json_t **document, json_t *answer)
{
    json_t *lot = json_incref(json_object_get(answer, "lot")), *lots;

    json_object_del(answer, "lot");
    if (!*document) {
        json_object_set_new(answer, "lots", json_pack("[o]", lot));
        *document = answer;
        return;
    }
    lots = json_object_get(*document, "lots");
    json_object_update(json_array_get(lots, 0), lot);
    if (json_is_true(json_object_get(answer, "approximate")))
        json_object_set_new(*document, "approximate", json_true());
    json_decref(lot);
    json_decref(answer);
}

static int ask_one_lot(struct ctl *ctl, json_t **document)
{
    json_t *answer;
    int status = DONE;

    *document = NULL;
    if (wants_structures(ctl)) {
        status = ctl_call(
            ctl, VERB_match_structures,
            answers_parameters(ctl, ASK_LOT | ASK_LIMIT | ASK_STRUCTURES),
            &answer);
        if (!status)
            merge(document, answer);
    }
    if (!status && wants_people(ctl)) {
        status = ctl_call(
            ctl, VERB_match_people,
            answers_parameters(ctl, ASK_LOT | ASK_JOB | ASK_LIMIT | ASK_PEOPLE),
            &answer);
        if (!status)
            merge(document, answer);
    }
    return status;
}

/* ---- Printing --------------------------------------------------------- */

static void print_structures(const json_t *hits)
{
    struct table_view *t = table_new();
    const json_t *hit;
    size_t i;

    table_title("%s", _("Structures"));
    if (!json_array_size(hits))
        printf("%s\n", _("none; `clausectl reasons' counts why"));
    table_column(t, _("#"), TABLE_RIGHT);
    table_column(t, _("structure"), TABLE_LEFT);
    table_column(t, _("name"), TABLE_CUT);
    table_column(t, _("kind"), TABLE_LEFT);
    table_column(t, _("commune"), TABLE_CUT);
    answers_structure_columns(t);
    json_array_foreach(hits, i, hit)
    {
        table_line(t);
        table_cell(t, "%zu", i + 1);
        table_cell(t, "%s", json_text(hit, "id"));
        table_cell(t, "%s", json_text(hit, "name"));
        table_cell(t, "%s", json_text(hit, "kind"));
        table_cell(t, "%s", json_text(hit, "commune"));
        answers_structure_cells(t, hit);
    }
    table_show(t);
}

/* A person is a pseudonym, a score and its parts; nothing else is known here.
 */
static void print_people(const json_t *job)
{
    struct table_view *t = table_new();
    const json_t *hits = json_object_get(job, "candidates"), *hit;
    size_t i;

    table_title(_("\nPeople for job %" PRId64 " (%s), from %s"),
                json_number(job, "job"), json_text(job, "rome"),
                json_text(job, "start"));
    if (!json_array_size(hits))
        printf("%s\n", _("none; `clausectl reasons' counts why"));
    table_column(t, _("#"), TABLE_RIGHT);
    table_column(t, _("person"), TABLE_LEFT);
    answers_person_columns(t);
    json_array_foreach(hits, i, hit)
    {
        table_line(t);
        table_cell(t, "%zu", i + 1);
        table_cell(t, "%s", json_text(hit, "id"));
        answers_person_cells(t, hit);
    }
    table_show(t);
}

static void print_lot(const struct ctl *ctl, const json_t *lot)
{
    const json_t *job;
    size_t i;

    printf("\n");
    table_title(_("Lot %" PRId64 ": %s (starts %s)"), json_number(lot, "lot"),
                json_text(lot, "object"), json_text(lot, "start"));
    answers_print_warnings(lot);
    if (wants_structures(ctl))
        print_structures(json_object_get(lot, "structures"));
    if (!wants_people(ctl))
        return;
    json_array_foreach(json_object_get(lot, "jobs"), i, job) print_people(job);
    if (!json_array_size(json_object_get(lot, "jobs")))
        printf("%s\n", _("The lot names no job to look for people for."));
}

static void print_match(const struct ctl *ctl, const json_t *document)
{
    const json_t *lot;
    size_t i;

    answers_print_head(document);
    json_array_foreach(json_object_get(document, "lots"), i, lot)
        print_lot(ctl, lot);
    printf("\n%s\n",
           _("Scores are out of 1000; ? marks what is not known and counts "
             "500."));
    answers_print_foot(document);
}

int cmd_match(struct ctl *ctl)
{
    json_t *document = NULL;
    int status;

    if (ctl->n_args != 1)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl match MARKET [--lot N]"));
    if (ctl->job && !ctl->lot)
        ctl->lot = "1";
    status =
        ctl->lot ? ask_one_lot(ctl, &document) : ask_all_lots(ctl, &document);
    if (!status)
        status = ctl_show(ctl, document, print_match);
    json_decref(document);
    return status;
}
