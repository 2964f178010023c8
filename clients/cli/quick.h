/*
 * Lines of NDJSON that hold nothing unusual, straight into a struct.  A tree of
 * every object takes most of the time of an import of millions.
 */
#ifndef CLIENTS_CLI_QUICK_H
#define CLIENTS_CLI_QUICK_H

#include "protocol/codec.h"

/* Read LINE into VALUE as json_to_shape would.  1, or 0 when it is not wholly
 * good and plain (escapes, fractions, unknown keys, faults): then VALUE is
 * anything, and the line is for a parser that can say what is wrong. */
int quick_read(const struct shape *shape, struct slice line,
               struct arena *arena, void *value);

#endif
