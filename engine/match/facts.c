/*
 * The facts of a person as bytes: the side row, exact except for criteria
 * whose ends differ, and the eight bytes of a posting.  Little-endian.
 */
#include <string.h>

#include "engine/match/postings.h"

static unsigned char *pack(unsigned char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> (8 * i));
    return at + bytes;
}

static const unsigned char *unpack(const unsigned char *at, uint64_t *value,
                                   size_t bytes)
{
    *value = 0;
    for (size_t i = 0; i < bytes; i++)
        *value |= (uint64_t)at[i] << (8 * i);
    return at + bytes;
}

/* Dates lie well within 32 bits (entities.h); INT32_MIN is ABSENT. */
static unsigned char *pack_date(unsigned char *at, int64_t date)
{
    return pack(at, (uint32_t)(date == ABSENT ? INT32_MIN : date), 4);
}

static const unsigned char *unpack_date(const unsigned char *at, int64_t *date)
{
    uint64_t value;

    at = unpack(at, &value, 4);
    *date = (int32_t)(uint32_t)value;
    if (*date == INT32_MIN)
        *date = ABSENT;
    return at;
}

/* Hours a week are 1 to 48; 0 is ABSENT. */
static unsigned char *pack_hours(unsigned char *at, int64_t hours)
{
    return pack(at, hours == ABSENT ? 0 : (uint64_t)hours, 1);
}

static const unsigned char *unpack_hours(const unsigned char *at,
                                         int64_t *hours)
{
    uint64_t value;

    at = unpack(at, &value, 1);
    *hours = value ? (int64_t)value : ABSENT;
    return at;
}

/* 51 bytes of 64; the rest is 0.  The order is part of the index: a change
 * needs a new generation. */
void postings_pack_person(const struct person *p, unsigned char row[INDEX_SIDE])
{
    unsigned char *at = row;

    memset(row, 0, INDEX_SIDE);
    at = pack(at, p->id, 8);
    at = pack(at, p->commune, 4);
    at = pack(at, p->criteria, 4);
    at = pack(at, p->licences, 2);
    at = pack(at, (uint64_t)p->mobility_km, 2);
    at = pack(at, (uint64_t)p->vehicle, 1);
    at = pack_hours(at, p->hours_min);
    at = pack_hours(at, p->hours_max);
    at = pack_date(at, p->first_until);
    at = pack_date(at, p->pass_until);
    at = pack_date(at, p->pass_suspended_until);
    at = pack_date(at, p->available_from);
    at = pack_date(at, p->registered_on);
    at = pack_date(at, p->consent_on);
    pack_date(at, p->last_contact_on);
}

void postings_unpack_person(const unsigned char row[INDEX_SIDE],
                            struct person *p)
{
    const unsigned char *at = row;
    uint64_t commune, criteria, licences, mobility, vehicle;

    *p = (struct person){.dated = NULL};
    at = unpack(at, &p->id, 8);
    at = unpack(at, &commune, 4);
    at = unpack(at, &criteria, 4);
    at = unpack(at, &licences, 2);
    at = unpack(at, &mobility, 2);
    at = unpack(at, &vehicle, 1);
    at = unpack_hours(at, &p->hours_min);
    at = unpack_hours(at, &p->hours_max);
    at = unpack_date(at, &p->first_until);
    at = unpack_date(at, &p->pass_until);
    at = unpack_date(at, &p->pass_suspended_until);
    at = unpack_date(at, &p->available_from);
    at = unpack_date(at, &p->registered_on);
    at = unpack_date(at, &p->consent_on);
    unpack_date(at, &p->last_contact_on);
    p->commune = (uint32_t)commune;
    p->criteria = (uint32_t)criteria;
    p->licences = (uint32_t)licences;
    p->mobility_km = (int64_t)mobility;
    p->vehicle = (int)vehicle;
}

void postings_pack_facts(const struct person *p,
                         unsigned char facts[INDEX_FACTS])
{
    unsigned char *at = pack(facts, p->commune, 4);

    at = pack(at, (uint64_t)p->mobility_km, 2);
    pack(at, 0, 2);
}

struct posting_facts postings_unpack_facts(
    const unsigned char facts[INDEX_FACTS])
{
    uint64_t commune, mobility;

    unpack(unpack(facts, &commune, 4), &mobility, 2);
    return (struct posting_facts){(uint32_t)commune, (int64_t)mobility};
}
