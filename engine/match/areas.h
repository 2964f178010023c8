/*
 * Areas: what one code of a zone names, NEAR apart, as a number of 16 bits, so
 * that postings can hold zones and stand in their order.
 *
 *   0x0000  a commune, by its number     0xf000  a department
 *   0xc000  an EPCI or an EPT            0xf800  a region
 *   0xfffe  the country                  0xffff  none
 *
 * Numbers are places in the bundled tables, which no import changes.
 */
#ifndef ENGINE_MATCH_AREAS_H
#define ENGINE_MATCH_AREAS_H

#include "store/reference.h"

enum {
    AREA_EPCI = 0xc000,
    AREA_DEPARTMENT = 0xf000,
    AREA_REGION = 0xf800,
    AREA_COUNTRY = 0xfffe,
    AREA_NONE = 0xffff
};

/* The area of a code; AREA_NONE for NEAR and for what the tables lack. */
uint16_t area_of(const struct reference *ref, struct slice code);

/* The area of a commune's number; AREA_NONE for none. */
uint16_t area_of_commune(uint32_t commune);

/* The communes of an area, as *N ranges; ONE is room for those that are not
 * in a table. */
const struct range *area_ranges(const struct reference *ref, uint16_t area,
                                struct range *one, size_t *n);

/* Does the area hold the commune? */
int area_holds(const struct reference *ref, uint16_t area, uint32_t commune);

#endif
