/*
 * clausectl ping, stats: how the daemon is.
 */
#include "clients/cli/ctl.h"
#include "clients/cli/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- ping ------------------------------------------------------------- */

static void print_ping(const struct ctl *ctl, const json_t *told)
{
    printf(_("%s answers, %.2f ms there and back.\n"), ctl->endpoint,
           json_real_value(json_object_get(told, "ms")));
}

int cmd_ping(struct ctl *ctl)
{
    struct timespec before, after;
    json_t *answer, *told;
    int status;

    /* The first one connects; the second one is measured. */
    if ((status = ctl_call(ctl, VERB_ping, json_object(), &answer)))
        return status;
    json_decref(answer);
    clock_gettime(CLOCK_MONOTONIC, &before);
    if ((status = ctl_call(ctl, VERB_ping, json_object(), &answer)))
        return status;
    json_decref(answer);
    clock_gettime(CLOCK_MONOTONIC, &after);
    told = json_pack("{s:s, s:f}", "endpoint", ctl->endpoint, "ms",
                     (double)(after.tv_sec - before.tv_sec) * 1e3 +
                         (double)(after.tv_nsec - before.tv_nsec) / 1e6);
    status = ctl_show(ctl, told, print_ping);
    json_decref(told);
    return status;
}

/* ---- stats ------------------------------------------------------------ */

/* What the daemon did not tell has no line. */
static void line(struct table_view *t, const json_t *told, const char *key,
                 const char *words)
{
    const json_t *value = json_object_get(told, key);

    if (!value)
        return;
    table_line(t);
    table_cell(t, "%s", words);
    if (json_is_string(value))
        table_cell(t, "%s", json_string_value(value));
    else if (json_is_boolean(value))
        table_cell(t, "%s", json_is_true(value) ? _("yes") : _("no"));
    else
        table_cell(t, "%" PRId64, (int64_t)json_integer_value(value));
}

/* An answer is as good as these tables: where each comes from is said. */
static void print_reference(const json_t *tables)
{
    struct table_view *t = table_new();
    const json_t *row;
    size_t i;

    table_column(t, _("table"), TABLE_LEFT);
    table_column(t, _("version"), TABLE_LEFT);
    table_column(t, _("rows"), TABLE_RIGHT);
    table_column(t, _("approximate"), TABLE_RIGHT);
    table_column(t, _("missing"), TABLE_RIGHT);
    table_column(t, _("source"), TABLE_CUT);
    json_array_foreach(tables, i, row)
    {
        table_line(t);
        table_cell(t, "%s", json_text(row, "table"));
        table_cell(t, "%s", json_text(row, "version"));
        table_cell(t, "%" PRId64, json_number(row, "rows"));
        table_cell(t, "%" PRId64, json_number(row, "approximate"));
        table_cell(t, "%" PRId64, json_number(row, "missing"));
        table_cell(t, "%s", json_text(row, "source"));
    }
    table_title("\n%s", _("Reference tables"));
    table_show(t);
}

static void print_verbs(const json_t *verbs)
{
    struct table_view *t = table_new();
    const json_t *row;
    size_t i;

    table_column(t, _("request"), TABLE_LEFT);
    table_column(t, _("asked"), TABLE_RIGHT);
    table_column(t, _("refused"), TABLE_RIGHT);
    table_column(t, _("slowest, us"), TABLE_RIGHT);
    json_array_foreach(verbs, i, row)
    {
        table_line(t);
        table_cell(t, "%s", json_text(row, "verb"));
        table_cell(t, "%" PRId64, json_number(row, "asked"));
        table_cell(t, "%" PRId64, json_number(row, "refused"));
        table_cell(t, "%" PRId64, json_number(row, "slowest_us"));
    }
    table_title("\n%s", _("Requests"));
    table_show(t);
}

static void print_shown(const json_t *keys)
{
    struct table_view *t = table_new();
    const json_t *row;
    size_t i;

    table_column(t, _("key"), TABLE_LEFT);
    table_column(t, _("people"), TABLE_RIGHT);
    json_array_foreach(keys, i, row)
    {
        table_line(t);
        table_cell(t, "%s", json_text(row, "key"));
        table_cell(t, "%" PRId64, json_number(row, "people"));
    }
    table_title("\n%s", _("Different people shown today"));
    table_show(t);
}

static void print_stats(const struct ctl *ctl, const json_t *told)
{
    struct table_view *t = table_new();
    const json_t *missing = json_object_get(told, "missing"), *name;
    size_t i;

    (void)ctl;
    table_column(t, _("what"), TABLE_LEFT);
    table_column(t, _("is"), TABLE_LEFT);
    line(t, told, "server", _("daemon"));
    line(t, told, "store", _("store"));
    line(t, told, "schema", _("schema of the store"));
    line(t, told, "revision", _("revision"));
    line(t, told, "generation", _("generation of the index"));
    line(t, told, "rebuilding", _("index being rebuilt"));
    line(t, told, "structures", _("structures"));
    line(t, told, "markets", _("markets"));
    line(t, told, "profiles", _("profiles"));
    line(t, told, "facilitators", _("facilitators"));
    line(t, told, "hours", _("entries of hours"));
    line(t, told, "map_used", _("bytes used"));
    line(t, told, "map_free", _("bytes of these that are free"));
    line(t, told, "map_size", _("bytes there are"));
    line(t, told, "disk_percent", _("percent of what the disk could give"));
    line(t, told, "readers", _("readers"));
    line(t, told, "log_lost", _("lines of the log lost"));
    line(t, told, "descriptors_out", _("looks without a descriptor left"));
    line(t, told, "uptime_s", _("seconds up"));
    line(t, told, "write_queue", _("writes waiting"));
    line(t, told, "slow_queue", _("long requests waiting"));
    line(t, told, "waiting", _("requests that wait for events"));
    line(t, told, "reply_queue", _("replies waiting"));
    line(t, told, "dropped_replies", _("replies nobody took"));
    line(t, told, "keys", _("keys"));
    line(t, told, "over_quota", _("requests over a quota"));
    line(t, told, "handshakes_failed", _("connections refused"));
    line(t, told, "people_alerts", _("keys that were shown many people today"));
    line(t, told, "people_refused", _("answers with too many people"));
    table_show(t);
    if (json_array_size(json_object_get(told, "people_shown")))
        print_shown(json_object_get(told, "people_shown"));
    if (json_array_size(json_object_get(told, "reference")))
        print_reference(json_object_get(told, "reference"));
    if (json_array_size(missing)) {
        printf("\n%s", _("Not there, though it would make answers better:"));
        json_array_foreach(missing, i, name)
            printf(" %s", json_string_value(name));
        printf("\n%s\n", _("`clausectl reference import' brings them in."));
    }
    if (json_array_size(json_object_get(told, "verbs")))
        print_verbs(json_object_get(told, "verbs"));
}

int cmd_stats(struct ctl *ctl)
{
    json_t *ask = json_object();

    if (ctl->verbs)
        json_object_set_new(ask, "verbs", json_true());
    return ctl_ask_and_show(ctl, VERB_stats, ask, print_stats);
}
