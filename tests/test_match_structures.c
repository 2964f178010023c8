/*
 * MATCHING.md's nine filters of structures, one candidate at a time: every
 * reason at its boundaries.  What passes them is scored in test_match.c.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "engine/match/activity.h"
#include "tests/support/rouen.h"

TestSuite(match_structures, .init = rouen_setup, .fini = rouen_teardown,
          .timeout = 120);

/* ---- Structures: filters 1 to 4 ----------------------------------------- */

Test(match_structures, a_structure_that_is_not_active_is_refused)
{
    for (s.status = STRUCTURE_INACTIVE; s.status < structure_status_words;
         s.status++)
        expect(REASON_INACTIVE);
}

Test(match_structures, the_agreement_holds_on_both_its_days)
{
    lot.start = day("2026-12-01");
    s.agreement_from = s.agreement_until = lot.start;
    expect(ABSENT);
    s.agreement_from++;
    expect(REASON_AGREEMENT_EXPIRED);
    s.agreement_from = ABSENT;
    s.agreement_until--;
    expect(REASON_AGREEMENT_EXPIRED);
}

Test(match_structures, a_lot_never_starts_before_the_question)
{
    lot.start = day("2026-01-01");
    s.agreement_from = day("2026-02-01");
    s.agreement_until = m.on;
    expect(ABSENT);
    s.agreement_until = m.on - 1;
    expect(REASON_AGREEMENT_EXPIRED);
}

struct kinds_row {
    int64_t clause;
    char kinds[64];
};

ParameterizedTestParameters(match_structures, a_clause_allows_its_kinds)
{
    static struct kinds_row rows[] = {
        {CLAUSE_RES_IAE, "EI ACI AI ETTI "},
        {CLAUSE_RES_HAND, "EA EATT ESAT "},
        {CLAUSE_RES_MIX, "EI ACI AI ETTI EA EATT ESAT "},
        {CLAUSE_RES_UNKNOWN, "EI ACI AI ETTI EA EATT ESAT "},
        {CLAUSE_RES_PRISON, "SEP "},
        {CLAUSE_OBJ, "EI ACI AI ETTI EITI "},
        {CLAUSE_EXEC, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
        {CLAUSE_EXEC_MANDATORY, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
        {CLAUSE_CRIT, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
        {CLAUSE_RES_ESS, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
        {CLAUSE_PRIVATE, "EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP "},
    };

    return cr_make_param_array(struct kinds_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct kinds_row *row, match_structures,
                  a_clause_allows_its_kinds)
{
    clause.kind = row->clause;
    for (s.kind = 0; s.kind < kind_words; s.kind++) {
        const char *name = words_kind.words[s.kind];
        const char *at = strstr(row->kinds, name);
        int allowed;

        /* EA is also the beginning of EATT. */
        while (at &&
               (at[strlen(name)] != ' ' || (at > row->kinds && at[-1] != ' ')))
            at = strstr(at + 1, name);
        allowed = at != NULL;
        cr_assert_eq(explain().reason,
                     allowed ? ABSENT : REASON_KIND_NOT_ALLOWED, "%s", name);
    }
}

Test(match_structures, every_clause_must_allow_the_kind)
{
    struct clause both[2] = {a_clause(CLAUSE_RES_IAE), a_clause(CLAUSE_OBJ)};

    lot.clauses = (struct clause_list){both, 2};
    expect(ABSENT);
    s.kind = KIND_EITI;
    expect(REASON_KIND_NOT_ALLOWED);
    both[1] = a_clause(CLAUSE_RES_PRISON);
    for (s.kind = 0; s.kind < kind_words; s.kind++)
        expect(REASON_KIND_NOT_ALLOWED);
}

Test(match_structures, a_question_may_name_kinds)
{
    m.kinds = INTS(KIND_EA, KIND_EI);
    expect(ABSENT);
    s.kind = KIND_ACI;
    expect(REASON_KIND_NOT_ALLOWED);
    lot.clauses.n = 0;
    expect(REASON_KIND_NOT_ALLOWED);
}

Test(match_structures, a_reserved_lot_asks_for_half)
{
    static const int64_t reserved[] = {CLAUSE_RES_HAND, CLAUSE_RES_IAE,
                                       CLAUSE_RES_MIX, CLAUSE_RES_UNKNOWN};

    for (size_t i = 0; i < 4; i++) {
        clause.kind = reserved[i];
        s.kind = i ? KIND_EI : KIND_EA;
        s.public_share = 49;
        expect(REASON_SHARE_LT_50);
        s.public_share = 50;
        cr_assert_eq(hit()->marks.n, 0);
        s.public_share = ABSENT;
        cr_assert(has(hit()->marks, MARK_SHARE_UNKNOWN));
    }
    clause.kind = CLAUSE_OBJ;
    cr_assert_eq(hit()->marks.n, 0);
    s.public_share = 0;
    expect(ABSENT);
}

Test(match_structures, the_first_failing_filter_speaks)
{
    clause.kind = CLAUSE_RES_HAND;
    s.status = STRUCTURE_CLOSED;
    s.agreement_until = m.on - 1;
    s.public_share = 0;
    expect(REASON_INACTIVE);
    s.status = STRUCTURE_ACTIVE;
    expect(REASON_AGREEMENT_EXPIRED);
    s.agreement_until = ABSENT;
    expect(REASON_KIND_NOT_ALLOWED);
    s.kind = KIND_EA;
    cr_assert_eq(explain().activity, ABSENT);
    expect(REASON_SHARE_LT_50);
}

/* ---- Structures: filters 5 to 9 ----------------------------------------- */

Test(match_structures, temp_work_kinds_do_not_produce)
{
    clause.kind = CLAUSE_RES_IAE;
    lot.modes = INTS(MODE_PREST);
    s.kind = KIND_EI;
    expect(ABSENT);
    s.kind = KIND_ACI;
    expect(ABSENT);
    s.kind = KIND_ETTI;
    expect(REASON_MODE_NOT_ALLOWED);
    s.kind = KIND_AI;
    expect(REASON_MODE_NOT_ALLOWED);
    clause.kind = CLAUSE_EXEC;
    clause.modes = INTS(CLAUSE_MODE_DISP, CLAUSE_MODE_HIRE);
    expect(ABSENT);
    s.kind = KIND_GEIQ;
    expect(ABSENT);
}

Test(match_structures, hiring_wants_nothing_of_structures)
{
    clause.modes = INTS(CLAUSE_MODE_HIRE);
    expect(ABSENT);
    s.kind = KIND_AI;
    expect(ABSENT);
}

Test(match_structures, a_mode_its_kind_cannot_is_not_an_activitys_own)
{
    act.modes = INTS(MODE_DISP);
    expect(ABSENT);
    lot.modes = INTS(MODE_DISP);
    expect(REASON_MODE_NOT_ALLOWED);
    act.modes = INTS(MODE_BUILD);
    lot.modes = INTS(MODE_PREST);
    expect(REASON_MODE_NOT_ALLOWED);
    lot.modes = INTS(MODE_PREST, MODE_BUILD);
    expect(ABSENT);
}

Test(match_structures, without_activities_the_first_filter_of_them_speaks)
{
    s.activities.n = 0;
    expect(REASON_ACTIVITY);
    lot.modes = INTS(MODE_DISP);
    expect(REASON_MODE_NOT_ALLOWED);
    lot.modes.n = lot.jobs.n = 0;
    expect(REASON_ACTIVITY);
    cr_assert_eq(explain().activity, ABSENT);
}

struct cpv_row {
    char a[12];
    char b[12];
    int64_t level;
};

ParameterizedTestParameters(match_structures, cpv_codes_agree_by_prefix)
{
    static struct cpv_row rows[] = {
        {"45211341", "45211341-1", 1000}, {"45211341", "45211100-0", 1000},
        {"45211341", "45211000", 1000},   {"45211341", "45212000", 850},
        {"45211341", "45210000", 850},    {"45211341", "45233200", 700},
        {"45211341", "45200000", 700},    {"45211341", "45300000", 500},
        {"45211341", "45000000-7", 500},  {"45000000", "45000000-7", 1000},
        {"45210000", "45210000", 1000},   {"45211341", "44211341", 0},
        {"45211341", "77310000", 0},      {"30000000", "30200000", 500},
        {"30000000", "30000000", 1000},   {"30000000", "31000000", 0},
    };

    return cr_make_param_array(struct cpv_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct cpv_row *row, match_structures,
                  cpv_codes_agree_by_prefix)
{
    struct slice a = slice_of(row->a), b = slice_of(row->b);

    cr_assert_eq(activity_cpv_level(a, b), row->level, "%s %s", row->a, row->b);
    cr_assert_eq(activity_cpv_level(b, a), row->level);
}

Test(match_structures, sectors_agree_or_share_a_group)
{
    lot.jobs.n = 0;
    lot.sectors = TEXTS(SLICE("voirie"));
    act.sectors = TEXTS(SLICE("voirie"));
    cr_assert_eq(hit()->components->activity, 1000);
    act.sectors = TEXTS(SLICE("peinture"));
    cr_assert_eq(hit()->components->activity, 400);
    act.sectors = TEXTS(SLICE("repas"));
    expect(REASON_ACTIVITY);
    act.sectors = TEXTS(SLICE("inconnu"));
    expect(REASON_ACTIVITY);
    lot.sectors = TEXTS(SLICE("repas"), SLICE("inconnu"));
    cr_assert_eq(hit()->components->activity, 1000);
}

Test(match_structures, the_best_of_sector_cpv_and_rome_counts)
{
    lot.sectors = TEXTS(SLICE("voirie"));
    lot.cpv = TEXTS(SLICE("45000000"));
    act.sectors = TEXTS(SLICE("peinture"));
    cr_assert_eq(hit()->components->activity, 600);
    act.rome = TEXTS(SLICE("A1204"));
    cr_assert_eq(hit()->components->activity, 400);
    act.cpv = TEXTS(SLICE("45233200"), SLICE("77310000"));
    cr_assert_eq(hit()->components->activity, 500);
}

Test(match_structures, a_lot_that_asks_for_nothing_knows_no_activity)
{
    lot.jobs.n = 0;
    act.rome.n = 0;
    cr_assert_eq(hit()->components->activity, 500);
    cr_assert(has(hit()->unknown, COMPONENT_ACTIVITY));
    lot.cpv = TEXTS(SLICE("45000000"));
    expect(REASON_ACTIVITY);
}

Test(match_structures, nationwide_activities_may_be_excluded_or_asked_for)
{
    struct slices fr = TEXTS(SLICE("DEP:76"), SLICE("FR"));
    struct slices parts = TEXTS(SLICE("REG:28"));

    act.zone = &zone;
    zone.codes = fr;
    m.nationwide = NATIONWIDE_ONLY;
    expect(ABSENT);
    m.nationwide = NATIONWIDE_EXCLUDE;
    expect(ABSENT); /* at home in the place */
    lot.places = TEXTS(SLICE("COM:76217"));
    expect(REASON_NATIONWIDE_EXCLUDED);
    m.nationwide = NATIONWIDE_INCLUDE;
    expect(ABSENT);
    zone.codes = parts;
    m.nationwide = NATIONWIDE_EXCLUDE;
    expect(ABSENT);
    m.nationwide = NATIONWIDE_ONLY;
    expect(REASON_NATIONWIDE_EXCLUDED);
}

Test(match_structures, a_zone_must_meet_the_place)
{
    lot.places = TEXTS(SLICE("COM:76217"));
    expect(REASON_ZONE);
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("DEP:76"));
    expect(ABSENT);
    cr_assert_eq(hit()->cover, COVER_FULL);
    zone.codes.n = 0;
    zone.within_km = km_between("76540", "76217") - 1;
    expect(REASON_ZONE);
    zone.within_km++;
    expect(ABSENT);
}

Test(match_structures, corsica_is_two_departments_and_one_region)
{
    s.commune = SLICE("2A004");
    lot.places = TEXTS(SLICE("COM:2B033"));
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("DEP:2A"));
    expect(REASON_ZONE);
    zone.codes = TEXTS(SLICE("DEP:2B"));
    expect(ABSENT);
    zone.codes = TEXTS(SLICE("REG:94"));
    expect(ABSENT);
    zone.codes = TEXTS(SLICE("REG:93"));
    expect(REASON_ZONE);
}

Test(match_structures, a_region_is_not_the_department_of_the_same_digits)
{
    s.commune = SLICE("33063");
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("REG:75"));
    lot.places = TEXTS(SLICE("COM:75056"));
    expect(REASON_ZONE);
    lot.places = TEXTS(SLICE("COM:33063"));
    expect(ABSENT);
}

Test(match_structures, the_sea_between_reunion_and_mayotte_is_too_wide)
{
    s.commune = SLICE("97411");
    act.zone = &zone;
    zone.within_km = 100;
    lot.places = TEXTS(SLICE("COM:97611"));
    expect(REASON_ZONE);
    zone.within_km = 1000;
    expect(REASON_ZONE);
    lot.places = TEXTS(SLICE("COM:97801"));
    zone = a_zone();
    zone.codes = TEXTS(SLICE("DEP:971"));
    expect(REASON_ZONE);
    zone.codes = TEXTS(SLICE("DEP:978"));
    expect(ABSENT);
}

Test(match_structures, three_departments_are_covered_in_whole_or_in_part)
{
    struct structure_hit *h;

    s.commune = SLICE("59350");
    lot.places = TEXTS(SLICE("DEP:59"), SLICE("DEP:62"), SLICE("DEP:80"));
    act.zone = &zone;
    zone.codes = TEXTS(SLICE("REG:32"));
    h = hit();
    cr_assert_eq(h->cover, COVER_FULL);
    cr_assert_eq(h->missing.n, 0);
    cr_assert_eq(h->components->coverage, 1000);
    zone.codes = TEXTS(SLICE("DEP:59"), SLICE("DEP:62"));
    h = hit();
    cr_assert_eq(h->cover, COVER_PARTIAL);
    cr_assert_eq(h->missing.n, 1);
    cr_assert(slice_equal(h->missing.at[0], SLICE("DEP:80")));
    s.commune = SLICE("80021");
    zone.codes = TEXTS(SLICE("DEP:80"));
    h = hit();
    cr_assert_eq(h->missing.n, 2);
    cr_assert(slice_equal(h->missing.at[0], SLICE("DEP:59")));
    cr_assert(slice_equal(h->missing.at[1], SLICE("DEP:62")));
}

Test(match_structures, no_free_hours_are_no_capacity_and_unknown_ones_pass)
{
    act.free_hours = 0;
    expect(REASON_NO_CAPACITY);
    act.free_hours = 1;
    expect(ABSENT);
    act.free_hours = ABSENT;
    expect(ABSENT);
}

Test(match_structures, amounts_are_inclusive)
{
    lot.amount = 100000;
    act.lot_min = act.lot_max = 100000;
    expect(ABSENT);
    act.lot_min = 100001;
    act.lot_max = ABSENT;
    expect(REASON_AMOUNT);
    act.lot_min = ABSENT;
    act.lot_max = 99999;
    expect(REASON_AMOUNT);
    lot.amount = ABSENT;
    expect(ABSENT);
    lot.amount = 0;
    expect(ABSENT);
}

Test(match_structures, of_the_activities_that_fail_the_furthest_speaks)
{
    struct activity acts[4] = {act, act, act, act};
    struct structure_verdict v;

    lot.amount = 1;
    acts[0].rome = TEXTS(SLICE("N1105"));
    acts[1].free_hours = 0;
    acts[2].free_hours = 0;
    acts[3].rome = TEXTS(SLICE("N1105"));
    s.activities = (struct activity_list){acts, 4};
    v = explain();
    cr_assert_eq(v.reason, REASON_NO_CAPACITY);
    cr_assert_eq(v.activity, 2);
    acts[3] = act;
    acts[3].lot_min = 2;
    v = explain();
    cr_assert_eq(v.reason, REASON_AMOUNT);
    cr_assert_eq(v.activity, 4);
}

Test(match_structures, one_activity_must_pass_all_filters)
{
    struct activity acts[2] = {act, act};

    s.commune = SLICE("76217");
    acts[0].rome = TEXTS(SLICE("N1105"));
    acts[0].zone = &zone;
    zone.codes = TEXTS(SLICE("DEP:76"));
    s.activities = (struct activity_list){acts, 2};
    expect(REASON_ZONE);
    cr_assert_eq(explain().activity, 2);
}
