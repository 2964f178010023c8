/*
 * clausectl: the command line of claused.  Options, then one function of
 * cmd_*.c; what it returns is the exit status.
 *
 * Every option may stand before or after the sub-command.
 */
#include "clients/cli/commands.h"
#include "clients/cli/locale.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ENDPOINT "tcp://127.0.0.1:5570"
#define DEFAULT_TIMEOUT_S 10.0
#define TIMEOUT_MAX_S 3600.0

/* ---- Options ---------------------------------------------------------- */

/* What parsing fills; argp hands it on from the first parser to the second. */
struct line {
    struct ctl ctl;
    char **rest; /* from the sub-command on */
    int n_rest;
};

static int timeout_of(const char *typed, struct argp_state *state)
{
    char *end;
    double seconds = strtod(typed, &end);

    if (*end || end == typed || !(seconds > 0) || seconds > TIMEOUT_MAX_S)
        argp_error(state, _("--timeout takes seconds, up to 3600"));
    return (int)(seconds * 1000);
}

/* Options with a value go to their member as they were typed; the field tables
 * judge them. */
static const char **word_of(struct ctl *ctl, int key)
{
    if (key >= OPT_FIGURE && key < OPT_FIGURE + FIGURES)
        return &ctl->figures[key - OPT_FIGURE];
    switch (key) {
    case OPT_CONNECT:
        return &ctl->endpoint;
    case OPT_IDENTITY:
        return &ctl->identity;
    case OPT_SERVER_KEY:
        return &ctl->server_key;
    case OPT_ROLE:
        return &ctl->role;
    case OPT_GRANT:
        return &ctl->grants;
    case OPT_UNTIL:
        return &ctl->until;
    case OPT_PUBLIC_KEY:
        return &ctl->public_key;
    case OPT_KEY:
        return &ctl->run_key;
    case OPT_PURPOSE:
        return &ctl->purpose;
    case OPT_LOT:
        return &ctl->lot;
    case OPT_JOB:
        return &ctl->job;
    case OPT_LIMIT:
        return &ctl->limit;
    case OPT_ON:
        return &ctl->on;
    case OPT_KINDS:
        return &ctl->kinds;
    case OPT_NATIONWIDE:
        return &ctl->nationwide;
    case OPT_GRACE:
        return &ctl->grace;
    case OPT_DAYS:
        return &ctl->days;
    case OPT_FROM:
        return &ctl->from;
    case OPT_ASSUME_KM:
        return &ctl->assume_km;
    case OPT_STATUS:
        return &ctl->status;
    case OPT_FORMAT:
        return &ctl->format;
    case OPT_REJECTS:
        return &ctl->rejects;
    case OPT_IF_REV:
        return &ctl->if_rev;
    case OPT_VERSION:
        return &ctl->version;
    case OPT_SOURCE:
        return &ctl->source;
    case OPT_ADJACENT_KM:
        return &ctl->adjacent_km;
    case OPT_SECONDS:
        return &ctl->seconds;
    case OPT_SINCE:
        return &ctl->since;
    case OPT_STRUCTURE:
        return &ctl->structure;
    case OPT_PUBLICS:
        return &ctl->publics;
    case OPT_PRESCRIBER:
        return &ctl->prescriber;
    case OPT_EMPLOYER:
        return &ctl->employer;
    case OPT_MISSION:
        return &ctl->mission;
    case OPT_CLIENT:
        return &ctl->client;
    case OPT_DONE:
        return &ctl->done;
    case OPT_FIRST_ON:
        return &ctl->first_on;
    case OPT_LAYOFF_ON:
        return &ctl->layoff_on;
    default:
        return NULL;
    }
}

static int *flag_of(struct ctl *ctl, int key)
{
    switch (key) {
    case OPT_JSON:
        return &ctl->json;
    case OPT_STRUCTURES:
        return &ctl->structures;
    case OPT_PEOPLE:
        return &ctl->people;
    case OPT_DRY_RUN:
        return &ctl->dry_run;
    case OPT_BULK:
        return &ctl->bulk;
    case OPT_YES:
        return &ctl->yes;
    case OPT_VERBS:
        return &ctl->verbs;
    case OPT_ALERTS:
        return &ctl->alerts;
    case OPT_WAIT:
        return &ctl->wait;
    case OPT_SHOW_STATUS:
        return &ctl->show_status;
    case OPT_CANCEL:
        return &ctl->cancel;
    case OPT_RUN:
        return &ctl->run_it;
    case OPT_COMMUNES:
        return &ctl->communes;
    default:
        return NULL;
    }
}

/* Options of a sub-command and common ones alike: argp tries a child after its
 * parent. */
static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct line *line = state->input;
    struct ctl *ctl = &line->ctl;
    const char **word = word_of(ctl, key);
    int *flag = flag_of(ctl, key);

    if (word)
        *word = arg;
    else if (flag)
        *flag = 1;
    else if (key == OPT_TIMEOUT)
        ctl->timeout_ms = timeout_of(arg, state);
    else if (key != OPT_LANG) /* seen to before anything was said */
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static const struct argp common = {
    common_options, parse_option, NULL, NULL, NULL, NULL, "clausectl"};
static const struct argp_child with_common[] = {{&common, 0, NULL, 90}, {0}};

static error_t parse_command(int key, char *arg, struct argp_state *state)
{
    struct line *line = state->input;

    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = line;
        return 0;
    }
    if (key != ARGP_KEY_ARG)
        return parse_option(key, arg, state);
    if (line->ctl.n_args == ARGS_MAX)
        argp_error(state, _("too many words"));
    line->ctl.args[line->ctl.n_args++] = arg;
    return 0;
}

/* The first word is the sub-command; the rest is its own. */
static error_t parse_top(int key, char *arg, struct argp_state *state)
{
    struct line *line = state->input;

    (void)arg;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = line;
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        line->rest = state->argv + state->next - 1;
        line->n_rest = state->argc - state->next + 1;
        state->next = state->argc;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

/* ---- Help ------------------------------------------------------------- */

const char *argp_program_version = "clausectl " VERSION;

/* After the options: the commands, and what the exit status says. */
static char *top_doc(void)
{
    char *doc = NULL;
    size_t size;
    FILE *out = open_memstream(&doc, &size);

    if (!out)
        return NULL;
    fprintf(out, "%s\v%s\n",
            _("Ask a claused which inclusive structures and job-seekers suit "
              "a clausal market."),
            _("Commands:"));
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-11s %s\n", commands[i].name, _(commands[i].doc));
    fprintf(out, "\n%s\n  %s\n  %s\n  %s\n\n%s\n", _("Examples:"),
            "clausectl import structures structures.csv",
            "clausectl match DEMO-2026-01 --lot 2 --people",
            "clausectl help match",
            _("Exit status: 0 done, 3 not found, 4 exists, 5 conflict, 64 "
              "wrong command line, 65 wrong data, 69 nobody answers or not "
              "known there, 70 internal error, 74 file or disk, 75 try "
              "again, 77 not allowed."));
    fclose(out);
    return doc;
}

/* Below the options: what else to know, then how it is used. */
static char *command_doc(const struct command *command)
{
    const char *at = command->examples;
    char *doc = NULL;
    size_t size, len;
    FILE *out = open_memstream(&doc, &size);

    if (!out)
        return NULL;
    fprintf(out, "%s\v", _(command->doc));
    if (command->note)
        fprintf(out, "%s\n\n", _(command->note));
    fprintf(out, "%s\n", _("Examples:"));
    for (; *at; at += len + 1) {
        len = strcspn(at, "\n");
        fprintf(out, "  clausectl %.*s\n", (int)len, at);
    }
    fclose(out);
    return doc;
}

static int unknown_command(const struct ctl *ctl, const char *name)
{
    const char *near = command_nearest(name);

    if (near)
        return ctl_misused(ctl, _("`%s' is no command; did you mean `%s'?"),
                           name, near);
    return ctl_misused(ctl, _("`%s' is no command"), name);
}

/* ---- Running ---------------------------------------------------------- */

static void parse_command_line(const struct command *command, struct line *line,
                               int argc, char **argv)
{
    char *doc = command_doc(command);
    struct argp argp = {command->options, parse_command, command->args, doc,
                        with_common,      NULL,          "clausectl"};
    char name[64];

    /* `clausectl match: unknown option' says where to look. */
    snprintf(name, sizeof name, "clausectl %s", command->name);
    argv[0] = name;
    argp_program_version = NULL; /* --version may be the command's own */
    argp_parse(&argp, argc, argv, 0, NULL, line);
    free(doc);
}

static void parse_top_line(struct line *line, int argc, char **argv)
{
    char *doc = top_doc();
    struct argp argp = {NULL,        parse_top, N_("COMMAND ..."), doc,
                        with_common, NULL,      "clausectl"};

    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, line);
    free(doc);
}

static int help(struct line *line)
{
    /* `help --lang fr' names no command. */
    const char *name =
        line->n_rest > 1 && *line->rest[1] != '-' ? line->rest[1] : NULL;
    const struct command *command = name ? command_find(name) : NULL;
    char program[] = "clausectl", option[] = "--help";
    char *argv[] = {program, option, NULL};

    if (name && !command)
        return unknown_command(&line->ctl, name);
    if (command)
        parse_command_line(command, line, 2, argv);
    else
        parse_top_line(line, 2, argv);
    return DONE;
}

/* DONE with a word that the list has, or none. */
static int choose_purpose(struct ctl *ctl, const char *command)
{
    char *list;
    int status;

    if (!ctl->purpose)
        ctl->purpose =
            purpose_usual(command, ctl->n_args ? ctl->args[0] : NULL);
    if (!ctl->purpose || purpose_known(ctl->purpose))
        return DONE;
    list = purpose_list();
    status = ctl_misused(ctl, _("`%s' is no purpose; there are: %s"),
                         ctl->purpose, list ? list : "");
    free(list);
    return status;
}

static int run(struct line *line)
{
    struct ctl *ctl = &line->ctl;
    const struct command *command;
    int status;

    if (!line->n_rest)
        return ctl_misused(ctl, "%s", _("a command is missing"));
    if (!strcmp(line->rest[0], "help"))
        return help(line);
    if (!(command = command_find(line->rest[0])))
        return unknown_command(ctl, line->rest[0]);
    parse_command_line(command, line, line->n_rest, line->rest);
    if (ctl->run_key &&
        (!*ctl->run_key || strlen(ctl->run_key) > PROTOCOL_KEY_MAX))
        return ctl_misused(ctl, _("a --key has 1 to %d bytes"),
                           PROTOCOL_KEY_MAX);
    if ((status = choose_purpose(ctl, command->name)))
        return status;
    if (!(ctl->arena = arena_new(ARENA_BYTES)))
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    clause_key(ctl->run);
    if (!ctl->run_key)
        ctl->run_key = ctl->run;
    ctl->key = ctl->run_key;
    status = command->run(ctl);
    clause_close(ctl->stream);
    clause_close(ctl->connection);
    arena_free(ctl->arena);
    return status;
}

/* --lang decides the language of all that is said, errors of the command line
 * included, so it is looked for before they are read. */
static const char *language_of(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "--lang=", 7))
            return argv[i] + 7;
        if (!strcmp(argv[i], "--lang") && i + 1 < argc)
            return argv[i + 1];
    }
    return NULL;
}

static const char *of_environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && *value ? value : otherwise;
}

int main(int argc, char **argv)
{
    struct line line = {.ctl = {.timeout_ms = (int)(DEFAULT_TIMEOUT_S * 1000)}};
    int status;

    locale_init(language_of(argc, argv));
    line.ctl.endpoint = of_environment("CLAUSED_ENDPOINT", DEFAULT_ENDPOINT);
    line.ctl.identity = of_environment("CLAUSED_IDENTITY", NULL);
    line.ctl.server_key = of_environment("CLAUSED_SERVER_KEY", NULL);
    line.ctl.purpose = of_environment("CLAUSED_PURPOSE", NULL);
    argp_err_exit_status = EXIT_USAGE;
    /* A reader that goes away early (head) is no reason to die unheard. */
    signal(SIGPIPE, SIG_IGN);
    parse_top_line(&line, argc, argv);
    status = run(&line);
    if (fflush(stdout) && !status)
        status = EXIT_IO;
    return status;
}
