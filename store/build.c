/*
 * Generations: rows are derived from the records into files, sorted there,
 * and appended as blocks beside the live generation; what was written to the
 * live one meanwhile was noted and is applied before the switch.
 *
 * Records are read a few at a time, each time as they then are.  That is no
 * snapshot and needs none: what changed after the build began is in the
 * notes, and applied to rows that show it already it changes nothing more.
 * So no reader holds pages back, and the map may grow.
 */
#include <stdlib.h>

#include "store/build_parts.h"

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
    e = rows_open(&build->side.rows, build->store, VALUE_ROW(SIDE_BYTES));
    if (!e)
        e = rows_open(&build->keys.rows, build->store, VALUE_ROW(KEYS_BYTES));
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
    build->side.rows.fd = build->keys.rows.fd = -1;
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
    rows_close(&build->side.rows);
    rows_close(&build->keys.rows);
    free(build);
}

/* ---- Sorting ------------------------------------------------------------ */

enum err index_build_sort(struct index_build *build)
{
    enum err e;

    if ((e = gather_end(build)) || (e = rows_map(&build->side.rows)) ||
        (e = rows_map(&build->keys.rows)))
        return e;
    for (enum index_kind kind = 1; kind < INDEX_KINDS_END; kind++) {
        struct pile *pile = &build->piles[kind];

        e = rows_sort(&pile->rows, &pile->lists, !pile->unordered,
                      &pile->ordered);
        if (e)
            return e;
    }
    build->bytes_all = append_bytes(build);
    build->from.kind = build->to.kind = 1;
    return ERR_NONE;
}

/* ---- Its end ------------------------------------------------------------ */

/* Chunks of the side array are now another generation's. */
static enum err forget_sides(struct store_batch *batch)
{
    uint32_t last = 0;
    enum err e = ERR_NONE;

    for (unsigned i = 0; i < STORE_ENTITIES; i++)
        if (batch->view.state.numbers[i] > last)
            last = batch->view.state.numbers[i];
    for (uint32_t i = 0; i <= last / INDEX_CHUNK && !e; i++)
        e = addresses_forget(batch->view.store->sides, i,
                             mdb_txn_id(batch->view.txn));
    return e;
}

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
    if ((e = forget_sides(batch)))
        return store_spoil(batch, e);
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
