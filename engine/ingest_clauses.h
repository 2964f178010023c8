/*
 * What the files of ingest share: the walk over one object, and the clauses
 * of a market.  Nobody else includes this.
 */
#ifndef ENGINE_INGEST_CLAUSES_H
#define ENGINE_INGEST_CLAUSES_H

#include "engine/ingest.h"
#include "engine/match/law.h"
#include "protocol/path.h"

struct walk {
    const struct reference *reference;
    struct arena *arena;
    struct faults *faults;
    struct notes *notes;
};

/* Tell what was made of the member at PATH. */
void ingest_note(struct walk *w, const struct path *path, const char *name,
                 struct slice from, struct slice to, const char *hint);

/* Refuse it. */
void ingest_fault(struct walk *w, enum err name, const struct path *path,
                  const char *hint);

/* Give each of CLAUSES, the list at PATH, its kind: as stated, else as its
 * article reads on the day of the LAUNCH (ABSENT: today's rows).  One that
 * names two kinds becomes two clauses, of which the first keeps the hours; one
 * that says there is none is left out. */
void ingest_clauses(struct walk *w, const struct path *path,
                    struct clause_list *clauses, int64_t launch);

#endif
