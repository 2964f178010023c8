/*
 * Numbers of postings and back.
 */
#include "engine/match/structure_facts.h"
#include "engine/match/order.h"

_Static_assert(FACT_COLUMNS <= INDEX_FACTS_MAX, "the index has the columns");

uint16_t structure_where_of_rank(uint16_t rank)
{
    return rank / 2;
}

uint16_t structure_where_of_area(uint16_t area)
{
    if (area < AREA_EPCI)
        return (uint16_t)(STRUCTURE_AREAS + area / 4);
    return area;
}

#define CPV_DIGITS 8
#define CPV_DIVISION 2
#define CPV_LENGTH_SHIFT 27 /* 10^8 is below 2^27 */

uint32_t structure_cpv_detail(struct slice cpv)
{
    uint32_t value = 0, length = CPV_DIVISION;

    for (uint32_t i = 0; i < CPV_DIGITS; i++) {
        uint32_t digit = i < cpv.len ? (uint32_t)(cpv.data[i] - '0') : 0;

        value = value * 10 + digit;
        if (digit && i >= CPV_DIVISION)
            length = i + 1;
    }
    return value | (length - CPV_DIVISION) << CPV_LENGTH_SHIFT;
}

uint32_t structure_sector_detail(struct slice sector)
{
    return (uint32_t)(order_hash(sector) >> 32);
}

int64_t structure_cpv_level(uint32_t a, uint32_t b)
{
    uint32_t digits = (UINT32_C(1) << CPV_LENGTH_SHIFT) - 1;
    uint32_t least = a < b ? a : b; /* the length stands on top */
    uint32_t same = CPV_DIVISION + (least >> CPV_LENGTH_SHIFT);

    if (a == b)
        return 1000;
    a &= digits;
    b &= digits;
    if (same >= 5 && a / 1000 == b / 1000)
        return 1000;
    if (same >= 4 && a / 10000 == b / 10000)
        return 850;
    if (same >= 3 && a / 100000 == b / 100000)
        return 700;
    return a / 1000000 == b / 1000000 ? 500 : 0;
}
