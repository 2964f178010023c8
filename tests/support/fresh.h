/*
 * Fresh directories and stores for tests, and the two assertions that every
 * test of the store makes: this went well, this was refused with that error.
 */
#ifndef TESTS_SUPPORT_FRESH_H
#define TESTS_SUPPORT_FRESH_H

#include <criterion/criterion.h>
#include <limits.h>

#include "store/store.h"

#define ok(call)                                                               \
    do {                                                                       \
        enum err ok_ = (call);                                                 \
        cr_assert_eq(ok_, ERR_NONE, "%s: %s", #call, err_name(ok_));           \
    } while (0)
#define refused(call, error)                                                   \
    do {                                                                       \
        enum err refused_ = (call);                                            \
        cr_assert_eq(refused_, (error), "%s: %s, not %s", #call,               \
                     err_name(refused_), err_name(error));                     \
    } while (0)

/* A new directory under $TMPDIR, empty; and away with it. */
void fresh_dir(char dir[PATH_MAX]);
void fresh_remove(const char *dir);

/* Open the store in DIR, or create it; the test fails when that fails. */
struct store *fresh_open(const char *dir);
struct store *fresh_init(const char *dir, size_t map_bytes);

/* All names, sizes and bytes below DIR, in one number. */
uint64_t fresh_digest(const char *dir);

/* How often TEXT stands in the files below DIR. */
unsigned fresh_grep(const char *dir, const char *text);

/* Numbers that look random and are the same in every run. */
uint32_t fresh_random(uint64_t *seed);

#endif
