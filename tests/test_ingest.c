/* What an entity must satisfy beyond its field table: a row for each input,
 * with what is said about it. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "engine/ingest.h"

static struct reference *reference;
static struct arena *arena;

static void setup(void)
{
    cr_assert_eq(reference_new(NULL, 0, &reference), ERR_NONE);
    arena = arena_new(1 << 24);
    cr_assert(arena);
}

static void teardown(void)
{
    arena_free(arena);
    reference_free(reference);
    arena = NULL;
    reference = NULL;
}

TestSuite(ingest, .init = setup, .fini = teardown, .timeout = 60);

/* A place of a lot: accepted as stored, or refused. */
struct place {
    char zone[32];
    enum err expected;
    char stored[32]; /* when accepted */
};

ParameterizedTestParameters(ingest, places)
{
    static struct place rows[] = {
        {"COM:2B033", ERR_NONE, "COM:2B033"},
        {"COM:20004", ERR_AMBIGUOUS_COMMUNE, ""},
        {"COM:75112", ERR_NONE, "COM:75056"},
        {"COM:69389", ERR_NONE, "COM:69123"},
        {"COM:13216", ERR_NONE, "COM:13055"},
        {"COM:97611", ERR_NONE, "COM:97611"},
        {"COM:97801", ERR_NONE, "COM:97801"},
        {"COM:99999", ERR_UNKNOWN_COMMUNE, ""},
        {"NEAR:75112:10", ERR_NONE, "NEAR:75056:10"},
        {"NEAR:00000:10", ERR_UNKNOWN_COMMUNE, ""},
        {"DEP:2A", ERR_NONE, "DEP:2A"},
        {"DEP:20", ERR_BAD_DEPT, ""},
        {"DEP:75", ERR_NONE, "DEP:75"},
        {"REG:75", ERR_NONE, "REG:75"},
        {"REG:94", ERR_NONE, "REG:94"},
        {"REG:22", ERR_UNKNOWN_TERRITORY, ""},
        {"DEP:978", ERR_NONE, "DEP:978"},
        {"REG:978", ERR_NONE, "REG:978"},
        {"DEP:988", ERR_NONE, "DEP:988"},
        {"EPCI:200084952", ERR_NONE, "EPCI:200084952"},
        {"EPCI:200057867", ERR_NONE, "EPCI:200057867"},
        {"EPCI:123456789", ERR_UNKNOWN_TERRITORY, ""},
        {"FR", ERR_NONE, "FR"},
    };

    return cr_make_param_array(struct place, rows, sizeof rows / sizeof *rows);
}

static struct market *market_of(size_t lots)
{
    struct market *m = shape_array(arena, &shape_market, 1);

    m->id = SLICE("M-1");
    m->lots.at = shape_array(arena, &shape_lot, lots);
    m->lots.n = lots;
    return m;
}

static enum err take(unsigned entity, void *value, struct faults *faults,
                     struct notes *notes)
{
    memset(faults, 0, sizeof *faults);
    memset(notes, 0, sizeof *notes);
    return ingest(reference, entity, value, "", arena, faults, notes);
}

ParameterizedTest(struct place *row, ingest, places)
{
    struct slice zone = slice_of(row->zone);
    struct faults faults;
    struct notes notes;
    struct market *m;
    enum err e;

    m = market_of(1);
    m->lots.at[0].places = (struct slices){&zone, 1};
    e = take(ENTITY_MARKET, m, &faults, &notes);
    cr_expect_eq(e, row->expected, "%s: %s", row->zone, err_name(e));
    if (e) {
        cr_expect(slice_equal(faults.at[0].field, SLICE("lots[1].places[1]")));
        cr_expect(faults.at[0].hint.len, "%s: no hint", row->zone);
    } else {
        cr_expect(
            slice_equal(m->lots.at[0].places.at[0], slice_of(row->stored)));
        cr_expect_eq(notes.n, strcmp(row->zone, row->stored) != 0);
    }
}

Test(ingest, a_district_and_its_city_become_one_place)
{
    struct slice zones[] = {SLICE("COM:75056"), SLICE("COM:75112"),
                            SLICE("DEP:76")};
    struct market *m = market_of(1);
    struct faults faults;
    struct notes notes;

    m->lots.at[0].places = (struct slices){zones, 3};
    cr_assert_eq(take(ENTITY_MARKET, m, &faults, &notes), ERR_NONE);
    cr_assert_eq(m->lots.at[0].places.n, 2);
    cr_expect(slice_equal(m->lots.at[0].places.at[1], SLICE("DEP:76")));
    cr_assert_eq(notes.n, 1);
    cr_expect(slice_equal(notes.at[0].from, SLICE("COM:75112")));
    cr_expect(slice_equal(notes.at[0].to, SLICE("COM:75056")));
}

struct check_digit {
    char cpv[16];
    int noted;
};

ParameterizedTestParameters(ingest, check_digits)
{
    static struct check_digit rows[] = {
        {"45000000-7", 0}, {"77310000-6", 0}, {"90910000-9", 0},
        {"55520000-1", 0}, {"79710000-4", 0}, {"77310000-5", 1},
        {"45000000", 0},
    };

    return cr_make_param_array(struct check_digit, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct check_digit *row, ingest, check_digits)
{
    struct slice cpv = slice_of(row->cpv);
    struct faults faults;
    struct notes notes;
    struct market *m;

    m = market_of(1);
    m->lots.at[0].cpv = (struct slices){&cpv, 1};
    cr_assert_eq(take(ENTITY_MARKET, m, &faults, &notes), ERR_NONE);
    cr_expect_eq(notes.n, (size_t)row->noted, "%s", row->cpv);
    if (row->noted)
        cr_expect(slice_equal(notes.at[0].name, SLICE("CPV_CHECK_DIGIT")));
}

static enum err clauses(int64_t first, int64_t second, int64_t contract)
{
    struct market *m = market_of(1);
    struct faults faults;
    struct notes notes;

    m->contract_type = contract;
    m->lots.at[0].clauses.n = second == ABSENT ? 1 : 2;
    m->lots.at[0].clauses.at =
        shape_array(arena, &shape_clause, m->lots.at[0].clauses.n);
    m->lots.at[0].clauses.at[0].kind = first;
    if (second != ABSENT)
        m->lots.at[0].clauses.at[1].kind = second;
    return take(ENTITY_MARKET, m, &faults, &notes);
}

Test(ingest, a_lot_is_reserved_to_one_family)
{
    cr_expect_eq(clauses(CLAUSE_RES_HAND, CLAUSE_RES_IAE, ABSENT),
                 ERR_CLAUSE_CONFLICT);
    cr_expect_eq(clauses(CLAUSE_RES_MIX, CLAUSE_RES_PRISON, ABSENT),
                 ERR_CLAUSE_CONFLICT);
    cr_expect_eq(clauses(CLAUSE_RES_IAE, CLAUSE_RES_IAE, ABSENT), ERR_NONE);
    cr_expect_eq(clauses(CLAUSE_RES_IAE, CLAUSE_EXEC, ABSENT), ERR_NONE);
    cr_expect_eq(clauses(CLAUSE_EXEC, CLAUSE_CRIT, ABSENT), ERR_NONE);
}

Test(ingest, both_families_are_for_markets_only)
{
    cr_expect_eq(clauses(CLAUSE_RES_MIX, ABSENT, CONTRACT_SERVICES), ERR_NONE);
    cr_expect_eq(clauses(CLAUSE_RES_MIX, ABSENT, CONTRACT_CONCESSION),
                 ERR_CONCESSION_MIX_FORBIDDEN);
    cr_expect_eq(clauses(CLAUSE_RES_IAE, ABSENT, CONTRACT_CONCESSION),
                 ERR_NONE);
}

static struct structure *structure_of(const char *commune)
{
    struct structure *s = shape_array(arena, &shape_structure, 1);

    s->siret = SLICE("73282932000074");
    s->kind = KIND_EI;
    s->name = SLICE("Demo");
    s->commune = slice_of(commune);
    return s;
}

static enum err take_structure(struct structure *s)
{
    struct faults faults;
    struct notes notes;

    return take(ENTITY_STRUCTURE, s, &faults, &notes);
}

Test(ingest, a_position_is_whole)
{
    struct structure *s = structure_of("76540");

    cr_expect_eq(take_structure(s), ERR_NONE);
    s->lat = 49440000;
    cr_expect_eq(take_structure(s), ERR_POSITION_HALF);
    s->lon = 1090000;
    cr_expect_eq(take_structure(s), ERR_NONE);
}

Test(ingest, bounds_are_in_order)
{
    struct structure *s = structure_of("76540");

    s->agreement_from = 20001;
    s->agreement_until = 20000;
    cr_expect_eq(take_structure(s), ERR_BAD_ORDER);
    s->agreement_from = 20000;
    cr_expect_eq(take_structure(s), ERR_NONE);
    s->activities.at = shape_array(arena, &shape_activity, 1);
    s->activities.n = 1;
    s->activities.at[0].lot_min = 2;
    s->activities.at[0].lot_max = 1;
    cr_expect_eq(take_structure(s), ERR_BAD_ORDER);
}

Test(ingest, a_zone_has_one_form)
{
    struct slice code = SLICE("DEP:76");
    struct structure *s = structure_of("76540");

    s->activities.at = shape_array(arena, &shape_activity, 1);
    s->activities.n = 1;
    s->activities.at[0].zone = shape_array(arena, &shape_zone, 1);
    s->activities.at[0].zone->codes = (struct slices){&code, 1};
    cr_expect_eq(take_structure(s), ERR_NONE);
    s->activities.at[0].zone->within_km = 30;
    cr_expect_eq(take_structure(s), ERR_ZONE_FORM);
}

Test(ingest, hours_of_a_profile_are_in_order)
{
    struct profile *p = shape_array(arena, &shape_profile, 1);
    struct faults faults;
    struct notes notes;

    p->id = SLICE("p1");
    p->commune = SLICE("76351");
    p->hours_min = 30;
    p->hours_max = 20;
    cr_expect_eq(take(ENTITY_PROFILE, p, &faults, &notes), ERR_BAD_ORDER);
    p->hours_max = 30;
    cr_expect_eq(take(ENTITY_PROFILE, p, &faults, &notes), ERR_NONE);
}

Test(ingest, a_former_code_maps_to_its_one_successor_in_its_department)
{
    struct structure *s = structure_of("14697"); /* now in 14654 */
    struct faults faults;
    struct notes notes;
    enum err e = take(ENTITY_STRUCTURE, s, &faults, &notes);

    cr_assert_eq(e, ERR_NONE, "%s", err_name(e));
    cr_assert_eq(notes.n, 1);
    cr_expect(slice_equal(notes.at[0].name, SLICE("NORMALISED")));
    cr_expect(slice_equal(notes.at[0].field, SLICE("commune")));
}
