/*
 * Looking rows up.  The tables are a few kilobytes and are read through each
 * time: an import waits for the daemon, not for this.
 */
#include "clients/cli/tables.h"

#include <string.h>

/* Cut the first line off TEXT; 0 at its end. */
static int take_line(struct slice *text, struct slice *line)
{
    const char *end;

    if (!text->len)
        return 0;
    end = memchr(text->data, '\n', text->len);
    line->data = text->data;
    line->len = end ? (size_t)(end - text->data) : text->len;
    text->data += line->len + (end != NULL);
    text->len -= line->len + (end != NULL);
    return 1;
}

static void split(struct slice line, struct table_row *row)
{
    const char *tab;

    row->n = 0;
    while (row->n < TABLE_CELLS_MAX) {
        tab = memchr(line.data, '\t', line.len);
        row->cells[row->n].data = line.data;
        row->cells[row->n++].len = tab ? (size_t)(tab - line.data) : line.len;
        if (!tab)
            break;
        line.len -= (size_t)(tab + 1 - line.data);
        line.data = tab + 1;
    }
}

/* An empty prefix fits every code: what the kind alone suggests. */
static int matches(const struct table_row *row, struct slice code,
                   const char *kind)
{
    struct slice prefix = row->cells[0];

    if (row->n < 3 || prefix.len > code.len ||
        (prefix.len && memcmp(prefix.data, code.data, prefix.len) != 0))
        return 0;
    return slice_equal(row->cells[1], SLICE("*")) ||
           slice_equal(row->cells[1], slice_of(kind));
}

int tables_find(struct slice table, struct slice code, const char *kind,
                struct table_row *row)
{
    struct slice line;
    struct table_row at;
    int found = 0;

    take_line(&table, &line); /* the header */
    while (take_line(&table, &line)) {
        split(line, &at);
        if (!matches(&at, code, kind) ||
            (found && at.cells[0].len <= row->cells[0].len))
            continue;
        *row = at;
        found = 1;
    }
    return found;
}
