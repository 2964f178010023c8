/*
 * What an operator may set: claused.conf (inih) and the command line, which
 * wins.  SIGHUP reads the file again; what only a start can change (store,
 * listen, server_key and the old ones of both, secrets, backups, map_mib,
 * rescore_workers) is then left as it was.
 */
#ifndef ENGINE_CONFIG_H
#define ENGINE_CONFIG_H

#include "protocol/entities.h"

/* What one key may ask: so many requests a second over time (0: any number),
 * so many at once when it was quiet before, so many not yet answered; and how
 * many different people it may be shown in a day, and from how many on the log
 * says so (0: any number). */
struct quota {
    int64_t rate;
    int64_t burst;
    int64_t in_flight;
    int64_t people;
    int64_t people_alert;
};

/* The first admins: keys that stand in the file, not in the store. */
#define CONFIG_NAME_BYTES 49
#define CONFIG_ADMINS_MAX 8
struct config_admin {
    char name[CONFIG_NAME_BYTES];
    char public_key[41]; /* Z85 */
};

struct config {
    char store[256];
    char listen[256];         /* endpoints, blanks between */
    char server_key[256];     /* file of the secret key; empty: none */
    char secret[41];          /* what stands in it, Z85 */
    char old_server_key[256]; /* the same of the key before, while */
    char old_listen[256];     /* clients go over to the new one */
    char old_secret[41];
    int64_t development; /* nobody is asked for a key */
    struct config_admin admins[CONFIG_ADMINS_MAX];
    size_t n_admins;
    struct quota quotas[key_role_words];
    char secrets[272];       /* of keys; empty: STORE.secrets */
    char backups[288];       /* directory of backups; empty: STORE.backups */
    int64_t backup_days;     /* until a backup expires, with its key */
    int64_t backup_s;        /* that one may take */
    char access_log[272];    /* empty: none */
    int64_t map_mib;         /* address space of the store to begin with */
    int64_t check_s;         /* after the start the full check; 0: never */
    int64_t slow_ms;         /* a request that took longer is logged */
    int64_t rescore_workers; /* threads of the batch; 0: one a core */
    int64_t log_level;       /* 3 errors, 4 warnings, 6 notices, 7 debugging */
    struct structure_weights structure_weights;
    struct person_weights person_weights;
};

/* The built-in values; weights are those of matching.md. */
void config_default(struct config *config);

/* Read FILE over CONFIG, which is untouched on failure.  ERR_NOT_FOUND it
 * cannot be read; ERR_BAD_CODE, ERR_RANGE, ERR_WEIGHTS_SUM with the line and
 * what is wrong in WHY. */
enum err config_read(const char *file, struct config *config, char *why,
                     size_t why_size);

/* Read the secret keys of the daemon: config.server_key into config.secret,
 * and the old one, if it is named.  ERR_NOT_FOUND one cannot be read,
 * ERR_FORBIDDEN others may read it, ERR_BAD_KEY it holds none,
 * ERR_MISSING_FIELD an old key without its old_listen or the other way round;
 * WHY says so. */
enum err config_read_secrets(struct config *config, char *why, size_t why_size);

#endif
