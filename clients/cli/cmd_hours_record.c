/*
 * clausectl hours record: a statement of hours from a file, a row an entry.
 *
 * Columns are the fields of an entry; `hours` may stand for `hundredths` and
 * is written as on a payslip: 151,67.  A line of NDJSON is an entry as it
 * travels.  A thousand entries go at a time, each thousand whole or not at
 * all.
 */
#include "clients/cli/cmd_hours.h"
#include "clients/cli/files.h"
#include "clients/cli/layout.h"
#include "clients/cli/rejects.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define PART_ROWS 1000

struct recording {
    struct ctl *ctl;
    struct reader *reader;
    struct saved_row *header;
    json_t *entries; /* not yet sent */
    size_t first;    /* row of the first of them */
    int64_t parts;
    int64_t recorded;
    int64_t replaced;
    int64_t revision;
};

/* Each part has a key of its own. */
static int send_part(struct recording *r)
{
    char key[PROTOCOL_KEY_MAX + 1];
    json_t *answer, *ask;
    int status;

    if (!json_array_size(r->entries))
        return DONE;
    ask = json_object();
    json_object_set_new(ask, "entries", r->entries);
    r->entries = json_array();
    snprintf(key, sizeof key, "%.40s-%" PRId64, r->ctl->run_key, ++r->parts);
    r->ctl->key = key;
    status = ctl_call(r->ctl, VERB_hours_record, ask, &answer);
    r->ctl->key = r->ctl->run_key;
    if (status) {
        if (!r->ctl->json)
            fprintf(stderr,
                    _("Nothing from row %zu on was recorded; entry 1 is that "
                      "row.\n"),
                    r->first);
        return status;
    }
    r->recorded += json_number(answer, "recorded");
    r->replaced += json_number(answer, "replaced");
    r->revision = json_number(answer, "rev");
    json_decref(answer);
    return DONE;
}

/* Takes ENTRY. */
static int add_entry(struct recording *r, json_t *entry, size_t row)
{
    int status = json_array_size(r->entries) == PART_ROWS ? send_part(r) : DONE;

    if (!json_array_size(r->entries))
        r->first = row;
    json_array_append_new(r->entries, entry);
    return status;
}

/* A cell of each column; empty ones are not there. */
static json_t *entry_of_cells(const struct recording *r,
                              const struct record *record)
{
    json_t *entry = json_object();

    for (size_t i = 0; i < r->header->n && i < record->n; i++) {
        struct slice name = r->header->cells[i], cell = record->cells[i];
        char text[64];

        if (!cell.len)
            continue;
        if (slice_equal(name, SLICE("hours")) && cell.len < sizeof text) {
            snprintf(text, sizeof text, "%.*s", (int)cell.len, cell.data);
            json_object_set_new(entry, "hundredths", hours_hundredths(text));
            continue;
        }
        json_object_setn_new(entry, name.data, name.len,
                             json_stringn(cell.data, cell.len));
    }
    return entry;
}

static int on_record(void *to, const struct record *record)
{
    struct recording *r = to;
    json_t *entry;

    if (record->fault)
        return ctl_fail(r->ctl, EXIT_DATA, _("row %zu: %s"), record->row,
                        _(record->hint));
    if (reader_format(r->reader) == FILE_NDJSON)
        entry = json_loadb(record->cells[0].data, record->cells[0].len,
                           JSON_REJECT_DUPLICATES, NULL);
    else if (r->header)
        entry = entry_of_cells(r, record);
    else
        return (r->header = saved_row_new(record))
                   ? DONE
                   : ctl_fail(r->ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    if (!json_is_object(entry)) {
        json_decref(entry);
        return ctl_fail(r->ctl, EXIT_DATA, _("row %zu: %s"), record->row,
                        _("not a JSON object"));
    }
    return add_entry(r, entry, record->row);
}

static void print_recorded(const struct ctl *ctl, const json_t *told)
{
    (void)ctl;
    printf(
        _("Entries recorded: %" PRId64 ", of which replaced: %" PRId64 ".\n"),
        json_number(told, "recorded"), json_number(told, "replaced"));
}

static int record_file(struct recording *r, const char *path)
{
    int status = reader_each(r->reader, on_record, r);
    json_t *told;

    if (status < 0)
        return ctl_fail(r->ctl, EXIT_IO, _("%s cannot be read: %s"), path,
                        strerror(errno));
    if (!status && !r->parts && !json_array_size(r->entries))
        return ctl_fail(r->ctl, EXIT_DATA,
                        _("%s has no usable row; nothing was changed."), path);
    if (status || (status = send_part(r)))
        return status;
    told = json_pack("{s:I, s:I, s:I}", "recorded", (json_int_t)r->recorded,
                     "replaced", (json_int_t)r->replaced, "rev",
                     (json_int_t)r->revision);
    ctl_show(r->ctl, told, print_recorded);
    json_decref(told);
    return DONE;
}

int hours_record(struct ctl *ctl)
{
    struct recording r = {.ctl = ctl};
    const char *why;
    int status;

    if (ctl->n_args != 2)
        return ctl_misused(ctl, "%s", _("write: clausectl hours record FILE"));
    errno = 0;
    if (!(r.reader = reader_open(ctl->args[1], &why))) {
        if (errno)
            return ctl_fail(ctl, EXIT_IO, _("%s cannot be read: %s"),
                            ctl->args[1], strerror(errno));
        return ctl_fail(ctl, EXIT_DATA, "%s %s", ctl->args[1], _(why));
    }
    r.entries = json_array();
    status = record_file(&r, ctl->args[1]);
    json_decref(r.entries);
    saved_rows_free(r.header);
    reader_close(r.reader);
    return status;
}
