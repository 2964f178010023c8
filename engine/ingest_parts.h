/*
 * What the files of ingest share: the walk over one object, and the clauses
 * of a market.  Nobody else includes this.
 */
#ifndef ENGINE_INGEST_PARTS_H
#define ENGINE_INGEST_PARTS_H

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

/* "TEXT, by wording@2026-08-22": a hint that names the table that decided. */
const char *ingest_by_table(struct walk *w, enum rule_table table,
                            const char *text);

/* Date what follows from other dates by the table `eligibility`: a criterion
 * from its proof, a PASS from its first day.  What is stated stands. */
void ingest_proofs(struct walk *w, const struct path *path,
                   struct profile *profile);

/* Give each of CLAUSES, the list at PATH, its kind: as stated, else as its
 * article reads on the day of the LAUNCH (ABSENT: by the rows without an end).
 * One that names two kinds becomes two clauses, of which the first keeps the
 * hours; one that says there is none is left out. */
void ingest_clauses(struct walk *w, const struct path *path,
                    struct clause_list *clauses, int64_t launch);

#endif
