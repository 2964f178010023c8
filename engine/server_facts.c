/*
 * What handlers and main ask of the server.
 */
#include "engine/clock.h"
#include "engine/server_parts.h"
#include "protocol/civil.h"

const char *server_endpoint(const struct server *server)
{
    return zsock_endpoint(server->door.sock);
}

struct seen {
    struct budget *budget;
    int64_t today;
};

/* It stands in the log that KEY was shown them today. */
static void on_seen(void *context, struct slice key, const struct saw *whom)
{
    const struct quota any = {.people = INT64_MAX};
    const struct seen *seen = context;

    budget_take(seen->budget, &any, key, seen->today, whom);
}

void server_access(struct server *server, struct access *access)
{
    struct seen seen = {server->replies.budget,
                        civil_paris_date(clock_wall_ms() / 1000)};

    server->replies.access = access;
    if (server->door.keys)
        access_today(server->config.access_log, seen.today, on_seen, &seen);
}

void server_rebuild(struct server *server)
{
    builder_ask(server->builder);
}

struct batch *server_batch(const struct server *server)
{
    return server ? server->batch : NULL;
}

const struct backup_settings *server_backups(const struct server *server)
{
    return server ? &server->backups : NULL;
}

enum err server_compact(const struct server *s, uint64_t min_free, int *begun)
{
    struct store_facts facts;
    struct store_view *view;
    enum err e = store_view_begin(s->store, &view);

    if (e)
        return e;
    e = store_stat(view, &facts);
    store_view_end(view);
    if (e)
        return e;
    if ((*begun = facts.map_free >= min_free))
        writer_compact(s->writer);
    return ERR_NONE;
}

void server_stat(const struct server *s, struct server_facts *out)
{
    const struct replies *replies = &s->replies;
    struct outbox_facts sent = replies_stat(replies);

    builder_stat(s->builder, &out->builder);
    out->uptime_s = (int64_t)((clock_steady_us() - s->started_us) / 1000000);
    out->write_queue = writer_depth(s->writer);
    out->access_lost = access_lost(replies->access);
    out->compactions = writer_compactions(s->writer);
    out->slow_queue = s->work.slow;
    out->waiting = s->waiting.n;
    out->reply_queue = sent.queued;
    out->sent_replies = sent.sent;
    out->dropped_replies = sent.dropped;
    out->keyed = s->door.keys != NULL;
    if (s->door.keys)
        out->keys = keys_stat(s->door.keys);
    out->handshakes_failed = zsock_failed(s->door.sock);
    out->descriptors_out = s->looks_out;
    out->budget = replies->budget;
    out->asked = replies->asked;
    out->refused = replies->refused;
    out->slowest_us = replies->slowest_us;
}
