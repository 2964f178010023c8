/*
 * A person in the index: postings under each wished ROME code, and the side
 * row, which is exact, but that a long id and many ends of criteria may find
 * no room there.  Little-endian.
 */
#include <string.h>

#include "engine/match/order.h"
#include "engine/match/postings.h"
#include "protocol/civil.h"

/* ---- The columns of a posting ------------------------------------------- */

uint16_t postings_day(int64_t date)
{
    if (date < 0) /* ABSENT too */
        return 0;
    return date < UINT16_MAX ? (uint16_t)date : UINT16_MAX;
}

/* Months since 1969-12 in eleven bits reach 2140. */
uint16_t postings_registered(int64_t date)
{
    struct civil civil;
    int months;

    if (date == ABSENT)
        return REGISTERED_UNKNOWN;
    if (date < 0)
        return REGISTERED_OLD;
    civil = civil_date(date);
    months = (civil.year - 1970) * 12 + civil.month;
    if (months > 2047)
        return UINT16_MAX - 31;
    return (uint16_t)(months * 32 + civil.day);
}

/* Sixteen bits for 24 facts.  Alone stand those that publics are known by;
 * the schools of a second chance share a bit, and so do the criteria that are
 * no public of a clause on their own. */
static const uint32_t fact_groups[] = {
    BIT(CRITERION_RSA),
    BIT(CRITERION_ASS),
    BIT(CRITERION_AAH),
    BIT(CRITERION_DELD) | BIT(CRITERION_DETLD),
    BIT(CRITERION_SENIOR),
    BIT(CRITERION_JEUNE),
    BIT(CRITERION_TH),
    BIT(CRITERION_REF_DA),
    BIT(CRITERION_QPV),
    BIT(CRITERION_DETENTION_MJ),
    BIT(CRITERION_INVALIDITE),
    BIT(CRITERION_GEIQ),
    BIT(CRITERION_EPIDE) | BIT(CRITERION_E2C),
    BIT(CRITERION_OTHER),
    FACT_PASS,
    BIT(CRITERION_CAP_BEP) | BIT(CRITERION_ASE) | BIT(CRITERION_PI) |
        BIT(CRITERION_PSH_PR) | BIT(CRITERION_ZRR) | BIT(CRITERION_FLE) |
        BIT(CRITERION_PM),
};
#define FACT_GROUPS (sizeof fact_groups / sizeof *fact_groups)
_Static_assert(FACT_GROUPS == 16, "a bit each");
_Static_assert(criterion_code_words == 23, "every criterion has its group");

uint16_t postings_facts(uint32_t facts)
{
    unsigned bits = 0;

    for (size_t i = 0; i < FACT_GROUPS; i++)
        if (facts & fact_groups[i])
            bits |= 1u << i;
    return (uint16_t)bits;
}

static uint16_t abilities_of(const struct person *p)
{
    unsigned most =
        p->hours_max == ABSENT ? ABILITY_HOURS : (unsigned)p->hours_max;
    unsigned least = p->hours_min == ABSENT ? 0 : (unsigned)p->hours_min;

    return (
        uint16_t)(least | most << ABILITY_MAX_SHIFT |
                  (p->vehicle ? ABILITY_VEHICLE : 0) |
                  (p->licences & BIT(LICENCE_B) ? ABILITY_LICENCE_B : 0) |
                  (p->licences & LICENCES_HEAVY ? ABILITY_LICENCE_HEAVY : 0) |
                  (p->criteria & (p->criteria - 1) ? ABILITY_SEVERAL : 0));
}

static void pack_posting(const struct reference *ref, const struct person *p,
                         struct posting *out)
{
    out->where = postings_rank(ref, p->commune);
    out->when = postings_registered(p->registered_on);
    out->reach =
        p->mobility_km < REACH_MORE ? (uint8_t)p->mobility_km : REACH_MORE;
    out->facts[PERSON_AVAILABLE] = postings_day(p->available_from);
    out->facts[PERSON_FACTS] = postings_facts(person_facts(p));
    out->facts[PERSON_ABILITIES] = abilities_of(p);
}

enum err derive_profile(const struct reference *ref, struct arena *arena,
                        uint32_t number, const struct profile *value,
                        struct derived *out)
{
    struct person person = person_of(ref, value);
    struct posting posting = {.number = number};
    size_t n = value->rome.n;
    struct codes codes = {arena_array(arena, n + 1, sizeof *codes.at), 0};

    out->at = arena_array(arena, n + 1, sizeof *out->at);
    if (!codes.at || !out->at)
        return ERR_NOMEM;
    postings_add_codes(&codes, value->rome, postings_wish_code);
    postings_sort_codes(&codes);
    pack_posting(ref, &person, &posting);
    for (size_t i = 0; i < codes.n; i++) {
        posting.code = codes.at[i] + postings_band(value->mobility_km);
        out->at[i] = (struct derived_posting){INDEX_PEOPLE, posting};
    }
    out->n = codes.n;
    out->has_side = 1;
    out->key = person.id;
    postings_pack_person(ref, value, out->row);
    return ERR_NONE;
}

/* ---- The side row ------------------------------------------------------- */

static unsigned char *pack(unsigned char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> (8 * i));
    return at + bytes;
}

/* As the machine reads it. */
static inline uint64_t unpack(const unsigned char **at, size_t bytes)
{
    uint64_t value = 0;

    memcpy(&value, *at, bytes);
    *at += bytes;
    return value;
}

/* Days from the first date there is (entities.h), and one; 0 is ABSENT. */
#define DATE_BITS 17
_Static_assert(DATE_MAX - DATE_MIN + 1 < 1 << DATE_BITS, "any date fits");

static uint64_t date_bits(int64_t date)
{
    return date == ABSENT ? 0 : (uint64_t)(date - DATE_MIN + 1);
}

static inline int64_t date_of(uint64_t bits)
{
    bits &= (1u << DATE_BITS) - 1;
    return bits ? (int64_t)bits + DATE_MIN - 1 : ABSENT;
}

static unsigned char *pack_date(unsigned char *at, int64_t date)
{
    return pack(at, date_bits(date), 3);
}

static inline int64_t unpack_date(const unsigned char **at)
{
    return date_of(unpack(at, 3));
}

/* Three in seven bytes. */
static unsigned char *pack_dates(unsigned char *at, int64_t a, int64_t b,
                                 int64_t c)
{
    return pack(at,
                date_bits(a) | date_bits(b) << DATE_BITS |
                    date_bits(c) << 2 * DATE_BITS,
                7);
}

static inline void unpack_dates(const unsigned char **at, int64_t *a,
                                int64_t *b, int64_t *c)
{
    uint64_t bits = unpack(at, 7);

    *a = date_of(bits);
    *b = date_of(bits >> DATE_BITS);
    *c = date_of(bits >> 2 * DATE_BITS);
}

/* Hours a week are 1 to 48; 0 is ABSENT. */
static unsigned char *pack_hours(unsigned char *at, int64_t hours)
{
    return pack(at, hours == ABSENT ? 0 : (uint64_t)hours, 1);
}

static inline int64_t unpack_hours(const unsigned char **at)
{
    uint64_t value = unpack(at, 1);

    return value ? (int64_t)value : ABSENT;
}

#define VEHICLE_SHIFT 31 /* criteria leave this bit free */
#define ID_AT (INDEX_SIDE - PERSON_ID_INLINE - 1)
#define END_BYTES 4

/* The last day of a criterion that every proof of it has; ABSENT if one has
 * none. */
static int64_t end_of(const struct criterion_list *list, int64_t code)
{
    int64_t last = DATE_MIN;

    for (size_t i = 0; i < list->n; i++) {
        if (list->at[i].code != code)
            continue;
        if (list->at[i].until == ABSENT)
            return ABSENT;
        if (list->at[i].until > last)
            last = list->at[i].until;
    }
    return last;
}

/* How many there are and one more, then a code and a day each; 0 when there
 * is no room for all. */
static void pack_ends(const struct profile *p, uint32_t criteria,
                      unsigned char *at, const unsigned char *end)
{
    unsigned char *count = at++;

    for (uint32_t left = criteria; left; left &= left - 1) {
        int code = __builtin_ctz(left);
        int64_t until = end_of(&p->criteria, code);

        if (until == ABSENT)
            continue;
        if (end - at < END_BYTES) {
            memset(count, 0, (size_t)(end - count));
            return;
        }
        *at++ = (unsigned char)code;
        at = pack_date(at, until);
        ++*count;
    }
    ++*count;
}

static void unpack_ends(const unsigned char *at, const unsigned char *end,
                        struct person *p)
{
    p->n_ends = at < end ? *at++ - 1 : -1;
    if (p->n_ends > PERSON_ENDS)
        p->n_ends = -1;
    for (int i = 0; i < p->n_ends; i++) {
        p->ends[i].criterion = UINT32_C(1) << *at++;
        p->ends[i].until = unpack_date(&at);
    }
}

void postings_pack_person(const struct reference *ref, const struct profile *p,
                          unsigned char row[INDEX_SIDE])
{
    struct person person = person_of(ref, p);
    unsigned char *at = row;

    memset(row, 0, INDEX_SIDE);
    at = pack(at, postings_rank(ref, person.commune), 2);
    at = pack(at, person.criteria | (uint32_t)person.vehicle << VEHICLE_SHIFT,
              4);
    at = pack(at, person.licences, 2);
    at = pack(at, (uint64_t)person.mobility_km, 2);
    at = pack_hours(at, person.hours_min);
    at = pack_hours(at, person.hours_max);
    at = pack_dates(at, person.first_until, person.pass_until,
                    person.pass_suspended_until);
    at = pack_dates(at, person.available_from, person.registered_on,
                    person.consent_on);
    pack_date(at, person.last_contact_on);
    if (p->id.len <= PERSON_ID_INLINE) {
        row[ID_AT] = (unsigned char)p->id.len;
        memcpy(row + ID_AT + 1, p->id.data, p->id.len);
    }
    at = row + ID_AT + 1 + row[ID_AT];
    if (at < row + INDEX_SIDE)
        pack_ends(p, person.criteria, at, row + INDEX_SIDE);
}

void postings_person_ahead(const struct reference *ref,
                           const unsigned char row[INDEX_SIDE])
{
    uint32_t rank = (uint32_t)unpack(&row, 2);
    const struct commune *home;

    if (rank >= ref->n)
        return;
    home = &ref->communes[ref->by_rank[rank]];
    __builtin_prefetch(home);
    __builtin_prefetch(&home->at[2]);
}

void postings_unpack_person(const struct reference *ref,
                            const unsigned char row[INDEX_SIDE],
                            struct person *p)
{
    const unsigned char *at = row;
    uint32_t rank = (uint32_t)unpack(&at, 2);
    uint32_t criteria = (uint32_t)unpack(&at, 4);

    p->id = 0;
    p->dated = NULL;
    p->commune = rank < ref->n ? ref->by_rank[rank] : REFERENCE_NONE;
    p->criteria = criteria & ~(UINT32_C(1) << VEHICLE_SHIFT);
    p->vehicle = criteria >> VEHICLE_SHIFT;
    p->licences = (uint32_t)unpack(&at, 2);
    p->mobility_km = (int64_t)unpack(&at, 2);
    p->hours_min = unpack_hours(&at);
    p->hours_max = unpack_hours(&at);
    unpack_dates(&at, &p->first_until, &p->pass_until,
                 &p->pass_suspended_until);
    unpack_dates(&at, &p->available_from, &p->registered_on, &p->consent_on);
    p->last_contact_on = unpack_date(&at);
    unpack_ends(row + ID_AT + 1 + row[ID_AT], row + INDEX_SIDE, p);
}

struct slice postings_unpack_id(const unsigned char row[INDEX_SIDE])
{
    size_t n = row[ID_AT];

    if (!n)
        return (struct slice){NULL, 0};
    return (struct slice){(const char *)row + ID_AT + 1, n};
}
