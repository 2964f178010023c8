/*
 * events.since: who is told of what.  Real records in a real store, some in
 * DEP:76 and some elsewhere; the page itself is the end-to-end tests' affair.
 */
#include <criterion/criterion.h>

#include "engine/dispatch.h"
#include "engine/match/territory.h"
#include "tests/support/world.h"

static struct world world;
static struct arena *arena;
static struct reference *ref;
static struct territory own;
static struct store_view *view;

static void put_all(void)
{
    struct structure here = a_structure("00000001800010", KIND_EI, "76540");
    struct structure there = a_structure("00000006700017", KIND_EI, "59350");
    struct profile near = a_profile("P-near", "76540", 30);
    struct profile far = a_profile("P-far", "59350", 30);
    struct structure gone = a_structure("00000007500018", KIND_EI, "76540");

    world_begin(&world);
    world_put(&world, ref, ENTITY_STRUCTURE, &here);  /* 1 */
    world_put(&world, ref, ENTITY_STRUCTURE, &there); /* 2 */
    world_put(&world, ref, ENTITY_PROFILE, &near);    /* 3 */
    world_put(&world, ref, ENTITY_PROFILE, &far);     /* 4 */
    world_put(&world, ref, ENTITY_STRUCTURE, &gone);  /* 5 */
    world_commit(&world);
    world_begin(&world);
    world_delete(&world, ref, ENTITY_STRUCTURE, &gone); /* 6 */
    world_commit(&world);
}

static void begin(void)
{
    cr_assert(arena = arena_new(64 << 20));
    cr_assert_eq(reference_new(NULL, 0, &ref), ERR_NONE);
    cr_assert_eq(territory_read(ref, arena, TEXTS(SLICE("DEP:76")), &own),
                 ERR_NONE);
    world_open(&world);
    put_all();
    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
}

static void end(void)
{
    store_view_end(view);
    world_close(&world);
    reference_free(ref);
    arena_free(arena);
}

TestSuite(events, .init = begin, .fini = end, .timeout = 60);

/* The events that a key of ROLE is told of, as bits; and whether with hashes.
 */
static unsigned told(unsigned role, int everywhere, int *hashes)
{
    struct call call = {.verb = VERB_events_since,
                        .role = role,
                        .arena = arena,
                        .caller = SLICE("K-1"),
                        .territory = &own,
                        .everywhere = everywhere};
    struct ask_events_since ask = {.since = 0, .limit = 100};
    struct answer_events_since answer = {.more = 1};
    unsigned bits = 0;

    cr_assert_eq(handle_events_since(view, &call, &ask, &answer), ERR_NONE);
    *hashes = 0;
    for (size_t i = 0; i < answer.events.n; i++) {
        bits |= 1u << answer.events.at[i].seq;
        *hashes += answer.events.at[i].hash.data != NULL;
    }
    /* What is hidden is passed over, not waited for. */
    cr_assert_eq(answer.next, 6);
    cr_assert_eq(answer.more, 0);
    return bits;
}

#define BIT(n) (1u << (n))

Test(events, each_role_is_told_of_its_own)
{
    static const unsigned all =
        BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6);
    static const struct {
        unsigned role;
        int everywhere;
        unsigned told;
        int hashes;
    } rows[] = {
        {PORTAL, 0, BIT(1), 0},
        {FACILITATOR, 0, BIT(1) | BIT(3), 0},
        {BATCH, 0, BIT(1) | BIT(3), 0},
        {PORTAL, 1, BIT(1) | BIT(2), 0},
        {FACILITATOR, 1, all, 6},
        {BATCH, 1, all, 6},
        {ADMIN, 1, all, 6},
        {DEVELOPMENT, 1, all, 6},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int hashes;

        cr_expect_eq(told(rows[i].role, rows[i].everywhere, &hashes),
                     rows[i].told, "row %zu", i);
        cr_expect_eq(hashes, rows[i].hashes, "row %zu", i);
    }
}

Test(events, a_key_without_territory_is_told_of_nothing)
{
    struct territory none = {NULL, 0, NULL, 0};
    int hashes;

    own = none;
    cr_expect_eq(told(FACILITATOR, 0, &hashes), 0);
}
