/*
 * Files that are unreadable without their key and show every change:
 * libsodium's secretstream (XChaCha20-Poly1305) in chunks, each bound to the
 * ones before it, the last one marked.
 *
 *   a line of text (in the clear, authenticated), the stream's header,
 *   chunks of 64 KiB and their 17 bytes of tag
 */
#ifndef ENGINE_SEAL_H
#define ENGINE_SEAL_H

#include "engine/secrets.h"

#define SEAL_LINE_MAX 200

struct seal;

/* Create PATH, which must not exist, 0600.  LINE ends in a newline.
 * ERR_NOMEM, ERR_STORE_FULL, ERR_STORE_IO. */
enum err seal_create(const char *path, const char *line,
                     const unsigned char key[SECRET_BYTES], struct seal **out);
/* The same errors; after one only close. */
enum err seal_write(struct seal *seal, const void *bytes, size_t n);
/* All of it is on disk when this returns ERR_NONE. */
enum err seal_finish(struct seal *seal);

/* The line that PATH begins with, terminated, newline and all.  ERR_NOT_FOUND,
 * ERR_STORE_FOREIGN it has none, ERR_STORE_IO. */
enum err seal_line(const char *path, char out[SEAL_LINE_MAX + 1]);
/* Open what was created so.  ERR_STORE_CORRUPT, ERR_NOT_FOUND, ERR_NOMEM,
 * ERR_STORE_IO. */
enum err seal_open(const char *path, const unsigned char key[SECRET_BYTES],
                   struct seal **out);
/* Exactly the next N bytes.  ERR_STORE_CORRUPT: another key, a change, or the
 * end. */
enum err seal_read(struct seal *seal, void *bytes, size_t n);
/* Pass over what is left of a chunk, or the next one, and add its bytes to *N:
 * to read a file whole for its tags' sake.  ERR_NOT_FOUND none is left. */
enum err seal_skip(struct seal *seal, uint64_t *n);
/* ERR_STORE_CORRUPT unless all was read, to the last mark. */
enum err seal_at_end(struct seal *seal);

/* NULL is fine. */
void seal_close(struct seal *seal);

#endif
