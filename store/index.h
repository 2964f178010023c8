/*
 * The index: postings in blocks of columns, heads that bound the blocks, and
 * one row a number beside them.
 *
 * A posting says that record NUMBER is to be found under CODE.  Rows of one
 * (kind, code), a list, are ordered by (where, when, number) and cut into
 * blocks.  What the columns mean is engine/match/postings.h's affair; the
 * index knows of them only what it orders by and bounds:
 *
 *   where   clusters: neighbours in this order are neighbours on the map
 *   when    orders the rows of one place; a head keeps the least
 *   reach   a head keeps the greatest
 *   facts   as many 16-bit columns as the kind has; never bounded
 *
 *   list ──► head pages (DB_HEADS)          blocks (DB_INDEX)
 *            generation, kind, code,        block id (4)
 *            where, when, number             │
 *            ┌──────────────────────┐        ▼
 *            │ n last when reach    │       ┌─────────────────────────────┐
 *            │ head: block id, n,   │──────►│ n                           │
 *            │   first key, last,   │       │ number u32 x ROWS           │
 *            │   when, reach        │       │ where  u16 x ROWS           │
 *            │ head ...    <= 203   │       │ when   u16 x ROWS           │
 *            └──────────────────────┘       │ fact   u16 x ROWS, each     │
 *                                           │ reach  u8  x ROWS           │
 *   a value is at most 4,080 bytes:         └─────────────────────────────┘
 *   one overflow page, read in place        columns stand at fixed offsets
 *
 * A head's bounds, n among them, may be loose (a row that went leaves them as
 * they were) and are never wrong: no row of its block lies outside.  A page's
 * bounds hold for its heads.  A build makes all of them tight.
 *
 * The side array (DB_SIDE) holds, for a number, INDEX_SIDE bytes, and beside it
 * stand keys (DB_KEYS) of 64 bits, fixed for the life of the number:
 *
 *   generation, kind, number / INDEX_CHUNK -> a bit for each row, rows
 *   generation, kind, number / 510         -> keys, 0: there is none
 *
 * The keys are also held in memory: they break ties, of some hundred numbers a
 * match.  They stand apart from the rows, so that a store is open when it has
 * read 8 bytes a number and not 64.
 *
 * Numbers in keys of the store are big-endian; everything in values here is
 * little-endian, as the machine reads it.
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include "store/store.h"

/* K (NAME, number, 16-bit columns of facts). */
#define INDEX_KINDS(K)                                                         \
    K(PEOPLE, 1, 3)                                                            \
    K(STRUCTURES, 2, 28)                                                       \
    K(LOTS, 3, 3)                                                              \
    K(JOBS, 4, 3)                                                              \
    K(HOURS, 5, 0)
#define INDEX_KIND(name, number, facts) INDEX_##name = number,
enum index_kind { INDEX_KINDS(INDEX_KIND) INDEX_KINDS_END };
#undef INDEX_KIND

#define INDEX_FACTS_MAX 28
#define INDEX_BLOCK_BYTES 4080
/* With its share of pages, and a key, at most 64 bytes a number. */
#define INDEX_SIDE 54
#define INDEX_CHUNK ((INDEX_BLOCK_BYTES - 16) / INDEX_SIDE)
#define INDEX_BLOCK_HEAD 8
/* Rows that fit a block; 15 bytes are left so that sixteen rows may be read
 * at a time from any row of the last column. */
#define INDEX_ROWS(facts)                                                      \
    ((INDEX_BLOCK_BYTES - INDEX_BLOCK_HEAD - 15) / (9 + 2 * (facts)))
#define INDEX_PEOPLE_ROWS INDEX_ROWS(3)
#define INDEX_PAGE_HEADS 203

/* 16-bit columns of facts of a kind. */
extern const unsigned char index_facts[INDEX_KINDS_END];

struct posting {
    uint32_t code;
    uint16_t where;
    uint16_t when;
    uint32_t number;
    uint8_t reach;
    uint16_t facts[INDEX_FACTS_MAX]; /* as many as the kind has; the rest 0 */
};

/* Add the posting, or replace the facts and reach of the one with the same
 * (code, where, when, number). */
enum err index_put(struct store_batch *batch, enum index_kind kind,
                   const struct posting *posting);

/* Remove the row with its (code, where, when, number); an empty block goes.
 * ERR_NOT_FOUND. */
enum err index_delete(struct store_batch *batch, enum index_kind kind,
                      const struct posting *posting);

/* Write or remove what stands beside a number.  KEY never changes while the
 * number lives.  Delete: ERR_NOT_FOUND there is none. */
enum err index_side_put(struct store_batch *batch, enum index_kind kind,
                        uint32_t number, uint64_t key,
                        const unsigned char row[INDEX_SIDE]);
/* Its row and its key. */
enum err index_side_delete(struct store_batch *batch, enum index_kind kind,
                           uint32_t number);

/* ---- Reading ------------------------------------------------------------ */

/* In place, 20 bytes. */
struct index_head {
    uint32_t block;
    uint32_t number; /* where, first_when, number: the key it begins at */
    uint16_t where;
    uint16_t first_when;
    uint16_t last; /* greatest where */
    uint16_t when; /* least */
    uint16_t n;    /* rows, or more */
    uint8_t reach; /* greatest */
    uint8_t unused;
};

struct index_page {
    size_t n;
    const struct index_head *heads; /* in order */
    uint16_t where;                 /* of all: least, greatest */
    uint16_t last;
    uint16_t when;
    uint8_t reach;
};

struct index_block {
    size_t n;
    const uint32_t *number;
    const uint16_t *where;
    const uint16_t *when;
    const uint16_t *facts; /* column k of row i: facts[k * rows + i] */
    size_t rows;           /* of a column */
    const uint8_t *reach;
};

/* A reader of one kind; it and what it gives live within the view, within a
 * batch until its next write. */
struct index_reader;
/* ERR_NOMEM, ERR_STORE_IO. */
enum err index_reader_begin(struct store_view *view, enum index_kind kind,
                            struct index_reader **out);
/* NULL is fine; before the view ends. */
void index_reader_end(struct index_reader *reader);

/* The first page of heads of CODE's list; ERR_NOT_FOUND: the list is empty. */
enum err index_reader_first(struct index_reader *reader, uint32_t code,
                            struct index_page *page);
/* The first page of the first list whose code is FROM or greater; *CODE says
 * which.  ERR_NOT_FOUND: there is none. */
enum err index_reader_seek(struct index_reader *reader, uint32_t from,
                           uint32_t *code, struct index_page *page);
/* The page after the one given last, in whatever list: *CODE says in which.
 * ERR_NOT_FOUND after the kind's last. */
enum err index_reader_step(struct index_reader *reader, uint32_t *code,
                           struct index_page *page);
/* The page after the one given last; ERR_NOT_FOUND at the list's end. */
enum err index_reader_next(struct index_reader *reader,
                           struct index_page *page);

/* The block of a head. */
enum err index_reader_block(struct index_reader *reader,
                            const struct index_head *head,
                            struct index_block *block);

/* It will be asked for soon: its page is on its way, if it was read before. */
void index_reader_block_ahead(const struct index_reader *reader,
                              const struct index_head *head);

/* What stands beside a number, in place.  ERR_NOT_FOUND. */
enum err index_reader_side(struct index_reader *reader, uint32_t number,
                           const unsigned char **row);

/* The same of a number that a posting names, and is there for that: nothing is
 * read yet, the row is on its way.  (Were it not there, it would be zeros.) */
enum err index_reader_side_ahead(struct index_reader *reader, uint32_t number,
                                 const unsigned char **row);

/* Its row will be asked for: where it stands is on its way. */
void index_reader_side_soon(const struct index_reader *reader, uint32_t number);

/* Its key will be asked for. */
void index_reader_key_ahead(const struct index_reader *reader, uint32_t number);

/* The key of a number that a view of this store has seen; 0 for others. */
uint64_t index_reader_key(const struct index_reader *reader, uint32_t number);

/* Side rows in order: CHUNK gets the first INDEX_CHUNK numbers in a row that
 * hold one of FROM or later.  ERR_NOT_FOUND past the last. */
struct index_chunk {
    uint32_t first; /* number of row 0 */
    const unsigned char *present;
    const unsigned char *rows; /* INDEX_CHUNK times INDEX_SIDE */
};
static inline int index_chunk_has(const struct index_chunk *chunk, unsigned row)
{
    return chunk->present[row / 8] >> row % 8 & 1;
}
/* What it points to lives as long as the view. */
enum err index_side_chunk(struct store_view *view, enum index_kind kind,
                          uint32_t from, struct index_chunk *chunk);

/* ---- Building the next generation --------------------------------------- */

/*
 *   index_build_begin, commit        what is written from now on is also
 *                                    noted for the new generation
 *   index_build_open                 files for its rows
 *   index_build_gather ...  done     rows of all records into unlinked files
 *   index_build_sort                 by radix, in those files
 *   index_build_write ...   done     blocks, heads and side rows, appended
 *   index_build_catch_up .. done     what was noted meanwhile
 *   index_build_switch, commit       in the batch in which catch_up was done
 *   index_build_close
 *   index_build_sweep ...   done     the old generation goes
 *
 * gather and sort may run on any one thread; the rest belongs to the thread
 * that writes, each step a bounded transaction.  gather takes a view for each
 * call: what it sees beyond the begin is in the notes too, and changes nothing
 * when it is applied again.  A build whose index_build is closed, or whose
 * daemon died, is dropped by the next batch; it leaves a generation that
 * nobody reads, and the next sweep removes it.
 */
struct index_build;

/* Derives what the index should hold of one record, by calling
 * index_build_posting and index_build_side.  RECORD borrows from a view. */
typedef enum err index_derive(void *context, struct index_build *build,
                              unsigned entity, const struct record *record);

/* Begin a generation; one that was begun before is dropped. */
enum err index_build_begin(struct store_batch *batch);
/* Right after that commit, before another batch.  The files of rows are made
 * and unlinked in the store's directory.  ERR_NOT_FOUND nothing was begun,
 * ERR_NOMEM, ERR_STORE_IO. */
enum err index_build_open(struct store *store, struct index_build **out);
/* NULL is fine. */
void index_build_close(struct index_build *build);

/* Derive from at most MAX more records; *DONE after the last.  After an error,
 * DERIVE's own among them, the build can only be closed. */
enum err index_build_gather(struct index_build *build, index_derive *derive,
                            void *context, unsigned max, int *done);
/* Called by a derive. */
enum err index_build_posting(struct index_build *build, enum index_kind kind,
                             const struct posting *posting);
/* The same for what stands beside a number. */
enum err index_build_side(struct index_build *build, enum index_kind kind,
                          uint32_t number, uint64_t key,
                          const unsigned char row[INDEX_SIDE]);
/* Once all is gathered: by code and order.  ERR_NOMEM, store errors. */
enum err index_build_sort(struct index_build *build);
/* Append about MAX_BYTES more: a page of heads and its blocks, 0.7 MiB, go
 * together.  *DONE after the last.  Nothing is lost with a batch that does
 * not commit: the next call begins where the last one that did ended.
 * ERR_NOT_FOUND: it is written, or was dropped. */
enum err index_build_write(struct index_build *build, struct store_batch *batch,
                           size_t max_bytes, int *done);
/* Apply at most MAX of the changes noted; *DONE when none is left.
 * ERR_NOT_FOUND: writing is not done. */
enum err index_build_catch_up(struct store_batch *batch, unsigned max,
                              int *done);
/* Make the built generation the live one, of the layout STAMP.  ERR_NOT_FOUND:
 * it is not ready. */
enum err index_build_switch(struct store_batch *batch, uint64_t stamp);
/* Remove keys of generations that are neither live nor being built: at most
 * MAX; *DONE when none is left. */
enum err index_build_sweep(struct store_batch *batch, unsigned max, int *done);

/* How far it has come: records gathered of all, bytes written of all. */
struct index_progress {
    uint64_t records, records_all;
    uint64_t bytes, bytes_all;
    uint64_t postings;
};
/* From any thread. */
void index_build_progress(const struct index_build *build,
                          struct index_progress *out);

/* What the live generation was derived with, as index_build_switch was told
 * (0: by an empty store).  Postings depend on the bundled tables and on the
 * code that packs them; engine/match/postings.c says which stamp is its own. */
uint64_t index_stamp(struct store_view *view);
/* Set it: for a new, empty store. */
enum err index_stamp_set(struct store_batch *batch, uint64_t stamp);

/* Say that a record was put without its postings: the index lags behind until
 * a build that begins later is switched to. */
void index_defer(struct store_batch *batch);
/* The revision at which that was said last; 0: the index lacks nothing. */
uint64_t index_deferred(struct store_view *view);

/* ---- Checking ----------------------------------------------------------- */

/* Sums over all rows that do not depend on their order: whoever derives the
 * postings of all records anew can compare. */
uint64_t index_posting_sum(enum index_kind kind, const struct posting *posting);
/* Of what stands beside a number. */
uint64_t index_side_sum(enum index_kind kind, uint32_t number, uint64_t key,
                        const unsigned char row[INDEX_SIDE]);

struct index_counts {
    uint64_t lists, pages, blocks, side;
    uint64_t postings[INDEX_KINDS_END];
    uint64_t sums[INDEX_KINDS_END]; /* of index_posting_sum */
    uint64_t side_sum;              /* of index_side_sum */
    uint64_t bytes;      /* pages of the store that heads and blocks take */
    uint64_t side_bytes; /* and the side array with its keys */
};
/* Walk the live generation and check what this page promises: order, sizes,
 * every bound, every key.  ERR_STORE_CORRUPT, with a line in the log that
 * says where. */
enum err index_check(struct store_view *view, struct index_counts *out);

#endif
