/*
 * From a decoded request to an encoded reply: gate, decode, handler, encode.
 * Nothing here knows a socket.
 */
#ifndef ENGINE_DISPATCH_H
#define ENGINE_DISPATCH_H

#include "engine/call.h"
#include "engine/zsock.h"
#include "store/store.h"

/* Requests that were given back, kept with their arenas and buffers: to make
 * them anew costs more than to answer most.  Zeroed it is empty.  The loop's
 * alone. */
struct requests {
    struct request *idle;
    size_t n;
};

/* One request from its frames to its reply.  Owned by whoever holds it: the
 * loop, then the queue of a thread, then the loop again. */
struct request {
    struct request *next;  /* in a queue */
    struct requests *home; /* where it goes in the end; NULL: nowhere */
    struct frames frames;
    struct call call;
    struct ask_header header;
    void *ask;
    void *answer;
    enum err error;
    uint64_t revision; /* answered at */
    uint64_t arrived_us;
    struct buffer reply_header;
    struct buffer reply_body;
};

/* A request that holds nothing yet, whose frames may be received into; HOME
 * may be NULL.  NULL without memory. */
struct request *request_new(struct requests *home);
/* Give the request back with all it holds; NULL is fine. */
void request_free(struct request *request);
/* Have one from the beginning: whatever becomes of the memory, whoever asks
 * can be refused.  ERR_NOMEM. */
enum err requests_begin(struct requests *home);
/* Free the requests that are kept. */
void requests_drop(struct requests *home);

/* Give back all but the encoded reply and its addressee. */
void request_answered(struct request *request);

/* Decode the header and the body, ask the first gate.  The request's error
 * and faults say why not. */
enum err dispatch_decode(struct request *request);

/* Has the client stopped waiting at NOW_US (engine/clock.h)?  Then it is to be
 * refused unrun. */
int dispatch_too_late(const struct request *request, uint64_t now_us);

/* Run a READ or SLOW verb over VIEW and encode its answer. */
void dispatch_view(struct request *request, struct store_view *view);

/* Run a WRITE verb in BATCH: the idempotency table first.  Returns what the
 * handler returned; the reply is encoded. */
enum err dispatch_batch(struct request *request, struct store_batch *batch);

/* Forget what a run left, to run it again in another batch. */
void dispatch_again(struct request *request);

/* Turn the request's error into the refusal it is answered with. */
void dispatch_refuse(struct request *request, enum err error);

/* Encode the reply's header (revision, elapsed time until NOW_US). */
void dispatch_finish(struct request *request, uint64_t now_us);

/* How many records the writer should count this request as. */
size_t dispatch_weight(const struct request *request);

/* Did an answered request leave records without index?  *LAST gets whether it
 * said that no other will. */
int dispatch_deferred(const struct request *request, int *last);

/* Would an answered request rather wait for an event that its caller is told
 * of?  None was there, and it has asked to. */
int dispatch_waits(const struct request *request);

/* Let such a request rest: ASK gets its question, from where it has looked, and
 * but for that and its addressee it holds nothing that its client sent. */
void dispatch_rest(struct request *request, struct ask_events_since *ask);

/* Ask for a resting request once more, over VIEW, and encode its answer. */
void dispatch_resume(struct request *request,
                     const struct ask_events_since *ask,
                     struct store_view *view);

/* Handlers: one for each row of verbs.def.  A READ or SLOW handler is given a
 * view, a WRITE handler a batch; *ANSWER is cleared. */
#define READ(name, wire, roles)                                                \
    enum err handle_##name(struct store_view *view, struct call *call,         \
                           const struct ask_##name *ask,                       \
                           struct answer_##name *answer);
#define SLOW READ
#define WRITE(name, wire, roles)                                               \
    enum err handle_##name(struct store_batch *batch, struct call *call,       \
                           const struct ask_##name *ask,                       \
                           struct answer_##name *answer);
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE

#endif
