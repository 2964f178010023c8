/*
 * The encoding of a file, found out as it is read.
 *
 * The first row with a byte past ASCII decides for the whole file: valid
 * UTF-8, or else Windows-1252.  A later row that contradicts it is told, not
 * guessed at.
 */
#ifndef CLIENTS_CLI_ENCODING_H
#define CLIENTS_CLI_ENCODING_H

#include "protocol/codec.h"

/* Zeroed is a file of which nothing is known. */
struct encoding {
    enum { ENCODING_UNKNOWN, ENCODING_UTF8, ENCODING_WINDOWS } is;
    struct buffer converted;
};
/* Free what a conversion kept. */
void encoding_fini(struct encoding *encoding);

/* Make TEXT UTF-8 and move the ENDS of its N cells along.  TEXT then borrows
 * from the encoding until the next call.  Not 0 when it cannot be done; TEXT
 * is then as it was. */
int encoding_take(struct encoding *encoding, struct slice *text, size_t *ends,
                  size_t n);

#endif
