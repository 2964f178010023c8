/*
 * Written on the loop, a line at a time, without waiting for the disk: a line
 * is in the kernel's hands before the reply leaves.
 */
#include "engine/access.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/clock.h"
#include "engine/log.h"
#include "engine/token.h"
#include "store/spare.h"

#define HASH_BYTES 32
#define HASH_HEX (2 * HASH_BYTES)
/* A line names at most 1,000 people of 17 characters, and an end. */
#define LINE_BYTES (32u << 10)
#define HEAD_BYTES 256
#define CHAIN_KEY "access-chain"
/* Keys of years: this one's and the last one's, for logs of a year. */
#define YEARS_KEPT 2
/* So seldom is a full disk told again. */
#define TOLD_EVERY_MS 60000

struct access {
    char file[256];
    char secrets[272];
    int fd; /* -1: it could not be opened again */
    uint64_t number;
    uint64_t lost;
    uint64_t owed; /* lost, and not yet told in the file */
    int64_t told_ms;
    int year;      /* of YEAR_KEY */
    int last_year; /* that the file told of when it was opened; 0: none */
    unsigned char year_key[SECRET_BYTES];
    unsigned char chain_key[SECRET_BYTES];
    char hash[HASH_HEX + 1];
    char line[LINE_BYTES];
};

/* ---- Lines --------------------------------------------------------------- */

static void write_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

/* The hash of a line without its own, behind the one before. */
static void chain(const unsigned char key[SECRET_BYTES], const char *before,
                  const char *line, size_t len, char out[HASH_HEX + 1])
{
    struct slice parts[2] = {slice_of(before), {line, len}};
    unsigned char hash[HASH_BYTES];

    token_hash_keyed(key, parts, 2, hash, sizeof hash);
    write_hex(hash, sizeof hash, out);
}

/* "2026-11-23T16:05:09.123Z" */
static void write_time(int64_t ms, char out[40], int *year)
{
    time_t seconds = ms / 1000;
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    *year = tm.tm_year + 1900;
    n = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, 40 - n, ".%03uZ", (unsigned)(ms % 1000) % 1000);
}

/* Take N bytes of a torn line away; one that stays is the last line. */
static void cut_off(struct access *a, ssize_t n)
{
    struct stat about;

    if (fstat(a->fd, &about) || ftruncate(a->fd, about.st_size - n))
        a->fd = -1;
}

/* Append LINE (LEN, without an end) with its hash: all of it or nothing. */
static int append(struct access *a, char *line, size_t len)
{
    char hash[HASH_HEX + 1];
    ssize_t n;

    if (a->fd < 0)
        return 0;
    chain(a->chain_key, a->hash, line, len, hash);
    len += (size_t)snprintf(line + len, HASH_HEX + 3, " %s\n", hash);
    n = write(a->fd, line, len);
    if (n != (ssize_t)len) {
        if (n > 0)
            cut_off(a, n);
        return 0;
    }
    memcpy(a->hash, hash, sizeof hash);
    a->number++;
    return 1;
}

/* A line of the log itself. */
static int append_own(struct access *a, int64_t now_ms, const char *what,
                      uint64_t count, const char *text)
{
    char line[HEAD_BYTES + HASH_HEX + 3], time[40];
    int year;
    int n;

    write_time(now_ms, time, &year);
    n = snprintf(line, HEAD_BYTES, "%" PRIu64 " %s - %s - - %" PRIu64 " %s",
                 a->number + 1, time, what, count, text);
    return append(a, line, (size_t)n);
}

/* ---- People -------------------------------------------------------------- */

/* A key that lines were made with is not made again: they would lead to nobody,
 * and nothing would say so. */
static enum err take_key(const struct access *a, const char *name, int make,
                         unsigned char key[SECRET_BYTES])
{
    enum err e = secret_key(a->secrets, name, make, key);

    if (e == ERR_NOT_FOUND)
        log_line(LOG_ERROR,
                 "%s/%s: missing: bring its copy back; claused --new-secrets "
                 "begins anew, and the lines before it cannot be followed or "
                 "compared with later ones then",
                 a->secrets, name);
    return e;
}

/* The key of YEAR; that of a year whose logs are gone goes, too. */
static enum err take_year(struct access *a, int year)
{
    char name[32];
    enum err e;

    if (year == a->year)
        return ERR_NONE;
    snprintf(name, sizeof name, "access-%d", year);
    if ((e = take_key(a, name, year != a->last_year, a->year_key)))
        return e;
    a->year = year;
    for (int old = year - YEARS_KEPT; old > year - YEARS_KEPT - 10; old--) {
        snprintf(name, sizeof name, "access-%d", old);
        secret_forget(a->secrets, name);
    }
    return ERR_NONE;
}

static size_t write_people(const struct access *a, const struct call *call,
                           char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < call->saw.n; i++) {
        if (i)
            out[n++] = ',';
        token_of_year(a->year_key, call->saw.at[i], out + n);
        n += TOKEN_BYTES;
    }
    if (!n)
        out[n++] = '-';
    return n;
}

/* These are noted even when they showed nobody: who tried is known. */
static int concerns_people(const struct request *request)
{
    switch (request->call.verb) {
    case VERB_profile_put:
    case VERB_profile_get:
    case VERB_profile_list:
    case VERB_profile_erase:
    case VERB_profile_eligibility:
    case VERB_retention_list:
    case VERB_retention_run:
    case VERB_hours_record:
    case VERB_hours_list:
    case VERB_match_people:
        return 1;
    default:
        return request->call.saw.n != 0;
    }
}

/* A purpose is a word; what is none is not repeated. */
static struct slice purpose_of(const struct request *request)
{
    struct slice word = request->header.purpose;

    if (!word.len)
        return SLICE("-");
    for (size_t i = 0; i < word.len; i++)
        if ((word.data[i] < 'a' || word.data[i] > 'z') && word.data[i] != '-')
            return SLICE("?");
    return word;
}

static int append_request(struct access *a, const struct request *request)
{
    const struct call *call = &request->call;
    struct slice why = purpose_of(request);
    char time[40];
    int year, n;

    write_time(call->now_ms, time, &year);
    if (take_year(a, year))
        return 0;
    n = snprintf(a->line, HEAD_BYTES, "%" PRIu64 " %s %.*s %s %s %.*s %zu ",
                 a->number + 1, time, (int)call->caller.len, call->caller.data,
                 verb_rows[call->verb].name, err_name(request->error),
                 (int)why.len, why.data, call->saw.n);
    return append(a, a->line, (size_t)n + write_people(a, call, a->line + n));
}

static void lose(struct access *a)
{
    int64_t now = clock_wall_ms();

    a->lost++;
    a->owed++;
    if (now - a->told_ms < TOLD_EVERY_MS)
        return;
    a->told_ms = now;
    log_line(LOG_ERROR, "%s: the access log cannot be written: %s", a->file,
             a->fd < 0 ? "not open" : strerror(errno));
}

void access_note(struct access *a, const struct request *request)
{
    if (!a || request->call.verb == VERBS || !concerns_people(request))
        return;
    if (a->owed && append_own(a, clock_wall_ms(), "lost", a->owed, "-"))
        a->owed = 0;
    if (a->owed || !append_request(a, request))
        lose(a);
}

uint64_t access_lost(const struct access *a)
{
    return a ? a->lost : 0;
}

/* ---- Files --------------------------------------------------------------- */

/* Number and hash of a line (without its end). */
static int read_line(const char *line, size_t len, uint64_t *number,
                     char hash[HASH_HEX + 1])
{
    const char *at = line + len - HASH_HEX;
    char *end;

    if (len < HASH_HEX + 2 || at[-1] != ' ' ||
        strspn(at, "0123456789abcdef") < HASH_HEX)
        return 0;
    *number = strtoull(line, &end, 10);
    memcpy(hash, at, HASH_HEX);
    hash[HASH_HEX] = '\0';
    return end != line && *end == ' ';
}

/* The year of a line that is about people; 0: it is the log's own, and was
 * written whether there was a key of that year or not. */
static int year_of(const char *line)
{
    int year = 0, end = 0;
    char key[2] = "";

    if (sscanf(line, "%*u %d-%*s %1[-]%n", &year, key, &end) == 2 &&
        line[end] == ' ')
        return 0;
    return year;
}

/* Where the file's last whole line ended, and what it says.  A new file has
 * none. */
static enum err read_tail(struct access *a, off_t size)
{
    size_t len = size < (off_t)(2 * LINE_BYTES) ? (size_t)size : 2 * LINE_BYTES;
    char *bytes = malloc(len + 1), *end, *from;
    enum err e = ERR_NONE;

    if (!bytes)
        return ERR_NOMEM;
    if (pread(a->fd, bytes, len, size - (off_t)len) != (ssize_t)len)
        e = ERR_STORE_IO;
    bytes[e ? 0 : len] = '\0';
    end = e ? NULL : memrchr(bytes, '\n', len);
    if (end && end + 1 < bytes + len) {
        log_line(LOG_WARNING, "%s: a torn line is cut off", a->file);
        if (ftruncate(a->fd, size - (bytes + len - (end + 1))))
            e = ERR_STORE_IO;
    }
    if (!e && end) {
        *end = '\0';
        from = memrchr(bytes, '\n', (size_t)(end - bytes));
        from = from ? from + 1 : bytes;
        if (!read_line(from, (size_t)(end - from), &a->number, a->hash))
            e = ERR_STORE_CORRUPT;
        else
            a->last_year = year_of(from);
    } else if (!e) {
        e = ERR_STORE_CORRUPT;
    }
    free(bytes);
    return e;
}

/* A file begins with the hash before it, so that it can be read alone. */
static enum err open_file(struct access *a)
{
    struct stat about;
    enum err e = ERR_NONE;

    a->fd = spare_open(a->file, O_RDWR | O_APPEND | O_CREAT);
    if (a->fd < 0 || fstat(a->fd, &about))
        return ERR_STORE_IO;
    if (about.st_size)
        e = read_tail(a, about.st_size);
    else if (!append_own(a, clock_wall_ms(), "begin", 0, a->hash))
        lose(a);
    return e;
}

static void close_file(struct access *a)
{
    if (a->fd < 0)
        return;
    fdatasync(a->fd);
    close(a->fd);
    a->fd = -1;
    log_line(LOG_INFO, "access log: line %" PRIu64 " %s", a->number, a->hash);
}

enum err access_open(const char *file, const char *secrets, int anew,
                     struct access **out)
{
    struct access *a = calloc(1, sizeof *a);
    enum err e = a ? ERR_NONE : ERR_NOMEM;
    struct stat about;
    char time[40];
    int year;

    if (e)
        return e;
    anew |= stat(file, &about) || !about.st_size;
    snprintf(a->file, sizeof a->file, "%s", file);
    snprintf(a->secrets, sizeof a->secrets, "%s", secrets);
    memset(a->hash, '0', HASH_HEX);
    a->fd = -1;
    write_time(clock_wall_ms(), time, &year);
    if (!(e = take_key(a, CHAIN_KEY, anew, a->chain_key)) &&
        !(e = open_file(a))) {
        if (anew)
            a->last_year = 0;
        e = take_year(a, year);
    }
    if (e) {
        log_line(LOG_ERROR, "%s: the access log cannot be kept: %s", file,
                 err_text(e));
        access_close(a);
        return e;
    }
    *out = a;
    return ERR_NONE;
}

void access_close(struct access *a)
{
    if (!a)
        return;
    close_file(a);
    explicit_bzero(a, sizeof *a);
    free(a);
}

void access_reopen(struct access *a)
{
    if (!a)
        return;
    close_file(a);
    if (open_file(a))
        lose(a);
}

/* ---- Verifying ----------------------------------------------------------- */

/* The hash that the first line of a file says is before it. */
static int begins_with(const char *line, const char *end, char *hash)
{
    const char *word = memmem(line, (size_t)(end - line), " begin ", 7);
    const char *at = end - 2 * HASH_HEX - 1;

    if (!word || at < word || at[HASH_HEX] != ' ')
        return 0;
    memcpy(hash, at, HASH_HEX);
    hash[HASH_HEX] = '\0';
    return 1;
}

struct verifying {
    const unsigned char *key;
    char *hash;      /* of the line before; empty: not known */
    uint64_t number; /* of the line before */
    uint64_t lines;
};

static int follows(struct verifying *v, const char *line, size_t len)
{
    char said[HASH_HEX + 1], made[HASH_HEX + 1], before[HASH_HEX + 1];
    uint64_t number;

    if (!read_line(line, len, &number, said))
        return 0;
    if (!v->lines++) {
        if (!begins_with(line, line + len, before) ||
            (v->hash[0] && strcmp(before, v->hash) != 0))
            return 0;
        memcpy(v->hash, before, sizeof before);
    } else if (number != v->number + 1) {
        return 0;
    }
    chain(v->key, v->hash, line, len - HASH_HEX - 1, made);
    memcpy(v->hash, said, sizeof said);
    v->number = number;
    return strcmp(said, made) == 0;
}

enum err access_verify(const char *file, const char *secrets, char *hash,
                       void *out)
{
    unsigned char key[SECRET_BYTES];
    struct verifying v = {.key = key, .hash = hash};
    enum err e = secret_key(secrets, CHAIN_KEY, 0, key);
    char *line = NULL;
    size_t room = 0;
    ssize_t n = 0;
    FILE *f;

    if (e)
        return e;
    if (!(f = fopen(file, "re")))
        return ERR_NOT_FOUND;
    while (!e && (n = getline(&line, &room, f)) > 0)
        if (line[n - 1] != '\n' || !follows(&v, line, (size_t)n - 1))
            e = ERR_STORE_CORRUPT;
    if (e || !v.lines)
        fprintf(out, "%s: line %" PRIu64 " does not follow\n", file,
                v.lines ? v.lines : 1);
    else
        fprintf(out, "%s: %" PRIu64 " lines, the last %" PRIu64 " %s\n", file,
                v.lines, v.number, v.hash);
    if (!v.lines)
        e = ERR_STORE_CORRUPT;
    free(line);
    fclose(f);
    return e;
}
