#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void must(int holds)
{
    if (!holds)
        abort();
}

char *fuzz_copy(struct slice bytes)
{
    char *copy = malloc(bytes.len ? bytes.len : 1);

    must(copy != NULL);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return copy;
}

struct slice fuzz_part(struct slice *text)
{
    const char *end = text->len ? memchr(text->data, 0, text->len) : NULL;
    struct slice part = *text;

    if (end) {
        part.len = (size_t)(end - text->data);
        text->data = end + 1;
        text->len -= part.len + 1;
    } else {
        text->len = 0;
    }
    return part;
}

const char *fuzz_file(const void *data, size_t size)
{
    static char path[40];
    static int fd = -1;

    if (fd < 0) {
        must((fd = memfd_create("fuzz", MFD_CLOEXEC)) >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    must(ftruncate(fd, 0) == 0);
    must(pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}
