/*
 * The two tables are read once for all questions of a thread about the same
 * days; a question only looks up whose rows count where.
 */
#include "engine/match/proofs.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/rules.h"
#include "engine/match/workspace.h"

/* What every answer about people names, whether a clause lists publics or
 * not. */
#define USED (BIT(RULES_PUBLICS) | BIT(RULES_ELIGIBILITY))

/* Territories from the widest to the narrowest.  EPT are EPCI codes, and the
 * narrower. */
enum width { WIDTH_REGION, WIDTH_DEPARTMENT, WIDTH_EPCI, WIDTH_COMMUNE };

/* A territory that has rows of its own. */
struct proofs_place {
    enum width width;
    struct range commune;       /* of WIDTH_COMMUNE */
    const struct range *ranges; /* of the others */
    uint32_t n;
    uint32_t publics; /* that it has rows for, bits */
    uint32_t facts[public_words];
};

/* The tables on the days FROM to UNTIL. */
struct proofs_day {
    uint64_t serial; /* of the reference */
    int64_t from;
    int64_t until;
    uint32_t level[2];               /* criteria of level 1, level 2 */
    unsigned least[kind_words][2];   /* 0: no rule */
    uint32_t country[public_words];  /* facts that prove a public in FR, */
    uint32_t anywhere[public_words]; /* and in one territory or another */
    uint32_t n;
    struct proofs_place at[]; /* the widest first */
};

/* ---- Values ------------------------------------------------------------- */

static uint32_t fact_of(struct slice word)
{
    int code = vocabulary_find(&words_criterion_code, word);

    if (code >= 0)
        return BIT(code);
    return slice_equal(word, SLICE("PASS")) ? FACT_PASS : 0;
}

uint32_t proofs_of_value(struct slice value, struct slice *condition)
{
    struct slice list = rules_take(&value, ';');
    uint32_t facts = 0;

    *condition = value.len ? value : (struct slice){NULL, 0};
    while (list.len)
        facts |= fact_of(rules_take(&list, '|'));
    return facts;
}

/* ---- Reading the tables of a day ---------------------------------------- */

/* Is ROW in force?  Either way the day ends before that changes. */
static int is_in_force(const struct rule *row, int64_t on,
                       struct proofs_day *day)
{
    int64_t until = row->until == ABSENT ? DATE_MAX : row->until;

    if (row->from > on) {
        day->until = row->from - 1 < day->until ? row->from - 1 : day->until;
        return 0;
    }
    if (until < on) {
        day->from = until + 1 > day->from ? until + 1 : day->from;
        return 0;
    }
    day->from = row->from > day->from ? row->from : day->from;
    day->until = until < day->until ? until : day->until;
    return 1;
}

static void read_eligibility(const struct rule *row, struct proofs_day *day)
{
    struct slice what = row->rule, name = rules_take(&what, '/');
    int kind = vocabulary_find(&words_kind, name);
    int code = vocabulary_find(&words_criterion_code, name);
    int64_t number = rules_number(row);

    if (number < 1)
        return;
    if (code >= 0 && number <= 2 && slice_equal(what, SLICE("level")))
        day->level[number - 1] |= BIT(code);
    if (kind >= 0 && slice_equal(what, SLICE("level1")))
        day->least[kind][0] = (unsigned)number;
    if (kind >= 0 && slice_equal(what, SLICE("level2")))
        day->least[kind][1] = (unsigned)number;
}

static int is_of(struct slice code, const char *type)
{
    return slice_equal(code, slice_of(type));
}

/* The territory of a code; 0 when there is none today. */
static int read_place(const struct reference *ref, struct slice code,
                      struct proofs_place *out)
{
    struct slice type = rules_take(&code, ':');
    const struct territory_row *row = NULL;
    uint32_t commune = REFERENCE_NONE;

    *out = (struct proofs_place){.n = 0};
    if (is_of(type, "REG"))
        row = reference_row(&ref->regions, code);
    else if (is_of(type, "DEP"))
        row = reference_row(&ref->departments, code);
    else if (is_of(type, "EPCI"))
        row = reference_row(&ref->epcis, code);
    else if (is_of(type, "COM"))
        commune = reference_commune(ref, code);
    out->width = is_of(type, "REG")    ? WIDTH_REGION
                 : is_of(type, "DEP")  ? WIDTH_DEPARTMENT
                 : is_of(type, "EPCI") ? WIDTH_EPCI
                                       : WIDTH_COMMUNE;
    if (commune != REFERENCE_NONE)
        out->commune = (struct range){commune, commune + 1};
    if (row) {
        out->ranges = row->ranges;
        out->n = row->n;
    }
    return row || commune != REFERENCE_NONE;
}

/* Rows of a territory follow each other. */
static void read_publics(const struct reference *ref, const struct rule *row,
                         struct slice *last, struct proofs_day *day)
{
    struct slice name = row->rule, place = rules_take(&name, '/'), none;
    int public = vocabulary_find(&words_public, name);
    uint32_t facts = proofs_of_value(row->value, &none);
    struct proofs_place *at;

    if (public < 0)
        return;
    if (slice_equal(place, SLICE("FR"))) {
        day->country[public] = facts;
        day->anywhere[public] |= facts;
        return;
    }
    if (!slice_equal(place, *last)) {
        if (!read_place(ref, place, &day->at[day->n]))
            return;
        *last = place;
        day->n++;
    }
    at = &day->at[day->n - 1];
    at->publics |= BIT(public);
    at->facts[public] = facts;
    day->anywhere[public] |= facts;
}

/* How many communes decide between two EPCI codes: an EPT is the narrower. */
static uint32_t communes_of(const struct proofs_place *p)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n; i++)
        n += p->ranges[i].to - p->ranges[i].from;
    return n;
}

static int compare_places(const void *left, const void *right)
{
    const struct proofs_place *a = left, *b = right;
    uint32_t x = communes_of(a), y = communes_of(b);

    if (a->width != b->width)
        return a->width < b->width ? -1 : 1;
    return (x < y) - (x > y);
}

static void read_day(const struct reference *ref, int64_t on,
                     struct proofs_day *day)
{
    struct rule_rows levels = reference_rules(ref, RULES_ELIGIBILITY);
    struct rule_rows publics = reference_rules(ref, RULES_PUBLICS);
    struct slice last = {NULL, 0};

    *day = (struct proofs_day){
        .serial = ref->serial, .from = DATE_MIN, .until = DATE_MAX};
    for (size_t i = 0; i < levels.n; i++)
        if (is_in_force(&levels.at[i], on, day))
            read_eligibility(&levels.at[i], day);
    for (size_t i = 0; i < publics.n; i++)
        if (is_in_force(&publics.at[i], on, day))
            read_publics(ref, &publics.at[i], &last, day);
    qsort(day->at, day->n, sizeof *day->at, compare_places);
}

/* The tables as they stand on the day of the question. */
static enum err find_day(const struct match *m, struct workspace *workspace,
                         struct arena *arena, const struct proofs_day **out)
{
    size_t bytes = sizeof(struct proofs_day) +
                   reference_rules(m->reference, RULES_PUBLICS).n *
                       sizeof(struct proofs_place);
    int read = workspace && workspace_has(workspace, ROOM_PROOFS);
    struct proofs_day *day = workspace
                                 ? workspace_room(workspace, ROOM_PROOFS, bytes)
                                 : arena_alloc(arena, bytes);

    if (!day)
        return ERR_NOMEM;
    if (!read || day->serial != m->reference->serial || m->on < day->from ||
        m->on > day->until)
        read_day(m->reference, m->on, day);
    *out = day;
    return ERR_NONE;
}

/* ---- Of a job ----------------------------------------------------------- */

/* Where the job is, as communes; none: anywhere. */
static enum err find_where(const struct lot_case *c, struct range *commune,
                           struct territory *out)
{
    const struct territory *place = &c->place.set;

    if (commune->from != REFERENCE_NONE) {
        *out = (struct territory){.ranges = commune, .n = 1};
        return ERR_NONE;
    }
    if (place->n_circles)
        return territory_flatten(c->m->reference, c->arena, place, out);
    *out = *place;
    return ERR_NONE;
}

static int holds(const struct reference *ref, const struct proofs_place *p,
                 const struct territory *where)
{
    struct territory set = {.ranges = p->ranges, .n = p->n};

    if (p->width == WIDTH_COMMUNE)
        set = (struct territory){.ranges = &p->commune, .n = 1};
    return where->n && territory_covers(ref, &set, where);
}

/* By public the facts that prove it: the narrowest territory that holds the
 * job and has a row decides. */
static enum err find_publics(const struct lot_case *c, uint32_t commune,
                             const struct proofs_day *day,
                             uint32_t facts[public_words])
{
    struct range one = {commune, commune + 1};
    struct territory where;
    enum err e;

    memcpy(facts, day->country, sizeof day->country);
    if (!day->n)
        return ERR_NONE;
    if ((e = find_where(c, &one, &where)))
        return e;
    for (uint32_t i = 0; i < day->n; i++) {
        const struct proofs_place *p = &day->at[i];

        if (holds(c->m->reference, p, &where))
            for (uint32_t left = p->publics; left; left &= left - 1)
                facts[__builtin_ctz(left)] = p->facts[__builtin_ctz(left)];
    }
    return ERR_NONE;
}

/* So many of a level as the kind asks that asks least, of those that could do
 * the work as it is wanted. */
static void read_level(const struct proofs_day *day, uint32_t modes, int level,
                       struct proofs *out)
{
    unsigned least = 0;

    for (int kind = 0; kind < kind_words; kind++) {
        unsigned asks = day->least[kind][level];

        if ((!modes || (law_kind_modes(kind) & modes)) && asks &&
            (!least || asks < least))
            least = asks;
    }
    if (least == 1)
        out->alone |= day->level[level];
    else
        out->together[level].least = least;
    out->together[level].facts = day->level[level];
}

enum err proofs_read(const struct lot_case *c, uint32_t commune,
                     uint32_t publics, struct proofs *out)
{
    uint32_t facts[public_words];
    const struct proofs_day *day;
    enum err e;

    *out = (struct proofs){.alone = 0};
    if ((e = find_day(c->m, c->workspace, c->arena, &day)) ||
        (e = find_publics(c, commune, day, facts)))
        return e;
    for (int i = 0; i < public_words; i++)
        if (!publics || publics & BIT(i))
            out->alone |= facts[i];
    c->m->rules |= USED;
    if (publics)
        return ERR_NONE;
    out->alone |= FACT_PASS;
    read_level(day, c->modes, 0, out);
    read_level(day, c->modes, 1, out);
    return ERR_NONE;
}

/* Bits are distinct codes: a criterion proved twice counts once. */
int proofs_suffice(const struct proofs *proofs, uint32_t facts)
{
    if (facts & proofs->alone)
        return 1;
    for (int i = 0; i < 2; i++) {
        unsigned has =
            (unsigned)__builtin_popcount(facts & proofs->together[i].facts);

        if (proofs->together[i].least && has >= proofs->together[i].least)
            return 1;
    }
    return 0;
}

enum err proofs_publics(struct match *m, struct arena *arena, uint32_t facts,
                        uint32_t *out)
{
    const struct proofs_day *day;
    enum err e = find_day(m, m->workspace, arena, &day);

    if (e)
        return e;
    *out = 0;
    for (int i = 0; i < public_words; i++)
        if (day->anywhere[i] & facts)
            *out |= BIT(i);
    m->rules |= USED;
    return ERR_NONE;
}
