/*
 * Objects as rows of a table, and rows as objects again.
 *
 * A column is a dotted path ("lots.jobs.seats").  An object fills one row, or
 * several when it has lists: a list has a column of its own ("lots",
 * "lots.jobs") that numbers its elements from 1.  A row that repeats the id
 * adds to the same object.  Without numbers (a file written by hand) a list
 * gets a new element in the row where one of its filled cells differs from
 * the element before.  Cells of codes hold several, parted by `|` (`\|` and
 * `\\` inside a text).
 *
 * flat_object and flat_rows are each other's inverse; tests hold them to it.
 */
#ifndef CLIENTS_CLI_FLAT_H
#define CLIENTS_CLI_FLAT_H

#include "protocol/entities.h"

#include <jansson.h>

#define FLAT_PATH_MAX 64
#define FLAT_COLUMNS_MAX 128
#define FLAT_NODES_MAX 16
#define FLAT_IDS_MAX 2

/* The object itself (node 0), or a list somewhere inside it. */
struct flat_node {
    size_t parent;
    char path[FLAT_PATH_MAX];
    const char *name; /* of the list's field in the parent's object */
};
struct flat_column {
    char path[FLAT_PATH_MAX];
    size_t node;
    const char *inner;         /* the path within the node's object */
    const struct field *field; /* NULL: the column numbers the node */
};
struct flat {
    struct flat_node nodes[FLAT_NODES_MAX];
    size_t n_nodes;
    struct flat_column columns[FLAT_COLUMNS_MAX];
    size_t n;
    size_t ids[FLAT_IDS_MAX]; /* columns that make the id */
    size_t n_ids;
};

/* The entity of that name, "market", whose objects stand in files; -1 when
 * there is none.  Hours are in no file of theirs: `hours record' takes them. */
int flat_entity(struct slice name);

/* The same of "markets". */
int flat_entity_of_plural(const char *plural);

/* The columns of an entity that stands in files; of hours those to write. */
void flat_init(struct flat *flat, int64_t entity);

/* The column of that name, -1 when there is none. */
int flat_find(const struct flat *flat, struct slice name);

/* The name of the column that reads most like NAME, NULL when none is near. */
const char *flat_nearest(const struct flat *flat, const char *name);

/* An object that grows row by row. */
struct flat_object {
    const struct flat *flat;
    json_t *object; /* NULL before the first row */
    json_t *current[FLAT_NODES_MAX];
    char *seen[FLAT_COLUMNS_MAX]; /* cells of the current elements */
};

/* Begin without a row. */
void flat_object_init(struct flat_object *object, const struct flat *flat);
/* Forget all rows; it can begin again. */
void flat_object_fini(struct flat_object *object);

/* Whether a row's id cells are those of the object (an empty cell is). */
int flat_object_same(const struct flat_object *object,
                     const struct slice *cells);

/* Add a row; CELLS stand in the order of the columns, absent ones {NULL, 0}.
 * Returns NULL, or the path of the cell that contradicts an earlier row. */
const char *flat_object_add(struct flat_object *object,
                            const struct slice *cells);

/* Write OBJECT as rows: ON_ROW is given one cell for each column, "" for an
 * empty one.  0, or -1 without memory. */
int flat_rows(const struct flat *flat, const json_t *object,
              void (*on_row)(void *to, const char *const *cells), void *to);

#endif
