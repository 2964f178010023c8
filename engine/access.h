/*
 * The access log: who asked for people, when, why, and for whom.  One line a
 * request, in a file of its own that is only appended to; people are keyed
 * tokens, each year under another key, so that what is older than a key links
 * to nobody.  Each line ends with a keyed hash of itself and the one before.
 *
 *   NUMBER TIME KEY VERB STATUS PURPOSE COUNT TOKENS HASH
 *
 * A file begins with a line whose verb is `begin' and whose TOKENS is the hash
 * before it; lines that could not be written are told by a line `lost'.
 */
#ifndef ENGINE_ACCESS_H
#define ENGINE_ACCESS_H

#include "engine/dispatch.h"

struct access;

/* Go on at the end of FILE, with keys of the directory SECRETS, which are made
 * when no line needs them, or when ANEW; a line that a power cut tore is cut
 * off.  The caller owns *OUT.  ERR_NOT_FOUND a key is missing, ERR_STORE_IO,
 * ERR_STORE_CORRUPT (the last line is none of ours), ERR_NOMEM, and what
 * secret_key says; the log says why. */
enum err access_open(const char *file, const char *secrets, int anew,
                     struct access **out);
/* NULL is fine. */
void access_close(struct access *access);

/* The file was moved away: go on in another of the same name. */
void access_reopen(struct access *access);

/* Write the line of an answered request, if it concerned people.  One that
 * cannot be written is counted, and the service goes on.  NULL is fine. */
void access_note(struct access *access, const struct request *request);

/* Lines that were not written since the start. */
uint64_t access_lost(const struct access *access);

/* Whom the log FILE says a key was shown on the day TODAY, a line a call: their
 * tokens.  A file that is not there says nothing. */
typedef void access_seen(void *context, struct slice key,
                         const struct saw *whom);
/* Tells ON_SEEN of each such line, with CONTEXT, in the order of the file. */
void access_today(const char *file, int64_t today, access_seen *on_seen,
                  void *context);

/* Follow the hashes through FILE, and print a line on OUT: how many lines, and
 * the last number and hash, to be compared with a copy kept elsewhere; or the
 * first line that was changed, moved, put in or taken out.  *HASH (hexadecimal,
 * room for 65, empty before the first file) carries on into the next one.
 * ERR_STORE_CORRUPT, ERR_NOT_FOUND, and what secret_key says. */
enum err access_verify(const char *file, const char *secrets, char *hash,
                       void *out);

#endif
