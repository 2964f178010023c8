/*
 * libFuzzer on the index: `make fuzz`.  The input is a list of writes, five
 * bytes each, in one batch that is never committed; after them the index must
 * keep every promise of index.h and hold as many rows as were put and not
 * deleted.
 */
#include <string.h>

#include "store/index.h"
#include "tests/fuzz/fuzz.h"

enum { OP_BYTES = 5, OPS_MAX = 80, ROWS = 1 << 15 };

/* Which of the rows that an input can name are there: code (1 bit), where (8),
 * number (6). */
struct model {
    unsigned char there[ROWS];
    uint64_t n;
};

static struct posting posting_of(const uint8_t op[OP_BYTES], unsigned *row)
{
    struct posting p = {.code = op[1] & 1u};

    /* Few places, so that blocks fill and split. */
    p.where = (uint16_t)(op[2] * 37u);
    p.when = (uint16_t)(op[2] >> 4);
    p.number = op[3] & 63u;
    p.reach = op[4];
    p.facts[0] = (uint16_t)(op[4] * 257u);
    *row = p.code << 14 | (unsigned)op[2] << 6 | p.number;
    return p;
}

/* A run of rows at once, else no block would ever be full. */
static void put_run(struct store_batch *batch, struct model *m,
                    const uint8_t op[OP_BYTES])
{
    uint8_t one[OP_BYTES];

    memcpy(one, op, OP_BYTES);
    for (unsigned i = 0; i < 64; i++, one[3]++) {
        unsigned row;
        struct posting p = posting_of(one, &row);

        must(index_put(batch, INDEX_PEOPLE, &p) == ERR_NONE);
        m->n += !m->there[row];
        m->there[row] = 1;
    }
}

static void delete_one(struct store_batch *batch, struct model *m,
                       const uint8_t op[OP_BYTES])
{
    unsigned row;
    struct posting p = posting_of(op, &row);
    enum err e = index_delete(batch, INDEX_PEOPLE, &p);

    must(e == (m->there[row] ? ERR_NONE : ERR_NOT_FOUND));
    m->n -= m->there[row];
    m->there[row] = 0;
}

/* And the other way round: few rows are left of blocks that were full. */
static void delete_run(struct store_batch *batch, struct model *m,
                       const uint8_t op[OP_BYTES])
{
    uint8_t one[OP_BYTES];

    memcpy(one, op, OP_BYTES);
    for (unsigned i = 0; i < 60; i++, one[3]++)
        delete_one(batch, m, one);
}

static void side(struct store_batch *batch, const uint8_t op[OP_BYTES])
{
    unsigned char row[INDEX_SIDE] = {op[4]};
    uint32_t number = op[2] * 9u + op[3];
    enum err e = ERR_NONE;

    if (op[1] & 1)
        e = index_side_put(batch, INDEX_PEOPLE, number, number + 1, row);
    else
        e = index_side_delete(batch, INDEX_PEOPLE, number);
    must(e == ERR_NONE || (e == ERR_NOT_FOUND && !(op[1] & 1)));
}

static void apply(struct store_batch *batch, struct model *m,
                  const uint8_t op[OP_BYTES])
{
    if (op[0] < 96)
        put_run(batch, m, op);
    else if (op[0] < 176)
        delete_run(batch, m, op);
    else if (op[0] < 224)
        delete_one(batch, m, op);
    else
        side(batch, op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model m;
    struct index_counts counts;
    struct store_batch *batch;

    memset(&m, 0, sizeof m);
    must(store_batch_begin(fuzz_store(), &batch) == ERR_NONE);
    for (size_t i = 0; i + OP_BYTES <= size && i < OP_BYTES * OPS_MAX;
         i += OP_BYTES)
        apply(batch, &m, data + i);
    must(index_check(store_batch_view(batch), &counts) == ERR_NONE);
    must(counts.postings[INDEX_PEOPLE] == m.n);
    store_batch_abort(batch);
    return 0;
}
