/*
 * Postings into lists and out of them, row by row: which block a row belongs
 * in, and what that does to the head above it.
 *
 * A change touches the block, and the page of heads only when a bound must
 * widen: a head's N is a bound as well, raised in steps of HEAD_STEP rows.
 *
 * Blocks stay full without being built anew: one that is full gives rows to a
 * neighbour of its page before it is cut in two, and one that has few is
 * joined to a neighbour that has room.
 */
#include <assert.h>

#include "store/index_parts.h"

#define HEAD_STEP 32

/* A full block gives rows to a neighbour if each then has room for a
 * sixteenth; one that is a quarter full goes into a neighbour if the two fill
 * three quarters.  What has been done is so not undone by the next row. */
#define ROOM_TO_SHARE(rows) ((rows) / 16)
#define FEW_TO_JOIN(rows) ((rows) / 4)
#define MOST_JOINED(rows) ((rows) / 4 * 3)

/* ---- Blocks in the store ------------------------------------------------ */

enum err block_id(struct store_batch *batch, uint32_t *out)
{
    struct store_state *state = &batch->view.state;

    if (state->block == UINT32_MAX)
        return ERR_STORE_FULL;
    *out = ++state->block;
    return ERR_NONE;
}

/* A copy, because the next write may move what the map holds. */
static enum err block_read(struct store_view *view, enum index_kind kind,
                           uint32_t id, struct block *out)
{
    unsigned char key[BLOCK_KEY];
    struct index_block block;
    struct slice value;
    enum err e = store_read(view, DB_INDEX, block_key(key, id), &value);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
    if ((e = block_parse(kind, value, &block)))
        return e;
    memcpy(out->bytes, value.data, sizeof out->bytes);
    return ERR_NONE;
}

static enum err block_write(struct store_batch *batch, uint32_t id,
                            const struct block *block, unsigned flags)
{
    unsigned char key[BLOCK_KEY];
    struct slice part = {(const char *)block->bytes, sizeof block->bytes};
    enum err e = addresses_forget(batch->view.store->blocks, id,
                                  mdb_txn_id(batch->view.txn));

    if (e)
        return store_spoil(batch, e);
    return store_write(batch, DB_INDEX, block_key(key, id), &part, 1, flags);
}

/* Write a block that was not there; ids ascend, so it goes behind them all. */
static enum err block_write_new(struct store_batch *batch, enum index_kind kind,
                                const struct block *block,
                                struct index_head *head)
{
    struct index_block look;
    uint32_t id;
    enum err e = block_id(batch, &id);

    if (e)
        return e;
    block_look(kind, block, &look);
    *head = block_head(&look, id);
    return block_write(batch, id, block, MDB_APPEND);
}

/* ---- Heads -------------------------------------------------------------- */

/* The bound that N rows stay under for a while. */
static uint16_t head_room(enum index_kind kind, size_t n)
{
    size_t rows = block_rows(kind);
    size_t room = (n + HEAD_STEP - 1) / HEAD_STEP * HEAD_STEP;

    return (uint16_t)(room < rows ? room : rows);
}

/* Make HEAD hold for POSTING in a block of N rows too; did it not? */
static int head_widen(struct index_head *head, enum index_kind kind, size_t n,
                      const struct posting *posting)
{
    struct index_head old = *head;

    if (posting_order(posting) < head_order(head)) {
        head->where = posting->where;
        head->first_when = posting->when;
        head->number = posting->number;
    }
    if (posting->where > head->last)
        head->last = posting->where;
    if (posting->when < head->when)
        head->when = posting->when;
    if (posting->reach > head->reach)
        head->reach = posting->reach;
    if (n > head->n)
        head->n = head_room(kind, n);
    return memcmp(&old, head, sizeof old) != 0;
}

/* ---- One generation ----------------------------------------------------- */

/* Where a row belongs. */
struct place {
    struct page page;
    struct block block;
    size_t head; /* of the page */
    size_t row;  /* of the block */
    size_t n;    /* rows of the block */
    int same;    /* the row is there */
};

static enum err place_find(struct store_view *view, uint32_t generation,
                           enum index_kind kind, const struct posting *posting,
                           struct place *out)
{
    uint64_t order = posting_order(posting);
    struct index_block look;
    enum err e =
        page_find(view, generation, kind, posting->code, order, &out->page);

    if (e)
        return e;
    out->head = page_head(&out->page, order);
    e = block_read(view, kind, out->page.value.heads[out->head].block,
                   &out->block);
    if (e)
        return e;
    block_look(kind, &out->block, &look);
    out->row = block_find(&look, order, &out->same);
    out->n = look.n;
    return ERR_NONE;
}

/* A block of POSTING alone. */
static enum err block_begin(struct store_batch *batch, enum index_kind kind,
                            const struct posting *posting,
                            struct index_head *head)
{
    struct block block = {{0}};

    block_insert(kind, &block, 0, posting);
    return block_write_new(batch, kind, &block, head);
}

static enum err list_begin(struct store_batch *batch, uint32_t generation,
                           enum index_kind kind, const struct posting *posting)
{
    struct page page = {.value = {.n = 1}};
    enum err e = block_begin(batch, kind, posting, page.value.heads);

    if (e)
        return e;
    page_key(page.key, generation, kind, posting->code, 0);
    return page_write(batch, &page);
}

/* Write the changed block, and its page if the head no longer holds. */
static enum err place_write(struct store_batch *batch, enum index_kind kind,
                            struct place *p, const struct posting *posting)
{
    struct index_head *head = &p->page.value.heads[p->head];
    enum err e = block_write(batch, head->block, &p->block, 0);

    if (e || !head_widen(head, kind, p->n, posting))
        return e;
    return page_write(batch, &p->page);
}

/* The upper half of a full block moves to one of its own. */
static enum err place_split(struct store_batch *batch, enum index_kind kind,
                            struct place *p, const struct posting *posting)
{
    struct index_head *head = &p->page.value.heads[p->head], fresh;
    size_t half = p->n / 2;
    struct index_block look;
    struct block upper;
    enum err e;

    block_cut(kind, &p->block, half, &upper);
    if (p->row <= half)
        block_insert(kind, &p->block, p->row, posting);
    else
        block_insert(kind, &upper, p->row - half, posting);
    block_look(kind, &p->block, &look);
    *head = block_head(&look, head->block);
    head->n = head_room(kind, head->n);
    if ((e = block_write(batch, head->block, &p->block, 0)) ||
        (e = block_write_new(batch, kind, &upper, &fresh)))
        return e;
    fresh.n = head_room(kind, fresh.n);
    return page_insert(batch, &p->page, p->head + 1, &fresh);
}

/* ---- Neighbours --------------------------------------------------------- */

/* Two blocks of one page, the second's head right behind the first's. */
struct pair {
    struct page *page;
    size_t head; /* the first's */
    struct block lower, upper;
    size_t n; /* rows of both */
};

/* P's block and the one before or behind it; 0 when there is none that leaves
 * the two with at most MOST rows. */
static enum err pair_find(struct store_view *view, enum index_kind kind,
                          struct place *p, int before, size_t most,
                          struct pair *pair, int *found)
{
    struct block *other = before ? &pair->lower : &pair->upper;
    struct index_block look;
    enum err e;

    *found = 0;
    if (before ? p->head == 0 : p->head + 1 == p->page.value.n)
        return ERR_NONE;
    pair->page = &p->page;
    pair->head = p->head - (before ? 1 : 0);
    e = block_read(view, kind,
                   p->page.value.heads[pair->head + (before ? 0 : 1)].block,
                   other);
    if (e)
        return e;
    block_look(kind, other, &look);
    pair->n = look.n + p->n;
    *(before ? &pair->upper : &pair->lower) = p->block;
    *found = pair->n <= most;
    return ERR_NONE;
}

static enum err pair_find_any(struct store_view *view, enum index_kind kind,
                              struct place *p, size_t most, struct pair *pair,
                              int *found)
{
    enum err e = pair_find(view, kind, p, 1, most, pair, found);

    if (e || *found)
        return e;
    return pair_find(view, kind, p, 0, most, pair, found);
}

/* Write a block of a pair and bound it anew. */
static enum err pair_write_one(struct store_batch *batch, enum index_kind kind,
                               const struct block *block,
                               struct index_head *head)
{
    struct index_block look;

    block_look(kind, block, &look);
    *head = block_head(&look, head->block);
    head->n = head_room(kind, head->n);
    return block_write(batch, head->block, block, 0);
}

/* Half of the rows are each block's, and POSTING one of them. */
static enum err pair_share(struct store_batch *batch, enum index_kind kind,
                           struct pair *pair, const struct posting *posting)
{
    struct index_head *heads = pair->page->value.heads + pair->head;
    uint64_t order = posting_order(posting);
    struct index_block look;
    struct block *to;
    enum err e;
    int same;

    block_share(kind, &pair->lower, &pair->upper, pair->n / 2);
    block_look(kind, &pair->upper, &look);
    to = order < block_order(&look, 0) ? &pair->lower : &pair->upper;
    block_look(kind, to, &look);
    block_insert(kind, to, block_find(&look, order, &same), posting);
    if ((e = pair_write_one(batch, kind, &pair->lower, heads)) ||
        (e = pair_write_one(batch, kind, &pair->upper, heads + 1)))
        return e;
    return page_write(batch, pair->page);
}

/* All rows become the lower's. */
static enum err pair_join(struct store_batch *batch, enum index_kind kind,
                          struct pair *pair)
{
    struct index_head *heads = pair->page->value.heads + pair->head;
    unsigned char key[BLOCK_KEY];
    enum err e;

    block_share(kind, &pair->lower, &pair->upper, pair->n);
    if ((e = pair_write_one(batch, kind, &pair->lower, heads)) ||
        (e = store_remove(batch, DB_INDEX, block_key(key, heads[1].block))) ||
        (e = page_remove(batch, pair->page, pair->head + 1)))
        return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
    return ERR_NONE;
}

/* ---- Rows --------------------------------------------------------------- */

/* The block is full. */
static enum err place_overflow(struct store_batch *batch, enum index_kind kind,
                               struct place *p, const struct posting *posting)
{
    size_t rows = block_rows(kind);
    struct index_head fresh;
    struct pair pair;
    enum err e;
    int found;

    /* An ascending run leaves full blocks behind it, not halves. */
    if (p->row == p->n && p->head + 1 == p->page.value.n) {
        if ((e = block_begin(batch, kind, posting, &fresh)))
            return e;
        return page_insert(batch, &p->page, p->head + 1, &fresh);
    }
    e = pair_find_any(&batch->view, kind, p, 2 * (rows - ROOM_TO_SHARE(rows)),
                      &pair, &found);
    if (e)
        return e;
    return found ? pair_share(batch, kind, &pair, posting)
                 : place_split(batch, kind, p, posting);
}

/* A row has gone from the block, and some are left. */
static enum err place_underflow(struct store_batch *batch, enum index_kind kind,
                                struct place *p)
{
    size_t rows = block_rows(kind);
    struct pair pair;
    enum err e = ERR_NONE;
    int found = 0;

    if (p->n <= FEW_TO_JOIN(rows))
        e = pair_find_any(&batch->view, kind, p, MOST_JOINED(rows), &pair,
                          &found);
    if (e)
        return e;
    if (found)
        return pair_join(batch, kind, &pair);
    return block_write(batch, p->page.value.heads[p->head].block, &p->block, 0);
}

enum err list_put(struct store_batch *batch, uint32_t generation,
                  enum index_kind kind, const struct posting *posting)
{
    struct place p;
    enum err e = place_find(&batch->view, generation, kind, posting, &p);

    if (e == ERR_NOT_FOUND)
        return list_begin(batch, generation, kind, posting);
    if (e)
        return e;
    if (p.same) {
        block_set(kind, &p.block, p.row, posting);
        return place_write(batch, kind, &p, posting);
    }
    if (p.n == block_rows(kind))
        return place_overflow(batch, kind, &p, posting);
    block_insert(kind, &p.block, p.row, posting);
    p.n++;
    return place_write(batch, kind, &p, posting);
}

enum err list_delete(struct store_batch *batch, uint32_t generation,
                     enum index_kind kind, const struct posting *posting)
{
    unsigned char key[BLOCK_KEY];
    struct place p;
    uint32_t id;
    enum err e = place_find(&batch->view, generation, kind, posting, &p);

    if (e)
        return e;
    if (!p.same)
        return ERR_NOT_FOUND;
    id = p.page.value.heads[p.head].block;
    if (p.n > 1) {
        block_remove(kind, &p.block, p.row);
        p.n--;
        return place_underflow(batch, kind, &p);
    }
    if ((e = store_remove(batch, DB_INDEX, block_key(key, id))) ||
        (e = page_remove(batch, &p.page, p.head)))
        return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
    return ERR_NONE;
}

/* ---- The live one ------------------------------------------------------- */

enum err index_put(struct store_batch *batch, enum index_kind kind,
                   const struct posting *posting)
{
    enum err e = list_put(batch, batch->view.state.live, kind, posting);

    if (!e)
        e = note_posting(batch, NOTE_PUT, kind, posting);
    return store_spoil(batch, e);
}

/* The generation being built may have what the live one lacks, so it is told
 * in any case. */
enum err index_delete(struct store_batch *batch, enum index_kind kind,
                      const struct posting *posting)
{
    enum err e = list_delete(batch, batch->view.state.live, kind, posting);
    enum err noted;

    if (e && e != ERR_NOT_FOUND)
        return store_spoil(batch, e);
    if ((noted = note_posting(batch, NOTE_DELETE, kind, posting)))
        return store_spoil(batch, noted);
    return e;
}

/* ---- What it was derived with, and what it lacks ------------------------ */

uint64_t index_stamp(struct store_view *view)
{
    return view->state.stamp;
}

enum err index_stamp_set(struct store_batch *batch, uint64_t stamp)
{
    if (batch->view.spoiled)
        return batch->view.spoiled;
    batch->view.state.stamp = stamp;
    batch->changes++;
    return ERR_NONE;
}

void index_defer(struct store_batch *batch)
{
    batch->view.state.deferred = batch->view.state.revision;
    batch->changes++;
}

uint64_t index_deferred(struct store_view *view)
{
    return view->state.deferred;
}
