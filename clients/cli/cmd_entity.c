/*
 * clausectl structure|market|profile|facilitator get|list|put|delete: single
 * objects.
 */
#include "clients/cli/answers.h"
#include "clients/cli/communes.h"
#include "clients/cli/pages.h"
#include "clients/cli/table.h"
#include "clients/cli/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct entity {
    int64_t entity;
    enum verb put;
    enum verb get;
    enum verb delete;
};
static const struct entity structure = {ENTITY_STRUCTURE, VERB_structure_put,
                                        VERB_structure_get,
                                        VERB_structure_delete};
static const struct entity market = {ENTITY_MARKET, VERB_market_put,
                                     VERB_market_get, VERB_market_delete};
static const struct entity profile = {ENTITY_PROFILE, VERB_profile_put,
                                      VERB_profile_get, VERB_profile_erase};
static const struct entity facilitator = {
    ENTITY_FACILITATOR, VERB_facilitator_put, VERB_facilitator_get,
    VERB_facilitator_delete};

static const char *entity_name(const struct entity *e)
{
    return words_entity.words[e->entity];
}

/* ---- get -------------------------------------------------------------- */

/* Every value on a line of its own, under its path. */
static void print_value(const char *path, const json_t *value)
{
    char *text, *inner = NULL;
    const char *key;
    json_t *member;
    size_t i;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key,
                            member) if (asprintf(&inner, "%s%s%s", path,
                                                 *path ? "." : "", key) >= 0)
        {
            print_value(inner, member);
            free(inner);
        }
        return;
    }
    if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
        json_array_foreach(
            value, i, member) if (asprintf(&inner, "%s[%zu]", path, i + 1) >= 0)
        {
            print_value(inner, member);
            free(inner);
        }
        return;
    }
    printf("%s: ", path);
    if (json_is_array(value)) {
        json_array_foreach(value, i, member)
            printf("%s%s", i ? ", " : "", json_string_value(member));
    } else if (json_is_string(value)) {
        printf("%s", json_string_value(value));
    } else {
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        printf("%s", text ? text : "");
        free(text);
    }
    printf("\n");
}

static void print_object(const struct ctl *ctl, const json_t *told)
{
    (void)ctl;
    print_value("", told);
}

static int get(struct ctl *ctl, const struct entity *e)
{
    return ctl_ask_and_show(ctl, e->get, json_pack("{s:s}", "id", ctl->args[1]),
                            print_object);
}

/* ---- list ------------------------------------------------------------- */

/* Few enough to fit a terminal; `get' shows the rest. */
static void list_columns(struct table_view *t, const struct entity *e)
{
    table_column(t, _("id"), TABLE_LEFT);
    if (e->entity == ENTITY_PROFILE) {
        table_column(t, _("commune"), TABLE_LEFT);
        table_column(t, _("km"), TABLE_RIGHT);
        table_column(t, _("looks for"), TABLE_CUT);
        return;
    }
    if (e->entity == ENTITY_FACILITATOR) {
        table_column(t, _("ETP, %"), TABLE_RIGHT);
        table_column(t, _("where"), TABLE_CUT);
        table_column(t, _("organisation"), TABLE_CUT);
        return;
    }
    table_column(t, _("status"), TABLE_LEFT);
    if (e->entity == ENTITY_STRUCTURE) {
        table_column(t, _("commune"), TABLE_LEFT);
        table_column(t, _("activities"), TABLE_RIGHT);
        table_column(t, _("name"), TABLE_CUT);
    } else {
        table_column(t, _("deadline"), TABLE_LEFT);
        table_column(t, _("where"), TABLE_LEFT);
        table_column(t, _("lots"), TABLE_RIGHT);
        table_column(t, _("object"), TABLE_CUT);
    }
}

static void list_structure(struct table_view *t, const json_t *o)
{
    table_cell(t, "%s-%s", json_text(o, "siret"), json_text(o, "kind"));
    table_cell(t, "%s",
               words_of(&words_structure_status, json_text(o, "status")));
    table_cell(t, "%s", json_text(o, "commune"));
    table_cell(t, "%zu", json_array_size(json_object_get(o, "activities")));
    table_cell(t, "%s", json_text(o, "name"));
}

/* The first place, and whether there are others: enough to tell markets
 * apart. */
static void places_cell(struct table_view *t, const json_t *lots)
{
    const json_t *lot, *first = NULL, *place;
    size_t i, j;
    int more = 0;

    json_array_foreach(lots, i, lot)
    {
        json_array_foreach(json_object_get(lot, "places"), j, place)
        {
            if (!first)
                first = place;
            more |= !json_equal(first, place);
        }
    }
    table_cell(t, "%s%s", first ? json_string_value(first) : "",
               more ? ", ..." : "");
}

static void list_market(struct table_view *t, const json_t *o)
{
    table_cell(t, "%s", json_text(o, "id"));
    table_cell(t, "%s", words_of(&words_market_status, json_text(o, "status")));
    table_cell(t, "%s", json_text(o, "deadline"));
    places_cell(t, json_object_get(o, "lots"));
    table_cell(t, "%zu", json_array_size(json_object_get(o, "lots")));
    table_cell(t, "%s", json_text(o, "object"));
}

static void list_profile(struct table_view *t, const json_t *o)
{
    table_cell(t, "%s", json_text(o, "id"));
    table_cell(t, "%s", json_text(o, "commune"));
    table_cell(t, "%" PRId64, json_number(o, "mobility_km"));
    answers_codes_cell(t, json_object_get(o, "rome"));
}

static void list_facilitator(struct table_view *t, const json_t *o)
{
    const json_t *etp = json_object_get(o, "etp_percent");

    table_cell(t, "%s", json_text(o, "id"));
    if (etp)
        table_cell(t, "%" PRId64, json_number(o, "etp_percent"));
    else
        table_cell(t, "-");
    answers_codes_cell(t, json_object_get(o, "territories"));
    table_cell(t, "%s", json_text(o, "organisation"));
}

struct listing {
    struct ctl *ctl;
    const struct entity *e;
    struct table_view *table;
    json_t *rows; /* not yet in the table */
};

/* So many rows have their communes named by one question. */
#define ROWS_AT_ONCE 1000

static void list_rows(struct listing *l)
{
    const json_t *object;
    size_t i;

    communes_name(l->ctl, l->rows);
    json_array_foreach(l->rows, i, object)
    {
        table_line(l->table);
        if (l->e->entity == ENTITY_STRUCTURE)
            list_structure(l->table, object);
        else if (l->e->entity == ENTITY_MARKET)
            list_market(l->table, object);
        else if (l->e->entity == ENTITY_PROFILE)
            list_profile(l->table, object);
        else
            list_facilitator(l->table, object);
    }
    json_array_clear(l->rows);
}

static int list_object(void *to, const json_t *object)
{
    struct listing *l = to;

    if (l->ctl->json)
        return json_print(object, 1) ? EXIT_IO : DONE;
    json_array_append(l->rows, (json_t *)object);
    if (json_array_size(l->rows) == ROWS_AT_ONCE)
        list_rows(l);
    return DONE;
}

static int list(struct ctl *ctl, const struct entity *e)
{
    struct listing l = {ctl, e, NULL, NULL};
    int64_t limit = ctl->limit ? strtoll(ctl->limit, NULL, 10) : 0;
    int status;

    if (ctl->json)
        return pages_each(ctl, e->entity, limit, list_object, &l);
    l.table = table_new();
    l.rows = json_array();
    list_columns(l.table, e);
    status = pages_each(ctl, e->entity, limit, list_object, &l);
    list_rows(&l);
    table_show(l.table);
    json_decref(l.rows);
    return status;
}

/* ---- put -------------------------------------------------------------- */

/* A code that was made current, a check digit that does not fit. */
static void print_notes(const json_t *notes)
{
    const json_t *n;
    size_t i;

    json_array_foreach(notes, i, n)
        printf(*json_text(n, "to") ? _("  note %s %s: %s is now %s %s\n")
                                   : _("  note %s %s: %s%s %s\n"),
               json_text(n, "name"), json_text(n, "field"),
               json_text(n, "from"), json_text(n, "to"), json_text(n, "hint"));
}

static void print_put(const struct ctl *ctl, const json_t *told)
{
    int created = json_is_true(json_object_get(told, "created"));
    const char *id = json_text(told, "id");

    (void)ctl;
    printf(created ? _("%s was created; its revision is %" PRId64 ".\n")
                   : _("%s was replaced; its revision is %" PRId64 ".\n"),
           *id ? id : _("The profile"), json_number(told, "rev"));
    print_notes(json_object_get(told, "notes"));
}

/* The parser's own words would quote the file, which may be a profile. */
static json_t *load(struct ctl *ctl, const char *path, int *status)
{
    json_error_t error;
    FILE *file = strcmp(path, "-") ? fopen(path, "r") : stdin;
    json_t *object;

    if (!file) {
        *status = ctl_fail(ctl, EXIT_IO, _("%s cannot be read: %s"), path,
                           strerror(errno));
        return NULL;
    }
    object = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    if (file != stdin)
        fclose(file);
    if (!object)
        *status =
            ctl_fail(ctl, EXIT_DATA, _("%s is not JSON: line %d, column %d"),
                     path, error.line, error.column);
    return object;
}

static int put(struct ctl *ctl, const struct entity *e)
{
    int status = DONE;
    json_t *object = load(ctl, ctl->args[1], &status), *ask;
    json_t *inner = json_object_get(object, entity_name(e));

    if (!object)
        return status;
    /* What `get --json' printed can be put as it is. */
    ask = json_pack("{s:O}", entity_name(e), inner ? inner : object);
    json_decref(object);
    if (ctl->if_rev)
        json_object_set_new(ask, "if_rev", json_string(ctl->if_rev));
    return ctl_ask_and_show(ctl, e->put, ask, print_put);
}

/* ---- delete ----------------------------------------------------------- */

/* Only a person at a terminal is asked; a script says --yes. */
static int confirmed(const struct ctl *ctl)
{
    char typed[80] = "";

    if (ctl->yes)
        return 1;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return 0;
    fprintf(stderr, _("This cannot be undone. Type the id to go on: "));
    if (!fgets(typed, sizeof typed, stdin))
        return 0;
    typed[strcspn(typed, "\n")] = '\0';
    return !strcmp(typed, ctl->args[1]);
}

static void print_deleted(const struct ctl *ctl, const json_t *told)
{
    printf(_("%s is gone, as of revision %" PRId64 ".\n"), ctl->args[1],
           json_number(told, "rev"));
}

static int delete (struct ctl *ctl, const struct entity *e)
{
    json_t *ask;

    if (!confirmed(ctl))
        return ctl_misused(ctl, "%s",
                           _("nothing was deleted; --yes says that it is "
                             "meant"));
    ask = json_pack("{s:s}", "id", ctl->args[1]);
    if (ctl->if_rev)
        json_object_set_new(ask, "if_rev", json_string(ctl->if_rev));
    return ctl_ask_and_show(ctl, e->delete, ask, print_deleted);
}

/* ---- The command ------------------------------------------------------ */

static int run(struct ctl *ctl, const struct entity *e)
{
    const char *what = ctl->n_args ? ctl->args[0] : "";

    if (!strcmp(what, "list") && ctl->n_args == 1)
        return list(ctl, e);
    if (!strcmp(what, "get") && ctl->n_args == 2)
        return get(ctl, e);
    if (!strcmp(what, "put") && ctl->n_args == 2)
        return put(ctl, e);
    if ((!strcmp(what, "delete") ||
         (e == &profile && !strcmp(what, "erase"))) &&
        ctl->n_args == 2)
        return delete (ctl, e);
    return ctl_misused(ctl,
                       _("write: clausectl %s get ID | list | put FILE | "
                         "%s ID"),
                       entity_name(e), e == &profile ? "erase" : "delete");
}

int cmd_structure(struct ctl *ctl)
{
    return run(ctl, &structure);
}

int cmd_market(struct ctl *ctl)
{
    return run(ctl, &market);
}

int cmd_profile(struct ctl *ctl)
{
    return run(ctl, &profile);
}

int cmd_facilitator(struct ctl *ctl)
{
    return run(ctl, &facilitator);
}
