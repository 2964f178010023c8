/*
 * Entities on their way to the daemon, many in one request and several
 * requests at once, so that client and daemon work at the same time.
 *
 * A request holds at most SENDER_ROWS rows and SENDER_BYTES bytes, and
 * SENDER_WINDOW of them are unanswered at most.  Its idempotency key is made
 * of the run's key and of its own bytes, so a rerun under the same --key
 * repeats what was answered and writes what was not.
 */
#ifndef CLIENTS_CLI_SENDER_H
#define CLIENTS_CLI_SENDER_H

#include "clients/cli/ctl.h"
#include "clients/cli/rejects.h"

#define SENDER_ROWS 500
#define SENDER_BYTES ((size_t)512 * 1024)
/* Twice what the daemon takes for one commit, so that it has the next at hand;
 * some 8 MiB at most. */
#define SENDER_WINDOW 16
/* Of the run's key: a dash and 16 digits are added to it. */
#define SENDER_KEY_MAX (PROTOCOL_KEY_MAX - 17)

struct sender;

/* VERB is import.check or import.apply.  RUN is the run's key. */
struct sender *sender_new(struct ctl *ctl, enum verb verb, int64_t entity,
                          const char *run, struct rejects *rejects);

/* Free it with what was not sent; NULL is fine. */
void sender_free(struct sender *sender);

/* From now on let new profiles wait for an index that the daemon builds after
 * the last of them. */
void sender_bulk(struct sender *sender);

/* Queue one encoded entity (taken) and the rows it came from (taken); sends
 * when enough has come together.  DONE, or the status of what was told. */
int sender_add(struct sender *sender, struct buffer *bytes,
               struct saved_row *rows);

/* Queue a rejection that needs no daemon (ROWS taken), so that the rejects
 * stand in the order of the file. */
int sender_reject(struct sender *sender, struct saved_row *rows,
                  const char *name, struct slice field, struct slice hint);

/* Send what is queued, as the last of the run, and wait for all answers.  DONE,
 * or the status of what was told. */
int sender_finish(struct sender *sender);

struct sender_totals {
    int64_t imported; /* accepted, in a dry run; of answered requests */
    int64_t created;
    int64_t notes;
    json_t *notes_by_name; /* borrowed */
};
/* The counts so far. */
struct sender_totals sender_totals(const struct sender *sender);

#endif
