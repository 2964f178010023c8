/*
 * Sessions of a PostgreSQL that `load` has filled, the questions it keeps, and
 * what they are answered.
 */
#ifndef BENCHMARKS_POSTGRES_ASK_H
#define BENCHMARKS_POSTGRES_ASK_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

/* What is asked: a view of a row a question, with the key of its ties, and its
 * parameters as texts between bars. */
struct kind {
    const char *questions;
    const char *ids; /* of candidates by number; NULL: people, "P%07u" */
};

/* How it is asked. */
struct design {
    const char *name;
    const struct kind *kind;
    const char *settings; /* of its sessions; "" for none */
    const char *answer;   /* statement up to the parameters */
    int sessions;
    int batch; /* one question: all lots in an array */
};

/* The questions of a design, read once. */
struct asked {
    size_t n;
    uint64_t *keys;
    char **parameters;
    char **ids; /* NULL: people */
    size_t n_ids;
    int n_parameters;
};

/* A connection with the settings of the design.  Ends the program when there
 * is none, as all of these do on an error of the server. */
PGconn *session_open(const char *conninfo, const struct design *design);

/* Read N questions, lots I * LOTS / N of the world as sample.h takes them; of
 * a batch one, that holds all of these lots. */
void asked_read(PGconn *connection, const struct design *design, size_t n,
                struct asked *out);
void asked_fini(struct asked *asked);

/* Prepare the statement of the design in a session, once. */
void session_prepare(PGconn *connection, const struct design *design,
                     const struct asked *asked);

/* The answer to a question; the caller clears it. */
PGresult *session_ask(PGconn *connection, const struct asked *asked,
                      size_t question);

/* A sum over id, score and tie of every row, in order, begun with 0: sample.c
 * sums the answers of the matching core the same way. */
uint64_t answer_sum(const struct asked *asked, size_t question,
                    const PGresult *answer, uint64_t sum);
/* Of a batch: lists are summed each for itself, and those sums added. */
uint64_t batch_sum(const PGresult *answer);

#endif
