/*
 * Backups: what a view sees, sealed with a key of its own, in a file of its
 * own.  When the key is forgotten, every copy of the file is unreadable.
 *
 * DIR/NAME.sealed, SECRETS/NAME; NAME is "backup-", when it was made in UTC,
 * and the revision: backup-20261123T040000.123Z-4711.
 */
#ifndef ENGINE_BACKUP_H
#define ENGINE_BACKUP_H

#include "store/store.h"

#define BACKUP_NAME_MAX 64

struct backup_settings {
    char dir[288];     /* made when it is first needed, 0700 */
    char secrets[272]; /* of their keys */
    int64_t days;      /* until a backup and its key are removed */
    int64_t seconds;   /* that one may take: so long pages stay in use */
};

struct backup_report {
    char name[BACKUP_NAME_MAX];
    uint64_t bytes; /* of the file */
    uint64_t revision;
    unsigned char chain[CHAIN_BYTES]; /* hash of that event */
    unsigned expired;                 /* removed with their keys */
};

/* Write a backup of what VIEW sees, read it back whole, and remove those that
 * have expired at NOW_MS.  One at a time; from any thread.  ERR_BUSY another
 * is being made, or the store must change under the view: ask again;
 * ERR_DEADLINE it took too long; ERR_STORE_FULL, ERR_STORE_IO, ERR_NOMEM.
 * After an error there is no file and no key. */
enum err backup_make(struct store_view *view,
                     const struct backup_settings *settings, int64_t now_ms,
                     struct backup_report *out);

/* Remove what has expired, but never the newest: a wrong clock, or a disk that
 * takes no backup, must not cost the last one.  How many. */
unsigned backup_expire(const struct backup_settings *settings, int64_t now_ms);

/* The same, unless a backup is being made, which does it itself. */
void backup_expire_idle(const struct backup_settings *settings, int64_t now_ms);

/* Make a store in DIR, empty or missing, of the backup FILE, whose key lies in
 * SECRETS.  FILE is read whole before anything is written.  The store has the
 * uuid of the one that was backed up.  ERR_STORE_EXISTS; ERR_FORBIDDEN its key
 * is gone; ERR_STORE_FOREIGN no backup; ERR_STORE_CORRUPT it was changed;
 * store_load's others.  What is wrong is in the log. */
enum err backup_restore(const char *file, const char *secrets, const char *dir,
                        const struct store_options *options);

#endif
