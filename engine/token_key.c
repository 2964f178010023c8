/*
 * See token_key.h.
 */
#include "engine/token_key.h"

#include <string.h>

#include "engine/log.h"
#include "engine/token.h"
#include "protocol/entities.h"

struct known {
    int hours;
    int has;
    unsigned char print[STORE_PRINT];
};

static void print_of(const unsigned char key[SECRET_BYTES],
                     unsigned char out[STORE_PRINT])
{
    struct slice part = SLICE("claused person-token");

    token_hash_keyed(key, &part, 1, out, STORE_PRINT);
}

static enum err read_known(struct store *store, struct known *out)
{
    struct store_facts facts = {0};
    struct store_view *view;
    enum err e = store_view_begin(store, &view);

    if (e)
        return e;
    if (!(e = store_stat(view, &facts)))
        e = store_print_get(view, out->print);
    out->has = !e;
    out->hours = facts.records[ENTITY_HOURS] != 0;
    store_view_end(view);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* A full disk keeps nobody from serving: the next start notes it. */
static void note(struct store *store, const unsigned char print[STORE_PRINT])
{
    struct store_batch *batch;
    enum err e = store_batch_begin(store, &batch);

    if (!e && (e = store_print_put(batch, print)))
        store_batch_abort(batch);
    else if (!e)
        e = store_batch_commit(batch);
    if (e)
        log_line(LOG_WARNING, "the key of tokens is not noted: %s",
                 err_text(e));
}

static enum err tell(const char *secrets, enum err e)
{
    static const char way[] = "bring its copy back; claused --new-secrets "
                              "begins anew, and what tokens told before leads "
                              "to nobody then";

    log_line(LOG_ERROR, "%s/" TOKEN_KEY ": %s%s", secrets,
             e == ERR_NOT_FOUND   ? "missing: "
             : e == ERR_KEY_TAKEN ? "not the key of this store: "
             : e == ERR_FORBIDDEN ? "others may read it: chmod 600"
                                  : err_text(e),
             e == ERR_NOT_FOUND || e == ERR_KEY_TAKEN ? way : "");
    return e;
}

enum err token_key_take(struct store *store, const char *secrets, int anew)
{
    unsigned char key[SECRET_BYTES], print[STORE_PRINT];
    struct known known = {0};
    enum err e = read_known(store, &known);
    int same;

    if (e)
        return e;
    if ((e = secret_key(secrets, TOKEN_KEY,
                        anew || (!known.has && !known.hours), key)))
        return tell(secrets, e);
    print_of(key, print);
    same = known.has && !memcmp(print, known.print, sizeof print);
    if (known.has && !same && !anew) {
        explicit_bzero(key, sizeof key);
        return tell(secrets, ERR_KEY_TAKEN);
    }
    if (!same)
        note(store, print);
    token_use(key);
    explicit_bzero(key, sizeof key);
    return ERR_NONE;
}
