/*
 * Records whose postings are told by their bodies, written as a daemon writes
 * them, and the steps of a build over them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "store/index_parts.h"
#include "tests/support/built.h"

#define OTHER 9 /* than THING */
#define IDS 900
#define CODES 6

uint64_t seed = 20261123; /* every test is a process */

/* ---- What records say --------------------------------------------------- */

/* A record of THING says in its body under which codes it is found, a byte
 * each; its place and facts come from its number, and when from its length. */
static struct posting posting_of(const struct record *record, size_t i,
                                 enum index_kind *kind)
{
    uint32_t n = record->number;
    struct posting posting = {.code = (unsigned char)record->body.data[i],
                              .where = (uint16_t)(n * 7 % 40),
                              .when = (uint16_t)record->body.len,
                              .number = n,
                              .reach = (uint8_t)n};

    *kind = 1 + posting.code % (INDEX_KINDS_END - 1);
    for (unsigned k = 0; k < index_facts[*kind]; k++)
        posting.facts[k] = (uint16_t)(n * (k + 1) + record->body.len);
    return posting;
}

static uint64_t key_of(uint32_t number)
{
    return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void side_of(const struct record *record, unsigned char row[INDEX_SIDE])
{
    memset(row, (int)record->body.len, INDEX_SIDE);
}

static enum err derive(void *context, struct index_build *build,
                       unsigned entity, const struct record *record)
{
    unsigned *calls = context;
    unsigned char row[INDEX_SIDE];

    ++*calls;
    if (entity != THING)
        return ERR_NONE;
    for (size_t i = 0; i < record->body.len; i++) {
        enum index_kind kind;
        struct posting posting = posting_of(record, i, &kind);

        ok(index_build_posting(build, kind, &posting));
    }
    side_of(record, row);
    return index_build_side(build, INDEX_PEOPLE, record->number,
                            key_of(record->number), row);
}

/* The live generation holds what all records say, and nothing else. */
void check_derived(void)
{
    struct index_counts wanted = {0}, got;
    struct store_view *view = look();
    struct record record = {0};

    while (!store_next_numbered(view, THING, record.number, &record)) {
        unsigned char row[INDEX_SIDE];

        for (size_t i = 0; i < record.body.len; i++) {
            enum index_kind kind;
            struct posting posting = posting_of(&record, i, &kind);

            wanted.postings[kind]++;
            wanted.sums[kind] += index_posting_sum(kind, &posting);
        }
        side_of(&record, row);
        wanted.side++;
        wanted.side_sum += index_side_sum(INDEX_PEOPLE, record.number,
                                          key_of(record.number), row);
    }
    ok(index_check(view, &got));
    cr_assert_arr_eq(got.postings, wanted.postings, sizeof got.postings);
    cr_assert_arr_eq(got.sums, wanted.sums, sizeof got.sums);
    cr_assert_eq(got.side, wanted.side);
    cr_assert_eq(got.side_sum, wanted.side_sum);
    store_view_end(view);
}

/* ---- Writing as a daemon would ------------------------------------------ */

/* What ID says, out of the index; 0: it is not there. */
static int forget(struct store_batch *batch, struct slice id)
{
    char body[CODES];
    struct record record;

    if (store_get(store_batch_view(batch), THING, id, &record))
        return 0;
    /* The first write below may move what the record borrows. */
    memcpy(body, record.body.data, record.body.len);
    record.body.data = body;
    for (size_t i = 0; i < record.body.len; i++) {
        enum index_kind kind;
        struct posting posting = posting_of(&record, i, &kind);

        ok(index_delete(batch, kind, &posting));
    }
    ok(index_side_delete(batch, INDEX_PEOPLE, record.number));
    return 1;
}

static void learn(struct store_batch *batch, const struct record *record)
{
    unsigned char row[INDEX_SIDE];

    for (size_t i = 0; i < record->body.len; i++) {
        enum index_kind kind;
        struct posting posting = posting_of(record, i, &kind);

        ok(index_put(batch, kind, &posting));
    }
    side_of(record, row);
    ok(index_side_put(batch, INDEX_PEOPLE, record->number,
                      key_of(record->number), row));
}

struct slice body_at_random(void)
{
    static const char codes[CODES] = {0, 1, 2, 3, 4, 5};
    unsigned from = fresh_random(&seed) % CODES;

    return (struct slice){codes + from,
                          1 + fresh_random(&seed) % (CODES - from)};
}

/* Put, replace or delete a record and its postings. */
static void write_record(struct store_batch *batch)
{
    struct slice none = {NULL, 0};
    struct record record;
    char id[20];
    int was;

    snprintf(id, sizeof id, "r%u", fresh_random(&seed) % IDS);
    was = forget(batch, slice_of(id));
    if (fresh_random(&seed) % 4 == 0) {
        refused(store_delete(batch, THING, slice_of(id), none, NULL),
                was ? ERR_NONE : ERR_NOT_FOUND);
        return;
    }
    ok(store_put(batch, THING, slice_of(id), none, 1, body_at_random(),
                 &record));
    learn(batch, &record);
}

void write_records(unsigned n)
{
    struct store_batch *batch = begin();

    for (; n > 0; n--)
        write_record(batch);
    ok(store_batch_commit(batch));
}

/* Records that no index is made of. */
void write_others(void)
{
    struct store_batch *batch = begin();

    for (int i = 0; i < 30; i++) {
        char id[20];

        snprintf(id, sizeof id, "o%d", i);
        ok(store_put(batch, OTHER, slice_of(id), (struct slice){NULL, 0}, 1,
                     SLICE("x"), NULL));
    }
    ok(store_batch_commit(batch));
}

/* ---- Steps of a build --------------------------------------------------- */

struct index_build *build_begin(void)
{
    struct store_batch *batch = begin();
    struct index_build *build = NULL;

    ok(index_build_begin(batch));
    ok(store_batch_commit(batch));
    ok(index_build_open(store, &build));
    return build;
}

int gather(struct index_build *build, unsigned max)
{
    unsigned calls = 0;
    int done = -1;

    ok(index_build_gather(build, derive, &calls, max, &done));
    cr_assert(done ? calls <= max : calls == max);
    return done;
}

int write_step(struct index_build *build, size_t max_bytes)
{
    struct store_batch *batch = begin();
    int done = -1;

    ok(index_build_write(build, batch, max_bytes, &done));
    ok(store_batch_commit(batch));
    return done;
}

/* Apply what is noted, switch in the batch in which nothing was left. */
int switch_step(unsigned max, uint64_t stamp)
{
    struct store_batch *batch = begin();
    int done = -1;

    ok(index_build_catch_up(batch, max, &done));
    refused(index_build_switch(batch, stamp), done ? ERR_NONE : ERR_NOT_FOUND);
    ok(store_batch_commit(batch));
    return done;
}

void build_rest(struct index_build *build)
{
    while (!gather(build, 100))
        ;
    ok(index_build_sort(build));
    while (!write_step(build, 1))
        ;
    while (!switch_step(1000, 1))
        ;
    index_build_close(build);
}

unsigned sweep(unsigned max)
{
    unsigned turns = 0;
    int done = 0;

    for (; !done; turns++) {
        struct store_batch *batch = begin();

        ok(index_build_sweep(batch, max, &done));
        ok(store_batch_commit(batch));
    }
    return turns;
}

/* Nothing is left but the live generation. */
void check_swept(void)
{
    struct store_view *view = look();
    struct index_counts counts;
    MDB_stat stat;

    ok(index_check(view, &counts));
    mdb_stat(view->txn, store->env.db[DB_INDEX], &stat);
    cr_assert_eq(stat.ms_entries, counts.blocks);
    mdb_stat(view->txn, store->env.db[DB_HEADS], &stat);
    cr_assert_eq(stat.ms_entries, counts.pages);
    mdb_stat(view->txn, store->env.db[DB_NOTES], &stat);
    cr_assert_eq(stat.ms_entries, 0);
    store_view_end(view);
}
