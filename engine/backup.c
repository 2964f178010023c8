/*
 * See backup.h.  A file is written under another name, read back, and renamed;
 * what a death leaves is removed by the next.
 */
#include "engine/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/clock.h"
#include "engine/log.h"
#include "engine/seal.h"
#include "store/spare.h"

#define LINE "claused backup 1 "
#define PREFIX "backup-"
#define SEALED ".sealed"
#define PART ".part"
#define PATH_BYTES 600
#define DAY_MS INT64_C(86400000)

static int busy; /* a backup is being made */

static void path_of(char out[PATH_BYTES], const char *dir, const char *name,
                    const char *end)
{
    snprintf(out, PATH_BYTES, "%s/%s%s", dir, name, end);
}

/* ---- Names -------------------------------------------------------------- */

static void write_name(char out[BACKUP_NAME_MAX], int64_t ms, uint64_t revision)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    char when[32] = "";

    if (gmtime_r(&seconds, &utc))
        strftime(when, sizeof when, "%Y%m%dT%H%M%S", &utc);
    snprintf(out, BACKUP_NAME_MAX, PREFIX "%s.%03dZ-%llu", when,
             (int)(ms % 1000), (unsigned long long)revision);
}

/* When NAME was made, in ms; 0: it is no backup's. */
static int64_t time_of(const char *name)
{
    struct tm utc = {0};
    int ms;

    if (sscanf(name, PREFIX "%4d%2d%2dT%2d%2d%2d.%3dZ-", &utc.tm_year,
               &utc.tm_mon, &utc.tm_mday, &utc.tm_hour, &utc.tm_min,
               &utc.tm_sec, &ms) != 7)
        return 0;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    return (int64_t)timegm(&utc) * 1000 + ms;
}

static int ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n > m && strcmp(name + n - m, end) == 0;
}

/* ---- What has expired --------------------------------------------------- */

/* Is called for each name of DIR that is a backup's. */
typedef void on_backup(void *context, const char *dir, const char *name);

static void each(const char *dir, on_backup *visit, void *context)
{
    DIR *list = opendir(dir);
    struct dirent *entry;

    if (!list)
        return;
    while ((entry = readdir(list)))
        if (time_of(entry->d_name))
            visit(context, dir, entry->d_name);
    closedir(list);
}

struct expiry {
    int64_t before_ms;
    int64_t newest_ms;
    unsigned files;
};

static void find_newest(void *context, const char *dir, const char *name)
{
    struct expiry *expiry = context;

    (void)dir;
    if (ends_with(name, SEALED) && time_of(name) > expiry->newest_ms)
        expiry->newest_ms = time_of(name);
}

static int has_expired(const struct expiry *expiry, const char *name)
{
    int64_t ms = time_of(name);

    return ms < expiry->before_ms && ms != expiry->newest_ms;
}

static void remove_file(void *context, const char *dir, const char *name)
{
    struct expiry *expiry = context;
    char path[PATH_BYTES];

    path_of(path, dir, name, "");
    if (ends_with(name, SEALED) && has_expired(expiry, name) && !unlink(path))
        expiry->files++;
}

static void forget_key(void *context, const char *dir, const char *name)
{
    enum err e;

    if (!has_expired(context, name))
        return;
    if ((e = secret_forget(dir, name)))
        log_line(LOG_ERROR, "%s/%s: the key of an expired backup: %s", dir,
                 name, err_text(e));
}

unsigned backup_expire(const struct backup_settings *settings, int64_t now_ms)
{
    struct expiry expiry = {.before_ms = now_ms - settings->days * DAY_MS};

    each(settings->dir, find_newest, &expiry);
    if (expiry.newest_ms && expiry.newest_ms < expiry.before_ms)
        log_line(LOG_WARNING, "the newest backup has expired: it is kept until "
                              "there is a newer one");
    /* The key first: then the file is nothing any more. */
    each(settings->secrets, forget_key, &expiry);
    each(settings->dir, remove_file, &expiry);
    return expiry.files;
}

void backup_expire_idle(const struct backup_settings *settings, int64_t now_ms)
{
    unsigned expired;

    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        return;
    expired = backup_expire(settings, now_ms);
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    if (expired)
        log_line(LOG_INFO, "%u backups expired", expired);
}

static void remove_part(void *context, const char *dir, const char *name)
{
    char path[PATH_BYTES];

    (void)context;
    path_of(path, dir, name, "");
    if (ends_with(name, PART))
        unlink(path);
}

/* ---- Writing ------------------------------------------------------------ */

struct writing {
    struct seal *seal;
    uint64_t until_us;
    uint64_t bytes; /* in the clear */
    uint64_t looked;
};

/* The clock is looked at once a mebibyte. */
static enum err on_piece(void *context, const void *bytes, size_t n)
{
    struct writing *w = context;

    w->bytes += n;
    if (w->bytes - w->looked > (1u << 20)) {
        w->looked = w->bytes;
        if (clock_steady_us() > w->until_us)
            return ERR_DEADLINE;
    }
    return seal_write(w->seal, bytes, n);
}

static enum err write_part(struct store_view *view, const char *path,
                           const char *line,
                           const unsigned char key[SECRET_BYTES],
                           struct writing *w)
{
    enum err e = seal_create(path, line, key, &w->seal);

    if (e)
        return e;
    if (!(e = store_dump(view, on_piece, w)))
        e = seal_finish(w->seal);
    seal_close(w->seal);
    return e;
}

/* Read a backup to its end; *BYTES of it there are, in the clear. */
static enum err read_back(const char *path,
                          const unsigned char key[SECRET_BYTES],
                          uint64_t *bytes)
{
    struct seal *seal;
    enum err e = seal_open(path, key, &seal);
    uint64_t n = 0;

    if (e)
        return e;
    while (!(e = seal_skip(seal, &n)))
        ;
    if (e == ERR_NOT_FOUND)
        e = seal_at_end(seal);
    seal_close(seal);
    *bytes = n;
    return e;
}

static enum err sync_dir(const char *dir)
{
    int fd = spare_open(dir, O_RDONLY | O_DIRECTORY);
    int good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return good ? ERR_NONE : ERR_STORE_IO;
}

static enum err write_file(struct store_view *view,
                           const struct backup_settings *settings,
                           const char *name,
                           const unsigned char key[SECRET_BYTES],
                           uint64_t *size)
{
    struct writing w = {.until_us = clock_steady_us() +
                                    (uint64_t)settings->seconds * 1000000};
    char part[PATH_BYTES], path[PATH_BYTES], line[SEAL_LINE_MAX];
    uint64_t bytes = 0;
    struct stat st;
    enum err e;

    path_of(part, settings->dir, name, PART);
    path_of(path, settings->dir, name, SEALED);
    snprintf(line, sizeof line, LINE "%s\n", name);
    if (!(e = write_part(view, part, line, key, &w)) &&
        !(e = read_back(part, key, &bytes)) && bytes != w.bytes)
        e = ERR_STORE_CORRUPT;
    if (!e && (stat(part, &st) != 0 || rename(part, path) != 0))
        e = ERR_STORE_IO;
    if (e)
        unlink(part);
    else if ((e = sync_dir(settings->dir)))
        unlink(path);
    else
        *size = (uint64_t)st.st_size;
    return e;
}

static enum err make(struct store_view *view,
                     const struct backup_settings *settings, int64_t now_ms,
                     struct backup_report *out)
{
    unsigned char key[SECRET_BYTES];
    struct store_facts facts;
    enum err e;

    if ((e = store_stat(view, &facts)))
        return e;
    if (mkdir(settings->dir, 0700) != 0 && errno != EEXIST)
        return ERR_STORE_IO;
    each(settings->dir, remove_part, NULL);
    write_name(out->name, now_ms, facts.revision);
    if ((e = secret_key(settings->secrets, out->name, 1, key)))
        return e;
    e = write_file(view, settings, out->name, key, &out->bytes);
    explicit_bzero(key, sizeof key);
    if (e) {
        secret_forget(settings->secrets, out->name);
        return e;
    }
    out->revision = facts.revision;
    memcpy(out->chain, facts.chain, CHAIN_BYTES);
    return ERR_NONE;
}

/* Unlike an error of the store's own disk, none of these stops the daemon. */
static const char *why_not(enum err e)
{
    switch (e) {
    case ERR_STORE_IO:
        return "it cannot be written there";
    case ERR_STORE_FULL:
        return "there is no room";
    case ERR_BUSY:
        return "the store must change under it: ask again";
    default:
        return err_text(e);
    }
}

enum err backup_make(struct store_view *view,
                     const struct backup_settings *settings, int64_t now_ms,
                     struct backup_report *out)
{
    char hex[CHAIN_HEX + 1];
    enum err e;

    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        return ERR_BUSY;
    e = make(view, settings, now_ms, out);
    out->expired = backup_expire(settings, now_ms);
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    if (e) {
        log_line(LOG_ERROR, "no backup in %s: %s", settings->dir, why_not(e));
        return e;
    }
    chain_write_hex(out->chain, hex);
    log_line(LOG_INFO, "%s: %llu bytes, checkpoint %llu:%s, %u expired",
             out->name, (unsigned long long)out->bytes,
             (unsigned long long)out->revision, hex, out->expired);
    return ERR_NONE;
}

/* ---- Restoring ---------------------------------------------------------- */

static enum err on_wanted(void *context, void *bytes, size_t n)
{
    return seal_read(context, bytes, n);
}

/* The name that FILE's first line gives. */
static enum err read_name(const char *file, char out[BACKUP_NAME_MAX])
{
    char line[SEAL_LINE_MAX + 1];
    enum err e = seal_line(file, line);

    if (e)
        return e;
    /* Nothing that leads out of the directory of keys. */
    if (sscanf(line, LINE "%63[a-zA-Z0-9.-]", out) != 1 || !time_of(out))
        return ERR_STORE_FOREIGN;
    return ERR_NONE;
}

static enum err restore(const char *file, const unsigned char *key,
                        const char *dir, const struct store_options *options)
{
    struct seal *seal;
    uint64_t bytes;
    enum err e;

    if ((e = read_back(file, key, &bytes)) || (e = seal_open(file, key, &seal)))
        return e;
    e = store_load(dir, options, on_wanted, seal);
    seal_close(seal);
    return e;
}

enum err backup_restore(const char *file, const char *secrets, const char *dir,
                        const struct store_options *options)
{
    char name[BACKUP_NAME_MAX];
    unsigned char key[SECRET_BYTES];
    enum err e;

    if ((e = read_name(file, name))) {
        log_line(LOG_ERROR, "%s: %s", file,
                 e == ERR_STORE_FOREIGN ? "this is no backup" : err_text(e));
        return e;
    }
    if ((e = secret_key(secrets, name, 0, key))) {
        log_line(LOG_ERROR, "%s/%s: %s", secrets, name,
                 e == ERR_NOT_FOUND
                     ? "the backup's key is not there: it has expired, or "
                       "lies elsewhere (--secrets)"
                     : err_text(e));
        return e == ERR_NOT_FOUND ? ERR_FORBIDDEN : e;
    }
    e = restore(file, key, dir, options);
    explicit_bzero(key, sizeof key);
    if (e == ERR_STORE_CORRUPT)
        log_line(LOG_ERROR, "%s: the backup was changed or cut", file);
    return e;
}
