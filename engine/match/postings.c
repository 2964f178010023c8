/*
 * What the index holds of an entity: its codes, and the change from one
 * version of it to the next.
 *
 * A code is a type in the upper four bits and a value below.  A person stands
 * under each wished ROME; a structure under what its activities name: CPV
 * divisions (a level above 0 needs two common digits), ROME codes, sectors by
 * hash.  A sector's group is looked up when asking, because the table of
 * groups may be imported anew at any time.
 *
 * The derivation reads an entity and the bundled numbering of communes alone,
 * never imports: so postings stay right when a table changes.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/match/order.h"
#include "engine/match/postings.h"

#define CODE_ROME (UINT32_C(1) << 28)
#define CODE_CPV (UINT32_C(2) << 28)
#define CODE_SECTOR (UINT32_C(3) << 28)
#define CODE_VALUE ((UINT32_C(1) << 28) - 1)

/* ROME: a letter and four digits: at most 26 x 10,000 values. */
uint32_t postings_rome_code(struct slice rome)
{
    uint32_t value = 0;

    if (rome.len)
        value = (uint32_t)(rome.data[0] - 'A');
    for (size_t i = 1; i < rome.len; i++)
        value = value * 10 + (uint32_t)(rome.data[i] - '0');
    return CODE_ROME | (value & CODE_VALUE);
}

uint32_t postings_cpv_code(struct slice cpv)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 2 && i < cpv.len; i++)
        value = value * 10 + (uint32_t)(cpv.data[i] - '0');
    return CODE_CPV | (value & CODE_VALUE);
}

uint32_t postings_sector_code(struct slice sector)
{
    return CODE_SECTOR | ((uint32_t)order_hash(sector) & CODE_VALUE);
}

static int compare_codes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

void postings_add_codes(struct codes *codes, struct slices from,
                        uint32_t (*code)(struct slice))
{
    for (size_t i = 0; i < from.n; i++)
        codes->at[codes->n++] = code(from.at[i]);
}

void postings_sort_codes(struct codes *codes)
{
    size_t kept = 0;

    qsort(codes->at, codes->n, sizeof *codes->at, compare_codes);
    for (size_t i = 0; i < codes->n; i++)
        if (!kept || codes->at[kept - 1] != codes->at[i])
            codes->at[kept++] = codes->at[i];
    codes->n = kept;
}

static int codes_hold(const struct codes *codes, uint32_t code)
{
    return codes->n && bsearch(&code, codes->at, codes->n, sizeof code,
                               compare_codes) != NULL;
}

static enum err structure_codes(struct arena *arena, const struct structure *s,
                                struct codes *out)
{
    size_t n = 0;

    for (size_t i = 0; i < s->activities.n; i++)
        n += s->activities.at[i].cpv.n + s->activities.at[i].rome.n +
             s->activities.at[i].sectors.n;
    *out = (struct codes){arena_array(arena, n + 1, sizeof *out->at), 0};
    if (!out->at)
        return ERR_NOMEM;
    for (size_t i = 0; i < s->activities.n; i++) {
        postings_add_codes(out, s->activities.at[i].cpv, postings_cpv_code);
        postings_add_codes(out, s->activities.at[i].rome, postings_rome_code);
        postings_add_codes(out, s->activities.at[i].sectors,
                           postings_sector_code);
    }
    postings_sort_codes(out);
    return ERR_NONE;
}

static enum err person_codes(struct arena *arena, const struct profile *p,
                             struct codes *out)
{
    *out =
        (struct codes){arena_array(arena, p->rome.n + 1, sizeof *out->at), 0};
    if (!out->at)
        return ERR_NOMEM;
    postings_add_codes(out, p->rome, postings_rome_code);
    postings_sort_codes(out);
    return ERR_NONE;
}

/* All postings of one record: they differ in the code alone. */
struct derived {
    struct codes codes;
    uint32_t place;
    unsigned char facts[INDEX_FACTS];
    unsigned char side[INDEX_SIDE];
};

static uint32_t place_of(const struct reference *ref, uint32_t commune)
{
    return commune == REFERENCE_NONE ? 0 : ref->communes[commune].place;
}

static enum err derive_structure(const struct reference *ref,
                                 struct arena *arena, const struct structure *s,
                                 struct derived *out)
{
    memset(out, 0, sizeof *out);
    if (!s)
        return ERR_NONE;
    out->place = place_of(ref, reference_commune(ref, s->commune));
    return structure_codes(arena, s, &out->codes);
}

static enum err derive_person(const struct reference *ref, struct arena *arena,
                              const struct profile *p, struct derived *out)
{
    struct person person;

    memset(out, 0, sizeof *out);
    if (!p)
        return ERR_NONE;
    person = person_of(ref, p);
    out->place = place_of(ref, person.commune);
    postings_pack_facts(&person, out->facts);
    postings_pack_person(&person, out->side);
    return person_codes(arena, p, &out->codes);
}

static struct posting make_posting(const struct derived *d, size_t i,
                                   uint32_t number)
{
    struct posting p = {d->codes.at[i], d->place, number, {0}};

    memcpy(p.facts, d->facts, sizeof p.facts);
    return p;
}

/* From what OLD held to what NEW holds; what is the same is not touched. */
static enum err change_postings(struct store_batch *batch, unsigned kind,
                                uint32_t number, const struct derived *old,
                                const struct derived *new)
{
    int moved = old->place != new->place;
    int same = !moved && !memcmp(old->facts, new->facts, INDEX_FACTS);
    enum err e;

    for (size_t i = 0; i < old->codes.n; i++) {
        struct posting p = make_posting(old, i, number);

        if (!moved && codes_hold(&new->codes, p.code))
            continue;
        if ((e = index_delete(batch, kind, &p)))
            return e;
    }
    for (size_t i = 0; i < new->codes.n; i++) {
        struct posting p = make_posting(new, i, number);

        if (same && codes_hold(&old->codes, p.code))
            continue;
        if ((e = index_put(batch, kind, &p)))
            return e;
    }
    return ERR_NONE;
}

static enum err change_person(struct store_batch *batch,
                              const struct reference *ref, struct arena *arena,
                              uint32_t number, const struct profile *before,
                              const struct profile *after)
{
    struct derived old, new;
    enum err e;

    if ((e = derive_person(ref, arena, before, &old)) ||
        (e = derive_person(ref, arena, after, &new)) ||
        (e = change_postings(batch, INDEX_PEOPLE, number, &old, &new)))
        return e;
    if (after)
        return index_side_put(batch, INDEX_PEOPLE, number, new.side);
    return before ? index_side_delete(batch, INDEX_PEOPLE, number) : ERR_NONE;
}

enum err postings_change(struct store_batch *batch,
                         const struct reference *reference, struct arena *arena,
                         unsigned entity, uint32_t number, const void *before,
                         const void *after)
{
    struct derived old, new;
    enum err e;

    if (entity == ENTITY_PROFILE)
        return change_person(batch, reference, arena, number, before, after);
    if (entity != ENTITY_STRUCTURE)
        return ERR_NONE;
    if ((e = derive_structure(reference, arena, before, &old)) ||
        (e = derive_structure(reference, arena, after, &new)))
        return e;
    return change_postings(batch, INDEX_STRUCTURES, number, &old, &new);
}
