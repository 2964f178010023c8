/*
 * What the foreign layouts share.
 */
#include "clients/cli/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* These files are a few columns wide; looking a name up each time is cheap. */
struct slice layout_cell(const struct layout_row *row, const char *name)
{
    struct slice cell = {"", 0};

    for (size_t i = 0; i < row->n; i++)
        if (slice_equal(row->names[i], slice_of(name))) {
            cell = row->cells[i];
            break;
        }
    while (cell.len && (*cell.data == ' ' || *cell.data == '\t')) {
        cell.data++;
        cell.len--;
    }
    while (cell.len &&
           (cell.data[cell.len - 1] == ' ' || cell.data[cell.len - 1] == '\t'))
        cell.len--;
    return cell;
}

json_t *layout_refuse(struct complaint *why, enum err name, const char *field,
                      const char *hint, ...)
{
    va_list args;

    why->name = name;
    snprintf(why->field, sizeof why->field, "%s", field);
    va_start(args, hint);
    vsnprintf(why->hint, sizeof why->hint, hint, args);
    va_end(args);
    return NULL;
}

void layout_set(json_t *object, const char *name, struct slice text)
{
    if (text.len)
        json_object_set_new(object, name,
                            json_stringn_nocheck(text.data, text.len));
}

json_t *layout_codes(struct slice cell)
{
    json_t *array;
    const char *bar;
    size_t len;

    if (!cell.len)
        return NULL;
    array = json_array();
    while (cell.len) {
        bar = memchr(cell.data, '|', cell.len);
        len = bar ? (size_t)(bar - cell.data) : cell.len;
        if (len)
            json_array_append_new(array, json_stringn_nocheck(cell.data, len));
        len += bar != NULL;
        cell.data += len;
        cell.len -= len;
    }
    return array;
}
