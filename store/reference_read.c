/*
 * Reads the tables: each function takes the lines of one, checks every cell
 * and fills its part.  A table is whole or refused: bundled ones are ours and
 * tested, imported ones come from outside.
 */
#include "store/reference_parts.h"

#include <stdlib.h>
#include <string.h>

/* --- Maps ---------------------------------------------------------------- */

enum err code_pairs_add(struct code_pairs *pairs, uint32_t code,
                        uint32_t number)
{
    if (pairs->n == pairs->room) {
        size_t room = pairs->room ? 2 * pairs->room : 1024;
        uint64_t *at = realloc(pairs->at, room * sizeof *at);

        if (!at)
            return ERR_NOMEM;
        pairs->at = at;
        pairs->room = room;
    }
    pairs->at[pairs->n++] = (uint64_t)code << 32 | number;
    return ERR_NONE;
}

static int order_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

enum err code_map_build(struct reference_private *own, struct code_pairs *pairs,
                        struct code_map *map)
{
    uint32_t *codes = reference_own(own, pairs->n, sizeof *codes);
    uint32_t *numbers = reference_own(own, pairs->n, sizeof *numbers);

    if (codes && numbers) {
        if (pairs->n)
            qsort(pairs->at, pairs->n, sizeof *pairs->at, order_u64);
        for (size_t i = 0; i < pairs->n; i++) {
            codes[i] = (uint32_t)(pairs->at[i] >> 32);
            numbers[i] = (uint32_t)pairs->at[i];
        }
        *map = (struct code_map){codes, numbers, pairs->n};
    }
    free(pairs->at);
    return codes && numbers ? ERR_NONE : ERR_NOMEM;
}

/* --- Territories --------------------------------------------------------- */

enum err read_rows(struct reference_private *own, struct slice lines,
                   size_t cells, struct territory_rows *rows)
{
    size_t n = tsv_lines(lines);
    struct territory_row *at = reference_own(own, n, sizeof *at);
    struct slice cell[3];

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!tsv_next(&lines, cell, cells) || !cell[0].len ||
            cell[0].len >= sizeof at[i].code)
            return ERR_BAD_TABLE;
        memcpy(at[i].code, cell[0].data, cell[0].len);
        at[i].name = cell[1];
        if (i && strcmp(at[i - 1].code, at[i].code) >= 0)
            return ERR_BAD_TABLE;
    }
    *rows = (struct territory_rows){at, n};
    return ERR_NONE;
}

/* The index of a row; REFERENCE_NONE for an empty or unknown code. */
static uint32_t row_index(const struct territory_rows *rows, struct slice code)
{
    const struct territory_row *row = reference_row(rows, code);

    return row ? (uint32_t)(row - rows->at) : REFERENCE_NONE;
}

enum column {
    INSEE,
    NAME,
    DEPARTMENT,
    REGION,
    EPCI,
    EPT,
    POPULATION,
    POSTCODES
};

static enum err read_commune(const struct reference *ref,
                             const struct slice *cell, struct draft *draft)
{
    struct commune *commune = &draft->commune;
    uint32_t department = row_index(&ref->departments, cell[DEPARTMENT]);

    draft->region = row_index(&ref->regions, cell[REGION]);
    commune->epci = row_index(&ref->epcis, cell[EPCI]);
    commune->ept = row_index(&ref->epcis, cell[EPT]);
    if (code_pack(cell[INSEE]) == CODE_BAD || !cell[NAME].len ||
        department == REFERENCE_NONE || draft->region == REFERENCE_NONE ||
        (cell[EPCI].len && commune->epci == REFERENCE_NONE) ||
        (cell[EPT].len && commune->ept == REFERENCE_NONE))
        return ERR_BAD_TABLE;
    /* Uninhabited territories have no population: 0. */
    if (cell[POPULATION].len &&
        !text_number(cell[POPULATION], &commune->population))
        return ERR_BAD_TABLE;
    memcpy(commune->insee, cell[INSEE].data, 5);
    commune->department = (uint16_t)department;
    commune->name = cell[NAME];
    draft->postcodes = cell[POSTCODES];
    return ERR_NONE;
}

enum err read_communes(const struct reference *ref, struct slice lines,
                       struct drafts *drafts)
{
    struct code_pairs pairs = {NULL, 0, 0};
    struct slice cell[POSTCODES + 1];
    enum err e = ERR_NONE;

    drafts->n = tsv_lines(lines);
    if (!(drafts->at = calloc(drafts->n + 1, sizeof *drafts->at)))
        return ERR_NOMEM;
    for (size_t i = 0; i < drafts->n && !e; i++) {
        if (!tsv_next(&lines, cell, POSTCODES + 1))
            e = ERR_BAD_TABLE;
        else if (!(e = read_commune(ref, cell, &drafts->at[i])))
            e = code_pairs_add(&pairs, code_pack(cell[INSEE]), (uint32_t)i);
    }
    if (e) {
        free(pairs.at);
        return e;
    }
    return code_map_build(ref->private, &pairs, &drafts->index);
}

/* --- Centres ------------------------------------------------------------- */

/* Codes that are no current commune (districts, former ones) are passed over:
 * official tables carry them. */
enum err read_centres(struct slice lines, struct drafts *drafts)
{
    struct slice cell[4];
    int32_t at[2];
    size_t n;

    while (lines.len) {
        const uint32_t *draft;
        struct commune *commune;

        if (!tsv_next(&lines, cell, 4) || code_pack(cell[0]) == CODE_BAD ||
            !text_degrees(cell[1], 90, &at[0]) ||
            !text_degrees(cell[2], 180, &at[1]) ||
            (!slice_equal(cell[3], SLICE("0")) &&
             !slice_equal(cell[3], SLICE("1"))))
            return ERR_BAD_TABLE;
        draft = code_map_find(&drafts->index, code_pack(cell[0]), &n);
        if (!draft)
            continue;
        commune = &drafts->at[*draft].commune;
        if (commune->centred)
            return ERR_BAD_TABLE;
        commune->centred = 1;
        commune->approximate = cell[3].data[0] == '1';
        commune->lat = at[0];
        commune->lon = at[1];
    }
    return ERR_NONE;
}

/* --- Codes --------------------------------------------------------------- */

enum err read_former(struct reference_private *own, struct slice lines)
{
    struct code_pairs pairs = {NULL, 0, 0};
    struct slice cell[2];
    enum err e = ERR_NONE;
    size_t n;

    while (lines.len && !e) {
        if (!tsv_next(&lines, cell, 2) || code_pack(cell[0]) == CODE_BAD)
            e = ERR_BAD_TABLE;
        while (!e && cell[1].len) {
            struct slice after = text_take(&cell[1], '|');
            const uint32_t *number =
                code_map_find(&own->communes, code_pack(after), &n);

            e = number ? code_pairs_add(&pairs, code_pack(cell[0]), *number)
                       : ERR_BAD_TABLE;
        }
    }
    if (e) {
        free(pairs.at);
        return e;
    }
    return code_map_build(own, &pairs, &own->former);
}

enum err read_postcodes(struct reference_private *own,
                        const struct drafts *drafts)
{
    struct code_pairs pairs = {NULL, 0, 0};
    enum err e = ERR_NONE;

    for (size_t i = 0; i < drafts->n && !e; i++) {
        struct slice list = drafts->at[i].postcodes;

        while (list.len && !e) {
            uint32_t code = code_pack(text_take(&list, '|'));

            e = code == CODE_BAD ? ERR_BAD_TABLE
                                 : code_pairs_add(&pairs, code, (uint32_t)i);
        }
    }
    if (e) {
        free(pairs.at);
        return e;
    }
    return code_map_build(own, &pairs, &own->postcodes);
}

/* --- Occupations and sectors --------------------------------------------- */

static int order_from(const void *a, const void *b)
{
    const struct reference_link *x = a;
    const struct reference_link *y = b;
    int order = strcmp(x->rome, y->rome);

    if (!order)
        order = strcmp(x->target, y->target);
    return order ? order : (x->kind > y->kind) - (x->kind < y->kind);
}

static int order_to(const void *a, const void *b)
{
    const struct reference_link *x = a;
    const struct reference_link *y = b;
    int order = strcmp(x->target, y->target);

    return order ? order : order_from(a, b);
}

static int is_rome(struct slice code)
{
    uint32_t digits;

    if (code.len != 5 || code.data[0] < 'A' || code.data[0] > 'N')
        return 0;
    return text_number((struct slice){code.data + 1, 4}, &digits);
}

static enum err read_link(const struct slice *cell, struct reference_link *link)
{
    int close = slice_equal(cell[2], SLICE("Proche"));

    if (!is_rome(cell[0]) || !is_rome(cell[1]) ||
        (!close && !slice_equal(cell[2], SLICE("Evolution"))))
        return ERR_BAD_TABLE;
    memcpy(link->rome, cell[0].data, 5);
    memcpy(link->target, cell[1].data, 5);
    link->kind = !close;
    return ERR_NONE;
}

/* The official list says a link once for each pair of job titles. */
static size_t drop_repeated(struct reference_link *links, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (!kept || order_from(&links[kept - 1], &links[i]))
            links[kept++] = links[i];
    }
    return kept;
}

enum err read_links(struct reference_private *own, struct slice lines)
{
    size_t n = tsv_lines(lines);
    struct reference_link *from = reference_own(own, n, sizeof *from);
    struct reference_link *to = reference_own(own, n, sizeof *to);
    struct slice cell[3];

    if (!from || !to)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!tsv_next(&lines, cell, 3) || read_link(cell, &from[i]))
            return ERR_BAD_TABLE;
    }
    qsort(from, n, sizeof *from, order_from);
    n = drop_repeated(from, n);
    memcpy(to, from, n * sizeof *to);
    qsort(to, n, sizeof *to, order_to);
    own->from = from;
    own->to = to;
    own->n_links = n;
    return ERR_NONE;
}

static int order_sectors(const void *a, const void *b)
{
    return slice_compare(((const struct sector_row *)a)->sector,
                         ((const struct sector_row *)b)->sector);
}

static int order_groups(const void *a, const void *b)
{
    const struct sector_row *x = a;
    const struct sector_row *y = b;
    int order = slice_compare(x->group, y->group);

    return order ? order : slice_compare(x->sector, y->sector);
}

/* The rows once more, by group. */
static enum err group_sectors(struct reference_private *own, size_t n)
{
    struct sector_row *rows = reference_own(own, n, sizeof *rows);

    own->groups = reference_own(own, n, sizeof *own->groups);
    own->grouped = reference_own(own, n, sizeof *own->grouped);
    if (!rows || !own->groups || !own->grouped)
        return ERR_NOMEM;
    if (n)
        memcpy(rows, own->sectors, n * sizeof *rows);
    qsort(rows, n, sizeof *rows, order_groups);
    for (size_t i = 0; i < n; i++) {
        own->groups[i] = rows[i].group;
        own->grouped[i] = rows[i].sector;
    }
    return ERR_NONE;
}

enum err read_sectors(struct reference_private *own, struct slice lines)
{
    size_t n = tsv_lines(lines);
    struct sector_row *rows = reference_own(own, n, sizeof *rows);
    struct slice cell[2];

    if (!rows)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!tsv_next(&lines, cell, 2) || !cell[0].len || !cell[1].len)
            return ERR_BAD_TABLE;
        rows[i] = (struct sector_row){cell[0], cell[1]};
    }
    qsort(rows, n, sizeof *rows, order_sectors);
    /* A sector in two groups would make the answer depend on the order. */
    for (size_t i = 1; i < n; i++) {
        if (!order_sectors(&rows[i - 1], &rows[i]))
            return ERR_BAD_TABLE;
    }
    own->sectors = rows;
    own->n_sectors = n;
    return group_sectors(own, n);
}
