/*
 * What the files of the reference module share; nobody else includes this.
 *
 *   reference.c       builds the whole and takes it down
 *   reference_read.c  reads the tables
 *   reference_find.c  answers look-ups
 *   reference_km.c    vectors, kilometres, Hilbert keys
 *   reference_boxes.c    order along the Hilbert curve, boxes
 *   reference_columns.c  communes in columns
 *   reference_rules.c    rules with their dates
 *   reference_tsv.c   lines, cells, numbers
 *   reference_data.c  the bundled tables
 */
#ifndef STORE_REFERENCE_PARTS_H
#define STORE_REFERENCE_PARTS_H

#include "store/reference.h"

#define CODE_BAD UINT32_MAX
/* A five-character code (INSEE, postcode) packed so that numbers order as the
 * texts do; CODE_BAD for anything else. */
uint32_t code_pack(struct slice code);

/* A map from packed codes to sorted numbers: the numbers of one code lie side
 * by side. */
struct code_map {
    uint32_t *codes; /* ascending, repeated for each number */
    uint32_t *numbers;
    size_t n;
};

/* The numbers of CODE, *N of them; NULL with 0 when it is not there. */
const uint32_t *code_map_find(const struct code_map *map, uint32_t code,
                              size_t *n);

/* Pairs that are to become a map.  Zeroed to begin with. */
struct code_pairs {
    uint64_t *at; /* code << 32 | number */
    size_t n;
    size_t room;
};

struct sector_row {
    struct slice sector;
    struct slice group;
};

/* Memory that goes when the reference goes. */
struct block;

struct reference_private {
    struct block *blocks;
    uint64_t *population;
    struct code_map communes;
    struct code_map former;
    struct code_map postcodes;
    struct reference_link *from; /* by rome, target, kind */
    struct reference_link *to;   /* by target, rome, kind */
    size_t n_links;
    struct sector_row *sectors; /* by sector */
    struct slice *groups;       /* of each sector, by group and sector */
    struct slice *grouped;      /* the sectors themselves in that order */
    size_t n_sectors;
    struct rule_rows rules[RULE_TABLES]; /* in use */
    struct rule_rows bundled[RULE_TABLES];
};

/* N zeroed elements of SIZE that live as long as OWN; NULL without memory. */
void *reference_own(struct reference_private *own, size_t n, size_t size);

/* A commune while the tables are read, in the order of communes.tsv. */
struct draft {
    struct commune commune;
    uint32_t region; /* index into regions */
    struct slice postcodes;
};
struct drafts {
    struct draft *at;
    size_t n;
    struct code_map index; /* INSEE -> position in AT; values are 0, 1, 2... */
};

/* --- reference_data.c ---------------------------------------------------- */

/* The lines of a bundled table, without its head; {NULL, 0} for no table. */
struct slice reference_bundle(const char *name);

/* --- reference_tsv.c ----------------------------------------------------- */

/* Take the next line off TEXT as exactly N cells.  0: there was none, or it
 * has another number of cells (then TEXT->len is not 0). */
int tsv_next(struct slice *text, struct slice *cells, size_t n);
/* How many lines, the last with or without its end. */
size_t tsv_lines(struct slice text);
/* What follows the first line. */
struct slice tsv_after_head(struct slice text);

/* Take what stands before MARK, or all of it, off TEXT. */
struct slice text_take(struct slice *text, char mark);

/* Decimal digits, at most nine; 0 when it is anything else. */
int text_number(struct slice text, uint32_t *value);

/* "2026-01-01" as days since 1970-01-01; 0 when there is no such day. */
int text_date(struct slice text, int64_t *days);

/* Decimal degrees within +-LIMIT as 1e-6, rounded half away from zero; 0 when
 * it is anything else. */
int text_degrees(struct slice text, int limit, int32_t *micro);

/* --- reference_read.c ---------------------------------------------------- */

/* Each fills what it names from LINES.  ERR_NOMEM, ERR_BAD_TABLE. */
enum err read_rows(struct reference_private *own, struct slice lines,
                   size_t cells, struct territory_rows *rows);
/* Communes, as drafts to be numbered. */
enum err read_communes(const struct reference *ref, struct slice lines,
                       struct drafts *drafts);
/* Centres of the drafts. */
enum err read_centres(struct slice lines, struct drafts *drafts);
/* Former and district codes. */
enum err read_former(struct reference_private *own, struct slice lines);
/* Postcodes of the numbered communes. */
enum err read_postcodes(struct reference_private *own,
                        const struct drafts *drafts);
/* ROME links, both ways. */
enum err read_links(struct reference_private *own, struct slice lines);
/* Sectors and their groups. */
enum err read_sectors(struct reference_private *own, struct slice lines);

/* Rules, put in order (reference_rules.c). */
enum err read_rules(struct reference_private *own, struct slice lines,
                    struct rule_rows *rows);

/* Sort PAIRS into MAP, which OWN holds; PAIRS is freed whatever happens. */
enum err code_map_build(struct reference_private *own, struct code_pairs *pairs,
                        struct code_map *map);
/* One more pair.  ERR_NOMEM. */
enum err code_pairs_add(struct code_pairs *pairs, uint32_t code,
                        uint32_t number);

/* --- reference_boxes.c --------------------------------------------------- */

/* Rank the numbered communes, box their runs, stamp them.  ERR_NOMEM,
 * ERR_BAD_TABLE. */
enum err reference_rank(struct reference *ref);
/* The wide boxes, which differ when centres were IMPORTED.  ERR_NOMEM. */
enum err reference_widen(struct reference *ref, int imported);

/* --- reference_columns.c ------------------------------------------------- */

/* The columns of the numbered communes.  ERR_NOMEM. */
enum err reference_columns(struct reference *ref);

/* --- reference_km.c ------------------------------------------------------ */

/* The place of a position along a Hilbert curve over the globe, 2^16 cells
 * a side. */
uint32_t reference_place(int32_t lat, int32_t lon);

#endif
