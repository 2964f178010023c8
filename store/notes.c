/*
 * What the generation being built has yet to be told: every change of the
 * live one since the build began, in order.  The build applies and removes
 * them at its end, so that the two never differ in a row.
 *
 *   generation (4), sequence (4) -> what (1), kind (1), reach (1), 0,
 *                                   number (4), and of a posting
 *                                   code (4), where (2), when (2), facts,
 *                                   of a side row key (8), row
 *
 * All of it may be told twice, or of rows that the build has already seen as
 * they became: a put puts what the last one put, a row that is not there is
 * as good as deleted.
 */
#include <assert.h>

#include "store/index_parts.h"

#define NOTE_KEY 8
#define NOTE_HEAD 8
#define NOTE_POSTING (NOTE_HEAD + 8)
#define NOTE_SIDE (NOTE_HEAD + 8 + INDEX_SIDE)
#define NOTE_MAX (NOTE_POSTING + 2 * INDEX_FACTS_MAX)

_Static_assert(NOTE_SIDE <= NOTE_MAX, "either kind of note fits");

struct note {
    unsigned char bytes[NOTE_MAX];
    size_t len;
};

static struct slice note_key(unsigned char key[NOTE_KEY], uint32_t generation,
                             uint32_t sequence)
{
    return store_bytes(key,
                       store_put32(store_put32(key, generation), sequence));
}

/* ---- Taking them -------------------------------------------------------- */

static void note_head(struct note *note, enum note_kind what,
                      enum index_kind kind, uint8_t reach, uint32_t number)
{
    note->bytes[0] = (unsigned char)what;
    note->bytes[1] = (unsigned char)kind;
    note->bytes[2] = reach;
    note->bytes[3] = 0;
    memcpy(note->bytes + 4, &number, sizeof number);
}

static enum err note_add(struct store_batch *batch, const struct note *note)
{
    struct store_state *state = &batch->view.state;
    unsigned char key[NOTE_KEY];
    struct slice part = store_bytes(note->bytes, note->bytes + note->len);

    if (state->note == UINT32_MAX)
        return ERR_STORE_FULL;
    note_key(key, state->building, ++state->note);
    return store_write(batch, DB_NOTES, store_bytes(key, key + NOTE_KEY), &part,
                       1, MDB_APPEND);
}

enum err note_posting(struct store_batch *batch, enum note_kind what,
                      enum index_kind kind, const struct posting *posting)
{
    size_t facts = 2 * (size_t)index_facts[kind];
    struct note note;
    unsigned char *at = note.bytes + NOTE_HEAD;

    if (batch->view.state.building == 0)
        return ERR_NONE;
    note_head(&note, what, kind, posting->reach, posting->number);
    memcpy(at, &posting->code, 4);
    memcpy(at + 4, &posting->where, 2);
    memcpy(at + 6, &posting->when, 2);
    memcpy(at + 8, posting->facts, facts);
    note.len = NOTE_POSTING + facts;
    return note_add(batch, &note);
}

enum err note_side(struct store_batch *batch, enum note_kind what,
                   enum index_kind kind, uint32_t number, uint64_t key,
                   const unsigned char row[INDEX_SIDE])
{
    struct note note;
    unsigned char *at = note.bytes + NOTE_HEAD;

    if (batch->view.state.building == 0)
        return ERR_NONE;
    note_head(&note, what, kind, 0, number);
    memcpy(at, &key, 8);
    memcpy(at + 8, row, INDEX_SIDE);
    note.len = NOTE_SIDE;
    return note_add(batch, &note);
}

/* ---- Applying them ------------------------------------------------------ */

static enum err apply_posting(struct store_batch *batch,
                              const struct note *note)
{
    const unsigned char *at = note->bytes + NOTE_HEAD;
    enum index_kind kind = note->bytes[1];
    uint32_t generation = batch->view.state.building;
    struct posting posting = {.reach = note->bytes[2]};

    if (note->len != NOTE_POSTING + 2 * (size_t)index_facts[kind])
        return ERR_STORE_CORRUPT;
    memcpy(&posting.number, note->bytes + 4, 4);
    memcpy(&posting.code, at, 4);
    memcpy(&posting.where, at + 4, 2);
    memcpy(&posting.when, at + 6, 2);
    memcpy(posting.facts, at + 8, 2 * (size_t)index_facts[kind]);
    if (note->bytes[0] == NOTE_PUT)
        return list_put(batch, generation, kind, &posting);
    return list_delete(batch, generation, kind, &posting);
}

static enum err apply_side(struct store_batch *batch, const struct note *note)
{
    const unsigned char *at = note->bytes + NOTE_HEAD;
    enum index_kind kind = note->bytes[1];
    uint32_t generation = batch->view.state.building, number;
    uint64_t key;

    if (note->len != NOTE_SIDE || kind != INDEX_PEOPLE)
        return ERR_STORE_CORRUPT;
    memcpy(&number, note->bytes + 4, 4);
    memcpy(&key, at, 8);
    if (note->bytes[0] == NOTE_SIDE_PUT)
        return side_put(batch, generation, kind, number, key, at + 8);
    return side_delete(batch, generation, kind, number);
}

static enum err apply(struct store_batch *batch, const struct note *note)
{
    enum err e;

    if (note->len < NOTE_HEAD || note->bytes[1] == 0 ||
        note->bytes[1] >= INDEX_KINDS_END)
        return ERR_STORE_CORRUPT;
    switch (note->bytes[0]) {
    case NOTE_PUT:
    case NOTE_DELETE:
        e = apply_posting(batch, note);
        break;
    case NOTE_SIDE_PUT:
    case NOTE_SIDE_DELETE:
        e = apply_side(batch, note);
        break;
    default:
        return ERR_STORE_CORRUPT;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* The first note that is left, copied out.  ERR_NOT_FOUND. */
static enum err note_first(struct store_batch *batch,
                           unsigned char key[NOTE_KEY], struct note *out)
{
    struct slice found, value;
    enum err e = store_seek(&batch->view, DB_NOTES,
                            note_key(key, batch->view.state.building, 0),
                            &found, &value);

    if (e)
        return e;
    if (found.len != NOTE_KEY || value.len > sizeof out->bytes)
        return ERR_STORE_CORRUPT;
    if (memcmp(found.data, key, 4) != 0)
        return ERR_NOT_FOUND;
    memcpy(key, found.data, NOTE_KEY);
    memcpy(out->bytes, value.data, value.len);
    out->len = value.len;
    return ERR_NONE;
}

enum err note_none_left(struct store_batch *batch, int *none)
{
    unsigned char key[NOTE_KEY];
    struct note note;
    enum err e = note_first(batch, key, &note);

    if (e && e != ERR_NOT_FOUND)
        return e;
    *none = e == ERR_NOT_FOUND;
    return ERR_NONE;
}

static enum err catch_up_one(struct store_batch *batch)
{
    unsigned char key[NOTE_KEY];
    struct note note;
    enum err e = note_first(batch, key, &note);

    if (e)
        return e;
    if ((e = apply(batch, &note)))
        return e;
    e = store_remove(batch, DB_NOTES, store_bytes(key, key + NOTE_KEY));
    return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
}

enum err index_build_catch_up(struct store_batch *batch, unsigned max,
                              int *done)
{
    const struct store_state *state = &batch->view.state;
    enum err e = ERR_NONE;

    if (state->building == 0 || state->built != INDEX_BUILT)
        return ERR_NOT_FOUND;
    for (; max > 0 && !e; max--)
        e = catch_up_one(batch);
    if (!e || e == ERR_NOT_FOUND)
        e = note_none_left(batch, done);
    return store_spoil(batch, e);
}
