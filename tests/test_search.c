/*
 * Lists and counts against explaining everybody: whatever route a candidate
 * takes through the index, the answer has the same bytes.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/chance.h"
#include "tests/support/watched.h"

enum { STRUCTURES = 80, PROFILES = 300, MARKETS = 6 };

static struct reference *ref;
static struct arena *arena;
static struct world world;
static struct chance chance;
static struct structure *structures[STRUCTURES];
static struct profile *profiles[PROFILES];

static void setup(void)
{
    cr_assert_eq(reference_new(chance_imports, 2, &ref), ERR_NONE);
    arena = arena_new(512u << 20);
    chance = (struct chance){20261123, arena, ref};
    world_open(&world);
}

static void teardown(void)
{
    world_close(&world);
    arena_free(arena);
    reference_free(ref);
    arena = NULL;
    ref = NULL;
}

TestSuite(search, .init = setup, .fini = teardown, .timeout = 240);

static void make_everybody(void)
{
    for (unsigned i = 0; i < STRUCTURES; i++)
        structures[i] = chance_structure(&chance, i);
    for (unsigned i = 0; i < PROFILES; i++)
        profiles[i] = chance_profile(&chance, i);
}

/* Into the store, beginning with number FIRST and in steps of STEP. */
static void put_everybody(struct world *w, unsigned first, unsigned step)
{
    world_begin(w);
    for (unsigned i = 0; i < STRUCTURES; i++)
        world_put(w, ref, ENTITY_STRUCTURE,
                  structures[(first + i * step) % STRUCTURES]);
    for (unsigned i = 0; i < PROFILES; i++)
        world_put(w, ref, ENTITY_PROFILE,
                  profiles[(first + i * step) % PROFILES]);
    world_commit(w);
}

/* ---- Explaining everybody ----------------------------------------------- */

static int compare_structures(const void *left, const void *right)
{
    const struct structure_hit *a = left, *b = right;

    return hit_order(a->score, a->tie, a->id, b->score, b->tie, b->id);
}

static int compare_people(const void *left, const void *right)
{
    const struct person_hit *a = left, *b = right;

    return hit_order(a->score, a->tie, a->id, b->score, b->tie, b->id);
}

static void count(struct tally *tally, int64_t reason)
{
    tally->candidates++;
    tally->matched += reason == ABSENT;
    for (size_t i = 0; i < tally->reasons.n; i++)
        tally->reasons.at[i].count += tally->reasons.at[i].reason == reason;
}

static struct tally new_tally(void)
{
    struct tally t = {0, 0, {NULL, reason_words}};

    t.reasons.at = shape_array(arena, &shape_reason_count, reason_words);
    for (int64_t i = 0; i < reason_words; i++)
        t.reasons.at[i] = (struct reason_count){i, 0};
    return t;
}

static void drop_nobodys(struct tally *tally)
{
    size_t kept = 0;

    for (size_t i = 0; i < tally->reasons.n; i++)
        if (tally->reasons.at[i].count)
            tally->reasons.at[kept++] = tally->reasons.at[i];
    tally->reasons.n = kept;
}

static struct structure_hit_list expected_structures(struct match *m,
                                                     struct market *market,
                                                     int64_t lot,
                                                     struct tally *tally)
{
    struct structure_hit_list list = {
        shape_array(arena, &shape_structure_hit, STRUCTURES), 0};

    *tally = new_tally();
    for (unsigned i = 0; i < STRUCTURES; i++) {
        struct structure_verdict v;

        if (!structures[i])
            continue;
        cr_assert_eq(match_explain_structure(m, market, lot, structures[i], &v),
                     ERR_NONE);
        count(tally, v.reason);
        if (v.matched)
            list.at[list.n++] = *v.hit;
    }
    drop_nobodys(tally);
    qsort(list.at, list.n, sizeof *list.at, compare_structures);
    if (list.n > (size_t)m->limit)
        list.n = (size_t)m->limit;
    return list;
}

static struct person_hit_list expected_people(struct match *m,
                                              struct market *market,
                                              int64_t lot, int64_t job,
                                              struct tally *tally)
{
    struct person_hit_list list = {
        shape_array(arena, &shape_person_hit, PROFILES), 0};

    *tally = new_tally();
    for (unsigned i = 0; i < PROFILES; i++) {
        struct person_verdict_list v;

        if (!profiles[i])
            continue;
        cr_assert_eq(match_explain_person(m, market, lot, job, profiles[i], &v),
                     ERR_NONE);
        count(tally, v.at[0].reason);
        if (v.at[0].matched)
            list.at[list.n++] = *v.at[0].hit;
    }
    drop_nobodys(tally);
    qsort(list.at, list.n, sizeof *list.at, compare_people);
    if (list.n > (size_t)m->limit)
        list.n = (size_t)m->limit;
    return list;
}

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

static struct lot_answer answer_of(struct match *m, struct market *market,
                                   int64_t lot)
{
    struct lot_answer out;

    shape_clear(&shape_lot_answer, &out);
    cr_assert_eq(match_structures(m, market, lot, &out), ERR_NONE);
    cr_assert_eq(match_people(m, market, lot, ABSENT, &out), ERR_NONE);
    return out;
}

/* Lists and counts of one lot are those of explaining everybody. */
static void check_lot(struct match *m, struct market *market, int64_t lot)
{
    struct lot_answer got = answer_of(m, market, lot), wanted = got;
    struct job_tally_list jobs;
    struct tally tally, counted;

    wanted.structures = expected_structures(m, market, lot, &tally);
    cr_assert_eq(match_count_structures(m, market, lot, &counted), ERR_NONE);
    assert_same_bytes(&shape_tally, &counted, &tally, "structures counted");
    cr_assert_eq(match_count_people(m, market, lot, &jobs), ERR_NONE);
    cr_assert_eq(jobs.n, market->lots.at[lot - 1].jobs.n);
    wanted.jobs.at = arena_array(arena, got.jobs.n + 1, sizeof *wanted.jobs.at);
    for (size_t i = 0; i < got.jobs.n; i++) {
        struct job_tally one;

        wanted.jobs.at[i] = got.jobs.at[i];
        wanted.jobs.at[i].candidates =
            expected_people(m, market, lot, (int64_t)i + 1, &tally);
        one = (struct job_tally){(int64_t)i + 1, tally.candidates,
                                 tally.matched, tally.reasons};
        assert_same_bytes(&shape_job_tally, &jobs.at[i], &one,
                          "people counted");
    }
    assert_same_bytes(&shape_lot_answer, &got, &wanted, "lists");
}

static void check_markets(unsigned seed)
{
    struct match m = a_match(ref, arena);

    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    for (unsigned i = 0; i < watched(MARKETS, 2); i++) {
        struct market *market = chance_market(&chance, seed + i);
        static const int64_t limits[] = {1, 4, 20, 1000};

        m.limit = limits[i % 4];
        m.nationwide = i % nationwide_words;
        m.grace = i % 2 ? 14 : 0;
        for (size_t lot = 1; lot <= market->lots.n; lot++)
            check_lot(&m, market, (int64_t)lot);
    }
    store_view_end(m.view);
}

/* ---- Tests -------------------------------------------------------------- */

Test(search, lists_and_counts_are_those_of_explaining_everybody)
{
    make_everybody();
    put_everybody(&world, 0, 1);
    check_markets(0);
}

/* Another structure of the same id. */
static void change_structure(unsigned i)
{
    int64_t kind = structures[i]->kind;

    structures[i] = chance_structure(&chance, i);
    structures[i]->kind = kind;
}

Test(search, they_still_are_after_changes_and_deletions)
{
    make_everybody();
    put_everybody(&world, 0, 1);
    for (unsigned round = 0; round < watched(3, 1); round++) {
        world_begin(&world);
        for (unsigned i = round; i < STRUCTURES; i += 5) {
            change_structure(i);
            world_put(&world, ref, ENTITY_STRUCTURE, structures[i]);
        }
        for (unsigned i = round; i < PROFILES; i += 5) {
            profiles[i] = chance_profile(&chance, i);
            world_put(&world, ref, ENTITY_PROFILE, profiles[i]);
        }
        world_delete(&world, ref, ENTITY_STRUCTURE, structures[10 + round]);
        structures[10 + round] = NULL;
        world_delete(&world, ref, ENTITY_PROFILE, profiles[20 + round]);
        profiles[20 + round] = NULL;
        world_commit(&world);
        check_markets(100 * round);
        structures[10 + round] = chance_structure(&chance, 10 + round);
        profiles[20 + round] = chance_profile(&chance, 20 + round);
        world_begin(&world);
        world_put(&world, ref, ENTITY_STRUCTURE, structures[10 + round]);
        world_put(&world, ref, ENTITY_PROFILE, profiles[20 + round]);
        world_commit(&world);
    }
}

Test(search, the_order_of_input_changes_no_byte)
{
    struct match m = a_match(ref, arena);
    struct store_view *views[2];
    struct world other;

    make_everybody();
    put_everybody(&world, 0, 1);
    world_open(&other);
    put_everybody(&other, 17, 77); /* 77 has no factor of 80 or 300 */
    cr_assert_eq(store_view_begin(world.store, &views[0]), ERR_NONE);
    cr_assert_eq(store_view_begin(other.store, &views[1]), ERR_NONE);
    m.limit = 7;
    for (unsigned i = 0; i < MARKETS; i++) {
        struct market *market = chance_market(&chance, i);

        for (size_t lot = 1; lot <= market->lots.n; lot++) {
            struct lot_answer a, b;

            m.view = views[0];
            a = answer_of(&m, market, (int64_t)lot);
            m.view = views[1];
            b = answer_of(&m, market, (int64_t)lot);
            assert_same_bytes(&shape_lot_answer, &a, &b, "permuted");
        }
    }
    store_view_end(views[0]);
    store_view_end(views[1]);
    world_close(&other);
}

/* What the store knows of everybody and no answer may depend on: with whom
 * people are, on which terms they would work, since when they have a PASS; how
 * large structures are and who they belong to. */
static void change_what_does_not_count(void)
{
    static struct slice networks[] = {{"another", 7}, {"network", 7}};
    static int64_t contracts[contract_words];

    for (int64_t i = 0; i < contract_words; i++)
        contracts[i] = i;
    for (unsigned i = 0; i < PROFILES; i++) {
        profiles[i]->referent = SLICE("somebody-else");
        profiles[i]->contracts =
            (struct ints){contracts, chance_below(&chance, contract_words + 1)};
        profiles[i]->pass_from = day("2024-01-01") + chance_below(&chance, 900);
    }
    for (unsigned i = 0; i < STRUCTURES; i++) {
        structures[i]->turnover = chance_below(&chance, 1000000);
        structures[i]->headcount = chance_below(&chance, 1000);
        structures[i]->networks = (struct slices){networks, 2};
    }
}

/* The features that count are those of matching.md sections 3 and 4 alone. */
Test(search, what_does_not_count_changes_no_byte)
{
    struct match m = a_match(ref, arena);
    struct store_view *views[2];
    struct world other;

    make_everybody();
    put_everybody(&world, 0, 1);
    change_what_does_not_count();
    world_open(&other);
    put_everybody(&other, 0, 1);
    cr_assert_eq(store_view_begin(world.store, &views[0]), ERR_NONE);
    cr_assert_eq(store_view_begin(other.store, &views[1]), ERR_NONE);
    for (unsigned i = 0; i < MARKETS; i++) {
        struct market *market = chance_market(&chance, i);

        for (size_t lot = 1; lot <= market->lots.n; lot++) {
            struct lot_answer a, b;

            m.view = views[0];
            a = answer_of(&m, market, (int64_t)lot);
            market->source = SLICE("elsewhere");
            m.view = views[1];
            b = answer_of(&m, market, (int64_t)lot);
            assert_same_bytes(&shape_lot_answer, &a, &b, "what does not count");
        }
    }
    store_view_end(views[0]);
    store_view_end(views[1]);
    world_close(&other);
}

Test(search, an_empty_store_answers_with_empty_lists)
{
    struct match m = a_match(ref, arena);
    struct lot lot = a_lot();
    struct job job = a_job("A1203");
    struct market market = a_market("M", &lot, 1);
    struct lot_answer out;
    struct tally tally;

    lot.jobs = (struct job_list){&job, 1};
    lot.object = SLICE("Nettoyage");
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    out = answer_of(&m, &market, 1);
    cr_assert_eq(out.lot, 1);
    cr_assert(slice_equal(out.object, lot.object));
    cr_assert_eq(out.start, m.on);
    cr_assert_eq(out.structures.n, 0);
    cr_assert_eq(out.jobs.n, 1);
    cr_assert_eq(out.jobs.at[0].job, 1);
    cr_assert(slice_equal(out.jobs.at[0].rome, job.rome));
    cr_assert_eq(out.jobs.at[0].candidates.n, 0);
    cr_assert_eq(match_count_structures(&m, &market, 1, &tally), ERR_NONE);
    cr_assert_eq(tally.candidates, 0);
    cr_assert_eq(tally.reasons.n, 0);
    cr_assert_eq(match_structures(&m, &market, 2, &out), ERR_NOT_FOUND);
    cr_assert_eq(match_people(&m, &market, 1, 2, &out), ERR_NOT_FOUND);
    store_view_end(m.view);
}

Test(search, one_job_may_be_asked_for_alone)
{
    struct match m = a_match(ref, arena);
    struct lot lot = a_lot();
    struct job jobs[2] = {a_job("A1203"), a_job("K2204")};
    struct market market = a_market("M", &lot, 1);
    struct lot_answer all, one;

    make_everybody();
    put_everybody(&world, 0, 1);
    lot.jobs = (struct job_list){jobs, 2};
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    shape_clear(&shape_lot_answer, &all);
    shape_clear(&shape_lot_answer, &one);
    cr_assert_eq(match_people(&m, &market, 1, ABSENT, &all), ERR_NONE);
    cr_assert_eq(match_people(&m, &market, 1, 2, &one), ERR_NONE);
    cr_assert_eq(one.jobs.n, 1);
    cr_assert_gt(one.jobs.at[0].candidates.n, 0);
    assert_same_bytes(&shape_job_people, &one.jobs.at[0], &all.jobs.at[1],
                      "job 2");
    store_view_end(m.view);
}

Test(search, too_little_memory_is_an_error_and_not_a_short_list)
{
    struct match m = a_match(ref, arena);
    struct market *market;
    struct lot_answer whole, out;
    enum err e = ERR_NOMEM;
    size_t room;

    make_everybody();
    put_everybody(&world, 0, 1);
    market = chance_market(&chance, 1);
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    whole = answer_of(&m, market, 1);
    for (room = 64; e == ERR_NOMEM; room += room / 8 + 64) {
        m.arena = arena_new(room);
        shape_clear(&shape_lot_answer, &out);
        if (!(e = match_structures(&m, market, 1, &out)))
            e = match_people(&m, market, 1, ABSENT, &out);
        if (!e)
            assert_same_bytes(&shape_lot_answer, &out, &whole, "just enough");
        arena_free(m.arena);
    }
    cr_assert_eq(e, ERR_NONE);
    cr_assert_gt(room, 1024);
    store_view_end(m.view);
}

Test(search, candidates_that_cannot_fit_are_not_read)
{
    struct match m = a_match(ref, arena);
    struct lot lot = a_lot();
    struct market market = a_market("M", &lot, 1);
    struct lot_answer out;

    make_everybody();
    put_everybody(&world, 0, 1);
    lot.cpv = TEXTS(SLICE("77310000"));
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    shape_clear(&shape_lot_answer, &out);
    cr_assert_eq(match_structures(&m, &market, 1, &out), ERR_NONE);
    cr_assert_gt(m.scored, 0);
    cr_assert_lt(m.scanned, STRUCTURES);
    cr_assert_geq(m.scanned, m.scored);
    store_view_end(m.view);
}
