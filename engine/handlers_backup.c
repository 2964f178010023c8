/*
 * backup: a copy of the store as this request's view sees it.
 */
#include "engine/backup.h"
#include "engine/dispatch.h"
#include "engine/server.h"

static enum err refuse(struct call *call, enum err e,
                       const struct backup_settings *settings)
{
    switch (e) {
    case ERR_BUSY:
        return call_refuse(call, e, "",
                           "another backup is being made, or the store is "
                           "being compacted: ask again in a moment");
    case ERR_DEADLINE:
        return call_refuse(call, e, "",
                           "it took over %lld s: allow more seconds, or give "
                           "it a faster disk",
                           (long long)settings->seconds);
    case ERR_STORE_FULL:
        return call_refuse(call, e, "",
                           "there is no room for it; the store is not "
                           "concerned");
    case ERR_STORE_IO:
        return call_refuse(call, e, "",
                           "the file could not be written; the log says "
                           "where; the store is not concerned");
    default:
        return e;
    }
}

enum err handle_backup(struct store_view *view, struct call *call,
                       const struct ask_backup *ask,
                       struct answer_backup *answer)
{
    const struct backup_settings *configured = server_backups(call->server);
    struct backup_settings settings;
    struct backup_report report = {.bytes = 0};
    char hex[CHAIN_HEX + 1];
    enum err e;

    if (!configured)
        return ERR_INTERNAL;
    settings = *configured;
    if (ask->seconds != ABSENT)
        settings.seconds = ask->seconds;
    if ((e = backup_make(view, &settings, call->now_ms, &report)))
        return refuse(call, e, &settings);
    chain_write_hex(report.chain, hex);
    answer->backup = arena_copy(call->arena, slice_of(report.name));
    answer->bytes = (int64_t)report.bytes;
    answer->checkpoint = arena_format(call->arena, "%llu:%s",
                                      (unsigned long long)report.revision, hex);
    answer->expires = call->now_ms / 1000 + settings.days * 86400;
    answer->expired = report.expired;
    return answer->backup.data && answer->checkpoint.data ? ERR_NONE
                                                          : ERR_NOMEM;
}
