/*
 * Gathering: what a build derives of each record, into files of rows.  A few
 * records at a time, each time as they then are.
 */
#include <assert.h>

#include "store/build_parts.h"

/* ---- Rows --------------------------------------------------------------- */

enum err index_build_posting(struct index_build *build, enum index_kind kind,
                             const struct posting *posting)
{
    struct pile *pile = &build->piles[kind];
    struct row *row;
    void *at;
    enum err e;

    assert(kind > 0 && kind < INDEX_KINDS_END && !pile->ordered);
    if ((e = rows_add(&pile->rows, &at)) ||
        (e = lists_count(&pile->lists, posting->code)))
        return e;
    row = at;
    row->number = posting->number;
    row->when = posting->when;
    row->where = posting->where;
    row->code = posting->code;
    row->reach = posting->reach;
    row->unused = 0;
    memcpy(row->facts, posting->facts, 2 * (size_t)index_facts[kind]);
    pile->unordered |= posting->number < pile->last;
    pile->last = posting->number;
    build->posted++;
    return ERR_NONE;
}

static enum err run_flush(struct run *run)
{
    void *at;
    enum err e;

    if (!run->begun)
        return ERR_NONE;
    if ((e = rows_add(&run->rows, &at)))
        return e;
    memcpy(at, &run->row, run->rows.size);
    memset(&run->row, 0, sizeof run->row);
    run->begun = 0;
    return ERR_NONE;
}

/* Make value AT, which is none before, the one that is filled. */
static enum err run_on(struct run *run, uint32_t at)
{
    enum err e = ERR_NONE;

    assert(!run->begun || at >= run->row.at);
    if (run->row.at != at)
        e = run_flush(run);
    run->begun = 1;
    run->row.at = at;
    return e;
}

enum err gather_end(struct index_build *build)
{
    enum err e = run_flush(&build->side);

    return e ? e : run_flush(&build->keys);
}

enum err index_build_side(struct index_build *build, enum index_kind kind,
                          uint32_t number, uint64_t key,
                          const unsigned char row[INDEX_SIDE])
{
    enum err e;

    assert(kind == INDEX_PEOPLE);
    if ((e = run_on(&build->side, number / INDEX_CHUNK)) ||
        (e = run_on(&build->keys, number / KEYS_CHUNK)))
        return e;
    side_set(build->side.row.bytes, number, row);
    keys_set(build->keys.row.bytes, number, key);
    return ERR_NONE;
}

/* ---- Records ------------------------------------------------------------ */

static enum err gather_one(struct index_build *build, const MDB_val *key,
                           const MDB_val *value, index_derive *derive,
                           void *context)
{
    struct slice body = {value->mv_data, value->mv_size};
    struct record record;
    unsigned entity;
    enum err e;

    if (key->mv_size != 5)
        return ERR_STORE_CORRUPT;
    entity = *(const unsigned char *)key->mv_data;
    e = store_record_parse(body, store_get32((const char *)key->mv_data + 1),
                           &record);
    if (!e)
        e = derive(context, build, entity, &record);
    if (e)
        return e;
    build->entity = entity;
    build->number = record.number;
    return ERR_NONE;
}

/* On from the record that was gathered last. */
static enum err gather_from(struct index_build *build, struct store_view *view,
                            MDB_cursor *cursor, index_derive *derive,
                            void *context, unsigned max)
{
    unsigned char from[5] = {(unsigned char)build->entity};
    MDB_val key, value;
    enum err e = ERR_NONE;
    int rc;

    key = store_val(store_bytes(from, store_put32(from + 1, build->number)));
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (!rc && build->records > 0 && key.mv_size == sizeof from &&
        memcmp(key.mv_data, from, sizeof from) == 0)
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    for (; !rc && max > 0; max--) {
        if ((e = gather_one(build, &key, &value, derive, context)))
            return e;
        build->records++;
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return rc ? store_error(view->store, rc, "gathering records") : ERR_NONE;
}

enum err index_build_gather(struct index_build *build, index_derive *derive,
                            void *context, unsigned max, int *done)
{
    struct store_view *view;
    MDB_cursor *cursor;
    enum err e = store_view_begin(build->store, &view);

    if (e)
        return e;
    if (!(e = store_cursor(view, DB_RECORDS, &cursor))) {
        e = gather_from(build, view, cursor, derive, context, max);
        mdb_cursor_close(cursor);
    }
    store_view_end(view);
    build->postings = build->posted;
    if (e && e != ERR_NOT_FOUND)
        return e;
    *done = e == ERR_NOT_FOUND;
    return ERR_NONE;
}
