/*
 * The matching core has no globals; who calls it brings the memory.
 */
#include <pthread.h>

#include "engine/workspaces.h"

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int made;

static void free_workspace(void *workspace)
{
    workspace_free(workspace);
}

static void make_key(void)
{
    made = pthread_key_create(&key, free_workspace) == 0;
}

struct workspace *workspace_of_thread(void)
{
    struct workspace *w;

    pthread_once(&once, make_key);
    if (!made)
        return NULL;
    if ((w = pthread_getspecific(key)))
        return w;
    if (!(w = workspace_new()))
        return NULL;
    if (!pthread_setspecific(key, w))
        return w;
    workspace_free(w);
    return NULL;
}
