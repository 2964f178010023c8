/*
 * Chunks in a ring: encoded, sent, and accounted for row by row as the answers
 * come; the first in the ring is finished first, so that the rejects stand in
 * the order of the file.
 *
 * What is not simply taken (a busy daemon, a fault in the request, a lost
 * answer) is asked again by itself when nothing else is on its way.
 */
#include "clients/cli/sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A daemon with a full queue is asked again after 0.1, 0.2, ... 6.4 s. */
#define BUSY_TRIES 7
#define BUSY_WAIT_MS 100

/* An entity on its way, or one that was rejected: then NAME says why. */
struct entry {
    struct buffer bytes;
    struct saved_row *rows;
    char name[72];
    char *field;
    char *hint;
};
enum chunk_state { FILLING, SENT, AGAIN, ANSWERED };
struct chunk {
    enum chunk_state state;
    int64_t id; /* of its request */
    struct entry entries[SENDER_ROWS];
    size_t n;
    struct entry *sent[SENDER_ROWS]; /* those that hold an entity */
    size_t n_sent;
    size_t bytes;
    int bulk;
    int last; /* of the run */
};
struct sender {
    struct ctl *ctl;
    enum verb verb;
    int64_t entity;
    const char *run;
    struct rejects *rejects;
    struct arena *arena; /* of one request or answer */
    struct chunk *chunks;
    size_t first; /* of the ring; the one after those in flight is filling */
    size_t in_flight;
    int bulk;
    struct sender_totals totals;
};

struct sender *sender_new(struct ctl *ctl, enum verb verb, int64_t entity,
                          const char *run, struct rejects *rejects)
{
    struct sender *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->ctl = ctl;
    s->verb = verb;
    s->entity = entity;
    s->run = run;
    s->rejects = rejects;
    s->arena = arena_new(ARENA_BYTES);
    s->chunks = calloc(SENDER_WINDOW + 1, sizeof *s->chunks);
    s->totals.notes_by_name = json_object();
    if (s->arena && s->chunks && s->totals.notes_by_name)
        return s;
    sender_free(s);
    return NULL;
}

static struct chunk *chunk_at(const struct sender *s, size_t i)
{
    return &s->chunks[(s->first + i) % (SENDER_WINDOW + 1)];
}

static struct chunk *filling(const struct sender *s)
{
    return chunk_at(s, s->in_flight);
}

static void chunk_clear(struct chunk *c)
{
    for (size_t i = 0; i < c->n; i++) {
        buffer_free(&c->entries[i].bytes);
        saved_rows_free(c->entries[i].rows);
        free(c->entries[i].field);
        free(c->entries[i].hint);
    }
    c->n = c->n_sent = c->bytes = 0;
    c->state = FILLING;
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    for (size_t i = 0; s->chunks && i <= SENDER_WINDOW; i++)
        chunk_clear(&s->chunks[i]);
    free(s->chunks);
    json_decref(s->totals.notes_by_name);
    arena_free(s->arena);
    free(s);
}

struct sender_totals sender_totals(const struct sender *s)
{
    return s->totals;
}

void sender_bulk(struct sender *s)
{
    s->bulk = 1;
}

/* ---- One request ------------------------------------------------------ */

static int out_of_memory(const struct sender *s)
{
    return ctl_fail(s->ctl, EXIT_INTERNAL, "%s", _("out of memory"));
}

/* Both verbs ask in the same shape; its struct is import.apply's. */
static int encode(struct sender *s, const struct chunk *c, size_t from,
                  size_t n, struct buffer *body)
{
    struct ask_import_apply ask;
    struct slice *rows;

    arena_reset(s->arena);
    rows = arena_array(s->arena, n, sizeof *rows);

    if (!rows)
        return -1;
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct slice){c->sent[from + i]->bytes.data,
                                 c->sent[from + i]->bytes.len};
    shape_clear(verb_rows[s->verb].ask, &ask);
    ask.entity = s->entity;
    ask.rows = (struct slices){rows, n};
    if (s->verb == VERB_import_apply && c->bulk) {
        ask.bulk = 1;
        ask.last = c->last && from + n == c->n_sent ? 1 : ABSENT;
    }
    return protocol_encode(verb_rows[s->verb].ask, &ask, EVERYONE, body) ? -1
                                                                         : 0;
}

static void request_key(const struct sender *s, struct slice body,
                        char out[PROTOCOL_KEY_MAX + 1])
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < body.len; i++)
        hash = (hash ^ (unsigned char)body.data[i]) * UINT64_C(1099511628211);
    snprintf(out, PROTOCOL_KEY_MAX + 1, "%s-%016llx", s->run,
             (unsigned long long)hash);
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

/* The body of a request and its key; a check needs none. */
static int prepare(struct sender *s, const struct chunk *c, size_t from,
                   size_t n, struct buffer *body,
                   char key[PROTOCOL_KEY_MAX + 1])
{
    if (encode(s, c, from, n, body)) {
        buffer_free(body);
        return out_of_memory(s);
    }
    request_key(s, (struct slice){body->data, body->len}, key);
    return DONE;
}

static const char *key_of(const struct sender *s, const char *key)
{
    return verb_rows[s->verb].class == CLASS_WRITE ? key : NULL;
}

/* Only a busy daemon is asked again; everything else is an answer. */
static int ask_patiently(struct sender *s, const char *key, struct slice body,
                         struct clause_reply *reply)
{
    int status;

    for (int i = 0; i < BUSY_TRIES; i++) {
        status = ctl_ask_bytes(s->ctl, s->verb, key_of(s, key), body, reply);
        if (status || reply->status != STATUS_RESOURCE_EXHAUSTED)
            return status;
        pause_ms((long)BUSY_WAIT_MS << i);
    }
    return DONE;
}

/* ---- Its answer ------------------------------------------------------- */

static char *copy(struct slice text)
{
    return strndup(text.data ? text.data : "", text.len);
}

static int reject_entry(struct sender *s, struct entry *entry,
                        struct slice name, struct slice field,
                        struct slice hint)
{
    snprintf(entry->name, sizeof entry->name, "%.*s", (int)name.len,
             name.data ? name.data : "");
    entry->field = copy(field);
    entry->hint = copy(hint);
    return entry->field && entry->hint ? DONE : out_of_memory(s);
}

/* Notes are counted by name: an import of millions may have as many. */
static void count_notes(struct sender *s, const struct row_note_list *notes)
{
    for (size_t i = 0; i < notes->n; i++) {
        struct slice name = notes->at[i].name;
        const json_t *old = json_object_getn(
            s->totals.notes_by_name, name.data ? name.data : "", name.len);

        json_object_setn_new(s->totals.notes_by_name,
                             name.data ? name.data : "", name.len,
                             json_integer(json_integer_value(old) + 1));
    }
    s->totals.notes += (int64_t)notes->n;
}

/* Rows of an answer count from 1 within its request. */
static int account(struct sender *s, struct chunk *c, size_t from, size_t n,
                   struct slice body)
{
    const struct limits limits = {2 * REPLY_BYTES_MAX, 2 * REPLY_BYTES_MAX, 24};
    struct answer_import_apply answer;
    struct faults faults = {.n = 0};
    int status = DONE;

    arena_reset(s->arena);
    if (protocol_decode(verb_rows[s->verb].answer, body, &limits, s->arena,
                        &answer, &faults))
        return ctl_fail(s->ctl, EXIT_INTERNAL, "%s",
                        _("the answer to an import cannot be read"));
    if (answer.accepted != ABSENT)
        s->totals.imported += answer.accepted;
    if (answer.created != ABSENT)
        s->totals.created += answer.created;
    count_notes(s, &answer.notes);
    for (size_t i = 0; i < answer.rejected.n && !status; i++) {
        const struct reject *r = &answer.rejected.at[i];

        if (r->row >= 1 && r->row <= (int64_t)n)
            status = reject_entry(s, c->sent[from + (size_t)r->row - 1],
                                  r->name, r->field, r->hint);
    }
    return status;
}

/* ---- Asking by itself ------------------------------------------------- */

static int ask_range(struct sender *s, struct chunk *c, size_t from, size_t n);

/* The whole request was refused.  For a fault in what was sent, halving it
 * finds the entity at fault; anything else ends the import. */
static int refused(struct sender *s, struct chunk *c, size_t from, size_t n,
                   const struct clause_reply *reply)
{
    int data = reply->status == STATUS_INVALID_ARGUMENT ||
               reply->status == STATUS_OUT_OF_RANGE;
    json_t *refusal = ctl_refusal(s->ctl, reply->body);
    const json_t *first = json_array_get(json_object_get(refusal, "data"), 0);
    int status;

    if (data && n > 1) {
        status = ask_range(s, c, from, n / 2);
        if (!status)
            status = ask_range(s, c, from + n / 2, n - n / 2);
    } else if (data) {
        status =
            reject_entry(s, c->sent[from], slice_of(json_text(refusal, "name")),
                         slice_of(json_text(first, "field")),
                         slice_of(json_text(first, "hint")));
    } else {
        status = ctl_tell_refusal(s->ctl, s->verb, reply->status, refusal);
    }
    json_decref(refusal);
    return status;
}

static int ask_range(struct sender *s, struct chunk *c, size_t from, size_t n)
{
    char key[PROTOCOL_KEY_MAX + 1];
    struct buffer body = {0};
    struct clause_reply reply;
    int status = prepare(s, c, from, n, &body, key);

    if (status)
        return status;
    status = ask_patiently(s, key, (struct slice){body.data, body.len}, &reply);
    buffer_free(&body);
    if (status)
        return status;
    return reply.status == STATUS_OK ? account(s, c, from, n, reply.body)
                                     : refused(s, c, from, n, &reply);
}

/* ---- The ring --------------------------------------------------------- */

/* Take one answer to whichever chunk it belongs; none in time: all that are
 * on their way are asked again. */
static int take_answer(struct sender *s)
{
    struct clause_reply reply;
    int64_t id;
    int came, status = ctl_take(s->ctl, &came, &id, &reply);

    for (size_t i = 0; i < s->in_flight && !status; i++) {
        struct chunk *c = chunk_at(s, i);

        if (c->state != SENT || (came && c->id != id))
            continue;
        c->state = came && reply.status == STATUS_OK ? ANSWERED : AGAIN;
        if (c->state == ANSWERED)
            status = account(s, c, 0, c->n_sent, reply.body);
        if (came)
            break;
    }
    return status;
}

static int drain(struct sender *s)
{
    int status = DONE;

    for (size_t i = 0; i < s->in_flight && !status; i++)
        while (chunk_at(s, i)->state == SENT && !status)
            status = take_answer(s);
    return status;
}

/* In the order of the file, which is that of the entries. */
static int write_rejects(struct sender *s, const struct chunk *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct entry *e = &c->entries[i];

        if (*e->name && rejects_add(s->rejects, e->rows, e->name,
                                    slice_of(e->field), slice_of(e->hint)))
            return ctl_fail(s->ctl, EXIT_IO, _("%s cannot be written: %s"),
                            rejects_path(s->rejects), strerror(errno));
    }
    return DONE;
}

static int finish_first(struct sender *s)
{
    struct chunk *c = chunk_at(s, 0);
    int status = DONE;

    while (c->state == SENT && !status)
        status = take_answer(s);
    if (!status && c->state == AGAIN && !(status = drain(s)))
        status = ask_range(s, c, 0, c->n_sent);
    if (!status)
        status = write_rejects(s, c);
    chunk_clear(c);
    s->first = (s->first + 1) % (SENDER_WINDOW + 1);
    s->in_flight--;
    return status;
}

static int send_chunk(struct sender *s, struct chunk *c)
{
    char key[PROTOCOL_KEY_MAX + 1];
    struct buffer body = {0};
    int status = prepare(s, c, 0, c->n_sent, &body, key);

    if (!status)
        status = ctl_send_bytes(s->ctl, s->verb, key_of(s, key),
                                (struct slice){body.data, body.len}, &c->id);
    buffer_free(&body);
    c->state = SENT;
    return status;
}

/* Let the chunk that was filling go. */
static int launch(struct sender *s, int last)
{
    struct chunk *c = filling(s);
    int status = DONE;

    for (size_t i = 0; i < c->n; i++)
        if (!*c->entries[i].name)
            c->sent[c->n_sent++] = &c->entries[i];
    c->bulk = s->bulk;
    c->last = last;
    c->state = ANSWERED; /* nothing to ask */
    if (c->n_sent)
        status = send_chunk(s, c);
    s->in_flight++;
    if (!status && s->in_flight > SENDER_WINDOW)
        status = finish_first(s);
    return status;
}

int sender_finish(struct sender *s)
{
    int status = launch(s, 1);

    while (s->in_flight && !status)
        status = finish_first(s);
    return status;
}

/* A full chunk waits for the row after it: the last must say that it is. */
static int make_room(struct sender *s, size_t bytes)
{
    const struct chunk *c = filling(s);

    if (c->n == SENDER_ROWS || (c->n && c->bytes + bytes > SENDER_BYTES))
        return launch(s, 0);
    return DONE;
}

int sender_add(struct sender *s, struct buffer *bytes, struct saved_row *rows)
{
    int status = make_room(s, bytes->len);
    struct chunk *c = filling(s);

    c->entries[c->n++] = (struct entry){.bytes = *bytes, .rows = rows};
    c->bytes += bytes->len;
    *bytes = (struct buffer){0};
    return status;
}

int sender_reject(struct sender *s, struct saved_row *rows, const char *name,
                  struct slice field, struct slice hint)
{
    int status = make_room(s, 0);
    struct chunk *c = filling(s);
    struct entry *entry = &c->entries[c->n++];

    *entry = (struct entry){.rows = rows};
    return status ? status
                  : reject_entry(s, entry, slice_of(name), field, hint);
}
