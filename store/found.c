/*
 * Pages of heads that a view was asked for before, so that one way through the
 * tree is enough for all questions of a snapshot.  A view keeps them while it
 * is idle, and nobody else looks at them: they need no lock.
 *
 * What is found depends on the snapshot, so each entry names its own and is
 * nothing to any other; an entry gives way to whatever falls on its slot.
 */
#include <stdlib.h>
#include <string.h>

#include "store/index_parts.h"

/* A country has some 2,000 pages and lists. */
#define SLOTS_BITS 12

/* One line of the cache. */
struct found_slot {
    _Alignas(64) uint64_t snapshot;
    struct found_key from;
    struct found_page page;
};

_Static_assert(sizeof(struct found_slot) == 64, "and not two");

struct found {
    struct found_slot slots[(size_t)1 << SLOTS_BITS];
};

static struct found *found_new(void)
{
    struct found *found = aligned_alloc(sizeof *found->slots, sizeof *found);

    return found ? memset(found, 0, sizeof *found) : NULL;
}

void found_free(struct found *found)
{
    free(found);
}

static struct found_slot *slot_of(struct found *found,
                                  const struct found_key *key)
{
    uint64_t hash = (key->order ^ (uint64_t)key->code << 8 ^ key->kind) *
                    UINT64_C(0x9e3779b97f4a7c15);

    return &found->slots[hash >> (64 - SLOTS_BITS)];
}

int found_get(const struct store_view *view, const struct found_key *from,
              struct found_page *out)
{
    const struct found_slot *slot;

    if (!view->found || !view->snapshot)
        return 0;
    slot = slot_of(view->found, from);
    if (slot->snapshot != view->snapshot || slot->from.order != from->order ||
        slot->from.code != from->code || slot->from.kind != from->kind)
        return 0;
    *out = slot->page;
    return 1;
}

void found_keep(struct store_view *view, const struct found_key *from,
                const struct found_page *page)
{
    if (!view->snapshot || (!view->found && !(view->found = found_new())))
        return;
    *slot_of(view->found, from) =
        (struct found_slot){view->snapshot, *from, *page};
}
