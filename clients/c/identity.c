/*
 * Keys of a client: a pair is made here, its secret goes into a file of its
 * owner and never over the wire.
 */
#include "clients/c/clause.h"

#include <zmq.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_key(const char *text)
{
    uint8_t bytes[32];

    return strlen(text) == CLAUSE_Z85_BYTES - 1 && zmq_z85_decode(bytes, text);
}

int clause_public_key(const char *secret, char out[CLAUSE_Z85_BYTES])
{
    return is_key(secret) && !zmq_curve_public(out, secret);
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

/* The first line of FILE; errno says why not. */
static int read_line(const char *file, int private, char out[CLAUSE_Z85_BYTES])
{
    char text[64] = "";
    struct stat about;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return 0;
    if (private &&
        (fstat(fd, &about) || (about.st_mode & forbidden_bits(file)))) {
        close(fd);
        errno = EPERM;
        return 0;
    }
    n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n < 0)
        return 0;
    text[strcspn(text, "\r\n")] = '\0';
    errno = EINVAL;
    if (!is_key(text))
        return 0;
    memcpy(out, text, CLAUSE_Z85_BYTES);
    return 1;
}

int clause_secret_read(const char *file, char out[CLAUSE_Z85_BYTES])
{
    return read_line(file, 1, out);
}

int clause_server_read(const char *file_or_key, char out[CLAUSE_Z85_BYTES])
{
    if (!is_key(file_or_key))
        return read_line(file_or_key, 0, out);
    memcpy(out, file_or_key, CLAUSE_Z85_BYTES);
    return 1;
}

/* A file that is there is somebody's key: it is not replaced. */
int clause_pair_write(const char *file, char public_key[CLAUSE_Z85_BYTES])
{
    char secret[CLAUSE_Z85_BYTES + 1];
    ssize_t n;
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return 0;
    if (zmq_curve_keypair(public_key, secret)) {
        errno = ENOTSUP;
        goto remove;
    }
    secret[CLAUSE_Z85_BYTES - 1] = '\n';
    n = write(fd, secret, CLAUSE_Z85_BYTES);
    explicit_bzero(secret, sizeof secret);
    if (n != CLAUSE_Z85_BYTES || fsync(fd) || close(fd))
        goto remove;
    return 1;

remove:
    unlink(file);
    return 0;
}
