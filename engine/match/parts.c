/*
 * Boxes first, communes where they leave a doubt, integers where floats do.
 */
#include <string.h>

#include "engine/match/parts.h"
#include "engine/match/vectors.h"

/* Below the one, above the other, a square is surely what its float says. */
#define UNDER (1 - 0x1p-20f)
#define OVER (1 + 0x1p-20f)

/* Who has no centre stands in the middle of the earth: that is 6,671 km of arc
 * from everywhere, and only what reaches so far has to ask who it is. */
#define MIDDLE_KM 6671
#define MIDDLE_SQUARE 0x1p60f

/* What a zone's circles hold of a part. */
#define HELD_SOME 1u
#define HELD_ALL 2u

/* ---- Cutting ------------------------------------------------------------ */

/* The end of the span that COMMUNE is in, or of the range. */
static uint32_t span_end(uint32_t commune, uint32_t to)
{
    uint32_t end = (commune / REFERENCE_SPAN + 1) * REFERENCE_SPAN;

    return end < to ? end : to;
}

/* Box the centres of PART into the next free place; how many there are. */
static uint32_t box_part(const struct reference *ref, struct range part,
                         struct parts *out)
{
    const struct reference_span *s =
        &ref->columns.spans[part.from / REFERENCE_SPAN];
    uint32_t centred = s->centred;
    size_t i = out->n;

    for (int k = 0; k < 3; k++) {
        out->low[k][i] = s->low[k];
        out->high[k][i] = s->high[k];
    }
    if (part.from % REFERENCE_SPAN == 0 &&
        (part.to - part.from == REFERENCE_SPAN || part.to == ref->n))
        return centred;
    centred = 0;
    for (uint32_t c = part.from; c < part.to; c++) {
        const struct commune *one = &ref->communes[c];

        for (int k = 0; k < 3 && one->centred; k++) {
            if (!centred || one->at[k] < out->low[k][i])
                out->low[k][i] = one->at[k];
            if (!centred || one->at[k] > out->high[k][i])
                out->high[k][i] = one->at[k];
        }
        centred += one->centred;
    }
    return centred;
}

static void add_part(const struct reference *ref, struct range part,
                     struct parts *out)
{
    const uint64_t *people = reference_population(ref);
    uint32_t centred = box_part(ref, part, out);

    if (!centred)
        return;
    out->known[out->n] = centred == part.to - part.from;
    out->people[out->n] = (uint32_t)(people[part.to] - people[part.from]);
    out->range[out->n++] = part;
}

static size_t count_parts(const struct territory *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++)
        n += (set->ranges[i].to - 1) / REFERENCE_SPAN -
             set->ranges[i].from / REFERENCE_SPAN + 1;
    return n;
}

/* All arrays in one piece: numbers of four bytes, then of one. */
static enum err make_room(struct arena *arena, size_t n, struct parts *out)
{
    char *room;

    n += 3; /* `from` at least */
    room = arena_array(arena, n, sizeof *out->range + 11 * sizeof(int32_t) + 2);
    if (!room)
        return ERR_NOMEM;
    *out = (struct parts){.range = (struct range *)(void *)room};
    room += n * sizeof *out->range;
    for (int k = 0; k < 3; k++, room += n * sizeof(int32_t))
        out->low[k] = (int32_t *)(void *)room;
    for (int k = 0; k < 3; k++, room += n * sizeof(int32_t))
        out->high[k] = (int32_t *)(void *)room;
    out->near = (float *)(void *)room;
    out->far = out->near + n;
    out->people = (uint32_t *)(out->far + n);
    out->some = out->people + n;
    out->from = (int32_t *)(out->some + n);
    out->from[0] = INT32_MIN; /* nowhere */
    out->known = (uint8_t *)(out->from + n);
    out->held = out->known + n;
    return ERR_NONE;
}

enum err parts_cut(const struct reference *ref, struct arena *arena,
                   const struct territory *set, struct parts *out)
{
    if (make_room(arena, count_parts(set), out))
        return ERR_NOMEM;
    for (size_t i = 0; i < set->n; i++) {
        struct range part = set->ranges[i];

        for (; part.from < set->ranges[i].to; part.from = part.to) {
            part.to = span_end(part.from, set->ranges[i].to);
            add_part(ref, part, out);
        }
    }
    return ERR_NONE;
}

/* ---- Boxes -------------------------------------------------------------- */

/* A - B as numbers of 32 bits.  Only antipodes on an axis are too far apart:
 * their square is the same, and a box that holds one is looked into. */
static inline float minus(int32_t a, int32_t b)
{
    return (float)(int32_t)((uint32_t)a - (uint32_t)b);
}

static inline float square_out(float below, float above)
{
    float out = below > above ? below : above;

    out = out > 0 ? out : 0;
    return out * out;
}

static inline float square_through(float below, float above)
{
    float most = below < above ? below : above;

    return most * most;
}

/* From AT to the nearest and the farthest corner of every part. */
VECTORS static void bound_boxes(const struct parts *p, const int32_t at[3])
{
    const int32_t *low0 = p->low[0], *low1 = p->low[1], *low2 = p->low[2];
    const int32_t *high0 = p->high[0], *high1 = p->high[1];
    const int32_t *high2 = p->high[2];
    float *restrict near = p->near, *restrict far = p->far;
    int32_t x = at[0], y = at[1], z = at[2];

    for (size_t i = 0; i < p->n; i++) {
        float ax = minus(low0[i], x), bx = minus(x, high0[i]);
        float ay = minus(low1[i], y), by = minus(y, high1[i]);
        float az = minus(low2[i], z), bz = minus(z, high2[i]);

        near[i] = square_out(ax, bx) + square_out(ay, by) + square_out(az, bz);
        far[i] = square_through(ax, bx) + square_through(ay, by) +
                 square_through(az, bz);
    }
}

/* The same, unless it is known already. */
static void bound(const struct parts *p, const int32_t at[3])
{
    if (!memcmp(p->from, at, 3 * sizeof *at))
        return;
    memcpy(p->from, at, 3 * sizeof *at);
    bound_boxes(p, at);
}

/* What a circle whose radius has this square holds of every part, added to
 * what others do. */
VECTORS static void hold(const struct parts *p, float square)
{
    const float *restrict near = p->near, *restrict far = p->far;
    uint8_t *restrict held = p->held;
    float low = square * UNDER, high = square * OVER;

    for (size_t i = 0; i < p->n; i++)
        held[i] = (uint8_t)(held[i] | (near[i] <= high ? HELD_SOME : 0) |
                            (far[i] <= low ? HELD_ALL : 0));
}

/* ---- Within circles ----------------------------------------------------- */

/* |A - B|, which fits 32 bits without a sign. */
static inline uint64_t gap(int32_t a, int32_t b)
{
    uint32_t d = (uint32_t)a - (uint32_t)b;

    return (int32_t)d < 0 ? (uint32_t)-d : d;
}

/* reference_square over columns: the centres of PART that are within SQUARE of
 * AT, less than what MIDDLE_KM make unless all are known. */
VECTORS static struct extent count_exactly(const struct reference_columns *of,
                                           struct range part,
                                           const int32_t at[3], uint64_t square)
{
    const int32_t *x = of->at[0], *y = of->at[1], *z = of->at[2];
    int32_t ax = at[0], ay = at[1], az = at[2];
    uint64_t communes = 0, people = 0;

    for (uint32_t c = part.from; c < part.to; c++) {
        uint64_t dx = gap(x[c], ax), dy = gap(y[c], ay), dz = gap(z[c], az);
        uint64_t is = dx * dx + dy * dy + dz * dz <= square;

        communes += is;
        people += of->people[c] & (0 - is);
    }
    return (struct extent){communes, people};
}

struct count {
    uint32_t communes;
    uint32_t people;
    uint32_t sure; /* communes that no rounding can have added or left out */
};

VECTORS static struct count count_floats(const struct reference_columns *of,
                                         struct range part, const int32_t at[3],
                                         float square)
{
    const int32_t *x = of->at[0], *y = of->at[1], *z = of->at[2];
    float low = square * UNDER, high = square * OVER;
    int32_t ax = at[0], ay = at[1], az = at[2];
    uint32_t communes = 0, people = 0, sure = 0;

    for (uint32_t c = part.from; c < part.to; c++) {
        float dx = minus(x[c], ax), dy = minus(y[c], ay), dz = minus(z[c], az);
        float is = dx * dx + dy * dy + dz * dz;
        uint32_t in = is <= high ? UINT32_MAX : 0;

        communes += in & 1;
        people += of->people[c] & in;
        sure += is <= low;
    }
    return (struct count){communes, people, sure};
}

static struct extent count_within(const struct reference *ref,
                                  struct range part,
                                  const struct circle *circle)
{
    uint64_t square = reference_square_within(circle->km);
    struct count count =
        count_floats(&ref->columns, part, circle->at, (float)square);

    if (count.communes != count.sure)
        return count_exactly(&ref->columns, part, circle->at, square);
    return (struct extent){count.communes, count.people};
}

static void add(struct extent *sum, struct extent some)
{
    sum->communes += some.communes;
    sum->people += some.people;
}

/* What the zone's circles hold of a piece of part I. */
static struct extent piece_within(const struct reference *ref,
                                  const struct parts *p, size_t i,
                                  struct range piece,
                                  const struct territory *zone)
{
    const uint64_t *people = reference_population(ref);
    struct extent sum = {0, 0};

    if (p->known[i] && p->held[i] & HELD_ALL)
        return (struct extent){piece.to - piece.from,
                               people[piece.to] - people[piece.from]};
    if (zone->n_circles == 1 &&
        (p->known[i] || zone->circles->km < MIDDLE_KM - 1))
        return count_within(ref, piece, zone->circles);
    for (uint32_t c = piece.from; c < piece.to; c++)
        if (territory_circles_hold(ref, zone, c))
            add(&sum, (struct extent){1, ref->communes[c].population});
    return sum;
}

/* The same of the whole part, beside the ranges of the zone: those before
 * FIRST end before it. */
static struct extent part_within(const struct reference *ref,
                                 const struct parts *p, size_t i,
                                 const struct territory *zone, size_t first)
{
    struct range left = p->range[i];
    struct extent sum = {0, 0};

    for (size_t k = first; k < zone->n && zone->ranges[k].from < left.to; k++) {
        const struct range *r = &zone->ranges[k];

        if (r->from > left.from)
            add(&sum, piece_within(ref, p, i,
                                   (struct range){left.from, r->from}, zone));
        left.from = r->to;
        if (left.from >= left.to)
            return sum;
    }
    add(&sum, piece_within(ref, p, i, left, zone));
    return sum;
}

void parts_measure(const struct parts *p, const struct territory *zone)
{
    memset(p->held, 0, p->n);
    for (size_t i = 0; i < zone->n_circles; i++) {
        bound(p, zone->circles[i].at);
        hold(p, (float)reference_square_within(zone->circles[i].km));
    }
}

/* List the parts of which something may be held; how many, and who lives in
 * them. */
static size_t list_some(const struct parts *p, uint64_t *people)
{
    size_t n = 0;

    *people = 0;
    for (size_t i = 0; i < p->n; i++) {
        p->some[n] = (uint32_t)i;
        n += p->held[i] != 0;
        *people += p->held[i] ? p->people[i] : 0;
    }
    return n;
}

struct extent parts_within(const struct reference *ref, const struct parts *p,
                           const struct territory *zone, uint64_t least)
{
    struct extent sum = {0, 0}, part;
    size_t first = 0, n;
    uint64_t most;

    parts_measure(p, zone);
    n = list_some(p, &most);
    for (size_t k = 0; k < n && most >= least; k++) {
        size_t i = p->some[k];

        while (first < zone->n && zone->ranges[first].to <= p->range[i].from)
            first++;
        part = part_within(ref, p, i, zone, first);
        add(&sum, part);
        most -= p->people[i] - part.people;
    }
    return sum;
}

/* Does the zone hold all of RANGE?  Parts before *I end before it. */
static int holds_range(const struct reference *ref, const struct parts *p,
                       const struct territory *zone, struct range range,
                       size_t *i)
{
    size_t k = 0;

    while (range.from < range.to) {
        struct range piece = range;

        while (k < zone->n && zone->ranges[k].to <= range.from)
            k++;
        if (k < zone->n && zone->ranges[k].from <= range.from) {
            range.from = zone->ranges[k].to;
            continue;
        }
        while (*i < p->n && p->range[*i].to <= range.from)
            ++*i;
        if (*i == p->n || p->range[*i].from > range.from)
            return 0;
        if (p->range[*i].to < piece.to)
            piece.to = p->range[*i].to;
        if (k < zone->n && zone->ranges[k].from < piece.to)
            piece.to = zone->ranges[k].from;
        if (!p->held[*i] || piece_within(ref, p, *i, piece, zone).communes <
                                piece.to - piece.from)
            return 0;
        range.from = piece.to;
    }
    return 1;
}

int parts_held(const struct reference *ref, const struct parts *p,
               const struct territory *zone, const struct territory *set)
{
    size_t i = 0;

    for (size_t k = 0; k < set->n; k++)
        if (!holds_range(ref, p, zone, set->ranges[k], &i))
            return 0;
    return 1;
}

/* ---- Distance ----------------------------------------------------------- */

/* Floats that are not negative are ordered as their bits are. */
static inline uint32_t bits_of(float square)
{
    uint32_t bits;

    memcpy(&bits, &square, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float square;

    memcpy(&square, &bits, sizeof square);
    return square;
}

VECTORS static uint32_t least_bits(const struct reference_columns *of,
                                   struct range part, const int32_t at[3])
{
    const int32_t *x = of->at[0], *y = of->at[1], *z = of->at[2];
    int32_t ax = at[0], ay = at[1], az = at[2];
    uint32_t least = UINT32_MAX;

    for (uint32_t c = part.from; c < part.to; c++) {
        float dx = minus(x[c], ax), dy = minus(y[c], ay), dz = minus(z[c], az);
        uint32_t bits = bits_of(dx * dx + dy * dy + dz * dz);

        least = bits < least ? bits : least;
    }
    return least;
}

/* The least reference_square from AT to a centre of PART. */
static uint64_t least_exactly(const struct reference *ref, struct range part,
                              const int32_t at[3])
{
    uint64_t least = UINT64_MAX;

    for (uint32_t c = part.from; c < part.to; c++) {
        const struct commune *one = &ref->communes[c];
        uint64_t square = one->centred ? reference_square(at, one->at) : least;

        least = square < least ? square : least;
    }
    return least;
}

static float least_of(const struct reference *ref, const struct parts *p,
                      size_t i, const int32_t at[3])
{
    float least = float_of(least_bits(&ref->columns, p->range[i], at));

    if (!p->known[i] && least * OVER >= MIDDLE_SQUARE * UNDER)
        return (float)least_exactly(ref, p->range[i], at);
    return least;
}

VECTORS static uint32_t nearest_bits(const float *near, size_t n)
{
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        uint32_t bits = bits_of(near[i]);

        least = bits < least ? bits : least;
    }
    return least;
}

/* The part whose box is nearest is looked into first: few others can be
 * nearer than what is found there. */
static float least_square(const struct reference *ref, const struct parts *p,
                          const int32_t at[3])
{
    float nearest = float_of(nearest_bits(p->near, p->n)), least;
    size_t first = 0;

    while (p->near[first] > nearest)
        first++;
    least = least_of(ref, p, first, at);
    for (size_t i = 0; i < p->n; i++)
        if (p->near[i] < least && i != first) {
            float square = least_of(ref, p, i, at);

            least = square < least ? square : least;
        }
    return least;
}

/* LEAST is too near to a whole number of kilometres. */
static unsigned km_exactly(const struct reference *ref, const struct parts *p,
                           const int32_t at[3], float least)
{
    uint64_t exact = UINT64_MAX;

    for (size_t i = 0; i < p->n; i++)
        if (p->near[i] * UNDER <= least * OVER) {
            uint64_t square = least_exactly(ref, p->range[i], at);

            exact = square < exact ? square : exact;
        }
    return reference_km_of_square(exact);
}

int64_t parts_km(const struct reference *ref, const struct parts *p,
                 const int32_t at[3])
{
    float least;
    unsigned km;

    if (!p->n)
        return ABSENT;
    bound(p, at);
    least = least_square(ref, p, at);
    km = reference_km_of_square((uint64_t)least);
    if (least * OVER > (float)reference_square_within(km) * UNDER ||
        (km && least * UNDER <= (float)reference_square_within(km - 1) * OVER))
        return km_exactly(ref, p, at, least);
    return km;
}
