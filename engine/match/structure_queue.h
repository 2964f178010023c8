/*
 * What a search of structures still has to look at, best promise first: blocks
 * to be opened into rows, and rows to be measured.
 */
#ifndef ENGINE_MATCH_STRUCTURE_QUEUE_H
#define ENGINE_MATCH_STRUCTURE_QUEUE_H

#include "engine/match/workspace.h"
#include "protocol/types.h"
#include "store/index.h"

#define STRUCTURE_SCORE_MAX 1000

struct waiting {
    const struct index_head *head; /* of a block; NULL: a row */
    uint64_t seats;                /* of a row */
    uint32_t next;                 /* of the same promise */
    uint32_t at;                   /* block: the first want of its code's;
                                      row: the position of its block */
    int32_t work;                  /* row: its score without the place */
    uint16_t row;
    int16_t level;
    int16_t most;       /* that the row can score */
    int16_t is_bounded; /* by who lives in reach too */
};

struct structure_queue {
    struct workspace *workspace;
    struct waiting *at;
    uint32_t n, room;
    int32_t top; /* nothing that waits promises more */
    uint32_t first[STRUCTURE_SCORE_MAX + 1];
};

/* Nothing waits yet. */
void structure_queue_begin(struct structure_queue *queue,
                           struct workspace *workspace);
/* ONE waits as long as there is more than PROMISE; it may come late, and is
 * then the next.  ERR_NOMEM. */
enum err structure_queue_add(struct structure_queue *queue, int32_t promise,
                             const struct waiting *one);
/* What would be taken next, until something is added; NULL: nothing waits. */
const struct waiting *structure_queue_next(struct structure_queue *queue);
/* Take the best; 0 when nothing waits. */
int structure_queue_take(struct structure_queue *queue, struct waiting *out);

#endif
