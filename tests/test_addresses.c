/* Where values stand, as readers of several snapshots may know it. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "store/private.h"

TestSuite(addresses, .timeout = 60);

static const uint64_t here[1] = {1}, there[1] = {2};

Test(addresses, what_was_learned_is_known_to_snapshots_since_it_was_written)
{
    struct addresses *p = addresses_new();

    cr_assert_null(addresses_get(p, 7, 100));
    cr_assert_eq(addresses_forget(p, 7, 50), ERR_NONE);
    addresses_learn(p, 7, 50, here);
    cr_assert_eq(addresses_get(p, 7, 50), here);
    cr_assert_eq(addresses_get(p, 7, 90), here);
    cr_assert_null(addresses_get(p, 7, 49), "it stood elsewhere then");
    cr_assert_null(addresses_get(p, 8, 90), "that is another one");
    addresses_free(p);
}

Test(addresses, an_older_snapshot_teaches_nothing_of_what_was_written_since)
{
    struct addresses *p = addresses_new();

    addresses_learn(p, 7, 40, here);
    cr_assert_eq(addresses_get(p, 7, 40), here);
    cr_assert_eq(addresses_forget(p, 7, 50), ERR_NONE);
    addresses_learn(p, 7, 49, here);
    cr_assert_null(addresses_get(p, 7, 49));
    cr_assert_null(addresses_get(p, 7, 50));
    addresses_learn(p, 7, 50, there);
    cr_assert_eq(addresses_get(p, 7, 50), there);
    addresses_free(p);
}

Test(addresses, what_is_far_apart_does_not_meet)
{
    static const uint32_t numbers[] = {0, 1, 16383, 16384, UINT32_MAX};
    struct addresses *p = addresses_new();

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        cr_assert_null(addresses_get(p, numbers[i], 9));
        addresses_learn(p, numbers[i], 9, i % 2 ? here : there);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cr_assert_eq(addresses_get(p, numbers[i], 9), i % 2 ? here : there);
    addresses_clear(p);
    cr_assert_null(addresses_get(p, 16384, 9));
    addresses_free(p);
}

/* ---- Readers beside a writer -------------------------------------------- */

#define WRITES 200000
#define VALUES 4

/* A value of transaction T stands at line T % LINES of its own row: whoever
 * is told another place than that of the last write before its snapshot was
 * told wrong. */
#define LINES 64
static const uint64_t lines[VALUES][LINES];
static struct addresses *shared;
static _Atomic uint64_t committed;

static uint64_t last_write(uint32_t number, uint64_t snapshot)
{
    while (snapshot % VALUES != number)
        snapshot--;
    return snapshot;
}

static void *write_all(void *unused)
{
    for (uint64_t t = VALUES; t < WRITES; t++) {
        if (addresses_forget(shared, (uint32_t)(t % VALUES), t))
            break;
        committed = t;
    }
    return unused;
}

static void *read_all(void *wrong)
{
    uint64_t snapshot;

    while ((snapshot = committed) < WRITES - 1)
        for (uint32_t i = 0; i < VALUES; i++) {
            uint64_t write = last_write(i, snapshot);
            const void *at = addresses_get(shared, i, snapshot);

            if (!at)
                addresses_learn(shared, i, snapshot, &lines[i][write % LINES]);
            else if (at != &lines[i][write % LINES])
                ++*(_Atomic uint64_t *)wrong;
        }
    return NULL;
}

Test(addresses, readers_beside_a_writer_are_never_told_wrong)
{
    static _Atomic uint64_t wrong;
    pthread_t threads[3];

    shared = addresses_new();
    committed = VALUES - 1;
    for (int i = 0; i < 2; i++)
        cr_assert_eq(
            pthread_create(&threads[i], NULL, read_all, (void *)&wrong), 0);
    cr_assert_eq(pthread_create(&threads[2], NULL, write_all, NULL), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(wrong, 0);
    addresses_free(shared);
}
