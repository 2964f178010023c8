/*
 * Sets of communes: from codes and zones to ranges and circles, and the
 * questions one asks of a single set.  Measuring a lot's place against many
 * zones is place.c.
 *
 * Invariant of every territory: ranges are sorted, disjoint and do not touch.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/areas.h"
#include "engine/match/territory.h"

#define WHOLE_COUNTRY "FR"

struct point territory_point(const struct reference *ref, uint32_t commune)
{
    struct point p = {{0, 0, 0}, 0, 1};

    if (commune == REFERENCE_NONE || !ref->communes[commune].centred)
        return p;
    memcpy(p.at, ref->communes[commune].at, sizeof p.at);
    p.known = 1;
    p.approximate = ref->communes[commune].approximate;
    return p;
}

static int starts_with(struct slice code, struct slice prefix)
{
    return code.len >= prefix.len &&
           !memcmp(code.data, prefix.data, prefix.len);
}

int territory_is_nationwide(struct slices codes)
{
    for (size_t i = 0; i < codes.n; i++)
        if (slice_equal(codes.at[i], SLICE(WHOLE_COUNTRY)))
            return 1;
    return 0;
}

int territory_has_near(struct slices codes)
{
    for (size_t i = 0; i < codes.n; i++)
        if (starts_with(codes.at[i], SLICE("NEAR:")))
            return 1;
    return 0;
}

/* NEAR:<insee>:<km>; 0 when it is not one. */
static int parse_near(const struct reference *ref, struct slice code,
                      uint32_t *commune, unsigned *km)
{
    struct slice insee = {NULL, 5};

    if (!starts_with(code, SLICE("NEAR:")) || code.len < 12)
        return 0;
    insee.data = code.data + 5;
    *commune = reference_commune(ref, insee);
    *km = 0;
    for (size_t i = 11; i < code.len && *km <= TERRITORY_KM_MAX; i++)
        *km = *km * 10 + (unsigned)(code.data[i] - '0');
    return *commune != REFERENCE_NONE;
}

/* The ranges of one code; ONE is room for those that are not in a table.
 * *N of them: 0 when there is no such territory. */
static const struct range *code_ranges(const struct reference *ref,
                                       struct slice code, struct range *one,
                                       size_t *n)
{
    uint16_t area = area_of(ref, code);
    uint32_t commune;
    unsigned km;

    /* The middle of a circle belongs to it even without a centre. */
    if (area == AREA_NONE && parse_near(ref, code, &commune, &km))
        area = area_of_commune(commune);
    return area_ranges(ref, area, one, n);
}

static int compare_ranges(const void *a, const void *b)
{
    const struct range *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

/* Sort and join what overlaps or touches; the new count. */
static size_t join_ranges(struct range *at, size_t n)
{
    size_t kept = 0;

    qsort(at, n, sizeof *at, compare_ranges);
    for (size_t i = 0; i < n; i++) {
        if (kept && at[i].from <= at[kept - 1].to) {
            if (at[i].to > at[kept - 1].to)
                at[kept - 1].to = at[i].to;
        } else {
            at[kept++] = at[i];
        }
    }
    return kept;
}

/* The circles of the NEAR codes whose commune has a centre, after those
 * that CIRCLES holds already. */
static size_t read_circles(const struct reference *ref, struct slices codes,
                           struct circle *circles, size_t n)
{
    for (size_t i = 0; i < codes.n; i++) {
        struct point middle;
        uint32_t commune;
        unsigned km;

        if (!parse_near(ref, codes.at[i], &commune, &km))
            continue;
        middle = territory_point(ref, commune);
        if (!middle.known)
            continue;
        memcpy(circles[n].at, middle.at, sizeof middle.at);
        circles[n++].km = km;
    }
    return n;
}

/* CODES, the commune HOME (REFERENCE_NONE: none) and the circle FIRST (NULL:
 * none) in one set. */
static enum err read_set(const struct reference *ref, struct arena *arena,
                         struct slices codes, uint32_t home,
                         const struct circle *first, struct territory *out)
{
    size_t n = 1, some;
    struct range one, *ranges;
    struct circle *circles;

    for (size_t i = 0; i < codes.n; i++) {
        code_ranges(ref, codes.at[i], &one, &some);
        n += some;
    }
    ranges = arena_array(arena, n, sizeof *ranges);
    circles = arena_array(arena, codes.n + 1, sizeof *circles);
    if (!ranges || !circles)
        return ERR_NOMEM;
    n = 0;
    if (home != REFERENCE_NONE)
        ranges[n++] = (struct range){home, home + 1};
    for (size_t i = 0; i < codes.n; i++) {
        const struct range *from = code_ranges(ref, codes.at[i], &one, &some);

        if (some)
            memcpy(ranges + n, from, some * sizeof *from);
        n += some;
    }
    if (first)
        circles[0] = *first;
    out->ranges = ranges;
    out->n = join_ranges(ranges, n);
    out->circles = circles;
    out->n_circles = read_circles(ref, codes, circles, first != NULL);
    return ERR_NONE;
}

enum err territory_read(const struct reference *ref, struct arena *arena,
                        struct slices codes, struct territory *out)
{
    return read_set(ref, arena, codes, REFERENCE_NONE, NULL, out);
}

enum err territory_zone(const struct reference *ref, struct arena *arena,
                        const struct zone *zone, uint32_t home,
                        const struct point *from, struct territory *out)
{
    struct slices codes = {NULL, 0};
    struct circle circle;
    int round = zone && zone->within_km != ABSENT && from->known;

    if (zone)
        codes = zone->codes;
    if (round) {
        memcpy(circle.at, from->at, sizeof circle.at);
        circle.km = (unsigned)zone->within_km;
    }
    return read_set(ref, arena, codes, home, round ? &circle : NULL, out);
}

enum err territory_union(struct arena *arena, const struct territory *sets,
                         size_t n_sets, struct territory *out)
{
    struct range *ranges;
    size_t n = 0;

    for (size_t i = 0; i < n_sets; i++)
        n += sets[i].n;
    if (!(ranges = arena_array(arena, n + 1, sizeof *ranges)))
        return ERR_NOMEM;
    n = 0;
    for (size_t i = 0; i < n_sets; i++) {
        if (sets[i].n)
            memcpy(ranges + n, sets[i].ranges, sets[i].n * sizeof *ranges);
        n += sets[i].n;
    }
    *out = (struct territory){ranges, join_ranges(ranges, n), NULL, 0};
    return ERR_NONE;
}

/* The next common range of A from range *I on and B from *K on; 0 when there
 * is none. */
static int next_common(const struct territory *a, const struct territory *b,
                       size_t *i, size_t *k, struct range *out)
{
    while (*i < a->n && *k < b->n) {
        const struct range *x = &a->ranges[*i], *y = &b->ranges[*k];

        out->from = x->from > y->from ? x->from : y->from;
        out->to = x->to < y->to ? x->to : y->to;
        if (x->to < y->to)
            ++*i;
        else
            ++*k;
        if (out->from < out->to)
            return 1;
    }
    return 0;
}

enum err territory_common(struct arena *arena, const struct territory *a,
                          const struct territory *b, struct territory *out)
{
    struct range *ranges = arena_array(arena, a->n + b->n + 1, sizeof *ranges);
    size_t i = 0, k = 0, n = 0;

    if (!ranges)
        return ERR_NOMEM;
    while (next_common(a, b, &i, &k, &ranges[n]))
        n++;
    *out = (struct territory){ranges, n, NULL, 0};
    return ERR_NONE;
}

int territory_meets(const struct territory *a, const struct territory *b)
{
    struct range common;
    size_t i = 0, k = 0;

    return next_common(a, b, &i, &k, &common);
}

/* The first range that ends after COMMUNE; SET->n when there is none. */
static size_t find_range(const struct territory *set, uint32_t commune)
{
    size_t low = 0, high = set->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->ranges[middle].to <= commune)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int territory_circles_hold(const struct reference *ref,
                           const struct territory *set, uint32_t commune)
{
    const struct commune *c = &ref->communes[commune];

    for (size_t i = 0; c->centred && i < set->n_circles; i++)
        if (reference_within(c->at, set->circles[i].at, set->circles[i].km))
            return 1;
    return 0;
}

int territory_holds(const struct reference *ref, const struct territory *set,
                    uint32_t commune)
{
    size_t i = find_range(set, commune);

    if (i < set->n && set->ranges[i].from <= commune)
        return 1;
    return territory_circles_hold(ref, set, commune);
}

/* A commune's circle: 0 when nobody knows where it lies. */
static int circle_round(const struct reference *ref, uint32_t commune,
                        unsigned km, struct circle *out)
{
    struct point middle = territory_point(ref, commune);

    memcpy(out->at, middle.at, sizeof out->at);
    out->km = km;
    return middle.known;
}

int territory_meets_circle(const struct reference *ref,
                           const struct territory *set, uint32_t middle,
                           unsigned km)
{
    struct circle circle;
    struct territory round = {NULL, 0, &circle, 1};

    if (!circle_round(ref, middle, km, &circle))
        return 0;
    for (size_t i = 0; i < set->n; i++)
        for (uint32_t c = set->ranges[i].from; c < set->ranges[i].to; c++)
            if (territory_circles_hold(ref, &round, c))
                return 1;
    return 0;
}

/* The middle of a circle is in it, known or not. */
int territory_meets_code(const struct reference *ref,
                         const struct territory *set, struct slice code)
{
    struct range one;
    struct territory named = {NULL, 0, NULL, 0};
    uint32_t commune;
    unsigned km;

    named.ranges = code_ranges(ref, code, &one, &named.n);
    return territory_meets(set, &named) ||
           (parse_near(ref, code, &commune, &km) &&
            territory_meets_circle(ref, set, commune, km));
}

int territory_holds_code(const struct reference *ref,
                         const struct territory *set, struct slice code)
{
    struct range one;
    struct circle circle;
    struct territory named = {NULL, 0, &circle, 0};
    uint32_t commune;
    unsigned km;

    named.ranges = code_ranges(ref, code, &one, &named.n);
    if (!named.n || !territory_covers(ref, set, &named))
        return 0;
    if (!parse_near(ref, code, &commune, &km) ||
        !circle_round(ref, commune, km, &circle))
        return 1;
    named.n_circles = 1;
    for (uint32_t c = 0; c < ref->n; c++)
        if (territory_circles_hold(ref, &named, c) &&
            !territory_holds(ref, set, c))
            return 0;
    return 1;
}

int territory_covers(const struct reference *ref, const struct territory *outer,
                     const struct territory *inner)
{
    for (size_t i = 0; i < inner->n; i++) {
        uint32_t c = inner->ranges[i].from;

        while (c < inner->ranges[i].to) {
            size_t k = find_range(outer, c);

            if (k < outer->n && outer->ranges[k].from <= c)
                c = outer->ranges[k].to;
            else if (territory_circles_hold(ref, outer, c))
                c++;
            else
                return 0;
        }
    }
    return 1;
}

enum err territory_flatten(const struct reference *ref, struct arena *arena,
                           const struct territory *set, struct territory *out)
{
    struct range *room, *kept;
    size_t n = 0;

    if (!set->n_circles) {
        *out = *set;
        return ERR_NONE;
    }
    /* At worst every second commune begins a range. */
    if (!(room = calloc(ref->n / 2 + 1, sizeof *room)))
        return ERR_NOMEM;
    for (uint32_t c = 0; c < ref->n; c++) {
        if (!territory_holds(ref, set, c))
            continue;
        if (n && room[n - 1].to == c)
            room[n - 1].to++;
        else
            room[n++] = (struct range){c, c + 1};
    }
    kept = arena_array(arena, n ? n : 1, sizeof *kept);
    if (kept) {
        memcpy(kept, room, n * sizeof *room);
        *out = (struct territory){kept, n, NULL, 0};
    }
    free(room);
    return kept ? ERR_NONE : ERR_NOMEM;
}

struct extent territory_extent(const struct reference *ref,
                               const struct territory *set, struct range part)
{
    const uint64_t *people = reference_population(ref);
    struct extent sum = {0, 0};

    for (size_t i = find_range(set, part.from); i < set->n; i++) {
        uint32_t from = set->ranges[i].from, to = set->ranges[i].to;

        if (from >= part.to)
            break;
        if (from < part.from)
            from = part.from;
        if (to > part.to)
            to = part.to;
        sum.communes += to - from;
        sum.people += people[to] - people[from];
    }
    return sum;
}
