/*
 * Files of clausectl import: a letter says what they are to hold (s, m, p or
 * f: our columns; S: siae-list; D: decp), the rest is the file.  CSV, TSV or
 * NDJSON is found out as always.  Every record becomes an object, or the
 * reason why not; every object a value that encodes, or faults.
 */
#include <string.h>

#include "clients/cli/files.h"
#include "clients/cli/flat.h"
#include "clients/cli/layout.h"
#include "protocol/wire.h"
#include "tests/fuzz/fuzz.h"

struct import {
    int64_t entity;
    const struct layout *layout;
    struct flat *flat;
    struct arena *arena;
    size_t n; /* records */
    size_t n_names;
    struct slice names[RECORD_CELLS_MAX]; /* of the header, in the arena */
};

/* What the import does with an object: a value, and its bytes. */
static void send_object(struct import *in, const json_t *object)
{
    const struct shape *shape = entity_shape(in->entity);
    struct faults faults = {.n = 0};
    struct buffer bytes = {0};
    void *value = shape_array(in->arena, shape, 1);
    enum err e;

    must(value != NULL);
    e = json_to_shape(shape, object, in->arena, value, &faults);
    must((e == ERR_NONE) == (faults.n == 0));
    if (!e)
        must(!protocol_encode(shape, value, EVERYONE, &bytes));
    buffer_free(&bytes);
}

static void take_json(struct import *in, struct slice line)
{
    json_t *object =
        json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(object))
        send_object(in, object);
    json_decref(object);
}

static void take_foreign(struct import *in, const struct record *record)
{
    struct layout_row row = {in->names, record->cells, in->n_names};
    struct complaint why = {.name = ERR_NONE};
    struct ctl ctl = {.assume_km = "30", .hushed = 1};
    json_t *object = NULL;

    if (record->n < in->n_names)
        return;
    /* Postcodes are asked of a daemon, which is not there. */
    in->layout->convert(&ctl, &row, &why, &object);
    if (object)
        send_object(in, object);
    json_decref(object);
}

static void take_row(struct import *in, const struct record *record)
{
    struct slice cells[FLAT_COLUMNS_MAX] = {{NULL, 0}};
    struct flat_object object;

    for (size_t i = 0; i < in->n_names && i < record->n; i++) {
        int at = flat_find(in->flat, in->names[i]);

        if (at >= 0)
            cells[at] = record->cells[i];
    }
    flat_object_init(&object, in->flat);
    if (!flat_object_add(&object, cells) && !flat_object_add(&object, cells))
        send_object(in, object.object);
    flat_object_fini(&object);
}

static void take_header(struct import *in, const struct record *record)
{
    for (size_t i = 0; i < record->n; i++)
        in->names[i] = arena_copy(in->arena, record->cells[i]);
    in->n_names = record->n;
}

static int on_record(void *to, const struct record *record)
{
    struct import *in = to;

    must(!record->fault == !*record->hint);
    for (size_t i = 0; i < record->n && !record->fault; i++)
        must(utf8_span(record->cells[i]) == record->cells[i].len);
    if (record->fault || in->n++ > 50)
        return 0;
    if (record->n == 1 && !in->layout && record->cells[0].len &&
        record->cells[0].data[0] == '{')
        take_json(in, record->cells[0]);
    else if (in->n == 1)
        take_header(in, record);
    else if (in->layout)
        take_foreign(in, record);
    else
        take_row(in, record);
    return 0;
}

static void choose(struct import *in, char letter)
{
    static struct flat flats[entity_words];

    in->entity = letter == 's' || letter == 'S'   ? ENTITY_STRUCTURE
                 : letter == 'm' || letter == 'D' ? ENTITY_MARKET
                 : letter == 'p'                  ? ENTITY_PROFILE
                                                  : ENTITY_FACILITATOR;
    in->layout = letter == 'S'   ? &layout_siae
                 : letter == 'D' ? &layout_decp
                                 : NULL;
    in->flat = &flats[in->entity];
    if (!in->flat->n)
        flat_init(in->flat, in->entity);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    struct import in = {.n = 0};
    struct reader *reader;
    const char *why;

    if (!size)
        return 0;
    if (!arena)
        arena = arena_new(32 << 20);
    arena_reset(arena);
    in.arena = arena;
    choose(&in, (char)data[0]);
    reader = reader_open(fuzz_file(data + 1, size - 1), &why);
    must(reader || why);
    if (reader)
        reader_each(reader, on_record, &in);
    reader_close(reader);
    return 0;
}
