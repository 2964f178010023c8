/*
 * The check of the index finds what is wrong with it: each row damages one
 * thing of an index that was right, and only that is found.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "store/index_parts.h"
#include "tests/support/opened.h"

TestSuite(index_check, .init = open_fresh, .fini = close_fresh, .timeout = 60);

#define CODE 3
#define ROWS ((size_t)3 * INDEX_PEOPLE_ROWS)

enum what {
    NOTHING,
    BLOCK_SHORT,
    BLOCK_EMPTY,
    BLOCK_TOO_MANY,
    BLOCK_ONE_MORE,
    BLOCK_SWAPPED,
    BLOCK_TWICE,
    BLOCK_LEFTOVER,
    BLOCK_GONE,
    BLOCK_ALONE,
    ROW_WHERE,
    ROW_WHEN,
    ROW_REACH,
    HEAD_N,
    HEAD_N_TOO_MANY,
    HEAD_FIRST,
    HEAD_OF_ANOTHER,
    HEAD_UNUSED,
    HEADS_SWAPPED,
    HEAD_LEFTOVER,
    PAGE_SHORT,
    PAGE_EMPTY,
    PAGE_TOO_MANY,
    PAGE_WHERE,
    PAGE_LAST,
    PAGE_WHEN,
    PAGE_REACH,
    PAGE_KEY_LATE,
    PAGE_KEY_LONG,
    PAGE_OF_NO_KIND,
    SIDE_KEY_OTHER,
    SIDE_EMPTY,
    SIDE_BIT,
    SIDE_LEFTOVER,
    KEY_ALONE,
    KEY_GONE
};

struct damage {
    char why[60];
    enum what what;
};

/* Three full blocks and a side row; the page of heads, and the middle block,
 * whose rows 0 to n - 1 are those of ROWS / 3 on. */
static struct page page;
static struct block block;
static struct index_block look_at;

static void fill(struct store_batch *batch)
{
    unsigned char key[BLOCK_KEY], row[INDEX_SIDE] = "side";
    struct slice value;

    for (size_t i = 0; i < ROWS; i++) {
        struct posting posting = {.code = CODE,
                                  .where = (uint16_t)(10 + i),
                                  .when = (uint16_t)(500 + i % 7),
                                  .number = (uint32_t)i,
                                  .reach = (uint8_t)(i % 9)};

        ok(index_put(batch, INDEX_PEOPLE, &posting));
    }
    ok(index_side_put(batch, INDEX_PEOPLE, 70, 7, row));
    ok(page_find(store_batch_view(batch), 1, INDEX_PEOPLE, CODE, 0, &page));
    cr_assert_eq(page.value.n, 3);
    ok(store_read(store_batch_view(batch), DB_INDEX,
                  block_key(key, page.value.heads[1].block), &value));
    memcpy(block.bytes, value.data, sizeof block.bytes);
    block_look(INDEX_PEOPLE, &block, &look_at);
    cr_assert_eq(look_at.n, INDEX_PEOPLE_ROWS);
}

static void write_block(struct store_batch *batch, uint32_t id, size_t len)
{
    unsigned char key[BLOCK_KEY];
    struct slice part = {(const char *)block.bytes, len};

    ok(store_write(batch, DB_INDEX, block_key(key, id), &part, 1, 0));
}

/* The page as it stands here, its bounds too. */
static void write_page(struct store_batch *batch, size_t len)
{
    struct slice part = {(const char *)&page.value, len};

    ok(store_write(batch, DB_HEADS, store_bytes(page.key, page.key + PAGE_KEY),
                   &part, 1, 0));
}

static void remove_page(struct store_batch *batch)
{
    ok(store_remove(batch, DB_HEADS,
                    store_bytes(page.key, page.key + PAGE_KEY)));
}

static struct posting row_at(size_t at)
{
    struct posting posting;

    block_posting(&look_at, INDEX_PEOPLE, at, &posting);
    return posting;
}

static void damage_block(struct store_batch *batch, enum what what)
{
    uint32_t id = page.value.heads[1].block;
    size_t n = look_at.n, len = sizeof block.bytes;
    unsigned char key[BLOCK_KEY];
    struct posting one = row_at(4), other = row_at(5);

    switch (what) {
    case BLOCK_SHORT:
        len -= 2;
        break;
    case BLOCK_EMPTY:
        memset(block.bytes, 0, len);
        break;
    case BLOCK_TOO_MANY:
        n++;
        memcpy(block.bytes, &n, sizeof n);
        break;
    case BLOCK_ONE_MORE:
        block_remove(INDEX_PEOPLE, &block, n - 1);
        memcpy(block.bytes, &n, sizeof n);
        break;
    case BLOCK_SWAPPED:
        block_set(INDEX_PEOPLE, &block, 4, &other);
        block_set(INDEX_PEOPLE, &block, 5, &one);
        break;
    case BLOCK_TWICE:
        block_set(INDEX_PEOPLE, &block, 5, &one);
        break;
    case BLOCK_LEFTOVER:
        n--;
        memcpy(block.bytes, &n, sizeof n);
        break;
    case BLOCK_GONE:
        ok(store_remove(batch, DB_INDEX, block_key(key, id)));
        return;
    case BLOCK_ALONE:
        ok(block_id(batch, &id));
        break;
    case ROW_WHERE:
        one = row_at(n - 1);
        one.where++;
        block_set(INDEX_PEOPLE, &block, n - 1, &one);
        break;
    case ROW_WHEN:
        one.when = 499;
        block_set(INDEX_PEOPLE, &block, 4, &one);
        break;
    default:
        one.reach = 9;
        block_set(INDEX_PEOPLE, &block, 4, &one);
        break;
    }
    write_block(batch, id, len);
}

static void damage_head(struct store_batch *batch, enum what what)
{
    struct index_head *heads = page.value.heads, first = heads[0];

    switch (what) {
    case HEAD_N:
        heads[1].n--;
        break;
    case HEAD_N_TOO_MANY:
        heads[1].n = INDEX_PEOPLE_ROWS + 1;
        break;
    case HEAD_FIRST:
        heads[1].number++;
        break;
    case HEAD_OF_ANOTHER:
        heads[1].block = heads[0].block;
        break;
    case HEAD_UNUSED:
        heads[1].unused = 1;
        break;
    case HEADS_SWAPPED:
        heads[0] = heads[1];
        heads[1] = first;
        break;
    default:
        heads[3] = first;
        break;
    }
    write_page(batch, sizeof page.value);
}

static void damage_page(struct store_batch *batch, enum what what)
{
    size_t len = sizeof page.value;
    unsigned char longer[PAGE_KEY + 1] = {0};
    struct slice part = {(const char *)&page.value, len};

    switch (what) {
    case PAGE_SHORT:
        len -= 4;
        break;
    case PAGE_EMPTY:
        page.value.n = 0;
        break;
    case PAGE_TOO_MANY:
        page.value.n = INDEX_PAGE_HEADS + 1;
        break;
    case PAGE_WHERE:
        page.value.where++;
        break;
    case PAGE_LAST:
        page.value.last--;
        break;
    case PAGE_WHEN:
        page.value.when++;
        break;
    case PAGE_REACH:
        page.value.reach--;
        break;
    case PAGE_KEY_LATE:
        remove_page(batch);
        store_put64(page.key + PAGE_LIST, head_order(page.value.heads) + 1);
        break;
    case PAGE_KEY_LONG:
        remove_page(batch);
        memcpy(longer, page.key, PAGE_KEY);
        ok(store_write(batch, DB_HEADS,
                       store_bytes(longer, longer + sizeof longer), &part, 1,
                       0));
        return;
    default:
        remove_page(batch);
        page.key[4] = INDEX_KINDS_END;
        break;
    }
    write_page(batch, len);
}

static void damage_side(struct store_batch *batch, enum what what)
{
    unsigned char key[ARRAY_KEY], bytes[SIDE_BYTES];
    struct slice at = array_key(key, 1, INDEX_PEOPLE, 0), value;
    struct slice part = {(const char *)bytes, sizeof bytes};

    ok(store_read(store_batch_view(batch), DB_SIDE, at, &value));
    memcpy(bytes, value.data, sizeof bytes);
    switch (what) {
    case SIDE_KEY_OTHER:
        ok(index_keys_set(store->keys, 70, 8));
        break;
    case SIDE_EMPTY:
        memset(bytes, 0, sizeof bytes);
        break;
    case SIDE_BIT:
        bytes[SIDE_ROWS - 1] |= 0x80;
        break;
    case KEY_ALONE:
        ok(keys_put(batch, 1, INDEX_PEOPLE, 71, 9));
        break;
    case KEY_GONE:
        ok(keys_delete(batch, 1, INDEX_PEOPLE, 70));
        break;
    default:
        bytes[sizeof bytes - 1] = 1;
        break;
    }
    ok(store_write(batch, DB_SIDE, at, &part, 1, 0));
}

ParameterizedTestParameters(index_check, damage_is_found)
{
    static struct damage rows[] = {
        {"nothing is wrong", NOTHING},
        {"a block of another size", BLOCK_SHORT},
        {"a block without rows", BLOCK_EMPTY},
        {"a block of more rows than fit", BLOCK_TOO_MANY},
        {"a block that says one row more than it has", BLOCK_ONE_MORE},
        {"rows out of order", BLOCK_SWAPPED},
        {"a row twice", BLOCK_TWICE},
        {"a row that went and was left", BLOCK_LEFTOVER},
        {"a head whose block is gone", BLOCK_GONE},
        {"a block without a head", BLOCK_ALONE},
        {"a row past its head's last place", ROW_WHERE},
        {"a row before its head's least time", ROW_WHEN},
        {"a row beyond its head's reach", ROW_REACH},
        {"a head of fewer rows than its block", HEAD_N},
        {"a head of more rows than fit", HEAD_N_TOO_MANY},
        {"a head that begins after its first row", HEAD_FIRST},
        {"two heads of one block", HEAD_OF_ANOTHER},
        {"a byte of a head that none uses", HEAD_UNUSED},
        {"heads out of order", HEADS_SWAPPED},
        {"a head that went and was left", HEAD_LEFTOVER},
        {"a page of another size", PAGE_SHORT},
        {"a page without heads", PAGE_EMPTY},
        {"a page of more heads than fit", PAGE_TOO_MANY},
        {"a head before its page's first place", PAGE_WHERE},
        {"a head past its page's last place", PAGE_LAST},
        {"a head before its page's least time", PAGE_WHEN},
        {"a head beyond its page's reach", PAGE_REACH},
        {"a page that begins after its first head", PAGE_KEY_LATE},
        {"a page under a key of another length", PAGE_KEY_LONG},
        {"a page of no kind that there is", PAGE_OF_NO_KIND},
        {"another key in memory", SIDE_KEY_OTHER},
        {"a chunk without rows", SIDE_EMPTY},
        {"more rows than there is room for", SIDE_BIT},
        {"a side row that went and was left", SIDE_LEFTOVER},
        {"a key without a row", KEY_ALONE},
        {"a row without its key", KEY_GONE},
    };

    return cr_make_param_array(struct damage, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct damage *row, index_check, damage_is_found)
{
    struct store_batch *batch = begin();
    struct index_counts counts;
    enum err e;

    fill(batch);
    ok(index_check(store_batch_view(batch), &counts));
    if (row->what >= SIDE_KEY_OTHER)
        damage_side(batch, row->what);
    else if (row->what >= PAGE_SHORT)
        damage_page(batch, row->what);
    else if (row->what >= HEAD_N)
        damage_head(batch, row->what);
    else if (row->what != NOTHING)
        damage_block(batch, row->what);
    e = index_check(store_batch_view(batch), &counts);
    cr_assert_eq(e, row->what == NOTHING ? ERR_NONE : ERR_STORE_CORRUPT, "%s",
                 row->why);
    store_batch_abort(batch);
}

Test(index_check, sums_tell_any_row_from_any_other)
{
    struct posting posting = {.code = 1,
                              .where = 2,
                              .when = 3,
                              .number = 4,
                              .reach = 5,
                              .facts = {6, 7, 8}};
    uint64_t sum = index_posting_sum(INDEX_PEOPLE, &posting);
    struct posting others[7];

    for (size_t i = 0; i < 7; i++)
        others[i] = posting;
    others[0].code++;
    others[1].where++;
    others[2].when++;
    others[3].number++;
    others[4].reach++;
    others[5].facts[0]++;
    others[6].facts[2]++;
    for (size_t i = 0; i < 7; i++)
        cr_assert_neq(index_posting_sum(INDEX_PEOPLE, &others[i]), sum);
    cr_assert_neq(index_posting_sum(INDEX_LOTS, &posting), sum);
    posting.facts[3]++;
    cr_assert_eq(index_posting_sum(INDEX_PEOPLE, &posting), sum,
                 "people have three facts");
}

Test(index_check, side_sums_tell_any_row_from_any_other)
{
    unsigned char row[INDEX_SIDE] = "side";
    uint64_t sum = index_side_sum(INDEX_PEOPLE, 1, 2, row);

    cr_assert_neq(index_side_sum(INDEX_PEOPLE, 2, 2, row), sum);
    cr_assert_neq(index_side_sum(INDEX_PEOPLE, 1, 3, row), sum);
    row[INDEX_SIDE - 1]++;
    cr_assert_neq(index_side_sum(INDEX_PEOPLE, 1, 2, row), sum);
}
