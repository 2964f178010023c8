/*
 * Directories and stores for tests.  Nothing here waits or sleeps.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/fresh.h"

void fresh_dir(char dir[PATH_MAX])
{
    const char *tmp = getenv("TMPDIR");

    snprintf(dir, PATH_MAX, "%s/claused-XXXXXX", tmp ? tmp : "/tmp");
    cr_assert_not_null(mkdtemp(dir), "no directory in %s", dir);
}

static int on_remove(const char *path, const struct stat *st, int type,
                     struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void fresh_remove(const char *dir)
{
    nftw(dir, on_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static struct store *open_with(const char *dir, int init, size_t map_bytes)
{
    const struct store_options options = {.init = init, .map_bytes = map_bytes};
    struct store *store = NULL;

    ok(store_open(dir, &options, &store));
    return store;
}

struct store *fresh_open(const char *dir)
{
    return open_with(dir, 0, 0);
}

struct store *fresh_init(const char *dir, size_t map_bytes)
{
    return open_with(dir, 1, map_bytes);
}

/* nftw gives its callback no context. */
static uint64_t digest;
static const char *wanted;
static unsigned found;

static char *slurp(const char *path, size_t size)
{
    char *bytes = malloc(size + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    cr_assert(bytes && fd >= 0, "%s", path);
    cr_assert_eq(read(fd, bytes, size), (ssize_t)size, "%s", path);
    close(fd);
    return bytes;
}

static int on_digest(const char *path, const struct stat *st, int type,
                     struct FTW *ftw)
{
    const char *name = path + ftw->base;
    struct slice parts[2] = {slice_of(name), {"", 0}};
    unsigned char hash[16];
    char *bytes = NULL;
    uint64_t low;

    if (type == FTW_F) {
        bytes = slurp(path, (size_t)st->st_size);
        parts[1] = (struct slice){bytes, (size_t)st->st_size};
    }
    store_hash(parts, 2, hash);
    memcpy(&low, hash, sizeof low);
    digest += low; /* whatever the order of the directory */
    free(bytes);
    return 0;
}

uint64_t fresh_digest(const char *dir)
{
    digest = 0;
    nftw(dir, on_digest, 16, FTW_PHYS);
    return digest;
}

static int on_grep(const char *path, const struct stat *st, int type,
                   struct FTW *ftw)
{
    char *bytes, *at, *end;

    (void)ftw;
    if (type != FTW_F)
        return 0;
    bytes = slurp(path, (size_t)st->st_size);
    end = bytes + st->st_size;
    for (at = bytes;
         (at = memmem(at, (size_t)(end - at), wanted, strlen(wanted))); at++)
        found++;
    free(bytes);
    return 0;
}

unsigned fresh_grep(const char *dir, const char *text)
{
    wanted = text;
    found = 0;
    nftw(dir, on_grep, 16, FTW_PHYS);
    return found;
}

uint32_t fresh_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}
