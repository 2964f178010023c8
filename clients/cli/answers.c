/*
 * Parts of the tables of match, reverse, explain and reasons.
 */
#include "clients/cli/answers.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const answers_structure_components[5] = {
    "activity", "coverage", "proximity", "capacity", "jobs"};
const char *const answers_person_components[4] = {"job", "distance", "waiting",
                                                  "availability"};

static void set(json_t *ask, const char *name, const char *typed)
{
    if (typed)
        json_object_set_new(ask, name, json_string(typed));
}

json_t *answers_typed_list(const char *typed)
{
    json_t *array = json_array();
    size_t len;

    for (; *typed; typed += len + (typed[len] != '\0')) {
        len = strcspn(typed, ",| ");
        if (len)
            json_array_append_new(array, json_stringn(typed, len));
    }
    return array;
}

json_t *answers_options(const struct ctl *ctl, int which)
{
    json_t *ask = json_object();

    set(ask, "on", ctl->on);
    if (which & ASK_LOT)
        set(ask, "lot", ctl->lot);
    if (which & ASK_JOB)
        set(ask, "job", ctl->job);
    if (which & ASK_LIMIT)
        set(ask, "limit", ctl->limit);
    if (which & ASK_STRUCTURES) {
        set(ask, "nationwide", ctl->nationwide);
        if (ctl->kinds)
            json_object_set_new(ask, "kinds", answers_typed_list(ctl->kinds));
    }
    if (which & ASK_PEOPLE)
        set(ask, "grace", ctl->grace);
    return ask;
}

json_t *answers_parameters(const struct ctl *ctl, int which)
{
    json_t *ask = answers_options(ctl, which);

    set(ask, "market", ctl->args[0]);
    return ask;
}

/* A component nobody could know is listed by its name. */
static int is_listed(const json_t *array, const char *code)
{
    const json_t *value;
    size_t i;

    json_array_foreach(
        array, i, value) if (!strcmp(json_string_value(value), code)) return 1;
    return 0;
}

static void component_cells(struct table_view *t, const json_t *hit,
                            const char *const *names, size_t n)
{
    const json_t *components = json_object_get(hit, "components");
    const json_t *unknown = json_object_get(hit, "unknown");

    for (size_t i = 0; i < n; i++)
        table_cell(t, "%" PRId64 "%s", json_number(components, names[i]),
                   is_listed(unknown, names[i]) ? "?" : "");
}

/* Words may hold commas, so a semicolon parts them. */
char *answers_words(const struct vocabulary *vocabulary, const json_t *codes)
{
    char *text = strdup(""), *longer;
    const json_t *code;
    size_t i;

    json_array_foreach(codes, i, code)
    {
        if (asprintf(&longer, "%s%s%s", text ? text : "", i ? _("; ") : "",
                     words_of(vocabulary, json_string_value(code))) < 0)
            break;
        free(text);
        text = longer;
    }
    return text;
}

void answers_km_cell(struct table_view *t, const json_t *hit)
{
    const json_t *km = json_object_get(hit, "km");

    if (km)
        table_cell(t, "%lld", (long long)json_integer_value(km));
    else
        table_cell(t, "-");
}

/* What to know about a hit, and about its lot where it is told with the hit. */
static void marks_cell(struct table_view *t, const json_t *hit)
{
    char *marks = answers_words(&words_mark, json_object_get(hit, "marks"));
    char *warnings =
        answers_words(&words_warning, json_object_get(hit, "warnings"));

    table_cell(t, "%s%s%s", marks ? marks : "",
               marks && *marks && warnings && *warnings ? _("; ") : "",
               warnings ? warnings : "");
    free(marks);
    free(warnings);
}

/* The score first, then its five parts, then what to doubt. */
void answers_structure_columns(struct table_view *t)
{
    table_column(t, _("score"), TABLE_RIGHT);
    table_column(t, _("km"), TABLE_RIGHT);
    table_column(t, _("place"), TABLE_LEFT);
    table_column(t, _("work"), TABLE_RIGHT);
    table_column(t, _("cover"), TABLE_RIGHT);
    table_column(t, _("near"), TABLE_RIGHT);
    table_column(t, _("free"), TABLE_RIGHT);
    table_column(t, _("jobs"), TABLE_RIGHT);
    table_column(t, _("note"), TABLE_CUT);
}

void answers_structure_cells(struct table_view *t, const json_t *hit)
{
    table_cell(t, "%" PRId64, json_number(hit, "score"));
    answers_km_cell(t, hit);
    table_cell(t, "%s", words_of(&words_cover, json_text(hit, "cover")));
    component_cells(t, hit, answers_structure_components, 5);
    marks_cell(t, hit);
}

void answers_person_columns(struct table_view *t)
{
    table_column(t, _("score"), TABLE_RIGHT);
    table_column(t, _("km"), TABLE_RIGHT);
    table_column(t, _("job"), TABLE_RIGHT);
    table_column(t, _("near"), TABLE_RIGHT);
    table_column(t, _("waited"), TABLE_RIGHT);
    table_column(t, _("ready"), TABLE_RIGHT);
    table_column(t, _("note"), TABLE_CUT);
}

void answers_person_cells(struct table_view *t, const json_t *hit)
{
    table_cell(t, "%" PRId64, json_number(hit, "score"));
    answers_km_cell(t, hit);
    component_cells(t, hit, answers_person_components, 4);
    marks_cell(t, hit);
}

void answers_codes_cell(struct table_view *t, const json_t *codes)
{
    char text[256] = "";
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(codes) && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "",
                              json_string_value(json_array_get(codes, i)));
    table_cell(t, "%s", text);
}

void answers_print_euros(int64_t cents)
{
    int64_t euros = cents / 100, unit = 1;

    while (euros / unit >= 1000)
        unit *= 1000;
    printf("%" PRId64, euros / unit);
    for (; unit > 1; unit /= 1000)
        printf(" %03" PRId64, euros / (unit / 1000) % 1000);
    if (cents % 100)
        printf("%s%02" PRId64, _("."), cents % 100);
}

void answers_print_head(const json_t *answer)
{
    table_title(_("Market %s, as of %s"), json_text(answer, "market"),
                json_text(answer, "on"));
}

void answers_print_warnings(const json_t *lot)
{
    const json_t *code;
    size_t i;

    json_array_foreach(json_object_get(lot, "warnings"), i, code) printf(
        _("Note: %s.\n"), words_of(&words_warning, json_string_value(code)));
}

/* What stands on one line of a mail. */
#define SHORT_LINE 79

/* "centres@geonames-2023" to "centres geonames-2023", from COLUMN on; not the
 * tables that came with one named before. */
static void print_reference(const json_t *names, int column)
{
    const json_t *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        const char *text = json_string_value(name), *at = strchr(text, '@');
        int known = 0;

        if (!at)
            continue;
        for (size_t j = 0; j < i && !known; j++) {
            const char *other = json_string_value(json_array_get(names, j));

            known = (other = strchr(other, '@')) && !strcmp(other, at);
        }
        if (known)
            continue;
        column += (int)strlen(text) + 2;
        if (column >= SHORT_LINE) {
            printf(",\n");
            column = (int)strlen(text);
        } else {
            printf(", ");
        }
        printf("%.*s %s", (int)(at - text), text, at + 1);
    }
}

/* Whoever reads an answer must be able to say later by which rules and which
 * tables it was made. */
void answers_print_versions(const json_t *answer)
{
    int column = printf(_("Rules %" PRId64), json_number(answer, "rules"));

    print_reference(json_object_get(answer, "reference"), column);
    printf("\n");
}

void answers_print_foot(const json_t *answer)
{
    if (json_is_true(json_object_get(answer, "approximate")))
        printf("\n%s\n",
               _("Some distances are approximate: the centre of a commune is "
                 "a guess."));
    printf("\n%s\n", _("A shortlist is advice; a person decides."));
    answers_print_versions(answer);
}
