/*
 * The sub-commands and their options, as tables.
 */
#ifndef CLIENTS_CLI_COMMANDS_H
#define CLIENTS_CLI_COMMANDS_H

#include "clients/cli/ctl.h"

#include <argp.h>

/* What argp calls an option; none of them has a short form. */
enum option_key {
    OPT_CONNECT = 256,
    OPT_TIMEOUT,
    OPT_JSON,
    OPT_KEY,
    OPT_LANG,
    OPT_LOT,
    OPT_JOB,
    OPT_LIMIT,
    OPT_ON,
    OPT_KINDS,
    OPT_NATIONWIDE,
    OPT_GRACE,
    OPT_STRUCTURES,
    OPT_PEOPLE,
    OPT_FROM,
    OPT_ASSUME_KM,
    OPT_STATUS,
    OPT_FORMAT,
    OPT_REJECTS,
    OPT_DRY_RUN,
    OPT_BULK,
    OPT_IF_REV,
    OPT_YES,
    OPT_VERBS,
    OPT_VERSION,
    OPT_SOURCE,
    OPT_WAIT,
    OPT_SHOW_STATUS,
    OPT_CANCEL,
    OPT_RUN,
    OPT_DAYS,
    OPT_STRUCTURE,
    OPT_PUBLICS,
    OPT_PRESCRIBER,
    OPT_EMPLOYER,
    OPT_MISSION,
    OPT_CLIENT,
    OPT_DONE,
    OPT_FIRST_ON,
    OPT_LAYOFF_ON,
    OPT_ADJACENT_KM,
    OPT_COMMUNES,
    OPT_ALERTS,
    OPT_SINCE,
    OPT_IDENTITY,
    OPT_SERVER_KEY,
    OPT_ROLE,
    OPT_GRANT,
    OPT_UNTIL,
    OPT_PUBLIC_KEY,
    OPT_SECONDS,
    OPT_PURPOSE,
    OPT_FIGURE /* and FIGURES more: enum figure */
};

/* Of every command. */
extern const struct argp_option common_options[];

struct command {
    const char *name;
    int (*run)(struct ctl *ctl);
    const struct argp_option *options; /* NULL: only the common ones */
    const char *args;                  /* as the usage line shows them */
    const char *doc;                   /* one sentence */
    const char *note;                  /* what else to know, or NULL */
    const char *examples;              /* without `clausectl ', one a line */
};

#define COMMANDS 27
extern const struct command commands[COMMANDS];

/* The command of that name, NULL when there is none. */
const struct command *command_find(const char *name);

/* The name of the command that reads most like NAME, NULL when none is near. */
const char *command_nearest(const char *name);

/* ---- purpose.c: why people are asked for ------------------------------- */

/* Is WORD one of those that --purpose takes? */
int purpose_known(const char *word);
/* All of them, commas between; the caller's to free.  NULL without memory. */
char *purpose_list(void);
/* What COMMAND with its first WORD (NULL: none) is for; NULL: nobody. */
const char *purpose_usual(const char *command, const char *word);

#endif
