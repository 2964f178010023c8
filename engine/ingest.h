/*
 * What an entity must satisfy beyond its field table, and what is made
 * current on the way in: communes, territory codes, the rules between fields.
 */
#ifndef ENGINE_INGEST_H
#define ENGINE_INGEST_H

#include "protocol/codec.h"
#include "store/reference.h"

/* Notes of one write.  When there would be more, the last is named MORE. */
#define NOTES_MAX 256
struct notes {
    struct note at[NOTES_MAX];
    size_t n;
};

/* Check VALUE (of ENTITY, decoded) against the tables and rules; rewrite
 * codes in place.  PATH is what fields are under ("structure", "").  Returns
 * the first fault's name with all in FAULTS.  Notes tell what was rewritten
 * and what is odd. */
enum err ingest(const struct reference *reference, unsigned entity, void *value,
                const char *path, struct arena *arena, struct faults *faults,
                struct notes *notes);

#endif
