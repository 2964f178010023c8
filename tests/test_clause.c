/*
 * libclause against a stand-in for the daemon: a ROUTER in a thread that does
 * what each test says.
 */
#include "clients/c/clause.h"
#include "protocol/codec.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <zmq.h>

#define PATIENCE_MS 5000
#define ENDPOINT_MAX 64

/* What the stand-in does with the messages it gets, in their order. */
enum deed {
    ANSWER,        /* echo the body under the id asked */
    STAY_SILENT,   /* nothing: the answer is lost */
    ANSWER_BEFORE, /* an answer to the id before, then the right one */
    SAY_NONSENSE,  /* frames that are no reply */
    CUT_SHORT,     /* two frames instead of three */
    REFUSE         /* status NOT_FOUND */
};
struct stand_in {
    void *context;
    void *socket;
    pthread_t thread;
    char endpoint[ENDPOINT_MAX];
    enum deed deeds[4];
    size_t n;
    /* What the header of each request said; its thread's until that ended. */
    struct heard {
        char method[32];
        char key[PROTOCOL_KEY_MAX + 1];
        int64_t deadline_ms;
    } heard[4];
};

static void send_reply(struct stand_in *s, zmq_msg_t *from, int64_t id,
                       int64_t status, zmq_msg_t *body)
{
    struct reply_header header = {id, status, 7, 42};
    struct buffer bytes = {0};

    protocol_encode_header(&header, &bytes);
    zmq_send(s->socket, zmq_msg_data(from), zmq_msg_size(from), ZMQ_SNDMORE);
    zmq_send(s->socket, PROTOCOL_TAG, 8, ZMQ_SNDMORE);
    zmq_send(s->socket, bytes.data, bytes.len, ZMQ_SNDMORE);
    zmq_send(s->socket, zmq_msg_data(body), zmq_msg_size(body), 0);
    buffer_free(&bytes);
}

static void copy_text(char *out, size_t size, struct slice text)
{
    snprintf(out, size, "%.*s", (int)text.len, text.data ? text.data : "");
}

static int64_t read_header(struct heard *heard, zmq_msg_t *frame)
{
    struct arena *arena = arena_new(4096);
    struct ask_header header;
    struct faults faults = {.n = 0};
    struct slice bytes = {zmq_msg_data(frame), zmq_msg_size(frame)};

    if (protocol_decode_header(bytes, arena, &header, &faults))
        header.id = -1;
    copy_text(heard->method, sizeof heard->method, header.method);
    copy_text(heard->key, sizeof heard->key, header.key);
    heard->deadline_ms = header.deadline_ms;
    arena_free(arena);
    return header.id;
}

/* That of the I-th request. */
static void do_deed(struct stand_in *s, size_t i, zmq_msg_t *frames)
{
    enum deed deed = s->deeds[i];
    int64_t id = read_header(&s->heard[i], &frames[2]);

    switch (deed) {
    case STAY_SILENT:
        break;
    case ANSWER_BEFORE:
        send_reply(s, &frames[0], id - 1, STATUS_INTERNAL, &frames[3]);
        send_reply(s, &frames[0], id, STATUS_OK, &frames[3]);
        break;
    case SAY_NONSENSE:
        zmq_send(s->socket, zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]),
                 ZMQ_SNDMORE);
        zmq_send(s->socket, PROTOCOL_TAG, 8, ZMQ_SNDMORE);
        zmq_send(s->socket, "\xc1", 1, ZMQ_SNDMORE);
        zmq_send(s->socket, "", 0, 0);
        break;
    case CUT_SHORT:
        zmq_send(s->socket, zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]),
                 ZMQ_SNDMORE);
        zmq_send(s->socket, PROTOCOL_TAG, 8, ZMQ_SNDMORE);
        zmq_send(s->socket, "\x80", 1, 0);
        break;
    default:
        send_reply(s, &frames[0], id,
                   deed == REFUSE ? STATUS_NOT_FOUND : STATUS_OK, &frames[3]);
    }
}

static void *stand_in_run(void *arg)
{
    struct stand_in *s = arg;
    zmq_msg_t frames[4];

    for (size_t i = 0; i < s->n; i++) {
        for (int f = 0; f < 4; f++) {
            zmq_msg_init(&frames[f]);
            if (zmq_msg_recv(&frames[f], s->socket, 0) < 0)
                return NULL;
        }
        do_deed(s, i, frames);
        for (int f = 0; f < 4; f++)
            zmq_msg_close(&frames[f]);
    }
    return NULL;
}

static void stand_in_begin(struct stand_in *s, enum deed first,
                           enum deed second)
{
    size_t size = sizeof s->endpoint;
    int patience = PATIENCE_MS, linger = 0;

    memset(s, 0, sizeof *s);
    s->deeds[0] = first;
    s->deeds[1] = second;
    s->n = 2;
    s->context = zmq_ctx_new();
    s->socket = zmq_socket(s->context, ZMQ_ROUTER);
    zmq_setsockopt(s->socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof linger);
    cr_assert_eq(zmq_bind(s->socket, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(s->socket, ZMQ_LAST_ENDPOINT, s->endpoint, &size);
    pthread_create(&s->thread, NULL, stand_in_run, s);
}

static void stand_in_end(struct stand_in *s)
{
    pthread_join(s->thread, NULL);
    zmq_close(s->socket);
    zmq_ctx_term(s->context);
}

static struct connection *connected(const struct stand_in *s)
{
    struct connection *c = NULL;

    cr_assert_eq(clause_open(s->endpoint, NULL, PATIENCE_MS, &c), CLAUSE_OK);
    return c;
}

static enum clause_result ping(struct connection *c, int timeout_ms,
                               const char *body, struct clause_reply *reply)
{
    return clause_ask(c, VERB_ping, NULL, timeout_ms, slice_of(body), reply);
}

TestSuite(clause, .timeout = 20);

Test(clause, nobody_listening_is_told_before_the_time_is_over)
{
    struct connection *c = NULL;

    /* Port 9 (discard) of this machine: refused at once. */
    cr_assert_eq(clause_open("tcp://127.0.0.1:9", NULL, PATIENCE_MS, &c),
                 CLAUSE_NOBODY);
    cr_assert_null(c);
}

Test(clause, what_is_no_endpoint_is_told)
{
    struct connection *c = NULL;

    cr_assert_eq(clause_open("foo", NULL, 100, &c), CLAUSE_BAD_ENDPOINT);
    cr_assert_eq(clause_open("", NULL, 100, &c), CLAUSE_BAD_ENDPOINT);
    cr_assert_null(c);
}

Test(clause, an_answer_comes_with_its_revision_and_time)
{
    struct stand_in s;
    struct connection *c;
    struct clause_reply reply;

    stand_in_begin(&s, ANSWER, REFUSE);
    c = connected(&s);
    cr_assert_eq(ping(c, PATIENCE_MS, "body", &reply), CLAUSE_OK);
    cr_assert_eq(reply.status, STATUS_OK);
    cr_assert_eq(reply.revision, 7);
    cr_assert_eq(reply.us, 42);
    cr_assert(slice_equal(reply.body, SLICE("body")));
    cr_assert_eq(ping(c, PATIENCE_MS, "x", &reply), CLAUSE_OK);
    cr_assert_eq(reply.status, STATUS_NOT_FOUND, "a refusal is an answer");
    clause_close(c);
    stand_in_end(&s);
}

Test(clause, the_header_carries_verb_deadline_and_key)
{
    struct stand_in s;
    struct connection *c;
    struct clause_reply reply;

    stand_in_begin(&s, ANSWER, ANSWER);
    c = connected(&s);
    cr_assert_eq(
        clause_ask(c, VERB_market_delete, "key-1", 4321, slice_of("x"), &reply),
        CLAUSE_OK);
    cr_assert_eq(ping(c, PATIENCE_MS, "x", &reply), CLAUSE_OK);
    clause_close(c);
    stand_in_end(&s);
    cr_assert_str_eq(s.heard[0].method, "market.delete");
    cr_assert_str_eq(s.heard[0].key, "key-1");
    cr_assert_eq(s.heard[0].deadline_ms, 4321);
    cr_assert_str_eq(s.heard[1].key, "", "a read has no key");
}

Test(clause, silence_is_a_timeout_and_the_next_answer_is_the_right_one)
{
    struct stand_in s;
    struct connection *c;
    struct clause_reply reply;

    stand_in_begin(&s, STAY_SILENT, ANSWER_BEFORE);
    c = connected(&s);
    cr_assert_eq(ping(c, 50, "x", &reply), CLAUSE_TIMEOUT);
    cr_assert_eq(ping(c, PATIENCE_MS, "y", &reply), CLAUSE_OK);
    cr_assert_eq(reply.status, STATUS_OK, "the late answer was taken");
    clause_close(c);
    stand_in_end(&s);
}

Test(clause, requests_sent_together_are_answered_by_their_ids)
{
    struct stand_in s;
    struct connection *c;
    struct clause_reply reply;
    int64_t first, second, answered;

    stand_in_begin(&s, ANSWER, REFUSE);
    c = connected(&s);
    cr_assert_eq(
        clause_send(c, VERB_ping, NULL, PATIENCE_MS, SLICE("a"), &first),
        CLAUSE_OK);
    cr_assert_eq(clause_send(c, VERB_market_delete, "key-2", PATIENCE_MS,
                             SLICE("b"), &second),
                 CLAUSE_OK);
    cr_assert_eq(clause_take(c, PATIENCE_MS, &answered, &reply), CLAUSE_OK);
    cr_assert_eq(answered, first);
    cr_assert(slice_equal(reply.body, SLICE("a")));
    cr_assert_eq(clause_take(c, PATIENCE_MS, &answered, &reply), CLAUSE_OK);
    cr_assert_eq(answered, second);
    cr_assert_eq(reply.status, STATUS_NOT_FOUND);
    cr_assert_eq(clause_take(c, 20, &answered, &reply), CLAUSE_TIMEOUT);
    clause_close(c);
    stand_in_end(&s);
    cr_assert_str_eq(s.heard[1].key, "key-2");
}

Test(clause, what_is_no_reply_is_told)
{
    struct stand_in s;
    struct connection *c;
    struct clause_reply reply;

    stand_in_begin(&s, SAY_NONSENSE, CUT_SHORT);
    c = connected(&s);
    cr_assert_eq(ping(c, PATIENCE_MS, "x", &reply), CLAUSE_GARBLED);
    cr_assert_eq(ping(c, PATIENCE_MS, "x", &reply), CLAUSE_GARBLED);
    clause_close(c);
    stand_in_end(&s);
}

Test(clause, keys_are_32_hexadecimal_digits_and_never_the_same)
{
    char a[CLAUSE_KEY_BYTES], b[CLAUSE_KEY_BYTES];

    clause_key(a);
    clause_key(b);
    cr_assert_eq(strspn(a, "0123456789abcdef"), 32);
    cr_assert_eq(strlen(a), 32);
    cr_assert_str_neq(a, b);
}

Test(clause, every_result_has_a_text)
{
    for (int r = CLAUSE_OK; r <= CLAUSE_NOMEM; r++)
        cr_assert(*clause_text((enum clause_result)r), "result %d", r);
}
