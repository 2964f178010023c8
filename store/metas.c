/*
 * LMDB's two meta pages.  Each commit writes the page before the last, so that
 * the even number of two neighbours stands in the first and the odd one in the
 * second, and each names a root of its own; LMDB goes on from the greater,
 * whatever they are.
 *
 * This is format 1 of its file, struct MDB_meta of mdb.c in LMDB 0.9, on a
 * machine of 64 bits; of another one nothing is said.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/private.h"
#include "store/spare.h"

#define MAGIC UINT32_C(0xbeefc0de)
#define FORMAT 1

/* A page's head, which says nothing here, and what follows it. */
struct meta {
    unsigned char page[16];
    uint32_t magic;
    uint32_t format;
    unsigned char map[16];
    uint32_t page_bytes;
    unsigned char free_list[44];
    unsigned char databases[40];
    uint64_t root; /* of the tree of all databases */
    uint64_t last_page;
    uint64_t number; /* of the transaction; 0: there was none yet */
};

_Static_assert(offsetof(struct meta, number) == 144, "as LMDB has it");

static int read_meta(int fd, off_t at, struct meta *out)
{
    return pread(fd, out, sizeof *out, at) == sizeof *out &&
           out->magic == MAGIC && out->format == FORMAT;
}

/* A commit copies whatever it changes, the root each time. */
static int are_neighbours(const struct meta *even, const struct meta *odd)
{
    if (!even->number && !odd->number)
        return 1;
    return even->number % 2 == 0 && even->root != odd->root &&
           (odd->number == even->number + 1 || odd->number + 1 == even->number);
}

int store_metas_agree(const char *path)
{
    struct meta even, odd;
    char file[PATH_MAX];
    int fd, agree = 1;

    if (!store_path(file, path, "data.mdb") ||
        (fd = spare_open(file, O_RDONLY)) < 0)
        return 1;
    if (read_meta(fd, 0, &even) && read_meta(fd, even.page_bytes, &odd))
        agree = are_neighbours(&even, &odd);
    close(fd);
    return agree;
}
