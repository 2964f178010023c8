/*
 * Layouts of other producers' files: one row becomes one entity.
 *
 * docs/imports.md states each layout and what is derived from what.  What a
 * row does not say is left out or refused, never guessed; what a table of
 * ours derives is marked derived.
 */
#ifndef CLIENTS_CLI_LAYOUT_H
#define CLIENTS_CLI_LAYOUT_H

#include "clients/cli/ctl.h"
#include "clients/cli/rejects.h"

/* A row by the names of the file's header. */
struct layout_row {
    const struct slice *names;
    const struct slice *cells;
    size_t n;
};

/* The cell of that column, without spaces around it; empty without one. */
struct slice layout_cell(const struct layout_row *row, const char *name);

/* Why a row cannot become an entity. */
struct complaint {
    enum err name;
    char field[64];
    char hint[300];
};

/* Fill WHY and return NULL. */
json_t *layout_refuse(struct complaint *why, enum err name, const char *field,
                      const char *hint, ...)
    __attribute__((format(printf, 4, 5)));

struct layout {
    const char *name;
    int64_t entity;
    const char *const *columns;     /* that the file must have; ends in NULL */
    const struct field_name *names; /* what our fields are called there */
    /* The entity's JSON, which the caller owns, or NULL with WHY.  A status
     * other than DONE stops the import: it has been told. */
    int (*convert)(struct ctl *ctl, const struct layout_row *row,
                   struct complaint *why, json_t **entity);
};
extern const struct layout layout_siae;
extern const struct layout layout_decp;

/* Set a member to a text, unless it is empty. */
void layout_set(json_t *object, const char *name, struct slice text);

/* The codes of a cell ("A1203|N1105") as an array; NULL when it is empty. */
json_t *layout_codes(struct slice cell);

#endif
