/*
 * Overwriting an environment that was replaced, on a thread of its own: the
 * store is served and written meanwhile.  What is left when the store is
 * closed, or when the process dies, is overwritten at the next start
 * (store_dir_tidy).
 */
#include <stdio.h>

#include "store/private.h"

static void *wipe(void *context)
{
    struct store *store = context;

    if (store_dir_wipe_env(store->dir, store->wiping, &store->wipe_stop))
        atomic_fetch_add(&store->compactions, 1);
    else if (!atomic_load(&store->wipe_stop))
        store_log(store, LOG_WARNING,
                  "store: %s could not be overwritten; the next start does it",
                  store->wiping);
    return NULL;
}

void store_wipe_begin(struct store *store, const char *env)
{
    snprintf(store->wiping, sizeof store->wiping, "%s", env);
    store->wiper_runs = !pthread_create(&store->wiper, NULL, wipe, store);
    if (!store->wiper_runs)
        wipe(store);
}

void store_wipe_wait(struct store *store)
{
    if (store->wiper_runs)
        pthread_join(store->wiper, NULL);
    store->wiper_runs = 0;
}

void store_wipe_stop(struct store *store)
{
    atomic_store(&store->wipe_stop, 1);
    store_wipe_wait(store);
}

uint64_t store_compactions(const struct store *store)
{
    return atomic_load(&store->compactions);
}
