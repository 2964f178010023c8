/*
 * Thin over libsmartcols; without memory a table simply lacks what did not
 * fit, for there is nothing better to print.
 */
#include "clients/cli/table.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct table_view {
    struct libscols_table *table;
    struct libscols_line *line;
    size_t next; /* cell of the line */
    size_t lines;
};

int table_coloured(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(no && *no) && term &&
           strcmp(term, "dumb") != 0;
}

/* Elsewhere than on a terminal a table is as wide as it must be. */
struct table_view *table_new(void)
{
    struct table_view *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    scols_init_debug(0);
    t->table = scols_new_table();
    if (t->table) {
        scols_table_enable_colors(t->table, table_coloured());
        if (!isatty(STDOUT_FILENO))
            scols_table_enable_maxout(t->table, 0);
    }
    return t;
}

void table_column(struct table_view *t, const char *title, int flags)
{
    struct libscols_column *column;
    int how = 0;

    if (flags & TABLE_RIGHT)
        how |= SCOLS_FL_RIGHT;
    /* Only a terminal has a width to fit into. */
    if ((flags & TABLE_CUT) && isatty(STDOUT_FILENO))
        how |= SCOLS_FL_TRUNC;
    if (!t || !(column = scols_table_new_column(t->table, title, 0, how)))
        return;
    scols_cell_set_color(scols_column_get_header(column), "bold");
}

void table_line(struct table_view *t)
{
    if (!t)
        return;
    t->line = scols_table_new_line(t->table, NULL);
    t->next = 0;
    t->lines++;
}

void table_cell(struct table_view *t, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    if (!t || !t->line)
        return;
    va_start(args, format);
    if (vasprintf(&text, format, args) >= 0 &&
        scols_line_refer_data(t->line, t->next++, text))
        free(text);
    va_end(args);
}

void table_show(struct table_view *t)
{
    if (!t)
        return;
    if (t->lines)
        scols_print_table(t->table);
    scols_unref_table(t->table);
    free(t);
}

void table_title(const char *format, ...)
{
    int colour = table_coloured();
    va_list args;

    va_start(args, format);
    fputs(colour ? "\033[1m" : "", stdout);
    vprintf(format, args);
    fputs(colour ? "\033[0m\n" : "\n", stdout);
    va_end(args);
}
