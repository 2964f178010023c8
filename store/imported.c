/*
 * Reference tables that a user imported, as the lines they came in.  A table
 * has two slots: one in use, one where the next version is staged, part by
 * part; a switch names the other one and empties the old.
 *
 *   table, 0                      -> slot in use (1), version, 0, source, 0
 *   table, 0, slot (1), part (4)  -> lines
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "store/private.h"

#define TABLES_MAX 32
#define TABLE_NAME_MAX 32
#define TABLE_KEY_MAX (TABLE_NAME_MAX + 1 + 1 + 4)
/* Staged lines of one table; the largest real one is 4 MiB. */
#define TABLE_BYTES_MAX ((size_t)256 << 20)

static struct slice head_key(unsigned char key[TABLE_KEY_MAX],
                             const char *table)
{
    size_t n = strlen(table);

    assert(n > 0 && n <= TABLE_NAME_MAX);
    memcpy(key, table, n + 1);
    return store_bytes(key, key + n + 1);
}

static struct slice part_key(unsigned char key[TABLE_KEY_MAX],
                             const char *table, int slot, uint32_t part)
{
    unsigned char *at = key + head_key(key, table).len;

    *at++ = (unsigned char)slot;
    return store_bytes(key, store_put32(at, part));
}

/* The first part from PART on; ERR_NOT_FOUND past the last of that slot. */
static enum err part_seek(struct store_view *view, const char *table, int slot,
                          uint32_t *part, struct slice *lines)
{
    unsigned char from[TABLE_KEY_MAX];
    struct slice wanted = part_key(from, table, slot, *part), key;
    enum err e = store_seek(view, DB_REFERENCE, wanted, &key, lines);

    if (e)
        return e;
    if (key.len != wanted.len || memcmp(key.data, from, key.len - 4) != 0)
        return ERR_NOT_FOUND;
    *part = store_get32(key.data + key.len - 4);
    return ERR_NONE;
}

/* The slot in use, or -1. */
static enum err slot_in_use(struct store_view *view, const char *table,
                            int *slot)
{
    unsigned char key[TABLE_KEY_MAX];
    struct slice value;
    enum err e = store_read(view, DB_REFERENCE, head_key(key, table), &value);

    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e && (value.len < 3 || (value.data[0] != 0 && value.data[0] != 1)))
        return ERR_STORE_CORRUPT;
    *slot = e ? -1 : value.data[0];
    return ERR_NONE;
}

/* ---- Staging ------------------------------------------------------------ */

static enum err slot_drop(struct store_batch *batch, const char *table,
                          int slot)
{
    unsigned char key[TABLE_KEY_MAX];
    struct slice lines;
    uint32_t part = 0;
    enum err e;

    while (!(e = part_seek(&batch->view, table, slot, &part, &lines)))
        if ((e = store_remove(batch, DB_REFERENCE,
                              part_key(key, table, slot, part))))
            return e;
    return e == ERR_NOT_FOUND ? ERR_NONE : store_spoil(batch, e);
}

/* The part before this one was staged last. */
static enum err part_follows(struct store_view *view, const char *table,
                             int slot, uint32_t part)
{
    struct slice lines;
    uint32_t found = part - 1;
    enum err e = part_seek(view, table, slot, &found, &lines);

    if (e == ERR_NOT_FOUND || (!e && found != part - 1))
        return ERR_BAD_TABLE;
    if (e)
        return e;
    found = part;
    e = part_seek(view, table, slot, &found, &lines);
    return e == ERR_NOT_FOUND ? ERR_NONE : e ? e : ERR_BAD_TABLE;
}

enum err store_reference_stage(struct store_batch *batch, const char *table,
                               uint32_t part, struct slice lines)
{
    unsigned char key[TABLE_KEY_MAX];
    enum err e;
    int slot;

    if (part == 0)
        return ERR_BAD_TABLE;
    if ((e = slot_in_use(&batch->view, table, &slot)))
        return e;
    slot = slot == 0;
    if (part == 1 && (e = slot_drop(batch, table, slot)))
        return e;
    if (part > 1 && (e = part_follows(&batch->view, table, slot, part)))
        return e;
    return store_write(batch, DB_REFERENCE, part_key(key, table, slot, part),
                       &lines, 1, 0);
}

/* All parts from 1 to the last are there. */
static enum err slot_whole(struct store_view *view, const char *table, int slot)
{
    struct slice lines;
    size_t bytes = 0;
    uint32_t part = 0;
    uint32_t n = 0;
    enum err e;

    for (; !(e = part_seek(view, table, slot, &part, &lines)); part++) {
        bytes += lines.len;
        if (part != ++n || bytes > TABLE_BYTES_MAX)
            return ERR_BAD_TABLE;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    return n > 0 ? ERR_NONE : ERR_BAD_TABLE;
}

enum err store_reference_switch(struct store_batch *batch, const char *table,
                                const char *version, const char *source)
{
    unsigned char key[TABLE_KEY_MAX], slot_byte;
    struct slice parts[3] = {{(const char *)&slot_byte, 1},
                             {version, strlen(version) + 1},
                             {source, strlen(source) + 1}};
    enum err e;
    int old;

    if ((e = slot_in_use(&batch->view, table, &old)) ||
        (e = slot_whole(&batch->view, table, old == 0)))
        return e;
    slot_byte = old == 0;
    if ((e = store_write(batch, DB_REFERENCE, head_key(key, table), parts, 3,
                         0)) ||
        (old >= 0 && (e = slot_drop(batch, table, old))) ||
        (e = store_event_append(batch, EVENT_REFERENCE, 0, 0, slice_of(table))))
        return e;
    batch->new_reference = 1;
    return ERR_NONE;
}

/* ---- Loading ------------------------------------------------------------ */

/* All lines of a slot in one piece, each ended by a newline. */
static enum err slot_join(struct store_view *view, const char *table, int slot,
                          struct slice *out)
{
    struct slice lines;
    size_t size = 1, at = 0;
    char *text;
    enum err e;

    for (uint32_t part = 0; !(e = part_seek(view, table, slot, &part, &lines));
         part++)
        size += lines.len + 1;
    if (e != ERR_NOT_FOUND)
        return e;
    if (!(text = malloc(size)))
        return ERR_NOMEM;
    for (uint32_t part = 0; !(e = part_seek(view, table, slot, &part, &lines));
         part++) {
        if (lines.len == 0)
            continue;
        memcpy(text + at, lines.data, lines.len);
        at += lines.len;
        if (text[at - 1] != '\n')
            text[at++] = '\n';
    }
    *out = (struct slice){text, at};
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* A head as read: table, slot, version and source, all terminated. */
static enum err import_load(struct store_view *view, struct slice key,
                            struct slice value, struct reference_import *out)
{
    const char *end = memchr(key.data, '\0', key.len);
    const char *source;

    if (!end || end != key.data + key.len - 1 || value.len < 3 ||
        value.data[value.len - 1] != '\0')
        return ERR_STORE_CORRUPT;
    source = value.data + 1 + strlen(value.data + 1) + 1;
    if (source >= value.data + value.len)
        return ERR_STORE_CORRUPT;
    out->table = key.data;
    out->version = value.data + 1;
    out->source = source;
    return slot_join(view, key.data, value.data[0], &out->lines);
}

/* Heads sort before the parts of their table, so the next head follows the
 * greatest part there can be. */
static enum err imports_load(struct store_view *view,
                             struct reference_import *imports, size_t *n)
{
    unsigned char from[TABLE_KEY_MAX + 1] = {0};
    struct slice at = store_bytes(from, from + 1), key, value;
    enum err e;

    for (*n = 0; !(e = store_seek(view, DB_REFERENCE, at, &key, &value));) {
        size_t len = strnlen(key.data, key.len);

        if (len == 0 || len > TABLE_NAME_MAX || len == key.len)
            return ERR_STORE_CORRUPT;
        if (key.len == len + 1) {
            if (*n == TABLES_MAX)
                return ERR_STORE_CORRUPT;
            if ((e = import_load(view, key, value, &imports[*n])))
                return e;
            ++*n;
        }
        /* Past this table's keys: its name and a byte greater than the zero
         * that ends it.  A table that is only staged has no head. */
        memcpy(from, key.data, len);
        from[len] = 1;
        at = store_bytes(from, from + len + 1);
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err store_reference_load(struct store_view *view, struct reference **out)
{
    struct reference_import imports[TABLES_MAX] = {{0}};
    size_t n;
    enum err e = imports_load(view, imports, &n);

    if (!e)
        e = reference_new(imports, n, out);
    for (size_t i = 0; i < TABLES_MAX; i++)
        free((void *)(uintptr_t)imports[i].lines.data);
    return e;
}
