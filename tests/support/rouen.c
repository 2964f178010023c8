#include "tests/support/rouen.h"

#include <criterion/criterion.h>

#define SECTORS "peinture\tbatiment\nvoirie\tbatiment\nrepas\talimentation\n"
#define LINKS                                                                  \
    "A1201\tA1203\tProche\nA1202\tA1203\tEvolution\n"                          \
    "K2204\tA1203\tProche\nK2303\tA1203\tEvolution\n"                          \
    "A1203\tN1105\tProche\n"

static struct arena *arena;
struct match m;
struct market market;
struct lot lot;
struct job job;
struct clause clause;
struct structure s;
struct activity act;
struct zone zone;
struct profile p;
struct criterion criteria[3];

void rouen_setup(void)
{
    struct reference_import imports[] = {
        {"sectors", "1", "test", SLICE(SECTORS)},
        {"rome-links", "1", "test", SLICE(LINKS)},
    };
    static struct slice places[1], wishes[1];

    cr_assert_eq(tables_rebuild(imports, 2), ERR_NONE);
    arena = arena_new(64u << 20);
    m = a_match(ref, arena);
    clause = a_clause(CLAUSE_EXEC);
    job = a_job("A1203");
    job.commune = SLICE("76540");
    lot = a_lot();
    places[0] = SLICE("COM:76540");
    lot.places = (struct slices){places, 1};
    lot.clauses = (struct clause_list){&clause, 1};
    lot.jobs = (struct job_list){&job, 1};
    market = a_market("M-2026-17", &lot, 1);
    zone = a_zone();
    act = an_activity();
    wishes[0] = SLICE("A1203");
    act.rome = (struct slices){wishes, 1};
    s = a_structure("73282932000074", KIND_EI, "76540");
    s.activities = (struct activity_list){&act, 1};
    p = a_profile("p-7", "76540", 10);
    p.rome = (struct slices){wishes, 1};
    p.consent_on = day("2026-09-01");
    for (int i = 0; i < 3; i++)
        shape_clear(&shape_criterion, &criteria[i]);
    criteria[0].code = CRITERION_RSA;
    p.criteria = (struct criterion_list){criteria, 1};
}

void rouen_teardown(void)
{
    arena_free(arena);
    tables_teardown();
    arena = NULL;
}

struct structure_verdict explain(void)
{
    struct structure_verdict v;

    cr_assert_eq(match_explain_structure(&m, &market, 1, &s, &v), ERR_NONE);
    cr_assert_eq(v.matched, v.reason == ABSENT);
    cr_assert_eq(v.matched, v.hit != NULL);
    return v;
}

struct person_verdict explain_person(void)
{
    struct person_verdict_list list;

    cr_assert_eq(match_explain_person(&m, &market, 1, 1, &p, &list), ERR_NONE);
    cr_assert_eq(list.n, 1);
    cr_assert_eq(list.at[0].job, 1);
    cr_assert_eq(list.at[0].matched, list.at[0].hit != NULL);
    return list.at[0];
}

static const char *word(int64_t reason)
{
    return reason == ABSENT ? "(matched)" : words_reason.words[reason];
}

void expect(int64_t reason)
{
    int64_t got = explain().reason;

    cr_assert_eq(got, reason, "%s for %s", word(got), word(reason));
}

void expect_person(int64_t reason)
{
    int64_t got = explain_person().reason;

    cr_assert_eq(got, reason, "%s for %s", word(got), word(reason));
}

struct structure_hit *hit(void)
{
    struct structure_verdict v = explain();

    cr_assert(v.hit, "%s", word(v.reason));
    return v.hit;
}

struct person_hit *person_hit_now(void)
{
    struct person_verdict v = explain_person();

    cr_assert(v.hit, "%s", word(v.reason));
    return v.hit;
}

int has(struct ints list, int64_t value)
{
    for (size_t i = 0; i < list.n; i++)
        if (list.at[i] == value)
            return 1;
    return 0;
}

uint32_t commune(const char *insee)
{
    return reference_commune(ref, slice_of(insee));
}

int64_t people_of(const char *insee)
{
    return ref->communes[commune(insee)].population;
}

int64_t km_between(const char *a, const char *b)
{
    return reference_km(ref->communes[commune(a)].at,
                        ref->communes[commune(b)].at);
}

const char *first_commune(int approximate)
{
    const struct range *seine =
        reference_row(&ref->departments, SLICE("76"))->ranges;

    for (uint32_t c = seine->from; c < seine->to; c++)
        if (ref->communes[c].centred &&
            ref->communes[c].approximate == approximate)
            return ref->communes[c].insee;
    cr_assert_fail("no commune");
    return NULL;
}
