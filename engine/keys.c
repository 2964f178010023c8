/*
 * A table by public key, open addressing, at most half full.  A key is never
 * changed in place: what requests in hand borrow stays as it was, and goes
 * when the last of them was answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/entity.h"
#include "engine/keys.h"
#include "engine/match/territory.h"
#include "engine/zsock.h"

/* Requests of all keys that are taken and not answered: each may hold its
 * frames and up to 64 MiB of arena, and most hold 100 KiB. */
#define TAKEN_MAX 1024
/* A key's own memory: its codes are at most 1,024, a department's EPCI some
 * thousand ranges. */
#define HOLDER_BYTES (8u << 20)

struct holder {
    char public_key[ZSOCK_KEY_BYTES];
    struct slice id;
    unsigned role;
    unsigned grants;
    int64_t from;  /* ABSENT: of all time */
    int64_t until; /* inclusive */
    struct territory territory;
    int everywhere;
    int came_old;        /* by the daemon's old key, and that was told */
    struct arena *arena; /* of id and territory */
    int64_t credit_us;   /* what it may still ask: a request costs a share */
    uint64_t credited_us;
    unsigned taken;      /* requests that are not answered */
    struct holder *next; /* among those that are gone */
};

struct slots {
    struct holder **at;
    size_t mask;
    size_t n;
};

struct keys {
    struct slots table;
    struct holder *gone; /* with requests in hand */
    size_t taken;
    uint64_t over_quota;
};

static const unsigned roles[key_role_words] = {
    [KEY_PORTAL] = PORTAL,
    [KEY_FACILITATOR] = FACILITATOR,
    [KEY_BATCH] = BATCH,
    [KEY_ADMIN] = ADMIN,
};

unsigned keys_role_index(unsigned role)
{
    unsigned i = 0;

    while (i < key_role_words && roles[i] != role)
        i++;
    return i;
}

/* ---- The table ----------------------------------------------------------- */

/* Only admins choose what is in it, and it is never full. */
static size_t slot_of(const struct slots *table, const char *public_key)
{
    uint64_t start;

    memcpy(&start, public_key, sizeof start);
    return (size_t)((start * 0x9e3779b97f4a7c15u) >> 32) & table->mask;
}

static struct holder *find(const struct slots *table, const char *public_key)
{
    if (!table->n || strlen(public_key) != ZSOCK_KEY_BYTES - 1)
        return NULL;
    for (size_t i = slot_of(table, public_key); table->at[i];
         i = (i + 1) & table->mask)
        if (!memcmp(table->at[i]->public_key, public_key, ZSOCK_KEY_BYTES))
            return table->at[i];
    return NULL;
}

static void holder_free(struct holder *holder)
{
    if (!holder)
        return;
    arena_free(holder->arena);
    free(holder);
}

static void slots_free(struct slots *table)
{
    for (size_t i = 0; table->at && i <= table->mask; i++)
        holder_free(table->at[i]);
    free(table->at);
    *table = (struct slots){NULL, 0, 0};
}

static enum err slots_grow(struct slots *table)
{
    struct slots wider = {.mask = table->at ? table->mask * 2 + 1 : 63,
                          .n = table->n};

    if (!(wider.at = calloc(wider.mask + 1, sizeof *wider.at)))
        return ERR_NOMEM;
    for (size_t i = 0; table->at && i <= table->mask; i++) {
        size_t to;

        if (!table->at[i])
            continue;
        to = slot_of(&wider, table->at[i]->public_key);
        while (wider.at[to])
            to = (to + 1) & wider.mask;
        wider.at[to] = table->at[i];
    }
    free(table->at);
    *table = wider;
    return ERR_NONE;
}

/* The table takes HOLDER, unless it has that key already. */
static enum err slots_add(struct slots *table, struct holder *holder)
{
    enum err e;
    size_t i;

    if (find(table, holder->public_key)) {
        holder_free(holder);
        return ERR_NONE;
    }
    if ((!table->at || table->n * 2 >= table->mask) &&
        (e = slots_grow(table))) {
        holder_free(holder);
        return e;
    }
    for (i = slot_of(table, holder->public_key); table->at[i];
         i = (i + 1) & table->mask)
        ;
    table->at[i] = holder;
    table->n++;
    return ERR_NONE;
}

/* ---- Loading ------------------------------------------------------------- */

/* A holder with room of its own; NULL without memory. */
static struct holder *holder_new(struct slice public_key, struct slice id)
{
    struct holder *holder = calloc(1, sizeof *holder);

    if (!holder)
        return NULL;
    if (!(holder->arena = arena_new(HOLDER_BYTES)) ||
        !(holder->id = arena_copy(holder->arena, id)).data) {
        holder_free(holder);
        return NULL;
    }
    memcpy(holder->public_key, public_key.data, ZSOCK_KEY_BYTES - 1);
    holder->from = holder->until = ABSENT;
    return holder;
}

static enum err read_key(struct store_view *view, const struct key *key,
                         struct holder **out)
{
    struct holder *holder = holder_new(key->public_key, key->id);
    const struct reference *ref = store_view_reference(view);
    struct territory set;
    enum err e;

    if (!holder)
        return ERR_NOMEM;
    holder->role = roles[key->role];
    for (size_t i = 0; i < key->grants.n; i++)
        if (key->grants.at[i] == GRANT_PSEUDONYMS)
            holder->grants |= PSEUDONYMS;
    holder->from = key->from;
    holder->until = key->until;
    holder->everywhere = territory_is_nationwide(key->territories);
    if ((e = territory_read(ref, holder->arena, key->territories, &set)) ||
        (e = territory_flatten(ref, holder->arena, &set, &holder->territory))) {
        holder_free(holder);
        return e;
    }
    *out = holder;
    return ERR_NONE;
}

/* What is revoked is not there at all. */
static enum err load_record(struct slots *table, struct store_view *view,
                            const struct record *record, struct arena *scratch)
{
    struct holder *holder;
    const struct key *key;
    void *found;
    enum err e;

    if ((e = entity_decode(ENTITY_KEY, record, scratch, &found)))
        return e;
    key = found;
    if (key->revoked_on != ABSENT || key->public_key.len != ZSOCK_KEY_BYTES - 1)
        return ERR_NONE;
    return (e = read_key(view, key, &holder)) ? e : slots_add(table, holder);
}

static enum err load_store(struct slots *table, struct store_view *view)
{
    struct arena *scratch = arena_new(HOLDER_BYTES);
    struct record record = {.number = 0};
    enum err e = scratch ? ERR_NONE : ERR_NOMEM;

    while (!e && !(e = store_next_numbered(view, ENTITY_KEY, record.number,
                                           &record))) {
        e = load_record(table, view, &record, scratch);
        arena_reset(scratch);
    }
    arena_free(scratch);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* The first admins are those of claused.conf: with all of the country, and
 * whatever the store says of their keys. */
static enum err load_admins(struct slots *table, const struct config *config)
{
    char id[CONFIG_NAME_BYTES + 8];
    struct holder *holder;
    enum err e = ERR_NONE;

    for (size_t i = 0; i < config->n_admins && !e; i++) {
        const struct config_admin *admin = &config->admins[i];

        snprintf(id, sizeof id, "conf:%s", admin->name);
        if (!(holder = holder_new(slice_of(admin->public_key), slice_of(id))))
            return ERR_NOMEM;
        holder->role = ADMIN;
        holder->everywhere = 1;
        e = slots_add(table, holder);
    }
    return e;
}

/* What a key has left of its quota, and which requests it has in hand, follow
 * it to its successor. */
static void succeed(struct keys *keys, struct holder *old)
{
    struct holder *new = find(&keys->table, old->public_key);

    if (new) {
        new->credit_us = old->credit_us;
        new->credited_us = old->credited_us;
        new->came_old = old->came_old;
    }
    old->next = keys->gone;
    keys->gone = old;
}

static void drop_gone(struct keys *keys)
{
    struct holder **at = &keys->gone;

    while (*at) {
        struct holder *holder = *at;

        if (holder->taken) {
            at = &holder->next;
            continue;
        }
        *at = holder->next;
        holder_free(holder);
    }
}

enum err keys_load(struct keys *keys, struct store_view *view,
                   const struct config *config)
{
    struct slots before = keys->table, table = {NULL, 0, 0};
    enum err e;

    if ((e = load_admins(&table, config)) || (e = load_store(&table, view))) {
        slots_free(&table);
        return e;
    }
    keys->table = table;
    for (size_t i = 0; before.at && i <= before.mask; i++)
        if (before.at[i])
            succeed(keys, before.at[i]);
    free(before.at);
    drop_gone(keys);
    return ERR_NONE;
}

struct keys *keys_new(void)
{
    return calloc(1, sizeof(struct keys));
}

void keys_free(struct keys *keys)
{
    if (!keys)
        return;
    for (struct holder *holder = keys->gone; holder; holder = holder->next)
        holder->taken = 0;
    drop_gone(keys);
    slots_free(&keys->table);
    free(keys);
}

/* ---- Requests ------------------------------------------------------------ */

static int in_force(const struct holder *holder, int64_t today)
{
    return holder && (holder->from == ABSENT || today >= holder->from) &&
           (holder->until == ABSENT || today <= holder->until);
}

int keys_admit(const struct keys *keys, const char *public_key, int64_t today)
{
    return in_force(find(&keys->table, public_key), today);
}

int keys_came_old(const struct keys *keys, const char *public_key,
                  struct slice *id)
{
    struct holder *holder = find(&keys->table, public_key);

    if (!holder || holder->came_old)
        return 0;
    holder->came_old = 1;
    *id = holder->id;
    return 1;
}

/* A bucket that fills with time: a request takes the time that one costs at
 * the quota's rate, and a full bucket holds its burst. */
static int spend(struct holder *holder, const struct quota *quota,
                 uint64_t now_us)
{
    int64_t cost_us, full_us;

    if (!quota->rate)
        return 1;
    cost_us = 1000000 / quota->rate;
    full_us = cost_us * quota->burst;
    if (!holder->credited_us ||
        now_us - holder->credited_us > (uint64_t)full_us)
        holder->credit_us = full_us;
    else
        holder->credit_us += (int64_t)(now_us - holder->credited_us);
    holder->credited_us = now_us;
    if (holder->credit_us > full_us)
        holder->credit_us = full_us;
    if (holder->credit_us < cost_us)
        return 0;
    holder->credit_us -= cost_us;
    return 1;
}

static void tell_who(const struct holder *holder, struct call *call)
{
    call->caller = holder->id;
    call->role = holder->role;
    call->grants = holder->grants;
    call->territory = &holder->territory;
    call->everywhere = holder->everywhere;
}

enum err keys_enter(struct keys *keys, const char *public_key,
                    const struct quota quotas[], uint64_t now_us,
                    struct call *call)
{
    struct holder *holder = find(&keys->table, public_key);
    const struct quota *quota;

    if (!in_force(holder, call->today))
        return ERR_KEY_ENDED;
    tell_who(holder, call);
    quota = &quotas[keys_role_index(holder->role)];
    if (keys->taken >= TAKEN_MAX ||
        holder->taken >= (unsigned)quota->in_flight ||
        !spend(holder, quota, now_us)) {
        keys->over_quota++;
        return ERR_BUSY;
    }
    holder->taken++;
    keys->taken++;
    call->holder = holder;
    return ERR_NONE;
}

enum err keys_again(struct keys *keys, const char *public_key,
                    struct call *call)
{
    struct holder *holder = find(&keys->table, public_key);

    if (!in_force(holder, call->today))
        return ERR_KEY_ENDED;
    tell_who(holder, call);
    call->holder->taken--;
    holder->taken++;
    call->holder = holder;
    return ERR_NONE;
}

void keys_leave(struct keys *keys, struct call *call)
{
    if (!call->holder)
        return;
    call->holder->taken--;
    keys->taken--;
    call->holder = NULL;
}

struct keys_facts keys_stat(const struct keys *keys)
{
    return (struct keys_facts){keys->table.n, keys->over_quota};
}
