/*
 * Keys of the daemon: files of 32 bytes, one directory, outside the store.
 * Whoever has the store without them can link no token to a person.
 */
#ifndef ENGINE_SECRETS_H
#define ENGINE_SECRETS_H

#include "protocol/types.h"

#define SECRET_BYTES 32

/* Read the key NAME of DIR; when it is not there and CREATE, make one of the
 * kernel's chance (directory 0700, file 0600, on disk when this returns).
 * ERR_NOT_FOUND it is missing; ERR_FORBIDDEN others may read it;
 * ERR_STORE_CORRUPT it has not 32 bytes; ERR_STORE_IO.  Nothing of the key is
 * ever logged. */
enum err secret_key(const char *dir, const char *name, int create,
                    unsigned char out[SECRET_BYTES]);

/* Overwrite and remove the key: what was made with it can be linked no more.
 * ERR_NOT_FOUND, ERR_STORE_IO. */
enum err secret_forget(const char *dir, const char *name);

#endif
