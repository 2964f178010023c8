/*
 * Rows in the order of their lists: dealt out by code into a second file,
 * then each list, which mostly fits the processor's cache, byte by byte of its
 * order, from the least.  Dealing keeps the order in which rows came, so
 * numbers, which come ascending, need no pass of their own.
 */
#include <stdlib.h>

#include "store/build_parts.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "bytes of a row's order are taken from the least");

#define LISTS_FIRST_BITS 10

/* Lists up to this size are sorted through memory of our own, which stays in
 * the cache; longer ones through the file they were dealt out from. */
#define SPARE_BYTES ((size_t)1 << 20)

/* ---- Rows of each code -------------------------------------------------- */

static size_t list_hash(const struct lists *lists, uint32_t code)
{
    return code * UINT32_C(0x9e3779b1) >> (32 - lists->bits);
}

/* The list of CODE, or the free place where it belongs. */
static struct list *list_of(const struct lists *lists, uint32_t code)
{
    size_t mask = ((size_t)1 << lists->bits) - 1;
    size_t at = list_hash(lists, code);

    while (lists->at[at].n && lists->at[at].code != code)
        at = (at + 1) & mask;
    return &lists->at[at];
}

static enum err lists_grow(struct lists *lists)
{
    struct lists larger = {.n = lists->n, .bits = lists->bits + 1};
    size_t end = (size_t)1 << lists->bits;

    larger.at = calloc((size_t)1 << larger.bits, sizeof *larger.at);
    if (!larger.at)
        return ERR_NOMEM;
    for (size_t i = 0; i < end; i++)
        if (lists->at[i].n)
            *list_of(&larger, lists->at[i].code) = lists->at[i];
    free(lists->at);
    *lists = larger;
    return ERR_NONE;
}

enum err lists_open(struct lists *lists)
{
    *lists = (struct lists){.bits = LISTS_FIRST_BITS};
    lists->at = calloc((size_t)1 << lists->bits, sizeof *lists->at);
    return lists->at ? ERR_NONE : ERR_NOMEM;
}

void lists_close(struct lists *lists)
{
    free(lists->at);
    lists->at = NULL;
}

enum err lists_count(struct lists *lists, uint32_t code)
{
    struct list *list = list_of(lists, code);
    enum err e;

    if (list->n == 0) {
        if (2 * lists->n >= (size_t)1 << lists->bits) {
            if ((e = lists_grow(lists)))
                return e;
            list = list_of(lists, code);
        }
        list->code = code;
        lists->n++;
    }
    list->n++;
    return ERR_NONE;
}

static int by_code(const void *a, const void *b)
{
    uint32_t one = ((const struct list *)a)->code;
    uint32_t other = ((const struct list *)b)->code;

    return one < other ? -1 : one > other;
}

/* All lists by code, and where each begins. */
static struct list *lists_ordered(const struct lists *lists)
{
    struct list *out = malloc((lists->n + 1) * sizeof *out);
    uint64_t begin = 0;
    size_t n = 0;

    if (!out)
        return NULL;
    for (size_t i = 0; i < (size_t)1 << lists->bits; i++)
        if (lists->at[i].n)
            out[n++] = lists->at[i];
    qsort(out, n, sizeof *out, by_code);
    for (size_t i = 0; i < n; i++) {
        out[i].begin = begin;
        begin += out[i].n;
    }
    return out;
}

/* ---- Sorting ------------------------------------------------------------ */

/* Bytes of a row's order: number 0 to 3, when 4 and 5, where 6 and 7. */
#define ORDER_BYTES 8

struct counts {
    uint32_t at[ORDER_BYTES][256];
};

static inline void row_copy(unsigned char *to, const unsigned char *from,
                            size_t size)
{
    for (size_t i = 0; i < size; i += 4)
        memcpy(to + i, from + i, 4);
}

/* Deal the rows of FROM out to TO by byte BYTE. */
static inline void deal(const unsigned char *from, unsigned char *to, size_t n,
                        size_t size, unsigned byte, uint32_t count[256])
{
    uint32_t begin = 0;

    for (unsigned i = 0; i < 256; i++) {
        uint32_t here = count[i];

        count[i] = begin;
        begin += here;
    }
    for (const unsigned char *end = from + n * size; from < end; from += size)
        row_copy(to + (size_t)count[from[byte]]++ * size, from, size);
}

/* Sort N rows at AT, with as much room at SPARE. */
static inline void list_sort_sized(unsigned char *at, unsigned char *spare,
                                   size_t n, size_t size, unsigned first)
{
    struct counts counts = {{{0}}};
    unsigned char *from = at, *to = spare;

    for (size_t i = 0; i < n; i++)
        for (unsigned byte = first; byte < ORDER_BYTES; byte++)
            counts.at[byte][at[i * size + byte]]++;
    for (unsigned byte = first; byte < ORDER_BYTES; byte++) {
        unsigned char *other = from;

        /* All the same: nothing to deal. */
        if (counts.at[byte][at[byte]] == n)
            continue;
        deal(from, to, n, size, byte, counts.at[byte]);
        from = to;
        to = other;
    }
    if (from != at)
        memcpy(at, from, n * size);
}

/* Most rows are people's: a size known beforehand makes copies of them
 * short. */
static void list_sort(unsigned char *at, unsigned char *spare, size_t n,
                      size_t size, unsigned first)
{
    if (size == ROW_BYTES(3))
        list_sort_sized(at, spare, n, ROW_BYTES(3), first);
    else
        list_sort_sized(at, spare, n, size, first);
}

/* Deal all rows out to SORTED by their lists. */
static void lists_deal(struct lists *lists, const struct list *ordered,
                       const struct rows *rows, struct rows *sorted)
{
    const unsigned char *from = rows->map;
    const unsigned char *end = from + rows->n * rows->size;

    for (size_t i = 0; i < lists->n; i++)
        list_of(lists, ordered[i].code)->begin = ordered[i].begin;
    for (; from < end; from += rows->size) {
        const struct row *row = (const void *)from;
        struct list *list = list_of(lists, row->code);

        row_copy(sorted->map + list->begin++ * rows->size, from, rows->size);
    }
}

/* Sort each list of SORTED; ROWS is no longer needed. */
static enum err lists_sort(const struct list *ordered, size_t n,
                           struct rows *rows, struct rows *sorted,
                           int numbers_ascend)
{
    unsigned first = numbers_ascend ? 4 : 0;
    unsigned char *spare = malloc(SPARE_BYTES);

    if (!spare)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        size_t begin = ordered[i].begin * rows->size;
        int fits = ordered[i].n * rows->size <= SPARE_BYTES;

        list_sort(sorted->map + begin, fits ? spare : rows->map + begin,
                  ordered[i].n, rows->size, first);
    }
    free(spare);
    return ERR_NONE;
}

enum err rows_sort(struct rows *rows, struct lists *lists, int numbers_ascend,
                   struct list **out)
{
    struct rows sorted;
    struct list *ordered;
    enum err e;

    if ((e = rows_map(rows)))
        return e;
    if (!(ordered = lists_ordered(lists)))
        return ERR_NOMEM;
    if ((e = rows_like(&sorted, rows)))
        goto close_sorted;
    lists_deal(lists, ordered, rows, &sorted);
    e = lists_sort(ordered, lists->n, rows, &sorted, numbers_ascend);
    if (e)
        goto close_sorted;
    rows_close(rows);
    *rows = sorted;
    *out = ordered;
    return ERR_NONE;

close_sorted:
    rows_close(&sorted);
    free(ordered);
    return e;
}
