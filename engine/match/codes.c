/*
 * Codes of the index.  A code is a type in the upper four bits and a value
 * below.  A person stands under each wished ROME; a structure under what its
 * activities name: CPV divisions (a level above 0 needs two common digits),
 * ROME codes, sectors by hash.
 */
#include <stdlib.h>

#include "engine/match/order.h"
#include "engine/match/postings.h"

#define CODE_ROME (UINT32_C(1) << 28)
#define CODE_CPV (UINT32_C(2) << 28)
#define CODE_SECTOR (UINT32_C(3) << 28)
#define CODE_VALUE ((UINT32_C(1) << 28) - 1)

/* ROME: a letter and four digits: at most 26 x 10,000 values. */
uint32_t postings_rome_code(struct slice rome)
{
    uint32_t value = 0;

    if (rome.len)
        value = (uint32_t)(rome.data[0] - 'A');
    for (size_t i = 1; i < rome.len; i++)
        value = value * 10 + (uint32_t)(rome.data[i] - '0');
    return CODE_ROME | (value & CODE_VALUE);
}

uint32_t postings_wish_code(struct slice rome)
{
    return CODE_ROME |
           ((postings_rome_code(rome) & CODE_VALUE) * POSTINGS_BANDS);
}

uint32_t postings_band(int64_t mobility_km)
{
    return mobility_km > POSTINGS_NEAR_KM;
}

uint32_t postings_family_code(struct slice rome)
{
    uint32_t code = postings_wish_code(rome);

    return code - (code & CODE_VALUE) % POSTINGS_FAMILY;
}

uint32_t postings_cpv_code(struct slice cpv)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 2 && i < cpv.len; i++)
        value = value * 10 + (uint32_t)(cpv.data[i] - '0');
    return CODE_CPV | (value & CODE_VALUE);
}

uint32_t postings_sector_code(struct slice sector)
{
    return CODE_SECTOR | ((uint32_t)order_hash(sector) & CODE_VALUE);
}

static int compare_codes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

void postings_add_codes(struct codes *codes, struct slices from,
                        uint32_t (*code)(struct slice))
{
    for (size_t i = 0; i < from.n; i++)
        codes->at[codes->n++] = code(from.at[i]);
}

void postings_sort_codes(struct codes *codes)
{
    size_t kept = 0;

    qsort(codes->at, codes->n, sizeof *codes->at, compare_codes);
    for (size_t i = 0; i < codes->n; i++)
        if (!kept || codes->at[kept - 1] != codes->at[i])
            codes->at[kept++] = codes->at[i];
    codes->n = kept;
}

uint16_t postings_rank(const struct reference *ref, uint32_t commune)
{
    return commune == REFERENCE_NONE ? REFERENCE_NO_RANK
                                     : ref->communes[commune].rank;
}
