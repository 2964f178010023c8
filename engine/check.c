/*
 * Everything is read twice: once by the store, which knows keys, and once
 * here, where records are decoded.  The index is compared by sums that do not
 * depend on the order of rows.
 */
#include "engine/check.h"

#include <errno.h>
#include <signal.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/entity.h"
#include "engine/log.h"
#include "engine/match/postings.h"
#include "store/index.h"

#define ARENA_BYTES ((size_t)64 << 20)

struct check {
    struct store_view *view;
    struct arena *arena;
    FILE *out;
    struct store_audit audit;
    struct index_counts counts;
    struct postings_sums sums;
};

static const char *const kinds[INDEX_KINDS_END] = {
    [INDEX_PEOPLE] = "people", [INDEX_STRUCTURES] = "structures",
    [INDEX_LOTS] = "lots",     [INDEX_JOBS] = "jobs",
    [INDEX_HOURS] = "hours",
};

static void tell(const struct check *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(const struct check *c, const char *format, ...)
{
    va_list args;

    if (!c->out)
        return;
    va_start(args, format);
    vfprintf(c->out, format, args);
    va_end(args);
    putc('\n', c->out);
}

/* ---- Records ------------------------------------------------------------ */

/* A record's bytes are canonical: decoding and encoding changes nothing. */
static int is_canonical(unsigned entity, const struct record *record,
                        const void *value)
{
    struct buffer bytes = {0};
    int same =
        !protocol_encode(entity_shape(entity), value, EVERYONE, &bytes) &&
        bytes.len == record->body.len &&
        !memcmp(bytes.data, record->body.data, bytes.len);

    buffer_free(&bytes);
    return same;
}

static enum err check_record(struct check *c, unsigned entity,
                             const struct record *record)
{
    void *value = NULL;
    enum err e;

    arena_reset(c->arena);
    if ((e = entity_decode(entity, record, c->arena, &value)))
        return e;
    if (!is_canonical(entity, record, value))
        return ERR_STORE_CORRUPT;
    return postings_sum(store_view_reference(c->view), c->arena, entity,
                        record->number, value, &c->sums);
}

static enum err check_entity(struct check *c, unsigned entity)
{
    struct record record = {.number = 0};
    enum err e;

    while (!(e = store_next_numbered(c->view, entity, record.number, &record)))
        if ((e = check_record(c, entity, &record))) {
            log_line(LOG_ERROR, "check: %s %" PRIu32 " cannot be read: %s",
                     words_entity.words[entity], record.number, err_text(e));
            return e;
        }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static enum err check_records(struct check *c)
{
    char chain[CHAIN_HEX + 1];
    enum err e = store_audit(c->view, &c->audit);

    for (unsigned entity = 0; !e && entity < words_entity.n; entity++)
        e = check_entity(c, entity);
    if (e)
        return e;
    chain_write_hex(c->audit.chain, chain);
    tell(c,
         "records: %" PRIu64 " structures, %" PRIu64 " markets, %" PRIu64
         " profiles, %" PRIu64 " facilitators, %" PRIu64 " hours",
         c->audit.records[ENTITY_STRUCTURE], c->audit.records[ENTITY_MARKET],
         c->audit.records[ENTITY_PROFILE], c->audit.records[ENTITY_FACILITATOR],
         c->audit.records[ENTITY_HOURS]);
    tell(c, "journal: %" PRIu64 " events, checkpoint %" PRIu64 ":%s",
         c->audit.events, c->audit.events, chain);
    return ERR_NONE;
}

/* ---- Index -------------------------------------------------------------- */

static enum err compare(const struct check *c)
{
    for (int kind = 1; kind < INDEX_KINDS_END; kind++)
        if (c->counts.sums[kind] != c->sums.postings[kind]) {
            log_line(LOG_ERROR,
                     "check: the index of %s is not that of the "
                     "records",
                     kinds[kind]);
            return ERR_STORE_CORRUPT;
        }
    if (c->counts.side_sum != c->sums.side) {
        log_line(LOG_ERROR, "check: the side array is not that of the records");
        return ERR_STORE_CORRUPT;
    }
    return ERR_NONE;
}

static void tell_index(const struct check *c)
{
    const struct index_counts *n = &c->counts;
    uint64_t postings = 0;

    for (int kind = 1; kind < INDEX_KINDS_END; kind++) {
        tell(c, "index of %s: %" PRIu64 " postings", kinds[kind],
             n->postings[kind]);
        postings += n->postings[kind];
    }
    tell(c,
         "index: %" PRIu64 " lists, %" PRIu64 " pages of heads, %" PRIu64
         " blocks, %" PRIu64 " bytes, %.1f a posting",
         n->lists, n->pages, n->blocks, n->bytes,
         postings ? (double)n->bytes / (double)postings : 0);
    tell(c, "side array: %" PRIu64 " rows, %" PRIu64 " bytes, %.1f a row",
         n->side, n->side_bytes,
         n->side ? (double)n->side_bytes / (double)n->side : 0);
}

static enum err check_index(struct check *c)
{
    const struct reference *ref = store_view_reference(c->view);
    uint64_t stamp = index_stamp(c->view);
    enum err e = index_check(c->view, &c->counts);

    if (e)
        return e;
    tell_index(c);
    if (c->audit.events && stamp != postings_stamp(ref)) {
        tell(c, "the index is of other tables: the daemon builds it anew");
        return ERR_NONE;
    }
    if (index_deferred(c->view)) {
        tell(c, "the index lacks records: the daemon builds it anew");
        return ERR_NONE;
    }
    return compare(c);
}

/* ---- Both --------------------------------------------------------------- */

enum err check_store(struct store *store, FILE *out)
{
    struct check c = {.out = out};
    enum err e;

    if (!(c.arena = arena_new(ARENA_BYTES)))
        return ERR_NOMEM;
    if ((e = store_view_begin(store, &c.view)))
        goto free_arena;
    if (!(e = check_records(&c)))
        e = check_index(&c);
    store_view_end(c.view);

free_arena:
    arena_free(c.arena);
    return e;
}

static enum err check_here(const char *dir, FILE *out, int beside)
{
    const struct store_options options = {.read_only = 1,
                                          .beside = beside,
                                          /* Its writer adds pages meanwhile. */
                                          .map_bytes =
                                              beside ? STORE_MAP_BYTES : 0,
                                          .log = log_text};
    struct store *store;
    enum err e = store_open(dir, &options, &store);

    if (e)
        return e;
    e = check_store(store, out);
    store_close(store);
    return e;
}

enum err check_beside(const char *dir)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    setpriority(PRIO_PROCESS, 0, 19);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return check_here(dir, NULL, 1);
}

enum err check_dir(const char *dir, FILE *out)
{
    const struct rlimit none = {0, 0};
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return ERR_NOMEM;
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &none);
        status = (int)check_here(dir, out, 0);
        fflush(out);
        _exit(status);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return ERR_INTERNAL;
    if (WIFEXITED(status) && WEXITSTATUS(status) < ERR_COUNT)
        return (enum err)WEXITSTATUS(status);
    log_line(LOG_ERROR, "%s is damaged: reading it killed the check", dir);
    return ERR_STORE_CORRUPT;
}
