/*
 * pg: ask a PostgreSQL that benchmarks/postgres/load has filled what `national`
 * asks the store, and time it.
 *
 *   pg CONNINFO QUESTIONS PASSES DESIGN...
 *   pg CONNINFO check      kilometres and ties against those of the daemon
 *
 * Questions are those of `national`: lots I * LOTS / QUESTIONS of the world,
 * the first job of each, the best 50.  In a pass every design answers all of
 * them, one design after the other.  Figures are said as `national` says them,
 * pg.DESIGN.p50 and so on.
 *
 *   B, D          people: one GiST index; rings by hand
 *   S, S.stress   structures; those of the schema stress
 *   B2, D2, S2    the same, two sessions that share the questions
 *   N             all jobs and structures of the lots in one statement
 *   N2            the same, two sessions with half of the lots each
 *   peer, peer.careful   the nearest existing system: other answers
 *
 * Equal sums are equal answers: see ask.h.  README.md explains the designs.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/figures.h"
#include "benchmarks/postgres/ask.h"
#include "benchmarks/postgres/check.h"

#define WARM_UP 50 /* questions of a session before its first pass */

static const struct kind people = {"first_jobs", 0};
static const struct kind structures = {"lot_questions", 1};
static const struct kind tenders = {"peer.questions", 1};

/* What the rings are made of is nested loops over an index; the planner cannot
 * know how few rows most of them find. */
#define LOOPS                                                                  \
    "SET enable_hashjoin = off; SET enable_mergejoin = off; "                  \
    "SET enable_seqscan = off; SET enable_bitmapscan = off"
#define ANSWER "SELECT number, score FROM "
#define BATCH "SELECT lot, job, number, score FROM batch_top(50, "

static const struct design designs[] = {
    {"B", &people, "", ANSWER "gist_top(50, ", 1, 0},
    {"B2", &people, "", ANSWER "gist_top(50, ", 2, 0},
    {"D", &people, LOOPS, ANSWER "ring_top(50, ", 1, 0},
    {"D2", &people, LOOPS, ANSWER "ring_top(50, ", 2, 0},
    {"S", &structures, "", ANSWER "structures_top(50, ", 1, 0},
    {"S2", &structures, "", ANSWER "structures_top(50, ", 2, 0},
    {"S.stress", &structures, "SET search_path = stress, public",
     ANSWER "structures_top(50, ", 1, 0},
    {"N", &people, "", BATCH, 1, 1},
    {"N2", &people, "", BATCH, 2, 1},
    {"peer", &tenders, "", ANSWER "peer.single(", 1, 0},
    {"peer.careful", &tenders, "", ANSWER "peer.careful(", 1, 0},
};
#define DESIGNS (sizeof designs / sizeof *designs)

struct session {
    PGconn *connection;
    const struct asked *asked;
    size_t first, step;
    struct figures us;
    PGresult **answers; /* of all questions: a session fills its own */
};

/* A design that is being measured. */
struct side {
    const struct design *design;
    struct asked asked;
    struct session sessions[SESSIONS_MAX];
    struct figures p50, p99, mean, rate; /* a value a pass */
    struct figures us;                   /* of the last pass */
    struct sums sums;                    /* of any pass: they are equal */
};

static const struct design *find_design(const char *name)
{
    for (size_t i = 0; i < DESIGNS; i++)
        if (!strcmp(designs[i].name, name))
            return &designs[i];
    die("%s is no design", name);
}

static void side_begin(struct side *side, const char *conninfo, size_t n)
{
    const struct design *d = side->design;

    for (int i = 0; i < d->sessions; i++) {
        PGconn *c = session_open(conninfo, d);

        if (!i)
            asked_read(c, d, n, &side->asked);
        session_prepare(c, d, &side->asked);
        for (size_t k = 0; !d->batch && k < WARM_UP; k++)
            PQclear(session_ask(c, &side->asked, k * side->asked.n / WARM_UP));
        side->sessions[i] = (struct session){.connection = c,
                                             .asked = &side->asked,
                                             .first = (size_t)i,
                                             .step = (size_t)d->sessions};
    }
}

static void side_end(struct side *side)
{
    for (int i = 0; i < side->design->sessions; i++) {
        PQfinish(side->sessions[i].connection);
        figures_free(&side->sessions[i].us);
    }
    figures_free(&side->p50);
    figures_free(&side->p99);
    figures_free(&side->mean);
    figures_free(&side->rate);
    figures_free(&side->us);
    asked_fini(&side->asked);
}

/* ---- A pass ------------------------------------------------------------- */

static void *run_session(void *context)
{
    struct session *s = context;

    figures_clear(&s->us);
    for (size_t i = s->first; i < s->asked->n; i += s->step) {
        uint64_t began = now_ns();

        s->answers[i] = session_ask(s->connection, s->asked, i);
        figures_add(&s->us, (double)(now_ns() - began) / 1e3);
    }
    return NULL;
}

/* All questions once, by all sessions; the seconds it took. */
static double run_sessions(struct side *side, PGresult **answers)
{
    pthread_t threads[SESSIONS_MAX];
    uint64_t began = now_ns();

    for (int i = 0; i < side->design->sessions; i++) {
        side->sessions[i].answers = answers;
        if (pthread_create(&threads[i], NULL, run_session, &side->sessions[i]))
            die("no thread");
    }
    for (int i = 0; i < side->design->sessions; i++)
        pthread_join(threads[i], NULL);
    return (double)(now_ns() - began) / 1e9;
}

static void add_pass(struct side *side, double seconds)
{
    double mean = 0;

    figures_clear(&side->us);
    for (int i = 0; i < side->design->sessions; i++)
        for (size_t k = 0; k < side->sessions[i].us.n; k++) {
            figures_add(&side->us, side->sessions[i].us.at[k]);
            mean += side->sessions[i].us.at[k] / (double)side->asked.n;
        }
    figures_add(&side->p50, figures_at(&side->us, 0.5));
    figures_add(&side->p99, figures_at(&side->us, 0.99));
    figures_add(&side->mean, mean);
    figures_add(&side->rate, (double)side->asked.n_lots / seconds);
}

static void side_pass(struct side *side, size_t pass)
{
    PGresult **answers = calloc(side->asked.n, sizeof *answers);
    struct sums sums = {0, 0, 0};

    if (!answers)
        die("out of memory");
    add_pass(side, run_sessions(side, answers));
    if (side->design->batch)
        batch_sums(&side->asked, answers, &sums);
    else
        answer_sums(&side->asked, answers, &sums);
    if (pass && memcmp(&sums, &side->sums, sizeof sums))
        die("%s answers one way and another", side->design->name);
    side->sums = sums;
    for (size_t i = 0; i < side->asked.n; i++)
        PQclear(answers[i]);
    free(answers);
}

/* ---- What is said ------------------------------------------------------- */

static void print_figure(const struct side *side, struct figures *figures,
                         const char *what, const char *unit)
{
    char name[64];

    snprintf(name, sizeof name, "pg.%s.%s", side->design->name, what);
    figures_print(figures, name, unit);
}

static void print_sum(const struct side *side, const char *what, uint64_t sum)
{
    printf("sum\tpg.%s%s\t%016llx\n", side->design->name, what,
           (unsigned long long)sum);
}

static void side_print(struct side *side)
{
    char name[64];

    if (!side->design->batch) {
        print_figure(side, &side->p50, "p50", "us");
        print_figure(side, &side->p99, "p99", "us");
        print_figure(side, &side->mean, "mean", "us");
        snprintf(name, sizeof name, "pg.%s", side->design->name);
        figures_print_quantiles(&side->us, name);
        print_sum(side, "", side->sums.first);
    } else {
        print_sum(side, ".people", side->sums.first);
        print_sum(side, ".structures", side->sums.structures);
    }
    print_figure(side, &side->rate, "rate", "lots/s");
    printf("rows\tpg.%s\t%zu\n", side->design->name, side->sums.rows);
}

static int check(const char *conninfo)
{
    PGconn *c = session_open(conninfo, &designs[0]);

    check_arithmetic(c);
    PQfinish(c);
    return 0;
}

int main(int argc, char **argv)
{
    size_t n_sides = argc > 4 ? (size_t)argc - 4 : 0, n, passes;
    struct side *sides;

    if (argc == 3 && !strcmp(argv[2], "check"))
        return check(argv[1]);
    if (!n_sides || !(n = strtoul(argv[2], NULL, 10))) {
        fputs("pg CONNINFO QUESTIONS PASSES DESIGN...\npg CONNINFO check\n",
              stderr);
        return 64;
    }
    passes = strtoul(argv[3], NULL, 10);
    if (!(sides = calloc(n_sides, sizeof *sides)))
        die("out of memory");
    for (size_t i = 0; i < n_sides; i++) {
        sides[i].design = find_design(argv[4 + i]);
        side_begin(&sides[i], argv[1], n);
    }
    for (size_t pass = 0; pass < passes; pass++)
        for (size_t i = 0; i < n_sides; i++)
            side_pass(&sides[i], pass);
    figures_head();
    for (size_t i = 0; i < n_sides; i++)
        side_print(&sides[i]);
    for (size_t i = 0; i < n_sides; i++)
        side_end(&sides[i]);
    free(sides);
    return 0;
}
