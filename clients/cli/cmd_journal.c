/*
 * clausectl journal: what has changed, and whether that is what was written.
 * The chain is computed here anew: the daemon is not asked to vouch for itself.
 */
#include "clients/cli/ctl.h"
#include "clients/cli/table.h"
#include "clients/cli/words.h"
#include "protocol/chain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE 1000 /* the most there is */
#define WAIT_MS 30000

static int ask_page(struct ctl *ctl, uint64_t since, int64_t limit,
                    json_t **answer)
{
    return ctl_call(ctl, VERB_events_since,
                    json_pack("{s:I, s:I}", "since", (json_int_t)since, "limit",
                              (json_int_t)limit),
                    answer);
}

/* ---- list --------------------------------------------------------------- */

#define TIME_BYTES 40

static const char *time_text(const json_t *event, char text[TIME_BYTES])
{
    time_t seconds = (time_t)(json_number(event, "ms") / 1000);
    struct tm utc;

    return gmtime_r(&seconds, &utc) &&
                   strftime(text, TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc)
               ? text
               : "?";
}

static void print_events(const struct ctl *ctl, const json_t *answer)
{
    struct table_view *t = table_new();
    const json_t *event;
    char when[TIME_BYTES];
    size_t i;

    (void)ctl;
    table_column(t, _("event"), TABLE_RIGHT);
    table_column(t, _("when"), TABLE_LEFT);
    table_column(t, _("what"), TABLE_LEFT);
    table_column(t, _("of"), TABLE_LEFT);
    table_column(t, _("number"), TABLE_RIGHT);
    table_column(t, _("which"), TABLE_LEFT);
    json_array_foreach(json_object_get(answer, "events"), i, event)
    {
        table_line(t);
        table_cell(t, "%" PRId64, json_number(event, "seq"));
        table_cell(t, "%s", time_text(event, when));
        table_cell(t, "%s", words_of(&words_change, json_text(event, "what")));
        table_cell(t, "%s",
                   words_of(&words_entity, json_text(event, "entity")));
        table_cell(t, "%" PRId64, json_number(event, "number"));
        table_cell(t, "%s", json_text(event, "label"));
    }
    table_show(t);
    if (json_is_true(json_object_get(answer, "more")))
        printf(_("There are more: --since %" PRId64 "\n"),
               json_number(answer, "next"));
}

/* A number and nothing behind it but REST; 0: it is none. */
static int read_number(const char *typed, char rest, uint64_t *out,
                       const char **end)
{
    char *after;

    errno = 0;
    *out = strtoull(typed, &after, 10);
    *end = after;
    return *typed >= '0' && *typed <= '9' && *after == rest && !errno &&
           *out <= INT64_MAX;
}

/* Columns would be as wide as what has not happened yet. */
static void print_event(const struct ctl *ctl, const json_t *event)
{
    char when[TIME_BYTES];

    if (ctl->json) {
        json_dumpf(event, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    printf("%" PRId64 " %s %s %s %" PRId64 " %s\n", json_number(event, "seq"),
           time_text(event, when),
           words_of(&words_change, json_text(event, "what")),
           words_of(&words_entity, json_text(event, "entity")),
           json_number(event, "number"), json_text(event, "label"));
}

/* The daemon waits for half of what we do; what it then says, though nothing
 * has happened, is where to go on. */
static int follow_page(struct ctl *ctl, uint64_t *since, uint64_t limit,
                       uint64_t *n)
{
    int half = ctl->timeout_ms / 2, wait = half < WAIT_MS ? half : WAIT_MS;
    const json_t *event;
    json_t *answer;
    size_t i;
    int status =
        ctl_call(ctl, VERB_events_since,
                 json_pack("{s:I, s:I, s:I}", "since", (json_int_t)*since,
                           "limit", (json_int_t)(limit < PAGE ? limit : PAGE),
                           "wait", (json_int_t)wait),
                 &answer);

    if (status)
        return status;
    json_array_foreach(json_object_get(answer, "events"), i, event)
        print_event(ctl, event);
    *n += i;
    *since = (uint64_t)json_number(answer, "next");
    json_decref(answer);
    return fflush(stdout) ? ctl_fail(ctl, EXIT_IO, "%s", strerror(errno))
                          : DONE;
}

static int follow_events(struct ctl *ctl, uint64_t since, uint64_t limit)
{
    uint64_t n = 0;
    int status = ctl->since ? DONE : ctl_count(ctl, "revision", &since);
    int begun = !status;

    while (!status && n < limit)
        status = follow_page(ctl, &since, limit - n, &n);
    if (status && begun && !ctl->json)
        fprintf(stderr, _("To go on from there: --since %" PRIu64 "\n"), since);
    return status;
}

static int list(struct ctl *ctl)
{
    uint64_t since = 0, limit = ctl->wait ? UINT64_MAX : 50;
    const char *end;
    json_t *answer;
    int status;

    if ((ctl->since && !read_number(ctl->since, '\0', &since, &end)) ||
        (ctl->limit && !read_number(ctl->limit, '\0', &limit, &end)))
        return ctl_misused(ctl, "%s",
                           _("--since and --limit take whole numbers"));
    if (ctl->wait)
        return follow_events(ctl, since, limit);
    if ((status = ask_page(ctl, since, (int64_t)limit, &answer)))
        return status;
    status = ctl_show(ctl, answer, print_events);
    json_decref(answer);
    return status;
}

/* ---- verify ------------------------------------------------------------- */

struct chain {
    uint64_t from; /* the first event that was looked at */
    uint64_t seq;
    unsigned char hash[CHAIN_BYTES];
};

/* HASH of the event before becomes EVENT's, as it ought to be. */
static void follow(const json_t *event, uint64_t seq,
                   unsigned char hash[CHAIN_BYTES])
{
    unsigned char head[CHAIN_EVENT_HEAD];
    int what =
        vocabulary_find(&words_change, slice_of(json_text(event, "what")));
    int entity =
        vocabulary_find(&words_entity, slice_of(json_text(event, "entity")));

    chain_event_head(head, json_number(event, "ms"), (unsigned)(what + 1),
                     entity < 0 ? 0 : (unsigned)entity,
                     (uint32_t)json_number(event, "number"));
    chain_next(hash, seq, head, slice_of(json_text(event, "label")));
}

static int check_event(const struct ctl *ctl, struct chain *c,
                       const json_t *event)
{
    uint64_t seq = (uint64_t)json_number(event, "seq");
    unsigned char told[CHAIN_BYTES];

    if (seq != c->seq + 1)
        return ctl_fail(
            ctl, EXIT_DATA,
            _("the journal has a gap: after event %" PRIu64 " comes %" PRIu64),
            c->seq, seq);
    if (!chain_read_hex(slice_of(json_text(event, "hash")), told))
        return ctl_fail(ctl, EXIT_RIGHTS, "%s",
                        _("only who sees every event can verify the journal: "
                          "ask with the key of an administrator or of the "
                          "batch, of the whole country"));
    follow(event, seq, c->hash);
    if (memcmp(c->hash, told, CHAIN_BYTES) != 0)
        return ctl_fail(ctl, EXIT_DATA,
                        _("the journal was changed: event %" PRIu64
                          " does not follow from those before it"),
                        seq);
    c->seq = seq;
    return DONE;
}

static int check_page(struct ctl *ctl, struct chain *c, int *more)
{
    const json_t *event;
    json_t *answer;
    int status = ask_page(ctl, c->seq, PAGE, &answer);
    size_t i;

    if (status)
        return status;
    json_array_foreach(json_object_get(answer, "events"), i, event)
    {
        if ((status = check_event(ctl, c, event)))
            break;
    }
    *more = json_is_true(json_object_get(answer, "more"));
    if (!status && *more && !i)
        status =
            ctl_fail(ctl, EXIT_DATA,
                     _("the journal has a gap after event %" PRIu64), c->seq);
    json_decref(answer);
    return status;
}

/* Where the chain was when the checkpoint was taken: is it there still? */
static int check_checkpoint(struct ctl *ctl, const struct chain *c)
{
    unsigned char told[CHAIN_BYTES];
    const json_t *event;
    json_t *answer;
    uint64_t end;
    int status = ctl_count(ctl, "revision", &end), same;

    if (status)
        return status;
    if (c->seq > end)
        return ctl_fail(ctl, EXIT_DATA,
                        _("the journal was cut: it ends with event %" PRIu64
                          ", before the checkpoint"),
                        end);
    if (!c->seq)
        return DONE;
    if ((status = ask_page(ctl, c->seq - 1, 1, &answer)))
        return status;
    event = json_array_get(json_object_get(answer, "events"), 0);
    same = chain_read_hex(slice_of(json_text(event, "hash")), told) &&
           memcmp(told, c->hash, CHAIN_BYTES) == 0;
    json_decref(answer);
    return same ? DONE
                : ctl_fail(ctl, EXIT_DATA,
                           _("the journal was changed: event %" PRIu64
                             " is not that of the checkpoint"),
                           c->seq);
}

/* "1234:" and 64 hexadecimal digits. */
static int read_checkpoint(const char *typed, struct chain *c)
{
    const char *end;

    return read_number(typed, ':', &c->seq, &end) &&
           chain_read_hex(slice_of(end + 1), c->hash);
}

static void print_verified(const struct ctl *ctl, const json_t *told)
{
    (void)ctl;
    printf(_("Events %" PRId64 " to %" PRId64 ": no gap, no change.\n"),
           json_number(told, "from"), json_number(told, "to"));
    printf(_("Checkpoint: %s\n"), json_text(told, "checkpoint"));
}

static int tell_verified(struct ctl *ctl, const struct chain *c)
{
    char checkpoint[21 + CHAIN_HEX + 1], hex[CHAIN_HEX + 1];
    json_t *told;
    int status;

    chain_write_hex(c->hash, hex);
    snprintf(checkpoint, sizeof checkpoint, "%" PRIu64 ":%s", c->seq, hex);
    told = json_pack("{s:I, s:I, s:s}", "from", (json_int_t)c->from, "to",
                     (json_int_t)c->seq, "checkpoint", checkpoint);
    status = ctl_show(ctl, told, print_verified);
    json_decref(told);
    return status;
}

static int verify(struct ctl *ctl)
{
    struct chain c = {0};
    int status, more = 1;

    if (ctl->since && !read_checkpoint(ctl->since, &c))
        return ctl_misused(ctl, "%s",
                           _("--since takes a checkpoint, as `clausectl "
                             "journal verify' prints it: NUMBER:HASH"));
    c.from = c.seq + 1;
    status = ctl->since ? check_checkpoint(ctl, &c) : DONE;
    while (!status && more)
        status = check_page(ctl, &c, &more);
    return status ? status : tell_verified(ctl, &c);
}

int cmd_journal(struct ctl *ctl)
{
    const char *what = ctl->n_args == 1 ? ctl->args[0] : "";

    if (!strcmp(what, "list"))
        return list(ctl);
    if (!strcmp(what, "verify") && !ctl->limit && !ctl->wait)
        return verify(ctl);
    return ctl_misused(ctl, "%s",
                       _("write: clausectl journal list [--since N] [--limit "
                         "N] [--follow], or clausectl journal verify [--since "
                         "CHECKPOINT]"));
}
