/*
 * One block: rows in columns at fixed offsets, in order, what is unused zero
 * (so that nothing that went stays in a file).  Memory alone, no store.
 */
#include <assert.h>

#include "store/build_parts.h"

#define KIND_FACTS(name, number, facts) [number] = facts,
const unsigned char index_facts[INDEX_KINDS_END] = {INDEX_KINDS(KIND_FACTS)};

#define KIND_ROWS(name, number, facts) [number] = INDEX_ROWS(facts),
static const uint16_t kind_rows[INDEX_KINDS_END] = {INDEX_KINDS(KIND_ROWS)};

size_t block_rows(enum index_kind kind)
{
    assert(kind > 0 && kind < INDEX_KINDS_END);
    return kind_rows[kind];
}

/* ---- Columns ------------------------------------------------------------ */

/* Where a block's columns begin, to be written. */
struct columns {
    size_t rows;
    uint32_t *number;
    uint16_t *where;
    uint16_t *when;
    uint16_t *facts;
    uint8_t *reach;
};

static void columns_of(enum index_kind kind, struct block *block,
                       struct columns *out)
{
    out->rows = block_rows(kind);
    out->number = (uint32_t *)(void *)(block->bytes + INDEX_BLOCK_HEAD);
    out->where = (uint16_t *)(out->number + out->rows);
    out->when = out->where + out->rows;
    out->facts = out->when + out->rows;
    out->reach = (uint8_t *)(out->facts + index_facts[kind] * out->rows);
}

static void columns_look(enum index_kind kind, const unsigned char *bytes,
                         struct index_block *out)
{
    size_t rows = block_rows(kind);

    memcpy(&out->n, bytes, sizeof out->n);
    out->rows = rows;
    out->number = (const uint32_t *)(const void *)(bytes + INDEX_BLOCK_HEAD);
    out->where = (const uint16_t *)(out->number + rows);
    out->when = out->where + rows;
    out->facts = out->when + rows;
    out->reach = (const uint8_t *)(out->facts + index_facts[kind] * rows);
}

static size_t count(const struct block *block)
{
    size_t n;

    memcpy(&n, block->bytes, sizeof n);
    return n;
}

static void count_set(struct block *block, size_t n)
{
    memcpy(block->bytes, &n, sizeof n);
}

enum err block_parse(enum index_kind kind, struct slice value,
                     struct index_block *out)
{
    /* A value of this size stands on a page of its own, sixteen bytes in. */
    if (value.len != INDEX_BLOCK_BYTES || (uintptr_t)value.data % 8 != 0)
        return ERR_STORE_CORRUPT;
    columns_look(kind, (const unsigned char *)value.data, out);
    return out->n == 0 || out->n > out->rows ? ERR_STORE_CORRUPT : ERR_NONE;
}

void block_look(enum index_kind kind, const struct block *block,
                struct index_block *out)
{
    columns_look(kind, block->bytes, out);
}

size_t block_find(const struct index_block *block, uint64_t order, int *same)
{
    size_t low = 0, high = block->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (block_order(block, middle) < order)
            low = middle + 1;
        else
            high = middle;
    }
    *same = low < block->n && block_order(block, low) == order;
    return low;
}

/* ---- Rows --------------------------------------------------------------- */

void block_set(enum index_kind kind, struct block *block, size_t at,
               const struct posting *posting)
{
    struct columns to;

    columns_of(kind, block, &to);
    to.number[at] = posting->number;
    to.where[at] = posting->where;
    to.when[at] = posting->when;
    to.reach[at] = posting->reach;
    for (size_t i = 0; i < index_facts[kind]; i++)
        to.facts[i * to.rows + at] = posting->facts[i];
}

/* Copy N elements of each column from FROM's row AT_FROM to row AT_TO of TO,
 * which may be the same block. */
static void rows_copy(enum index_kind kind, struct block *to, size_t at_to,
                      struct block *from, size_t at_from, size_t n)
{
    struct columns t, f;

    columns_of(kind, to, &t);
    columns_of(kind, from, &f);
    memmove(t.number + at_to, f.number + at_from, n * sizeof *t.number);
    memmove(t.where + at_to, f.where + at_from, n * sizeof *t.where);
    memmove(t.when + at_to, f.when + at_from, n * sizeof *t.when);
    for (size_t i = 0; i < index_facts[kind]; i++)
        memmove(t.facts + i * t.rows + at_to, f.facts + i * f.rows + at_from,
                n * sizeof *t.facts);
    memmove(t.reach + at_to, f.reach + at_from, n);
}

/* The rows from N on are no more. */
static void rows_end(enum index_kind kind, struct block *block, size_t n)
{
    struct columns c;
    size_t rest;

    columns_of(kind, block, &c);
    rest = c.rows - n;
    memset(c.number + n, 0, rest * sizeof *c.number);
    memset(c.where + n, 0, rest * sizeof *c.where);
    memset(c.when + n, 0, rest * sizeof *c.when);
    for (size_t i = 0; i < index_facts[kind]; i++)
        memset(c.facts + i * c.rows + n, 0, rest * sizeof *c.facts);
    memset(c.reach + n, 0, rest);
    count_set(block, n);
}

void block_insert(enum index_kind kind, struct block *block, size_t at,
                  const struct posting *posting)
{
    size_t n = count(block);

    assert(at <= n && n < block_rows(kind));
    rows_copy(kind, block, at + 1, block, at, n - at);
    block_set(kind, block, at, posting);
    count_set(block, n + 1);
}

void block_remove(enum index_kind kind, struct block *block, size_t at)
{
    size_t n = count(block);

    assert(at < n);
    rows_copy(kind, block, at, block, at + 1, n - at - 1);
    rows_end(kind, block, n - 1);
}

void block_cut(enum index_kind kind, struct block *block, size_t at,
               struct block *upper)
{
    size_t n = count(block);

    *upper = *block;
    rows_copy(kind, upper, 0, upper, at, n - at);
    rows_end(kind, upper, n - at);
    rows_end(kind, block, at);
}

void block_share(enum index_kind kind, struct block *lower, struct block *upper,
                 size_t n)
{
    size_t below = count(lower), above = count(upper), k;

    assert(n <= block_rows(kind) && n <= below + above &&
           below + above - n <= block_rows(kind));
    if (n < below) {
        k = below - n;
        rows_copy(kind, upper, k, upper, 0, above);
        rows_copy(kind, upper, 0, lower, n, k);
        count_set(upper, above + k);
        rows_end(kind, lower, n);
    } else {
        k = n - below;
        rows_copy(kind, lower, below, upper, 0, k);
        count_set(lower, n);
        rows_copy(kind, upper, 0, upper, k, above - k);
        rows_end(kind, upper, above - k);
    }
}

void block_fill(enum index_kind kind, struct block *block,
                const unsigned char *from, size_t size, size_t n)
{
    struct columns to;

    memset(block->bytes, 0, sizeof block->bytes);
    columns_of(kind, block, &to);
    for (size_t i = 0; i < n; i++, from += size) {
        const struct row *row = (const void *)from;

        to.number[i] = row->number;
        to.where[i] = row->where;
        to.when[i] = row->when;
        to.reach[i] = row->reach;
        for (size_t k = 0; k < index_facts[kind]; k++)
            to.facts[k * to.rows + i] = row->facts[k];
    }
    count_set(block, n);
}

void block_posting(const struct index_block *block, enum index_kind kind,
                   size_t at, struct posting *out)
{
    *out = (struct posting){.where = block->where[at],
                            .when = block->when[at],
                            .number = block->number[at],
                            .reach = block->reach[at]};
    for (size_t i = 0; i < index_facts[kind]; i++)
        out->facts[i] = block->facts[i * block->rows + at];
}

/* ---- Bounds ------------------------------------------------------------- */

struct index_head block_head(const struct index_block *block, uint32_t id)
{
    struct index_head head = {.block = id,
                              .number = block->number[0],
                              .where = block->where[0],
                              .first_when = block->when[0],
                              .last = block->where[block->n - 1],
                              .when = block->when[0],
                              .n = (uint16_t)block->n};

    for (size_t i = 0; i < block->n; i++) {
        if (block->when[i] < head.when)
            head.when = block->when[i];
        if (block->reach[i] > head.reach)
            head.reach = block->reach[i];
    }
    return head;
}
