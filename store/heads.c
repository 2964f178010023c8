/*
 * Pages of heads: the blocks of a list in order, with what bounds each.  A
 * list's first page begins at order 0, so there is always a page at or before
 * a row once there is any but that one; a page that empties goes, and its
 * range falls to the one before it.
 */
#include "store/index_parts.h"

_Static_assert(sizeof(struct index_head) == 20, "twenty bytes, no gaps");
_Static_assert(sizeof(struct page_value) == INDEX_BLOCK_BYTES,
               "one overflow page");

struct slice page_key(unsigned char key[PAGE_KEY], uint32_t generation,
                      enum index_kind kind, uint32_t code, uint64_t order)
{
    store_put32(key, generation);
    key[4] = (unsigned char)kind;
    store_put32(key + 5, code);
    return store_bytes(key, store_put64(key + PAGE_LIST, order));
}

enum err page_parse(struct slice value, const struct page_value **out)
{
    const struct page_value *page = (const void *)value.data;

    if (value.len != sizeof *page || (uintptr_t)value.data % 4 != 0 ||
        page->n == 0 || page->n > INDEX_PAGE_HEADS)
        return ERR_STORE_CORRUPT;
    *out = page;
    return ERR_NONE;
}

/* ---- Finding ------------------------------------------------------------ */

/* The last page whose key is not after WANTED, in WANTED's list. */
static int cursor_at_or_before(MDB_cursor *cursor, struct slice wanted,
                               MDB_val *key, MDB_val *value)
{
    int rc;

    *key = store_val(wanted);
    rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(cursor, key, value, MDB_LAST);
    else if (!rc && (key->mv_size != wanted.len ||
                     memcmp(key->mv_data, wanted.data, wanted.len) != 0))
        rc = mdb_cursor_get(cursor, key, value, MDB_PREV);
    if (!rc && (key->mv_size != PAGE_KEY ||
                memcmp(key->mv_data, wanted.data, PAGE_LIST) != 0))
        rc = MDB_NOTFOUND;
    return rc;
}

enum err page_find(struct store_view *view, uint32_t generation,
                   enum index_kind kind, uint32_t code, uint64_t order,
                   struct page *out)
{
    unsigned char key[PAGE_KEY];
    struct slice wanted = page_key(key, generation, kind, code, order);
    const struct page_value *page;
    MDB_cursor *cursor;
    MDB_val k, v;
    enum err e = store_cursor(view, DB_HEADS, &cursor);
    int rc;

    if (e)
        return e;
    rc = cursor_at_or_before(cursor, wanted, &k, &v);
    mdb_cursor_close(cursor);
    if (rc)
        return store_error(view->store, rc, "the index");
    if ((e = page_parse((struct slice){v.mv_data, v.mv_size}, &page)))
        return e;
    /* A copy, because the next write may move what the map holds. */
    memcpy(out->key, k.mv_data, PAGE_KEY);
    out->value = *page;
    return ERR_NONE;
}

size_t page_head(const struct page *page, uint64_t order)
{
    size_t low = 1, high = page->value.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (head_order(&page->value.heads[middle]) <= order)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* ---- Writing ------------------------------------------------------------ */

void page_bound(struct page_value *value)
{
    const struct index_head *head = value->heads;

    value->where = head->where;
    value->last = head->last;
    value->when = head->when;
    value->reach = head->reach;
    for (size_t i = 1; i < value->n; i++) {
        head++;
        if (head->last > value->last)
            value->last = head->last;
        if (head->when < value->when)
            value->when = head->when;
        if (head->reach > value->reach)
            value->reach = head->reach;
    }
}

enum err page_write(struct store_batch *batch, struct page *page)
{
    struct slice part = {(const char *)&page->value, sizeof page->value};

    page_bound(&page->value);
    return store_write(batch, DB_HEADS,
                       store_bytes(page->key, page->key + PAGE_KEY), &part, 1,
                       0);
}

/* The heads from AT on become a page of their own. */
static void page_cut(struct page *page, size_t at, struct page *upper)
{
    size_t n = page->value.n - at;

    memset(&upper->value, 0, sizeof upper->value);
    memcpy(upper->key, page->key, PAGE_LIST);
    upper->value.n = (uint16_t)n;
    memcpy(upper->value.heads, page->value.heads + at,
           n * sizeof *page->value.heads);
    memset(page->value.heads + at, 0, n * sizeof *page->value.heads);
    page->value.n = (uint16_t)at;
}

static void page_open(struct page *page, size_t at,
                      const struct index_head *head)
{
    struct index_head *heads = page->value.heads;

    memmove(heads + at + 1, heads + at, (page->value.n - at) * sizeof *heads);
    heads[at] = *head;
    page->value.n++;
}

enum err page_insert(struct store_batch *batch, struct page *page, size_t at,
                     const struct index_head *head)
{
    struct page upper;
    size_t cut = INDEX_PAGE_HEADS / 2;
    enum err e;

    if (page->value.n < INDEX_PAGE_HEADS) {
        page_open(page, at, head);
        return page_write(batch, page);
    }
    /* An ascending run leaves full pages behind it, not halves. */
    if (at == page->value.n)
        cut = at;
    page_cut(page, cut, &upper);
    if (at < cut || (at == cut && cut < INDEX_PAGE_HEADS))
        page_open(page, at, head);
    else
        page_open(&upper, at - cut, head);
    store_put64(upper.key + PAGE_LIST, head_order(upper.value.heads));
    if ((e = page_write(batch, page)))
        return e;
    return page_write(batch, &upper);
}

enum err page_remove(struct store_batch *batch, struct page *page, size_t at)
{
    struct index_head *heads = page->value.heads;
    size_t rest = --page->value.n - at;

    if (page->value.n == 0)
        return store_remove(batch, DB_HEADS,
                            store_bytes(page->key, page->key + PAGE_KEY));
    memmove(heads + at, heads + at + 1, rest * sizeof *heads);
    memset(heads + page->value.n, 0, sizeof *heads);
    return page_write(batch, page);
}
