/*
 * Sessions of a PostgreSQL that `load` has filled, the questions it keeps, and
 * what they are answered.
 */
#ifndef BENCHMARKS_POSTGRES_ASK_H
#define BENCHMARKS_POSTGRES_ASK_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#define SESSIONS_MAX 2

/* What is asked: a view of a row a question, with the key of its ties, and its
 * parameters as texts between bars. */
struct kind {
    const char *questions;
    int structures; /* candidates by the ids of a table; else people, "P%07u" */
};

/* How it is asked. */
struct design {
    const char *name;
    const struct kind *kind;
    const char *settings; /* of its sessions; "" for none */
    const char *answer;   /* statement up to the parameters */
    int sessions;
    int batch; /* a question a session, which holds its part of the lots */
};

/* The questions of a design, read once. */
struct asked {
    size_t n;
    char **parameters; /* of a question */
    int n_parameters;
    size_t n_lots;
    uint32_t *lots;  /* ascending: of a question, or of all of a batch */
    uint64_t *keys;  /* of the lots' ties: their first jobs, or they */
    uint64_t *whole; /* of a batch: the lots' own */
    char **ids;      /* of structures by number */
    size_t n_ids;
};

/* What all answers of a pass say: a sum over id, score and tie of every row, in
 * the order of the questions.  sample.c sums the answers of the matching core
 * the same way. */
struct sums {
    size_t rows;
    uint64_t first;      /* of the design's kind; of a batch, the first jobs */
    uint64_t structures; /* of a batch */
};

/* A connection with the settings of the design.  Ends the program when there
 * is none, as all of these do on an error of the server. */
PGconn *session_open(const char *conninfo, const struct design *design);

/* Read N questions, lots I * LOTS / N of the world as sample.h takes them; a
 * batch has them all in one question, or in one a session. */
void asked_read(PGconn *connection, const struct design *design, size_t n,
                struct asked *out);
void asked_fini(struct asked *asked);

/* Prepare the statement of the design in a session, once. */
void session_prepare(PGconn *connection, const struct design *design,
                     const struct asked *asked);

/* The answer to a question; the caller clears it. */
PGresult *session_ask(PGconn *connection, const struct asked *asked,
                      size_t question);

/* Of the answers to all questions. */
void answer_sums(const struct asked *asked, PGresult *const *answers,
                 struct sums *out);
/* Of a batch: first jobs and structures of each lot, each as if it had been
 * asked alone.  Ends the program when rows of a list do not stand together. */
void batch_sums(const struct asked *asked, PGresult *const *answers,
                struct sums *out);

#endif
