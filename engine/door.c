/*
 * See door.h.
 */
#include "engine/door.h"

#include "engine/clock.h"
#include "engine/log.h"
#include "protocol/civil.h"

/* A request frame over this is cut off by the socket: bodies of 1 MiB, and a
 * little for those who are told that theirs is too large. */
#define FRAME_BYTES (2 * 1024 * 1024)

static int admit(void *context, const char *public_key, int old)
{
    struct door *door = context;
    struct slice id;

    if (!keys_admit(door->keys, public_key,
                    civil_paris_date(clock_wall_ms() / 1000)))
        return 0;
    if (old && keys_came_old(door->keys, public_key, &id))
        log_line(LOG_WARNING, "key %.*s comes by the old server key",
                 (int)id.len, id.data);
    return 1;
}

static enum err read_keys(struct door *door)
{
    struct store_view *view;
    enum err e = store_view_begin(door->store, &view);

    if (e)
        return e;
    e = keys_load(door->keys, view, door->config);
    store_view_end(view);
    return e;
}

/* Nobody is served at a door that lets strangers in. */
static enum err open_with_keys(struct door *door)
{
    const struct config *config = door->config;
    struct zsock_keys with = {config->secret, admit, door, NULL,
                              config->old_listen};
    enum err e;

    if (config->old_secret[0])
        with.old_secret = config->old_secret;
    if (!(door->keys = keys_new()))
        return ERR_NOMEM;
    if ((e = read_keys(door)) ||
        (e = zsock_open(config->listen, FRAME_BYTES, &with, &door->sock)))
        return e;
    return zsock_self_test(door->sock, &with);
}

enum err door_init(struct door *door, struct store *store,
                   const struct config *config)
{
    *door = (struct door){.store = store, .config = config};
    if (config->development)
        return zsock_open(config->listen, FRAME_BYTES, NULL, &door->sock);
    return open_with_keys(door);
}

void door_fini(struct door *door)
{
    zsock_close(door->sock);
    keys_free(door->keys);
}

/* Only door_answer moves the handler's messages: its descriptor tells of each
 * that comes later. */
static void on_knock(uv_poll_t *poll, int status, int events)
{
    struct door *door = poll->data;

    (void)status;
    (void)events;
    door->handshakes = 1;
}

void door_watch(struct door *door, uv_loop_t *loop)
{
    for (int i = 0; i < 2 && door->keys; i++) {
        uv_poll_init(loop, &door->polls[i],
                     zsock_handshake_descriptor(door->sock, i));
        uv_poll_start(&door->polls[i], UV_READABLE, on_knock);
        door->polls[i].data = door;
    }
    door->handshakes = door->keys != NULL;
}

void door_answer(struct door *door)
{
    if (door->handshakes)
        door->handshakes = zsock_handshakes(door->sock);
}

enum err door_load(struct door *door)
{
    enum err e = door->keys ? read_keys(door) : ERR_NONE;

    if (e)
        log_line(LOG_ERROR, "the keys cannot be read: %s", err_text(e));
    return e;
}

int door_enter(struct door *door, const char *user, uint64_t now_us,
               struct call *call)
{
    call->admitted = ERR_NONE;
    if (!door->keys) {
        call->caller = SLICE("development");
        call->role = DEVELOPMENT;
        call->everywhere = 1;
        return 1;
    }
    /* Nobody gets that far without a key, were the door's lock broken. */
    if (!user[0])
        return 0;
    call->admitted =
        keys_enter(door->keys, user, door->config->quotas, now_us, call);
    if (call->role == PORTAL)
        call->limits = &limits_portal;
    return 1;
}

void door_again(struct door *door, const char *user, struct call *call)
{
    if (door->keys)
        call->admitted = keys_again(door->keys, user, call);
}

void door_leave(struct door *door, struct call *call)
{
    if (door->keys)
        keys_leave(door->keys, call);
}

/* One line for all of them: whoever knocks often must not fill the log. */
void door_tell(struct door *door, int period_s)
{
    uint64_t failed = zsock_failed(door->sock);

    if (failed != door->told_failed)
        log_line(LOG_WARNING, "%llu handshakes failed in %d s",
                 (unsigned long long)(failed - door->told_failed), period_s);
    door->told_failed = failed;
}
