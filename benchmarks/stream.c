/*
 * Sums in eight vectors at a time, so that adding never waits for adding and
 * memory alone is the limit.
 */
#include "benchmarks/stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/figures.h"

#define BYTES ((size_t)1 << 30)
#define PASSES 4
#define LANES 8

typedef uint64_t vector __attribute__((vector_size(32)));

#if defined(__x86_64__)
__attribute__((target("avx2")))
#endif
static uint64_t
sum_wide(const vector *at, size_t n)
{
    vector sums[LANES] = {{0}};
    uint64_t all = 0;

    for (size_t i = 0; i + LANES <= n; i += LANES)
#pragma GCC unroll 8
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += at[i + lane];
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t k = 0; k < sizeof(vector) / sizeof all; k++)
            all += sums[lane][k];
    return all;
}

static uint64_t sum_plain(const uint64_t *at, size_t n)
{
    uint64_t sums[LANES] = {0}, all = 0;

    for (size_t i = 0; i + LANES <= n; i += LANES)
#pragma GCC unroll 8
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += at[i + lane];
    for (size_t lane = 0; lane < LANES; lane++)
        all += sums[lane];
    return all;
}

static uint64_t sum(const void *at)
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2"))
        return sum_plain(at, BYTES / sizeof(uint64_t));
    return sum_wide(at, BYTES / sizeof(vector));
#else
    (void)sum_wide;
    return sum_plain(at, BYTES / sizeof(uint64_t));
#endif
}

double stream_bandwidth(void)
{
    void *at = aligned_alloc(64, BYTES);
    double best = 0;
    volatile uint64_t kept = 0;

    if (!at)
        die("out of memory");
    memset(at, 1, BYTES);
    for (int pass = 0; pass < PASSES; pass++) {
        uint64_t begin = now_ns();
        double rate;

        kept += sum(at);
        rate = (double)BYTES / (double)(now_ns() - begin);
        if (rate > best)
            best = rate;
    }
    free(at);
    return best;
}
