/*
 * Positions as integer vectors, whole kilometres between them, Hilbert keys.
 * The arithmetic is stated in reference.h and nothing else may compute a
 * distance.  No product is added to another in floating point, so that a
 * fused multiply-add cannot change a bit.
 */
#include "store/reference_parts.h"

#include <math.h>

#define EARTH_KM 6371.0088
/* Antipodes are 20,015.1 km apart: beyond the last row lies 20,016. */
#define LAST_KM 20015
#define HILBERT_ORDER 16

/* The greatest squared distance of vectors that is within k kilometres. */
static uint64_t within[LAST_KM + 1];

/* Before main, so that no caller has to hold or pass the table. */
__attribute__((constructor)) static void fill_within(void)
{
    for (int k = 0; k <= LAST_KM; k++) {
        double chord = 2 * sin(k / (2 * EARTH_KM));

        within[k] = (uint64_t)floor(chord * chord * 0x1p60);
    }
}

uint64_t reference_square(const int32_t a[3], const int32_t b[3])
{
    uint64_t q = 0;

    for (int i = 0; i < 3; i++) {
        int64_t d = (int64_t)a[i] - b[i];

        q += (uint64_t)(d * d);
    }
    return q;
}

uint64_t reference_square_within(unsigned km)
{
    return km > LAST_KM ? UINT64_MAX : within[km];
}

int reference_within(const int32_t a[3], const int32_t b[3], unsigned km)
{
    return reference_square(a, b) <= reference_square_within(km);
}

/* Short of this chord, an arc on the unit sphere is less than 0.3 km longer on
 * earth: as a guess they are the same. */
#define CHORD_FLAT 0.1

unsigned reference_km_of_square(uint64_t q)
{
    unsigned k;
    double chord;

    if (q > within[LAST_KM])
        return LAST_KM + 1;
    /* Guess, then step to the exact row: the guess is at most one off. */
    chord = sqrt((double)q) * 0x1p-30;
    if (chord > CHORD_FLAT)
        chord = 2 * asin(fmin(chord / 2, 1));
    k = (unsigned)(EARTH_KM * chord);
    while (k > LAST_KM || (k && q <= within[k - 1]))
        k--;
    while (q > within[k])
        k++;
    return k;
}

unsigned reference_km(const int32_t a[3], const int32_t b[3])
{
    return reference_km_of_square(reference_square(a, b));
}

static int32_t scaled(double v)
{
    return (int32_t)floor(0x1p30 * v + 0.5);
}

void reference_vector(int64_t lat, int64_t lon, int32_t out[3])
{
    double phi = (double)lat / 1e6 * M_PI / 180;
    double lambda = (double)lon / 1e6 * M_PI / 180;

    out[0] = scaled(cos(phi) * cos(lambda));
    out[1] = scaled(cos(phi) * sin(lambda));
    out[2] = scaled(sin(phi));
}

uint32_t reference_place(int32_t lat, int32_t lon)
{
    uint32_t x =
        (uint32_t)((((int64_t)lon + 180000000) << HILBERT_ORDER) / 360000001);
    uint32_t y =
        (uint32_t)((((int64_t)lat + 90000000) << HILBERT_ORDER) / 180000001);
    uint32_t key = 0;

    for (uint32_t side = 1u << (HILBERT_ORDER - 1); side; side >>= 1) {
        uint32_t right = (x & side) != 0;
        uint32_t up = (y & side) != 0;

        key = key * 4 + ((3 * right) ^ up);
        /* Turn the quadrant so that the curve enters where it left; the bits
         * above SIDE are no longer looked at. */
        if (!up) {
            uint32_t old = x;

            x = right ? ~y : y;
            y = right ? ~old : old;
        }
    }
    return key;
}
