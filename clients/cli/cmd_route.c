/*
 * clausectl route and blank: who accompanies a market, and where nobody does.
 * Both print lines, not tables: they are meant to be pasted into a mail.
 */
#include "clients/cli/answers.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- route -------------------------------------------------------------- */

/* "communes: 95, inhabitants: 1195234, hours: 780", without what is not
 * known. */
static void print_extent(const json_t *part)
{
    printf(_("communes: %" PRId64 ", inhabitants: %" PRId64),
           json_number(part, "communes"), json_number(part, "population"));
    if (json_object_get(part, "hours"))
        printf(_(", hours: %" PRId64), json_number(part, "hours"));
    printf("\n");
}

static void print_load(const json_t *f)
{
    int64_t each = json_number(f, "load_per_etp");

    printf(_("  open markets: %" PRId64), json_number(f, "load"));
    if (json_object_get(f, "load_per_etp"))
        printf(_(", that is %" PRId64 ".%02d for a full-time post"), each / 100,
               (int)(each % 100));
    printf("\n");
}

/* "  knows: nettoyage, batiment" */
static void print_list(const char *title, const json_t *values)
{
    const json_t *value;
    size_t i;

    json_array_foreach(values, i, value)
        printf("%s%s", i ? ", " : title, json_string_value(value));
    if (json_array_size(values))
        printf("\n");
}

static void print_facilitator(const json_t *f, int leads)
{
    const json_t *part;
    size_t i;

    printf(leads ? _("\nLead: %s (%s)") : _("\nAlso: %s (%s)"),
           json_text(f, "organisation"), json_text(f, "id"));
    printf("%s%s\n", *json_text(f, "contact") ? ", " : "",
           json_text(f, "contact"));
    json_array_foreach(json_object_get(f, "parts"), i, part)
    {
        printf(_("  lot %" PRId64 ", %s: "), json_number(part, "lot"),
               words_of(&words_route_step, json_text(part, "step")));
        print_extent(part);
    }
    if (json_object_get(f, "hours"))
        printf(_("  hours in all: %" PRId64 "\n"), json_number(f, "hours"));
    print_load(f);
    print_list(_("  stands in for: "), json_object_get(f, "stands_in_for"));
    print_list(_("  knows these sectors: "), json_object_get(f, "sectors"));
}

/* The name that goes with an id of the answer. */
static const char *organisation_of(const json_t *answer, const char *id)
{
    const json_t *f;
    size_t i;

    json_array_foreach(json_object_get(answer, "facilitators"), i,
                       f) if (!strcmp(json_text(f, "id"),
                                      id)) return json_text(f, "organisation");
    return id;
}

static void print_zone(const json_t *answer, const json_t *zone)
{
    const char *who = organisation_of(answer, json_text(zone, "facilitator"));
    const char *step = json_text(zone, "step");
    char *why = answers_words(&words_route_why, json_object_get(zone, "why"));

    printf(_("  lot %" PRId64 ", department %s: "), json_number(zone, "lot"),
           json_text(zone, "department"));
    print_extent(zone);
    if (!strcmp(step, "ADJACENT"))
        printf(_("    falls to %s, who covers %s, %" PRId64 " km away\n"), who,
               json_text(zone, "commune"), json_number(zone, "km"));
    else if (!strcmp(step, "COORDINATOR"))
        printf(_("    falls to %s, coordinator of the region (%s)\n"), who,
               why ? why : "");
    else
        printf(_("    falls to nobody, a white zone (%s)\n"), why ? why : "");
    free(why);
}

static void print_route(const struct ctl *ctl, const json_t *answer)
{
    const json_t *zones = json_object_get(answer, "zones"), *one;
    size_t i;

    (void)ctl;
    answers_print_head(answer);
    answers_print_warnings(answer);
    json_array_foreach(json_object_get(answer, "facilitators"), i, one)
        print_facilitator(one, i == 0);
    if (json_array_size(zones))
        printf("\n%s\n", _("Covered by nobody:"));
    json_array_foreach(zones, i, one) print_zone(answer, one);
    answers_print_foot(answer);
}

int cmd_route(struct ctl *ctl)
{
    json_t *ask;

    if (ctl->n_args != 1)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl route MARKET [--lot N]"));
    ask = answers_parameters(ctl, ASK_LOT);
    if (ctl->adjacent_km)
        json_object_set_new(ask, "adjacent_km", json_string(ctl->adjacent_km));
    return ctl_ask_and_show(ctl, VERB_facilitator_route, ask, print_route);
}

/* ---- blank -------------------------------------------------------------- */

static void print_areas(const char *title, const json_t *areas)
{
    const json_t *area;
    size_t i;

    if (json_array_size(areas))
        printf("\n%s\n", title);
    json_array_foreach(areas, i, area)
        printf(_("  %s (%s): communes: %" PRId64 ", inhabitants: %" PRId64
                 ", open markets: %" PRId64 "\n"),
               json_text(area, "name"), json_text(area, "code"),
               json_number(area, "communes"), json_number(area, "population"),
               json_number(area, "markets"));
}

static void print_blank(const struct ctl *ctl, const json_t *answer)
{
    (void)ctl;
    table_title(_("Without a facilitator, as of %s"), json_text(answer, "on"));
    printf(_("communes: %" PRId64 ", inhabitants: %" PRId64
             ", open markets concerned: %" PRId64 "\n"),
           json_number(answer, "communes"), json_number(answer, "population"),
           json_number(answer, "markets"));
    print_areas(_("By department:"), json_object_get(answer, "departments"));
    print_areas(_("Regions without a coordinator:"),
                json_object_get(answer, "regions"));
}

/* A line a commune, of all pages. */
static int print_communes(struct ctl *ctl, json_t *ask)
{
    json_t *answer, *row;
    char token[204];
    size_t i;
    int status;

    json_object_set_new(ask, "page_size", json_integer(1000));
    do {
        if ((status = ctl_call(ctl, VERB_territory_blank, json_deep_copy(ask),
                               &answer)))
            return status;
        json_array_foreach(json_object_get(answer, "rows"), i, row)
        {
            if (ctl->json)
                status = json_print(row, 1) ? EXIT_IO : status;
            else
                printf(_("%s %s (%s): inhabitants: %" PRId64
                         ", open markets: %" PRId64 "\n"),
                       json_text(row, "commune"), json_text(row, "name"),
                       json_text(row, "department"),
                       json_number(row, "population"),
                       json_number(row, "markets"));
        }
        snprintf(token, sizeof token, "%s", json_text(answer, "next"));
        json_object_set_new(ask, "page_token", json_string(token));
        json_decref(answer);
    } while (*token && !status);
    return status;
}

int cmd_blank(struct ctl *ctl)
{
    json_t *ask = answers_options(ctl, 0), *places = json_array();
    int status;

    for (int i = 0; i < ctl->n_args; i++)
        json_array_append_new(places, json_string(ctl->args[i]));
    json_object_set_new(ask, "territories", places);
    if (ctl->communes) {
        status = print_communes(ctl, ask);
        json_decref(ask);
        return status;
    }
    json_object_set_new(ask, "page_size", json_integer(1));
    return ctl_ask_and_show(ctl, VERB_territory_blank, ask, print_blank);
}
