/*
 * Overlap and distance between one place and many zones.
 *
 * Communes are in Hilbert order, so that a short run of them lies together:
 * the place is cut into blocks, each with the box of its centres.  The box's
 * corner nearest to a point, and the one farthest from it, bound the distance
 * of every commune inside, by the same arithmetic and so exactly; only blocks
 * that a circle cuts are looked at part by part, and the smallest commune by
 * commune.
 */
#include <string.h>

#include "engine/match/place.h"

#define BLOCK_COMMUNES 1024 /* at most */
#define BLOCK_PARTS 8       /* of a block that is cut again */
#define BLOCK_LEAF 16       /* communes of a block that is not */

struct block {
    struct range range;
    uint32_t centred; /* how many have a centre */
    int32_t low[3];   /* of the box of those */
    int32_t high[3];
    struct block *parts; /* in order, together the range; or none */
    size_t n_parts;
};

static void block_add(struct block *b, const struct commune *c)
{
    if (!c->centred)
        return;
    for (int i = 0; i < 3; i++) {
        if (!b->centred || c->at[i] < b->low[i])
            b->low[i] = c->at[i];
        if (!b->centred || c->at[i] > b->high[i])
            b->high[i] = c->at[i];
    }
    b->centred++;
}

/* The point of the box that is nearest to AT. */
static void nearest_corner(const struct block *b, const int32_t at[3],
                           int32_t corner[3])
{
    for (int i = 0; i < 3; i++) {
        corner[i] = at[i];
        if (at[i] < b->low[i])
            corner[i] = b->low[i];
        if (at[i] > b->high[i])
            corner[i] = b->high[i];
    }
}

static void farthest_corner(const struct block *b, const int32_t at[3],
                            int32_t corner[3])
{
    for (int i = 0; i < 3; i++) {
        int64_t to_low = (int64_t)at[i] - b->low[i];
        int64_t to_high = (int64_t)b->high[i] - at[i];

        corner[i] = to_low > to_high ? b->low[i] : b->high[i];
    }
}

/* Cut ranges into blocks of SIZE communes, and those into parts. */
static enum err cut_blocks(const struct reference *ref, struct arena *arena,
                           const struct range *ranges, size_t n_ranges,
                           uint32_t size, struct block **out, size_t *n_out)
{
    struct block *blocks, *b;
    size_t n = 0;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < n_ranges; i++)
        n += (ranges[i].to - ranges[i].from + size - 1) / size;
    if (!(b = blocks = arena_array(arena, n + 1, sizeof *blocks)))
        return ERR_NOMEM;
    for (size_t i = 0; i < n_ranges; i++) {
        for (uint32_t from = ranges[i].from; from < ranges[i].to; b++) {
            uint32_t left = ranges[i].to - from;

            b->range = (struct range){from, from + (left < size ? left : size)};
            for (; from < b->range.to; from++)
                block_add(b, &ref->communes[from]);
            if (b->range.to - b->range.from > BLOCK_LEAF &&
                (e = cut_blocks(ref, arena, &b->range, 1, size / BLOCK_PARTS,
                                &b->parts, &b->n_parts)))
                return e;
        }
    }
    *out = blocks;
    *n_out = n;
    return ERR_NONE;
}

static int is_vague(const struct reference *ref, const struct territory *set)
{
    for (size_t i = 0; i < set->n; i++)
        for (uint32_t c = set->ranges[i].from; c < set->ranges[i].to; c++)
            if (!ref->communes[c].centred || ref->communes[c].approximate)
                return 1;
    return 0;
}

enum err place_read(const struct reference *ref, struct arena *arena,
                    struct slices codes, struct place *out)
{
    struct place place = {.codes = codes};
    struct territory set;
    enum err e;

    place.each = arena_array(arena, codes.n + 1, sizeof *place.each);
    if (!place.each)
        return ERR_NOMEM;
    for (size_t i = 0; i < codes.n; i++) {
        struct slices one = {codes.at + i, 1};

        if ((e = territory_read(ref, arena, one, &set)) ||
            (e = territory_flatten(ref, arena, &set, &place.each[i])))
            return e;
    }
    if ((e = territory_union(arena, place.each, codes.n, &place.set)) ||
        (e = cut_blocks(ref, arena, place.set.ranges, place.set.n,
                        BLOCK_COMMUNES, &place.blocks, &place.n_blocks)))
        return e;
    place.approximate = is_vague(ref, &place.set);
    place.extent = territory_extent(ref, &place.set, (struct range){0, ref->n});
    place.near = territory_has_near(codes);
    *out = place;
    return ERR_NONE;
}

/* Does a circle of ZONE hold all centres of the block (1), none (0), or must
 * one look (-1)? */
static int circles_meet(const struct block *b, const struct territory *zone)
{
    int some = 0;

    for (size_t i = 0; b->centred && i < zone->n_circles; i++) {
        const struct circle *circle = &zone->circles[i];
        int32_t corner[3];

        nearest_corner(b, circle->at, corner);
        if (!reference_within(circle->at, corner, circle->km))
            continue;
        farthest_corner(b, circle->at, corner);
        if (reference_within(circle->at, corner, circle->km))
            return 1;
        some = -1;
    }
    return some;
}

static void add(struct extent *sum, struct extent part)
{
    sum->communes += part.communes;
    sum->people += part.people;
}

static struct extent block_overlap(const struct reference *ref,
                                   const struct block *b,
                                   const struct territory *zone)
{
    const uint64_t *people = reference_population(ref);
    uint32_t from = b->range.from, to = b->range.to;
    struct extent sum = {0, 0};
    int meet = circles_meet(b, zone);

    if (!meet)
        return territory_extent(ref, zone, b->range);
    if (meet == 1 && b->centred == to - from)
        return (struct extent){to - from, people[to] - people[from]};
    for (size_t i = 0; i < b->n_parts; i++)
        add(&sum, block_overlap(ref, &b->parts[i], zone));
    for (uint32_t c = from; !b->n_parts && c < to; c++)
        if (territory_holds(ref, zone, c))
            add(&sum, (struct extent){1, ref->communes[c].population});
    return sum;
}

struct extent place_overlap(const struct reference *ref,
                            const struct place *place,
                            const struct territory *zone)
{
    struct extent sum = {0, 0};

    for (size_t i = 0; i < place->n_blocks; i++)
        add(&sum, block_overlap(ref, &place->blocks[i], zone));
    return sum;
}

int place_box(const struct place *place, size_t i, int32_t low[3],
              int32_t high[3])
{
    if (i >= place->n_blocks)
        return -1;
    memcpy(low, place->blocks[i].low, sizeof place->blocks[i].low);
    memcpy(high, place->blocks[i].high, sizeof place->blocks[i].high);
    return place->blocks[i].centred > 0;
}

struct nearest {
    const struct commune *commune;
    uint64_t square; /* of the chord: no arc before the winner is known */
};

static void look_nearer(const struct reference *ref, const struct block *b,
                        const int32_t at[3], struct nearest *best)
{
    int32_t corner[3];

    nearest_corner(b, at, corner);
    if (!b->centred || reference_square(at, corner) >= best->square)
        return;
    for (size_t i = 0; i < b->n_parts; i++)
        look_nearer(ref, &b->parts[i], at, best);
    for (uint32_t c = b->range.from; !b->n_parts && c < b->range.to; c++) {
        uint64_t square = reference_square(at, ref->communes[c].at);

        if (ref->communes[c].centred && square < best->square)
            *best = (struct nearest){&ref->communes[c], square};
    }
}

int64_t place_km(const struct reference *ref, const struct place *place,
                 const struct point *from)
{
    struct nearest best = {NULL, UINT64_MAX};

    for (size_t i = 0; from->known && i < place->n_blocks; i++)
        look_nearer(ref, &place->blocks[i], from->at, &best);
    return best.commune ? (int64_t)reference_km(from->at, best.commune->at)
                        : ABSENT;
}

enum err place_missing(const struct reference *ref, struct arena *arena,
                       const struct place *place, const struct territory *zone,
                       struct slices *out)
{
    struct slice *at = arena_array(arena, place->codes.n + 1, sizeof *at);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < place->codes.n; i++)
        if (!territory_covers(ref, zone, &place->each[i]))
            at[n++] = place->codes.at[i];
    *out = (struct slices){at, n};
    return ERR_NONE;
}
