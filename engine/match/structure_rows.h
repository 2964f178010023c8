/*
 * Rows of structures against a lot: structure.c's judgement of one activity,
 * from what a posting holds.
 */
#ifndef ENGINE_MATCH_STRUCTURE_ROWS_H
#define ENGINE_MATCH_STRUCTURE_ROWS_H

#include "engine/match/structure.h"
#include "engine/match/structure_ask.h"
#include "engine/match/structure_facts.h"

#define STRUCTURE_ROWS INDEX_ROWS(FACT_COLUMNS)

/* Rows of BLOCK that no filter but the zone refuses, and whose zone may meet
 * the place: their positions in OUT, how many is returned. */
size_t structure_rows_pass(const struct structure_ask *ask,
                           const struct index_block *block,
                           uint16_t out[STRUCTURE_ROWS]);

/* The level of row I for the N wants of its code; LEVEL_ABSENT: unknown;
 * 0: none after all. */
int32_t structure_row_level(const struct index_block *block, size_t i,
                            const struct want *wants, size_t n);

/* What was learnt of a row and the place; -1 is not known. */
struct row_place {
    int16_t coverage;
    int16_t km;
    int is_whole; /* the zone holds all of the place */
};

enum row_verdict {
    ROW_MATCHES,
    ROW_REFUSED, /* or scores less than asked for */
    ROW_HIDDEN   /* only the record can tell */
};

/* What row I scores without the place, a thousandfold: at LEVEL, of an
 * activity that staffs SEATS (bits of ask's jobs). */
int32_t structure_row_work(const struct structure_ask *ask,
                           const struct index_block *block, size_t i,
                           int32_t level, uint64_t seats);

/* The most that it can score, and closer if IS_BOUNDED by who lives in reach,
 * which costs more. */
int32_t structure_row_most(const struct structure_ask *ask,
                           const struct index_block *block, size_t i,
                           int32_t work, int is_bounded);

/* Judge row I of that WORK.  SCORE and PLACE are its own if it matches, with
 * LEAST or more.  ERR_NOMEM. */
enum err structure_row_judge(const struct structure_ask *ask,
                             const struct index_block *block, size_t i,
                             int32_t work, int32_t least, int32_t *score,
                             struct row_place *place,
                             enum row_verdict *verdict);

/* All that structure_judge says of an activity that matches, at the LEVEL,
 * SEATS and PLACE that it was judged with; the zone, left out where nothing
 * asks for it, lives in the scratch of the case.  ERR_NOMEM. */
enum err structure_row_result(const struct structure_ask *ask,
                              const struct index_block *block, size_t i,
                              int32_t level, uint64_t seats,
                              const struct row_place *place,
                              struct structure_result *out);

/* The hash of its id. */
uint64_t structure_row_id(const struct index_block *block, size_t i);

#endif
