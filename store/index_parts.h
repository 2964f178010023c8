/*
 * What the files of the index share; nobody else includes this.
 *
 *   index.c   postings into lists        heads.c  pages of heads
 *   block.c   columns of one block       side.c   what stands beside a number
 *   keys.c    its keys, in memory        reader.c reading all of it in place
 *   notes.c   what a build is yet told   build_parts.h  building
 *   sweep.c   generations that are over  check.c  whether promises hold
 *   found.c   pages found before         addresses.c  where blocks stand
 */
#ifndef STORE_INDEX_PARTS_H
#define STORE_INDEX_PARTS_H

#include "store/private.h"

/* How full a build leaves blocks and pages of heads, of a hundred.  A posting
 * of people takes 15 bytes, and 4,096 hold 270: at 90 it takes 16.9, its share
 * of a head, of the pages of heads and of the b-tree above 0.2 more; the
 * country's, those of structures and lots among them, 19.3 of the 20 that are
 * allowed.  A block that overflows gives to its neighbours, so what comes
 * later fills that tenth before anything is cut. */
#define INDEX_FILL 90

/* Nothing but the catching up is left to do for the generation being built. */
#define INDEX_BUILT UINT32_MAX

/* ---- block.c: one block, in memory -------------------------------------- */

/* Bytes of a block while it is being written, laid out as in the store. */
struct block {
    _Alignas(16) unsigned char bytes[INDEX_BLOCK_BYTES];
};

/* Rows that a block of KIND holds. */
size_t block_rows(enum index_kind kind);

/* The order of rows in a list. */
static inline uint64_t posting_order(const struct posting *posting)
{
    return (uint64_t)posting->where << 48 | (uint64_t)posting->when << 32 |
           posting->number;
}

static inline uint64_t block_order(const struct index_block *block, size_t at)
{
    return (uint64_t)block->where[at] << 48 | (uint64_t)block->when[at] << 32 |
           block->number[at];
}

/* Look at a block's bytes.  ERR_STORE_CORRUPT they are none. */
enum err block_parse(enum index_kind kind, struct slice value,
                     struct index_block *out);
/* The same of one that was parsed or made here. */
void block_look(enum index_kind kind, const struct block *block,
                struct index_block *out);

/* The first row that is not before ORDER; *SAME when it is ORDER's. */
size_t block_find(const struct index_block *block, uint64_t order, int *same);

/* Write row AT, or move it and those behind it to make room first, or take it
 * away.  What is unused is always zero. */
void block_set(enum index_kind kind, struct block *block, size_t at,
               const struct posting *posting);
/* There is room for one more. */
void block_insert(enum index_kind kind, struct block *block, size_t at,
                  const struct posting *posting);
/* There is one AT. */
void block_remove(enum index_kind kind, struct block *block, size_t at);

/* The rows from AT on go to UPPER, which was empty. */
void block_cut(enum index_kind kind, struct block *block, size_t at,
               struct block *upper);

/* Of the rows of both, all of LOWER's before UPPER's, the first N are LOWER's
 * from now on. */
void block_share(enum index_kind kind, struct block *lower, struct block *upper,
                 size_t n);

/* A block of the N sorted rows at FROM, each SIZE bytes after the one before
 * it. */
void block_fill(enum index_kind kind, struct block *block,
                const unsigned char *from, size_t size, size_t n);

/* Row AT as it was put; its code is the list's. */
void block_posting(const struct index_block *block, enum index_kind kind,
                   size_t at, struct posting *out);

/* Bounds that fit the block, as tight as they can be. */
struct index_head block_head(const struct index_block *block, uint32_t id);

/* ---- heads.c: pages of heads -------------------------------------------- */

#define PAGE_KEY 17
#define PAGE_LIST 9 /* generation, kind, code: the pages of one list */

/* As it lies in the store: 4,080 bytes. */
struct page_value {
    uint16_t n;
    uint16_t where;
    uint16_t last;
    uint16_t when;
    uint8_t reach;
    uint8_t unused[11];
    struct index_head heads[INDEX_PAGE_HEADS];
};

/* A copy, with the key it stands under. */
struct page {
    unsigned char key[PAGE_KEY];
    struct page_value value;
};

static inline uint64_t head_order(const struct index_head *head)
{
    return (uint64_t)head->where << 48 | (uint64_t)head->first_when << 32 |
           head->number;
}

/* The key of a page that begins at ORDER. */
struct slice page_key(unsigned char key[PAGE_KEY], uint32_t generation,
                      enum index_kind kind, uint32_t code, uint64_t order);

/* Look at a page's bytes.  ERR_STORE_CORRUPT they are none. */
enum err page_parse(struct slice value, const struct page_value **out);

/* The page of GENERATION in which ORDER belongs.  ERR_NOT_FOUND there is
 * none at or before it. */
enum err page_find(struct store_view *view, uint32_t generation,
                   enum index_kind kind, uint32_t code, uint64_t order,
                   struct page *out);
/* The head in it under which ORDER belongs. */
size_t page_head(const struct page *page, uint64_t order);

/* Bounds of a page from its heads'. */
void page_bound(struct page_value *value);

/* Write PAGE; with HEAD in it at AT (in two pages when it is full); without
 * the one AT, an empty page goes.  An error spoils the batch. */
enum err page_write(struct store_batch *batch, struct page *page);
/* HEAD is copied. */
enum err page_insert(struct store_batch *batch, struct page *page, size_t at,
                     const struct index_head *head);
/* AT is a head of PAGE. */
enum err page_remove(struct store_batch *batch, struct page *page, size_t at);

/* ---- found.c: pages that a view was asked for before --------------------- */

/* A page's place among all of the live generation. */
struct found_key {
    uint64_t order;
    uint32_t code;
    uint32_t kind;
};
struct found_page {
    uint64_t order;
    uint32_t code;
    struct index_page page; /* without heads: there is none */
};

/* What VIEW found from FROM on; 0: it was not asked, or is a batch's. */
int found_get(const struct store_view *view, const struct found_key *from,
              struct found_page *out);
/* Keep it; without memory it is found again another time. */
void found_keep(struct store_view *view, const struct found_key *from,
                const struct found_page *page);

/* ---- index.c: one generation -------------------------------------------- */

/* As index_put and index_delete, in GENERATION alone. */
enum err list_put(struct store_batch *batch, uint32_t generation,
                  enum index_kind kind, const struct posting *posting);
/* ERR_NOT_FOUND there is none. */
enum err list_delete(struct store_batch *batch, uint32_t generation,
                     enum index_kind kind, const struct posting *posting);

#define BLOCK_KEY 4
static inline struct slice block_key(unsigned char key[BLOCK_KEY], uint32_t id)
{
    return store_bytes(key, store_put32(key, id));
}

/* An id for a new block.  ERR_STORE_FULL. */
enum err block_id(struct store_batch *batch, uint32_t *out);

/* ---- side.c, keys.c: arrays by number ----------------------------------- */

#define ARRAY_KEY 9 /* generation, kind, which value */
#define SIDE_ROWS 16
#define SIDE_BYTES (SIDE_ROWS + INDEX_CHUNK * INDEX_SIDE)
#define KEYS_CHUNK (INDEX_BLOCK_BYTES / 8)
#define KEYS_BYTES (KEYS_CHUNK * 8)

/* The key of value AT of an array, written to KEY. */
struct slice array_key(unsigned char key[ARRAY_KEY], uint32_t generation,
                       enum index_kind kind, uint32_t at);

/* As index_side_put and index_side_delete, in GENERATION alone. */
enum err side_put(struct store_batch *batch, uint32_t generation,
                  enum index_kind kind, uint32_t number, uint64_t key,
                  const unsigned char row[INDEX_SIDE]);
/* ERR_NOT_FOUND there is none. */
enum err side_delete(struct store_batch *batch, uint32_t generation,
                     enum index_kind kind, uint32_t number);

/* Is there a row of NUMBER in its chunk? */
static inline int side_has(const unsigned char *chunk, uint32_t number)
{
    unsigned at = number % INDEX_CHUNK;

    return chunk[at / 8] >> at % 8 & 1;
}

/* NUMBER into one value. */
void side_set(unsigned char *bytes, uint32_t number,
              const unsigned char row[INDEX_SIDE]);
/* The key of NUMBER. */
void keys_set(unsigned char *bytes, uint32_t number, uint64_t key);

/* Put NUMBER's key, if it is not there, into the store and into memory. */
enum err keys_put(struct store_batch *batch, uint32_t generation,
                  enum index_kind kind, uint32_t number, uint64_t key);
/* Out of the store; views of before may still ask memory.  ERR_NOT_FOUND. */
enum err keys_delete(struct store_batch *batch, uint32_t generation,
                     enum index_kind kind, uint32_t number);
/* The key of NUMBER in GENERATION's store; 0: none. */
enum err keys_get(struct store_view *view, uint32_t generation,
                  enum index_kind kind, uint32_t number, uint64_t *out);

/* Only the thread that writes sets.  ERR_NOMEM. */
enum err index_keys_set(struct index_keys *keys, uint32_t number, uint64_t key);
/* All of one value, whose first number is FIRST. */
enum err index_keys_set_all(struct index_keys *keys, uint32_t first,
                            const unsigned char bytes[KEYS_BYTES]);
/* It will be asked for soon. */
void index_keys_ahead(const struct index_keys *keys, uint32_t number);
/* From any thread; 0: never set. */
uint64_t index_keys_get(const struct index_keys *keys, uint32_t number);

/* ---- notes.c ------------------------------------------------------------ */

enum note_kind { NOTE_PUT = 1, NOTE_DELETE, NOTE_SIDE_PUT, NOTE_SIDE_DELETE };
/* Note for the generation being built, when there is one. */
enum err note_posting(struct store_batch *batch, enum note_kind what,
                      enum index_kind kind, const struct posting *posting);
/* Of a deletion KEY and ROW are not looked at. */
enum err note_side(struct store_batch *batch, enum note_kind what,
                   enum index_kind kind, uint32_t number, uint64_t key,
                   const unsigned char row[INDEX_SIDE]);
/* Are all notes applied? */
enum err note_none_left(struct store_batch *batch, int *none);

#endif
