/*
 * Who may ask: the keys of the store, and of claused.conf, in memory.  Built
 * anew when a commit changed one, so that what a key may do follows at the
 * next request of a connection that has long been open.  The loop's alone;
 * what a request borrows from its key lives until keys_leave.
 */
#ifndef ENGINE_KEYS_H
#define ENGINE_KEYS_H

#include "engine/call.h"
#include "engine/config.h"
#include "store/store.h"

struct keys;

/* No keys yet; NULL without memory. */
struct keys *keys_new(void);
/* No request may hold one; NULL is fine. */
void keys_free(struct keys *keys);

/* Read the keys of VIEW and the admins of CONFIG; those that are as they were
 * keep their quota.  On failure nothing has changed: ERR_NOMEM,
 * ERR_STORE_CORRUPT, ERR_STORE_IO. */
enum err keys_load(struct keys *keys, struct store_view *view,
                   const struct config *config);

/* Is this public key (Z85) one of them, and in force on TODAY? */
int keys_admit(const struct keys *keys, const char *public_key, int64_t today);

/* It came by the daemon's old key: the first time *ID gets its id, borrowed
 * until the keys are read again; else 0. */
int keys_came_old(const struct keys *keys, const char *public_key,
                  struct slice *id);

/* Let a request in: fill in who asks, and count it.  CALL has its day.
 * ERR_KEY_ENDED there is no such key, or it is not in force; ERR_BUSY its quota
 * is used up (who asks is filled in). */
enum err keys_enter(struct keys *keys, const char *public_key,
                    const struct quota quotas[], uint64_t now_us,
                    struct call *call);
/* Who asks is somebody that was let in before and has waited: fill in what its
 * key may do today.  ERR_KEY_ENDED as above. */
enum err keys_again(struct keys *keys, const char *public_key,
                    struct call *call);
/* It was answered. */
void keys_leave(struct keys *keys, struct call *call);

/* How many there are, and how many requests were over a quota. */
struct keys_facts {
    size_t keys;
    uint64_t over_quota;
};
/* As of now, over all keys. */
struct keys_facts keys_stat(const struct keys *keys);

/* The position of a role's bit, as in the vocabulary and in quotas. */
unsigned keys_role_index(unsigned role);

#endif
