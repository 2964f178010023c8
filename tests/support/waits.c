/*
 * A daemon whose builds of an index wait: linked with
 * -Wl,--wrap=index_build_sort into claused-waits, so that the daemon itself
 * carries no hook.  CLAUSED_TEST_FIFO=path: between reading the records and
 * sorting, a build waits until somebody opens that fifo to write.
 */
#include "store/index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum err __real_index_build_sort(struct index_build *build);
enum err __wrap_index_build_sort(struct index_build *build);

enum err __wrap_index_build_sort(struct index_build *build)
{
    const char *path = getenv("CLAUSED_TEST_FIFO");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd >= 0)
        close(fd);
    return __real_index_build_sort(build);
}
