/*
 * The path of a request, one step after the other.  The class of a verb's row
 * decides what its handler is given, so a READ that wants a batch does not
 * compile; a missing handler stops the link by name.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/dispatch.h"
#include "engine/token.h"

/* What one request may take in memory: an import of 1 MiB decodes into less
 * than 32 times its size. */
#define REQUEST_BYTES_MAX (64u << 20)

/* The greatest `limit`, and so the maximum of the lists it bounds. */
#define LIMIT_MAX 1000

typedef enum err thunk(struct store_view *view, struct store_batch *batch,
                       struct call *call, const void *ask, void *answer);

#define READ(name, wire, roles)                                                \
    static enum err thunk_##name(struct store_view *view,                      \
                                 struct store_batch *batch, struct call *call, \
                                 const void *ask, void *answer)                \
    {                                                                          \
        (void)batch;                                                           \
        return handle_##name(view, call, ask, answer);                         \
    }
#define SLOW READ
#define WRITE(name, wire, roles)                                               \
    static enum err thunk_##name(struct store_view *view,                      \
                                 struct store_batch *batch, struct call *call, \
                                 const void *ask, void *answer)                \
    {                                                                          \
        (void)view;                                                            \
        return handle_##name(batch, call, ask, answer);                        \
    }
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE

static thunk *const routes[VERBS] = {
#define READ(name, wire, roles) [VERB_##name] = thunk_##name,
#define SLOW READ
#define WRITE READ
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE
};

/* ---- Requests, and those kept for the next ------------------------------ */

/* A turn of the loop has no more in hand.  What one of them grew to is not
 * kept. */
#define IDLE_REQUESTS 64
#define IDLE_BYTES (64u << 10)
/* What every request has room for: its reply's header, and a refusal with one
 * fault. */
#define HEADER_BYTES 256
#define REFUSAL_BYTES 1024

static struct request *request_make(void)
{
    struct request *request = calloc(1, sizeof *request);

    if (!request)
        return NULL;
    request->call.arena = arena_new(REQUEST_BYTES_MAX);
    if (!request->call.arena ||
        buffer_reserve(&request->reply_header, HEADER_BYTES) ||
        buffer_reserve(&request->reply_body, REFUSAL_BYTES)) {
        request_free(request);
        return NULL;
    }
    return request;
}

struct request *request_new(struct requests *home)
{
    struct request *request = home ? home->idle : NULL;

    if (request) {
        home->idle = request->next;
        home->n--;
    } else if (!(request = request_make())) {
        return NULL;
    }
    request->next = NULL;
    request->home = home;
    request->reply_body.max = REPLY_BYTES_MAX;
    return request;
}

/* As if it were new, but for the memory it has. */
static void request_clear(struct request *request)
{
    request->call.faults.n = 0;
    request->call.scanned = request->call.scored = 0;
    request->call.saw = (struct saw){NULL, 0, 0};
    request->call.shown = (struct packed){NULL, {NULL, 0}};
    request->ask = request->answer = NULL;
    request->error = ERR_NONE;
    request->revision = 0;
    request->header = (struct ask_header){0};
    request->reply_header.len = request->reply_body.len = 0;
    if (request->reply_body.cap > IDLE_BYTES)
        buffer_shrink(&request->reply_body, REFUSAL_BYTES);
    arena_reset(request->call.arena);
}

void request_free(struct request *request)
{
    struct requests *home;

    if (!request)
        return;
    home = request->home;
    zsock_frames_free(&request->frames);
    if (home && home->n < IDLE_REQUESTS && request->call.arena) {
        request_clear(request);
        request->next = home->idle;
        home->idle = request;
        home->n++;
        return;
    }
    arena_free(request->call.arena);
    buffer_free(&request->reply_header);
    buffer_free(&request->reply_body);
    free(request);
}

enum err requests_begin(struct requests *home)
{
    struct request *request = request_new(home);

    if (!request)
        return ERR_NOMEM;
    request_free(request);
    return ERR_NONE;
}

void requests_drop(struct requests *home)
{
    struct request *request;

    while ((request = home->idle)) {
        home->idle = request->next;
        request->home = NULL;
        request_free(request);
    }
    home->n = 0;
}

void request_answered(struct request *request)
{
    zsock_frames_free(&request->frames);
    arena_free(request->call.arena);
    request->call.arena = NULL;
}

/* ---- Decoding ----------------------------------------------------------- */

static enum err refuse(struct request *request, enum err name,
                       const char *field, const char *hint)
{
    return request->error =
               call_refuse(&request->call, name, field, "%s", hint);
}

/* "CLAUSE02" is another version, anything else is not our protocol. */
static enum err check_tag(struct request *request)
{
    struct slice tag = request->frames.tag;

    if (slice_equal(tag, SLICE(PROTOCOL_TAG)))
        return ERR_NONE;
    if (tag.len == 8 && memcmp(tag.data, PROTOCOL_TAG, 6) == 0)
        return refuse(request, ERR_BAD_VERSION, "", "CLAUSE01 is spoken here");
    return refuse(request, ERR_BAD_FRAMES, "", "the first frame is CLAUSE01");
}

static enum err find_verb(struct request *request)
{
    struct call *call = &request->call;

    call->verb = verb_find(request->header.method);
    if (call->verb == VERBS) {
        const char *nearest = verb_nearest(request->header.method);

        return request->error = call_refuse(call, ERR_UNKNOWN_METHOD, "m",
                                            nearest ? "the nearest is %s"
                                                    : "hello lists the methods",
                                            nearest);
    }
    if (!rights_verb(call))
        return refuse(request, ERR_FORBIDDEN, "m", "ask for another role");
    if (verb_rows[call->verb].class == CLASS_WRITE && !request->header.key.len)
        return refuse(request, ERR_KEY_REQUIRED, "k",
                      "1 to 64 printable ASCII characters without blanks");
    return ERR_NONE;
}

static enum err decode_ask(struct request *request)
{
    const struct verb_row *row = &verb_rows[request->call.verb];
    struct arena *arena = request->call.arena;

    /* The decoder clears what it fills. */
    request->ask = arena_alloc(arena, row->ask->size);
    request->answer = shape_array(arena, row->answer, 1);
    if (!request->ask || !request->answer)
        return request->error = ERR_NOMEM;
    return request->error = protocol_decode(
               row->ask, request->frames.body, request->call.limits, arena,
               request->ask, &request->call.faults);
}

enum err dispatch_decode(struct request *request)
{
    enum err e =
        protocol_decode_header(request->frames.header, request->call.arena,
                               &request->header, &request->call.faults);

    if (e)
        return request->error = e;
    if (request->call.admitted)
        return request->error = request->call.admitted;
    if ((e = check_tag(request)) || (e = find_verb(request)))
        return e;
    return decode_ask(request);
}

static enum err encode(struct request *request)
{
    const struct verb_row *row = &verb_rows[request->call.verb];

    return protocol_encode_known(row->answer, request->answer,
                                 rights_readers(&request->call),
                                 &request->call.shown, &request->reply_body);
}

/* The client has seen a later revision than this store has. */
static enum err check_behind(struct request *request, struct store_view *view)
{
    request->revision = store_view_revision(view);
    if (request->header.min_revision == ABSENT ||
        request->revision >= (uint64_t)request->header.min_revision)
        return ERR_NONE;
    return call_refuse(&request->call, ERR_BEHIND, "r", "this store is at %llu",
                       (unsigned long long)request->revision);
}

/* Cut the lists that `limit` bounds to their first LIMIT elements: those are
 * the answer to the same question with that limit. */
static void cut_lists(const struct shape *shape, void *value, size_t limit)
{
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *f = &shape->fields[i];
        void *member = (char *)value + f->offset;
        struct zone_list *list = member; /* any list is {at, n} */

        if (f->type == TYPE_ONE && *(void **)member)
            cut_lists(f->shape, *(void **)member, limit);
        if (f->type != TYPE_LIST)
            continue;
        if (f->max == LIMIT_MAX && list->n > limit)
            list->n = limit;
        for (size_t k = 0; k < list->n; k++)
            cut_lists(f->shape, (char *)list->at + k * f->shape->size, limit);
    }
}

static int has_limit(const struct shape *ask)
{
    for (size_t i = 0; i < ask->n; i++)
        if (strcmp(ask->fields[i].name, "limit") == 0)
            return 1;
    return 0;
}

/* The answer is over the ceiling: find a limit that fits, by
 * an eighth less each time: within an eighth of the largest. */
static enum err refuse_large(struct request *request)
{
    const struct verb_row *row = &verb_rows[request->call.verb];
    size_t cut = LIMIT_MAX;
    enum err e = ERR_REPLY_TOO_LARGE;

    while (has_limit(row->ask) && e == ERR_REPLY_TOO_LARGE && cut > 1) {
        cut -= cut / 8 ? cut / 8 : 1;
        cut_lists(row->answer, request->answer, cut);
        request->reply_body.len = 0;
        e = encode(request);
    }
    if (e)
        return call_refuse(&request->call, ERR_REPLY_TOO_LARGE, "",
                           "ask for less at once");
    return call_refuse(&request->call, ERR_REPLY_TOO_LARGE, "limit",
                       "a limit of %zu fits", cut);
}

int dispatch_too_late(const struct request *request, uint64_t now_us)
{
    return request->header.deadline_ms != ABSENT &&
           now_us - request->arrived_us >=
               (uint64_t)request->header.deadline_ms * 1000;
}

void dispatch_view(struct request *request, struct store_view *view)
{
    struct call *call = &request->call;
    enum err e = check_behind(request, view);

    if (!e)
        e = routes[call->verb](view, NULL, call, request->ask, request->answer);
    if (!e && (e = encode(request)) == ERR_REPLY_TOO_LARGE)
        e = refuse_large(request);
    if (e == ERR_DEADLINE && !call->faults.n)
        call_refuse(call, e, "", "it took too long: ask for less at once");
    if (e)
        dispatch_refuse(request, e);
}

/* ---- Writes: once for each (caller, key) ------------------------------- */

/* What a client chose as a key may name a person, and a hash of a body that
 * anybody can make tells whoever guesses the body: the store has keyed hashes
 * of both. */
struct once_names {
    unsigned char key[16];
    unsigned char body[16];
};

static void once_names(const struct request *request, struct once_names *out)
{
    struct slice parts[2] = {request->header.method, request->frames.body};

    token_hash(parts, 2, out->body);
    token_hash(&request->header.key, 1, out->key);
}

static struct slice once_key(const struct once_names *names)
{
    return (struct slice){(const char *)names->key, sizeof names->key};
}

/* A stored reply: the revision (8 bytes, little-endian), then the body. */
static enum err store_reply(struct request *request, struct store_batch *batch,
                            const struct once_names *names)
{
    struct once once;
    struct slice reply;
    char *bytes = arena_alloc(request->call.arena, 8 + request->reply_body.len);

    if (!bytes)
        return ERR_NOMEM;
    memcpy(bytes, &request->revision, 8);
    memcpy(bytes + 8, request->reply_body.data, request->reply_body.len);
    reply = (struct slice){bytes, 8 + request->reply_body.len};
    memcpy(once.hash, names->body, 16);
    once.reply = reply;
    return store_once_put(batch, request->call.caller, once_key(names), &once);
}

static enum err replay(struct request *request, const struct once *once,
                       const struct once_names *names)
{
    if (memcmp(once->hash, names->body, 16) != 0)
        return call_refuse(&request->call, ERR_KEY_CONFLICT, "k",
                           "a new write needs a new key");
    memcpy(&request->revision, once->reply.data, 8);
    return buffer_add(&request->reply_body, once->reply.data + 8,
                      once->reply.len - 8);
}

/* Does the verb only take away, or next to nothing be added by it?  Then it may
 * use what is left of a disk. */
static int makes_room(enum verb verb)
{
    switch (verb) {
    case VERB_compact:
    case VERB_structure_delete:
    case VERB_market_delete:
    case VERB_facilitator_delete:
    case VERB_profile_erase:
    case VERB_retention_run:
    case VERB_key_revoke:
    case VERB_rescore_cancel:
        return 1;
    default:
        return 0;
    }
}

static enum err run_once(struct request *request, struct store_batch *batch,
                         const struct once_names *names)
{
    struct call *call = &request->call;
    enum err e;

    if (!makes_room(call->verb) && store_batch_low(batch))
        return ERR_STORE_FULL;
    e = routes[call->verb](NULL, batch, call, request->ask, request->answer);
    if (e)
        return e;
    request->revision = store_view_revision(store_batch_view(batch));
    if ((e = encode(request)))
        return e;
    return store_reply(request, batch, names);
}

enum err dispatch_batch(struct request *request, struct store_batch *batch)
{
    struct once_names names;
    struct once once;
    enum err e;

    if ((e = check_behind(request, store_batch_view(batch)))) {
        dispatch_refuse(request, e);
        return e;
    }
    once_names(request, &names);
    e = store_once_get(store_batch_view(batch), request->call.caller,
                       once_key(&names), &once);
    if (!e)
        e = replay(request, &once, &names);
    else if (e == ERR_NOT_FOUND)
        e = run_once(request, batch, &names);
    if (e)
        dispatch_refuse(request, e);
    return e;
}

void dispatch_again(struct request *request)
{
    request->call.faults.n = 0;
    request->call.saw.n = 0;
    request->reply_body.len = 0;
    /* Decoded anew: a handler makes codes current in place. */
    decode_ask(request);
}

/* What to do about errors that name no field of the request. */
static const char *general_hint(enum err error)
{
    switch (error) {
    case ERR_BUSY:
        return "wait a moment and send it again; a write with the same `k`";
    case ERR_PEOPLE_QUOTA:
        return "again tomorrow; an admin may raise `people` in claused.conf";
    case ERR_KEY_ENDED:
        return "an admin says why: clausectl key list";
    case ERR_DEADLINE:
        return "nothing was done; allow more milliseconds in `d`";
    case ERR_STOPPING:
        return "send it again when the daemon is back, with the same `k`";
    case ERR_STORE_FULL:
        return "make room on the disk; reading goes on";
    case ERR_STORE_IO:
        return "the write may not have happened; ask again when it is back";
    case ERR_BAD_TABLE:
        return "the table is empty, or a row stands twice or contradicts one";
    default:
        return err_text(error);
    }
}

void dispatch_refuse(struct request *request, enum err error)
{
    if (!request->call.faults.n)
        call_refuse(&request->call, error, "", "%s", general_hint(error));
    request->error = error;
    request->reply_body.len = 0;
    if (!protocol_encode_refusal(error, &request->call.faults,
                                 &request->reply_body))
        return;
    /* There is no memory for all that is wrong. */
    request->error = ERR_NOMEM;
    request->reply_body.len = 0;
    protocol_encode_refusal(ERR_NOMEM, NULL, &request->reply_body);
}

void dispatch_finish(struct request *request, uint64_t now_us)
{
    struct reply_header header = {
        .id = request->header.id,
        .status = err_status(request->error),
        .revision = (int64_t)request->revision,
        .us = (int64_t)(now_us - request->arrived_us),
    };

    if (protocol_encode_header(&header, &request->reply_header))
        request->reply_header.len = 0;
}

/* The import that the request is, NULL for another. */
static const struct ask_import_apply *import_of(const struct request *request)
{
    return request->call.verb == VERB_import_apply ? request->ask : NULL;
}

static int is_bulk(const struct ask_import_apply *ask)
{
    return ask && ask->entity == ENTITY_PROFILE && ask->bulk == 1;
}

/* Without its index a record costs a quarter. */
size_t dispatch_weight(const struct request *request)
{
    const struct ask_import_apply *ask = import_of(request);
    const struct ask_hours_record *hours = request->ask;

    if (request->call.verb == VERB_hours_record && hours)
        return 1 + hours->entries.n;
    if (!ask)
        return 1;
    return 1 + (is_bulk(ask) ? ask->rows.n / 4 : ask->rows.n);
}

int dispatch_deferred(const struct request *request, int *last)
{
    const struct ask_import_apply *ask = import_of(request);

    if (request->error || !is_bulk(ask))
        return 0;
    *last = ask->last == 1;
    return 1;
}

/* ---- Waiting for events ------------------------------------------------- */

int dispatch_waits(const struct request *request)
{
    const struct ask_events_since *ask = request->ask;
    const struct answer_events_since *answer = request->answer;

    return request->call.verb == VERB_events_since && !request->error &&
           ask->wait && !answer->events.n && !answer->more;
}

void dispatch_rest(struct request *request, struct ask_events_since *ask)
{
    const struct answer_events_since *answer = request->answer;
    struct arena *fresh = arena_new(REQUEST_BYTES_MAX);
    struct ask_events_since question = *(struct ask_events_since *)request->ask;
    int64_t id = request->header.id;

    question.since = answer->next;
    *ask = question;
    request_clear(request);
    /* What a page of rows needed is many times what a resting request does. */
    if (fresh) {
        arena_free(request->call.arena);
        request->call.arena = fresh;
    }
    zsock_frames_free(&request->frames);
    buffer_shrink(&request->reply_body, REFUSAL_BYTES);
    request->header.id = id;
    request->header.deadline_ms = request->header.min_revision = ABSENT;
}

/* As when it came: its key, its role, then the journal. */
void dispatch_resume(struct request *request,
                     const struct ask_events_since *ask,
                     struct store_view *view)
{
    const struct verb_row *row = &verb_rows[request->call.verb];
    struct arena *arena = request->call.arena;
    struct ask_events_since *question = arena_alloc(arena, sizeof *question);
    enum err e = request->call.admitted;

    request->answer = shape_array(arena, row->answer, 1);
    if (!e && (!question || !request->answer))
        e = ERR_NOMEM;
    if (!e && !rights_verb(&request->call))
        e = ERR_FORBIDDEN;
    if (e) {
        dispatch_refuse(request, e);
        return;
    }
    *question = *ask;
    request->ask = question;
    dispatch_view(request, view);
}
