/*
 * Memory that one thread uses again for every match: a question of some
 * microseconds cannot afford to ask the system for it.
 */
#ifndef ENGINE_MATCH_WORKSPACE_H
#define ENGINE_MATCH_WORKSPACE_H

#include "protocol/arena.h"

/* What is kept in rooms: one user each at a time. */
enum room {
    ROOM_RUNS,    /* people.c: kilometres to runs of communes */
    ROOM_QUEUE,   /* people.c: what is still to be looked at */
    ROOM_TOP,     /* people.c: the best so far */
    ROOM_WINNERS, /* people.c: those of them that match */
    ROOM_SLOTS,   /* seen.c */
    ROOM_SEEN,
    ROOM_BLOCKS, /* structure_search.c: what was read */
    ROOM_PROOFS, /* proofs.c: the tables of a day */
    ROOMS
};

struct workspace;

/* A workspace of nobody; NULL without memory. */
struct workspace *workspace_new(void);
/* NULL is fine. */
void workspace_free(struct workspace *workspace);

/* At least BYTES, with what was there before in front; not cleared.  It moves
 * when it grows.  NULL without memory. */
void *workspace_room(struct workspace *workspace, enum room room, size_t bytes);

/* Was this room ever asked for? */
int workspace_has(const struct workspace *workspace, enum room room);

/* Its two arenas, emptied, unless a lot case has them; then 0. */
int workspace_take(struct workspace *workspace, struct arena **lot,
                   struct arena **scratch);
/* The lot case is over. */
void workspace_give(struct workspace *workspace);

#endif
