/*
 * What the files of the batch share, and nobody else.
 *
 *   batch.c        the conductor: views, stretches, what becomes of a run
 *   batch_work.c   workers: from a lot to its result
 *   batch_store.c  jobs of the writer: notes and results
 *   batch_order.c  which lots there are, in which order
 *
 * A stretch is what is worked on over one set of views.  Between its begin and
 * its end nobody writes what stands under "of a stretch".
 */
#ifndef ENGINE_BATCH_PARTS_H
#define ENGINE_BATCH_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/batch.h"
#include "engine/batch_order.h"
#include "engine/rescore.h"

/* Lots of one worker, one after the other, and what came of them. */
struct piece {
    struct piece *next;
    uint32_t from;
    uint32_t n;
    struct buffer bytes;
    struct rescore_figures figures;
    size_t ends[]; /* of each lot, in BYTES */
};

struct batch {
    struct store *store;
    struct writer *writer;
    unsigned workers;
    unsigned chunk;
    pthread_t conductor;
    atomic_int stopping;
    atomic_int poked;  /* the note may have changed: look */
    atomic_int broken; /* ERROR is set: the stretch cannot go on */

    /* Of a stretch. */
    struct store_view *views[BATCH_WORKERS_MAX]; /* of one revision */
    unsigned n_views;
    uint64_t revision;
    struct batch_order order;
    unsigned slot;
    unsigned previous;       /* slot of the run to compare with, or none */
    unsigned previous_limit; /* rows that both runs have */
    struct match question;   /* without view and arena */
    uint32_t end;            /* no lot is taken from here on */
    uint32_t window;         /* lots that may be in hand */
    int careful;             /* one lot at a time, noted before */
    uint32_t blamed_market;  /* to be set aside when they come; lot 0: none */
    unsigned blamed_lot;

    /* Of the writer's thread; of the conductor when no job is queued. */
    struct rescore_note note;  /* as the store has it */
    struct rescore_note draft; /* as it will be when the batch commits */
    int died;                  /* the note was left by a daemon that died */
    struct rescore_gone gone;  /* erased since the snapshot ... */
    uint64_t heard;            /* ... and the last event looked at */

    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    uint32_t next;        /* first lot that no worker has taken */
    uint32_t stored;      /* first lot that is not in the store */
    size_t bytes;         /* of the pieces */
    struct piece *pieces; /* handed in and not stored, by position */
    uint32_t storing;     /* lots of the pieces that a job has in hand */
    enum err error;
    int errand_over; /* see batch_errand */
    enum err errand_error;
    int ended; /* the conductor */
};

/* Must workers stop at their next lot? */
int batch_attention(struct batch *b);

/* Wait until something has changed, or a while: nobody tells us that the store
 * wants its views.  Call with the mutex held. */
void batch_wait(struct batch *b);

/* The stretch ends with E.  Call with the mutex held. */
void batch_break(struct batch *b, enum err e);

/* ---- batch_work.c ------------------------------------------------------- */

/* Work on the stretch until it is over or wants attention: every piece has
 * then been handed in.  ERR_NOMEM no thread could be had. */
enum err batch_labour(struct batch *b);

/* Hand a piece in, which is taken.  It waits while too many bytes are in hand,
 * unless the store waits for this very piece. */
void batch_hand_in(struct batch *b, struct piece *piece);

/* ---- batch_store.c ------------------------------------------------------ */

/* Store the pieces that follow what is stored, as a job.  Call with the mutex
 * held. */
void batch_store(struct batch *b);

/* Drop what was handed in and cannot be stored. */
void batch_drop_pieces(struct batch *b);

/* Runs of jobs; the context is the batch.  Each first sees whether the run is
 * still there and running: ERR_NOT_FOUND. */

/* Go on from the note, or begin anew when the snapshot is another. */
enum err batch_begin_stretch(void *context, struct store_batch *batch);
/* Everything is stored: the run takes the place of the one before. */
enum err batch_finish_run(void *context, struct store_batch *batch);
/* It failed with the batch's error: what it found is dropped. */
enum err batch_fail_run(void *context, struct store_batch *batch);
/* The daemon ends in good order. */
enum err batch_pause_run(void *context, struct store_batch *batch);

#endif
