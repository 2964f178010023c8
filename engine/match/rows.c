/*
 * The loops are plain C over columns; the compiler makes vectors of them, for
 * processors with AVX2 and for those without, and the right one is taken when
 * the program is loaded.
 */
#include <string.h>

#include "engine/match/rows.h"
#include "protocol/civil.h"

#define REACH_MOST 500 /* kilometres: what mobility is bounded by */
#define UNKNOWN_PART 500
#define UNKNOWN_MONTHS 12 /* counts 500 too */
#define VECTORS __attribute__((target_clones("avx2", "default")))

/* ---- The job ------------------------------------------------------------ */

static unsigned needs_of(const struct job *job)
{
    return (job->vehicle == 1 ? ABILITY_VEHICLE : 0) |
           (job->licence == LICENCE_B ? ABILITY_LICENCE_B : 0);
}

static void weigh(struct row_test *t, const struct match *m)
{
    const struct person_weights *w = &m->person_weights;

    t->distance = (float)w->distance;
    t->month = (float)w->waiting * 1000 / 24;
    t->available = (float)w->availability;
    t->late = m->grace ? (float)w->availability * 1000 / (float)m->grace : 0;
}

/* Keys tell months from 1970 on to 2139; a question from outside those years
 * takes everybody for as long waiting as may be. */
static void set_dates(struct row_test *t, const struct match *m, int64_t start)
{
    uint16_t key = postings_registered(m->on);

    t->on_key = key;
    t->month_least = m->on < 730 || key > UINT16_MAX - 40 ? 24 : 0;
    t->first_day = postings_day(start);
    t->last_day = postings_day(start + m->grace);
}

enum err row_test_init(struct row_test *t, const struct job_case *j)
{
    const struct match *m = j->lot->m;
    const struct job *job = j->job;

    *t = (struct row_test){.job = j, .needs = needs_of(job)};
    t->hours =
        job->hours_week == ABSENT ? ABILITY_HOURS : (unsigned)job->hours_week;
    t->hours_top = job->hours_week == ABSENT ? 0 : (unsigned)job->hours_week;
    t->publics = j->publics ? j->publics : UINT16_MAX;
    t->level = j->publics ? 3 : j->level_two - 1;
    weigh(t, m);
    set_dates(t, m, j->start);
    return near_init(&t->near, j);
}

/* ---- Rows --------------------------------------------------------------- */

/* Sets are compared without branches, so that all is one vector's work. */
VECTORS static void pass_rows(const struct row_test *t,
                              const struct index_block *b,
                              const uint16_t *restrict km, size_t n, float base,
                              float least, uint8_t *restrict pass)
{
    const uint16_t *available = b->facts + PERSON_AVAILABLE * b->rows;
    const uint16_t *publics = b->facts + PERSON_PUBLICS * b->rows;
    const uint16_t *abilities = b->facts + PERSON_ABILITIES * b->rows;
    const struct row_test c = *t;

    for (size_t i = 0; i < n; i++) {
        int reach = b->reach[i] == REACH_MORE ? REACH_MOST : b->reach[i];
        float far = (float)(reach > 1 ? reach : 1);
        int when = b->when[i], months = (c.on_key - when) >> 5;
        int late = (int)available[i] - (int)c.first_day;
        unsigned able = abilities[i];
        float part = 1001 - 1000 * (float)km[i] / far, score;
        int ok;

        part = km[i] == 0 ? 1000 : part;
        part = km[i] == NEAR_VAGUE ? UNKNOWN_PART : part;
        months = months > 24 ? 24 : months;
        months = months < c.month_least ? c.month_least : months;
        months = when == REGISTERED_UNKNOWN ? UNKNOWN_MONTHS : months;
        late = late > 0 ? late : 0;
        score = base + c.distance * part + c.month * (float)months +
                c.available * (late > 0 ? 1001 : 1000) - c.late * (float)late;
        ok = (km[i] <= reach) | (km[i] == NEAR_VAGUE);
        ok &= available[i] <= c.last_day;
        ok &= (able & ABILITY_HOURS) <= c.hours;
        ok &= (able >> ABILITY_MAX_SHIFT & ABILITY_HOURS) >= c.hours_top;
        ok &= (able & c.needs) == c.needs;
        ok &= ((publics[i] & c.publics) != 0) |
              ((able >> ABILITY_LEVEL_SHIFT) >= c.level);
        ok &= score >= least;
        pass[i] = (uint8_t)ok;
    }
}

static size_t collect(const uint8_t *pass, size_t n, uint16_t *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i += 8) {
        uint64_t eight;

        memcpy(&eight, pass + i, 8);
        for (size_t k = i; eight; k++, eight >>= 8) {
            out[kept] = (uint16_t)k;
            kept += eight & 1 && k < n;
        }
    }
    return kept;
}

size_t rows_test(struct row_test *t, const struct index_block *block,
                 int64_t fit, int64_t least, unsigned reach,
                 uint16_t out[ROWS_ROOM])
{
    const struct match *m = t->job->lot->m;
    size_t n = (block->n + ROWS_STEP - 1) / ROWS_STEP * ROWS_STEP;
    uint16_t km[ROWS_ROOM];
    uint8_t pass[ROWS_ROOM];

    near_rows(&t->near, block->where, block->n,
              reach == REACH_MORE ? REACH_MOST : reach, km);
    memset(km + block->n, 0, (n - block->n) * sizeof *km);
    pass_rows(t, block, km, n, (float)(m->person_weights.job * fit),
              1000 * (float)least - 1, pass);
    return collect(pass, block->n, out);
}

/* ---- Scores ------------------------------------------------------------- */

static int64_t months_of(const struct row_test *t, unsigned when)
{
    int64_t months = ((int64_t)t->on_key - (int64_t)when) >> 5;

    return months < t->month_least ? t->month_least : months;
}

static int64_t distance_part(unsigned km, unsigned reach)
{
    return 1000 - 1000 * (int64_t)km / (int64_t)(reach > 1 ? reach : 1);
}

int64_t rows_bound(const struct row_test *t, int64_t fit, unsigned near,
                   unsigned when, unsigned reach)
{
    const struct person_weights *w = &t->job->lot->m->person_weights;
    unsigned far = reach == REACH_MORE ? REACH_MOST : reach;
    unsigned km = near & NEAR_KM;
    int64_t part = km <= far ? distance_part(km, far) : -1;
    /* Unknown dates sort before all known ones. */
    int64_t waiting =
        when <= REGISTERED_UNKNOWN ? 1000 : person_waiting(months_of(t, when));

    if ((near & NEAR_VAGUE) && part < UNKNOWN_PART)
        part = UNKNOWN_PART;
    if (part < 0)
        return -1;
    return (w->job * fit + w->distance * part + w->waiting * waiting +
            w->availability * 1000) /
           1000;
}

int64_t rows_score(const struct row_test *t, const struct index_block *block,
                   size_t row, int64_t fit)
{
    const struct match *m = t->job->lot->m;
    const struct person_weights *w = &m->person_weights;
    unsigned rank = block->where[row], when = block->when[row];
    unsigned reach = block->reach[row];
    int64_t late = (int64_t)block->facts[PERSON_AVAILABLE * block->rows + row] -
                   t->first_day;
    int64_t km =
        job_case_km(t->job, rank < m->reference->n ? m->reference->by_rank[rank]
                                                   : REFERENCE_NONE);
    int64_t distance, waiting, available = 1000;

    distance = km == ABSENT
                   ? UNKNOWN_PART
                   : distance_part((unsigned)km,
                                   reach == REACH_MORE ? REACH_MOST : reach);
    waiting = person_waiting(when == REGISTERED_UNKNOWN ? UNKNOWN_MONTHS
                                                        : months_of(t, when));
    if (late > 0 && m->grace)
        available = 1000 - 1000 * late / m->grace;
    return (w->job * fit + w->distance * distance + w->waiting * waiting +
            w->availability * available) /
           1000;
}
