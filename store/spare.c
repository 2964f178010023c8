/*
 * See spare.h.
 */
#include "store/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

/* A compaction has four open at once, a backup two, the child of the full
 * check a few; while the limit is lifted, connections that wait take some. */
#define SPARE 32

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct rlimit before; /* spare_begin; the mutex's */

void spare_keep(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_max < 4 * SPARE ||
        limit.rlim_cur <= limit.rlim_max - SPARE)
        return;
    limit.rlim_cur = limit.rlim_max - SPARE;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void spare_begin(void)
{
    struct rlimit lifted;

    pthread_mutex_lock(&mutex);
    getrlimit(RLIMIT_NOFILE, &before);
    lifted = before;
    lifted.rlim_cur = before.rlim_max - before.rlim_cur < SPARE
                          ? before.rlim_max
                          : before.rlim_cur + SPARE;
    setrlimit(RLIMIT_NOFILE, &lifted);
}

void spare_end(void)
{
    setrlimit(RLIMIT_NOFILE, &before);
    pthread_mutex_unlock(&mutex);
}

int spare_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd >= 0 || errno != EMFILE)
        return fd;
    spare_begin();
    fd = open(path, flags | O_CLOEXEC, 0600);
    spare_end();
    return fd;
}

int spare_left(void)
{
    int fd = open("/", O_PATH | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0 || (errno != EMFILE && errno != ENFILE);
}
