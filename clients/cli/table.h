/*
 * Tables for people, by libsmartcols: on a terminal the columns that may be
 * cut make room for the others; what does not fit even so goes on in the next
 * line.  Whole when the output goes elsewhere.
 */
#ifndef CLIENTS_CLI_TABLE_H
#define CLIENTS_CLI_TABLE_H

#include <stddef.h>

struct table_view;

/* Whether stdout is a terminal that shows colour (NO_COLOR, TERM=dumb). */
int table_coloured(void);

/* An empty table; NULL without memory, which every function takes. */
struct table_view *table_new(void);

/* Flags of a column.  RIGHT: numbers; CUT: may be shortened to fit. */
enum { TABLE_LEFT = 0, TABLE_RIGHT = 1, TABLE_CUT = 2 };
/* Add a column. */
void table_column(struct table_view *table, const char *title, int flags);

/* Begin a line. */
void table_line(struct table_view *table);
/* Fill the line's next cell from the left. */
void table_cell(struct table_view *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print it, unless it has no line, and free it. */
void table_show(struct table_view *table);

/* A title over what follows. */
void table_title(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
