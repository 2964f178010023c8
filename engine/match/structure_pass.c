/*
 * Which rows of a block may match: columns first, all rows at once, then where
 * they are.
 */
#include "engine/match/structure_rows.h"
#include "engine/match/vectors.h"

/* ---- Filters ------------------------------------------------------------ */

/* Filters 2 to 5, and of 7 what has nothing to do with the place. */
struct filter {
    unsigned kinds;
    unsigned modes; /* all, with ANY, when none is wanted */
    unsigned any;
    unsigned low; /* a share that is refused */
    unsigned flags;
    unsigned start;
};

static struct filter filter_of(const struct structure_ask *ask)
{
    const struct lot_case *c = ask->c;
    int only = c->m->nationwide == NATIONWIDE_ONLY;

    return (struct filter){c->kinds,
                           c->modes,
                           !c->modes,
                           c->asks_share ? SHARE_LOW : SHARE_NONE,
                           only ? CLASS_NATIONWIDE : 0,
                           ask->start};
}

/* Without branches, so that all is one vector's work. */
VECTORS static void pass_columns(const struct filter *filter,
                                 const uint16_t *restrict class,
                                 const uint16_t *restrict from,
                                 const uint16_t *restrict until, size_t n,
                                 uint8_t *restrict pass)
{
    const struct filter f = *filter;

    for (size_t i = 0; i < n; i++) {
        unsigned is = class[i], ok = f.kinds >> (is & CLASS_KIND) & 1;

        ok &= ((is >> CLASS_MODES_SHIFT & f.modes) != 0) | f.any;
        ok &= (is >> CLASS_SHARE_SHIFT & CLASS_SHARE) != f.low;
        ok &= (is & f.flags) == f.flags;
        ok &= from[i] <= f.start;
        ok &= until[i] >= f.start;
        pass[i] = (uint8_t)ok;
    }
}

static int passes_amount(const struct structure_ask *ask,
                         const struct index_block *b, size_t i)
{
    int64_t amount = ask->c->lot->amount;

    return amount == ABSENT || (amount >= fact_48(b, i, FACT_MIN) &&
                                amount <= fact_48(b, i, FACT_MAX));
}

/* Where the rows are that are being looked at: they come in order. */
struct look {
    uint32_t where;
    unsigned km; /* of a circle's home, at least */
    int meets;   /* an area */
    size_t k;    /* the ask's range that WHERE is in or before */
};

static void look_at(const struct structure_ask *ask, uint32_t where,
                    struct look *look)
{
    look->where = where;
    if (where < STRUCTURE_AREAS) {
        look->km = ask->has_near ? near_of(&ask->near, 2 * where) & NEAR_KM : 0;
        return;
    }
    while (look->k < ask->n_wheres && ask->wheres[look->k].to <= where)
        look->k++;
    look->meets = look->k < ask->n_wheres && ask->wheres[look->k].from <= where;
}

/* A circle can only reach a place that its home is near; an area stands where
 * the ask expects those that meet.  Neighbouring communes stand together: of
 * several rows of an activity the one that holds the place must be told. */
static int may_meet(const struct structure_ask *ask,
                    const struct index_block *b, size_t i, struct look *look)
{
    uint32_t where = b->where[i];

    if (where != look->where)
        look_at(ask, where, look);
    if (where < STRUCTURE_AREAS)
        return look->km <= b->reach[i] || b->reach[i] == STRUCTURE_REACH_ANY;
    return look->meets &&
           (ask->commune == REFERENCE_NONE || where >= AREA_EPCI ||
            fact_16(b, i, FACT_AREAS) == ask->commune);
}

size_t structure_rows_pass(const struct structure_ask *ask,
                           const struct index_block *b,
                           uint16_t out[STRUCTURE_ROWS])
{
    const struct filter filter = filter_of(ask);
    struct look look = {.where = UINT32_MAX};
    uint8_t pass[STRUCTURE_ROWS];
    size_t kept = 0;

    pass_columns(&filter, b->facts + FACT_CLASS * b->rows,
                 b->facts + FACT_FROM * b->rows,
                 b->facts + FACT_UNTIL * b->rows, b->n, pass);
    for (size_t i = 0; i < b->n; i++)
        if (pass[i] && (!ask->is_placed || may_meet(ask, b, i, &look)) &&
            passes_amount(ask, b, i)) {
            __builtin_prefetch(&b->number[i]);
            out[kept++] = (uint16_t)i;
        }
    return kept;
}

/* ---- Levels ------------------------------------------------------------- */

int32_t structure_row_level(const struct index_block *b, size_t i,
                            const struct want *wants, size_t n)
{
    uint32_t detail = fact_32(b, i, FACT_DETAIL);
    int32_t best = 0;

    for (size_t k = 0; k < n; k++) {
        int32_t level = wants[k].level;

        if (level == LEVEL_ABSENT)
            return level;
        if (level == LEVEL_BY_DIGITS)
            level = (int32_t)structure_cpv_level(wants[k].detail, detail);
        else if (wants[k].detail != detail)
            level = 0;
        best = level > best ? level : best;
    }
    return best;
}
