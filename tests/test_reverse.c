/*
 * From candidates to open lots: the same pairs, scores and tie numbers as from
 * the lots to their candidates, whatever the store has been through.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/dispatch.h"
#include "engine/match/order.h"
#include "engine/match/reverse.h"
#include "tests/support/chance.h"

enum { STRUCTURES = 40, PROFILES = 120, MARKETS = 40 };

static struct reference *ref;
static struct arena *arena;
static struct world world;
static struct chance chance;
static struct match m;
static struct structure *structures[STRUCTURES];
static struct profile *profiles[PROFILES];
static struct market *markets[MARKETS]; /* NULL: deleted */

static void setup(void)
{
    cr_assert_eq(reference_new(chance_imports, 2, &ref), ERR_NONE);
    arena = arena_new(1u << 30);
    chance = (struct chance){20261123, arena, ref};
    world_open(&world);
    m = a_match(ref, arena);
    m.limit = 1000;
}

static void teardown(void)
{
    world_close(&world);
    arena_free(arena);
    reference_free(ref);
    arena = NULL;
    ref = NULL;
}

TestSuite(reverse, .init = setup, .fini = teardown, .timeout = 240);

/* Two of three are open, some of them until these days or that moment. */
static struct market *chance_open_market(unsigned number)
{
    struct market *market = chance_market(&chance, number);
    int64_t closes = day("2026-11-23") + chance_below(&chance, 5) - 2;

    if (chance_of(&chance, 33))
        market->status = chance_below(&chance, market_status_words);
    if (chance_of(&chance, 60))
        market->deadline = closes * 86400 + 22 * 3600 +
                           3600 * (int64_t)chance_below(&chance, 2);
    if (chance_of(&chance, 50))
        market->object = SLICE("Ecoles");
    if (chance_of(&chance, 50)) {
        market->buyer = shape_array(arena, &shape_buyer, 1);
        market->buyer->name = SLICE("Ville");
    }
    return market;
}

static void put(unsigned entity, const void *value)
{
    world_put(&world, ref, entity, value);
}

static void make_everybody(void)
{
    world_begin(&world);
    for (unsigned i = 0; i < STRUCTURES; i++)
        put(ENTITY_STRUCTURE, structures[i] = chance_structure(&chance, i));
    for (unsigned i = 0; i < PROFILES; i++)
        put(ENTITY_PROFILE, profiles[i] = chance_profile(&chance, i));
    for (unsigned i = 0; i < MARKETS; i++)
        put(ENTITY_MARKET, markets[i] = chance_open_market(i));
    world_commit(&world);
}

/* ---- The lots' own lists, turned round ---------------------------------- */

/* All pairs of open lots, with the order of the reverse. */
struct lot_pair {
    struct slice candidate;
    struct slice key;
    struct lot_hit hit;
};
struct job_pair {
    struct slice candidate;
    struct slice key;
    struct job_hit hit;
};
static struct lot_pair lot_pairs[MARKETS * 4 * STRUCTURES];
static struct job_pair job_pairs[MARKETS * 4 * 3 * PROFILES];
static size_t n_lots, n_jobs;

static struct slice object_of(const struct market *market,
                              const struct lot *lot)
{
    return lot->object.data ? lot->object : market->object;
}

static struct slice buyer_of(const struct market *market)
{
    return market->buyer ? market->buyer->name : (struct slice){NULL, 0};
}

static void turn_structures(const struct market *market,
                            const struct lot_answer *answer)
{
    const struct lot *lot = &market->lots.at[answer->lot - 1];

    for (size_t i = 0; i < answer->structures.n; i++) {
        const struct structure_hit *hit = &answer->structures.at[i];
        struct lot_pair *pair = &lot_pairs[n_lots++];

        pair->candidate = hit->id;
        pair->key = arena_format(arena, "%.*s/%d", (int)market->id.len,
                                 market->id.data, (int)answer->lot);
        pair->hit = (struct lot_hit){
            market->id,       answer->lot,      object_of(market, lot),
            buyer_of(market), market->deadline, answer->start,
            answer->warnings, hit->score,       hit->tie,
            hit->activity,    hit->components,  hit->unknown,
            hit->cover,       hit->missing,     hit->km,
            hit->marks};
    }
}

static void turn_people(const struct market *market,
                        const struct lot_answer *answer,
                        const struct job_people *people)
{
    const struct lot *lot = &market->lots.at[answer->lot - 1];
    const struct job *job = &lot->jobs.at[people->job - 1];

    for (size_t i = 0; i < people->candidates.n; i++) {
        const struct person_hit *hit = &people->candidates.at[i];
        struct job_pair *pair = &job_pairs[n_jobs++];

        pair->candidate = hit->id;
        pair->key =
            arena_format(arena, "%.*s/%d/%d", (int)market->id.len,
                         market->id.data, (int)answer->lot, (int)people->job);
        pair->hit = (struct job_hit){market->id,       answer->lot,
                                     people->job,      object_of(market, lot),
                                     buyer_of(market), market->deadline,
                                     job->rome,        job->title,
                                     job->commune,     people->start,
                                     job->hours_week,  answer->warnings,
                                     hit->score,       hit->tie,
                                     hit->components,  hit->unknown,
                                     hit->km,          hit->marks};
    }
}

static void turn_round(void)
{
    n_lots = n_jobs = 0;
    for (unsigned i = 0; i < MARKETS; i++) {
        if (!markets[i] || !match_market_open(markets[i], m.on))
            continue;
        for (size_t k = 1; k <= markets[i]->lots.n; k++) {
            struct lot_answer answer;

            shape_clear(&shape_lot_answer, &answer);
            cr_assert_eq(match_structures(&m, markets[i], (int64_t)k, &answer),
                         ERR_NONE);
            cr_assert_eq(
                match_people(&m, markets[i], (int64_t)k, ABSENT, &answer),
                ERR_NONE);
            turn_structures(markets[i], &answer);
            for (size_t j = 0; j < answer.jobs.n; j++)
                turn_people(markets[i], &answer, &answer.jobs.at[j]);
        }
    }
}

static int compare_lots(const void *left, const void *right)
{
    const struct lot_pair *a = left, *b = right;

    return hit_order(a->hit.score, a->hit.tie, a->key, b->hit.score, b->hit.tie,
                     b->key);
}

static int compare_jobs(const void *left, const void *right)
{
    const struct job_pair *a = left, *b = right;

    return hit_order(a->hit.score, a->hit.tie, a->key, b->hit.score, b->hit.tie,
                     b->key);
}

/* ---- The reverse's lists ------------------------------------------------ */

static void assert_same_bytes(const struct shape *shape, const void *got,
                              const void *wanted, const char *what)
{
    struct buffer a = {NULL, 0, 0, 0}, b = {NULL, 0, 0, 0};

    cr_assert_eq(protocol_encode(shape, got, EVERYONE, &a), ERR_NONE);
    cr_assert_eq(protocol_encode(shape, wanted, EVERYONE, &b), ERR_NONE);
    cr_assert_eq(a.len, b.len, "%s", what);
    cr_assert_eq(memcmp(a.data, b.data, a.len), 0, "%s", what);
    buffer_free(&a);
    buffer_free(&b);
}

static struct lot_hit_list lots_of(const struct structure *s)
{
    struct lot_hit_list list = {NULL, 0};

    cr_assert_eq(reverse_structure(&m, s, &list), ERR_NONE);
    return list;
}

static struct job_hit_list jobs_of(const struct profile *p)
{
    struct job_hit_list list = {NULL, 0};

    cr_assert_eq(reverse_person(&m, p, &list), ERR_NONE);
    return list;
}

/* No hit but those of the lots' lists, none of them missing, in order. */
static void check_structure(const struct structure *s)
{
    struct slice id = arena_format(arena, "%.*s-%s", (int)s->siret.len,
                                   s->siret.data, words_kind.words[s->kind]);
    struct lot_hit_list list = lots_of(s);
    size_t n = 0;

    for (size_t i = 0; i < n_lots && n < (size_t)m.limit; i++) {
        if (!slice_equal(lot_pairs[i].candidate, id))
            continue;
        cr_assert_lt(n, list.n, "%s: a lot is missing", id.data);
        assert_same_bytes(&shape_lot_hit, &list.at[n++], &lot_pairs[i].hit,
                          id.data);
    }
    cr_assert_eq(n, list.n, "%s: a lot too many", id.data);
}

static void check_person(const struct profile *p)
{
    struct job_hit_list list = jobs_of(p);
    size_t n = 0;

    for (size_t i = 0; i < n_jobs && n < (size_t)m.limit; i++) {
        if (!slice_equal(job_pairs[i].candidate, p->id))
            continue;
        cr_assert_lt(n, list.n, "%s: a job is missing", p->id.data);
        assert_same_bytes(&shape_job_hit, &list.at[n++], &job_pairs[i].hit,
                          p->id.data);
    }
    cr_assert_eq(n, list.n, "%s: a job too many", p->id.data);
}

static void look(void)
{
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
}

static void check_everybody(void)
{
    look();
    world_check(m.view, ref);
    m.limit = 1000;
    turn_round();
    qsort(lot_pairs, n_lots, sizeof *lot_pairs, compare_lots);
    qsort(job_pairs, n_jobs, sizeof *job_pairs, compare_jobs);
    cr_assert_gt(n_lots, 50);
    cr_assert_gt(n_jobs, 50);
    for (unsigned i = 0; i < STRUCTURES; i++) {
        m.limit = i % 3 ? 1000 : 2;
        check_structure(structures[i]);
    }
    for (unsigned i = 0; i < PROFILES; i++) {
        m.limit = i % 3 ? 1000 : 2;
        check_person(profiles[i]);
    }
    store_view_end(m.view);
}

Test(reverse, both_ways_give_the_same_pairs_scores_and_ties)
{
    make_everybody();
    check_everybody();
}

Test(reverse, they_still_do_with_other_questions)
{
    static const int64_t kinds[] = {KIND_EI, KIND_ETTI, KIND_EA, KIND_ESAT};

    make_everybody();
    for (int64_t i = 0; i < 3; i++) {
        m.on = day("2026-11-22") + i;
        m.nationwide = i;
        m.grace = 7 * i;
        m.kinds = (struct ints){kinds, i ? 4 : 0};
        m.structure_weights.activity += 50;
        m.structure_weights.jobs -= 50;
        m.person_weights.waiting += 100;
        m.person_weights.job -= 100;
        if (i < 2)
            check_everybody();
    }
}

Test(reverse, they_still_do_after_markets_changed_and_went)
{
    make_everybody();
    for (unsigned round = 0; round < 3; round++) {
        world_begin(&world);
        for (unsigned i = round; i < MARKETS; i += 3)
            put(ENTITY_MARKET, markets[i] = chance_open_market(i));
        world_delete(&world, ref, ENTITY_MARKET, markets[7 + round]);
        markets[7 + round] = NULL;
        world_commit(&world);
        check_everybody();
    }
}

/* Other centres, links and groups than those that the postings were made
 * under: Le Havre lies where Dieppe was, and most have no centre at all. */
Test(reverse, they_still_do_after_an_import_of_tables)
{
    struct reference_import imports[3] = {
        {"centres", "2", "test",
         SLICE("76540\t49.44\t1.1\t0\n76217\t49.49\t0.1\t0\n"
               "76351\t49.92\t1.07\t1\n27229\t49.02\t1.15\t0\n")},
        {"sectors", "2", "test",
         SLICE("peinture\ta\nvoirie\tb\nrepas\ta\ninconnu\tb\n")},
        {"rome-links", "2", "test",
         SLICE("A1203\tN1105\tProche\nK2205\tA1201\tEvolution\n")},
    };
    struct reference *bundled = ref;

    make_everybody();
    cr_assert_eq(reference_new(imports, 3, &ref), ERR_NONE);
    m.reference = chance.ref = ref;
    check_everybody();
    reference_free(bundled);
}

/* ---- What is open ------------------------------------------------------- */

/* A structure and a person that fit the market's only lot and job. */
static struct activity act;
static struct structure s;
static struct profile p;
static struct criterion rsa;
static struct market open_market;
static struct lot lot;
static struct job job;

static void make_pair(void)
{
    act = an_activity();
    s = a_structure("73282932000074", KIND_EI, "76540");
    s.activities = (struct activity_list){&act, 1};
    shape_clear(&shape_criterion, &rsa);
    rsa.code = CRITERION_RSA;
    p = a_profile("p-7", "76540", 10);
    p.criteria = (struct criterion_list){&rsa, 1};
    p.consent_on = day("2026-09-01");
    job = a_job("A1203");
    lot = a_lot();
    lot.jobs = (struct job_list){&job, 1};
    open_market = a_market("M-1", &lot, 1);
}

static void put_market(void)
{
    world_begin(&world);
    put(ENTITY_MARKET, &open_market);
    world_commit(&world);
}

/* How many lots the structure has now, and jobs the person. */
static size_t lots_now(void)
{
    size_t n, jobs;

    act.rome = p.rome = TEXTS(SLICE("A1203"));
    look();
    n = lots_of(&s).n;
    jobs = jobs_of(&p).n;
    store_view_end(m.view);
    cr_assert_eq(n, jobs);
    return n;
}

Test(reverse, only_open_markets_are_seen)
{
    make_pair();
    for (int64_t status = 0; status < market_status_words; status++) {
        open_market.status = status;
        put_market();
        cr_assert_eq(lots_now(), status == MARKET_OPEN, "%s",
                     words_market_status.words[status]);
    }
}

Test(reverse, a_deadline_is_a_date_in_paris_and_its_day_is_included)
{
    int64_t midnight = day("2026-11-24") * 86400 - 3600; /* of the 23rd */

    make_pair();
    open_market.deadline = midnight - 1;
    put_market();
    cr_assert_eq(lots_now(), 1);
    m.on++;
    cr_assert_eq(lots_now(), 0);
    open_market.deadline = midnight;
    put_market();
    cr_assert_eq(lots_now(), 1);
    m.on++;
    cr_assert_eq(lots_now(), 0);
    open_market.deadline = ABSENT;
    put_market();
    cr_assert_eq(lots_now(), 1);
}

/* Days before 1970 and after 2149 do not fit 16 bits. */
Test(reverse, the_first_and_the_last_deadlines_are_dates_too)
{
    make_pair();
    p.pass_until = DATE_MAX; /* no rule of law is as old */
    p.consent_on = DATE_MIN;
    open_market.deadline = TIME_MIN + 86400;
    put_market();
    m.on = DATE_MIN + 1;
    cr_assert_eq(lots_now(), 1);
    m.on = DATE_MIN + 2;
    cr_assert_eq(lots_now(), 0);
    p.consent_on = DATE_MAX - 30;
    open_market.deadline = TIME_MAX - 86400 - 7200;
    put_market();
    m.on = DATE_MAX - 1;
    cr_assert_eq(lots_now(), 1);
    m.on = DATE_MAX;
    cr_assert_eq(lots_now(), 0);
}

/* ---- Other things ------------------------------------------------------- */

Test(reverse, an_empty_store_and_empty_candidates_have_empty_lists)
{
    struct structure idle = a_structure("73282932000074", KIND_EI, "76540");
    struct profile idle_person = a_profile("p", "76540", 500);

    look();
    cr_assert_eq(lots_of(&idle).n, 0);
    cr_assert_eq(jobs_of(&idle_person).n, 0);
    store_view_end(m.view);
    make_everybody();
    look();
    cr_assert_eq(lots_of(&idle).n, 0);
    cr_assert_eq(jobs_of(&idle_person).n, 0);
    store_view_end(m.view);
}

Test(reverse, too_little_memory_is_an_error_and_not_a_short_list)
{
    struct lot_hit_list lots;
    struct job_hit_list jobs;
    size_t room, n_lots_whole, n_jobs_whole;
    enum err e = ERR_NOMEM;

    make_pair();
    put_market();
    act.rome = p.rome = TEXTS(SLICE("A1203"));
    look();
    n_lots_whole = lots_of(&s).n;
    n_jobs_whole = jobs_of(&p).n;
    for (room = 16; e == ERR_NOMEM; room += 16) {
        m.arena = arena_new(room);
        if (!(e = reverse_structure(&m, &s, &lots)) &&
            !(e = reverse_person(&m, &p, &jobs))) {
            cr_assert_eq(lots.n, n_lots_whole);
            cr_assert_eq(jobs.n, n_jobs_whole);
        }
        arena_free(m.arena);
    }
    cr_assert_eq(e, ERR_NONE);
    cr_assert_gt(room, 256);
    store_view_end(m.view);
}

/* ---- The verb ----------------------------------------------------------- */

static struct ask_match_reverse ask;
static struct answer_match_reverse answer;

static enum err handle(unsigned role, const char *structure,
                       const char *profile)
{
    static struct call call;
    enum err e;

    call = (struct call){
        .verb = VERB_match_reverse, .role = role, .everywhere = 1};
    call.arena = arena;
    call.today = day("2026-11-23");
    call.structure_weights = match_structure_weights;
    call.person_weights = match_person_weights;
    shape_clear(verb_rows[VERB_match_reverse].ask, &ask);
    shape_clear(verb_rows[VERB_match_reverse].answer, &answer);
    if (structure)
        ask.structure = slice_of(structure);
    if (profile)
        ask.profile = slice_of(profile);
    look();
    e = handle_match_reverse(m.view, &call, &ask, &answer);
    store_view_end(m.view);
    return e;
}

Test(reverse, whoever_sees_no_people_gets_no_jobs_of_one)
{
    make_pair();
    act.rome = p.rome = TEXTS(SLICE("A1203"));
    put_market();
    world_begin(&world);
    put(ENTITY_STRUCTURE, &s);
    put(ENTITY_PROFILE, &p);
    world_commit(&world);
    cr_assert_eq(handle(PORTAL, "73282932000074-EI", NULL), ERR_NONE);
    cr_assert_eq(answer.lots.n, 1);
    cr_assert_eq(handle(PORTAL, NULL, "p-7"), ERR_FORBIDDEN);
    cr_assert_eq(answer.jobs.n, 0);
    cr_assert_eq(handle(FACILITATOR, NULL, "p-7"), ERR_NONE);
    cr_assert_eq(answer.jobs.n, 1);
}

Test(reverse, asks_for_one_candidate_that_exists)
{
    cr_assert_eq(handle(DEVELOPMENT, NULL, NULL), ERR_MISSING_FIELD);
    cr_assert_eq(handle(DEVELOPMENT, "a", "b"), ERR_MISSING_FIELD);
    cr_assert_eq(handle(DEVELOPMENT, "73282932000074-EI", NULL), ERR_NOT_FOUND);
    cr_assert_eq(handle(DEVELOPMENT, NULL, "p-7"), ERR_NOT_FOUND);
}
