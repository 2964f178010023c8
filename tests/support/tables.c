#include "tests/support/tables.h"

#include <criterion/criterion.h>

struct reference *ref;

void tables_setup(void)
{
    cr_assert_eq(reference_new(NULL, 0, &ref), ERR_NONE);
}

void tables_teardown(void)
{
    reference_free(ref);
    ref = NULL;
}

enum err tables_rebuild(const struct reference_import *imports, size_t n)
{
    struct reference *built = NULL;
    enum err e = reference_new(imports, n, &built);

    if (!e) {
        reference_free(ref);
        ref = built;
    }
    return e;
}

enum err tables_import(const char *table, const char *lines)
{
    struct reference_import one = {table, "v1", "a test", slice_of(lines)};

    return tables_rebuild(&one, 1);
}
