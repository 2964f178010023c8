/*
 * "Did you mean": the distance of Damerau and Levenshtein (neighbours swapped
 * count one), over short names.
 */
#include "clients/cli/names.h"

#include <string.h>

#define NAME_MAX_BYTES 64

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

size_t name_distance(const char *a, const char *b)
{
    /* Rows i - 2, i - 1 and i of the table. */
    size_t rows[3][NAME_MAX_BYTES + 1];
    size_t na = strlen(a), nb = strlen(b);
    size_t *before = rows[0], *above = rows[1], *row = rows[2], *spare;

    if (na > NAME_MAX_BYTES || nb > NAME_MAX_BYTES)
        return na > nb ? na : nb;
    for (size_t j = 0; j <= nb; j++)
        above[j] = j;
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = least(above[j] + 1, row[j - 1] + 1,
                           above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1, row[j]);
        }
        spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[nb];
}

int name_is_near(const char *typed, size_t distance)
{
    return distance <= 1 + strlen(typed) / 4;
}

const char *shape_nearest_name(const struct shape *shape, const char *name)
{
    const char *best = NULL;
    size_t distance, least_distance = SIZE_MAX;

    for (size_t i = 0; i < shape->n; i++) {
        distance = name_distance(name, shape->fields[i].name);
        if (distance < least_distance) {
            least_distance = distance;
            best = shape->fields[i].name;
        }
    }
    return best && name_is_near(name, least_distance) ? best : NULL;
}
