/*
 * Open addressing, at most half full: keys are few and short-lived.
 */
#include <string.h>

#include "engine/match/seen.h"

#define SLOTS_FIRST 1024

static uint32_t slot_of(const struct seen_table *t, uint64_t key)
{
    uint32_t i = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

    for (i &= t->mask; t->slots[i]; i = (i + 1) & t->mask)
        if (t->at[t->slots[i] - 1].key == key)
            break;
    return i;
}

static enum err make_slots(struct seen_table *t, uint32_t n)
{
    uint32_t *slots =
        workspace_room(t->workspace, ROOM_SLOTS, n * sizeof *slots);

    if (!slots)
        return ERR_NOMEM;
    memset(slots, 0, n * sizeof *slots);
    t->slots = slots;
    t->mask = n - 1;
    for (uint32_t i = 0; i < t->n; i++)
        slots[slot_of(t, t->at[i].key)] = i + 1;
    return ERR_NONE;
}

enum err seen_begin(struct seen_table *t, struct workspace *workspace)
{
    *t = (struct seen_table){.workspace = workspace};
    return make_slots(t, SLOTS_FIRST);
}

struct seen *seen_find(const struct seen_table *t, uint64_t key)
{
    uint32_t at = t->slots[slot_of(t, key)];

    return at ? &t->at[at - 1] : NULL;
}

struct seen *seen_add(struct seen_table *t, uint64_t key)
{
    if (2 * (t->n + 1) > t->mask && make_slots(t, 4 * (t->mask + 1)))
        return NULL;
    if (t->n == t->room) {
        uint32_t room = t->room ? 2 * t->room : SLOTS_FIRST;
        struct seen *at =
            workspace_room(t->workspace, ROOM_SEEN, room * sizeof *at);

        if (!at)
            return NULL;
        t->at = at;
        t->room = room;
    }
    t->slots[slot_of(t, key)] = t->n + 1;
    t->at[t->n] = (struct seen){.key = key};
    return &t->at[t->n++];
}
