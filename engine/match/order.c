/*
 * Tie numbers and a bounded heap.  Nothing here depends on the order in which
 * candidates come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/order.h"

uint64_t order_hash_more(uint64_t hash, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t order_hash(struct slice text)
{
    return order_hash_more(UINT64_C(0xcbf29ce484222325), text);
}

uint64_t order_hash_number(uint64_t hash, int64_t number)
{
    char text[24];
    int n = snprintf(text, sizeof text, "/%lld", (long long)number);

    return order_hash_more(hash, (struct slice){text, (size_t)n});
}

/* The finaliser of splitmix64. */
uint64_t order_tie(uint64_t key, uint64_t id)
{
    uint64_t z = key ^ id;

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Eight digits at a time: half bytes to bytes, and 'a' lies 39 behind the digit
 * 9. */
static void write_digits(char *text, uint32_t number)
{
    uint64_t bytes = number, letters;

    bytes = (bytes | bytes << 16) & UINT64_C(0x0000ffff0000ffff);
    bytes = (bytes | bytes << 8) & UINT64_C(0x00ff00ff00ff00ff);
    bytes = (bytes | bytes << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    letters = (bytes + UINT64_C(0x0606060606060606)) >> 4 &
              UINT64_C(0x0101010101010101);
    bytes += UINT64_C(0x3030303030303030) + 39 * letters;
    bytes = __builtin_bswap64(bytes);
    memcpy(text, &bytes, sizeof bytes);
}

struct slice order_tie_text(struct arena *arena, uint64_t tie)
{
    char *text = arena_alloc(arena, 16);

    if (!text)
        return (struct slice){"", 0};
    write_digits(text, (uint32_t)(tie >> 32));
    write_digits(text + 8, (uint32_t)tie);
    return (struct slice){text, 16};
}

enum err ranking_init(struct ranking *r, size_t limit)
{
    *r = (struct ranking){calloc(limit, sizeof *r->at), 0, limit};
    return r->at ? ERR_NONE : ERR_NOMEM;
}

void ranking_fini(struct ranking *r)
{
    free(r->at);
    r->at = NULL;
}

/* Negative when A comes before B. */
static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->tie != b->tie)
        return a->tie < b->tie ? -1 : 1;
    return slice_compare((struct slice){a->id, a->id_len},
                         (struct slice){b->id, b->id_len});
}

int ranking_is_open(const struct ranking *r, int64_t score, uint64_t tie)
{
    if (r->n < r->limit)
        return 1;
    if (score != r->at[0].score)
        return score > r->at[0].score;
    return tie <= r->at[0].tie;
}

static void swap(struct ranked *a, struct ranked *b)
{
    struct ranked c = *a;

    *a = *b;
    *b = c;
}

/* The worst stands on top, so that one comparison refuses most. */
static void sift_up(struct ranked *at, size_t i)
{
    for (; i && compare_ranked(&at[i], &at[(i - 1) / 2]) > 0; i = (i - 1) / 2)
        swap(&at[i], &at[(i - 1) / 2]);
}

static void sift_down(struct ranked *at, size_t n)
{
    for (size_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && compare_ranked(&at[child + 1], &at[child]) > 0)
            child++;
        if (compare_ranked(&at[i], &at[child]) >= 0)
            return;
        swap(&at[i], &at[child]);
    }
}

void ranking_offer(struct ranking *r, int64_t score, uint64_t tie,
                   uint32_t number, struct slice id)
{
    struct ranked new = {score, tie, number, 0, ""};

    new.id_len = (uint32_t)(id.len < ORDER_ID_MAX ? id.len : ORDER_ID_MAX);
    memcpy(new.id, id.data, new.id_len);
    if (r->n < r->limit) {
        r->at[r->n] = new;
        sift_up(r->at, r->n++);
    } else if (compare_ranked(&new, &r->at[0]) < 0) {
        r->at[0] = new;
        sift_down(r->at, r->n);
    }
}

void ranking_sort(struct ranking *r)
{
    qsort(r->at, r->n, sizeof *r->at, compare_ranked);
}
