/*
 * The code tables: communes with their centres, departments, regions, EPCI,
 * former codes, postcodes, ROME links, sectors.  Built once from the bundled
 * tables (store/reference/, TSV, compiled in) and those that a user imported;
 * never changed afterwards, so any thread may read it.
 *
 * Communes are dense numbers from 0, ordered so that a department and a
 * region are each one range: by region, department, Hilbert order of the
 * bundled centres, INSEE code.  The numbering depends on the bundled tables
 * alone, never on imports.
 */
#ifndef STORE_REFERENCE_H
#define STORE_REFERENCE_H

#include "protocol/types.h"

struct commune {
    char insee[6];
    uint8_t approximate; /* its centre is a guess: see reference.md */
    uint8_t centred;     /* it has a centre */
    uint16_t department; /* index into departments */
    uint16_t rank;       /* position in the order of places: see by_rank */
    uint32_t epci;       /* index into epcis, REFERENCE_NONE without */
    uint32_t ept;        /* index into epcis (EPT), REFERENCE_NONE without */
    uint32_t population;
    int32_t lat; /* 1e-6 degrees */
    int32_t lon;
    int32_t at[3];     /* unit vector x 2^30: matching.md section 2 */
    int32_t origin[3]; /* the same of the bundled centre, if it has one */
    uint8_t placed;    /* it has */
    uint32_t place;    /* Hilbert key of the bundled centre: clustering only */
    struct slice name;
};
#define REFERENCE_NONE UINT32_MAX
#define REFERENCE_NO_RANK UINT16_MAX
/* Numbers of communes leave room for those of territories in 16 bits: see
 * engine/match/areas.h. */
#define REFERENCE_COMMUNES_MAX 0xc000u

/* Neighbours along the Hilbert curve, in runs of RUN, each boxed by the
 * centres that are loaded now, in vectors of length 1.  Rounded outwards; a
 * box without centres is empty (low > high).  An array for each coordinate. */
#define REFERENCE_RUN 16
#define REFERENCE_AT 4
struct reference_boxes {
    size_t n;
    const float *low[3];
    const float *high[3];
    /* Of single communes, by rank, the fourth unused: not rounded, for bounds
     * with slack.  Those without a centre, and all ranks from n on to the next
     * full run and one more, stand at (8, 8, 8): farther away than anything on
     * earth. */
    const float (*at)[REFERENCE_AT];
};

/* Communes in columns by number, and runs of SPAN of them: neighbours within a
 * department. */
#define REFERENCE_SPAN 64
struct reference_span {
    int32_t low[3]; /* box of the centres */
    int32_t high[3];
    uint32_t centred; /* how many have one */
};
/* What a department has of one EPCI or EPT. */
struct reference_share {
    uint32_t epci; /* index into epcis */
    uint32_t communes;
    uint64_t people;
};
/* [from, to) of commune numbers, or of what is said. */
struct range {
    uint32_t from;
    uint32_t to;
};
struct reference_columns {
    const int32_t *at[3];   /* as in struct commune; without a centre zeros,
                               which is the middle of the earth */
    const uint32_t *people; /* population */
    const uint16_t *rank;
    const uint32_t *unsure; /* [i]: of communes [0, i), those whose centre is a
                               guess or unknown; i from 0 to n */
    const struct reference_span *spans;
    const struct reference_share *shares; /* of all departments */
    const struct range *shares_of;        /* [department]: its own of them */
};

struct territory_row {
    char code[10];
    struct slice name;
    const struct range *ranges; /* sorted, disjoint, not touching */
    uint32_t n;
};
struct territory_rows {
    const struct territory_row *at; /* sorted by code */
    size_t n;
};
struct reference_link {
    char rome[6];
    char target[6];
    int64_t kind; /* 0 Proche, 1 Evolution: enum link_word */
};
struct reference_table {
    const char *name;
    const char *version;
    const char *source;
    struct slice stamp; /* "name@version": what answers say of it */
    uint64_t rows;
    int imported; /* by a user; 0: bundled */
};

struct reference {
    const struct commune *communes;
    uint32_t n;              /* at most REFERENCE_COMMUNES_MAX */
    const uint32_t *by_rank; /* communes in the order of places */
    const uint32_t *vague;   /* communes without a centre, ascending */
    uint32_t n_vague;
    const uint32_t *vague_before; /* [run]: how many in runs before it */
    struct reference_boxes boxes;
    /* The same boxes grown to hold the bundled centres too: for what was
     * measured from those.  `at` is that of boxes. */
    struct reference_boxes wide;
    struct reference_columns columns;
    uint64_t stamp; /* of what is bundled of communes: numbers, ranks, centres,
                       departments, EPCI, EPT; never of an import */
    struct territory_rows departments; /* collectivities are in both */
    struct territory_rows regions;
    struct territory_rows epcis; /* EPT among them */
    const struct reference_table *tables;
    size_t n_tables;
    uint32_t approximate; /* communes with an approximate centre */
    uint32_t uncentred;   /* communes without one */
    uint64_t serial;      /* no two built by a process have the same; from 1 */
    struct reference_private *private;
};

/* Rule tables: what varies by year or by territory.  A row says that a rule
 * has a value on the days from FROM to UNTIL, both inclusive; of one rule no
 * day stands twice and none is left out between two rows. */
enum rule_table {
    RULES_THRESHOLDS,
    RULES_WORDING,
    RULES_ELIGIBILITY,
    RULES_PUBLICS,
    RULES_HOURS,
    RULES_ASSESS,
    RULE_TABLES
};
extern const char *const reference_rule_tables[RULE_TABLES];
struct rule {
    struct slice rule;
    struct slice value;
    struct slice source;
    int64_t from;  /* days since 1970-01-01 */
    int64_t until; /* ABSENT: no end */
};
struct rule_rows {
    const struct rule *at; /* by rule, then by first day */
    size_t n;
};
/* What makes rows no table: a row that ends before it begins, that shares a
 * day with OTHER, or that leaves days out after OTHER.  Positions from 0. */
enum rule_flaw_kind { RULE_SOUND, RULE_BACKWARDS, RULE_OVERLAP, RULE_GAP };
struct rule_flaw {
    enum rule_flaw_kind kind;
    size_t row;
    size_t other;
};

/* Imported tables: name ("centres", "rome-links", "sectors", or that of a rule
 * table) -> lines (TSV without a head, the columns of
 * store/reference/README.md), version, source.  Centres and rule tables replace
 * the bundled ones altogether; the lines are copied. */
struct reference_import {
    const char *table;
    const char *version;
    const char *source;
    struct slice lines;
};

/* Build from the bundled tables and IMPORTS.  The caller owns *OUT.
 * ERR_NOMEM; ERR_BAD_TABLE for a table that is unknown, given twice, empty, or
 * has one bad line. */
enum err reference_new(const struct reference_import *imports, size_t n,
                       struct reference **out);
/* No view may hold it; NULL is fine. */
void reference_free(struct reference *reference);

/* The number of a current commune; REFERENCE_NONE for any other code. */
uint32_t reference_commune(const struct reference *ref, struct slice insee);

/* The commune that CODE means today: itself, the city of a municipal
 * district, or the one successor of a former code that lies in the department
 * its own digits name.  ERR_UNKNOWN_COMMUNE; ERR_AMBIGUOUS_COMMUNE with the
 * successors (numbers, at most 8) in MANY. */
struct reference_successors {
    uint32_t at[8];
    size_t n;
};
/* COMMUNE is untouched on failure. */
enum err reference_resolve(const struct reference *ref, struct slice code,
                           uint32_t *commune,
                           struct reference_successors *many);

/* A row by code among departments, regions or epcis; NULL without. */
const struct territory_row *reference_row(const struct territory_rows *rows,
                                          struct slice code);

/* The communes that carry a postcode, as numbers in their order; *N of them
 * (0: unknown).  Borrowed. */
const uint32_t *reference_postcode(const struct reference *ref,
                                   struct slice postcode, size_t *n);

/* Official mobilities from a ROME code (wanted -> target), and to one.
 * Sorted by the other code, then kind; *N of them.  Borrowed. */
const struct reference_link *reference_links_from(const struct reference *ref,
                                                  struct slice rome, size_t *n);
/* The same, by target. */
const struct reference_link *reference_links_to(const struct reference *ref,
                                                struct slice rome, size_t *n);

/* The group of a sector; {NULL, 0} when the table lacks it. */
struct slice reference_sector_group(const struct reference *ref,
                                    struct slice sector);

/* The sectors of a group, sorted; *N of them (0: no such group).  Borrowed. */
const struct slice *reference_group_sectors(const struct reference *ref,
                                            struct slice group, size_t *n);

/* The first flaw of N rows in any order.  ERR_NOMEM. */
enum err reference_rules_check(const struct rule *at, size_t n,
                               struct rule_flaw *flaw);

/* All rows of a rule table.  Borrowed. */
struct rule_rows reference_rules(const struct reference *ref,
                                 enum rule_table table);

/* Those that are compiled in, whatever was imported.  Borrowed. */
struct rule_rows reference_rules_bundled(const struct reference *ref,
                                         enum rule_table table);

/* The row of a rule on a day; NULL when there is none.  Borrowed. */
const struct rule *reference_rule(const struct reference *ref,
                                  enum rule_table table, struct slice rule,
                                  int64_t on);

/* "thresholds@version": what an answer says that used the table. */
struct slice reference_rule_stamp(const struct reference *ref,
                                  enum rule_table table);

/* Is it a table of rules, or one of facts? */
int reference_is_rules(const struct reference_table *table);

/* Population of communes [0, i) for i from 0 to n: sums by subtraction. */
const uint64_t *reference_population(const struct reference *ref);

/* Whole kilometres between two unit vectors, rounded up: the least k whose
 * T[k] is not below the sum q of the squared differences (64 bits), where
 * T[k] = floor(c * c * 2^60) and c = 2 * sin(k / (2 * 6371.0088)) in IEEE
 * doubles.  T rises up to k = 20015 (antipodes are 20,015.1 km apart); beyond
 * T[20015] the answer is 20016. */
unsigned reference_km(const int32_t a[3], const int32_t b[3]);

/* The same without a square root: q itself, which orders as the kilometres do,
 * and whether reference_km(a, b) <= km. */
uint64_t reference_square(const int32_t a[3], const int32_t b[3]);
/* Is km <= KM?  Without a root or an arc. */
int reference_within(const int32_t a[3], const int32_t b[3], unsigned km);
/* The greatest q that is within KM; the kilometres of q.  For loops over
 * columns, which compute q as reference_square does. */
uint64_t reference_square_within(unsigned km);
/* Rounded as reference_km does. */
unsigned reference_km_of_square(uint64_t q);

/* The unit vector of a position in 1e-6 degrees, in IEEE doubles and in this
 * order: phi = lat / 1e6 * pi / 180 and lambda likewise, from left to right;
 * then floor(2^30 * v + 0.5) of cos(phi) * cos(lambda), cos(phi) *
 * sin(lambda), sin(phi). */
void reference_vector(int64_t lat, int64_t lon, int32_t out[3]);

#endif
