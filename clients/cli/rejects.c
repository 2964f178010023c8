/*
 * Writes FILE.rejects, readable by its owner alone: it may hold profiles.
 * The first few are told on stderr too, without any value of theirs.
 */
#include "clients/cli/rejects.h"
#include "clients/cli/ctl.h"
#include "clients/cli/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 10

struct rejects {
    char *path;
    FILE *file; /* NULL before the first row */
    enum file_format format;
    char delimiter;
    int mark;
    struct saved_row *header;
    const struct field_name *names; /* NULL: as the entity calls them */
    size_t count;
    json_t *reasons;
};

/* One block: the cells, then their bytes. */
struct saved_row *saved_row_new(const struct record *record)
{
    size_t bytes = 0;
    struct saved_row *s;
    char *at;

    for (size_t i = 0; i < record->n; i++)
        bytes += record->cells[i].len;
    s = malloc(sizeof *s + record->n * sizeof *s->cells + bytes + 1);
    if (!s)
        return NULL;
    s->next = NULL;
    s->row = record->row;
    s->n = record->n;
    at = (char *)(s->cells + record->n);
    for (size_t i = 0; i < record->n; i++) {
        memcpy(at, record->cells[i].data, record->cells[i].len);
        s->cells[i] = (struct slice){at, record->cells[i].len};
        at += record->cells[i].len;
    }
    return s;
}

void saved_rows_free(struct saved_row *rows)
{
    struct saved_row *next;

    for (; rows; rows = next) {
        next = rows->next;
        free(rows);
    }
}

int rejects_column(struct slice name)
{
    return slice_equal(name, SLICE("row")) ||
           slice_equal(name, SLICE("field")) ||
           slice_equal(name, SLICE("reason"));
}

struct rejects *rejects_new(const char *path, enum file_format format,
                            char delimiter, int mark, struct saved_row *header)
{
    struct rejects *r = calloc(1, sizeof *r);

    if (!r || !(r->path = strdup(path)) || !(r->reasons = json_object())) {
        free(r ? r->path : NULL);
        free(r);
        saved_rows_free(header);
        return NULL;
    }
    r->format = format;
    r->delimiter = delimiter;
    r->mark = mark;
    r->header = header;
    return r;
}

/* ---- One row ---------------------------------------------------------- */

/* A row shorter than the header is filled up; the three columns of an earlier
 * rejects file are not carried along. */
static void write_cells(struct rejects *r, const struct saved_row *row)
{
    for (size_t i = 0; i < r->header->n; i++) {
        struct slice cell = i < row->n ? row->cells[i] : (struct slice){"", 0};

        if (rejects_column(r->header->cells[i]))
            continue;
        file_write_cell(r->file, r->format, r->delimiter, cell);
        putc(r->delimiter, r->file);
    }
}

static void write_row(struct rejects *r, const struct saved_row *row,
                      struct slice field, const char *reason)
{
    char number[24];

    snprintf(number, sizeof number, "%zu", row->row);
    write_cells(r, row);
    file_write_cell(r->file, r->format, r->delimiter, slice_of(number));
    putc(r->delimiter, r->file);
    file_write_cell(r->file, r->format, r->delimiter, field);
    putc(r->delimiter, r->file);
    file_write_cell(r->file, r->format, r->delimiter, slice_of(reason));
    putc('\n', r->file);
}

/* A line that is no object is kept as the text it was. */
static int write_object(struct rejects *r, const struct saved_row *row,
                        struct slice field, const char *reason)
{
    json_t *object = json_loadb(row->cells[0].data, row->cells[0].len, 0, NULL);
    int failed;

    if (!json_is_object(object)) {
        json_decref(object);
        object = json_object();
        json_object_set_new(
            object, "line",
            json_stringn(row->cells[0].data, row->cells[0].len));
    }
    json_object_set_new(object, "row", json_integer((json_int_t)row->row));
    json_object_set_new(object, "field",
                        json_stringn(field.data ? field.data : "", field.len));
    json_object_set_new(object, "reason", json_string(reason));
    failed =
        json_dumpf(object, r->file, JSON_COMPACT) || putc('\n', r->file) == EOF;
    json_decref(object);
    return failed ? -1 : 0;
}

/* Created with the first rejected row: no row, no file. */
static int open_file(struct rejects *r)
{
    int fd = open(r->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || !(r->file = fdopen(fd, "w")))
        return -1;
    if (r->mark)
        fputs("\xef\xbb\xbf", r->file);
    if (!r->header)
        return 0;
    write_cells(r, r->header);
    fprintf(r->file, "row%cfield%creason\n", r->delimiter, r->delimiter);
    return 0;
}

/* A person sees what kind of mistake it is from the first few. */
static void show(const struct rejects *r, size_t row, const char *name,
                 const char *field, const char *hint)
{
    if (r->count > SHOWN_MAX + 1)
        return;
    progress_end();
    if (r->count <= SHOWN_MAX) {
        fprintf(stderr, _("row %zu:"), row);
        ctl_print_problem(field, name, hint);
    } else {
        fprintf(stderr, _("... the other rejected rows are in %s\n"), r->path);
    }
}

static void count(struct rejects *r, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(r->reasons, name));

    r->count++;
    json_object_set_new(r->reasons, name, json_integer(n + 1));
}

void rejects_name_fields(struct rejects *r, const struct field_name *names)
{
    r->names = names;
}

static struct slice column_of(const struct rejects *r, struct slice field)
{
    const struct field_name *n = r->names;

    for (; n && n->prefix; n++)
        if (field.len >= strlen(n->prefix) &&
            !memcmp(field.data, n->prefix, strlen(n->prefix)))
            return slice_of(n->column);
    return field;
}

int rejects_add(struct rejects *r, const struct saved_row *rows,
                const char *name, struct slice field, struct slice hint)
{
    char *reason, field_text[208], hint_text[304];

    field = column_of(r, field);
    snprintf(field_text, sizeof field_text, "%.*s", (int)field.len,
             field.data ? field.data : "");
    snprintf(hint_text, sizeof hint_text, "%.*s", (int)hint.len,
             hint.data ? hint.data : "");
    if (!r->file && open_file(r))
        return -1;
    count(r, name);
    if (asprintf(&reason, *hint_text ? "%s: %s (%s)" : "%s: %s", name,
                 ctl_error_text(name), hint_text) < 0)
        return -1;
    for (const struct saved_row *row = rows; row; row = row->next)
        if (r->format == FILE_NDJSON)
            write_object(r, row, field, reason);
        else
            write_row(r, row, field, reason);
    free(reason);
    show(r, rows ? rows->row : 0, name, field_text, hint_text);
    return ferror(r->file) ? -1 : 0;
}

json_t *rejects_reasons(const struct rejects *r)
{
    return r->reasons;
}

size_t rejects_count(const struct rejects *r)
{
    return r->count;
}

const char *rejects_path(const struct rejects *r)
{
    return r->path;
}

int rejects_close(struct rejects *r)
{
    int failed = 0;

    if (!r)
        return 0;
    if (r->file)
        failed = fclose(r->file);
    saved_rows_free(r->header);
    json_decref(r->reasons);
    free(r->path);
    free(r);
    return failed ? -1 : 0;
}
