/*
 * claused.conf: sections [claused], [admins], [quota.ROLE],
 * [weights.structures], [weights.people].
 * One table says which key sets which member within which bounds.
 */
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/batch.h"
#include "engine/config.h"
#include "engine/match/match.h"
#include "engine/zsock.h"
#include "store/spare.h"
#include "store/store.h"

/* inih cuts a longer line silently; only its return code tells. */
#define CONFIG_LINE_MAX 199

struct setting {
    const char *section;
    const char *key;
    size_t offset;
    int64_t min;
    int64_t max;
    size_t text; /* size of a text member, 0 for numbers */
};

#define NUMBER(section, key, member, min, max)                                 \
    {                                                                          \
        section, key, offsetof(struct config, member), min, max, 0             \
    }
#define TEXT(section, key, member)                                             \
    {                                                                          \
        section, key, offsetof(struct config, member), 0, 0,                   \
            sizeof((struct config *)0)->member                                 \
    }
#define QUOTAS(role, position)                                                 \
    NUMBER("quota." role, "rate", quotas[position].rate, 0, 1000000),          \
        NUMBER("quota." role, "burst", quotas[position].burst, 1, 1000000),    \
        NUMBER("quota." role, "in_flight", quotas[position].in_flight, 1,      \
               1000),                                                          \
        NUMBER("quota." role, "people", quotas[position].people, 0, 1000000),  \
        NUMBER("quota." role, "people_alert", quotas[position].people_alert,   \
               0, 1000000)
#define WEIGHT(section, set, member)                                           \
    NUMBER(section, #member, set.member, 0, 1000)

static const struct setting settings[] = {
    TEXT("claused", "store", store),
    TEXT("claused", "listen", listen),
    TEXT("claused", "server_key", server_key),
    TEXT("claused", "old_listen", old_listen),
    TEXT("claused", "old_server_key", old_server_key),
    TEXT("claused", "secrets", secrets),
    TEXT("claused", "backups", backups),
    NUMBER("claused", "backup_days", backup_days, 1, 3650),
    NUMBER("claused", "backup_s", backup_s, 1, 3600),
    TEXT("claused", "access_log", access_log),
    NUMBER("claused", "map_mib", map_mib, 1, 1 << 24),
    NUMBER("claused", "check_s", check_s, 0, 86400),
    NUMBER("claused", "slow_ms", slow_ms, 0, 3600000),
    NUMBER("claused", "log_level", log_level, 3, 7),
    NUMBER("claused", "rescore_workers", rescore_workers, 0, BATCH_WORKERS_MAX),
    QUOTAS("portal", KEY_PORTAL),
    QUOTAS("facilitator", KEY_FACILITATOR),
    QUOTAS("batch", KEY_BATCH),
    QUOTAS("admin", KEY_ADMIN),
    WEIGHT("weights.structures", structure_weights, activity),
    WEIGHT("weights.structures", structure_weights, coverage),
    WEIGHT("weights.structures", structure_weights, proximity),
    WEIGHT("weights.structures", structure_weights, capacity),
    WEIGHT("weights.structures", structure_weights, jobs),
    WEIGHT("weights.people", person_weights, job),
    WEIGHT("weights.people", person_weights, distance),
    WEIGHT("weights.people", person_weights, waiting),
    WEIGHT("weights.people", person_weights, availability),
};

struct reading {
    struct config *config;
    enum err error;
    char *why;
    size_t why_size;
};

/* A portal answers its visitors, a facilitator types, the batch works through
 * files and lots, an admin does little.  A facilitator looks at some hundred
 * people in a day's work, and a prescriber's portal is ten of them. */
static const struct quota quotas[key_role_words] = {
    [KEY_PORTAL] = {200, 400, 32, 6000, 3000},
    [KEY_FACILITATOR] = {20, 40, 32, 600, 300},
    [KEY_BATCH] = {1000, 2000, 32, 0, 0},
    [KEY_ADMIN] = {5, 10, 8, 0, 0},
};

void config_default(struct config *config)
{
    memset(config, 0, sizeof *config);
    snprintf(config->listen, sizeof config->listen, "tcp://127.0.0.1:5570");
    config->map_mib = STORE_MAP_BYTES >> 20;
    config->backup_days = 30;
    config->backup_s = 60;
    config->check_s = 60;
    config->slow_ms = 50;
    config->log_level = 6;
    memcpy(config->quotas, quotas, sizeof quotas);
    config->structure_weights = match_structure_weights;
    config->person_weights = match_person_weights;
}

static int refuse(struct reading *r, enum err e, const char *what,
                  const char *key, const char *value)
{
    if (r->error == ERR_NONE) {
        r->error = e;
        snprintf(r->why, r->why_size, "%s: %s = %s", what, key, value);
    }
    return 0;
}

static int set_number(struct reading *r, const struct setting *s,
                      const char *value)
{
    int64_t number;
    char *end;

    number = strtoll(value, &end, 10);
    if (end == value || *end)
        return refuse(r, ERR_WRONG_TYPE, "not a whole number", s->key, value);
    if (number < s->min || number > s->max)
        return refuse(r, ERR_RANGE, "out of bounds", s->key, value);
    memcpy((char *)r->config + s->offset, &number, sizeof number);
    return 1;
}

static int set_text(struct reading *r, const struct setting *s,
                    const char *value)
{
    if (strlen(value) >= s->text)
        return refuse(r, ERR_RANGE, "too long", s->key, value);
    snprintf((char *)r->config + s->offset, s->text, "%s", value);
    return 1;
}

static int add_admin(struct reading *r, const char *name, const char *value)
{
    struct config *c = r->config;
    struct config_admin *admin = &c->admins[c->n_admins];

    if (c->n_admins == CONFIG_ADMINS_MAX)
        return refuse(r, ERR_RANGE, "too many admins", name, value);
    if (strlen(name) >= sizeof admin->name)
        return refuse(r, ERR_RANGE, "too long", name, value);
    if (!zsock_is_key(slice_of(value)))
        return refuse(r, ERR_BAD_KEY, "not a public key (Z85)", name, value);
    snprintf(admin->name, sizeof admin->name, "%s", name);
    memcpy(admin->public_key, value, sizeof admin->public_key);
    c->n_admins++;
    return 1;
}

static int on_pair(void *context, const char *section, const char *key,
                   const char *value)
{
    struct reading *r = context;

    if (strcmp(section, "admins") == 0)
        return add_admin(r, key, value);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct setting *s = &settings[i];

        if (strcmp(section, s->section) == 0 && strcmp(key, s->key) == 0)
            return s->text ? set_text(r, s, value) : set_number(r, s, value);
    }
    return refuse(r, ERR_UNKNOWN_FIELD, "unknown setting", key, value);
}

static int weights_add_up(const struct config *c)
{
    const struct structure_weights *s = &c->structure_weights;
    const struct person_weights *p = &c->person_weights;

    return s->activity + s->coverage + s->proximity + s->capacity + s->jobs ==
               1000 &&
           p->job + p->distance + p->waiting + p->availability == 1000;
}

enum err config_read(const char *file, struct config *config, char *why,
                     size_t why_size)
{
    struct config draft = *config;
    struct reading reading = {&draft, ERR_NONE, why, why_size};
    int line;

    draft.n_admins = 0; /* the file names all of them */
    line = ini_parse(file, on_pair, &reading);

    if (line < 0) {
        snprintf(why, why_size, "%s cannot be read", file);
        return ERR_NOT_FOUND;
    }
    if (reading.error)
        return reading.error;
    if (line > 0) {
        snprintf(why, why_size, "line %d is not key = value, or over %d bytes",
                 line, CONFIG_LINE_MAX);
        return ERR_MALFORMED;
    }
    if (!weights_add_up(&draft)) {
        snprintf(why, why_size, "the weights must add up to exactly 1000");
        return ERR_WEIGHTS_SUM;
    }
    *config = draft;
    return ERR_NONE;
}

/* What systemd hands over (LoadCredential=) may be readable for a group that
 * has nobody in it. */
static mode_t forbidden_bits(const char *file)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    size_t len = dir ? strlen(dir) : 0;

    return len && !strncmp(file, dir, len) && file[len] == '/' &&
                   !strchr(file + len + 1, '/')
               ? 0037
               : 0077;
}

static enum err read_secret(const char *file, char secret[ZSOCK_KEY_BYTES],
                            char *why, size_t why_size)
{
    char text[64] = "";
    struct stat about;
    int fd = spare_open(file, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    int private = fd >= 0 && !fstat(fd, &about) && S_ISREG(about.st_mode) &&
                  !(about.st_mode & forbidden_bits(file));
    enum err e = ERR_NONE;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (n < 0)
        e = ERR_NOT_FOUND;
    else if (!private)
        e = ERR_FORBIDDEN;
    else if (!zsock_is_key(slice_of(text)))
        e = ERR_BAD_KEY;
    if (e)
        snprintf(why, why_size, "%s %s", file,
                 e == ERR_NOT_FOUND   ? "cannot be read"
                 : e == ERR_FORBIDDEN ? "may be read by others: chmod 600"
                                      : "holds no secret key");
    else
        memcpy(secret, text, ZSOCK_KEY_BYTES);
    explicit_bzero(text, sizeof text);
    return e;
}

enum err config_read_secrets(struct config *config, char *why, size_t why_size)
{
    enum err e = read_secret(config->server_key, config->secret, why, why_size);

    if (e || (!config->old_server_key[0] && !config->old_listen[0]))
        return e;
    if (!config->old_server_key[0] || !config->old_listen[0]) {
        snprintf(why, why_size, "old_server_key and old_listen go together");
        return ERR_MISSING_FIELD;
    }
    return read_secret(config->old_server_key, config->old_secret, why,
                       why_size);
}
