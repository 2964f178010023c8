/*
 * A walk over the field table: wherever a field is a commune or a territory
 * code it is looked up and made current, whatever entity it stands in.  Then
 * the few rules between fields, entity by entity.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/zsock.h"
#include "engine/ingest.h"
#include "engine/ingest_parts.h"
#include "protocol/path.h"

static struct path member_at(const struct path *up, const char *name)
{
    return (struct path){up, slice_of(name), 0};
}

static struct path element_at(const struct path *up, size_t i)
{
    return (struct path){up, {NULL, 0}, i + 1};
}

void ingest_note(struct walk *w, const struct path *path, const char *name,
                 struct slice from, struct slice to, const char *hint)
{
    struct note *note;

    if (w->notes->n == NOTES_MAX) {
        w->notes->at[NOTES_MAX - 1].name = SLICE("MORE");
        return;
    }
    note = &w->notes->at[w->notes->n++];
    shape_clear(&shape_note, note);
    note->field = path_text(path, w->arena);
    note->name = slice_of(name);
    note->from = from;
    note->to = to;
    note->hint = slice_of(hint);
}

void ingest_fault(struct walk *w, enum err name, const struct path *path,
                  const char *hint)
{
    faults_add(w->faults, w->arena, name, path_text(path, w->arena), "%s",
               hint);
}

/* ---- Communes and territory codes ---------------------------------------- */

/* "76540, 76541": the communes a former code may mean. */
static const char *successors(struct walk *w,
                              const struct reference_successors *many)
{
    const char *list = "";

    for (size_t i = 0; i < many->n; i++)
        list = arena_format(w->arena, "%s%s%s", list, i ? ", " : "",
                            w->reference->communes[many->at[i]].insee)
                   .data;
    return list;
}

/* Resolve CODE into its current commune; a fault and 0 when there is none. */
static int resolve(struct walk *w, struct slice code, const struct path *path,
                   uint32_t *commune)
{
    struct reference_successors many = {.n = 0};
    const char *hint = "an INSEE code of a commune, not a postcode";
    enum err e = reference_resolve(w->reference, code, commune, &many);

    if (!e)
        return 1;
    if (many.n)
        hint = arena_format(w->arena, "give its successor: one of %s",
                            successors(w, &many))
                   .data;
    ingest_fault(w, e, path, hint);
    return 0;
}

static void check_commune(struct walk *w, const struct path *path,
                          struct slice *member)
{
    struct slice now;
    uint32_t commune;

    if (!member->data || !resolve(w, *member, path, &commune))
        return;
    now = slice_of(w->reference->communes[commune].insee);
    if (!slice_equal(now, *member))
        ingest_note(w, path, "NORMALISED", *member, now,
                    "stored under the current commune");
    *member = now;
}

static int starts_with(struct slice text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static struct slice after(struct slice text, size_t n)
{
    return (struct slice){text.data + n, text.len - n};
}

/* COM:<insee> and NEAR:<insee>:<km>: the commune inside is made current. */
static void check_zone_commune(struct walk *w, const struct path *path,
                               struct slice *member, size_t prefix)
{
    struct slice insee = {member->data + prefix, 5};
    struct slice now;
    uint32_t commune;

    if (!resolve(w, insee, path, &commune))
        return;
    if (slice_equal(insee, slice_of(w->reference->communes[commune].insee)))
        return;
    now = arena_format(w->arena, "%.*s%s%.*s", (int)prefix, member->data,
                       w->reference->communes[commune].insee,
                       (int)(member->len - prefix - 5),
                       member->data + prefix + 5);
    ingest_note(w, path, "NORMALISED", *member, now,
                "stored under the current commune");
    *member = now;
}

static void check_zone_row(struct walk *w, const struct path *path,
                           const struct territory_rows *rows, struct slice code,
                           enum err unknown, const char *hint)
{
    if (!reference_row(rows, code))
        ingest_fault(w, unknown, path, hint);
}

static void check_zone(struct walk *w, const struct path *path,
                       struct slice *zone)
{
    const struct reference *r = w->reference;

    if (starts_with(*zone, "COM:"))
        check_zone_commune(w, path, zone, 4);
    else if (starts_with(*zone, "NEAR:"))
        check_zone_commune(w, path, zone, 5);
    else if (starts_with(*zone, "DEP:"))
        check_zone_row(w, path, &r->departments, after(*zone, 4), ERR_BAD_DEPT,
                       "a department code such as DEP:2A");
    else if (starts_with(*zone, "REG:"))
        check_zone_row(w, path, &r->regions, after(*zone, 4),
                       ERR_UNKNOWN_TERRITORY,
                       "a region of 2016 and later, such as REG:28");
    else if (starts_with(*zone, "EPCI:"))
        check_zone_row(w, path, &r->epcis, after(*zone, 5),
                       ERR_UNKNOWN_TERRITORY,
                       "the SIREN of an EPCI or EPT that exists today");
}

/* Two codes may have become one: keep the first of each. */
static void drop_repeats(struct slice *at, size_t *n)
{
    size_t kept = 0;

    for (size_t i = 0; i < *n; i++) {
        size_t j = 0;

        while (j < kept && !slice_equal(at[j], at[i]))
            j++;
        if (j == kept)
            at[kept++] = at[i];
    }
    *n = kept;
}

static void check_zones(struct walk *w, const struct path *path,
                        struct slices *member)
{
    struct slice *copy;

    if (!member->n)
        return;
    copy = arena_array(w->arena, member->n, sizeof *copy);
    if (!copy) {
        ingest_fault(w, ERR_NOMEM, path, "");
        return;
    }
    memcpy(copy, member->at, member->n * sizeof *copy);
    for (size_t i = 0; i < member->n; i++) {
        struct path step = element_at(path, i);

        check_zone(w, &step, &copy[i]);
    }
    member->at = copy;
    drop_repeats(copy, &member->n);
}

/* ---- CPV check digits -------------------------------------------------- */

/* Sum of d x (3 7 1 3 7 1 3 7) mod 10; a few real codes break the rule, so a
 * wrong digit is told and never refused (domain.md 2.2). */
static void check_cpv(struct walk *w, const struct path *path,
                      struct slice code)
{
    static const int weight[8] = {3, 7, 1, 3, 7, 1, 3, 7};
    int sum = 0;

    if (code.len != 10)
        return;
    for (int i = 0; i < 8; i++)
        sum += (code.data[i] - '0') * weight[i];
    if (sum % 10 != code.data[9] - '0')
        ingest_note(
            w, path, "CPV_CHECK_DIGIT", code, (struct slice){NULL, 0},
            arena_format(w->arena, "the check digit should be %d", sum % 10)
                .data);
}

static void check_cpvs(struct walk *w, const struct path *path,
                       const struct slices *codes)
{
    for (size_t i = 0; i < codes->n; i++) {
        struct path step = element_at(path, i);

        check_cpv(w, &step, codes->at[i]);
    }
}

/* ---- The walk ---------------------------------------------------------- */

static void walk_shape(struct walk *w, const struct path *path,
                       const struct shape *shape, void *value);

/* A list of structs is {at, n}, whatever the struct. */
static void walk_list(struct walk *w, const struct path *path,
                      const struct shape *shape, const struct zone_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct path step = element_at(path, i);

        walk_shape(w, &step, shape, (char *)list->at + i * shape->size);
    }
}

static void walk_field(struct walk *w, const struct path *path,
                       const struct field *field, void *member)
{
    switch (field->type) {
    case TYPE_COMMUNE:
        check_commune(w, path, member);
        break;
    case TYPE_ZONES:
        check_zones(w, path, member);
        break;
    case TYPE_CPVS:
        check_cpvs(w, path, member);
        break;
    case TYPE_LIST:
        walk_list(w, path, field->shape, member);
        break;
    case TYPE_ONE:
        if (*(void **)member)
            walk_shape(w, path, field->shape, *(void **)member);
        break;
    default:
        break;
    }
}

static void walk_shape(struct walk *w, const struct path *path,
                       const struct shape *shape, void *value)
{
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &shape->fields[i];
        struct path step = {path, {field->name, field->name_len}, 0};

        walk_field(w, &step, field, (char *)value + field->offset);
    }
}

/* ---- Rules between fields ---------------------------------------------- */

static void check_order(struct walk *w, const struct path *path,
                        const char *field, int64_t low, int64_t high,
                        const char *hint)
{
    struct path step = member_at(path, field);

    if (low != ABSENT && high != ABSENT && low > high)
        ingest_fault(w, ERR_BAD_ORDER, &step, hint);
}

static void rules_activity(struct walk *w, const struct path *path,
                           const struct activity *a)
{
    struct path zone = member_at(path, "zone");

    check_order(w, path, "lot_min", a->lot_min, a->lot_max,
                "lot_min is above lot_max");
    if (a->zone && a->zone->codes.n && a->zone->within_km != ABSENT)
        ingest_fault(w, ERR_ZONE_FORM, &zone,
                     "keep codes, or within_km, and leave the other out");
}

static void rules_structure(struct walk *w, const struct path *path,
                            const struct structure *s)
{
    struct path list = member_at(path, "activities");
    struct path half = member_at(path, s->lat == ABSENT ? "lat" : "lon");

    if ((s->lat == ABSENT) != (s->lon == ABSENT))
        ingest_fault(w, ERR_POSITION_HALF, &half,
                     "give both lat and lon, or neither");
    check_order(w, path, "agreement_from", s->agreement_from,
                s->agreement_until, "agreement_from is after agreement_until");
    for (size_t i = 0; i < s->activities.n; i++) {
        struct path step = element_at(&list, i);

        rules_activity(w, &step, &s->activities.at[i]);
    }
}

static int reserves(int64_t kind)
{
    return kind != ABSENT && (LAW_RESERVED & BIT(kind));
}

/* Two families may share a market under L2113-14, not a concession. */
static const char *conflict_hint(int64_t a, int64_t b, int concession)
{
    int families = (a == CLAUSE_RES_HAND && b == CLAUSE_RES_IAE) ||
                   (a == CLAUSE_RES_IAE && b == CLAUSE_RES_HAND);

    return families && !concession
               ? "one reservation a lot; both families is RES_MIX"
               : "keep one reservation, or make a lot of each";
}

/* A lot is reserved to one family (CCP L2113-12 to 14); both families on a
 * concession are forbidden (L3113-3). */
static void rules_lot(struct walk *w, const struct path *path,
                      const struct lot *lot, int concession)
{
    struct path list = member_at(path, "clauses");
    int64_t reserved = ABSENT;

    for (size_t i = 0; i < lot->clauses.n; i++) {
        int64_t kind = lot->clauses.at[i].kind;
        struct path clause = element_at(&list, i);
        struct path at = member_at(&clause, "kind");

        if (!reserves(kind))
            continue;
        if (reserved != ABSENT && reserved != kind)
            ingest_fault(w, ERR_CLAUSE_CONFLICT, &at,
                         conflict_hint(reserved, kind, concession));
        if (kind == CLAUSE_RES_MIX && concession)
            ingest_fault(w, ERR_CONCESSION_MIX_FORBIDDEN, &at,
                         "reserve to one family: RES_HAND or RES_IAE");
        reserved = kind;
    }
}

/* What notices write becomes kinds before any rule looks at them. */
static void read_clauses(struct walk *w, const struct path *path,
                         const struct market *m)
{
    for (size_t i = 0; i < m->lots.n; i++) {
        struct path step = element_at(path, i);
        struct path list = member_at(&step, "clauses");

        ingest_clauses(w, &list, &m->lots.at[i].clauses, m->launch_on);
    }
}

static void rules_market(struct walk *w, const struct path *path,
                         const struct market *m)
{
    struct path list = member_at(path, "lots");

    read_clauses(w, &list, m);
    for (size_t i = 0; i < m->lots.n; i++) {
        struct path step = element_at(&list, i);

        rules_lot(w, &step, &m->lots.at[i],
                  m->contract_type == CONTRACT_CONCESSION);
    }
}

static void rules_profile(struct walk *w, const struct path *path,
                          struct profile *p)
{
    ingest_proofs(w, path, p);
    check_order(w, path, "pass_from", p->pass_from, p->pass_until,
                "pass_from is after pass_until");
    check_order(w, path, "hours_min", p->hours_min, p->hours_max,
                "hours_min is above hours_max");
}

static void rules_facilitator(struct walk *w, const struct path *path,
                              const struct facilitator *f)
{
    struct path list = member_at(path, "coordinator_of");
    struct path backup = member_at(path, "backup");

    for (size_t i = 0; i < f->coordinator_of.n; i++) {
        struct path step = element_at(&list, i);

        if (!starts_with(f->coordinator_of.at[i], "REG:"))
            ingest_fault(w, ERR_UNKNOWN_TERRITORY, &step,
                         "a coordinator has regions, such as REG:28");
    }
    if (f->backup.data && slice_equal(f->backup, f->id))
        ingest_fault(w, ERR_BAD_ID, &backup,
                     "nobody stands in for themselves: name another one");
    check_order(w, path, "absent_from", f->absent_from, f->absent_until,
                "absent_from is after absent_until");
}

static void rules_key(struct walk *w, const struct path *path,
                      const struct key *key)
{
    struct path at = member_at(path, "public_key");

    if (!zsock_is_key(key->public_key))
        ingest_fault(w, ERR_BAD_KEY, &at, "what clausectl key pair prints");
    check_order(w, path, "from", key->from, key->until, "from is after until");
}

enum err ingest(const struct reference *reference, unsigned entity, void *value,
                const char *path, struct arena *arena, struct faults *faults,
                struct notes *notes)
{
    struct walk w = {reference, arena, faults, notes};
    struct path root = member_at(NULL, path);
    const struct path *at = *path ? &root : NULL;

    walk_shape(&w, at, entity_shape(entity), value);
    if (entity == ENTITY_STRUCTURE)
        rules_structure(&w, at, value);
    else if (entity == ENTITY_MARKET)
        rules_market(&w, at, value);
    else if (entity == ENTITY_PROFILE)
        rules_profile(&w, at, value);
    else if (entity == ENTITY_FACILITATOR)
        rules_facilitator(&w, at, value);
    else if (entity == ENTITY_KEY)
        rules_key(&w, at, value);
    return faults->n ? faults->at[0].name : ERR_NONE;
}
