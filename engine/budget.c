/*
 * A row a key, each with a set of hashes: of pseudonyms, or of their tokens for
 * those that the access log names from before a restart.  All is of one day
 * and goes with it.
 */
#include "engine/budget.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "engine/log.h"

/* Of one key in a day; 8 MiB at most. */
#define PEOPLE_MAX (1u << 20)
#define ID_BYTES 64

struct row {
    char id[ID_BYTES];
    size_t id_len;
    uint64_t *at; /* open addressing, at most half full; 0 is empty */
    size_t room;  /* a power of two, or 0 */
    size_t n;
    int alerted;
    int refused;
};

struct budget {
    struct row *rows; /* in the order in which keys first saw somebody */
    size_t n;
    size_t room;
    int64_t day;
    uint64_t seed;
    uint64_t alerts;
    uint64_t refused;
};

struct budget *budget_new(void)
{
    struct budget *b = calloc(1, sizeof *b);

    /* So that nobody can choose pseudonyms that meet. */
    if (b && getrandom(&b->seed, sizeof b->seed, 0) != sizeof b->seed) {
        free(b);
        return NULL;
    }
    return b;
}

static void clear(struct budget *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->rows[i].at);
    b->n = 0;
    b->alerts = 0;
}

void budget_free(struct budget *b)
{
    if (!b)
        return;
    clear(b);
    free(b->rows);
    free(b);
}

/* ---- Rows ---------------------------------------------------------------- */

static struct row *find(const struct budget *b, struct slice key)
{
    for (size_t i = 0; i < b->n; i++)
        if (slice_equal((struct slice){b->rows[i].id, b->rows[i].id_len}, key))
            return &b->rows[i];
    return NULL;
}

static struct row *row_of(struct budget *b, struct slice key)
{
    struct row *row = find(b, key), *rows;
    size_t room = b->room ? 2 * b->room : 16;

    if (row || key.len > ID_BYTES)
        return row;
    if (b->n == b->room) {
        if (!(rows = realloc(b->rows, room * sizeof *rows)))
            return NULL;
        b->rows = rows;
        b->room = room;
    }
    row = &b->rows[b->n++];
    *row = (struct row){.id_len = key.len};
    memcpy(row->id, key.data, key.len);
    return row;
}

/* ---- Sets ---------------------------------------------------------------- */

/* Where HASH stands, or the empty slot where it belongs. */
static size_t slot_of(const struct row *row, uint64_t hash)
{
    size_t i = (size_t)hash & (row->room - 1);

    while (row->at[i] && row->at[i] != hash)
        i = (i + 1) & (row->room - 1);
    return i;
}

/* Room for MORE. */
static int reserve(struct row *row, size_t more)
{
    struct row wider = *row;

    for (wider.room = row->room ? row->room : 32;
         wider.room < 2 * (row->n + more);)
        wider.room *= 2;
    if (wider.room == row->room)
        return 1;
    if (!(wider.at = calloc(wider.room, sizeof *wider.at)))
        return 0;
    for (size_t i = 0; i < row->room; i++)
        if (row->at[i])
            wider.at[slot_of(&wider, row->at[i])] = row->at[i];
    free(row->at);
    *row = wider;
    return 1;
}

/* Put them in, from FROM on; the return is how many of WHOM were looked at:
 * fewer when there would be more than MOST.  ADDED are the slots, in order. */
static size_t add(const struct budget *b, struct row *row, size_t most,
                  const struct saw *whom, size_t *added, size_t *n_added)
{
    for (size_t i = 0; i < whom->n; i++) {
        uint64_t hash =
            XXH3_64bits_withSeed(whom->at[i].data, whom->at[i].len, b->seed);
        size_t slot = slot_of(row, hash ? hash : 1);

        if (row->at[slot])
            continue;
        if (row->n == most)
            return i;
        row->at[slot] = hash ? hash : 1;
        row->n++;
        added[(*n_added)++] = slot;
    }
    return whom->n;
}

/* The last first: nothing that stays was put behind them. */
static void take_out(struct row *row, const size_t *added, size_t n)
{
    row->n -= n;
    while (n)
        row->at[added[--n]] = 0;
}

static enum err add_all(const struct budget *b, struct row *row, size_t most,
                        const struct saw *whom)
{
    size_t *added = malloc(whom->n * sizeof *added), n = 0;
    enum err e = ERR_NONE;

    if (!added || !reserve(row, whom->n)) {
        free(added);
        return ERR_NOMEM;
    }
    if (add(b, row, most, whom, added, &n) < whom->n) {
        take_out(row, added, n);
        e = ERR_PEOPLE_QUOTA;
    }
    free(added);
    return e;
}

/* ---- Quotas -------------------------------------------------------------- */

/* A line a day of each kind for each key. */
static void tell(struct budget *b, const struct quota *quota, struct row *row,
                 enum err e)
{
    if (e == ERR_PEOPLE_QUOTA) {
        b->refused++;
        if (!row->refused++)
            log_line(LOG_WARNING,
                     "key %.*s may be shown %lld people a day, and wants more",
                     (int)row->id_len, row->id, (long long)quota->people);
    }
    if (!quota->people_alert || row->alerted ||
        row->n <= (size_t)quota->people_alert)
        return;
    row->alerted = 1;
    b->alerts++;
    log_line(LOG_WARNING, "key %.*s was shown more than %lld people today",
             (int)row->id_len, row->id, (long long)quota->people_alert);
}

enum err budget_take(struct budget *b, const struct quota *quota,
                     struct slice key, int64_t today, const struct saw *whom)
{
    size_t most = PEOPLE_MAX;
    struct row *row;
    enum err e;

    if (!whom->n || (!quota->people && !quota->people_alert))
        return ERR_NONE;
    /* An answer of before midnight may come after one of after it. */
    if (today > b->day) {
        clear(b);
        b->day = today;
    }
    if (quota->people && quota->people < (int64_t)most)
        most = (size_t)quota->people;
    if (!(row = row_of(b, key)))
        return ERR_NOMEM;
    e = add_all(b, row, most, whom);
    tell(b, quota, row, e);
    return e;
}

size_t budget_shown(const struct budget *b, struct slice key, int64_t today)
{
    const struct row *row = today > b->day ? NULL : find(b, key);

    return row ? row->n : 0;
}

struct budget_facts budget_stat(const struct budget *b, int64_t today)
{
    return (struct budget_facts){today > b->day ? 0 : b->alerts, b->refused};
}

size_t budget_first(const struct budget *b, int64_t today,
                    struct budget_key *out, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n && today <= b->day; i++) {
        const struct row *row = &b->rows[i];
        size_t at = n;

        while (at && out[at - 1].people < row->n)
            at--;
        if (at == most)
            continue;
        n += n < most;
        memmove(out + at + 1, out + at, (n - 1 - at) * sizeof *out);
        out[at] = (struct budget_key){{row->id, row->id_len}, row->n};
    }
    return n;
}
