/*
 * Results of lots, as a batch finds them: two slots, so that the results of
 * the last run stay readable while the next run is made.  A slot holds one
 * run: its lots in the order in which the batch works on them, each a string
 * of bytes that the store never looks into, and where the lots of a market
 * stand among them.  A note beside each slot says what run it is.
 *
 *   slot:  2, position (4), part (1)  -> at most RESULTS_PART bytes of the lot
 *          1, market's number (4)     -> position of lot 1 (4), lots (2)
 *
 * Results are no records: they move no revision and have no event.  They name
 * records by number alone, so that nothing of an erased record is in them; and
 * a person's rows are blanked when it is erased (engine/rescore.h).
 */
#ifndef STORE_RESULTS_H
#define STORE_RESULTS_H

#include "store/store.h"

#define RESULTS_SLOTS 2
/* Two parts fit a page of LMDB with their keys, and no value needs pages of
 * its own: a slot is then emptied without reading its leaves. */
#define RESULTS_PART 2016
#define RESULTS_PARTS_MAX 256

/* The note of a slot, borrowed.  ERR_NOT_FOUND it has none. */
enum err results_note_get(struct store_view *view, unsigned slot,
                          struct slice *note);
/* An empty NOTE removes it. */
enum err results_note_put(struct store_batch *batch, unsigned slot,
                          struct slice note);

/* Remove all results of a slot; the note stays.  It reads a page for some 200
 * of the slot's, however many there are. */
enum err results_clear(struct store_batch *batch, unsigned slot);

/* Say that the LOTS lots of a market stand from position FIRST on.  Markets in
 * the order of their numbers, after results_clear and before the first
 * append. */
enum err results_place(struct store_batch *batch, unsigned slot,
                       uint32_t market, uint32_t first, unsigned lots);

/* Where they stand.  ERR_NOT_FOUND the run has none of this market. */
enum err results_find(struct store_view *view, unsigned slot, uint32_t market,
                      uint32_t *first, unsigned *lots);

/* Add the bytes of a lot; positions ascend.  ERR_TOO_LARGE over
 * RESULTS_PARTS_MAX parts: nothing has changed. */
enum err results_append(struct store_batch *batch, unsigned slot,
                        uint32_t position, struct slice bytes);

/* Part PART (from 0) of the lot at POSITION, borrowed: the last one is shorter
 * than RESULTS_PART.  ERR_NOT_FOUND nothing stands there. */
enum err results_part(struct store_view *view, unsigned slot, uint32_t position,
                      unsigned part, struct slice *bytes);

/* Tell every lot's first part to SEE, in order, until it returns an error;
 * SEE writes nothing. */
typedef enum err results_see(void *context, uint32_t position,
                             struct slice part);
/* That error, or the store's. */
enum err results_walk(struct store_view *view, unsigned slot, results_see *see,
                      void *context);

/* Put BYTES in the place of those of the lot at POSITION: as many. */
enum err results_replace(struct store_batch *batch, unsigned slot,
                         uint32_t position, struct slice bytes);

/* Remove what both slots hold of a market; that they hold nothing is fine. */
enum err results_forget(struct store_batch *batch, uint32_t market);

#endif
