/*
 * Wishes stand apart from facts: most people are set aside for what they
 * wish.
 */
#include <stdlib.h>
#include <string.h>

#include "benchmarks/brute.h"
#include "benchmarks/figures.h"
#include "engine/entity.h"
#include "engine/match/order.h"
#include "engine/match/person.h"
#include "engine/match/postings.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define CRITERIA_MAX 4
#define WISHES_MAX 3
/* ROME codes: a letter and four digits. */
#define CODES (26 * 10000)

struct brute_person {
    struct person facts;
    struct criterion_list dated; /* what facts.dated points to */
    struct criterion criteria[CRITERIA_MAX];
};

/* By number of the record; those of no record have no wishes. */
struct brute_people {
    struct brute_person *at;
    uint32_t (*wishes)[WISHES_MAX]; /* 0: none */
    size_t room;
    unsigned char wished[CODES + 1]; /* has somebody this wish? */
};

static void must(enum err e)
{
    if (e)
        die("%s", err_text(e));
}

/* 1 to CODES. */
static uint32_t code_of(const char *rome)
{
    uint32_t value = (uint32_t)(rome[0] - 'A');

    for (int i = 1; i < 5; i++)
        value = value * 10 + (uint32_t)(rome[i] - '0');
    return value + 1;
}

static void make_room(struct brute_people *p, uint32_t number)
{
    size_t room = p->room ? p->room : 1 << 16, old = p->room;

    if (number < old)
        return;
    while (room <= number)
        room *= 2;
    p->at = realloc(p->at, room * sizeof *p->at);
    p->wishes = realloc(p->wishes, room * sizeof *p->wishes);
    if (!p->at || !p->wishes)
        die("out of memory");
    memset(p->wishes + old, 0, (room - old) * sizeof *p->wishes);
    p->room = room;
    /* Lists stand beside those who have them, and moved with them. */
    for (size_t i = 0; i < old; i++) {
        p->at[i].dated.at = p->at[i].criteria;
        p->at[i].facts.dated = &p->at[i].dated;
    }
}

static void add_wish(struct brute_people *p, uint32_t number, size_t i,
                     struct slice rome)
{
    uint32_t code = code_of(rome.data);

    p->wishes[number][i] = code;
    p->wished[code] = 1;
}

void brute_people_put(struct brute_people *p, const struct reference *ref,
                      uint32_t number, const struct profile *profile)
{
    struct brute_person *person;

    make_room(p, number);
    memset(p->wishes[number], 0, sizeof p->wishes[number]);
    if (!profile)
        return;
    if (profile->criteria.n > CRITERIA_MAX || profile->rome.n > WISHES_MAX)
        die("a profile that the generator does not make");
    person = &p->at[number];
    person->facts = person_of(ref, profile);
    memcpy(person->criteria, profile->criteria.at,
           profile->criteria.n * sizeof *person->criteria);
    person->dated =
        (struct criterion_list){person->criteria, profile->criteria.n};
    person->facts.dated = &person->dated;
    for (size_t i = 0; i < profile->rome.n; i++)
        add_wish(p, number, i, profile->rome.at[i]);
}

struct brute_people *brute_people_new(struct store *store)
{
    struct brute_people *p = calloc(1, sizeof *p);
    struct arena *arena = arena_new(ARENA_BYTES);
    struct store_view *view;
    struct record record = {.number = 0};
    enum err e;

    if (!p || !arena)
        die("out of memory");
    must(store_view_begin(store, &view));
    while (!(e = store_next_numbered(view, ENTITY_PROFILE, record.number,
                                     &record))) {
        void *profile;

        arena_reset(arena);
        must(entity_decode(ENTITY_PROFILE, &record, arena, &profile));
        brute_people_put(p, store_view_reference(view), record.number, profile);
    }
    must(e == ERR_NOT_FOUND ? ERR_NONE : e);
    store_view_end(view);
    arena_free(arena);
    return p;
}

void brute_people_free(struct brute_people *p)
{
    if (!p)
        return;
    free(p->at);
    free(p->wishes);
    free(p);
}

/* ---- A question --------------------------------------------------------- */

/* How each code fits the job; that of no wish is 0. */
static int16_t *fits_of(const struct brute_people *p,
                        const struct reference *ref, struct slice rome)
{
    int16_t *fits = calloc(CODES + 1, sizeof *fits);

    if (!fits)
        die("out of memory");
    for (uint32_t code = 1; code <= CODES; code++) {
        uint32_t digits = (code - 1) % 10000;
        char text[5] = {
            (char)('A' + (code - 1) / 10000), (char)('0' + digits / 1000),
            (char)('0' + digits / 100 % 10), (char)('0' + digits / 10 % 10),
            (char)('0' + digits % 10)};
        struct slice wish = {text, sizeof text};
        struct slices wishes = {&wish, 1};

        if (p->wished[code])
            fits[code] = (int16_t)person_job_fit(ref, wishes, rome);
    }
    return fits;
}

static int16_t best_fit(const int16_t *fits, const uint32_t wishes[WISHES_MAX])
{
    int16_t best = fits[wishes[0]];

    for (int i = 1; i < WISHES_MAX; i++)
        if (fits[wishes[i]] > best)
            best = fits[wishes[i]];
    return best;
}

static void judge(const struct job_case *j, const struct brute_person *person,
                  uint32_t number, int64_t fit, struct brute_hits *out)
{
    struct person_result result;
    struct brute_hit hit = {0, 0, number};

    person_judge(j, &person->facts, fit, &result);
    if (result.reason != ABSENT)
        return;
    hit.score = result.score;
    hit.tie = order_tie(j->key, person->facts.id);
    brute_offer(out, &hit);
}

void brute_people_match(const struct brute_people *p, struct match *m,
                        const struct market *market, int64_t lot, int64_t job,
                        struct brute_hits *out)
{
    struct lot_case c;
    struct job_case j;
    int16_t *fits;

    out->n = 0;
    must(lot_case_init(&c, m, market, lot));
    must(job_case_init(&j, &c, job));
    must(job_case_remember(&j));
    fits = fits_of(p, m->reference, j.job->rome);
    for (uint32_t i = 0; i < p->room; i++) {
        int16_t fit = best_fit(fits, p->wishes[i]);

        if (fit)
            judge(&j, &p->at[i], i, fit, out);
    }
    free(fits);
    lot_case_fini(&c);
}

/* ---- The best of all ---------------------------------------------------- */

static int comes_before(const struct brute_hit *a, const struct brute_hit *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    if (a->tie != b->tie)
        return a->tie < b->tie;
    /* Two ids of one hash: none among those that are drawn. */
    return a->number < b->number;
}

void brute_offer(struct brute_hits *hits, const struct brute_hit *hit)
{
    size_t at = hits->n;

    if (at == hits->limit && !comes_before(hit, &hits->at[at - 1]))
        return;
    if (at == hits->limit)
        at--;
    else
        hits->n++;
    for (; at && comes_before(hit, &hits->at[at - 1]); at--)
        hits->at[at] = hits->at[at - 1];
    hits->at[at] = *hit;
}
