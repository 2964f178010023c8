/*
 * The index: postings in blocks of columns, and one row a number beside them.
 *
 * A posting says that record NUMBER is to be found under CODE, near PLACE (a
 * Hilbert key: a clustering order, never a fact).  What CODE means, and what
 * the facts hold, is engine/match/postings.c's affair.
 *
 * Keys are big-endian: generation (4), kind (1), code (4), place (4),
 * number (4).  A block holds the postings from its key up to the next block's
 * key of the same kind and code, sorted by (place, number), in columns, in at
 * most 4,080 bytes, so that it fills one overflow page and is read in place:
 *
 *   offset 0   count (2), reserved (6)
 *   offset 8   place  u32 x count
 *   then       number u32 x count
 *   then       facts  INDEX_FACTS bytes x count
 *
 * The side array holds INDEX_SIDE bytes for a number, 63 rows a value behind
 * one bit for each that is there.
 *
 * The generation is in every key: a new one is built beside the live one in
 * bounded transactions, then one key switches.  While one is being built,
 * index_put and index_delete keep both.
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include "store/store.h"

#define INDEX_FACTS 8
#define INDEX_SIDE 64
#define INDEX_BLOCK_BYTES 4080
#define INDEX_BLOCK_ROWS ((INDEX_BLOCK_BYTES - 8) / (8 + INDEX_FACTS))

struct posting {
    uint32_t code;
    uint32_t place;
    uint32_t number;
    unsigned char facts[INDEX_FACTS];
};

/* Add or replace the posting (code, place, number) of KIND.  Splits a full
 * block in two. */
enum err index_put(struct store_batch *batch, unsigned kind,
                   const struct posting *posting);

/* Remove it; an empty block goes.  ERR_NOT_FOUND. */
enum err index_delete(struct store_batch *batch, unsigned kind,
                      const struct posting *posting);

/* Write or remove a side row.  ERR_NOT_FOUND there is none to remove. */
enum err index_side_put(struct store_batch *batch, unsigned kind,
                        uint32_t number, const unsigned char row[INDEX_SIDE]);
/* ERR_NOT_FOUND never written, or deleted. */
enum err index_side_delete(struct store_batch *batch, unsigned kind,
                           uint32_t number);

/* Copy a side row out.  ERR_NOT_FOUND never written, or deleted. */
enum err index_side_get(struct store_view *view, unsigned kind, uint32_t number,
                        unsigned char row[INDEX_SIDE]);

/* Side rows in place: CHUNK gets the first 63 numbers in a row that hold one
 * of FROM or later.  ERR_NOT_FOUND past the last. */
#define INDEX_CHUNK 63
struct index_chunk {
    uint32_t first;            /* number of row 0 */
    uint64_t present;          /* a bit for each row that is there */
    const unsigned char *rows; /* INDEX_CHUNK times INDEX_SIDE */
};
/* The rows die with the view. */
enum err index_side_chunk(struct store_view *view, unsigned kind, uint32_t from,
                          struct index_chunk *chunk);

/* Blocks of one (kind, code), in order of place.  Begin, then next until
 * ERR_NOT_FOUND, then end. */
struct index_scan;
struct index_block {
    size_t n;
    const unsigned char *place;  /* n unaligned u32, little-endian */
    const unsigned char *number; /* n unaligned u32, little-endian */
    const unsigned char *facts;  /* n times INDEX_FACTS */
};
/* From the first block.  ERR_NOMEM. */
enum err index_scan_begin(struct store_view *view, unsigned kind, uint32_t code,
                          struct index_scan **out);
/* The next block; it dies with the view. */
enum err index_scan_next(struct index_scan *scan, struct index_block *block);
/* NULL is fine. */
void index_scan_end(struct index_scan *scan);

/* A number of a column.  Inline, for it is read a million times a match. */
static inline uint32_t index_load(const unsigned char *unaligned)
{
    return (uint32_t)unaligned[0] | (uint32_t)unaligned[1] << 8 |
           (uint32_t)unaligned[2] << 16 | (uint32_t)unaligned[3] << 24;
}

/* ---- Generations -------------------------------------------------------- */

/* Derives what the index should hold of one record, by calling index_put and
 * index_side_put on the batch. */
typedef enum err index_derive(void *context, struct store_batch *batch,
                              unsigned entity, const struct record *record);

/* Begin to build the next generation (drops one that was begun before, whose
 * keys a sweep then removes). */
enum err index_build_begin(struct store_batch *batch);

/* Go on with at most MAX records; *DONE when all are in.  What DERIVE writes
 * goes into the generation being built only; writes of other batches in
 * between are kept in both.  ERR_NOT_FOUND nothing is being built. */
enum err index_build_step(struct store_batch *batch, index_derive *derive,
                          void *context, unsigned max, int *done);

/* Make the built generation the live one.  ERR_NOT_FOUND unless a step has
 * said that it is done. */
enum err index_build_switch(struct store_batch *batch);

/* Remove keys of generations that are neither live nor being built: at most
 * MAX; *DONE when none is left. */
enum err index_build_sweep(struct store_batch *batch, unsigned max, int *done);

/* Walk every block of the live generation and check what this page promises
 * (order, bounds between blocks, sizes).  ERR_STORE_CORRUPT. */
enum err index_check(struct store_view *view);

#endif
