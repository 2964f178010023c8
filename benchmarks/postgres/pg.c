/*
 * pg: ask a PostgreSQL that benchmarks/postgres/load has filled what `national`
 * asks the store, and time it.
 *
 *   pg CONNINFO QUESTIONS PASSES DESIGN...
 *   pg CONNINFO check      kilometres and ties against those of the daemon
 *
 * Questions are those of `national`: lots I * LOTS / QUESTIONS of the world,
 * the first job of each, the best 50.  In a pass every design answers all of
 * them, one design after the other.  A line a design and pass, tab-separated:
 *
 *   design  pass  p50_us  p99_us  mean_us  questions/s  rows  sum
 *
 *   B, D        people: one GiST index; rings by hand
 *   S           structures
 *   B2, D2, S2  the same, two sessions that share the questions
 *   N           all jobs and structures of the lots in one statement: a
 *               question a pass
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

#define SESSIONS_MAX 2
#define WARM_UP 50 /* questions of a session before its first pass */

#define STRUCTURE_IDS "SELECT id FROM structures ORDER BY structure"
static const struct kind people = {"first_jobs", NULL};
static const struct kind structures = {"lot_questions", STRUCTURE_IDS};
static const struct kind tenders = {"peer.questions", STRUCTURE_IDS};

/* What the rings are made of is nested loops over an index; the planner cannot
 * know how few rows most of them find. */
#define LOOPS                                                                  \
    "SET enable_hashjoin = off; SET enable_mergejoin = off; "                  \
    "SET enable_seqscan = off; SET enable_bitmapscan = off"
#define ANSWER "SELECT number, score FROM "

static const struct design designs[] = {
    {"B", &people, "", ANSWER "gist_top(50, ", 1, 0},
    {"B2", &people, "", ANSWER "gist_top(50, ", 2, 0},
    {"D", &people, LOOPS, ANSWER "ring_top(50, ", 1, 0},
    {"D2", &people, LOOPS, ANSWER "ring_top(50, ", 2, 0},
    {"S", &structures, "", ANSWER "structures_top(50, ", 1, 0},
    {"S2", &structures, "", ANSWER "structures_top(50, ", 2, 0},
    {"N", &people, "", "SELECT lot, job, number, score FROM batch_top(50, ", 1,
     1},
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
    asked_fini(&side->asked);
}

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

static uint64_t sum_answers(const struct side *side, PGresult **answers,
                            size_t *rows)
{
    uint64_t sum = 0;

    *rows = 0;
    for (size_t i = 0; i < side->asked.n; i++) {
        *rows += (size_t)PQntuples(answers[i]);
        sum = side->design->batch
                  ? batch_sum(answers[i])
                  : answer_sum(&side->asked, i, answers[i], sum);
        PQclear(answers[i]);
    }
    return sum;
}

static void print_pass(const struct side *side, size_t pass, double seconds,
                       size_t rows, uint64_t sum)
{
    struct figures us = {NULL, 0, 0};
    double mean = 0;

    for (int i = 0; i < side->design->sessions; i++)
        for (size_t k = 0; k < side->sessions[i].us.n; k++) {
            figures_add(&us, side->sessions[i].us.at[k]);
            mean += side->sessions[i].us.at[k] / (double)side->asked.n;
        }
    printf("%s\t%zu\t%.1f\t%.1f\t%.1f\t%.2f\t%zu\t%016llx\n",
           side->design->name, pass, figures_at(&us, 0.5),
           figures_at(&us, 0.99), mean, (double)side->asked.n / seconds, rows,
           (unsigned long long)sum);
    fflush(stdout);
    figures_free(&us);
}

static void side_pass(struct side *side, size_t pass)
{
    PGresult **answers = calloc(side->asked.n, sizeof *answers);
    double seconds;
    uint64_t sum;
    size_t rows;

    if (!answers)
        die("out of memory");
    seconds = run_sessions(side, answers);
    sum = sum_answers(side, answers, &rows);
    print_pass(side, pass, seconds, rows, sum);
    free(answers);
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
    for (size_t pass = 1; pass <= passes; pass++)
        for (size_t i = 0; i < n_sides; i++)
            side_pass(&sides[i], pass);
    for (size_t i = 0; i < n_sides; i++)
        side_end(&sides[i]);
    free(sides);
    return 0;
}
