/*
 * The builder: builds the next generation of the index beside the live one,
 * on a thread of its own and of low priority, and has the writer switch to it.
 *
 *   asked, or rows were put without index and no more came for a while
 *     ─► begin ─► gather, sort ─► write ... ─► catch up ... switch ─► sweep ...
 *        writer   this thread     writer, a bounded batch each, between groups
 *
 * Matches are answered from the live generation all the while.  A build that
 * fails, or whose daemon dies, changes nothing; the next one begins anew.
 */
#ifndef ENGINE_BUILDER_H
#define ENGINE_BUILDER_H

#include "engine/writer.h"
#include "store/index.h"

struct builder;

/* What the thread tells when a build is over, well or not. */
typedef void builder_done(void *context);

/* Start the thread.  It sees by itself to what an earlier daemon left: a build
 * that was interrupted, rows without index, an index of other tables. */
enum err builder_start(struct store *store, struct writer *writer,
                       builder_done *done, void *context, struct builder **out);

/* Have a generation built that holds all that is written by now. */
void builder_ask(struct builder *builder);

/* Rows were put without index: build when LAST, or when nothing of the kind
 * has been heard for some seconds. */
void builder_heard(struct builder *builder, int last);

struct builder_facts {
    int stale;       /* the live index does not fit the tables: do not answer */
    int building;    /* until the switch */
    enum err failed; /* how the last build ended */
    struct index_progress progress;
};
/* How it stands.  From any thread. */
void builder_stat(struct builder *builder, struct builder_facts *out);

/* End the thread, in the middle of a build if need be; before the writer is
 * stopped.  NULL is fine. */
void builder_stop(struct builder *builder);

#endif
