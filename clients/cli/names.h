/*
 * Names that a person may have mistyped.
 */
#ifndef CLIENTS_CLI_NAMES_H
#define CLIENTS_CLI_NAMES_H

#include "protocol/entities.h"

/* How many letters must be changed, added, dropped or swapped to turn A into
 * B; names past 64 bytes are as far as they are long. */
size_t name_distance(const char *a, const char *b);

/* Whether that distance is small enough for "did you mean". */
int name_is_near(const char *typed, size_t distance);

/* The field of SHAPE whose name reads most like NAME, NULL when none does. */
const char *shape_nearest_name(const struct shape *shape, const char *name);

#endif
