/*
 * Tables for people, by libsmartcols: cut to the terminal's width when there
 * is one, whole when the output goes elsewhere.
 */
#ifndef CLIENTS_CLI_TABLE_H
#define CLIENTS_CLI_TABLE_H

#include <stddef.h>

struct table_view;

/* Whether stdout is a terminal that shows colour (NO_COLOR, TERM=dumb). */
int table_coloured(void);

struct table_view *table_new(void);

/* Add a column.  RIGHT: numbers; CUT: may be shortened to fit. */
enum { TABLE_LEFT = 0, TABLE_RIGHT = 1, TABLE_CUT = 2 };
void table_column(struct table_view *table, const char *title, int flags);

/* Begin a line, and fill its cells from the left; formatted. */
void table_line(struct table_view *table);
void table_cell(struct table_view *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print it, unless it has no line, and free it. */
void table_show(struct table_view *table);

/* A title over what follows. */
void table_title(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
