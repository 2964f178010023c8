/*
 * import.check and import.apply: many rows in one request.  Each row is
 * decided by itself; bad ones are told and change nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/dispatch.h"
#include "engine/entity.h"

/* Notes in one answer.  When there would be more, the last is named MORE. */
#define ROW_NOTES_MAX 4000

struct import {
    struct call *call;
    unsigned entity;
    struct store_view *view;
    struct store_batch *batch; /* NULL: check only */
    int defer;                 /* what is new may wait for its index */
    struct slice *ids;         /* of the accepted rows, for repeats */
    size_t accepted;
    size_t created;
    struct reject *rejects;
    size_t n_rejects;
    struct row_note *notes;
    size_t n_notes;
};

static void reject(struct import *in, size_t row)
{
    const struct faults *faults = &in->call->faults;
    struct reject *out = &in->rejects[in->n_rejects++];

    shape_clear(&shape_reject, out);
    out->row = (int64_t)row + 1;
    out->name = slice_of(err_name(faults->at[0].name));
    out->field = faults->at[0].field;
    out->hint = faults->at[0].hint;
}

static void keep_notes(struct import *in, size_t row, const struct notes *notes)
{
    for (size_t i = 0; i < notes->n; i++) {
        const struct note *from = &notes->at[i];
        struct row_note *to;

        if (in->n_notes == ROW_NOTES_MAX) {
            in->notes[ROW_NOTES_MAX - 1].name = SLICE("MORE");
            return;
        }
        to = &in->notes[in->n_notes++];
        to->row = (int64_t)row + 1;
        to->field = from->field;
        to->name = from->name;
        to->from = from->from;
        to->to = from->to;
        to->hint = from->hint;
    }
}

/* Open addressing over a power of two of at least twice the rows. */
static int seen_before(struct import *in, size_t slots, struct slice id)
{
    uint64_t h = 14695981039346656037u;
    size_t at;

    for (size_t i = 0; i < id.len; i++)
        h = (h ^ (unsigned char)id.data[i]) * 1099511628211u;
    for (at = h & (slots - 1); in->ids[at].data; at = (at + 1) & (slots - 1))
        if (slice_equal(in->ids[at], id))
            return 1;
    in->ids[at] = id;
    return 0;
}

/* Errors that are the row's own are told of the row; others end the request. */
static int rows_own(const struct import *in, enum err e)
{
    return e && in->call->faults.n && in->call->faults.at[0].name == e;
}

static enum err import_row(struct import *in, struct slice bytes, size_t slots,
                           struct put_result *result)
{
    const struct shape *shape = entity_shape(in->entity);
    struct call *call = in->call;
    void *value = shape_array(call->arena, shape, 1);
    enum err e;

    if (!value)
        return ERR_NOMEM;
    if ((e = protocol_decode(shape, bytes, call->limits, call->arena, value,
                             &call->faults)))
        return e;
    if (seen_before(in, slots, entity_id(in->entity, value, call->arena))) {
        call_refuse(call, ERR_DUPLICATE_ID, "",
                    "keep one of the rows with this id");
        return ERR_DUPLICATE_ID;
    }
    return in->batch ? entity_put(in->batch, call, in->entity, value, "",
                                  ABSENT, in->defer, result)
                     : entity_check(in->view, call, in->entity, value, "",
                                    ABSENT, result);
}

static enum err import_rows(struct import *in, const struct slices *rows)
{
    size_t slots = 2;

    if (in->entity >= ENTITY_HOURS)
        return call_refuse(in->call, ERR_BAD_CODE, "entity",
                           in->entity == ENTITY_KEY
                               ? "keys are written by key.put"
                               : "hours are written by hours.record");
    while (slots < 2 * rows->n)
        slots *= 2;
    in->ids = arena_array(in->call->arena, slots, sizeof *in->ids);
    in->rejects = arena_array(in->call->arena, rows->n, sizeof *in->rejects);
    in->notes = arena_array(in->call->arena, ROW_NOTES_MAX, sizeof *in->notes);
    if (!in->ids || !in->rejects || !in->notes)
        return ERR_NOMEM;
    for (size_t i = 0; i < rows->n; i++) {
        struct put_result result;
        enum err e;

        in->call->faults.n = 0;
        e = import_row(in, rows->at[i], slots, &result);
        if (rows_own(in, e)) {
            reject(in, i);
            continue;
        }
        if (e)
            return e;
        in->accepted++;
        in->created += result.created != 0;
        keep_notes(in, i, &result.notes);
    }
    in->call->faults.n = 0;
    return ERR_NONE;
}

enum err handle_import_check(struct store_view *view, struct call *call,
                             const struct ask_import_check *ask,
                             struct answer_import_check *answer)
{
    struct import in = {call, (unsigned)ask->entity, view, .batch = NULL};
    enum err e = import_rows(&in, &ask->rows);

    if (e)
        return e;
    answer->accepted = (int64_t)in.accepted;
    answer->created = (int64_t)in.created;
    answer->rejected = (struct reject_list){in.rejects, in.n_rejects};
    answer->notes = (struct row_note_list){in.notes, in.n_notes};
    return ERR_NONE;
}

enum err handle_import_apply(struct store_batch *batch, struct call *call,
                             const struct ask_import_apply *ask,
                             struct answer_import_apply *answer)
{
    struct import in = {
        call, (unsigned)ask->entity, store_batch_view(batch), .batch = batch,
        .defer = ask->entity == ENTITY_PROFILE && ask->bulk == 1};
    enum err e = import_rows(&in, &ask->rows);

    if (e)
        return e;
    answer->accepted = (int64_t)in.accepted;
    answer->created = (int64_t)in.created;
    answer->rev = (int64_t)store_view_revision(in.view);
    answer->rejected = (struct reject_list){in.rejects, in.n_rejects};
    answer->notes = (struct row_note_list){in.notes, in.n_notes};
    return ERR_NONE;
}
