/*
 * Where in a body the decoder stands, as a chain on its stack, and how a
 * fault there is told.  Private to protocol/.
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

/* Write the path to OUT, cut where it is full; its length. */
size_t path_write(const struct path *path, char out[PATH_MAX_BYTES + 1]);

#endif
