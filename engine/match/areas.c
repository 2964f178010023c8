/*
 * Codes to areas, areas to communes.
 */
#include <string.h>

#include "engine/match/areas.h"

static int starts_with(struct slice code, struct slice prefix)
{
    return code.len >= prefix.len &&
           !memcmp(code.data, prefix.data, prefix.len);
}

static uint16_t row_area(const struct territory_rows *rows, unsigned first,
                         struct slice code, size_t prefix)
{
    const struct territory_row *row;

    code = (struct slice){code.data + prefix, code.len - prefix};
    row = reference_row(rows, code);
    return row ? (uint16_t)(first + (size_t)(row - rows->at)) : AREA_NONE;
}

uint16_t area_of_commune(uint32_t commune)
{
    return commune == REFERENCE_NONE ? AREA_NONE : (uint16_t)commune;
}

uint16_t area_of(const struct reference *ref, struct slice code)
{
    if (slice_equal(code, SLICE("FR")))
        return AREA_COUNTRY;
    if (starts_with(code, SLICE("DEP:")))
        return row_area(&ref->departments, AREA_DEPARTMENT, code, 4);
    if (starts_with(code, SLICE("REG:")))
        return row_area(&ref->regions, AREA_REGION, code, 4);
    if (starts_with(code, SLICE("EPCI:")))
        return row_area(&ref->epcis, AREA_EPCI, code, 5);
    if (!starts_with(code, SLICE("COM:")))
        return AREA_NONE;
    code = (struct slice){code.data + 4, code.len - 4};
    return area_of_commune(reference_commune(ref, code));
}

static const struct territory_row *area_row(const struct reference *ref,
                                            uint16_t area)
{
    if (area >= AREA_REGION)
        return &ref->regions.at[area - AREA_REGION];
    if (area >= AREA_DEPARTMENT)
        return &ref->departments.at[area - AREA_DEPARTMENT];
    return &ref->epcis.at[area - AREA_EPCI];
}

const struct range *area_ranges(const struct reference *ref, uint16_t area,
                                struct range *one, size_t *n)
{
    const struct territory_row *row;

    *n = area != AREA_NONE;
    if (area >= AREA_COUNTRY) {
        *one = (struct range){0, ref->n};
        return one;
    }
    if (area < AREA_EPCI) {
        *one = (struct range){area, area + 1u};
        return one;
    }
    row = area_row(ref, area);
    *n = row->n;
    return row->ranges;
}

int area_holds(const struct reference *ref, uint16_t area, uint32_t commune)
{
    struct range one;
    size_t n;
    const struct range *at = area_ranges(ref, area, &one, &n);

    for (size_t i = 0; i < n; i++)
        if (commune >= at[i].from && commune < at[i].to)
            return 1;
    return 0;
}
