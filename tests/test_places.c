/* Where values stand, as readers of several snapshots may know it. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "store/private.h"

TestSuite(places, .timeout = 60);

static const uint64_t here[1] = {1}, there[1] = {2};

Test(places, what_was_learned_is_known_to_snapshots_since_it_was_written)
{
    struct places *p = places_new();

    cr_assert_null(places_get(p, 7, 100));
    cr_assert_eq(places_forget(p, 7, 50), ERR_NONE);
    places_learn(p, 7, 50, here);
    cr_assert_eq(places_get(p, 7, 50), here);
    cr_assert_eq(places_get(p, 7, 90), here);
    cr_assert_null(places_get(p, 7, 49), "it stood elsewhere then");
    cr_assert_null(places_get(p, 8, 90), "that is another one");
    places_free(p);
}

Test(places, an_older_snapshot_teaches_nothing_of_what_was_written_since)
{
    struct places *p = places_new();

    places_learn(p, 7, 40, here);
    cr_assert_eq(places_get(p, 7, 40), here);
    cr_assert_eq(places_forget(p, 7, 50), ERR_NONE);
    places_learn(p, 7, 49, here);
    cr_assert_null(places_get(p, 7, 49));
    cr_assert_null(places_get(p, 7, 50));
    places_learn(p, 7, 50, there);
    cr_assert_eq(places_get(p, 7, 50), there);
    places_free(p);
}

Test(places, what_is_far_apart_does_not_meet)
{
    static const uint32_t numbers[] = {0, 1, 16383, 16384, UINT32_MAX};
    struct places *p = places_new();

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        cr_assert_null(places_get(p, numbers[i], 9));
        places_learn(p, numbers[i], 9, i % 2 ? here : there);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cr_assert_eq(places_get(p, numbers[i], 9), i % 2 ? here : there);
    places_clear(p);
    cr_assert_null(places_get(p, 16384, 9));
    places_free(p);
}

/* ---- Readers beside a writer -------------------------------------------- */

#define WRITES 200000
#define VALUES 4

/* A value of transaction T stands at line T % LINES of its own row: whoever
 * is told another place than that of the last write before its snapshot was
 * told wrong. */
#define LINES 64
static const uint64_t lines[VALUES][LINES];
static struct places *shared;
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
        if (places_forget(shared, (uint32_t)(t % VALUES), t))
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
            const void *at = places_get(shared, i, snapshot);

            if (!at)
                places_learn(shared, i, snapshot, &lines[i][write % LINES]);
            else if (at != &lines[i][write % LINES])
                ++*(_Atomic uint64_t *)wrong;
        }
    return NULL;
}

Test(places, readers_beside_a_writer_are_never_told_wrong)
{
    static _Atomic uint64_t wrong;
    pthread_t threads[3];

    shared = places_new();
    committed = VALUES - 1;
    for (int i = 0; i < 2; i++)
        cr_assert_eq(
            pthread_create(&threads[i], NULL, read_all, (void *)&wrong), 0);
    cr_assert_eq(pthread_create(&threads[2], NULL, write_all, NULL), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(wrong, 0);
    places_free(shared);
}
