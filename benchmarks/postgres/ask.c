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

/* N of the lots, evenly spread. */
static void choose_lots(PGconn *c, size_t n, struct asked *out)
{
    size_t all = count_lots(c);

    out->n_lots = n < all ? n : all;
    out->lots = room(out->n_lots, sizeof *out->lots);
    for (size_t i = 0; i < out->n_lots; i++)
        out->lots[i] = (uint32_t)(i * all / out->n_lots);
}

/* Every STEP-th of the lots from FIRST on, as an array of SQL. */
static char *array_of(const struct asked *a, size_t first, size_t step)
{
    size_t bytes = 12 * (a->n_lots + 2), len = 1;
    char *text = room(a->n_lots + 2, 12);

    text[0] = '{';
    for (size_t i = first; i < a->n_lots; i += step)
        len += (size_t)snprintf(text + len, bytes - len, "%s%u",
                                len > 1 ? "," : "", a->lots[i]);
    snprintf(text + len, bytes - len, "}");
    return text;
}

static void read_ids(PGconn *c, struct asked *out)
{
    PGresult *r =
        checked(c, PQexec(c, "SELECT id FROM structures ORDER BY structure"));

    out->n_ids = (size_t)PQntuples(r);
    out->ids = room(out->n_ids, sizeof *out->ids);
    for (size_t i = 0; i < out->n_ids; i++)
        out->ids[i] = copy(PQgetvalue(r, (int)i, 0));
    PQclear(r);
}

/* Key and parameters of each lot in VIEW; the caller clears them. */
static PGresult *read_view(PGconn *c, const char *view, const struct asked *a)
{
    char *lots = array_of(a, 0, 1), sql[SQL_BYTES];
    const char *values[] = {lots};
    PGresult *r;

    snprintf(sql, sizeof sql,
             "SELECT key, parameters FROM unnest($1::int[]) WITH ORDINALITY "
             "l (lot, n) JOIN %s USING (lot) ORDER BY n",
             view);
    r = checked(c, PQexecParams(c, sql, 1, NULL, values, NULL, NULL, 0));
    if ((size_t)PQntuples(r) != a->n_lots)
        die("%d questions, not %zu", PQntuples(r), a->n_lots);
    free(lots);
    return r;
}

static uint64_t *read_keys(const PGresult *r)
{
    size_t n = (size_t)PQntuples(r);
    uint64_t *keys = room(n, sizeof *keys);

    for (size_t i = 0; i < n; i++)
        keys[i] = (uint64_t)strtoll(PQgetvalue(r, (int)i, 0), NULL, 10);
    return keys;
}

/* A question a lot. */
static void read_each(const PGresult *r, struct asked *out)
{
    out->n = out->n_lots;
    out->parameters = room(out->n, sizeof *out->parameters);
    for (size_t i = 0; i < out->n; i++)
        out->parameters[i] = copy(PQgetvalue(r, (int)i, 1));
    for (const char *p = out->parameters[0]; *p; p++)
        out->n_parameters += *p == '|';
    if (out->n_parameters > PARAMETERS_MAX)
        die("%d parameters", out->n_parameters);
}

/* A question a session. */
static void read_batch(PGconn *c, const struct design *d, struct asked *out)
{
    PGresult *r = read_view(c, "lot_questions", out);

    out->whole = read_keys(r);
    PQclear(r);
    out->n = (size_t)d->sessions;
    out->parameters = room(out->n, sizeof *out->parameters);
    for (size_t i = 0; i < out->n; i++)
        out->parameters[i] = array_of(out, i, out->n);
}

void asked_read(PGconn *c, const struct design *d, size_t n, struct asked *out)
{
    PGresult *r;

    *out = (struct asked){.n_parameters = 1};
    choose_lots(c, n, out);
    r = read_view(c, d->kind->questions, out);
    out->keys = read_keys(r);
    if (d->batch)
        read_batch(c, d, out);
    else
        read_each(r, out);
    if (d->batch || d->kind->structures)
        read_ids(c, out);
    PQclear(r);
}

void asked_fini(struct asked *a)
{
    for (size_t i = 0; i < a->n; i++)
        free(a->parameters[i]);
    for (size_t i = 0; i < a->n_ids; i++)
        free(a->ids[i]);
    free(a->parameters);
    free(a->lots);
    free(a->keys);
    free(a->whole);
    free(a->ids);
}

/* ---- Sums --------------------------------------------------------------- */

static uint32_t cell(const PGresult *r, int row, int column)
{
    uint32_t value;

    memcpy(&value, PQgetvalue(r, row, column), sizeof value);
    return ntohl(value);
}

static uint64_t hash_structure(const struct asked *a, uint32_t number)
{
    if (number >= a->n_ids)
        die("there is no structure %u", number);
    return order_hash(slice_of(a->ids[number]));
}

static uint64_t hash_person(uint32_t number)
{
    char text[24];

    snprintf(text, sizeof text, "P%07u", number + 1);
    return order_hash(slice_of(text));
}

/* SUM, and then a row of a list whose ties have KEY. */
static uint64_t add_row(uint64_t sum, uint64_t key, uint64_t id, uint32_t score)
{
    char tie[24];

    snprintf(tie, sizeof tie, "%016llx",
             (unsigned long long)order_tie(key, id));
    sum = draw_mix(sum ^ id);
    sum = draw_mix(sum ^ score);
    return draw_mix(sum ^ order_hash(slice_of(tie)));
}

void answer_sums(const struct asked *a, PGresult *const *answers,
                 struct sums *out)
{
    *out = (struct sums){0, 0, 0};
    for (size_t i = 0; i < a->n; i++)
        for (int row = 0; row < PQntuples(answers[i]); row++) {
            uint32_t number = cell(answers[i], row, 0);
            uint64_t id =
                a->ids ? hash_structure(a, number) : hash_person(number);

            out->first =
                add_row(out->first, a->keys[i], id, cell(answers[i], row, 1));
            out->rows++;
        }
}

/* ---- Of a batch: lot, job (0: structures), number, score ---------------- */

static int by_lot(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static size_t find_lot(const struct asked *a, uint32_t lot)
{
    const uint32_t *at =
        bsearch(&lot, a->lots, a->n_lots, sizeof *a->lots, by_lot);

    if (!at)
        die("nobody asked for lot %u", lot);
    return (size_t)(at - a->lots);
}

/* Rows of R from ROW on that are of its list. */
static int rows_of_list(const PGresult *r, int row)
{
    int n = 0;

    while (row + n < PQntuples(r) && cell(r, row + n, 0) == cell(r, row, 0) &&
           cell(r, row + n, 1) == cell(r, row, 1))
        n++;
    return n;
}

/* The first row, from 1, of each lot's structures and of its first job's
 * people, 0 for none. */
static int (*find_lists(const struct asked *a, PGresult *const *answers))[2]
{
    int(*at)[2] = room(a->n_lots, sizeof *at);

    for (size_t i = 0; i < a->n; i++) {
        const PGresult *r = answers[i];

        for (int row = 0; row < PQntuples(r); row += rows_of_list(r, row)) {
            uint32_t job = cell(r, row, 1);
            size_t lot = find_lot(a, cell(r, row, 0));

            if (job > 1)
                continue;
            if (at[lot][job])
                die("the rows of a list stand apart");
            at[lot][job] = row + 1;
        }
    }
    return at;
}

void batch_sums(const struct asked *a, PGresult *const *answers,
                struct sums *out)
{
    int(*lists)[2] = find_lists(a, answers);

    *out = (struct sums){0, 0, 0};
    for (size_t i = 0; i < a->n; i++)
        out->rows += (size_t)PQntuples(answers[i]);
    for (size_t i = 0; i < a->n_lots; i++) {
        const PGresult *r = answers[i % a->n];

        for (int job = 0; job < 2; job++) {
            int row = lists[i][job] - 1, n = row < 0 ? 0 : rows_of_list(r, row);
            uint64_t *sum = job ? &out->first : &out->structures;

            for (int last = row + n; row < last; row++) {
                uint32_t number = cell(r, row, 2);

                *sum = add_row(*sum, job ? a->keys[i] : a->whole[i],
                               job ? hash_person(number)
                                   : hash_structure(a, number),
                               cell(r, row, 3));
            }
        }
    }
    free(lists);
}
