/*
 * A list for each promise: they are whole numbers up to 1000.
 */
#include <string.h>

#include "engine/match/structure_queue.h"

#define ROOM_FIRST 1024
#define NONE UINT32_MAX

void structure_queue_begin(struct structure_queue *q,
                           struct workspace *workspace)
{
    q->workspace = workspace;
    q->at = NULL;
    q->n = q->room = 0;
    q->top = STRUCTURE_SCORE_MAX;
    memset(q->first, 0xff, sizeof q->first);
}

enum err structure_queue_add(struct structure_queue *q, int32_t promise,
                             const struct waiting *one)
{
    if (q->n == q->room) {
        uint32_t room = q->room ? 2 * q->room : ROOM_FIRST;
        struct waiting *at =
            workspace_room(q->workspace, ROOM_QUEUE, room * sizeof *at);

        if (!at)
            return ERR_NOMEM;
        q->at = at;
        q->room = room;
    }
    promise = promise < q->top ? promise : q->top;
    q->at[q->n] = *one;
    q->at[q->n].next = q->first[promise];
    q->first[promise] = q->n++;
    return ERR_NONE;
}

const struct waiting *structure_queue_next(struct structure_queue *q)
{
    while (q->first[q->top] == NONE && q->top)
        q->top--;
    return q->first[q->top] == NONE ? NULL : &q->at[q->first[q->top]];
}

int structure_queue_take(struct structure_queue *q, struct waiting *out)
{
    const struct waiting *next = structure_queue_next(q);

    if (!next)
        return 0;
    *out = *next;
    q->first[q->top] = out->next;
    return 1;
}
