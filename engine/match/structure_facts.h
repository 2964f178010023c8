/*
 * What a posting says of one activity of a structure under one code: all that
 * a lot may ask, so that a match reads records of winners alone.
 *
 * Who can match no lot at all (not active, no free hours) has no posting.  A
 * zone of codes stands once for each of its areas, a circle once:
 *
 *   zone          where                         reach
 *   within_km     half the home's rank          slack + kilometres
 *   codes         STRUCTURE_AREAS + area, where slack
 *                 a quarter of a commune's
 *                 number is near enough
 *   not in facts  STRUCTURE_HIDDEN              slack
 *
 * The slack is 0, or how far an own position can be from the bundled centre of
 * its home commune; a reach beyond 254 km, or unknown, is STRUCTURE_REACH_ANY.
 *
 * `when` keeps rows of one place apart: the activity, and which of its codes.
 */
#ifndef ENGINE_MATCH_STRUCTURE_FACTS_H
#define ENGINE_MATCH_STRUCTURE_FACTS_H

#include "engine/match/areas.h"
#include "protocol/entities.h"
#include "store/index.h"

/* Columns; what takes several has its lowest 16 bits first. */
enum {
    FACT_CLASS,
    FACT_FROM,  /* first and last day of the agreement, since 1970: */
    FACT_UNTIL, /* 0 also before, 65535 also after, and without end */
    FACT_FREE,  /* free hours: UINT32_MAX unknown */
    FACT_MIN = FACT_FREE + 2,
    FACT_MAX = FACT_MIN + 3, /* cents; 2^48 - 1: any */
    FACT_HOME = FACT_MAX + 3,
    FACT_DETAIL, /* of a CPV its digits, of a sector more of its hash */
    FACT_AT = FACT_DETAIL + 2, /* own position, if it has one */
    FACT_AREAS = FACT_AT + 6,  /* of a circle: its kilometres, then nothing */
    FACT_ID = FACT_AREAS + 4,  /* hash of the id */
    FACT_COLUMNS = FACT_ID + 4
};

/* FACT_CLASS: kind, modes it has, public share; flags. */
#define CLASS_KIND 15u
#define CLASS_MODES 7u
#define CLASS_SHARE 3u
#define CLASS_MODES_SHIFT 4
#define CLASS_SHARE_SHIFT 7
enum { SHARE_UNKNOWN, SHARE_LOW, SHARE_ENOUGH, SHARE_NONE };
#define CLASS_NATIONWIDE (1u << 9)
#define CLASS_OWN (1u << 10)    /* has a position of its own */
#define CLASS_STAFFS (1u << 11) /* names a job */
#define CLASS_DERIVED (1u << 12)
#define CLASS_MORE (1u << 13) /* has areas beyond those of its row */

/* Days that fit; a question of another start judges records. */
#define FACT_DAY_MIN 1
#define FACT_DAY_MAX 65534

/* Areas of one activity; a zone of more is hidden.  Rows of one activity;
 * more (320 codes in 32 areas) would make a record of megabytes. */
#define STRUCTURE_AREAS_MAX 32
#define STRUCTURE_ROWS_MAX 1024
#define STRUCTURE_AREAS_HELD 4

/* `where`. */
#define STRUCTURE_AREAS 0x8000u /* and above: areas; below: circles */
#define STRUCTURE_HIDDEN 0xffffu
/* A circle: by the rank of its middle. */
uint16_t structure_where_of_rank(uint16_t rank);
/* Areas: by one of them; four communes share a value. */
uint16_t structure_where_of_area(uint16_t area);

/* `reach`. */
#define STRUCTURE_REACH_MAX 254
#define STRUCTURE_REACH_ANY 255

/* The activity of a `when`. */
static inline unsigned structure_activity(uint16_t when)
{
    return when >> 10;
}

/* The code under which every activity stands. */
#define STRUCTURE_CODE_ALL (UINT32_C(4) << 28)

/* FACT_DETAIL of a CPV: eight digits, and how many stay without trailing
 * zeros, from two; of a sector: what its code leaves of its hash. */
uint32_t structure_cpv_detail(struct slice cpv);
/* Of a sector. */
uint32_t structure_sector_detail(struct slice sector);

/* The level that activity_cpv_level gives to two details. */
int64_t structure_cpv_level(uint32_t a, uint32_t b);

/* Numbers of several columns of row I. */
static inline uint16_t fact_16(const struct index_block *b, size_t i, int fact)
{
    return b->facts[(size_t)fact * b->rows + i];
}
static inline uint32_t fact_32(const struct index_block *b, size_t i, int fact)
{
    return fact_16(b, i, fact) | (uint32_t)fact_16(b, i, fact + 1) << 16;
}
static inline int64_t fact_48(const struct index_block *b, size_t i, int fact)
{
    return (int64_t)(fact_32(b, i, fact) | (uint64_t)fact_16(b, i, fact + 2)
                                               << 32);
}
static inline uint64_t fact_64(const struct index_block *b, size_t i, int fact)
{
    return fact_32(b, i, fact) | (uint64_t)fact_32(b, i, fact + 2) << 32;
}

#endif
