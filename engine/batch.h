/*
 * The batch: every open lot against everything, as of a date.
 *
 * rescore.start and rescore.cancel only write a note into the store
 * (rescore.h).  A thread of the batch's own, the conductor, finds it there,
 * holds a snapshot, and has workers match lot after lot; what they found is
 * stored by jobs of the writer, in the order of the lots and with the note in
 * the same transaction.  The note is the checkpoint: whoever is killed goes on
 * from it, as long as the store is still at the revision of the snapshot, and
 * begins anew otherwise.
 *
 * Requests come first: workers run at a lower priority, and the writer serves
 * its queue between two jobs.  When the store wants every view back, to grow
 * its map or to go on in another environment, the workers stop at their next
 * lot, and begin again from the note.
 */
#ifndef ENGINE_BATCH_H
#define ENGINE_BATCH_H

#include "engine/writer.h"

#define BATCH_WORKERS_MAX 64

struct batch;

struct batch_settings {
    unsigned workers; /* threads that match; 0: one for each core */
    unsigned chunk;   /* lots that a worker takes at a time; 0: 128 */
};

/* Start the conductor, which looks at once for a run to go on with.  Store and
 * writer are borrowed.  ERR_NOMEM. */
enum err batch_open(struct store *store, struct writer *writer,
                    const struct batch_settings *settings, struct batch **out);

/* Have the conductor look at the note, once what the writer has in hand is
 * committed: for handlers, on the writer's thread.  NULL is fine. */
void batch_poke(struct batch *batch);

/* Ask the workers to end at their next lot; returns at once. */
void batch_halt(struct batch *batch);
/* Has everything ended since? */
int batch_halted(struct batch *batch);

/* Halt, and wait for it, before the writer is stopped.  NULL is fine. */
void batch_stop(struct batch *batch);
/* Give it back, after the writer has stopped: jobs may still have been queued.
 * NULL is fine. */
void batch_free(struct batch *batch);

#endif
