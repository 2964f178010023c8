/*
 * Look-ups in a finished reference.  Nothing here allocates or changes it.
 */
#include "store/reference_parts.h"

#include <stdlib.h>
#include <string.h>

uint32_t code_pack(struct slice code)
{
    uint32_t packed = 0;

    if (code.len != 5)
        return CODE_BAD;
    for (size_t i = 0; i < 5; i++) {
        char c = code.data[i];

        if (c >= '0' && c <= '9')
            packed = packed * 36 + (uint32_t)(c - '0');
        else if (c >= 'A' && c <= 'Z')
            packed = packed * 36 + (uint32_t)(c - 'A') + 10;
        else
            return CODE_BAD;
    }
    return packed;
}

const uint32_t *code_map_find(const struct code_map *map, uint32_t code,
                              size_t *n)
{
    size_t low = 0;
    size_t high = map->n;
    size_t end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (map->codes[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < map->n && map->codes[end] == code; end++)
        ;
    *n = end - low;
    return *n ? &map->numbers[low] : NULL;
}

uint32_t reference_commune(const struct reference *ref, struct slice insee)
{
    size_t n;
    const uint32_t *number =
        code_map_find(&ref->private->communes, code_pack(insee), &n);

    return number ? *number : REFERENCE_NONE;
}

/* The department that the digits of an INSEE code name: overseas codes need
 * three of them.  The code need not exist. */
static int same_department(const struct reference *ref, struct slice code,
                           uint32_t commune)
{
    uint16_t row = ref->communes[commune].department;
    struct slice department = slice_of(ref->departments.at[row].code);
    int overseas = code.data[0] == '9' && code.data[1] >= '7';

    code.len = overseas && code.data[1] <= '8' ? 3 : 2;
    return slice_equal(code, department);
}

enum err reference_resolve(const struct reference *ref, struct slice code,
                           uint32_t *commune, struct reference_successors *many)
{
    uint32_t current = reference_commune(ref, code);
    const uint32_t *after;
    size_t n;

    if (current != REFERENCE_NONE) {
        *commune = current;
        return ERR_NONE;
    }
    after = code_map_find(&ref->private->former, code_pack(code), &n);
    if (!after)
        return ERR_UNKNOWN_COMMUNE;
    if (n == 1 && same_department(ref, code, after[0])) {
        *commune = after[0];
        return ERR_NONE;
    }
    many->n = n < 8 ? n : 8;
    memcpy(many->at, after, many->n * sizeof *after);
    return ERR_AMBIGUOUS_COMMUNE;
}

/* Thousands of times at start: no strlen. */
static int order_row(const void *key, const void *row)
{
    const struct slice *code = key;
    const char *other = ((const struct territory_row *)row)->code;
    int order = strncmp(code->data, other, code->len);

    return order ? order : -(other[code->len] != 0);
}

const struct territory_row *reference_row(const struct territory_rows *rows,
                                          struct slice code)
{
    if (!code.len || code.len >= sizeof rows->at->code)
        return NULL;
    return bsearch(&code, rows->at, rows->n, sizeof *rows->at, order_row);
}

const uint32_t *reference_postcode(const struct reference *ref,
                                   struct slice postcode, size_t *n)
{
    return code_map_find(&ref->private->postcodes, code_pack(postcode), n);
}

/* The one or the other ROME code of a link, by its offset. */
static struct slice link_code(const struct reference_link *link, size_t offset)
{
    return (struct slice){(const char *)link + offset, 5};
}

/* The run of links that have ROME at OFFSET, by which they are sorted. */
static const struct reference_link *links_run(const struct reference_link *all,
                                              size_t n_all, size_t offset,
                                              struct slice rome, size_t *n)
{
    size_t low = 0;
    size_t high = n_all;
    size_t end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (slice_compare(link_code(&all[middle], offset), rome) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    end = low;
    while (end < n_all && slice_equal(link_code(&all[end], offset), rome))
        end++;
    *n = end - low;
    return *n ? &all[low] : NULL;
}

const struct reference_link *reference_links_from(const struct reference *ref,
                                                  struct slice rome, size_t *n)
{
    return links_run(ref->private->from, ref->private->n_links,
                     offsetof(struct reference_link, rome), rome, n);
}

const struct reference_link *reference_links_to(const struct reference *ref,
                                                struct slice rome, size_t *n)
{
    return links_run(ref->private->to, ref->private->n_links,
                     offsetof(struct reference_link, target), rome, n);
}

static int order_sector(const void *sector, const void *row)
{
    return slice_compare(*(const struct slice *)sector,
                         ((const struct sector_row *)row)->sector);
}

struct slice reference_sector_group(const struct reference *ref,
                                    struct slice sector)
{
    const struct reference_private *own = ref->private;
    const struct sector_row *row = NULL;

    if (own->n_sectors)
        row = bsearch(&sector, own->sectors, own->n_sectors,
                      sizeof *own->sectors, order_sector);
    return row ? row->group : (struct slice){NULL, 0};
}

const struct slice *reference_group_sectors(const struct reference *ref,
                                            struct slice group, size_t *n)
{
    const struct reference_private *own = ref->private;
    size_t low = 0;
    size_t high = own->n_sectors;
    size_t end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (slice_compare(own->groups[middle], group) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    end = low;
    while (end < own->n_sectors && slice_equal(own->groups[end], group))
        end++;
    *n = end - low;
    return *n ? &own->grouped[low] : NULL;
}

const uint64_t *reference_population(const struct reference *ref)
{
    return ref->private->population;
}
