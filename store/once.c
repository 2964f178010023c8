/*
 * What was answered to whom, so that asking again with the same key does
 * nothing twice; and the same entries by age, so that they can be forgotten.
 *
 *   0, caller length (1), caller, key            -> time (8), hash (16), reply
 *   1, time (8), caller length (1), caller, key  -> nothing
 */
#include <assert.h>
#include <xxhash.h>

#include "store/private.h"

#define ONCE_HEAD (8 + 16)
enum { BY_KEY = 0, BY_TIME = 1 };

static unsigned char *put_names(unsigned char *at, struct slice caller,
                                struct slice key)
{
    *at++ = (unsigned char)caller.len;
    if (caller.len > 0)
        memcpy(at, caller.data, caller.len);
    at += caller.len;
    if (key.len > 0)
        memcpy(at, key.data, key.len);
    return at + key.len;
}

static struct slice key_of(unsigned char out[STORE_KEY_MAX],
                           struct slice caller, struct slice key)
{
    assert(caller.len <= STORE_CALLER_MAX && key.len <= STORE_ID_MAX);
    out[0] = BY_KEY;
    return store_bytes(out, put_names(out + 1, caller, key));
}

/* Times before 1970 sort before those after it. */
static struct slice time_key(unsigned char out[STORE_KEY_MAX], int64_t time_ms,
                             struct slice caller, struct slice key)
{
    unsigned char *at = out;

    *at++ = BY_TIME;
    at = store_put64(at, (uint64_t)time_ms ^ (uint64_t)1 << 63);
    return store_bytes(out, put_names(at, caller, key));
}

static enum err entry_get(struct store_view *view, struct slice caller,
                          struct slice key, struct slice *value)
{
    unsigned char k[STORE_KEY_MAX];
    enum err e = store_read(view, DB_ONCE, key_of(k, caller, key), value);

    return !e && value->len < ONCE_HEAD ? ERR_STORE_CORRUPT : e;
}

enum err store_once_get(struct store_view *view, struct slice caller,
                        struct slice key, struct once *out)
{
    struct slice value;
    enum err e = entry_get(view, caller, key, &value);

    if (e)
        return e;
    memcpy(out->hash, value.data + 8, sizeof out->hash);
    out->reply = (struct slice){value.data + ONCE_HEAD, value.len - ONCE_HEAD};
    return ERR_NONE;
}

enum err store_once_put(struct store_batch *batch, struct slice caller,
                        struct slice key, const struct once *once)
{
    unsigned char k[STORE_KEY_MAX], time[8];
    struct slice parts[3] = {store_bytes(time, time + 8),
                             {(const char *)once->hash, sizeof once->hash},
                             once->reply};
    struct slice value;
    enum err e = entry_get(&batch->view, caller, key, &value);

    /* An entry that is replaced must not be forgotten at its old age. */
    if (!e)
        e = store_remove(
            batch, DB_ONCE,
            time_key(k, (int64_t)store_get64(value.data), caller, key));
    if (e && e != ERR_NOT_FOUND)
        return store_spoil(batch, e);
    store_put64(time, (uint64_t)batch->time_ms);
    e = store_write(batch, DB_ONCE, key_of(k, caller, key), parts, 3, 0);
    if (e)
        return e;
    return store_write(batch, DB_ONCE, time_key(k, batch->time_ms, caller, key),
                       NULL, 0, 0);
}

enum err store_once_expire(struct store_batch *batch, int64_t before_ms,
                           unsigned max)
{
    unsigned char first[STORE_KEY_MAX], end[STORE_KEY_MAX];
    unsigned char old[STORE_KEY_MAX], names[STORE_KEY_MAX];
    const struct slice none = {NULL, 0};
    struct slice key, value;
    struct slice limit = time_key(end, before_ms, none, none);
    enum err e;

    for (; max > 0; max--) {
        e = store_seek(&batch->view, DB_ONCE,
                       time_key(first, INT64_MIN, none, none), &key, &value);
        if (e == ERR_NOT_FOUND)
            return ERR_NONE;
        if (e)
            return store_spoil(batch, e);
        if (key.len < limit.len || key.len > sizeof old)
            return store_spoil(batch, ERR_STORE_CORRUPT);
        if (memcmp(key.data, end, 9) >= 0)
            return ERR_NONE;
        /* The key borrows from the page that the removal changes. */
        memcpy(old, key.data, key.len);
        names[0] = BY_KEY;
        memcpy(names + 1, old + 9, key.len - 9);
        if ((e = store_remove(batch, DB_ONCE,
                              store_bytes(old, old + key.len))) ||
            (e = store_remove(batch, DB_ONCE,
                              store_bytes(names, names + key.len - 8))))
            return store_spoil(batch,
                               e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e);
    }
    return ERR_NONE;
}

/* Each part's own hash is folded into the one so far, so that where a part
 * ends counts, and no state has to be allocated. */
void store_hash(const struct slice *parts, size_t n, unsigned char out[16])
{
    XXH128_canonical_t pair[2] = {{{0}}, {{0}}};

    for (size_t i = 0; i < n; i++) {
        XXH128_canonicalFromHash(&pair[1],
                                 XXH3_128bits(parts[i].data, parts[i].len));
        XXH128_canonicalFromHash(&pair[0], XXH3_128bits(pair, sizeof pair));
    }
    memcpy(out, pair[0].digest, 16);
}
