/*
 * clausectl reference import: a table of facts that the daemon does not
 * bundle, or rules in the place of those it does.  Parts are numbered; the last
 * one puts the whole table in place of the old one, so an import that stops
 * half-way changes nothing.
 */
#include "clients/cli/ctl.h"
#include "clients/cli/files.h"
#include "clients/cli/layout.h"
#include "clients/cli/progress.h"
#include "clients/cli/rejects.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* A row of nine values: 2,000 keep within 65,536 values and 1 MiB. */
#define PART_ROWS 2000
#define SHOWN_MAX 10
/* Of the run's key: each part adds a dash and its number. */
#define PART_KEY_MAX (PROTOCOL_KEY_MAX - 7)
#define NAMES_MAX 2
#define COLUMNS_MAX 5

/* A column of ours and what files call it, the best first. */
struct alias {
    const char *field;
    const char *names[NAMES_MAX];
    int optional;
};
struct reference_table {
    const char *name;   /* as WORDS_table has it */
    const char *member; /* of reference.import */
    const struct shape *shape;
    struct alias columns[COLUMNS_MAX];
};

static const struct reference_table tables[] = {
    {"centres",
     "centres",
     &shape_centre,
     {{"commune", {"insee", "commune"}, 0},
      {"lat", {"lat"}, 0},
      {"lon", {"lon"}, 0},
      {"approximate", {"approximate"}, 1}}},
    {"rome-links",
     "rome_links",
     &shape_rome_link,
     {{"rome", {"rome"}, 0},
      {"target", {"rome_target", "target"}, 0},
      {"kind", {"kind"}, 0}}},
    {"sectors",
     "sectors",
     &shape_sector,
     {{"sector", {"sector", "slug"}, 0},
      {"group", {"group", "group_slug"}, 0}}},
};
/* Rules go whole or not at all: one that is left out is a hole. */
static const struct reference_table rules = {"",
                                             "rules",
                                             &shape_rule_row,
                                             {{"rule", {"rule"}, 0},
                                              {"value", {"value"}, 0},
                                              {"from", {"from"}, 0},
                                              {"until", {"until"}, 0},
                                              {"source", {"source"}, 0}}};

struct loading {
    struct ctl *ctl;
    const char *path;
    const char *name; /* as WORDS_table has it */
    const struct reference_table *table;
    struct reader *reader;
    struct saved_row *header;
    struct arena *scratch;
    json_t *part; /* rows not yet sent */
    int64_t parts;
    int64_t rows;
    int64_t skipped;
    int64_t rejected;
    int64_t revision;
    char version[32];
};

/* ---- Parts ------------------------------------------------------------ */

static void tell_rejected(struct loading *l, size_t row, const char *name,
                          const char *field, const char *hint)
{
    if (l->rejected++ >= SHOWN_MAX || l->ctl->json)
        return;
    progress_end();
    if (row)
        fprintf(stderr, _("row %zu:"), row);
    ctl_print_problem(field, name, hint);
}

/* Each part has a key of its own: one key for two requests is a conflict. */
static int send_part(struct loading *l, int last)
{
    char key[PROTOCOL_KEY_MAX + 1];
    const json_t *reject;
    json_t *answer, *ask;
    size_t i;
    int status;

    ask = json_pack("{s:s, s:s, s:s, s:I, s:b}", "table", l->name, "version",
                    l->ctl->version, "source", l->ctl->source, "part",
                    (json_int_t)++l->parts, "last", last);
    /* The request takes the rows, and the next part begins with none. */
    if (json_array_size(l->part)) {
        json_object_set_new(ask, l->table->member, l->part);
        l->part = json_array();
    }
    snprintf(key, sizeof key, "%s-%" PRId64, l->ctl->run_key, l->parts);
    l->ctl->key = key;
    status = ctl_call(l->ctl, VERB_reference_import, ask, &answer);
    l->ctl->key = l->ctl->run_key;
    if (status)
        return status;
    l->rows += json_number(answer, "rows");
    l->revision = json_number(answer, "rev");
    json_array_foreach(json_object_get(answer, "rejected"), i, reject)
        tell_rejected(l, 0, json_text(reject, "name"),
                      json_text(reject, "field"), json_text(reject, "hint"));
    json_decref(answer);
    return DONE;
}

/* ---- Rows ------------------------------------------------------------- */

/* Districts and communes without a centre are known gaps, not mistakes. */
static int is_skipped(const struct loading *l, const struct layout_row *row)
{
    if (l->table->shape != &shape_centre)
        return 0;
    return slice_equal(layout_cell(row, "type"), SLICE("ARM")) ||
           (!layout_cell(row, "lat").len && !layout_cell(row, "lon").len);
}

static struct slice aliased_cell(const struct layout_row *row,
                                 const struct alias *alias)
{
    struct slice cell = {"", 0};

    for (size_t i = 0; i < NAMES_MAX && alias->names[i] && !cell.len; i++)
        cell = layout_cell(row, alias->names[i]);
    return cell;
}

static int is_rules(const struct loading *l)
{
    return l->table == &rules;
}

static int take_row(struct loading *l, const struct layout_row *row,
                    size_t number)
{
    json_t *object = json_object();
    struct faults faults = {.n = 0};
    void *value;

    for (size_t i = 0; i < COLUMNS_MAX && l->table->columns[i].field; i++)
        layout_set(object, l->table->columns[i].field,
                   aliased_cell(row, &l->table->columns[i]));
    arena_reset(l->scratch);
    value = shape_array(l->scratch, l->table->shape, 1);
    if (!value ||
        json_to_shape(l->table->shape, object, l->scratch, value, &faults)) {
        const struct fault *f = &faults.at[0];
        char hint[304];

        snprintf(hint, sizeof hint, "%.*s", (int)f->hint.len,
                 f->hint.data ? f->hint.data : "");
        tell_rejected(
            l, number, err_name(f->name),
            arena_format(l->scratch, "%.*s", (int)f->field.len, f->field.data)
                .data,
            hint);
        json_decref(object);
        return DONE;
    }
    /* The last part has to say so: one is always held back. */
    if (json_array_size(l->part) == PART_ROWS) {
        int status =
            is_rules(l)
                ? ctl_fail(l->ctl, EXIT_DATA,
                           _("a table of rules has at most %d rows"), PART_ROWS)
                : send_part(l, 0);

        if (status) {
            json_decref(object);
            return status;
        }
    }
    json_array_append_new(l->part, object);
    progress_show(reader_progress(l->reader), number);
    return DONE;
}

/* Other producers name these columns differently; each of the names serves. */
static int take_header(struct loading *l, const struct record *record)
{
    if (!(l->header = saved_row_new(record)))
        return ctl_fail(l->ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    for (size_t i = 0; i < COLUMNS_MAX && l->table->columns[i].field; i++) {
        const struct alias *a = &l->table->columns[i];
        int there = a->optional;

        for (size_t n = 0; n < NAMES_MAX && a->names[n]; n++)
            for (size_t c = 0; c < record->n; c++)
                there |= slice_equal(record->cells[c], slice_of(a->names[n]));
        if (!there)
            return ctl_fail(l->ctl, EXIT_DATA,
                            _("%s has no column `%s'; its first row must name "
                              "the columns."),
                            l->path, a->names[0]);
    }
    return DONE;
}

static int on_record(void *to, const struct record *record)
{
    struct loading *l = to;
    struct slice cells[RECORD_CELLS_MAX];
    struct layout_row row;

    if (!l->header)
        return take_header(l, record);
    if (record->fault) {
        tell_rejected(l, record->row, err_name(record->fault), "",
                      _(record->hint));
        return DONE;
    }
    for (size_t i = 0; i < l->header->n; i++)
        cells[i] = i < record->n ? record->cells[i] : (struct slice){"", 0};
    row = (struct layout_row){l->header->cells, cells, l->header->n};
    if (is_skipped(l, &row)) {
        l->skipped++;
        return DONE;
    }
    return take_row(l, &row, record->row);
}

/* ---- The command ------------------------------------------------------ */

static void print_loaded(const struct ctl *ctl, const json_t *told)
{
    printf(_("%s, version %s: %lld rows are in place.\n"),
           json_text(told, "table"), ctl->version,
           (long long)json_number(told, "rows"));
    if (json_number(told, "skipped"))
        printf(_("%lld rows without a centre, or of districts, were left "
                 "out.\n"),
               (long long)json_number(told, "skipped"));
    if (json_number(told, "rejected"))
        printf(_("%lld rows were rejected.\n"),
               (long long)json_number(told, "rejected"));
}

static int load(struct loading *l)
{
    int status = reader_each(l->reader, on_record, l);
    json_t *told;

    progress_end();
    if (status < 0)
        return ctl_fail(l->ctl, EXIT_IO, _("%s cannot be read: %s"), l->path,
                        strerror(errno));
    if (!status && !l->parts && !json_array_size(l->part))
        return ctl_fail(l->ctl, EXIT_DATA,
                        _("%s has no usable row; nothing was changed."),
                        l->path);
    if (!status && is_rules(l) && l->rejected)
        return ctl_fail(l->ctl, EXIT_DATA,
                        _("%s: a table of rules goes whole or not at all; "
                          "nothing was changed."),
                        l->path);
    if (!status)
        status = send_part(l, 1);
    if (status)
        return status;
    told = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "table", l->name,
                     "version", l->ctl->version, "source", l->ctl->source,
                     "rows", (json_int_t)l->rows, "skipped",
                     (json_int_t)l->skipped, "rejected",
                     (json_int_t)l->rejected, "rev", (json_int_t)l->revision);
    ctl_show(l->ctl, told, print_loaded);
    json_decref(told);
    return l->rejected ? EXIT_DATA : DONE;
}

/* Unless told, the file's name is the source and its date the version. */
static void name_file(struct loading *l)
{
    const char *slash = strrchr(l->path, '/');
    struct stat st;
    struct tm tm;

    if (!l->ctl->source)
        l->ctl->source = slash ? slash + 1 : l->path;
    if (l->ctl->version)
        return;
    snprintf(l->version, sizeof l->version, "undated");
    if (!stat(l->path, &st) && gmtime_r(&st.st_mtime, &tm))
        strftime(l->version, sizeof l->version, "%Y-%m-%d", &tm);
    l->ctl->version = l->version;
}

static const struct reference_table *find_table(const char *name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (!strcmp(tables[i].name, name))
            return &tables[i];
    return vocabulary_find(&words_table, slice_of(name)) < 0 ? NULL : &rules;
}

static int misused(struct ctl *ctl)
{
    char names[200] = "";

    for (size_t i = 0, len = 0; i < words_table.n && len < sizeof names; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s",
                                i ? ", " : "", words_table.words[i]);
    return ctl_misused(ctl,
                       _("write: clausectl reference import TABLE FILE "
                         "[--version V] [--source S]; tables are %s"),
                       names);
}

int cmd_reference(struct ctl *ctl)
{
    struct loading l = {.ctl = ctl};
    const char *why;
    int status;

    if (ctl->n_args == 3 && !strcmp(ctl->args[0], "import"))
        l.table = find_table(l.name = ctl->args[1]);
    if (!l.table)
        return misused(ctl);
    if (strlen(ctl->run_key) > PART_KEY_MAX)
        return ctl_misused(ctl, _("a --key of an import has at most %d bytes"),
                           PART_KEY_MAX);
    l.path = ctl->args[2];
    errno = 0;
    if (!(l.reader = reader_open(l.path, &why))) {
        if (errno)
            return ctl_fail(ctl, EXIT_IO, _("%s cannot be read: %s"), l.path,
                            strerror(errno));
        return ctl_fail(ctl, EXIT_DATA, "%s %s", l.path, _(why));
    }
    name_file(&l);
    l.part = json_array();
    l.scratch = arena_new(ARENA_BYTES);
    status = l.part && l.scratch
                 ? load(&l)
                 : ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    json_decref(l.part);
    arena_free(l.scratch);
    saved_rows_free(l.header);
    reader_close(l.reader);
    return status;
}
