/*
 * People who are erased are taken out of what batches found, too: their rows
 * stay, as nobody's, so that no other row changes its place.
 */
#include "engine/rescore.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static enum err add(struct rescore_gone *gone, uint32_t number)
{
    size_t room = gone->room ? 2 * gone->room : 64;
    uint32_t *at;

    if (gone->n == gone->room) {
        if (!(at = realloc(gone->at, room * sizeof *at)))
            return ERR_NOMEM;
        gone->at = at;
        gone->room = room;
    }
    gone->at[gone->n++] = number;
    return ERR_NONE;
}

enum err rescore_hear(struct store_view *view, uint64_t *heard,
                      struct rescore_gone *gone)
{
    size_t before = gone->n;
    struct event event;
    enum err e;

    while (!(e = store_event_next(view, *heard, &event))) {
        if (event.kind == EVENT_DELETE && event.entity == ENTITY_PROFILE &&
            (e = add(gone, event.number)))
            break;
        *heard = event.revision;
    }
    if (gone->n > before)
        qsort(gone->at, gone->n, sizeof *gone->at, compare);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

size_t rescore_blank(char *bytes, size_t len, const uint32_t *numbers, size_t n)
{
    struct rescore_result result;
    size_t blanked = 0;

    if (rescore_read((struct slice){bytes, len}, &result))
        return 0;
    for (unsigned list = 1; list < result.lists; list++)
        for (unsigned row = 0; row < result.n[list]; row++) {
            uint32_t number = rescore_row(&result, list, row).number;
            size_t at =
                (size_t)(result.rows[list] - (const unsigned char *)bytes) +
                (size_t)row * RESCORE_ROW;

            if (!bsearch(&number, numbers, n, sizeof number, compare))
                continue;
            memset(bytes + at, 0, RESCORE_ROW);
            blanked++;
        }
    return blanked;
}

/* Lots are looked at first and written afterwards: a write moves the pages
 * that a look borrows from. */
struct forgetting {
    struct store_view *view;
    struct arena *arena;
    struct arena *scratch; /* of one lot */
    unsigned slot;
    const uint32_t *numbers;
    size_t n;
    uint32_t *lots; /* to be written */
    size_t n_lots;
    size_t room;
};

static enum err note_lot(struct forgetting *f, uint32_t position)
{
    size_t room = f->room ? 2 * f->room : 256;
    uint32_t *lots;

    if (f->n_lots == f->room) {
        if (!(lots = arena_array(f->arena, room, sizeof *lots)))
            return ERR_NOMEM;
        if (f->n_lots)
            memcpy(lots, f->lots, f->n_lots * sizeof *lots);
        f->lots = lots;
        f->room = room;
    }
    f->lots[f->n_lots++] = position;
    return ERR_NONE;
}

/* A copy of the result, blanked; *BLANKED says how many rows were. */
static enum err blank_copy(struct forgetting *f, uint32_t position,
                           struct slice *bytes, size_t *blanked)
{
    char *copy;
    enum err e = rescore_load(f->view, f->slot, position, f->scratch, bytes);

    if (e)
        return e;
    if (!(copy = arena_alloc(f->scratch, bytes->len)))
        return ERR_NOMEM;
    memcpy(copy, bytes->data, bytes->len);
    *blanked = rescore_blank(copy, bytes->len, f->numbers, f->n);
    bytes->data = copy;
    return ERR_NONE;
}

static int names_one(const struct forgetting *f,
                     const struct rescore_result *result)
{
    for (unsigned list = 1; list < result->lists; list++)
        for (unsigned row = 0; row < result->n[list]; row++) {
            uint32_t number = rescore_row(result, list, row).number;

            if (number &&
                bsearch(&number, f->numbers, f->n, sizeof number, compare))
                return 1;
        }
    return 0;
}

static enum err see_lot(void *context, uint32_t position, struct slice part)
{
    struct forgetting *f = context;
    struct rescore_result result;
    enum err e;

    arena_reset(f->scratch);
    if (part.len == RESULTS_PART &&
        (e = rescore_load(f->view, f->slot, position, f->scratch, &part)))
        return e;
    if ((e = rescore_read(part, &result)))
        return e;
    return names_one(f, &result) ? note_lot(f, position) : ERR_NONE;
}

static enum err forget_in(struct store_batch *batch, struct forgetting *f)
{
    size_t blanked;
    struct slice bytes;
    enum err e = results_walk(f->view, f->slot, see_lot, f);

    for (size_t i = 0; i < f->n_lots && !e; i++) {
        arena_reset(f->scratch);
        if (!(e = blank_copy(f, f->lots[i], &bytes, &blanked)) && blanked)
            e = results_replace(batch, f->slot, f->lots[i], bytes);
    }
    f->n_lots = 0;
    return e;
}

/* Of one lot: its bytes, and a copy. */
#define SCRATCH_BYTES (2u << 20)

enum err rescore_forget(struct store_batch *batch, struct arena *arena,
                        uint32_t *numbers, size_t n)
{
    struct forgetting f = {.view = store_batch_view(batch),
                           .arena = arena,
                           .numbers = numbers,
                           .n = n};
    enum err e = ERR_NONE;

    if (!(f.scratch = arena_new(SCRATCH_BYTES)))
        return ERR_NOMEM;
    qsort(numbers, n, sizeof *numbers, compare);
    for (f.slot = 0; f.slot < RESULTS_SLOTS && !e; f.slot++)
        e = forget_in(batch, &f);
    arena_free(f.scratch);
    return e;
}
