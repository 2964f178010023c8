/*
 * Frames: a request's whole way from its frames to its reply, through every
 * handler, over a store that holds one of each entity.  A byte says how long
 * the header is, which follows; when it is 0 there follow the name of a method
 * and a zero byte, for which a header is made.  The rest is the body.  Each
 * request has its reply, which a strict client can read; writes are run in a
 * batch that is aborted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/dispatch.h"
#include "engine/token.h"
#include "tests/fuzz/fuzz.h"

#define DAY_OF_TEST 20780 /* 2026-11-23 */

static struct requests home;

static void call_begin(struct request *r)
{
    r->call.verb = VERBS;
    r->call.caller = SLICE("fuzz");
    r->call.role = DEVELOPMENT;
    r->call.everywhere = 1;
    r->call.limits = &limits_portal;
    r->call.structure_weights =
        (struct structure_weights){400, 200, 200, 100, 100};
    r->call.person_weights = (struct person_weights){400, 300, 200, 100};
    r->call.today = DAY_OF_TEST;
    r->call.now_ms = DAY_OF_TEST * INT64_C(86400000);
}

static void check_reply(struct request *r)
{
    struct slice header, body = {r->reply_body.data, r->reply_body.len};
    const struct shape *shape = &shape_refusal;
    struct faults faults = {.n = 0};
    struct reply_header read;
    void *value;

    dispatch_finish(r, r->arrived_us);
    header = (struct slice){r->reply_header.data, r->reply_header.len};
    must(!protocol_decode_reply_header(header, r->call.arena, &read));
    must(read.id == r->header.id);
    must(read.status == (int64_t)err_status(r->error));
    must(r->error != ERR_INTERNAL && r->error != ERR_STORE_CORRUPT &&
         r->error != ERR_STORE_IO);
    if (!r->error)
        shape = verb_rows[r->call.verb].answer;
    value = shape_array(r->call.arena, shape, 1);
    must(value && !protocol_decode(shape, body, &limits_batch, r->call.arena,
                                   value, &faults));
}

/* These ask the loop, or write files; neither is here. */
static int is_of_the_process(enum verb verb)
{
    return verb == VERB_stats || verb == VERB_backup || verb == VERB_compact;
}

/* Answer it in a batch or over a view. */
static void answer(struct request *r, struct store_batch *batch,
                   struct store_view *view)
{
    if (dispatch_decode(r))
        dispatch_refuse(r, r->error);
    else if (is_of_the_process(r->call.verb))
        dispatch_refuse(r, ERR_BUSY);
    else if (verb_rows[r->call.verb].class == CLASS_WRITE)
        dispatch_batch(r, batch);
    else
        dispatch_view(r, view);
}

/* The header of the input, or one for the method it names, in a copy that is
 * the caller's. */
static struct slice take_header(struct slice *input)
{
    struct ask_header header = {.id = 7, .deadline_ms = ABSENT};
    struct buffer out = {0};
    struct slice bytes;

    if (input->len && input->data[0]) {
        size_t len = (unsigned char)input->data[0];

        bytes = (struct slice){input->data + 1, input->len - 1};
        bytes.len = len < bytes.len ? len : bytes.len;
        input->data += 1 + bytes.len;
        input->len -= 1 + bytes.len;
        return (struct slice){fuzz_copy(bytes), bytes.len};
    }
    if (input->len) {
        input->data++;
        input->len--;
    }
    header.min_revision = ABSENT;
    header.method = fuzz_part(input);
    header.key = header.method.len ? header.method : SLICE("k");
    must(!protocol_encode_ask_header(&header, &out));
    return (struct slice){out.data, out.len};
}

static void ask(struct store_batch *batch, struct store_view *view,
                struct slice header, struct slice body, int must_do)
{
    struct request *r = request_new(&home);

    must(r != NULL);
    r->frames.tag = SLICE(PROTOCOL_TAG);
    r->frames.header = header;
    r->frames.body = body;
    call_begin(r);
    answer(r, batch, view);
    check_reply(r);
    must(!must_do || !r->error);
    request_free(r);
}

/* One of each entity, as msgpack: bodies of .put. */
static const struct {
    const char *method;
    struct slice body;
} filling[] = {
    {"structure.put", SLICE("\x81\xa9structure\x86\xa5siret\xae"
                            "73282932000074\xa4kind\xa2"
                            "EI\xa4name\xa1N\xa7"
                            "commune\xa5"
                            "76351\xacpublic_share\x50\xaa"
                            "activities\x91\x84\xa3"
                            "cpv\x91\xa8"
                            "77310000\xa4rome\x91\xa5"
                            "A1203\xa4zone\x81\xa5"
                            "codes\x91\xa6"
                            "DEP:76\xaa"
                            "free_hours\x64")},
    {"market.put", SLICE("\x81\xa6market\x83\xa2id\xa3M-1\xa9launch_on\xaa"
                         "2026-11-02\xa4lots\x91\x86\xa3"
                         "cpv\x91\xa8"
                         "77310000\xa6places\x91\xa9"
                         "COM:76351\xa6months\x0c\xa6"
                         "amount\xce\x01\xc9\xc3\x80\xa7"
                         "clauses\x91\x82\xa4kind\xa4"
                         "EXEC\xa5hours\x7f\xa4jobs\x91\x83\xa4rome\xa5"
                         "A1203\xa5seats\x01\xa7"
                         "commune\xa5"
                         "76351")},
    {"profile.put", SLICE("\x81\xa7profile\x86\xa2id\xa3P-1\xa7"
                          "commune\xa5"
                          "76351\xabmobility_km\x1e\xa4rome\x91\xa5"
                          "A1203\xa8"
                          "criteria\x91\x81\xa4"
                          "code\xa3RSA\xaa"
                          "consent_on\xaa"
                          "2026-11-01")},
    {"facilitator.put", SLICE("\x81\xab"
                              "facilitator\x83\xa2id\xa3"
                              "F-1\xac"
                              "organisation\xa1O\xab"
                              "territories\x91\xa6"
                              "DEP:76")},
};

static struct store_view *fill(struct store *store)
{
    static const unsigned char key[32] = {1};
    struct store_batch *batch;
    struct store_view *view;
    struct slice name;

    token_use(key);
    must(!store_batch_begin(store, &batch));
    for (size_t i = 0; i < sizeof filling / sizeof *filling; i++) {
        char text[40] = "";

        snprintf(text + 1, sizeof text - 1, "%s", filling[i].method);
        name = (struct slice){text, strlen(filling[i].method) + 1};
        name = take_header(&name);
        ask(batch, NULL, name, filling[i].body, 1);
        free((void *)(uintptr_t)name.data);
    }
    must(!store_batch_commit(batch));
    must(!store_view_begin(store, &view));
    return view;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = {(const char *)data, size};
    static struct store_view *view;
    struct store_batch *batch;
    struct slice header;

    if (!view)
        view = fill(fuzz_store());
    must(!store_batch_begin(fuzz_store(), &batch));
    header = take_header(&body);
    ask(batch, view, header, body, 0);
    free((void *)(uintptr_t)header.data);
    store_batch_abort(batch);
    return 0;
}
