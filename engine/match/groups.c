/*
 * A lot's candidates are turned into needs and hours for group.c: every
 * commune of the place needs somebody who works there, every job somebody who
 * staffs it.  What comes back is put in order and handed out, as long as each
 * group finds a mandataire that is none yet (CCP R2142-19 to 25), and its
 * members may join one more (there, and L2113-10).
 */
#include "engine/match/groups.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/groups_parts.h"
#include "engine/match/order.h"

static enum err firm_of(struct firms *list, const char *id, uint32_t *out)
{
    struct firm *at;

    for (*out = 0; *out < list->n; ++*out)
        if (!memcmp(list->at[*out].siren, id, GROUPS_SIREN))
            return ERR_NONE;
    if (list->n == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        if (!(at = realloc(list->at, list->room * sizeof *at)))
            return ERR_NOMEM;
        list->at = at;
    }
    at = &list->at[list->n++];
    memset(at, 0, sizeof *at);
    memcpy(at->siren, id, GROUPS_SIREN);
    return ERR_NONE;
}

/* ---- Needs -------------------------------------------------------------- */

static void add_job_needs(const struct composing *g, uint64_t *needs, size_t *n)
{
    for (size_t k = 0; k < g->c.lot->jobs.n; k++) {
        needs[*n] = 0;
        for (size_t i = 0; i < g->n_picks; i++)
            if (g->all[g->picks[i]].jobs >> k & 1)
                needs[*n] |= UINT64_C(1) << i;
        ++*n;
    }
}

/* Communes with the same candidates are one need. */
static size_t place_needs(const struct composing *g, const uint64_t *who,
                          uint64_t *needs)
{
    size_t n = 0;

    for (size_t k = 0; k < g->place.n; k++)
        for (uint32_t c = g->place.ranges[k].from; c < g->place.ranges[k].to;
             c++)
            if (!n || needs[n - 1] != who[c])
                needs[n++] = who[c];
    return n;
}

static enum err make_ask(struct composing *g)
{
    uint32_t communes = g->m->reference->n;
    uint64_t *who = arena_array(g->c.arena, communes, sizeof *who);
    uint64_t *needs =
        arena_array(g->c.arena, g->place.n ? communes + g->c.lot->jobs.n : 64,
                    sizeof *needs);
    int64_t *hours =
        arena_array(g->c.arena, GROUP_CANDIDATES_MAX, sizeof *hours);
    size_t n;
    enum err e;

    if (!who || !needs || !hours)
        return ERR_NOMEM;
    for (size_t i = 0; i < g->n_picks; i++) {
        const struct candidate *it = &g->all[g->picks[i]];

        hours[i] = it->hours;
        if ((e = firm_of(g->firms, it->id, &g->owners[i])))
            return e;
        for (size_t k = 0; k < it->covered.n; k++)
            for (uint32_t c = it->covered.ranges[k].from;
                 c < it->covered.ranges[k].to; c++)
                who[c] |= UINT64_C(1) << i;
    }
    n = group_reduce(needs, place_needs(g, who, needs));
    add_job_needs(g, needs, &n);
    g->ask =
        (struct group_ask){g->n_picks,       g->owners, hours,
                           g->c.asked_hours, needs,     group_reduce(needs, n)};
    return ERR_NONE;
}

/* ---- Order -------------------------------------------------------------- */

/* The members by what they cover, the widest first. */
static int compare_members(const void *left, const void *right, void *context)
{
    const struct composing *g = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const struct extent *x = &groups_member(g, a)->extent,
                        *y = &groups_member(g, b)->extent;

    if (x->people != y->people)
        return x->people > y->people ? -1 : 1;
    if (x->communes != y->communes)
        return x->communes > y->communes ? -1 : 1;
    return (a > b) - (a < b); /* candidates stand in the order of match */
}

static int members_of(const struct composing *g, uint64_t set,
                      uint32_t out[GROUP_MEMBERS_MAX])
{
    int n = 0;

    for (; set; set &= set - 1)
        out[n++] = (uint32_t)__builtin_ctzll(set);
    qsort_r(out, (size_t)n, sizeof *out, compare_members, (void *)g);
    return n;
}

static int compare_ids(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static struct scored score(const struct composing *g, uint64_t set)
{
    struct scored out = {.set = set};
    const char *ids[GROUP_MEMBERS_MAX];
    uint64_t hash;

    for (uint64_t rest = set; rest; rest &= rest - 1) {
        const struct candidate *it =
            groups_member(g, (uint32_t)__builtin_ctzll(rest));

        ids[out.size++] = it->id;
        out.score += it->score;
    }
    out.score /= out.size;
    qsort(ids, (size_t)out.size, sizeof *ids, compare_ids);
    hash = order_hash(slice_of(ids[0]));
    for (int i = 1; i < out.size; i++) {
        hash = order_hash_more(hash, SLICE("+"));
        hash = order_hash_more(hash, slice_of(ids[i]));
    }
    out.tie = order_tie(g->c.key, hash);
    return out;
}

static int compare_scored(const void *left, const void *right)
{
    const struct scored *a = left, *b = right;

    if (a->size != b->size)
        return a->size - b->size;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->tie != b->tie)
        return a->tie < b->tie ? -1 : 1;
    return (a->set > b->set) - (a->set < b->set);
}

/* ---- Handing out -------------------------------------------------------- */

/* May everybody in it join one more group, of this lot? */
static int may_join(const struct composing *g, const uint32_t *members, int n)
{
    const struct market *market = g->c.market;

    for (int i = 0; i < n; i++) {
        const struct firm *firm = &g->firms->at[g->owners[members[i]]];

        if (firm->last == g->c.number
                ? market->grouping == GROUPING_ONE_EACH
                : market->max_lots != ABSENT && firm->lots >= market->max_lots)
            return 0;
    }
    return 1;
}

/* The first member whose operator is not mandataire yet; -1: all are. */
static int find_mandataire(const struct composing *g, const uint32_t *members,
                           int n)
{
    for (int i = 0; i < n; i++)
        if (!g->firms->at[g->owners[members[i]]].mandataire)
            return i;
    return -1;
}

static void join(struct composing *g, const uint32_t *members, int n,
                 int mandataire)
{
    g->firms->at[g->owners[members[mandataire]]].mandataire = 1;
    for (int i = 0; i < n; i++) {
        struct firm *firm = &g->firms->at[g->owners[members[i]]];

        firm->lots += firm->last != g->c.number;
        firm->last = g->c.number;
    }
}

static enum err write_groups(struct composing *g, const struct scored *scored,
                             size_t n_scored, struct grouped_list *out)
{
    enum err e = ERR_NONE;

    out->at = shape_array(g->m->arena, &shape_grouped, (size_t)g->m->limit);
    if (!out->at)
        return ERR_NOMEM;
    for (size_t i = 0; i < n_scored && !e; i++) {
        uint32_t members[GROUP_MEMBERS_MAX];
        int n = members_of(g, scored[i].set, members);
        int mandataire = find_mandataire(g, members, n);

        if (out->n == (size_t)g->m->limit)
            break;
        if (mandataire < 0 || !may_join(g, members, n))
            continue;
        e = groups_write(g, &scored[i], members, n, mandataire,
                         &out->at[out->n++]);
        join(g, members, n, mandataire);
    }
    return e;
}

static enum err find_groups(struct composing *g, struct group_lot *out)
{
    struct scored *scored = NULL;
    struct group_sets sets;
    enum err e;

    if ((e = make_ask(g)))
        return e;
    e = group_find(&g->ask, &sets);
    if (!e && !(scored = malloc((sets.n + 1) * sizeof *scored)))
        e = ERR_NOMEM;
    for (size_t i = 0; i < sets.n && !e; i++)
        scored[i] = score(g, sets.at[i]);
    if (!e) {
        qsort(scored, sets.n, sizeof *scored, compare_scored);
        out->found = (int64_t)sets.n;
        e = write_groups(g, scored, sets.n, &out->groups);
    }
    free(scored);
    group_sets_free(&sets);
    return e;
}

/* ---- Lots --------------------------------------------------------------- */

static enum err compose(struct composing *g, const struct match_top *top,
                        struct group_lot *out)
{
    struct lot_answer said = {.lot = ABSENT};
    int chosen;
    enum err e;

    if ((e = groups_read(g, top)) || (e = lot_case_describe(&g->c, &said)) ||
        (e = groups_write_alone(g, &out->alone)) ||
        (e = groups_write_missing(g, out)) || (e = groups_pick(g, &chosen)))
        return e;
    out->lot = said.lot;
    out->object = said.object;
    out->warnings = said.warnings;
    out->candidates = (int64_t)g->n;
    out->considered = (int64_t)g->n_picks;
    out->exact = !g->cut && !chosen;
    out->found = 0;
    if (g->c.market->grouping == GROUPING_FORBIDDEN)
        return ERR_NONE;
    return find_groups(g, out);
}

/* End G's case with lot_case_fini. */
static enum err open_lot(struct match *m, const struct market *market,
                         int64_t lot, struct composing *g,
                         struct match_top *top)
{
    struct match wide = *m;
    enum err e;

    wide.limit = GROUPS_CANDIDATES;
    if ((e = match_top_structures(&wide, market, lot, top)) ||
        (e = lot_case_init(&g->c, m, market, lot)))
        return e;
    m->scanned += wide.scanned;
    m->scored += wide.scored;
    return ERR_NONE;
}

static enum err compose_lot(struct match *m, const struct market *market,
                            int64_t lot, struct firms *firms,
                            struct group_lot *out, int *rough)
{
    struct composing g = {.m = m, .firms = firms};
    struct match_top top;
    enum err e = open_lot(m, market, lot, &g, &top);

    if (e)
        return e;
    e = compose(&g, &top, out);
    *rough |= g.rough;
    lot_case_fini(&g.c);
    return e;
}

enum err groups_market(struct match *m, const struct market *market,
                       int64_t lot, struct group_lot_list *out, int *rough)
{
    int64_t first = lot == ABSENT ? 1 : lot;
    int64_t last = lot == ABSENT ? (int64_t)market->lots.n : lot;
    struct firms firms = {NULL, 0, 0};
    enum err e = ERR_NONE;

    *rough = 0;
    out->at =
        shape_array(m->arena, &shape_group_lot, (size_t)(last - first + 1));
    if (!out->at)
        return ERR_NOMEM;
    for (int64_t i = first; i <= last && !e; i++)
        e = compose_lot(m, market, i, &firms, &out->at[out->n++], rough);
    free(firms.at);
    return e;
}

/* ---- Is there any? ------------------------------------------------------ */

static void keep(struct composing *g, groups_filter *may, const void *context)
{
    size_t kept = 0;

    for (size_t i = 0; i < g->n; i++)
        if (may(context, slice_of(g->all[i].id)))
            g->all[kept++] = g->all[i];
    g->n = kept;
}

static enum err join_up(struct composing *g, int *any)
{
    struct group_sets sets;
    uint64_t members = 0;
    enum err e = make_ask(g);

    if (e)
        return e;
    e = group_find(&g->ask, &sets);
    *any = sets.n != 0;
    for (size_t i = 0; i < sets.n; i++)
        members |= sets.at[i];
    for (; members; members &= members - 1)
        g->rough |=
            groups_member(g, (uint32_t)__builtin_ctzll(members))->approximate;
    group_sets_free(&sets);
    return e;
}

enum err groups_exist(struct match *m, const struct market *market, int64_t lot,
                      groups_filter *may, const void *context, int *any,
                      int *rough)
{
    struct firms firms = {NULL, 0, 0};
    struct composing g = {.m = m, .firms = &firms};
    struct match_top top;
    int chosen;
    enum err e;

    *any = 0;
    if (market->grouping == GROUPING_FORBIDDEN)
        return ERR_NONE;
    if ((e = open_lot(m, market, lot, &g, &top)))
        return e;
    if (!(e = groups_read(&g, &top))) {
        keep(&g, may, context);
        if (!(e = groups_pick(&g, &chosen)))
            e = join_up(&g, any);
    }
    *rough |= g.rough;
    free(firms.at);
    lot_case_fini(&g.c);
    return e;
}
