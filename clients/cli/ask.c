/*
 * From JSON parameters to a JSON answer through the verb's two shapes, and
 * every way in which that can fail, told with what to do next.
 */
#include "clients/cli/communes.h"
#include "clients/cli/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A reply may be nested as deep as the deepest answer; its size is bounded by
 * the frame. */
static const struct limits reply_limits = {2 * REPLY_BYTES_MAX,
                                           2 * REPLY_BYTES_MAX, 24};

/* ---- Telling ---------------------------------------------------------- */

/* One line, so that a log or a pipe keeps it whole. */
static void tell_json(int status, const char *name, const char *message,
                      const json_t *data)
{
    json_t *error = json_pack("{s:{s:s, s:s}, s:i}", "error", "name", name,
                              "message", message, "exit", status);
    char *text;

    if (error && data)
        json_object_set(json_object_get(error, "error"), "data",
                        (json_t *)data);
    text = error ? json_dumps(error, JSON_COMPACT) : NULL;
    fprintf(stderr, "%s\n", text ? text : "{}");
    free(text);
    json_decref(error);
}

/* The names of what goes wrong before any daemon has answered. */
static const char *exit_name(int status)
{
    switch (status) {
    case EXIT_USAGE:
        return "USAGE";
    case EXIT_DATA:
        return "DATA";
    case EXIT_UNAVAILABLE:
        return "UNAVAILABLE";
    case EXIT_AGAIN:
        return "NO_ANSWER";
    case EXIT_IO:
        return "FILE";
    default:
        return "INTERNAL";
    }
}

static void tell(const struct ctl *ctl, int status, const char *format,
                 va_list args)
{
    char *message = NULL;

    if (ctl->hushed || vasprintf(&message, format, args) < 0)
        return;
    if (ctl->json)
        tell_json(status, exit_name(status), message, NULL);
    else
        fprintf(stderr, "clausectl: %s\n", message);
    free(message);
}

int ctl_fail(const struct ctl *ctl, int status, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    va_start(args, format);
    tell(ctl, status, format, args);
    va_end(args);
    return status;
}

int ctl_misused(const struct ctl *ctl, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tell(ctl, EXIT_USAGE, format, args);
    va_end(args);
    if (!ctl->json)
        fprintf(stderr, "%s\n", _("See `clausectl help'."));
    return EXIT_USAGE;
}

const char *ctl_error_text(const char *name)
{
    /* Of files; no body that we make is malformed. */
    if (!strcmp(name, err_name(ERR_MALFORMED)))
        return _("this cannot be read as a row");
    for (int e = 0; e < ERR_COUNT; e++)
        if (!strcmp(err_name((enum err)e), name))
            return _(err_text((enum err)e));
    return name;
}

/* The sentence is in the person's language, the hint as it came. */
static void print_problem(const char *before, const char *field,
                          const char *name, const char *hint)
{
    fputs(before, stderr);
    if (*field)
        fprintf(stderr, _("%s: "), field);
    fprintf(stderr, "%s", ctl_error_text(name));
    if (*hint)
        fprintf(stderr, " (%s)", hint);
    fprintf(stderr, " [%s]\n", name);
}

void ctl_print_problem(const char *field, const char *name, const char *hint)
{
    print_problem("  ", field, name, hint);
}

int ctl_tell_faults(const struct ctl *ctl, const struct faults *faults,
                    int status)
{
    json_t *data = json_array();

    for (size_t i = 0; i < faults->n; i++) {
        const struct fault *f = &faults->at[i];

        json_array_append_new(
            data, json_pack("{s:s%, s:s, s:s%}", "field",
                            f->field.data ? f->field.data : "", f->field.len,
                            "name", err_name(f->name), "hint",
                            f->hint.data ? f->hint.data : "", f->hint.len));
    }
    if (ctl->json) {
        tell_json(status, err_name(faults->at[0].name),
                  err_text(faults->at[0].name), data);
    } else {
        fprintf(stderr, "clausectl: %s\n", _("what was given cannot be sent:"));
        for (size_t i = 0; i < faults->n; i++) {
            const json_t *f = json_array_get(data, i);

            ctl_print_problem(json_text(f, "field"), json_text(f, "name"),
                              json_text(f, "hint"));
        }
    }
    json_decref(data);
    return status;
}

/* ---- Asking ----------------------------------------------------------- */

/* Each way of not being answered has its own next step. */
static int tell_result(const struct ctl *ctl, enum clause_result r)
{
    double seconds = ctl->timeout_ms / 1000.0;

    switch (r) {
    case CLAUSE_BAD_ENDPOINT:
        return ctl_misused(ctl,
                           _("`%s' is not an endpoint; write it like "
                             "tcp://127.0.0.1:5570 or ipc:///run/claused.sock"),
                           ctl->endpoint);
    case CLAUSE_NOBODY:
        return ctl_fail(ctl, EXIT_UNAVAILABLE,
                        _("nobody listens at %s.\nStart the daemon (claused "
                          "--store DIR), or say where it is with --connect or "
                          "CLAUSED_ENDPOINT."),
                        ctl->endpoint);
    case CLAUSE_REFUSED:
        return ctl_fail(ctl, EXIT_RIGHTS,
                        _("%s refused the handshake: an admin can tell whether "
                          "this key is in force; --server-key must be the "
                          "daemon's own."),
                        ctl->endpoint);
    case CLAUSE_FOREIGN:
        return ctl_fail(ctl, EXIT_UNAVAILABLE,
                        _("what listens at %s is not a claused, or asks for a "
                          "key; check --connect, or say who you are with "
                          "--identity and --server-key."),
                        ctl->endpoint);
    case CLAUSE_TIMEOUT:
        return ctl_fail(ctl, EXIT_AGAIN,
                        _("%s did not answer within %g seconds; try again, "
                          "with a longer --timeout if need be."),
                        ctl->endpoint, seconds);
    case CLAUSE_GARBLED:
        return ctl_fail(ctl, EXIT_INTERNAL,
                        _("the answer of %s cannot be read; is it a claused "
                          "of this version (%s)?"),
                        ctl->endpoint, VERSION);
    default:
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    }
}

/* A write whose answer was lost can be asked again under its key, even by
 * another run. */
static int tell_lost_write(const struct ctl *ctl)
{
    return ctl_fail(ctl, EXIT_AGAIN,
                    _("%s did not answer within %g seconds; it may have "
                      "written all the same.\nThe same command with --key %s "
                      "is safe: it does nothing twice."),
                    ctl->endpoint, ctl->timeout_ms / 1000.0, ctl->run_key);
}

static int tell_no_key(const struct ctl *ctl, const char *file)
{
    const char *why = errno == EPERM    ? _("others may read it: chmod 600")
                      : errno == EINVAL ? _("there is no key in it")
                                        : strerror(errno);

    return ctl_fail(ctl, EXIT_IO, "%s: %s", file, why);
}

/* DONE, or what was wrong with the keys that were named. */
static int read_identity(struct ctl *ctl)
{
    if (!ctl->identity || ctl->as.secret[0])
        return DONE;
    if (!ctl->server_key)
        return ctl_misused(ctl, "%s",
                           _("--identity needs --server-key: the daemon's "
                             "public key, or its file"));
    if (!clause_server_read(ctl->server_key, ctl->as.server))
        return tell_no_key(ctl, ctl->server_key);
    if (!clause_secret_read(ctl->identity, ctl->as.secret))
        return tell_no_key(ctl, ctl->identity);
    return DONE;
}

/* DONE with a connection, or the status of what was told. */
static int connect_once(struct ctl *ctl, struct connection **connection)
{
    enum clause_result r;
    int status;

    if (*connection)
        return DONE;
    if ((status = read_identity(ctl)))
        return status;
    r = clause_open(ctl->endpoint, ctl->identity ? &ctl->as : NULL,
                    ctl->timeout_ms, connection);
    if (r)
        return tell_result(ctl, r);
    clause_purpose(*connection, ctl->purpose);
    return DONE;
}

int ctl_send_bytes(struct ctl *ctl, enum verb verb, const char *key,
                   struct slice body, int64_t *id)
{
    enum clause_result r;
    int status = connect_once(ctl, &ctl->stream);

    if (status)
        return status;
    r = clause_send(ctl->stream, verb, key, ctl->timeout_ms, body, id);
    return r ? tell_result(ctl, r) : DONE;
}

int ctl_take(struct ctl *ctl, int *came, int64_t *id,
             struct clause_reply *reply)
{
    enum clause_result r = clause_take(ctl->stream, ctl->timeout_ms, id, reply);

    *came = r == CLAUSE_OK;
    return r == CLAUSE_OK || r == CLAUSE_TIMEOUT ? DONE : tell_result(ctl, r);
}

static enum clause_result ask_once(struct ctl *ctl, enum verb verb,
                                   const char *key, struct slice body,
                                   struct clause_reply *reply)
{
    enum clause_result r =
        clause_ask(ctl->connection, verb, key, ctl->timeout_ms, body, reply);

    if (r == CLAUSE_TIMEOUT && key)
        r = clause_ask(ctl->connection, verb, key, ctl->timeout_ms, body,
                       reply);
    return r;
}

/* Whoever asks much in a row is over the quota now and then: a second and a
 * half is waited for, longer each time. */
#define BUSY_TRIES 5
#define BUSY_US 50000

/* A quota of the second, not of the day. */
static int is_busy(struct ctl *ctl, const struct clause_reply *reply)
{
    json_t *refusal;
    int busy;

    if (reply->status != STATUS_RESOURCE_EXHAUSTED)
        return 0;
    refusal = ctl_refusal(ctl, reply->body);
    busy = json_is_true(json_object_get(refusal, "retry"));
    json_decref(refusal);
    return busy;
}

int ctl_ask_bytes(struct ctl *ctl, enum verb verb, const char *key,
                  struct slice body, struct clause_reply *reply)
{
    enum clause_result r;
    int status = connect_once(ctl, &ctl->connection);

    if (status)
        return status;
    r = ask_once(ctl, verb, key, body, reply);
    for (unsigned i = 0; !r && i < BUSY_TRIES && is_busy(ctl, reply); i++) {
        usleep(BUSY_US << i);
        r = ask_once(ctl, verb, key, body, reply);
    }
    if (r == CLAUSE_TIMEOUT && key)
        return tell_lost_write(ctl);
    return r ? tell_result(ctl, r) : DONE;
}

int ctl_exit_of(int64_t status)
{
    switch (status) {
    case STATUS_OK:
        return DONE;
    case STATUS_CANCELLED:
        return EXIT_CANCELLED;
    case STATUS_INVALID_ARGUMENT:
    case STATUS_OUT_OF_RANGE:
        return EXIT_DATA;
    case STATUS_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case STATUS_ALREADY_EXISTS:
        return EXIT_EXISTS;
    case STATUS_PERMISSION_DENIED:
    case STATUS_UNAUTHENTICATED:
        return EXIT_RIGHTS;
    case STATUS_DEADLINE_EXCEEDED:
    case STATUS_RESOURCE_EXHAUSTED:
        return EXIT_AGAIN;
    case STATUS_FAILED_PRECONDITION:
    case STATUS_ABORTED:
        return EXIT_CONFLICT;
    case STATUS_UNIMPLEMENTED:
    case STATUS_UNAVAILABLE:
        return EXIT_UNAVAILABLE;
    case STATUS_DATA_LOSS:
        return EXIT_IO;
    default:
        return EXIT_INTERNAL;
    }
}

json_t *ctl_refusal(struct ctl *ctl, struct slice body)
{
    struct refusal refusal;
    struct faults faults = {.n = 0};

    if (protocol_decode(&shape_refusal, body, &reply_limits, ctl->arena,
                        &refusal, &faults))
        return json_pack("{s:s, s:s}", "name", "INTERNAL", "message",
                         "the refusal cannot be read");
    return json_of_shape(&shape_refusal, &refusal, NULL, ctl->arena);
}

/* Where the ids are listed that FIELD of VERB may name: "persons[1].profile",
 * "markets[2]", or "id" of the verb's own entity. */
static const char *where_listed(enum verb verb, const char *field)
{
    static const char *const texts[] = {
        [ENTITY_STRUCTURE] =
            N_("`clausectl structure list' shows those there are."),
        [ENTITY_MARKET] =
            N_("`clausectl market list' shows the markets there are."),
        [ENTITY_KEY] = N_("`clausectl key list' shows those there are."),
        [ENTITY_PROFILE] =
            N_("`clausectl profile list' shows those there are."),
        [ENTITY_FACILITATOR] =
            N_("`clausectl facilitator list' shows those there are."),
    };
    const char *dot = strrchr(field, '.'), *name = dot ? dot + 1 : field;
    size_t len = strcspn(name, "[");
    int entity;

    if (!strcmp(name, "id")) {
        name = verb_rows[verb].name;
        len = strcspn(name, ".");
    } else if (len && name[len]) {
        len--; /* the plural's */
    }
    entity = vocabulary_find(&words_entity, (struct slice){name, len});
    return entity < 0 || entity >= (int)(sizeof texts / sizeof *texts)
               ? NULL
               : _(texts[entity]);
}

/* What to do next, after the refusals that have one answer. */
static const char *advice(enum verb verb, const char *name, const char *field)
{
    static const struct {
        const char *name;
        const char *text;
    } table[] = {
        {"REV_CONFLICT", N_("Somebody changed it meanwhile: get it again, "
                            "make your change, and send that with its new "
                            "revision.")},
        {"KEY_CONFLICT", N_("That --key belongs to another request: leave it "
                            "out, or repeat the very same request.")},
        {"RESCORE_RUNNING", N_("`clausectl rescore --status --wait' follows "
                               "it.")},
        {"BUSY", N_("The daemon has much to do: try again shortly.")},
        {"UNKNOWN_METHOD", N_("The daemon is older than this clausectl: bring "
                              "it up to the same version.")},
        {"FORBIDDEN", N_("Ask whoever runs the daemon for the right to do "
                         "that.")},
        {"STORE_FULL", N_("Ask whoever runs the daemon to give its store more "
                          "room.")},
        {"REPLY_TOO_LARGE", N_("Ask for less, with a smaller --limit.")},
        {"BEHIND", N_("The store is catching up: try again shortly.")},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i].name, name))
            return _(table[i].text);
    return strcmp(name, "NOT_FOUND") ? NULL : where_listed(verb, field);
}

int ctl_tell_refusal(struct ctl *ctl, enum verb verb, int64_t status,
                     const json_t *refusal)
{
    int exit_status = ctl_exit_of(status);
    const char *name = json_text(refusal, "name");
    const json_t *data = json_object_get(refusal, "data"), *problem;
    size_t i;
    const char *next =
        advice(verb, name, json_text(json_array_get(data, 0), "field"));

    if (ctl->hushed)
        return exit_status;
    fflush(stdout);
    if (ctl->json) {
        tell_json(exit_status, name, json_text(refusal, "message"), data);
        return exit_status;
    }
    if (json_array_size(data) != 1)
        fprintf(stderr, "clausectl: %s [%s]\n", ctl_error_text(name), name);
    json_array_foreach(data, i, problem)
        print_problem(json_array_size(data) == 1 ? "clausectl: " : "  ",
                      json_text(problem, "field"), json_text(problem, "name"),
                      json_text(problem, "hint"));
    if (next)
        fprintf(stderr, "%s\n", next);
    return exit_status;
}

/* The rows of `structure.list` are structures, and so on. */
static const struct shape *rows_shape(enum verb verb)
{
    const char *name = verb_rows[verb].name, *dot = strchr(name, '.');
    int entity = -1;

    if (dot)
        entity = vocabulary_find(&words_entity,
                                 (struct slice){name, (size_t)(dot - name)});
    return entity < 0 ? NULL : entity_shape(entity);
}

/* What is wrong is told here, before a daemon is asked in vain. */
static int encode_parameters(struct ctl *ctl, enum verb verb,
                             const json_t *parameters, struct buffer *body)
{
    const struct shape *shape = verb_rows[verb].ask;
    struct faults faults = {.n = 0};
    void *ask = shape_array(ctl->arena, shape, 1);

    if (!ask)
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    if (json_to_shape(shape, parameters, ctl->arena, ask, &faults))
        /* What a question carries was typed; what a write carries, read. */
        return ctl_tell_faults(
            ctl, &faults,
            verb_rows[verb].class == CLASS_WRITE ? EXIT_DATA : EXIT_USAGE);
    if (protocol_encode(shape, ask, EVERYONE, body))
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    return DONE;
}

/* An answer is checked as strictly as a request: a daemon of another version
 * must not be half understood. */
static int decode_answer(struct ctl *ctl, enum verb verb, struct slice body,
                         json_t **answer)
{
    const struct shape *shape = verb_rows[verb].answer;
    struct faults faults = {.n = 0};
    void *value = shape_array(ctl->arena, shape, 1);

    if (!value ||
        protocol_decode(shape, body, &reply_limits, ctl->arena, value, &faults))
        return tell_result(ctl, CLAUSE_GARBLED);
    *answer = json_of_shape(shape, value, rows_shape(verb), ctl->arena);
    return DONE;
}

int ctl_call(struct ctl *ctl, enum verb verb, json_t *parameters,
             json_t **answer)
{
    const char *key = verb_rows[verb].class == CLASS_WRITE ? ctl->key : NULL;
    struct buffer body = {0};
    struct clause_reply reply;
    json_t *refusal;
    int status;

    arena_reset(ctl->arena);
    status = encode_parameters(ctl, verb, parameters, &body);
    json_decref(parameters);
    if (!status)
        status = ctl_ask_bytes(ctl, verb, key,
                               (struct slice){body.data, body.len}, &reply);
    buffer_free(&body);
    if (status)
        return status;
    if (reply.status == STATUS_OK)
        return decode_answer(ctl, verb, reply.body, answer);
    refusal = ctl_refusal(ctl, reply.body);
    if (ctl->bears_too_large &&
        !strcmp(json_text(refusal, "name"), err_name(ERR_REPLY_TOO_LARGE)))
        status = TOO_LARGE;
    else
        status = ctl_tell_refusal(ctl, verb, reply.status, refusal);
    json_decref(refusal);
    return status;
}

int ctl_count(struct ctl *ctl, const char *name, uint64_t *out)
{
    json_t *answer;
    int status = ctl_call(ctl, VERB_stats, json_object(), &answer);

    if (status)
        return status;
    *out = (uint64_t)json_number(answer, name);
    json_decref(answer);
    return DONE;
}

int ctl_show(struct ctl *ctl, json_t *document,
             void (*print)(const struct ctl *ctl, const json_t *document))
{
    if (ctl->json) {
        json_print(document, 0);
    } else {
        communes_name(ctl, document);
        print(ctl, document);
    }
    return DONE;
}

int ctl_ask_and_show(struct ctl *ctl, enum verb verb, json_t *parameters,
                     void (*print)(const struct ctl *ctl, const json_t *answer))
{
    json_t *answer;
    int status = ctl_call(ctl, verb, parameters, &answer);

    if (status)
        return status;
    status = ctl_show(ctl, answer, print);
    json_decref(answer);
    return status;
}
