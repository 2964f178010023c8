/*
 * Who may do what to which object: the one place that decides it.  Roles are
 * the last column of verbs.def; the territory of an object is told here, a
 * function an entity, and always of the object as it is stored.
 *
 *   structure    its home commune; it is seen wherever it works, too
 *   market       the places of its lots and of their jobs
 *   profile      its home commune
 *   facilitator  what it is in charge of, and coordinates
 *   hours        the lot they are hours of
 *   key          its own territories
 *
 * An object that lies nowhere is for those who have the whole country.
 */
#include "engine/entity.h"
#include "engine/match/territory.h"

/* A question about one object. */
struct asked {
    const struct call *call;
    struct store_view *view;
    const struct reference *ref;
    int write; /* all of it must be the caller's, not a part */
};

static int in_commune(const struct asked *a, struct slice insee)
{
    uint32_t commune = reference_commune(a->ref, insee);

    return commune != REFERENCE_NONE &&
           territory_holds(a->ref, a->call->territory, commune);
}

static int in_code(const struct asked *a, struct slice code)
{
    return a->write ? territory_holds_code(a->ref, a->call->territory, code)
                    : territory_meets_code(a->ref, a->call->territory, code);
}

/* Parts of an object's territory, one after the other: *IN becomes what they
 * say together, *N how many there were.  0 when no other part can change it. */
static int add_part(const struct asked *a, int in, int *sum, size_t *n)
{
    *sum = (*n)++ && a->write ? *sum && in : in;
    return *sum == a->write;
}

static int add_codes(const struct asked *a, struct slices codes, int *sum,
                     size_t *n)
{
    for (size_t i = 0; i < codes.n; i++)
        if (!add_part(a, in_code(a, codes.at[i]), sum, n))
            return 0;
    return 1;
}

/* ---- The territory of each entity --------------------------------------- */

static int works_here(const struct asked *a, const struct structure *s)
{
    uint32_t home = reference_commune(a->ref, s->commune);

    for (size_t i = 0; i < s->activities.n; i++) {
        const struct zone *zone = s->activities.at[i].zone;

        if (!zone)
            continue;
        for (size_t k = 0; k < zone->codes.n; k++)
            if (in_code(a, zone->codes.at[k]))
                return 1;
        if (zone->within_km != ABSENT &&
            territory_meets_circle(a->ref, a->call->territory, home,
                                   (unsigned)zone->within_km))
            return 1;
    }
    return 0;
}

static int structure_in(const struct asked *a, const void *object)
{
    const struct structure *s = object;

    return in_commune(a, s->commune) || (!a->write && works_here(a, s));
}

static int lot_in(const struct asked *a, const struct lot *lot, int *sum,
                  size_t *n)
{
    if (!add_codes(a, lot->places, sum, n))
        return 0;
    for (size_t i = 0; i < lot->jobs.n; i++) {
        struct slice commune = lot->jobs.at[i].commune;

        if (commune.data && !add_part(a, in_commune(a, commune), sum, n))
            return 0;
    }
    return 1;
}

static int market_in(const struct asked *a, const void *object)
{
    const struct market *market = object;
    int sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < market->lots.n; i++)
        if (!lot_in(a, &market->lots.at[i], &sum, &n))
            break;
    return sum;
}

static int profile_in(const struct asked *a, const void *object)
{
    const struct profile *profile = object;

    return in_commune(a, profile->commune);
}

static int facilitator_in(const struct asked *a, const void *object)
{
    const struct facilitator *f = object;
    int sum = 0;
    size_t n = 0;

    if (add_codes(a, f->territories, &sum, &n))
        add_codes(a, f->coordinator_of, &sum, &n);
    return sum;
}

static enum err market_lot(const struct asked *a, const struct hours *hours,
                           const struct lot **out)
{
    const struct market *market;
    struct record record;
    void *found;
    enum err e;

    if ((e = store_get(a->view, ENTITY_MARKET, hours->market, &record)) ||
        (e = entity_decode(ENTITY_MARKET, &record, a->call->arena, &found)))
        return e;
    market = found;
    if (hours->lot < 1 || (size_t)hours->lot > market->lots.n)
        return ERR_NOT_FOUND;
    *out = &market->lots.at[hours->lot - 1];
    return ERR_NONE;
}

/* Hours are worked by people of several places: whoever may see the lot may
 * write them. */
static int hours_in(const struct asked *asked, const void *object)
{
    const struct hours *hours = object;
    struct asked a = *asked;
    const struct lot *lot;
    int sum = 0;
    size_t n = 0;

    a.write = 0;
    if (market_lot(&a, hours, &lot))
        return 0;
    lot_in(&a, lot, &sum, &n);
    return sum;
}

static int key_in(const struct asked *a, const void *object)
{
    const struct key *key = object;
    int sum = 0;
    size_t n = 0;

    add_codes(a, key->territories, &sum, &n);
    return sum;
}

static int (*const in_territory[])(const struct asked *a,
                                   const void *object) = {
    [ENTITY_STRUCTURE] = structure_in,     [ENTITY_MARKET] = market_in,
    [ENTITY_PROFILE] = profile_in,         [ENTITY_HOURS] = hours_in,
    [ENTITY_FACILITATOR] = facilitator_in, [ENTITY_KEY] = key_in,
};

/* ---- The questions ------------------------------------------------------- */

int rights_verb(const struct call *call)
{
    unsigned roles = verb_rows[call->verb].roles | DEVELOPMENT;

    return ((call->role | call->grants) & roles) != 0;
}

int rights_everywhere(const struct call *call)
{
    return call->everywhere;
}

int rights_lot(const struct call *call, struct store_view *view,
               const struct lot *lot)
{
    struct asked a = {call, view, store_view_reference(view), 0};
    int sum = 0;
    size_t n = 0;

    if (!rights_verb(call))
        return 0;
    if (rights_everywhere(call))
        return 1;
    if (call->territory)
        lot_in(&a, lot, &sum, &n);
    return sum;
}

static int ask(const struct call *call, struct store_view *view,
               unsigned entity, const void *object, int write)
{
    struct asked a = {call, view, store_view_reference(view), write};

    if (!rights_verb(call))
        return 0;
    if (rights_everywhere(call))
        return 1;
    return call->territory && call->territory->n &&
           entity < sizeof in_territory / sizeof *in_territory &&
           in_territory[entity](&a, object);
}

int rights_read(const struct call *call, struct store_view *view,
                unsigned entity, const void *object)
{
    return ask(call, view, entity, object, 0);
}

int rights_write(const struct call *call, struct store_view *view,
                 unsigned entity, const void *object)
{
    return ask(call, view, entity, object, 1);
}

unsigned rights_readers(const struct call *call)
{
    return call->role | call->grants;
}
