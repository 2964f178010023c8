/*
 * The door: a daemon whose handler of handshakes lets everybody in must not
 * serve, and what a key has in hand follows it through every change.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/keys.h"
#include "engine/match/territory.h"
#include "engine/zsock.h"
#include "tests/support/world.h"

#define SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define ONE "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define TWO "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define FRAME_BYTES 65536

static int everybody(void *context, const char *public_key, int old)
{
    (void)context;
    (void)old;
    (void)public_key;
    return 1;
}

static int nobody(void *context, const char *public_key, int old)
{
    (void)public_key;
    (void)old;
    ++*(int *)context;
    return 0;
}

static enum err test_door(const char *endpoint, zsock_admit *admit, int *asked)
{
    struct zsock_keys keys = {
        .secret = SECRET, .admit = admit, .context = asked};
    struct zsock *sock = NULL;
    enum err e;

    cr_assert_eq(zsock_open(endpoint, FRAME_BYTES, &keys, &sock), ERR_NONE);
    e = zsock_self_test(sock, &keys);
    zsock_close(sock);
    return e;
}

TestSuite(keys, .timeout = 60);

Test(keys, a_door_that_refuses_strangers_passes)
{
    int asked = 0;

    cr_expect_eq(test_door("tcp://127.0.0.1:*", nobody, &asked), ERR_NONE);
    cr_expect_eq(asked, 1, "of the two only one has a key");
}

Test(keys, every_door_is_knocked_at)
{
    char doors[100], path[] = "/tmp/claused-door-XXXXXX";
    int asked = 0;

    cr_assert(mkdtemp(path));
    snprintf(doors, sizeof doors, "tcp://127.0.0.1:* ipc://%s/door", path);
    cr_expect_eq(test_door(doors, nobody, &asked), ERR_NONE);
    cr_expect_eq(asked, 2);
    rmdir(path);
}

Test(keys, a_door_that_lets_strangers_in_does_not_pass)
{
    int asked = 0;

    cr_expect_eq(test_door("tcp://127.0.0.1:*", everybody, &asked),
                 ERR_FORBIDDEN);
}

Test(keys, a_door_without_keys_does_not_pass)
{
    struct zsock_keys keys = {.secret = SECRET};
    struct zsock *sock = NULL;

    cr_assert_eq(zsock_open("tcp://127.0.0.1:*", FRAME_BYTES, NULL, &sock),
                 ERR_NONE);
    cr_expect_eq(zsock_self_test(sock, &keys), ERR_FORBIDDEN);
    zsock_close(sock);
}

Test(keys, what_is_no_key_is_told_apart)
{
    char public_key[ZSOCK_KEY_BYTES];

    cr_expect(zsock_is_key(SLICE(ONE)));
    cr_expect_not(zsock_is_key(SLICE("")));
    cr_expect_not(zsock_is_key((struct slice){ONE, 39}));
    cr_expect_not(
        zsock_is_key(SLICE("########################################")),
        "more than 32 bits");
    cr_expect_not(
        zsock_is_key(SLICE("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf~")));
    cr_assert(zsock_public_key(SECRET, public_key));
    cr_expect_str_eq(public_key, ONE);
}

/* ---- The table ----------------------------------------------------------- */

static struct world world;
static struct keys *keys;
static struct config config;
static struct reference *ref;
static uint64_t clock_us = 1;

static void begin(void)
{
    cr_assert_eq(reference_new(NULL, 0, &ref), ERR_NONE);
    world_open(&world);
    config_default(&config);
    cr_assert(keys = keys_new());
}

static void end(void)
{
    keys_free(keys);
    world_close(&world);
    reference_free(ref);
}

TestSuite(table, .init = begin, .fini = end, .timeout = 60);

static struct key a_key(const char *id, const char *public_key)
{
    struct key key = {.id = slice_of(id),
                      .public_key = slice_of(public_key),
                      .role = KEY_FACILITATOR,
                      .from = ABSENT,
                      .until = ABSENT,
                      .revoked_on = ABSENT};

    return key;
}

static void put(const struct key *key)
{
    struct store_view *view;

    world_begin(&world);
    world_put(&world, ref, ENTITY_KEY, key);
    world_commit(&world);
    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
    cr_assert_eq(keys_load(keys, view, &config), ERR_NONE);
    store_view_end(view);
}

static enum err enter(const char *public_key, struct call *call)
{
    *call = (struct call){.today = day("2026-11-23")};
    return keys_enter(keys, public_key, config.quotas, clock_us, call);
}

Test(table, a_key_is_in_force_from_its_first_day_to_its_last)
{
    struct key key = a_key("one", ONE);
    struct call call;

    cr_expect_eq(enter(ONE, &call), ERR_KEY_ENDED, "unknown");
    key.from = key.until = day("2026-11-23");
    put(&key);
    cr_expect_eq(enter(ONE, &call), ERR_NONE);
    keys_leave(keys, &call);
    cr_expect_not(keys_admit(keys, ONE, day("2026-11-22")));
    cr_expect_not(keys_admit(keys, ONE, day("2026-11-24")));
    cr_expect_not(keys_admit(keys, TWO, day("2026-11-23")));
    cr_expect_not(keys_admit(keys, "", day("2026-11-23")));
    key.revoked_on = day("2026-11-23");
    put(&key);
    cr_expect_eq(enter(ONE, &call), ERR_KEY_ENDED);
}

Test(table, what_a_request_borrows_lives_until_it_was_answered)
{
    struct slice rouen = SLICE("DEP:76"), lille = SLICE("DEP:59");
    struct key key = a_key("one", ONE);
    struct call first, second;

    key.territories = (struct slices){&rouen, 1};
    put(&key);
    cr_assert_eq(enter(ONE, &first), ERR_NONE);
    key.territories.at = &lille;
    put(&key);
    put(&key);
    cr_assert_eq(enter(ONE, &second), ERR_NONE);
    cr_expect(slice_equal(first.caller, SLICE("one")));
    cr_expect_neq(first.territory, second.territory);
    cr_expect_neq(first.territory->ranges[0].from,
                  second.territory->ranges[0].from);
    keys_leave(keys, &first);
    keys_leave(keys, &second);
    keys_leave(keys, &second);
    cr_assert_eq(enter(ONE, &first), ERR_NONE, "leaving twice is leaving once");
    keys_leave(keys, &first);
}

Test(table, a_request_that_waited_is_its_keys_as_it_is_now)
{
    struct key key = a_key("one", ONE);
    struct call call;

    config.quotas[KEY_FACILITATOR] = (struct quota){1, 1, 1, 0, 0};
    put(&key);
    cr_assert_eq(enter(ONE, &call), ERR_NONE);
    key.role = KEY_PORTAL;
    put(&key);
    cr_expect_eq(call.role, FACILITATOR);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(keys_again(keys, ONE, &call), ERR_NONE,
                     "no quota is asked");
    cr_expect_eq(call.role, PORTAL);
    key.until = day("2026-11-23");
    put(&key);
    cr_expect_eq(keys_again(keys, ONE, &call), ERR_NONE);
    call.today++;
    cr_expect_eq(keys_again(keys, ONE, &call), ERR_KEY_ENDED);
    key.revoked_on = call.today;
    put(&key);
    cr_expect_eq(keys_again(keys, ONE, &call), ERR_KEY_ENDED);
    keys_leave(keys, &call);
}

Test(table, a_request_that_waited_is_in_hand_until_it_was_answered)
{
    struct key key = a_key("one", ONE);
    struct call call, other;

    config.quotas[KEY_FACILITATOR] = (struct quota){0, 1, 1, 0, 0};
    put(&key);
    cr_assert_eq(enter(ONE, &call), ERR_NONE);
    put(&key);
    cr_assert_eq(keys_again(keys, ONE, &call), ERR_NONE);
    cr_expect_eq(enter(ONE, &other), ERR_BUSY);
    keys_leave(keys, &call);
    cr_expect_eq(enter(ONE, &other), ERR_NONE);
    keys_leave(keys, &other);
}

/* Another key: its last three digits are I. */
static void end_with(char public_key[ZSOCK_KEY_BYTES], int i)
{
    char digits[16];

    snprintf(digits, sizeof digits, "%03d", i);
    memcpy(public_key + 37, digits, 3);
}

Test(table, many_keys_are_told_apart)
{
    struct key key;
    struct call call;
    char id[16], public_key[ZSOCK_KEY_BYTES];

    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof id, "k-%03d", i);
        snprintf(public_key, sizeof public_key, "%s", ONE);
        end_with(public_key, i);
        key = a_key(id, public_key);
        world_begin(&world);
        world_put(&world, ref, ENTITY_KEY, &key);
        world_commit(&world);
    }
    key = a_key("k-last", TWO);
    put(&key);
    cr_expect_eq(keys_stat(keys).keys, 201);
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof id, "k-%03d", i);
        end_with(public_key, i);
        cr_assert_eq(enter(public_key, &call), ERR_NONE);
        cr_assert(slice_equal(call.caller, slice_of(id)));
        keys_leave(keys, &call);
    }
}

Test(table, a_bucket_holds_its_burst_and_fills_at_its_rate)
{
    struct key key = a_key("one", ONE);
    struct call call;
    int taken = 0;

    config.quotas[KEY_FACILITATOR] = (struct quota){10, 5, 1000, 0, 0};
    put(&key);
    while (enter(ONE, &call) == ERR_NONE && ++taken < 100)
        keys_leave(keys, &call);
    cr_expect_eq(taken, 5);
    clock_us += 99000;
    cr_expect_eq(enter(ONE, &call), ERR_BUSY);
    put(&key);
    cr_expect_eq(enter(ONE, &call), ERR_BUSY, "a change fills no bucket");
    clock_us += 1000;
    cr_expect_eq(enter(ONE, &call), ERR_NONE);
    keys_leave(keys, &call);
    clock_us += 3600000000u;
    for (taken = 0; enter(ONE, &call) == ERR_NONE && taken < 100; taken++)
        keys_leave(keys, &call);
    cr_expect_eq(taken, 5);
    cr_expect_eq(keys_stat(keys).over_quota, 4);
}

Test(table, so_many_requests_of_a_key_and_of_all_may_be_unanswered)
{
    static struct call calls[1025];
    struct key one = a_key("one", ONE), two = a_key("two", TWO);
    struct call other;

    config.quotas[KEY_FACILITATOR] = (struct quota){0, 1, 3, 0, 0};
    put(&one);
    put(&two);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(enter(ONE, &calls[i]), ERR_NONE);
    cr_expect_eq(enter(ONE, &other), ERR_BUSY);
    cr_expect(slice_equal(other.caller, SLICE("one")));
    cr_assert_eq(enter(TWO, &other), ERR_NONE);
    keys_leave(keys, &other);
    keys_leave(keys, &calls[0]);
    cr_assert_eq(enter(ONE, &calls[0]), ERR_NONE);
    config.quotas[KEY_FACILITATOR].in_flight = 2000;
    for (int i = 3; i < 1024; i++)
        cr_assert_eq(enter(ONE, &calls[i]), ERR_NONE, "%d", i);
    cr_expect_eq(enter(TWO, &other), ERR_BUSY, "1,024 of all keys");
    for (int i = 0; i < 1024; i++)
        keys_leave(keys, &calls[i]);
    cr_assert_eq(enter(TWO, &other), ERR_NONE);
    keys_leave(keys, &other);
}
