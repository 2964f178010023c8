/*
 * Numbers by chance that are the same on every machine: splitmix64, one
 * sequence for each object, so that object N is the same whatever was made
 * before it.
 */
#ifndef BENCHMARKS_DRAW_H
#define BENCHMARKS_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct draw {
    uint64_t state;
};

/* The finaliser of splitmix64. */
static inline uint64_t draw_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* The sequence of object NUMBER of KIND. */
static inline struct draw draw_of(uint64_t seed, unsigned kind, uint64_t number)
{
    return (struct draw){draw_mix(seed ^ draw_mix(number << 8 | kind))};
}

/* 64 bits. */
static inline uint64_t draw_next(struct draw *d)
{
    return draw_mix(d->state += UINT64_C(0x9e3779b97f4a7c15));
}

/* A number under N, which is not 0. */
static inline uint32_t draw_below(struct draw *d, uint32_t n)
{
    return (uint32_t)((draw_next(d) >> 32) * n >> 32);
}

/* True in PERCENT of cases. */
static inline int draw_percent(struct draw *d, uint32_t percent)
{
    return draw_below(d, 100) < percent;
}

/* The place in SUMS, N rising sums of weights, of one drawn by its weight. */
static inline size_t draw_weighed(struct draw *d, const uint32_t *sums,
                                  size_t n)
{
    uint32_t x = draw_below(d, sums[n - 1]);
    size_t low = 0;

    for (size_t step = n; step;) {
        size_t half = step / 2;

        if (sums[low + half] <= x) {
            low += half + 1;
            step -= half + 1;
        } else {
            step = half;
        }
    }
    return low;
}

#endif
