/*
 * reference.import and the look-up of postcodes and communes.  Rows travel
 * typed and are handed to the store as the lines that its own tables are made
 * of.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/dispatch.h"
#include "engine/rule_rows.h"
#include "store/reference.h"

/* Text of one part: 10,000 rows of at most 402 bytes. */
#define PART_BYTES (10000 * 402)

struct part {
    struct call *call;
    const struct reference *reference;
    struct buffer lines;
    struct reject *rejects;
    size_t n_rejects;
    size_t n_rows;
};

static enum err add_line(struct part *part, const char *line, int len)
{
    part->n_rows++;
    return buffer_add(&part->lines, line, (size_t)len);
}

/* Degrees with six digits from millionths, sign first. */
static int format_degrees(int64_t micro, char out[24])
{
    int64_t size = micro < 0 ? -micro : micro;

    return snprintf(out, 24, "%s%" PRId64 ".%06" PRId64, micro < 0 ? "-" : "",
                    size / 1000000, size % 1000000);
}

static void reject(struct part *part, size_t row, enum err name,
                   const char *field, const char *hint)
{
    struct reject *out = &part->rejects[part->n_rejects++];

    shape_clear(&shape_reject, out);
    out->row = (int64_t)row + 1;
    out->name = slice_of(err_name(name));
    out->field = slice_of(field);
    out->hint = slice_of(hint);
}

static enum err add_centre(struct part *part, size_t row,
                           const struct centre *c)
{
    char line[96];
    char lat[24];
    char lon[24];

    if (reference_commune(part->reference, c->commune) == REFERENCE_NONE) {
        reject(part, row, ERR_UNKNOWN_COMMUNE, "commune",
               "a current commune; leave districts and former codes out");
        return ERR_NONE;
    }
    format_degrees(c->lat, lat);
    format_degrees(c->lon, lon);
    return add_line(part, line,
                    snprintf(line, sizeof line, "%.*s\t%s\t%s\t%d\n",
                             (int)c->commune.len, c->commune.data, lat, lon,
                             c->approximate == 1));
}

static enum err add_link(struct part *part, const struct rome_link *l)
{
    char line[64];

    return add_line(part, line,
                    snprintf(line, sizeof line, "%.5s\t%.5s\t%s\n",
                             l->rome.data, l->target.data,
                             words_link.words[l->kind]));
}

static enum err add_sector(struct part *part, const struct sector *s)
{
    char line[512];

    return add_line(part, line,
                    snprintf(line, sizeof line, "%.*s\t%.*s\n",
                             (int)s->sector.len, s->sector.data,
                             (int)s->group.len, s->group.data));
}

static enum err add_rows(struct part *part,
                         const struct ask_reference_import *ask)
{
    enum err e = ERR_NONE;

    for (size_t i = 0; i < ask->centres.n && !e; i++)
        e = add_centre(part, i, &ask->centres.at[i]);
    for (size_t i = 0; i < ask->rome_links.n && !e; i++)
        e = add_link(part, &ask->rome_links.at[i]);
    for (size_t i = 0; i < ask->sectors.n && !e; i++)
        e = add_sector(part, &ask->sectors.at[i]);
    return e;
}

/* Only the rows of the table that is named. */
static enum err check_part(struct call *call,
                           const struct ask_reference_import *ask)
{
    if ((ask->centres.n && ask->table != TABLE_CENTRES) ||
        (ask->rome_links.n && ask->table != TABLE_ROME_LINKS) ||
        (ask->sectors.n && ask->table != TABLE_SECTORS) ||
        (ask->rules.n && rule_rows_table(ask->table) < 0))
        return call_refuse(call, ERR_BAD_TABLE, "table",
                           "the rows are not of the table named");
    return ERR_NONE;
}

static enum err stage(struct store_batch *batch, struct part *part,
                      const struct ask_reference_import *ask, const char *table)
{
    struct slice lines = {part->lines.data, part->lines.len};
    enum err e =
        store_reference_stage(batch, table, (uint32_t)ask->part, lines);

    if (e == ERR_BAD_TABLE)
        return call_refuse(part->call, e, "part", "parts come in order from 1");
    if (e || ask->last != 1)
        return e;
    return store_reference_switch(
        batch, table,
        arena_format(part->call->arena, "%.*s", (int)ask->version.len,
                     ask->version.data)
            .data,
        arena_format(part->call->arena, "%.*s", (int)ask->source.len,
                     ask->source.data)
            .data);
}

enum err handle_reference_import(struct store_batch *batch, struct call *call,
                                 const struct ask_reference_import *ask,
                                 struct answer_reference_import *answer)
{
    struct store_view *view = store_batch_view(batch);
    struct part part = {.call = call,
                        .reference = store_view_reference(view),
                        .lines = {.max = PART_BYTES}};
    enum err e;

    if ((e = check_part(call, ask)))
        return e;
    part.rejects =
        arena_array(call->arena, ask->centres.n + 1, sizeof *part.rejects);
    if (!part.rejects)
        return ERR_NOMEM;
    if (rule_rows_table(ask->table) < 0)
        e = add_rows(&part, ask);
    else if (!(e = rule_rows_take(call, part.reference, ask, &part.lines)))
        part.n_rows = ask->rules.n;
    if (!e)
        e = stage(batch, &part, ask, words_table.words[ask->table]);
    buffer_free(&part.lines);
    if (e)
        return e;
    answer->rows = (int64_t)part.n_rows;
    answer->rev = (int64_t)store_view_revision(view);
    answer->rejected = (struct reject_list){part.rejects, part.n_rejects};
    return ERR_NONE;
}

enum err handle_territory_postcodes(struct store_view *view, struct call *call,
                                    const struct ask_territory_postcodes *ask,
                                    struct answer_territory_postcodes *answer)
{
    const struct reference *r = store_view_reference(view);
    struct postcode *list =
        shape_array(call->arena, &shape_postcode, ask->postcodes.n);

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < ask->postcodes.n; i++) {
        size_t n = 0;
        const uint32_t *at = reference_postcode(r, ask->postcodes.at[i], &n);
        struct slice *communes =
            arena_array(call->arena, n + 1, sizeof *communes);

        if (!communes)
            return ERR_NOMEM;
        for (size_t j = 0; j < n; j++)
            communes[j] = slice_of(r->communes[at[j]].insee);
        list[i].postcode = ask->postcodes.at[i];
        list[i].communes = (struct slices){communes, n};
    }
    answer->postcodes = (struct postcode_list){list, ask->postcodes.n};
    return ERR_NONE;
}

static void name_commune(const struct reference *r, struct slice code,
                         uint32_t number, struct commune_row *out)
{
    const struct commune *c = &r->communes[number];

    out->code = code;
    out->commune = slice_of(c->insee);
    out->name = c->name;
    out->department = slice_of(r->departments.at[c->department].code);
    out->population = c->population;
}

enum err handle_territory_communes(struct store_view *view, struct call *call,
                                   const struct ask_territory_communes *ask,
                                   struct answer_territory_communes *answer)
{
    const struct reference *r = store_view_reference(view);
    struct commune_row *list =
        shape_array(call->arena, &shape_commune_row, ask->communes.n);
    size_t n = 0;

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < ask->communes.n; i++) {
        struct reference_successors many;
        uint32_t number;

        if (!reference_resolve(r, ask->communes.at[i], &number, &many))
            name_commune(r, ask->communes.at[i], number, &list[n++]);
    }
    answer->communes = (struct commune_row_list){list, n};
    return ERR_NONE;
}
