/*
 * The rows that were not taken: a file in the layout of the input with three
 * columns more (row, field, reason), which can be corrected and imported
 * again as it is.
 */
#ifndef CLIENTS_CLI_REJECTS_H
#define CLIENTS_CLI_REJECTS_H

#include "clients/cli/files.h"

#include <jansson.h>

/* A record that outlives its reading. */
struct saved_row {
    struct saved_row *next;
    size_t row;
    size_t n;
    struct slice cells[]; /* their bytes follow */
};
/* A copy of RECORD, NULL without memory. */
struct saved_row *saved_row_new(const struct record *record);
/* Free a row and those that follow it. */
void saved_rows_free(struct saved_row *rows);

/* What a field is called in the file: the first row whose prefix fits a path
 * names its column.  Ends in a row of NULLs. */
struct field_name {
    const char *prefix;
    const char *column;
};

struct rejects;

/* Nothing is created before the first row.  FILE is for messages; the header
 * (NULL for NDJSON) is taken. */
struct rejects *rejects_new(const char *path, enum file_format format,
                            char delimiter, int mark, struct saved_row *header);

/* Name fields by the file's columns from now on. */
void rejects_name_fields(struct rejects *rejects,
                         const struct field_name *names);

/* Write the rows of one entity.  0, or -1 when the file cannot be written
 * (errno). */
int rejects_add(struct rejects *rejects, const struct saved_row *rows,
                const char *name, struct slice field, struct slice hint);

/* How many entities there were by the name of their error; borrowed. */
json_t *rejects_reasons(const struct rejects *rejects);

/* How many entities were written. */
size_t rejects_count(const struct rejects *rejects);

/* The file's name, for messages. */
const char *rejects_path(const struct rejects *rejects);

/* Finish and free; NULL is fine.  -1 when the last bytes could not be
 * written. */
int rejects_close(struct rejects *rejects);

/* Whether a column is one of the three. */
int rejects_column(struct slice name);

#endif
