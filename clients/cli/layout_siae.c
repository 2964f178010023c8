/*
 * --from siae-list: the lists of inclusive structures as the ministry, the
 * GEIQ federation and FINESS publish them, one structure a row.  They say who
 * and where; what a structure does is derived from its NAF and kind
 * (naf-activities.tsv) and marked so.
 */
#include "clients/cli/layout.h"
#include "clients/cli/tables.h"

#include <stdlib.h>
#include <string.h>

#define SOURCE_BYTES 100

/* The antennas of a GEIQ are establishments of it, with SIRETs of their own. */
static struct slice kind_of(const struct layout_row *row)
{
    struct slice kind = layout_cell(row, "kind");

    return slice_equal(kind, SLICE("GEIQ-ANTENNE")) ? SLICE("GEIQ") : kind;
}

/* Without --assume-km the zone stays empty: the home commune. */
static void set_zone(const struct ctl *ctl, json_t *activity)
{
    if (ctl->assume_km)
        json_object_set_new(activity, "zone",
                            json_pack("{s:s}", "within_km", ctl->assume_km));
}

static void add_activity(const struct ctl *ctl, json_t *activities,
                         struct slice cpv, struct slice rome,
                         struct slice modes)
{
    json_t *activity;

    if (!cpv.len && !rome.len)
        return;
    activity = json_object();
    if (cpv.len)
        json_object_set_new(activity, "cpv", layout_codes(cpv));
    if (rome.len)
        json_object_set_new(activity, "rome", layout_codes(rome));
    if (modes.len)
        json_object_set_new(activity, "modes", layout_codes(modes));
    set_zone(ctl, activity);
    json_object_set_new(activity, "derived", json_true());
    json_array_append_new(activities, activity);
}

/* "7820z" and "78.20Z" are both met. */
static struct slice plain_naf(struct slice naf, char out[8])
{
    size_t n = 0;

    for (size_t i = 0; i < naf.len && n < 7; i++) {
        char c = naf.data[i];

        if (c != '.' && c != ' ')
            out[n++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return (struct slice){out, n};
}

/* What the NAF and the kind suggest, and the occupations the list itself
 * gives, which are not bound to that trade. */
static void set_activities(const struct ctl *ctl, const struct layout_row *row,
                           struct slice kind, json_t *structure)
{
    json_t *activities = json_array();
    char naf[8], kind_text[16];
    struct slice none = {"", 0}, code;
    struct table_row derived;

    snprintf(kind_text, sizeof kind_text, "%.*s", (int)kind.len, kind.data);
    code = plain_naf(layout_cell(row, "naf"), naf);
    if (tables_find(tables_naf_activities(), code, kind_text, &derived))
        add_activity(ctl, activities, derived.cells[2],
                     derived.n > 3 ? derived.cells[3] : none,
                     derived.n > 4 ? derived.cells[4] : none);
    add_activity(ctl, activities, none, layout_cell(row, "rome_codes"), none);
    if (json_array_size(activities))
        json_object_set(structure, "activities", activities);
    json_decref(activities);
}

/* The centre of a commune is no position of the structure. */
static void set_position(const struct layout_row *row, json_t *structure)
{
    if (!slice_equal(layout_cell(row, "coord_source"), SLICE("address")))
        return;
    layout_set(structure, "lat", layout_cell(row, "lat"));
    layout_set(structure, "lon", layout_cell(row, "lon"));
}

/* Cut between characters. */
static struct slice cut(struct slice text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max && ((unsigned char)text.data[max] & 0xc0) == 0x80)
        max--;
    text.len = max;
    return text;
}

/* Missing facts are left out; a missing identity or home rejects the row. */
static int convert(struct ctl *ctl, const struct layout_row *row,
                   struct complaint *why, json_t **entity)
{
    struct slice kind = kind_of(row), source = layout_cell(row, "sources");
    json_t *structure;

    if (!layout_cell(row, "siret").len) {
        layout_refuse(why, ERR_BAD_SIRET, "siret", "%s",
                      _("the row has no SIRET"));
        return DONE;
    }
    if (!layout_cell(row, "insee").len) {
        layout_refuse(why, ERR_MISSING_FIELD, "commune", "%s",
                      _("the row has no INSEE code; a postcode or a name of a "
                        "town is not enough to know the commune"));
        return DONE;
    }
    structure = json_object();
    layout_set(structure, "siret", layout_cell(row, "siret"));
    layout_set(structure, "kind", kind);
    layout_set(structure, "name", layout_cell(row, "name"));
    layout_set(structure, "commune", layout_cell(row, "insee"));
    set_position(row, structure);
    layout_set(structure, "source",
               source.len ? cut(source, SOURCE_BYTES) : SLICE("siae-list"));
    set_activities(ctl, row, kind, structure);
    *entity = structure;
    return DONE;
}

static const char *const columns[] = {"siret", "kind",  "name",
                                      "naf",   "insee", NULL};

static const struct field_name names[] = {{"commune", "insee"},
                                          {"activities", "rome_codes"},
                                          {"source", "sources"},
                                          {NULL, NULL}};

const struct layout layout_siae = {"siae-list", ENTITY_STRUCTURE, columns,
                                   names, convert};
