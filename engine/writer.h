/*
 * The writer: one thread that begins, fills and commits every batch.  A group
 * is what is queued, at most 1,000 records (4,000 of a bulk import) or 1 MiB;
 * there is no timer.
 *
 * If a handler fails after it has put something, the group is aborted and its
 * requests are run again one by one.  A request whose deadline has passed is
 * not run.  After an error of the disk no write is taken any more.
 */
#ifndef ENGINE_WRITER_H
#define ENGINE_WRITER_H

#include "engine/dispatch.h"

struct writer;

/* What the thread tells the loop, from its own thread.  An empty list: look
 * whether the writer has failed. */
typedef void writer_done(void *context, struct request *finished);

/* Start the thread.  DONE is called for every group with a list of answered
 * requests (linked by next, in order of arrival), which it takes. */
enum err writer_start(struct store *store, writer_done *done, void *context,
                      struct writer **out);

/* Queue a request, taking it.  ERR_BUSY the queue is full, ERR_STOPPING: it
 * is the caller's again. */
enum err writer_queue(struct writer *writer, struct request *request);

/* Have the store compacted as soon as the batch in hand is over.  Asking twice
 * before it begins is asking once. */
void writer_compact(struct writer *writer);

/* Work of the daemon's own, in a batch of its own between two groups: RUN
 * fills it, and is called anew when the map was full and has grown; the batch
 * is committed unless RUN fails or changes nothing.  DONE (may be NULL) hears
 * what came of it.  Both are called on the thread that writes, must be short,
 * and may queue jobs. */
typedef enum err writer_job_run(void *context, struct store_batch *batch);
typedef void writer_job_done(void *context, enum err e);

/* Queue a job; one is done after each group.  ERR_STOPPING, ERR_NOMEM: DONE is
 * not called.  What the end of the writer finds queued is not run, and DONE
 * hears ERR_STOPPING. */
enum err writer_job(struct writer *writer, writer_job_run *run,
                    writer_job_done *done, void *context);

/* How many there have been since the start, failed ones not. */
uint64_t writer_compactions(struct writer *writer);

/* Requests that wait or are being written. */
size_t writer_depth(struct writer *writer);

/* Has the disk failed?  Then the daemon must stop. */
int writer_failed(struct writer *writer);

/* Finish what is queued, then end the thread and free the writer. */
void writer_stop(struct writer *writer);

#endif
