/*
 * A bar on stderr, for a person at a terminal only.
 */
#ifndef CLIENTS_CLI_PROGRESS_H
#define CLIENTS_CLI_PROGRESS_H

#include <stddef.h>

/* Show how far it is (0 to 1, -1 unknown) and how many rows; draws at most
 * ten times a second. */
void progress_show(double part, size_t rows);

/* Take the bar away. */
void progress_end(void);

#endif
