/*
 * clausectl fields: the columns of an entity, from the compiled field tables;
 * no daemon is asked.
 */
#include "clients/cli/ctl.h"
#include "clients/cli/flat.h"
#include "clients/cli/table.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int is_number(const struct field *f)
{
    return f->type == TYPE_INT;
}

static int is_text(const struct field *f)
{
    return f->type == TYPE_STR || f->type == TYPE_ID;
}

static json_t *words_array(const struct vocabulary *words)
{
    json_t *array = json_array();

    for (size_t i = 0; i < words->n; i++)
        json_array_append_new(array, json_string(words->words[i]));
    return array;
}

/* The name of a type in JSON: stable, not translated. */
static const char *type_name(const struct field *f)
{
    static const char *const names[] = {
        [TYPE_INT] = "int",     [TYPE_BOOL] = "bool",
        [TYPE_DATE] = "date",   [TYPE_TIME] = "time",
        [TYPE_DEG] = "degrees", [TYPE_ENUM] = "word",
        [TYPE_STR] = "text",    [TYPE_ID] = "id",
        [TYPE_SIRET] = "siret", [TYPE_COMMUNE] = "commune",
        [TYPE_CPV] = "cpv",     [TYPE_ROME] = "rome",
        [TYPE_ZONE] = "zone",   [TYPE_STRS] = "texts",
        [TYPE_CPVS] = "cpvs",   [TYPE_ROMES] = "romes",
        [TYPE_ZONES] = "zones", [TYPE_ENUMS] = "words",
        [TYPE_LIST] = "list",   [TYPE_ONE] = "object",
        [TYPE_ROWS] = "rows",
    };

    return f ? names[f->type] : "list";
}

/* Keys and types for programs: English in every language. */
static json_t *describe(const struct flat_column *c)
{
    const struct field *f = c->field;
    json_t *told =
        json_pack("{s:s, s:s}", "column", c->path, "type", type_name(f));

    if (!f)
        return told;
    json_object_set_new(told, "required",
                        json_boolean(f->fallback == REQUIRED));
    if (is_number(f) || is_text(f)) {
        json_object_set_new(told, "min", json_integer(f->min));
        json_object_set_new(told, "max", json_integer(f->max));
    }
    if (f->words) {
        json_object_set_new(told, "words", words_array(f->words));
        if (f->type == TYPE_ENUM && f->fallback != REQUIRED &&
            f->fallback != OPTIONAL)
            json_object_set_new(told, "default",
                                json_string(f->words->words[f->fallback]));
    }
    return told;
}

/* "one of EI ACI AI", "whole number, 0 to 1000". */
static void print_type(struct table_view *t, const struct field *f)
{
    char text[1024];
    size_t n;

    n = (size_t)snprintf(text, sizeof text, "%s",
                         words_of_type(f ? f->type : TYPE_LIST));
    for (size_t i = 0; f && f->words && i < f->words->n && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %s",
                              f->words->words[i]);
    if (f && is_number(f))
        snprintf(text + n, sizeof text - n, _(", %" PRId64 " to %" PRId64),
                 f->min, f->max);
    else if (f && is_text(f))
        snprintf(text + n, sizeof text - n, _(", at most %" PRId64 " bytes"),
                 f->max);
    table_cell(t, "%s", text);
}

static void print_fields(const struct flat *flat)
{
    struct table_view *t = table_new();

    table_column(t, _("column"), TABLE_LEFT);
    table_column(t, _("must"), TABLE_LEFT);
    table_column(t, _("takes"), TABLE_LEFT);
    for (size_t i = 0; i < flat->n; i++) {
        const struct field *f = flat->columns[i].field;

        table_line(t);
        table_cell(t, "%s", flat->columns[i].path);
        table_cell(t, "%s", f && f->fallback == REQUIRED ? _("yes") : "");
        print_type(t, f);
    }
    table_show(t);
}

int cmd_fields(struct ctl *ctl)
{
    struct flat *flat;
    json_t *told;
    int entity = -1;

    if (ctl->n_args == 1)
        entity = flat_entity(slice_of(ctl->args[0]));
    if (entity < 0)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl fields structure|market|"
                             "profile|facilitator"));
    if (!(flat = malloc(sizeof *flat)))
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    flat_init(flat, entity);
    if (ctl->json) {
        told = json_array();
        for (size_t i = 0; i < flat->n; i++)
            json_array_append_new(told, describe(&flat->columns[i]));
        json_print(told, 0);
        json_decref(told);
    } else {
        print_fields(flat);
    }
    free(flat);
    return DONE;
}
