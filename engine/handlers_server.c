/*
 * hello, ping, stats: what the daemon says of itself.
 */
#include <string.h>

#include "engine/budget.h"
#include "engine/dispatch.h"
#include "engine/keys.h"
#include "engine/log.h"
#include "engine/people_shown.h"
#include "engine/rule_rows.h"
#include "engine/match/match.h"
#include "engine/server.h"

/* As many as stats tells of. */
#define KEYS_MAX 100

#define SERVER_NAME "claused " VERSION

enum err handle_hello(struct store_view *view, struct call *call,
                      const struct ask_hello *ask, struct answer_hello *answer)
{
    struct slice *methods = arena_array(call->arena, VERBS, sizeof *methods);
    struct store_facts facts;
    enum err e;

    (void)ask;
    if (!methods)
        return ERR_NOMEM;
    if ((e = store_stat(view, &facts)))
        return e;
    for (size_t i = 0; i < VERBS; i++)
        methods[i] = slice_of(verb_rows[i].name);
    answer->server = SLICE(SERVER_NAME);
    answer->protocol = 1;
    answer->rules = MATCH_RULES;
    answer->store = arena_copy(call->arena, slice_of(facts.uuid));
    answer->request_bytes = (int64_t)call->limits->bytes;
    answer->reply_bytes = REPLY_BYTES_MAX;
    answer->methods = (struct slices){methods, VERBS};
    answer->key = call->caller;
    if (call->role != DEVELOPMENT)
        answer->role = keys_role_index(call->role);
    return ERR_NONE;
}

enum err handle_ping(struct store_view *view, struct call *call,
                     const struct ask_ping *ask, struct answer_ping *answer)
{
    (void)view;
    (void)call;
    answer->echo = ask->echo;
    return ERR_NONE;
}

static enum err stat_tables(const struct reference *r, struct call *call,
                            struct answer_stats *answer)
{
    struct table *list =
        shape_array(call->arena, &shape_table, r->n_tables + 1);

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < r->n_tables; i++) {
        list[i].table = slice_of(r->tables[i].name);
        list[i].version = slice_of(r->tables[i].version);
        list[i].source = slice_of(r->tables[i].source);
        list[i].rows = (int64_t)r->tables[i].rows;
        /* Centres stand in the imported table, or in the bundled communes. */
        if (strcmp(r->tables[i].name, "centres") != 0 &&
            strcmp(r->tables[i].name, "communes") != 0)
            continue;
        list[i].approximate = r->approximate;
        list[i].missing = r->uncentred;
    }
    answer->reference = (struct table_list){list, r->n_tables};
    return ERR_NONE;
}

/* Tables that a user may import and has not. */
static enum err stat_missing(const struct reference *r, struct call *call,
                             struct answer_stats *answer)
{
    struct slice *list = arena_array(call->arena, table_words, sizeof *list);
    size_t n = 0;

    if (!list)
        return ERR_NOMEM;
    for (size_t w = 0; w < table_words; w++) {
        size_t i = 0;

        if (rule_rows_table((int64_t)w) >= 0)
            continue; /* the bundled rules are whole */
        while (i < r->n_tables &&
               (!r->tables[i].imported ||
                strcmp(r->tables[i].name, words_table.words[w]) != 0))
            i++;
        if (i == r->n_tables)
            list[n++] = slice_of(words_table.words[w]);
    }
    answer->missing = (struct slices){list, n};
    return ERR_NONE;
}

static enum err stat_verbs(const struct server_facts *facts, struct call *call,
                           struct answer_stats *answer)
{
    struct verb_stat *list = shape_array(call->arena, &shape_verb_stat, VERBS);

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < VERBS; i++) {
        list[i].verb = slice_of(verb_rows[i].name);
        list[i].asked = (int64_t)facts->asked[i];
        list[i].refused = (int64_t)facts->refused[i];
        list[i].slowest_us = (int64_t)facts->slowest_us[i];
    }
    answer->verbs = (struct verb_stat_list){list, VERBS};
    return ERR_NONE;
}

/* What only a daemon with keys has. */
static enum err stat_keys(const struct server_facts *server, struct call *call,
                          struct answer_stats *answer)
{
    struct budget_facts people = budget_stat(server->budget, call->today);
    struct budget_key first[KEYS_MAX];
    size_t n = budget_first(server->budget, call->today, first, KEYS_MAX);
    struct key_people *list = shape_array(call->arena, &shape_key_people, n);

    answer->keys = (int64_t)server->keys.keys;
    answer->over_quota = (int64_t)server->keys.over_quota;
    answer->handshakes_failed = (int64_t)server->handshakes_failed;
    answer->people_alerts = (int64_t)people.alerts;
    answer->people_refused = (int64_t)people.refused;
    if (!list)
        return n ? ERR_NOMEM : ERR_NONE;
    for (size_t i = 0; i < n; i++)
        list[i] = (struct key_people){first[i].key, (int64_t)first[i].people};
    answer->people_shown = (struct key_people_list){list, n};
    return ERR_NONE;
}

static enum err stat_build(const struct index_progress *progress,
                           struct call *call, struct answer_stats *answer)
{
    struct build *build = shape_array(call->arena, &shape_build, 1);

    if (!build)
        return ERR_NOMEM;
    build->records = (int64_t)progress->records;
    build->records_all = (int64_t)progress->records_all;
    build->bytes = (int64_t)progress->bytes;
    build->bytes_all = (int64_t)progress->bytes_all;
    answer->build = build;
    return ERR_NONE;
}

/* What counts objects and keys of every place. */
static enum err stat_everywhere(const struct server_facts *server,
                                const struct store_facts *store,
                                struct call *call, struct answer_stats *answer)
{
    enum err e;

    if (server->builder.building &&
        (e = stat_build(&server->builder.progress, call, answer)))
        return e;
    answer->structures = (int64_t)store->records[ENTITY_STRUCTURE];
    answer->markets = (int64_t)store->records[ENTITY_MARKET];
    answer->profiles =
        people_count(call, (int64_t)store->records[ENTITY_PROFILE]);
    answer->facilitators = (int64_t)store->records[ENTITY_FACILITATOR];
    answer->hours = people_count(call, (int64_t)store->records[ENTITY_HOURS]);
    return server->keyed ? stat_keys(server, call, answer) : ERR_NONE;
}

enum err handle_stats(struct store_view *view, struct call *call,
                      const struct ask_stats *ask, struct answer_stats *answer)
{
    const struct reference *reference = store_view_reference(view);
    struct server_facts server;
    struct store_facts store;
    enum err e;

    if ((e = store_stat(view, &store)))
        return e;
    server_stat(call->server, &server);
    answer->server = SLICE(SERVER_NAME);
    answer->store = arena_copy(call->arena, slice_of(store.uuid));
    answer->schema = store.schema;
    answer->revision = (int64_t)store.revision;
    answer->generation = (int64_t)store.generation;
    answer->rebuilding = store.rebuilding;
    answer->deferred = index_deferred(view) != 0;
    if (rights_everywhere(call) &&
        (e = stat_everywhere(&server, &store, call, answer)))
        return e;
    answer->map_used = (int64_t)store.map_used;
    answer->map_free = (int64_t)store.map_free;
    answer->map_size = (int64_t)store.map_size;
    answer->disk_percent = store.disk_percent;
    answer->log_lost = (int64_t)log_lost();
    answer->access_lost = (int64_t)server.access_lost;
    answer->descriptors_out = (int64_t)server.descriptors_out;
    answer->compactions = (int64_t)server.compactions;
    answer->readers = store.readers;
    answer->uptime_s = server.uptime_s;
    answer->write_queue = (int64_t)server.write_queue;
    answer->slow_queue = (int64_t)server.slow_queue;
    answer->waiting = (int64_t)server.waiting;
    answer->reply_queue = (int64_t)server.reply_queue;
    answer->sent_replies = (int64_t)server.sent_replies;
    answer->dropped_replies = (int64_t)server.dropped_replies;
    if (ask->verbs == 1 && (e = stat_verbs(&server, call, answer)))
        return e;
    if ((e = stat_tables(reference, call, answer)))
        return e;
    return stat_missing(reference, call, answer);
}

enum err handle_compact(struct store_batch *batch, struct call *call,
                        const struct ask_compact *ask,
                        struct answer_compact *answer)
{
    int begun = 0;
    enum err e = server_compact(call->server, (uint64_t)ask->min_free, &begun);

    (void)batch;
    answer->begun = begun;
    return e;
}
