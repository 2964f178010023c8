/*
 * Pairs are chosen by the server, near ones and far ones; both sides compute.
 */
#include "benchmarks/postgres/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "benchmarks/figures.h"
#include "engine/match/order.h"
#include "store/reference.h"

/* limits() ends here. */
#define LAST_KM 500

/* Communes whose numbers are apart by a power of two: from neighbours to the
 * other end of the country.  The keys of jobs stand for all 64-bit numbers;
 * tie() turns the first bit, which is turned back. */
static const char pairs[] =
    "SELECT a.x, a.y, a.z, b.x, b.y, b.z, width_bucket("
    "(a.x::bigint - b.x) * (a.x::bigint - b.x)"
    "+ (a.y::bigint - b.y) * (a.y::bigint - b.y)"
    "+ (a.z::bigint - b.z) * (a.z::bigint - b.z) - 1, limits()),"
    "j.key, k.key, tie(j.key, k.key) # (-9223372036854775808)::bigint "
    "FROM generate_series(0, 15) n JOIN communes a ON a.commune % 16 = n "
    "JOIN communes b ON b.commune = a.commune + (1 << n) "
    "JOIN jobs j ON j.lot = a.commune AND j.job = 1 "
    "JOIN jobs k ON k.lot = b.commune AND k.job = 1 "
    "WHERE a.centred AND b.centred";

static int64_t number(const PGresult *r, int row, int column)
{
    return strtoll(PQgetvalue(r, row, column), NULL, 10);
}

static void vector(const PGresult *r, int row, int column, int32_t out[3])
{
    for (int axis = 0; axis < 3; axis++)
        out[axis] = (int32_t)number(r, row, column + axis);
}

static void check_pair(const PGresult *r, int row)
{
    int32_t a[3], b[3];
    unsigned km;
    uint64_t tie;

    vector(r, row, 0, a);
    vector(r, row, 3, b);
    km = reference_km(a, b);
    if (km > LAST_KM)
        km = LAST_KM + 1;
    if (number(r, row, 6) != km)
        die("%u km, not %s", km, PQgetvalue(r, row, 6));
    tie = order_tie((uint64_t)number(r, row, 7), (uint64_t)number(r, row, 8));
    if ((uint64_t)number(r, row, 9) != tie)
        die("tie %016llx, not %s", (unsigned long long)tie,
            PQgetvalue(r, row, 9));
}

void check_arithmetic(PGconn *c)
{
    PGresult *r = PQexec(c, pairs);

    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        die("%s", PQerrorMessage(c));
    if (!PQntuples(r))
        die("there is nothing to compare");
    for (int row = 0; row < PQntuples(r); row++)
        check_pair(r, row);
    printf("check\t%d kilometres and ties as the daemon's\n", PQntuples(r));
    PQclear(r);
}
