/*
 * Groups, members and what is missing, as answers tell them.
 */
#include "engine/match/groups_parts.h"
#include "engine/match/law.h"
#include "engine/match/order.h"

#define ALONE_MAX 100 /* told of those who need nobody */

/* Hours times hours leave 64 bits behind. */
__extension__ typedef unsigned __int128 wide;

/* ---- Answers ------------------------------------------------------------ */

static enum err write_jobs(const struct composing *g, uint64_t jobs,
                           struct group_job_list *out)
{
    const struct lot *lot = g->c.lot;

    *out = (struct group_job_list){NULL, 0};
    if (!jobs)
        return ERR_NONE;
    out->at = shape_array(g->m->arena, &shape_group_job, lot->jobs.n);
    if (!out->at)
        return ERR_NOMEM;
    for (size_t i = 0; i < lot->jobs.n; i++)
        if (jobs >> i & 1)
            out->at[out->n++] =
                (struct group_job){(int64_t)i + 1, lot->jobs.at[i].rome};
    return ERR_NONE;
}

/* The codes that lie wholly in what it covers. */
static enum err write_places(const struct composing *g,
                             const struct territory *covered,
                             struct slices *out)
{
    const struct slices *codes = &g->c.place.codes;
    struct slice *at = arena_array(g->m->arena, codes->n + 1, sizeof *at);
    size_t n = 0;

    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < codes->n; i++)
        if (territory_covers(g->m->reference, covered, &g->codes[i]))
            at[n++] = codes->at[i];
    *out = (struct slices){at, n};
    return ERR_NONE;
}

/* What the structure is called, from its record. */
static enum err write_name(struct composing *g, const struct candidate *who,
                           struct slice *id, struct slice *name, int64_t *kind,
                           struct slice *commune)
{
    struct structure s;
    enum err e = structure_read(&g->c, who->number, &s);

    if (e)
        return e;
    g->rough |= who->approximate;
    *id = arena_copy(g->m->arena, slice_of(who->id));
    *name = arena_copy(g->m->arena, s.name);
    *kind = s.kind;
    if (commune)
        *commune = arena_copy(g->m->arena, s.commune);
    return id->data && name->data && (!commune || commune->data) ? ERR_NONE
                                                                 : ERR_NOMEM;
}

static enum err write_member(struct composing *g, const struct candidate *who,
                             struct group_member *out)
{
    enum err e;

    if ((e = write_name(g, who, &out->id, &out->name, &out->kind,
                        &out->commune)) ||
        (e = lot_list_bits(g->m, who->unknown, &out->unknown)) ||
        (e = write_places(g, &who->covered, &out->places)) ||
        (e = write_jobs(g, who->jobs, &out->jobs)))
        return e;
    out->score = who->score;
    out->activity = who->activity + 1;
    if (g->c.place.codes.n) {
        out->communes = (int64_t)who->extent.communes;
        out->population = (int64_t)who->extent.people;
    }
    out->free = who->hours;
    return ERR_NONE;
}

static int64_t at_most(int64_t hours, int64_t asked)
{
    return hours < asked ? hours : asked;
}

/* The hours asked, shared by what each has, of which no more counts than is
 * asked; the first member gets what the divisions leave. */
static void share_hours(const struct composing *g, struct group_member *at,
                        size_t n)
{
    int64_t asked = g->c.asked_hours, sum = 0, left = asked;

    for (size_t i = 0; i < n; i++) {
        if (asked == ABSENT || at[i].free == ABSENT)
            return;
        sum += at_most(at[i].free, asked);
    }
    for (size_t i = 0; i < n; i++) {
        at[i].hours = (int64_t)((wide)asked * (wide)at_most(at[i].free, asked) /
                                (wide)sum);
        left -= at[i].hours;
    }
    at[0].hours += left;
}

enum err groups_write(struct composing *g, const struct scored *s,
                      const uint32_t *members, int n, int mandataire,
                      struct grouped *out)
{
    enum err e = ERR_NONE;

    out->score = s->score;
    out->tie = order_tie_text(g->m->arena, s->tie);
    out->members.at = shape_array(g->m->arena, &shape_group_member, (size_t)n);
    if (!out->tie.len || !out->members.at)
        return ERR_NOMEM;
    out->members.n = (size_t)n;
    for (int i = 0; i < n && !e; i++)
        e = write_member(g, groups_member(g, members[i]), &out->members.at[i]);
    if (e)
        return e;
    share_hours(g, out->members.at, (size_t)n);
    out->mandataire = out->members.at[mandataire].id;
    return ERR_NONE;
}

enum err groups_write_alone(struct composing *g, struct group_single_list *out)
{
    enum err e = ERR_NONE;

    out->at = shape_array(g->m->arena, &shape_group_single, ALONE_MAX);
    if (!out->at)
        return ERR_NOMEM;
    for (size_t i = 0; i < g->n && !e && out->n < ALONE_MAX; i++) {
        struct group_single *to = &out->at[out->n];

        if (!g->all[i].alone)
            continue;
        to->score = g->all[i].score;
        e = write_name(g, &g->all[i], &to->id, &to->name, &to->kind, NULL);
        out->n++;
    }
    return e;
}

/* Hours that the four who have most lack; ABSENT: none, or nobody knows. */
static int64_t hours_short(const struct composing *g)
{
    int64_t most[GROUP_MEMBERS_MAX] = {0}, asked = g->c.asked_hours;

    if (asked == ABSENT)
        return ABSENT;
    for (size_t i = 0; i < g->n; i++) {
        int64_t hours = g->all[i].hours;

        if (hours == ABSENT)
            return ABSENT;
        for (int k = 0; k < GROUP_MEMBERS_MAX; k++)
            if (hours > most[k]) {
                int64_t other = most[k];

                most[k] = hours;
                hours = other;
            }
    }
    for (int k = 0; k < GROUP_MEMBERS_MAX; k++)
        asked -= most[k];
    return asked > 0 ? asked : ABSENT;
}

enum err groups_write_missing(const struct composing *g, struct group_lot *out)
{
    struct territory *sets = arena_array(g->c.arena, g->n + 1, sizeof *sets);
    struct territory all;
    uint64_t jobs = 0;
    size_t n_jobs = g->c.lot->jobs.n;
    enum err e;

    if (!sets)
        return ERR_NOMEM;
    for (size_t i = 0; i < g->n; i++) {
        sets[i] = g->all[i].covered;
        jobs |= g->all[i].jobs;
    }
    jobs = ~jobs & (n_jobs < 64 ? (UINT64_C(1) << n_jobs) - 1 : UINT64_MAX);
    out->missing_hours = hours_short(g);
    if ((e = territory_union(g->c.arena, sets, g->n, &all)) ||
        (e = write_jobs(g, jobs, &out->missing_jobs)))
        return e;
    return place_missing(g->m->reference, g->m->arena, &g->c.place, &all,
                         &out->missing);
}
