/*
 * Where in a value a walk stands, as a chain on its stack: most walks find no
 * fault, and only a fault needs the path as a text.
 */
#ifndef PROTOCOL_PATH_H
#define PROTOCOL_PATH_H

#include "protocol/codec.h"

/* Longest path and hint of a fault: what `field` and `hint` of fields.def
 * hold. */
#define PATH_MAX_BYTES 200
#define HINT_MAX_BYTES 300

/* A step: a member when NAME is there, else an element, numbered from 1. */
struct path {
    const struct path *up;
    struct slice name;
    size_t index;
};

/* Write the path to OUT, cut where it is full; its length.  NULL is the value
 * itself: nothing. */
size_t path_write(const struct path *path, char out[PATH_MAX_BYTES + 1]);

/* The same as a text in ARENA; "" without memory. */
struct slice path_text(const struct path *path, struct arena *arena);

#endif
