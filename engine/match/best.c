/*
 * A heap in a workspace.
 */
#include <string.h>

#include "engine/match/best.h"

enum err best_init(struct best *b, struct workspace *workspace, size_t room)
{
    char *at = workspace_room(workspace, ROOM_TOP,
                              room * (sizeof *b->at + sizeof *b->numbers));

    if (!at)
        return ERR_NOMEM;
    b->at = (struct best_entry *)at;
    b->numbers = (uint32_t *)(at + room * sizeof *b->at);
    b->n = 0;
    b->room = room;
    memset(b->seen, 0, sizeof b->seen);
    return ERR_NONE;
}

int64_t best_least(const struct best *b)
{
    return b->n < b->room ? -1 : b->at[0].score;
}

int best_compare(const struct best_entry *a, const struct best_entry *b)
{
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (a->tie > b->tie) - (a->tie < b->tie);
}

static void set(struct best *b, size_t i, const struct best_entry *entry)
{
    b->at[i] = *entry;
    b->numbers[i] = entry->number;
}

static void sift_up(struct best *b, size_t i, const struct best_entry *entry)
{
    for (; i && best_compare(entry, &b->at[(i - 1) / 2]) > 0; i = (i - 1) / 2)
        set(b, i, &b->at[(i - 1) / 2]);
    set(b, i, entry);
}

static void sift_down(struct best *b, size_t i, const struct best_entry *entry)
{
    for (size_t child; (child = 2 * i + 1) < b->n; i = child) {
        if (child + 1 < b->n &&
            best_compare(&b->at[child + 1], &b->at[child]) > 0)
            child++;
        if (best_compare(entry, &b->at[child]) >= 0)
            break;
        set(b, i, &b->at[child]);
    }
    set(b, i, entry);
}

/* Where a number stands; n when it does not. */
static size_t find(const struct best *b, uint32_t number)
{
    size_t at = b->n;

    for (size_t i = 0; i < b->n; i++)
        at = b->numbers[i] == number ? i : at;
    return at;
}

static uint32_t bit_of(uint32_t number)
{
    return (uint32_t)(number * UINT32_C(0x9e3779b1)) >> 20;
}

/* One that stands nowhere yet. */
static void enter(struct best *b, const struct best_entry *entry)
{
    uint32_t bit = bit_of(entry->number);

    b->seen[bit / 64] |= UINT64_C(1) << bit % 64;
    if (b->n < b->room)
        sift_up(b, b->n++, entry);
    else
        sift_down(b, 0, entry);
}

void best_offer(struct best *b, const struct best_entry *entry)
{
    uint32_t bit = bit_of(entry->number);
    size_t at = b->n;

    if (b->n == b->room && best_compare(entry, &b->at[0]) >= 0)
        return;
    if (b->seen[bit / 64] >> bit % 64 & 1)
        at = find(b, entry->number);
    if (at == b->n)
        enter(b, entry);
    /* A better fit never scores less: what stands there only improves. */
    else if (entry->score > b->at[at].score ||
             (entry->score == b->at[at].score && entry->fit > b->at[at].fit))
        sift_down(b, at, entry);
}

/* The worst stands in front: take it off to the end until none is left. */
void best_sort(struct best *b)
{
    size_t n = b->n;

    while (b->n > 1) {
        struct best_entry worst = b->at[0];
        struct best_entry last = b->at[--b->n];

        sift_down(b, 0, &last);
        set(b, b->n, &worst);
    }
    b->n = n;
}
