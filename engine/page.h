/*
 * Tokens of pages: where a list goes on.  The id that was looked at last may
 * be of an object that the caller does not see, so a token tells nothing: it is
 * encrypted, and one that was not given by this list is none.
 */
#ifndef ENGINE_PAGE_H
#define ENGINE_PAGE_H

#include "protocol/arena.h"

/* The token of ID (at most 64 bytes) in the list of ENTITY, in the arena; the
 * same each time.  {NULL, 0} without memory. */
struct slice page_token_of(unsigned entity, struct slice id,
                           struct arena *arena);

/* The id that a token stands for, in the arena; 0 when it is none. */
int page_token_read(unsigned entity, struct slice token, struct arena *arena,
                    struct slice *id);

#endif
