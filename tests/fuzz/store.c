#include "store/store.h"
#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

struct store *fuzz_store(void)
{
    static struct store *store;
    struct store_options options = {.init = 1};
    char dir[] = "/tmp/claused-fuzz-XXXXXX";

    if (!store) {
        must(mkdtemp(dir) != NULL);
        must(store_open(dir, &options, &store) == ERR_NONE);
        nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    return store;
}
