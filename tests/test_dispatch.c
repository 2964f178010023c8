/*
 * Requests that are given back and used again: nothing of the one before is
 * left in the next, and what is kept is bounded.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/dispatch.h"

#define KEPT 64

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
    cr_assert_eq(r->reply_body.cap, 0);
    cr_assert_eq(buffer_add(&r->reply_body, large, 2 * sizeof large * 8),
                 ERR_REPLY_TOO_LARGE);
    request_answered(r);
    request_free(r);
    cr_assert_eq(home.n, 0);
}
