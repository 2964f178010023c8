/*
 * All sets, by adding one candidate after the other.  A set that covers is not
 * extended: whatever joins it would be one too many.
 */
#include "engine/match/group.h"

#include <stdlib.h>

#define BIT_OF(i) (UINT64_C(1) << (i))

static int hours_suffice(const struct group_ask *ask, uint64_t set)
{
    int64_t sum = 0;

    if (ask->asked == ABSENT)
        return 1;
    for (; set; set &= set - 1) {
        int64_t hours = ask->hours[__builtin_ctzll(set)];

        if (hours == ABSENT)
            return 1;
        sum += hours;
    }
    return sum >= ask->asked;
}

int group_covers(const struct group_ask *ask, uint64_t set)
{
    for (size_t k = 0; k < ask->n_needs; k++)
        if (!(ask->needs[k] & set))
            return 0;
    return hours_suffice(ask, set);
}

static int needs_every_member(const struct group_ask *ask, uint64_t set)
{
    for (uint64_t rest = set; rest; rest &= rest - 1)
        if (group_covers(ask, set & ~(rest & -rest)))
            return 0;
    return 1;
}

static int holds_operator(const struct group_ask *ask, uint64_t set,
                          uint32_t who)
{
    for (; set; set &= set - 1)
        if (ask->operators[__builtin_ctzll(set)] == who)
            return 1;
    return 0;
}

static enum err add(struct group_sets *sets, uint64_t set)
{
    size_t room = sets->room ? 2 * sets->room : 64;
    uint64_t *at;

    if (sets->n == sets->room) {
        if (!(at = realloc(sets->at, room * sizeof *at)))
            return ERR_NOMEM;
        sets->at = at;
        sets->room = room;
    }
    sets->at[sets->n++] = set;
    return ERR_NONE;
}

/* SET and candidates from FROM on, at most MORE of them. */
static enum err extend(const struct group_ask *ask, uint64_t set, size_t from,
                       int more, struct group_sets *out)
{
    enum err e = ERR_NONE;

    for (size_t i = from; i < ask->n && !e; i++) {
        uint64_t with = set | BIT_OF(i);

        if (holds_operator(ask, set, ask->operators[i]))
            continue;
        if (!group_covers(ask, with))
            e = more > 1 ? extend(ask, with, i + 1, more - 1, out) : ERR_NONE;
        else if (set && needs_every_member(ask, with))
            e = add(out, with);
    }
    return e;
}

enum err group_find(const struct group_ask *ask, struct group_sets *out)
{
    *out = (struct group_sets){NULL, 0, 0};
    return extend(ask, 0, 0, GROUP_MEMBERS_MAX, out);
}

void group_sets_free(struct group_sets *sets)
{
    free(sets->at);
    *sets = (struct group_sets){NULL, 0, 0};
}

static int compare_needs(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    int x = __builtin_popcountll(a), y = __builtin_popcountll(b);

    return x != y ? x - y : (a > b) - (a < b);
}

size_t group_reduce(uint64_t *needs, size_t n)
{
    size_t kept = 0;

    if (n)
        qsort(needs, n, sizeof *needs, compare_needs);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < kept && (needs[k] & needs[i]) != needs[k])
            k++;
        if (k == kept)
            needs[kept++] = needs[i];
    }
    return kept;
}
