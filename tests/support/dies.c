/*
 * A daemon that dies between the commit and the reply: linked with
 * -Wl,--wrap=store_batch_commit into claused-dies, so that the daemon itself
 * carries no hook.  CLAUSED_TEST_DIE_AFTER=n: the nth commit that succeeds is
 * the last thing this process does.  Without it nothing is changed.
 */
#include "store/store.h"

#include <signal.h>
#include <stdlib.h>

enum err __real_store_batch_commit(struct store_batch *batch);
enum err __wrap_store_batch_commit(struct store_batch *batch);

static long commits_left(void)
{
    const char *text = getenv("CLAUSED_TEST_DIE_AFTER");

    return text ? strtol(text, NULL, 10) : -1;
}

enum err __wrap_store_batch_commit(struct store_batch *batch)
{
    static long left = -2; /* one thread commits: no lock */
    enum err e = __real_store_batch_commit(batch);

    if (left == -2)
        left = commits_left();
    if (!e && left > 0 && --left == 0)
        raise(SIGKILL);
    return e;
}
