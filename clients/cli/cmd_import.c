/*
 * clausectl import: records of a file to entities, and where each row went.
 *
 *   reader -> record -> group of rows with one id -> JSON -> struct -> bytes
 *          -> sender -> daemon;   what fails anywhere -> rejects
 *
 * An entity is taken whole or not at all: one bad row rejects all the rows of
 * its id, so that the corrected file says everything again.
 */
#include "clients/cli/bulk.h"
#include "clients/cli/flat.h"
#include "clients/cli/layout.h"
#include "clients/cli/names.h"
#include "clients/cli/progress.h"
#include "clients/cli/quick.h"
#include "clients/cli/seen.h"
#include "clients/cli/sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A cell of a column that is none of ours. */
#define IGNORED (-1)
#define SCRATCH_BYTES ((size_t)16 << 20)
/* So many profiles are indexed at once at the end; fewer, each with its
 * commit. */
#define BULK_ROWS 50000

struct import {
    struct ctl *ctl;
    const char *path;
    int64_t entity;
    struct flat flat;
    const struct layout *layout; /* NULL: our own columns */
    struct reader *reader;
    struct saved_row *header; /* borrowed from the rejects */
    int columns[RECORD_CELLS_MAX];
    struct rejects *rejects;
    struct sender *sender;
    struct arena *scratch; /* of one entity */
    struct seen seen;
    /* The rows of the id that is being read. */
    struct flat_object object;
    struct saved_row *rows;
    struct saved_row **last;
    struct complaint complaint; /* the first; name ERR_NONE: none */
    size_t read;
    int bulk;
};

static const struct layout *const layouts[] = {&layout_siae, &layout_decp};

/* ---- Entities --------------------------------------------------------- */

static int out_of_memory(const struct import *in)
{
    return ctl_fail(in->ctl, EXIT_INTERNAL, "%s", _("out of memory"));
}

/* Takes ROWS. */
static int reject(struct import *in, struct saved_row *rows, enum err name,
                  struct slice field, struct slice hint)
{
    return sender_reject(in->sender, rows, err_name(name), field, hint);
}

/* The id, as the daemon makes it; empty when a part is missing, which is told
 * of the field itself. */
static struct slice id_of(struct import *in, const json_t *object)
{
    const char *siret = json_text(object, "siret");
    const char *kind = json_text(object, "kind");

    if (in->entity != ENTITY_STRUCTURE)
        return slice_of(json_text(object, "id"));
    if (!*siret || !*kind)
        return (struct slice){0};
    return arena_format(in->scratch, "%s-%s", siret, kind);
}

/* Is the file so long that indexing pays at its end?  A part of it tells how
 * long it is; a stream must show it. */
static int is_long(const struct import *in)
{
    double part = reader_progress(in->reader);

    if (in->read > BULK_ROWS)
        return 1;
    return in->read >= SENDER_ROWS && part > 0 &&
           (double)in->read / part > BULK_ROWS;
}

static void choose_bulk(struct import *in)
{
    if (in->bulk || in->entity != ENTITY_PROFILE || in->ctl->dry_run ||
        (!in->ctl->bulk && !is_long(in)))
        return;
    in->bulk = 1;
    sender_bulk(in->sender);
}

/* Takes ROWS. */
static int send_value(struct import *in, const void *value,
                      struct saved_row *rows)
{
    struct buffer bytes = {0};

    if (protocol_encode(entity_shape(in->entity), value, EVERYONE, &bytes)) {
        saved_rows_free(rows);
        buffer_free(&bytes);
        return out_of_memory(in);
    }
    choose_bulk(in);
    progress_show(reader_progress(in->reader), in->read);
    return sender_add(in->sender, &bytes, rows);
}

/* Takes ROWS. */
static int reject_repeat(struct import *in, struct saved_row *rows)
{
    return reject(in, rows, ERR_DUPLICATE_ID, (struct slice){"", 0},
                  slice_of(_("the rows of one id must follow one another")));
}

/* Takes ROWS. */
static int send_object(struct import *in, const json_t *object,
                       struct saved_row *rows)
{
    const struct shape *shape = entity_shape(in->entity);
    struct faults faults = {.n = 0};
    struct slice id;
    void *value;
    enum err e;

    arena_reset(in->scratch);
    id = id_of(in, object);
    if (id.len && seen_add(&in->seen, id) > 0)
        return reject_repeat(in, rows);
    if (!(value = shape_array(in->scratch, shape, 1))) {
        saved_rows_free(rows);
        return out_of_memory(in);
    }
    if ((e = json_to_shape(shape, object, in->scratch, value, &faults)))
        return reject(in, rows, e, faults.at[0].field, faults.at[0].hint);
    return send_value(in, value, rows);
}

/* ---- Groups of rows with one id ---------------------------------------- */

/* The rows of one id are complete: take them all, or reject them all. */
static int end_group(struct import *in)
{
    struct saved_row *rows = in->rows;
    int status = DONE;

    in->rows = NULL;
    in->last = &in->rows;
    if (rows && in->complaint.name)
        status =
            reject(in, rows, in->complaint.name, slice_of(in->complaint.field),
                   slice_of(in->complaint.hint));
    else if (rows)
        status = send_object(in, in->object.object, rows);
    flat_object_fini(&in->object);
    in->complaint.name = ERR_NONE;
    return status;
}

/* The record's cells in the order of our columns; the first cell past the
 * header is told. */
static enum err place_cells(struct import *in, const struct record *record,
                            struct slice *cells)
{
    memset(cells, 0, FLAT_COLUMNS_MAX * sizeof *cells);
    for (size_t i = 0; i < record->n; i++) {
        if (i >= in->header->n && record->cells[i].len)
            return ERR_MALFORMED;
        if (i < in->header->n && in->columns[i] != IGNORED)
            cells[in->columns[i]] = record->cells[i];
    }
    return ERR_NONE;
}

/* Only the next row shows that an id is complete, so a group ends when another
 * begins. */
static int take_own_record(struct import *in, const struct record *record)
{
    struct slice cells[FLAT_COLUMNS_MAX];
    enum err misplaced = place_cells(in, record, cells);
    struct saved_row *saved;
    const char *conflict;
    int status = DONE;

    if (in->rows && !flat_object_same(&in->object, cells))
        status = end_group(in);
    if (status)
        return status;
    if (!(saved = saved_row_new(record)))
        return out_of_memory(in);
    *in->last = saved;
    in->last = &saved->next;
    conflict = flat_object_add(&in->object, cells);
    if (in->complaint.name)
        return DONE;
    if (record->fault)
        layout_refuse(&in->complaint, record->fault, "", "%s", _(record->hint));
    else if (misplaced)
        layout_refuse(&in->complaint, misplaced, "",
                      _("row %zu has more cells than the header"), record->row);
    else if (conflict)
        layout_refuse(&in->complaint, ERR_DUPLICATE_ID, conflict,
                      _("row %zu repeats the id with another value here"),
                      record->row);
    return DONE;
}

/* ---- Foreign layouts and NDJSON: one row, one entity ------------------- */

static int take_foreign_record(struct import *in, const struct record *record)
{
    struct slice cells[RECORD_CELLS_MAX];
    struct layout_row row = {in->header->cells, cells, in->header->n};
    struct complaint why = {.name = ERR_NONE};
    struct saved_row *saved = saved_row_new(record);
    json_t *entity = NULL;
    int status = DONE;

    if (!saved)
        return out_of_memory(in);
    for (size_t i = 0; i < in->header->n; i++)
        cells[i] = i < record->n ? record->cells[i] : (struct slice){"", 0};
    if (record->fault)
        layout_refuse(&why, record->fault, "", "%s", _(record->hint));
    else
        status = in->layout->convert(in->ctl, &row, &why, &entity);
    if (status)
        saved_rows_free(saved);
    else if (!entity)
        status = reject(in, saved, why.name, slice_of(why.field),
                        slice_of(why.hint));
    else
        status = send_object(in, entity, saved);
    json_decref(entity);
    return status;
}

/* A line without a fault and without anything unusual: 0 when it has either.
 * The id of a structure is written in parts, whose spellings may differ. */
static int take_plain_line(struct import *in, const struct record *record,
                           int *status)
{
    const struct shape *shape = entity_shape(in->entity);
    struct saved_row *saved;
    struct slice id;
    void *value;

    arena_reset(in->scratch);
    if (record->fault || in->entity == ENTITY_STRUCTURE ||
        !(value = shape_array(in->scratch, shape, 1)) ||
        !quick_read(shape, record->cells[0], in->scratch, value))
        return 0;
    id = *(struct slice *)value; /* the first field of all the others */
    if (!(saved = saved_row_new(record)))
        *status = out_of_memory(in);
    else if (seen_add(&in->seen, id) > 0)
        *status = reject_repeat(in, saved);
    else
        *status = send_value(in, value, saved);
    return 1;
}

/* A line is an entity; the members a rejects file adds are left out. */
static int take_json_record(struct import *in, const struct record *record)
{
    struct slice line = record->cells[0];
    struct saved_row *saved;
    json_error_t error;
    json_t *object;
    char hint[64];
    int status;

    if (take_plain_line(in, record, &status))
        return status;
    if (!(saved = saved_row_new(record)))
        return out_of_memory(in);
    if (record->fault)
        return reject(in, saved, record->fault, (struct slice){"", 0},
                      slice_of(_(record->hint)));
    object = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, &error);
    if (!object) {
        /* The parser's own words would quote the line. */
        snprintf(hint, sizeof hint, _("not JSON at column %d"), error.column);
        return reject(in, saved, ERR_MALFORMED, (struct slice){"", 0},
                      slice_of(hint));
    }
    json_object_del(object, "row");
    json_object_del(object, "field");
    json_object_del(object, "reason");
    status = send_object(in, object, saved);
    json_decref(object);
    return status;
}

/* ---- The header ------------------------------------------------------- */

/* A column that is not understood could be the one that matters: nothing is
 * imported without it. */
static int refuse_column(struct import *in, const char *name)
{
    const char *near = flat_nearest(&in->flat, name);
    const char *entity = words_entity.words[in->entity];

    if (in->entity == ENTITY_PROFILE && pii_key(slice_of(name)))
        return ctl_fail(in->ctl, EXIT_DATA,
                        _("%s: the column `%s' says who the person is; take "
                          "it out. Nothing was imported."),
                        in->path, name);
    if (near)
        return ctl_fail(in->ctl, EXIT_DATA,
                        _("%s: the column `%s' is not known; did you mean "
                          "`%s'? Nothing was imported."),
                        in->path, name, near);
    return ctl_fail(in->ctl, EXIT_DATA,
                    _("%s: the column `%s' is not known; `clausectl fields "
                      "%s' lists them. Nothing was imported."),
                    in->path, name, entity);
}

/* The header is judged before any row: a file with a wrong header changes
 * nothing. */
static int map_columns(struct import *in)
{
    int used[FLAT_COLUMNS_MAX] = {0}, column;
    char name[2 * FLAT_PATH_MAX];

    for (size_t i = 0; i < in->header->n; i++) {
        struct slice cell = in->header->cells[i];

        in->columns[i] = IGNORED;
        if (!cell.len || rejects_column(cell))
            continue;
        snprintf(name, sizeof name, "%.*s", (int)cell.len, cell.data);
        if ((column = flat_find(&in->flat, cell)) < 0)
            return refuse_column(in, name);
        if (used[column]++)
            return ctl_fail(in->ctl, EXIT_DATA,
                            _("%s: the column `%s' stands there twice."),
                            in->path, name);
        in->columns[i] = column;
    }
    for (size_t i = 0; i < in->flat.n_ids; i++)
        if (!used[in->flat.ids[i]])
            return ctl_fail(in->ctl, EXIT_DATA,
                            _("%s has no column `%s'; its first row must name "
                              "the columns."),
                            in->path, in->flat.columns[in->flat.ids[i]].path);
    return DONE;
}

static int check_layout(struct import *in)
{
    for (const char *const *c = in->layout->columns; *c; c++) {
        size_t i = 0;

        while (i < in->header->n &&
               !slice_equal(in->header->cells[i], slice_of(*c)))
            i++;
        if (i == in->header->n)
            return ctl_fail(in->ctl, EXIT_DATA,
                            _("%s is not in the layout %s: it has no column "
                              "`%s'."),
                            in->path, in->layout->name, *c);
    }
    return DONE;
}

/* Rejects are written in the layout of the input, so they need its header. */
static int open_rejects(struct import *in, struct saved_row *header)
{
    char *path = NULL;
    const char *base = strcmp(in->path, "-") ? in->path : "stdin";

    in->header = header;
    if (!in->ctl->rejects && asprintf(&path, "%s.rejects", base) < 0)
        path = NULL;
    in->rejects =
        rejects_new(in->ctl->rejects ? in->ctl->rejects
                    : path           ? path
                                     : "rejects",
                    reader_format(in->reader), reader_delimiter(in->reader),
                    reader_marked(in->reader), header);
    free(path);
    if (in->rejects)
        in->sender = sender_new(
            in->ctl, in->ctl->dry_run ? VERB_import_check : VERB_import_apply,
            in->entity, in->ctl->run_key, in->rejects);
    return in->sender ? DONE : out_of_memory(in);
}

static int take_header(struct import *in, const struct record *record)
{
    struct saved_row *header = saved_row_new(record);
    int status;

    if (!header)
        return out_of_memory(in);
    for (size_t i = 0; i < header->n; i++)
        while (header->cells[i].len &&
               header->cells[i].data[header->cells[i].len - 1] == ' ')
            header->cells[i].len--;
    if ((status = open_rejects(in, header)))
        return status;
    if (!in->layout)
        return map_columns(in);
    rejects_name_fields(in->rejects, in->layout->names);
    return check_layout(in);
}

static int on_record(void *to, const struct record *record)
{
    struct import *in = to;

    if (reader_format(in->reader) != FILE_NDJSON && !in->header)
        return take_header(in, record);
    in->read++;
    if (reader_format(in->reader) == FILE_NDJSON)
        return take_json_record(in, record);
    if (in->layout)
        return take_foreign_record(in, record);
    return take_own_record(in, record);
}

/* ---- The summary ------------------------------------------------------ */

static json_t *summary(const struct import *in)
{
    struct sender_totals t = sender_totals(in->sender);

    return json_pack(
        "{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:b, s:O, s:O, "
        "s:s*}",
        "entity", words_entity.words[in->entity], "dry_run", in->ctl->dry_run,
        "rows", (json_int_t)in->read, "accepted", (json_int_t)t.imported,
        "created", (json_int_t)t.created, "rejected",
        (json_int_t)rejects_count(in->rejects), "notes", (json_int_t)t.notes,
        "converted", reader_converted(in->reader), "reasons",
        rejects_reasons(in->rejects), "notes_by_name", t.notes_by_name,
        "rejects",
        rejects_count(in->rejects) ? rejects_path(in->rejects) : NULL);
}

static void print_counts(const char *title, const json_t *counts)
{
    const char *name;
    json_t *n;

    json_object_foreach((json_t *)counts, name, n) printf(
        "  %s %s: %lld\n", title, name, (long long)json_integer_value(n));
}

static void print_summary(const struct ctl *ctl, const json_t *told)
{
    int64_t rows = json_number(told, "rows");
    int64_t accepted = json_number(told, "accepted");
    int64_t created = json_number(told, "created");
    int64_t rejected = json_number(told, "rejected");

    if (ctl->dry_run)
        printf(_("%lld rows read: %lld would be imported (%lld new), %lld "
                 "rejected. Nothing was written.\n"),
               (long long)rows, (long long)accepted, (long long)created,
               (long long)rejected);
    else
        printf(_("%lld rows read: %lld imported (%lld new), %lld "
                 "rejected.\n"),
               (long long)rows, (long long)accepted, (long long)created,
               (long long)rejected);
    if (json_is_true(json_object_get(told, "converted")))
        printf("%s\n", _("The file was Windows-1252 and was read as such."));
    print_counts(_("note"), json_object_get(told, "notes_by_name"));
    print_counts(_("rejected"), json_object_get(told, "reasons"));
    if (rejected)
        printf(_("The rejected rows and why are in %s: correct them there and "
                 "import that file.\n"),
               json_text(told, "rejects"));
}

/* ---- The command ------------------------------------------------------ */

/* What was sent before stays: say how much, and how to go on. */
static int tell_stopped(struct import *in, int status)
{
    struct sender_totals t = sender_totals(in->sender);

    if (in->ctl->json || in->ctl->dry_run || !t.imported)
        return status;
    fprintf(stderr, _("Until then %lld had been imported.\n"),
            (long long)t.imported);
    /* After a lost answer the key has been told. */
    if (status != EXIT_AGAIN)
        fprintf(stderr,
                _("The same command with --key %s goes on from there.\n"),
                in->ctl->run_key);
    return status;
}

static int read_all(struct import *in)
{
    int status;

    progress_begin(_("rows"), !in->ctl->json);
    status = reader_each(in->reader, on_record, in);
    if (status < 0)
        return ctl_fail(in->ctl, EXIT_IO, _("%s cannot be read: %s"), in->path,
                        strerror(errno));
    if (!status && in->sender)
        status = end_group(in);
    if (!status && in->sender)
        status = sender_finish(in->sender);
    progress_end();
    if (status && in->sender)
        return tell_stopped(in, status);
    return !status && in->bulk ? bulk_wait(in->ctl) : status;
}

/* The summary is told before the status is known to be bad: both matter. */
static int finish(struct import *in)
{
    json_t *told = summary(in);
    size_t rejected = rejects_count(in->rejects);

    ctl_show(in->ctl, told, print_summary);
    json_decref(told);
    if (rejects_close(in->rejects)) {
        in->rejects = NULL;
        return ctl_fail(in->ctl, EXIT_IO, "%s",
                        _("the rejected rows could not be written"));
    }
    in->rejects = NULL;
    return rejected ? EXIT_DATA : DONE;
}

static void import_fini(struct import *in)
{
    sender_free(in->sender);
    rejects_close(in->rejects);
    saved_rows_free(in->rows);
    flat_object_fini(&in->object);
    seen_fini(&in->seen);
    arena_free(in->scratch);
    reader_close(in->reader);
}

static int choose_layout(struct import *in)
{
    const char *from = in->ctl->from;

    if (!from)
        return DONE;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (!strcmp(layouts[i]->name, from))
            in->layout = layouts[i];
    if (!in->layout)
        return ctl_misused(in->ctl,
                           _("--from %s is not known; there are siae-list and "
                             "decp."),
                           from);
    if (in->layout->entity != in->entity)
        return ctl_misused(in->ctl, _("--from %s is a layout for %ss."), from,
                           words_entity.words[in->layout->entity]);
    return DONE;
}

static int open_input(struct import *in)
{
    const char *why;
    int status = choose_layout(in);

    if (status)
        return status;
    errno = 0;
    if (!(in->reader = reader_open(in->path, &why))) {
        if (errno)
            return ctl_fail(in->ctl, EXIT_IO, _("%s cannot be read: %s"),
                            in->path, strerror(errno));
        return ctl_fail(in->ctl, EXIT_DATA, "%s %s", in->path, _(why));
    }
    if (!(in->scratch = arena_new(SCRATCH_BYTES)))
        return out_of_memory(in);
    if (reader_format(in->reader) != FILE_NDJSON)
        return DONE;
    if (in->layout)
        return ctl_fail(in->ctl, EXIT_DATA,
                        _("%s is not in the layout %s: that is a table."),
                        in->path, in->layout->name);
    return open_rejects(in, NULL);
}

static int run(struct import *in)
{
    int status = open_input(in);

    if (!status)
        status = read_all(in);
    if (!status && !in->sender)
        status = ctl_fail(in->ctl, EXIT_DATA, "%s %s", in->path, _("is empty"));
    if (!status)
        status = finish(in);
    import_fini(in);
    return status;
}

int cmd_import(struct ctl *ctl)
{
    struct import *in;
    int64_t entity =
        ctl->n_args == 2 ? flat_entity_of_plural(ctl->args[0]) : -1;
    int status;

    if (entity < 0)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl import structures|profiles|"
                             "markets|facilitators FILE"));
    if (strlen(ctl->run_key) > SENDER_KEY_MAX)
        return ctl_misused(ctl, _("a --key of an import has at most %d bytes"),
                           SENDER_KEY_MAX);
    if (ctl->bulk && entity != ENTITY_PROFILE)
        return ctl_misused(ctl, "%s", _("--bulk is for profiles"));
    if (!(in = calloc(1, sizeof *in)))
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    in->ctl = ctl;
    in->path = ctl->args[1];
    in->entity = entity;
    in->last = &in->rows;
    flat_init(&in->flat, entity);
    flat_object_init(&in->object, &in->flat);
    status = run(in);
    free(in);
    return status;
}
