/*
 * Overlap and distance between one place and many zones.
 *
 * Communes stand in Hilbert order within their department, so that a short
 * run of them lies together: the place is cut into blocks, each with the box
 * of its centres, and those into the spans of the tables, boxed once and for
 * all.  The corner of a box that is nearest to a point, and the one farthest
 * from it, bound the distance of every commune inside, by the same arithmetic
 * and so exactly; only spans that a circle cuts are looked at commune by
 * commune, in columns.
 */
#include <string.h>

#include "engine/match/place.h"
#include "engine/match/vectors.h"

#define BLOCK_COMMUNES 1024 /* at most */

struct box {
    int32_t low[3];
    int32_t high[3];
    uint32_t centred; /* how many centres it is round */
};
struct block {
    struct range range;
    struct box box;
};

/* ---- Boxes -------------------------------------------------------------- */

static void box_add(struct box *to, const int32_t low[3], const int32_t high[3],
                    uint32_t centred)
{
    for (int i = 0; i < 3 && centred; i++) {
        if (!to->centred || low[i] < to->low[i])
            to->low[i] = low[i];
        if (!to->centred || high[i] > to->high[i])
            to->high[i] = high[i];
    }
    to->centred += centred;
}

/* The end of the span that COMMUNE is in, or of the range. */
static uint32_t span_end(uint32_t commune, uint32_t to)
{
    uint32_t end = (commune / REFERENCE_SPAN + 1) * REFERENCE_SPAN;

    return end < to ? end : to;
}

static int is_whole(const struct reference *ref, uint32_t from, uint32_t to)
{
    return from % REFERENCE_SPAN == 0 &&
           (to - from == REFERENCE_SPAN || to == ref->n);
}

static struct box box_of(const struct reference *ref, struct range range)
{
    struct box box = {.centred = 0};
    uint32_t end;

    for (uint32_t from = range.from; from < range.to; from = end) {
        const struct reference_span *s =
            &ref->columns.spans[from / REFERENCE_SPAN];

        end = span_end(from, range.to);
        if (is_whole(ref, from, end)) {
            box_add(&box, s->low, s->high, s->centred);
            continue;
        }
        for (uint32_t c = from; c < end; c++)
            box_add(&box, ref->communes[c].at, ref->communes[c].at,
                    ref->communes[c].centred);
    }
    return box;
}

/* |A - B|, which fits 32 bits without a sign. */
static inline uint64_t gap(int32_t a, int32_t b)
{
    uint32_t d = (uint32_t)a - (uint32_t)b;

    return (int32_t)d < 0 ? (uint32_t)-d : d;
}

/* reference_square, for loops. */
static inline uint64_t square_of(const int32_t a[3], const int32_t b[3])
{
    uint64_t x = gap(a[0], b[0]), y = gap(a[1], b[1]), z = gap(a[2], b[2]);

    return x * x + y * y + z * z;
}

/* The point of the box that is nearest to AT. */
static void nearest_corner(const int32_t low[3], const int32_t high[3],
                           const int32_t at[3], int32_t corner[3])
{
    for (int i = 0; i < 3; i++) {
        corner[i] = at[i];
        if (at[i] < low[i])
            corner[i] = low[i];
        if (at[i] > high[i])
            corner[i] = high[i];
    }
}

static void farthest_corner(const int32_t low[3], const int32_t high[3],
                            const int32_t at[3], int32_t corner[3])
{
    for (int i = 0; i < 3; i++) {
        int64_t to_low = (int64_t)at[i] - low[i];
        int64_t to_high = (int64_t)high[i] - at[i];

        corner[i] = to_low > to_high ? low[i] : high[i];
    }
}

/* ---- The place ---------------------------------------------------------- */

static enum err cut_blocks(const struct reference *ref, struct arena *arena,
                           struct place *place)
{
    const struct territory *set = &place->set;
    struct block *b;
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++)
        n += (set->ranges[i].to - set->ranges[i].from) / BLOCK_COMMUNES + 1;
    if (!(b = place->blocks = arena_array(arena, n + 1, sizeof *b)))
        return ERR_NOMEM;
    for (size_t i = 0; i < set->n; i++) {
        struct range left = set->ranges[i];

        for (; left.from < left.to; left.from = b++->range.to) {
            b->range = left;
            if (left.to - left.from > BLOCK_COMMUNES)
                b->range.to = left.from + BLOCK_COMMUNES;
            b->box = box_of(ref, b->range);
        }
    }
    place->n_blocks = (size_t)(b - place->blocks);
    return ERR_NONE;
}

/* Blocks of one department share a box: an EPCI is many short runs. */
static enum err join_boxes(const struct reference *ref, struct arena *arena,
                           struct place *place)
{
    uint32_t department = REFERENCE_NONE, communes = 0;
    struct box *at = arena_array(arena, place->n_blocks + 1, sizeof *at);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < place->n_blocks; i++) {
        const struct block *b = &place->blocks[i];
        uint32_t own = ref->communes[b->range.from].department;
        uint32_t size = b->range.to - b->range.from;

        if (own != department || communes + size > BLOCK_COMMUNES) {
            n++;
            communes = 0;
        }
        box_add(&at[n - 1], b->box.low, b->box.high, b->box.centred);
        department = own;
        communes += size;
    }
    place->boxes = at;
    place->n_boxes = n;
    return ERR_NONE;
}

static int is_vague(const struct reference *ref, const struct territory *set)
{
    const uint32_t *unsure = ref->columns.unsure;

    for (size_t i = 0; i < set->n; i++)
        if (unsure[set->ranges[i].to] != unsure[set->ranges[i].from])
            return 1;
    return 0;
}

static enum err read_codes(const struct reference *ref, struct arena *arena,
                           struct place *place)
{
    struct territory set;
    enum err e;

    place->each = arena_array(arena, place->codes.n + 1, sizeof *place->each);
    if (!place->each)
        return ERR_NOMEM;
    for (size_t i = 0; i < place->codes.n; i++) {
        struct slices one = {place->codes.at + i, 1};

        if ((e = territory_read(ref, arena, one, &set)) ||
            (e = territory_flatten(ref, arena, &set, &place->each[i])))
            return e;
    }
    if (place->codes.n == 1) {
        place->set = place->each[0];
        return ERR_NONE;
    }
    return territory_union(arena, place->each, place->codes.n, &place->set);
}

enum err place_read(const struct reference *ref, struct arena *arena,
                    struct slices codes, struct place *out)
{
    struct place place = {.codes = codes};
    enum err e;

    if ((e = read_codes(ref, arena, &place)) ||
        (e = cut_blocks(ref, arena, &place)) ||
        (e = join_boxes(ref, arena, &place)))
        return e;
    place.approximate = is_vague(ref, &place.set);
    place.extent = territory_extent(ref, &place.set, (struct range){0, ref->n});
    place.near = territory_has_near(codes);
    *out = place;
    return ERR_NONE;
}

int place_box(const struct place *place, size_t i, int32_t low[3],
              int32_t high[3])
{
    if (i >= place->n_boxes)
        return -1;
    memcpy(low, place->boxes[i].low, sizeof place->boxes[i].low);
    memcpy(high, place->boxes[i].high, sizeof place->boxes[i].high);
    return place->boxes[i].centred > 0;
}

/* ---- Overlap ------------------------------------------------------------ */

/* Does a circle of ZONE hold all centres of the box (1), none (0), or must
 * one look (-1)? */
static int circles_meet(const int32_t low[3], const int32_t high[3],
                        const struct territory *zone)
{
    int some = 0;

    for (size_t i = 0; i < zone->n_circles; i++) {
        const struct circle *circle = &zone->circles[i];
        uint64_t square = reference_square_within(circle->km);
        int32_t corner[3];

        nearest_corner(low, high, circle->at, corner);
        if (square_of(circle->at, corner) > square)
            continue;
        farthest_corner(low, high, circle->at, corner);
        if (square_of(circle->at, corner) <= square)
            return 1;
        some = -1;
    }
    return some;
}

/* reference_square over columns: the centres from FROM to TO that are within
 * SQUARE of AT, all of them known. */
VECTORS static struct extent sum_within(const struct reference_columns *columns,
                                        struct range part, const int32_t at[3],
                                        uint64_t square)
{
    const int32_t *x = columns->at[0], *y = columns->at[1];
    const int32_t *z = columns->at[2];
    int32_t ax = at[0], ay = at[1], az = at[2];
    uint64_t communes = 0, people = 0;

    for (uint32_t c = part.from; c < part.to; c++) {
        uint64_t dx = gap(x[c], ax), dy = gap(y[c], ay), dz = gap(z[c], az);
        uint64_t is = dx * dx + dy * dy + dz * dz <= square;

        communes += is;
        people += columns->people[c] & (0 - is);
    }
    return (struct extent){communes, people};
}

static void add(struct extent *sum, struct extent part)
{
    sum->communes += part.communes;
    sum->people += part.people;
}

/* What circles hold of a part of one span. */
static struct extent span_within(const struct reference *ref, struct range part,
                                 const struct territory *zone)
{
    const uint64_t *people = reference_population(ref);
    const struct reference_span *s =
        &ref->columns.spans[part.from / REFERENCE_SPAN];
    uint32_t first = part.from / REFERENCE_SPAN * REFERENCE_SPAN;
    int known = s->centred == span_end(first, ref->n) - first;
    int meet = s->centred ? circles_meet(s->low, s->high, zone) : 0;
    struct extent sum = {0, 0};

    if (!meet)
        return sum;
    if (known && meet == 1)
        return (struct extent){part.to - part.from,
                               people[part.to] - people[part.from]};
    if (known && zone->n_circles == 1)
        return sum_within(&ref->columns, part, zone->circles[0].at,
                          reference_square_within(zone->circles[0].km));
    for (uint32_t c = part.from; c < part.to; c++)
        if (territory_circles_hold(ref, zone, c))
            add(&sum, (struct extent){1, ref->communes[c].population});
    return sum;
}

/* What circles hold of a part of a block, in which no range of ZONE is. */
static struct extent gap_within(const struct reference *ref, struct range part,
                                const struct territory *zone, int all)
{
    const uint64_t *people = reference_population(ref);
    struct extent sum = {0, 0};

    if (all)
        return (struct extent){part.to - part.from,
                               people[part.to] - people[part.from]};
    while (part.from < part.to) {
        uint32_t end = span_end(part.from, part.to);

        add(&sum, span_within(ref, (struct range){part.from, end}, zone));
        part.from = end;
    }
    return sum;
}

/* What the circles of ZONE hold of a block beside its ranges. */
static struct extent block_within(const struct reference *ref,
                                  const struct block *b,
                                  const struct territory *zone)
{
    uint32_t from = b->range.from, to = b->range.to;
    struct extent sum = {0, 0};
    int meet = b->box.centred ? circles_meet(b->box.low, b->box.high, zone) : 0;
    int all = meet == 1 && b->box.centred == to - from;

    if (!meet)
        return sum;
    for (size_t i = 0; i < zone->n && from < to; i++) {
        const struct range *r = &zone->ranges[i];

        if (r->to <= from)
            continue;
        if (r->from >= to)
            break;
        if (r->from > from)
            add(&sum,
                gap_within(ref, (struct range){from, r->from}, zone, all));
        from = r->to;
    }
    if (from < to)
        add(&sum, gap_within(ref, (struct range){from, to}, zone, all));
    return sum;
}

struct extent place_overlap(const struct reference *ref,
                            const struct place *place,
                            const struct territory *zone)
{
    struct extent sum = {0, 0};

    for (size_t i = 0; i < place->set.n; i++)
        add(&sum, territory_extent(ref, zone, place->set.ranges[i]));
    for (size_t i = 0; zone->n_circles && i < place->n_blocks; i++)
        add(&sum, block_within(ref, &place->blocks[i], zone));
    return sum;
}

/* ---- Distance ----------------------------------------------------------- */

/* The least reference_square to one of the centres, all of them known. */
VECTORS static uint64_t least_square(const struct reference_columns *columns,
                                     struct range part, const int32_t at[3])
{
    const int32_t *x = columns->at[0], *y = columns->at[1];
    const int32_t *z = columns->at[2];
    int32_t ax = at[0], ay = at[1], az = at[2];
    uint64_t least = UINT64_MAX;

    for (uint32_t c = part.from; c < part.to; c++) {
        uint64_t dx = gap(x[c], ax), dy = gap(y[c], ay), dz = gap(z[c], az);
        uint64_t square = dx * dx + dy * dy + dz * dz;

        least = square < least ? square : least;
    }
    return least;
}

static uint64_t box_square(const int32_t low[3], const int32_t high[3],
                           const int32_t at[3])
{
    int32_t corner[3];

    nearest_corner(low, high, at, corner);
    return square_of(at, corner);
}

/* The least of a part of one span; UINT64_MAX: nothing has a centre. */
static uint64_t span_square(const struct reference *ref, struct range part,
                            const int32_t at[3])
{
    const struct reference_span *s =
        &ref->columns.spans[part.from / REFERENCE_SPAN];
    uint32_t first = part.from / REFERENCE_SPAN * REFERENCE_SPAN;
    uint64_t least = UINT64_MAX;

    if (s->centred == span_end(first, ref->n) - first)
        return least_square(&ref->columns, part, at);
    for (uint32_t c = part.from; c < part.to; c++) {
        uint64_t square = square_of(at, ref->communes[c].at);

        if (ref->communes[c].centred && square < least)
            least = square;
    }
    return least;
}

/* A part of the place, and how near it can be. */
struct hope {
    struct range part;
    uint64_t square;
};

/* The part of the block that is nearest by its box, of those nearer than
 * BEFORE; a part of length 0: none is. */
static struct hope nearest_span(const struct reference *ref, struct range left,
                                const int32_t at[3], uint64_t before)
{
    struct hope best = {{0, 0}, before};
    uint32_t end;

    for (; left.from < left.to; left.from = end) {
        const struct reference_span *s =
            &ref->columns.spans[left.from / REFERENCE_SPAN];
        uint64_t square = box_square(s->low, s->high, at);

        end = span_end(left.from, left.to);
        if (s->centred && square < best.square)
            best = (struct hope){{left.from, end}, square};
    }
    return best;
}

/* The least of a block and of what was found BEFORE. */
static uint64_t block_square(const struct reference *ref, struct range left,
                             const int32_t at[3], uint64_t before)
{
    struct range first = nearest_span(ref, left, at, before).part;
    uint64_t least;
    uint32_t end;

    if (first.from == first.to)
        return before;
    least = span_square(ref, first, at);
    before = least < before ? least : before;
    for (; left.from < left.to; left.from = end) {
        const struct reference_span *s =
            &ref->columns.spans[left.from / REFERENCE_SPAN];

        end = span_end(left.from, left.to);
        if (left.from == first.from || !s->centred ||
            box_square(s->low, s->high, at) >= before)
            continue;
        least = span_square(ref, (struct range){left.from, end}, at);
        before = least < before ? least : before;
    }
    return before;
}

/* The block whose box is nearest; the number of blocks: none has a centre. */
static size_t nearest_block(const struct place *place, const int32_t at[3])
{
    size_t best = place->n_blocks;
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < place->n_blocks; i++) {
        const struct box *box = &place->blocks[i].box;
        uint64_t square = box_square(box->low, box->high, at);

        if (box->centred && square < least) {
            least = square;
            best = i;
        }
    }
    return best;
}

/* What is nearest by its box is looked into first: few others can be nearer
 * than what is found there. */
int64_t place_km(const struct reference *ref, const struct place *place,
                 const struct point *from)
{
    size_t first =
        from->known ? nearest_block(place, from->at) : place->n_blocks;
    uint64_t least = UINT64_MAX;

    if (first == place->n_blocks)
        return ABSENT;
    least = block_square(ref, place->blocks[first].range, from->at, least);
    for (size_t i = 0; i < place->n_blocks; i++) {
        const struct box *box = &place->blocks[i].box;

        if (i != first && box->centred &&
            box_square(box->low, box->high, from->at) < least)
            least = block_square(ref, place->blocks[i].range, from->at, least);
    }
    return reference_km_of_square(least);
}

/* ---- What is missing ---------------------------------------------------- */

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
