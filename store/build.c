/*
 * Generations: rows are derived from the records into files, sorted there,
 * and appended as blocks beside the live generation; what was written to the
 * live one meanwhile was noted and is applied before the switch.
 *
 * Records are read a few at a time, each time as they then are.  That is no
 * snapshot and needs none: what changed after the build began is in the
 * notes, and applied to rows that show it already it changes nothing more.
 * So no reader holds pages back, and the map may grow.
 *
 * A step of writing may be aborted (the map is full: it grows) and called
 * again: how far the build has come stands in the state, and commits with it.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/index_parts.h"

/* A chunk of the side array, in its file. */
struct chunk_row {
    uint32_t chunk; /* number / INDEX_CHUNK */
    uint32_t unused;
    unsigned char bytes[SIDE_BYTES];
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
 * last kind, a chunk of the side array. */
struct step {
    uint32_t done; /* of all, those before it */
    enum index_kind kind;
    size_t list;
    size_t page; /* of the list; past the kinds: chunk */
    uint64_t bytes;
};

struct index_build {
    struct store *store;
    uint32_t generation;
    struct pile piles[INDEX_KINDS_END];
    struct rows side;
    struct chunk_row chunk; /* the one being filled, when PRESENT is not 0 */
    unsigned entity;        /* records up to this one are gathered */
    uint32_t number;
    struct step from, to; /* before and after the step that was taken last */
    uint64_t posted;
    _Atomic uint64_t records, records_all, bytes, bytes_all, postings;
};

/* ---- Beginning ---------------------------------------------------------- */

enum err index_build_begin(struct store_batch *batch)
{
    struct store_state *state = &batch->view.state;

    /* A generation's number is not used again: what an abandoned build left
     * must not be taken for the next one's. */
    if (state->newest == UINT32_MAX)
        return ERR_STORE_FULL;
    state->building = ++state->newest;
    state->begun = state->revision;
    state->built = 0;
    state->note = 0;
    batch->changes++;
    return ERR_NONE;
}

static enum err build_fill(struct index_build *build)
{
    struct store_view *view;
    uint64_t all = 0;
    enum err e = store_view_begin(build->store, &view);

    if (e)
        return e;
    build->generation = view->state.building;
    for (unsigned i = 0; i < STORE_ENTITIES; i++)
        all += view->state.records[i];
    store_view_end(view);
    if (build->generation == 0)
        return ERR_NOT_FOUND;
    build->records_all = all;
    e = rows_open(&build->side, build->store, sizeof(struct chunk_row));
    for (enum index_kind kind = 1; kind < INDEX_KINDS_END && !e; kind++) {
        struct pile *pile = &build->piles[kind];

        if (!(e = rows_open(&pile->rows, build->store,
                            ROW_BYTES(index_facts[kind]))))
            e = lists_open(&pile->lists);
    }
    return e;
}

enum err index_build_open(struct store *store, struct index_build **out)
{
    struct index_build *build = calloc(1, sizeof *build);
    enum err e;

    if (!build)
        return ERR_NOMEM;
    build->store = store;
    build->side.fd = -1;
    for (unsigned kind = 0; kind < INDEX_KINDS_END; kind++)
        build->piles[kind].rows.fd = -1;
    if ((e = build_fill(build))) {
        index_build_close(build);
        return e;
    }
    store->building = build->generation;
    *out = build;
    return ERR_NONE;
}

void index_build_close(struct index_build *build)
{
    if (!build)
        return;
    if (build->store->building == build->generation)
        build->store->building = 0;
    for (unsigned kind = 0; kind < INDEX_KINDS_END; kind++) {
        rows_close(&build->piles[kind].rows);
        lists_close(&build->piles[kind].lists);
        free(build->piles[kind].ordered);
    }
    rows_close(&build->side);
    free(build);
}

/* ---- Gathering ---------------------------------------------------------- */

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

static enum err chunk_flush(struct index_build *build)
{
    void *at;
    enum err e;

    if (side_bits(build->chunk.bytes) == 0)
        return ERR_NONE;
    if ((e = rows_add(&build->side, &at)))
        return e;
    memcpy(at, &build->chunk, sizeof build->chunk);
    memset(&build->chunk, 0, sizeof build->chunk);
    return ERR_NONE;
}

enum err index_build_side(struct index_build *build, enum index_kind kind,
                          uint32_t number, uint64_t key,
                          const unsigned char row[INDEX_SIDE])
{
    uint32_t chunk = number / INDEX_CHUNK;
    enum err e;

    assert(kind == INDEX_PEOPLE && chunk >= build->chunk.chunk);
    if (chunk != build->chunk.chunk && (e = chunk_flush(build)))
        return e;
    build->chunk.chunk = chunk;
    side_set(build->chunk.bytes, number, key, row);
    return ERR_NONE;
}

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

/* ---- Sorting ------------------------------------------------------------ */

/* How a list is cut: rows spread evenly over as few blocks as INDEX_FILL
 * allows, blocks over pages. */
static size_t list_blocks(enum index_kind kind, const struct list *list)
{
    size_t rows = block_rows(kind) * INDEX_FILL / 100;

    return (list->n + rows - 1) / rows;
}

static size_t block_pages(size_t blocks)
{
    size_t heads = INDEX_PAGE_HEADS * INDEX_FILL / 100;

    return (blocks + heads - 1) / heads;
}

/* What writing will come to. */
static uint64_t pile_bytes(const struct pile *pile, enum index_kind kind)
{
    uint64_t values = 0;

    for (size_t i = 0; i < pile->lists.n; i++) {
        size_t blocks = list_blocks(kind, &pile->ordered[i]);

        values += blocks + block_pages(blocks);
    }
    return values * INDEX_BLOCK_BYTES;
}

enum err index_build_sort(struct index_build *build)
{
    uint64_t bytes;
    enum err e;

    if ((e = chunk_flush(build)) || (e = rows_map(&build->side)))
        return e;
    bytes = build->side.n * SIDE_BYTES;
    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++) {
        struct pile *pile = &build->piles[kind];

        e = rows_sort(&pile->rows, &pile->lists, !pile->unordered,
                      &pile->ordered);
        if (e)
            return e;
        bytes += pile_bytes(pile, kind);
    }
    build->bytes_all = bytes;
    build->from.kind = build->to.kind = 1;
    return ERR_NONE;
}

/* ---- Writing ------------------------------------------------------------ */

/* STEP has nothing to write where it stands: on to where it has.  0: there is
 * nothing more. */
static int step_find(const struct index_build *build, struct step *step)
{
    for (; step->kind < INDEX_KINDS_END; step->kind++) {
        const struct pile *pile = &build->piles[step->kind];

        for (; step->list < pile->lists.n; step->list++) {
            const struct list *list = &pile->ordered[step->list];

            if (step->page < block_pages(list_blocks(step->kind, list)))
                return 1;
            step->page = 0;
        }
        step->list = 0;
    }
    return step->page < build->side.n;
}

/* Block AT of COUNT that the list is cut into. */
static enum err write_block(struct store_batch *batch, enum index_kind kind,
                            const struct rows *rows, const struct list *list,
                            size_t at, size_t count, struct index_head *head)
{
    size_t first = list->n * at / count, end = list->n * (at + 1) / count;
    const unsigned char *from = rows->map + (list->begin + first) * rows->size;
    unsigned char key[BLOCK_KEY];
    struct index_block look;
    void *value;
    uint32_t id;
    enum err e;

    if ((e = block_id(batch, &id)) ||
        (e = store_reserve(batch, DB_INDEX, block_key(key, id),
                           INDEX_BLOCK_BYTES, MDB_APPEND, &value)))
        return e;
    block_fill(kind, value, from, rows->size, end - first);
    block_look(kind, value, &look);
    *head = block_head(&look, id);
    return ERR_NONE;
}

static enum err write_page(struct index_build *build, struct store_batch *batch,
                           struct step *step)
{
    const struct pile *pile = &build->piles[step->kind];
    const struct list *list = &pile->ordered[step->list];
    size_t blocks = list_blocks(step->kind, list);
    size_t pages = block_pages(blocks);
    size_t at = blocks * step->page / pages;
    size_t end = blocks * (step->page + 1) / pages;
    struct page page = {.value = {.n = 0}};

    for (; at < end; at++) {
        enum err e = write_block(batch, step->kind, &pile->rows, list, at,
                                 blocks, &page.value.heads[page.value.n++]);

        if (e)
            return e;
    }
    page_key(page.key, build->generation, step->kind, list->code,
             step->page ? head_order(page.value.heads) : 0);
    step->bytes += (page.value.n + 1u) * (uint64_t)INDEX_BLOCK_BYTES;
    return page_write(batch, &page);
}

static enum err write_chunk(struct index_build *build,
                            struct store_batch *batch, struct step *step)
{
    const struct chunk_row *row =
        (const void *)(build->side.map + step->page * build->side.size);
    uint32_t first = row->chunk * INDEX_CHUNK;
    unsigned char key[SIDE_KEY];
    struct slice value = store_bytes(row->bytes, row->bytes + SIDE_BYTES);
    enum err e = side_keys_set(build->store->keys, first, row->bytes);

    if (e)
        return e;
    step->bytes += SIDE_BYTES;
    return store_write(batch, DB_SIDE,
                       side_key(key, build->generation, INDEX_PEOPLE, first),
                       &value, 1, MDB_APPEND);
}

static enum err step_take(struct index_build *build, struct store_batch *batch,
                          struct step *step)
{
    enum err e = step->kind < INDEX_KINDS_END ? write_page(build, batch, step)
                                              : write_chunk(build, batch, step);

    step->page++;
    step->done++;
    return e;
}

/* Where the last step that was committed ended. */
static enum err step_resume(struct index_build *build,
                            struct store_batch *batch)
{
    const struct store_state *state = &batch->view.state;

    if (state->building != build->generation)
        return ERR_NOT_FOUND;
    if (state->built == build->to.done)
        build->from = build->to;
    assert(state->built == build->from.done);
    return ERR_NONE;
}

enum err index_build_write(struct index_build *build, struct store_batch *batch,
                           size_t max_bytes, int *done)
{
    struct step step;
    enum err e = step_resume(build, batch);
    int more;

    if (e)
        return e;
    step = build->from;
    batch->changes++;
    while ((more = step_find(build, &step)) &&
           step.bytes - build->from.bytes < max_bytes)
        if ((e = step_take(build, batch, &step)))
            return store_spoil(batch, e);
    build->to = step;
    build->bytes = step.bytes;
    batch->view.state.built = more ? step.done : INDEX_BUILT;
    *done = !more;
    return ERR_NONE;
}

/* ---- Its end ------------------------------------------------------------ */

enum err index_build_switch(struct store_batch *batch, uint64_t stamp)
{
    struct store_state *state = &batch->view.state;
    enum err e;
    int none;

    if (state->building == 0 || state->built != INDEX_BUILT)
        return ERR_NOT_FOUND;
    if ((e = note_none_left(batch, &none)))
        return e;
    if (!none)
        return ERR_NOT_FOUND;
    state->live = state->building;
    state->building = 0;
    state->stamp = stamp;
    if (state->deferred <= state->begun)
        state->deferred = 0;
    batch->changes++;
    return ERR_NONE;
}

void index_build_progress(const struct index_build *build,
                          struct index_progress *out)
{
    *out = (struct index_progress){.records = build->records,
                                   .records_all = build->records_all,
                                   .bytes = build->bytes,
                                   .bytes_all = build->bytes_all,
                                   .postings = build->postings};
}
