/*
 * What every sub-command shares: the options, the connection, how an answer
 * or an error reaches a person.
 */
#ifndef CLIENTS_CLI_CTL_H
#define CLIENTS_CLI_CTL_H

#include "clients/c/clause.h"
#include "clients/cli/json.h"

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) (text)

/* Exit statuses, documented in clausectl(1): scripts rely on them. */
enum {
    DONE = 0,
    EXIT_NOT_FOUND = 3,
    EXIT_EXISTS = 4,
    EXIT_CONFLICT = 5,
    EXIT_USAGE = 64,
    EXIT_DATA = 65,
    EXIT_UNAVAILABLE = 69,
    EXIT_INTERNAL = 70,
    EXIT_IO = 74,
    EXIT_AGAIN = 75,
    EXIT_RIGHTS = 77,
    EXIT_CANCELLED = 130
};

/* No exit status: what ctl_call returns instead of telling REPLY_TOO_LARGE,
 * while ctl.bears_too_large is set. */
#define TOO_LARGE (-1)

#define ARGS_MAX 4

/* Of the arenas that hold one request or answer of at most 1 MiB. */
#define ARENA_BYTES ((size_t)64 << 20)

/* Options of `clausectl hours', `assess' and `eligibility' with a value, in
 * ctl.figures. */
enum figure {
    FIGURE_CLAUSE,
    FIGURE_AMOUNT,
    FIGURE_LABOUR_SHARE,
    FIGURE_RATE,
    FIGURE_HOURLY_COST,
    FIGURE_LABOUR_HOURS,
    FIGURE_HOURS,
    FIGURE_START,
    FIGURE_WEEKS,
    FIGURE_HOURS_WEEK,
    FIGURE_HEADCOUNT,
    FIGURE_OPERATIONS,
    FIGURE_WORKERS,
    FIGURE_COUNTING,
    FIGURE_BY,
    FIGURE_BUYER,
    FIGURE_TERRITORY,
    FIGURE_KM,
    FIGURE_GAP_DAYS,
    FIGURE_KIND,
    FIGURES
};

struct ctl {
    /* Of every command. */
    const char *endpoint;
    const char *identity;   /* file of our secret key; NULL: none */
    const char *server_key; /* the daemon's, or its file */
    int timeout_ms;
    int json;
    const char *purpose; /* why people are asked for; NULL: not said */
    const char *run_key; /* of this run's writes: --key, or a fresh one */
    const char *key;     /* of the next write; made from run_key */
    /* Of some commands; the words stand as they were typed. */
    const char *args[ARGS_MAX];
    int n_args;
    const char *lot;
    const char *job;
    const char *limit;
    const char *on;
    const char *kinds;
    const char *nationwide;
    const char *grace;
    int structures;
    int people;
    const char *from;
    const char *assume_km;
    const char *status;
    const char *format;
    const char *rejects;
    int dry_run;
    int bulk;
    const char *if_rev;
    int yes;
    int verbs;
    int wait;
    int show_status;
    int cancel;
    int run_it;
    const char *days;
    /* Of eligibility. */
    const char *structure;
    const char *publics;
    const char *prescriber;
    const char *employer;
    const char *mission;
    const char *client;
    const char *done;
    const char *first_on;
    const char *layoff_on;
    /* Of key. */
    const char *role;
    const char *grants;
    const char *until;
    const char *public_key;
    const char *version;
    const char *source;
    const char *adjacent_km;
    const char *since;
    const char *seconds;
    int communes;
    const char *figures[FIGURES];
    int alerts;
    /* Of the session. */
    /* NULL until first needed. */
    struct connection *connection; /* one question at a time */
    struct connection *stream;     /* ctl_send_bytes and ctl_take: who waits
                                      for one answer drops all others */
    struct arena *arena;           /* of one call */
    int bears_too_large;           /* see TOO_LARGE */
    int hushed;                    /* whatever goes wrong is not told */
    struct clause_identity as;     /* once it was read */
    char run[CLAUSE_KEY_BYTES];    /* the key of this run's writes */
};

/* ---- ask.c ------------------------------------------------------------ */

/* Tell a person on stderr, after the program's name; with --json the same as
 * one JSON object.  Returns STATUS. */
int ctl_fail(const struct ctl *ctl, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tell what is missing or wrong on the command line; EXIT_USAGE. */
int ctl_misused(const struct ctl *ctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ask with encoded bytes.  Connects when needed; a write (KEY not NULL) whose
 * answer did not come is sent once more with its key.  DONE: there is a reply,
 * which may be a refusal.  Otherwise the error has been told. */
int ctl_ask_bytes(struct ctl *ctl, enum verb verb, const char *key,
                  struct slice body, struct clause_reply *reply);

/* Send encoded bytes without waiting; connects when needed.  *ID names the
 * answer.  DONE, or the status of what was told. */
int ctl_send_bytes(struct ctl *ctl, enum verb verb, const char *key,
                   struct slice body, int64_t *id);

/* Take the next answer to what was sent.  DONE with *CAME 1, or 0 when none
 * came in time, which is not told; or the status of what was told. */
int ctl_take(struct ctl *ctl, int *came, int64_t *id,
             struct clause_reply *reply);

/* The exit status of a reply's status. */
int ctl_exit_of(int64_t status);

/* Decode a refusal's body to JSON: {name, message, retry, data}.  The caller
 * owns it. */
json_t *ctl_refusal(struct ctl *ctl, struct slice body);

/* Tell a refusal and what to do next; its exit status. */
int ctl_tell_refusal(struct ctl *ctl, enum verb verb, int64_t status,
                     const json_t *refusal);

/* Ask VERB with PARAMETERS (taken) and get the answer's JSON, which the
 * caller owns.  Otherwise the error has been told; an exit status. */
int ctl_call(struct ctl *ctl, enum verb verb, json_t *parameters,
             json_t **answer);

/* One of the counts of `stats', from 0; an exit status. */
int ctl_count(struct ctl *ctl, const char *name, uint64_t *out);

/* The faults of something typed or read, told; STATUS. */
int ctl_tell_faults(const struct ctl *ctl, const struct faults *faults,
                    int status);

/* "a field: what is wrong (hint)", in the person's language. */
void ctl_print_problem(const char *field, const char *name, const char *hint);

/* The text of an error's wire name in the person's language; the name itself
 * when it is not known here. */
const char *ctl_error_text(const char *name);

/* Print DOCUMENT as JSON or, without --json, by PRINT, with the communes in it
 * by their names. */
int ctl_show(struct ctl *ctl, json_t *document,
             void (*print)(const struct ctl *ctl, const json_t *document));

/* Both: ask VERB with PARAMETERS (taken), and print the answer. */
int ctl_ask_and_show(struct ctl *ctl, enum verb verb, json_t *parameters,
                     void (*print)(const struct ctl *ctl,
                                   const json_t *answer));

/* ---- The sub-commands: each returns an exit status. -------------------- */

/* cmd_daemon.c: is anybody there, and what does it hold? */
int cmd_ping(struct ctl *ctl);
/* The counts, queues and reference tables of the daemon. */
int cmd_stats(struct ctl *ctl);
/* cmd_fields.c: the columns of an entity, without a daemon. */
int cmd_fields(struct ctl *ctl);
/* cmd_entity.c: get, list, put, delete of one structure. */
int cmd_structure(struct ctl *ctl);
/* The same of one market. */
int cmd_market(struct ctl *ctl);
/* The same of one profile, which is erased. */
int cmd_profile(struct ctl *ctl);
/* The same of one facilitator. */
int cmd_facilitator(struct ctl *ctl);
/* cmd_key.c: pairs, and who may connect. */
int cmd_key(struct ctl *ctl);
/* cmd_import.c: a file in. */
int cmd_import(struct ctl *ctl);
/* cmd_export.c: everything of one kind out. */
int cmd_export(struct ctl *ctl);
/* cmd_match.c: the shortlists of a market. */
int cmd_match(struct ctl *ctl);
/* cmd_reverse.c: the open lots of a structure, the open jobs of a person. */
int cmd_reverse(struct ctl *ctl);
/* cmd_explain.c: one candidate's score or reason. */
int cmd_explain(struct ctl *ctl);
/* How many candidates fail for which reason. */
int cmd_reasons(struct ctl *ctl);
/* cmd_law.c: must a market have a clause? */
int cmd_obligation(struct ctl *ctl);
/* cmd_group.c: who could answer together. */
int cmd_group(struct ctl *ctl);
/* cmd_assess.c: is a market worth a clause, and would a lot find offers? */
int cmd_assess(struct ctl *ctl);
/* cmd_route.c: the facilitators of a market. */
int cmd_route(struct ctl *ctl);
/* Where there is none. */
int cmd_blank(struct ctl *ctl);
/* cmd_eligibility.c: what a person is eligible for, and what proof lacks. */
int cmd_eligibility(struct ctl *ctl);
/* cmd_rescore.c: the batch begun, followed, ended. */
int cmd_rescore(struct ctl *ctl);
/* cmd_care.c: whose time is over; the store written anew. */
int cmd_retention(struct ctl *ctl);
/* With --wait, until what was erased is in no file. */
int cmd_compact(struct ctl *ctl);
/* cmd_hours.c: hours planned, recorded and added up. */
int cmd_hours(struct ctl *ctl);
/* cmd_backup.c: one backup. */
int cmd_backup(struct ctl *ctl);
/* cmd_journal.c: what changed, and whether nobody changed that. */
int cmd_journal(struct ctl *ctl);
/* cmd_reference.c: a table of facts in. */
int cmd_reference(struct ctl *ctl);

#endif
