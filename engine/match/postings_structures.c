/*
 * The postings of a structure: one for each code that an activity can be found
 * by and each area it is offered in.  structure_facts.h says what they hold.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/law.h"
#include "engine/match/order.h"
#include "engine/match/postings.h"
#include "engine/match/structure.h"
#include "engine/match/structure_facts.h"

/* A zone as rows have it. */
struct spread {
    int is_circle;
    uint16_t areas[STRUCTURE_AREAS_MAX + 1];
    size_t n; /* none, and no circle: hidden */
};

/* A code with what a row says of it. */
struct aspect {
    uint32_t code;
    uint32_t detail;
};

/* What the rows of a structure share. */
struct maker {
    const struct reference *ref;
    const struct structure *s;
    uint32_t home;
    int is_own;
    int32_t at[3];
    struct derived *out;
    struct posting row;
};

static void set_number(struct posting *p, int fact, uint64_t value, int columns)
{
    for (int i = 0; i < columns; i++)
        p->facts[fact + i] = (uint16_t)(value >> (16 * i));
}

/* ---- Zones -------------------------------------------------------------- */

/* The areas of a zone's codes; 0: too many. */
static int read_areas(const struct maker *m, struct slices codes,
                      struct spread *out)
{
    int holds_home = m->home == REFERENCE_NONE;

    for (size_t i = 0; i < codes.n; i++) {
        uint16_t area = area_of(m->ref, codes.at[i]);

        if (area == AREA_NONE)
            continue;
        if (out->n == STRUCTURE_AREAS_MAX)
            return 0;
        out->areas[out->n++] = area;
        holds_home = holds_home || area_holds(m->ref, area, m->home);
    }
    if (!holds_home)
        out->areas[out->n++] = area_of_commune(m->home);
    return out->n <= STRUCTURE_AREAS_MAX;
}

/* Circles that follow a commune's centre, and both forms in one zone, stay
 * with the record. */
static struct spread read_zone(const struct maker *m, const struct zone *zone)
{
    struct slices codes = {NULL, 0};
    struct spread spread = {.n = 0};

    if (zone)
        codes = zone->codes;
    if (territory_has_near(codes))
        return spread;
    if (zone && zone->within_km != ABSENT) {
        spread.is_circle = !codes.n && (m->home != REFERENCE_NONE || m->is_own);
        return spread;
    }
    if (territory_is_nationwide(codes)) {
        spread.areas[spread.n++] = AREA_COUNTRY;
        return spread;
    }
    if (!read_areas(m, codes, &spread))
        spread.n = 0;
    return spread;
}

/* Every commune of a circle of KM lies within this of the home's bundled
 * centre, or of the one loaded later if it has no position of its own. */
static uint8_t reach_of(const struct maker *m, int64_t km)
{
    const struct commune *home;

    if (m->home == REFERENCE_NONE)
        return STRUCTURE_REACH_ANY;
    home = &m->ref->communes[m->home];
    if (m->is_own && !home->placed)
        return STRUCTURE_REACH_ANY;
    /* One more for what rounding up twice may hide. */
    if (m->is_own)
        km += 1 + reference_km(home->origin, m->at);
    return km <= STRUCTURE_REACH_MAX ? (uint8_t)km : STRUCTURE_REACH_ANY;
}

/* ---- Codes -------------------------------------------------------------- */

static int compare_aspects(const void *left, const void *right)
{
    const struct aspect *a = left, *b = right;

    if (a->code != b->code)
        return a->code < b->code ? -1 : 1;
    return (a->detail > b->detail) - (a->detail < b->detail);
}

static size_t sort_aspects(struct aspect *at, size_t n)
{
    size_t kept = 0;

    qsort(at, n, sizeof *at, compare_aspects);
    for (size_t i = 0; i < n; i++)
        if (!kept || compare_aspects(&at[kept - 1], &at[i]))
            at[kept++] = at[i];
    return kept;
}

static enum err read_aspects(struct arena *arena, const struct activity *a,
                             struct aspect **out, size_t *n_out)
{
    size_t n = 0;
    struct aspect *at =
        arena_array(arena, 1 + a->cpv.n + a->rome.n + a->sectors.n, sizeof *at);

    if (!at)
        return ERR_NOMEM;
    at[n++] = (struct aspect){STRUCTURE_CODE_ALL, 0};
    for (size_t i = 0; i < a->cpv.n; i++)
        at[n++] = (struct aspect){postings_cpv_code(a->cpv.at[i]),
                                  structure_cpv_detail(a->cpv.at[i])};
    for (size_t i = 0; i < a->rome.n; i++)
        at[n++] = (struct aspect){postings_rome_code(a->rome.at[i]), 0};
    for (size_t i = 0; i < a->sectors.n; i++)
        at[n++] = (struct aspect){postings_sector_code(a->sectors.at[i]),
                                  structure_sector_detail(a->sectors.at[i])};
    *n_out = sort_aspects(at, n);
    *out = at;
    return ERR_NONE;
}

/* ---- Facts -------------------------------------------------------------- */

static unsigned share_of(int64_t share)
{
    if (share == ABSENT)
        return SHARE_UNKNOWN;
    return share < STRUCTURE_SHARE_MIN ? SHARE_LOW : SHARE_ENOUGH;
}

static unsigned class_of(const struct maker *m, const struct activity *a)
{
    const struct structure *s = m->s;
    unsigned modes = law_kind_modes(s->kind), class = (unsigned)s->kind;

    if (a->modes.n)
        modes &= law_bits(a->modes);
    class |= modes << CLASS_MODES_SHIFT;
    class |= share_of(s->public_share) << CLASS_SHARE_SHIFT;
    if (a->zone && territory_is_nationwide(a->zone->codes))
        class |= CLASS_NATIONWIDE;
    if (m->is_own)
        class |= CLASS_OWN;
    if (a->rome.n)
        class |= CLASS_STAFFS;
    if (a->derived == 1)
        class |= CLASS_DERIVED;
    return class;
}

static uint16_t day_from(int64_t date)
{
    if (date == ABSENT || date < 0)
        return 0;
    return date > UINT16_MAX ? UINT16_MAX : (uint16_t)date;
}

static uint16_t day_until(int64_t date)
{
    if (date == ABSENT || date > UINT16_MAX)
        return UINT16_MAX;
    return date < 0 ? 0 : (uint16_t)date;
}

/* What all rows of the structure say. */
static void set_site(struct maker *m)
{
    const struct structure *s = m->s;
    struct posting *row = &m->row;

    row->facts[FACT_FROM] = day_from(s->agreement_from);
    row->facts[FACT_UNTIL] = day_until(s->agreement_until);
    row->facts[FACT_HOME] = area_of_commune(m->home);
    for (int i = 0; m->is_own && i < 3; i++)
        set_number(row, FACT_AT + 2 * i, (uint32_t)m->at[i], 2);
}

/* What all rows of an activity say. */
static void set_activity(struct maker *m, const struct activity *a,
                         const struct spread *spread)
{
    struct posting *row = &m->row;

    row->facts[FACT_CLASS] = (uint16_t)class_of(m, a);
    if (spread->n > STRUCTURE_AREAS_HELD)
        row->facts[FACT_CLASS] |= CLASS_MORE;
    set_number(row, FACT_FREE,
               a->free_hours == ABSENT ? UINT32_MAX : (uint64_t)a->free_hours,
               2);
    set_number(row, FACT_MIN, a->lot_min == ABSENT ? 0 : (uint64_t)a->lot_min,
               3);
    set_number(row, FACT_MAX,
               a->lot_max == ABSENT ? UINT64_MAX : (uint64_t)a->lot_max, 3);
    row->reach = reach_of(m, 0);
    for (int i = 0; i < STRUCTURE_AREAS_HELD; i++)
        row->facts[FACT_AREAS + i] = AREA_NONE;
    if (spread->is_circle) {
        row->facts[FACT_AREAS] = (uint16_t)a->zone->within_km;
        row->reach = reach_of(m, a->zone->within_km);
    }
}

/* ---- Rows --------------------------------------------------------------- */

static void add_row(struct maker *m)
{
    m->out->at[m->out->n++] =
        (struct derived_posting){INDEX_STRUCTURES, m->row};
}

/* The row's own area comes first, then as many others as there is room for. */
static void set_areas(struct posting *row, const struct spread *spread,
                      size_t own)
{
    size_t n = 1;

    row->where = structure_where_of_area(spread->areas[own]);
    row->facts[FACT_AREAS] = spread->areas[own];
    for (size_t i = 0; i < spread->n && n < STRUCTURE_AREAS_HELD; i++)
        if (i != own)
            row->facts[FACT_AREAS + n++] = spread->areas[i];
}

/* All rows of one code's aspect; *ORDER counts those of the code. */
static void add_rows(struct maker *m, const struct spread *spread,
                     unsigned *order)
{
    unsigned first = m->row.when & ~1023u;

    if (!spread->n) {
        m->row.where = STRUCTURE_HIDDEN;
        if (spread->is_circle)
            m->row.where =
                structure_where_of_rank(postings_rank(m->ref, m->home));
        m->row.when = (uint16_t)(first | (*order)++);
        add_row(m);
    }
    for (size_t i = 0; i < spread->n; i++) {
        set_areas(&m->row, spread, i);
        m->row.when = (uint16_t)(first | (*order)++);
        add_row(m);
    }
}

static enum err make_room(struct maker *m, struct arena *arena, size_t n)
{
    struct derived *out = m->out;
    struct derived_posting *at = arena_array(arena, out->n + n, sizeof *at);

    if (!at)
        return ERR_NOMEM;
    if (out->n)
        memcpy(at, out->at, out->n * sizeof *at);
    out->at = at;
    return ERR_NONE;
}

static enum err add_activity(struct maker *m, struct arena *arena, size_t index)
{
    const struct activity *a = &m->s->activities.at[index];
    struct spread spread = read_zone(m, a->zone);
    struct aspect *aspects;
    unsigned order = 0;
    enum err e;
    size_t n;

    if ((e = read_aspects(arena, a, &aspects, &n)))
        return e;
    if (n * spread.n > STRUCTURE_ROWS_MAX)
        spread.n = 0;
    if ((e = make_room(m, arena, n * (spread.n ? spread.n : 1))))
        return e;
    set_activity(m, a, &spread);
    m->row.when = (uint16_t)(index << 10);
    for (size_t i = 0; i < n; i++) {
        if (i && aspects[i].code != aspects[i - 1].code)
            order = 0;
        m->row.code = aspects[i].code;
        set_number(&m->row, FACT_DETAIL, aspects[i].detail, 2);
        add_rows(m, &spread, &order);
    }
    return ERR_NONE;
}

enum err derive_structure(const struct reference *ref, struct arena *arena,
                          uint32_t number, const struct structure *s,
                          struct derived *out)
{
    struct maker m = {.ref = ref, .s = s, .out = out};
    struct slice id;
    enum err e;

    memset(out, 0, sizeof *out);
    if (!s || s->status != STRUCTURE_ACTIVE)
        return ERR_NONE;
    m.home = reference_commune(ref, s->commune);
    if (s->lat != ABSENT && s->lon != ABSENT) {
        reference_vector(s->lat, s->lon, m.at);
        m.is_own = 1;
    }
    id = structure_id(arena, s);
    if (!id.len)
        return ERR_NOMEM;
    m.row.number = number;
    set_site(&m);
    set_number(&m.row, FACT_ID, order_hash(id), 4);
    for (size_t i = 0; i < s->activities.n; i++)
        if (s->activities.at[i].free_hours != 0 &&
            (e = add_activity(&m, arena, i)))
            return e;
    return ERR_NONE;
}
