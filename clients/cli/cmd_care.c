/*
 * clausectl retention, compact: what a night does with people whose time is
 * over, and with the file that still holds what was erased.
 */
#include "clients/cli/answers.h"
#include "clients/cli/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ASK_EVERY_MS 200

/* ---- retention ----------------------------------------------------------- */

/* What the parts so far said: one list, one sum. */
struct retention {
    struct ctl *ctl;
    json_t *all;   /* as it is shown */
    char next[32]; /* the page that follows; empty at the end */
    int64_t parts;
};

static json_t *question(const struct retention *r)
{
    json_t *ask = answers_options(r->ctl, 0);

    if (r->ctl->days)
        json_object_set_new(ask, "days", json_string(r->ctl->days));
    if (r->next[0])
        json_object_set_new(ask, "page_token", json_string(r->next));
    return ask;
}

static void add_sum(json_t *all, const json_t *answer, const char *name)
{
    json_object_set_new(
        all, name,
        json_integer(json_number(all, name) + json_number(answer, name)));
}

static void add_part(struct retention *r, const json_t *answer)
{
    json_object_set(r->all, "on", json_object_get(answer, "on"));
    if (r->ctl->run_it) {
        add_sum(r->all, answer, "looked_at");
        add_sum(r->all, answer, "erased");
    } else {
        json_array_extend(json_object_get(r->all, "rows"),
                          json_object_get(answer, "rows"));
    }
    snprintf(r->next, sizeof r->next, "%s", json_text(answer, "next"));
}

/* Each part of a run has a key of its own: that of the first is the run's. */
static int ask_part(struct retention *r)
{
    enum verb verb = r->ctl->run_it ? VERB_retention_run : VERB_retention_list;
    char key[PROTOCOL_KEY_MAX + 1];
    json_t *answer;
    int status;

    snprintf(key, sizeof key, "%.40s-%" PRId64, r->ctl->run_key, ++r->parts);
    r->ctl->key = key;
    status = ctl_call(r->ctl, verb, question(r), &answer);
    r->ctl->key = r->ctl->run_key;
    if (status)
        return status;
    add_part(r, answer);
    json_decref(answer);
    return DONE;
}

static void print_run(const struct ctl *ctl, const json_t *all)
{
    (void)ctl;
    printf(_("As of %s: %" PRId64 " profiles looked at, %" PRId64 " erased.\n"),
           json_text(all, "on"), json_number(all, "looked_at"),
           json_number(all, "erased"));
}

static void print_list(const struct ctl *ctl, const json_t *all)
{
    const json_t *rows = json_object_get(all, "rows"), *row;
    struct table_view *t;
    size_t i;

    (void)ctl;
    if (!json_array_size(rows)) {
        printf("%s\n", _("Nobody's time is running out."));
        return;
    }
    t = table_new();
    table_column(t, _("profile"), TABLE_LEFT);
    table_column(t, _("erased on"), TABLE_LEFT);
    table_column(t, _("consent"), TABLE_LEFT);
    table_column(t, _("last contact"), TABLE_LEFT);
    table_column(t, _("referent"), TABLE_LEFT);
    json_array_foreach(rows, i, row)
    {
        const char *ends = json_text(row, "ends_on");

        table_line(t);
        table_cell(t, "%s", json_text(row, "id"));
        table_cell(t, "%s", *ends ? ends : _("tonight"));
        table_cell(t, "%s", json_text(row, "consent_on"));
        table_cell(t, "%s", json_text(row, "last_contact_on"));
        table_cell(t, "%s", json_text(row, "referent"));
    }
    table_show(t);
}

int cmd_retention(struct ctl *ctl)
{
    struct retention r = {.ctl = ctl};
    int status;

    if (ctl->n_args || (ctl->run_it && ctl->days))
        return ctl_misused(ctl, "%s",
                           _("write: clausectl retention [--on DATE] [--days "
                             "N], or --run [--on DATE]"));
    r.all = json_object();
    if (!ctl->run_it)
        json_object_set_new(r.all, "rows", json_array());
    do
        status = ask_part(&r);
    while (!status && r.next[0]);
    if (!status)
        status = ctl_show(ctl, r.all, ctl->run_it ? print_run : print_list);
    json_decref(r.all);
    return status;
}

/* ---- compact ------------------------------------------------------------- */

static void print_compact(const struct ctl *ctl, const json_t *answer)
{
    (void)answer;
    printf("%s\n", ctl->wait ? _("The store is compacted.")
                             : _("The store is being compacted."));
}

/* The daemon tells by its count: one that fails is told in its log, and waited
 * for until --timeout. */
static int await(struct ctl *ctl, uint64_t before)
{
    struct timespec pause = {0, ASK_EVERY_MS * 1000000};
    uint64_t now = before;
    int64_t waited_ms = 0;
    int status = DONE;

    while (!status && now == before) {
        if (waited_ms > ctl->timeout_ms)
            return ctl_fail(ctl, EXIT_AGAIN, "%s",
                            _("the store is not compacted yet: a longer "
                              "--timeout waits, the log says what went "
                              "wrong"));
        nanosleep(&pause, NULL);
        waited_ms += ASK_EVERY_MS;
        status = ctl_count(ctl, "compactions", &now);
    }
    return status;
}

int cmd_compact(struct ctl *ctl)
{
    json_t *answer;
    uint64_t before = 0;
    int status;

    if (ctl->n_args)
        return ctl_misused(ctl, "%s", _("write: clausectl compact [--wait]"));
    if ((status = ctl_count(ctl, "compactions", &before)) ||
        (status = ctl_call(ctl, VERB_compact, json_object(), &answer)))
        return status;
    if (ctl->wait)
        status = await(ctl, before);
    if (!status)
        status = ctl_show(ctl, answer, print_compact);
    json_decref(answer);
    return status;
}
