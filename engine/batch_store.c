/*
 * What the batch writes, in jobs of the writer: the note at each step, and the
 * results with it.  A job is bounded, and may be run twice (the map was full),
 * so it changes nothing but the draft of the note before it is committed.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/batch_parts.h"
#include "engine/clock.h"
#include "engine/log.h"

/* Of results in one transaction: some milliseconds. */
#define JOB_BYTES ((size_t)1 << 20)
/* Lots before the one that stood at the checkpoint when the daemon died, when
 * the list of lots is no longer the same. */
#define CAREFUL_SLACK 256

/* The note as the store has it now, into the draft: whoever cancelled the run
 * or began another was faster. */
static enum err draft_note(struct batch *b, struct store_batch *batch)
{
    int64_t run = b->note.run;
    enum err e = rescore_note_get(store_batch_view(batch), b->slot, &b->draft);

    if (!e && (b->draft.run != run || b->draft.state != RESCORE_RUNNING))
        e = ERR_NOT_FOUND;
    return e;
}

/* ---- A stretch begins --------------------------------------------------- */

/* Answers depend on the rules and the bundled tables, too, and these change
 * with the program. */
static int64_t stamp(const struct reference *reference)
{
    struct slice parts[3] = {
        SLICE(VERSION),
        {(const char *)&reference->stamp, sizeof reference->stamp},
        {NULL, 0}};
    unsigned char hash[16];
    int64_t first;

    store_hash(parts, 2, hash);
    for (size_t i = 0; i < reference->n_tables; i++) {
        parts[0] = (struct slice){(const char *)hash, sizeof hash};
        parts[1] = slice_of(reference->tables[i].name);
        parts[2] = slice_of(reference->tables[i].version);
        store_hash(parts, 3, hash);
    }
    memcpy(&first, hash, sizeof first);
    return first;
}

/* The daemon died while this run was being made.  A lot that was noted alone
 * is to blame; otherwise it was one of those that were in hand. */
static void after_death(struct rescore_note *note)
{
    if (!note->suspect_lot) {
        note->careful_from = note->done;
        note->careful_to = note->done + note->window;
        return;
    }
    if (note->suspect_market != note->blamed_market ||
        note->suspect_lot != note->blamed_lot) {
        note->blamed_market = note->suspect_market;
        note->blamed_lot = note->suspect_lot;
        note->attempts = 1; /* not noted alone, the first time */
    }
    note->attempts++;
    log_line(LOG_WARNING, "rescore: the daemon ended at one lot, %d times",
             (int)note->attempts);
}

/* Nothing is stored yet; the lots of each market get their places. */
static enum err begin_anew(struct batch *b, struct store_batch *batch)
{
    const struct batch_order *order = &b->order;
    struct rescore_note *note = &b->draft;
    enum err e = results_clear(batch, b->slot);

    for (size_t i = 0; i < order->n && !e; i++)
        e = results_place(batch, b->slot, order->at[i].number,
                          order->at[i].first, order->at[i].lots);
    if (note->careful_to > note->done) {
        note->careful_from -= CAREFUL_SLACK;
        note->careful_to += CAREFUL_SLACK;
    }
    note->revision = (int64_t)b->revision;
    rescore_note_rules(note, b->question.reference);
    note->lots = order->lots;
    note->done = 0;
    note->figures = (struct rescore_figures){.aside = order->damaged};
    return e;
}

/* The lot that follows is noted before anybody works on it. */
static void note_suspect(const struct batch *b, struct rescore_note *note)
{
    const struct batch_market *market;

    note->suspect_market = note->suspect_lot = 0;
    if (note->done >= note->careful_to)
        note->careful_from = note->careful_to = 0;
    if (note->done < note->careful_from || note->done >= note->careful_to ||
        note->done >= note->lots)
        return;
    market = batch_order_find(&b->order, (uint32_t)note->done);
    note->suspect_market = market->number;
    note->suspect_lot = note->done - market->first + 1;
}

enum err batch_begin_stretch(void *context, struct store_batch *batch)
{
    struct batch *b = context;
    struct rescore_note *note = &b->draft;
    int64_t now = clock_wall_ms(), rules;
    enum err e = draft_note(b, batch);

    if (e)
        return e;
    rules = stamp(b->question.reference);
    if (b->died && !note->paused && note->begun_ms)
        after_death(note);
    if (note->begun_ms)
        note->spent_ms += note->last_ms - note->begun_ms;
    if (!note->begun_ms || note->revision != (int64_t)b->revision ||
        note->stamp != rules || note->lots != b->order.lots)
        e = begin_anew(b, batch);
    note->stamp = rules;
    note->begun_ms = note->last_ms = now;
    note->begun_done = note->done;
    note->paused = 0;
    b->heard = b->revision;
    b->gone.n = 0;
    note->window = (int64_t)b->n_views * b->chunk * 4;
    note_suspect(b, note);
    return e ? e : rescore_note_put(batch, b->slot, note);
}

/* ---- Results ------------------------------------------------------------ */

/* A market that was deleted since the snapshot has no place any more. */
static enum err append(struct batch *b, struct store_batch *batch,
                       uint32_t position, struct slice bytes, int moved)
{
    uint32_t first;
    unsigned lots;
    enum err e = ERR_NONE;

    if (moved)
        e = results_find(store_batch_view(batch), b->slot,
                         batch_order_find(&b->order, position)->number, &first,
                         &lots);
    if (!e)
        e = results_append(batch, b->slot, position, bytes);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static enum err append_piece(struct batch *b, struct store_batch *batch,
                             const struct piece *piece, int moved)
{
    size_t from = 0;
    enum err e = ERR_NONE;

    for (uint32_t i = 0; i < piece->n && !e; i++) {
        struct slice lot = {piece->bytes.data + from, piece->ends[i] - from};

        /* What is stored already was blanked when they were erased. */
        if (b->gone.n)
            rescore_blank(piece->bytes.data + from, lot.len, b->gone.at,
                          b->gone.n);

        e = append(b, batch, piece->from + i, lot, moved);
        from = piece->ends[i];
    }
    rescore_add(&b->draft.figures, &piece->figures);
    b->draft.done += piece->n;
    return e;
}

/* Pieces that are in a job's hand stay first, and nobody touches them: workers
 * put theirs behind. */
static enum err store_pieces(void *context, struct store_batch *batch)
{
    struct batch *b = context;
    const struct piece *piece;
    int moved = store_view_revision(store_batch_view(batch)) != b->revision;
    uint32_t end;
    enum err e = draft_note(b, batch);

    if (e || (moved &&
              (e = rescore_hear(store_batch_view(batch), &b->heard, &b->gone))))
        return e;
    pthread_mutex_lock(&b->mutex);
    piece = b->pieces;
    end = b->stored + b->storing;
    pthread_mutex_unlock(&b->mutex);
    while (!(e = append_piece(b, batch, piece, moved)) && b->draft.done < end)
        piece = piece->next;
    if (e)
        return e;
    b->draft.last_ms = clock_wall_ms();
    note_suspect(b, &b->draft);
    return rescore_note_put(batch, b->slot, &b->draft);
}

/* Take the first piece out.  Call with the mutex held. */
static void drop_piece(struct batch *b)
{
    struct piece *piece = b->pieces;

    b->pieces = piece->next;
    b->bytes -= piece->bytes.len;
    buffer_free(&piece->bytes);
    free(piece);
}

static void on_stored(void *context, enum err e)
{
    struct batch *b = context;
    uint32_t end;

    pthread_mutex_lock(&b->mutex);
    end = b->stored + b->storing;
    b->storing = 0;
    if (e) {
        batch_break(b, e);
    } else {
        b->note = b->draft;
        b->stored = end;
        while (b->pieces && b->pieces->from < end)
            drop_piece(b);
        batch_store(b);
    }
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}

void batch_store(struct batch *b)
{
    const struct piece *piece = b->pieces;
    size_t bytes = 0;
    uint32_t lots = 0;
    enum err e;

    if (b->storing || b->broken)
        return;
    for (; piece && piece->from == b->stored + lots; piece = piece->next) {
        bytes += piece->bytes.len;
        if (lots && bytes > JOB_BYTES)
            break;
        lots += piece->n;
    }
    if (!lots)
        return;
    b->storing = lots;
    if (!(e = writer_job(b->writer, store_pieces, on_stored, b)))
        return;
    b->storing = 0;
    batch_break(b, e);
}

void batch_drop_pieces(struct batch *b)
{
    while (b->pieces)
        drop_piece(b);
}

/* ---- A run ends --------------------------------------------------------- */

enum err batch_finish_run(void *context, struct store_batch *batch)
{
    struct batch *b = context;
    struct rescore_note *note = &b->draft;
    struct rescore_note before;
    enum err e = draft_note(b, batch);

    if (e)
        return e;
    note->state = RESCORE_DONE;
    note->last_ms = clock_wall_ms();
    if (b->previous < RESULTS_SLOTS) {
        if ((e = rescore_note_get(store_batch_view(batch), b->previous,
                                  &before)))
            return e;
        note->gone = before.lots - (note->lots - note->figures.added);
        if ((e = results_clear(batch, b->previous)) ||
            (e = results_note_put(batch, b->previous, SLICE(""))))
            return e;
    }
    return rescore_note_put(batch, b->slot, note);
}

static int64_t problem_of(enum err e)
{
    switch (e) {
    case ERR_NOMEM:
        return PROBLEM_NO_MEMORY;
    case ERR_STORE_FULL:
        return PROBLEM_FULL;
    case ERR_STORE_CORRUPT:
        return PROBLEM_DAMAGED;
    default:
        return PROBLEM_INTERNAL;
    }
}

enum err batch_fail_run(void *context, struct store_batch *batch)
{
    struct batch *b = context;
    enum err e = draft_note(b, batch);

    if (e || (e = results_clear(batch, b->slot)))
        return e;
    b->draft.state = RESCORE_FAILED;
    b->draft.problem = problem_of(b->error);
    b->draft.last_ms = clock_wall_ms();
    return rescore_note_put(batch, b->slot, &b->draft);
}

enum err batch_pause_run(void *context, struct store_batch *batch)
{
    struct batch *b = context;
    enum err e = draft_note(b, batch);

    if (e)
        return e;
    b->draft.paused = 1;
    b->draft.suspect_market = b->draft.suspect_lot = 0;
    b->draft.last_ms = clock_wall_ms();
    return rescore_note_put(batch, b->slot, &b->draft);
}
