/*
 * A daemon that waits within its long works: linked with --wrap into
 * claused-waits, so that the daemon itself carries no hook.
 * CLAUSED_TEST_FIFO=path: a build of an index between reading the records and
 * sorting, a batch before each lot, retention.list on its worker and the
 * overwriting of a replaced store behind its first piece wait until somebody
 * has opened that fifo to write.
 */
#include "engine/dispatch.h"
#include "engine/match/match.h"
#include "store/index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum err __real_index_build_sort(struct index_build *build);
enum err __wrap_index_build_sort(struct index_build *build);
enum err __real_match_top_structures(struct match *m,
                                     const struct market *market, int64_t lot,
                                     struct match_top *out);
enum err __wrap_match_top_structures(struct match *m,
                                     const struct market *market, int64_t lot,
                                     struct match_top *out);
enum err __real_handle_retention_list(struct store_view *view,
                                      struct call *call,
                                      const struct ask_retention_list *ask,
                                      struct answer_retention_list *answer);
enum err __wrap_handle_retention_list(struct store_view *view,
                                      struct call *call,
                                      const struct ask_retention_list *ask,
                                      struct answer_retention_list *answer);

ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at);

static void wait(void)
{
    const char *path = getenv("CLAUSED_TEST_FIFO");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd >= 0)
        close(fd);
}

enum err __wrap_index_build_sort(struct index_build *build)
{
    wait();
    return __real_index_build_sort(build);
}

enum err __wrap_match_top_structures(struct match *m,
                                     const struct market *market, int64_t lot,
                                     struct match_top *out)
{
    wait();
    return __real_match_top_structures(m, market, lot, out);
}

enum err __wrap_handle_retention_list(struct store_view *view,
                                      struct call *call,
                                      const struct ask_retention_list *ask,
                                      struct answer_retention_list *answer)
{
    wait();
    return __real_handle_retention_list(view, call, ask, answer);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (at)
        wait();
    return __real_pwrite(fd, data, len, at);
}
