/*
 * Through the index to the lots of a structure and the jobs of a person: by
 * code, place, deadline and what the law of the lot asks.
 *
 * Every row under the codes is looked at: the 50,000 open lots of the country
 * stand in some 190,000 rows, its 100,000 jobs in as many.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/law.h"
#include "engine/match/postings.h"
#include "engine/match/reverse_search.h"
#include "engine/match/structure.h"

/* Places that one question may have to judge, at some ten microseconds each:
 * ten times the jobs of the country, in 8 MiB. */
#define SPOTS_MAX ((size_t)1 << 20)

/* Codes and communes of one question. */
#define SEARCH_BYTES_MAX (64u << 20)

void spots_free(struct spot_list *list)
{
    free(list->at);
    *list = (struct spot_list){NULL, 0, 0};
}

static int compare_spots(const void *a, const void *b)
{
    const struct spot *x = a, *y = b;

    if (x->market != y->market)
        return x->market > y->market ? 1 : -1;
    if (x->lot != y->lot)
        return x->lot > y->lot ? 1 : -1;
    return (x->job > y->job) - (x->job < y->job);
}

/* A lot is found under each of its codes, and for each activity. */
static void spots_sort(struct spot_list *list)
{
    size_t kept = 0;

    if (list->n)
        qsort(list->at, list->n, sizeof *list->at, compare_spots);
    for (size_t i = 0; i < list->n; i++)
        if (!kept || compare_spots(&list->at[kept - 1], &list->at[i]))
            list->at[kept++] = list->at[i];
    list->n = kept;
}

/* Room for more: half of it what repeats may leave, else as much again. */
static enum err spots_grow(struct spot_list *list)
{
    size_t room = list->room ? 2 * list->room : 256;
    struct spot *at = NULL;

    spots_sort(list);
    if (list->n < list->room / 2)
        return ERR_NONE;
    if (room <= SPOTS_MAX)
        at = realloc(list->at, room * sizeof *at);
    if (!at)
        return ERR_NOMEM;
    list->at = at;
    list->room = room;
    return ERR_NONE;
}

static enum err spots_add(struct spot_list *list, struct spot spot)
{
    enum err e = list->n == list->room ? spots_grow(list) : ERR_NONE;

    if (!e)
        list->at[list->n++] = spot;
    return e;
}

/* ---- Rows --------------------------------------------------------------- */

struct search {
    struct match *m;
    struct arena *arena; /* of the search alone */
    enum index_kind kind;
    struct index_reader *reader;
    /* By number of a commune: the first from there on that will do; ref->n
     * after the last. */
    uint16_t *next;
    uint32_t kinds; /* the bit of the structure's, and its activity's modes */
    uint32_t modes;
    uint32_t publics; /* that the person may be of somewhere */
    struct spot_list *out;
};

static enum err search_begin(struct search *s, struct match *m,
                             enum index_kind kind, struct spot_list *out)
{
    enum err e = ERR_NOMEM;

    *s = (struct search){.m = m, .kind = kind, .out = out};
    if (!(s->arena = arena_new(SEARCH_BYTES_MAX)))
        return e;
    s->next = arena_array(s->arena, m->reference->n + 1, sizeof *s->next);
    if (s->next)
        e = index_reader_begin(m->view, kind, &s->reader);
    if (e)
        arena_free(s->arena);
    return e;
}

static void search_end(struct search *s)
{
    index_reader_end(s->reader);
    arena_free(s->arena);
    spots_sort(s->out);
}

/* Filters 3 and 5 of structures, 3 of people. */
static int law_allows(const struct search *s, uint16_t law)
{
    uint32_t modes = law >> SPOT_LAW_MODES;

    if (s->kind == INDEX_JOBS)
        return !law || (law & s->publics);
    return (law & s->kinds) && (!modes || (modes & s->modes));
}

/* May this row match?  Deadlines outside 16 bits, and all that a posting does
 * not tell, are judged with the lot. */
static int is_worth_it(const struct search *s, const struct index_block *block,
                       size_t row)
{
    const uint16_t *facts = block->facts + row;
    uint16_t first = block->where[row];
    uint16_t deadline = facts[SPOT_DEADLINE * block->rows];

    if (first < s->m->reference->n &&
        s->next[first] > facts[SPOT_LAST * block->rows])
        return 0;
    if (deadline < s->m->on && deadline != UINT16_MAX)
        return 0;
    return law_allows(s, facts[SPOT_LAW * block->rows]);
}

static struct spot spot_of(enum index_kind kind, uint32_t market, uint16_t when)
{
    if (kind == INDEX_LOTS)
        return (struct spot){market, when, 0};
    return (struct spot){market, when / SPOT_JOBS, when % SPOT_JOBS + 1};
}

static enum err take_page(struct search *s, const struct index_page *page)
{
    struct index_block block;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < page->n && !e; i++) {
        if ((e = index_reader_block(s->reader, &page->heads[i], &block)))
            return e;
        s->m->blocks++;
        s->m->scanned += block.n;
        for (size_t k = 0; k < block.n && !e; k++)
            if (is_worth_it(s, &block, k))
                e = spots_add(s->out,
                              spot_of(s->kind, block.number[k], block.when[k]));
    }
    return e;
}

/* The lists from the code FIRST to LAST. */
static enum err take_codes(struct search *s, uint32_t first, uint32_t last)
{
    struct index_page page;
    uint32_t code;
    enum err e;

    while (!(e = index_reader_seek(s->reader, first, &code, &page))) {
        if (code > last)
            return ERR_NONE;
        do
            e = take_page(s, &page);
        while (!e && !(e = index_reader_next(s->reader, &page)));
        if (e != ERR_NOT_FOUND)
            return e;
        if (code == last)
            return ERR_NONE;
        first = code + 1;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* ---- Structures --------------------------------------------------------- */

/* A lot's sector may be another of the same group.  OUT may be NULL: only
 * count. */
static size_t add_groups(const struct reference *ref, struct slices sectors,
                         struct codes *out)
{
    size_t n = 0;

    for (size_t i = 0; i < sectors.n; i++) {
        struct slice group = reference_sector_group(ref, sectors.at[i]);
        struct slices same;

        same.at = reference_group_sectors(ref, group, &same.n);
        if (out)
            postings_add_codes(out, same, postings_sector_code);
        n += same.n;
    }
    return n;
}

/* The codes of the lots for which the activity's level is not 0. */
static enum err codes_of_activity(const struct search *s,
                                  const struct activity *a, struct codes *out)
{
    const struct reference *ref = s->m->reference;
    size_t n = 1 + a->cpv.n + a->rome.n + a->sectors.n +
               add_groups(ref, a->sectors, NULL);

    *out = (struct codes){arena_array(s->arena, n, sizeof *out->at), 0};
    if (!out->at)
        return ERR_NOMEM;
    out->at[out->n++] = POSTINGS_ANYTHING;
    postings_add_codes(out, a->cpv, postings_cpv_code);
    postings_add_codes(out, a->rome, postings_rome_code);
    postings_add_codes(out, a->sectors, postings_sector_code);
    add_groups(ref, a->sectors, out);
    postings_sort_codes(out);
    return ERR_NONE;
}

/* The communes of a zone. */
static enum err find_zone(struct search *s, const struct structure *structure,
                          const struct zone *zone)
{
    const struct reference *ref = s->m->reference;
    struct point from = structure_point(ref, structure);
    uint32_t home = reference_commune(ref, structure->commune);
    struct territory set, flat;
    uint32_t c = 0;
    enum err e;

    if ((e = territory_zone(ref, s->arena, zone, home, &from, &set)) ||
        (e = territory_flatten(ref, s->arena, &set, &flat)))
        return e;
    for (size_t i = 0; i < flat.n; i++)
        for (; c < flat.ranges[i].to; c++)
            s->next[c] =
                (uint16_t)(c < flat.ranges[i].from ? flat.ranges[i].from : c);
    for (; c < ref->n; c++)
        s->next[c] = (uint16_t)ref->n;
    return ERR_NONE;
}

/* One and the same activity has to do the work, so, and there. */
static enum err take_activity(struct search *s,
                              const struct structure *structure,
                              const struct activity *a)
{
    struct codes codes;
    enum err e;

    s->kinds = BIT(structure->kind);
    s->modes = law_kind_modes(structure->kind);
    if (a->modes.n)
        s->modes &= law_bits(a->modes);
    if ((e = find_zone(s, structure, a->zone)) ||
        (e = codes_of_activity(s, a, &codes)))
        return e;
    for (size_t i = 0; i < codes.n && !e; i++)
        e = take_codes(s, codes.at[i], codes.at[i]);
    return e;
}

enum err reverse_search_lots(struct match *m, const struct structure *structure,
                             struct spot_list *out)
{
    struct search s;
    enum err e;

    if (structure->status != STRUCTURE_ACTIVE ||
        (m->kinds.n && !(law_bits(m->kinds) & BIT(structure->kind))))
        return ERR_NONE; /* filters 1 and 3: whatever the lot */
    if ((e = search_begin(&s, m, INDEX_LOTS, out)))
        return e;
    for (size_t i = 0; i < structure->activities.n && !e; i++)
        e = take_activity(&s, structure, &structure->activities.at[i]);
    search_end(&s);
    return e;
}

/* ---- People ------------------------------------------------------------- */

/* Communes from which filter 5 does not refuse: near ones, and those whose
 * distance nobody knows.  A place does if one of its communes does. */
static void find_reach(struct search *s, const struct profile *p)
{
    const struct reference *ref = s->m->reference;
    uint32_t home = reference_commune(ref, p->commune), next = ref->n;
    struct point from = territory_point(ref, home);

    for (uint32_t c = ref->n; c-- > 0; s->next[c] = (uint16_t)next) {
        const struct commune *to = &ref->communes[c];

        if (!from.known || !to->centred || c == home ||
            reference_within(from.at, to->at, (unsigned)p->mobility_km))
            next = c;
    }
}

/* The first ROME code with the same first three characters. */
static uint32_t family_code(struct slice wish)
{
    char first[] = "A0000";

    memcpy(first, wish.data, wish.len < 3 ? wish.len : 3);
    return postings_rome_code((struct slice){first, sizeof first - 1});
}

/* Jobs of the families of the wishes: each takes a hundred codes. */
static enum err take_families(struct search *s, struct slices wishes)
{
    struct codes codes = {arena_array(s->arena, wishes.n + 1, sizeof *codes.at),
                          0};
    enum err e = codes.at ? ERR_NONE : ERR_NOMEM;

    if (e)
        return e;
    postings_add_codes(&codes, wishes, family_code);
    postings_sort_codes(&codes);
    for (size_t i = 0; i < codes.n && !e; i++)
        e = take_codes(s, codes.at[i], codes.at[i] + 99);
    return e;
}

/* Jobs that official links lead to. */
static enum err take_links(struct search *s, struct slice wish)
{
    const struct reference_link *links;
    enum err e = ERR_NONE;
    size_t n;

    links = reference_links_from(s->m->reference, wish, &n);
    for (size_t i = 0; i < n && !e; i++) {
        uint32_t code = postings_rome_code(slice_of(links[i].target));

        e = take_codes(s, code, code);
    }
    return e;
}

enum err reverse_search_jobs(struct match *m, const struct profile *p,
                             struct spot_list *out)
{
    struct person person = person_of(m->reference, p);
    struct search s;
    enum err e = search_begin(&s, m, INDEX_JOBS, out);

    if (e)
        return e;
    find_reach(&s, p);
    e = proofs_publics(m, s.arena, person_facts(&person), &s.publics);
    if (!e)
        e = take_families(&s, p->rome);
    for (size_t i = 0; !e && i < p->rome.n; i++)
        e = take_links(&s, p->rome.at[i]);
    search_end(&s);
    return e;
}
