/*
 * Builds the reference from the bundled and the imported tables, whole or not
 * at all, and takes it down.  Reading a table is reference_read.c's part,
 * answering reference_find.c's.
 *
 * Communes are read in the order of their table into drafts, get a centre,
 * then a number; everything after that speaks of numbers.
 */
#include "store/reference_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Memory: one list, freed at once ------------------------------------- */

struct block {
    struct block *next;
    max_align_t data[];
};

void *reference_own(struct reference_private *own, size_t n, size_t size)
{
    struct block *block;

    if (size && n > (SIZE_MAX - sizeof *block) / size)
        return NULL;
    if (!(block = calloc(1, sizeof *block + n * size)))
        return NULL;
    block->next = own->blocks;
    own->blocks = block;
    return block->data;
}

static char *own_text(struct reference_private *own, struct slice text)
{
    char *copy = reference_own(own, text.len + 1, 1);

    if (copy && text.len)
        memcpy(copy, text.data, text.len);
    return copy;
}

/* --- Centres ------------------------------------------------------------- */

/* What an EPCI knows: the sums over its communes that have a centre. */
struct spread {
    int64_t people;
    int64_t lat;
    int64_t lon;
};

/* SUM / WEIGHT, rounded half away from zero. */
static int32_t divided(int64_t sum, int64_t weight)
{
    /* An odd weight is never met in its half, so flooring does no harm. */
    int64_t half = weight / 2;

    return (int32_t)((sum < 0 ? sum - half : sum + half) / weight);
}

/* A commune without a centre takes that of its EPCI, weighted by population. */
static enum err spread_centres(struct drafts *drafts, size_t n_epcis)
{
    struct spread *spreads = calloc(n_epcis + 1, sizeof *spreads);

    if (!spreads)
        return ERR_NOMEM;
    for (size_t i = 0; i < drafts->n; i++) {
        const struct commune *commune = &drafts->at[i].commune;
        int64_t people = commune->population;

        if (!commune->centred || commune->epci == REFERENCE_NONE)
            continue;
        spreads[commune->epci].people += people;
        spreads[commune->epci].lat += people * commune->lat;
        spreads[commune->epci].lon += people * commune->lon;
    }
    for (size_t i = 0; i < drafts->n; i++) {
        struct commune *commune = &drafts->at[i].commune;
        const struct spread *spread;

        if (commune->centred || commune->epci == REFERENCE_NONE)
            continue;
        spread = &spreads[commune->epci];
        if (!spread->people)
            continue;
        commune->centred = 1;
        commune->approximate = 1;
        commune->lat = divided(spread->lat, spread->people);
        commune->lon = divided(spread->lon, spread->people);
    }
    free(spreads);
    return ERR_NONE;
}

/* The centres of one table, which says all: what stood before is forgotten. */
static enum err take_centres(struct slice lines, struct drafts *drafts,
                             size_t n_epcis)
{
    enum err e;

    for (size_t i = 0; i < drafts->n; i++) {
        struct commune *commune = &drafts->at[i].commune;

        commune->centred = commune->approximate = 0;
        commune->lat = commune->lon = 0;
    }
    if ((e = read_centres(lines, drafts)))
        return e;
    return spread_centres(drafts, n_epcis);
}

static void place_drafts(struct drafts *drafts)
{
    for (size_t i = 0; i < drafts->n; i++) {
        struct commune *commune = &drafts->at[i].commune;

        commune->placed = commune->centred;
        if (!commune->placed)
            continue;
        commune->place = reference_place(commune->lat, commune->lon);
        reference_vector(commune->lat, commune->lon, commune->origin);
    }
}

/* --- Numbers ------------------------------------------------------------- */

static int order_drafts(const void *a, const void *b)
{
    const struct draft *x = a;
    const struct draft *y = b;

    if (x->region != y->region)
        return x->region < y->region ? -1 : 1;
    if (x->commune.department != y->commune.department)
        return x->commune.department < y->commune.department ? -1 : 1;
    if (x->commune.place != y->commune.place)
        return x->commune.place < y->commune.place ? -1 : 1;
    return strcmp(x->commune.insee, y->commune.insee);
}

/* Put the drafts in their order, which is their number from here on. */
static enum err number_communes(struct reference *ref, struct drafts *drafts)
{
    struct reference_private *own = ref->private;
    struct code_pairs pairs = {NULL, 0, 0};
    struct commune *communes = reference_own(own, drafts->n, sizeof *communes);
    enum err e = ERR_NONE;

    own->population =
        reference_own(own, drafts->n + 1, sizeof *own->population);
    if (!communes || !own->population)
        return ERR_NOMEM;
    qsort(drafts->at, drafts->n, sizeof *drafts->at, order_drafts);
    for (size_t i = 0; i < drafts->n && !e; i++) {
        struct commune *commune = &communes[i];

        *commune = drafts->at[i].commune;
        reference_vector(commune->lat, commune->lon, commune->at);
        own->population[i + 1] = own->population[i] + commune->population;
        ref->approximate += commune->approximate;
        ref->uncentred += !commune->centred;
        e = code_pairs_add(&pairs, code_pack(slice_of(commune->insee)),
                           (uint32_t)i);
    }
    ref->communes = communes;
    ref->n = (uint32_t)drafts->n;
    if (e) {
        free(pairs.at);
        return e;
    }
    return code_map_build(own, &pairs, &own->communes);
}

/* --- Ranges -------------------------------------------------------------- */

/* Which row of a table a draft belongs to; REFERENCE_NONE for none. */
typedef uint32_t (*row_of)(const struct draft *draft);

static uint32_t row_of_region(const struct draft *draft)
{
    return draft->region;
}

static uint32_t row_of_department(const struct draft *draft)
{
    return draft->commune.department;
}

static uint32_t row_of_epci(const struct draft *draft)
{
    return draft->commune.epci;
}

static uint32_t row_of_ept(const struct draft *draft)
{
    return draft->commune.ept;
}

/* The end of the run of neighbours that share the row of the draft AT. */
static uint32_t run_end(const struct drafts *drafts, uint32_t at, row_of row)
{
    uint32_t first = row(&drafts->at[at]);

    while (at < drafts->n && row(&drafts->at[at]) == first)
        at++;
    return at;
}

/* Give the rows of a table their ranges: count, share out, fill. */
static enum err range_rows(struct reference_private *own,
                           const struct drafts *drafts,
                           const struct territory_rows *table, row_of row)
{
    /* Const for those who read the reference; until then it is ours. */
    struct territory_row *rows = (struct territory_row *)table->at;
    struct range **next = calloc(table->n + 1, sizeof *next);
    struct range *ranges;
    uint32_t n_runs = 0;

    for (uint32_t i = 0; i < drafts->n; i = run_end(drafts, i, row))
        n_runs++;
    ranges = reference_own(own, n_runs, sizeof *ranges);
    if (!next || !ranges) {
        free(next);
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < drafts->n; i = run_end(drafts, i, row)) {
        if (row(&drafts->at[i]) != REFERENCE_NONE)
            rows[row(&drafts->at[i])].n++;
    }
    for (size_t i = 0; i < table->n; i++) {
        if (rows[i].ranges || !rows[i].n)
            continue;
        rows[i].ranges = next[i] = ranges;
        ranges += rows[i].n;
    }
    for (uint32_t i = 0; i < drafts->n; i = run_end(drafts, i, row)) {
        if (row(&drafts->at[i]) != REFERENCE_NONE)
            *next[row(&drafts->at[i])]++ =
                (struct range){i, run_end(drafts, i, row)};
    }
    free(next);
    return ERR_NONE;
}

static enum err fill_ranges(struct reference *ref, const struct drafts *drafts)
{
    const struct {
        const struct territory_rows *table;
        row_of row;
    } ways[] = {{&ref->regions, row_of_region},
                {&ref->departments, row_of_department},
                {&ref->epcis, row_of_epci},
                {&ref->epcis, row_of_ept}};
    enum err e = ERR_NONE;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && !e; i++)
        e = range_rows(ref->private, drafts, ways[i].table, ways[i].row);
    return e;
}

/* --- Tables -------------------------------------------------------------- */

struct imports {
    const struct reference_import *at;
    size_t n;
};
/* Tables of facts; those of rules follow. */
static const char *const importable_facts[] = {"centres", "rome-links",
                                               "sectors"};
#define N_FACTS (sizeof importable_facts / sizeof importable_facts[0])
#define N_IMPORTABLE (N_FACTS + RULE_TABLES)

static const char *importable(size_t i)
{
    return i < N_FACTS ? importable_facts[i]
                       : reference_rule_tables[i - N_FACTS];
}

static const struct reference_import *imported(struct imports imports,
                                               const char *table)
{
    for (size_t i = 0; i < imports.n; i++) {
        if (!strcmp(imports.at[i].table, table))
            return imports.at + i;
    }
    return NULL;
}

/* Each a table we know, once, and not empty. */
static enum err check_imports(struct imports imports)
{
    size_t known = 0;

    for (size_t i = 0; i < N_IMPORTABLE; i++) {
        const struct reference_import *import =
            imported(imports, importable(i));

        known += import && import->lines.len;
    }
    return known == imports.n ? ERR_NONE : ERR_BAD_TABLE;
}

/* The lines of an imported table, in memory of ours: names borrow from it. */
static enum err import_lines(struct reference_private *own,
                             struct imports imports, const char *table,
                             struct slice *lines)
{
    const struct reference_import *import = imported(imports, table);

    *lines = (struct slice){NULL, 0};
    if (!import)
        return ERR_NONE;
    lines->data = own_text(own, import->lines);
    lines->len = import->lines.len;
    return lines->data ? ERR_NONE : ERR_NOMEM;
}

/* "name@version". */
static struct slice own_stamp(struct reference_private *own, struct slice name,
                              struct slice version)
{
    size_t len = name.len + 1 + version.len;
    char *text = reference_own(own, len + 1, 1);

    if (text)
        snprintf(text, len + 1, "%.*s@%.*s", (int)name.len, name.data,
                 (int)version.len, version.data);
    return (struct slice){text, len};
}

static enum err add_table(struct reference *ref, struct reference_table *table,
                          struct slice name, struct slice version,
                          struct slice source)
{
    table->name = own_text(ref->private, name);
    table->version = own_text(ref->private, version);
    table->source = own_text(ref->private, source);
    table->stamp = own_stamp(ref->private, name, version);
    ref->n_tables++;
    return table->name && table->version && table->source && table->stamp.data
               ? ERR_NONE
               : ERR_NOMEM;
}

/* The bundled tables as tables.tsv names them, those that an import replaced
 * left out; a bundle of another length was cut. */
static enum err list_bundled(struct reference *ref,
                             struct reference_table *tables,
                             struct imports imports)
{
    struct slice lines = reference_bundle("tables");
    struct slice cell[5];
    enum err e = ERR_NONE;

    while (lines.len && !e) {
        struct reference_table *table = &tables[ref->n_tables];
        uint32_t rows;

        if (!tsv_next(&lines, cell, 5) || !text_number(cell[4], &rows))
            return ERR_BAD_TABLE;
        if ((e = add_table(ref, table, cell[0], cell[1], cell[2])))
            return e;
        table->rows = rows;
        if (rows != tsv_lines(reference_bundle(table->name)))
            e = ERR_BAD_TABLE;
        if (imported(imports, table->name))
            ref->n_tables--;
    }
    return e;
}

static enum err list_tables(struct reference *ref, struct imports imports)
{
    size_t room = tsv_lines(reference_bundle("tables")) + imports.n;
    struct reference_table *tables =
        reference_own(ref->private, room, sizeof *tables);
    enum err e;

    if (!tables)
        return ERR_NOMEM;
    ref->tables = tables;
    if ((e = list_bundled(ref, tables, imports)))
        return e;
    for (size_t i = 0; i < N_IMPORTABLE && !e; i++) {
        const struct reference_import *import =
            imported(imports, importable(i));
        struct reference_table *table = &tables[ref->n_tables];

        if (!import)
            continue;
        table->imported = 1;
        table->rows = tsv_lines(import->lines);
        e = add_table(ref, table, slice_of(import->table),
                      slice_of(import->version), slice_of(import->source));
    }
    return e;
}

/* --- The whole ----------------------------------------------------------- */

static enum err build_territories(struct reference *ref, struct drafts *drafts,
                                  struct slice centres)
{
    struct reference_private *own = ref->private;
    enum err e;

    if ((e = read_rows(own, reference_bundle("regions"), 2, &ref->regions)) ||
        (e = read_rows(own, reference_bundle("departments"), 3,
                       &ref->departments)) ||
        (e = read_rows(own, reference_bundle("epcis"), 2, &ref->epcis)) ||
        (e = read_communes(ref, reference_bundle("communes"), drafts)) ||
        (e = take_centres(reference_bundle("centres"), drafts, ref->epcis.n)))
        return e;
    /* Before any import: the numbering depends on the bundle alone. */
    place_drafts(drafts);
    if (centres.len && (e = take_centres(centres, drafts, ref->epcis.n)))
        return e;
    if ((e = number_communes(ref, drafts)) || (e = reference_rank(ref)) ||
        (e = reference_widen(ref, centres.len != 0)) ||
        (e = reference_columns(ref)) || (e = fill_ranges(ref, drafts)) ||
        (e = read_postcodes(own, drafts)))
        return e;
    return read_former(own, reference_bundle("former"));
}

/* Each table of rules: the imported one, else the bundled one. */
static enum err build_rules(struct reference_private *own,
                            const struct slice *imported_lines)
{
    enum err e = ERR_NONE;

    for (size_t i = 0; i < RULE_TABLES && !e; i++) {
        e = read_rules(own, reference_bundle(reference_rule_tables[i]),
                       &own->bundled[i]);
        own->rules[i] = own->bundled[i];
        if (!e && imported_lines[i].len)
            e = read_rules(own, imported_lines[i], &own->rules[i]);
    }
    return e;
}

static enum err build(struct reference *ref, struct imports imports)
{
    struct reference_private *own = ref->private;
    struct drafts drafts = {NULL, 0, {NULL, NULL, 0}};
    struct slice lines[N_IMPORTABLE];
    enum err e = check_imports(imports);

    for (size_t i = 0; i < N_IMPORTABLE && !e; i++)
        e = import_lines(own, imports, importable(i), &lines[i]);
    if (e)
        return e;
    e = build_territories(ref, &drafts, lines[0]);
    free(drafts.at);
    if (e || (e = read_links(own, lines[1])) ||
        (e = read_sectors(own, lines[2])) ||
        (e = build_rules(own, lines + N_FACTS)))
        return e;
    return list_tables(ref, imports);
}

enum err reference_new(const struct reference_import *imports, size_t n,
                       struct reference **out)
{
    static _Atomic uint64_t built;
    struct reference *ref = calloc(1, sizeof *ref);
    enum err e = ERR_NOMEM;

    if (!ref)
        return ERR_NOMEM;
    if (!(ref->private = calloc(1, sizeof *ref->private)))
        goto free_reference;
    if ((e = build(ref, (struct imports){imports, n})))
        goto free_reference;
    ref->serial = ++built;
    *out = ref;
    return ERR_NONE;

free_reference:
    reference_free(ref);
    return e;
}

void reference_free(struct reference *ref)
{
    struct block *block = ref && ref->private ? ref->private->blocks : NULL;

    while (block) {
        struct block *next = block->next;

        free(block);
        block = next;
    }
    if (ref)
        free(ref->private);
    free(ref);
}
