/*
 * clausectl hours pool: works of several lots that could be one contract.
 */
#include "clients/cli/answers.h"
#include "clients/cli/cmd_hours.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>

static void piece_columns(struct table_view *t)
{
    table_column(t, _("market"), TABLE_LEFT);
    table_column(t, _("lot"), TABLE_RIGHT);
    table_column(t, _("job no."), TABLE_RIGHT);
    table_column(t, "ROME", TABLE_LEFT);
    table_column(t, _("commune"), TABLE_CUT);
    table_column(t, _("from"), TABLE_LEFT);
    table_column(t, _("until"), TABLE_LEFT);
    table_column(t, _("h a week"), TABLE_RIGHT);
    table_column(t, _("hours"), TABLE_RIGHT);
    table_column(t, _("km"), TABLE_RIGHT);
    table_column(t, _("why"), TABLE_CUT);
}

static void piece_cells(struct table_view *t, const json_t *piece)
{
    char *why =
        answers_words(&words_pool_reason, json_object_get(piece, "reasons"));

    table_line(t);
    table_cell(t, "%s", json_text(piece, "market"));
    table_cell(t, "%" PRId64, json_number(piece, "lot"));
    table_cell(t, "%" PRId64, json_number(piece, "job"));
    table_cell(t, "%s", json_text(piece, "rome"));
    table_cell(t, "%s", json_text(piece, "commune"));
    table_cell(t, "%s", json_text(piece, "from"));
    table_cell(t, "%s", json_text(piece, "until"));
    table_cell(t, "%" PRId64, json_number(piece, "hours_week"));
    table_cell(t, "%" PRId64, json_number(piece, "hours"));
    answers_km_cell(t, piece);
    table_cell(t, "%s", why ? why : "");
    free(why);
}

static void print_path(const json_t *path, size_t number)
{
    struct table_view *t = table_new();
    char *verdict =
        answers_words(&words_pool_reason, json_object_get(path, "reasons"));
    const json_t *piece;
    size_t i;

    table_title(_("\nPath %zu: %s to %s, months: %" PRId64 ", hours: %" PRId64),
                number, json_text(path, "from"), json_text(path, "until"),
                json_number(path, "months"), json_number(path, "hours"));
    printf(_("At most %" PRId64 " h a week; days without work: %" PRId64
             "; the longest work alone: %" PRId64 " days; %s.\n"),
           json_number(path, "hours_week"), json_number(path, "idle"),
           json_number(path, "longest"), verdict ? verdict : "");
    free(verdict);
    piece_columns(t);
    json_array_foreach(json_object_get(path, "pieces"), i, piece)
        piece_cells(t, piece);
    table_show(t);
}

static void print_pool(const struct ctl *ctl, const json_t *a)
{
    const json_t *paths = json_object_get(a, "paths"), *path;
    size_t i;

    (void)ctl;
    table_title(_("Hours that could make one contract, as of %s"),
                json_text(a, "on"));
    printf(_("Jobs compared: %" PRId64 "; at most %" PRId64
             " km apart, %" PRId64 " days without work, %" PRId64
             " h a week.\n"),
           json_number(a, "jobs"), json_number(a, "km"),
           json_number(a, "gap_days"), json_number(a, "hours_week"));
    if (json_number(a, "incomplete"))
        printf(_("Jobs without start, weeks or commune: %" PRId64 ".\n"),
               json_number(a, "incomplete"));
    if (!json_array_size(paths))
        printf("%s\n", _("No two of them make one contract."));
    json_array_foreach(paths, i, path) print_path(path, i + 1);
    printf("\n");
    answers_print_versions(a);
}

int hours_pool(struct ctl *ctl)
{
    json_t *ask;
    int status =
        hours_begin(ctl, _("write: clausectl hours pool [MARKET]"), &ask);

    if (status)
        return status;
    hours_set(ctl, ask, FIGURE_TERRITORY, "territory");
    hours_set(ctl, ask, FIGURE_KM, "km");
    hours_set(ctl, ask, FIGURE_GAP_DAYS, "gap_days");
    hours_set(ctl, ask, FIGURE_HOURS_WEEK, "hours_week");
    return ctl_ask_and_show(ctl, VERB_hours_pool, ask, print_pool);
}
