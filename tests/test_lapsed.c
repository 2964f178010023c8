/*
 * Promises of postings that are empty: many who would be best gave a consent
 * that has ended, which only the row beside them tells.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/rouen.h"

#define LAPSED 3000

static struct world world;

static void put_person(unsigned i, const char *consent, const char *home)
{
    char id[20];

    snprintf(id, sizeof id, "p-%u", i);
    p.id = slice_of(id);
    p.consent_on = day(consent);
    p.commune = slice_of(home);
    world_put(&world, ref, ENTITY_PROFILE, &p);
}

/* Everybody lives where the job is but the first FEW, who alone may be
 * proposed. */
static void make_people(unsigned few)
{
    p.mobility_km = 60;
    p.registered_on = day("2025-01-01");
    world_begin(&world);
    for (unsigned i = 0; i < few; i++)
        put_person(i, "2026-09-01", "76217");
    for (unsigned i = few; i < few + LAPSED; i++)
        put_person(i, "2020-01-01", "76540");
    world_commit(&world);
}

static struct lot_answer answer(void)
{
    struct lot_answer out;

    shape_clear(&shape_lot_answer, &out);
    cr_assert_eq(store_view_begin(world.store, &m.view), ERR_NONE);
    cr_assert_eq(match_people(&m, &market, 1, 1, &out), ERR_NONE);
    store_view_end(m.view);
    return out;
}

static void setup(void)
{
    rouen_setup();
    world_open(&world);
}

static void teardown(void)
{
    world_close(&world);
    rouen_teardown();
}

TestSuite(lapsed, .init = setup, .fini = teardown, .timeout = 120);

Test(lapsed, behind_thousands_of_lapsed_consents_the_few_are_found)
{
    struct lot_answer out;

    make_people(3);
    m.limit = 2;
    out = answer();
    cr_assert_eq(out.jobs.at[0].candidates.n, 2);
    m.limit = 20;
    out = answer();
    cr_assert_eq(out.jobs.at[0].candidates.n, 3);
}

Test(lapsed, rows_are_looked_at_twice_at_most)
{
    make_people(0);
    m.limit = 1;
    cr_assert_eq(answer().jobs.at[0].candidates.n, 0);
    cr_assert_leq(m.scanned, 2 * LAPSED);
}
