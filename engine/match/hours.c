/*
 * The formulas.
 */
#include "engine/match/hours.h"

/* An amount in cents times two shares leaves 64 bits behind. */
__extension__ typedef unsigned __int128 wide;

int64_t hours_of_amount(int64_t amount, int64_t share, int64_t rate,
                        int64_t cost)
{
    wide above = (wide)amount * (wide)share * (wide)rate;

    return (int64_t)(above / ((wide)cost * BASIS * BASIS));
}

int64_t hours_labour_of_amount(int64_t amount, int64_t share, int64_t cost)
{
    return (int64_t)((wide)amount * (wide)share / ((wide)cost * BASIS));
}

int64_t hours_of_labour(int64_t labour, int64_t rate)
{
    return (int64_t)((wide)labour * (wide)rate / BASIS);
}

int64_t hours_fte(int64_t hours, int64_t year)
{
    return (int64_t)(((wide)hours * 200 + (wide)year) / ((wide)year * 2));
}

int64_t hours_persons(int64_t hours, int64_t week, int64_t weeks)
{
    int64_t one = week * weeks;

    return hours / one + (hours % one != 0);
}

int64_t hours_each(int64_t hours, int64_t n)
{
    return hours * 100 / n;
}
