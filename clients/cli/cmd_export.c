/*
 * clausectl export: every object of an entity, in a file that `import' takes
 * back as it is; or every entry of hours, as it is stored: without a person's
 * pseudonym, so that `hours record' cannot take it back.
 */
#include "clients/cli/files.h"
#include "clients/cli/flat.h"
#include "clients/cli/pages.h"
#include "clients/cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct export
{
    struct ctl *ctl;
    struct flat flat;
    FILE *file;
    enum file_format format;
    size_t n;
};

static char delimiter(const struct export *ex)
{
    return ex->format == FILE_TSV ? '\t' : ',';
}

static void write_row(void *to, const char *const *cells)
{
    struct export *ex = to;

    file_write_row(ex->file, ex->format, delimiter(ex), cells, ex->flat.n);
}

static void write_header(struct export *ex)
{
    const char *names[FLAT_COLUMNS_MAX];

    for (size_t i = 0; i < ex->flat.n; i++)
        names[i] = ex->flat.columns[i].path;
    write_row(ex, names);
}

/* Objects are written as they arrive; memory holds one page. */
static int write_object(void *to, const json_t *object)
{
    struct export *ex = to;
    int failed;

    if (ex->format == FILE_NDJSON)
        failed = json_dumpf(object, ex->file,
                            JSON_COMPACT | JSON_REAL_PRECISION(9)) ||
                 putc('\n', ex->file) == EOF;
    else
        failed =
            flat_rows(&ex->flat, object, write_row, ex) || ferror(ex->file);
    ex->n++;
    if (ex->file != stdout)
        progress_show(-1, ex->n);
    return failed ? ctl_fail(ex->ctl, EXIT_IO, _("cannot write: %s"),
                             strerror(errno))
                  : DONE;
}

/* --format, else the file's ending, else CSV. */
static enum file_format choose_format(const struct ctl *ctl)
{
    const char *dot;

    if (ctl->format)
        return file_format_of(ctl->format);
    dot = ctl->n_args > 1 ? strrchr(ctl->args[1], '.') : NULL;
    if (dot && file_format_of(dot + 1) != FILE_FORMATS)
        return file_format_of(dot + 1);
    return ctl->json ? FILE_NDJSON : FILE_CSV;
}

/* Readable by its owner alone: it may hold profiles. */
static FILE *open_output(const char *path)
{
    int fd;

    if (!path || !strcmp(path, "-"))
        return stdout;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

/* A full disk shows at the latest when the file is closed. */
static int export_all(struct export *ex, int64_t entity)
{
    int status;

    if (ex->format != FILE_NDJSON)
        write_header(ex);
    status = pages_each(ex->ctl, entity, 0, write_object, ex);
    progress_end();
    if ((ex->file == stdout ? fflush(stdout) : fclose(ex->file)) && !status)
        return ctl_fail(ex->ctl, EXIT_IO, _("cannot write: %s"),
                        strerror(errno));
    return status;
}

static void tell(const struct export *ex)
{
    if (ex->file == stdout)
        return;
    if (ex->ctl->json)
        printf("{\"exported\": %zu}\n", ex->n);
    else
        printf(_("%zu exported to %s.\n"), ex->n, ex->ctl->args[1]);
}

static int entity_of(const char *named)
{
    return strcmp(named, "hours") ? flat_entity_of_plural(named) : ENTITY_HOURS;
}

int cmd_export(struct ctl *ctl)
{
    int entity = ctl->n_args ? entity_of(ctl->args[0]) : -1, status;
    struct export *ex;

    if (entity < 0 || ctl->n_args > 2)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl export structures|profiles|"
                             "markets|facilitators|hours [FILE]"));
    if (choose_format(ctl) == FILE_FORMATS)
        return ctl_misused(ctl,
                           _("--format %s is not known; there are csv, "
                             "tsv and ndjson."),
                           ctl->format);
    if (!(ex = calloc(1, sizeof *ex)))
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    ex->ctl = ctl;
    ex->format = choose_format(ctl);
    flat_init(&ex->flat, entity);
    if (!(ex->file = open_output(ctl->n_args > 1 ? ctl->args[1] : NULL)))
        status = ctl_fail(ctl, EXIT_IO, _("%s cannot be written: %s"),
                          ctl->args[1], strerror(errno));
    else
        status = export_all(ex, entity);
    if (!status)
        tell(ex);
    free(ex);
    return status;
}
