/*
 * The loop is plain C over columns; the compiler makes vectors of it, for
 * processors with AVX2 and for those without, and the right one is taken when
 * the program is loaded.
 */
#include <string.h>

#include "engine/match/rows.h"
#include "engine/match/vectors.h"

#define UNKNOWN_PART 500
#define UNKNOWN_MONTHS 12 /* counts 500 too */
/* Into each of the clones. */
#define INLINE static inline __attribute__((always_inline))

/* ---- The job ------------------------------------------------------------ */

static uint16_t needs_of(const struct job *job)
{
    uint16_t needs = job->vehicle == 1 ? ABILITY_VEHICLE : 0;

    if (job->licence == LICENCE_B)
        needs |= ABILITY_LICENCE_B;
    else if (job->licence != ABSENT && (BIT(job->licence) & LICENCES_HEAVY))
        needs |= ABILITY_LICENCE_HEAVY;
    return needs;
}

/* Keys tell months from 1970 on to 2139; a question from outside those years
 * takes everybody for as long waiting as may be. */
static void set_dates(struct row_test *t, const struct match *m, int64_t start)
{
    uint16_t key = postings_registered(m->on);

    t->on_key = key;
    t->month_least = m->on < 730 || key > UINT16_MAX - 40 ? MONTHS_MOST : 0;
    t->first_day = postings_day(start);
    t->last_day = postings_day(start + m->grace);
    t->by_km = 1000 * m->person_weights.distance;
    for (int i = 0; i <= MONTHS_MOST; i++)
        t->by_months[i] =
            (int32_t)(m->person_weights.waiting * person_waiting(i));
}

enum err row_test_init(struct row_test *t, const struct job_case *j)
{
    const struct job *job = j->job;
    int asks = job->hours_week != ABSENT;

    *t = (struct row_test){.job = j, .needs = needs_of(job)};
    t->hours = asks ? (uint16_t)job->hours_week : ABILITY_HOURS;
    t->hours_top = asks ? (uint16_t)job->hours_week : 0;
    t->facts = postings_facts(j->proofs.alone);
    for (int i = 0; i < 2; i++)
        if (j->proofs.together[i].least)
            t->several = ABILITY_SEVERAL;
    set_dates(t, j->lot->m, j->start);
    return near_init(&t->near, j);
}

/* ---- Rows --------------------------------------------------------------- */

/* The N rows from FROM on, ROWS_VECTOR at a time: 16-bit numbers alone, and no
 * branch. */
INLINE void pass_rows(const struct row_test *t, const struct row_bar *bar,
                      const struct index_block *b, size_t from, size_t n,
                      uint8_t *restrict pass)
{
    const uint16_t *available = b->facts + PERSON_AVAILABLE * b->rows + from;
    const uint16_t *facts = b->facts + PERSON_FACTS * b->rows + from;
    const uint16_t *abilities = b->facts + PERSON_ABILITIES * b->rows + from;
    const uint16_t *when = b->when + from;
    const uint8_t *reach = b->reach + from;
    const uint16_t last_day = t->last_day, hours = t->hours,
                   hours_top = t->hours_top, needs = t->needs, alone = t->facts,
                   several = t->several, when_last = bar->when_last,
                   when_free = bar->when_free, farthest = bar->reach;

    for (size_t i = 0; i < n; i++) {
        uint16_t able = abilities[i], far = reach[i], key = when[i];
        uint16_t least = able & ABILITY_HOURS;
        uint16_t most = (able >> ABILITY_MAX_SHIFT) & ABILITY_HOURS;
        uint16_t able_needs = able & needs;
        uint16_t proof = (facts[i] & alone) | (able & several);

        pass[i] = (available[i] <= last_day) & (least <= hours) &
                  (most >= hours_top) & (able_needs == needs) & (proof != 0) &
                  ((key <= when_last) | (key == when_free)) & (far >= farthest);
    }
}

/* The same row by row, for benchmarks, and so that both can be compared. */
static void pass_one_by_one(const struct row_test *t, const struct row_bar *bar,
                            const struct index_block *b, size_t from, size_t n,
                            uint8_t *pass)
{
    for (size_t i = 0, row = from; i < n; i++, row++) {
        uint16_t able = b->facts[PERSON_ABILITIES * b->rows + row];
        uint16_t most = (able >> ABILITY_MAX_SHIFT) & ABILITY_HOURS;

        pass[i] = b->facts[PERSON_AVAILABLE * b->rows + row] <= t->last_day &&
                  (able & ABILITY_HOURS) <= t->hours && most >= t->hours_top &&
                  (able & t->needs) == t->needs &&
                  ((b->facts[PERSON_FACTS * b->rows + row] & t->facts) ||
                   (able & t->several)) &&
                  (b->when[row] <= bar->when_last ||
                   b->when[row] == bar->when_free) &&
                  b->reach[row] >= bar->reach;
    }
}

/* Few pass: those before END that live near enough, from eight bytes at a
 * time. */
INLINE size_t keep_near(const struct row_test *t, const struct row_bar *bar,
                        const struct index_block *b, size_t from, size_t end,
                        const uint8_t *pass, uint16_t *out)
{
    const uint16_t most = bar->km;
    size_t kept = 0;

    for (; from < end; from += 8, pass += 8) {
        uint64_t eight;

        memcpy(&eight, pass, 8);
        for (; eight; eight &= eight - 1) {
            size_t row = from + (size_t)__builtin_ctzll(eight) / 8;
            unsigned km = near_least(&t->near, b->where[row]);

            near_ahead(&t->near, b->where[row]);
            out[kept] = (uint16_t)row;
            kept +=
                (km <= most) & (km <= rows_reach(b->reach[row])) & (row < end);
        }
    }
    return kept;
}

/* What is compared of the rows from FROM on is on its way. */
INLINE void look_ahead(const struct index_block *b, size_t from)
{
    for (size_t k = 0; k < PERSON_COLUMNS; k++)
        __builtin_prefetch(b->facts + k * b->rows + from);
    __builtin_prefetch(b->when + from);
    __builtin_prefetch(b->reach + from);
}

_Static_assert(INDEX_PEOPLE_ROWS < 31 * ROWS_STEP, "a bit each, and one");

/* A bit for each step whose rows may live near enough: they stand in the order
 * of communes, so all of a step may be too far. */
INLINE uint32_t near_steps(const struct row_test *t, const struct row_bar *bar,
                           const struct index_block *b)
{
    uint32_t steps = 0, step = 1;

    for (size_t from = 0, end; from < b->n; from = end, step <<= 1) {
        end = from + ROWS_STEP < b->n ? from + ROWS_STEP : b->n;
        if (near_is_beyond(&t->near, b->where[from], b->where[end - 1],
                           bar->km))
            continue;
        steps |= step;
        look_ahead(b, from);
    }
    return steps;
}

/* How far exactly?  Who is too far after all goes.  Chords first, for homes
 * are waited for together. */
INLINE size_t measure(const struct row_test *t, const struct row_bar *bar,
                      const struct index_block *b, const uint16_t *rows,
                      size_t n, struct row_found *out)
{
    float chords[ROWS_ROOM];
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        chords[i] = near_chord(&t->near, b->where[rows[i]]);
        __builtin_prefetch(&b->number[rows[i]]);
    }
    for (size_t i = 0; i < n; i++) {
        unsigned reach = rows_reach(b->reach[rows[i]]);
        unsigned km =
            near_exactly(&t->near, b->where[rows[i]], reach, chords[i]);

        out[kept] = (struct row_found){rows[i], (uint16_t)km};
        kept += km == NEAR_VAGUE || (km <= reach && km <= bar->km);
    }
    return kept;
}

INLINE size_t test_rows(const struct row_test *t, const struct row_bar *bar,
                        const struct index_block *b, int vectors,
                        struct row_found *out)
{
    uint16_t rows[ROWS_ROOM];
    uint8_t pass[ROWS_ROOM];
    size_t kept = 0, scanned = 0;
    uint32_t steps = near_steps(t, bar, b);

    while (steps) {
        size_t from = ROWS_STEP * (size_t)__builtin_ctz(steps), end, n;

        /* Neighbours are one run: the carry goes to where it ends. */
        steps += steps & -steps;
        end = ROWS_STEP * (size_t)__builtin_ctz(steps);
        steps &= steps - 1;
        end = end < b->n ? end : b->n;
        n = (end - from + ROWS_VECTOR - 1) / ROWS_VECTOR * ROWS_VECTOR;
        if (vectors)
            pass_rows(t, bar, b, from, n, pass);
        else
            pass_one_by_one(t, bar, b, from, n, pass);
        kept += keep_near(t, bar, b, from, end, pass, rows + kept);
        scanned += end - from;
    }
    t->job->lot->m->scanned += scanned;
    return measure(t, bar, b, rows, kept, out);
}

VECTORS static size_t test_in_vectors(const struct row_test *t,
                                      const struct row_bar *bar,
                                      const struct index_block *b,
                                      struct row_found *out)
{
    return test_rows(t, bar, b, 1, out);
}

size_t rows_test(const struct row_test *t, const struct index_block *block,
                 const struct row_bar *bar, struct row_found out[ROWS_ROOM])
{
    if (t->job->lot->m->without & MATCH_VECTORS)
        return test_rows(t, bar, block, 0, out);
    return test_in_vectors(t, bar, block, out);
}

/* ---- Bounds ------------------------------------------------------------- */

/* Months of waiting that count; unknown dates come as old ones. */
static unsigned months_of(const struct row_test *t, unsigned when)
{
    int64_t months = (t->on_key - (int64_t)when) >> 5;

    if (months < t->month_least)
        return (unsigned)t->month_least;
    return months < MONTHS_MOST ? (unsigned)months : MONTHS_MOST;
}

static int64_t distance_part(unsigned km, unsigned reach)
{
    return 1000 - (int64_t)(1000 * km / (reach > 1 ? reach : 1));
}

int64_t rows_bound(const struct row_test *t, int64_t fit, unsigned near,
                   unsigned when, unsigned reach)
{
    const struct person_weights *w = &t->job->lot->m->person_weights;
    unsigned far = rows_reach(reach), km = near & NEAR_KM;
    int64_t part = km <= far ? distance_part(km, far) : -1;

    if ((near & NEAR_VAGUE) && part < UNKNOWN_PART)
        part = UNKNOWN_PART;
    if (part < 0)
        return -1;
    /* Unknown dates sort before all known ones, and count as long ago. */
    return (w->job * fit + w->distance * part +
            t->by_months[months_of(t, when)] + w->availability * 1000) /
           1000;
}

/* The least months, up to MONTHS_MOST, that count NEED millionths; one more if
 * none do. */
static int64_t months_for(const struct row_test *t, int64_t need)
{
    int64_t months = 0;

    while (months <= MONTHS_MOST && t->by_months[months] < need)
        months++;
    return months;
}

/* The least reach that makes the part of KM reach NEED thousandths. */
static uint16_t reach_for(int64_t weight, int64_t need, unsigned km)
{
    int64_t part = need > 0 && weight ? (need + weight - 1) / weight : 0;
    int64_t reach = part <= 1000 ? 1000 * (int64_t)km / (1001 - part) : km;

    if (reach < km)
        reach = km;
    return reach < REACH_MORE ? (uint16_t)reach : REACH_MORE;
}

/* What distance can count in the block, in millionths. */
static int64_t best_distance(const struct row_test *t,
                             const struct row_block *b)
{
    unsigned km = b->near & NEAR_KM, reach = rows_reach(b->reach);
    int64_t part = km <= reach ? distance_part(km, reach) : 0;

    if ((b->near & NEAR_VAGUE) && part < UNKNOWN_PART)
        part = UNKNOWN_PART;
    return t->job->lot->m->person_weights.distance * part;
}

/* Millionths that distance and waiting must count together. */
static int64_t need_of(const struct row_test *t, int64_t fit, int64_t least)
{
    const struct person_weights *w = &t->job->lot->m->person_weights;

    return 1000 * least - w->job * fit - w->availability * 1000;
}

/* What the distance's division floors makes its part greater by less than
 * one. */
unsigned rows_farthest(const struct row_test *t, int64_t fit, unsigned when,
                       unsigned reach, int64_t least)
{
    int64_t weight = t->job->lot->m->person_weights.distance;
    int64_t far = rows_reach(reach), spare, km;

    if (least < 0 || !weight || t->job->lot->m->without & MATCH_BOUNDS)
        return (unsigned)far;
    spare = 1001 * weight + t->by_months[months_of(t, when)] -
            need_of(t, fit, least);
    if (spare < 0)
        return 0;
    km = spare * (far > 1 ? far : 1) / t->by_km;
    return (unsigned)(km < far ? km : far);
}

/* Whoever scores LEAST has it from the distance at its best in the block, or
 * from waiting at its best: each alone must allow it. */
struct row_bar rows_bar(const struct row_test *t, const struct row_block *b,
                        int64_t fit, int64_t least)
{
    const struct person_weights *w = &t->job->lot->m->person_weights;
    struct row_bar bar = {UINT16_MAX, REGISTERED_UNKNOWN, 0, NEAR_KM};
    int64_t need = need_of(t, fit, least);
    int64_t waiting = t->by_months[months_of(t, b->when)];
    int64_t months, last;

    if (!(b->near & NEAR_VAGUE))
        bar.reach = reach_for(w->distance, need - waiting, b->near & NEAR_KM);
    if (t->job->lot->m->without & MATCH_BOUNDS)
        return bar;
    bar.km = (uint16_t)rows_farthest(t, fit, b->when, b->reach, least);
    if (least < 0)
        return bar;
    if (t->month_least)
        return bar;
    months = months_for(t, need - best_distance(t, b));
    last = t->on_key - months * 32;
    if (months > 0)
        bar.when_last = (uint16_t)(last > 0 ? last : 0);
    if (months > UNKNOWN_MONTHS)
        bar.when_free = REGISTERED_OLD;
    return bar;
}

int64_t rows_score(const struct row_test *t, const struct index_block *block,
                   const struct row_found *found, int64_t fit)
{
    const struct match *m = t->job->lot->m;
    const struct person_weights *w = &m->person_weights;
    size_t row = found->row;
    unsigned when = block->when[row];
    unsigned months =
        when == REGISTERED_UNKNOWN ? UNKNOWN_MONTHS : months_of(t, when);
    int64_t late = (int64_t)block->facts[PERSON_AVAILABLE * block->rows + row] -
                   t->first_day;
    int64_t distance = UNKNOWN_PART, available = 1000;

    if (found->km != NEAR_VAGUE)
        distance = distance_part(found->km, rows_reach(block->reach[row]));
    if (late > 0 && m->grace)
        available -= 1000 * late / m->grace;
    return (w->job * fit + w->distance * distance + t->by_months[months] +
            w->availability * available) /
           1000;
}
