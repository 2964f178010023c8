/*
 * The questions that are asked of a store, as messages for the wire and as
 * values for the matching core: the same in both.
 */
#ifndef BENCHMARKS_ASKED_H
#define BENCHMARKS_ASKED_H

#include "benchmarks/asker.h"
#include "protocol/codec.h"
#include "store/store.h"

/* The `limit`, date and `grace` of every match. */
#define ASKED_LIMIT 50
#define ASKED_ON "2026-11-23"
#define ASKED_GRACE 14

/* One people match: the first job of a lot of a decoded market. */
struct asked_lot {
    const struct market *market;
    int64_t lot;
};

struct asked {
    struct arena *arena; /* holds all of it */
    struct questions ping;
    struct questions get; /* market.get, each market once */
    struct questions
        match; /* match.people, each lot with jobs once, its first job */
    struct asked_lot *lots; /* of `match`, in its order */
};

/* Make the questions that STORE's markets allow, at most MAX of a kind,
 * spread over all markets.  Ends the program when it holds none. */
void asked_init(struct asked *asked, struct store *store, size_t max);
/* Give all of it back. */
void asked_fini(struct asked *asked);

/* A message for an echo, in ASKED's arena: a reply's FRAMES, 1 or 3, of which
 * the last has BYTES bytes. */
struct questions asked_echo(struct asked *asked, size_t bytes, int frames);

/* The message of a request, in ARENA. */
struct question asked_message(struct arena *arena, enum verb verb,
                              const void *ask);

/* Fill a fresh STORE with N markets of about 300 bytes, for `get` alone:
 * nothing of them is in the index. */
void asked_fill(struct store *store, size_t n);

/* In this thread, from STORE: match each lot in turn for NS nanoseconds.
 * Matches a second; WHOLE: with all that the daemon does beside them (a view,
 * the market's record read and decoded, the answer encoded). */
double asked_match(struct asked *asked, struct store *store, uint64_t ns,
                   int whole);

#endif
