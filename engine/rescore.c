/*
 * Notes and results as bytes: 64-bit numbers for a note, 6 bytes a candidate
 * for a result.
 */
#include <assert.h>
#include <string.h>

#include "engine/match/law.h"
#include "engine/question.h"
#include "engine/rescore.h"

/* Another layout of struct rescore_note is another number. */
#define RESCORE_LAYOUT 2
#define RESCORE_NAMES 32
#define NOTE_WORDS (sizeof(struct rescore_note) / 8)

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
}

static unsigned get16(const unsigned char *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static void put32(unsigned char *at, uint32_t value)
{
    put16(at, value & 0xffff);
    put16(at + 2, value >> 16);
}

static uint32_t get32(const unsigned char *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

/* ---- Notes -------------------------------------------------------------- */

enum err rescore_note_get(struct store_view *view, unsigned slot,
                          struct rescore_note *out)
{
    unsigned char *to = (unsigned char *)out;
    const unsigned char *from;
    struct slice value;
    enum err e = results_note_get(view, slot, &value);

    if (e)
        return e;
    from = (const unsigned char *)value.data;
    if (value.len != NOTE_WORDS * 8 || get32(from) != RESCORE_LAYOUT)
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < NOTE_WORDS; i++) {
        uint64_t word = get32(from + 8 * i) | (uint64_t)get32(from + 8 * i + 4)
                                                  << 32;

        memcpy(to + 8 * i, &word, 8);
    }
    return ERR_NONE;
}

enum err rescore_note_put(struct store_batch *batch, unsigned slot,
                          const struct rescore_note *note)
{
    unsigned char value[sizeof *note];
    uint64_t words[NOTE_WORDS];

    static_assert(sizeof *note == NOTE_WORDS * 8, "a note is 64-bit numbers");
    memcpy(words, note, sizeof words);
    words[0] = RESCORE_LAYOUT;
    for (size_t i = 0; i < NOTE_WORDS; i++) {
        put32(value + 8 * i, (uint32_t)words[i]);
        put32(value + 8 * i + 4, (uint32_t)(words[i] >> 32));
    }
    return results_note_put(batch, slot,
                            (struct slice){(char *)value, sizeof value});
}

/* All that a match may ask, whatever this run's lots do. */
#define RULES_OF_MATCH (BIT(RULES_ELIGIBILITY) | BIT(RULES_PUBLICS))

void rescore_note_rules(struct rescore_note *note,
                        const struct reference *reference)
{
    struct slice names[RESCORE_NAMES];
    size_t n, at = 0;

    assert(reference->n_tables + RULE_TABLES <= RESCORE_NAMES);
    n = question_tables(reference, RULES_OF_MATCH, names);
    memset(note->tables, 0, sizeof note->tables);
    for (size_t i = 0; i < n; i++) {
        assert(at + names[i].len + 1 < sizeof note->tables);
        memcpy(note->tables + at, names[i].data, names[i].len);
        at += names[i].len;
        note->tables[at++] = '\n';
    }
    note->rules = MATCH_RULES;
}

enum err rescore_note_tables(const struct rescore_note *note,
                             struct arena *arena, struct slices *out)
{
    struct slice *at = arena_array(arena, RESCORE_NAMES, sizeof *at);
    struct slice left =
        arena_copy(arena, (struct slice){note->tables, sizeof note->tables});
    const char *end;
    size_t n = 0;

    if (!at || !left.data)
        return ERR_NOMEM;
    while (n < RESCORE_NAMES && (end = memchr(left.data, '\n', left.len))) {
        at[n] = (struct slice){left.data, (size_t)(end - left.data)};
        left.len -= at[n].len + 1;
        left.data += at[n++].len + 1;
    }
    *out = (struct slices){at, n};
    return ERR_NONE;
}

enum err rescore_slots(struct store_view *view, struct rescore_slots *out)
{
    unsigned none = RESULTS_SLOTS;

    memset(out, 0, sizeof *out);
    out->done = out->current = none;
    for (unsigned slot = 0; slot < RESULTS_SLOTS; slot++) {
        enum err e = rescore_note_get(view, slot, &out->note[slot]);

        if (e == ERR_NOT_FOUND)
            continue;
        if (e)
            return e;
        if (out->note[slot].state == RESCORE_DONE)
            out->done = slot;
        else
            out->current = slot;
    }
    out->free = out->done == 0 ? 1 : 0;
    return ERR_NONE;
}

/* ---- Results ------------------------------------------------------------ */

enum err rescore_write_head(struct buffer *out, uint32_t market, unsigned lot,
                            unsigned problem, unsigned lists)
{
    unsigned char head[RESCORE_HEAD + 2 * RESCORE_LISTS_MAX] = {0};

    assert(lists <= RESCORE_LISTS_MAX);
    put32(head, market);
    put16(head + 4, lot);
    head[6] = (unsigned char)problem;
    head[7] = (unsigned char)lists;
    return buffer_add(out, head, RESCORE_HEAD + 2 * (size_t)lists);
}

enum err rescore_write_list(struct buffer *out, size_t start, unsigned list,
                            const struct match_top *top)
{
    unsigned char rows[RESCORE_ROWS_MAX * RESCORE_ROW];
    enum err e;

    assert(top->n <= RESCORE_ROWS_MAX);
    for (size_t i = 0; i < top->n; i++) {
        put32(rows + i * RESCORE_ROW, top->at[i].number);
        put16(rows + i * RESCORE_ROW + 4, (unsigned)top->at[i].score);
    }
    if (!(e = buffer_add(out, rows, top->n * RESCORE_ROW)))
        put16((unsigned char *)out->data + start + RESCORE_HEAD + 2 * list,
              (unsigned)top->n);
    return e;
}

enum err rescore_read(struct slice bytes, struct rescore_result *out)
{
    const unsigned char *at = (const unsigned char *)bytes.data, *rows;

    if (bytes.len < RESCORE_HEAD || !at[7] || at[7] > RESCORE_LISTS_MAX)
        return ERR_STORE_CORRUPT;
    out->market = get32(at);
    out->lot = get16(at + 4);
    out->problem = at[6];
    out->lists = at[7];
    if (bytes.len < RESCORE_HEAD + 2 * (size_t)out->lists)
        return ERR_STORE_CORRUPT;
    rows = at + RESCORE_HEAD + 2 * (size_t)out->lists;
    for (unsigned i = 0; i < out->lists; i++) {
        out->n[i] = get16(at + RESCORE_HEAD + 2 * (size_t)i);
        out->rows[i] = rows;
        rows += (size_t)out->n[i] * RESCORE_ROW;
    }
    return rows == at + bytes.len ? ERR_NONE : ERR_STORE_CORRUPT;
}

struct match_ranked rescore_row(const struct rescore_result *result,
                                unsigned list, unsigned row)
{
    const unsigned char *at = result->rows[list] + (size_t)row * RESCORE_ROW;

    return (struct match_ranked){get32(at), (int32_t)get16(at + 4)};
}

enum err rescore_load(struct store_view *view, unsigned slot, uint32_t position,
                      struct arena *arena, struct slice *bytes)
{
    struct slice part, whole = {NULL, 0};
    unsigned parts = 0;
    char *at;
    enum err e;

    do {
        if ((e = results_part(view, slot, position, parts, &part)))
            return parts && e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
        whole.len += part.len;
        parts++;
    } while (part.len == RESULTS_PART);
    if (parts == 1) {
        *bytes = part;
        return ERR_NONE;
    }
    if (!(at = arena_alloc(arena, whole.len)))
        return ERR_NOMEM;
    whole.data = at;
    for (unsigned i = 0; i < parts; i++, at += part.len) {
        if ((e = results_part(view, slot, position, i, &part)))
            return e;
        memcpy(at, part.data, part.len);
    }
    *bytes = whole;
    return ERR_NONE;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

int rescore_same(const struct rescore_result *a, const struct rescore_result *b,
                 unsigned limit)
{
    if (a->lists != b->lists)
        return 0;
    for (unsigned i = 0; i < a->lists; i++) {
        unsigned n = least(a->n[i], limit);

        if (n != least(b->n[i], limit))
            return 0;
        for (unsigned row = 0; row < n; row++)
            if (memcmp(a->rows[i] + (size_t)row * RESCORE_ROW,
                       b->rows[i] + (size_t)row * RESCORE_ROW, 4) != 0)
                return 0;
    }
    return 1;
}

/* ---- Figures ------------------------------------------------------------ */

/* A shorter list, then fewer candidates; among equals the first. */
static int is_worse(const struct rescore_worst *a,
                    const struct rescore_worst *b)
{
    if (a->shortest != b->shortest)
        return a->shortest < b->shortest;
    return a->structures + a->people < b->structures + b->people;
}

static void keep_worst(struct rescore_figures *f,
                       const struct rescore_worst *lot)
{
    size_t i = (size_t)f->n_worst;

    if (i == RESCORE_WORST && !is_worse(lot, &f->worst[--i]))
        return;
    if (f->n_worst < RESCORE_WORST)
        f->n_worst++;
    for (; i && is_worse(lot, &f->worst[i - 1]); i--)
        f->worst[i] = f->worst[i - 1];
    f->worst[i] = *lot;
}

void rescore_count(struct rescore_figures *f, int64_t position,
                   const struct rescore_result *result, int64_t limit)
{
    struct rescore_worst lot = {position, result->n[0], result->n[0], 0};

    if (result->problem) {
        f->aside++;
        if (f->n_listed < RESCORE_ASIDE)
            f->listed[f->n_listed++] = (struct rescore_set_aside){
                position, (int64_t)result->problem - 1};
        return;
    }
    for (unsigned i = 1; i < result->lists; i++) {
        lot.people += result->n[i];
        if (result->n[i] < lot.shortest)
            lot.shortest = result->n[i];
    }
    f->no_structure += !lot.structures;
    f->no_people += result->lists > 1 && !lot.people;
    if (lot.shortest < limit)
        keep_worst(f, &lot);
}

void rescore_add(struct rescore_figures *sum,
                 const struct rescore_figures *piece)
{
    sum->no_structure += piece->no_structure;
    sum->no_people += piece->no_people;
    sum->changed += piece->changed;
    sum->added += piece->added;
    sum->aside += piece->aside;
    for (int64_t i = 0; i < piece->n_worst; i++)
        keep_worst(sum, &piece->worst[i]);
    for (int64_t i = 0; i < piece->n_listed; i++)
        if (sum->n_listed < RESCORE_ASIDE)
            sum->listed[sum->n_listed++] = piece->listed[i];
}
