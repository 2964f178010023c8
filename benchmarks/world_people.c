/*
 * Profiles by chance: the laws are in world.h.
 */
#include "benchmarks/world.h"
#include "protocol/codec.h"

#define CRITERIA_MAX 4

/* How often a criterion is drawn, by enum criterion_code_word. */
static const unsigned char criterion_weights[criterion_code_words] = {
    [CRITERION_RSA] = 20,       [CRITERION_ASS] = 4,
    [CRITERION_AAH] = 4,        [CRITERION_DETLD] = 15,
    [CRITERION_CAP_BEP] = 15,   [CRITERION_SENIOR] = 10,
    [CRITERION_JEUNE] = 10,     [CRITERION_ASE] = 1,
    [CRITERION_DELD] = 15,      [CRITERION_TH] = 10,
    [CRITERION_PI] = 3,         [CRITERION_PSH_PR] = 2,
    [CRITERION_REF_DA] = 4,     [CRITERION_ZRR] = 5,
    [CRITERION_QPV] = 12,       [CRITERION_DETENTION_MJ] = 2,
    [CRITERION_FLE] = 3,        [CRITERION_PM] = 4,
    [CRITERION_INVALIDITE] = 1, [CRITERION_GEIQ] = 1,
    [CRITERION_EPIDE] = 1,      [CRITERION_E2C] = 1,
    [CRITERION_OTHER] = 2};

static int64_t draw_criterion(struct draw *d)
{
    uint32_t all = 0, x;
    int64_t code = 0;

    for (int i = 0; i < criterion_code_words; i++)
        all += criterion_weights[i];
    for (x = draw_below(d, all); x >= criterion_weights[code]; code++)
        x -= criterion_weights[code];
    return code;
}

static int64_t draw_mobility(struct draw *d)
{
    uint32_t x = draw_below(d, 100);

    return x < 10   ? 5
           : x < 35 ? 10
           : x < 65 ? 20
           : x < 85 ? 30
           : x < 95 ? 50
                    : 100;
}

static enum err draw_criteria(struct draw *d, struct arena *arena,
                              struct profile *p)
{
    struct criterion *at = shape_array(arena, &shape_criterion, CRITERIA_MAX);
    uint32_t taken = 0;

    if (!at)
        return ERR_NOMEM;
    p->criteria.at = at;
    for (uint32_t n = 1 + draw_below(d, CRITERIA_MAX); n; n--) {
        int64_t code = draw_criterion(d);

        if (taken >> code & 1)
            continue;
        taken |= UINT32_C(1) << code;
        at->code = code;
        if (draw_percent(d, 50))
            at->until = world_on() + 30 + draw_below(d, 691);
        at++;
        p->criteria.n++;
    }
    return ERR_NONE;
}

static enum err draw_driving(struct draw *d, struct arena *arena,
                             struct profile *p)
{
    int64_t *at = arena_array(arena, 2, sizeof *at);
    uint32_t x = draw_below(d, 100);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    p->vehicle = x < 45 ? 1 : x < 75 ? 0 : ABSENT;
    if (p->vehicle == 1 && draw_percent(d, 95))
        at[n++] = LICENCE_B;
    if (draw_percent(d, 4))
        at[n++] = LICENCE_C;
    p->licences = (struct ints){at, n};
    return ERR_NONE;
}

static void draw_hours(struct draw *d, struct profile *p)
{
    static const unsigned char least[] = {10, 15, 20, 24};
    static const unsigned char most[] = {24, 30, 35, 39};

    if (draw_percent(d, 60))
        p->hours_min = least[draw_below(d, 4)];
    if (draw_percent(d, 60))
        p->hours_max = most[draw_below(d, 4)];
}

static void draw_dates(struct draw *d, struct profile *p)
{
    int64_t on = world_on();

    if (draw_percent(d, 20)) {
        p->pass_until = on + draw_below(d, 730);
        if (draw_percent(d, 4))
            p->pass_suspended_until = on + draw_below(d, 200);
    }
    if (!draw_percent(d, 70))
        p->available_from = on + 1 + draw_below(d, 180);
    else if (draw_percent(d, 50))
        p->available_from = on - draw_below(d, 300);
    p->registered_on = on - draw_below(d, 1461);
    p->consent_on = draw_percent(d, 2) ? on - 731 - draw_below(d, 170)
                                       : on - draw_below(d, 701);
    if (draw_percent(d, 40))
        p->last_contact_on =
            on - draw_below(d, (uint32_t)(on - p->consent_on) + 1);
}

/* "P0000001" for the first. */
static struct slice make_id(struct arena *arena, uint32_t number)
{
    char *text = arena_alloc(arena, 8);
    uint32_t n = number + 1;

    if (!text)
        return (struct slice){NULL, 0};
    text[0] = 'P';
    for (int i = 7; i; i--, n /= 10)
        text[i] = (char)('0' + n % 10);
    return (struct slice){text, 8};
}

enum err world_profile(const struct world *w, uint32_t number,
                       struct arena *arena, struct profile *out)
{
    struct draw d = draw_of(w->seed, DRAW_PROFILE, number);
    struct range country = {0, w->ref->n};
    enum err e;

    shape_clear(&shape_profile, out);
    out->id = make_id(arena, number);
    out->commune = world_insee(w, world_commune(w, &d, &country, 1));
    out->mobility_km = draw_mobility(&d);
    out->rome = world_draw_romes(w, &d, arena, 1 + draw_below(&d, 3));
    if (!out->id.data || !out->rome.at)
        return ERR_NOMEM;
    if ((e = draw_driving(&d, arena, out)) ||
        (e = draw_criteria(&d, arena, out)))
        return e;
    draw_hours(&d, out);
    draw_dates(&d, out);
    return ERR_NONE;
}
