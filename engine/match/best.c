/*
 * Entries in the order in which they came, their scores counted, and a table
 * that finds them by number.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/best.h"

/* So many times the room before those that lost are dropped. */
#define MOST 4

/* ---- By number ---------------------------------------------------------- */

/* The slot of NUMBER, or the empty one where it belongs. */
static uint16_t *slot_of(const struct best *b, uint32_t number)
{
    uint32_t at = number * UINT32_C(0x9e3779b1) >> 7 & b->mask;

    while (b->slots[at] && b->at[b->slots[at] - 1].number != number)
        at = (at + 1) & b->mask;
    return &b->slots[at];
}

static void fill_slots(struct best *b)
{
    memset(b->slots, 0, (b->mask + (size_t)1) * sizeof *b->slots);
    for (size_t i = 0; i < b->n; i++)
        *slot_of(b, b->at[i].number) = (uint16_t)(i + 1);
}

enum err best_init(struct best *b, struct workspace *workspace, size_t room,
                   best_ties *ties, const void *context)
{
    size_t most = MOST * room, slots = 64;
    char *at;

    assert(room <= BEST_ROOM_MAX);
    while (slots < 2 * most)
        slots *= 2;
    at = workspace_room(workspace, ROOM_TOP,
                        2 * most * sizeof *b->at + slots * sizeof *b->slots);
    if (!at)
        return ERR_NOMEM;
    *b = (struct best){.at = (struct best_entry *)at,
                       .room = room,
                       .most = most,
                       .low = BEST_SCORE_MAX,
                       .bar = UINT64_MAX,
                       .sorted = (struct best_entry *)at + most,
                       .slots = (uint16_t *)(at + 2 * most * sizeof *b->at),
                       .mask = (uint32_t)slots - 1,
                       .ties = ties,
                       .context = context};
    fill_slots(b);
    return ERR_NONE;
}

/* ---- By score ----------------------------------------------------------- */

static void count_in(struct best *b, int32_t score)
{
    if (b->counted < b->room && score < b->low)
        b->low = score;
    b->count[score]++;
    b->counted++;
    while (b->counted - b->count[b->low] >= b->room) {
        b->counted -= b->count[b->low++];
        b->bar = UINT64_MAX;
    }
}

static void count_out(struct best *b, int32_t score)
{
    if (score < b->low)
        return;
    b->count[score]--;
    b->counted--;
}

int best_compare(const struct best_entry *a, const struct best_entry *b)
{
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (a->tie > b->tie) - (a->tie < b->tie);
}

static int compare(const void *a, const void *b)
{
    return best_compare(a, b);
}

/* Those of one score are a handful, mostly. */
#define HANDFUL 64

static void sort(struct best_entry *at, size_t n)
{
    if (n > HANDFUL) {
        qsort(at, n, sizeof *at, compare);
        return;
    }
    for (size_t i = 1, k; i < n; i++) {
        struct best_entry entry = at[i];

        for (k = i; k && entry.tie < at[k - 1].tie; k--)
            at[k] = at[k - 1];
        at[k] = entry;
    }
}

/* Of those of one score, that which belongs in PLACE by its tie goes there,
 * none before it has a greater one, none behind it a lesser (Hoare's FIND). */
static void select_place(struct best_entry *at, ptrdiff_t n, ptrdiff_t place)
{
    ptrdiff_t first = 0, last = n - 1;

    while (first < last) {
        uint64_t tie = at[place].tie;
        ptrdiff_t i = first, k = last;

        while (i <= k) {
            struct best_entry entry;

            while (at[i].tie < tie)
                i++;
            while (at[k].tie > tie)
                k--;
            if (i > k)
                break;
            entry = at[i];
            at[i++] = at[k];
            at[k--] = entry;
        }
        if (k < place)
            first = i;
        if (place < i)
            last = k;
    }
}

/* Those that score LOW have their ties: as many as there is room for go in
 * front. */
static void select_low(struct best *b, struct best_entry *low)
{
    size_t above = b->counted - b->count[b->low];
    size_t room = b->room - above;

    if (b->counted > b->room)
        select_place(low, (ptrdiff_t)b->count[b->low], (ptrdiff_t)room - 1);
}

/* Those that count, to their places by score alone: groups of one score, the
 * best first. */
static void group(struct best *b)
{
    uint32_t first = 0, next[BEST_SCORE_MAX + 1];

    for (int32_t score = BEST_SCORE_MAX; score >= b->low; score--) {
        next[score] = first;
        first += b->count[score];
    }
    for (size_t i = 0; i < b->n; i++)
        if (b->at[i].score >= b->low)
            b->sorted[next[b->at[i].score]++] = b->at[i];
}

static void swap_rooms(struct best *b)
{
    struct best_entry *at = b->at;

    b->at = b->sorted;
    b->sorted = at;
}

void best_sort(struct best *b)
{
    group(b);
    swap_rooms(b);
    b->n = b->counted < b->room ? b->counted : b->room;
    b->ties(b->context, b->at, b->counted);
    if (b->n)
        select_low(b, b->at + (b->counted - b->count[b->low]));
    for (size_t i = 0, end; i < b->n; i = end) {
        end = i + b->count[b->at[i].score];
        end = end < b->n ? end : b->n;
        sort(b->at + i, end - i);
    }
}

/* Those that lost go.  Where so many are equal, the rest is asked for its tie
 * before it is taken. */
static void cut(struct best *b)
{
    struct best_entry *above = b->sorted, *low;

    low = above + (b->counted - b->count[b->low]);
    for (size_t i = 0, k = 0; i < b->n; i++) {
        if (b->at[i].score > b->low)
            *above++ = b->at[i];
        else if (b->at[i].score == b->low)
            low[k++] = b->at[i];
    }
    swap_rooms(b);
    b->ties(b->context, low, b->count[b->low]);
    select_low(b, low);
    b->count[b->low] -= (uint32_t)(b->counted - b->room);
    b->n = b->counted = b->room;
    b->bar = 0;
    for (size_t i = 0; i < b->count[b->low]; i++)
        b->bar = low[i].tie > b->bar ? low[i].tie : b->bar;
    fill_slots(b);
}

static int is_better(const struct best *b, struct best_entry *new)
{
    if (new->score > b->low || b->bar == UINT64_MAX)
        return 1;
    b->ties(b->context, new, 1);
    return new->tie <= b->bar;
}

void best_offer(struct best *b, int64_t score, uint32_t number, uint32_t fit)
{
    struct best_entry new = {0, (int32_t)score, number, fit}, *old;
    uint16_t *slot;

    if (score < best_least(b) || !is_better(b, &new))
        return;
    if (b->n == b->most)
        cut(b);
    slot = slot_of(b, number);
    if (!*slot) {
        b->at[b->n++] = new;
        *slot = (uint16_t)b->n;
        count_in(b, new.score);
        return;
    }
    /* A better fit never scores less: what stands there only improves. */
    old = &b->at[*slot - 1];
    if (score > old->score || (score == old->score && fit > old->fit)) {
        count_out(b, old->score);
        *old = new;
        count_in(b, new.score);
    }
}
