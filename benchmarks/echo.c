/*
 * What does the daemon cost above the wire, and above the match?
 *
 *   echo [--store DIR] [--passes N] [--seconds S] [--window W]
 *
 * T1  ping and market.get through the daemon / a bare ROUTER that echoes
 *     messages of as many frames and bytes in the same loop, W requests on
 *     their way, tcp and ipc; the worst of the four
 * T2  match.people through the daemon, W on their way / match_people in one
 *     thread of this process (markets decoded, no view, no encoding)
 * T3  match.people, one after the other: p50 / p50 of the bare echo
 *
 * Beside T3 stands an echo that thinks for as long as a match takes in this
 * process: what a daemon would reach that had nothing to do but match.
 *
 * An echo of one frame is shown beside them: what the frames themselves cost.
 *
 * T2 and T3 need a STORE with markets and people; it is opened by the daemon
 * and by this process in turn, and not changed.  Without, a store of small
 * markets is made for T1.
 *
 * The two sides of a ratio are asked in turn, for a fraction of S seconds each
 * until both have had S, so that a busy machine is as busy for both; a figure
 * is the median of the passes.  Every server is a process, started anew for
 * each pass; the client is one thread.  T1 is shown by processor time too
 * (client and server, all threads): what a machine of two cores that is asked
 * by nobody else is bound by.
 */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "benchmarks/asked.h"
#include "benchmarks/spawned.h"

#define QUESTIONS_MAX 20000
#define MARKETS 1000
/* Body of the bare echo that a match is compared with. */
#define ECHO_BYTES 300

/* The two sides are asked so many times in turn. */
#define SLICES 10

enum transport { TCP, IPC, TRANSPORTS };
static const char *const transports[TRANSPORTS] = {"tcp", "ipc"};

/* What a bare echo is compared with; the first is an echo too. */
enum rival { ONE_FRAME, PING, GET, RIVALS };
static const char *const rivals[RIVALS] = {"one frame", "ping", "get"};

struct options {
    const char *store;
    int passes;
    double seconds;
    size_t window;
};

/* What a side did: a value a pass. */
struct side {
    struct figures rate; /* replies a second */
    struct figures cpu;  /* microseconds of the server, a reply */
};

/* All that is measured. */
struct results {
    struct {
        struct side echo[RIVALS];
        struct side rival[RIVALS];
        struct figures ratio[RIVALS];
        struct figures cpu_ratio[RIVALS];
        struct figures echo_p50;
        struct side match;
        struct figures echo_p99;
        struct figures thinking_p50;
        struct figures thinking_p99;
        struct figures match_p50;
        struct figures match_p99;
        struct figures t2;
        struct figures t3;
        struct figures t3_thinking;
    } by[TRANSPORTS];
    struct figures local; /* matches a second in this process */
    struct figures whole; /* the same with view, record and encoding */
};

struct bench {
    struct options options;
    struct asked asked;
    struct questions rival[RIVALS];
    struct questions echo[RIVALS];
    char home[64]; /* sockets, and the store when it is ours */
    char store[256];
    uint64_t match_ns; /* of processor, in this process */
    struct results results;
};

static uint64_t ns_of(const struct bench *b)
{
    return (uint64_t)(b->options.seconds * 1e9);
}

static struct spawned spawn(const struct bench *b, enum transport t,
                            int is_daemon, uint64_t think_ns)
{
    static unsigned sockets;
    char listen[128];

    if (t == TCP)
        snprintf(listen, sizeof listen, "tcp://127.0.0.1:*");
    else
        snprintf(listen, sizeof listen, "ipc://%s/%u", b->home, sockets++);
    return is_daemon ? spawn_daemon(b->store, listen)
                     : spawn_echo(listen, think_ns);
}

/* ---- A server and its client -------------------------------------------- */

struct pair {
    struct spawned server;
    struct asker *client;
    struct questions *questions;
    double seconds;    /* of floods */
    double server_cpu; /* seconds of processor in them */
    double client_cpu;
    uint64_t replies;
};

static double own_cpu(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void pair_flood(const struct bench *b, struct pair *p, uint64_t ns)
{
    uint64_t replies = asker_replies(p->client);
    double server = spawned_cpu(&p->server), client = own_cpu();

    p->seconds += asker_flood(p->client, p->questions, b->options.window, ns);
    p->server_cpu += spawned_cpu(&p->server) - server;
    p->client_cpu += own_cpu() - client;
    p->replies += asker_replies(p->client) - replies;
}

/* Flooded for a tenth of the time already, to be warm. */
static struct pair pair_open(const struct bench *b, enum transport t,
                             int is_daemon, uint64_t think_ns,
                             struct questions *questions)
{
    struct pair p = {.server = spawn(b, t, is_daemon, think_ns),
                     .questions = questions};

    p.client = asker_open(p.server.endpoint);
    asker_flood(p.client, questions, b->options.window, ns_of(b) / 10);
    return p;
}

static void pair_close(struct pair *p)
{
    asker_close(p->client);
    spawned_stop(&p->server);
}

static void pair_add(const struct pair *p, struct side *side)
{
    double replies = (double)p->replies;

    figures_add(&side->rate, replies / p->seconds);
    figures_add(&side->cpu, p->server_cpu / replies * 1e6);
}

/* Processor time of a reply, on both sides of the wire. */
static double pair_cpu(const struct pair *p)
{
    return (p->server_cpu + p->client_cpu) / (double)p->replies;
}

/* ---- Passes ------------------------------------------------------------- */

static void pass_rival(struct bench *b, enum transport t, enum rival rival)
{
    uint64_t slice = ns_of(b) / SLICES;
    struct pair echo = pair_open(b, t, 0, 0, &b->echo[rival]);
    struct pair other =
        pair_open(b, t, rival != ONE_FRAME, 0, &b->rival[rival]);

    for (int i = 0; i < SLICES; i++) {
        pair_flood(b, &echo, slice);
        pair_flood(b, &other, slice);
    }
    pair_add(&echo, &b->results.by[t].echo[rival]);
    pair_add(&other, &b->results.by[t].rival[rival]);
    figures_add(&b->results.by[t].ratio[rival],
                (double)other.replies / other.seconds /
                    ((double)echo.replies / echo.seconds));
    figures_add(&b->results.by[t].cpu_ratio[rival],
                pair_cpu(&echo) / pair_cpu(&other));
    pair_close(&other);
    pair_close(&echo);
}

/* One question after the other, in turn with the echo. */
static void pass_sync(struct bench *b, enum transport t, struct pair *match)
{
    uint64_t slice = ns_of(b) / SLICES;
    struct pair echo = pair_open(b, t, 0, 0, &b->echo[ONE_FRAME]);
    struct pair thinking = pair_open(b, t, 0, b->match_ns, &b->echo[ONE_FRAME]);
    struct figures echo_us = {0}, thinking_us = {0}, match_us = {0};
    double echo_p50;

    for (int i = 0; i < SLICES; i++) {
        asker_walk(echo.client, echo.questions, slice, &echo_us);
        asker_walk(thinking.client, thinking.questions, slice, &thinking_us);
        asker_walk(match->client, match->questions, slice, &match_us);
    }
    echo_p50 = figures_at(&echo_us, 0.5);
    figures_add(&b->results.by[t].echo_p50, echo_p50);
    figures_add(&b->results.by[t].echo_p99, figures_at(&echo_us, 0.99));
    figures_add(&b->results.by[t].thinking_p50, figures_at(&thinking_us, 0.5));
    figures_add(&b->results.by[t].thinking_p99, figures_at(&thinking_us, 0.99));
    figures_add(&b->results.by[t].t3_thinking,
                figures_at(&thinking_us, 0.5) / echo_p50);
    figures_add(&b->results.by[t].match_p50, figures_at(&match_us, 0.5));
    figures_add(&b->results.by[t].match_p99, figures_at(&match_us, 0.99));
    figures_add(&b->results.by[t].t3, figures_at(&match_us, 0.5) / echo_p50);
    figures_free(&echo_us);
    figures_free(&thinking_us);
    figures_free(&match_us);
    pair_close(&thinking);
    pair_close(&echo);
}

static void pass_match(struct bench *b, enum transport t, double local)
{
    struct pair match = pair_open(b, t, 1, 0, &b->asked.match);

    pair_flood(b, &match, ns_of(b));
    pair_add(&match, &b->results.by[t].match);
    figures_add(&b->results.by[t].t2,
                (double)match.replies / match.seconds / local);
    pass_sync(b, t, &match);
    pair_close(&match);
}

static struct store *open_store(const char *dir, int init)
{
    struct store_options options = {.init = init};
    struct store *store;
    enum err e = store_open(dir, &options, &store);

    if (e)
        die("%s: %s", dir, e == ERR_STORE_LOCKED ? "in use" : "no store");
    return store;
}

/* Matches a second in this process. */
static double pass_local(struct bench *b)
{
    struct store *store = open_store(b->store, 0);
    double local, cpu;
    uint64_t begin;

    asked_match(&b->asked, store, ns_of(b) / 10, 0);
    begin = now_ns();
    cpu = own_cpu();
    local = asked_match(&b->asked, store, ns_of(b), 0);
    b->match_ns = (uint64_t)((own_cpu() - cpu) * 1e9 /
                             (local * (double)(now_ns() - begin) / 1e9));
    figures_add(&b->results.local, local);
    figures_add(&b->results.whole, asked_match(&b->asked, store, ns_of(b), 1));
    store_close(store);
    return local;
}

static void pass(struct bench *b)
{
    for (enum transport t = 0; t < TRANSPORTS; t++) {
        for (enum rival rival = 0; rival < RIVALS; rival++)
            pass_rival(b, t, rival);
        if (b->asked.match.n)
            pass_match(b, t, pass_local(b));
    }
}

/* ---- Before and after --------------------------------------------------- */

/* The body of a verb's echo: as many bytes as the larger of its question's
 * and its answer's. */
static struct questions echo_of(struct bench *b, struct asker *asker,
                                struct questions *asked)
{
    double answer = asker_sweep(asker, asked);
    size_t question = asked->at[0].frames[2].len;
    size_t bytes = (size_t)answer > question ? (size_t)answer : question;

    return asked_echo(&b->asked, bytes, 3);
}

static void size_echoes(struct bench *b)
{
    struct spawned child = spawn(b, TCP, 1, 0);
    struct asker *asker = asker_open(child.endpoint);

    b->rival[PING] = b->asked.ping;
    b->rival[GET] = b->asked.get;
    b->rival[ONE_FRAME] = asked_echo(&b->asked, ECHO_BYTES, 1);
    b->echo[ONE_FRAME] = asked_echo(&b->asked, ECHO_BYTES, 3);
    b->echo[PING] = echo_of(b, asker, &b->rival[PING]);
    b->echo[GET] = echo_of(b, asker, &b->rival[GET]);
    printf("bytes of a body: ping and its echo %zu, get and its echo %zu, "
           "other echoes %d",
           b->echo[PING].at->frames[2].len, b->echo[GET].at->frames[2].len,
           ECHO_BYTES);
    if (b->asked.match.n)
        printf(", a match of at most %d people %.0f", ASKED_LIMIT,
               asker_sweep(asker, &b->asked.match));
    printf("\n");
    asker_close(asker);
    spawned_stop(&child);
}

static void begin(struct bench *b)
{
    struct store *store;

    snprintf(b->home, sizeof b->home, "/tmp/claused-echo.XXXXXX");
    if (!mkdtemp(b->home))
        die("%s cannot be made", b->home);
    snprintf(b->store, sizeof b->store, "%s%s",
             b->options.store ? b->options.store : b->home,
             b->options.store ? "" : "/store");
    store = open_store(b->store, !b->options.store);
    if (!b->options.store)
        asked_fill(store, MARKETS);
    asked_init(&b->asked, store, QUESTIONS_MAX);
    store_close(store);
    machine_print();
    printf("data: %s: %zu markets to get, %zu lots to match\n",
           b->options.store ? b->store : "a fresh store", b->asked.get.n,
           b->asked.match.n);
    printf("method: %d passes of %.1f s a figure, window %zu, client, echo "
           "and daemon\none process each on this machine\n",
           b->options.passes, b->options.seconds, b->options.window);
    size_echoes(b);
}

static void end(struct bench *b)
{
    char command[128];

    asked_fini(&b->asked);
    snprintf(command, sizeof command, "rm -rf %s", b->home);
    if (system(command))
        die("%s stays", b->home);
}

static void say(struct figures *f, const char *name, enum transport t,
                const char *unit)
{
    char text[96];

    snprintf(text, sizeof text, "%s %s", name, transports[t]);
    figures_print(f, text, unit);
}

static void report_rival(struct results *r, enum transport t, enum rival rival)
{
    char echo[64];

    snprintf(echo, sizeof echo, "echo as %s", rivals[rival]);
    if (rival == ONE_FRAME)
        snprintf(echo, sizeof echo, "echo of three frames");
    say(&r->by[t].echo[rival].rate, echo, t, "1/s");
    say(&r->by[t].echo[rival].cpu, echo, t, "us of the server");
    say(&r->by[t].rival[rival].rate, rivals[rival], t, "1/s");
    say(&r->by[t].rival[rival].cpu, rivals[rival], t, "us of the server");
    say(&r->by[t].ratio[rival], rivals[rival], t, "ratio");
    say(&r->by[t].cpu_ratio[rival], rivals[rival], t, "ratio of cpu");
}

static void report_transport(struct results *r, enum transport t)
{
    for (enum rival rival = 0; rival < RIVALS; rival++)
        report_rival(r, t, rival);
    say(&r->by[t].match.rate, "match", t, "1/s");
    say(&r->by[t].match.cpu, "match", t, "us of the server");
    say(&r->by[t].t2, "match", t, "ratio");
    say(&r->by[t].echo_p50, "echo of three frames, sync p50", t, "us");
    say(&r->by[t].echo_p99, "echo of three frames, sync p99", t, "us");
    say(&r->by[t].thinking_p50, "echo that thinks, sync p50", t, "us");
    say(&r->by[t].thinking_p99, "echo that thinks, sync p99", t, "us");
    say(&r->by[t].t3_thinking, "echo that thinks, sync p50", t, "ratio");
    say(&r->by[t].match_p50, "match, sync p50", t, "us");
    say(&r->by[t].match_p99, "match, sync p99", t, "us");
    say(&r->by[t].t3, "match, sync p50", t, "ratio");
}

/* All figures, then the targets by the worse transport; how many are missed. */
static int report(struct results *r)
{
    double t1 = INFINITY, t2 = INFINITY, t3 = 0;
    int missed;

    figures_head();
    for (enum transport t = 0; t < TRANSPORTS; t++) {
        report_transport(r, t);
        t1 = fmin(t1, figures_at(&r->by[t].ratio[PING], 0.5));
        t1 = fmin(t1, figures_at(&r->by[t].ratio[GET], 0.5));
        t2 = fmin(t2, figures_at(&r->by[t].t2, 0.5));
        t3 = fmax(t3, figures_at(&r->by[t].t3, 0.5));
    }
    figures_print(&r->local, "match_people", "1/s");
    figures_print(&r->whole, "match_people, record, view, bytes", "1/s");
    missed = !target_print("T1", t1, 0.75, 0);
    if (!r->local.n)
        return missed;
    return missed + !target_print("T2", t2, 0.7, 0) +
           !target_print("T3", t3, 1.5, 1);
}

static const struct argp_option flags[] = {
    {"store", 's', "DIR", 0, "A store with markets and people", 0},
    {"passes", 'p', "N", 0, "Passes (5)", 0},
    {"seconds", 't', "S", 0, "Seconds a figure (1)", 0},
    {"window", 'w', "W", 0, "Requests on their way (64)", 0},
    {0},
};

static error_t on_flag(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 's':
        o->store = arg;
        return 0;
    case 'p':
        o->passes = (int)number_of(arg);
        return 0;
    case 't':
        o->seconds = strtod(arg, NULL);
        return 0;
    case 'w':
        o->window = number_of(arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp parser = {
        .options = flags,
        .parser = on_flag,
        .doc = "The daemon against a bare echo, and against the match alone."};
    static struct bench bench = {.options = {NULL, 5, 1, 64}};

    argp_parse(&parser, argc, argv, 0, NULL, &bench.options);
    if (bench.options.passes < 1 || bench.options.window < 1)
        die("nothing to do");
    begin(&bench);
    for (int i = 0; i < bench.options.passes; i++)
        pass(&bench);
    end(&bench);
    return report(&bench.results) != 0;
}
