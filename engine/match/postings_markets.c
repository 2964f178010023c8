/*
 * A market in the index: while it is open, a posting for each code that one of
 * its lots asks for, and one for each job.
 *
 * Of a place a posting keeps the first and the last commune: numbers, not
 * ranks, because a department or a region is one run of numbers.  A circle
 * moves with the table of centres, which may be imported anew: its postings
 * say that it may be anywhere.
 */
#include "engine/match/law.h"
#include "engine/match/postings.h"
#include "protocol/civil.h"

/* From the first to the last commune of a place. */
struct span {
    uint16_t first; /* REFERENCE_NO_RANK: anywhere */
    uint16_t last;
};

static const struct span anywhere = {REFERENCE_NO_RANK, REFERENCE_NO_RANK};

static enum err span_of_places(const struct reference *ref, struct arena *arena,
                               struct slices places, struct span *out)
{
    struct territory set;
    enum err e;

    *out = anywhere;
    if (territory_has_near(places))
        return ERR_NONE;
    if (!(e = territory_read(ref, arena, places, &set)) && set.n)
        *out = (struct span){(uint16_t)set.ranges[0].from,
                             (uint16_t)(set.ranges[set.n - 1].to - 1)};
    return e;
}

/* Where the work is; without a commune, wherever the lot is (person.c). */
static struct span span_of_job(const struct reference *ref,
                               const struct job *job, struct span lot)
{
    uint32_t commune = job->commune.data ? reference_commune(ref, job->commune)
                                         : REFERENCE_NONE;

    if (commune == REFERENCE_NONE)
        return lot;
    return (struct span){(uint16_t)commune, (uint16_t)commune};
}

/* The codes under which structures for the lot stand. */
static enum err codes_of_lot(struct arena *arena, const struct lot *lot,
                             struct codes *out)
{
    size_t n = lot->cpv.n + lot->sectors.n + lot->jobs.n;

    *out = (struct codes){arena_array(arena, n + 1, sizeof *out->at), 0};
    if (!out->at)
        return ERR_NOMEM;
    postings_add_codes(out, lot->cpv, postings_cpv_code);
    postings_add_codes(out, lot->sectors, postings_sector_code);
    for (size_t i = 0; i < lot->jobs.n; i++)
        out->at[out->n++] = postings_rome_code(lot->jobs.at[i].rome);
    if (!out->n)
        out->at[out->n++] = POSTINGS_ANYTHING;
    postings_sort_codes(out);
    return ERR_NONE;
}

_Static_assert(kind_words + mode_words <= 16 && public_words <= 16,
               "what a law asks fits a column");

static uint16_t law_of_lot(const struct lot *lot)
{
    return (uint16_t)(law_kinds(lot) | law_wanted_modes(lot) << SPOT_LAW_MODES);
}

/* A posting like MODEL under a code. */
static void add(struct derived *out, enum index_kind kind,
                const struct posting *model, uint32_t code)
{
    struct derived_posting *to = &out->at[out->n++];

    to->kind = kind;
    to->posting = *model;
    to->posting.code = code;
}

static void set_span(struct posting *posting, struct span span)
{
    posting->where = span.first;
    posting->facts[SPOT_LAST] = span.last;
}

/* MODEL has the market's number and deadline. */
static enum err derive_lot(const struct reference *ref, struct arena *arena,
                           const struct lot *lot, unsigned number,
                           struct posting model, struct derived *out)
{
    struct codes codes;
    struct span span;
    enum err e;

    if ((e = span_of_places(ref, arena, lot->places, &span)) ||
        (e = codes_of_lot(arena, lot, &codes)))
        return e;
    set_span(&model, span);
    model.when = (uint16_t)number;
    model.facts[SPOT_LAW] = law_of_lot(lot);
    for (size_t i = 0; i < codes.n; i++)
        add(out, INDEX_LOTS, &model, codes.at[i]);
    model.facts[SPOT_LAW] = (uint16_t)law_publics(lot);
    for (size_t i = 0; i < lot->jobs.n; i++) {
        const struct job *job = &lot->jobs.at[i];

        set_span(&model, span_of_job(ref, job, span));
        model.when = (uint16_t)spot_when(number, (unsigned)i + 1);
        add(out, INDEX_JOBS, &model, postings_rome_code(job->rome));
    }
    return ERR_NONE;
}

/* How many postings there may be. */
static size_t room_for(const struct market *market)
{
    size_t n = 1;

    for (size_t i = 0; i < market->lots.n; i++) {
        const struct lot *lot = &market->lots.at[i];

        n += 1 + lot->cpv.n + lot->sectors.n + 2 * lot->jobs.n;
    }
    return n;
}

enum err derive_market(const struct reference *ref, struct arena *arena,
                       uint32_t number, const struct market *value,
                       struct derived *out)
{
    struct posting model = {.number = number};
    enum err e = ERR_NONE;

    if (value->status != MARKET_OPEN)
        return ERR_NONE;
    if (!(out->at = arena_array(arena, room_for(value), sizeof *out->at)))
        return ERR_NOMEM;
    model.facts[SPOT_DEADLINE] =
        value->deadline == ABSENT
            ? UINT16_MAX
            : postings_day(civil_paris_date(value->deadline));
    for (size_t i = 0; i < value->lots.n && !e; i++)
        e = derive_lot(ref, arena, &value->lots.at[i], (unsigned)i + 1, model,
                       out);
    return e;
}
