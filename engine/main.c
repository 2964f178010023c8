/*
 * claused: flags, configuration, store, server, in that order; and back.
 */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "engine/access.h"
#include "engine/check.h"
#include "engine/config.h"
#include "engine/log.h"
#include "engine/server.h"
#include "engine/token_key.h"
#include "store/spare.h"
#include "store/store.h"

/* Exit statuses (sysexits.h). */
#define EXIT_USAGE 64
#define EXIT_STORE 66  /* damaged, foreign, of a newer version */
#define EXIT_SYSTEM 71 /* no memory, no descriptors */
#define EXIT_CANNOT 73 /* cannot be created or bound */
#define EXIT_IO 74     /* the disk failed */
#define EXIT_LOCKED 75 /* another daemon has the store */
#define EXIT_OPEN 77   /* a stranger would be let in */
#define EXIT_CONFIG 78

/* So long the first question waits for pages that have not been read ahead:
 * half a second after the start it has its answer. */
#define AHEAD_MS 250

enum {
    KEY_BESIDE = 254,
    KEY_RESTORE,
    KEY_SECRETS,
    KEY_INIT,
    KEY_REBUILD,
    KEY_CHECK,
    KEY_DEVELOPMENT,
    KEY_VERIFY,
    KEY_ANEW
};

struct flags {
    const char *store;
    const char *listen;
    const char *config;
    const char *secrets;
    const char *restore;
    int init;
    int rebuild;
    int check;
    int anew;
    int beside;
    const char *verify;
    int development;
};

const char *argp_program_version = "claused " VERSION;

static const struct argp_option options[] = {
    {"store", 's', "DIR", 0, "The store", 0},
    {"init", KEY_INIT, NULL, 0,
     "Create the store, in a directory that is empty or missing", 0},
    {"listen", 'l', "ENDPOINT", 0,
     "Where to listen (tcp://127.0.0.1:5570), with blanks between several; "
     "port "
     "* is any free one",
     0},
    {"development", KEY_DEVELOPMENT, NULL, 0,
     "Ask nobody for a key: whoever reaches the daemon may do everything. On "
     "this machine only, with invented people only",
     0},
    {"config", 'c', "FILE", 0, "Configuration; flags win over it", 0},
    {"rebuild", KEY_REBUILD, NULL, 0,
     "Build the index anew while serving from the old one", 0},
    {"secrets", KEY_SECRETS, "DIR", 0,
     "The daemon's keys (beside the store: its name and `.secrets')", 0},
    {"restore", KEY_RESTORE, "FILE", 0,
     "Make a store of a backup, check it whole, and end", 0},
    {"new-secrets", KEY_ANEW, NULL, 0,
     "Make keys that are lost anew, and end: recorded hours and lines of the "
     "access log lead to nobody then",
     0},
    {"verify-access", KEY_VERIFY, "FILE", 0,
     "Follow the hashes of an access log, and serve nobody", 0},
    {"check", KEY_CHECK, NULL, 0,
     "Check a store that nobody serves, whole, and write nothing", 0},
    {"check-beside", KEY_BESIDE, NULL, OPTION_HIDDEN, NULL, 0},
    {0},
};

static error_t on_flag(int key, char *arg, struct argp_state *state)
{
    struct flags *flags = state->input;

    switch (key) {
    case 's':
        flags->store = arg;
        return 0;
    case 'l':
        flags->listen = arg;
        return 0;
    case 'c':
        flags->config = arg;
        return 0;
    case KEY_INIT:
        flags->init = 1;
        return 0;
    case KEY_REBUILD:
        flags->rebuild = 1;
        return 0;
    case KEY_DEVELOPMENT:
        flags->development = 1;
        return 0;
    case KEY_SECRETS:
        flags->secrets = arg;
        return 0;
    case KEY_RESTORE:
        flags->restore = arg;
        return 0;
    case KEY_ANEW:
        flags->anew = 1;
        return 0;
    case KEY_BESIDE:
        flags->beside = 1;
        return 0;
    case KEY_VERIFY:
        flags->verify = arg;
        return 0;
    case KEY_CHECK:
        flags->check = 1;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "what is %s?", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = on_flag,
    .doc = "Match clausal public contracts to inclusive structures and "
           "eligible people.\v"
           "Prints one line `listening ENDPOINT' when it serves.  SIGTERM "
           "stops it, SIGHUP reads the configuration again, SIGUSR1 compacts "
           "the store.  --check prints a line for each part and ends with 0, "
           "or 66 when the store is damaged.",
};

static int copy_flag(char *out, size_t size, const char *flag)
{
    if (flag && strlen(flag) < size)
        memcpy(out, flag, strlen(flag) + 1);
    return !flag || strlen(flag) < size;
}

/* Can nobody but this machine reach it?  A name could be resolved to any
 * address: numbers, but for localhost. */
static int is_local(const char *endpoint, size_t len)
{
    static const char *const local[] = {
        "tcp://localhost:", "tcp://[::1]:", "ipc://"};
    static const char loop[] = "tcp://127.";

    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if (len > strlen(local[i]) &&
            !strncmp(endpoint, local[i], strlen(local[i])))
            return 1;
    return len > sizeof loop && !strncmp(endpoint, loop, sizeof loop - 1) &&
           endpoint[strspn(endpoint + 6, "0123456789.") + 6] == ':';
}

static int all_local(const char *endpoints)
{
    while (*(endpoints += strspn(endpoints, " "))) {
        size_t len = strcspn(endpoints, " ");

        if (!is_local(endpoints, len))
            return 0;
        endpoints += len;
    }
    return 1;
}

/* 0, or the status to exit with. */
static int without_keys(const struct config *config)
{
    if (config->server_key[0] || config->old_server_key[0]) {
        log_line(LOG_ERROR, "there is a server_key: serve with it, or leave "
                            "it out and take --development");
        return EXIT_CONFIG;
    }
    if (!all_local(config->listen)) {
        log_line(LOG_ERROR,
                 "%s: --development is for tcp://127.0.0.1 and ipc:// alone",
                 config->listen);
        return EXIT_CONFIG;
    }
    log_line(LOG_ERROR,
             "DEVELOPMENT: NOBODY IS ASKED FOR A KEY. WHOEVER REACHES %s READS "
             "AND CHANGES EVERYTHING, PEOPLE INCLUDED. NEVER SERVE REAL PEOPLE "
             "LIKE THIS.",
             config->listen);
    return 0;
}

/* Nobody serves without keys by accident.  0, or the status to exit with. */
static int take_keys(const struct flags *flags, struct config *config)
{
    char why[300] = "";

    config->development = flags->development;
    if (flags->check || flags->beside || flags->restore || flags->verify ||
        flags->anew)
        return 0;
    if (flags->development)
        return without_keys(config);
    if (!config->server_key[0]) {
        log_line(LOG_ERROR,
                 "there is no server_key in the configuration: `clausectl key "
                 "pair FILE' makes one; with --development the daemon serves "
                 "without keys, on this machine only");
        return EXIT_CONFIG;
    }
    if (config_read_secrets(config, why, sizeof why)) {
        log_line(LOG_ERROR, "server_key: %s", why);
        return EXIT_CONFIG;
    }
    return 0;
}

/* Beside the store, unless told otherwise: never in it. */
static void place_beside(struct config *config, char *dir, size_t size,
                         const char *end)
{
    size_t len = strlen(config->store);

    if (dir[0])
        return;
    while (len > 1 && config->store[len - 1] == '/')
        len--;
    snprintf(dir, size, "%.*s%s", (int)len, config->store, end);
}

/* 0, or the status to exit with. */
static int configure(const struct flags *flags, struct config *config)
{
    char why[300] = "";

    config_default(config);
    if (flags->config && config_read(flags->config, config, why, sizeof why)) {
        log_line(LOG_ERROR, "%s: %s", flags->config, why);
        return EXIT_CONFIG;
    }
    if (!copy_flag(config->store, sizeof config->store, flags->store) ||
        !copy_flag(config->listen, sizeof config->listen, flags->listen) ||
        !copy_flag(config->secrets, sizeof config->secrets, flags->secrets)) {
        log_line(LOG_ERROR, "a flag is too long");
        return EXIT_USAGE;
    }
    if (!config->store[0]) {
        log_line(LOG_ERROR, "say where the store is: --store DIR");
        return EXIT_USAGE;
    }
    log_level((int)config->log_level);
    place_beside(config, config->secrets, sizeof config->secrets, ".secrets");
    place_beside(config, config->backups, sizeof config->backups, ".backups");
    place_beside(config, config->access_log, sizeof config->access_log,
                 ".access.log");
    return take_keys(flags, config);
}

/* What runs as root can read and spoil everything else on the machine. */
static void warn_of_root(void)
{
    if (geteuid() == 0)
        log_line(LOG_WARNING, "started as root: the store needs a user of "
                              "its own, as in claused.service");
}

static int store_exit(enum err e, const struct config *config)
{
    log_line(LOG_ERROR, "%s: %s", config->store, err_text(e));
    if (e == ERR_STORE_LOCKED)
        return EXIT_LOCKED;
    if (e == ERR_STORE_EXISTS || e == ERR_NOT_FOUND)
        return EXIT_CANNOT;
    if (e == ERR_NOMEM || e == ERR_BUSY)
        return EXIT_SYSTEM;
    return e == ERR_STORE_IO || e == ERR_STORE_FULL ? EXIT_IO : EXIT_STORE;
}

/* 0, or the status to exit with. */
static int take_token_key(struct store *store, const struct flags *flags,
                          const struct config *config)
{
    switch (token_key_take(store, config->secrets, flags->anew)) {
    case ERR_NONE:
        return 0;
    case ERR_NOT_FOUND:
    case ERR_KEY_TAKEN:
    case ERR_FORBIDDEN:
        return EXIT_CONFIG;
    default:
        return EXIT_STORE;
    }
}

/* What was acknowledged is on disk; a restart looks at the store first. */
static void on_damaged(void)
{
    _exit(EXIT_STORE);
}

/* The map reaches beyond the file, or the disk did not give a page of it. */
static void on_bus_error(int number)
{
    static const char line[] =
        "<3>a page of the store cannot be read: the file was cut, or the disk "
        "failed\n";

    (void)number;
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        _exit(EXIT_IO);
    _exit(EXIT_IO);
}

static int serve(struct store *store, const struct flags *flags,
                 const struct config *config, struct access *access)
{
    struct server *server;
    enum err e = server_open(store, config, flags->config, &server);

    if (e) {
        log_line(LOG_ERROR, "%s: cannot listen", config->listen);
        if (e == ERR_FORBIDDEN)
            return EXIT_OPEN;
        return e == ERR_RANGE ? EXIT_USAGE : EXIT_CANNOT;
    }
    server_access(server, access);
    if (flags->rebuild)
        server_rebuild(server);
    if ((e = server_prepare(server))) {
        if (e != ERR_STOPPING)
            log_line(LOG_ERROR, "the index cannot be built: %s", err_text(e));
        server_close(server);
        return e == ERR_STOPPING ? 0 : EXIT_IO;
    }
    store_ahead_wait(store, AHEAD_MS);
    printf("listening %s\n", server_endpoint(server));
    fflush(stdout);
    server_check(server);
    e = server_run(server);
    server_close(server);
    if (e == ERR_STORE_CORRUPT)
        return EXIT_STORE;
    return e ? EXIT_IO : 0;
}

/* The store is opened once before it is checked: a backup of an older schema
 * is brought up to date by that. */
static int restore(const struct flags *flags, const struct config *config)
{
    const struct store_options options_store = {
        .log = log_text, .map_bytes = (size_t)config->map_mib << 20};
    struct store *store;
    enum err e = backup_restore(flags->restore, config->secrets, config->store,
                                &options_store);

    if (e)
        return e == ERR_FORBIDDEN ? EXIT_STORE : store_exit(e, config);
    if (!(e = store_open(config->store, &options_store, &store))) {
        store_close(store);
        e = check_dir(config->store, stdout);
    }
    return e ? store_exit(e, config) : 0;
}

/* Nobody is shown people without a line that says so. */
static int serve_logged(struct store *store, const struct flags *flags,
                        const struct config *config)
{
    struct access *access;
    int status = 0;
    enum err e =
        access_open(config->access_log, config->secrets, flags->anew, &access);

    if (e)
        return e == ERR_NOT_FOUND ? EXIT_CONFIG : EXIT_CANNOT;
    if (!flags->anew)
        status = serve(store, flags, config, access);
    access_close(access);
    return status;
}

static int verify(const char *file, const struct config *config)
{
    char hash[65] = "";
    enum err e = access_verify(file, config->secrets, hash, stdout);

    if (e && e != ERR_STORE_CORRUPT)
        log_line(LOG_ERROR, "%s: %s", file, err_text(e));
    return e ? EXIT_STORE : 0;
}

int main(int argc, char **argv)
{
    struct flags flags = {0};
    struct config config;
    struct store_options options_store = {.log = log_text,
                                          .damaged = on_damaged};
    struct store *store;
    enum err e;
    int status;

    if (!log_open())
        return EXIT_SYSTEM;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&parser, argc, argv, 0, NULL, &flags);
    signal(SIGPIPE, SIG_IGN);
    /* No core file may hold what the daemon knows of people. */
    prctl(PR_SET_DUMPABLE, 0);
    if ((status = configure(&flags, &config)))
        return status;
    if (flags.verify)
        return verify(flags.verify, &config);
    if (flags.check) {
        e = check_dir(config.store, stdout);
        return e ? store_exit(e, &config) : 0;
    }
    if (flags.beside) {
        e = check_beside(config.store);
        return e ? store_exit(e, &config) : 0;
    }
    if (flags.restore)
        return restore(&flags, &config);
    warn_of_root();
    spare_keep();
    signal(SIGBUS, on_bus_error);
    options_store.init = flags.init;
    options_store.read_ahead = 1;
    options_store.map_bytes = (size_t)config.map_mib << 20;
    if ((e = store_open(config.store, &options_store, &store)))
        return store_exit(e, &config);
    if (!(status = take_token_key(store, &flags, &config)))
        status = serve_logged(store, &flags, &config);
    store_close(store);
    return status;
}
