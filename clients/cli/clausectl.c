/*
 * clausectl: the command line of claused.  Options, then one function of
 * cmd_*.c; what it returns is the exit status.
 *
 * Every option may stand before or after the sub-command.
 */
#include "clients/cli/ctl.h"
#include "clients/cli/locale.h"
#include "clients/cli/names.h"

#include <argp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ENDPOINT "tcp://127.0.0.1:5570"
#define DEFAULT_TIMEOUT_S 10.0
#define TIMEOUT_MAX_S 3600.0
#define OPTIONS_MAX 16

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
    OPT_IF_REV,
    OPT_YES,
    OPT_VERBS,
    OPT_VERSION,
    OPT_SOURCE
};

static const struct argp_option common_options[] = {
    {"connect", OPT_CONNECT, N_("ENDPOINT"), 0,
     N_("Where the daemon listens (CLAUSED_ENDPOINT; tcp://127.0.0.1:5570)"),
     90},
    {"timeout", OPT_TIMEOUT, N_("SECONDS"), 0,
     N_("How long to wait for an answer (10)"), 90},
    {"json", OPT_JSON, NULL, 0, N_("Print JSON, with the keys of the protocol"),
     90},
    {"key", OPT_KEY, N_("KEY"), 0,
     N_("Idempotency key: repeat a write whose answer was lost"), 90},
    {"lang", OPT_LANG, N_("LANGUAGE"), 0, N_("Speak this language: fr, en"),
     90},
    {0}};

/* ---- The sub-commands ------------------------------------------------- */

#define OPTION_LOT                                                             \
    {                                                                          \
        "lot", OPT_LOT, N_("N"), 0, N_("The lot, numbered from 1"), 0          \
    }
#define OPTION_JOB                                                             \
    {                                                                          \
        "job", OPT_JOB, N_("N"), 0, N_("The job of the lot, numbered from 1"), \
            0                                                                  \
    }
#define OPTION_LIMIT                                                           \
    {                                                                          \
        "limit", OPT_LIMIT, N_("N"), 0, N_("At most so many"), 0               \
    }
#define OPTION_ON                                                              \
    {                                                                          \
        "on", OPT_ON, N_("DATE"), 0, N_("As of this day (today in Paris)"), 0  \
    }
#define OPTION_KINDS                                                           \
    {                                                                          \
        "kinds", OPT_KINDS, N_("KIND,..."), 0,                                 \
            N_("Only these kinds of structures"), 0                            \
    }
#define OPTION_NATIONWIDE                                                      \
    {                                                                          \
        "nationwide", OPT_NATIONWIDE, N_("HOW"), 0,                            \
            N_("include, exclude or only: structures that offer their work "   \
               "in all "                                                       \
               "of France"),                                                   \
            0                                                                  \
    }
#define OPTION_GRACE                                                           \
    {                                                                          \
        "grace", OPT_GRACE, N_("DAYS"), 0,                                     \
            N_("How late a person may be available (14)"), 0                   \
    }
#define OPTION_KIND_OF_CANDIDATES                                              \
    {"structures", OPT_STRUCTURES, NULL, 0, N_("Only structures"), 0},         \
    {                                                                          \
        "people", OPT_PEOPLE, NULL, 0, N_("Only people"), 0                    \
    }
#define OPTION_IF_REV                                                          \
    {                                                                          \
        "if-rev", OPT_IF_REV, N_("N"), 0,                                      \
            N_("Only if its revision is N (0: if it does not exist)"), 0       \
    }
#define OPTION_YES                                                             \
    {                                                                          \
        "yes", OPT_YES, NULL, 0, N_("Delete without asking"), 0                \
    }

static const struct argp_option no_options[] = {{0}};
static const struct argp_option stats_options[] = {
    {"verbs", OPT_VERBS, NULL, 0, N_("Count requests too"), 0}, {0}};
static const struct argp_option entity_options[] = {
    OPTION_LIMIT, OPTION_IF_REV, OPTION_YES, {0}};
static const struct argp_option import_options[] = {
    {"dry-run", OPT_DRY_RUN, NULL, 0,
     N_("Let the daemon check every row and write nothing"), 0},
    {"from", OPT_FROM, N_("LAYOUT"), 0,
     N_("The file is in another producer's layout: siae-list, decp"), 0},
    {"assume-km", OPT_ASSUME_KM, N_("N"), 0,
     N_("siae-list: assume that a structure works within N km of its home"), 0},
    {"status", OPT_STATUS, N_("STATUS"), 0,
     N_("decp: give the markets this status (AWARDED)"), 0},
    {"rejects", OPT_REJECTS, N_("FILE"), 0,
     N_("Write rejected rows there (FILE.rejects)"), 0},
    {0}};
static const struct argp_option export_options[] = {
    {"format", OPT_FORMAT, N_("FORMAT"), 0,
     N_("csv, tsv or ndjson (by the file's ending; csv)"), 0},
    {0}};
static const struct argp_option match_options[] = {
    OPTION_LOT,        OPTION_JOB,   OPTION_KIND_OF_CANDIDATES,
    OPTION_LIMIT,      OPTION_ON,    OPTION_KINDS,
    OPTION_NATIONWIDE, OPTION_GRACE, {0}};
static const struct argp_option explain_options[] = {
    OPTION_LOT,        OPTION_JOB,   OPTION_ON, OPTION_KINDS,
    OPTION_NATIONWIDE, OPTION_GRACE, {0}};
static const struct argp_option reasons_options[] = {
    OPTION_LOT, OPTION_ON, OPTION_KINDS, OPTION_NATIONWIDE, OPTION_GRACE, {0}};
static const struct argp_option reference_options[] = {
    {"version", OPT_VERSION, N_("V"), 0,
     N_("The table's version (the file's date)"), 0},
    {"source", OPT_SOURCE, N_("S"), 0,
     N_("Where it comes from (the file's name)"), 0},
    {0}};

struct command {
    const char *name;
    int (*run)(struct ctl *ctl);
    const struct argp_option *options;
    const char *args;
    const char *doc; /* one line, a vertical tab, examples */
};

static const struct command commands[] = {
    {"ping", cmd_ping, no_options, "",
     N_("See whether the daemon answers.\v"
        "Example:\n  clausectl ping --connect tcp://10.0.0.5:5570\n")},
    {"stats", cmd_stats, stats_options, "",
     N_("What the daemon holds, and what it lacks.\v"
        "Example:\n  clausectl stats --verbs\n")},
    {"import", cmd_import, import_options,
     N_("structures|profiles|markets FILE"),
     N_("Bring a file in: CSV, TSV or NDJSON; - is stdin.\v"
        "Good rows are written; bad ones go to FILE.rejects with the reason, "
        "and can be corrected there and imported again. Columns are the "
        "paths that `clausectl fields' shows; a row that repeats the id adds "
        "to lists; | parts codes in a cell; amounts are cents.\n\n"
        "Examples:\n"
        "  clausectl import structures structures.csv --dry-run\n"
        "  clausectl import markets markets.ndjson\n"
        "  clausectl import structures list.tsv --from siae-list "
        "--assume-km 30\n"
        "  clausectl import markets decp.tsv --from decp --status OPEN\n")},
    {"export", cmd_export, export_options,
     N_("structures|profiles|markets [FILE]"),
     N_("Write everything of one kind to a file that import takes back.\v"
        "Examples:\n"
        "  clausectl export structures structures.csv\n"
        "  clausectl export markets --format ndjson | gzip > markets.gz\n")},
    {"structure", cmd_structure, entity_options,
     N_("get ID\nlist\nput FILE\ndelete ID"),
     N_("Structures, one by one; an id is SIRET-KIND.\v"
        "Examples:\n"
        "  clausectl structure get 00000001800010-EI\n"
        "  clausectl structure get 00000001800010-EI --json > s.json\n"
        "  clausectl structure put s.json --if-rev 12\n")},
    {"market", cmd_market, entity_options,
     N_("get ID\nlist\nput FILE\ndelete ID"),
     N_("Markets, one by one.\v"
        "Examples:\n"
        "  clausectl market list\n"
        "  clausectl market put - < market.json\n")},
    {"profile", cmd_profile, entity_options,
     N_("get ID\nlist\nput FILE\nerase ID"),
     N_("Job-seekers under their pseudonyms, one by one.\v"
        "Example:\n"
        "  clausectl profile erase DEMO-P10 --yes\n")},
    {"match", cmd_match, match_options, N_("MARKET"),
     N_("Who can answer this market, and who could work on it.\v"
        "Examples:\n"
        "  clausectl match DEMO-2026-01\n"
        "  clausectl match DEMO-2026-01 --lot 2 --people --limit 5\n"
        "  clausectl match DEMO-2026-01 --kinds EI,ACI --json\n")},
    {"explain", cmd_explain, explain_options, N_("MARKET CANDIDATE"),
     N_("Why one structure or person is, or is not, in the answer.\v"
        "Examples:\n"
        "  clausectl explain DEMO-2026-01 00000001800010-EI\n"
        "  clausectl explain DEMO-2026-01 DEMO-P10 --lot 2 --job 1\n")},
    {"reasons", cmd_reasons, reasons_options, N_("MARKET"),
     N_("Count why the others are not in the answer.\v"
        "Example:\n"
        "  clausectl reasons DEMO-2026-01 --lot 2\n")},
    {"reference", cmd_reference, reference_options,
     N_("import centres|rome-links|sectors FILE"),
     N_("Bring in a table of facts that the daemon does not bundle.\v"
        "Columns: centres insee, lat, lon [approximate]; rome-links rome, "
        "rome_target, kind; sectors sector, group.\n\n"
        "Example:\n"
        "  clausectl reference import centres communes.tsv --version 2026-01 "
        "--source geo.api.gouv.fr\n")},
    {"fields", cmd_fields, no_options, N_("structure|market|profile"),
     N_("The columns of an entity and what each takes.\v"
        "Example:\n  clausectl fields market\n")},
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

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

static const char **word_of(struct ctl *ctl, int key)
{
    switch (key) {
    case OPT_CONNECT:
        return &ctl->endpoint;
    case OPT_KEY:
        return &ctl->run_key;
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
    case OPT_YES:
        return &ctl->yes;
    case OPT_VERBS:
        return &ctl->verbs;
    default:
        return NULL;
    }
}

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

/* The commands, one a line, before the options of argp's help. */
static char *top_help(int key, const char *text, void *input)
{
    char *help = NULL;
    size_t size;
    FILE *out;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    if (!(out = open_memstream(&help, &size)))
        return (char *)text;
    fprintf(out, "%s\n", _("Commands:"));
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const char *doc = _(commands[i].doc);

        fprintf(out, "  %-10s %.*s\n", commands[i].name,
                (int)strcspn(doc, "\v"), doc);
    }
    fprintf(out, "\n%s\n  %s\n  %s\n  %s\n\n%s\n", _("Examples:"),
            "clausectl import structures structures.csv",
            "clausectl match DEMO-2026-01 --lot 2 --people",
            "clausectl help match",
            _("Exit status: 0 done, 3 not found, 4 exists, 5 conflict, 64 "
              "wrong command line, 65 wrong data, 69 nobody answers or not "
              "known there, 70 internal error, 74 file or disk, 75 try "
              "again, 77 not allowed."));
    fclose(out);
    return help;
}

static const struct argp top = {
    no_options,
    parse_top,
    N_("COMMAND ..."),
    N_("Ask a claused which inclusive structures and job-seekers suit a "
       "clausal market.\v "),
    with_common,
    top_help,
    "clausectl"};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static int unknown_command(const struct ctl *ctl, const char *name)
{
    const char *best = NULL;
    size_t least = SIZE_MAX, distance;

    for (size_t i = 0; i < N_COMMANDS; i++) {
        distance = name_distance(name, commands[i].name);
        if (distance < least) {
            least = distance;
            best = commands[i].name;
        }
    }
    if (best && name_is_near(name, least))
        return ctl_misused(ctl, _("`%s' is no command; did you mean `%s'?"),
                           name, best);
    return ctl_misused(ctl, _("`%s' is no command"), name);
}

/* ---- Running ---------------------------------------------------------- */

static void parse_command_line(const struct command *command, struct line *line,
                               int argc, char **argv)
{
    struct argp argp = {command->options, parse_command, command->args,
                        command->doc,     with_common,   NULL,
                        "clausectl"};
    char name[64];

    /* `clausectl match: unknown option' says where to look. */
    snprintf(name, sizeof name, "clausectl %s", command->name);
    argv[0] = name;
    argp_program_version = NULL; /* --version may be the command's own */
    argp_parse(&argp, argc, argv, 0, NULL, line);
}

static int help(struct line *line)
{
    const struct command *command =
        line->n_rest > 1 ? find_command(line->rest[1]) : NULL;
    char program[] = "clausectl", option[] = "--help";
    char *argv[] = {program, option, NULL};

    if (line->n_rest > 1 && !command)
        return unknown_command(&line->ctl, line->rest[1]);
    if (command)
        parse_command_line(command, line, 2, argv);
    else
        argp_parse(&top, 2, argv, ARGP_IN_ORDER, NULL, line);
    return DONE;
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
    if (!(command = find_command(line->rest[0])))
        return unknown_command(ctl, line->rest[0]);
    parse_command_line(command, line, line->n_rest, line->rest);
    if (ctl->run_key &&
        (!*ctl->run_key || strlen(ctl->run_key) > PROTOCOL_KEY_MAX))
        return ctl_misused(ctl, _("a --key has 1 to %d bytes"),
                           PROTOCOL_KEY_MAX);
    if (!(ctl->arena = arena_new(ARENA_BYTES)))
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    clause_key(ctl->run);
    if (!ctl->run_key)
        ctl->run_key = ctl->run;
    ctl->key = ctl->run_key;
    status = command->run(ctl);
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

int main(int argc, char **argv)
{
    struct line line = {.ctl = {.timeout_ms = (int)(DEFAULT_TIMEOUT_S * 1000)}};
    const char *endpoint = getenv("CLAUSED_ENDPOINT");
    int status;

    locale_init(language_of(argc, argv));
    line.ctl.endpoint = endpoint && *endpoint ? endpoint : DEFAULT_ENDPOINT;
    argp_err_exit_status = EXIT_USAGE;
    /* A reader that goes away early (head) is no reason to die unheard. */
    signal(SIGPIPE, SIG_IGN);
    argp_parse(&top, argc, argv, ARGP_IN_ORDER, NULL, &line);
    status = run(&line);
    if (fflush(stdout) && !status)
        status = EXIT_IO;
    return status;
}
