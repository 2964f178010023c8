/*
 * What the files of a build share; nobody else includes this.
 *
 *   build.c   its beginning and its end     gather.c  rows of all records
 *   rows.c    the files they stand in       sort.c    their order
 *   append.c  blocks, heads and side rows of them
 */
#ifndef STORE_BUILD_PARTS_H
#define STORE_BUILD_PARTS_H

#include <stddef.h>

#include "store/index_parts.h"

/* ---- rows.c: what a build has gathered ---------------------------------- */

/* A posting on its way into a block.  In memory order, the first eight bytes
 * are its order. */
struct row {
    uint32_t number;
    uint16_t when;
    uint16_t where;
    uint32_t code;
    uint8_t reach;
    uint8_t unused;
    uint16_t facts[];
};
#define ROW_BYTES(facts) ((14 + 2 * (size_t)(facts) + 3) / 4 * 4)

/* Rows of SIZE bytes in a file without a name.  MAP: all N of them, once they
 * are mapped and if there are any. */
struct rows {
    struct store *store;
    int fd;
    size_t size;
    uint64_t n;
    unsigned char *buffer;
    size_t filled;
    unsigned char *map;
};
/* After an error close it too.  ERR_NOMEM, ERR_STORE_IO. */
enum err rows_open(struct rows *rows, struct store *store, size_t size);
/* Closed already is fine. */
void rows_close(struct rows *rows);
/* Room for one more, to be filled before the next call.  ERR_STORE_FULL,
 * ERR_STORE_IO. */
enum err rows_add(struct rows *rows, void **out);
/* No more will be added. */
enum err rows_map(struct rows *rows);
/* As many and as large as OTHER's, mapped.  After an error close it too. */
enum err rows_like(struct rows *rows, const struct rows *other);

/* ---- sort.c ------------------------------------------------------------- */

struct list {
    uint32_t code;
    uint64_t n;
    uint64_t begin; /* once sorted: its first row */
};
/* How many rows each code has: a hash table. */
struct lists {
    struct list *at;
    size_t n; /* codes */
    unsigned bits;
};
/* ERR_NOMEM. */
enum err lists_open(struct lists *lists);
/* Zeroed ones hold nothing. */
void lists_close(struct lists *lists);
/* One row more of CODE.  ERR_NOMEM. */
enum err lists_count(struct lists *lists, uint32_t code);

/* Put ROWS, of which LISTS counts, in order of (code, where, when, number);
 * *OUT gets the lists in order of code, and the caller frees it.  Unless
 * NUMBERS_ASCEND within each (code, where, when), they are sorted too. */
enum err rows_sort(struct rows *rows, struct lists *lists, int numbers_ascend,
                   struct list **out);

/* ---- The build ---------------------------------------------------------- */

/* Values of an array by number, one after the other, in a file: the one being
 * filled is ROW, once it is begun. */
struct value_row {
    uint32_t at; /* which value */
    uint32_t unused;
    unsigned char bytes[INDEX_BLOCK_BYTES];
};
#define VALUE_ROW(size)                                                        \
    ((offsetof(struct value_row, bytes) + (size) + 7) / 8 * 8)
struct run {
    struct rows rows;
    int begun;
    struct value_row row;
};

/* The rows of one kind. */
struct pile {
    struct rows rows;
    struct lists lists;
    struct list *ordered; /* once sorted: LISTS.n of them */
    uint32_t last;        /* number added last */
    int unordered;        /* not all numbers came ascending */
};

/* What is to be written next: a page of heads with its blocks, or, past the
 * last kind, a value of the side array, and then of the keys. */
#define STEP_SIDE INDEX_KINDS_END
#define STEP_KEYS (INDEX_KINDS_END + 1)
struct step {
    uint32_t done; /* of all, those before it */
    unsigned kind;
    size_t list;
    size_t page; /* of the list; past the kinds: value */
    uint64_t bytes;
};

struct index_build {
    struct store *store;
    uint32_t generation;
    struct pile piles[INDEX_KINDS_END];
    struct run side, keys;
    unsigned entity; /* records up to this one are gathered */
    uint32_t number;
    struct step from, to; /* before and after the step that was taken last */
    uint64_t posted;
    _Atomic uint64_t records, records_all, bytes, bytes_all, postings;
};

/* ---- gather.c, append.c ------------------------------------------------- */

/* No record will follow. */
enum err gather_end(struct index_build *build);

/* How many bytes of values BUILD's sorted rows will come to. */
uint64_t append_bytes(const struct index_build *build);

#endif
