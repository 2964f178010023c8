/*
 * Rooms grow by doubling and are never given back before the workspace is.
 */
#include <stdlib.h>

#include "engine/match/lot.h"
#include "engine/match/workspace.h"

struct workspace {
    struct {
        void *at;
        size_t bytes;
    } rooms[ROOMS];
    struct arena *lot;
    struct arena *scratch;
    int taken;
};

struct workspace *workspace_new(void)
{
    struct workspace *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->lot = arena_new(LOT_BYTES_MAX);
    w->scratch = arena_new(CANDIDATE_BYTES_MAX);
    if (w->lot && w->scratch)
        return w;
    workspace_free(w);
    return NULL;
}

void workspace_free(struct workspace *w)
{
    if (!w)
        return;
    for (int i = 0; i < ROOMS; i++)
        free(w->rooms[i].at);
    arena_free(w->lot);
    arena_free(w->scratch);
    free(w);
}

void *workspace_room(struct workspace *w, enum room room, size_t bytes)
{
    size_t size = w->rooms[room].bytes ? w->rooms[room].bytes : 4096;
    void *at;

    if (w->rooms[room].bytes >= bytes)
        return w->rooms[room].at;
    while (size < bytes)
        size *= 2;
    if (!(at = realloc(w->rooms[room].at, size)))
        return NULL;
    w->rooms[room].at = at;
    w->rooms[room].bytes = size;
    return at;
}

int workspace_has(const struct workspace *w, enum room room)
{
    return w->rooms[room].at != NULL;
}

int workspace_take(struct workspace *w, struct arena **lot,
                   struct arena **scratch)
{
    if (w->taken)
        return 0;
    w->taken = 1;
    arena_reset(w->lot);
    arena_reset(w->scratch);
    *lot = w->lot;
    *scratch = w->scratch;
    return 1;
}

void workspace_give(struct workspace *w)
{
    w->taken = 0;
}
