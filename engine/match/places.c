/*
 * From a code to the chain of territories round it.  A territory is in another
 * when all of its communes are.
 */
#include "engine/match/places.h"

#include <stdio.h>
#include <string.h>

static void add(struct places *out, const char *type, const char *code)
{
    char *at = out->at[out->n];

    snprintf(at, PLACE_CODE_MAX, "%s%s", type, code);
    /* A collectivity is one department and one region of the same code. */
    for (size_t i = 0; i < out->n; i++)
        if (!strcmp(out->at[i], at))
            return;
    out->n++;
}

static int holds(const struct territory_row *row, struct range part)
{
    for (uint32_t i = 0; i < row->n; i++)
        if (row->ranges[i].from <= part.from && part.to <= row->ranges[i].to)
            return 1;
    return 0;
}

static int holds_all(const struct territory_row *row,
                     const struct range *ranges, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!holds(row, ranges[i]))
            return 0;
    return 1;
}

static void add_above(const struct territory_rows *rows, const char *type,
                      const struct range *ranges, uint32_t n,
                      struct places *out)
{
    for (size_t i = 0; i < rows->n; i++)
        if (holds_all(&rows->at[i], ranges, n)) {
            add(out, type, rows->at[i].code);
            return;
        }
}

/* Departments and regions round ranges, then the country. */
static void add_wide(const struct reference *ref, const struct range *ranges,
                     uint32_t n, struct places *out)
{
    add_above(&ref->departments, "DEP:", ranges, n, out);
    add_above(&ref->regions, "REG:", ranges, n, out);
    add(out, "FR", "");
}

static void above_commune(const struct reference *ref, struct slice insee,
                          struct places *out)
{
    struct reference_successors many;
    const struct commune *commune;
    struct range one;
    uint32_t number;

    if (reference_resolve(ref, insee, &number, &many))
        return;
    commune = &ref->communes[number];
    one = (struct range){number, number + 1};
    add(out, "COM:", commune->insee);
    if (commune->ept != REFERENCE_NONE)
        add(out, "EPCI:", ref->epcis.at[commune->ept].code);
    if (commune->epci != REFERENCE_NONE)
        add(out, "EPCI:", ref->epcis.at[commune->epci].code);
    add_wide(ref, &one, 1, out);
}

static void above_row(const struct reference *ref,
                      const struct territory_rows *rows, const char *type,
                      struct slice code, struct places *out)
{
    const struct territory_row *row = reference_row(rows, code);

    if (!row)
        return;
    add(out, type, row->code);
    add_wide(ref, row->ranges, row->n, out);
}

/* 1, and what follows in REST, when CODE is of this type. */
static int is_of(struct slice code, const char *type, struct slice *rest)
{
    size_t len = strlen(type);

    if (code.len <= len || memcmp(code.data, type, len) != 0)
        return 0;
    *rest = (struct slice){code.data + len, code.len - len};
    return 1;
}

void places_above(const struct reference *ref, struct slice code,
                  struct places *out)
{
    struct slice rest;

    out->n = 0;
    if (slice_equal(code, SLICE("FR")))
        add(out, "FR", "");
    else if (is_of(code, "COM:", &rest))
        above_commune(ref, rest, out);
    else if (is_of(code, "EPCI:", &rest))
        above_row(ref, &ref->epcis, "EPCI:", rest, out);
    else if (is_of(code, "DEP:", &rest))
        above_row(ref, &ref->departments, "DEP:", rest, out);
    else if (is_of(code, "REG:", &rest))
        above_row(ref, &ref->regions, "REG:", rest, out);
}
