/*
 * What the index holds of entities: which codes they stand under, and the
 * bytes of their postings and side rows.  A posting only summarises: it may
 * promise more than the record holds, never less.
 *
 * Nothing here depends on what an import of tables can change: an entity, the
 * bundled numbering of communes and their ranks, no centre, link, group or
 * rule.
 */
#ifndef ENGINE_MATCH_POSTINGS_H
#define ENGINE_MATCH_POSTINGS_H

#include "engine/match/law.h"
#include "engine/match/match.h"
#include "engine/match/person.h"

/* ---- Codes -------------------------------------------------------------- */

/* Codes of the index: distinct and ascending once sorted. */
struct codes {
    uint32_t *at;
    size_t n;
};

/* The code of a ROME code. */
uint32_t postings_rome_code(struct slice rome);

/* People stand under a wished ROME and a band of mobility: would those who go
 * 20 km share blocks with those who go 100, every block would reach 100 km.
 * (More bands than two make too few neighbours for a block.)  This is the
 * code of the first band, the other follows it. */
#define POSTINGS_BANDS 2
#define POSTINGS_NEAR_KM 30 /* the first band goes that far */
uint32_t postings_wish_code(struct slice rome);

/* The band of kilometres, from 0. */
uint32_t postings_band(int64_t mobility_km);

/* The first of the codes of wishes with the same first three characters as
 * ROME, and how many numbers they take. */
#define POSTINGS_FAMILY (100 * POSTINGS_BANDS)
/* POSTINGS_FAMILY codes from this one on. */
uint32_t postings_family_code(struct slice rome);

/* The code of the division that a CPV code lies in. */
uint32_t postings_cpv_code(struct slice cpv);

/* The code of a sector; two sectors may share one. */
uint32_t postings_sector_code(struct slice sector);

/* Append the codes of a list; there is room for them. */
void postings_add_codes(struct codes *codes, struct slices from,
                        uint32_t (*code)(struct slice));

/* Sort what is there and drop repeats. */
void postings_sort_codes(struct codes *codes);

/* The code under which the hours of a market stand; two may share one. */
uint32_t postings_market_code(struct slice market);

/* The rank of a commune's number, REFERENCE_NO_RANK of none. */
uint16_t postings_rank(const struct reference *ref, uint32_t commune);

/* ---- What is derived of one record -------------------------------------- */

struct derived_posting {
    enum index_kind kind;
    struct posting posting;
};
struct derived {
    struct derived_posting *at; /* distinct (kind, code, where, when) */
    size_t n;
    int has_side; /* people alone */
    uint64_t key;
    unsigned char row[INDEX_SIDE];
};

/* One for each entity, in a file of its own.  Arrays live in ARENA; VALUE
 * NULL derives nothing.  ERR_NOMEM. */
enum err derive_profile(const struct reference *ref, struct arena *arena,
                        uint32_t number, const struct profile *value,
                        struct derived *out);
/* Of an active one: a posting for each code and zone of its activities. */
enum err derive_structure(const struct reference *ref, struct arena *arena,
                          uint32_t number, const struct structure *value,
                          struct derived *out);
/* Of an open one: a posting for each code of its lots, and each job. */
enum err derive_market(const struct reference *ref, struct arena *arena,
                       uint32_t number, const struct market *value,
                       struct derived *out);

/* By market, so that they can be added up. */
enum err derive_hours(struct arena *arena, uint32_t number,
                      const struct hours *value, struct derived *out);

/* What the index should hold of VALUE (NULL: nothing). */
enum err postings_derive(const struct reference *ref, struct arena *arena,
                         unsigned entity, uint32_t number, const void *value,
                         struct derived *out);

/* Write what the index holds of a new or changed record, and remove what it
 * held of the old one (NULL: there was none). */
enum err postings_change(struct store_batch *batch, const struct reference *ref,
                         struct arena *arena, unsigned entity, uint32_t number,
                         const void *before, const void *after);

/* Hand what is derived of a decoded record to a build. */
enum err postings_build(struct index_build *build, const struct reference *ref,
                        struct arena *arena, unsigned entity, uint32_t number,
                        const void *value);

/* The same added to sums of index_posting_sum and index_side_sum. */
struct postings_sums {
    uint64_t postings[INDEX_KINDS_END];
    uint64_t side;
};
/* VALUE NULL adds nothing. */
enum err postings_sum(const struct reference *ref, struct arena *arena,
                      unsigned entity, uint32_t number, const void *value,
                      struct postings_sums *sums);

/* The stamp of an index that this code derives over these tables. */
uint64_t postings_stamp(const struct reference *ref);

/* ---- People ------------------------------------------------------------- */

/* Columns of facts. */
enum {
    PERSON_AVAILABLE, /* days since 1970; 0: always, or before */
    PERSON_FACTS,     /* bits: see postings_facts */
    PERSON_ABILITIES, /* bits: see below */
    PERSON_COLUMNS
};

/* hours_min (0 to 48), hours_max (63: any), and whether there are a vehicle,
 * licence B, a licence of lorries or buses, two criteria or more. */
#define ABILITY_MAX_SHIFT 6
#define ABILITY_HOURS 63u
#define ABILITY_VEHICLE (1u << 12)
#define ABILITY_LICENCE_B (1u << 13)
#define ABILITY_LICENCE_HEAVY (1u << 14)
#define ABILITY_SEVERAL (1u << 15)
#define LICENCES_HEAVY                                                         \
    (BIT(LICENCE_C1) | BIT(LICENCE_C) | BIT(LICENCE_CE) | BIT(LICENCE_D1) |    \
     BIT(LICENCE_D) | BIT(LICENCE_DE))

/* The column of facts (proofs.h), dates set aside: a bit for each, but that
 * some share one.  What the facts prove is for the question to say: no table
 * of rules has a part in what is stored. */
uint16_t postings_facts(uint32_t facts);

/* `when` of a person: months since 1969-12 x 32 + day of the registration, so
 * that whole months between two are a subtraction and a shift. */
#define REGISTERED_OLD 0     /* before 1970 */
#define REGISTERED_UNKNOWN 1 /* or not known: no date has this key */
uint16_t postings_registered(int64_t date);

/* `reach` of a person: kilometres of mobility; 255: as many or more. */
#define REACH_MORE 255

/* Days since 1970 in 16 bits: 0 before, 65535 after. */
uint16_t postings_day(int64_t date);

/* The side row of a person: everything that is judged; the id if it is short,
 * and the ends of the criteria if there is room. */
#define PERSON_ID_INLINE 24
/* Every byte of ROW is written. */
void postings_pack_person(const struct reference *ref, const struct profile *p,
                          unsigned char row[INDEX_SIDE]);

/* It will be unpacked and judged soon: the commune is on its way. */
void postings_person_ahead(const struct reference *ref,
                           const unsigned char row[INDEX_SIDE]);

/* And back, without the id's hash; dated is NULL. */
void postings_unpack_person(const struct reference *ref,
                            const unsigned char row[INDEX_SIDE],
                            struct person *p);

/* The id in a side row, borrowed; {NULL, 0}: too long to stand there. */
struct slice postings_unpack_id(const unsigned char row[INDEX_SIDE]);

/* ---- Lots and jobs of open markets -------------------------------------- */

/* The code of lots that ask for no work: any structure may fit them. */
#define POSTINGS_ANYTHING (UINT32_C(4) << 28)

/* `where` is the number of the first commune of the place or of the work
 * (REFERENCE_NO_RANK: it may be anywhere); columns of facts: */
enum {
    SPOT_LAST,     /* number of the last commune */
    SPOT_DEADLINE, /* days since 1970 in Paris; 65535: none, or later */
    SPOT_LAW       /* of a lot: bits of the kinds that its clauses allow, and of
                      the modes it wants, or none; of a job: of the publics
                      that clauses list, or none */
};
#define SPOT_LAW_MODES kind_words /* shift */

/* `when` of a job; that of a lot is its number. */
#define SPOT_JOBS 64
static inline unsigned spot_when(unsigned lot, unsigned job)
{
    return lot * SPOT_JOBS + job - 1;
}

#endif
