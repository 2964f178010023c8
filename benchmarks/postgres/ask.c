/*
 * Over TCP, with prepared statements: parameters travel as text, rows in
 * binary.
 */
#include "benchmarks/postgres/ask.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/draw.h"
#include "benchmarks/figures.h"
#include "engine/match/order.h"

#define STATEMENT "asked"
#define PARAMETERS_MAX 32
#define SQL_BYTES 512

static void *room(size_t n, size_t size)
{
    void *at = calloc(n ? n : 1, size);

    if (!at)
        die("out of memory");
    return at;
}

static char *copy(const char *text)
{
    char *at = strdup(text);

    if (!at)
        die("out of memory");
    return at;
}

/* ---- Sessions ----------------------------------------------------------- */

static PGresult *checked(PGconn *c, PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);

    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        die("%s", PQerrorMessage(c));
    return r;
}

PGconn *session_open(const char *conninfo, const struct design *d)
{
    PGconn *c = PQconnectdb(conninfo);

    if (PQstatus(c) != CONNECTION_OK)
        die("%s", PQerrorMessage(c));
    if (*d->settings)
        PQclear(checked(c, PQexec(c, d->settings)));
    return c;
}

void session_prepare(PGconn *c, const struct design *d, const struct asked *a)
{
    char sql[SQL_BYTES];
    size_t len = (size_t)snprintf(sql, sizeof sql, "%s", d->answer);

    for (int i = 1; i <= a->n_parameters; i++)
        len += (size_t)snprintf(sql + len, sizeof sql - len, "%s$%d",
                                i > 1 ? ", " : "", i);
    snprintf(sql + len, sizeof sql - len, ")");
    PQclear(checked(c, PQprepare(c, STATEMENT, sql, 0, NULL)));
}

PGresult *session_ask(PGconn *c, const struct asked *a, size_t question)
{
    const char *values[PARAMETERS_MAX];
    char *text = copy(a->parameters[question]), *at = text;
    PGresult *r;

    for (int i = 0; i < a->n_parameters; i++)
        values[i] = strsep(&at, "|");
    r = PQexecPrepared(c, STATEMENT, a->n_parameters, values, NULL, NULL, 1);
    free(text);
    return checked(c, r);
}

/* ---- Questions ---------------------------------------------------------- */

static size_t count_lots(PGconn *c)
{
    PGresult *r = checked(c, PQexec(c, "SELECT count(*) FROM lots"));
    size_t n = strtoul(PQgetvalue(r, 0, 0), NULL, 10);

    PQclear(r);
    return n;
}

/* N of the lots, evenly spread, as an array of SQL. */
static char *choose_lots(size_t lots, size_t n)
{
    char *text = room(n + 1, 12);
    size_t len = 0;

    for (size_t i = 0; i < n; i++)
        len +=
            (size_t)sprintf(text + len, "%c%zu", i ? ',' : '{', i * lots / n);
    sprintf(text + len, "}");
    return text;
}

static void read_ids(PGconn *c, const char *sql, struct asked *out)
{
    PGresult *r = checked(c, PQexec(c, sql));

    out->n_ids = (size_t)PQntuples(r);
    out->ids = room(out->n_ids, sizeof *out->ids);
    for (size_t i = 0; i < out->n_ids; i++)
        out->ids[i] = copy(PQgetvalue(r, (int)i, 0));
    PQclear(r);
}

static void read_rows(PGconn *c, const struct design *d, const char *lots,
                      struct asked *out)
{
    char sql[SQL_BYTES];
    PGresult *r;

    snprintf(sql, sizeof sql,
             "SELECT key, parameters FROM unnest($1::int[]) WITH ORDINALITY "
             "l (lot, n) JOIN %s USING (lot) ORDER BY n",
             d->kind->questions);
    r = checked(c, PQexecParams(c, sql, 1, NULL, &lots, NULL, NULL, 0));
    if ((size_t)PQntuples(r) != out->n)
        die("%d questions, not %zu", PQntuples(r), out->n);
    for (size_t i = 0; i < out->n; i++) {
        const char *key = PQgetvalue(r, (int)i, 0);

        out->keys[i] = (uint64_t)strtoll(key, NULL, 10);
        out->parameters[i] = copy(PQgetvalue(r, (int)i, 1));
    }
    PQclear(r);
}

void asked_read(PGconn *c, const struct design *d, size_t n, struct asked *out)
{
    size_t all = count_lots(c);
    char *lots;

    if (n > all)
        n = all;
    lots = choose_lots(all, n);
    *out = (struct asked){.n = d->batch ? 1 : n, .n_parameters = 1};
    out->keys = room(out->n, sizeof *out->keys);
    out->parameters = room(out->n, sizeof *out->parameters);
    if (d->batch) {
        out->parameters[0] = lots;
        return;
    }
    read_rows(c, d, lots, out);
    free(lots);
    if (d->kind->ids)
        read_ids(c, d->kind->ids, out);
    for (const char *p = out->parameters[0]; *p; p++)
        out->n_parameters += *p == '|';
    if (out->n_parameters > PARAMETERS_MAX)
        die("%d parameters", out->n_parameters);
}

void asked_fini(struct asked *a)
{
    for (size_t i = 0; i < a->n; i++)
        free(a->parameters[i]);
    for (size_t i = 0; i < a->n_ids; i++)
        free(a->ids[i]);
    free(a->parameters);
    free(a->keys);
    free(a->ids);
}

/* ---- Sums --------------------------------------------------------------- */

static uint32_t cell(const PGresult *r, int row, int column)
{
    uint32_t value;

    memcpy(&value, PQgetvalue(r, row, column), sizeof value);
    return ntohl(value);
}

static uint64_t add(uint64_t sum, uint64_t number)
{
    return draw_mix(sum ^ number);
}

static uint64_t hash_id(const struct asked *a, uint32_t number)
{
    char text[24];

    if (a->ids && number >= a->n_ids)
        die("there is no candidate %u", number);
    if (a->ids)
        return order_hash(slice_of(a->ids[number]));
    snprintf(text, sizeof text, "P%07u", number + 1);
    return order_hash(slice_of(text));
}

uint64_t answer_sum(const struct asked *a, size_t question, const PGresult *r,
                    uint64_t sum)
{
    for (int row = 0; row < PQntuples(r); row++) {
        uint64_t id = hash_id(a, cell(r, row, 0));
        char tie[24];

        snprintf(tie, sizeof tie, "%016llx",
                 (unsigned long long)order_tie(a->keys[question], id));
        sum = add(sum, id);
        sum = add(sum, cell(r, row, 1));
        sum = add(sum, order_hash(slice_of(tie)));
    }
    return sum;
}

uint64_t batch_sum(const PGresult *r)
{
    uint64_t all = 0, list = 0, last = UINT64_MAX;

    for (int row = 0; row < PQntuples(r); row++) {
        uint64_t of = (uint64_t)cell(r, row, 0) << 8 | cell(r, row, 1);

        if (of != last) {
            all += list;
            list = of;
            last = of;
        }
        list = add(add(list, cell(r, row, 2)), cell(r, row, 3));
    }
    return all + list;
}
