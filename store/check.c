/*
 * Whether the live generation keeps what index.h promises: sizes, order,
 * bounds, keys, and that every block stands under one head.
 *
 * Bytes are whole pages of the store, those of the b-trees included, as LMDB
 * counts them: of generations that a sweep has yet to remove as well.
 */
#include <stdlib.h>
#include <xxhash.h>

#include "store/index_parts.h"

/* ---- Sums --------------------------------------------------------------- */

uint64_t index_posting_sum(enum index_kind kind, const struct posting *posting)
{
    unsigned char bytes[16 + 2 * INDEX_FACTS_MAX] = {0};
    size_t facts = 2 * (size_t)index_facts[kind];

    bytes[0] = (unsigned char)kind;
    bytes[1] = posting->reach;
    memcpy(bytes + 4, &posting->code, 4);
    memcpy(bytes + 8, &posting->number, 4);
    memcpy(bytes + 12, &posting->where, 2);
    memcpy(bytes + 14, &posting->when, 2);
    memcpy(bytes + 16, posting->facts, facts);
    return XXH3_64bits(bytes, 16 + facts);
}

uint64_t index_side_sum(enum index_kind kind, uint32_t number, uint64_t key,
                        const unsigned char row[INDEX_SIDE])
{
    unsigned char bytes[16 + INDEX_SIDE] = {0};

    bytes[0] = (unsigned char)kind;
    memcpy(bytes + 4, &number, 4);
    memcpy(bytes + 8, &key, 8);
    memcpy(bytes + 16, row, INDEX_SIDE);
    return XXH3_64bits(bytes, sizeof bytes);
}

/* ---- One page of heads and its blocks ----------------------------------- */

struct check {
    struct store_view *view;
    MDB_cursor *blocks;
    struct index_counts *out;
    enum index_kind kind;
    unsigned char key[PAGE_KEY]; /* of the page being looked at */
    int begun;                   /* the list has rows already, */
    uint64_t last;               /* this one last */
};

static uint64_t page_order(const unsigned char key[PAGE_KEY])
{
    return store_get64(key + PAGE_LIST);
}

static uint32_t page_code(const unsigned char key[PAGE_KEY])
{
    return store_get32(key + 5);
}

/* Say where, but of nobody's row what it holds. */
static enum err broken(const struct check *c, uint32_t block, const char *what)
{
    store_log(c->view->store, LOG_ERR,
              "store: index: kind %u, code %u, block %u: %s", (unsigned)c->kind,
              page_code(c->key), block, what);
    return ERR_STORE_CORRUPT;
}

static int all_zero(const void *from, size_t len)
{
    const unsigned char *at = from;

    while (len > 0 && at[len - 1] == 0)
        len--;
    return len == 0;
}

/* What no row has taken is zero. */
static int block_rest_zero(const struct index_block *b, enum index_kind kind)
{
    size_t rest = b->rows - b->n;
    int zero = all_zero(b->number + b->n, 4 * rest) &&
               all_zero(b->where + b->n, 2 * rest) &&
               all_zero(b->when + b->n, 2 * rest) &&
               all_zero(b->reach + b->n, rest);

    for (size_t i = 0; i < index_facts[kind]; i++)
        zero = zero && all_zero(b->facts + i * b->rows + b->n, 2 * rest);
    return zero;
}

static int bounds_hold(const struct index_head *bound,
                       const struct index_head *tight)
{
    return head_order(bound) <= head_order(tight) &&
           bound->last >= tight->last && bound->when <= tight->when &&
           bound->reach >= tight->reach && bound->n >= tight->n;
}

static void block_count(struct check *c, const struct index_block *block)
{
    struct posting posting;

    c->out->blocks++;
    c->out->postings[c->kind] += block->n;
    for (size_t i = 0; i < block->n; i++) {
        block_posting(block, c->kind, i, &posting);
        posting.code = page_code(c->key);
        c->out->sums[c->kind] += index_posting_sum(c->kind, &posting);
    }
}

static enum err check_block(struct check *c, const struct index_head *head)
{
    unsigned char id[BLOCK_KEY];
    MDB_val key = store_val(block_key(id, head->block)), value;
    struct index_block block;
    struct index_head tight;
    int rc = mdb_cursor_get(c->blocks, &key, &value, MDB_SET);

    if (rc == MDB_NOTFOUND)
        return broken(c, head->block, "a head without its block");
    if (rc)
        return store_error(c->view->store, rc, "checking the index");
    if (block_parse(c->kind, (struct slice){value.mv_data, value.mv_size},
                    &block))
        return broken(c, head->block, "no block");
    tight = block_head(&block, head->block);
    if (!bounds_hold(head, &tight) || head->n > block.rows || head->unused)
        return broken(c, head->block, "a row outside of its head's bounds");
    if (c->begun && block_order(&block, 0) <= c->last)
        return broken(c, head->block, "a row before the block before it");
    for (size_t i = 1; i < block.n; i++)
        if (block_order(&block, i - 1) >= block_order(&block, i))
            return broken(c, head->block, "rows out of order");
    if (!block_rest_zero(&block, c->kind))
        return broken(c, head->block, "something behind the last row");
    c->last = block_order(&block, block.n - 1);
    c->begun = 1;
    block_count(c, &block);
    return ERR_NONE;
}

static enum err check_page(struct check *c, const struct page_value *page)
{
    struct page_value tight = *page;
    uint64_t before = page_order(c->key);
    enum err e = ERR_NONE;

    if (c->begun && before <= c->last)
        return broken(c, 0, "a page before the end of the one before it");
    page_bound(&tight);
    if (page->where > tight.where || page->last < tight.last ||
        page->when > tight.when || page->reach < tight.reach)
        return broken(c, 0, "a head outside of its page's bounds");
    if (!all_zero(page->unused, sizeof page->unused) ||
        !all_zero(page->heads + page->n,
                  (INDEX_PAGE_HEADS - page->n) * sizeof *page->heads))
        return broken(c, 0, "something behind the last head");
    for (size_t i = 0; i < page->n && !e; i++) {
        uint64_t order = head_order(&page->heads[i]);

        if (order < before || (i > 0 && order == before) ||
            (c->begun && order <= c->last))
            return broken(c, page->heads[i].block, "heads out of order");
        before = order;
        e = check_block(c, &page->heads[i]);
    }
    c->out->pages++;
    return e;
}

/* ---- All of them -------------------------------------------------------- */

static enum err check_entry(struct check *c, const MDB_val *key,
                            const MDB_val *value)
{
    const struct page_value *page;
    int same = key->mv_size == PAGE_KEY &&
               memcmp(key->mv_data, c->key, PAGE_LIST) == 0;

    if (key->mv_size != PAGE_KEY)
        return broken(c, 0, "the key after it is none of a page");
    if (!same) {
        c->out->lists++;
        c->begun = 0;
    }
    memcpy(c->key, key->mv_data, PAGE_KEY);
    c->kind = c->key[4];
    if (c->kind == 0 || c->kind >= INDEX_KINDS_END)
        return broken(c, 0, "no kind of ours");
    if (page_parse((struct slice){value->mv_data, value->mv_size}, &page))
        return broken(c, 0, "no page of heads");
    return check_page(c, page);
}

/* The live generation's pages of heads, and the heads of all others, *OTHERS
 * of them. */
static enum err check_heads(struct check *c, uint64_t *others)
{
    struct store_view *view = c->view;
    const struct page_value *page;
    MDB_cursor *cursor;
    MDB_val key, value;
    enum err e = store_cursor(view, DB_HEADS, &cursor);
    int rc;

    if (e)
        return e;
    while (!e && !(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        if (key.mv_size >= 4 && store_get32(key.mv_data) == view->state.live)
            e = check_entry(c, &key, &value);
        else if (page_parse((struct slice){value.mv_data, value.mv_size},
                            &page))
            e = broken(c, 0, "no page of heads after it");
        else
            *others += page->n;
    }
    mdb_cursor_close(cursor);
    if (!e && rc != MDB_NOTFOUND)
        e = store_error(view->store, rc, "checking the index");
    return e;
}

static enum err db_stat(struct store_view *view, enum store_db db,
                        MDB_stat *out)
{
    return store_error(view->store,
                       mdb_stat(view->txn, view->store->env.db[db], out),
                       "statistics");
}

static uint64_t stat_bytes(const MDB_stat *stat)
{
    return (stat->ms_branch_pages + stat->ms_leaf_pages +
            stat->ms_overflow_pages) *
           (uint64_t)stat->ms_psize;
}

static enum err check_lists(struct store_view *view, struct index_counts *out)
{
    struct check c = {.view = view, .out = out};
    uint64_t others = 0;
    MDB_stat heads, blocks;
    enum err e = store_cursor(view, DB_INDEX, &c.blocks);

    if (e)
        return e;
    e = check_heads(&c, &others);
    mdb_cursor_close(c.blocks);
    if (e || (e = db_stat(view, DB_HEADS, &heads)) ||
        (e = db_stat(view, DB_INDEX, &blocks)))
        return e;
    if (blocks.ms_entries != out->blocks + others)
        return broken(&c, 0, "in all, there are blocks without a head");
    out->bytes = stat_bytes(&heads) + stat_bytes(&blocks);
    return ERR_NONE;
}

/* ---- The side array ----------------------------------------------------- */

static enum err side_broken(struct store_view *view, uint32_t number,
                            const char *what)
{
    store_log(view->store, LOG_ERR, "store: side array: chunk %u: %s",
              number / INDEX_CHUNK, what);
    return ERR_STORE_CORRUPT;
}

static enum err check_key(struct store_view *view, uint32_t number,
                          const unsigned char *row, struct index_counts *out)
{
    uint64_t key;
    enum err e = keys_get(view, view->state.live, INDEX_PEOPLE, number, &key);

    if (e)
        return e;
    if (index_keys_get(view->store->keys, number) != key)
        return side_broken(view, number, "another key in memory");
    out->side++;
    out->side_sum += index_side_sum(INDEX_PEOPLE, number, key, row);
    return ERR_NONE;
}

static enum err check_chunk(struct store_view *view,
                            const struct index_chunk *chunk,
                            struct index_counts *out)
{
    unsigned n = 0, bits = 0;
    enum err e = ERR_NONE;

    for (unsigned i = 0; i < SIDE_ROWS; i++)
        bits += (unsigned)__builtin_popcount(chunk->present[i]);
    for (unsigned i = 0; i < INDEX_CHUNK && !e; i++) {
        const unsigned char *row = chunk->rows + (size_t)INDEX_SIDE * i;
        uint32_t number = chunk->first + i;

        if (index_chunk_has(chunk, i) && number >= chunk->first) {
            n++;
            e = check_key(view, number, row, out);
        } else if (!all_zero(row, INDEX_SIDE)) {
            return side_broken(view, chunk->first, "a row that is gone");
        }
    }
    if (!e && (n == 0 || n != bits))
        return side_broken(view, chunk->first, "none of its rows, or too many");
    return e;
}

/* Keys that are not 0, *N of them. */
static enum err count_keys(struct store_view *view, uint64_t *n)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    enum err e = store_cursor(view, DB_KEYS, &cursor);
    int rc;

    if (e)
        return e;
    while (!(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        const unsigned char *bytes = value.mv_data;

        if (key.mv_size < 4 || store_get32(key.mv_data) != view->state.live)
            continue;
        for (size_t i = 0; i + 8 <= value.mv_size; i += 8)
            *n += !all_zero(bytes + i, 8);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? ERR_NONE
                              : store_error(view->store, rc, "counting keys");
}

static enum err check_side(struct store_view *view, struct index_counts *out)
{
    struct index_chunk chunk = {0};
    uint32_t from = 0;
    uint64_t keys = 0;
    MDB_stat rows_stat, keys_stat;
    enum err e;

    while (!(e = index_side_chunk(view, INDEX_PEOPLE, from, &chunk))) {
        if ((e = check_chunk(view, &chunk, out)))
            return e;
        from = chunk.first + INDEX_CHUNK;
        if (from < chunk.first)
            break;
    }
    if (e && e != ERR_NOT_FOUND)
        return e;
    if ((e = count_keys(view, &keys)) ||
        (e = db_stat(view, DB_SIDE, &rows_stat)) ||
        (e = db_stat(view, DB_KEYS, &keys_stat)))
        return e;
    if (keys > out->side)
        return side_broken(view, 0, "in all, there are keys without a row");
    out->side_bytes = stat_bytes(&rows_stat) + stat_bytes(&keys_stat);
    return ERR_NONE;
}

enum err index_check(struct store_view *view, struct index_counts *out)
{
    struct index_counts counts = {0};
    enum err e;

    if ((e = check_lists(view, &counts)) || (e = check_side(view, &counts)))
        return e;
    *out = counts;
    return ERR_NONE;
}
