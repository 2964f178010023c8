/*
 * The best structures, through the index and the plain way: the same bytes for
 * zones, places, dates, amounts, codes and weights of every form.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/match/workspace.h"
#include "tests/support/forms.h"

enum { STRUCTURES = 700, MARKETS = 60 };

static struct reference *ref;
static struct arena *arena;   /* of the entities */
static struct arena *answers; /* of one question */
static struct workspace *workspace;
static struct world world;
static struct chance chance;
static struct structure *structures[STRUCTURES];

static void setup(void)
{
    struct reference_import sectors = forms_sectors();

    cr_assert_eq(reference_new(&sectors, 1, &ref), ERR_NONE);
    arena = arena_new(1u << 30);
    answers = arena_new(64u << 20);
    workspace = workspace_new();
    chance = (struct chance){20261123, arena, ref};
    world_open(&world);
}

static void teardown(void)
{
    world_close(&world);
    workspace_free(workspace);
    arena_free(answers);
    arena_free(arena);
    reference_free(ref);
    workspace = NULL;
    answers = arena = NULL;
    ref = NULL;
}

TestSuite(structure_search, .init = setup, .fini = teardown, .timeout = 600);

static void put(unsigned i)
{
    structures[i] = forms_structure(&chance, i);
    structures[i]->kind = i % kind_words; /* the id does not change */
    world_put(&world, ref, ENTITY_STRUCTURE, structures[i]);
}

static void put_everybody(void)
{
    for (unsigned i = 0; i < STRUCTURES; i++) {
        if (i % 100 == 0)
            world_begin(&world);
        put(i);
        if (i % 100 == 99)
            world_commit(&world);
    }
}

static void encode(const struct lot_answer *answer, struct buffer *out)
{
    out->len = 0;
    cr_assert_eq(protocol_encode(&shape_lot_answer, answer, EVERYONE, out),
                 ERR_NONE);
}

static size_t ask(struct match *m, const struct market *market, int64_t lot,
                  struct buffer *out)
{
    struct lot_answer answer;

    shape_clear(&shape_lot_answer, &answer);
    cr_assert_eq(match_structures(m, market, lot, &answer), ERR_NONE);
    encode(&answer, out);
    return answer.structures.n;
}

static void assert_top(struct match *m, const struct market *market,
                       int64_t lot, struct match_top *out)
{
    struct match_top plain;

    cr_assert_eq(match_top_structures(m, market, lot, out), ERR_NONE);
    m->without |= MATCH_INDEX;
    cr_assert_eq(match_top_structures(m, market, lot, &plain), ERR_NONE);
    m->without &= ~(unsigned)MATCH_INDEX;
    cr_assert_eq(out->n, plain.n);
    for (size_t i = 0; i < plain.n; i++) {
        cr_assert_eq(out->at[i].number, plain.at[i].number);
        cr_assert_eq(out->at[i].score, plain.at[i].score);
    }
}

struct tested {
    size_t found;
    size_t full; /* lists that had to leave somebody out */
};

static void compare_lot(struct match m, const struct market *market,
                        int64_t lot, struct tested *tested)
{
    static struct buffer fast, plain;
    struct match_top top;
    size_t n;

    arena_reset(answers);
    n = ask(&m, market, lot, &fast);
    m.without = MATCH_INDEX;
    cr_assert_eq(ask(&m, market, lot, &plain), n);
    cr_assert_eq(fast.len, plain.len, "%.*s lot %d", (int)market->id.len,
                 market->id.data, (int)lot);
    cr_assert_eq(memcmp(fast.data, plain.data, plain.len), 0, "%.*s lot %d",
                 (int)market->id.len, market->id.data, (int)lot);
    m.without = 0;
    assert_top(&m, market, lot, &top);
    cr_assert_eq(top.n, n);
    tested->found += n;
    tested->full += n == (size_t)m.limit;
}

/* Lots FIRST to FIRST + MARKETS, against the tables of WITH. */
static struct tested compare(unsigned first, const struct reference *with,
                             unsigned without)
{
    struct tested tested = {0, 0};
    struct store_view *view;

    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
    for (unsigned i = 0; i < MARKETS; i++) {
        struct market *market = forms_market(&chance, first + i);
        struct match m = forms_match(&chance, with, answers);

        m.view = view;
        m.workspace = workspace;
        m.without = without;
        for (size_t lot = 1; lot <= market->lots.n; lot++)
            compare_lot(m, market, (int64_t)lot, &tested);
    }
    store_view_end(view);
    return tested;
}

Test(structure_search, rows_and_records_give_the_same_bytes)
{
    struct tested tested = {0, 0};

    put_everybody();
    for (unsigned i = 0; i < 4; i++) {
        struct tested some = compare(100 * i, ref, 0);

        tested.found += some.found;
        tested.full += some.full;
    }
    cr_assert_gt(tested.found, 5000);
    cr_assert_gt(tested.full, 100);
}

Test(structure_search, they_still_do_after_changes_and_deletions)
{
    put_everybody();
    for (unsigned round = 0; round < 3; round++) {
        world_begin(&world);
        for (unsigned i = round; i < STRUCTURES; i += 4)
            put(i);
        for (unsigned i = 10 + round; i < STRUCTURES; i += 50)
            world_delete(&world, ref, ENTITY_STRUCTURE, structures[i]);
        world_commit(&world);
        cr_assert_gt(compare(1000 * (round + 1), ref, 0).found, 1000);
        world_begin(&world);
        for (unsigned i = 10 + round; i < STRUCTURES; i += 50)
            put(i);
        world_commit(&world);
    }
}

/* What the index holds was derived from the bundled tables, and stays. */
Test(structure_search, they_do_with_centres_imported_afterwards)
{
    struct reference_import imports[2] = {forms_sectors(),
                                          forms_centres(ref, arena)};
    struct reference *moved;

    cr_assert_eq(reference_new(imports, 2, &moved), ERR_NONE);
    cr_assert_neq(moved->uncentred, ref->uncentred);
    put_everybody();
    cr_assert_gt(compare(5000, moved, 0).found, 1000);
    cr_assert_gt(compare(5100, moved, 0).found, 1000);
    reference_free(moved);
}

Test(structure_search, they_do_with_sectors_imported_afterwards)
{
    struct reference_import sectors = forms_sectors();
    struct reference *other;

    sectors.lines = SLICE("peinture\talimentation\nvoirie\tvert\n"
                          "lot 300356\tvert\nrepas\talimentation\n");
    cr_assert_eq(reference_new(&sectors, 1, &other), ERR_NONE);
    put_everybody();
    cr_assert_gt(compare(6000, other, 0).found, 1000);
    reference_free(other);
    cr_assert_eq(reference_new(NULL, 0, &other), ERR_NONE);
    cr_assert_gt(compare(6100, other, 0).found, 1000);
    reference_free(other);
}

Test(structure_search, what_saves_time_can_be_left_out)
{
    put_everybody();
    cr_assert_gt(compare(7000, ref, MATCH_BOUNDS).found, 1000);
    cr_assert_gt(compare(7100, ref, MATCH_BEST_FIRST).found, 1000);
}

Test(structure_search, no_workspace_is_needed)
{
    struct match m = a_match(ref, answers);
    struct market *market = forms_market(&chance, 1);
    struct tested tested = {0, 0};

    put_everybody();
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    for (size_t lot = 1; lot <= market->lots.n; lot++)
        compare_lot(m, market, (int64_t)lot, &tested);
    store_view_end(m.view);
}
