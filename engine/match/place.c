/*
 * One place, measured against many zones: its codes, its set, the parts that
 * this is cut into.  How parts are measured, says parts.h.
 */
#include <string.h>

#include "engine/match/place.h"

#define BOX_COMMUNES 1024 /* at most */

struct box {
    int32_t low[3];
    int32_t high[3];
};

/* ---- The place ---------------------------------------------------------- */

static void box_part(struct box *to, const struct parts *parts, size_t i,
                     int is_first)
{
    for (int k = 0; k < 3; k++) {
        if (is_first || parts->low[k][i] < to->low[k])
            to->low[k] = parts->low[k][i];
        if (is_first || parts->high[k][i] > to->high[k])
            to->high[k] = parts->high[k][i];
    }
}

/* Parts that follow one another, or of one department, share a box: an EPCI is
 * many short ones. */
static enum err join_boxes(const struct reference *ref, struct arena *arena,
                           struct place *place)
{
    uint32_t department = REFERENCE_NONE, communes = 0, end = REFERENCE_NONE;
    const struct parts *parts = &place->parts;
    struct box *at = arena_array(arena, parts->n + 1, sizeof *at);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < parts->n; i++) {
        struct range range = parts->range[i];
        uint32_t own = ref->communes[range.from].department;
        uint32_t size = range.to - range.from;
        int is_first = (own != department && range.from != end) ||
                       communes + size > BOX_COMMUNES;

        if (is_first) {
            n++;
            communes = 0;
        }
        box_part(&at[n - 1], parts, i, is_first);
        department = own;
        end = range.to;
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
        (e = parts_cut(ref, arena, &place.set, &place.parts)) ||
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
    return 1;
}

/* ---- Measuring ---------------------------------------------------------- */

static void add(struct extent *sum, struct extent some)
{
    sum->communes += some.communes;
    sum->people += some.people;
}

struct extent place_overlap(const struct reference *ref,
                            const struct place *place,
                            const struct territory *zone, uint64_t least)
{
    int is_less = zone->n < place->set.n;
    const struct territory *few = is_less ? zone : &place->set;
    const struct territory *many = is_less ? &place->set : zone;
    struct extent sum = {0, 0};

    for (size_t i = 0; i < few->n; i++)
        add(&sum, territory_extent(ref, many, few->ranges[i]));
    if (zone->n_circles)
        add(&sum, parts_within(ref, &place->parts, zone,
                               least > sum.people ? least - sum.people : 0));
    return sum;
}

int64_t place_km(const struct reference *ref, const struct place *place,
                 const struct point *from)
{
    return from->known ? parts_km(ref, &place->parts, from->at) : ABSENT;
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
    parts_measure(&place->parts, zone);
    for (size_t i = 0; i < place->codes.n; i++)
        if (!parts_held(ref, &place->parts, zone, &place->each[i]))
            at[n++] = place->codes.at[i];
    *out = (struct slices){at, n};
    return ERR_NONE;
}
