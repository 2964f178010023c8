/*
 * Requests that are given back and used again: nothing of the one before is
 * left in the next, and what is kept is bounded.  And objects that are shown
 * from their record's bytes: what each reader is shown.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/dispatch.h"
#include "tests/support/world.h"

#define KEPT 64
/* Of its reply: room for a refusal. */
#define REFUSAL 1024

static struct requests home;

static void drop(void)
{
    requests_drop(&home);
}

TestSuite(dispatch, .fini = drop, .timeout = 60);

/* A body that a request came with: nothing of it is libzmq's. */
static void decode(struct request *r, const char *header, size_t header_len,
                   const char *body, size_t body_len)
{
    r->frames.tag = SLICE(PROTOCOL_TAG);
    r->frames.header = (struct slice){header, header_len};
    r->frames.body = (struct slice){body, body_len};
    r->call.role = DEVELOPMENT;
    r->call.everywhere = 1;
    r->call.limits = &limits_batch;
    dispatch_decode(r);
}

#define DECODE(r, header, body)                                                \
    decode(r, header, sizeof header - 1, body, sizeof body - 1)

Test(dispatch, a_request_used_again_knows_nothing_of_the_last)
{
    struct request *first = request_new(&home), *second;

    first->frames.peer.delimited = 1;
    DECODE(first, "\x84\xa1i\x07\xa1m\xa4ping\xa1k\xa1k\xa1r\x09",
           "\x81\xa1x\x01");
    cr_assert_eq(first->error, ERR_UNKNOWN_FIELD);
    dispatch_refuse(first, first->error);
    first->revision = 5;
    first->call.scanned = first->call.scored = 3;
    dispatch_finish(first, 1);
    cr_assert_gt(first->reply_body.len, 20);
    request_free(first);

    second = request_new(&home);
    cr_assert_eq(second, first, "it was kept");
    cr_assert_eq(second->error, ERR_NONE);
    cr_assert_eq(second->call.faults.n, 0);
    cr_assert_eq(second->call.scanned + second->call.scored, 0);
    cr_assert_eq(second->revision, 0);
    cr_assert_eq(second->reply_header.len + second->reply_body.len, 0);
    cr_assert_eq(arena_used(second->call.arena), 0);
    cr_assert_null(second->frames.body.data);
    DECODE(second, "\x81\xa1m\xa4ping", "\x80");
    cr_assert_eq(second->error, ERR_NONE);
    cr_assert_eq(second->header.id, 0);
    cr_assert_null(second->header.key.data);
    cr_assert_eq(second->header.min_revision, ABSENT);
    request_free(second);
}

Test(dispatch, what_is_kept_is_bounded)
{
    struct request *all[KEPT + 10];

    for (size_t i = 0; i < KEPT + 10; i++)
        cr_assert(all[i] = request_new(&home));
    for (size_t i = 0; i < KEPT + 10; i++)
        request_free(all[i]);
    cr_assert_eq(home.n, KEPT);
    requests_drop(&home);
    cr_assert_eq(home.n, 0);
    cr_assert_null(home.idle);
}

Test(dispatch, neither_a_large_reply_nor_an_answered_request_is_kept)
{
    static char large[100000];
    struct request *r = request_new(&home);

    cr_assert_eq(buffer_add(&r->reply_body, large, sizeof large), ERR_NONE);
    request_free(r);
    cr_assert_eq(home.n, 1);
    r = request_new(&home);
    cr_assert_eq(r->reply_body.cap, REFUSAL);
    cr_assert_eq(buffer_add(&r->reply_body, large, 2 * sizeof large * 8),
                 ERR_REPLY_TOO_LARGE);
    request_answered(r);
    request_free(r);
    cr_assert_eq(home.n, 0);
}

/* ---- Objects as they are shown ------------------------------------------ */

static struct world world;

static void open_people(void)
{
    struct criterion rsa = {
        .code = CRITERION_RSA, .until = ABSENT, .proved_on = ABSENT};
    struct profile p = a_profile("P-1", "76540", 30);
    struct reference *ref;

    p.criteria.at = &rsa;
    p.criteria.n = 1;
    cr_assert_eq(reference_new(NULL, 0, &ref), ERR_NONE);
    world_open(&world);
    world_begin(&world);
    world_put(&world, ref, ENTITY_PROFILE, &p);
    world_commit(&world);
    reference_free(ref);
}

static void close_people(void)
{
    world_close(&world);
}

TestSuite(shown, .init = open_people, .fini = close_people, .timeout = 60);

/* What ROLE is answered to VERB with BODY; in R, to be freed. */
static struct slice answer(struct request *r, struct store_view *view,
                           unsigned role, enum verb verb, struct slice body)
{
    const struct verb_row *row = &verb_rows[verb];

    r->call.verb = verb;
    r->call.role = role;
    r->call.everywhere = 1;
    r->call.limits = &limits_batch;
    r->header.min_revision = ABSENT;
    r->ask = shape_array(r->call.arena, row->ask, 1);
    r->answer = shape_array(r->call.arena, row->answer, 1);
    cr_assert_eq(protocol_decode(row->ask, body, &limits_batch, r->call.arena,
                                 r->ask, &r->call.faults),
                 ERR_NONE);
    dispatch_view(r, view);
    return (struct slice){r->reply_body.data, r->reply_body.len};
}

/* The same as BYTES of the answer's member, decoded and encoded again. */
static void same_as(unsigned role, enum verb verb, struct slice body,
                    const char *expected, size_t len)
{
    struct request *r = request_new(NULL);
    struct store_view *view;
    struct slice got;

    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
    got = answer(r, view, role, verb, body);
    cr_expect(slice_equal(got, (struct slice){expected, len}),
              "role %u, %s: %zu bytes, not %zu", role, verb_rows[verb].name,
              got.len, len);
    store_view_end(view);
    request_free(r);
}

#define SAME_AS(role, verb, body, expected)                                    \
    same_as(role, verb, SLICE(body), expected, sizeof expected - 1)

/* The record as it is, and decoded and encoded again. */
#define PERSON                                                                 \
    "\x84\xa2id\xa3P-1\xa7"                                                    \
    "commune\xa5"                                                              \
    "76540\xabmobility_km\x1e"                                                 \
    "\xa8"                                                                     \
    "criteria\x91\x81\xa4"                                                     \
    "code\xa3RSA"

Test(shown, an_object_is_what_its_readers_may_see)
{
    static const char got[] = "\x83\xa2id\xa3P-1\xa3rev\x01\xa7profile" PERSON;

    SAME_AS(DEVELOPMENT, VERB_profile_get, "\x81\xa2id\xa3P-1", got);
    SAME_AS(FACILITATOR, VERB_profile_get, "\x81\xa2id\xa3P-1", got);
    SAME_AS(DEVELOPMENT, VERB_profile_list, "\x80", "\x81\xa4rows\x91" PERSON);
    SAME_AS(FACILITATOR, VERB_profile_list, "\x80", "\x81\xa4rows\x91" PERSON);
}

Test(shown, who_has_no_right_to_an_object_does_not_find_it)
{
    struct request *r = request_new(NULL);
    struct store_view *view;

    cr_assert_eq(store_view_begin(world.store, &view), ERR_NONE);
    answer(r, view, PORTAL, VERB_profile_get, SLICE("\x81\xa2id\xa3P-1"));
    cr_expect_eq(r->error, ERR_NOT_FOUND);
    cr_expect_null(memmem(r->reply_body.data, r->reply_body.len, "RSA", 3));
    store_view_end(view);
    request_free(r);
}
