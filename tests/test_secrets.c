/* Keys outside the store: made once, whole, for their owner alone. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/token.h"
#include "tests/support/fresh.h"

TestSuite(secrets, .timeout = 20);

static void path_in(const char *dir, const char *name, char out[PATH_MAX + 32])
{
    snprintf(out, PATH_MAX + 32, "%s/%s", dir, name);
}

Test(secrets, a_key_is_made_once_and_stays_the_same)
{
    unsigned char first[SECRET_BYTES], again[SECRET_BYTES];
    char base[PATH_MAX], dir[PATH_MAX + 32], path[PATH_MAX + 64];
    struct stat about;

    fresh_dir(base);
    path_in(base, "keys", dir);
    refused(secret_key(dir, "k", 0, first), ERR_NOT_FOUND);
    ok(secret_key(dir, "k", 1, first));
    ok(secret_key(dir, "k", 1, again));
    cr_expect_arr_eq(first, again, SECRET_BYTES);
    ok(secret_key(dir, "other", 1, again));
    cr_expect_neq(memcmp(first, again, SECRET_BYTES), 0);
    cr_assert_eq(stat(dir, &about), 0);
    cr_expect_eq(about.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/k", dir);
    cr_assert_eq(stat(path, &about), 0);
    cr_expect_eq(about.st_mode & 0777, 0600);
    cr_expect_eq(about.st_nlink, 1, "no second name is left");
    fresh_remove(base);
}

Test(secrets, a_key_that_others_may_read_or_that_is_cut_is_refused)
{
    unsigned char key[SECRET_BYTES];
    char dir[PATH_MAX], path[PATH_MAX + 32];

    fresh_dir(dir);
    path_in(dir, "k", path);
    ok(secret_key(dir, "k", 1, key));
    cr_assert_eq(chmod(path, 0640), 0);
    refused(secret_key(dir, "k", 1, key), ERR_FORBIDDEN);
    cr_assert_eq(chmod(path, 0600), 0);
    cr_assert_eq(truncate(path, SECRET_BYTES - 1), 0);
    refused(secret_key(dir, "k", 1, key), ERR_STORE_CORRUPT);
    fresh_remove(dir);
}

Test(secrets, a_forgotten_key_is_gone)
{
    unsigned char key[SECRET_BYTES];
    char dir[PATH_MAX];

    fresh_dir(dir);
    ok(secret_key(dir, "k", 1, key));
    ok(secret_forget(dir, "k"));
    refused(secret_key(dir, "k", 0, key), ERR_NOT_FOUND);
    refused(secret_forget(dir, "k"), ERR_NOT_FOUND);
    fresh_remove(dir);
}

Test(secrets, one_person_has_another_token_under_another_key)
{
    unsigned char one[SECRET_BYTES] = "1", two[SECRET_BYTES] = "2";
    char a[TOKEN_BYTES + 1], b[TOKEN_BYTES + 1], c[TOKEN_BYTES + 1];

    token_use(one);
    token_of(SLICE("p-1"), a);
    token_use(two);
    token_of(SLICE("p-1"), b);
    token_use(one);
    token_of(SLICE("p-1"), c);
    cr_expect_str_neq(a, b);
    cr_expect_str_eq(a, c);
    /* HMAC-SHA-256, so that others can make the same: RFC 2104. */
    cr_expect_eq(strlen(a), TOKEN_BYTES);
}

Test(secrets, where_a_part_ends_counts_in_a_hash)
{
    struct slice one[2] = {SLICE("ab"), SLICE("c")};
    struct slice other[2] = {SLICE("a"), SLICE("bc")};
    unsigned char a[16], b[16];

    token_hash(one, 2, a);
    token_hash(other, 2, b);
    cr_expect_neq(memcmp(a, b, 16), 0);
}
