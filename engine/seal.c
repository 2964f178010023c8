/*
 * See seal.h.  A chunk is filled or emptied at a time; what is in memory of it
 * is overwritten at the end.
 */
#include "engine/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/spare.h"

#define CHUNK ((size_t)64 << 10)
#define TAG crypto_secretstream_xchacha20poly1305_ABYTES
#define HEADER crypto_secretstream_xchacha20poly1305_HEADERBYTES

_Static_assert(SECRET_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES,
               "a secret is a key of the stream");

struct seal {
    int fd;
    crypto_secretstream_xchacha20poly1305_state state;
    char line[SEAL_LINE_MAX + 1]; /* bound to every chunk */
    size_t line_len;
    int ended; /* the last chunk was read */
    size_t at; /* of FILLED: taken by seal_read */
    size_t filled;
    unsigned char clear[CHUNK];
    unsigned char sealed[CHUNK + TAG];
};

static enum err io_error(void)
{
    switch (errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_STORE_FULL;
    case ENOENT:
        return ERR_NOT_FOUND;
    case EMFILE:
    case ENFILE:
        return ERR_BUSY;
    default:
        return ERR_STORE_IO;
    }
}

void seal_close(struct seal *seal)
{
    if (!seal)
        return;
    if (seal->fd >= 0)
        close(seal->fd);
    sodium_memzero(seal, sizeof *seal);
    free(seal);
}

static enum err make(const char *path, int flags, struct seal **out)
{
    struct seal *seal = calloc(1, sizeof *seal);
    enum err e;

    if (!seal)
        return ERR_NOMEM;
    if ((seal->fd = spare_open(path, flags)) < 0) {
        e = io_error();
        seal_close(seal);
        return e;
    }
    *out = seal;
    return ERR_NONE;
}

/* ---- Writing ------------------------------------------------------------ */

static enum err put(struct seal *seal, const void *bytes, size_t n)
{
    const char *at = bytes;

    while (n > 0) {
        ssize_t done = write(seal->fd, at, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return io_error();
        at += done;
        n -= (size_t)done;
    }
    return ERR_NONE;
}

enum err seal_create(const char *path, const char *line,
                     const unsigned char key[SECRET_BYTES], struct seal **out)
{
    unsigned char header[HEADER];
    struct seal *seal;
    size_t len = strlen(line);
    enum err e;

    if (len > SEAL_LINE_MAX)
        return ERR_INTERNAL;
    if ((e = make(path, O_WRONLY | O_CREAT | O_EXCL, &seal)))
        return e;
    memcpy(seal->line, line, len);
    seal->line_len = len;
    crypto_secretstream_xchacha20poly1305_init_push(&seal->state, header, key);
    if ((e = put(seal, line, len)) || (e = put(seal, header, HEADER))) {
        seal_close(seal);
        return e;
    }
    *out = seal;
    return ERR_NONE;
}

static enum err push(struct seal *seal, unsigned char tag)
{
    unsigned long long n;

    crypto_secretstream_xchacha20poly1305_push(
        &seal->state, seal->sealed, &n, seal->clear, seal->filled,
        (const unsigned char *)seal->line, seal->line_len, tag);
    seal->filled = 0;
    return put(seal, seal->sealed, (size_t)n);
}

enum err seal_write(struct seal *seal, const void *bytes, size_t n)
{
    const char *at = bytes;
    enum err e;

    while (n > 0) {
        size_t room = CHUNK - seal->filled, take = n < room ? n : room;

        memcpy(seal->clear + seal->filled, at, take);
        seal->filled += take;
        at += take;
        n -= take;
        if (seal->filled == CHUNK && (e = push(seal, 0)))
            return e;
    }
    return ERR_NONE;
}

enum err seal_finish(struct seal *seal)
{
    enum err e = push(seal, crypto_secretstream_xchacha20poly1305_TAG_FINAL);

    return !e && fsync(seal->fd) != 0 ? io_error() : e;
}

/* ---- Reading ------------------------------------------------------------ */

/* As many of N bytes as there are. */
static enum err get(struct seal *seal, void *bytes, size_t n, size_t *got)
{
    char *at = bytes;

    for (*got = 0; *got < n;) {
        ssize_t done = read(seal->fd, at + *got, n - *got);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return io_error();
        if (done == 0)
            break;
        *got += (size_t)done;
    }
    return ERR_NONE;
}

/* The file's first line; it is read on behind it. */
static enum err get_line(struct seal *seal)
{
    size_t got;
    enum err e;

    while (seal->line_len < SEAL_LINE_MAX) {
        char *at = &seal->line[seal->line_len];

        if ((e = get(seal, at, 1, &got)))
            return e;
        if (!got || *at == '\0')
            break;
        seal->line_len++;
        if (*at == '\n')
            return ERR_NONE;
    }
    return ERR_STORE_FOREIGN;
}

enum err seal_line(const char *path, char out[SEAL_LINE_MAX + 1])
{
    struct seal *seal;
    enum err e = make(path, O_RDONLY, &seal);

    if (e)
        return e;
    if (!(e = get_line(seal))) {
        memcpy(out, seal->line, seal->line_len);
        out[seal->line_len] = '\0';
    }
    seal_close(seal);
    return e;
}

enum err seal_open(const char *path, const unsigned char key[SECRET_BYTES],
                   struct seal **out)
{
    unsigned char header[HEADER];
    struct seal *seal;
    size_t got;
    enum err e = make(path, O_RDONLY, &seal);

    if (e)
        return e;
    if (!(e = get_line(seal)) && !(e = get(seal, header, HEADER, &got)) &&
        (got != HEADER || crypto_secretstream_xchacha20poly1305_init_pull(
                              &seal->state, header, key)))
        e = ERR_STORE_CORRUPT;
    if (e)
        seal_close(seal);
    else
        *out = seal;
    return e;
}

static enum err pull(struct seal *seal)
{
    unsigned long long n;
    unsigned char tag;
    size_t got;
    enum err e;

    if (seal->ended)
        return ERR_STORE_CORRUPT;
    if ((e = get(seal, seal->sealed, CHUNK + TAG, &got)))
        return e;
    if (got < TAG || crypto_secretstream_xchacha20poly1305_pull(
                         &seal->state, seal->clear, &n, &tag, seal->sealed, got,
                         (const unsigned char *)seal->line, seal->line_len))
        return ERR_STORE_CORRUPT;
    seal->at = 0;
    seal->filled = (size_t)n;
    seal->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return ERR_NONE;
}

enum err seal_read(struct seal *seal, void *bytes, size_t n)
{
    char *to = bytes;
    enum err e;

    while (n > 0) {
        size_t have = seal->filled - seal->at, take = n < have ? n : have;

        memcpy(to, seal->clear + seal->at, take);
        seal->at += take;
        to += take;
        n -= take;
        if (n && (e = pull(seal)))
            return e;
    }
    return ERR_NONE;
}

enum err seal_skip(struct seal *seal, uint64_t *n)
{
    enum err e;

    if (seal->at == seal->filled) {
        if (seal->ended)
            return ERR_NOT_FOUND;
        if ((e = pull(seal)))
            return e;
    }
    *n += seal->filled - seal->at;
    seal->at = seal->filled;
    return ERR_NONE;
}

enum err seal_at_end(struct seal *seal)
{
    size_t got;
    enum err e = ERR_NONE;

    /* The last mark may stand alone in a chunk of no bytes. */
    if (!seal->ended && seal->at == seal->filled)
        e = pull(seal);
    if (e)
        return e;
    if (!seal->ended || seal->at != seal->filled)
        return ERR_STORE_CORRUPT;
    if ((e = get(seal, seal->sealed, 1, &got)))
        return e;
    return got ? ERR_STORE_CORRUPT : ERR_NONE;
}
